"""Resets, in and out, and segments that do not belong to the connection."""

from testing import proves

# ---- nobody there --------------------------------------------------------------------------


@proves("RFC9293-3.5.2-1")
def test_a_syn_to_a_closed_port_draws_a_reset(wire):
    wire.play("""
        0  <== SYN      0  to=81
        0  ==> RST ACK  0  ack=1  win=0 to=81
    """)


@proves("RFC9293-3.5.2-1", "RFC9293-3.4-1")
def test_the_reset_of_a_segment_without_ack_acknowledges_its_whole_length(wire):
    wire.play("""
        0  <== SYN FIN  0:100  to=81
        0  ==> RST ACK  0      ack=102 to=81
        1  <== PSH      7:20   to=81
        1  ==> RST ACK  0      ack=20 to=81
    """)


@proves("RFC9293-3.5.2-1")
def test_the_reset_of_a_segment_with_ack_takes_its_ack_as_number(wire):
    wire.play("""
        0  <== ACK      5       ack=777  to=81
        0  ==> RST      777     to=81
        1  <== FIN ACK  5:20    ack=900  to=81
        1  ==> RST      900     to=81
        2  <== SYN ACK  5       ack=901  to=81
        2  ==> RST      901     to=81
    """)


@proves("RFC9293-3.5.2-1")
def test_a_reset_to_a_closed_port_is_ignored(wire):
    wire.play("""
        0  <== RST      5  to=81
        1  <== RST ACK  5  ack=7 to=81
    """)


# ---- listening -----------------------------------------------------------------------------


@proves("RFC9293-3.10.7.2-1", "RFC9293-3.5.3-1")
def test_a_listener_ignores_a_reset(wire):
    wire.listening()
    wire.play("""
        0  <== RST      5
        1  <== RST ACK  5  ack=1
        2  <== SYN RST  5
        3  us.state LISTEN
    """)


@proves("RFC9293-3.10.7.2-1", "RFC9293-3.5.2-2")
def test_a_listener_answers_an_ack_by_a_reset(wire):
    wire.listening()
    wire.play("""
        0  <== ACK      5     ack=777
        0  ==> RST      777
        1  <== SYN ACK  5     ack=778
        1  ==> RST      778
        2  <== FIN ACK  5:10  ack=779
        2  ==> RST      779
        3  us.state LISTEN
    """)


@proves("RFC9293-3.10.7.2-1", "RFC9293-3.10.7.4-22")
def test_a_listener_drops_what_is_neither_syn_nor_ack(wire):
    wire.listening()
    wire.play("""
        0  <== FIN  5
        1  <== PSH  5:10
        2  <== -    5
        3  us.state LISTEN
        3  us.rows  1
    """)


# ---- resets that arrive --------------------------------------------------------------------


@proves("RFC9293-3.10.7.4-7", "MUST-12", "RFC5961-3.2-1")
def test_a_reset_ends_established_and_the_program_is_told_once(wire):
    wire.opened()
    wire.play("""
        0  <== RST  1
        0  us.state CLOSED
        0  us.flags RD WR ERR HUP
        0  us.read  1 error ECONNRESET
        0  us.read  eof
    """)


@proves("RFC9293-3.10.7.4-7")
def test_writing_after_a_reset_is_an_error(wire):
    wire.opened()
    wire.play("""
        0  <== RST   1
        0  us.write  10 error ECONNRESET
        0  us.write  10 error EPIPE
    """)


@proves("SHLD-2")
def test_a_reset_may_carry_data_and_an_ack(wire):
    wire.opened()
    wire.play("""
        0  <== RST ACK  1:20  ack=1
        0  us.state CLOSED
        0  us.read  1 error ECONNRESET
    """)


@proves("RFC5961-3.2-2", "RFC5961-1.1-1")
def test_a_reset_inside_the_window_draws_a_challenge(wire):
    wire.opened()
    wire.play("""
        0  <== RST  2
        0  ==> ACK  1  ack=1
        1  <== RST  2048
        1  ==> ACK  1  ack=1
        1  us.state ESTABLISHED
        9  <== RST  1
        9  us.state CLOSED
    """)


@proves("RFC9293-3.10.7.4-2", "RFC5961-3.2-3")
def test_a_reset_outside_the_window_is_dropped_silently(wire):
    wire.opened()
    wire.play("""
        0  <== RST  0
        1  <== RST  2049
        2  <== RST  -100000
        3  us.state ESTABLISHED
    """)


@proves("MUST-66", "RFC9293-3.10.7.4-4")
def test_a_reset_counts_while_our_window_is_closed(wire):
    wire.opened(rx_buffer=1024)
    wire.play("""
        0  <== ACK  1:1025  ack=1
        40 ==> ACK  1       ack=1025 win=0
        50 <== RST  1025
        50 us.state CLOSED
    """)


@proves("RFC9293-3.10.7.4-7")
def test_a_reset_ends_fin_wait_1(wire):
    wire.fin_wait_1()
    wire.play("""
        5  <== RST  1
        5  us.state CLOSED
    """)


@proves("RFC9293-3.10.7.4-7")
def test_a_reset_ends_fin_wait_2(wire):
    wire.fin_wait_2(shutdown=True)
    wire.play("""
        5  <== RST  1
        5  us.state CLOSED
        5  us.read 1 error ECONNRESET
    """)


@proves("RFC9293-3.10.7.4-7")
def test_a_reset_ends_close_wait(wire):
    wire.close_wait()
    wire.play("""
        5  <== RST  2
        5  us.state CLOSED
        5  us.write 10 error ECONNRESET
    """)


@proves("RFC9293-3.10.7.4-8")
def test_a_reset_ends_closing(wire):
    wire.closing()
    wire.play("""
        5  <== RST  2
        5  us.state CLOSED
        5  us.rows  1
    """)


@proves("RFC9293-3.10.7.4-8")
def test_a_reset_ends_last_ack(wire):
    wire.last_ack()
    wire.play("""
        5  <== RST  2
        5  us.state CLOSED
        5  us.rows  1
    """)


@proves("RFC9293-3.10.7.4-7", "RFC9293-3.10.3-2")
def test_data_that_came_before_a_reset_can_still_be_read(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  1:101  ack=1
        1  <== RST  101
        1  us.state CLOSED
        1  us.read  100
        1  us.read  1 error ECONNRESET
    """)


# ---- segments that do not fit --------------------------------------------------------------


@proves("RFC5961-4.2-1", "RFC9293-3.10.7.4-5", "RFC5961-1.1-1")
def test_a_syn_in_established_draws_a_challenge(wire):
    wire.opened()
    wire.play("""
        0  <== SYN      0
        0  ==> ACK      1  ack=1
        1  <== SYN      1
        1  ==> ACK      1  ack=1
        2  <== SYN      90000
        2  ==> ACK      1  ack=1
        3  <== SYN ACK  0  ack=1
        3  ==> ACK      1  ack=1
        3  us.state ESTABLISHED
    """)


@proves("RFC9293-3.5.1-1", "RFC5961-4.2-2")
def test_a_peer_that_lost_the_connection_resets_it_after_our_challenge(wire):
    wire.opened()
    wire.play("""
        0  <== SYN  90000
        0  ==> ACK  1  ack=1
        1  <== RST  1
        1  us.state CLOSED
        1  us.read  1 error ECONNRESET
    """)


@proves("RFC9293-3.10.7.4-10")
def test_a_segment_without_ack_is_dropped(wire):
    wire.opened()
    wire.play("""
        0   <== PSH  1:11
        1   <== FIN  1
        2   us.recvq 0
        2   us.state ESTABLISHED
        99  <== ACK  1  ack=1
    """)


@proves("RFC9293-3.10.7.4-12", "RFC9293-3.5.2-3")
def test_an_ack_of_what_was_not_sent_draws_an_ack_and_the_segment_is_dropped(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  1:11  ack=2
        0  ==> ACK  1     ack=1
        0  us.recvq 0
        0  us.state ESTABLISHED
    """)


@proves("RFC9293-3.10.7.4-12")
def test_an_old_ack_is_ignored_but_its_text_is_taken(wire):
    wire.opened()
    wire.play("""
        0   us.write 100
        0   ==> ACK  1:101   ack=1
        5   <== ACK  1       ack=101
        9   <== ACK  1:11    ack=51
        9   us.read  10
        49  ==> ACK  101     ack=11
    """)


@proves("MAY-12", "RFC5961-5.2-1", "RFC5961-5.2-2")
def test_an_ack_that_is_too_old_draws_an_ack_and_the_text_is_dropped(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  1:11  ack=-200000
        0  ==> ACK  1     ack=1
        0  us.recvq 0
    """)


@proves("RFC9293-3.10.7.4-1", "RFC9293-3.10.7.4-2", "RFC9293-3.5.2-3")
def test_an_empty_segment_outside_the_window_draws_an_ack(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  0      ack=1
        0  ==> ACK  1      ack=1
        1  <== ACK  2049   ack=1
        1  ==> ACK  1      ack=1
        2  <== ACK  2048   ack=1
        3  us.state ESTABLISHED
    """)


@proves("RFC9293-3.10.7.4-1", "RFC9293-3.10.7.4-2")
def test_text_outside_the_window_draws_an_ack_and_is_dropped(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  2049:2060  ack=1
        0  ==> ACK  1          ack=1
        1  <== ACK  -10:1      ack=1
        1  ==> ACK  1          ack=1
        1  us.recvq 0
    """)


@proves("RFC9293-3.10.7.4-5")
def test_the_sequence_number_is_checked_before_the_ack(wire):
    wire.opened()
    wire.play("""
        0  us.write 100
        0  ==> ACK  1:101       ack=1
        5  <== ACK  5000:5010   ack=101
        5  ==> ACK  101         ack=1
        5  us.sendq 100
    """)


@proves("MUST-3")
def test_a_segment_with_a_wrong_checksum_is_dropped_and_counted(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  1:11  ack=1 sum=bad
        0  us.recvq 0
        0  us.stat  InCsumErrors 1
        5  <== RST  1     sum=bad
        5  us.state ESTABLISHED
    """)


@proves("MUST-7", "RFC9293-3.10.7.4-5")
def test_a_segment_with_an_impossible_data_offset_is_dropped(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  1:11  ack=1 off=4
        1  <== ACK  1:11  ack=1 off=15
        2  <== ACK  1     ack=1 off=0
        3  us.recvq 0
        3  us.state ESTABLISHED
    """)
