"""The four congestion controls, each where it parts from the others: two segments of ten are lost,
and what each does about it.
"""

from flights import acked, flight, written
from testing import proves


def ten_out(wire, name, waiting=0, offer=""):
    """Ten segments of 100 bytes, the whole window, are out since 0; `waiting` bytes wait."""
    options = {"offer": offer, "tcp_congestion_control": name, "tx_buffer": 4096, "win": 20000}
    wire.connected(mss=100, rtt=100, **options)
    wire.mark()
    wire.play(written(0, 1, 1000 + waiting, sent=1000))


@proves("RFC5681-3.2-3", "RFC5681-3.2-7", "RFC5681-3-1")
def test_tahoe_starts_again_with_one_segment_after_three_duplicates(wire):
    ten_out(wire, "tahoe", 1000)
    wire.play(acked(100, 1, 2) + "\n" + flight(100, 1001, 1201))
    wire.play("101 <== ACK 1 ack=1\n101 ==> ACK 1:101 ack=1\n101 us.window cwnd=100 ssthresh=500")
    wire.play(acked(102, 1, 7) + "\n102 us.window cwnd=100\n102 us.stat TCPFastRetrans 1")
    wire.play("200 <== ACK 1 ack=501\n" + flight(200, 501, 701))  # 501 was lost as well
    wire.play("300 <== ACK 1 ack=1201\n" + flight(300, 1201, 1501) + "\n300 us.window cwnd=300")


@proves("RFC5681-3.1-8", "RFC5681-3.1-10")
def test_tahoe_goes_on_slowly_from_the_threshold(wire):
    ten_out(wire, "tahoe")
    wire.play(acked(100, 1, 3) + "\n100 ==> ACK 1:101 ack=1")
    wire.play("200 <== ACK 1 ack=1001\n200 us.window cwnd=200 ssthresh=500")
    wire.play(written(200, 1001, 2000, sent=200))
    wire.play("300 <== ACK 1 ack=1101\n" + flight(300, 1201, 1401))
    wire.play("301 <== ACK 1 ack=1201\n" + flight(301, 1401, 1601))
    wire.play("400 <== ACK 1 ack=1301\n" + flight(400, 1601, 1801))
    wire.play("401 <== ACK 1 ack=1401\n" + flight(401, 1801, 1901) + "\n401 us.window cwnd=500")
    wire.play("402 <== ACK 1 ack=1801\n" + flight(402, 1901, 2401) + "\n402 us.window cwnd=600")


@proves("RFC5681-3.2-3", "RFC6675-5.1-2")
def test_tahoe_with_sack_passes_over_what_the_peer_holds(wire):
    ten_out(wire, "tahoe", 1000, offer="sackok")
    wire.play("100 <== ACK 1 ack=1 sack=101:301\n100 ==> ACK 1001:1101 ack=1")
    wire.play("101 <== ACK 1 ack=1 sack=101:401\n101 ==> ACK 1:101 ack=1")
    wire.play("101 us.window cwnd=100 ssthresh=500\n101 us.stat TCPSackRecovery 0")
    wire.play("200 <== ACK 1 ack=401 sack=501:1101\n200 ==> ACK 401:501 ack=1")
    wire.play("300 <== ACK 1 ack=1101\n" + flight(300, 1101, 1401))


@proves("RFC5681-3.2-12", "RFC5681-3.2-8", "RFC5681-4.3-2")
def test_reno_halves_the_window_once_for_each_of_two_losses(wire):
    ten_out(wire, "reno", 3000)
    wire.play(acked(100, 1, 2) + "\n" + flight(100, 1001, 1201))
    wire.play("101 <== ACK 1 ack=1\n101 ==> ACK 1:101 ack=1\n101 us.window cwnd=800 ssthresh=500")
    wire.play(acked(102, 1, 6) + "\n" + flight(102, 1201, 1401))
    wire.play("200 <== ACK 1 ack=501\n200 us.window cwnd=500 ssthresh=500")
    wire.play(acked(201, 501, 2) + "\n201 us.stat TCPRenoRecovery 1")
    wire.play("202 <== ACK 1 ack=501\n202 ==> ACK 501:601 ack=1")
    wire.play("202 us.stat TCPRenoRecovery 2\n202 us.window cwnd=550 ssthresh=250")


@proves("RFC6582-3.2-4", "RFC6582-3.2-3", "RFC5681-4.3-1")
def test_newreno_halves_it_once_for_both(wire):
    ten_out(wire, "newreno", 3000)
    wire.play(acked(100, 1, 2) + "\n" + flight(100, 1001, 1201))
    wire.play("101 <== ACK 1 ack=1\n101 ==> ACK 1:101 ack=1\n101 us.window cwnd=800 ssthresh=500")
    wire.play(acked(102, 1, 6) + "\n" + flight(102, 1201, 1401))
    wire.play("200 <== ACK 1 ack=501\n200 ==> ACK 501:601 ack=1\n"
              + flight(200, 1401, 1501) + "\n200 us.window cwnd=1000 ssthresh=500")
    wire.play("300 <== ACK 1 ack=1201\n" + flight(300, 1501, 1601))
    wire.play("300 us.window cwnd=400 ssthresh=500\n300 us.stat TCPRenoRecovery 1")


@proves("MAY-18", "RFC5681-3.2-7")
def test_cubic_keeps_seven_tenths(wire):
    ten_out(wire, "cubic")
    wire.play(acked(100, 1, 3) + "\n100 ==> ACK 1:101 ack=1\n100 us.window ssthresh=700")
    wire.play("200 <== ACK 1 ack=1001")


@proves("MAY-18", "RFC5681-3.1-14", "RFC5681-3.1-15", "RFC5681-3.1-16")
def test_cubic_after_a_timeout_starts_slowly_up_to_seven_tenths(wire):
    ten_out(wire, "cubic")
    wire.play("1000 ==> ACK 1:101 ack=1\n1000 us.window cwnd=100 ssthresh=700")
    wire.play("3000 ==> ACK 1:101 ack=1\n3000 us.window cwnd=100 ssthresh=700")
    wire.play("3100 <== ACK 1 ack=1001\n3100 us.window cwnd=200")


@proves("MAY-18")
def test_two_sockets_of_one_stack_answer_a_loss_each_in_its_own_way(wire):
    wire.listening(tx_buffer=2048)
    for port, us, name in ((5001, "us2", "tahoe"), (5002, "us3", "cubic")):
        lines = """
        0  <== SYN      0  mss=100 port=%d
        0  ==> SYN ACK  0  ack=1 port=%d
        0  <== ACK      1  ack=1 port=%d
        0  %s.accept
        0  %s.setsockopt CONGESTION %s
        0  %s.write 1000
        """ % (port, port, port, us, us, name, us)
        rows = ["0 ==> ACK %d:%d port=%d" % (n, n + 100, port) for n in range(1, 1001, 100)]
        wire.play(lines + "\n".join(rows))
    for port in (5001, 5002):
        dups = "\n5 us.poll\n".join(["5 <== ACK 1 ack=1 port=%d" % port] * 3)
        wire.play(dups + "\n5 ==> ACK 1:101 port=%d" % port)
    wire.play("5 us2.window cwnd=100 ssthresh=500\n5 us3.window cwnd=1000 ssthresh=700")
