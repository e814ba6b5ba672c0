"""The stack: everything is built here, and turned by poll()."""

import array

from micropython import const

from .core.tick import advance, next_due, no_timer
from .net import arp
from .net.iface import Iface
from .tcp.demux import Tcp
from .wire.tcp import port

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_HO_PORTS = const(1)
_N_STATE = const(3)
_N_AT = const(5)
_HOST_WORDS = const(18)
_SEG_WORDS = const(24)
_OUT_WORDS = const(10)
_HALF_WORDS = const(7)
_NEIGH_WORDS = const(7)
_COUNTERS = const(71)
# --- end of layout ---

_DEFAULTS = (
    7, 5, 3, 15, 8, 60, 30, 7200, 75, 9, 100, 1, 1, 1, 0, 1, 0, 0, 0, 2, 3, 10, 1, 1, 0, 1,
    552, 600, 1, 0, 60, 64,
)
_BURST = const(16)  # frames handled in one poll, so that a flood leaves time to the program
_FAR = const(0x7FFFFFF)  # no timer: look again in 37 hours


class Stack:
    """A TCP/IP stack on one link.

    link: an object with mac, mtu, send(frame, n), recv_into(frame), isup() and close(); wait(ms)
    and irq(handler) if it can.  ticks_ms() -> milliseconds, wrapping at 2**30 (default
    time.ticks_ms). random(n) -> n bytes (default os.urandom).  With both given, a run is
    deterministic to the byte.

    on_address: an attribute that a program may set to a function without arguments; it is called
    when the address has changed, by a server or by hand.

    Limits, all of whose memory is taken here: connections, rx_buffer and tx_buffer (bytes each,
    for every connection), half_open, time_wait, listeners, neighbours (records), arp_queue
    (packets that wait for an address, in frames of up to 128 bytes).  memory() tells what they
    cost.  fragments: datagrams put together from their fragments at a time, 0: fragments are
    dropped; of at most fragment_size bytes (0: the link's MTU, but 576 at least).
    ValueError: a limit below 1 or a buffer below 512 bytes.
    """

    def __init__(
        self,
        link,
        *,
        ticks_ms=None,
        random=None,
        connections=4,
        rx_buffer=2048,
        tx_buffer=2048,
        half_open=8,
        time_wait=16,
        listeners=4,
        neighbours=8,
        arp_queue=2,
        fragments=0,
        fragment_size=0,
    ):
        if min(connections, half_open, time_wait, listeners, neighbours, arp_queue) < 1:
            raise ValueError("a limit is below 1")
        if min(rx_buffer, tx_buffer) < 512 or neighbours > 250:
            raise ValueError("a buffer is below 512 bytes, or more than 250 neighbours")
        if ticks_ms is None:
            from time import ticks_ms
        if random is None:
            from os import urandom as random
        self.link = link
        self.ticks_ms = ticks_ms
        self.random = random
        self._on = False
        self._busy = False
        self._addressed = False
        self.dns = b"\0\0\0\0"
        self.cfg = array.array("i", _DEFAULTS)
        self.count = array.array("i", bytearray(4 * _COUNTERS))
        self.h = h = array.array("i", bytearray(4 * _HOST_WORDS))
        self.iface = Iface(
            link,
            h,
            self.cfg,
            self.count,
            array.array("i", bytearray(4 * _SEG_WORDS)),
            array.array("i", bytearray(4 * _OUT_WORDS)),
            neighbours,
            arp_queue,
        )
        self.tcp = Tcp(
            self.iface,
            ticks_ms,
            (connections, rx_buffer, tx_buffer, half_open, time_wait, listeners),
        )
        self.iface.on_tcp = self.tcp.arrives
        self.iface.on_unreachable = self.tcp.unreachable
        self.bound = self.tcp.bound
        if fragments:
            from .net.fragments import Fragments

            self.iface.fragments = Fragments(self.iface, fragments, fragment_size)
        from .api import nic

        nic.start(self)

    def poll(self):
        """Handle the frames that wait and the timers that are due.

        Returns the milliseconds until it next has to run, at most 1000.  A call from inside itself
        (a scheduled callback) does nothing.
        """
        if self._busy:
            return 1
        if not self._on:
            return 1000
        self._busy = True
        try:
            return self._turn(self.h, self.iface)
        finally:
            self._busy = False

    def _turn(self, h, iface):
        # The interpreter takes the variables of a call from the heap when there are more than
        # eleven, or eight beside a `try`: see CONTRIBUTING.md.
        left = advance(h, self.ticks_ms())
        room = _BURST
        n = iface.link.recv_into(iface.rx)
        while n:
            iface.frame_in(n)
            room -= 1
            if room == 0:
                break
            n = iface.link.recv_into(iface.rx)
        self.tcp.flush()
        if left == 0:
            self.timers()
        if room == 0:
            return 0
        return advance(h, h[_H_NOW]) if iface.ready() else 1

    def timers(self):
        h = self.h
        iface = self.iface
        tcp = self.tcp
        arp.timers(iface)
        tcp.timers()
        no_timer(h, _FAR)
        if iface.fragments is not None:
            iface.fragments.timers()
        if iface.service is not None:
            iface.service.timers()
        next_due(h, iface.neigh.t, iface.neigh.n, _NEIGH_WORDS, _N_STATE, _N_AT, 1)
        tcp.earliest()

    def pump(self):
        """poll(), once a millisecond at most: for calls that may come many times in a row."""
        if self.ticks_ms() & 0x3FFFFFFF != self.h[_H_NOW]:
            self.poll()

    def wait(self, ms):
        """Sleep at most ms milliseconds, less when a frame may be waiting."""
        wait = getattr(self.link, "wait", None)
        if wait is not None:
            wait(ms)
        else:
            from time import sleep_ms

            sleep_ms(ms if ms < 2 else 1)

    def active(self, on=None):
        """Switch the stack on or off, or tell whether it is on."""
        if on is None:
            return self._on
        from .api import nic

        return nic.active(self, bool(on))

    def isconnected(self):
        """Whether frames can flow: switched on, link up, address set."""
        return self._on and self.link.isup() and self._addressed

    def status(self, param=None):
        """0: no link, 1: link but switched off or without address, 2: working.

        status("dhcp"): None when no server is asked for an address; otherwise the client's state
        in RFC 2131's words (PROBING: it asks whether somebody has the address), the server that
        gave the address or None, and how many seconds it is still ours: -1 for ever, 0 without.
        """
        if param == "dhcp":
            service = self.iface.service
            if service is None:
                return None
            from .api.byserver import describe

            return describe(service)
        if not self.link.isup():
            return 0
        return 2 if self.isconnected() else 1

    def ifconfig(self, addresses=None):
        """(address, mask, gateway, dns) as four strings: told, or set from such a tuple.

        ifconfig("dhcp") asks a DHCP server, and waits for an address if the stack is on: up to
        40 s, in which it falls back to a link-local one.  OSError ETIMEDOUT: none yet; it goes
        on asking.
        """
        from .api import nic

        return nic.ifconfig(self, addresses)

    def ipconfig(self, *args, **kwargs):
        """MicroPython's ipconfig: addr4, gw4, dhcp4, has_dhcp4, dns."""
        from .api import nic

        return nic.ipconfig(self, args, kwargs)

    def config(self, *args, **kwargs):
        """Read config("name") or set config(name=value): mac, mtu, the settings of SETTINGS.md."""
        from .api.settings import config

        return config(self, args, kwargs)

    def socket(self, af=2, type=1, proto=0):
        """A new socket.  OSError EAFNOSUPPORT or EPROTONOSUPPORT for what is not TCP over IPv4."""
        from .api.socket import Socket, fault

        if af != 2:
            raise fault(97)
        if type != 1:
            raise fault(93)
        return Socket(self)

    def getaddrinfo(self, host, port, *_):
        """[(2, 1, 0, "", (address, port))].  OSError -2 for a name: there is no resolver yet."""
        from .api import nic

        nic.to_bytes(host or "0.0.0.0", -2)
        return [(2, 1, 0, "", (host or "0.0.0.0", int(port)))]

    def ping(self, address, data=bytes(56)):
        """Echo requests to an address: api/ping.py's Ping.  ping(address).wait() is the round trip
        in ms, or None.
        """
        from .api.ping import Ping

        return Ping(self, address, data)

    def half_open(self):
        """How many openings of peers wait, for their last ACK or for room: a look at netstat()
        that loads nothing.
        """
        t = self.tcp
        return sum(
            [port(t.half, i * _HALF_WORDS + _HO_PORTS, 16) != 0 for i in range(t.half_n)]
        )

    def netstat(self):
        """All connections, printable and iterable; see api/netstat.py for the columns."""
        from .api.netstat import Netstat

        return Netstat(self)

    def stats(self):
        """{name: value} of every counter."""
        from .api.names import COUNTERS

        return dict(zip(COUNTERS, self.count))

    def memory(self):
        """What the limits cost, in bytes: printable, with items()."""
        from .api.netstat import Memory

        return Memory(self)

    def install(self):
        """From here on `import socket` is this stack."""
        from .api.module import install

        install(self)
