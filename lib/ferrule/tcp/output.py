"""What a connection may send now, and what it sends at each occasion (RFC 9293, 3.8.6.2.1 and
3.10).  How a segment is made: segment.py.
"""

import micropython
from micropython import const

from ..core.tick import set_timer
from ..wire.arch import THUMB
from .blocks import any_block, past
from .segment import emit, syn

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_S_TELL = const(22)
_STATE = const(2)
_FLAGS = const(3)
_SND_NXT = const(6)
_SND_MAX = const(7)
_SND_WND = const(8)
_TX_LEN = const(13)
_SRTT = const(14)
_RTTVAR = const(15)
_RTT_AT = const(16)
_MARK = const(17)
_T_REXMT = const(18)
_SACK0 = const(24)
_CWND = const(27)
_Q_SND_MSS = const(0)
_Q_MAX_WND = const(1)
_Q_RTO = const(2)
_Q_RETRIES = const(3)
_Q_DUPACKS = const(6)
_Q_SND_SML = const(8)
_C_ECN = const(14)
_C_EARLY_RETRANS = const(20)
_C_INITCWND = const(21)
_ST_RETRANS = const(28)
_ST_SYN_RETRANS = const(36)
_ST_PROBES = const(46)
_ST_FAST_RETRANS = const(48)
_ST_SLOW_RETRANS = const(49)
# --- end of layout ---

_FIN = const(1)
_SYN = const(2)
_PSH = const(8)
_ACK = const(16)
_ECE_CWR = const(192)

_ACK_NOW = const(1)
_FIN_QUEUED = const(2)
_PERSIST = const(8)
_NODELAY = const(16)
_SYN_LOST = const(128)
_SPEAK = const(256)
_SYN_OUT = const(512)
_HOLES = const(1 << 10)
_SACK_OK = const(1 << 11)
_TS_OK = const(1 << 12)
_RECOVERY = const(1 << 16)
_LOSS = const(1 << 17)
_TLP = const(1 << 18)
_PTO = const(1 << 19)
_SND_SCALE = const(22)
_MARKED = const(1 << 16 | 1 << 17 | 1 << 18 | 1 << 7)

_SYN_SENT = const(2)
_SYN_RECEIVED = const(3)

_DELACK_WORST = const(200)  # ms a peer may take over a lone segment (RFC 8985, 7.2)
_PTO_LEAST = const(10)
_OVERRIDE = const(200)  # ms that half a window or a segment is waited for: 100 to 1000


def transmit(t, p, nxt, n):
    """Send n bytes at SND.NXT, with PSH and FIN where they belong."""
    r = p.r
    flags = _ACK
    end = nxt + n
    if end == r[_TX_LEN]:
        flags = _ACK | _PSH if n else _ACK
        if r[_FLAGS] & _FIN_QUEUED and (end < r[_SND_WND] or n == 0):
            flags |= _FIN
            end += 1
    if nxt < r[_SND_MAX]:
        t.count[_ST_RETRANS] += 1  # tahoe starts slowly after a fast retransmit, too
        t.count[_ST_FAST_RETRANS if p.q[_Q_DUPACKS] else _ST_SLOW_RETRANS] += 1
    elif n < p.q[_Q_SND_MSS] and 0 < n and end < 65536:
        p.q[_Q_SND_SML] = end
    emit(t, p, nxt, flags, n)
    sent(t, p, nxt, end)


@micropython.viper
def sendable(r: ptr32, q: ptr16, nxt: int, size: int) -> int:
    """How many bytes may go out at SND.NXT: 0 for a lone FIN, -1 for nothing.

    RFC 9293, 3.8.6.2.1: a full segment; or all there is, when Nagle is off, a FIN ends it or no
    small segment is outstanding (Minshall); or half of the largest window the peer ever offered.
    What was sent before may always be sent again.  The first two duplicate ACKs let one segment
    each go beyond the congestion window (RFC 3042).
    """
    flags = r[_FLAGS]
    mss = int(q[_Q_SND_MSS])
    rest = r[_TX_LEN] - nxt
    wnd = r[_CWND]
    if flags & (_RECOVERY | _LOSS) == 0 and q[_Q_DUPACKS] < 3:
        wnd += mss * int(q[_Q_DUPACKS])
    if r[_SND_WND] < wnd:
        wnd = r[_SND_WND]
    wnd -= nxt
    n = rest if rest < wnd else wnd
    if n <= 0:
        if rest == 0 and wnd > 0 and flags & _FIN_QUEUED:
            return 0
        return 0 - 1
    if flags & _HOLES and flags & _SACK_OK:
        mss -= 28 if flags & _TS_OK else 36
    if n >= mss:
        return mss
    if nxt < r[_SND_MAX] and flags & _PERSIST == 0:
        return n
    if n == rest and (nxt == 0 or q[_Q_SND_SML] == 0 or flags & (_NODELAY | _FIN_QUEUED) != 0):
        return n
    if n << 1 >= int(q[_Q_MAX_WND]) << ((flags >> _SND_SCALE) & 15):
        return n
    return 0 - 1


def fin_waits(r):
    """Whether our FIN is the next thing to send."""
    return r[_FLAGS] & _FIN_QUEUED and r[_SND_NXT] == r[_TX_LEN]


def room(r, q):
    """Most bytes of text in one segment now: the MSS less the SACK blocks that we may owe."""
    if r[_FLAGS] & _HOLES and r[_FLAGS] & _SACK_OK:
        return q[_Q_SND_MSS] - (28 if r[_FLAGS] & _TS_OK else 36)
    return q[_Q_SND_MSS]


def anew(t, p):
    """Send what is new and the peer's window takes, whatever CWND says.  0: there is nothing; -1:
    the link is busy.
    """
    r = p.r
    cwnd = r[_CWND]
    r[_CWND] = 0x1FFFFFFF
    n = sendable(r, p.q, r[_SND_NXT], len(p.tx))
    r[_CWND] = cwnd
    if n < 0:
        return 0
    if not t.iface.ready():
        r[_FLAGS] |= _SPEAK
        return -1
    transmit(t, p, r[_SND_NXT], n)
    return 1


def again(t, p, off):
    """Send the segment at SND.UNA + off again.  How much of the number space it took, -1: the
    link is busy.
    """
    r = p.r
    if not t.iface.ready():
        r[_FLAGS] |= _SPEAK
        return -1
    n = room(r, p.q)
    if n > r[_SND_MAX] - off:
        n = r[_SND_MAX] - off
    if n > r[_TX_LEN] - off:
        n = r[_TX_LEN] - off
    if n and r[_FLAGS] & _SACK_OK:
        n = past(r, off, n)
    flags = _ACK
    end = off + n
    if end == r[_TX_LEN]:
        flags = _ACK | _PSH if n else _ACK
        if r[_FLAGS] & _FIN_QUEUED and end < r[_SND_MAX]:
            flags |= _FIN
            end += 1
    emit(t, p, off, flags, n)
    t.count[_ST_RETRANS] += 1
    t.count[_ST_FAST_RETRANS] += 1
    return end - off


def sent(t, p, nxt, end):
    """The numbers from SND.UNA + nxt to SND.UNA + end are on their way."""
    r = p.r
    r[_SND_NXT] = end
    flags = r[_FLAGS]
    if end > r[_SND_MAX]:
        r[_SND_MAX] = end
        if p.q[_Q_RETRIES] == 0 and (r[_MARK] == 0 or flags & _MARKED):
            r[_RTT_AT] = t.h[_H_NOW]  # when something was last sent is known to idle_restart, too
            if not flags & _MARKED:
                r[_MARK] = end
    if r[_T_REXMT] < 0 or flags & _PERSIST:
        r[_FLAGS] = flags & ~_PERSIST
        p.q[_Q_RETRIES] = 0
        arm(t, p, r)
    elif flags & _PTO and not any_block(r, _SACK0):
        arm(t, p, r)


def arm(t, p, r):
    """Start the retransmission timer, or before it one that asks earlier, when SACK tells what it
    finds (RFC 8985): that of the tail loss probe, two round-trip times (7.2); or, when the peer
    holds something behind a hole, the one that gives up waiting for what may only have been
    overtaken: a quarter of a round-trip time (6.2), and the mean deviation.
    """
    q = p.q
    ms = q[_Q_RTO]
    flags = r[_FLAGS] & ~_PTO
    srtt = r[_SRTT]
    if flags & _SACK_OK and not flags & (_RECOVERY | _LOSS) and srtt and q[_Q_RETRIES] == 0:
        pto = ms
        if any_block(r, _SACK0):
            pto = (srtt >> 5) + (r[_RTTVAR] >> 2) + 1
        elif not flags & _TLP:
            pto = srtt >> 2
            if r[_SND_MAX] <= q[_Q_SND_MSS]:
                pto += _DELACK_WORST
            if pto < _PTO_LEAST:
                pto = _PTO_LEAST
        if pto < ms and t.cfg[_C_EARLY_RETRANS]:
            ms = pto
            flags |= _PTO
    r[_FLAGS] = flags
    set_timer(t.h, r, _T_REXMT, ms)


def initial_window(t, p):
    """RFC 6928: ten segments, at most 14,600 bytes unless that is less than two; one after a lost
    SYN (RFC 5681, 3.1).
    """
    mss = p.q[_Q_SND_MSS]
    n = t.cfg[_C_INITCWND]
    if p.r[_FLAGS] & _SYN_LOST:
        n = 1
    if n == 10:
        most = 14600 if mss << 1 < 14600 else mss << 1
        return mss * 10 if mss * 10 < most else most
    return mss * n


def ack(t, p):
    """Send an ACK that carries nothing."""
    r = p.r
    if t.iface.ready():
        emit(t, p, r[_SND_MAX], _ACK, 0)
    else:
        t.seg[_S_TELL] = 0
        r[_FLAGS] |= _SPEAK | _ACK_NOW


def persist(t, p):
    """Data wait and nothing is outstanding: start the persist timer (3.8.6.1), after one RTO the
    first time; or before the window is shut, the override of silly-window avoidance (3.8.6.2.1).
    """
    r = p.r
    r[_FLAGS] = r[_FLAGS] & ~_PTO | _PERSIST
    p.q[_Q_RETRIES] = 0
    set_timer(t.h, r, _T_REXMT, _OVERRIDE if r[_SND_WND] else p.q[_Q_RTO])


def probe(t, p):
    """The persist timer ended: send what a closed window allows us, one byte, or the FIN.

    The same timer is the override of silly-window avoidance: when the window is open, but too
    small to be worth while, what fits is sent.
    """
    r = p.r
    n = r[_TX_LEN]
    most = room(r, p.q)
    if n > most:
        n = most
    if n > r[_SND_WND]:
        n = r[_SND_WND] if r[_SND_WND] > 0 else 1
    flags = _ACK
    end = n
    if n == r[_TX_LEN]:
        flags |= _PSH if n else 0
        if n == 0:
            flags |= _FIN
            end = 1
    if not t.iface.ready():
        return
    emit(t, p, 0, flags, n)
    t.count[_ST_PROBES] += 1
    if end > r[_SND_MAX]:
        r[_SND_MAX] = end


def resend(t, p):
    """The retransmission timer ended: the front of the queue again (RFC 9293, 3.10.8; RFC
    6298, 5.4).
    """
    r = p.r
    r[_SND_NXT] = 0
    if r[_STATE] <= _SYN_RECEIVED:
        opening(t, p, True)
        return
    if r[_FLAGS] & _SYN_OUT and t.iface.ready():
        syn(t, p, -1, _SYN | _ACK)
    n = sendable(r, p.q, 0, len(p.tx))
    if n < 0 or not t.iface.ready():
        r[_FLAGS] |= _SPEAK
        return
    t.count[_ST_RETRANS] += 1
    flags = _ACK
    end = n
    if n == r[_TX_LEN]:
        flags = _ACK | _PSH if n else _ACK
        if r[_FLAGS] & _FIN_QUEUED:
            flags |= _FIN
            end += 1
    emit(t, p, 0, flags, n)
    r[_SND_NXT] = end
    if end > r[_SND_MAX]:  # one segment of several small ones may hold more than was sent before
        r[_SND_MAX] = end


def opening(t, p, again=False):
    """Send the SYN, or in SYN-RECEIVED the SYN+ACK, of a connection that we open."""
    r = p.r
    iface = t.iface
    if not again and r[_SND_MAX]:
        if r[_FLAGS] & _ACK_NOW and r[_STATE] == _SYN_RECEIVED:
            ack(t, p)
        return
    if not iface.ready():
        r[_FLAGS] |= _SPEAK
        return
    if again:
        t.count[_ST_RETRANS] += 1
        t.count[_ST_SYN_RETRANS] += 1
    elif r[_STATE] == _SYN_SENT:  # when SYNs cross, its number goes out twice (Karn)
        r[_MARK] = 1
        r[_RTT_AT] = t.h[_H_NOW]
    r[_SND_NXT] = r[_SND_MAX] = 1
    flags = _SYN if r[_STATE] == _SYN_SENT else _SYN | _ACK
    if flags == _SYN and t.cfg[_C_ECN] == 1 and not again:  # RFC 3168, 6.1.1.1
        flags = _SYN | _ECE_CWR
    syn(t, p, 0, flags)


if THUMB:
    from .thumb import sendable  # noqa: F401, F811
