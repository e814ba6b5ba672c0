"""Path MTU discovery (RFC 1191), and what to do when the messages it lives on do not come (RFC
2923, 2.1); loaded when a router says for the first time that a segment is too long, or two
timeouts in a row suggest it.

A connection keeps in `p.ip >> 15` what it could send in a segment before that, so that the peer's
MSS is never exceeded when the path is tried again.  Paths are remembered by address, for the
connections to come.
"""

import array

import micropython
from micropython import const

from ..core.tick import first_due, set_timer
from . import output

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_H_IP = const(3)
_H_MASK = const(4)
_S_L4 = const(4)
_R_IP = const(0)
_STATE = const(2)
_FLAGS = const(3)
_SND_NXT = const(6)
_SND_MAX = const(7)
_MARK = const(17)
_CWND = const(27)
_SSTHRESH = const(28)
_CC_ACKED = const(29)
_Q_SND_MSS = const(0)
_Q_DUPACKS = const(6)
_PA_R_IP = const(0)
_PA_MTU = const(1)
_PA_AT = const(2)
_PATH_WORDS = const(3)
_C_PMTU = const(24)
_C_MIN_PMTU = const(26)
_C_MTU_EXPIRES = const(27)
_ST_PMTU_LOWER = const(64)
_ST_BLACK_HOLE = const(65)
# --- end of layout ---

_SPEAK = const(256)
_PERSIST = const(8)
_SACK_OK = const(1 << 11)
_TS_OK = const(1 << 12)
_LOSS = const(1 << 17)
_PTO = const(1 << 19)
_MARKED = const(1 << 16 | 1 << 17 | 1 << 18 | 1 << 7)

_SYN_RECEIVED = const(3)

_HEADERS = const(40)
_STAMPS = const(12)
_NO_DF = const(0x4000)
_FRAGMENTS = const(0x10000)
_BASE = const(1064)  # bytes: most tunnels and all links in use carry it (RFC 4821, 7.2)
_PATHS = const(4)
_EVERYWHERE = const(576)
_LEAST = const(8)  # bytes of text: all that 68 bytes of packet leave beside options
_LEAST_SACK = const(76)  # forty beside four blocks: see room() in output.py
# RFC 1191, 7.1, for routers that do not tell; below 508 DF is off: see min_pmtu
_PLATEAUS = (32000, 17914, 8166, 4352, 2002, 1492, 1006, 508)


@micropython.viper
def entry(table: ptr32, n: int, r: ptr32) -> int:
    """Word of the path to connection r's peer, or -1."""
    k = 0
    while n > 0:
        if table[k + _PA_R_IP] == r[_R_IP]:
            return k
        k += _PATH_WORDS
        n -= 1
    return 0 - 1


@micropython.viper
def copy_address(table: ptr32, k: int, r: ptr32):
    table[k + _PA_R_IP] = r[_R_IP]


@micropython.viper
def off_net(h: ptr32, r: ptr32) -> bool:
    """Whether connection r's peer is reached by a router."""
    return ((r[_R_IP] ^ h[_H_IP]) & h[_H_MASK]) != 0


class Paths:
    """The paths that carry less than the link, at most four; the one tried again next makes
    room.
    """

    def __init__(self):
        self.n = _PATHS
        self.table = array.array("i", bytearray(4 * _PATH_WORDS * _PATHS))

    def too_big(self, t, p):
        """A router could pass on a segment of p only in fragments (RFC 1191, 3 and 6.4)."""
        if p.r[_STATE] <= _SYN_RECEIVED or p.ip & _NO_DF:  # what has no DF is not complained of
            return
        f = t.iface.rx
        at = t.seg[_S_L4]
        mtu = f[at + 6] << 8 | f[at + 7]
        now = packet(p)
        if mtu == 0:  # a router older than RFC 1191
            mtu = plateau_below(now, f[at + 10] << 8 | f[at + 11])
        least = t.cfg[_C_MIN_PMTU]
        fragments = 0
        if mtu < least:  # less than that is an attack or a link that nobody has: routers fragment
            fragments = _FRAGMENTS
            mtu = least if least < now else now
            p.ip |= _NO_DF
        elif mtu >= now:
            return
        t.count[_ST_PMTU_LOWER] += 1
        again(t, p, mtu)
        self.note(t, p, mtu | fragments)

    def black_hole(self, t, p):
        """Full segments of p get no answer: shorter ones are tried (RFC 4821, 7.7), first the size
        that every path in use carries, then half of it, down to min_pmtu.
        """
        now = packet(p)
        mtu = _BASE if now > _BASE else (now - _HEADERS >> 1) + _HEADERS
        least = t.cfg[_C_MIN_PMTU]
        if mtu < least:
            mtu = least
        if mtu < now and not p.ip & _NO_DF:
            t.count[_ST_BLACK_HOLE] += 1
            shorten(p, mtu)
            p.r[_CWND] = p.q[_Q_SND_MSS]
            self.note(t, p, mtu)

    def recall(self, t, p):
        """Connection p opens: what is known of its path holds for it.  Without discovery nothing
        is known of what lies behind a router, but that it has to carry 576 bytes (RFC 1122,
        3.3.3).
        """
        if t.cfg[_C_PMTU] and packet(p) > _EVERYWHERE and off_net(t.h, p.r):
            shorten(p, _EVERYWHERE)
        k = entry(self.table, self.n, p.r)
        if k >= 0:
            mtu = self.table[k + _PA_MTU]
            if packet(p) > mtu & 0xFFFF:
                shorten(p, mtu & 0xFFFF)
            if mtu & _FRAGMENTS:
                p.ip |= _NO_DF

    def note(self, t, p, mtu):
        """Remember the MTU of p's path for mtu_expires seconds."""
        table = self.table
        k = entry(table, self.n, p.r)
        if k < 0:
            k = self.oldest(t)
            copy_address(table, k, p.r)
        table[k + _PA_MTU] = mtu
        set_timer(t.h, table, k + _PA_AT, t.cfg[_C_MTU_EXPIRES] * 1000)

    def oldest(self, t):
        best = 0
        least = 0x3FFFFFFF
        for k in range(0, self.n * _PATH_WORDS, _PATH_WORDS):
            left = self.table[k + _PA_AT] - t.h[_H_NOW] & 0x3FFFFFFF
            if self.table[k + _PA_MTU] == 0:
                return k
            if left < least:
                least = left
                best = k
        return best

    def timers(self, t):
        """RFC 1191, 6.3: a path may have become a better one, and is tried in full."""
        table = self.table
        i = first_due(t.h, table, self.n, _PATH_WORDS, _PA_R_IP, _PA_AT, 0)
        while i >= 0:
            k = i * _PATH_WORDS
            for p in t.pcbs:
                if entry(table, self.n, p.r) == k:
                    enlarge(p, table[k + _PA_MTU] & _FRAGMENTS)
            table[k + _PA_R_IP] = table[k + _PA_MTU] = 0
            i = first_due(t.h, table, self.n, _PATH_WORDS, _PA_R_IP, _PA_AT, i + 1)


def packet(p):
    """Length of p's full packets, in bytes, with a source route if they have one: srcroute.py."""
    n = p.q[_Q_SND_MSS] + _HEADERS + (p.ip >> 8 & 60)
    return n + _STAMPS if p.r[_FLAGS] & _TS_OK else n


def shorten(p, mtu):
    """From here on no packet of p is longer than mtu, or else routers may cut it."""
    q = p.q
    mss = q[_Q_SND_MSS]
    if not p.ip >> 15:
        p.ip |= (mss if mss < 32768 else 32767) << 15
    mss -= packet(p) - mtu
    least = _LEAST_SACK if p.r[_FLAGS] & _SACK_OK else _LEAST
    if mss < least:  # what goes with each segment takes all that mtu leaves
        mss = least
        p.ip |= _NO_DF
    q[_Q_SND_MSS] = mss


def enlarge(p, fragments):
    """p may send again what it could before."""
    if p.ip >> 15:
        p.q[_Q_SND_MSS] = p.ip >> 15
    p.ip &= 0x7FFF
    if fragments:
        p.ip &= ~_NO_DF


def plateau_below(now, length):
    """The next smaller MTU in use; `length` is what the router says the packet had, and may be
    more (RFC 1191, 5).
    """
    if 68 <= length < now:
        now = length
    for mtu in _PLATEAUS:
        if mtu < now:
            return mtu
    return 0


def again(t, p, mtu):
    """What is out goes out again in packets of at most mtu bytes.

    Nothing was lost to congestion: RTO and SSTHRESH stay, and slow start leads from one segment to
    where the window was (RFC 1191, 6.4), as many segments (RFC 5681, 3.1).
    """
    r = p.r
    q = p.q
    old = q[_Q_SND_MSS]
    if packet(p) > mtu:
        shorten(p, mtu)
    mss = q[_Q_SND_MSS]
    if r[_FLAGS] & _PERSIST:
        return
    target = r[_CWND] // old * mss
    if target > r[_SSTHRESH]:
        r[_SSTHRESH] = target
    r[_CWND] = mss
    r[_CC_ACKED] = r[_SND_NXT] = q[_Q_DUPACKS] = 0
    r[_MARK] = r[_SND_MAX]
    r[_FLAGS] = r[_FLAGS] & ~(_MARKED | _PTO) | _LOSS | _SPEAK
    output.arm(t, p, r)


def begin(t):
    """Keep what is known of paths from here on."""
    if t.paths is None:
        t.paths = Paths()
