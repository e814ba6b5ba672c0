"""The congestion window without loss, and what a timeout makes of it (RFC 5681, 3.1 and 4.1; RFC
6928).
"""

from flights import acked, flight, written
from testing import proves


def opened(wire, initcwnd=10, **options):
    """ESTABLISHED, with segments of 100 bytes, a window of the peer that is never in the way,
    and a window of `initcwnd` segments to begin with.
    """
    options.setdefault("win", 20000)
    wire.opened(mss=100, tx_buffer=4096, configure={"initcwnd": initcwnd}, **options)


@proves("RFC5681-2-1", "RFC5681-3.1-1")
def test_ten_segments_are_the_first_window(wire):
    wire.opened(mss=100, win=20000, tx_buffer=4096)
    wire.play(written(0, 1, 2000, sent=1000))
    wire.play("""
        1     us.window cwnd=1000 ssthresh=-
        20    <== ACK 1 ack=101
        20    ==> ACK 1001:1101 ack=1
        20    ==> ACK 1101:1201 ack=1
    """)


@proves("RFC5681-2-1")
def test_the_first_window_is_no_more_than_14600_bytes(wire):
    wire.opened(mss=1460, win=20000)
    wire.play("0 us.window cwnd=14600")


@proves("RFC5681-2-1")
def test_timestamps_are_taken_off_the_first_window(wire):
    wire.opened(mss=1460, win=20000, offer="ts=0")
    wire.play("0 us.window cwnd=14480")


@proves("RFC5681-3.1-2", "RFC5681-2-1")
def test_the_first_window_is_a_setting_and_may_be_that_of_rfc_5681(wire):
    opened(wire, initcwnd=4)
    wire.play(written(0, 1, 1000, sent=400))
    wire.play("0 us.window cwnd=400")


@proves("RFC5681-2-1")
def test_the_peers_window_counts_when_it_is_the_smaller_one(wire):
    opened(wire, win=300)
    wire.play(written(0, 1, 1000, sent=300))
    wire.play("20 <== ACK 1 ack=101\n" + flight(20, 301, 401))
    wire.play("20 us.window cwnd=1000")


@proves("RFC5681-3.1-3")
def test_the_handshake_does_not_open_the_window_further(wire):
    wire.syn_sent(tx_buffer=4096, configure={"initcwnd": 2})
    wire.play("""
        30  <== SYN ACK 0 ack=1 mss=100 win=20000
        30  ==> ACK 1 ack=1
        30  us.window cwnd=200
    """)
    wire.play(written(30, 1, 1000, sent=200))


@proves("RFC5681-3.1-3")
def test_the_ack_of_our_syn_ack_does_not_open_the_window_further(wire):
    opened(wire, initcwnd=2)
    wire.play("0 us.window cwnd=200")
    wire.play(written(0, 1, 1000, sent=200))


@proves("RFC5681-3.1-4")
def test_after_a_lost_syn_the_first_window_is_one_segment(wire):
    wire.syn_sent(tx_buffer=4096)
    wire.play("""
        1000  ==> SYN 0
        1030  <== SYN ACK 0 ack=1 mss=100 win=20000
        1030  ==> ACK 1 ack=1
        1030  us.window cwnd=100
    """)
    wire.play(written(1030, 1, 1000, sent=100))


@proves("RFC5681-3.1-4")
def test_after_a_lost_syn_ack_the_first_window_is_one_segment(wire):
    wire.syn_received(mss=100, win=20000, tx_buffer=4096)
    wire.play("""
        1000  ==> SYN ACK 0 ack=1
        1030  <== ACK 1 ack=1
        1030  us.window cwnd=100
    """)
    wire.play(written(1030, 1, 1000, sent=100))


@proves("RFC5681-4.1-1")
def test_a_lost_syn_does_not_count_when_the_connection_was_idle(wire):
    """The restart window is the smaller of the two (RFC 5681, 4.1), and no segment was lost
    since.
    """
    wire.syn_sent(tx_buffer=4096)
    wire.play("""
        1000  ==> SYN 0
        1030  <== SYN ACK 0 ack=1 mss=100 win=20000
        1030  ==> ACK 1 ack=1
    """)
    wire.play(written(1030, 1, 100) + "\n1040 <== ACK 1 ack=101")
    wire.play(written(1040, 101, 200) + "\n1050 <== ACK 1 ack=301")
    wire.play("1050 us.window cwnd=300")
    wire.play(written(9000, 301, 1000, sent=300))


@proves("RFC5681-3.1-6")
def test_the_first_threshold_is_out_of_reach(wire):
    opened(wire)
    wire.play("0 us.window ssthresh=-")


@proves("RFC5681-3.1-8", "RFC5681-3.1-9", "RFC5681-3.1-1")
def test_slow_start_doubles_the_window_with_each_round_trip(wire):
    opened(wire, initcwnd=1)
    wire.play(written(0, 1, 3000, sent=100))
    wire.play(acked(20, 101) + "\n" + flight(20, 101, 301) + "\n20 us.window cwnd=200")
    wire.play("40 <== ACK 1 ack=201\n" + flight(40, 301, 501))
    wire.play("40 <== ACK 1 ack=301\n" + flight(40, 501, 701) + "\n40 us.window cwnd=400")
    for n in range(4):
        a = 401 + 100 * n
        b = 701 + 200 * n
        wire.play("60 <== ACK 1 ack=%d\n%s" % (a, flight(60, b, b + 200)))
    wire.play("60 us.window cwnd=800")


@proves("RFC5681-3.1-9")
def test_an_ack_of_several_segments_opens_the_window_by_one(wire):
    opened(wire, initcwnd=4)
    wire.play(written(0, 1, 3000, sent=400))
    wire.play("20 <== ACK 1 ack=401\n" + flight(20, 401, 901) + "\n20 us.window cwnd=500")


@proves("RFC5681-3.1-9")
def test_an_ack_of_a_part_of_a_segment_opens_the_window_by_that(wire):
    opened(wire, initcwnd=4)
    wire.play(written(0, 1, 3000, sent=400))
    wire.play("""
        20  <== ACK 1 ack=41
        20  us.window cwnd=440
        21  <== ACK 1 ack=101
        21  ==> ACK 401:501 ack=1
        21  ==> ACK 501:601 ack=1
        21  us.window cwnd=500
    """)


@proves("RFC5681-3.1-9")
def test_the_window_does_not_open_by_what_it_did_not_let_through(wire):
    """Nobody knows whether the path carries a window that was never full."""
    opened(wire)
    wire.play(written(0, 1, 300) + "\n20 <== ACK 1 ack=301")
    wire.play(written(20, 301, 400) + "\n40 <== ACK 1 ack=701")
    wire.play("40 us.window cwnd=1000")


@proves("RFC5681-3.1-9")
def test_acks_that_come_together_open_the_window_one_by_one(wire):
    """What waits goes out when all of them are read; until then little is in flight."""
    opened(wire, initcwnd=8)
    wire.play(written(0, 1, 3000, sent=800))
    wire.play("\n".join("20 <== ACK 1 ack=%d" % (101 + 100 * n) for n in range(8)) + "\n"
              + flight(20, 801, 2401) + "\n20 us.window cwnd=1600")


@proves("RFC5681-3.1-9")
def test_a_full_ring_is_no_reason_to_open_the_window(wire):
    """The peer's window holds the text back."""
    opened(wire, win=500)
    wire.play(written(0, 1, 3000, sent=500))
    wire.play("20 <== ACK 1 ack=201\n" + flight(20, 501, 701) + "\n20 us.window cwnd=1000")


def after_a_timeout(wire, **options):
    """Ten segments were out and the timer ended: the threshold is five segments, all of what was
    out is acknowledged by one ACK, the window is two segments.  The time is 1020, numbers go on
    from 1001.
    """
    opened(wire, **options)
    wire.play(written(0, 1, 1000))
    wire.play("""
        1000  ==> ACK 1:101 ack=1
        1000  us.window cwnd=100 ssthresh=500
        1020  <== ACK 1 ack=1001
        1020  us.window cwnd=200 ssthresh=500
    """)


@proves("RFC5681-3.1-14", "RFC5681-3.1-15", "RFC5681-3.1-7")
def test_a_timeout_halves_what_is_in_flight_and_not_the_window(wire):
    opened(wire)
    wire.play(written(0, 1, 600))
    wire.play("""
        0     us.window cwnd=1000
        1000  ==> ACK 1:101 ack=1
        1000  us.window cwnd=100 ssthresh=300
        1020  <== ACK 1 ack=601
    """)


@proves("RFC5681-3.1-14")
def test_the_threshold_is_never_less_than_two_segments(wire):
    opened(wire)
    wire.play(written(0, 1, 300))
    wire.play("""
        1000  ==> ACK 1:101 ack=1
        1000  us.window cwnd=100 ssthresh=200
        1020  <== ACK 1 ack=301
    """)


@proves("RFC5681-3.1-16", "RFC5681-3.1-15")
def test_a_second_timeout_of_the_same_segment_leaves_the_threshold(wire):
    opened(wire)
    wire.play(written(0, 1, 1000))
    wire.play("""
        1000  ==> ACK 1:101 ack=1
        1000  us.window cwnd=100 ssthresh=500
        3000  ==> ACK 1:101 ack=1
        3000  us.window cwnd=100 ssthresh=500
        3020  <== ACK 1 ack=1001
    """)


@proves("RFC5681-4.3-2", "RFC5681-3.1-7")
def test_a_timeout_of_what_was_sent_again_lowers_the_threshold_again(wire):
    """The second one is of another segment: the third of four that were lost."""
    opened(wire)
    wire.play(written(0, 1, 1000))
    wire.play("1000 ==> ACK 1:101 ack=1\n1020 <== ACK 1 ack=101\n" + flight(1020, 101, 301))
    wire.play("1040 <== ACK 1 ack=201\n" + flight(1040, 301, 501))
    wire.play("""
        1040  us.window cwnd=300 ssthresh=500
        3040  ==> ACK 201:301 ack=1
        3040  us.window cwnd=100 ssthresh=200
        3060  <== ACK 1 ack=1001
    """)


@proves("RFC5681-3.1-8", "RFC5681-3.1-15", "RFC5681-3.1-1")
def test_after_a_timeout_the_window_opens_slowly_up_to_the_threshold(wire):
    opened(wire)
    wire.play(written(0, 1, 1000))
    wire.play("1000 ==> ACK 1:101 ack=1\n1020 <== ACK 1 ack=101\n" + flight(1020, 101, 301))
    wire.play("1040 <== ACK 1 ack=201\n" + flight(1040, 301, 501))
    wire.play("1040 <== ACK 1 ack=301\n" + flight(1040, 501, 701))
    wire.play("1040 us.window cwnd=400 ssthresh=500")
    wire.play("1060 <== ACK 1 ack=401\n" + flight(1060, 701, 901))
    wire.play("1060 us.window cwnd=500")
    wire.play("1060 <== ACK 1 ack=501\n" + flight(1060, 901, 1001))
    wire.play("1060 us.window cwnd=500\n1080 <== ACK 1 ack=1001")


@proves("RFC5681-3.1-10", "RFC5681-3.1-11", "RFC5681-3.1-12")
def test_avoidance_adds_one_segment_for_each_window_that_was_acknowledged(wire):
    after_a_timeout(wire)
    at, una, sent, cwnd = 1020, 1001, 1001, 200
    credit = 0
    wire.play(written(at, una, 4000, sent=200))
    sent += 200
    for _ in range(30):
        at += 20
        una += 100
        if cwnd < 500:
            cwnd += 100
        else:
            credit += 100
            if credit >= cwnd:
                credit -= cwnd
                cwnd += 100
        last = min(una + cwnd, 5001)
        wire.play("%d <== ACK 1 ack=%d\n%s" % (at, una, flight(at, sent, last)))
        wire.play("%d us.window cwnd=%d ssthresh=500" % (at, cwnd))
        sent = last
    assert cwnd == 900, cwnd


@proves("RFC5681-3.1-11", "RFC5681-3.1-12")
def test_many_small_acks_open_the_window_no_faster(wire):
    after_a_timeout(wire)
    wire.play(written(1020, 1001, 4000, sent=200))
    wire.play("1040 <== ACK 1 ack=1101\n" + flight(1040, 1201, 1401))
    wire.play("1040 <== ACK 1 ack=1201\n" + flight(1040, 1401, 1601))
    wire.play("1060 <== ACK 1 ack=1301\n" + flight(1060, 1601, 1801))
    wire.play("1060 us.window cwnd=500")
    number, sent = 1301, 1801
    while number < 1791:
        number += 10
        last = sent + 100 if number + 500 >= sent + 100 else sent
        wire.play("1080 <== ACK 1 ack=%d\n%s" % (number, flight(1080, sent, last)))
        sent = last
        wire.play("1080 us.window cwnd=500")
    wire.play("1080 <== ACK 1 ack=1801\n" + flight(1080, sent, 2401))
    wire.play("1080 us.window cwnd=600")


def opened_further(wire):
    """From two segments the window grew to four; the last one was sent at 20."""
    wire.play(written(0, 1, 200) + "\n20 <== ACK 1 ack=201")
    wire.play(written(20, 201, 300) + "\n40 <== ACK 1 ack=501")


@proves("RFC5681-4.1-1")
def test_after_an_idle_time_the_window_is_the_first_one_again(wire):
    opened(wire, initcwnd=2)
    opened_further(wire)
    wire.play("40 us.window cwnd=400")
    wire.play(written(1021, 501, 1000, sent=200))
    wire.play("1021 us.window cwnd=200")


@proves("RFC5681-4.1-1")
def test_an_rto_of_silence_is_not_yet_an_idle_time(wire):
    opened(wire, initcwnd=2)
    opened_further(wire)
    wire.play(written(1020, 501, 1000, sent=400))


@proves("RFC5681-4.1-1")
def test_an_idle_time_opens_no_window_that_was_smaller(wire):
    after_a_timeout(wire)
    wire.play(written(5000, 1001, 1000, sent=200))


@proves("RFC5681-4.1-1")
def test_the_window_after_an_idle_time_is_a_setting(wire):
    opened(wire, initcwnd=2, tcp_slow_start_after_idle=0)
    opened_further(wire)
    wire.play(written(9000, 501, 1000, sent=400))


@proves("RFC5681-4.1-1")
def test_after_an_idle_time_no_ack_from_before_it_opens_the_window(wire):
    after_a_timeout(wire)
    wire.play(written(1020, 1001, 750, sent=200))
    wire.play("1040 <== ACK 1 ack=1101\n" + flight(1040, 1201, 1401))
    wire.play("1040 <== ACK 1 ack=1201\n" + flight(1040, 1401, 1601))
    wire.play("1060 <== ACK 1 ack=1301\n" + flight(1060, 1601, 1751))
    wire.play("1060 us.window cwnd=500\n1080 <== ACK 1 ack=1751")  # 450 of 500
    wire.net.config(initcwnd=2)
    wire.play(written(3000, 1751, 2000, sent=200))
    for number in (1851, 1951, 2051):
        first = 2 * number - 1751
        wire.play("3020 <== ACK 1 ack=%d\n" % number + flight(3020, first, first + 200))
    wire.play("3020 us.window cwnd=500 ssthresh=500")
    wire.play("3040 <== ACK 1 ack=2151\n" + flight(3040, 2551, 2651))
    wire.play("3040 us.window cwnd=500")


@proves("RFC5681-4.1-1")
def test_idle_is_counted_from_the_last_segment_that_was_sent(wire):
    """Also when that one was not timed, because a loss was being repaired."""
    opened(wire, initcwnd=1)
    wire.play("0 us.write 700\n0 ==> ACK 1:101 ack=1\n20 <== ACK 1 ack=101\n"
              + flight(20, 101, 301))
    wire.play("40 <== ACK 1 ack=301\n" + flight(40, 301, 601))
    wire.play("1040 ==> ACK 301:401 ack=1\n1060 <== ACK 1 ack=401\n" + flight(1060, 401, 601))
    wire.play("1080 <== ACK 1 ack=501\n" + flight(1080, 601, 701) + "\n1100 <== ACK 1 ack=701")
    wire.play("1100 us.window cwnd=300\n1100 us.timer none")
    wire.play(written(3080, 701, 1000, sent=300))  # the RTO is 2000: nothing was measured since
