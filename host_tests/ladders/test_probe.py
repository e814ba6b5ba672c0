"""Time against losses that no third duplicate tells of: the tail loss probe (RFC 8985, 7), the
wait for what may only have been overtaken (RFC 8985, 6.2), early retransmit with SACK (RFC 5827).
"""

from flights import written
from testing import proves


def connected(wire, rtt=100, offer="sackok", **options):
    """ESTABLISHED after a round trip of `rtt`; segments of 100 bytes."""
    options.setdefault("win", 20000)
    wire.connected(mss=100, rtt=rtt, offer=offer, tx_buffer=4096, **options)
    wire.mark()


@proves("RFC6298-5.3", "RFC5681-3-1")
def test_when_nothing_is_heard_for_two_round_trips_the_last_segment_goes_again(wire):
    connected(wire)
    wire.play(written(0, 1, 300))
    wire.play("""
        199   us.stat TCPLossProbes 0
        200   ==> ACK 201:301 ack=1
        200   us.stat TCPLossProbes 1
        200   us.window cwnd=1000 ssthresh=-
        200   us.timer rexmit 1000
    """)


@proves("RFC5681-3.1-15")
def test_a_probe_that_brings_no_news_is_followed_by_the_timeout(wire):
    connected(wire)
    wire.play(written(0, 1, 300) + "\n200 ==> ACK 201:301 ack=1")
    wire.play("1200 ==> ACK 1:101 ack=1\n1200 us.window cwnd=100 ssthresh=200")
    wire.play("1200 us.stat TCPTimeouts 1\n1200 us.stat TCPLossProbes 1")


@proves("RFC5681-3-1")
def test_there_is_one_probe_until_something_is_acknowledged(wire):
    connected(wire)
    wire.play(written(0, 1, 300) + "\n200 ==> ACK 201:301 ack=1")
    wire.play("250 us.write 100\n250 ==> ACK 301:401 ack=1\n250 us.timer rexmit 950")
    wire.play("1200 ==> ACK 1:101 ack=1\n1200 us.stat TCPLossProbes 1")


@proves("RFC5681-3-1")
def test_a_lone_segment_waits_for_a_delayed_ack_too(wire):
    connected(wire)
    wire.play(written(0, 1, 100) + "\n0 us.timer probe 400")
    wire.play("400 ==> ACK 1:101 ack=1\n410 <== ACK 1 ack=101")


@proves("RFC5681-3-1")
def test_a_short_round_trip_is_probed_after_ten_milliseconds(wire):
    connected(wire, rtt=1)
    wire.play(written(0, 1, 300) + "\n10 ==> ACK 201:301 ack=1\n20 <== ACK 1 ack=301")


@proves("RFC5681-3-1")
def test_something_new_is_the_better_probe(wire):
    """It goes beyond the congestion window, and not beyond the peer's."""
    connected(wire, configure={"initcwnd": 3})
    wire.play(written(0, 1, 1000, sent=300))
    wire.play("200 ==> ACK 301:401 ack=1\n200 us.stat TCPLossProbes 1\n200 us.stat RetransSegs 0")


@proves("RFC5681-3-1", "RFC5681-2-1")
def test_the_probe_keeps_to_the_peers_window(wire):
    connected(wire, win=300)
    wire.play(written(0, 1, 1000, sent=300) + "\n200 ==> ACK 201:301 ack=1")


@proves("RFC5681-3-1")
def test_each_new_segment_and_each_ack_begins_the_wait_anew(wire):
    connected(wire)
    wire.play(written(0, 1, 300) + "\n" + written(150, 301, 100) + "\n150 us.timer probe 200")
    wire.play("300 <== ACK 1 ack=201\n300 us.timer probe 250")
    wire.play("550 ==> ACK 301:401 ack=1\n560 <== ACK 1 ack=401")


@proves("RFC5681-3-1", "RFC6675-5-1")
def test_the_news_that_the_probe_brings_starts_the_recovery(wire):
    """Three of five were lost, the last one too: its copy is the only one to arrive."""
    connected(wire)
    wire.play(written(0, 1, 500) + "\n200 ==> ACK 401:501 ack=1")
    wire.play("""
        300  <== ACK 1 ack=201 sack=401:501
        300  us.timer probe 76                 # SRTT / 4, RTTVAR, 1
        376  ==> ACK 201:301 ack=1
        376  ==> ACK 301:401 ack=1
        376  us.stat TCPSackRecovery 1
        376  us.window cwnd=200 ssthresh=200
        476  <== ACK 1 ack=501
        476  us.stat TCPTimeouts 0
    """)


@proves("RFC5681-3.1-7", "RFC5681-4.3-1")
def test_a_loss_that_the_probe_repaired_halves_the_window(wire):
    """The ACK of the next text tells: no D-SACK and no duplicate said that both copies arrived."""
    connected(wire)
    wire.play(written(0, 1, 300) + "\n200 ==> ACK 201:301 ack=1\n300 <== ACK 1 ack=301")
    wire.play("300 us.window cwnd=1000 ssthresh=-")
    wire.play(written(310, 301, 300) + "\n410 <== ACK 1 ack=601")
    wire.play("410 us.stat TCPLossProbeRecovery 1\n410 us.window cwnd=500 ssthresh=500")


@proves("RFC5681-3-1", "RFC2883-5-1")
def test_a_d_sack_tells_that_the_probe_was_not_needed(wire):
    connected(wire)
    wire.play(written(0, 1, 300) + "\n200 ==> ACK 201:301 ack=1\n210 <== ACK 1 ack=301")
    wire.play("300 <== ACK 1 ack=301 sack=201:301\n300 us.stat TCPDSACKRecv 1")
    wire.play(written(310, 301, 300) + "\n410 <== ACK 1 ack=601")
    wire.play("410 us.stat TCPLossProbeRecovery 0\n410 us.window cwnd=1000 ssthresh=-")


@proves("RFC5681-3-1")
def test_so_does_a_duplicate_ack_of_what_the_probe_repeated(wire):
    connected(wire)
    wire.play(written(0, 1, 300) + "\n200 ==> ACK 201:301 ack=1\n210 <== ACK 1 ack=301")
    wire.play("300 <== ACK 1 ack=301\n" + written(310, 301, 300) + "\n410 <== ACK 1 ack=601")
    wire.play("410 us.stat TCPLossProbeRecovery 0\n410 us.window cwnd=1000 ssthresh=-")


@proves("RFC5681-3-1")
def test_a_duplicate_of_less_than_the_probe_tells_nothing(wire):
    """The segment before it is missing, so it cannot be the answer to both copies."""
    connected(wire)
    wire.play(written(0, 1, 300) + "\n200 ==> ACK 201:301 ack=1\n210 <== ACK 1 ack=201")
    wire.play("220 <== ACK 1 ack=201\n300 <== ACK 1 ack=301")
    wire.play(written(310, 301, 300) + "\n410 <== ACK 1 ack=601")
    wire.play("410 us.stat TCPLossProbeRecovery 1\n410 us.window cwnd=500 ssthresh=500")


@proves("RFC5681-3-1")
def test_a_fin_is_probed_for_as_well(wire):
    connected(wire)
    wire.play(written(0, 1, 300) + "\n0 us.close\n0 ==> FIN ACK 301 ack=1")
    wire.play("200 ==> FIN ACK 202:301 ack=1\n300 <== ACK 1 ack=302\n300 us.state FIN_WAIT_2")


@proves("RFC5681-3-1", "RFC6298-5.1")
def test_without_sack_there_is_no_probe(wire):
    connected(wire, offer="")
    wire.play(written(0, 1, 300) + "\n0 us.timer rexmit 1000\n1000 ==> ACK 1:101 ack=1")


@proves("RFC5681-3-1", "RFC6298-5.1")
def test_probes_can_be_switched_off(wire):
    connected(wire, tcp_early_retrans=0)
    wire.play(written(0, 1, 300) + "\n0 us.timer rexmit 1000\n1000 ==> ACK 1:101 ack=1")


@proves("RFC5681-3-1", "RFC6298-5")
def test_after_a_timeout_there_is_no_probe_before_an_ack(wire):
    connected(wire)
    wire.play(written(0, 1, 300) + "\n200 ==> ACK 201:301 ack=1\n1200 ==> ACK 1:101 ack=1")
    wire.play("1200 us.timer rexmit 2000\n3200 ==> ACK 1:101 ack=1\n3200 us.timer rexmit 4000")


@proves("RFC5681-3-1")
def test_a_busy_link_does_not_lose_the_probe(wire):
    connected(wire)
    wire.play(written(0, 1, 300) + "\n199 us.refuse 1\n200 ==> ACK 201:301 ack=1")
    wire.play("200 us.timer rexmit 1000\n300 <== ACK 1 ack=301")


@proves("RFC2018-5.1-1", "RFC5681-3-1", "RFC6675-5-1")
def test_what_was_only_overtaken_is_not_sent_again(wire):
    connected(wire)
    wire.play(written(0, 1, 500))
    wire.play("""
        100  <== ACK 1 ack=1 sack=101:201
        100  us.timer probe 76                # SRTT / 4, RTTVAR, 1
        120  <== ACK 1 ack=201
        130  <== ACK 1 ack=501
        130  us.stat RetransSegs 0
    """)


@proves("RFC5681-3-1", "RFC5681-4.3-1")
def test_what_is_missing_for_a_quarter_of_a_round_trip_is_lost(wire):
    connected(wire)
    wire.play(written(0, 1, 500))
    wire.play("""
        100  <== ACK 1 ack=1 sack=101:201
        176  ==> ACK 1:101 ack=1
        176  us.window cwnd=250 ssthresh=250
        176  us.stat TCPSackRecovery 1
        176  us.stat TCPTimeouts 0
        276  <== ACK 1 ack=501
    """)


@proves("RFC5681-3-1")
def test_the_wait_is_longer_where_round_trips_vary(wire):
    """The first sample leaves a deviation of half of it; the second, the same, takes a quarter."""
    connected(wire)
    wire.play(written(0, 1, 100) + "\n100 <== ACK 1 ack=101\n" + written(100, 101, 500))
    wire.play("200 <== ACK 1 ack=101 sack=201:301\n200 us.timer probe 63")
    wire.play("263 ==> ACK 101:201 ack=1\n300 <== ACK 1 ack=601")


@proves("RFC5681-3-1")
def test_each_news_begins_the_wait_anew_until_there_is_enough(wire):
    connected(wire)
    wire.play(written(0, 1, 500))
    wire.play("""
        100  <== ACK 1 ack=1 sack=101:201
        150  <== ACK 1 ack=1 sack=101:301
        150  us.timer probe 76
        170  <== ACK 1 ack=1 sack=101:401
        170  ==> ACK 1:101 ack=1
        270  <== ACK 1 ack=501
    """)


@proves("RFC5681-3-1")
def test_new_text_does_not_make_the_wait_longer(wire):
    connected(wire)
    wire.play(written(0, 1, 500) + "\n100 <== ACK 1 ack=1 sack=101:201")
    wire.play(written(150, 501, 100) + "\n176 ==> ACK 1:101 ack=1\n276 <== ACK 1 ack=601")


@proves("RFC5681-3.2-3", "RFC6675-5-3")
def test_with_sack_early_retransmit_needs_all_but_one_segment(wire):
    """RFC 5827, 3.1: three were sent, two have arrived, a third duplicate cannot come."""
    connected(wire)
    wire.play(written(0, 1, 300) + "\n100 <== ACK 1 ack=1 sack=101:201\n100 us.stat RetransSegs 0")
    wire.play("110 <== ACK 1 ack=1 sack=101:301\n110 ==> ACK 1:101 ack=1")
    wire.play("110 us.window cwnd=200 ssthresh=200\n210 <== ACK 1 ack=301")


@proves("RFC5681-3.2-3")
def test_with_sack_two_segments_need_one_duplicate(wire):
    connected(wire)
    wire.play(written(0, 1, 200))
    wire.play("100 <== ACK 1 ack=1 sack=101:201\n100 ==> ACK 1:101 ack=1\n200 <== ACK 1 ack=201")


@proves("RFC5681-3.2-3", "RFC3042-2-1")
def test_with_sack_something_new_goes_before_an_early_retransmission(wire):
    connected(wire, configure={"initcwnd": 2})
    wire.play(written(0, 1, 300, sent=200))
    wire.play("100 <== ACK 1 ack=1 sack=101:201\n100 ==> ACK 201:301 ack=1")
    wire.play("101 us.stat RetransSegs 0\n176 ==> ACK 1:101 ack=1\n200 <== ACK 1 ack=301")
