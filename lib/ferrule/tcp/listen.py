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
from ..wire.options import echoed, of_syn, stamp
from ..wire.tcp import plain, port, relate
from . import pcb, segment
from .ack import opened
from .input import arrives as segment_arrives
from .rtt import sample

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_S_SRC = const(0)
_S_PORTS = const(1)
_S_SEQ = const(2)
_S_FLAGS = const(8)
_S_LEN = const(10)
_S_MSS = const(12)
_S_REL = const(14)
_S_ACKED = const(15)
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
_TS_RECENT = const(30)
_USER_TIMEOUT = const(31)
_Q_SND_MSS = const(0)
_Q_RTO = const(2)
_HO_R_IP = const(0)
_HO_PORTS = const(1)
_HO_ISS = const(2)
_HO_IRS = const(3)
_HO_AT = const(4)
_HO_OPTS = const(5)
_HO_TS_RECENT = const(6)
_HALF_WORDS = const(7)
_C_SYNACK_RETRIES = const(1)
_C_SACK = const(11)
_C_TIMESTAMPS = const(12)
_C_SCALING = const(13)
_C_ECN = const(14)
_C_SYNCOOKIES = const(15)
_C_BACKLOG = const(16)
_C_ABORT_OVERFLOW = const(18)
_ST_RETRANS = const(28)
_ST_PASSIVE = const(30)
_ST_ATTEMPT_FAILS = const(31)
_ST_SYN_RETRANS = const(36)
_ST_REQ_FULL = const(37)
_ST_LISTEN_OVER = const(38)
_ST_CHALLENGE_ACK = const(42)
_ST_PAWS = const(56)
# --- end of layout ---

_FIN = const(1)
_SYN = const(2)
_RST = const(4)
_ACK = const(16)
_ECE = const(64)
_ECE_CWR = const(192)

_SYN_LOST = const(128)
_SND_SCALE = const(22)
_RCV_SCALE = const(26)

# OPTS of a half-open record
_MSS = const(0x3FFF)
_SHIFT = const(14)  # 4 bits
_WITH_SCALE = const(1 << 18)
_WITH_SACK = const(1 << 19)  # these three in the order of a connection's flags
_WITH_TS = const(1 << 20)
_WITH_ECN = const(1 << 21)
_RETRIED = const(22)

_RTO_FIRST = const(1000)
_RTO_MAX = const(60000)


class Listener:
    """A port on which connections are accepted: its socket, and how many may wait there."""

    def __init__(self, sock, port, backlog):
        self.sock = sock
        self.port = port
        self.backlog = backlog


@micropython.viper
def spare(half: ptr32, n: int) -> int:
    """Index of a free record, -1: the table is full."""
    i = 0
    while i < n:
        if half[i * _HALF_WORDS + _HO_PORTS] == 0:
            return i
        i += 1
    return -1


@micropython.viper
def note_at(half: ptr32, k: int, s: ptr32, o: ptr32, opts: int):
    """Write the SYN in the segment record into the half-open record at word k, with the ISS from
    the out record.
    """
    half[k + _HO_R_IP] = s[_S_SRC]
    half[k + _HO_PORTS] = s[_S_PORTS]
    half[k + _HO_ISS] = o[_O_SEQ]
    half[k + _HO_IRS] = s[_S_SEQ]
    half[k + _HO_OPTS] = opts
    half[k + _HO_TS_RECENT] = s[_S_TSVAL]


@micropython.viper
def numbers(oo, half: ptr32, k: int, wnd: int, syn: int):
    """Fill the out record with the SYN+ACK of the half-open record at word k; with syn 0, with a
    bare ACK behind it.
    """
    plain(oo, wnd)
    o = ptr32(oo)
    o[_O_DST] = half[k + _HO_R_IP]
    o[_O_PORTS] = half[k + _HO_PORTS]
    o[_O_SEQ] = half[k + _HO_ISS] + 1 - syn
    o[_O_ACK] = half[k + _HO_IRS] + 1
    o[_O_FLAGS] = _SYN | _ACK if syn else _ACK


@micropython.viper
def promote(r: ptr32, half: ptr32, k: int):
    """The half-open record at word k becomes connection r's numbers.  The record is free after."""
    r[_R_IP] = half[k + _HO_R_IP]
    r[_PORTS] = half[k + _HO_PORTS]
    r[_SND_UNA] = half[k + _HO_ISS] + 1
    r[_RCV_NXT] = half[k + _HO_IRS] + 1
    r[_TS_RECENT] = half[k + _HO_TS_RECENT]
    half[k + _HO_PORTS] = 0


@micropython.viper
def old_stamp(half: ptr32, k: int, s: ptr32) -> bool:
    """PAWS for the half-open record at word k."""
    return ((s[_S_TSVAL] - half[k + _HO_TS_RECENT]) >> 31) & 1 != 0


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
        if p.listener is listener and (
            best is None or p.r[_USER_TIMEOUT] < best.r[_USER_TIMEOUT]
        ):
            best = p
    return best


def take(t, listener):
    """The connection that has waited longest leaves the queue; None: nobody waits."""
    p = oldest(t, listener)
    if p is not None:
        p.listener = None
        p.r[_USER_TIMEOUT] = 0
    return p


def syn_arrives(t, listener):
    """3.10.7.2: a segment for a port somebody listens on, of a pair unknown so far.

    True when a half-open record stands for it now.
    """
    s = t.seg
    flags = s[_S_FLAGS]
    if flags & _RST:
        return False
    if flags & _ACK:
        if t.cookie is None or flags & _SYN or not t.cookie.taste(t):
            segment.refuse(t)
        return False
    if not flags & _SYN:
        return False
    answer_to(t.out, s)
    choose_isn(t.h, t.out)
    return record(t, t.cfg[_C_SYNCOOKIES])


def agreed(t):
    """OPTS of a half-open record for the SYN in hand: what the peer offered and we take."""
    s = t.seg
    cfg = t.cfg
    opts = s[_S_OPTS]
    out = t.send_mss(s[_S_MSS])
    if opts & 4 and cfg[_C_SCALING]:
        out |= (opts >> 8) << _SHIFT | _WITH_SCALE
    if opts & 2 and cfg[_C_SACK]:
        out |= _WITH_SACK
    if opts & 1 and cfg[_C_TIMESTAMPS]:
        out |= _WITH_TS
    if s[_S_FLAGS] & _ECE_CWR == _ECE_CWR and cfg[_C_ECN]:
        out |= _WITH_ECN
    return out


def record(t, cookies):
    """Make a half-open record for the SYN in hand, with the pair and the ISS in the out record,
    and answer it.  True when that is done; a SYN cookie, sent instead if allowed, leaves no
    record.
    """
    most = t.cfg[_C_BACKLOG]
    n = t.half_n if most == 0 or most > t.half_n else most
    i = spare(t.half, n) if cookies < 2 else -1
    if i < 0:
        if cookies:
            t.cookie.bake(t)
        else:
            t.count[_ST_REQ_FULL] += 1
        return False
    i *= _HALF_WORDS
    note_at(t.half, i, t.seg, t.out, agreed(t))
    t.count[_ST_PASSIVE] += 1
    set_timer(t.h, t.half, i + _HO_AT, _RTO_FIRST)
    answer(t, t.half, i, 1)
    return True


def answer(t, half, k, syn):
    """Send the SYN+ACK of the half-open record at word k; with syn 0, a bare ACK behind it."""
    iface = t.iface
    if not iface.ready():
        return
    opts = half[k + _HO_OPTS]
    wnd = t.rx_size
    m = 0
    if syn:
        m = of_syn(
            iface.tx,
            54,
            t.mss,
            t.rcv_scale if opts & _WITH_SCALE else -1,
            opts & _WITH_SACK,
        )
    elif opts & _WITH_SCALE:
        wnd >>= t.rcv_scale
    if opts & _WITH_TS:
        m += stamp(iface.tx, 54 + m, t.h, half, k, k + _HO_TS_RECENT)
    if syn and t.uto is not None:
        m += t.uto.write(iface.tx, 54 + m, None)
    numbers(t.out, half, k, wnd, syn)
    t.out[_O_OPT_LEN] = m
    if syn and opts & _WITH_ECN:
        t.out[_O_FLAGS] |= _ECE
    segment.send_out(t)


def drop(t, i):
    t.half[i * _HALF_WORDS + _HO_PORTS] = 0


def half_arrives(t, i):
    """3.10.7.4 in SYN-RECEIVED that came from LISTEN, for half-open record i."""
    s = t.seg
    half = t.half
    b = i * _HALF_WORDS
    relate(s, half, b + _HO_IRS, half, b + _HO_ISS)
    rel = s[_S_REL] - 1  # RCV.NXT is IRS + 1
    flags = s[_S_FLAGS]
    if rel == -1 and flags & (_SYN | _ACK | _RST) == _SYN:
        # the same SYN again; a peer that gave up ECN or options may have left them out (RFC
        # 3168, 6.1.1.1)
        numbers(t.out, half, b, 0, 1)
        note_at(half, b, s, t.out, agreed(t) | half[b + _HO_OPTS] >> _RETRIED << _RETRIED)
        answer(t, half, b, 1)
        return
    if half[b + _HO_OPTS] & _WITH_TS and not flags & _RST:
        if not s[_S_OPTS] & 1:
            return
        if old_stamp(half, b, s):
            t.count[_ST_PAWS] += 1
            answer(t, half, b, 0)
            return
    size = s[_S_LEN] + (flags & _FIN) + (flags >> 1 & 1)
    if rel >= t.rx_size or rel < 0 and rel + size <= 0 or rel < 0 and size == 0:
        if not flags & _RST:
            answer(t, half, b, 0)
        return
    if flags & _RST:
        if rel == 0:
            drop(t, i)
            t.count[_ST_ATTEMPT_FAILS] += 1
        elif t.iface.allowed():
            t.count[_ST_CHALLENGE_ACK] += 1
            answer(t, half, b, 0)
        return
    if flags & _SYN:  # back to LISTEN; the peer's next SYN starts anew
        drop(t, i)
        return
    if not flags & _ACK:
        return
    if s[_S_ACKED] != 1:
        segment.refuse(t)
        return
    open_connection(t, half, b)


def open_connection(t, half, b):
    """The handshake of the half-open record at word b is complete: make a connection of it, if
    there is room.
    """
    listener = find(t, port(half, b + _HO_PORTS, 16))
    p = t.take()
    if listener is None or p is None or queued(t, listener) >= listener.backlog:
        t.count[_ST_LISTEN_OVER] += 1
        if t.cfg[_C_ABORT_OVERFLOW]:
            half[b + _HO_PORTS] = 0
            segment.refuse(t)
        return
    pcb.start(p, t)
    r = p.r
    q = p.q
    opts = half[b + _HO_OPTS]
    r[_FLAGS] = (opts >> 19 & 7) << 11
    if opts & _WITH_SCALE:
        r[_FLAGS] |= (opts >> _SHIFT & 15) << _SND_SCALE | t.rcv_scale << _RCV_SCALE
    q[_Q_SND_MSS] = (opts & _MSS) - (12 if opts & _WITH_TS else 0)
    promote(r, half, b)
    ms = -1
    if half is t.half:  # a cookie knows no time
        if opts & _WITH_TS:
            ms = echoed(t.h, r, 0, t.seg)
        elif not opts >> _RETRIED:
            ms = _RTO_FIRST - (half[b + _HO_AT] - t.h[_H_NOW] & 0x3FFFFFFF)
    if ms >= 0:
        sample(r, q, ms)
    if opts >> _RETRIED:
        if ms < 0:
            q[_Q_RTO] = 3000  # RFC 6298 (5.7)
        r[_FLAGS] |= _SYN_LOST
    opened(t, p)
    t.order += 1
    r[_USER_TIMEOUT] = t.order
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
        n = (half[b + _HO_OPTS] >> _RETRIED) + 1
        if n > t.cfg[_C_SYNACK_RETRIES]:
            drop(t, i)
            t.count[_ST_ATTEMPT_FAILS] += 1
        else:
            half[b + _HO_OPTS] += 1 << _RETRIED
            ms = _RTO_FIRST << n if n < 6 else _RTO_MAX
            set_timer(t.h, half, b + _HO_AT, ms)
            t.count[_ST_SYN_RETRANS] += 1
            t.count[_ST_RETRANS] += 1
            answer(t, half, b, 1)
        i = first_due(t.h, half, t.half_n, _HALF_WORDS, _HO_PORTS, _HO_AT, i + 1)


def forget(t, number):
    """Nobody listens on the port any more: its half-open records and its accept queue go."""
    for i in range(t.half_n):
        b = i * _HALF_WORDS + _HO_PORTS
        if port(t.half, b, 16) == number:
            drop(t, i)
