"""TIME-WAIT in records of 24 bytes, outside the table of connections (RFC 9293, 3.6.1 and
3.10.7.4).

When the table is full the oldest record makes room: a busy server never waits for its past.
"""

import micropython
from micropython import const

from ..core.tick import first_due, set_timer
from ..wire.options import stamp
from ..wire.tcp import find, plain
from . import segment
from .pcb import release, set_state

# --- layout: written by tools/layout.py ---
_S_SEQ = const(2)
_S_FLAGS = const(8)
_S_LEN = const(10)
_S_OPTS = const(16)
_S_TSVAL = const(17)
_O_DST = const(0)
_O_PORTS = const(1)
_O_SEQ = const(2)
_O_ACK = const(3)
_O_FLAGS = const(4)
_O_OPT_LEN = const(7)
_R_IP = const(0)
_PORTS = const(1)
_FLAGS = const(3)
_SND_UNA = const(4)
_RCV_NXT = const(5)
_RX_LEN = const(11)
_TS_RECENT = const(30)
_TW_R_IP = const(0)
_TW_PORTS = const(1)
_TW_SND_NXT = const(2)
_TW_RCV_NXT = const(3)
_TW_AT = const(4)
_TW_TS_RECENT = const(5)
_TW_WORDS = const(6)
_C_MSL = const(6)
_C_TIMESTAMPS = const(12)
_C_TW_BUCKETS = const(17)
_C_RFC1337 = const(23)
_ST_TW = const(43)
_ST_TW_REAPED = const(45)
_ST_PAWS = const(56)
# --- end of layout ---

_FIN = const(1)
_SYN = const(2)
_RST = const(4)
_ACK = const(16)
_TIME_WAIT = const(10)
_TS_OK = const(1 << 12)
_RCV_SCALE = const(26)


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
    tw[k + _TW_TS_RECENT] = 0
    if r[_FLAGS] & _TS_OK:
        tw[k + _TW_TS_RECENT] = r[_TS_RECENT] if r[_TS_RECENT] != 0 else 1
    return spare


@micropython.viper
def numbers(oo, tw: ptr32, k: int, wnd: int) -> bool:
    """Fill the out record with the ACK of the TIME-WAIT record at word k.  Whether timestamps were
    in use there.
    """
    plain(oo, wnd)
    o = ptr32(oo)
    o[_O_DST] = tw[k + _TW_R_IP]
    o[_O_PORTS] = tw[k + _TW_PORTS]
    o[_O_SEQ] = tw[k + _TW_SND_NXT]
    o[_O_ACK] = tw[k + _TW_RCV_NXT]
    o[_O_FLAGS] = _ACK
    return tw[k + _TW_TS_RECENT] != 0


def answer(t, i, wnd):
    """Send the ACK of TIME-WAIT record i."""
    if t.iface.ready():
        k = i * _TW_WORDS
        stamps = numbers(t.out, t.tw, k, wnd)
        if _TS_OK and stamps:
            t.out[_O_OPT_LEN] = stamp(t.iface.tx, 54, t.h, t.tw, k, k + _TW_TS_RECENT)
        segment.send_out(t)


@micropython.viper
def stamped(s: ptr32, tw: ptr32, i: int) -> int:
    """The segment's timestamp against that of record i: 1 newer, or the first; 0 the same, or
    neither has one; -1 older; -2 the segment has none.
    """
    k = i * _TW_WORDS
    if s[_S_OPTS] & 1 == 0:
        return 0 - 2 if tw[k + _TW_TS_RECENT] != 0 else 0
    if tw[k + _TW_TS_RECENT] == 0:
        return 1
    if s[_S_TSVAL] == tw[k + _TW_TS_RECENT]:
        return 0
    if ((s[_S_TSVAL] - tw[k + _TW_TS_RECENT]) >> 31) & 1:
        return 0 - 1
    return 1


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
    most = t.cfg[_C_TW_BUCKETS]
    i = note(t.tw, t.tw_n if most == 0 or most > t.tw_n else most, p.r)
    if i >= 256:
        i -= 256
        t.count[_ST_TW_REAPED] += 1
    t.count[_ST_TW] += 1
    hold(t, i)
    if say:
        answer(t, i, len(p.rx) - p.r[_RX_LEN] >> (p.r[_FLAGS] >> _RCV_SCALE))
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
    stamps = stamped(s, t.tw, i) if t.cfg[_C_TIMESTAMPS] else 0
    if flags & _RST:  # RFC 1337: a reset does not end TIME-WAIT early
        if where == 0 and not t.cfg[_C_RFC1337]:
            drop(t, i)
        return False
    if flags & _SYN and not flags & _ACK:
        # RFC 6191, 2: the timestamp decides; where it cannot, the sequence number
        if stamps == 1 or stamps != -1 and where >= 0:
            return True  # the caller drops the record once the SYN is taken
    elif stamps == -2:
        return False  # dropped in silence (RFC 7323, 3.2)
    elif stamps == -1:
        t.count[_ST_PAWS] += 1
    elif flags & _FIN:
        hold(t, i)  # its sender did not hear our ACK
    elif where == 0 and s[_S_LEN] == 0:
        return False  # an ACK of our ACK is no question
    answer(t, i, t.rx_size)
    return False


def look_up(t):
    """Index of the TIME-WAIT record of the pair in hand, or -1."""
    return find(t.tw, t.tw_n, _TW_WORDS, t.seg)


def timers(t):
    i = first_due(t.h, t.tw, t.tw_n, _TW_WORDS, _TW_PORTS, _TW_AT, 0)
    while i >= 0:
        drop(t, i)
        i = first_due(t.h, t.tw, t.tw_n, _TW_WORDS, _TW_PORTS, _TW_AT, i + 1)
