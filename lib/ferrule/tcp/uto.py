"""The User Timeout Option (RFC 5482): each side tells how long it waits for an ACK, and where no
program has set TCP_USER_TIMEOUT it waits as long as the peer does; loaded while tcp_uto is 1.
"""

import array

from micropython import const

# --- layout: written by tools/layout.py ---
_S_L4 = const(4)
_S_FLAGS = const(8)
_STATE = const(2)
_FLAGS = const(3)
_USER_TIMEOUT = const(31)
# --- end of layout ---

_SYN = const(2)

_ACK_NOW = const(1)
_KEEPALIVE = const(32)
_SPEAK = const(256)

_SYN_RECEIVED = const(3)

_KIND = const(28)
_MINUTES = const(0x8000)  # the granularity bit of the option
_OURS_S = const(300)  # what we advertise when the program has set nothing (RFC 9293, 3.9.1)
_LEAST_S = const(100)  # lower limit (3.1), above the longest RTO
_MOST_S = const(86400)  # upper limit: a day

_TELL = const(0x100)  # bits of Pcb.ip: the next empty segment carries the option
_ADOPTED = const(0x200)  # USER_TIMEOUT follows the peer's


class Uto:
    """What the peer of each connection advertised last, in seconds; 0: nothing."""

    def __init__(self, pcbs):
        self.pcbs = pcbs
        self.remote = array.array("i", bytearray(4 * len(pcbs)))

    def index(self, p):
        i = 0
        while self.pcbs[i] is not p:
            i += 1
        return i

    def opened(self, t, p):
        """p is established: the first segment without SYN carries the option, too (3)."""
        self.remote[self.index(p)] = 0
        p.ip &= ~_ADOPTED
        self.tell(p)
        if t.seg[_S_FLAGS] & _SYN:
            self.heard(t, p)

    def tell(self, p):
        """An ACK shall tell our timeout, for a text's segment may have no room."""
        p.ip |= _TELL
        p.r[_FLAGS] |= _ACK_NOW | _SPEAK

    def write(self, f, at, p):
        """Write the option into frame f: for p, or as long as there is no connection, for
        anybody.  Its length.
        """
        s = _OURS_S
        if p is not None:
            if p.r[_STATE] > _SYN_RECEIVED:
                p.ip &= ~_TELL
            if p.r[_USER_TIMEOUT] and not p.ip & _ADOPTED and p.listener is None:
                s = p.r[_USER_TIMEOUT] // 1000 or 1  # never 0 (3.4)
        if s >= _MINUTES:
            s = _MINUTES | (s // 60 if s < 60 * _MINUTES else 32767)
        f[at] = _KIND
        f[at + 1] = 4
        f[at + 2] = s >> 8
        f[at + 3] = s & 0xFF
        return 4

    def heard(self, t, p):
        """Look for the option in the segment in hand, which was acceptable."""
        f = t.iface.rx
        i = t.seg[_S_L4]
        end = i + (f[i + 12] >> 4 << 2)
        i += 20
        while i + 3 < end and f[i]:
            if f[i] == _KIND and f[i + 1] == 4:
                s = (f[i + 2] & 0x7F) << 8 | f[i + 3]
                if s:  # 0 is ignored (3.4)
                    self.remote[self.index(p)] = s * 60 if f[i + 2] & 0x80 else s
                    self.adopt(t, p)
                return
            i += 1 if f[i] == 1 else f[i + 1]

    def adopt(self, t, p):
        """The longer of both sides' timeouts, within the limits (3.1), unless the program has set
        its own, or there is no program yet.
        """
        r = p.r
        s = self.remote[self.index(p)]
        if p.listener is not None or not s or r[_USER_TIMEOUT] and not p.ip & _ADOPTED:
            return
        s = max(s, _OURS_S, _LEAST_S)
        r[_USER_TIMEOUT] = (s if s < _MOST_S else _MOST_S) * 1000
        p.ip |= _ADOPTED
        if r[_FLAGS] & _KEEPALIVE:
            t.alive.idle(t, p, r)

    def changed(self, t, p):
        """The program has set TCP_USER_TIMEOUT, or 0: then the peer's counts again."""
        p.ip &= ~_ADOPTED
        if p.r[_STATE] > _SYN_RECEIVED:
            self.adopt(t, p)
            self.tell(p)
            t.clock()
            t.flush()
