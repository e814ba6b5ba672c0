"""CUBIC (RFC 9438) in integers: the window is a cubic function of the time since the last loss.

Time counts in units of 8 ms, the RFC's segments are bytes.  The connection keeps W_MAX, the time
of the plateau, when the function is there (K after congestion avoidance began), and in CC_ACKED
W_est, what Reno's window would be; 0 there: congestion avoidance is about to begin.
"""

from micropython import const

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_SRTT = const(14)
_CWND = const(27)
_SSTHRESH = const(28)
_CC_ACKED = const(29)
_Q_SND_MSS = const(0)
_Q_W_MAX = const(14)
_Q_PLATEAU = const(15)
# --- end of layout ---

NAME = "cubic"
RECOVERS = 2

_FAR = const(1000)  # 8 s from the plateau the function is 200 segments away: more than any ring


def rise(d, mss):
    """C * (t - K)**3 in bytes for d units of 8 ms, C = 0.4 segments / s**3 (4.2)."""
    return d * d * d // 39062 * mss // 125


def begin(now, q, cwnd):
    """Congestion avoidance begins with the window `cwnd`: W_MAX, and K of equation 2, the span in
    which the function rises to it.  After a timeout, or with no loss yet, W_MAX is here (4.8).
    """
    gap = (q[_Q_W_MAX] << 4) - cwnd
    k = 0
    if gap > 0:
        step = 512
        while step:
            if rise(k + step, q[_Q_SND_MSS]) <= gap:
                k += step
            step >>= 1
    else:
        q[_Q_W_MAX] = cwnd >> 4 if cwnd < 0x100000 else 0xFFFF
    q[_Q_PLATEAU] = now + k & 0xFFFF


def grow(t, p, k):
    """4.2 to 4.5; below SSTHRESH as everybody.  Where W_est is above the function, it is the
    window (4.3); its alpha is 9/17 up to W_MAX, which stands for cwnd_prior, and 1 from there.
    """
    r = p.r
    q = p.q
    mss = q[_Q_SND_MSS]
    cwnd = r[_CWND]
    if cwnd < r[_SSTHRESH]:
        r[_CC_ACKED] = 0
        r[_CWND] = cwnd + (k if k < mss else mss)
        return
    now = t.h[_H_NOW] >> 3
    est = r[_CC_ACKED]
    if est == 0:
        begin(now, q, cwnd)
        est = cwnd
    w_max = q[_Q_W_MAX] << 4
    est += (k if est >= w_max else 9 * k // 17) * mss // cwnd
    r[_CC_ACKED] = est
    d = now - q[_Q_PLATEAU] & 0xFFFF
    if d & 0x8000:
        d -= 0x10000
    elif d > _FAR:
        d = _FAR
        q[_Q_PLATEAU] = now - d & 0xFFFF
    if w_max + rise(d, mss) < est:
        if cwnd < est:
            r[_CWND] = est
        return
    target = w_max + rise(d + (r[_SRTT] >> 6), mss)
    most = cwnd + (cwnd >> 1)
    if target > most:
        target = most
    if target > cwnd:
        r[_CWND] = cwnd + (target - cwnd) * (k if k < mss else mss) // cwnd


def ssthresh(t, p, n):
    """0.7 of what was in flight (4.6); W_MAX is the window that was too large, or less when the
    one before that was not reached (fast convergence, 4.7).
    """
    least = p.q[_Q_SND_MSS] << 1
    cwnd = p.r[_CWND]
    w_max = cwnd * 17 // 20 if cwnd >> 4 < p.q[_Q_W_MAX] else cwnd
    p.q[_Q_W_MAX] = w_max >> 4 if w_max < 0x100000 else 0xFFFF
    after = n * 7 // 10
    return after if after > least else least
