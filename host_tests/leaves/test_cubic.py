"""tcp/cc/cubic.py, which counts in integers, against RFC 9438 in floating point.

Tolerances: the cubic function itself within 1/50 of a segment and 0.1 %; K within 16 ms and 1 %;
the window of a connection in congestion avoidance within one segment and 2 %.
"""

from test_track import halves, words

import layout_words as w
from draw import Draw
from ferrule.tcp.cc import cubic

C = 0.4
BETA = 0.7


class Connection:
    """What an algorithm sees of a connection and of the stack."""

    def __init__(self, mss, cwnd, ssthresh, now=0):
        self.r = words(w.TCB_LEN)
        self.q = halves()
        self.h = words(w.HOST_LEN)
        self.q[w.Q_SND_MSS] = mss
        self.r[w.CWND] = cwnd
        self.r[w.SSTHRESH] = ssthresh
        self.h[w.H_NOW] = now


def near(got, exact, absolute, relative):
    return abs(got - exact) <= absolute + relative * abs(exact)


def test_the_function_is_the_cube_of_the_rfc():
    d = Draw(9)
    for _ in range(2000):
        units = d.below(2001) - 1000
        mss = 48 + d.below(9000)
        exact = C * (units * 0.008) ** 3 * mss
        assert near(cubic.rise(units, mss), exact, mss / 50, 0.001), (units, mss)


def test_no_step_of_the_calculation_leaves_small_integers():
    assert 1000**3 < 1 << 30 and 1000**3 // 39062 * 9000 < 1 << 30
    assert cubic.rise(1000, 8960) < 1 << 30 and -cubic.rise(-1000, 8960) < 1 << 30


def test_k_is_the_span_to_the_plateau():
    d = Draw(10)
    for _ in range(500):
        mss = 536 + d.below(925)
        w_max = mss * (4 + d.below(60))
        cwnd = int(w_max * BETA)
        p = Connection(mss, cwnd, 0)
        p.q[w.Q_W_MAX] = w_max >> 4
        now = d.below(32768)
        cubic.begin(now, p.q, cwnd)
        k = (p.q[w.Q_PLATEAU] - now & 0xFFFF) * 0.008
        exact = ((w_max - cwnd) / mss / C) ** (1 / 3)
        assert near(k, exact, 0.016, 0.01), (mss, w_max, k, exact)


def test_the_window_falls_to_seven_tenths_of_what_was_in_flight():
    p = Connection(1000, 20000, 1 << 28)
    assert cubic.ssthresh(p, p, 18000) == 12600
    assert p.q[w.Q_W_MAX] == 20000 >> 4
    assert cubic.ssthresh(p, p, 1500) == 2000  # two segments at least


def test_a_window_that_shrinks_gives_way():
    """Fast convergence (RFC 9438, 4.7): W_MAX is 0.85 of a window below the one before."""
    p = Connection(1000, 20000, 1 << 28)
    cubic.ssthresh(p, p, 20000)
    p.r[w.CWND] = 18000
    cubic.ssthresh(p, p, 18000)
    assert p.q[w.Q_W_MAX] == 15300 >> 4


def test_below_the_threshold_the_window_opens_as_everybodys():
    p = Connection(1000, 4000, 8000)
    for k, cwnd in ((1000, 5000), (2000, 6000), (300, 6300)):
        cubic.grow(p, p, k)
        assert p.r[w.CWND] == cwnd


def follow(mss, w_max, rtt, seconds, cwnd, now=0):
    """Let a connection that lost at the window w_max and now has `cwnd` acknowledge a window in
    each round trip, an ACK for each segment, and compare it with the RFC's own algorithm after
    each: max(W_cubic, W_est) and cwnd += (target - cwnd) / cwnd.
    """
    p = Connection(mss, cwnd, cwnd, now)
    p.q[w.Q_W_MAX] = w_max >> 4
    p.r[w.SRTT] = rtt << 3
    top = w_max / mss
    here = est = cwnd / mss
    k = ((top - here) / C) ** (1 / 3) if top > here else 0
    if top < here:
        top = here
    ms = 0
    while ms < 1000 * seconds:
        n = int(here)
        for _ in range(n):
            cubic.grow(p, p, mss)
            est += (1 if est >= top else 9 / 17) / here
            if top + C * (ms / 1000 - k) ** 3 < est:
                here = max(here, est)
            else:
                target = top + C * ((ms + rtt) / 1000 - k) ** 3
                here += (min(max(target, here), 1.5 * here) - here) / here
            got = p.r[w.CWND] / mss
            assert near(got, here, 1, 0.02), (mss, w_max, rtt, ms, got, here)
        ms += rtt
        p.h[w.H_NOW] = now + ms & 0x3FFFFFFF
    return p.r[w.CWND]


def test_a_connection_follows_the_function_up_to_the_plateau_and_beyond():
    """Round trips of a fifth of a second: the cubic region, concave and then convex."""
    grown = follow(1448, 60 * 1448, 200, 8, 42 * 1448)
    assert grown > 70 * 1448, grown


def test_on_a_short_path_it_is_as_friendly_as_reno():
    """Round trips of 20 ms: W_est is above the function."""
    assert follow(1448, 10 * 1448, 20, 3, 7 * 1448) > 60 * 1448


def test_after_a_timeout_the_plateau_is_where_avoidance_begins():
    assert follow(1000, 0, 100, 4, 10000) > 15000


def test_the_clock_may_wrap_on_the_way():
    follow(1448, 40 * 1448, 100, 6, 28 * 1448, now=0x3FFFFFFF - 2000)
    follow(1448, 40 * 1448, 100, 6, 28 * 1448, now=(1 << 19) - 2000)


def test_far_beyond_the_plateau_the_window_grows_on():
    """16 bits of 8 ms are 524 s; the time of the plateau moves along."""
    p = Connection(1000, 10000, 10000)
    cubic.grow(p, p, 1000)
    cwnd = p.r[w.CWND]
    for _ in range(120):
        p.h[w.H_NOW] += 10_000
        cubic.grow(p, p, 1000)
        assert p.r[w.CWND] > cwnd
        cwnd = p.r[w.CWND]
