"""Explicit congestion notification (RFC 3168): who asks, who agrees, what is marked and what is
said."""

from testing import proves


def agreed(wire, **options):
    """Passive, ESTABLISHED, accepted; both sides speak ECN."""
    wire.listening(tcp_ecn=1, **options)
    wire.bring("""
        0  <== SYN ECE CWR  0  mss=1000
        0  ==> SYN ECE ACK  0  ack=1
        0  <== ACK          1  ack=1
        0  us.accept
    """)
    wire.mark()


@proves("RFC3168-6.1.1-4")
def test_ecn_is_off_until_it_is_asked_for(wire):
    wire.stack()
    wire.play("""
        0  us.setting   tcp_ecn=0
        0  us.connect   80
        0  ==> SYN      0  ecn=-
        0  us2.listen   81
        0  <== SYN ECE CWR  0  port=5001 to=81
        0  ==> SYN ACK  0  ack=1 port=5001 to=81
    """)


@proves("RFC3168-6.1.1-1", "RFC3168-6.1.1-3", "SHLD-8")
def test_our_syn_asks_and_text_is_marked_once_the_peer_agreed(wire):
    wire.build({"tcp_ecn": 1})
    wire.play("""
        0   us.connect 80
        0   ==> SYN ECE CWR  0      ecn=-
        5   <== SYN ACK ECE  0      ack=1 mss=1000
        5   ==> ACK          1      ack=1 ecn=-
        6   us.write 500
        6   ==> ACK          1:501  ack=1 ecn=ect0
    """)


@proves("RFC3168-6.1.1-3", "RFC3168-6.1.1-4")
def test_text_is_not_marked_when_the_peer_did_not_agree(wire):
    wire.build({"tcp_ecn": 1})
    wire.play("""
        0   us.connect 80
        0   ==> SYN ECE CWR  0
        5   <== SYN ACK      0      ack=1 mss=1000
        5   ==> ACK          1      ack=1
        6   us.write 500
        6   ==> ACK          1:501  ack=1 ecn=-
    """)


@proves("RFC3168-6.1.1-4")
def test_a_syn_ack_that_reflects_both_bits_is_no_agreement(wire):
    wire.build({"tcp_ecn": 1})
    wire.play("""
        0   us.connect 80
        0   ==> SYN ECE CWR      0
        5   <== SYN ACK ECE CWR  0      ack=1 mss=1000
        5   ==> ACK              1      ack=1
        6   us.write 500
        6   ==> ACK              1:501  ack=1 ecn=-
    """)


@proves("RFC3168-6.1.1-2", "RFC3168-6.1.1-1")
def test_only_an_asking_syn_is_answered_with_ece(wire):
    for value in (1, 2):
        from wire import Wire

        other = Wire()
        other.listening(tcp_ecn=value)
        other.play("""
            0  <== SYN ECE CWR  0  port=5001
            0  ==> SYN ECE ACK  0  ack=1 ecn=- port=5001
            1  <== SYN ECE      0  port=5002
            1  ==> SYN ACK      0  ack=1 ecn=- port=5002
            2  <== SYN CWR      0  port=5003
            2  ==> SYN ACK      0  ack=1 ecn=- port=5003
            3  <== SYN          0  port=5004
            3  ==> SYN ACK      0  ack=1 ecn=- port=5004
        """)
        other.dispose()


@proves("RFC3168-6.1.1-1", "RFC3168-6.1.1-2")
def test_the_second_setting_answers_and_does_not_ask(wire):
    wire.build({"tcp_ecn": 2})
    wire.play("""
        0  us.connect   80
        0  ==> SYN      0
        0  us2.listen   81
        0  <== SYN ECE CWR      0  port=5001 to=81
        0  ==> SYN ECE ACK  0  ack=1 port=5001 to=81
    """)


@proves("RFC3168-6.1.1-3")
def test_ect_without_agreement_is_passed_over(wire):
    wire.opened(mss=1000, tcp_ecn=1)
    wire.play("""
        0   <== ACK  1:101  ack=1 ecn=ce
        40  ==> ACK  1      ack=101 ecn=-
        41  us.write 500
        41  ==> ACK  1:501  ack=101 ecn=-
    """)


@proves("RFC3168-6.1.1.1-1")
def test_a_syn_that_was_lost_asks_no_more(wire):
    wire.build({"tcp_ecn": 1})
    wire.play("""
        0     us.connect 80
        0     ==> SYN ECE CWR  0
        1000  ==> SYN          0
        3000  ==> SYN          0
        3010  <== SYN ACK      0      ack=1 mss=1000
        3010  ==> ACK          1      ack=1
        3011  us.write 500
        3011  ==> ACK          1:501  ack=1 ecn=-
    """)


@proves("RFC3168-6.1.3-1", "RFC3168-6.1.4-1")
def test_ece_is_said_from_the_mark_until_the_peer_says_cwr(wire):
    agreed(wire)
    wire.play("""
        0    <== ACK      1:101    ack=1 ecn=ce
        0    ==> ECE ACK  1        ack=101 ecn=-
        10   <== ACK      101:201  ack=1 ecn=ect0
        50   ==> ECE ACK  1        ack=201
        60   us.write 500
        60   ==> ECE ACK  1:501    ack=201 ecn=ect0
        70   <== CWR ACK  201:301  ack=501 ecn=ect0
        110  ==> ACK      501      ack=301 ecn=-
        120  us.write 500
        120  ==> ACK      501:1001 ack=301
    """)


@proves("RFC3168-6.1.3-1")
def test_a_new_mark_on_the_segment_with_cwr_is_said_again(wire):
    agreed(wire)
    wire.play("""
        0    <== ACK      1:101    ack=1 ecn=ce
        0    ==> ECE ACK  1        ack=101
        10   <== CWR ACK  101:201  ack=1 ecn=ce
        10   ==> ECE ACK  1        ack=201
        20   <== ACK      201:301  ack=1 ecn=ect1
        60   ==> ECE ACK  1        ack=301
    """)


@proves("SHLD-8")
def test_a_reported_mark_halves_the_window_and_cwr_says_so(wire):
    agreed(wire, tx_buffer=8192, connections=1)
    wire.play("""
        0   us.write 8000
        0   ==> ACK      1:1001     ack=1
        0   ==> ACK      1001:2001  ack=1
        0   ==> ACK      2001:3001  ack=1
        0   ==> ACK      3001:4001  ack=1
        0   ==> ACK      4001:5001  ack=1
        0   ==> ACK      5001:6001  ack=1
        0   ==> ACK      6001:7001  ack=1
        0   ==> ACK      7001:8001  ack=1
        10  <== ACK ECE  1          ack=1001      # 8000 were out: from here 4000 may be
        10  us.stat TCPEcnReduced 1
        10  us.write 1000
        11  <== ACK      1          ack=3001
        12  us.write 2000
        13  <== ACK      1          ack=5001      # a whole window since: one segment more
        13  ==> CWR ACK  8001:9001  ack=1 ecn=ect0
        13  ==> ACK      9001:10001 ack=1 ecn=ect0
        13  us.stat RetransSegs 0
    """)


@proves("RFC3168-6.1.5-1", "RFC3168-6.1.2-2")
def test_a_retransmission_is_neither_marked_nor_says_cwr(wire):
    agreed(wire)
    wire.play("""
        0     us.write 2000
        0     ==> ACK      1:1001     ack=1 ecn=ect0
        0     ==> ACK      1001:2001  ack=1 ecn=ect0
        5     <== ACK ECE  1          ack=1001
        1005  ==> ACK      1001:2001  ack=1 ecn=-
        1010  <== ACK      1          ack=2001
        1011  us.write 100
        1011  ==> CWR ACK  2001:2101  ack=1 ecn=ect0
    """)


@proves("RFC3168-6.1.5-1")
def test_a_mark_outside_the_window_is_passed_over(wire):
    agreed(wire)
    wire.play("""
        0   <== ACK  -99:1      ack=1 ecn=ce
        0   ==> ACK  1          ack=1
        1   <== ACK  5001:5101  ack=1 ecn=ce
        1   ==> ACK  1          ack=1
        2   <== ACK  1:101      ack=1 ecn=ect0
        42  ==> ACK  1          ack=101
    """)


@proves("RFC3168-6.1.4-1")
def test_keepalive_probes_and_resets_are_not_marked(wire):
    agreed(wire, tcp_keepalive_time=10)
    wire.play("""
        0    us.setsockopt KEEPALIVE 1
        10s  ==> ACK      0  ack=1 ecn=-
        +5   <== ACK      1  ack=1
        +1   us.setsockopt LINGER 0
        +0   us.close
        +0   ==> RST ACK  1  ack=1 ecn=-
    """)


@proves("RFC3168-6.1.3-1")
def test_the_mark_of_text_out_of_order_is_said_at_once(wire):
    agreed(wire)
    wire.play("""
        0  <== ACK      101:201  ack=1 ecn=ce
        0  ==> ECE ACK  1        ack=1
        1  <== ACK      1:101    ack=1 ecn=ect0
        1  ==> ECE ACK  1        ack=201
    """)


@proves("RFC3168-6.1.1-1", "RFC7323-2.2-1", "RFC7323-3.2-1")
def test_a_syn_that_asks_for_ecn_offers_all_the_rest(wire):
    wire.build({"tcp_ecn": 1})
    wire.play("""
        0   us.connect 80
        0   ==> SYN ECE CWR  0      wscale=0 sackok ts=0/@0
    """)


@proves("RFC3168-6.1.1.1-1", "RFC3168-6.1.1-3")
def test_once_a_syn_did_not_ask_nothing_is_marked_even_if_the_first_is_answered(wire):
    wire.build({"tcp_ecn": 1})
    wire.play("""
        0     us.connect 80
        0     ==> SYN ECE CWR  0
        1000  ==> SYN          0
        1010  <== SYN ACK ECE  0      ack=1 mss=1000
        1010  ==> ACK          1      ack=1
        1011  us.write 500
        1011  ==> ACK          1:501  ack=1 ecn=-
    """)


@proves("RFC3168-6.1.1-2", "RFC3168-6.1.1-3")
def test_a_peer_that_asks_no_more_is_answered_without_ece(wire):
    wire.listening(tcp_ecn=1)
    wire.play("""
        0     <== SYN ECE CWR  0      mss=1000
        0     ==> SYN ECE ACK  0      ack=1
        900   <== SYN          0      mss=1000
        900   ==> SYN ACK      0      ack=1
        905   <== ACK          1      ack=1
        906   us.accept
        906   us.write 500
        906   ==> ACK          1:501  ack=1 ecn=-
    """)


@proves("RFC3168-6.1.6-1")
def test_a_window_probe_is_neither_marked_nor_says_cwr(wire):
    wire.listening(tcp_ecn=1)
    wire.play("""
        0     <== SYN ECE CWR  0      mss=1000
        0     ==> SYN ECE ACK  0      ack=1
        1     <== ACK      1          ack=1 win=100
        1     us.accept
        1     us.write 200
        1     ==> ACK      1:101      ack=1 ecn=ect0
        2     <== ACK ECE  1          ack=101 win=0
        1002  ==> ACK      101:102    ack=1 ecn=-
        1003  <== ACK      1          ack=102 win=1000
        1003  ==> CWR ACK  102:201    ack=1 ecn=ect0
    """)


def flooded(wire):
    """Both sides speak ECN, and six segments are out."""
    agreed(wire, tx_buffer=8192, connections=1)
    wire.play("""
        0   us.write 6000
        0   ==> ACK  1:1001     ack=1 ecn=ect0
        0   ==> ACK  1001:2001  ack=1 ecn=ect0
        0   ==> ACK  2001:3001  ack=1 ecn=ect0
        0   ==> ACK  3001:4001  ack=1 ecn=ect0
        0   ==> ACK  4001:5001  ack=1 ecn=ect0
        0   ==> ACK  5001:6001  ack=1 ecn=ect0
    """)


@proves("RFC3168-6.1.2-1", "SHLD-8")
def test_the_window_is_reduced_and_cwr_said_once_for_each_window(wire):
    flooded(wire)
    wire.play("""
        7   <== ACK ECE  1          ack=1001      # 6000 were out: from here 3000 may be
        8   <== ACK ECE  1          ack=2001
        8   <== ACK ECE  1          ack=3001
        9   us.write 5000                         # 3000 are out: nothing goes
        10  <== ACK ECE  1          ack=4001
        10  ==> CWR ACK  6001:7001  ack=1 ecn=ect0
        11  <== ACK ECE  1          ack=6001      # sent before the peer heard of CWR
        11  ==> ACK      7001:8001  ack=1 ecn=ect0
        11  ==> ACK      8001:9001  ack=1 ecn=ect0
        11  us.stat TCPEcnReduced 1
    """)


@proves("RFC3168-6.1.2-1")
def test_a_mark_behind_cwr_reduces_the_window_again(wire):
    flooded(wire)
    wire.play("""
        7   <== ACK ECE  1          ack=1001
        8   <== ACK      1          ack=6001
        9   us.write 6000
        9   ==> CWR ACK  6001:7001  ack=1
        9   ==> ACK      7001:8001  ack=1
        9   ==> ACK      8001:9001  ack=1
        9   ==> ACK      9001:10001 ack=1
        15  <== ACK ECE  1          ack=8001
        15  us.stat TCPEcnReduced 2
        16  <== ACK ECE  1          ack=9001
        16  ==> CWR ACK  10001:11001 ack=1 ecn=ect0
        16  us.stat TCPEcnReduced 2
    """)


@proves("RFC3168-6.1.2-1", "RFC3168-6.1.2-2", "RFC3168-6.1.5-1")
def test_after_a_fast_retransmission_new_text_says_cwr_too(wire):
    flooded(wire)
    wire.play("""
        10  <== ACK      1          ack=1001
        20  <== ACK      1          ack=1001
        21  <== ACK      1          ack=1001
        22  <== ACK      1          ack=1001
        22  ==> ACK      1001:2001  ack=1 ecn=-
        30  <== ACK      1          ack=6001
        31  us.write 1000
        31  ==> CWR ACK  6001:7001  ack=1 ecn=ect0
        35  <== ACK      1          ack=7001
        36  us.write 1000
        36  ==> ACK      7001:8001  ack=1 ecn=ect0
    """)


@proves("RFC3168-6.1.2-1", "RFC3168-6.1.2-2")
def test_after_a_timeout_new_text_says_cwr_too(wire):
    agreed(wire)
    wire.play("""
        0     us.write 1000
        0     ==> ACK      1:1001     ack=1 ecn=ect0
        1000  ==> ACK      1:1001     ack=1 ecn=-
        1010  <== ACK      1          ack=1001
        1011  us.write 500
        1011  ==> CWR ACK  1001:1501  ack=1 ecn=ect0
        1020  <== ACK      1          ack=1501
        1021  us.write 500
        1021  ==> ACK      1501:2001  ack=1 ecn=ect0
    """)


@proves("RFC3168-6.1.5-1")
def test_ece_in_an_ack_of_what_was_not_sent_is_ignored(wire):
    flooded(wire)
    wire.play("""
        7   <== ACK ECE  1     ack=9001
        7   ==> ACK      6001  ack=1
        7   us.stat TCPEcnReduced 0
    """)


@proves("RFC3168-6.1.1-3")
def test_ece_without_agreement_reduces_nothing(wire):
    wire.opened(mss=1000, tcp_ecn=1)
    wire.play("""
        0   us.write 1000
        0   ==> ACK      1:1001  ack=1 ecn=-
        7   <== ACK ECE  1       ack=1001
        7   us.stat TCPEcnReduced 0
    """)
