"""What ICMP errors do to connections (RFC 5461): hard ones, soft ones, and who is told of them."""

from testing import errno_of, proves, raises


@proves("MUST-56", "SHLD-25", "MUST-47", "RFC1122-3.2.2.1-2")
def test_a_soft_error_is_the_reason_when_time_is_over(wire):
    from wire import Wire

    for kind, error in (
        ("unreachable code=0", "ENETUNREACH"),
        ("unreachable code=1", "EHOSTUNREACH"),
        ("unreachable code=5", "ENETUNREACH"),
        ("unreachable code=2", "ENOPROTOOPT"),
        ("unreachable code=3", "ECONNREFUSED"),
        ("unreachable code=13", "EHOSTUNREACH"),
        ("expired", "EHOSTUNREACH"),
        ("parameter", "EPROTO"),
    ):
        other = Wire()
        other.opened(mss=1000, tcp_retries2=1)
        other.play(
            """
            0     us.write 100
            0     ==> ACK  1:101  ack=1
            5     <== ICMP %s
            5     us.state ESTABLISHED
            5     us.flags WR
            5     us.getsockopt ERROR 0
            1000  ==> ACK  1:101  ack=1
            3000  us.state CLOSED
        """
            % kind
        )
        number = {"ENOPROTOOPT": 92, "EPROTO": 71}.get(error) or errno_of(error)
        got = raises(OSError, other.socket().send, b"x").args[0]
        assert got == number, (kind, got)
        other.dispose()


@proves("MUST-56", "SHLD-25")
def test_an_ack_of_new_text_wipes_a_soft_error_out(wire):
    wire.opened(mss=1000, tcp_retries2=1)
    wire.play("""
        0     us.write 100
        0     ==> ACK  1:101    ack=1
        5     <== ICMP unreachable code=1
        9     <== ACK  1        ack=101
        20    us.write 100
        20    ==> ACK  101:201  ack=1
        1020  ==> ACK  101:201  ack=1
        3020  us.read 1 error ETIMEDOUT
    """)


@proves("MUST-47", "SHLD-25", "SHLD-20")
def test_who_asks_is_told_of_soft_errors_at_once(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.setsockopt RECVERR 1
        0     us.getsockopt RECVERR 1
        0     us.write 100
        0     ==> ACK  1:101  ack=1
        5     <== ICMP unreachable code=1
        5     us.state ESTABLISHED
        5     us.flags RD WR ERR
        5     us.read 1 error EHOSTUNREACH
        5     us.flags WR
        5     us.read nothing
        1000  ==> ACK  1:101  ack=1
        1010  <== ACK  1:11   ack=101
        1010  us.read 10
        1010  us.write 10
        1010  ==> ACK  101:111  ack=11
    """)


@proves("SHLD-20")
def test_soft_errors_can_be_switched_off_again(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.setsockopt RECVERR 1
        0     us.setsockopt RECVERR 0
        0     us.write 100
        0     ==> ACK  1:101  ack=1
        5     <== ICMP unreachable code=1
        5     us.flags WR
        5     us.read nothing
        5     us.getsockopt ERROR 0
    """)


@proves("MUST-47", "SHLD-9")
def test_who_asks_is_told_when_retransmissions_do_not_help(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.setsockopt RECVERR 1
        0     us.write 100
        0     ==> ACK  1:101  ack=1
        1000  ==> ACK  1:101  ack=1
        3000  ==> ACK  1:101  ack=1
        6999  us.flags WR
        7000  ==> ACK  1:101  ack=1
        7000  us.flags RD WR ERR
        7000  us.getsockopt ERROR ETIMEDOUT
        7000  us.flags WR
        7500  <== ACK  1      ack=101
        7500  us.state ESTABLISHED
    """)


@proves("SHLD-9", "SHLD-20")
def test_a_callback_is_told_when_retransmissions_do_not_help(wire):
    wire.opened(mss=1000, tcp_retries1=1)
    told = []
    wire.socket().setsockopt(1, 20, lambda sock: told.append(wire.now()))
    wire.play("0 us.write 100\n0 ==> ACK 1:101 ack=1\n999 us.poll")
    assert told == [], told
    wire.play("1000 ==> ACK 1:101 ack=1\n1000 us.poll\n1001 us.poll")
    assert len(told) == 1, told
    wire.socket().setsockopt(1, 20, None)
    wire.play("3000 ==> ACK 1:101 ack=1\n3000 us.getsockopt ERROR 0")


@proves("MUST-56", "MUST-47")
def test_a_blocked_reader_that_asked_is_woken_by_a_soft_error(wire):
    from ladder import Line
    from packets import arrive

    wire.opened(mss=1000)
    wire.play("""
        0  us.setsockopt RECVERR 1
        0  us.write 100
        0  ==> ACK  1:101  ack=1
    """)
    sock = wire.socket()
    sock.setblocking(True)
    line = Line("600 <== ICMP unreachable code=0", 0)
    arrive(wire, line, wire.zero + 600)
    error = raises(OSError, sock.recv, 1)
    assert error.args[0] == errno_of("ENETUNREACH") and wire.now() == 600
    wire.play("600 us.state ESTABLISHED")


@proves("MUST-56")
def test_an_opening_goes_on_after_a_soft_error_whoever_asked(wire):
    wire.stack()
    wire.play("""
        0     us.setsockopt RECVERR 1
        0     us.connect 80
        0     ==> SYN      0
        5     <== ICMP unreachable code=1
        5     us.state SYN_SENT
        1000  ==> SYN      0
        1010  <== SYN ACK  0  ack=1
        1010  ==> ACK      1  ack=1
        1010  us.flags WR
        1010  us.getsockopt ERROR 0
    """)


@proves("MUST-54", "SHLD-26")
def test_protocol_unreachable_ends_an_opening(wire):
    wire.syn_sent()
    wire.play("5 <== ICMP unreachable code=2\n5 us.state CLOSED\n5 us.stat AttemptFails 1")
    assert raises(OSError, wire.socket().recv, 1).args[0] == 92  # ENOPROTOOPT


@proves("MUST-54")
def test_errors_about_what_is_not_in_flight_are_counted_and_ignored(wire):
    wire.opened(mss=1000, tcp_retries2=1)
    wire.play("""
        0     us.write 100
        0     ==> ACK  1:101  ack=1
        1     <== ICMP unreachable code=1 qseq=101    # SND.NXT: nothing that was sent
        2     <== ICMP unreachable code=1 qseq=0
        3     <== ICMP unreachable code=1 qseq=100000
        4     <== ICMP unreachable code=1 qseq=-90000
        5     us.stat OutOfWindowIcmps 4
        5     us.stat IcmpInDestUnreachs 4
        1000  ==> ACK  1:101  ack=1
        3000  us.read 1 error ETIMEDOUT
    """)


@proves("MUST-54")
def test_an_error_about_the_last_byte_in_flight_counts(wire):
    wire.opened(mss=1000, tcp_retries2=1)
    wire.play("""
        0     us.write 100
        0     ==> ACK  1:101  ack=1
        1     <== ICMP unreachable code=1 qseq=100
        1     us.stat OutOfWindowIcmps 0
        1000  ==> ACK  1:101  ack=1
        3000  us.read 1 error EHOSTUNREACH
    """)


@proves("MUST-54")
def test_nothing_in_flight_is_nothing_to_complain_of(wire):
    wire.opened(mss=1000)
    wire.play("""
        0    us.write 100
        0    ==> ACK  1:101  ack=1
        1    <== ACK  1      ack=101
        2    <== ICMP unreachable code=3
        2    <== ICMP unreachable code=1 qseq=101
        2    us.stat OutOfWindowIcmps 2
        2    us.getsockopt ERROR 0
    """)


@proves("RFC1122-3.2.2.4-1")
def test_time_exceeded_and_parameter_problem_are_counted_each(wire):
    wire.opened(mss=1000)
    wire.play("""
        0    us.write 100
        0    ==> ACK  1:101  ack=1
        1    <== ICMP expired
        2    <== ICMP expired code=1
        3    <== ICMP parameter pointer=1
        3    us.stat IcmpInTimeExcds 2
        3    us.stat IcmpInParmProbs 1
        3    us.stat IcmpInDestUnreachs 0
        3    us.state ESTABLISHED
    """)


@proves("MUST-55", "RFC6633-3-1")
def test_source_quench_leaves_the_window_alone(wire):
    wire.opened(mss=1000)
    wire.play("0 us.write 2000\n0 ==> ACK 1:1001 ack=1\n0 ==> ACK 1001:2001 ack=1")
    before = wire.socket().getsockopt(6, 11).snd_cwnd
    wire.play("1 <== ICMP quench\n1 us.state ESTABLISHED")
    assert before == wire.socket().getsockopt(6, 11).snd_cwnd


@proves("MUST-56")
def test_an_error_is_taken_in_closing_states_too(wire):
    wire.last_ack(tcp_orphan_retries=1)
    wire.play("""
        5     <== ICMP unreachable code=1
        5     us.state LAST_ACK
        1000  ==> FIN ACK  1  ack=2
        3000  us.state CLOSED
    """)
