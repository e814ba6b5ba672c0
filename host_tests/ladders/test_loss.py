"""Retransmission: when, what, how often, and what the program is told in the end."""

from testing import proves


@proves("RFC9293-3.10.8-2", "RFC6298-2.4", "RFC6298-5.1", "RFC6298-5.4", "MUST-18")
def test_a_lost_segment_is_sent_again_after_one_rto(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 500
        0     ==> ACK  1:501  ack=1
        0     us.timer rexmit 1000
        1000  ==> ACK  1:501  ack=1
        1020  <== ACK  1      ack=501
        1020  us.stat  RetransSegs 1
    """)


@proves(
    "RFC6298-5.5", "RFC6298-5.6", "RFC6298-2.5", "MUST-19", "SHLD-10", "RFC6298-5", "RFC6298-1"
)
def test_the_rto_doubles_with_each_retransmission_up_to_a_minute(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 500
        0     ==> ACK  1:501  ack=1
        1s    ==> ACK  1:501  ack=1
        3s    ==> ACK  1:501  ack=1
        7s    ==> ACK  1:501  ack=1
        15s   ==> ACK  1:501  ack=1
        31s   ==> ACK  1:501  ack=1
        63s   ==> ACK  1:501  ack=1
        123s  ==> ACK  1:501  ack=1
        183s  ==> ACK  1:501  ack=1
        183s  us.timer rexmit 60000
        183s  us.state ESTABLISHED
    """)


@proves("SHLD-11", "RFC9293-3.10.8-1", "SHLD-10")
def test_after_fifteen_retransmissions_the_program_is_told(wire):
    wire.opened(mss=1000)
    wire.play("""
        0  us.write 500
        0  ==> ACK  1:501  ack=1
    """)
    at, rto = 0, 1000
    for _ in range(15):
        at += rto
        rto = min(rto * 2, 60000)
        wire.play("%d ==> ACK 1:501 ack=1" % at)
    wire.play("""
        662999  us.state ESTABLISHED
        663s    us.state CLOSED
        663s    us.flags RD WR ERR HUP
        663s    us.read 1 error ETIMEDOUT
        663s    us.read eof
    """)


@proves("SHLD-10")
def test_the_number_of_retransmissions_is_a_setting(wire):
    wire.opened(mss=1000, tcp_retries2=2)
    wire.play("""
        0     us.write 500
        0     ==> ACK  1:501  ack=1
        1s    ==> ACK  1:501  ack=1
        3s    ==> ACK  1:501  ack=1
        6999  us.state ESTABLISHED
        7s    us.state CLOSED
        7s    us.write 1 error ETIMEDOUT
    """)


@proves("RFC6298-5.2")
def test_the_timer_stops_when_everything_is_acknowledged(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 500
        0     ==> ACK  1:501  ack=1
        900   <== ACK  1      ack=501
        900   us.timer none
        5000  us.sendq 0
    """)


@proves("RFC6298-5.3", "RFC6298-5")
def test_an_ack_of_new_data_starts_the_timer_again(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 2000
        0     ==> ACK  1:1001     ack=1
        0     ==> ACK  1001:2001  ack=1
        600   <== ACK  1          ack=1001
        600   us.timer rexmit     1000
        1600  ==> ACK  1001:2001  ack=1
        1610  <== ACK  1          ack=2001
    """)


@proves("RFC6298-5.1")
def test_sending_more_does_not_start_the_timer_again(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 1000
        0     ==> ACK  1:1001     ack=1
        500   us.write 1000
        500   ==> ACK  1001:2001  ack=1
        1000  ==> ACK  1:1001     ack=1
        1010  <== ACK  1          ack=2001
    """)


@proves("RFC6298-5.4", "MUST-19", "RFC5681-3.1-15")
def test_only_the_first_segment_is_sent_again_at_the_timeout(wire):
    wire.opened(mss=500)
    wire.play("""
        0     us.write 1500
        0     ==> ACK  1:501      ack=1
        0     ==> ACK  501:1001   ack=1
        0     ==> ACK  1001:1501  ack=1
        1000  ==> ACK  1:501      ack=1
        1010  <== ACK  1          ack=1501
        1010  us.sendq 0
        9999  us.timer none
    """)


@proves("RFC6298-5.4", "MUST-19")
def test_what_was_lost_behind_the_first_segment_follows_its_ack(wire):
    wire.opened(mss=500)
    wire.play("""
        0     us.write 1500
        0     ==> ACK  1:501      ack=1
        0     ==> ACK  501:1001   ack=1
        0     ==> ACK  1001:1501  ack=1
        1000  ==> ACK  1:501      ack=1
        1010  <== ACK  1          ack=501
        1010  ==> ACK  501:1001   ack=1
        1010  ==> ACK  1001:1501  ack=1
        1020  <== ACK  1          ack=1501
        1020  us.sendq 0
    """)


@proves("RFC9293-3.10.7.4-12")
def test_the_part_of_a_segment_that_was_acknowledged_is_not_sent_again(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 500
        0     ==> ACK  1:501    ack=1
        0     <== ACK  1        ack=201
        0     us.sendq 300
        1000  ==> ACK  201:501  ack=1
        1010  <== ACK  1        ack=501
    """)


@proves("RFC6298-2.2", "RFC6298-2.3", "MUST-18")
def test_the_rto_follows_the_measured_round_trip(wire):
    # The SYN's sample R = 500: SRTT 500, RTTVAR 250, RTO 500 + 4 * 250.
    wire.connected(rtt=500, mss=1000)
    wire.play("""
        0     us.write 100
        0     ==> ACK  1:101    ack=1
        0     us.timer rexmit   1500
        900   <== ACK  1        ack=101
        1000  us.write 100
        1000  ==> ACK  101:201  ack=1
        1000  us.timer rexmit   1700       # R = 900: RTTVAR 287.5, SRTT 550
        2700  ==> ACK  101:201  ack=1
    """)


@proves("RFC6298-2.3")
def test_a_steady_round_trip_brings_the_rto_down(wire):
    wire.connected(rtt=800, mss=1000)
    wire.play("""
        0     us.write 100
        0     ==> ACK  1:101    ack=1
        0     us.timer rexmit   2400
        800   <== ACK  1        ack=101
        800   us.write 100
        800   ==> ACK  101:201  ack=1
        800   us.timer rexmit   2000
    """)


@proves("RFC6298-2.2", "RFC6298-3-2")
def test_the_handshake_is_measured_on_the_passive_side(wire):
    wire.syn_received(mss=1000)
    wire.play("""
        600   <== ACK  1        ack=1
        600   us.write 100
        600   ==> ACK  1:101    ack=1
        600   us.timer rexmit   1800
    """)


@proves("RFC6298-3-1", "RFC6298-5.5")
def test_a_segment_that_was_sent_twice_is_not_measured(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 100
        0     ==> ACK  1:101    ack=1
        1000  ==> ACK  1:101    ack=1
        1900  <== ACK  1        ack=101
        2000  us.write 100
        2000  ==> ACK  101:201  ack=1
        2000  us.timer rexmit   2000      # backed off until there is a sample
        2100  <== ACK  1        ack=201
        2200  us.write 100
        2200  ==> ACK  201:301  ack=1
        2200  us.timer rexmit   1000
    """)


@proves("RFC6298-5.7")
def test_after_a_lost_syn_ack_the_first_rto_of_data_is_three_seconds(wire):
    wire.syn_received(mss=1000)
    wire.play("""
        1000  ==> SYN ACK  0      ack=1
        1100  <== ACK      1      ack=1
        1100  us.write     100
        1100  ==> ACK      1:101  ack=1
        1100  us.timer     rexmit 3000
    """)


@proves("RFC6298-5.3")
def test_a_duplicate_ack_does_not_start_the_timer_again(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 500
        0     ==> ACK  1:501  ack=1
        500   <== ACK  1      ack=1
        1000  ==> ACK  1:501  ack=1
    """)


@proves("RFC9293-3.10.4-3", "RFC9293-3.10.8-2")
def test_lost_data_and_fin_are_sent_again(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 500
        0     ==> ACK      1:501  ack=1
        0     us.close
        0     ==> FIN ACK  501    ack=1
        1000  ==> FIN ACK  1:501  ack=1
        1010  <== ACK      1      ack=502
        1010  us.state     FIN_WAIT_2
    """)


@proves("MUST-56")
def test_the_soft_error_is_what_the_program_is_told_in_the_end(wire):
    wire.opened(mss=1000, tcp_retries2=2)
    wire.play("""
        0    us.write 500
        0    ==> ACK  1:501  ack=1
        10   <== ICMP unreachable code=1
        1s   ==> ACK  1:501  ack=1
        3s   ==> ACK  1:501  ack=1
        7s   us.state CLOSED
        7s   us.read 1 error EHOSTUNREACH
    """)


@proves("MUST-2")
def test_a_frame_that_the_link_refused_is_offered_again(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.refuse 1
        0   us.write 500
        0   ==> ACK  1:501  ack=1
        20  <== ACK  1      ack=501
    """)


@proves("RFC9293-3.10.2-2", "RFC9293-3.10.1-2")
def test_a_full_send_buffer_takes_more_when_data_are_acknowledged(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.write 3000  gives 2048
        0   ==> ACK  1:1001     ack=1
        0   ==> ACK  1001:2001  ack=1
        0   ==> ACK  2001:2049  ack=1
        0   us.flags -
        0   us.write 1     gives nothing
        9   <== ACK  1          ack=1001
        9   us.flags WR
        9   us.write 1500  gives 1000
        9   ==> ACK  2049:3049  ack=1
    """)
