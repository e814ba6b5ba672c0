"""Loss: how it is noticed, and how long its repair goes on (RFC 5681, 6582, 6675, 3042, 5827,
8985).

What is sent in the meantime is decided in tcp/send.py; by how much the window is reduced, in
tcp/cc.  While FLAGS says RECOVERY, LOSS, TLP or REDUCED, MARK is what was SND.MAX when that began:
the recovery point.
"""

from micropython import const

from ..core.tick import set_timer
from . import output
from .blocks import any_block, held, lost_below, tail

# --- layout: written by tools/layout.py ---
_S_FLAGS = const(8)
_FLAGS = const(3)
_SND_NXT = const(6)
_SND_MAX = const(7)
_SND_WND = const(8)
_TX_LEN = const(13)
_MARK = const(17)
_T_REXMT = const(18)
_SACK0 = const(24)
_SACK1 = const(25)
_SACK2 = const(26)
_CWND = const(27)
_SSTHRESH = const(28)
_CC_ACKED = const(29)
_Q_SND_MSS = const(0)
_Q_RTO = const(2)
_Q_RETRIES = const(3)
_Q_DUPACKS = const(6)
_Q_W_MAX = const(14)
_C_EARLY_RETRANS = const(20)
_ST_LOSS_PROBES = const(50)
_ST_PROBE_RECOVERY = const(51)
_ST_RENO_RECOVERY = const(52)
_ST_SACK_RECOVERY = const(53)
_ST_ECE = const(60)
# --- end of layout ---

_ECE = const(64)

_REDUCED = const(128)
_OVERDUE = const(128)
_SPEAK = const(256)
_SACK_OK = const(1 << 11)
_ECN_CWR = const(1 << 15)  # told with the next new segment; where ECN is not in use, to nobody
_RECOVERY = const(1 << 16)
_LOSS = const(1 << 17)
_TLP = const(1 << 18)
_PTO = const(1 << 19)
_MARKED = const(1 << 16 | 1 << 17 | 1 << 18 | 1 << 7)

_NONE = const(255)  # DUPACKS: none count until SND.UNA moves on


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
        if flags & _SACK_OK:
            # what is new went out after all that was sent again, and has overtaken it: lost twice
            if held(r, r[_MARK]) > q[_Q_SND_MSS] << 1:
                enter(t, p, r, q)
        elif r[_CWND] < r[_SND_MAX] + r[_SSTHRESH]:
            r[_CWND] += q[_Q_SND_MSS]
        return
    if q[_Q_DUPACKS] < _NONE - 1:
        q[_Q_DUPACKS] += 1
    if q[_Q_DUPACKS] == 3 or flags & _SACK_OK and lost_below(r, q[_Q_SND_MSS]):
        enter(t, p, r, q)
    elif flags & _SACK_OK and flags & (_PTO | _TLP):
        output.arm(t, p, r)


def early(t, r, q):
    """Early retransmit (RFC 5827, 3.1), asked when there were duplicate ACKs and nothing new can
    be sent: so little is out that a third will never come.  With SACK, all but one segment has
    arrived; without, there was a duplicate for every other segment.
    """
    out = r[_SND_MAX]
    mss = q[_Q_SND_MSS]
    if out >= mss << 2 or out <= mss or not t.cfg[_C_EARLY_RETRANS]:
        return False
    if r[_FLAGS] & _SACK_OK:
        return out - held(r, 0) <= mss
    return q[_Q_DUPACKS] < _NONE and q[_Q_DUPACKS] * mss >= out - mss


def enter(t, p, r, q):
    """Fast retransmit, and the recovery after it (RFC 5681, 3.2; RFC 6582, 3.2; RFC 6675, 5): push
    sends the first segment again because SND.NXT stands on it.
    """
    flags = r[_FLAGS]
    mss = q[_Q_SND_MSS]
    if not flags & _REDUCED or flags & _RECOVERY:  # once a window (RFC 3168, 6.1.2)
        r[_SSTHRESH] = p.cc.ssthresh(t, p, flight(r))
    r[_MARK] = r[_SND_MAX]
    r[_CC_ACKED] = r[_SND_NXT] = 0
    flags &= ~(_MARKED | _PTO)
    if not p.cc.RECOVERS:
        r[_FLAGS] = flags | _LOSS | _SPEAK | _ECN_CWR
        r[_CWND] = mss
    else:
        r[_FLAGS] = flags | _RECOVERY | _SPEAK | _ECN_CWR
        r[_CWND] = r[_SSTHRESH]
        if flags & _SACK_OK:
            t.count[_ST_SACK_RECOVERY] += 1
        else:
            t.count[_ST_RENO_RECOVERY] += 1
            r[_CWND] += q[_Q_DUPACKS] * mss
        q[_Q_DUPACKS] = 0
    output.arm(t, p, r)


def acked(t, p, r, q, k):
    """k more numbers are acknowledged, and SND.UNA has moved."""
    flags = r[_FLAGS]
    dups = 0
    if flags & _MARKED:
        left = r[_MARK] - k
        r[_MARK] = left if left > 0 else 0
        if flags & _RECOVERY:
            if left <= 0 or p.cc.RECOVERS == 1 and not flags & _SACK_OK:
                leave(r, q, left)
            elif flags & _SACK_OK:
                q[_Q_DUPACKS] = q[_Q_DUPACKS] - k if q[_Q_DUPACKS] > k else 0
            else:
                partial(r, q, k)
            return
        if flags & _TLP:
            if left < 0:  # the probe repaired a loss (RFC 8985, 7.4)
                t.count[_ST_PROBE_RECOVERY] += 1
                r[_FLAGS] = flags & ~_TLP
                r[_SSTHRESH] = r[_CWND] = p.cc.ssthresh(t, p, r[_CWND])
        elif left <= 0:
            r[_FLAGS] = flags & ~_MARKED
            if left == 0 and flags & (_LOSS | _SACK_OK) == _LOSS:
                dups = _NONE  # RFC 6582, 3.2 (2) and 4.1: not before more is covered
    q[_Q_DUPACKS] = dups
    if flags & _REDUCED and t.seg[_S_FLAGS] & _ECE:  # it grows for no such ACK (RFC 3168, 6.1.2)
        return
    if in_use(r, q, r[_SND_MAX] + k):
        p.cc.grow(t, p, k)
    else:
        r[_CC_ACKED] = 0  # that is no time of growth (RFC 9438, 5.8)


def in_use(r, q, out):
    """Whether the window was what kept `out` bytes from being more: it was full, in slow start at
    least by half, or something waits that the peer's window would take.
    """
    cwnd = r[_CWND]
    if r[_SND_NXT] < r[_TX_LEN] and cwnd <= r[_SND_WND]:
        return True
    return out + q[_Q_SND_MSS] > cwnd or cwnd < r[_SSTHRESH] and out << 1 > cwnd


def partial(r, q, k):
    """RFC 6582, 3.2 (3): an ACK of some, not of all: push sends the next hole, and the window
    deflates.  DUPACKS counts these ACKs.
    """
    mss = q[_Q_SND_MSS]
    cwnd = r[_CWND] - k
    if k >= mss:
        cwnd += mss
    r[_CWND] = cwnd if cwnd > mss else mss
    r[_SND_NXT] = 0
    if q[_Q_DUPACKS] < 2:
        q[_Q_DUPACKS] += 1


def impatient(r, q):
    """Whether this ACK leaves the retransmission timer alone: in a recovery without SACK only the
    first partial one starts it again (RFC 6582, 3.2 (3) and 4).
    """
    return q[_Q_DUPACKS] == 2 and r[_FLAGS] & (_RECOVERY | _SACK_OK) == _RECOVERY


def leave(r, q, left):
    """The recovery is over.  Without SACK the window is what is in flight and a segment more, so
    that no burst follows (RFC 6582, 3.2 (3), full acknowledgment, 1).
    """
    mss = q[_Q_SND_MSS]
    flags = r[_FLAGS]
    r[_CWND] = r[_SSTHRESH]
    q[_Q_DUPACKS] = 0
    if not flags & _SACK_OK:
        most = (r[_SND_MAX] if r[_SND_MAX] > mss else mss) + mss
        if most < r[_CWND]:
            r[_CWND] = most
        if left == 0:
            q[_Q_DUPACKS] = _NONE
    r[_FLAGS] = flags & ~_MARKED
    r[_MARK] = 0
    if r[_SND_NXT] < r[_SND_MAX]:  # nothing is sent again any more
        r[_SND_NXT] = r[_SND_MAX]


def suspect(t, p, r, q):
    """The timer before the RTO ended: what is missing before a block that the peer holds is lost
    (RFC 8985, 6.2); or nothing was heard of the last segments: a probe shall bring news (7.3),
    something new if the peer's window takes it, otherwise the last segment again.
    """
    r[_FLAGS] &= ~_PTO
    if any_block(r, _SACK0):
        enter(t, p, r, q)
        if r[_FLAGS] & _RECOVERY:
            r[_FLAGS] |= _OVERDUE
        return
    n = output.anew(t, p)
    if n == 0:
        n = output.again(t, p, tail(r, output.room(r, q)))
        r[_FLAGS] |= _TLP
        r[_MARK] = r[_SND_MAX]
    if n > 0:
        t.count[_ST_LOSS_PROBES] += 1
    r[_FLAGS] &= ~_PTO
    set_timer(t.h, r, _T_REXMT, q[_Q_RTO])


def timeout(t, p, r, q):
    """The retransmission timer ended (RFC 5681, 3.1; RFC 6582, 3.2 (4); RFC 2018, 5.1: what the
    peer said it holds is forgotten).
    """
    if q[_Q_RETRIES] == 0:  # the first timeout of this segment
        r[_SSTHRESH] = p.cc.ssthresh(t, p, flight(r))
    r[_CWND] = q[_Q_SND_MSS]
    q[_Q_W_MAX] = 0  # RFC 9438, 4.8
    r[_MARK] = r[_SND_MAX]
    r[_FLAGS] = r[_FLAGS] & ~(_MARKED | _PTO) | _LOSS | _ECN_CWR
    q[_Q_DUPACKS] = r[_CC_ACKED] = 0
    r[_SACK0] = r[_SACK1] = r[_SACK2] = 0


def congested(t, p, r, k):
    """The ACK of k more numbers reports a congestion mark (RFC 3168, 6.1.2): react once for each
    window, which is over when something is acknowledged that was sent behind CWR.
    """
    if r[_FLAGS] & (_RECOVERY | _LOSS) or r[_FLAGS] & _REDUCED and k <= r[_MARK]:
        return
    t.count[_ST_ECE] += 1
    r[_SSTHRESH] = r[_CWND] = p.cc.ssthresh(t, p, flight(r))
    r[_CC_ACKED] = 0
    r[_MARK] = r[_SND_MAX]
    r[_FLAGS] = r[_FLAGS] & ~_TLP | _REDUCED | _ECN_CWR
