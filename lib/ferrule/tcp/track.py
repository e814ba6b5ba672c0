"""Leaves that move the edges of a connection's windows: the only arithmetic on its absolute
numbers.
"""

import micropython
from micropython import const

# --- layout: written by tools/layout.py ---
_S_SEQ = const(2)
_S_ACK = const(3)
_S_WND = const(11)
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
_STATE = const(2)
_FLAGS = const(3)
_SND_UNA = const(4)
_RCV_NXT = const(5)
_SND_NXT = const(6)
_SND_MAX = const(7)
_SND_WND = const(8)
_SND_WL1 = const(9)
_SND_WL2 = const(10)
_MAX_WND = const(11)
_RCV_WND = const(13)
_RX_LEN = const(15)
_TX_RD = const(16)
_TX_LEN = const(17)
_T_DACK = const(24)
_UNACKED = const(27)
_RCV_FIN = const(28)
_HOLES = const(31)
_BLOCK0 = const(32)
_TCB_WORDS = const(38)
# --- end of layout ---

_ACK_NOW = const(1)
_SPEAK = const(256)


@micropython.viper
def segment_of(r: ptr32, o: ptr32, off: int, flags: int, n: int, size: int, mss: int):
    """Fill the out record with a segment of connection r: n bytes of text at SND.UNA + off.

    The window is what is free in the receive ring of `size` bytes, moved only by a worthwhile
    step, the smaller of half the ring and one segment of mss bytes (RFC 9293, 3.8.6.2.2), and
    never back.  The segment carries our ACK, so a delayed one is settled.
    """
    free = size - r[_RX_LEN]
    if free - r[_RCV_WND] >= (mss if mss < (size >> 1) else size >> 1):
        r[_RCV_WND] = free
    w = r[_RCV_WND]
    o[_O_DST] = r[_R_IP]
    o[_O_PORTS] = r[_PORTS]
    o[_O_SEQ] = r[_SND_UNA] + off
    o[_O_ACK] = r[_RCV_NXT]
    o[_O_FLAGS] = flags
    o[_O_WND] = w if w < 65536 else 65535
    o[_O_MSS] = 0
    o[_O_LEN] = n
    r[_UNACKED] = 0
    r[_T_DACK] = 0 - 1
    r[_FLAGS] = r[_FLAGS] & (0x3FFFFFFF ^ _ACK_NOW)


@micropython.viper
def acknowledged(r: ptr32, k: int, size: int):
    """k more numbers of ours are acknowledged: move SND.UNA and everything that counts from it.

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


@micropython.viper
def received(r: ptr32, k: int):
    """k more numbers of theirs are taken: move RCV.NXT; the right edge of the window stands."""
    r[_RCV_NXT] = r[_RCV_NXT] + k
    r[_RCV_WND] = r[_RCV_WND] - k if r[_RCV_WND] > k else 0
    r[_RCV_FIN] = r[_RCV_FIN] - k if r[_RCV_FIN] > k else 0


@micropython.viper
def newer(r: ptr32, s: ptr32) -> bool:
    """Whether SND.WND may be taken from this segment (RFC 9293, 3.10.7.4): it is no older
    than the last used.
    """
    if s[_S_SEQ] == r[_SND_WL1]:
        return (((s[_S_ACK] - r[_SND_WL2]) >> 31) & 1) == 0
    return (((s[_S_SEQ] - r[_SND_WL1]) >> 31) & 1) == 0


@micropython.viper
def take_window(r: ptr32, s: ptr32, wnd: int):
    """SND.WND, SND.WL1 and SND.WL2 from this segment; wnd counts from SND.UNA."""
    r[_SND_WND] = wnd
    r[_SND_WL1] = s[_S_SEQ]
    r[_SND_WL2] = s[_S_ACK]
    if s[_S_WND] > r[_MAX_WND]:
        r[_MAX_WND] = s[_S_WND]


@micropython.viper
def open_active(r: ptr32, o: ptr32):
    """The pair and the initial number that stand in the out record become connection r's."""
    r[_R_IP] = o[_O_DST]
    r[_PORTS] = o[_O_PORTS]
    r[_SND_UNA] = o[_O_SEQ]
    r[_RCV_NXT] = 0


@micropython.viper
def take_irs(r: ptr32, s: ptr32):
    """RCV.NXT = SEG.SEQ + 1: the peer's SYN is taken, and with it its first window."""
    r[_RCV_NXT] = s[_S_SEQ] + 1
    r[_SND_WL1] = s[_S_SEQ]
    r[_SND_WL2] = s[_S_ACK]
    r[_SND_WND] = s[_S_WND]
    r[_MAX_WND] = s[_S_WND]


@micropython.viper
def keep_block(r: ptr32, start: int, n: int) -> bool:
    """Note that n bytes from RCV.NXT + start on stand in the receive ring.  False: the list has no
    place.

    Blocks are kept apart and in order, at most four, within 65535 bytes of RCV.NXT; one that
    touches others is merged with them.
    """
    end = start + n
    if end > 65535:
        return False
    b = ptr32(int(r) + 4 * _BLOCK0)
    count = r[_HOLES]
    i = 0
    while i < count and (b[i] & 0xFFFF) + ((b[i] >> 16) & 0xFFFF) < start:
        i += 1
    j = i  # blocks i..j-1 touch the new one
    while j < count and (b[j] & 0xFFFF) <= end:
        s = b[j] & 0xFFFF
        e = s + ((b[j] >> 16) & 0xFFFF)
        if s < start:
            start = s
        if e > end:
            end = e
        j += 1
    if j == i:
        if count == 4:
            return False
        k = count
        while k > i:
            b[k] = b[k - 1]
            k -= 1
        count += 1
    elif j > i + 1:
        k = j
        while k < count:
            b[i + 1 + k - j] = b[k]
            k += 1
        count -= j - i - 1
    b[i] = start | ((end - start) << 16)
    r[_HOLES] = count
    return True


@micropython.viper
def close_gap(r: ptr32, k: int) -> int:
    """RCV.NXT moves by k: shift the blocks kept, and return how many bytes beyond k are whole
    by that.
    """
    b = ptr32(int(r) + 4 * _BLOCK0)
    count = r[_HOLES]
    extra = 0
    kept = 0
    i = 0
    while i < count:
        s = b[i] & 0xFFFF
        e = s + ((b[i] >> 16) & 0xFFFF)
        if s <= k + extra:
            if e > k + extra:
                extra = e - k
        else:
            b[kept] = b[i]
            kept += 1
        i += 1
    i = 0
    while i < kept:
        b[i] = b[i] - (k + extra)
        i += 1
    r[_HOLES] = kept
    return extra


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
    """Whether SEQ of the segment record is outstanding on connection r (RFC 5927, 4.1)."""
    d = s[_S_SEQ] - r[_SND_UNA]
    if (d >> 31) & 1:
        return False
    return (d & 0x3FFFFFFF) <= r[_SND_MAX] and ((d >> 30) & 1) == 0
