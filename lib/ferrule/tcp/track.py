"""Leaves that move the edges of a connection's windows: the only arithmetic on its absolute
numbers.
"""

import micropython
from micropython import const

from ..wire.arch import THUMB

# --- layout: written by tools/layout.py ---
_S_SEQ = const(2)
_S_WND = const(11)
_S_REL = const(14)
_S_TSVAL = const(17)
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
_R_IP = const(0)
_PORTS = const(1)
_STATE = const(2)
_FLAGS = const(3)
_SND_UNA = const(4)
_RCV_NXT = const(5)
_SND_NXT = const(6)
_SND_MAX = const(7)
_SND_WND = const(8)
_RCV_WND = const(9)
_RX_LEN = const(11)
_TX_RD = const(12)
_TX_LEN = const(13)
_T_DACK = const(19)
_TS_RECENT = const(30)
_Q_MAX_WND = const(1)
_Q_UNACKED = const(4)
_Q_RCV_FIN = const(5)
_Q_SND_WL1 = const(7)
_Q_SND_SML = const(8)
_Q_SND_UP = const(9)
_Q_KA_CNT = const(13)
_TCB_WORDS = const(32)
_TCQ_HALVES = const(16)
# --- end of layout ---

_SYN = const(2)
_RST = const(4)
_URG = const(32)
_ECE = const(64)
_CWR = const(128)

_ACK_NOW = const(1)
_SPEAK = const(256)
_ECN_OK = const(1 << 13)
_ECN_ECHO = const(1 << 14)
_ECN_CWR = const(1 << 15)
_URG_OUT = const(1 << 20)
_SND_SCALE = const(22)
_RCV_SCALE = const(26)


@micropython.viper
def segment_of(
    r: ptr32, q: ptr16, oo, off: int, flags: int, n: int, size: int, step: int, opts: int
):
    """Fill the out record with a segment of connection r, q: n bytes of text at SND.UNA + off,
    and `opts` bytes of options.

    The window is what is free in the receive ring of `size` bytes, moved only by a worthwhile
    `step`, the smaller of half the ring and one segment (RFC 9293, 3.8.6.2.2), and never back.
    The segment carries our ACK, so a delayed one is settled.
    """
    o = ptr32(oo)
    free = size - r[_RX_LEN]
    if free - r[_RCV_WND] >= step:
        r[_RCV_WND] = free
    w = r[_RCV_WND]
    f = r[_FLAGS]
    if flags & _SYN == 0:
        w = w >> ((f >> _RCV_SCALE) & 15)
    o[_O_DST] = r[_R_IP]
    o[_O_PORTS] = r[_PORTS]
    o[_O_SEQ] = r[_SND_UNA] + off
    o[_O_ACK] = r[_RCV_NXT]
    o[_O_WND] = w if w < 65536 else 65535
    o[_O_LEN] = n
    o[_O_OPT_LEN] = opts
    o[_O_UP] = 0
    o[_O_ECT] = 0
    if f & (_URG_OUT | _ECN_OK) != 0:
        if f & _URG_OUT and q[_Q_SND_UP] > off:
            o[_O_UP] = q[_Q_SND_UP] - off
            flags |= _URG
        if f & _ECN_OK and flags & (_SYN | _RST) == 0:
            if f & _ECN_ECHO:
                flags |= _ECE
            # never on what is sent again, nor beyond the window (RFC 3168, 6.1.5 and 6.1.6)
            if n != 0 and off >= r[_SND_MAX] and off + n <= r[_SND_WND]:
                o[_O_ECT] = 2
                if f & _ECN_CWR:
                    flags |= _CWR
                    f &= 0x3FFFFFFF ^ _ECN_CWR
    o[_O_FLAGS] = flags
    q[_Q_UNACKED] = 0
    r[_T_DACK] = 0 - 1
    r[_FLAGS] = f & (0x3FFFFFFF ^ _ACK_NOW)


@micropython.viper
def acknowledged(r: ptr32, q: ptr16, k: int, size: int):
    """k more numbers of ours are acknowledged: move SND.UNA and everything that counts from it,
    the blocks that the peer holds excepted (blocks.shift).

    The send ring of `size` bytes gives its bytes back; a FIN among the k has none.
    """
    n = k if k < r[_TX_LEN] else r[_TX_LEN]
    rd = r[_TX_RD] + n
    if rd >= size:
        rd -= size
    r[_TX_RD] = rd
    r[_TX_LEN] = r[_TX_LEN] - n
    r[_SND_UNA] = r[_SND_UNA] + k
    r[_SND_NXT] = r[_SND_NXT] - k if r[_SND_NXT] > k else 0
    r[_SND_MAX] = r[_SND_MAX] - k if r[_SND_MAX] > k else 0
    r[_SND_WND] = r[_SND_WND] - k if r[_SND_WND] > k else 0
    q[_Q_SND_SML] = q[_Q_SND_SML] - k if q[_Q_SND_SML] > k else 0
    if r[_FLAGS] & _URG_OUT:
        if q[_Q_SND_UP] > k:
            q[_Q_SND_UP] = q[_Q_SND_UP] - k
        else:
            r[_FLAGS] = r[_FLAGS] & (0x3FFFFFFF ^ _URG_OUT)


@micropython.viper
def received(r: ptr32, q: ptr16, k: int):
    """k more numbers of theirs are taken: move RCV.NXT; the right edge of the window stands."""
    r[_RCV_NXT] = r[_RCV_NXT] + k
    r[_RCV_WND] = r[_RCV_WND] - k if r[_RCV_WND] > k else 0
    q[_Q_RCV_FIN] = q[_Q_RCV_FIN] - k if q[_Q_RCV_FIN] > k else 0
    q[_Q_SND_WL1] = q[_Q_SND_WL1] - k if q[_Q_SND_WL1] > k else 0
    k += q[_Q_UNACKED]
    q[_Q_UNACKED] = k if k < 65536 else 65535


@micropython.viper
def take_window(r: ptr32, q: ptr16, s: ptr32):
    """SND.WND and SND.WL1 from this segment, whose ACK is SND.UNA, unless one that was sent later
    has told it already (RFC 9293, 3.10.7.4).  SND.WL2 never decides: the ACK of an acceptable
    segment is not below SND.UNA.
    """
    rel = s[_S_REL]
    if rel < q[_Q_SND_WL1]:
        return
    w = s[_S_WND]
    q[_Q_SND_WL1] = rel if rel < 65536 else 65535
    r[_SND_WND] = w << ((r[_FLAGS] >> _SND_SCALE) & 15)
    if w > q[_Q_MAX_WND]:
        q[_Q_MAX_WND] = w


@micropython.viper
def open_active(r: ptr32, o: ptr32):
    """The pair and the initial number that stand in the out record become connection r's."""
    r[_R_IP] = o[_O_DST]
    r[_PORTS] = o[_O_PORTS]
    r[_SND_UNA] = o[_O_SEQ]


@micropython.viper
def take_irs(r: ptr32, s: ptr32):
    """RCV.NXT = SEG.SEQ + 1: the peer's SYN is taken, and with it its timestamp."""
    r[_RCV_NXT] = s[_S_SEQ] + 1
    r[_TS_RECENT] = s[_S_TSVAL]


@micropython.viper
def older(r: ptr32, s: ptr32) -> bool:
    """PAWS: whether the segment's timestamp is older than TS.Recent (RFC 7323, 5.3, R1)."""
    return ((s[_S_TSVAL] - r[_TS_RECENT]) >> 31) & 1 != 0


@micropython.viper
def age(q: ptr16, n: int, by: int):
    """TS.Recent of all n connections is older by so much; 255 stands for all that is more."""
    q = ptr16(int(q) + 2 * _Q_KA_CNT)
    while n > 0:
        c = (q[0] >> 8) + by
        q[0] = (q[0] & 0xFF) | ((c if c < 255 else 255) << 8)
        q = ptr16(int(q) + 2 * _TCQ_HALVES)
        n -= 1


@micropython.viper
def take_stamp(r: ptr32, q: ptr16, s: ptr32):
    """TS.Recent from a segment that begins at or before the last ACK we sent (RFC 7323, 4.3 (2)).
    """
    if s[_S_REL] - s[_S_TWICE] <= 0 - int(q[_Q_UNACKED]):
        r[_TS_RECENT] = s[_S_TSVAL]
        q[_Q_KA_CNT] = q[_Q_KA_CNT] & 0xFF  # how old it is


@micropython.viper
def next_speaker(tcbs: ptr32, n: int, i: int) -> int:
    """Index of the first live connection from i on that owes an ACK or may have something to
    send; or -1.
    """
    k = i * _TCB_WORDS
    while i < n:
        if tcbs[k + _STATE] != 0 and tcbs[k + _FLAGS] & (_ACK_NOW | _SPEAK) != 0:
            return i
        k += _TCB_WORDS
        i += 1
    return -1


@micropython.viper
def in_flight(r: ptr32, s: ptr32) -> bool:
    """Whether SEQ of the segment record is outstanding on connection r: SND.UNA =< SEQ < SND.NXT
    (RFC 5927, 4.1).
    """
    d = s[_S_SEQ] - r[_SND_UNA]
    if (d >> 31) & 1:
        return False
    return (d & 0x3FFFFFFF) < r[_SND_MAX] and ((d >> 30) & 1) == 0


if THUMB:
    from .thumb import acknowledged, received  # noqa: F401, F811
