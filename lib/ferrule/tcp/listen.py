"""The passive open: SYNs in half-open records of 28 bytes, connections in an accept queue.

A record becomes a connection when the final ACK comes, a connection of the pool is free and the
listener's queue has room.  Otherwise the ACK is dropped and counted; the SYN+ACK is sent again in
time, and the peer's next segment tries once more.  Nobody is reset for our lack of room.
"""

import micropython
from micropython import const

from ..core.rand import choose_isn
from ..core.tick import first_due, set_timer
from ..wire.ip4 import answer_to
from ..wire.tcp import port, relate, reset_for
from . import output, pcb
from .input import arrives as segment_arrives
from .input import sample

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_S_SRC = const(0)
_S_PORTS = const(1)
_S_SEQ = const(2)
_S_FLAGS = const(8)
_S_LEN = const(10)
_S_WND = const(11)
_S_MSS = const(12)
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
_R_IP = const(0)
_PORTS = const(1)
_SND_UNA = const(4)
_RCV_NXT = const(5)
_SND_WND = const(8)
_SND_WL1 = const(9)
_SND_WL2 = const(10)
_MAX_WND = const(11)
_SND_MSS = const(12)
_RTO = const(18)
_QUEUED = const(37)
_HO_R_IP = const(0)
_HO_PORTS = const(1)
_HO_ISS = const(2)
_HO_IRS = const(3)
_HO_AT = const(4)
_HO_WND_MSS = const(5)
_HO_RETRIES = const(6)
_HALF_WORDS = const(7)
_C_SYNACK_RETRIES = const(1)
_ST_RETRANS = const(26)
_ST_PASSIVE = const(28)
_ST_ATTEMPT_FAILS = const(29)
_ST_SYN_RETRANS = const(34)
_ST_REQ_FULL = const(35)
_ST_LISTEN_OVER = const(36)
_ST_CHALLENGE_ACK = const(40)
# --- end of layout ---

_FIN = const(1)
_SYN = const(2)
_RST = const(4)
_ACK = const(16)
_ESTABLISHED = const(4)
_RTO_FIRST = const(1000)
_RTO_MAX = const(60000)


class Listener:
    """A port on which connections are accepted: its socket, and how many may wait there."""

    def __init__(self, sock, port, backlog):
        self.sock = sock
        self.port = port
        self.backlog = backlog


@micropython.viper
def note(half: ptr32, n: int, s: ptr32, o: ptr32, mss: int) -> int:
    """Write the SYN in the segment record into a free half-open record, with the ISS from the
    out record.

    Returns its index, or -1 when the table is full.
    """
    k = 0
    i = 0
    while i < n and half[k + _HO_PORTS] != 0:
        k += _HALF_WORDS
        i += 1
    if i == n:
        return -1
    half[k + _HO_R_IP] = s[_S_SRC]
    half[k + _HO_PORTS] = s[_S_PORTS]
    half[k + _HO_ISS] = o[_O_SEQ]
    half[k + _HO_IRS] = s[_S_SEQ]
    half[k + _HO_WND_MSS] = (s[_S_WND] << 16) | mss
    half[k + _HO_RETRIES] = 0
    return i


@micropython.viper
def syn_ack(o: ptr32, half: ptr32, i: int, wnd: int, mss: int):
    """Fill the out record with the SYN+ACK of half-open record i; with mss 0, with a bare ACK
    behind it.
    """
    k = i * _HALF_WORDS
    o[_O_DST] = half[k + _HO_R_IP]
    o[_O_PORTS] = half[k + _HO_PORTS]
    o[_O_SEQ] = half[k + _HO_ISS]
    o[_O_ACK] = half[k + _HO_IRS] + 1
    o[_O_FLAGS] = _SYN | _ACK
    if mss == 0:
        o[_O_SEQ] = half[k + _HO_ISS] + 1
        o[_O_FLAGS] = _ACK
    o[_O_WND] = wnd if wnd < 65536 else 65535
    o[_O_MSS] = mss
    o[_O_LEN] = 0


@micropython.viper
def promote(r: ptr32, half: ptr32, i: int):
    """Half-open record i becomes connection r's numbers.  The record is free after."""
    k = i * _HALF_WORDS
    r[_R_IP] = half[k + _HO_R_IP]
    r[_PORTS] = half[k + _HO_PORTS]
    r[_SND_UNA] = half[k + _HO_ISS] + 1
    r[_RCV_NXT] = half[k + _HO_IRS] + 1
    r[_SND_WL1] = half[k + _HO_IRS]
    r[_SND_WL2] = half[k + _HO_ISS] + 1
    w = half[k + _HO_WND_MSS]
    r[_SND_MSS] = w & 0xFFFF
    r[_SND_WND] = (w >> 16) & 0xFFFF
    r[_MAX_WND] = (w >> 16) & 0xFFFF
    half[k + _HO_PORTS] = 0


def find(t, number):
    """The listener on a port, or None."""
    for x in t.listeners:
        if x is not None and x.port == number:
            return x
    return None


def queued(t, listener):
    """Connections in a listener's accept queue."""
    n = 0
    for p in t.pcbs:
        if p.listener is listener:
            n += 1
    return n


def oldest(t, listener):
    """The connection that accept() takes next, or None."""
    best = None
    for p in t.pcbs:
        if p.listener is listener and (best is None or p.r[_QUEUED] < best.r[_QUEUED]):
            best = p
    return best


def syn_arrives(t, listener):
    """3.10.7.2: a segment for a port somebody listens on, of a pair unknown so far.

    True when a half-open record stands for it now.
    """
    s = t.seg
    flags = s[_S_FLAGS]
    if flags & _RST:
        return False
    if flags & _ACK:
        reset_for(t.out, s)
        output.send_out(t)
        return False
    if not flags & _SYN:
        return False
    answer_to(t.out, s)
    choose_isn(t.h, t.out)
    return record(t)


def record(t):
    """Make a half-open record for the SYN in hand, with the ISS in the out record, and answer
    it.
    """
    i = note(t.half, t.half_n, t.seg, t.out, t.send_mss(t.seg[_S_MSS]))
    if i < 0:
        t.count[_ST_REQ_FULL] += 1
        return False
    t.count[_ST_PASSIVE] += 1
    set_timer(t.h, t.half, i * _HALF_WORDS + _HO_AT, _RTO_FIRST)
    answer(t, i)
    return True


def answer(t, i):
    syn_ack(t.out, t.half, i, t.rx_size, t.mss)
    output.send_out(t)


def drop(t, i):
    t.half[i * _HALF_WORDS + _HO_PORTS] = 0


def half_arrives(t, i):
    """3.10.7.4 in SYN-RECEIVED that came from LISTEN, for half-open record i."""
    s = t.seg
    b = i * _HALF_WORDS
    relate(s, t.half, b + _HO_IRS, t.half, b + _HO_ISS)
    rel = s[_S_REL] - 1  # RCV.NXT is IRS + 1
    flags = s[_S_FLAGS]
    if rel == -1 and flags & (_SYN | _ACK | _RST) == _SYN:
        answer(t, i)  # the same SYN again: so is the answer
        return
    size = s[_S_LEN] + (flags & _FIN) + (flags >> 1 & 1)
    if rel >= t.rx_size or rel < 0 and rel + size <= 0 or rel < 0 and size == 0:
        if not flags & _RST:
            syn_ack(t.out, t.half, i, t.rx_size, 0)
            output.send_out(t)
        return
    if flags & _RST:
        if rel == 0:
            drop(t, i)
            t.count[_ST_ATTEMPT_FAILS] += 1
        elif t.iface.allowed():
            t.count[_ST_CHALLENGE_ACK] += 1
            syn_ack(t.out, t.half, i, t.rx_size, 0)
            output.send_out(t)
        return
    if flags & _SYN:  # back to LISTEN; the peer's next SYN starts anew
        drop(t, i)
        return
    if not flags & _ACK:
        return
    if s[_S_ACKED] != 1:
        reset_for(t.out, s)
        output.send_out(t)
        return
    open_connection(t, i)


def open_connection(t, i):
    """The handshake of half-open record i is complete: make a connection of it, if there is
    room.
    """
    listener = find(t, port(t.half, i * _HALF_WORDS + _HO_PORTS, 16))
    p = t.take()
    if listener is None or p is None or queued(t, listener) >= listener.backlog:
        t.count[_ST_LISTEN_OVER] += 1
        return
    half = t.half
    b = i * _HALF_WORDS
    pcb.start(p, 0, t.cfg)
    r = p.r
    if half[b + _HO_RETRIES]:
        r[_RTO] = 3000  # RFC 6298 (5.7)
    else:
        sample(r, _RTO_FIRST - (half[b + _HO_AT] - t.h[_H_NOW] & 0x3FFFFFFF))
    promote(r, half, i)
    pcb.set_state(p, _ESTABLISHED)
    t.order += 1
    r[_QUEUED] = t.order
    p.listener = listener
    if listener.sock.callback is not None:
        listener.sock.wake()
    segment_arrives(t, p)


def timers(t):
    """Send SYN+ACKs again, and give up those nobody answers."""
    half = t.half
    i = first_due(t.h, half, t.half_n, _HALF_WORDS, _HO_PORTS, _HO_AT, 0)
    while i >= 0:
        b = i * _HALF_WORDS
        n = half[b + _HO_RETRIES] + 1
        if n > t.cfg[_C_SYNACK_RETRIES]:
            drop(t, i)
            t.count[_ST_ATTEMPT_FAILS] += 1
        else:
            half[b + _HO_RETRIES] = n
            ms = _RTO_FIRST << n
            set_timer(t.h, half, b + _HO_AT, ms if ms < _RTO_MAX else _RTO_MAX)
            t.count[_ST_SYN_RETRANS] += 1
            t.count[_ST_RETRANS] += 1
            answer(t, i)
        i = first_due(t.h, half, t.half_n, _HALF_WORDS, _HO_PORTS, _HO_AT, i + 1)


def forget(t, number):
    """Nobody listens on the port any more: its half-open records and its accept queue go."""
    for i in range(t.half_n):
        b = i * _HALF_WORDS + _HO_PORTS
        if port(t.half, b, 16) == number:
            drop(t, i)
