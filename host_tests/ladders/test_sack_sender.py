"""Selective acknowledgments, as the sender uses them (RFC 2018, 5; RFC 6675; RFC 2883, 5)."""

from flights import flight, written
from testing import proves


def ten_out(wire, waiting=0, **options):
    """ESTABLISHED after a round trip of 100 ms; ten segments of 100 bytes, the whole window, are
    out since 0 and `waiting` bytes wait.
    """
    options.setdefault("win", 20000)
    wire.connected(mss=100, rtt=100, offer="sackok", tx_buffer=4096, **options)
    begin(wire)
    wire.play(written(0, 1, 1000 + waiting, sent=1000))


def begin(wire):
    """What the opening left of its time does not count."""
    wire.mark()


def sacks(at, ack, *blocks):
    """One ACK at `at` for each of the blocks, which it reports alone."""
    return "\n".join("%d <== ACK 1 ack=%d sack=%s" % (at, ack, block) for block in blocks)


def recovering(wire, waiting=0, **options):
    """The first of ten was lost, the next three have arrived at 100: recovery with five segments.
    Limited transmit has sent 1001:1201 when that waited.
    """
    ten_out(wire, waiting, **options)
    wire.play(sacks(100, 1, "101:201", "101:301") + "\n"
              + flight(100, 1001, 1001 + min(waiting, 200)))
    wire.play("100 <== ACK 1 ack=1 sack=101:401\n100 ==> ACK 1:101 ack=1")


@proves("RFC6675-5-3", "RFC6675-4-3", "RFC2018-5-1", "RFC5681-4.3-1", "RFC6675-4-1")
def test_three_segments_behind_a_hole_start_a_recovery(wire):
    ten_out(wire)
    wire.play(sacks(100, 1, "101:201", "101:301"))
    wire.play("""
        100  us.window cwnd=1000 ssthresh=-
        101  <== ACK 1 ack=1 sack=101:401
        101  ==> ACK 1:101 ack=1
        101  us.window cwnd=500 ssthresh=500
        101  us.stat TCPSackRecovery 1
        101  us.stat TCPFastRetrans 1
    """)


@proves("RFC6675-5-3", "RFC6675-4-3")
def test_one_ack_may_tell_that_a_segment_is_lost(wire):
    """More than two segments are held above it: the other ACKs got lost."""
    ten_out(wire)
    wire.play("100 <== ACK 1 ack=1 sack=101:401\n100 ==> ACK 1:101 ack=1")


@proves("RFC6675-4-3")
def test_two_segments_above_a_hole_are_not_enough(wire):
    ten_out(wire)
    wire.play("100 <== ACK 1 ack=1 sack=101:301\n100 us.stat RetransSegs 0")


@proves("RFC6675-4-3", "RFC6675-5-3")
def test_three_pieces_above_a_hole_are_enough_however_small(wire):
    ten_out(wire)
    wire.play(sacks(100, 1, "101:111,301:311") + "\n100 us.stat RetransSegs 0")
    wire.play("101 <== ACK 1 ack=1 sack=501:511\n101 ==> ACK 1:101 ack=1")


@proves("RFC2018-5.1-1", "RFC3042-2-1", "RFC6675-5-4", "RFC3042-2-2")
def test_news_of_one_segment_releases_one_segment(wire):
    ten_out(wire, 1000)
    wire.play("""
        100  <== ACK 1 ack=1 sack=101:201
        100  ==> ACK 1001:1101 ack=1
        100  us.window cwnd=1000
        101  <== ACK 1 ack=1 sack=101:301
        101  ==> ACK 1101:1201 ack=1
        101  us.stat RetransSegs 0
    """)


@proves("RFC3042-2-3", "RFC5681-3.2-6", "RFC5681-2-2", "RFC6675-5-2")
def test_a_duplicate_without_news_counts_for_nothing(wire):
    ten_out(wire, 1000)
    wire.play("""
        100  <== ACK 1 ack=1
        100  <== ACK 1 ack=1
        100  <== ACK 1 ack=1
        101  <== ACK 1 ack=1 sack=101:201
        101  ==> ACK 1001:1101 ack=1
        102  <== ACK 1 ack=1 sack=101:201
        103  <== ACK 1 ack=1 sack=101:151
        104  <== ACK 1 ack=1 sack=101:201
        104  us.stat RetransSegs 0
    """)


@proves("RFC6675-5-7", "RFC6675-4-4", "RFC6675-4-6", "RFC6675-5-6")
def test_in_a_recovery_what_left_the_network_lets_something_new_in(wire):
    """Twelve out, three held, one lost and sent again: nine in the network, and five may be."""
    recovering(wire, 2000)
    wire.play(sacks(101, 1, "101:501", "101:601", "101:701", "101:801"))
    wire.play("102 <== ACK 1 ack=1 sack=101:901\n102 ==> ACK 1201:1301 ack=1")
    wire.play("103 <== ACK 1 ack=1 sack=101:1101\n" + flight(103, 1301, 1501))
    wire.play("103 us.window cwnd=500")


@proves("RFC6675-4-5", "RFC6675-4-1", "RFC6675-5-6")
def test_the_lowest_hole_that_is_lost_goes_first(wire):
    """1, 301 and 501 are lost.  Text that is new waits until they are sent again."""
    ten_out(wire, 1000)
    wire.play("100 <== ACK 1 ack=1 sack=101:301\n100 ==> ACK 1001:1101 ack=1")
    wire.play("""
        101  <== ACK 1 ack=1 sack=401:501,101:301
        101  ==> ACK 1:101 ack=1
        102  <== ACK 1 ack=1 sack=601:701,401:501,101:301
        103  <== ACK 1 ack=1 sack=601:801,401:501,101:301
        104  <== ACK 1 ack=1 sack=601:901,401:501,101:301
        104  ==> ACK 301:401 ack=1
        104  ==> ACK 501:601 ack=1
        105  <== ACK 1 ack=1 sack=601:1001,401:501,101:301
        105  ==> ACK 1101:1201 ack=1
    """)


@proves("RFC6675-4-7", "RFC6675-4-6")
def test_with_nothing_new_to_send_what_may_be_lost_is_sent_again(wire):
    """Behind 501:601 too little is held to say that 501 is lost; but the path has room."""
    ten_out(wire)
    wire.play("100 <== ACK 1 ack=1 sack=101:501\n100 ==> ACK 1:101 ack=1")
    wire.play("""
        101  <== ACK 1 ack=1 sack=601:701,101:501
        102  <== ACK 1 ack=1 sack=601:801,101:501
        102  ==> ACK 501:601 ack=1
    """)


@proves("RFC6675-4-8", "RFC6675-4-6")
def test_once_in_a_recovery_the_end_of_all_is_sent_again(wire):
    """Nothing is lost that was not sent again, nothing new waits, and the path has room: the last
    segment goes out once more, before an RTO would have to tell of its loss.
    """
    recovering(wire)
    wire.play(sacks(101, 1, "101:501", "101:601"))
    wire.play("102 <== ACK 1 ack=1 sack=101:701\n102 ==> ACK 901:1001 ack=1")
    wire.play(sacks(103, 1, "101:801", "101:901") + "\n103 us.stat TCPFastRetrans 2")
    wire.play("200 <== ACK 1 ack=1001")


@proves("RFC6675-4-8")
def test_the_rescue_is_the_highest_piece_that_the_peer_does_not_hold(wire):
    recovering(wire)
    wire.play("101 <== ACK 1 ack=1 sack=101:601\n101 us.stat TCPFastRetrans 1")
    wire.play("102 <== ACK 1 ack=1 sack=901:1001,101:601\n102 ==> ACK 601:701 ack=1")
    wire.play("103 <== ACK 1 ack=1 sack=901:1001,101:801\n"
              + flight(103, 801, 901) + "\n" + flight(103, 801, 901))
    wire.play("104 <== ACK 1 ack=101 sack=901:1001,101:801")


@proves("RFC6675-5-5", "RFC5681-4.3-1")
def test_the_ack_of_the_recovery_point_ends_the_recovery(wire):
    recovering(wire, 2000)
    wire.play("200 <== ACK 1 ack=1001\n" + flight(200, 1201, 1501))
    wire.play("201 <== ACK 1 ack=1101\n201 ==> ACK 1501:1601 ack=1")
    wire.play("202 <== ACK 1 ack=1201\n202 ==> ACK 1601:1701 ack=1")
    wire.play("202 us.window cwnd=500 ssthresh=500")


@proves("RFC6675-5-5")
def test_what_is_known_above_the_recovery_point_is_kept(wire):
    """1301:1401 was reported in the first recovery, two more pieces after it: that makes three."""
    recovering(wire, 2000)
    wire.play("101 <== ACK 1 ack=1 sack=101:1001\n" + flight(101, 1201, 1401))
    wire.play("150 <== ACK 1 ack=1 sack=1301:1401,101:1001\n150 ==> ACK 1401:1501 ack=1")
    wire.play("200 <== ACK 1 ack=1201\n" + flight(200, 1501, 1701))
    wire.play("201 <== ACK 1 ack=1201 sack=1501:1551\n201 ==> ACK 1701:1801 ack=1")
    wire.play("202 <== ACK 1 ack=1201 sack=1601:1651\n202 ==> ACK 1201:1301 ack=1")
    wire.play("202 us.stat TCPSackRecovery 2")


@proves("RFC2018-5-2", "RFC2018-5-3", "RFC2018-5.1-2", "RFC2018-8-3", "RFC6675-4-2")
def test_after_a_timeout_what_the_peer_said_it_holds_is_sent_again(wire):
    """It may have thrown that away; nothing was given up here before it was acknowledged."""
    ten_out(wire, tcp_early_retrans=0)
    wire.play("""
        100   <== ACK 1 ack=1 sack=101:301
        1000  ==> ACK 1:101 ack=1
        1100  <== ACK 1 ack=101
        1100  ==> ACK 101:201 ack=1
        1100  ==> ACK 201:301 ack=1
        1200  <== ACK 1 ack=1001
    """)


@proves("RFC6675-5.1-2", "RFC6675-5-1")
def test_what_is_reported_after_a_timeout_is_not_sent_again(wire):
    ten_out(wire)
    wire.play("""
        200   ==> ACK 901:1001 ack=1                   # the probe
        1200  ==> ACK 1:101 ack=1
        1300  <== ACK 1 ack=101 sack=201:401
        1300  ==> ACK 101:201 ack=1
        1400  <== ACK 1 ack=401 sack=501:801,901:1001
        1400  ==> ACK 401:501 ack=1
        1500  <== ACK 1 ack=801 sack=901:1001
        1500  ==> ACK 801:901 ack=1
        1600  <== ACK 1 ack=1001
        1600  us.stat RetransSegs 5
    """)


@proves("RFC6675-5.1-1", "RFC5681-4.3-2", "RFC6675-6-1", "RFC6298-5")
def test_a_timeout_ends_a_recovery_and_none_begins_before_its_point(wire):
    """What was sent again at 100 was lost too."""
    recovering(wire)
    wire.play("""
        100   us.timer rexmit 1000
        1100  ==> ACK 1:101 ack=1
        1100  us.window cwnd=100 ssthresh=250
        1101  <== ACK 1 ack=1 sack=401:501
        1101  <== ACK 1 ack=1 sack=601:701
        1101  <== ACK 1 ack=1 sack=801:901
        1102  us.stat TCPSackRecovery 1
        1200  <== ACK 1 ack=1001
        1200  us.window cwnd=200
    """)


@proves("RFC5681-4.3-2", "RFC5681-4.3-1")
def test_a_retransmission_that_new_text_overtook_was_lost_as_well(wire):
    """1201 and what follows went out after the copy of 1: three of them have arrived."""
    recovering(wire, 2000)
    wire.play("101 <== ACK 1 ack=1 sack=101:1201\n" + flight(101, 1201, 1601))
    wire.play("201 <== ACK 1 ack=1 sack=101:1401\n" + flight(201, 1601, 1801))
    wire.play("202 <== ACK 1 ack=1 sack=101:1501\n202 ==> ACK 1:101 ack=1")
    wire.play("202 us.window cwnd=250 ssthresh=250\n202 us.stat TCPSackRecovery 2")
    wire.play("302 <== ACK 1 ack=1501\n302 us.stat TCPTimeouts 0")


@proves("RFC6675-5.1-1")
def test_past_the_recovery_point_a_recovery_may_begin_again(wire):
    recovering(wire)
    wire.play("1100 ==> ACK 1:101 ack=1\n1200 <== ACK 1 ack=1001")
    wire.play(written(1200, 1001, 400, sent=200) + "\n1300 <== ACK 1 ack=1101\n"
              + flight(1300, 1201, 1401))
    wire.play("1400 <== ACK 1 ack=1101 sack=1201:1401\n1400 ==> ACK 1101:1201 ack=1")


@proves("RFC2883-5-1")
def test_a_block_below_the_ack_that_brought_it_is_a_duplicate_of_ours(wire):
    """301 is above the SND.UNA that was, and below the one of this segment."""
    ten_out(wire)
    wire.play("""
        100  <== ACK 1 ack=501 sack=301:401
        100  us.stat TCPDSACKRecv 1
        101  <== ACK 1 ack=501 sack=301:401
        101  us.stat TCPDSACKRecv 2
        102  <== ACK 1 ack=501 sack=701:801
        102  us.stat TCPDSACKRecv 2
    """)


@proves("RFC2883-5-1", "RFC2883-4-1")
def test_a_block_inside_the_second_one_is_a_duplicate_of_ours(wire):
    ten_out(wire)
    wire.play("""
        100  <== ACK 1 ack=101 sack=301:351
        101  <== ACK 1 ack=101 sack=301:351,301:401
        101  us.stat TCPDSACKRecv 1
        102  <== ACK 1 ack=101 sack=701:751,301:401
        102  us.stat TCPDSACKRecv 1
    """)


@proves("RFC2883-5-1", "RFC5681-2-2")
def test_a_duplicate_of_ours_is_no_news_of_a_loss(wire):
    ten_out(wire, 1000)
    wire.play("100 <== ACK 1 ack=201\n" + flight(100, 1001, 1301))
    wire.play(sacks(101, 201, "101:201", "1:101", "101:201", "1:201"))
    wire.play("101 us.stat RetransSegs 0\n101 us.stat TCPDSACKRecv 4")


@proves("RFC2018-5-1", "RFC6675-5-1")
def test_impossible_blocks_are_passed_over(wire):
    """What was never sent, an empty one, one that ends before it begins, one at SND.UNA."""
    ten_out(wire)
    wire.play(sacks(100, 1, "901:1101", "301:301", "401:301", "1:301", "5001:6001"))
    wire.play("100 us.stat RetransSegs 0")
    wire.play("101 <== ACK 1 ack=1 sack=101:401,1:101\n101 ==> ACK 1:101 ack=1")


@proves("RFC2018-8-3", "RFC6675-4-2", "RFC2018-5-2")
def test_a_peer_that_acknowledges_less_than_it_holds_is_not_believed(wire):
    """It said that it holds 301:501, and now waits for 301: it threw that away (RFC 2018, 8)."""
    ten_out(wire, 1000)
    wire.play("100 <== ACK 1 ack=101 sack=301:501,701:801\n" + flight(100, 1001, 1201))
    wire.play("110 <== ACK 1 ack=301\n" + flight(110, 1201, 1501))
    wire.play("120 <== ACK 1 ack=301 sack=1001:1301\n" + flight(120, 301, 701))


@proves("RFC6675-4-3", "RFC6675-5-1")
def test_holes_beyond_the_third_block_are_learnt_when_a_place_is_free(wire):
    """The list holds three blocks; a fourth is what the next ACKs tell again."""
    ten_out(wire)
    wire.play("100 <== ACK 1 ack=1 sack=701:801,501:601,301:401,101:201\n"
              + flight(100, 1, 101))
    wire.play("""
        150  <== ACK 1 ack=201 sack=901:1001,701:801,501:601,301:401
        150  ==> ACK 201:301 ack=1
        200  <== ACK 1 ack=601 sack=901:1001,701:801
        200  ==> ACK 601:701 ack=1
        200  ==> ACK 801:901 ack=1
        200  ==> ACK 801:901 ack=1                    # the rescue
        300  <== ACK 1 ack=1001
    """)
