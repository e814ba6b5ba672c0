"""Flow control: the windows of both sides, silly windows, Nagle, delayed ACKs, zero-window
probes."""

from testing import proves

# ---- our window ----------------------------------------------------------------------------


@proves("RFC9293-3.10.7.4-20", "SHLD-14")
def test_the_window_is_the_room_that_is_left(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:501    ack=1
        40  ==> ACK  1        ack=501 win=1548
        50  <== ACK  501:601  ack=1
        90  ==> ACK  1        ack=601 win=1448
    """)


@proves("MUST-1", "REC-1")
def test_the_peers_window_of_more_than_32767_bytes_is_no_negative_number(wire):
    wire.opened(mss=1000, win=65535)
    wire.play("""
        0   us.write 100
        0   ==> ACK  1:101     ack=1
        9   <== ACK  1         ack=101 win=40000
        10  us.write 1000
        10  ==> ACK  101:1101  ack=1
        19  <== ACK  1         ack=1101
    """)


@proves("MUST-39", "RFC9293-3.8.6.2.2-1")
def test_the_right_edge_does_not_move_by_small_steps(wire):
    wire.opened()
    wire.play("""
        0    <== ACK  1:501    ack=1
        40   ==> ACK  1        ack=501 win=1548
        50   us.read  500
        60   <== ACK  501:601  ack=1
        100  ==> ACK  1        ack=601 win=1448
    """)


@proves("MUST-39", "RFC9293-3.8.6.2.2-1")
def test_reading_half_the_buffer_opens_the_window_at_once(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:1025   ack=1
        40  ==> ACK  1        ack=1025 win=1024
        50  us.read  1023
        60  us.read  1
        60  ==> ACK  1        ack=1025 win=2048
    """)


@proves("MAY-8", "MUST-39")
def test_a_closed_window_opens_when_half_the_buffer_is_free(wire):
    wire.opened(rx_buffer=1024)
    wire.play("""
        0    <== ACK  1:1025  ack=1
        40   ==> ACK  1       ack=1025 win=0
        500  us.read  100
        600  us.read  411
        700  us.read  1
        700  ==> ACK  1       ack=1025 win=512
    """)


@proves("RFC9293-3.10.7.4-1", "RFC9293-3.10.7.4-2", "RFC9293-3.10.7.4-4")
def test_a_probe_of_our_closed_window_is_answered_and_not_taken(wire):
    wire.opened(rx_buffer=1024)
    wire.play("""
        0    <== ACK  1:1025     ack=1
        40   ==> ACK  1          ack=1025 win=0
        500  <== ACK  1025:1026  ack=1
        500  ==> ACK  1          ack=1025 win=0
        500  us.recvq 1024
        900  <== ACK  1025:1026  ack=1
        900  ==> ACK  1          ack=1025 win=0
    """)


@proves("RFC9293-3.10.7.4-4", "MUST-66")
def test_an_ack_counts_while_our_window_is_closed(wire):
    wire.opened(rx_buffer=1024)
    wire.play("""
        0    <== ACK  1:1025  ack=1
        40   ==> ACK  1       ack=1025 win=0
        50   us.write 100
        50   ==> ACK  1:101   ack=1025 win=0
        90   <== ACK  1025    ack=101
        90   us.sendq 0
        95   us.write 10
        95   ==> ACK  101:111 ack=1025
        99   <== ACK  1025:1026  ack=111
        99   ==> ACK  111     ack=1025 win=0
        99   us.sendq 0
    """)


@proves("RFC9293-3.10.7.4-3")
def test_text_beyond_the_window_is_cut_off(wire):
    wire.opened(rx_buffer=1024)
    wire.play("""
        0   <== ACK  1:1101  ack=1
        40  ==> ACK  1       ack=1025 win=0
        50  us.read  1024
        50  ==> ACK  1       ack=1025 win=1024
    """)


@proves("RFC9293-3.10.7.4-3")
def test_a_fin_beyond_the_window_is_cut_off(wire):
    wire.opened(rx_buffer=1024)
    wire.play("""
        0   <== FIN ACK  1:1101  ack=1
        40  ==> ACK  1       ack=1025 win=0
        40  us.state ESTABLISHED
    """)


# ---- delayed ACKs --------------------------------------------------------------------------


@proves("SHLD-18", "MUST-40", "RFC5681-4.2-1", "RFC5681-4.2-2")
def test_an_ack_is_delayed_by_40_ms(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:11  ack=1
        0   us.timer delack 40
        40  ==> ACK  1     ack=11
        40  us.timer none
    """)


@proves("SHLD-18")
def test_the_delay_counts_from_the_first_segment(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:11   ack=1
        30  <== ACK  11:21  ack=1
        40  ==> ACK  1      ack=21
    """)


@proves("SHLD-19", "RFC5681-4.2-1")
def test_every_second_full_segment_is_acknowledged_at_once(wire):
    wire.opened(connections=1, rx_buffer=8192)
    wire.play("""
        0   <== ACK  1:1461     ack=1
        5   <== ACK  1461:2921  ack=1
        5   ==> ACK  1          ack=2921
        6   <== ACK  2921:4381  ack=1
        9   <== ACK  4381:5841  ack=1
        9   ==> ACK  1          ack=5841
    """)


@proves("MUST-58", "MUST-59", "RFC5681-4.2-4")
def test_segments_that_wait_together_draw_one_ack(wire):
    wire.opened(connections=1, rx_buffer=8192)
    wire.play("""
        5   <== ACK  1:1461     ack=1
        5   <== ACK  1461:2921  ack=1
        5   <== ACK  2921:4381  ack=1
        5   <== ACK  4381:5841  ack=1
        5   ==> ACK  1          ack=5841
        99  us.recvq 5840
    """)


@proves("RFC9293-3.10.7.4-21", "MUST-58")
def test_an_ack_rides_on_data(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:11   ack=1
        20  us.write 5
        20  ==> ACK  1:6    ack=11
        60  us.timer rexmit 960
    """)


# ---- Nagle ---------------------------------------------------------------------------------


@proves("SHLD-7", "RFC9293-3.8.6.2.1-1", "MAY-16", "MUST-60")
def test_nagle_keeps_small_segments_until_the_ack(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.write 10
        0   ==> ACK  1:11   ack=1
        1   us.write 10
        2   us.write 10
        30  <== ACK  1      ack=11
        30  ==> ACK  11:31  ack=1
    """)


@proves("SHLD-7", "SHLD-28", "RFC9293-3.8.6.2.1-1")
def test_nagle_lets_full_segments_go(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.write 10
        0   ==> ACK  1:11       ack=1
        1   us.write 500
        2   us.write 600
        2   ==> ACK  11:1011    ack=1
        30  <== ACK  1          ack=1011
        30  ==> ACK  1011:1111  ack=1
    """)


@proves("MUST-17")
def test_nagle_can_be_switched_off(wire):
    wire.opened(mss=1000)
    wire.play("""
        0  us.setsockopt NODELAY 1
        0  us.write 10
        0  ==> ACK  1:11   ack=1
        1  us.write 10
        1  ==> ACK  11:21  ack=1
        2  us.write 10
        2  ==> ACK  21:31  ack=1
        9  <== ACK  1      ack=31
    """)


@proves("RFC9293-3.8.6.2.1-1", "RFC9293-3.10.4-3")
def test_close_lets_the_last_small_segment_go(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.write 10
        0   ==> ACK      1:11   ack=1
        1   us.write 10
        2   us.close
        2   ==> FIN ACK  11:21  ack=1
        30  <== ACK      1      ack=22
        30  us.state     FIN_WAIT_2
    """)


@proves("MUST-61", "SHLD-27", "MUST-60")
def test_psh_is_set_on_the_last_segment_of_the_queue_only(wire):
    wire.opened(mss=500, tx_buffer=4096)
    wire.play("""
        0  us.write 1500
        0  ==> ACK      1:501      psh=0
        0  ==> ACK      501:1001   psh=0
        0  ==> PSH ACK  1001:1501
        9  <== ACK  1  ack=1501
    """)


# ---- the peer's window ---------------------------------------------------------------------


@proves("RFC5681-2-1")
def test_no_more_is_sent_than_the_window_takes(wire):
    wire.opened(mss=1000, win=1500)
    wire.play("""
        0   us.write 2000
        0   ==> ACK  1:1001     ack=1
        9   <== ACK  1          ack=1001 win=2000
        9   ==> ACK  1001:2001  ack=1
    """)


@proves("MUST-38", "RFC9293-3.8.6.2.1-1")
def test_a_small_window_is_not_filled_by_small_segments(wire):
    wire.opened(mss=1000, win=2000)
    wire.play("""
        0     us.write 1000
        0     ==> ACK  1:1001     ack=1
        9     <== ACK  1          ack=1001 win=100
        9     us.write 500
        99    <== ACK  1          ack=1001 win=2000
        99    ==> ACK  1001:1501  ack=1
    """)


@proves("MUST-38", "RFC9293-3.8.6.2.1-1")
def test_half_of_the_largest_window_is_worth_a_segment(wire):
    wire.opened(mss=1460, win=1000)
    wire.play("""
        0     us.write 1000
        0     ==> ACK  1:1001     ack=1
        9     <== ACK  1          ack=1001 win=499
        9     us.write 900
        20    <== ACK  1          ack=1001 win=500
        20    ==> ACK  1001:1501  ack=1
    """)


@proves("MUST-38", "MUST-60", "RFC9293-3.8.6.2.1-1")
def test_the_wait_for_a_worthwhile_window_ends_after_a_fifth_of_a_second(wire):
    wire.opened(mss=1000, win=2000)
    wire.play("""
        0     us.write 1000
        0     ==> ACK  1:1001     ack=1
        10    <== ACK  1          ack=1001 win=100
        10    us.write 500
        210   ==> ACK  1001:1101  ack=1
    """)


@proves("MUST-36", "SHLD-29", "SHLD-30")
def test_a_closed_window_is_probed_after_one_rto_and_then_ever_more_rarely(wire):
    wire.opened(mss=1000)
    wire.play("""
        0      us.write 100
        0      ==> ACK  1:101    ack=1
        10     <== ACK  1        ack=101 win=0
        10     us.write 200
        10     us.timer persist 1000
        1010   ==> ACK  101:102  ack=1
        1020   <== ACK  1        ack=101 win=0
        3010   ==> ACK  101:102  ack=1
        3020   <== ACK  1        ack=101 win=0
        7010   ==> ACK  101:102  ack=1
        7020   <== ACK  1        ack=101 win=0
        15010  ==> ACK  101:102  ack=1
        15020  <== ACK  1        ack=101 win=0
        31010  ==> ACK  101:102  ack=1
        31020  <== ACK  1        ack=101 win=0
        63010  ==> ACK  101:102  ack=1
        63020  <== ACK  1        ack=101 win=0
        123010 ==> ACK  101:102  ack=1
    """)


@proves("MUST-36")
def test_data_flow_when_the_window_opens(wire):
    wire.opened(mss=1000)
    wire.play("""
        0      us.write 100
        0      ==> ACK  1:101    ack=1
        10     <== ACK  1        ack=101 win=0
        10     us.write 200
        500    <== ACK  1        ack=101 win=1000
        500    ==> ACK  101:301  ack=1
        510    <== ACK  1        ack=301
        510    us.timer none
    """)


@proves("MUST-36")
def test_data_flow_after_a_probe_was_taken(wire):
    wire.opened(mss=1000)
    wire.play("""
        0      us.write 100
        0      ==> ACK  1:101    ack=1
        10     <== ACK  1        ack=101 win=0
        10     us.write 200
        1010   ==> ACK  101:102  ack=1
        1020   <== ACK  1        ack=102 win=1000
        1020   ==> ACK  102:301  ack=1
    """)


@proves("MUST-37", "SHLD-17")
def test_a_connection_lives_as_long_as_its_probes_are_answered(wire):
    wire.opened(mss=1000, tcp_retries2=3)
    wire.play("""
        0  us.write 100
        0  ==> ACK  1:101    ack=1
        10 <== ACK  1        ack=101 win=0
        10 us.write 200
    """)
    at, gap = 10, 1000
    for _ in range(12):
        at += gap
        gap = min(gap * 2, 60000)
        wire.play(
            """
            %d  ==> ACK  101:102  ack=1
            +10 <== ACK  1        ack=101 win=0
            +0  us.state ESTABLISHED
        """
            % at
        )


@proves("MUST-37")
def test_probes_that_nobody_answers_end_the_connection(wire):
    wire.opened(mss=1000, tcp_retries2=3)
    wire.play("""
        0     us.write 100
        0     ==> ACK  1:101    ack=1
        10    <== ACK  1        ack=101 win=0
        10    us.write 200
        1010  ==> ACK  101:102  ack=1
        3010  ==> ACK  101:102  ack=1
        7010  ==> ACK  101:102  ack=1
        15009 us.state ESTABLISHED
        15010 us.state CLOSED
        15010 us.read 1 error ETIMEDOUT
    """)


@proves("MUST-36")
def test_a_fin_that_waits_behind_a_closed_window_probes_it(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 100
        0     ==> ACK      1:101  ack=1
        10    <== ACK      1      ack=101 win=0
        10    us.close
        1010  ==> FIN ACK  101    ack=1
        1020  <== ACK      1      ack=102 win=0
        1020  us.state     FIN_WAIT_2
    """)


@proves("MUST-34", "SHLD-15", "SHLD-16")
def test_a_window_that_shrinks_stops_new_data_and_old_data_is_sent_again(wire):
    wire.opened(mss=1000, win=4000, tx_buffer=4096)
    wire.play("""
        0     us.write 2000
        0     ==> ACK  1:1001     ack=1
        0     ==> ACK  1001:2001  ack=1
        10    <== ACK  1          ack=1 win=1200
        10    us.write 1000
        1000  ==> ACK  1:1001     ack=1
        1010  <== ACK  1          ack=2001 win=4000
        1010  ==> ACK  2001:3001  ack=1
    """)


@proves("MUST-35", "SHLD-17")
def test_a_window_that_shrinks_to_zero_is_probed(wire):
    wire.opened(mss=1000, win=4000, tcp_retries2=2)
    wire.play("""
        0     us.write 500
        0     ==> ACK  1:501  ack=1
        10    <== ACK  1      ack=1 win=0
        1000  ==> ACK  1:2    ack=1
        1010  <== ACK  1      ack=1 win=0
        3000  ==> ACK  1:2    ack=1
        3010  <== ACK  1      ack=1 win=0
        7000  ==> ACK  1:2    ack=1
        7010  <== ACK  1      ack=501 win=4000
        7010  us.sendq 0
        7010  us.state ESTABLISHED
    """)


@proves("RFC9293-3.10.7.4-13")
def test_the_window_of_an_older_segment_is_not_taken(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   us.setsockopt NODELAY 1
        0   us.write 100
        0   ==> ACK  1:101    ack=1
        1   us.write 100
        1   ==> ACK  101:201  ack=1
        10  <== ACK  1:11     ack=201 win=5000
        11  <== ACK  1        ack=201 win=0
        11  ==> ACK  201      ack=11
        12  us.write 100
        12  ==> ACK  201:301  ack=11
        20  <== ACK  11       ack=201 win=3000
        21  <== ACK  11       ack=101 win=0
        22  us.write 100
        22  ==> ACK  301:401  ack=11
    """)


@proves("RFC9293-3.10.7.4-13")
def test_the_window_of_a_newer_segment_is_taken(wire):
    wire.opened(mss=1000, win=100)
    wire.play("""
        0   us.write 300
        0   ==> ACK  1:101    ack=1
        9   <== ACK  1        ack=1 win=1000
        9   us.sendq 300
        20  <== ACK  1        ack=101 win=1000
        20  ==> ACK  101:301  ack=1
    """)


@proves("RFC9293-3.10.7.4-27", "MUST-39")
def test_behind_the_peers_fin_no_window_is_opened(wire):
    wire.opened(rx_buffer=1024, mss=1000)
    wire.play("""
        0   <== ACK      1:513         ack=1
        0   <== FIN ACK  513:1025      ack=1
        0   ==> ACK      1             ack=1026
        5   us.read 1024               # nobody has anything left to send into it
        9   us.read eof
        99  us.state CLOSE_WAIT
    """)
