"""Fast retransmit and fast recovery without SACK (RFC 5681, 3.2; RFC 6582), limited transmit (RFC
3042) and early retransmit (RFC 5827).
"""

from flights import acked, flight, written
from testing import proves


def ten_out(wire, waiting=0, **options):
    """ESTABLISHED; ten segments of 100 bytes are out, the whole window, `waiting` bytes wait."""
    options.setdefault("win", 20000)
    wire.opened(mss=100, tx_buffer=4096, **options)
    wire.play(written(0, 1, 1000 + waiting, sent=1000))


def recovering(wire, waiting=0, **options):
    """The first of ten segments was lost, three duplicate ACKs came at 20.  ssthresh is five
    segments; 1001:1201 went out by limited transmit when that waited.
    """
    ten_out(wire, waiting, **options)
    wire.play(acked(20, 1, 2) + "\n" + flight(20, 1001, 1001 + min(waiting, 200)))
    wire.play("21 <== ACK 1 ack=1\n21 ==> ACK 1:101 ack=1")


@proves("RFC5681-3.2-3", "RFC5681-3.2-7", "RFC5681-3.2-8", "RFC6582-3.2-1", "RFC5681-3.1-7")
def test_the_third_duplicate_sends_the_first_segment_again_at_once(wire):
    """It is the first text of the connection: recover, the initial number, is covered."""
    ten_out(wire)
    wire.play(acked(20, 1, 2))
    wire.play("""
        20  us.window cwnd=1000 ssthresh=-
        21  <== ACK 1 ack=1
        21  ==> ACK 1:101 ack=1
        21  us.window cwnd=800 ssthresh=500
        21  us.stat TCPFastRetrans 1
        21  us.stat TCPRenoRecovery 1
        21  us.timer rexmit 1000
    """)


@proves("RFC3042-2-1", "RFC3042-2-2", "RFC5681-3.2-4", "RFC5681-3.2-5")
def test_the_first_two_duplicates_release_a_new_segment_each(wire):
    ten_out(wire, 1000)
    wire.play("""
        20  <== ACK 1 ack=1
        20  ==> ACK 1001:1101 ack=1
        20  us.window cwnd=1000
        21  <== ACK 1 ack=1
        21  ==> ACK 1101:1201 ack=1
        21  us.window cwnd=1000
    """)


@proves("RFC3042-2-1", "RFC5681-3.2-4")
def test_limited_transmit_keeps_to_the_peers_window(wire):
    ten_out(wire, 1000, win=1100)
    wire.play("""
        20  <== ACK 1 ack=1
        20  ==> ACK 1001:1101 ack=1
        21  <== ACK 1 ack=1
        22  <== ACK 1 ack=1
        22  ==> ACK 1:101 ack=1
    """)


@proves("RFC5681-3.2-7")
def test_what_limited_transmit_sent_does_not_count_as_in_flight(wire):
    ten_out(wire, 1000)
    wire.play(acked(20, 1, 2) + "\n" + flight(20, 1001, 1201))
    wire.play("21 <== ACK 1 ack=1\n21 ==> ACK 1:101 ack=1\n21 us.window cwnd=800 ssthresh=500")


@proves("RFC5681-3.2-7", "RFC5681-4.3-1")
def test_the_threshold_of_a_recovery_is_half_of_what_is_in_flight(wire):
    wire.opened(mss=100, tx_buffer=4096, win=20000)
    wire.play(written(0, 1, 600) + "\n" + acked(20, 1, 3) + "\n20 ==> ACK 1:101 ack=1")
    wire.play("20 us.window cwnd=600 ssthresh=300")


@proves("RFC5681-3.2-9", "RFC5681-3.2-11")
def test_each_further_duplicate_inflates_the_window_and_may_release_text(wire):
    recovering(wire, 2000)
    wire.play(acked(22, 1, 4) + "\n22 us.window cwnd=1200")
    wire.play("""
        23  <== ACK 1 ack=1
        23  ==> ACK 1201:1301 ack=1
        23  us.window cwnd=1300
        24  <== ACK 1 ack=1
        24  ==> ACK 1301:1401 ack=1
    """)


@proves("RFC5681-3.2-11")
def test_in_a_recovery_the_peers_window_still_counts(wire):
    recovering(wire, 2000, win=1250)
    wire.play(acked(22, 1, 6))
    wire.play("22 us.window cwnd=1400")


@proves("RFC5681-3.2-10")
def test_forged_duplicates_do_not_inflate_the_window_for_ever(wire):
    recovering(wire)
    wire.play(acked(22, 1, 40) + "\n22 us.window cwnd=1500")


@proves("RFC6582-3.2-3", "RFC5681-4.3-1")
def test_the_ack_of_everything_deflates_the_window_to_the_threshold(wire):
    """In flight are five segments that the inflated window let out."""
    recovering(wire, 2000)
    wire.play(acked(22, 1, 7) + "\n" + flight(22, 1201, 1501))
    wire.play("40 <== ACK 1 ack=1201\n" + flight(40, 1501, 1601))
    wire.play("40 us.window cwnd=400 ssthresh=500")


@proves("RFC6582-3.2-3")
def test_after_a_recovery_with_nothing_in_flight_no_burst_follows(wire):
    recovering(wire)
    wire.play("40 <== ACK 1 ack=1001\n40 us.window cwnd=200 ssthresh=500")
    wire.play(written(40, 1001, 1000, sent=200))


@proves("RFC6582-3.2-4", "RFC5681-4.3-1")
def test_a_partial_ack_sends_the_next_hole_and_deflates_the_window(wire):
    recovering(wire)
    wire.play("""
        40  <== ACK 1 ack=301
        40  ==> ACK 301:401 ack=1
        40  us.window cwnd=600 ssthresh=500      # 800 - 300 + 100
        60  <== ACK 1 ack=701
        60  ==> ACK 701:801 ack=1
        60  us.window cwnd=300
        80  <== ACK 1 ack=1001
        80  us.stat TCPRenoRecovery 1
        80  us.stat TCPTimeouts 0
    """)


@proves("RFC6582-3.2-4")
def test_a_partial_ack_of_less_than_a_segment_adds_nothing_back(wire):
    recovering(wire)
    wire.play("""
        40  <== ACK 1 ack=41
        40  ==> ACK 41:141 ack=1
        40  us.window cwnd=760
    """)


@proves("RFC6582-3.2-4")
def test_a_partial_ack_releases_text_when_the_window_allows(wire):
    """Cwnd is 1200 - 100 + 100, SND.UNA 101: the window ends at 1301."""
    recovering(wire, 2000)
    wire.play(acked(22, 1, 4))
    wire.play("40 <== ACK 1 ack=101\n40 ==> ACK 101:201 ack=1\n" + flight(40, 1201, 1301))


@proves("RFC6582-3.2-5", "RFC6298-5.3")
def test_the_first_partial_ack_starts_the_timer_again_and_later_ones_do_not(wire):
    recovering(wire)
    wire.play("""
        100   <== ACK 1 ack=201
        100   ==> ACK 201:301 ack=1
        100   us.timer rexmit 1000
        200   <== ACK 1 ack=401
        200   ==> ACK 401:501 ack=1
        200   us.timer rexmit 900
        300   <== ACK 1 ack=601
        300   ==> ACK 601:701 ack=1
        1100  ==> ACK 601:701 ack=1
        1100  us.window cwnd=100 ssthresh=200
        1120  <== ACK 1 ack=1001
    """)


@proves("RFC6582-3.2-2", "RFC6582-4-1")
def test_duplicates_of_the_recovery_point_start_no_second_recovery(wire):
    """They came from what was sent again and was not missing."""
    recovering(wire, 2000)
    wire.play("40 <== ACK 1 ack=1201\n" + flight(40, 1201, 1401) + "\n40 us.window cwnd=200")
    wire.play(acked(50, 1201, 5))
    wire.play("50 us.stat TCPRenoRecovery 1\n50 us.window cwnd=200")


@proves("RFC6582-3.2-2")
def test_a_loss_behind_the_recovery_point_starts_a_second_recovery(wire):
    recovering(wire, 2000)
    wire.play(acked(22, 1, 8) + "\n" + flight(22, 1201, 1601))
    wire.play("40 <== ACK 1 ack=1201\n" + flight(40, 1601, 1701))
    wire.play("40 us.window cwnd=500")
    wire.play("41 <== ACK 1 ack=1301\n" + flight(41, 1701, 1801))
    wire.play(acked(50, 1301, 2) + "\n" + flight(50, 1801, 2001))
    wire.play("50 <== ACK 1 ack=1301\n50 ==> ACK 1301:1401 ack=1")
    wire.play("50 us.stat TCPRenoRecovery 2\n50 us.window cwnd=550 ssthresh=250")


@proves("RFC6582-3.2-6", "RFC5681-4.3-2", "RFC6298-5.4", "RFC5681-3.1-15")
def test_a_timeout_ends_a_recovery_and_lowers_the_threshold_again(wire):
    recovering(wire)
    wire.play("""
        21    us.window cwnd=800 ssthresh=500
        1021  ==> ACK 1:101 ack=1
        1021  us.window cwnd=100 ssthresh=400
        1040  <== ACK 1 ack=501
        1040  ==> ACK 501:601 ack=1
        1040  ==> ACK 601:701 ack=1
        1040  us.window cwnd=200
        1060  <== ACK 1 ack=1001
    """)


@proves("RFC6582-4-1", "RFC6582-3.2-6")
def test_duplicates_after_a_timeout_start_no_recovery(wire):
    ten_out(wire)
    wire.play("1000 ==> ACK 1:101 ack=1\n" + acked(1001, 1, 9))
    wire.play("1001 us.stat TCPRenoRecovery 0\n1001 us.window cwnd=100")
    wire.play("1020 <== ACK 1 ack=101\n" + flight(1020, 101, 301) + "\n" + acked(1021, 101, 5))
    wire.play("1021 us.window cwnd=200 ssthresh=500\n1040 <== ACK 1 ack=1001")
    wire.play(written(1040, 1001, 1000, sent=300) + "\n" + acked(1041, 1001, 5))
    wire.play("1041 us.stat TCPRenoRecovery 0")


@proves("RFC6582-3.2-2")
def test_once_more_than_the_recovery_point_is_covered_duplicates_count_again(wire):
    ten_out(wire)
    wire.play("1000 ==> ACK 1:101 ack=1\n1020 <== ACK 1 ack=1001")
    wire.play(written(1020, 1001, 1000, sent=200) + "")
    wire.play("1040 <== ACK 1 ack=1101\n" + flight(1040, 1201, 1401))
    wire.play("1041 <== ACK 1 ack=1201\n" + flight(1041, 1401, 1601))
    wire.play(acked(1060, 1201, 2) + "\n" + flight(1060, 1601, 1801))
    wire.play("1061 <== ACK 1 ack=1201\n1061 ==> ACK 1201:1301 ack=1")


@proves("RFC5681-2-2")
def test_an_ack_that_moves_the_window_is_no_duplicate(wire):
    ten_out(wire)
    wire.play("20 <== ACK 1 ack=1 win=19000\n21 <== ACK 1 ack=1 win=18000")
    wire.play("22 <== ACK 1 ack=1 win=17000\n23 <== ACK 1 ack=1 win=16000")
    wire.play("23 us.window cwnd=1000 ssthresh=-\n24 us.stat RetransSegs 0")


@proves("RFC5681-2-2")
def test_an_ack_with_text_is_no_duplicate(wire):
    ten_out(wire)
    wire.play("20 <== ACK 1:11 ack=1\n20 <== ACK 11:21 ack=1\n20 <== ACK 21:31 ack=1")
    wire.play("21 <== ACK 31:41 ack=1\n60 ==> ACK 1001 ack=41\n60 us.stat RetransSegs 0")


@proves("RFC5681-2-2")
def test_a_fin_is_no_duplicate_ack(wire):
    ten_out(wire)
    wire.play(acked(20, 1, 2) + "\n20 <== FIN ACK 1 ack=1\n20 ==> ACK 1001 ack=2")
    wire.play("20 us.stat RetransSegs 0\n21 <== ACK 2 ack=1\n21 ==> ACK 1:101 ack=2")


@proves("RFC5681-2-2")
def test_with_nothing_outstanding_there_are_no_duplicates(wire):
    wire.opened(mss=100, tx_buffer=4096, win=20000)
    wire.play(acked(0, 1, 5))
    wire.play(written(1, 1, 1000) + "\n2 <== ACK 1 ack=1\n3 us.stat RetransSegs 0")


@proves("RFC5681-2-2", "RFC6675-5-2")
def test_an_ack_of_new_text_begins_the_count_anew(wire):
    ten_out(wire)
    wire.play(acked(20, 1, 2) + "\n21 <== ACK 1 ack=101\n" + acked(22, 101, 2))
    wire.play("22 us.stat RetransSegs 0\n23 <== ACK 1 ack=101\n23 ==> ACK 101:201 ack=1")


@proves("RFC6298-5", "RFC6298-5.3")
def test_after_a_fast_retransmit_a_whole_rto_passes_before_the_next(wire):
    ten_out(wire)
    wire.play(acked(900, 1, 3) + "\n900 ==> ACK 1:101 ack=1\n900 us.timer rexmit 1000")
    wire.play("1900 ==> ACK 1:101 ack=1\n1920 <== ACK 1 ack=1001")


@proves("RFC5681-3.2-3")
def test_a_fin_that_was_lost_is_sent_again_by_its_timer_alone(wire):
    """Behind it nothing comes that could draw duplicates."""
    wire.opened(mss=100, tx_buffer=4096, win=20000)
    wire.play(written(0, 1, 400) + "\n0 us.close\n0 ==> FIN ACK 401 ack=1\n20 <== ACK 1 ack=401")
    wire.play("1020 ==> FIN ACK 401 ack=1\n1040 <== ACK 1 ack=402\n1040 us.state FIN_WAIT_2")


@proves("RFC5681-3.2-3", "RFC6582-3.2-4")
def test_a_recovery_goes_on_while_the_connection_closes(wire):
    ten_out(wire)
    wire.play("5 us.close\n" + acked(20, 1, 3) + "\n20 ==> ACK 1:101 ack=1")
    wire.play(acked(21, 1, 3) + "\n21 ==> FIN ACK 1001 ack=1")
    wire.play("40 <== ACK 1 ack=901\n40 ==> FIN ACK 901:1001 ack=1")
    wire.play("60 <== ACK 1 ack=1002\n60 us.state FIN_WAIT_2")


@proves("RFC5681-3.2-8")
def test_a_busy_link_delays_a_fast_retransmit_and_does_not_lose_it(wire):
    ten_out(wire)
    wire.play(acked(20, 1, 2) + "\n20 us.refuse 1\n21 <== ACK 1 ack=1\n21 ==> ACK 1:101 ack=1")
    wire.play("40 us.refuse 1\n40 <== ACK 1 ack=501\n40 ==> ACK 501:601 ack=1")


@proves("RFC5681-3.2-8")
def test_a_link_that_is_busy_with_another_frame_delays_it_too(wire):
    """The ACK of the text that came is still in the buffer when the third duplicate asks for the
    retransmission.
    """
    ten_out(wire)
    wire.play(acked(20, 1, 2))
    wire.play("""
        21  us.refuse 1
        21  <== ACK 11:21 ack=1
        21  <== ACK 1 ack=1
        21  ==> ACK 1001  ack=1
        21  ==> ACK 1:101 ack=1
    """)


@proves("RFC5681-3.2-12")
def test_reno_ends_its_recovery_with_the_first_ack_of_new_text(wire):
    recovering(wire, 2000, tcp_congestion_control="reno")
    wire.play("40 <== ACK 1 ack=501\n40 us.window cwnd=500 ssthresh=500")
    wire.play("60 <== ACK 1 ack=1201\n" + flight(60, 1201, 1801))
    wire.play("60 us.window cwnd=600")


@proves("RFC5681-3.2-3")
def test_two_segments_out_need_one_duplicate(wire):
    """Early retransmit, RFC 5827, 3.1: as many duplicates as segments that can draw one."""
    wire.opened(mss=100, tx_buffer=4096, win=20000)
    wire.play(written(0, 1, 200) + "\n20 <== ACK 1 ack=1\n20 ==> ACK 1:101 ack=1")
    wire.play("20 us.window ssthresh=200 cwnd=300\n40 <== ACK 1 ack=201")


@proves("RFC5681-3.2-3")
def test_three_segments_out_need_two_duplicates(wire):
    wire.opened(mss=100, tx_buffer=4096, win=20000)
    wire.play(written(0, 1, 300) + "\n20 <== ACK 1 ack=1\n20 us.stat RetransSegs 0")
    wire.play("21 <== ACK 1 ack=1\n21 ==> ACK 1:101 ack=1\n40 <== ACK 1 ack=301")


@proves("RFC5681-3.2-3")
def test_four_segments_out_need_three_duplicates(wire):
    wire.opened(mss=100, tx_buffer=4096, win=20000)
    wire.play(written(0, 1, 400) + "\n" + acked(20, 1, 2) + "\n20 us.stat RetransSegs 0")
    wire.play("21 <== ACK 1 ack=1\n21 ==> ACK 1:101 ack=1\n40 <== ACK 1 ack=401")


@proves("RFC5681-3.2-3", "RFC6298-5.3")
def test_a_lone_segment_is_not_sent_again_early(wire):
    """What repeats the ACK cannot have been drawn by it."""
    wire.opened(mss=100, tx_buffer=4096, win=20000)
    wire.play(written(0, 1, 100) + "\n" + acked(20, 1, 2) + "\n20 us.stat RetransSegs 0")
    wire.play("1000 ==> ACK 1:101 ack=1\n1020 <== ACK 1 ack=101")


@proves("RFC3042-2-1")
def test_something_new_goes_before_an_early_retransmission(wire):
    wire.opened(mss=100, tx_buffer=4096, win=20000, configure={"initcwnd": 2})
    wire.play(written(0, 1, 1000, sent=200) + "\n20 <== ACK 1 ack=1\n20 ==> ACK 201:301 ack=1")
    wire.play("21 <== ACK 1 ack=1\n21 ==> ACK 301:401 ack=1\n21 us.stat RetransSegs 0")
    wire.play("22 <== ACK 1 ack=1\n22 ==> ACK 1:101 ack=1\n22 ==> ACK 401:501 ack=1")


@proves("RFC5681-3.2-3")
def test_early_retransmit_can_be_switched_off(wire):
    wire.opened(mss=100, tx_buffer=4096, win=20000, tcp_early_retrans=0)
    wire.play(written(0, 1, 300) + "\n" + acked(20, 1, 2) + "\n21 us.stat RetransSegs 0")
    wire.play("1000 ==> ACK 1:101 ack=1\n1020 <== ACK 1 ack=301")
