"""TCP segments (RFC 9293, 3.1): frame to segment record, out record to frame."""

import micropython
from micropython import const

from .arch import THUMB
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
_S_OPTS = const(16)
_S_TSVAL = const(17)
_S_TSECR = const(18)
_S_SACKS = const(19)
_S_UP = const(20)
_S_CE = const(21)
_S_TELL = const(22)
_S_TWICE = const(23)
_O_DST = const(0)
_O_PORTS = const(1)
_O_SEQ = const(2)
_O_ACK = const(3)
_O_FLAGS = const(4)
_O_WND = const(5)
_O_LEN = const(6)
_O_OPT_LEN = const(7)
_O_UP = const(8)
_O_ECT = const(9)
_ST_IN_ERRS = const(25)
_ST_IN_CSUM = const(26)
# --- end of layout ---

_URG = const(32)

# What a profile can leave out (tools/bundle/profile.py); bits of a connection's flags.
_SACK_OK = const(1 << 11)
_TS_OK = const(1 << 12)
_ECN_OK = const(1 << 13)


@micropython.viper
def parse(fo, so) -> int:
    """Read the segment in frame fo whose place stands in the segment record so.

    Returns 0 when it is good; otherwise the index of the counter of what is wrong.  Options are
    walked once: the five we know are noted, unknown kinds are skipped by their length (MUST-6), an
    impossible length makes the segment bad (MUST-7).  A window shift above 14 counts as 14 (RFC
    7323, 2.3).
    """
    s = ptr32(so)
    n = s[_S_L4_LEN]
    if n < 20:
        return _ST_IN_ERRS
    f = ptr8(fo)
    p = ptr16(f)
    end = p[13] + p[14] + p[15] + p[16] + 0x0600 + ((n & 0xFF) << 8) + (n >> 8)
    if int(checksum(fo, s[_S_L4], n, end)) != 0xFFFF:
        return _ST_IN_CSUM
    s[_S_CE] = 1 if _ECN_OK and f[15] & 3 == 3 else 0
    f = ptr8(int(f) + s[_S_L4])
    end = (f[12] >> 4) << 2
    if end < 20 or end > n:
        return _ST_IN_ERRS
    s[_S_DATA] = s[_S_L4] + end
    s[_S_LEN] = n - end
    p = ptr16(f)
    s[_S_PORTS] = p[0] | (p[1] << 16)
    s[_S_LPORT] = (f[2] << 8) | f[3]
    s[_S_SEQ] = (f[4] << 24) | (f[5] << 16) | (f[6] << 8) | f[7]
    s[_S_ACK] = (f[8] << 24) | (f[9] << 16) | (f[10] << 8) | f[11]
    s[_S_FLAGS] = f[13]
    s[_S_UP] = ((f[18] << 8) | f[19]) if f[13] & _URG else 0
    s[_S_WND] = (f[14] << 8) | f[15]
    n = 0
    s[_S_MSS] = n
    s[_S_OPTS] = n
    s[_S_SACKS] = n
    s[_S_TELL] = n
    s[_S_TWICE] = n
    f = ptr8(int(f) + 20)  # from here on the option in hand, with `end` bytes of options left
    end -= 20
    while end > 0 and f[0] != 0:
        n = 1
        k = f[0]
        if k != 1:
            n = f[1]
            if n < 2 or n > end:  # a length byte past the end is caught here too
                return _ST_IN_ERRS
            if _TS_OK and k == 8 and n == 10:
                s[_S_OPTS] = s[_S_OPTS] | 1
                s[_S_TSVAL] = (f[2] << 24) | (f[3] << 16) | (f[4] << 8) | f[5]
                s[_S_TSECR] = (f[6] << 24) | (f[7] << 16) | (f[8] << 8) | f[9]
            elif _SACK_OK and k == 5 and (n & 7) == 2 and n > 2:
                s[_S_SACKS] = ((s[_S_DATA] - end + 2) << 3) | (n >> 3)
            elif k == 2 and n == 4:
                s[_S_MSS] = (f[2] << 8) | f[3]
            elif _SACK_OK and k == 4 and n == 2:
                s[_S_OPTS] = s[_S_OPTS] | 2
            elif k == 3 and n == 3:
                s[_S_OPTS] = s[_S_OPTS] | 4 | ((f[2] if f[2] < 15 else 14) << 8)
        f = ptr8(int(f) + n)
        end -= n
    return 0


@micropython.viper
def build(fo, oo, ho) -> int:
    """Write the TCP header of the out record oo into frame fo at 34, before the options, which
    were put at 54, and the text behind them.  Returns the length of the segment.
    """
    o = ptr32(oo)
    p = ptr16(int(ptr8(fo)) + 34)
    k = 20 + o[_O_OPT_LEN]
    n = k + o[_O_LEN]
    p[6] = (k << 2) | (o[_O_FLAGS] << 8)
    a = o[_O_PORTS]
    p[0] = a >> 16
    p[1] = a
    a = o[_O_WND]
    p[7] = (a >> 8) | (a << 8)
    p[8] = 0
    a = o[_O_UP]
    p[9] = (a >> 8) | (a << 8)
    k = 0
    while k < 2:  # SEQ and ACK, most significant byte first
        a = o[_O_SEQ + k]
        k += 1
        p[2 * k] = ((a >> 24) & 0xFF) | ((a >> 8) & 0xFF00)
        p[2 * k + 1] = ((a >> 8) & 0xFF) | (a << 8)
    a = ptr32(ho)[_H_IP]
    k = (a & 0xFFFF) + ((a >> 16) & 0xFFFF)
    a = o[_O_DST]
    k += (a & 0xFFFF) + ((a >> 16) & 0xFFFF)
    p[8] = 0xFFFF ^ int(checksum(fo, 34, n, k + 0x0600 + ((n & 0xFF) << 8) + (n >> 8)))
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
def plain(o: ptr32, wnd: int):
    """The segment in the out record has no text, no options and no urgent data."""
    o[_O_WND] = wnd if wnd < 65536 else 65535
    o[_O_LEN] = 0
    o[_O_OPT_LEN] = 0
    o[_O_UP] = 0
    o[_O_ECT] = 0


@micropython.viper
def reset_for(oo, s: ptr32):
    """Fill the out record with the reset that RFC 9293, 3.10.7.1 prescribes for the segment
    in s.
    """
    plain(oo, 0)
    o = ptr32(oo)
    o[_O_DST] = s[_S_SRC]
    o[_O_PORTS] = s[_S_PORTS]
    if s[_S_FLAGS] & 16:
        o[_O_SEQ] = s[_S_ACK]
        o[_O_ACK] = 0
        o[_O_FLAGS] = 4
    else:
        o[_O_SEQ] = 0
        o[_O_ACK] = s[_S_SEQ] + s[_S_LEN] + (s[_S_FLAGS] & 1) + ((s[_S_FLAGS] >> 1) & 1)
        o[_O_FLAGS] = 20


if THUMB:
    from .thumb import build, find, parse  # noqa: F401, F811
