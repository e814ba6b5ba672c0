"""CUBIC (RFC 9438) in integers: the window is a cubic function of the time since the last loss.

Time counts in units of 8 ms.  The connection keeps W_MAX and the time of the plateau, when the
function is back there; K of the RFC is the span from the loss to it.
"""

from micropython import const

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_SRTT = const(14)
_CWND = const(27)
_SSTHRESH = const(28)
_Q_SND_MSS = const(0)
_Q_W_MAX = const(14)
_Q_PLATEAU = const(15)
# --- end of layout ---

NAME = "cubic"
RECOVERS = 2

_FAR = const(1000)  # 8 s from the plateau the function is 200 segments away: more than any ring


def rise(d, mss):
    """C * d**3 in bytes for d units of 8 ms, C = 0.4 segments / s**3 (RFC 9438, 4.2)."""
    return d * d * d // 4883 * mss // 1000


def grow(t, p, k):
    """RFC 9438, 4.2 to 4.5; below SSTHRESH as everybody.  Where NewReno's increase is the larger
    one, it counts (the Reno-friendly region, 4.3, with alpha = 9/17).
    """
    r = p.r
    q = p.q
    mss = q[_Q_SND_MSS]
    cwnd = r[_CWND]
    if k > mss:
        k = mss
    if cwnd < r[_SSTHRESH]:
        r[_CWND] = cwnd + k
        return
    if q[_Q_W_MAX] == 0:  # slow start ended without a loss: the plateau is here (4.8)
        plateau(t, p, cwnd, cwnd)
    d = ((t.h[_H_NOW] + (r[_SRTT] >> 3)) >> 3) - q[_Q_PLATEAU] & 0xFFFF
    if d & 0x8000:
        d -= 0x10000
    d = -_FAR if d < -_FAR else _FAR if d > _FAR else d
    target = (q[_Q_W_MAX] << 4) + rise(d, mss)
    most = cwnd + (cwnd >> 1)
    target = cwnd if target < cwnd else most if target > most else target
    step = (target - cwnd) * k // cwnd
    friendly = mss * k * 9 // (17 * cwnd)
    r[_CWND] = cwnd + (step if step > friendly else friendly or 1)


def plateau(t, p, w_max, cwnd):
    """Note that the function leaves `cwnd` now and is back at `w_max` in K (equation 2)."""
    q = p.q
    q[_Q_W_MAX] = w_max >> 4 if w_max < 0x100000 else 0xFFFF
    k = 0
    step = 512
    while step:
        if rise(k + step, q[_Q_SND_MSS]) <= w_max - cwnd:
            k += step
        step >>= 1
    q[_Q_PLATEAU] = (t.h[_H_NOW] >> 3) + k & 0xFFFF


def ssthresh(t, p, n):
    """0.7 of what was in flight (4.6); W_MAX is given way when it was not reached (fast
    convergence, 4.7).
    """
    least = p.q[_Q_SND_MSS] << 1
    cwnd = p.r[_CWND]
    after = n * 7 // 10
    if after < least:
        after = least
    w_max = cwnd * 17 // 20 if cwnd >> 4 < p.q[_Q_W_MAX] else cwnd
    plateau(t, p, w_max if w_max > after else after, after)
    return after
