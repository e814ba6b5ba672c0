"""One address claimed on a link (RFC 5227): asked whether anybody has it, announced, defended."""

from micropython import const

from ..core.tick import set_timer
from ..net.arp import put_out
from ..wire.arp import packet
from ..wire.dhcp import same
from ..wire.udp import put

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_H_IP = const(3)
_ST_ARP_REQ = const(6)
# --- end of layout ---

_IDLE = const(0)
_PROBING = const(1)
_HELD = const(2)

# RFC 5227, 1.1
_PROBE_WAIT = const(1000)
_PROBES = const(3)
_PROBE_MIN = const(1000)
_PROBE_SPREAD = const(1000)
_ANNOUNCE_WAIT = const(2000)
_ANNOUNCEMENTS = const(2)
_DEFEND_MS = const(10000)

# Ethernet, IPv4, lengths 6 and 4
_ARP_IP4 = b"\x00\x01\x08\x00\x06\x04"
_NOBODY = b"\0\0\0\0"


class Claim:
    """For `owner`, which has t (the record with its timers), chance(n), granted(claim) and
    refused(claim).  i: the word of t that is this claim's timer.

    granted() is called when nobody answered, once a claim; it returns True if it announced the
    address.  refused() is called when somebody has it, then or at any time later; it ends the
    claim by stop(), or by begin() for another address.
    """

    def __init__(self, owner, iface, i):
        self.owner = owner
        self.iface = iface
        self.i = i
        self.state = _IDLE
        self.ip = _NOBODY
        self.left = 0
        self.defended = -1  # when it was last defended, -1: never

    def begin(self, ip):
        """Claim the four bytes ip."""
        self.ip = ip
        self.state = _PROBING
        self.left = _PROBES
        self.defended = -1
        self.wait(self.owner.chance(_PROBE_WAIT + 1))

    def stop(self):
        self.state = _IDLE
        self.owner.t[self.i] = -1

    def wait(self, ms):
        set_timer(self.iface.h, self.owner.t, self.i, ms)

    def turn(self):
        """Its timer has come."""
        if self.state == _PROBING:
            if self.left:
                self.left -= 1
                self.probe()
                self.wait(
                    _PROBE_MIN + self.owner.chance(_PROBE_SPREAD + 1)
                    if self.left
                    else _ANNOUNCE_WAIT
                )
                return
            self.state = _HELD
            self.left = _ANNOUNCEMENTS
            try:
                announced = self.owner.granted(self)
            except MemoryError:  # granted once more, later
                self.state = _PROBING
                self.left = 0
                raise
            if announced:
                self.left -= 1
                self.wait(_ANNOUNCE_WAIT)
                return
        if self.state == _HELD and self.left:
            self.announce()
            self.left -= 1
            if self.left:
                self.wait(_ANNOUNCE_WAIT)

    def probe(self):
        """Ask who has the address, as nobody (RFC 5227, 2.1.1)."""
        self.request(_NOBODY)

    def announce(self):
        """Say that we have it (RFC 5227, 2.3)."""
        self.request(self.ip)

    def request(self, sender):
        iface = self.iface
        f = iface.neigh.frame
        packet(f, 1, iface.h, iface.h, _H_IP, 0)
        put(f, 28, sender)
        put(f, 38, self.ip)
        put_out(iface, _ST_ARP_REQ)

    def heard(self):
        """An ARP packet stands in rx.  True: it was a conflict, and is dealt with."""
        if self.state == _IDLE:
            return False
        f = self.iface.rx
        claims = same(f, 28, self.ip)
        asks = self.state == _PROBING and same(f, 28, _NOBODY) and same(f, 38, self.ip)
        if not claims and not asks:
            return False
        if (
            not same(f, 14, _ARP_IP4)
            or f[20]
            or f[21] != 1
            and (asks or f[21] != 2)
            or f[22] & 1
            or same(f, 22, self.iface.link.mac)
        ):
            return False
        if self.state == _PROBING or self.lately():
            self.owner.refused(self)
        else:
            self.defended = self.iface.h[_H_NOW]
            self.announce()
        return True

    def lately(self):
        """Whether the address was defended within ten seconds: it is then given up, so that two
        hosts do not quarrel for ever (RFC 5227, 2.4 b).
        """
        gone = (self.iface.h[_H_NOW] - self.defended) & 0x3FFFFFFF
        return self.defended >= 0 and gone < _DEFEND_MS
