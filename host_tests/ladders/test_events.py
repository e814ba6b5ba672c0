"""What has the same answer in every synchronized state (RFC 9293, 3.10.7.4; RFC 5961): event by
event, state by state. The last line says that the state is the one it was."""

from testing import proves

# ---- a reset inside the window draws a challenge ----------------------------------------


@proves("RFC5961-3.2-2")
def test_a_reset_inside_the_window_draws_a_challenge_in_fin_wait_1(wire):
    wire.fin_wait_1()
    wire.play("""
        5  <== RST  2
        5  ==> ACK  2  ack=1
        6  <== RST  1001
        6  ==> ACK  2  ack=1
        6  us.stat TCPChallengeACK 2
        9  us.state FIN_WAIT_1
    """)


@proves("RFC5961-3.2-2")
def test_a_reset_inside_the_window_draws_a_challenge_in_fin_wait_2(wire):
    wire.fin_wait_2()
    wire.play("""
        5  <== RST  2
        5  ==> ACK  2  ack=1
        6  <== RST  1001
        6  ==> ACK  2  ack=1
        6  us.stat TCPChallengeACK 2
        9  us.state FIN_WAIT_2
    """)


@proves("RFC5961-3.2-2")
def test_a_reset_inside_the_window_draws_a_challenge_in_close_wait(wire):
    wire.close_wait()
    wire.play("""
        5  <== RST  3
        5  ==> ACK  1  ack=2
        6  <== RST  1002
        6  ==> ACK  1  ack=2
        6  us.stat TCPChallengeACK 2
        9  us.state CLOSE_WAIT
    """)


@proves("RFC5961-3.2-2")
def test_a_reset_inside_the_window_draws_a_challenge_in_closing(wire):
    wire.closing()
    wire.play("""
        5  <== RST  3
        5  ==> ACK  2  ack=2
        6  <== RST  1002
        6  ==> ACK  2  ack=2
        6  us.stat TCPChallengeACK 2
        9  us.state CLOSING
    """)


@proves("RFC5961-3.2-2")
def test_a_reset_inside_the_window_draws_a_challenge_in_last_ack(wire):
    wire.last_ack()
    wire.play("""
        5  <== RST  3
        5  ==> ACK  2  ack=2
        6  <== RST  1002
        6  ==> ACK  2  ack=2
        6  us.stat TCPChallengeACK 2
        9  us.state LAST_ACK
    """)


# ---- a reset outside the window is nothing ----------------------------------------------


@proves("RFC5961-3.2-3", "RFC9293-3.10.7.4-2")
def test_a_reset_outside_the_window_is_nothing_in_fin_wait_1(wire):
    wire.fin_wait_1()
    wire.play("""
        5  <== RST  0
        6  <== RST  70001
        6  us.stat EstabResets 0
        9  us.state FIN_WAIT_1
    """)


@proves("RFC5961-3.2-3", "RFC9293-3.10.7.4-2")
def test_a_reset_outside_the_window_is_nothing_in_fin_wait_2(wire):
    wire.fin_wait_2()
    wire.play("""
        5  <== RST  0
        6  <== RST  70001
        6  us.stat EstabResets 0
        9  us.state FIN_WAIT_2
    """)


@proves("RFC5961-3.2-3", "RFC9293-3.10.7.4-2")
def test_a_reset_outside_the_window_is_nothing_in_close_wait(wire):
    wire.close_wait()
    wire.play("""
        5  <== RST  1
        6  <== RST  70002
        6  us.stat EstabResets 0
        9  us.state CLOSE_WAIT
    """)


@proves("RFC5961-3.2-3", "RFC9293-3.10.7.4-2")
def test_a_reset_outside_the_window_is_nothing_in_closing(wire):
    wire.closing()
    wire.play("""
        5  <== RST  1
        6  <== RST  70002
        6  us.stat EstabResets 0
        9  us.state CLOSING
    """)


@proves("RFC5961-3.2-3", "RFC9293-3.10.7.4-2")
def test_a_reset_outside_the_window_is_nothing_in_last_ack(wire):
    wire.last_ack()
    wire.play("""
        5  <== RST  1
        6  <== RST  70002
        6  us.stat EstabResets 0
        9  us.state LAST_ACK
    """)


# ---- a syn draws a challenge ------------------------------------------------------------


@proves("RFC5961-4.2-1", "RFC9293-3.10.7.4-5")
def test_a_syn_draws_a_challenge_in_fin_wait_1(wire):
    wire.fin_wait_1()
    wire.play("""
        5  <== SYN      0
        5  ==> ACK      2  ack=1
        6  <== SYN      1
        6  ==> ACK      2  ack=1
        7  <== SYN ACK  2  ack=1
        7  ==> ACK      2  ack=1
        9  us.state FIN_WAIT_1
    """)


@proves("RFC5961-4.2-1", "RFC9293-3.10.7.4-5")
def test_a_syn_draws_a_challenge_in_fin_wait_2(wire):
    wire.fin_wait_2()
    wire.play("""
        5  <== SYN      0
        5  ==> ACK      2  ack=1
        6  <== SYN      1
        6  ==> ACK      2  ack=1
        7  <== SYN ACK  2  ack=2
        7  ==> ACK      2  ack=1
        9  us.state FIN_WAIT_2
    """)


@proves("RFC5961-4.2-1", "RFC9293-3.10.7.4-5")
def test_a_syn_draws_a_challenge_in_close_wait(wire):
    wire.close_wait()
    wire.play("""
        5  <== SYN      0
        5  ==> ACK      1  ack=2
        6  <== SYN      2
        6  ==> ACK      1  ack=2
        7  <== SYN ACK  3  ack=1
        7  ==> ACK      1  ack=2
        9  us.state CLOSE_WAIT
    """)


@proves("RFC5961-4.2-1", "RFC9293-3.10.7.4-5")
def test_a_syn_draws_a_challenge_in_closing(wire):
    wire.closing()
    wire.play("""
        5  <== SYN      0
        5  ==> ACK      2  ack=2
        6  <== SYN      2
        6  ==> ACK      2  ack=2
        7  <== SYN ACK  3  ack=1
        7  ==> ACK      2  ack=2
        9  us.state CLOSING
    """)


@proves("RFC5961-4.2-1", "RFC9293-3.10.7.4-5")
def test_a_syn_draws_a_challenge_in_last_ack(wire):
    wire.last_ack()
    wire.play("""
        5  <== SYN      0
        5  ==> ACK      2  ack=2
        6  <== SYN      2
        6  ==> ACK      2  ack=2
        7  <== SYN ACK  3  ack=1
        7  ==> ACK      2  ack=2
        9  us.state LAST_ACK
    """)


# ---- a segment without ack is dropped ---------------------------------------------------


@proves("RFC9293-3.10.7.4-10")
def test_a_segment_without_ack_is_dropped_in_fin_wait_1(wire):
    wire.fin_wait_1()
    wire.play("""
        5  <== -        1:11
        6  <== FIN      1
        7  <== URG      1:11  urg=5
        8  us.stat InSegs 3
        9  us.state FIN_WAIT_1
    """)


@proves("RFC9293-3.10.7.4-10")
def test_a_segment_without_ack_is_dropped_in_fin_wait_2(wire):
    wire.fin_wait_2()
    wire.play("""
        5  <== -        1:11
        6  <== FIN      1
        7  <== URG      1:11  urg=5
        8  us.stat InSegs 3
        9  us.state FIN_WAIT_2
    """)


@proves("RFC9293-3.10.7.4-10")
def test_a_segment_without_ack_is_dropped_in_close_wait(wire):
    wire.close_wait()
    wire.play("""
        5  <== -        2:12
        6  <== FIN      2
        7  <== URG      2:12  urg=5
        8  us.stat InSegs 3
        9  us.state CLOSE_WAIT
    """)


@proves("RFC9293-3.10.7.4-10")
def test_a_segment_without_ack_is_dropped_in_closing(wire):
    wire.closing()
    wire.play("""
        5  <== -        2:12
        6  <== FIN      2
        7  <== URG      2:12  urg=5
        8  us.stat InSegs 3
        9  us.state CLOSING
    """)


@proves("RFC9293-3.10.7.4-10")
def test_a_segment_without_ack_is_dropped_in_last_ack(wire):
    wire.last_ack()
    wire.play("""
        5  <== -        2:12
        6  <== FIN      2
        7  <== URG      2:12  urg=5
        8  us.stat InSegs 3
        9  us.state LAST_ACK
    """)


# ---- an ack of what was never sent draws an ack -----------------------------------------


@proves("RFC9293-3.5.2-3", "RFC9293-3.10.7.4-12")
def test_an_ack_of_what_was_never_sent_draws_an_ack_in_fin_wait_1(wire):
    wire.fin_wait_1()
    wire.play("""
        5  <== ACK      1  ack=9
        5  ==> ACK      2  ack=1
        6  <== FIN ACK  1  ack=9
        6  ==> ACK      2  ack=1
        9  us.state FIN_WAIT_1
    """)


@proves("RFC9293-3.5.2-3", "RFC9293-3.10.7.4-12")
def test_an_ack_of_what_was_never_sent_draws_an_ack_in_fin_wait_2(wire):
    wire.fin_wait_2()
    wire.play("""
        5  <== ACK      1  ack=9
        5  ==> ACK      2  ack=1
        6  <== FIN ACK  1  ack=9
        6  ==> ACK      2  ack=1
        9  us.state FIN_WAIT_2
    """)


@proves("RFC9293-3.5.2-3", "RFC9293-3.10.7.4-12")
def test_an_ack_of_what_was_never_sent_draws_an_ack_in_close_wait(wire):
    wire.close_wait()
    wire.play("""
        5  <== ACK      2  ack=8
        5  ==> ACK      1  ack=2
        6  <== FIN ACK  2  ack=8
        6  ==> ACK      1  ack=2
        9  us.state CLOSE_WAIT
    """)


@proves("RFC9293-3.5.2-3", "RFC9293-3.10.7.4-12")
def test_an_ack_of_what_was_never_sent_draws_an_ack_in_closing(wire):
    wire.closing()
    wire.play("""
        5  <== ACK      2  ack=9
        5  ==> ACK      2  ack=2
        6  <== FIN ACK  2  ack=9
        6  ==> ACK      2  ack=2
        9  us.state CLOSING
    """)


@proves("RFC9293-3.5.2-3", "RFC9293-3.10.7.4-12")
def test_an_ack_of_what_was_never_sent_draws_an_ack_in_last_ack(wire):
    wire.last_ack()
    wire.play("""
        5  <== ACK      2  ack=9
        5  ==> ACK      2  ack=2
        6  <== FIN ACK  2  ack=9
        6  ==> ACK      2  ack=2
        9  us.state LAST_ACK
    """)


# ---- old text draws an ack --------------------------------------------------------------


@proves("RFC9293-3.10.7.4-2", "RFC9293-3.5.2-3")
def test_old_text_draws_an_ack_in_established(wire):
    wire.opened()
    wire.play("""
        5  <== ACK  -99:1    ack=1
        5  ==> ACK  1      ack=1
        6  <== ACK  -2999    ack=1
        6  ==> ACK  1      ack=1
        9  us.state ESTABLISHED
    """)


@proves("RFC9293-3.10.7.4-2", "RFC9293-3.5.2-3")
def test_old_text_draws_an_ack_in_fin_wait_1(wire):
    wire.fin_wait_1()
    wire.play("""
        5  <== ACK  -99:1    ack=1
        5  ==> ACK  2      ack=1
        6  <== ACK  -2999    ack=1
        6  ==> ACK  2      ack=1
        9  us.state FIN_WAIT_1
    """)


@proves("RFC9293-3.10.7.4-2", "RFC9293-3.5.2-3")
def test_old_text_draws_an_ack_in_fin_wait_2(wire):
    wire.fin_wait_2()
    wire.play("""
        5  <== ACK  -99:1    ack=2
        5  ==> ACK  2      ack=1
        6  <== ACK  -2999    ack=2
        6  ==> ACK  2      ack=1
        9  us.state FIN_WAIT_2
    """)


@proves("RFC9293-3.10.7.4-2", "RFC9293-3.5.2-3")
def test_old_text_draws_an_ack_in_close_wait(wire):
    wire.close_wait()
    wire.play("""
        5  <== ACK  -99:1    ack=1
        5  ==> ACK  1      ack=2
        6  <== ACK  -2999    ack=1
        6  ==> ACK  1      ack=2
        9  us.state CLOSE_WAIT
    """)


@proves("RFC9293-3.10.7.4-2", "RFC9293-3.5.2-3")
def test_old_text_draws_an_ack_in_closing(wire):
    wire.closing()
    wire.play("""
        5  <== ACK  -99:1    ack=1
        5  ==> ACK  2      ack=2
        6  <== ACK  -2999    ack=1
        6  ==> ACK  2      ack=2
        9  us.state CLOSING
    """)


@proves("RFC9293-3.10.7.4-2", "RFC9293-3.5.2-3")
def test_old_text_draws_an_ack_in_last_ack(wire):
    wire.last_ack()
    wire.play("""
        5  <== ACK  -99:1    ack=1
        5  ==> ACK  2      ack=2
        6  <== ACK  -2999    ack=1
        6  ==> ACK  2      ack=2
        9  us.state LAST_ACK
    """)


# ---- text beyond the window draws an ack ------------------------------------------------


@proves("RFC9293-3.10.7.4-1", "RFC9293-3.10.7.4-2")
def test_text_beyond_the_window_draws_an_ack_in_fin_wait_1(wire):
    wire.fin_wait_1()
    wire.play("""
        5  <== ACK      70001:70011  ack=1
        5  ==> ACK      2            ack=1
        6  <== FIN ACK  70001          ack=1
        6  ==> ACK      2            ack=1
        9  us.state FIN_WAIT_1
    """)


@proves("RFC9293-3.10.7.4-1", "RFC9293-3.10.7.4-2")
def test_text_beyond_the_window_draws_an_ack_in_fin_wait_2(wire):
    wire.fin_wait_2()
    wire.play("""
        5  <== ACK      70001:70011  ack=2
        5  ==> ACK      2            ack=1
        6  <== FIN ACK  70001          ack=2
        6  ==> ACK      2            ack=1
        9  us.state FIN_WAIT_2
    """)


@proves("RFC9293-3.10.7.4-1", "RFC9293-3.10.7.4-2")
def test_text_beyond_the_window_draws_an_ack_in_close_wait(wire):
    wire.close_wait()
    wire.play("""
        5  <== ACK      70002:70012  ack=1
        5  ==> ACK      1            ack=2
        6  <== FIN ACK  70002          ack=1
        6  ==> ACK      1            ack=2
        9  us.state CLOSE_WAIT
    """)


@proves("RFC9293-3.10.7.4-1", "RFC9293-3.10.7.4-2")
def test_text_beyond_the_window_draws_an_ack_in_closing(wire):
    wire.closing()
    wire.play("""
        5  <== ACK      70002:70012  ack=1
        5  ==> ACK      2            ack=2
        6  <== FIN ACK  70002          ack=1
        6  ==> ACK      2            ack=2
        9  us.state CLOSING
    """)


@proves("RFC9293-3.10.7.4-1", "RFC9293-3.10.7.4-2")
def test_text_beyond_the_window_draws_an_ack_in_last_ack(wire):
    wire.last_ack()
    wire.play("""
        5  <== ACK      70002:70012  ack=1
        5  ==> ACK      2            ack=2
        6  <== FIN ACK  70002          ack=1
        6  ==> ACK      2            ack=2
        9  us.state LAST_ACK
    """)
