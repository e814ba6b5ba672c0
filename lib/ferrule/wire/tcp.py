"""TCP segments (RFC 9293, 3.1): frame to segment record, out record to frame."""

import micropython
from micropython import const

from .sum import checksum

# --- layout: written by tools/layout.py ---
_H_IP = const(3)
_S_SRC = const(0)
_S_PORTS = const(1)
_S_SEQ = const(2)
_S_ACK = const(3)
_S_L4 = const(4)
_S_L4_LEN = const(5)
_S_FLAGS = const(8)
_S_DATA = const(9)
_S_LEN = const(10)
_S_WND = const(11)
_S_MSS = const(12)
_S_LPORT = const(13)
_S_REL = const(14)
_S_ACKED = const(15)
_O_DST = const(0)
_O_PORTS = const(1)
_O_SEQ = const(2)
_O_ACK = const(3)
_O_FLAGS = const(4)
_O_WND = const(5)
_O_MSS = const(6)
_O_LEN = const(7)
_ST_IN_ERRS = const(23)
_ST_IN_CSUM = const(24)
# --- end of layout ---


@micropython.viper
def parse(fo, so) -> int:
    """Read the segment in frame fo whose place stands in the segment record so.

    Returns 0 when it is good; otherwise the index of the counter of what is wrong.  Options are
    walked once: MSS is kept, unknown kinds are skipped by their length (MUST-6), an impossible
    length makes the segment bad (MUST-7).
    """
    s = ptr32(so)
    t = s[_S_L4]
    n = s[_S_L4_LEN]
    if n < 20:
        return _ST_IN_ERRS
    p = ptr16(int(ptr8(fo)) + 26)
    i = p[0] + p[1] + p[2] + p[3] + 0x0600 + ((n & 0xFF) << 8) + (n >> 8)
    if int(checksum(fo, t, n, i)) != 0xFFFF:
        return _ST_IN_CSUM
    f = ptr8(int(ptr8(fo)) + t)
    end = (f[12] >> 4) << 2
    if end < 20 or end > n:
        return _ST_IN_ERRS
    p = ptr16(f)
    s[_S_PORTS] = p[0] | (p[1] << 16)
    s[_S_LPORT] = (f[2] << 8) | f[3]
    s[_S_SEQ] = (f[4] << 24) | (f[5] << 16) | (f[6] << 8) | f[7]
    s[_S_ACK] = (f[8] << 24) | (f[9] << 16) | (f[10] << 8) | f[11]
    s[_S_FLAGS] = f[13] & 0x3F
    s[_S_WND] = (f[14] << 8) | f[15]
    s[_S_DATA] = t + end
    s[_S_LEN] = n - end
    s[_S_MSS] = 0
    i = 20
    while i < end and f[i] != 0:
        n = 1
        if f[i] != 1:
            n = f[i + 1]
            if n < 2 or i + n > end:  # a length byte past the end is caught here too
                return _ST_IN_ERRS
            if f[i] == 2 and n == 4:
                s[_S_MSS] = (f[i + 2] << 8) | f[i + 3]
        i += n
    return 0


@micropython.viper
def build(fo, oo, ho) -> int:
    """Write the TCP header of the out record oo into frame fo at 34, before the text that stands
    behind it.

    Returns the length of the segment.  The text was put at 54; an MSS option is only ever sent
    without text (MUST-65: it belongs to SYN), so the two never meet.
    """
    f = ptr8(fo)
    o = ptr32(oo)
    h = ptr32(ho)
    p = ptr16(int(f) + 34)
    n = 20 + o[_O_LEN]
    a = o[_O_PORTS]
    p[0] = a >> 16
    p[1] = a
    a = o[_O_SEQ]
    f[38] = a >> 24
    f[39] = a >> 16
    f[40] = a >> 8
    f[41] = a
    a = o[_O_ACK]
    f[42] = a >> 24
    f[43] = a >> 16
    f[44] = a >> 8
    f[45] = a
    p[6] = 0x50 | (o[_O_FLAGS] << 8)
    a = o[_O_WND]
    p[7] = (a >> 8) | (a << 8)
    p[8] = 0
    p[9] = 0
    mss = o[_O_MSS]
    if mss:
        f[46] = 0x60
        p[10] = 0x0402
        p[11] = (mss >> 8) | (mss << 8)
        n += 4
    a = h[_H_IP]
    b = o[_O_DST]
    a = ((a >> 16) & 0xFFFF) + (a & 0xFFFF) + ((b >> 16) & 0xFFFF) + (b & 0xFFFF)
    p[8] = 0xFFFF ^ int(checksum(fo, 34, n, a + 0x0600 + ((n & 0xFF) << 8) + (n >> 8)))
    return n


@micropython.viper
def port(table: ptr32, i: int, shift: int) -> int:
    """The port in a ports word, word i: shift 16 for ours, 0 for theirs."""
    p = (table[i] >> shift) & 0xFFFF
    return ((p & 0xFF) << 8) | (p >> 8)


@micropython.viper
def find(table: ptr32, n: int, words: int, s: ptr32) -> int:
    """Index of the record, among n of so many words, whose pair is that of the segment record;
    or -1.

    Every table of pairs begins a record with the remote address and the ports, so this one loop
    serves connections, half-open records and TIME-WAIT alike.
    """
    a = s[_S_SRC]
    b = s[_S_PORTS]
    i = 0
    k = 0
    while i < n:
        if table[k + 1] == b and table[k] == a:
            return i
        k += words
        i += 1
    return -1


@micropython.viper
def relate(s: ptr32, rcv_nxt: ptr32, i: int, snd_una: ptr32, j: int):
    """Put SEG.SEQ - RCV.NXT and SEG.ACK - SND.UNA into the segment record as small numbers.

    RCV.NXT is word i of one record, SND.UNA word j of another.  Differences are modulo 2**32 and
    clamped to +-2**29, so that bytecode may compare them without a big integer.
    """
    a = s[_S_SEQ]
    b = rcv_nxt[i]
    k = 0
    while k < 2:
        d = a - b
        if (d >> 31) & 1:
            d = b - a
            if (d >> 29) & 7:
                d = 0x20000000
            d = 0 - (d & 0x3FFFFFFF)
        else:
            if (d >> 29) & 7:
                d = 0x20000000
            d = d & 0x3FFFFFFF
        if k == 0:
            s[_S_REL] = d
        else:
            s[_S_ACKED] = d
        a = s[_S_ACK]
        b = snd_una[j]
        k += 1


@micropython.viper
def reset_for(o: ptr32, s: ptr32):
    """Fill the out record with the reset that RFC 9293, 3.10.7.1 prescribes for the segment
    in s.
    """
    o[_O_DST] = s[_S_SRC]
    o[_O_PORTS] = s[_S_PORTS]
    o[_O_WND] = 0
    o[_O_MSS] = 0
    o[_O_LEN] = 0
    if s[_S_FLAGS] & 16:
        o[_O_SEQ] = s[_S_ACK]
        o[_O_ACK] = 0
        o[_O_FLAGS] = 4
    else:
        o[_O_SEQ] = 0
        o[_O_ACK] = s[_S_SEQ] + s[_S_LEN] + (s[_S_FLAGS] & 1) + ((s[_S_FLAGS] >> 1) & 1)
        o[_O_FLAGS] = 20
