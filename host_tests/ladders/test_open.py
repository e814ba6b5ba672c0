"""Opening a connection: passive, active, simultaneous."""

from testing import errno_of, proves

# ---- passive -------------------------------------------------------------------------------


@proves("RFC9293-3.10.1-1")
def test_listen_goes_from_closed_to_listen(wire):
    wire.play("""
        0  us.state  CLOSED
        0  us.listen 80
        0  us.state  LISTEN
    """)


@proves("RFC9293-3.10.7.2-1", "MUST-14", "SHLD-5", "MUST-65", "RFC6691-2-1", "MUST-67")
def test_a_syn_is_answered_by_syn_ack_with_mss(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0  mss=1000
        0  ==> SYN ACK  0  ack=1 mss=1460 win=2048 opt=020405b4
        0  us.state  SYN_RECEIVED
        0  us.timer  synack 1000
    """)


@proves("RFC9293-3.10.7.4-11")
def test_the_ack_of_our_syn_establishes_the_connection(wire):
    wire.syn_received()
    wire.play("""
        20  <== ACK  1  ack=1
        20  us.state ESTABLISHED
        20  us.accept
        20  us.flags WR
    """)


@proves("RFC9293-3.10.7.4-11", "RFC9293-3.5.2-2")
def test_a_wrong_ack_of_our_syn_draws_a_reset_and_the_record_stays(wire):
    wire.syn_received()
    wire.play("""
        5  <== ACK  1  ack=7
        5  ==> RST  7
        5  us.state SYN_RECEIVED
        6  <== ACK  1  ack=0
        6  ==> RST  0
        7  <== ACK  1  ack=1
        7  us.state ESTABLISHED
    """)


@proves("RFC9293-3.10.7.4-6", "RFC9293-3.5.3-1", "MUST-11")
def test_a_reset_sends_syn_received_back_to_listen(wire):
    wire.syn_received()
    wire.play("""
        5  <== RST  1
        5  us.state LISTEN
        5  us.accept error EAGAIN
        9  <== SYN      0  isn=0
        9  ==> SYN ACK  0  ack=1
    """)


@proves("RFC9293-3.10.7.4-10")
def test_a_segment_without_ack_is_dropped_in_syn_received(wire):
    wire.syn_received()
    wire.play("""
        5  <== PSH  1:11
        5  us.state SYN_RECEIVED
    """)


@proves("RFC9293-3.10.7.4-9")
def test_another_syn_inside_the_window_sends_syn_received_back_to_listen(wire):
    wire.syn_received()
    wire.play("""
        5  <== SYN  9
        5  us.state LISTEN
    """)


@proves("RFC9293-3.10.7.4-2")
def test_a_syn_sent_again_is_answered_again(wire):
    wire.syn_received()
    wire.play("""
        500  <== SYN      0
        500  ==> SYN ACK  0  ack=1 mss=1460
        510  <== ACK      1  ack=1
        510  us.state     ESTABLISHED
    """)


@proves("MUST-22", "RFC6298-5.5", "RFC6298-2.1", "RFC4987-3.3-1")
def test_syn_ack_is_sent_five_times_again_and_then_forgotten(wire):
    wire.syn_received()
    wire.play("""
        1s   ==> SYN ACK  0  ack=1 mss=1460
        3s   ==> SYN ACK  0  ack=1 mss=1460
        7s   ==> SYN ACK  0  ack=1 mss=1460
        15s  ==> SYN ACK  0  ack=1 mss=1460
        31s  ==> SYN ACK  0  ack=1 mss=1460
        62999 us.state SYN_RECEIVED
        63s  us.state LISTEN
        200s us.rows 1
    """)


@proves("RFC9293-3.10.7.2-2")
def test_text_that_came_with_the_syn_is_not_acknowledged_and_lost(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0:10
        0  ==> SYN ACK  0     ack=1
        1  <== ACK      1:11  ack=1
        1  us.read      10
        41 ==> ACK      1     ack=11
    """)


@proves("RFC9293-3.10.7.2-2", "RFC9293-3.10.7.4-22")
def test_a_fin_that_came_with_the_syn_is_left_unacknowledged(wire):
    wire.listening()
    wire.play("""
        0  <== SYN FIN  0
        0  ==> SYN ACK  0  ack=1
        0  us.state     SYN_RECEIVED
        1  <== FIN ACK  1  ack=1
        1  ==> ACK      1  ack=2
        1  us.state     CLOSE_WAIT
    """)


@proves("RFC9293-3.10.7.4-24")
def test_text_and_fin_may_come_with_the_ack_of_our_syn(wire):
    wire.syn_received()
    wire.play("""
        9  <== PSH FIN ACK  1:21  ack=1
        9  ==> ACK          1     ack=22
        9  us.state  CLOSE_WAIT
        9  us.read   20
        9  us.read   eof
    """)


@proves("RFC9293-3.10.4-1")
def test_close_goes_from_listen_to_closed(wire):
    wire.listening()
    wire.play("""
        0  us.close
        0  us.state CLOSED
        0  us.rows  0
        1  <== SYN      0
        1  ==> RST ACK  0  ack=1
    """)


@proves("MUST-41", "RFC9293-3.10.1-1")
def test_a_second_listener_on_a_port_is_refused(wire):
    wire.listening()
    wire.play("""
        0  us2.listen 80  error EADDRINUSE
        1  <== SYN      0
        1  ==> SYN ACK  0  ack=1
    """)


@proves("MUST-42")
def test_listening_works_while_a_connection_of_the_port_is_opening(wire):
    wire.play("""
        0  us.bind     4000
        0  us.connect  80
        0  ==> SYN     0  to=4000
        0  us2.listen  4000
        0  us.rows     1  LISTEN
        0  us.state    SYN_SENT
    """)


@proves("RFC9293-3.10.1-1")
def test_a_listener_does_not_connect(wire):
    wire.listening()
    wire.play("""
        0  us.state LISTEN
        0  us.rows  1
    """)
    try:
        wire.sockets["us"].listener.connect(("10.9.0.1", 80))
    except OSError as error:
        assert error.args[0] in (106, 95, 22), error.args
    else:
        raise AssertionError("connect() on a listening socket returned")
    wire.play("""
        0  us.state LISTEN
    """)


# ---- active --------------------------------------------------------------------------------


@proves("RFC9293-3.10.1-1", "MUST-14", "SHLD-5")
def test_connect_goes_from_closed_to_syn_sent(wire):
    wire.play("""
        0  us.connect 80
        0  ==> SYN  0  mss=1460 win=2048
        0  us.state  SYN_SENT
        0  us.timer  rexmit 1000
        0  us.flags  -
    """)


@proves("RFC9293-3.10.7.3-3")
def test_syn_ack_goes_from_syn_sent_to_established(wire):
    wire.syn_sent()
    wire.play("""
        30  <== SYN ACK  0  ack=1 mss=1000
        30  ==> ACK      1  ack=1 win=2048
        30  us.state     ESTABLISHED
        30  us.flags     WR
    """)


@proves("RFC9293-3.10.7.3-3")
def test_text_in_the_syn_ack_is_taken(wire):
    wire.syn_sent()
    wire.play("""
        30  <== SYN ACK  0:100  ack=1
        30  ==> ACK      1      ack=101
        30  us.read      100
    """)


@proves("RFC9293-3.10.7.3-3", "RFC9293-3.10.7.4-24")
def test_a_fin_in_the_syn_ack_makes_close_wait(wire):
    wire.syn_sent()
    wire.play("""
        30  <== SYN FIN ACK  0:100  ack=1
        30  ==> ACK          1      ack=102
        30  us.state  CLOSE_WAIT
        30  us.read   100
        30  us.read   eof
    """)


@proves("RFC9293-3.10.7.3-1", "RFC9293-3.5.2-2", "RFC5961-3.2-4")
def test_an_ack_of_what_was_never_sent_draws_a_reset_in_syn_sent(wire):
    wire.syn_sent()
    wire.play("""
        5  <== SYN ACK  0  ack=7
        5  ==> RST      7
        5  us.state     SYN_SENT
        6  <== ACK      0  ack=0
        6  ==> RST      0
        6  us.state     SYN_SENT
        7  <== RST ACK  0  ack=7
        7  us.state     SYN_SENT
    """)


@proves("RFC9293-3.10.7.3-2", "RFC9293-3.5.3-1", "RFC5961-3.2-4")
def test_a_reset_that_acknowledges_our_syn_refuses_the_connection(wire):
    wire.syn_sent()
    wire.play("""
        5  <== RST ACK  0  ack=1
        5  us.state     CLOSED
        5  us.read 1    error ECONNREFUSED
    """)


@proves("RFC9293-3.10.7.3-2", "RFC5961-3.2-4")
def test_a_reset_without_ack_is_dropped_in_syn_sent(wire):
    wire.syn_sent()
    wire.play("""
        5  <== RST  0
        5  us.state SYN_SENT
        6  <== RST  1
        6  us.state SYN_SENT
    """)


@proves("RFC9293-3.10.7.3-5", "RFC9293-3.10.7.4-22")
def test_a_segment_with_neither_syn_nor_reset_is_dropped_in_syn_sent(wire):
    wire.syn_sent()
    wire.play("""
        5  <== ACK      1     ack=1
        5  <== PSH ACK  1:50  ack=1
        5  <== FIN ACK  1     ack=1
        5  <== FIN      1
        5  us.state SYN_SENT
        5  us.recvq 0
    """)


@proves("RFC9293-3.10.4-1", "RFC9293-3.10.5-2")
def test_close_goes_from_syn_sent_to_closed_without_a_segment(wire):
    wire.syn_sent()
    wire.play("""
        5  us.close
        5  us.state CLOSED
        9  <== SYN ACK  0  ack=1
        9  ==> RST      1
    """)


@proves(
    "MUST-22",
    "MUST-23",
    "RFC6298-5.5",
    "RFC6298-2.1",
    "RFC6298-5.6",
    "SHLD-11",
    "RFC9293-3.10.8-2",
)
def test_syn_is_sent_again_for_three_minutes_and_then_the_program_is_told(wire):
    wire.syn_sent()
    wire.play("""
        1s    ==> SYN  0  mss=1460
        3s    ==> SYN  0  mss=1460
        7s    ==> SYN  0  mss=1460
        15s   ==> SYN  0  mss=1460
        31s   ==> SYN  0  mss=1460
        63s   ==> SYN  0  mss=1460
        123s  ==> SYN  0  mss=1460
        182999 us.state SYN_SENT
        183s  us.state CLOSED
        183s  us.read 1 error ETIMEDOUT
    """)


@proves("RFC6298-5.7", "RFC6298-3-1")
def test_after_a_lost_syn_the_first_rto_of_data_is_three_seconds(wire):
    wire.syn_sent()
    wire.play("""
        1000  ==> SYN      0
        1100  <== SYN ACK  0  ack=1 mss=1000
        1100  ==> ACK      1  ack=1
        1200  us.write     100
        1200  ==> ACK      1:101  ack=1
        4200  ==> ACK      1:101  ack=1
        10200 ==> ACK      1:101  ack=1
    """)


@proves("RFC9293-3.10.2-1")
def test_nothing_can_be_written_before_the_connection_stands(wire):
    wire.syn_sent()
    wire.play("""
        5   us.write 100  gives nothing
        9   <== SYN ACK   0      ack=1 mss=1000
        9   ==> ACK       1      ack=1
        9   us.write      100
        9   ==> ACK       1:101  ack=1
    """)


@proves("RFC9293-3.10.1-1")
def test_connecting_twice_is_an_error(wire):
    wire.syn_sent()
    sock = wire.socket()
    _refused(sock, errno_of("EALREADY"))
    wire.play("""
        9   <== SYN ACK   0  ack=1
        9   ==> ACK       1  ack=1
    """)
    _refused(sock, 106)


def _refused(sock, number):
    try:
        sock.connect(("10.9.0.1", 80))
    except OSError as error:
        assert error.args[0] == number, error.args
    else:
        raise AssertionError("connect() returned")


@proves("MUST-46")
def test_broadcast_and_multicast_addresses_are_refused(wire):
    net = wire.stack()
    for address in ("255.255.255.255", "10.9.0.255", "224.0.0.1"):
        sock = net.socket()
        sock.setblocking(False)
        try:
            sock.connect((address, 80))
        except OSError as error:
            assert error.args[0] != errno_of("EINPROGRESS"), address
        else:
            raise AssertionError("connect to %s returned" % address)
        sock.close()
    wire.play("5 us.rows 0")


@proves("MUST-45", "RFC9293-3.10.1-1")
def test_two_connections_to_one_server_use_different_ports(wire):
    wire.stack()
    a, b = [_connecting(wire) for _ in range(2)]
    wire.pump()
    assert a != b and a > 1023 and b > 1023
    assert [frame.sport for frame in wire.seen] == [a, b]
    wire.seen = []


def _connecting(wire):
    sock = wire.net.socket()
    sock.setblocking(False)
    try:
        sock.connect(("10.9.0.1", 80))
    except OSError as error:
        assert error.args[0] == errno_of("EINPROGRESS")
    wire.sockets[sock] = sock
    return sock.getsockname()[1]


# ---- simultaneous --------------------------------------------------------------------------


@proves("RFC9293-3.10.7.3-4", "MUST-10")
def test_a_syn_goes_from_syn_sent_to_syn_received(wire):
    wire.syn_sent()
    wire.play("""
        10  <== SYN      0  mss=1000
        10  ==> SYN ACK  0  ack=1 mss=1460
        10  us.state     SYN_RECEIVED
    """)


@proves("MUST-10", "RFC9293-3.10.7.4-11")
def test_syns_that_cross_open_one_connection(wire):
    wire.syn_sent()
    wire.play("""
        10  <== SYN      0      mss=1000
        10  ==> SYN ACK  0      ack=1
        20  <== ACK      1      ack=1
        20  us.state     ESTABLISHED
        20  us.rows      1
        20  us.write     10
        20  ==> ACK      1:11   ack=1
    """)


@proves("MUST-10")
def test_syn_acks_that_cross_establish_the_connection(wire):
    wire.syn_sent()
    wire.play("""
        10  <== SYN      0      mss=1000
        10  ==> SYN ACK  0      ack=1
        20  <== SYN ACK  0      ack=1 mss=1000
        20  us.state     ESTABLISHED
    """)


@proves("MUST-11", "RFC9293-3.10.7.4-6")
def test_a_reset_in_syn_received_after_an_active_open_refuses_the_connection(wire):
    wire.syn_sent()
    wire.play("""
        10  <== SYN      0
        10  ==> SYN ACK  0  ack=1
        20  <== RST      1
        20  us.state     CLOSED
        20  us.read 1    error ECONNREFUSED
    """)


@proves("RFC9293-3.10.4-2")
def test_close_goes_from_syn_received_to_fin_wait_1(wire):
    wire.syn_sent()
    wire.play("""
        10  <== SYN      0
        10  ==> SYN ACK  0  ack=1
        15  us.close
        15  ==> FIN ACK  1  ack=1
        15  us.state     FIN_WAIT_1
        20  <== ACK      1  ack=2
        20  us.state     FIN_WAIT_2
    """)


# ---- options -------------------------------------------------------------------------------


@proves("MUST-15")
def test_without_an_mss_option_the_peer_takes_536_bytes(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0
        0  ==> SYN ACK  0  ack=1
        1  <== ACK      1  ack=1
        1  us.write     1200
        1  ==> ACK      1:537     ack=1
        1  ==> ACK      537:1073  ack=1
        1  ==> ACK      1073:1201 ack=1
    """)


@proves("MUST-16", "RFC1122-3.3.3-1")
def test_segments_are_never_longer_than_our_link_takes(wire):
    wire.opened(mss=9000, win=20000, tx_buffer=4096)
    wire.play("""
        0  us.write  3000
        0  ==> ACK   1:1461     ack=1
        0  ==> ACK   1461:2921  ack=1
        0  ==> ACK   2921:3001  ack=1
    """)


@proves("MUST-4", "MUST-6", "MUST-68")
def test_unknown_options_are_skipped(wire):
    wire.listening()
    # kind 28 (user timeout), kind 34 (fast open), no-operation, kind 254 with six bytes, then MSS
    # 500
    wire.play("""
        0  <== SYN      0  opt=1c0480012202010101fe0601020304020401f4
        0  ==> SYN ACK  0  ack=1 opt=020405b4
        1  <== ACK      1  ack=1
        1  us.write     600
        1  ==> ACK      1:501  ack=1
        1  ==> ACK      501:601
    """)


@proves("MUST-5")
def test_options_may_come_in_any_segment(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:101  ack=1 opt=0101080a0000000100000000
        0   us.read  100
        40  ==> ACK  1      ack=101 opt=
    """)


@proves("MUST-64")
def test_options_are_read_at_any_alignment(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0  opt=0102040200
        0  ==> SYN ACK  0  ack=1
        1  <== ACK      1  ack=1
        1  us.write     600
        1  ==> ACK      1:513  ack=1
        1  ==> ACK      513:601
    """)


@proves("MUST-4")
def test_nothing_is_read_after_the_end_of_the_option_list(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0  opt=0002040200
        0  ==> SYN ACK  0  ack=1
        1  <== ACK      1  ack=1
        1  us.write     536
        1  ==> ACK      1:537  ack=1
    """)


@proves("MUST-7")
def test_segments_with_options_of_impossible_length_are_dropped(wire):
    wire.listening()
    # Length 0, length 1, past the end of the header, no length byte at all.
    wire.play("""
        1  <== SYN      0  opt=02000000
        2  <== SYN      0  opt=02010000
        3  <== SYN      0  opt=fe280000
        4  <== SYN      0  opt=010101fe
        6  us.rows      1
        7  <== SYN      0  mss=1000
        7  ==> SYN ACK  0  ack=1
    """)


# ---- initial sequence numbers --------------------------------------------------------------


def _first_number(wire, port=80, bind=4000):
    sock = wire.net.socket()
    sock.setblocking(False)
    sock.bind(("", bind))
    try:
        sock.connect(("10.9.0.1", port))
    except OSError as error:
        assert error.args[0] == errno_of("EINPROGRESS")
    wire.pump()
    frame = wire.seen.pop()
    sock.close()
    return frame.seq


@proves("MUST-8", "SHLD-1", "RFC6528-3-1")
def test_the_first_number_grows_by_one_each_four_microseconds(wire):
    wire.stack()
    first = _first_number(wire)
    for ms in (1, 1000, 2000):
        wire.clock.now += ms
        second = _first_number(wire)
        assert (second - first) % 4294967296 == ms * 250, (first, second)
        first = second


@proves("SHLD-1", "MUST-9", "RFC6528-3-1", "RFC6528-3-2")
def test_the_first_number_depends_on_ports_and_on_the_secret(wire):
    from wire import Wire

    wire.stack()
    other = Wire(seed=2)
    other.stack()
    numbers = {
        _first_number(wire),
        _first_number(wire, port=81),
        _first_number(wire, bind=4001),
        _first_number(other),
    }
    assert len(numbers) == 4
    assert _first_number(wire) in numbers


@proves("MUST-10", "RFC9293-3.10.7.4-3")
def test_text_in_a_syn_ack_that_crosses_is_taken(wire):
    wire.syn_sent()
    wire.play("""
        5   <== SYN      0     mss=1000
        5   ==> SYN ACK  0     ack=1
        9   <== SYN ACK  0:10  ack=1
        9   us.state ESTABLISHED
        9   us.recvq 10
        49  ==> ACK      1     ack=11
        49  us.read 10
    """)
