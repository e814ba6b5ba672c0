"""The retransmission timeout, number by number (RFC 6298)."""

from testing import proves


def exchange(wire, at, rtt, seq, rto):
    """100 bytes sent at `at` with a timer of `rto`, acknowledged after `rtt` milliseconds."""
    wire.play(
        """
        %d  us.write 100
        %d  ==> ACK  %d:%d  ack=1
        %d  us.timer rexmit %d
        %d  <== ACK  1      ack=%d
    """
        % (at, at, seq, seq + 100, at, rto, at + rtt, seq + 100)
    )


def estimate(wire):
    """The timeout of the segment that was sent in this millisecond."""
    for row in wire.net.netstat():
        if row[6] == "rexmit":
            return row[7]
    raise AssertionError("no retransmission timer")


@proves("RFC6298-4", "RFC6298-2.3")
def test_the_variance_never_falls_below_the_grain_of_the_clock(wire):
    wire.connected(rtt=900, mss=1000)
    at, seq = 0, 1
    for _ in range(90):
        wire.play("%d us.write 100\n%d ==> ACK %d:%d ack=1" % (at, at, seq, seq + 100))
        rto = estimate(wire)
        assert 2001 <= rto <= 6000, rto
        wire.play("%d <== ACK 1 ack=%d" % (at + 2000, seq + 100))
        at, seq = at + 2000, seq + 100
    assert rto <= 2004, rto


@proves("RFC6298-2.2", "RFC6298-2.3")
def test_the_estimate_follows_the_formula_of_the_rfc(wire):
    # SRTT and RTTVAR by the RFC's rules in exact arithmetic, scaled by 2**40.
    wire.connected(rtt=900, mss=1000)
    one = 1 << 40
    srtt, rttvar = 900 * one, 450 * one
    at, seq = 0, 1
    for rtt in (1600, 900, 2400, 1300, 1300, 2000, 700, 1500):
        wire.play("%d us.write 100\n%d ==> ACK %d:%d ack=1" % (at, at, seq, seq + 100))
        exact = (srtt + 4 * rttvar) // one
        assert abs(estimate(wire) - exact) <= 8, (estimate(wire), exact)
        wire.play("%d <== ACK 1 ack=%d" % (at + rtt, seq + 100))
        at, seq = at + rtt, seq + 100
        rttvar = rttvar - rttvar // 4 + abs(srtt - rtt * one) // 4
        srtt = srtt - srtt // 8 + rtt * one // 8


@proves("RFC6298-2.4", "RFC6298-1")
def test_a_short_path_still_waits_a_second(wire):
    wire.connected(rtt=3, mss=1000)
    for i in range(10):
        exchange(wire, 10 * i, 3, 1 + 100 * i, 1000)


@proves("RFC6298-2.1")
def test_before_the_first_sample_the_timeout_is_one_second(wire):
    wire.syn_sent()
    wire.play("""
        0     us.timer rexmit 1000
        999   us.state SYN_SENT
        1000  ==> SYN  0
    """)


@proves("RFC6298-2.5", "RFC6298-5")
def test_the_estimate_is_capped_at_a_minute(wire):
    wire.connected(rtt=900, mss=1000, tcp_retries2=20)
    wire.play("""
        0      us.write 100
        0      ==> ACK  1:101  ack=1
        2700   ==> ACK  1:101  ack=1
        8100   ==> ACK  1:101  ack=1
        18900  ==> ACK  1:101  ack=1
        40500  ==> ACK  1:101  ack=1
        83700  ==> ACK  1:101  ack=1
        143700 ==> ACK  1:101  ack=1
        203700 ==> ACK  1:101  ack=1
        203700 us.timer rexmit 60000
    """)


@proves("RFC6298-5.3", "RFC6298-5.2")
def test_the_timer_runs_from_the_last_ack_of_new_data(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 2000
        0     ==> ACK  1:1001     ack=1
        0     ==> ACK  1001:2001  ack=1
        600   <== ACK  1          ack=1001
        600   us.timer rexmit 1000
        700   <== ACK  1          ack=1001
        700   us.timer rexmit 900
        1600  ==> ACK  1001:2001  ack=1
        1650  <== ACK  1          ack=2001
        1650  us.timer none
    """)


@proves("RFC6298-3-1", "RFC6298-5.5")
def test_the_backed_off_timeout_holds_until_a_fresh_sample(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 100
        0     ==> ACK  1:101    ack=1
        1000  ==> ACK  1:101    ack=1
        3000  ==> ACK  1:101    ack=1
        3100  <== ACK  1        ack=101
        3100  us.write 100
        3100  ==> ACK  101:201  ack=1
        3100  us.timer rexmit 4000
        3200  <== ACK  1        ack=201
        3200  us.write 100
        3200  ==> ACK  201:301  ack=1
        3200  us.timer rexmit 1000
    """)


@proves("RFC6298-3-1", "RFC6298-2.1")
def test_a_syn_that_went_out_again_in_a_crossed_opening_is_not_timed(wire):
    wire.syn_sent(tcp_timestamps=0)
    wire.play("""
        500  <== SYN      0  mss=1000
        500  ==> SYN ACK  0  ack=1
        700  <== ACK      1  ack=1
        700  us.state ESTABLISHED
        700  us.info rtt=0 rto=1000000
    """)
