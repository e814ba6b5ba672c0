"""Loss: how it is noticed, and how long its repair goes on (RFC 5681, 6582, 6675, 3042, 5827,
8985).

What is sent in the meantime is decided in tcp/output.py; by how much the window is reduced, in
tcp/cc.  While FLAGS says RECOVERY, LOSS or TLP, MARK is the recovery point: what was SND.MAX when
it began.
"""

from micropython import const

from . import output
from .blocks import held, lost_below

# --- layout: written by tools/layout.py ---
_FLAGS = const(3)
_SND_NXT = const(6)
_SND_MAX = const(7)
_SND_WND = const(8)
_TX_LEN = const(13)
_MARK = const(17)
_SACK0 = const(24)
_SACK1 = const(25)
_SACK2 = const(26)
_CWND = const(27)
_SSTHRESH = const(28)
_CC_ACKED = const(29)
_Q_SND_MSS = const(0)
_Q_RETRIES = const(3)
_Q_DUPACKS = const(6)
_C_EARLY_RETRANS = const(20)
_ST_PROBE_RECOVERY = const(51)
_ST_RENO_RECOVERY = const(52)
_ST_SACK_RECOVERY = const(53)
_ST_ECE = const(60)
# --- end of layout ---

_SPEAK = const(256)
_SACK_OK = const(1 << 11)
_RECOVERY = const(1 << 16)
_LOSS = const(1 << 17)
_TLP = const(1 << 18)
_PTO = const(1 << 19)
_MARKED = const(1 << 16 | 1 << 17 | 1 << 18)


def flight(r):
    """Bytes in flight, without those that limited transmit sent (RFC 5681, 3.2 (2))."""
    return r[_SND_MAX] if r[_SND_MAX] < r[_CWND] else r[_CWND]


def duplicate(t, p, r, q):
    """A duplicate ACK; with SACK, one that told something new (RFC 5681, 2 (5) and 3.2)."""
    flags = r[_FLAGS]
    if flags & _LOSS:  # what is missing is on its way (RFC 6582, 3.2 (2))
        return
    r[_FLAGS] |= _SPEAK
    if flags & _RECOVERY:
        if not flags & _SACK_OK and r[_CWND] < r[_SND_MAX] + r[_SSTHRESH]:
            r[_CWND] += q[_Q_SND_MSS]
        return
    if q[_Q_DUPACKS] < 255:
        q[_Q_DUPACKS] += 1
    mss = q[_Q_SND_MSS]
    if q[_Q_DUPACKS] == 3 or flags & _SACK_OK and (lost_below(r, mss) or early(t, r, mss)):
        enter(t, p, r, q)


def early(t, r, mss):
    """Early retransmit (RFC 5827): so little is out that three duplicates will never come; what
    the peer does not hold is one segment, and nothing new can be sent.
    """
    out = r[_SND_MAX]
    return (
        out < mss << 2
        and out - held(r) <= mss
        and (r[_SND_NXT] >= r[_TX_LEN] or r[_SND_NXT] >= r[_SND_WND])
        and t.cfg[_C_EARLY_RETRANS]
    )


def enter(t, p, r, q):
    """Fast retransmit, and the recovery after it (RFC 5681, 3.2; RFC 6582, 3.2; RFC 6675, 5)."""
    r[_SSTHRESH] = p.cc.ssthresh(t, p, flight(r))
    r[_MARK] = r[_SND_MAX]
    r[_CC_ACKED] = 0
    flags = r[_FLAGS] & ~(_TLP | _PTO)
    mss = q[_Q_SND_MSS]
    if not p.cc.RECOVERS:
        r[_FLAGS] = flags | _LOSS
        r[_CWND] = mss
        q[_Q_DUPACKS] = r[_SND_NXT] = 0
    else:
        r[_FLAGS] = flags | _RECOVERY
        r[_CWND] = r[_SSTHRESH]
        q[_Q_DUPACKS] = 0
        if flags & _SACK_OK:
            t.count[_ST_SACK_RECOVERY] += 1
        else:
            t.count[_ST_RENO_RECOVERY] += 1
            r[_CWND] += 3 * mss
    n = output.again(t, p, 0)
    if n < 0:  # the link is busy: the timer, or the next duplicate, will do it
        r[_FLAGS] |= _SPEAK
        n = 0
    if flags & _SACK_OK and p.cc.RECOVERS:
        q[_Q_DUPACKS] = n
    elif not p.cc.RECOVERS:
        r[_SND_NXT] = n
    output.arm(t, p, r)


def acked(t, p, r, q, k):
    """k more numbers are acknowledged, and SND.UNA has moved."""
    flags = r[_FLAGS]
    if flags & _MARKED:
        left = r[_MARK] - k
        r[_MARK] = left if left > 0 else 0
        if flags & _RECOVERY:
            if left <= 0 or p.cc.RECOVERS == 1 and not flags & _SACK_OK:
                leave(r, q)
            elif flags & _SACK_OK:
                q[_Q_DUPACKS] = q[_Q_DUPACKS] - k if q[_Q_DUPACKS] > k else 0
            else:
                partial(t, p, r, q, k)
            return
        if flags & _LOSS:
            if left < 0 or left == 0 and r[_SND_MAX] == 0:
                r[_FLAGS] = flags & ~_LOSS
                r[_MARK] = 0
        elif left < 0:  # the probe's segment had been lost, and is repaired (RFC 8985, 7.4)
            t.count[_ST_PROBE_RECOVERY] += 1
            r[_FLAGS] = flags & ~_TLP
            r[_MARK] = 0
            r[_SSTHRESH] = r[_CWND] = p.cc.ssthresh(t, p, r[_CWND])
    q[_Q_DUPACKS] = 0
    out = r[_SND_MAX] + k
    cwnd = r[_CWND]
    if out + q[_Q_SND_MSS] > cwnd or cwnd < r[_SSTHRESH] and out << 1 > cwnd:
        p.cc.grow(t, p, k)


def partial(t, p, r, q, k):
    """RFC 6582, 3.2 (3): an ACK of some, not of all: the next hole is sent, and the window
    deflates.
    """
    mss = q[_Q_SND_MSS]
    cwnd = r[_CWND] - k
    if k >= mss:
        cwnd += mss
    r[_CWND] = cwnd if cwnd > mss else mss
    if output.again(t, p, 0) >= 0:
        r[_FLAGS] |= _SPEAK


def leave(r, q):
    """The recovery is over.  Without SACK the window is what is in flight and a segment more, so
    that no burst follows (RFC 6582, 3.2 (3), full acknowledgment, 1).
    """
    mss = q[_Q_SND_MSS]
    flags = r[_FLAGS]
    r[_CWND] = r[_SSTHRESH]
    if not flags & _SACK_OK:
        most = (r[_SND_MAX] if r[_SND_MAX] > mss else mss) + mss
        if most < r[_CWND]:
            r[_CWND] = most
    r[_FLAGS] = flags & ~_RECOVERY
    r[_MARK] = 0
    q[_Q_DUPACKS] = 0


def timeout(t, p, r, q):
    """The retransmission timer ended (RFC 5681, 3.1; RFC 6582, 3.2 (4); RFC 2018, 5.1: what the
    peer said it holds is forgotten).
    """
    if q[_Q_RETRIES] == 0:  # the first timeout of this segment
        r[_SSTHRESH] = p.cc.ssthresh(t, p, flight(r))
    r[_CWND] = q[_Q_SND_MSS]
    r[_CC_ACKED] = 0
    r[_MARK] = r[_SND_MAX]
    r[_FLAGS] = r[_FLAGS] & ~(_MARKED | _PTO) | _LOSS
    q[_Q_DUPACKS] = 0
    r[_SACK0] = r[_SACK1] = r[_SACK2] = 0


def congested(t, p, r, q):
    """The peer reports a congestion mark (RFC 3168, 6.1.2): react once for each window."""
    if r[_FLAGS] & _MARKED:
        return
    t.count[_ST_ECE] += 1
    r[_SSTHRESH] = r[_CWND] = p.cc.ssthresh(t, p, flight(r))
