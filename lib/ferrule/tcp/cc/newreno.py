"""NewReno: RFC 5681's window, a recovery that lasts until everything is repaired (RFC 6582)."""

from micropython import const

# --- layout: written by tools/layout.py ---
_CWND = const(27)
_SSTHRESH = const(28)
_CC_ACKED = const(29)
_Q_SND_MSS = const(0)
# --- end of layout ---

NAME = "newreno"
RECOVERS = 2


def grow(t, p, k):
    """RFC 5681, 3.1: slow start adds what was acknowledged, at most a segment for each ACK;
    congestion avoidance adds a segment for each window that was acknowledged.
    """
    r = p.r
    mss = p.q[_Q_SND_MSS]
    cwnd = r[_CWND]
    if cwnd < r[_SSTHRESH]:
        r[_CWND] = cwnd + (k if k < mss else mss)
        return
    k += r[_CC_ACKED]
    if k >= cwnd:
        k -= cwnd
        r[_CWND] = cwnd + mss
    r[_CC_ACKED] = k


def ssthresh(t, p, n):
    """Half of what was in flight, two segments at least (RFC 5681, equation 4)."""
    least = p.q[_Q_SND_MSS] << 1
    return n >> 1 if n >> 1 > least else least
