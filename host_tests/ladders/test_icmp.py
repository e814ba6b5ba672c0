"""ICMP: echo, destination unreachable in and out."""

from testing import proves

# ---- echo ----------------------------------------------------------------------------------


@proves("RFC1122-3.2.2.6-1", "RFC1122-3.3.4.2-1")
def test_an_echo_request_is_answered_with_its_own_data(wire):
    wire.stack()
    wire.play("""
        0  <== ICMP echo   id=7 seq=1 len=56
        0  ==> ICMP reply  id=7 seq=1 len=56
        1  <== ICMP echo   id=7 seq=2 len=57
        1  ==> ICMP reply  id=7 seq=2 len=57
        2  <== ICMP echo   id=9 seq=3
        2  ==> ICMP reply  id=9 seq=3
    """)


@proves("RFC1122-3.2.2.6-1")
def test_the_largest_echo_request_is_answered(wire):
    wire.stack()
    wire.play("""
        0  <== ICMP echo   id=7 seq=1 len=1472
        0  ==> ICMP reply  id=7 seq=1 len=1472
    """)


@proves("RFC1122-3.2.2.6-1", "RFC1122-3.2.1.8-1")
def test_an_echo_request_with_ip_options_is_answered(wire):
    wire.stack()
    wire.play("""
        0  <== ICMP echo   id=7 seq=1 len=10 ipopt=01010101
        0  ==> ICMP reply  id=7 seq=1 len=10
    """)


@proves("RFC1122-3.2.2.6-1")
def test_an_echo_request_to_a_broadcast_address_is_not_answered(wire):
    wire.stack()
    wire.play("""
        0  <== ICMP echo  dst=10.9.0.255      ethdst=broadcast
        1  <== ICMP echo  dst=255.255.255.255 ethdst=broadcast
        9  us.poll
    """)


@proves("RFC1122-3.1-1")
def test_icmp_with_a_wrong_checksum_is_dropped_and_counted(wire):
    wire.stack()
    wire.play("""
        0  <== ICMP echo  len=56 sum=bad
        0  us.stat IcmpInErrors 1
    """)


@proves("RFC1122-3.2.2-1", "RFC1122-3.2.2.7-1", "RFC1122-3.2.2.9-1")
def test_other_types_are_dropped_silently(wire):
    wire.stack()
    wire.play("""
        0  <== ICMP 13  len=12
        1  <== ICMP 15
        2  <== ICMP 17  len=4
        3  <== ICMP 42  len=40
        4  <== ICMP reply id=7 seq=1 len=56
        9  us.poll
    """)


# ---- unreachable, out ----------------------------------------------------------------------


@proves("RFC1122-4.1.3.1-1", "RFC1122-3.2.2.1-1", "RFC1122-3.2.2-2")
def test_a_datagram_to_a_closed_port_draws_port_unreachable(wire):
    wire.stack()
    wire.play("""
        0  <== UDP 9999 len=10
        0  ==> ICMP unreachable code=3
        1  <== UDP 9999 len=1000
        1  ==> ICMP unreachable code=3
        1  us.stat IcmpOutDestUnreachs 2
    """)


@proves("RFC1122-3.2.2-3")
def test_nothing_is_said_to_broadcasts_fragments_and_errors(wire):
    wire.stack()
    wire.play("""
        0  <== UDP 9999  dst=10.9.0.255      ethdst=broadcast
        1  <== UDP 9999  dst=255.255.255.255 ethdst=broadcast
        2  <== UDP 9999  ethdst=broadcast
        3  <== UDP 9999  frag=last
        4  <== IP        proto=99 dst=10.9.0.255 ethdst=broadcast
        5  <== IP        proto=99 frag=last
        9  us.stat IcmpOutDestUnreachs 0
    """)


@proves("RFC1122-3.2.2-3", "RFC1122-3.2.2-2")
def test_the_quotation_holds_the_options_of_the_packet(wire):
    wire.stack()
    wire.play("""
        0  <== UDP 9999 len=10 ipopt=01010101
        0  ==> ICMP unreachable code=3
    """)


@proves("RFC5961-7-1")
def test_answers_to_strangers_are_limited_each_second(wire):
    wire.build({"tcp_challenge_ack_limit": 3})
    wire.play("""
        2000  <== UDP 9999
        2000  ==> ICMP unreachable code=3
        2001  <== UDP 9999
        2001  ==> ICMP unreachable code=3
        2002  <== UDP 9999
        2002  ==> ICMP unreachable code=3
        2003  <== UDP 9999
        2003  us.stat OutRateLimited 1
        3500  <== UDP 9999
        3500  ==> ICMP unreachable code=3
    """)


# ---- unreachable, in -----------------------------------------------------------------------


@proves("MUST-54", "RFC1122-3.2.2.1-3", "RFC1122-3.2.2-4", "SHLD-26")
def test_port_unreachable_refuses_a_connection_that_opens(wire):
    wire.syn_sent()
    wire.play("""
        5  <== ICMP unreachable code=3
        5  us.state CLOSED
        5  us.read 1 error ECONNREFUSED
    """)


@proves("MUST-56", "RFC1122-3.2.2.1-2")
def test_host_unreachable_does_not_end_an_opening(wire):
    wire.syn_sent()
    wire.play("""
        5     <== ICMP unreachable code=1
        6     <== ICMP unreachable code=0
        7     <== ICMP unreachable code=5
        7     us.state SYN_SENT
        1000  ==> SYN      0
        1010  <== SYN ACK  0  ack=1
        1010  ==> ACK      1  ack=1
        1010  us.state ESTABLISHED
    """)


@proves("MUST-56")
def test_an_opening_that_fails_reports_the_soft_error(wire):
    wire.syn_sent(tcp_syn_retries=1)
    wire.play("""
        5     <== ICMP unreachable code=1
        1000  ==> SYN  0
        3000  us.state CLOSED
        3000  us.read 1 error EHOSTUNREACH
    """)


@proves("MUST-56", "MUST-54", "SHLD-26")
def test_no_unreachable_ends_an_established_connection(wire):
    wire.opened()
    wire.play("""
        0   us.write 100
        0   ==> ACK  1:101  ack=1
    """)
    for code in (0, 1, 2, 3, 5, 13):
        wire.play("%d <== ICMP unreachable code=%d" % (code + 1, code))
    wire.play("""
        20  us.state ESTABLISHED
        20  <== ACK  1:11   ack=101
        20  us.read  10
        60  ==> ACK  101    ack=11
    """)


@proves("MUST-54")
def test_an_error_that_quotes_numbers_we_did_not_send_is_ignored(wire):
    wire.syn_sent()
    wire.play("""
        5  <== ICMP unreachable code=3 qseq=5000
        5  us.state SYN_SENT
        6  <== ICMP unreachable code=3 qseq=-1
        6  us.state SYN_SENT
        7  <== ICMP unreachable code=3 qseq=0
        7  us.state CLOSED
    """)


@proves("MUST-54")
def test_an_error_from_a_router_counts_too(wire):
    wire.syn_sent()
    wire.play("""
        5  <== ICMP unreachable code=3 from=10.9.0.9 about=1
        5  us.state CLOSED port=80
    """)


@proves("MUST-55", "RFC6633-3-1")
def test_source_quench_is_ignored(wire):
    wire.opened()
    wire.play("""
        0  us.write 100
        0  ==> ACK  1:101  ack=1
        5  <== ICMP quench
        5  us.state ESTABLISHED
        9  <== ACK  1      ack=101
    """)


@proves("MUST-56", "RFC1122-3.2.2.4-1")
def test_time_exceeded_and_parameter_problem_do_not_end_a_connection(wire):
    wire.syn_sent()
    wire.play("""
        5  <== ICMP expired
        6  <== ICMP parameter
        7  <== ICMP redirect code=1
        9  us.state SYN_SENT
    """)


@proves("MUST-54")
def test_a_quotation_that_is_cut_short_harms_nothing(wire):
    wire.syn_sent()
    wire.play("""
        5  <== ICMP unreachable code=3 iplen=48
        6  <== ICMP unreachable code=3 iplen=28
        7  <== ICMP unreachable code=3 iplen=24
        9  us.state SYN_SENT
    """)
