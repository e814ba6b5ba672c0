"""TIME-WAIT in records of 20 bytes, outside the table of connections (RFC 9293, 3.6.1 and
3.10.7.4).

When the table is full the oldest record makes room: a busy server never waits for its past.
"""

import micropython
from micropython import const

from ..core.tick import first_due, set_timer
from ..wire.tcp import find
from . import output
from .pcb import release, set_state

# --- layout: written by tools/layout.py ---
_S_SEQ = const(2)
_S_FLAGS = const(8)
_S_LEN = const(10)
_O_DST = const(0)
_O_PORTS = const(1)
_O_SEQ = const(2)
_O_ACK = const(3)
_O_FLAGS = const(4)
_O_WND = const(5)
_O_MSS = const(6)
_O_LEN = const(7)
_R_IP = const(0)
_PORTS = const(1)
_SND_UNA = const(4)
_RCV_NXT = const(5)
_RX_LEN = const(15)
_TW_R_IP = const(0)
_TW_PORTS = const(1)
_TW_SND_NXT = const(2)
_TW_RCV_NXT = const(3)
_TW_AT = const(4)
_TW_WORDS = const(5)
_C_MSL = const(5)
_ST_TW = const(41)
_ST_TW_REAPED = const(43)
# --- end of layout ---

_FIN = const(1)
_SYN = const(2)
_RST = const(4)
_ACK = const(16)
_TIME_WAIT = const(10)


@micropython.viper
def note(tw: ptr32, n: int, r: ptr32) -> int:
    """Write connection r into a free record, or into the one that ends first.

    Returns the index of the record, plus 256 when a live one was given up.
    """
    i = 0
    k = 0
    spare = 0
    while i < n:
        if tw[k + _TW_PORTS] == 0:
            spare = i
            break
        b = spare * _TW_WORDS
        if ((tw[k + _TW_AT] - tw[b + _TW_AT]) & 0x3FFFFFFF) & 0x20000000:
            spare = i
        k += _TW_WORDS
        i += 1
    k = spare * _TW_WORDS
    if tw[k + _TW_PORTS] != 0:
        spare += 256
    tw[k + _TW_R_IP] = r[_R_IP]
    tw[k + _TW_PORTS] = r[_PORTS]
    tw[k + _TW_SND_NXT] = r[_SND_UNA]
    tw[k + _TW_RCV_NXT] = r[_RCV_NXT]
    return spare


@micropython.viper
def answer(o: ptr32, tw: ptr32, i: int, wnd: int):
    """Fill the out record with the ACK of TIME-WAIT record i."""
    k = i * _TW_WORDS
    o[_O_DST] = tw[k + _TW_R_IP]
    o[_O_PORTS] = tw[k + _TW_PORTS]
    o[_O_SEQ] = tw[k + _TW_SND_NXT]
    o[_O_ACK] = tw[k + _TW_RCV_NXT]
    o[_O_FLAGS] = _ACK
    o[_O_WND] = wnd
    o[_O_MSS] = 0
    o[_O_LEN] = 0


@micropython.viper
def compare(s: ptr32, tw: ptr32, i: int) -> int:
    """SEG.SEQ against RCV.NXT of record i: 1 beyond it, 0 equal, -1 before."""
    d = s[_S_SEQ] - tw[i * _TW_WORDS + _TW_RCV_NXT]
    if (d >> 31) & 1:
        return -1
    if s[_S_SEQ] == tw[i * _TW_WORDS + _TW_RCV_NXT]:
        return 0
    return 1


@micropython.viper
def raise_isn(o: ptr32, tw: ptr32, i: int):
    """The reopened pair starts above every number that its past used (MAY-2, RFC 1122
    4.2.2.13).
    """
    low = tw[i * _TW_WORDS + _TW_SND_NXT] + 0x10000
    if ((o[_O_SEQ] - low) >> 31) & 1:
        o[_O_SEQ] = low


def enter(t, p, say):
    """p is done: both FINs have been seen.  say: the peer's came just now, and its ACK is sent
    from here.
    """
    set_state(p, _TIME_WAIT)
    i = note(t.tw, t.tw_n, p.r)
    if i >= 256:
        i -= 256
        t.count[_ST_TW_REAPED] += 1
    t.count[_ST_TW] += 1
    hold(t, i)
    if say:
        answer(t.out, t.tw, i, len(p.rx) - p.r[_RX_LEN])
        output.send_out(t)
    release(p, 0)


def hold(t, i):
    """Two segment lifetimes from now."""
    set_timer(t.h, t.tw, i * _TW_WORDS + _TW_AT, t.cfg[_C_MSL] * 2000)


def drop(t, i):
    t.tw[i * _TW_WORDS + _TW_PORTS] = 0


def arrives(t, i):
    """Take the segment in hand for TIME-WAIT record i.  True: it is a SYN that opens the pair
    anew.
    """
    s = t.seg
    flags = s[_S_FLAGS]
    where = compare(s, t.tw, i)
    if flags & _RST:  # RFC 1337: a reset never ends TIME-WAIT early
        return False
    if flags & _SYN and not flags & _ACK and where >= 0:
        return True  # the caller drops the record once the SYN is taken
    if flags & _FIN:
        hold(t, i)  # its sender did not hear our ACK
    elif where == 0 and s[_S_LEN] == 0 and not flags & _SYN:
        return False  # an ACK of our ACK is no question
    answer(t.out, t.tw, i, t.rx_size)
    output.send_out(t)
    return False


def look_up(t):
    """Index of the TIME-WAIT record of the pair in hand, or -1."""
    return find(t.tw, t.tw_n, _TW_WORDS, t.seg)


def timers(t):
    i = first_due(t.h, t.tw, t.tw_n, _TW_WORDS, _TW_PORTS, _TW_AT, 0)
    while i >= 0:
        drop(t, i)
        i = first_due(t.h, t.tw, t.tw_n, _TW_WORDS, _TW_PORTS, _TW_AT, i + 1)
