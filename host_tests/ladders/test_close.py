"""Closing a connection: four-way, simultaneous, half, and what happens on the way."""

from testing import proves


@proves("RFC9293-3.10.4-3", "RFC9293-3.4-1")
def test_close_goes_from_established_to_fin_wait_1(wire):
    wire.opened()
    wire.play("""
        0  us.close
        0  ==> FIN ACK  1  ack=1
        0  us.state  FIN_WAIT_1
        0  us.timer  rexmit 1000
    """)


@proves("RFC9293-3.10.7.4-24", "RFC9293-3.10.7.4-23")
def test_a_fin_goes_from_established_to_close_wait(wire):
    wire.opened()
    wire.play("""
        0  <== FIN ACK  1  ack=1
        0  ==> ACK      1  ack=2
        0  us.state  CLOSE_WAIT
        0  us.flags  RD WR
        0  us.read   eof
        0  us.read   eof
    """)


@proves("RFC9293-3.10.7.4-14")
def test_the_ack_of_our_fin_goes_from_fin_wait_1_to_fin_wait_2(wire):
    wire.fin_wait_1()
    wire.play("""
        5  <== ACK  1  ack=2
        5  us.state FIN_WAIT_2
        5  us.timer finwait2 60000
    """)


@proves("RFC9293-3.10.7.4-14")
def test_an_ack_that_does_not_cover_our_fin_leaves_fin_wait_1(wire):
    wire.opened()
    wire.play("""
        0  us.write  10
        0  ==> ACK      1:11  ack=1
        0  us.close
        0  ==> FIN ACK  11    ack=1
        5  <== ACK  1  ack=11
        5  us.state FIN_WAIT_1
        6  <== ACK  1  ack=12
        6  us.state FIN_WAIT_2
    """)


@proves("RFC9293-3.10.7.4-25")
def test_a_fin_goes_from_fin_wait_1_to_closing(wire):
    wire.fin_wait_1()
    wire.play("""
        5  <== FIN ACK  1  ack=1
        5  ==> ACK      2  ack=2
        5  us.state CLOSING
    """)


@proves("RFC9293-3.10.7.4-25")
def test_a_fin_that_acknowledges_ours_goes_from_fin_wait_1_to_time_wait(wire):
    wire.fin_wait_1()
    wire.play("""
        5  <== FIN ACK  1  ack=2
        5  ==> ACK      2  ack=2
        5  us.state TIME_WAIT
        5  us.timer timewait 60000
    """)


@proves("RFC9293-3.10.7.4-26")
def test_a_fin_goes_from_fin_wait_2_to_time_wait(wire):
    wire.fin_wait_2()
    wire.play("""
        5  <== FIN ACK  1  ack=2
        5  ==> ACK      2  ack=2
        5  us.state TIME_WAIT
        5  us.timer timewait 60000
    """)


@proves("RFC9293-3.10.7.4-15")
def test_the_ack_of_our_fin_goes_from_closing_to_time_wait(wire):
    wire.closing()
    wire.play("""
        5  <== ACK  2  ack=2
        5  us.state TIME_WAIT
        5  us.timer timewait 60000
    """)


@proves("RFC9293-3.10.7.4-15")
def test_an_ack_that_does_not_cover_our_fin_leaves_closing(wire):
    wire.closing()
    wire.play("""
        5  <== ACK  2  ack=1
        5  us.state CLOSING
    """)


@proves("RFC9293-3.10.4-4")
def test_close_goes_from_close_wait_to_last_ack(wire):
    wire.close_wait()
    wire.play("""
        5  us.close
        5  ==> FIN ACK  1  ack=2
        5  us.state LAST_ACK
    """)


@proves("RFC9293-3.10.7.4-16")
def test_the_ack_of_our_fin_goes_from_last_ack_to_closed(wire):
    wire.last_ack()
    wire.play("""
        5  <== ACK  2  ack=2
        5  us.state CLOSED
        5  us.rows  1
    """)


@proves("RFC9293-3.10.8-3", "MUST-13")
def test_two_segment_lifetimes_go_from_time_wait_to_closed(wire):
    wire.time_wait()
    wire.play("""
        59999  us.state TIME_WAIT
        60000  us.state CLOSED
        60000  us.rows  1
    """)


@proves("RFC9293-3.10.4-3")
def test_fin_follows_all_data_that_was_written(wire):
    wire.opened(mss=1000, win=1000)
    wire.play("""
        0   us.write 1500
        0   ==> ACK      1:1001     ack=1
        0   us.close
        0   us.state     FIN_WAIT_1
        9   <== ACK      1          ack=1001
        9   ==> FIN ACK  1001:1501  ack=1
        19  <== ACK      1          ack=1502
        19  us.state     FIN_WAIT_2
    """)


@proves("RFC9293-3.10.4-4")
def test_fin_follows_all_data_in_last_ack(wire):
    wire.close_wait(mss=1000, win=1000)
    wire.play("""
        0   us.write 1500
        0   ==> ACK      1:1001     ack=2
        0   us.close
        0   us.state     LAST_ACK
        9   <== ACK      2          ack=1001
        9   ==> FIN ACK  1001:1501  ack=2
        19  <== ACK      2          ack=1502
        19  us.state     CLOSED
    """)


@proves("RFC9293-3.10.4-5")
def test_a_second_close_sends_no_second_fin(wire):
    wire.fin_wait_1()
    wire.play("""
        0    us.close
        999  us.close
        1000 ==> FIN ACK 1 ack=1
    """)


@proves("RFC9293-3.10.4-5")
def test_shutdown_and_then_close_send_one_fin(wire):
    wire.fin_wait_1(shutdown=True)
    wire.play("""
        5  us.shutdown wr
        5  us.close
        9  <== ACK  1  ack=2
        9  us.state FIN_WAIT_2
    """)


@proves("RFC9293-3.10.2-2")
def test_nothing_can_be_written_after_shutdown(wire):
    wire.fin_wait_2(shutdown=True)
    wire.play("""
        5  us.write 10 error EPIPE
    """)


@proves("RFC9293-3.10.3-1", "RFC9293-3.10.7.4-19")
def test_data_is_taken_after_half_close(wire):
    wire.fin_wait_1(shutdown=True)
    wire.play("""
        5    <== ACK  1:101    ack=1
        5    us.read  100
        45   ==> ACK  2        ack=101
        50   <== ACK  101:201  ack=2
        50   us.state FIN_WAIT_2
        50   us.read  100
        90   ==> ACK  2        ack=201
        99   <== FIN ACK  201  ack=2
        99   ==> ACK  2        ack=202
        99   us.read  eof
        99   us.state TIME_WAIT
    """)


@proves("RFC9293-3.10.2-2")
def test_data_is_sent_in_close_wait(wire):
    wire.close_wait()
    wire.play("""
        5   us.write 100
        5   ==> ACK  1:101  ack=2
        25  <== ACK  2      ack=101
        25  us.state CLOSE_WAIT
    """)


@proves("RFC9293-3.10.3-2", "MUST-12")
def test_data_is_read_before_the_end_of_stream(wire):
    wire.opened()
    wire.play("""
        0  <== FIN ACK  1:101  ack=1
        0  ==> ACK      1      ack=102
        0  us.state CLOSE_WAIT
        0  us.recvq 100
        0  us.read  60
        0  us.read  40
        0  us.read  eof
    """)


@proves("SHLD-3")
def test_closing_with_unread_data_sends_a_reset(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:101  ack=1
        0   us.recvq 100
        10  us.close
        10  ==> RST ACK  1  ack=101
        10  us.state CLOSED
    """)


@proves("SHLD-3", "RFC9293-3.5.2-1")
def test_data_after_close_draws_a_reset(wire):
    wire.fin_wait_2()
    wire.play("""
        10  <== ACK      1:101  ack=2
        10  ==> RST ACK  2
        10  us.state     CLOSED
    """)


@proves("RFC9293-3.10.8-2", "RFC6298-5.5")
def test_a_lost_fin_is_sent_again(wire):
    wire.fin_wait_1()
    wire.play("""
        1000  ==> FIN ACK  1  ack=1
        3000  ==> FIN ACK  1  ack=1
        3100  <== ACK      1  ack=2
        3100  us.state FIN_WAIT_2
    """)


@proves("SHLD-11", "RFC9293-3.10.8-1")
def test_a_closed_connection_is_given_up_after_eight_retransmissions(wire):
    wire.fin_wait_1()
    wire.play("""
        1s    ==> FIN ACK  1  ack=1
        3s    ==> FIN ACK  1  ack=1
        7s    ==> FIN ACK  1  ack=1
        15s   ==> FIN ACK  1  ack=1
        31s   ==> FIN ACK  1  ack=1
        63s   ==> FIN ACK  1  ack=1
        123s  ==> FIN ACK  1  ack=1
        183s  ==> FIN ACK  1  ack=1
        242999 us.state FIN_WAIT_1
        243s  us.state CLOSED
        243s  us.rows  1
    """)


@proves("RFC9293-3.10.7.4-26")
def test_fin_wait_2_of_a_closed_socket_ends_after_a_minute(wire):
    wire.fin_wait_2()
    wire.play("""
        59999 us.state FIN_WAIT_2
        60000 us.state CLOSED
        60001 <== FIN ACK  1  ack=2
        60001 ==> RST      2
    """)


@proves("RFC9293-3.10.7.4-26")
def test_the_time_of_fin_wait_2_is_a_setting(wire):
    wire.fin_wait_2(tcp_fin_timeout=10)
    wire.play("""
        9999  us.state FIN_WAIT_2
        10000 us.state CLOSED
    """)


@proves("RFC9293-3.10.3-1")
def test_fin_wait_2_of_a_socket_that_still_reads_does_not_end(wire):
    wire.fin_wait_2(shutdown=True)
    wire.play("""
        200s  us.state FIN_WAIT_2
        200s  <== ACK  1:11  ack=2
        200s  us.read  10
        +40   ==> ACK  2  ack=11
    """)


@proves("RFC9293-3.10.7.4-27")
def test_a_fin_sent_again_in_close_wait_is_acknowledged(wire):
    wire.close_wait()
    wire.play("""
        5  <== FIN ACK  1  ack=1
        5  ==> ACK      1  ack=2
        5  us.state CLOSE_WAIT
    """)


@proves("RFC9293-3.10.7.4-27")
def test_a_fin_sent_again_in_closing_is_acknowledged(wire):
    wire.closing()
    wire.play("""
        5  <== FIN ACK  1  ack=1
        5  ==> ACK      2  ack=2
        5  us.state CLOSING
    """)


@proves("RFC9293-3.10.7.4-27")
def test_a_fin_sent_again_in_last_ack_is_acknowledged(wire):
    wire.last_ack()
    wire.play("""
        5  <== FIN ACK  1  ack=1
        5  ==> ACK      2  ack=2
        5  us.state LAST_ACK
    """)


@proves("RFC9293-3.10.7.4-19")
def test_text_after_the_peers_fin_is_ignored(wire):
    wire.close_wait()
    wire.play("""
        5  <== ACK  2:102  ack=1
        5  us.recvq 0
        5  us.read  eof
        5  us.state CLOSE_WAIT
    """)


@proves("RFC9293-3.10.7.4-23", "SHLD-31")
def test_a_fin_behind_a_hole_counts_when_the_hole_is_filled(wire):
    wire.opened()
    wire.play("""
        0   <== FIN ACK  101:201  ack=1
        0   ==> ACK      1        ack=1
        0   us.state     ESTABLISHED
        9   <== ACK      1:101    ack=1
        9   ==> ACK      1        ack=202
        9   us.state     CLOSE_WAIT
        9   us.read      200
        9   us.read      eof
    """)


@proves("RFC9293-3.10.7.4-23")
def test_an_empty_fin_behind_a_hole_counts_when_the_hole_is_filled(wire):
    wire.opened()
    wire.play("""
        0   <== FIN ACK  101      ack=1
        0   ==> ACK      1        ack=1
        0   us.state     ESTABLISHED
        9   <== ACK      1:101    ack=1
        9   ==> ACK      1        ack=102
        9   us.state     CLOSE_WAIT
    """)


@proves("RFC9293-3.10.7.4-23")
def test_the_fin_itself_is_acknowledged_at_once(wire):
    wire.opened()
    wire.play("""
        0   <== ACK      1:101  ack=1
        20  <== FIN ACK  101    ack=1
        20  ==> ACK      1      ack=102
        99  us.read      100
    """)


@proves("RFC9293-3.10.7.4-25", "RFC9293-3.10.7.4-15")
def test_both_sides_close_at_once(wire):
    wire.fin_wait_1()
    wire.play("""
        5     <== FIN ACK  1  ack=1
        5     ==> ACK      2  ack=2
        9     <== ACK      2  ack=2
        9     us.state     TIME_WAIT
        60009 us.state     CLOSED
    """)


@proves("RFC9293-3.10.8-2")
def test_our_fin_is_sent_again_in_closing(wire):
    wire.closing()
    wire.play("""
        1000  ==> FIN ACK  1  ack=2
        1010  <== ACK      2  ack=2
        1010  us.state     TIME_WAIT
    """)


@proves("RFC9293-3.10.8-2")
def test_our_fin_is_sent_again_in_last_ack(wire):
    wire.last_ack()
    wire.play("""
        1000  ==> FIN ACK  1  ack=2
        1010  <== ACK      2  ack=2
        1010  us.state     CLOSED
    """)


@proves("MAY-1")
def test_shutdown_of_reading_ends_the_stream_for_the_program(wire):
    wire.opened()
    wire.play("""
        0  us.shutdown rd
        0  us.read  eof
        0  us.write 10
        0  ==> ACK  1:11  ack=1
    """)


@proves("RFC9293-3.10.5-1")
def test_linger_of_zero_seconds_turns_close_into_a_reset(wire):
    wire.opened()
    wire.play("""
        0  us.setsockopt LINGER 0
        0  us.write  10
        0  ==> ACK      1:11  ack=1
        0  us.close
        0  ==> RST ACK  11    ack=1
        0  us.state CLOSED
    """)


@proves("RFC9293-3.10.7.4-13", "RFC9293-3.10.7.4-12")
def test_an_ack_in_fin_wait_2_changes_nothing(wire):
    wire.fin_wait_2()
    wire.play("""
        5  <== ACK  1  ack=2 win=100
        5  us.state FIN_WAIT_2
    """)


@proves("RFC9293-3.10.7.4-27")
def test_another_fin_behind_the_peers_fin_moves_nothing(wire):
    wire.close_wait()
    wire.play("""
        5  <== FIN ACK  2  ack=1
        5  us.state CLOSE_WAIT
        6  us.write 10
        6  ==> ACK  1:11  ack=2
    """)
