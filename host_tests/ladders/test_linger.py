"""close(): in the background, with a time to wait, or as a reset; and with text nobody read."""

from frames import stream
from ladder import Line
from packets import arrive
from testing import errno_of, proves, raises


def later(wire, text):
    """Let the frame of a `<==` line arrive at its time."""
    line = Line(text, wire.now())
    arrive(wire, line, wire.zero + line.time)


def blocking(wire, seconds):
    """The socket of `us`, which blocks and lingers."""
    wire.play("0 us.setsockopt LINGER %d" % seconds)
    sock = wire.socket()
    sock.setblocking(True)
    return sock


def sent(wire):
    """What was sent so far, as lines."""
    from packets import learn, show

    wire.pump()
    rows = []
    for frame in wire.seen:
        learn(wire, frame)
        rows.append(" ".join(("%d " % (frame.at - wire.zero) + show(wire, frame)).split()))
    wire.seen = []
    return rows


# ---- off -----------------------------------------------------------------------------------


@proves("RFC9293-3.10.4-1", "RFC9293-3.10.4-3")
def test_close_returns_at_once_and_the_text_is_still_sent(wire):
    wire.opened(mss=1000, win=1000)
    sock = wire.socket()
    assert sock.write(stream(True, 0, 1500)) == 1500
    sock.setblocking(True)
    sock.close()
    assert wire.now() == 0
    wire.play("""
        0     ==> ACK      1:1001     ack=1
        1000  ==> ACK      1:1001     ack=1
        1010  <== ACK      1          ack=1001
        1010  ==> FIN ACK  1001:1501  ack=1
        1020  <== FIN ACK  1          ack=1502
        1020  ==> ACK      1502       ack=2
        1020  us.state TIME_WAIT
    """)


@proves("RFC9293-3.10.4-3")
def test_linger_that_was_switched_off_again_does_not_wait(wire):
    wire.opened()
    wire.play("0 us.setsockopt LINGER 5\n0 us.setsockopt LINGER off")
    sock = wire.socket()
    assert sock.getsockopt(1, 13) == -1
    sock.setblocking(True)
    sock.close()
    assert wire.now() == 0
    assert sent(wire) == ["0 FIN ACK 1 ack=1 win=2048"]


# ---- with a time ---------------------------------------------------------------------------


@proves("RFC9293-3.10.4-3")
def test_close_waits_until_text_and_fin_are_acknowledged(wire):
    wire.opened(mss=1000)
    sock = blocking(wire, 10)
    sock.write(stream(True, 0, 300))
    later(wire, "400 <== ACK 1 ack=301")
    later(wire, "600 <== ACK 1 ack=302")
    sock.close()
    assert wire.now() == 600, wire.now()
    assert sent(wire) == ["0 PSH ACK 1:301 ack=1 win=2048", "0 FIN ACK 301 ack=1 win=2048"]
    wire.play("600 us.state FIN_WAIT_2\n600 us.timer finwait2 60000")


@proves("RFC9293-3.10.4-3")
def test_when_the_time_is_over_tcp_goes_on_alone(wire):
    wire.opened(mss=1000)
    sock = blocking(wire, 2)
    sock.write(stream(True, 0, 300))
    error = raises(OSError, sock.close)
    assert error.args[0] == errno_of("EAGAIN") and wire.now() == 2000, wire.now()
    sent(wire)
    wire.play("""
        3000  ==> FIN ACK  1:301      ack=1
        3020  <== FIN ACK  1          ack=302
        3020  ==> ACK      302        ack=2
        3020  us.state TIME_WAIT
    """)


@proves("RFC9293-3.10.4-3", "MUST-12")
def test_a_reset_while_close_waits_is_reported(wire):
    wire.opened(mss=1000)
    sock = blocking(wire, 10)
    sock.write(stream(True, 0, 300))
    later(wire, "70 <== RST 1")
    error = raises(OSError, sock.close)
    assert error.args[0] == errno_of("ECONNRESET") and wire.now() == 70
    sent(wire)
    wire.play("70 us.state CLOSED\n70 us.rows 0 FIN_WAIT_1")


@proves("MUST-20", "RFC9293-3.10.8-1")
def test_a_peer_that_is_gone_is_reported_to_who_lingers_long_enough(wire):
    wire.opened(mss=1000, tcp_retries2=2, tcp_orphan_retries=1)
    sock = blocking(wire, 60)
    sock.write(stream(True, 0, 300))
    error = raises(OSError, sock.close)
    assert error.args[0] == errno_of("ETIMEDOUT") and wire.now() == 7000, wire.now()
    sent(wire)


@proves("RFC9293-3.10.4-3")
def test_a_fin_of_the_peer_ends_the_waiting_too(wire):
    wire.opened()
    sock = blocking(wire, 10)
    later(wire, "30 <== FIN ACK 1 ack=2")
    sock.close()
    assert wire.now() == 30
    got = sent(wire)
    assert got == ["0 FIN ACK 1 ack=1 win=2048", "30 ACK 2 ack=2 win=2048"], got
    wire.play("30 us.state TIME_WAIT")


@proves("RFC9293-3.10.4-4")
def test_who_closes_second_waits_in_last_ack(wire):
    wire.close_wait()
    sock = blocking(wire, 10)
    later(wire, "80 <== ACK 2 ack=2")
    sock.close()
    assert wire.now() == 80
    assert sent(wire) == ["0 FIN ACK 1 ack=2 win=2047"]
    wire.play("80 us.state CLOSED")


@proves("RFC9293-3.10.7.4-14")
def test_fins_that_cross_are_waited_for_in_closing(wire):
    wire.opened()
    sock = blocking(wire, 10)
    later(wire, "20 <== FIN ACK 1 ack=1")
    later(wire, "90 <== ACK 2 ack=2")
    sock.close()
    assert wire.now() == 90
    sent(wire)
    wire.play("90 us.state TIME_WAIT")


@proves("SHLD-3")
def test_text_that_comes_while_close_waits_is_answered_by_a_reset(wire):
    wire.opened(mss=1000)
    sock = blocking(wire, 10)
    sock.write(stream(True, 0, 300))
    later(wire, "50 <== ACK 1:11 ack=1")
    error = raises(OSError, sock.close)  # the 300 bytes may be lost
    assert error.args[0] == errno_of("ECONNABORTED") and wire.now() == 50
    assert sent(wire)[-1] == "50 RST ACK 302 ack=11 win=2038", wire.seen
    assert wire.stat("TCPAbortOnClose") == 1
    wire.play("50 us.state CLOSED")


@proves("RFC9293-3.10.4-3")
def test_a_socket_that_does_not_block_does_not_linger(wire):
    wire.opened()
    wire.play("""
        0  us.setsockopt LINGER 10
        0  us.close
        0  ==> FIN ACK  1  ack=1
        0  us.state FIN_WAIT_1
    """)


@proves("RFC9293-3.10.4-1")
def test_an_opening_is_not_waited_for(wire):
    wire.syn_sent()
    sock = blocking(wire, 10)
    sock.close()
    assert wire.now() == 0 and sent(wire) == []
    wire.play("0 us.state CLOSED")


@proves("RFC9293-3.10.4-3")
def test_a_connection_that_was_shut_is_waited_for_as_well(wire):
    wire.fin_wait_1(shutdown=True)
    sock = blocking(wire, 10)
    later(wire, "33 <== ACK 1 ack=2")
    sock.close()
    assert wire.now() == 33
    wire.play("33 us.state FIN_WAIT_2")


# ---- as a reset ----------------------------------------------------------------------------


@proves("RFC9293-3.10.5-1")
def test_zero_seconds_throw_away_what_was_not_sent(wire):
    wire.opened(mss=1000, win=1000)
    wire.play("""
        0  us.setsockopt LINGER 0
        0  us.write 1500
        0  ==> ACK      1:1001  ack=1
        0  us.close
        0  ==> RST ACK  1001    ack=1
        0  us.state CLOSED
        0  us.stat TCPAbortOnData 1
        0  us.stat OutRsts 1
    """)


@proves("RFC9293-3.10.5-1")
def test_zero_seconds_are_a_reset_in_every_state_that_has_a_peer(wire):
    wire.fin_wait_2(shutdown=True)
    wire.play("""
        0  us.setsockopt LINGER 0
        0  us.close
        0  ==> RST ACK  2  ack=1
        0  us.state CLOSED
    """)


_THROWN_AWAY = """
        5  us.setsockopt LINGER 0
        5  us.close
        5  us.state CLOSED
        5  us.stat OutRsts 0
"""


@proves("RFC9293-3.10.5-1")
def test_an_opening_is_thrown_away_without_a_reset(wire):
    wire.syn_sent()
    wire.play(_THROWN_AWAY)


@proves("RFC9293-3.10.5-1")
def test_behind_both_fins_no_reset_is_needed(wire):
    wire.close_wait()
    wire.play("""
        0  us.shutdown wr
        0  ==> FIN ACK  1  ack=2
        0  us.state LAST_ACK
    """)
    wire.play(_THROWN_AWAY)
    from wire import Wire

    other = Wire()
    other.fin_wait_1(shutdown=True)
    other.play("""
        0  <== FIN ACK  1  ack=1
        0  ==> ACK      2  ack=2
        0  us.state CLOSING
    """)
    other.play(_THROWN_AWAY)
    other.dispose()


@proves("RFC9293-3.10.5-1")
def test_zero_seconds_after_the_peers_close(wire):
    wire.close_wait()
    wire.play("""
        0  us.setsockopt LINGER 0
        0  us.close
        0  ==> RST ACK  1  ack=2
        0  us.state CLOSED
    """)


@proves("RFC9293-3.10.5-1")
def test_a_listener_hands_its_linger_on(wire):
    wire.listening()
    wire.play("""
        0  us.setsockopt LINGER 0
        0  <== SYN      0
        0  ==> SYN ACK  0  ack=1
        0  <== ACK      1  ack=1
        0  us.accept
        0  us.close
        0  ==> RST ACK  1  ack=1
    """)


# ---- text that nobody read -----------------------------------------------------------------


@proves("RFC9293-3.10.4-3", "SHLD-3")
def test_unread_text_turns_close_into_a_reset(wire):
    wire.opened()
    wire.play("""
        0   <== ACK      1:11  ack=1
        40  ==> ACK      1     ack=11
        50  us.close
        50  ==> RST ACK  1     ack=11
        50  us.state CLOSED
        50  us.stat TCPAbortOnClose 1
        50  us.stat TCPAbortOnData 0
    """)


@proves("SHLD-3")
def test_unread_text_does_so_after_a_half_close_too(wire):
    wire.fin_wait_2(shutdown=True)
    wire.play("""
        0   <== ACK      1:11  ack=2
        0   us.close
        0   ==> RST ACK  2     ack=11
        0   us.state CLOSED
    """)


@proves("SHLD-3")
def test_text_after_close_is_answered_by_a_reset(wire):
    wire.fin_wait_2()
    wire.play("""
        5   <== ACK      1:11  ack=2
        5   ==> RST ACK  2     ack=1
        5   us.state CLOSED
        5   us.stat TCPAbortOnData 1
    """)


@proves("RFC9293-3.10.4-3")
def test_text_that_was_peeked_at_only_is_unread(wire):
    wire.opened()
    wire.play("0 <== ACK 1:11 ack=1\n40 ==> ACK 1 ack=11")
    assert wire.socket().recv(10, 2) == stream(False, 0, 10)
    wire.play("50 us.close\n50 ==> RST ACK 1 ack=11")
