"""An address from the network: a DHCP client (RFC 2131), and while no server answers, one out of
169.254/16 (autoip.py).  Loaded when a program asks for it.

It allocates when messages are written, read, or change the address; not while an address is held
and its lease runs.
"""

import array

from micropython import const

from ..core.tick import set_timer
from ..net import arp, udp
from ..tcp import segment
from ..wire import dhcp as wire
from .hub import NOBODY, Hub
from .lease import Lease, fits
from .message import write

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_STATE = const(2)
# --- end of layout ---

_INIT = const(0)
_SELECTING = const(1)
_REQUESTING = const(2)
_CHECKING = const(3)  # the lease is granted, the address is being probed
_BOUND = const(4)  # from here on there is an address
_RENEWING = const(5)
_REBINDING = const(6)
_REBOOTING = const(7)  # the link was gone: is the address still ours here?

# Timers, words of t (hub.py)
_T_SAY = const(1)  # the next message, or the next step of the lease
_T_AUTO = const(3)

_CLIENT_PORT = const(68)
_SERVER_PORT = const(67)
_LEAST_MTU = const(576)  # every client takes so much (RFC 2131, 2)

_START_MS = const(1000)  # before the first discover: up to so much
_DECLINE_MS = const(10000)  # RFC 2131, 3.1, 5
_MANY_CONFLICTS = const(10)
_RATE_MS = const(60000)
_AGAIN_MS = const(1000)  # the link was busy, or ARP had to ask
_REQUESTS = const(4)  # 4 + 8 + 16 + 32 s
_REBOOTS = const(2)
_PATIENCE = const(3)  # discovers without an answer (28 s), or servers in vain: then link-local
_RETRY_S = const(60)  # RFC 2131, 4.4.5
_ARP_TRIES = const(3)  # a second apart, when a renewal has to wait for ARP
_DAY_S = const(86400)


class Dhcp(Hub):
    """The client of one stack."""

    def __init__(self, net):
        super().__init__(net)
        self.state = _INIT
        self.xid = bytearray(4)
        self.found = {}
        self.mac = bytes(net.link.mac)
        self.tries = 0
        self.fails = 0  # since the last success: NAKs, declines, requests in vain
        self.secs = self.discovered_s = 0  # since the first discover
        self.lease = Lease(net.h)
        self.asked_at = 0  # when the request was sent that an ACK may answer

    # ---- what programs ask ----

    def bound(self):
        """Whether a server has given us the address that we use."""
        return self.state >= _BOUND

    def begin(self):
        """Take over from an address set by hand."""
        self.take(NOBODY, NOBODY, NOBODY)
        self.wake()

    def end(self):
        """Give the address back and be gone."""
        if self.state >= _BOUND and self.net._on:
            # as a neighbour's record begins: there is no time to wait for ARP
            server = array.array("i", self.lease.server + self.lease.hop + b"\0\0")
            arp.learn(self.iface, server, True)
            self.say(wire.RELEASE)
        self.take(NOBODY, NOBODY, NOBODY)
        self.iface.service = None

    # ---- the link ----

    def plugged(self):
        """The link is up, perhaps on another network: what we have is verified (RFC 2131, 3.7,
        RFC 5227, 2.1).
        """
        if self.auto is not None:
            self.auto.again()
        self.tries = 0
        if self.state >= _BOUND and not self.lease.over():
            self.new_xid()
            self.secs = 0
            self.state = _REBOOTING
            set_timer(self.h, self.t, _T_SAY, 0)
        else:
            self.lose()
            self.fails = 0
            self.restart(0)

    # ---- time ----

    def back_off(self):
        """4, 8, 16, 32, 64, 64 ... seconds, each a second more or less (RFC 2131, 4.1)."""
        ms = (4000 << min(self.tries, 4)) + self.chance(2001) - 1000
        set_timer(self.h, self.t, _T_SAY, ms)
        return ms

    def restart(self, ms):
        """INIT: to discover in ms, or later if that failed again and again."""
        self.state = _INIT
        if self.fails > 1:
            ms = max(ms, 1000 << min(self.fails, 6))
        self.fails += 1
        set_timer(self.h, self.t, _T_SAY, ms + self.chance(_START_MS + 1))

    # ---- the machine: its turns ----

    def turn(self):
        """_T_SAY has come."""
        state = self.state
        if state == _CHECKING:
            return
        if _BOUND <= state < _REBOOTING:
            self.lease_turn()
        elif not self.up:  # plugged() goes on; what is being verified ends with its lease
            if state == _REBOOTING:
                self.state = _BOUND
                self.lease_turn()
        elif state == _INIT:
            if self.fails > _PATIENCE:
                self.fall_back()
            self.new_xid()
            self.tries = 0
            self.secs = 0
            self.state = _SELECTING
            self.discover()
        elif state == _SELECTING:
            self.tries += 1
            if self.tries >= _PATIENCE:
                self.fall_back()
            self.discover()
        else:
            self.request_again()

    def fall_back(self):
        """Nobody gives us an address: one of 169.254/16, while we go on asking."""
        if self.auto is None:
            try:
                from .autoip import AutoIp

                self.auto = AutoIp(self, self.iface, _T_AUTO)
            except MemoryError:  # no room for the code
                pass

    def discover(self):
        if self.say(wire.DISCOVER):
            self.discovered_s = self.secs
            self.secs = min(65535, self.secs + self.back_off() // 1000)
        else:
            self.tries -= 1
            set_timer(self.h, self.t, _T_SAY, _AGAIN_MS)

    def request_again(self):
        """REQUESTING or REBOOTING: the request, unless it was sent often enough."""
        most = _REQUESTS if self.state == _REQUESTING else _REBOOTS
        if self.tries == most:
            if self.state == _REQUESTING:
                self.restart(0)
            else:  # RFC 2131, 3.2: without an answer the lease is good until it ends
                self.hold()
        elif self.say(wire.REQUEST):
            if self.tries == 0:
                self.asked_at = self.h[_H_NOW]
            self.back_off()
            self.tries += 1
        else:
            set_timer(self.h, self.t, _T_SAY, _AGAIN_MS)

    def hold(self):
        """BOUND, with the lease that there is; the address is probed if the link was gone."""
        again = self.state == _REBOOTING
        self.state = _BOUND
        self.tries = 0
        self.lease_turn()
        if again and self.state == _BOUND:
            self.claim.begin(self.lease.ip)

    def lease_turn(self):
        """BOUND, RENEWING, REBINDING: where in its lease the address is (RFC 2131, 4.4.5)."""
        lease = self.lease
        if lease.end_s == wire.FOREVER:
            return
        if lease.over():
            self.lose()
            self.restart(0)
            return
        age = lease.age_s
        if age < lease.t1_s:
            self.sleep(lease.t1_s - age)
            return
        self.state = _REBINDING if age >= lease.t2_s else _RENEWING
        left = (lease.end_s if age >= lease.t2_s else lease.t2_s) - age
        # Each request has its own xid, so that it is known which one an ACK answers.
        self.new_xid()
        self.secs = 0
        self.asked_at = self.h[_H_NOW]
        if self.say(wire.REQUEST) or self.tries == _ARP_TRIES:
            self.tries = 0
            self.sleep(min(left, max(_RETRY_S, left // 2)))
        else:
            self.tries += 1
            set_timer(self.h, self.t, _T_SAY, _AGAIN_MS)

    def sleep(self, s):
        """The next step is s seconds after the last whole one of the lease, or in a day."""
        set_timer(self.h, self.t, _T_SAY, min(s, _DAY_S) * 1000 - self.lease.rest_ms())

    # ---- the machine: messages ----

    def arrives(self, f, at_udp, at, n):
        """The message of n bytes at `at`.  False: malformed, or not what we wait for."""
        found = self.found
        state = self.state
        if f[at_udp] or f[at_udp + 1] != _SERVER_PORT:
            return False
        kind = wire.read(f, at, n, self.xid, self.mac, found)
        if kind == 0 or wire.SERVER not in found:
            return False
        server = found[wire.SERVER]
        if not wire.is_host(f, server):
            return False
        chosen = state in (_REQUESTING, _RENEWING)
        if chosen and not wire.same(f, server, self.lease.server):
            return False
        if kind == wire.NAK and (chosen or state >= _REBINDING):
            self.lose()
            self.restart(0)
            return True
        ip = wire.yours(f, at)
        if kind == wire.OFFER and state == _SELECTING and fits(f, found, ip):
            self.lease.server = wire.address(f, server)
            self.lease.ip = ip
            self.state = _REQUESTING
            self.secs = self.discovered_s  # the same as in the discover (RFC 2131, 3.1)
            self.tries = 0
            self.request_again()
            return True
        if kind == wire.ACK and (chosen or state >= _REBINDING):
            if ip == self.lease.ip and fits(f, found, ip):
                self.lease.server = wire.address(f, server)
                self.granted_lease(f)
                return True
        return False

    def granted_lease(self, f):
        """An ACK: the lease begins, or begins again."""
        self.lease.grant(f, self.found, self.asked_at, self.chance)
        self.t[_T_SAY] = -1
        if self.state == _REQUESTING:
            self.state = _CHECKING
            self.claim.begin(self.lease.ip)
        else:
            self.use()
            self.hold()

    def say(self, kind):
        """Send a message.  False: it did not leave."""
        iface = self.iface
        if not iface.ready():
            return False
        state = self.state
        renews = kind == wire.REQUEST and _BOUND <= state < _REBOOTING
        named = kind == wire.RELEASE or renews
        n = write(self, iface.tx, kind, named, state == _REQUESTING)
        ip = self.lease.ip if named else NOBODY
        if kind == wire.RELEASE or renews and state == _RENEWING:
            return udp.send(iface, _CLIENT_PORT, _SERVER_PORT, n, ip, self.lease.server)
        udp.broadcast(iface, _CLIENT_PORT, _SERVER_PORT, n, ip)
        return True

    def new_xid(self):
        self.xid[:] = self.net.random(4)

    # ---- the address ----

    def use(self):
        """The stack's address becomes that of the lease."""
        lease = self.lease
        return self.take(lease.ip, lease.mask, lease.gw, lease.dns)

    def granted(self, claim):
        """Nobody else has the address: it is ours."""
        if self.state != _CHECKING:
            return False  # it was, and was probed again
        if self.auto is not None:
            self.auto.claim.stop()
            self.auto = None
        self.fails = self.tries = 0
        new = self.use()
        self.state = _BOUND
        self.lease_turn()
        return new

    def refused(self, claim):
        """Somebody else has the address: tell the server (RFC 2131, 4.4.4), and start anew."""
        if self.state >= _BOUND:
            self.reset_all()
        self.new_xid()
        self.secs = 0
        self.say(wire.DECLINE)
        self.lose()
        self.restart(_DECLINE_MS if self.fails < _MANY_CONFLICTS else _RATE_MS)

    def forsake(self, ip):
        """Link-local: somebody else has `ip`, which we may have in use."""
        if self.taken == ip:
            self.reset_all()
            self.take(NOBODY, NOBODY, NOBODY)

    def lose(self):
        """The lease is over: nothing is sent from its address any more (RFC 2131, 4.4.5)."""
        if self.state >= _BOUND:
            self.take(NOBODY, NOBODY, NOBODY)
        self.claim.stop()

    def reset_all(self):
        """Tell the peers before the address goes (RFC 5227, 2.4); take() tells the programs."""
        tcp = self.net.tcp
        for p in tcp.pcbs:
            if 3 <= p.r[_STATE] < 8:
                segment.reset(tcp, p)


def start(net):
    """The client of `net`, made and begun when there is none yet; None when the packets of its
    link are too short.
    """
    if net.iface.service is None and net.link.mtu >= _LEAST_MTU:
        Dhcp(net).begin()
    return net.iface.service
