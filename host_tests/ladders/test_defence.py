"""What a stranger can do to a connection by guessing (RFC 5961): challenged, limited, dropped."""

from testing import proves


@proves("RFC5961-3.2-2", "RFC5961-3.2-1")
def test_a_reset_whose_text_reaches_into_the_window_is_challenged(wire):
    wire.opened()
    wire.play("""
        0  <== ACK      1:11   ack=1
        0  us.read 10
        1  <== RST ACK  6:31   ack=1     # its number is not RCV.NXT
        1  ==> ACK      1      ack=11
        1  us.state     ESTABLISHED
        1  us.recvq     0
        2  <== RST ACK  11:31  ack=1
        2  us.state     CLOSED
    """)


@proves("RFC5961-3.2-2")
def test_a_reset_inside_the_window_is_challenged_in_fin_wait_1(wire):
    wire.fin_wait_1()
    wire.play("""
        5  <== RST  2
        5  ==> ACK  2  ack=1
        5  us.state FIN_WAIT_1
        6  <== RST  1
        6  us.state CLOSED
    """)


@proves("RFC5961-3.2-2")
def test_a_reset_inside_the_window_is_challenged_in_fin_wait_2(wire):
    wire.fin_wait_2(shutdown=True)
    wire.play("""
        5  <== RST  100
        5  ==> ACK  2  ack=1
        5  us.state FIN_WAIT_2
    """)


@proves("RFC5961-3.2-2", "RFC9293-3.10.7.4-6")
def test_a_reset_inside_the_window_is_challenged_after_the_peers_fin(wire):
    wire.close_wait()
    wire.play("""
        5  <== RST  3
        5  ==> ACK  1  ack=2
        5  us.state CLOSE_WAIT
        6  us.close
        6  ==> FIN ACK  1  ack=2
        7  <== RST  3
        7  ==> ACK  2  ack=2
        7  us.state LAST_ACK
        8  <== RST  2
        8  us.state CLOSED
    """)


@proves("RFC5961-3.2-2")
def test_a_reset_inside_the_window_is_challenged_in_closing(wire):
    wire.closing()
    wire.play("""
        5  <== RST  3
        5  ==> ACK  2  ack=2
        5  us.state CLOSING
    """)


@proves("RFC5961-3.2-2", "RFC5961-4.2-1")
def test_a_challenge_tells_the_newest_numbers(wire):
    wire.opened(mss=1000)
    wire.play("""
        0  us.write 1500
        0  ==> ACK  1:1001     ack=1
        0  ==> ACK  1001:1501  ack=1
        1  <== RST  9
        1  ==> ACK  1501       ack=1
        2  <== ACK  1:11       ack=1001
        3  <== SYN  9
        3  ==> ACK  1501       ack=11
    """)


@proves("RFC5961-3.2-1")
def test_a_reset_that_follows_the_text_at_once_is_exact(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  1:101  ack=1
        0  <== RST  101
        0  us.state CLOSED
        0  us.read  100
        0  us.read  1 error ECONNRESET
    """)


@proves("RFC5961-3.2-2")
def test_a_reset_beyond_a_hole_is_not_exact(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  101:201  ack=1
        0  ==> ACK  1        ack=1
        1  <== RST  201
        1  ==> ACK  1        ack=1
        2  <== RST  1
        2  us.state CLOSED
    """)


@proves("RFC5961-4.2-1", "RFC9293-3.10.7.4-9")
def test_a_syn_with_text_that_reaches_into_the_window_injects_nothing(wire):
    wire.opened()
    wire.play("""
        0  <== SYN ACK  -5:20   ack=1
        0  ==> ACK      1       ack=1
        0  us.recvq 0
        1  <== SYN ACK  1:20    ack=1
        1  ==> ACK      1       ack=1
        1  us.recvq 0
        2  <== ACK      1:101   ack=1
        2  us.read 100
        42 ==> ACK      1       ack=101
    """)


@proves("RFC5961-4.2-1")
def test_a_syn_is_challenged_in_every_synchronized_state(wire):
    wire.fin_wait_1(shutdown=True)
    wire.play("""
        1  <== SYN  300
        1  ==> ACK  2  ack=1
        1  us.state FIN_WAIT_1
        2  <== ACK  1  ack=2
        3  <== SYN  300
        3  ==> ACK  2  ack=1
        3  us.state FIN_WAIT_2
        4  <== FIN ACK  1  ack=2
        4  ==> ACK  2  ack=2
        5  us.state TIME_WAIT
        6  <== SYN  -300
        6  ==> ACK  2  ack=2
        6  us.state TIME_WAIT
    """)


@proves("RFC5961-4.2-1")
def test_a_syn_is_challenged_in_the_states_behind_the_peers_fin(wire):
    wire.close_wait()
    wire.play("""
        1  <== SYN      300
        1  ==> ACK      1  ack=2
        1  us.state     CLOSE_WAIT
        2  us.close
        2  ==> FIN ACK  1  ack=2
        3  <== SYN      300
        3  ==> ACK      2  ack=2
        3  us.state     LAST_ACK
        4  <== ACK      2  ack=2
        4  us.state     CLOSED
    """)


@proves("RFC5961-4.2-1", "RFC7323-3.2-4")
def test_a_syn_without_the_timestamp_that_was_agreed_is_challenged(wire):
    # The peer has begun anew, without timestamps: only our ACK tells it that we have not.
    wire.opened(offer="ts=0 sackok")
    wire.play("""
        10  <== SYN  70000  mss=1000 ts=- stray=1
        10  ==> ACK  1      ack=1
        11  <== RST  1      ts=-
        11  us.state CLOSED
    """)


@proves("RFC5961-4.2-2", "RFC5961-4.2-1")
def test_a_peer_that_began_anew_gets_in_after_the_challenge(wire):
    wire.opened(connections=1)
    wire.play("""
        10  <== SYN      70000  mss=1000
        10  ==> ACK      1      ack=1
        11  <== RST      1
        11  us.read      1      error ECONNRESET
        11  us.close
        12  <== SYN      0      isn=70000 mss=1000
        12  ==> SYN ACK  0      ack=1
        13  <== ACK      1      ack=1
        13  us.state     ESTABLISHED
    """)


@proves("RFC5961-7-1")
def test_challenges_are_limited_each_second(wire):
    wire.opened(tcp_challenge_ack_limit=2)
    wire.play("""
        2000  <== RST  2
        2000  ==> ACK  1      ack=1
        2001  <== SYN  9
        2001  ==> ACK  1      ack=1
        2002  <== RST  2
        2003  <== SYN  9
        2004  <== ACK  1:9    ack=77
        2004  us.recvq 0
        2004  us.stat  TCPChallengeACK 2
        2004  us.stat  OutRateLimited 3
        2005  us.state ESTABLISHED
        3100  <== RST  2
        3100  ==> ACK  1      ack=1
        3100  us.stat  TCPChallengeACK 3
    """)


@proves("RFC5961-7-1")
def test_the_limit_of_challenges_is_a_setting(wire):
    wire.opened(tcp_challenge_ack_limit=1)
    wire.play("""
        2000  <== RST  2
        2000  ==> ACK  1  ack=1
        2001  <== RST  2
        2002  us.config tcp_challenge_ack_limit=1000
    """)
    for i in range(120):
        wire.play("%d <== RST 2\n+0 ==> ACK 1 ack=1" % (4000 + i))


@proves("RFC5961-7-1")
def test_what_is_over_the_limit_does_not_stop_the_connection(wire):
    wire.opened(tcp_challenge_ack_limit=1)
    wire.play("""
        2000  <== RST  2
        2000  ==> ACK  1      ack=1
        2001  <== RST  2
        2002  <== ACK  1:101  ack=1
        2003  us.write 10
        2003  ==> ACK  1:11   ack=101
        2004  <== ACK  101    ack=11
        2005  <== RST  101
        2005  us.state CLOSED
    """)


@proves("RFC5961-5.2-1", "RFC5961-5.2-2", "MAY-12")
def test_the_oldest_ack_that_is_believed_is_one_window_old(wire):
    wire.opened(mss=1000, win=1000)
    wire.play("""
        0    us.write 800
        0    ==> ACK  1:801     ack=1
        5    <== ACK  1         ack=801
        5    us.write 800
        5    ==> ACK  801:1601  ack=1
        10   <== ACK  1         ack=1601
        11   <== ACK  1:11      ack=601        # SND.UNA - MAX.SND.WND
        11   us.read  10
        12   <== ACK  11:21     ack=600
        12   ==> ACK  1601      ack=11
        12   us.recvq 0
        12   us.stat  TCPChallengeACK 1
    """)


@proves("RFC5961-5.2-1")
def test_the_largest_window_counts_not_the_last_one(wire):
    wire.opened(mss=1000, win=3000)
    wire.play("""
        0    us.write 800
        0    ==> ACK  1:801     ack=1
        5    <== ACK  1         ack=801   win=500
        5    us.write 500
        5    ==> ACK  801:1301  ack=1
        9    <== ACK  1         ack=1301
        10   <== ACK  1:11      ack=0
        10   us.read  10
        11   <== ACK  11:21     ack=-1690
        11   us.read  10
        12   <== ACK  21:31     ack=-1700
        12   ==> ACK  1301      ack=21
    """)


@proves("RFC5961-5.2-2", "RFC9293-3.10.7.4-12")
def test_an_ack_of_the_future_changes_nothing(wire):
    wire.opened(mss=1000, win=1000)
    wire.play("""
        0     us.write 100
        0     ==> ACK  1:101   ack=1
        5     <== ACK  1:50    ack=102   win=60000
        5     ==> ACK  101     ack=1
        5     us.sendq 100
        5     us.recvq 0
        1000  ==> ACK  1:101   ack=1
    """)


@proves("RFC5961-5.2-1", "RFC7323-2.3-3")
def test_the_window_of_a_syn_ack_is_not_scaled_for_the_oldest_ack(wire):
    # 1000 bytes of window in the SYN+ACK, shift 7: an ACK 1900 back is too old.
    wire.connected(offer="wscale=7", win=1000)
    wire.play("""
        0    us.write 900
        0    ==> ACK  1:901    ack=1
        5    <== ACK  1        ack=901   win=7
        6    <== ACK  1:11     ack=-1000
        6    ==> ACK  901      ack=1
        6    us.recvq 0
    """)


@proves("RFC5961-5.2-2")
def test_text_with_a_bad_ack_is_not_taken_in_close_wait(wire):
    wire.close_wait()
    wire.play("""
        5  <== ACK  2:12  ack=900
        5  ==> ACK  1     ack=2
        5  us.state CLOSE_WAIT
    """)


@proves("RFC5961-1.1-1", "RFC9293-3.10.7.4-2")
def test_a_fin_that_is_guessed_ends_nothing(wire):
    wire.opened()
    wire.play("""
        0   <== FIN ACK  -20  ack=1
        0   ==> ACK      1    ack=1
        1   <== FIN ACK  90000  ack=1
        1   ==> ACK      1    ack=1
        2   <== FIN ACK  1    ack=90000
        2   ==> ACK      1    ack=1
        3   us.state     ESTABLISHED
        4   <== ACK      1:11 ack=1
        4   us.read      10
        44  ==> ACK      1    ack=11
    """)


@proves("RFC5961-3.2-4", "RFC9293-3.10.7.3-2")
def test_a_reset_in_syn_sent_needs_our_number(wire):
    wire.syn_sent()
    wire.play("""
        5   <== RST      0
        6   <== RST ACK  0  ack=0
        7   <== RST ACK  0  ack=2
        8   us.state     SYN_SENT
        9   <== RST ACK  0  ack=1
        9   us.state     CLOSED
        9   us.read      1  error ECONNREFUSED
    """)


@proves("RFC9293-3.10.7.4-11", "RFC4987-3.5-1")
def test_a_final_ack_that_is_guessed_leaves_the_half_open_record(wire):
    wire.syn_received()
    wire.play("""
        5   <== ACK  1  ack=5000
        5   ==> RST  5000
        5   us.state SYN_RECEIVED
        6   <== ACK  1  ack=1
        6   us.state ESTABLISHED
    """)


@proves("RFC9293-3.10.7.4-2", "RFC4987-3.5-1")
def test_segments_outside_the_window_leave_the_half_open_record(wire):
    wire.syn_received()
    wire.play("""
        5   <== SYN      90000
        5   ==> ACK      1  ack=1
        6   <== ACK      90000:90010  ack=1
        6   ==> ACK      1  ack=1
        7   <== RST      90000
        8   us.state     SYN_RECEIVED
        9   <== ACK      1:11  ack=1
        9   us.state     ESTABLISHED
        49  ==> ACK      1  ack=11
    """)


@proves("RFC1122-3.2.2-3", "RFC9293-3.5.2-1")
def test_resets_draw_no_answer_anywhere(wire):
    wire.opened()
    wire.play("""
        0  <== RST      1  port=6001
        0  <== RST ACK  1  port=6001 ack=1
        0  <== RST      1  port=6002 to=999
        0  <== RST SYN  1  port=6003
        1  us.state ESTABLISHED
    """)


@proves("RFC9293-3.10.7.2-1")
def test_odd_flags_to_a_listener_make_no_connection(wire):
    wire.listening()
    wire.play("""
        0  <== SYN RST      0  port=6001
        0  <== SYN RST ACK  0  port=6002  ack=1
        0  <== SYN FIN ACK  0  port=6003  ack=1
        0  ==> RST          1  port=6003
        0  <== FIN PSH URG  0  port=6004
        0  <== -            0  port=6005
        1  us.rows 1
    """)
