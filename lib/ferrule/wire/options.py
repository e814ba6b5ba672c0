"""TCP options that a connection sends: timestamps (RFC 7323) and SACK (RFC 2018, RFC 2883)."""

import micropython
from micropython import const

# --- layout: written by tools/layout.py ---
_H_TS_CLOCK = const(16)
_H_TS_KEY = const(17)
_S_SEQ = const(2)
_S_REL = const(14)
_S_TSECR = const(18)
_S_TELL = const(22)
_S_TWICE = const(23)
_RCV_NXT = const(5)
_BLOCK0 = const(21)
# --- end of layout ---


@micropython.viper
def pair_offset(h: ptr32, table: ptr32, i: int, bits: int) -> int:
    """Bits 0..15 (bits 0) or 16..31 (bits 16) of what is added to the clock for the pair that
    begins at word i of a table: every pair has timestamps of its own (RFC 7323, 7.1).
    """
    a = (table[i] ^ h[_H_TS_KEY]) * 0x9E3779B
    a = (a ^ ((a >> 15) & 0x1FFFF)) + table[i + 1]
    a = a * 0x5EBCA6B
    return (a >> bits) & 0xFFFF


@micropython.viper
def stamp(f: ptr8, at: int, h, table, i: int, recent: int) -> int:
    """Write the timestamps option of the pair at word i of a table into f at `at`; TSecr is word
    `recent` of the table.  Returns 12, its length with two bytes of padding before it.
    """
    clock = ptr32(h)
    v = clock[_H_TS_CLOCK] + (int(pair_offset(h, table, i, 16)) << 16)
    v += int(pair_offset(h, table, i, 0))
    p = ptr8(int(f) + at)
    p[0] = p[1] = 1
    p[2] = 8
    p[3] = 10
    i = 4
    while i < 12:
        p[i] = v >> 24
        p[i + 1] = v >> 16
        p[i + 2] = v >> 8
        p[i + 3] = v
        v = ptr32(table)[recent]
        i += 4
    return 12


@micropython.viper
def echoed(h, table, i: int, s: ptr32) -> int:
    """Milliseconds since the timestamp that came back in the segment record was sent by the pair
    at word i of a table; -1 when it cannot have been ours.
    """
    clock = ptr32(h)
    v = clock[_H_TS_CLOCK] + (int(pair_offset(h, table, i, 16)) << 16)
    v += int(pair_offset(h, table, i, 0))
    v -= s[_S_TSECR]
    if (v >> 24) & 0xFF or s[_S_TSECR] == 0:
        return 0 - 1
    return v & 0xFFFFFF


@micropython.viper
def sack(f: ptr8, at: int, r: ptr32, s: ptr32, most: int) -> int:
    """Write a SACK option of at most `most` blocks into f at `at`, and return its length with two
    bytes of padding before it; 0 when there is nothing to tell.

    First what came twice (TELL 2, RFC 2883), then the block with the segment in hand (TELL 1, RFC
    2018, 4), then the others.  TELL is 0 afterwards.
    """
    b = ptr32(int(r) + 4 * _BLOCK0)
    una = r[_RCV_NXT]
    m = 0
    newest = 0
    if s[_S_TELL]:
        if s[_S_TELL] == 2:
            m -= 1
        i = 1
        while i < 3:
            if b[i] != 0 and (b[i] & 0xFFFF) <= s[_S_REL]:
                newest = i
            i += 1
        s[_S_TELL] = 0
    n = 4
    while m < 3 and most > 0:
        if m < 0:
            v = s[_S_SEQ]
            k = s[_S_TWICE]
        else:
            i = newest
            if m:
                i = m - 1 if m <= newest else m
            v = una + (b[i] & 0xFFFF)
            k = (b[i] >> 16) & 0xFFFF
        m += 1
        if k:
            p = ptr8(int(f) + at + n)
            i = 0
            while i < 8:
                p[i] = v >> 24
                p[i + 1] = v >> 16
                p[i + 2] = v >> 8
                p[i + 3] = v
                v += k
                i += 4
            n += 8
            most -= 1
    if n == 4:
        return 0
    p = ptr8(int(f) + at)
    p[0] = p[1] = 1
    p[2] = 5
    p[3] = n - 2
    return n


@micropython.viper
def of_syn(f: ptr8, at: int, mss: int, shift: int, sack_ok: int) -> int:
    """Write the options that only a SYN carries into f at `at`: MSS, the window shift when it is
    not negative, SACK-permitted.  Returns their length.
    """
    p = ptr8(int(f) + at)
    p[0] = 2
    p[1] = 4
    p[2] = mss >> 8
    p[3] = mss
    n = 4
    if shift >= 0:
        p[4] = 1
        p[5] = p[6] = 3
        p[7] = shift
        n = 8
    if sack_ok:
        p = ptr8(int(p) + n)
        p[0] = p[1] = 1
        p[2] = 4
        p[3] = 2
        n += 4
    return n
