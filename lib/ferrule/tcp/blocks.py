"""Lists of blocks: what is kept beyond RCV.NXT, and what the peer holds beyond SND.UNA.

A list is three words of a connection's record in a row (BLOCK0 or SACK0): start | length << 16,
counted from the left edge, in order and apart, 0 behind the last.  What lies 65535 bytes or more
from the edge has no place in it.
"""

import micropython
from micropython import const

from ..wire.arch import THUMB

# --- layout: written by tools/layout.py ---
_S_SACKS = const(19)
_SND_UNA = const(4)
_SND_MAX = const(7)
_SACK0 = const(24)
# --- end of layout ---


@micropython.viper
def add(r: ptr32, at: int, start: int, n: int) -> int:
    """Add n bytes from `start` on to the list at word `at`; it is merged with those it touches.

    Returns 0 when it finds no place, 1 when it brought something new, 2 when all of it was there.
    """
    end = start + n
    if end > 65535:
        return 0
    b = ptr32(int(r) + 4 * at)
    i = 0
    while i < 3 and b[i] != 0 and (b[i] & 0xFFFF) + ((b[i] >> 16) & 0xFFFF) < start:
        i += 1
    if i == 3:
        return 0
    j = i  # blocks i..j-1 touch the new one
    while j < 3 and b[j] != 0 and (b[j] & 0xFFFF) <= end:
        s = b[j] & 0xFFFF
        e = s + ((b[j] >> 16) & 0xFFFF)
        if s <= start and e >= end:
            return 2
        if s < start:
            start = s
        if e > end:
            end = e
        j += 1
    if j == i:
        if b[2] != 0:
            return 0
        k = 2
        while k > i:
            b[k] = b[k - 1]
            k -= 1
    else:
        i += 1  # b[i - 1] takes the merged block, what is left behind moves down to it
        k = i
        while k < 3:
            b[k] = b[j] if j < 3 else 0
            j += 1
            k += 1
        i -= 1
    b[i] = start | ((end - start) << 16)
    return 1


@micropython.viper
def shift(r: ptr32, at: int, k: int) -> int:
    """The left edge moves by k, and by what is whole beyond that: returns how much that is."""
    b = ptr32(int(r) + 4 * at)
    extra = 0
    kept = 0
    i = 0
    while i < 3:
        s = b[i] & 0xFFFF
        e = s + ((b[i] >> 16) & 0xFFFF)
        if s > k + extra:
            b[kept] = b[i]
            kept += 1
        elif e > k + extra:
            extra = e - k
        i += 1
    i = 0
    while i < 3:
        b[i] = b[i] - (k + extra) if i < kept else 0
        i += 1
    return extra


@micropython.viper
def any_block(r: ptr32, at: int) -> bool:
    """Whether the list at word `at` holds something: bytecode must not read its words."""
    return r[at] != 0


@micropython.viper
def told(ro, s: ptr32, f: ptr8) -> int:
    """Take the SACK blocks of the segment in hand (frame f) into the list at SACK0.

    Returns 1 when the peer holds something we did not know of, plus 2 when the first block tells
    of something that came twice (RFC 2883, 4), plus 4 when the list had no place for a block.
    """
    r = ptr32(ro)
    n = s[_S_SACKS] & 7
    p = ptr8(int(f) + (s[_S_SACKS] >> 3))
    una = r[_SND_UNA]
    top = r[_SND_MAX]
    got = 0
    first = 0
    i = 0
    while i < n:
        a = ((p[0] << 24) | (p[1] << 16) | (p[2] << 8) | p[3]) - una
        e = ((p[4] << 24) | (p[5] << 16) | (p[6] << 8) | p[7]) - una
        p = ptr8(int(p) + 8)
        if (e >> 31) & 1 or e & 0x3FFFFFFF == 0:  # below SND.UNA: only a D-SACK tells of that
            if i == 0:
                got |= 2
        elif (a >> 29) & 7 == 0 and (e >> 29) & 7 == 0:
            a &= 0x1FFFFFFF
            e &= 0x1FFFFFFF
            if 0 < a and a < e and e <= top:
                k = int(add(ro, _SACK0, a, e - a))
                if k == 1:
                    got |= 1
                elif k == 0:
                    got |= 4
                if i == 0:
                    first = a
                elif i == 1 and first >= a and first < e and first != 0:
                    got |= 2
        i += 1
    return got


@micropython.viper
def held(r: ptr32, off: int) -> int:
    """Bytes at or beyond SND.UNA + off that the peer holds."""
    b = ptr32(int(r) + 4 * _SACK0)
    n = 0
    i = 0
    while i < 3:
        s = b[i] & 0xFFFF
        e = s + ((b[i] >> 16) & 0xFFFF)
        if e > off:
            n += e - (s if s > off else off)
        i += 1
    return n


@micropython.viper
def next_hole(r: ptr32, off: int) -> int:
    """First byte at or beyond SND.UNA + off that the peer does not hold: as it is when the peer
    holds a later one, else as -1 - offset.
    """
    b = ptr32(int(r) + 4 * _SACK0)
    i = 0
    while i < 3 and b[i] != 0:
        s = b[i] & 0xFFFF
        if off < s:
            return off
        s += (b[i] >> 16) & 0xFFFF
        if off < s:
            off = s
        i += 1
    return 0 - 1 - off


@micropython.viper
def past(r: ptr32, off: int, n: int) -> int:
    """How many of the n bytes at SND.UNA + off stand before a block that the peer holds; 0 when
    the first of them is held.
    """
    b = ptr32(int(r) + 4 * _SACK0)
    i = 0
    while i < 3 and b[i] != 0:
        s = b[i] & 0xFFFF
        e = s + ((b[i] >> 16) & 0xFFFF)
        if off < e:
            if off >= s:
                return 0
            return s - off if s - off < n else n
        i += 1
    return n


@micropython.viper
def lost_below(r: ptr32, mss: int) -> int:
    """The bytes below this offset that the peer does not hold are lost (RFC 6675, IsLost): three
    blocks or more than two segments are held above them.
    """
    b = ptr32(int(r) + 4 * _SACK0)
    i = 3
    n = 0
    above = 0
    while i > 0:
        i -= 1
        if b[i] != 0:
            n += 1
            above += (b[i] >> 16) & 0xFFFF
            if n >= 3 or above > 2 * mss:
                return b[i] & 0xFFFF
    return 0


@micropython.viper
def pipe(r: ptr32, high: int, lost: int) -> int:
    """Bytes that are in the network (RFC 6675, SetPipe): of what the peer does not hold, all that
    is not lost (at or beyond `lost`), and once more what was sent again (below `high`).
    """
    b = ptr32(int(r) + 4 * _SACK0)
    n = 0
    edge = 0
    i = 0
    while i < 4:
        s = r[_SND_MAX]
        k = 0
        if i < 3 and b[i] != 0:
            s = b[i] & 0xFFFF
            k = (b[i] >> 16) & 0xFFFF
        else:
            i = 3
        if s > edge:
            if s > lost:
                n += s - edge
            if high > edge:
                n += (high if high < s else s) - edge
        edge = s + k
        i += 1
    return n


@micropython.viper
def tail(r: ptr32, n: int) -> int:
    """Where the last n bytes begin of what is out and the peer does not hold, or the last hole if
    that is shorter.
    """
    b = ptr32(int(r) + 4 * _SACK0)
    begin = 0
    end = 0
    edge = 0
    i = 0
    while i < 4:
        s = r[_SND_MAX]
        k = 0
        if i < 3 and b[i] != 0:
            s = b[i] & 0xFFFF
            k = (b[i] >> 16) & 0xFFFF
        else:
            i = 3
        if s > edge:
            begin = edge
            end = s
        edge = s + k
        i += 1
    return end - n if end - n > begin else begin


if THUMB:
    from .thumb import add_block as add  # noqa: F401, F811
    from .thumb import shift  # noqa: F401, F811
