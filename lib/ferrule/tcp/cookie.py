"""SYN cookies (RFC 4987, 3.6): with the half-open table full, what we would note goes to the peer
and comes back with its ACK.  Loaded while tcp_syncookies is not 0.

Our initial number is 24 bits of a keyed hash of the pair, the peer's number and the time, an index
of the MSS (3 bits) and the time again (5 bits, units of 65 s).  SACK, window scale and ECN travel
in the low six bits of our timestamp, where the peer sends timestamps; without them they are lost.
"""

import array

import micropython
from micropython import const

from ..core.rand import choose_isn
from ..wire.ip4 import answer_to
from ..wire.options import pair_offset
from . import listen

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_H_IP = const(3)
_H_KEY0 = const(10)
_H_KEY1 = const(11)
_H_TS_CLOCK = const(16)
_S_SRC = const(0)
_S_PORTS = const(1)
_S_SEQ = const(2)
_S_ACK = const(3)
_S_OPTS = const(16)
_S_TSVAL = const(17)
_S_TSECR = const(18)
_O_SEQ = const(2)
_HO_R_IP = const(0)
_HO_PORTS = const(1)
_HO_ISS = const(2)
_HO_IRS = const(3)
_HO_OPTS = const(5)
_HO_TS_RECENT = const(6)
_HALF_WORDS = const(7)
_C_TIMESTAMPS = const(12)
_C_SYNCOOKIES = const(15)
_ST_COOKIES_SENT = const(57)
_ST_COOKIES_RECV = const(58)
_ST_COOKIES_FAILED = const(59)
# --- end of layout ---

_UNIT = const(16)  # ms are shifted so far; a cookie is good in its unit and the next
_SIZES = (48, 216, 536, 768, 1220, 1360, 1440, 1460)  # MSS that a cookie can remember

# OPTS of a half-open record, see tcp/listen.py
_MSS = const(0x3FFF)
_SHIFT = const(14)
_WITH_SCALE = const(1 << 18)
_WITH_TS = const(1 << 20)

_host = array.array("i", bytearray(48))  # what is hashed: as much of it as choose_isn reads
_half = array.array("i", bytearray(4 * _HALF_WORDS))  # the half-open record that is not kept


@micropython.viper
def mix(mine: ptr32, h: ptr32, s: ptr32, back: int, unit: int):
    """Put what a cookie depends on into a host record of our own: the keys with the time, our
    address with the peer's initial number (SEG.SEQ - back).
    """
    mine[_H_KEY0] = h[_H_KEY0] ^ 0x2545F491 ^ unit
    mine[_H_KEY1] = h[_H_KEY1]
    mine[_H_IP] = h[_H_IP] ^ (s[_S_SEQ] - back)


@micropython.viper
def seal(o: ptr32, unit: int, index: int):
    """The hash in SEQ of the out record becomes a cookie."""
    o[_O_SEQ] = (o[_O_SEQ] & 0xFFFFFF) | (index << 24) | (unit << 27)


@micropython.viper
def good(o: ptr32, s: ptr32, unit: int) -> int:
    """The MSS index of the cookie that SEG.ACK - 1 is, if its hash is the one in SEQ of the out
    record and its time is `unit`; -1.
    """
    c = s[_S_ACK] - 1
    if ((c >> 27) ^ unit) & 31 or (c ^ o[_O_SEQ]) & 0xFFFFFF:
        return 0 - 1
    return (c >> 24) & 7


@micropython.viper
def turn(h: ptr32, ms: int) -> int:
    """Turn the clock of the timestamps by so much.  Its low six bits."""
    h[_H_TS_CLOCK] = h[_H_TS_CLOCK] + ms
    return h[_H_TS_CLOCK] & 63


@micropython.viper
def remember(half: ptr32, s: ptr32, opts: int):
    """Write the half-open record that was never kept from the ACK in hand."""
    half[_HO_R_IP] = s[_S_SRC]
    half[_HO_PORTS] = s[_S_PORTS]
    half[_HO_ISS] = s[_S_ACK] - 1
    half[_HO_IRS] = s[_S_SEQ] - 1
    half[_HO_OPTS] = opts
    half[_HO_TS_RECENT] = s[_S_TSVAL]


@micropython.viper
def branded(s: ptr32) -> int:
    return s[_S_TSECR] & 63


def bake(t):
    """Answer the SYN in hand, whose pair stands in the out record, with a cookie."""
    h = t.h
    opts = listen.agreed(t)
    index = 7
    while _SIZES[index] > opts & _MSS:
        index -= 1
    t.baked_at = h[_H_NOW]
    unit = h[_H_NOW] >> _UNIT
    mix(_host, h, t.seg, 0, unit)
    choose_isn(_host, t.out)
    seal(t.out, unit, index)
    low = 0
    if opts & _WITH_TS:
        # what is to come back goes into the low bits of TSval, for which the clock is put back
        low = (opts >> _SHIFT if opts & _WITH_SCALE else 15) & 15
        low |= opts >> 15 & 0x10 | opts >> 16 & 0x20  # SACK, ECN
    else:
        opts &= _MSS
    listen.note_at(_half, 0, t.seg, t.out, opts)
    low = turn(h, 0) + pair_offset(h, _half, 0, 0) - low & 63
    turn(h, -low)
    listen.answer(t, _half, 0, 1)
    turn(h, low)
    t.count[_ST_COOKIES_SENT] += 1


def taste(t):
    """The ACK in hand belongs to nobody: is it the answer to a cookie?  True: it has opened a
    connection, or would have, had there been room.
    """
    now = t.h[_H_NOW]
    if t.baked_at < 0 or t.cfg[_C_SYNCOOKIES] < 2 and now - t.baked_at & 0x3FFFFFFF >= 2 << _UNIT:
        return False
    s = t.seg
    unit = now >> _UNIT
    answer_to(t.out, s)
    for _ in range(2):
        mix(_host, t.h, s, 1, unit)
        choose_isn(_host, t.out)
        index = good(t.out, s, unit)
        if index >= 0:
            break
        unit = unit - 1 & 0x3FFF
    else:
        t.count[_ST_COOKIES_FAILED] += 1
        return False
    opts = t.send_mss(_SIZES[index])
    if s[_S_OPTS] & 1 and t.cfg[_C_TIMESTAMPS]:
        low = branded(s)
        opts |= _WITH_TS | (low & 0x10) << 15 | (low & 0x20) << 16  # SACK, ECN
        if low & 15 != 15:
            opts |= _WITH_SCALE | (low & 15) << _SHIFT
    t.count[_ST_COOKIES_RECV] += 1
    remember(_half, s, opts)
    listen.open_connection(t, _half, 0)
    return True
