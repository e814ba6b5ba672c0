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
from ..wire.options import of_syn, stamp
from . import listen, output

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_H_ISN_CLOCK = const(2)
_H_IP = const(3)
_H_KEY0 = const(10)
_H_KEY1 = const(11)
_S_SRC = const(0)
_S_PORTS = const(1)
_S_SEQ = const(2)
_S_ACK = const(3)
_S_OPTS = const(16)
_S_TSVAL = const(17)
_S_TSECR = const(18)
_O_SEQ = const(2)
_O_FLAGS = const(4)
_O_OPT_LEN = const(7)
_HO_R_IP = const(0)
_HO_PORTS = const(1)
_HO_ISS = const(2)
_HO_IRS = const(3)
_HO_OPTS = const(5)
_HO_TS_RECENT = const(6)
_HOST_WORDS = const(18)
_HALF_WORDS = const(7)
_C_TIMESTAMPS = const(11)
_C_SYNCOOKIES = const(14)
_ST_COOKIES_SENT = const(55)
_ST_COOKIES_RECV = const(56)
_ST_COOKIES_FAILED = const(57)
# --- end of layout ---

_ECE = const(64)

_UNIT = const(16)  # ms are shifted so far; a cookie is good in its unit and the next
_SIZES = (216, 536, 768, 964, 1220, 1360, 1440, 1460)  # MSS that a cookie can remember

# OPTS of a half-open record, see tcp/listen.py
_MSS = const(0x3FFF)
_SHIFT = const(14)
_WITH_SCALE = const(1 << 18)
_WITH_SACK = const(1 << 19)
_WITH_TS = const(1 << 20)
_WITH_ECN = const(1 << 21)

_host = array.array("i", bytearray(4 * _HOST_WORDS))  # what is hashed, as choose_isn reads it


@micropython.viper
def mix(mine: ptr32, h: ptr32, s: ptr32, back: int, unit: int):
    """Put what a cookie depends on into a host record of our own: the keys with the time, our
    address with the peer's initial number (SEG.SEQ - back).
    """
    mine[_H_ISN_CLOCK] = 0
    mine[_H_KEY0] = h[_H_KEY0] ^ 0x2545F491 ^ unit
    mine[_H_KEY1] = h[_H_KEY1]
    mine[_H_IP] = h[_H_IP] ^ (s[_S_SEQ] - back)


@micropython.viper
def seal(o: ptr32, unit: int, index: int):
    """The hash in SEQ of the out record becomes a cookie."""
    o[_O_SEQ] = (o[_O_SEQ] & 0xFFFFFF) | (index << 24) | ((unit & 31) << 27)


@micropython.viper
def good(o: ptr32, s: ptr32, unit: int) -> int:
    """The MSS index of the cookie that SEG.ACK - 1 is, if its hash is the one in SEQ of the out
    record and its time is `unit`; -1.
    """
    c = s[_S_ACK] - 1
    if ((c >> 27) & 31) != unit & 31 or (c ^ o[_O_SEQ]) & 0xFFFFFF != 0:
        return 0 - 1
    return (c >> 24) & 7


@micropython.viper
def brand(f: ptr8, at: int, low: int):
    """Put `low` into the low six bits of the timestamp at f[at:]; it does not grow by that."""
    p = ptr8(int(f) + at)
    old = p[3] & 63
    v = (p[1] << 16) | (p[2] << 8) | (p[3] & 0xC0) | low
    if low > old:
        v -= 64
        if (v >> 31) & 1:
            p[0] = p[0] - 1
    p[1] = v >> 16
    p[2] = v >> 8
    p[3] = v


@micropython.viper
def branded(s: ptr32) -> int:
    return s[_S_TSECR] & 63


@micropython.viper
def remember(half: ptr32, k: int, s: ptr32, opts: int):
    """Write the half-open record that was never kept, at word k, from the ACK in hand."""
    half[k + _HO_R_IP] = s[_S_SRC]
    half[k + _HO_PORTS] = s[_S_PORTS]
    half[k + _HO_ISS] = s[_S_ACK] - 1
    half[k + _HO_IRS] = s[_S_SEQ] - 1
    half[k + _HO_OPTS] = opts
    half[k + _HO_TS_RECENT] = s[_S_TSVAL]


def bake(t):
    """Answer the SYN in hand with a cookie; no record stands for it."""
    iface = t.iface
    if not iface.ready():
        return
    s = t.seg
    opts = listen.agreed(t)
    index = 7
    while index and _SIZES[index] > opts & _MSS:
        index -= 1
    unit = t.h[_H_NOW] >> _UNIT
    answer_to(t.out, s)
    mix(_host, t.h, s, 0, unit)
    choose_isn(_host, t.out)
    seal(t.out, unit, index)
    k = t.half_n * _HALF_WORDS  # a spare record behind the table, to build the answer from
    listen.note_at(t.half, k, s, t.out, opts)
    tx = iface.tx
    if opts & _WITH_TS:
        shift = t.rcv_scale if opts & _WITH_SCALE else -1
        m = of_syn(tx, 54, t.mss, shift, opts & _WITH_SACK)
        m += stamp(tx, 54 + m, t.h, t.half, k, k + _HO_TS_RECENT)
        low = opts >> _SHIFT & 15 if opts & _WITH_SCALE else 15
        low |= (16 if opts & _WITH_SACK else 0) | (32 if opts & _WITH_ECN else 0)
        brand(tx, 54 + m - 8, low)
    else:
        m = of_syn(tx, 54, t.mss, -1, 0)
    listen.numbers(t.out, t.half, k, t.rx_size, 1)
    t.out[_O_OPT_LEN] = m
    if opts & _WITH_TS and opts & _WITH_ECN:
        t.out[_O_FLAGS] |= _ECE
    t.baked_at = t.h[_H_NOW]
    t.count[_ST_COOKIES_SENT] += 1
    output.send_out(t)


def taste(t):
    """The ACK in hand belongs to nobody: is it the answer to a cookie?  True: it has opened a
    connection, or would have, had there been room.
    """
    now = t.h[_H_NOW]
    mode = t.cfg[_C_SYNCOOKIES]
    if t.baked_at < 0 or mode < 2 and now - t.baked_at & 0x3FFFFFFF >= 2 << _UNIT:
        return False
    s = t.seg
    unit = now >> _UNIT
    index = -1
    for _ in range(2):
        answer_to(t.out, s)
        mix(_host, t.h, s, 1, unit)
        choose_isn(_host, t.out)
        index = good(t.out, s, unit)
        if index >= 0:
            break
        unit = unit - 1 & 0x3FFF
    if index < 0:
        t.count[_ST_COOKIES_FAILED] += 1
        return False
    opts = t.send_mss(_SIZES[index])
    if s[_S_OPTS] & 1 and t.cfg[_C_TIMESTAMPS]:
        low = branded(s)
        opts |= _WITH_TS
        if low & 15 != 15:
            opts |= _WITH_SCALE | (low & 15) << _SHIFT
        if low & 16:
            opts |= _WITH_SACK
        if low & 32:
            opts |= _WITH_ECN
    t.count[_ST_COOKIES_RECV] += 1
    remember(t.half, t.half_n * _HALF_WORDS, s, opts)
    listen.open_connection(t, t.half_n)
    return True
