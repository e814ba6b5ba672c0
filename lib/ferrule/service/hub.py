"""What stands in iface.service: it is handed UDP datagrams and ARP packets before others look at
them, and its timers run with the stack's.
"""

import array

from micropython import const

from ..core.tick import first_due, next_due, set_timer
from ..wire.udp import check
from .claim import Claim

# --- layout: written by tools/layout.py ---
_S_L4 = const(4)
_S_L4_LEN = const(5)
_S_DATA = const(9)
_S_LEN = const(10)
_ST_UDP_BAD = const(69)
_ST_DHCP_BAD = const(70)
# --- end of layout ---

# Words of t, the record of timers: one that is not 0, and the deadlines.
_LIVE = const(0)
_T_SAY = const(1)
_T_CLAIM = const(2)
_T_AUTO = const(3)
_T_LINK = const(4)
_T_WORDS = const(5)

_CLIENT_PORT = const(68)
_LINK_MS = const(1000)
_AGAIN_MS = const(1000)

NOBODY = b"\0\0\0\0"


class Hub:
    """The face of the DHCP client for the stack `net`.  Who inherits has turn(), plugged() and
    arrives().
    """

    def __init__(self, net):
        self.net = net
        self.iface = net.iface
        self.h = net.h
        self.taken = None  # the address that it was given last
        self.t = array.array("i", [1] + [-1] * (_T_WORDS - 1))
        self.claim = Claim(self, net.iface, _T_CLAIM)
        self.auto = None  # link-local, when there is need of it
        self.up = True

    def timers(self):
        """A deadline has come, of ours or another's."""
        try:
            if self.is_due(_T_LINK):
                self.look_at_link()
            if self.is_due(_T_CLAIM):
                self.claim.turn()
            if self.is_due(_T_AUTO) and self.auto is not None:
                self.auto.claim.turn()
            if self.is_due(_T_SAY):
                self.turn()
        except MemoryError:
            self.later()
        next_due(self.h, self.t, 1, _T_WORDS, _LIVE, _T_SAY, _T_WORDS - 1)

    def later(self):
        """There was no room on the heap: what has no timer now has its turn in a second."""
        for i in (_T_SAY, _T_CLAIM, _T_AUTO):
            if self.t[i] < 0:
                set_timer(self.h, self.t, i, _AGAIN_MS)

    def is_due(self, i):
        """Whether the timer in word i has come; it is then off."""
        if first_due(self.h, self.t, 1, _T_WORDS, _LIVE, i, 0) < 0:
            return False
        self.t[i] = -1
        return True

    def look_at_link(self):
        """Once a second, for links do not tell."""
        set_timer(self.h, self.t, _T_LINK, _LINK_MS)
        up = self.iface.link.isup()
        if up and not self.up:
            self.plugged()
        self.up = up

    def wake(self):
        """The stack was switched on: as if the link had been down."""
        self.up = False
        set_timer(self.h, self.t, _T_LINK, 0)

    def arp(self):
        """An ARP packet stands in rx.  True: it was about an address of ours."""
        try:
            if self.auto is not None and self.auto.claim.heard():
                return True
            return self.claim.heard()
        except MemoryError:
            self.later()
            return True

    def sends(self, f):
        """The ARP packet in f is about to go out: with a link-local sender it is for everybody
        (RFC 3927, 2.5).
        """
        if f[28] == 169 and f[29] == 254:
            for i in range(6):
                f[i] = 255

    def udp(self):
        """A datagram stands in rx.  True: it was for us."""
        iface = self.iface
        s = iface.seg
        port = check(iface.rx, s)
        if port < 0:
            iface.count[_ST_UDP_BAD] += 1
            return True
        if port != _CLIENT_PORT:
            return False
        try:
            if self.arrives(iface.rx, s[_S_L4], s[_S_DATA], s[_S_LEN]):
                return True
        except MemoryError:
            self.later()
        iface.count[_ST_DHCP_BAD] += 1
        return True

    def stray(self):
        """A packet for an address that is not ours stands in rx.  True: it was from a server that
        does not look at the broadcast flag, and sends to the address that it gives (RFC 2131,
        4.1).
        """
        f = self.iface.rx
        s = self.iface.seg
        at = 14 + 4 * (f[14] & 15)
        s[_S_L4] = at
        s[_S_L4_LEN] = (f[16] << 8 | f[17]) + 14 - at
        return (
            not f[0] & 1
            and f[23] == 17
            and not (f[20] & 0x3F or f[21] or f[at + 2])  # a fragment; port 68 is below 256
            and f[at + 3] == _CLIENT_PORT
            and self.udp()
        )

    def chance(self, n):
        """0..n-1 by the stack's random, n up to 32768."""
        b = self.net.random(2)
        return (b[0] << 8 | b[1]) % n

    def take(self, ip, mask, gw, dns=NOBODY):
        """The stack's address becomes this one, as if set by hand; True if it was another, which
        is announced.
        """
        before = self.taken
        iface = self.iface
        iface.service = None  # by hand it would end us
        try:
            self.net.ifconfig(["%d.%d.%d.%d" % tuple(b) for b in (ip, mask, gw, dns)])
        finally:
            iface.service = self
        self.taken = ip
        return before != ip

    def wait(self, ms):
        """Turn the stack until it has an address, at most ms.  Whether it has one."""
        net = self.net
        end = net.ticks_ms() + ms & 0x3FFFFFFF
        while not net._addressed:
            left = (end - net.ticks_ms()) & 0x3FFFFFFF
            if left == 0 or left & 0x20000000:
                return False
            net.wait(min(net.poll(), left))
        return True
