"""Text that the peer has not acknowledged never vanishes in silence: whatever ends the connection,
the program's next call fails, SO_ERROR tells why, and poll() says ERR.  Each is told once.
"""

from testing import errno_of, proves, raises

_SHUT = """
        0  us.shutdown wr
        0  ==> FIN ACK  101  ack=%d
"""


def unacknowledged(wire, state, **options):
    """100 bytes of ours are out, in `state`; the socket is the program's still."""
    theirs = 2 if state in ("CLOSE_WAIT", "LAST_ACK") else 1
    text = """
        0  us.write 100
        0  ==> ACK  1:101  ack=%d
    """ % theirs
    if state not in ("ESTABLISHED", "CLOSE_WAIT"):
        text += _SHUT % theirs
    if state == "CLOSING":
        text += """
        0  <== FIN ACK  1    ack=1
        0  ==> ACK      102  ack=2
    """
    if theirs == 2:
        wire.close_wait(mss=1000, **options)
    else:
        wire.opened(mss=1000, **options)
    wire.bring(text + "0 us.state %s" % state)
    wire.mark()


def told(wire, name):
    """The error is told by poll() and by the next call, once."""
    wire.play(
        """
        +0  us.state CLOSED
        +0  us.flags RD WR ERR HUP
        +0  us.write 1 error %s
        +0  us.write 1 error EPIPE
        +0  us.getsockopt ERROR 0
        +0  us.flags RD WR HUP
        +0  us.read eof
    """.replace("+0", str(wire.now()))
        % name
    )


@proves("RFC9293-3.10.7.4-7", "MUST-12")
def test_a_reset_is_told_in_established(wire):
    unacknowledged(wire, "ESTABLISHED")
    wire.play("5 <== RST 1")
    told(wire, "ECONNRESET")


@proves("RFC9293-3.10.7.4-7")
def test_a_reset_is_told_in_close_wait(wire):
    unacknowledged(wire, "CLOSE_WAIT")
    wire.play("5 <== RST 2")
    told(wire, "ECONNRESET")


@proves("RFC9293-3.10.7.4-7")
def test_a_reset_is_told_in_fin_wait_1(wire):
    unacknowledged(wire, "FIN_WAIT_1")
    wire.play("""
        5  <== RST 1
        5  us.state CLOSED
        5  us.flags RD WR ERR HUP
        5  us.read 1 error ECONNRESET
        5  us.read eof
    """)


@proves("RFC9293-3.10.7.4-8")
def test_a_reset_that_loses_text_is_told_in_last_ack(wire):
    unacknowledged(wire, "LAST_ACK")
    wire.play("""
        5  <== RST 2
        5  us.state CLOSED
        5  us.flags RD WR ERR HUP
        5  us.read 1 error ECONNRESET
    """)


@proves("RFC9293-3.10.7.4-8")
def test_a_reset_that_loses_text_is_told_in_closing(wire):
    unacknowledged(wire, "CLOSING")
    wire.play("""
        5  <== RST 2
        5  us.state CLOSED
        5  us.getsockopt ERROR ECONNRESET
    """)


@proves("RFC9293-3.10.7.4-8")
def test_a_reset_that_loses_only_the_fin_is_no_error(wire):
    unacknowledged(wire, "LAST_ACK")
    wire.play("""
        5  <== ACK 2  ack=101
        6  <== RST 2
        6  us.state CLOSED
        6  us.getsockopt ERROR 0
        6  us.read eof
    """)


@proves("RFC9293-3.10.8-1", "MUST-20")
def test_silence_is_told_in_every_state_that_sends(wire):
    from wire import Wire

    for state in ("ESTABLISHED", "FIN_WAIT_1", "CLOSE_WAIT", "LAST_ACK", "CLOSING"):
        other = Wire()
        unacknowledged(other, state, tcp_retries2=1)
        end = other.zero + 3000  # one RTO, and the next one
        while other.clock.now < end:
            assert other.socket().getsockopt(1, 4) == 0, state
            other.advance(end)
            other.seen = []
        if state in ("ESTABLISHED", "CLOSE_WAIT"):
            got = raises(OSError, other.socket().send, b"x").args[0]
        else:
            got = other.socket().getsockopt(1, 4)
        assert got == errno_of("ETIMEDOUT"), (state, got)
        other.dispose()


@proves("RFC9293-3.10.7.4-7")
def test_text_that_came_before_the_reset_is_read_first(wire):
    unacknowledged(wire, "ESTABLISHED")
    wire.play("""
        5  <== ACK  1:11  ack=1
        6  <== RST  11
        6  us.flags RD WR ERR HUP
        6  us.read 10
        6  us.read 1 error ECONNRESET
        6  us.read eof
    """)


@proves("RFC9293-3.10.7.4-7")
def test_so_error_tells_it_in_the_place_of_a_call(wire):
    unacknowledged(wire, "ESTABLISHED")
    wire.play("""
        5  <== RST  1
        5  us.getsockopt ERROR ECONNRESET
        5  us.getsockopt ERROR 0
        5  us.read eof
        5  us.write 1 error EPIPE
    """)


@proves("RFC9293-3.10.7.4-7")
def test_the_callback_of_a_socket_is_called(wire):
    unacknowledged(wire, "ESTABLISHED")
    calls = []
    wire.socket().setsockopt(1, 20, calls.append)
    wire.play("5 <== RST 1\n6 us.poll")
    assert calls == [wire.socket()], calls
    wire.play("7 us.getsockopt ERROR ECONNRESET")


@proves("MUST-45")
def test_an_address_that_is_taken_away_is_told(wire):
    unacknowledged(wire, "ESTABLISHED")
    wire.net.ipconfig(addr4="10.9.0.77/24")
    wire.pump()
    wire.seen = []
    told(wire, "EADDRNOTAVAIL")


@proves("RFC9293-3.10.7.4-8")
def test_a_stack_that_is_switched_off_is_told(wire):
    unacknowledged(wire, "ESTABLISHED")
    wire.net.active(False)
    error = raises(OSError, wire.socket().send, b"more")
    assert error.args[0] == 100  # ENETDOWN
    assert wire.socket().getsockopt(1, 4) == 0


@proves("RFC9293-3.10.1-1")
def test_an_opening_that_was_refused_is_told_by_every_way(wire):
    from wire import Wire

    for call in ("us.read 1", "us.write 1", "us.connect 80"):
        other = Wire()
        other.syn_sent()
        other.play("5 <== RST ACK 0 ack=1\n5 us.flags RD WR ERR HUP")
        other.play("5 %s error ECONNREFUSED" % call)
        other.dispose()


@proves("MUST-20")
def test_everything_acknowledged_and_then_silence_is_no_error(wire):
    unacknowledged(wire, "ESTABLISHED")
    wire.play("""
        5      <== ACK  1  ack=101
        7200s  us.state ESTABLISHED
        7200s  us.getsockopt ERROR 0
        7200s  us.flags WR
    """)


# ---- close(), the last call that can tell --------------------------------------------------


@proves("RFC9293-3.10.4-3", "RFC9293-3.10.7.4-7", "MUST-12")
def test_close_tells_of_text_that_a_reset_lost(wire):
    unacknowledged(wire, "ESTABLISHED")
    wire.play("""
        5  <== RST 1
        5  us.close error ECONNRESET
        5  us.close
    """)


@proves("RFC9293-3.10.4-3", "RFC9293-3.10.8-1")
def test_close_tells_of_text_that_nobody_answered(wire):
    unacknowledged(wire, "ESTABLISHED", tcp_retries2=1)
    wire.play("""
        1000  ==> ACK  1:101  ack=1
        3000  us.state CLOSED
        3000  us.close error ETIMEDOUT
    """)


@proves("RFC9293-3.10.4-3")
def test_close_tells_it_to_who_lingers_too(wire):
    unacknowledged(wire, "ESTABLISHED")
    wire.play("0 us.setsockopt LINGER 9\n5 <== RST 1\n5 us.poll")
    wire.socket().setblocking(True)
    wire.play("5 us.close error ECONNRESET")
    assert wire.now() == 5


@proves("RFC9293-3.10.4-3")
def test_close_says_nothing_that_a_call_has_said_before(wire):
    for call in ("us.write 1 error ECONNRESET", "us.getsockopt ERROR ECONNRESET"):
        from wire import Wire

        other = Wire()
        unacknowledged(other, "ESTABLISHED")
        other.play("5 <== RST 1\n5 %s\n5 us.close" % call)
        other.dispose()


@proves("RFC9293-3.10.4-3")
def test_close_says_nothing_when_nothing_of_ours_was_lost(wire):
    unacknowledged(wire, "ESTABLISHED")
    wire.play("""
        4  <== ACK 1 ack=101
        5  <== RST 1
        5  us.flags RD WR ERR HUP
        5  us.close
    """)


@proves("RFC9293-3.10.4-3", "SHLD-3")
def test_unread_text_of_the_peer_costs_ours_and_close_says_so(wire):
    unacknowledged(wire, "ESTABLISHED")
    wire.play("""
        5  <== ACK      1:11  ack=51
        5  us.close     error ECONNABORTED
        5  ==> RST ACK  101   ack=11
        5  us.state     CLOSED
    """)


@proves("RFC9293-3.10.5-1")
def test_who_throws_text_away_is_not_told_of_it(wire):
    unacknowledged(wire, "ESTABLISHED")
    wire.play("""
        5  us.setsockopt LINGER 0
        5  us.close
        5  ==> RST ACK  101  ack=1
    """)
    from wire import Wire

    other = Wire()
    unacknowledged(other, "ESTABLISHED")
    other.play("5 <== ACK 1:11 ack=1")
    other.socket().abort()
    other.play("5 ==> RST ACK 101 ack=11\n5 us.state CLOSED")
    other.dispose()


@proves("RFC9293-3.10.4-3", "RFC9293-3.10.5-1")
def test_a_close_that_raises_gives_the_connection_back_too(wire):
    wire.listening(connections=1)
    for port, how, end in (
        (5001, "us.poll", "us.close error ECONNABORTED\nAT ==> RST ACK 101 ack=11 port=PORT"),
        (5002, "<== RST 11 port=PORT", "us.close error ECONNRESET"),
        (5003, "us.setsockopt LINGER 0", "us.close\nAT ==> RST ACK 101 ack=11 port=PORT"),
    ):
        text = """
            AT  <== SYN      0      port=PORT
            AT  ==> SYN ACK  0      ack=1 port=PORT
            AT  <== ACK      1:11   ack=1 port=PORT
            AT  us.accept
            AT  us.write 100
            AT  ==> ACK      1:101  ack=11 port=PORT
            AT  HOW
            AT  END
        """.replace("HOW", how).replace("END", end)
        wire.play(text.replace("PORT", str(port)).replace("AT", str(port - 5000)))


@proves("RFC9293-3.10.4-3")
def test_the_close_of_the_stream_protocol_tells_it_too(wire):
    unacknowledged(wire, "ESTABLISHED")
    wire.play("5 <== RST 1\n5 us.poll")
    sock = wire.socket()
    assert raises(OSError, sock.ioctl, 4, 0).args[0] == errno_of("ECONNRESET")
    assert sock.ioctl(4, 0) == 0
