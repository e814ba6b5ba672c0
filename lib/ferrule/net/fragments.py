"""Reassembly (RFC 791, 3.2; RFC 815; RFC 1122, 3.3.2): fragments become the datagram they were,
which then arrives as if it had come in one frame.  Loaded by Stack(fragments=N).

Each datagram has a buffer of its own, taken when the stack starts.  Where a fragment lies over
another, in part, the whole datagram is dropped, as nothing but an attack sends that (RFC 5722, 3).
"""

import array

import micropython
from micropython import const

from ..core.tick import first_due, next_due, set_timer
from ..wire.ip4 import answer_to
from ..wire.sum import checksum, copy
from .icmp import seal

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_S_SRC = const(0)
_S_BCAST = const(6)
_O_ECT = const(9)
_FR_SRC = const(0)
_FR_DST = const(1)
_FR_WHAT = const(2)
_FR_LIVE = const(3)
_FR_AT = const(4)
_FR_TOTAL = const(5)
_FR_END = const(6)
_FR_HAVE = const(7)
_FRAG_WORDS = const(8)
_ST_RX_FRAMES = const(0)
_ST_IP_FRAG = const(13)
_ST_REASM_OK = const(66)
_ST_REASM_TIMEOUT = const(67)
# --- end of layout ---

_LEAST = const(576)
_MOST = const(16384)  # what checksum() sums
_TEXT = const(74)  # where text stands in a buffer: behind the longest header
_WAIT_MS = const(60000)  # RFC 1122, 3.3.2

_FIRST = const(2)  # bits of LIVE: the first fragment is here
_MARKED = const(4)  # a router marked congestion on one of them
_BROADCAST = const(8)

_ICMP = const(1)
_ECHO = const(8)
_TIME_EXCEEDED = const(11)


@micropython.viper
def find(t: ptr32, n: int, f: ptr16) -> int:
    """Index of the datagram that the fragment in frame f is of, or -1: source, destination,
    protocol and identification say which.
    """
    i = 0
    while i < n:
        if (
            t[_FR_LIVE] != 0
            and t[_FR_WHAT] == f[9] | ((f[11] >> 8) << 16)
            and t[_FR_SRC] == f[13] | (f[14] << 16)
            and t[_FR_DST] == f[15] | (f[16] << 16)
        ):
            return i
        t = ptr32(int(t) + 4 * _FRAG_WORDS)
        i += 1
    return 0 - 1


@micropython.viper
def begin(t: ptr32, k: int, f: ptr16):
    """Record k is of the datagram of the fragment in frame f."""
    t = ptr32(int(t) + 4 * _FRAG_WORDS * k)
    t[_FR_SRC] = f[13] | (f[14] << 16)
    t[_FR_DST] = f[15] | (f[16] << 16)
    t[_FR_WHAT] = f[9] | ((f[11] >> 8) << 16)
    t[_FR_LIVE] = 1
    t[_FR_TOTAL] = t[_FR_END] = t[_FR_HAVE] = 0


@micropython.viper
def source(s: ptr32, t: ptr32, k: int):
    """SRC of the segment record from record k."""
    t = ptr32(int(t) + 4 * _FRAG_WORDS * k)
    s[_S_SRC] = t[_FR_SRC]


@micropython.viper
def wipe(m: ptr8, n: int):
    while n > 0:
        n -= 1
        m[n] = 0


@micropython.viper
def mark(m: ptr8, i: int, n: int) -> int:
    """Note in map m that the n units from i on are here, if none was.  How many were."""
    had = 0
    k = 0
    while k < n:
        had += m[i + k]
        k += 1
    while k > 0 and had == 0:
        k -= 1
        m[i + k] = 1
    return had


class Fragments:
    """Room for n datagrams at a time, each of up to `size` bytes with a header of 20 (EMTU_R)."""

    def __init__(self, iface, n, size):
        least = iface.link.mtu if iface.link.mtu > _LEAST else _LEAST
        size = size or least
        if not least <= size <= _MOST:
            raise ValueError("a datagram is %d to %d bytes" % (least, _MOST))
        self.iface = iface
        self.n = n
        self.size = size
        self.t = array.array("i", bytearray(4 * _FRAG_WORDS * n))
        self.frames = [bytearray(_TEXT + size - 20 + 3 & ~3) for _ in range(n)]
        self.maps = [bytearray(size - 13 >> 3) for _ in range(n)]  # a byte for 8 of text

    def take(self):
        """Take the fragment in the interface's buffer.  False: it is dropped, and what was kept of
        its datagram, if it contradicts that.
        """
        f = self.iface.rx
        n = (f[16] << 8 | f[17]) - ((f[14] & 15) << 2)
        off = (f[20] & 31) << 11 | f[21] << 3
        more = f[20] & 32
        if n <= 0 or more and n & 7 or off + n > self.size - 20:
            return False
        k = find(self.t, self.n, f)
        if k < 0:
            k = self.room()
            begin(self.t, k, f)
            wipe(self.maps[k], len(self.maps[k]))
            set_timer(self.iface.h, self.t, k * _FRAG_WORDS + _FR_AT, _WAIT_MS)
        new = self.fits(k * _FRAG_WORDS, off, n, more)
        if new > 0:
            self.add(k, off, n)
        elif new < 0:
            self.t[k * _FRAG_WORDS + _FR_LIVE] = 0
        return new >= 0

    def fits(self, b, off, n, more):
        """Whether n bytes at `off` add something to the datagram whose record is at word b (1),
        were all there already (0), or contradict what is there (-1).
        """
        t = self.t
        total = t[b + _FR_TOTAL]
        units = n + 7 >> 3
        had = mark(self.maps[b // _FRAG_WORDS], off >> 3, units)
        if not more and total and off + n != total or total and off + n > total:
            return -1
        if had:
            return 0 if had == units else -1
        if not more:
            total = off + n
        if off + n > t[b + _FR_END]:
            t[b + _FR_END] = off + n
        if total and t[b + _FR_END] > total:
            return -1
        t[b + _FR_TOTAL] = total
        t[b + _FR_HAVE] += units
        return 1

    def room(self):
        """A free record; otherwise that of the datagram that has waited longest, which is given
        up.
        """
        t = self.t
        best = 0
        least = 0x3FFFFFFF
        for k in range(self.n):
            b = k * _FRAG_WORDS
            if not t[b + _FR_LIVE]:
                return k
            left = t[b + _FR_AT] - self.iface.h[_H_NOW] & 0x3FFFFFFF
            if left < least:
                least = left
                best = k
        self.iface.count[_ST_IP_FRAG] += 1
        return best

    def add(self, k, off, n):
        """n bytes at `off` of datagram k are in the interface's buffer, and new."""
        t = self.t
        b = k * _FRAG_WORDS
        f = self.iface.rx
        text = 14 + ((f[14] & 15) << 2)
        copy(self.frames[k], _TEXT + off, f, text, n)
        if off == 0:
            copy(self.frames[k], 0, f, 0, text)
            t[b + _FR_LIVE] |= _FIRST
        if f[15] & 3 == 3:
            t[b + _FR_LIVE] |= _MARKED
        if self.iface.seg[_S_BCAST]:
            t[b + _FR_LIVE] |= _BROADCAST
        n = t[b + _FR_TOTAL]
        if n and t[b + _FR_HAVE] == n + 7 >> 3:
            self.whole(k, n)

    def whole(self, k, total):
        """All `total` bytes of datagram k are here: it arrives, with a header filled up to 60
        bytes by options that say nothing.
        """
        t = self.t
        iface = self.iface
        f = self.frames[k]
        for i in range(14 + ((f[14] & 15) << 2), _TEXT):
            f[i] = 1
        f[14] = 0x4F
        if t[k * _FRAG_WORDS + _FR_LIVE] & _MARKED:
            f[15] |= 3  # RFC 3168, 5.3
        total += 60
        f[16] = total >> 8
        f[17] = total & 255
        f[20] = f[21] = f[24] = f[25] = 0
        c = 0xFFFF ^ checksum(f, 14, 60, 0)
        f[24] = c & 255
        f[25] = c >> 8
        t[k * _FRAG_WORDS + _FR_LIVE] = 0
        iface.count[_ST_REASM_OK] += 1
        iface.count[_ST_RX_FRAMES] -= 1
        rx = iface.rx
        iface.rx = f
        iface.frame_in(14 + total)
        iface.rx = rx

    def timers(self):
        """Give up what has waited for a minute, and tell when the next one has."""
        t = self.t
        h = self.iface.h
        k = first_due(h, t, self.n, _FRAG_WORDS, _FR_LIVE, _FR_AT, 0)
        while k >= 0:
            self.expired(k)
            t[k * _FRAG_WORDS + _FR_LIVE] = 0
            k = first_due(h, t, self.n, _FRAG_WORDS, _FR_LIVE, _FR_AT, k + 1)
        next_due(h, t, self.n, _FRAG_WORDS, _FR_LIVE, _FR_AT, 1)

    def expired(self, k):
        """Datagram k is given up; its sender is told, if the first fragment is here to be quoted
        (RFC 792), and that is no ICMP error and was not for everybody (RFC 1122, 3.2.2).
        """
        iface = self.iface
        f = self.frames[k]
        live = self.t[k * _FRAG_WORDS + _FR_LIVE]
        iface.count[_ST_IP_FRAG] += 1
        iface.count[_ST_REASM_TIMEOUT] += 1
        if live & (_FIRST | _BROADCAST) != _FIRST or f[23] == _ICMP and f[_TEXT] not in (0, _ECHO):
            return
        if not iface.ready() or not iface.allowed():
            return
        ihl = (f[14] & 15) << 2
        tx = iface.tx
        for i in range(34, 42):
            tx[i] = 0
        tx[34] = _TIME_EXCEEDED
        tx[35] = 1
        copy(tx, 42, f, 14, ihl)
        copy(tx, 42 + ihl, f, _TEXT, 8)
        seal(tx, 16 + ihl)
        source(iface.seg, self.t, k)
        answer_to(iface.out, iface.seg)
        iface.out[_O_ECT] = 0
        iface.send(_ICMP, 16 + ihl)
