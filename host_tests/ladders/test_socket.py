"""Sockets as programs use them: blocking, time-outs, errors, streams. Their calls wait here, while
time passes."""

from frames import stream
from ladder import Line
from packets import arrive
from testing import errno_of, proves, raises


def later(wire, text):
    """Let the frame of a `<==` line arrive at its time."""
    line = Line(text, wire.now())
    arrive(wire, line, wire.zero + line.time)


def number(error):
    return error.args[0]


@proves("RFC9293-3.10.3-1")
def test_a_blocking_recv_waits_for_data(wire):
    wire.opened()
    sock = wire.socket()
    sock.setblocking(True)
    later(wire, "700 <== ACK 1:11 ack=1")
    assert sock.recv(100) == stream(False, 0, 10)
    assert wire.now() == 700
    wire.play("740 ==> ACK 1 ack=11")


@proves("RFC9293-3.10.3-1")
def test_a_blocking_recv_ends_after_its_time_out(wire):
    wire.opened()
    sock = wire.socket()
    sock.settimeout(1.5)
    assert number(raises(OSError, sock.recv, 10)) == errno_of("ETIMEDOUT")
    assert wire.now() == 1500


@proves("RFC9293-3.10.3-2", "MUST-12")
def test_a_blocking_recv_ends_with_the_stream(wire):
    wire.opened()
    sock = wire.socket()
    sock.setblocking(True)
    later(wire, "300 <== FIN ACK 1 ack=1")
    assert sock.recv(10) == b""
    wire.play("300 ==> ACK 1 ack=2")


@proves("RFC9293-3.10.7.4-7", "MUST-12")
def test_a_blocking_recv_ends_with_a_reset(wire):
    wire.opened()
    sock = wire.socket()
    sock.setblocking(True)
    later(wire, "300 <== RST 1")
    assert number(raises(OSError, sock.recv, 10)) == errno_of("ECONNRESET")
    assert wire.now() == 300


@proves("RFC9293-3.10.1-1")
def test_a_blocking_connect_returns_when_the_connection_stands(wire):
    sock = _client(wire, None)
    _answer_syn(wire, sock, 250)
    sock.connect(("10.9.0.1", 80))
    assert wire.now() == 250
    wire.pump()
    assert [frame.flags for frame in wire.seen] == [2, 16]
    wire.seen = []


def _client(wire, timeout):
    net = wire.stack()
    sock = net.socket()
    sock.settimeout(timeout)
    sock.bind(("", 4000))
    wire.our_port, wire.peer_port = 4000, 80
    return sock


def _answer_syn(wire, sock, at):
    # The peer answers our SYN, whose number is known only when it was sent.
    send = wire.link.send

    def watch(frame, n):
        done = send(frame, n)
        if frame[12] == 8 and frame[13] == 0:
            wire.link.send = send
            wire.flow().iss = int.from_bytes(frame[38:42], "big")
            later(wire, "%d <== SYN ACK 0 ack=1" % at)
        return done

    wire.link.send = watch


@proves("MUST-22")
def test_a_blocking_connect_ends_after_its_time_out(wire):
    sock = _client(wire, 2.5)
    assert number(raises(OSError, sock.connect, ("10.9.0.1", 80))) == errno_of("ETIMEDOUT")
    assert wire.now() == 2500
    wire.pump()
    assert [frame.at for frame in wire.seen] == [0, 1000]
    wire.seen = []


@proves("RFC9293-3.10.7.3-2")
def test_a_blocking_connect_that_is_refused(wire):
    sock = _client(wire, None)
    send = wire.link.send

    def refuse(frame, n):
        done = send(frame, n)
        if frame[12] == 8 and frame[13] == 0:
            wire.link.send = send
            wire.flow().iss = int.from_bytes(frame[38:42], "big")
            later(wire, "30 <== RST ACK 0 ack=1")
        return done

    wire.link.send = refuse
    assert number(raises(OSError, sock.connect, ("10.9.0.1", 80))) == errno_of("ECONNREFUSED")
    assert wire.now() == 30
    wire.seen = []


@proves("RFC9293-3.10.1-1")
def test_accept_waits_and_ends_after_its_time_out(wire):
    wire.listening()
    sock = wire.sockets["us"].listener
    sock.settimeout(0.4)
    assert number(raises(OSError, sock.accept)) == errno_of("ETIMEDOUT")
    assert wire.now() == 400


@proves("RFC9293-3.10.1-1")
def test_an_accepted_socket_inherits_the_time_out(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0  mss=1000
        0  ==> SYN ACK  0  ack=1
        5  <== ACK      1  ack=1
    """)
    listener = wire.sockets["us"].listener
    listener.settimeout(0.3)
    sock, address = listener.accept()
    assert tuple(address) == ("10.9.0.1", 5000)
    assert number(raises(OSError, sock.recv, 1)) == errno_of("ETIMEDOUT")
    assert wire.now() == 305


@proves("RFC9293-3.10.1-1")
def test_what_an_accepted_socket_is_told_holds_for_no_other(wire):
    wire.listening(connections=2)
    wire.play("""
        0  <== SYN      0  port=5001
        0  ==> SYN ACK  0  ack=1 port=5001
        0  <== ACK      1  ack=1 port=5001
        0  <== SYN      0  port=5002
        0  ==> SYN ACK  0  ack=1 port=5002
        0  <== ACK      1  ack=1 port=5002
    """)
    listener = wire.sockets["us"].listener
    linger = 13  # SO_LINGER
    listener.setsockopt(1, 9, 1)
    first = listener.accept()[0]
    first.setsockopt(1, linger, b"\1\0\0\0\5\0\0\0")
    first.setsockopt(6, 18, 5000)
    second = listener.accept()[0]
    for other in (listener, second):
        assert other.getsockopt(6, 18) == 0 and other.getsockopt(1, 9) == 1
        assert other.getsockopt(1, linger) == -1
    assert first.getsockopt(6, 18) == 5000 and first.getsockopt(1, linger) == 5


@proves("RFC9293-3.10.2-1")
def test_a_blocking_write_sends_everything(wire):
    wire.opened(mss=1000)
    sock = wire.socket()
    sock.setblocking(True)
    for at, ack in ((10, 1001), (20, 2049), (30, 3001)):
        later(wire, "%d <== ACK 1 ack=%d" % (at, ack))
    assert sock.write(stream(True, 0, 3000)) == 3000
    seen = _until(wire, 40)
    assert b"".join(frame.data for frame in seen) == stream(True, 0, 3000)


def _until(wire, until):
    frames = []
    while wire.now() < until:
        frames.extend(wire.seen)
        wire.seen = []
        wire.advance(wire.zero + until)
    frames.extend(wire.seen)
    wire.seen = []
    return frames


@proves("RFC9293-3.10.2-1")
def test_a_blocking_write_ends_after_its_time_out(wire):
    wire.opened(mss=1000)
    sock = wire.socket()
    sock.settimeout(0.5)
    assert sock.write(bytes(2048)) == 2048
    assert number(raises(OSError, sock.write, bytes(10))) == errno_of("ETIMEDOUT")
    assert wire.now() == 500
    wire.seen = []


@proves("RFC9293-3.10.3-1")
def test_calls_that_would_block(wire):
    wire.opened()
    sock = wire.socket()
    buffer = bytearray(10)
    assert sock.read(5) is None and sock.readinto(buffer) is None and sock.readline() is None
    assert number(raises(OSError, sock.recv, 5)) == 11
    assert number(raises(OSError, sock.recv_into, buffer)) == 11
    assert number(raises(OSError, wire.sockets["us"].listener.accept)) == 11


@proves("RFC9293-3.10.2-1")
def test_sendall_without_blocking_sends_all_or_nothing(wire):
    wire.opened(mss=1000)
    sock = wire.socket()
    assert number(raises(OSError, sock.sendall, bytes(2049))) == 11
    wire.play("1 us.sendq 0")
    sock.sendall(stream(True, 0, 900))
    wire.play("1 ==> ACK 1:901 ack=1")


@proves("RFC9293-3.10.3-1")
def test_readline_read_and_readinto(wire):
    wire.opened()
    _send_text(wire, b"GET / HTTP/1.1\r\nHost: me\r\n\r\nabcdef")
    sock = wire.socket()
    assert sock.readline() == b"GET / HTTP/1.1\r\n"
    assert sock.readline() == b"Host: me\r\n"
    assert sock.readline() == b"\r\n"
    buffer = bytearray(4)
    assert sock.readinto(buffer, 2) == 2 and buffer == b"ab\0\0"
    assert sock.read(3) == b"cde"
    assert sock.readline() == b"f" and sock.readline() is None
    wire.seen = []


def _send_text(wire, text, fin=False):
    import frames

    flow = wire.flow()
    flags = frames.ACK | (frames.FIN if fin else 0)
    segment = frames.tcp(
        flow.address,
        b"\x0a\x09\x00\x02",
        flow.port,
        flow.our_port,
        flow.isn + 1,
        flow.iss + 1,
        flags,
        8192,
        text,
    )
    packet = frames.ip(flow.address, b"\x0a\x09\x00\x02", frames.TCP, segment)
    wire.offer(frames.eth(wire.link.mac, wire.mac_of(flow.address), frames.ETH_IP, packet))
    wire.pump()


@proves("RFC9293-3.10.3-2")
def test_read_without_a_number_reads_to_the_end(wire):
    wire.opened()
    _send_text(wire, b"one\ntwo", fin=True)
    sock = wire.socket()
    assert sock.read() == b"one\ntwo" and sock.read() == b"" and sock.readline() == b""
    wire.seen = []


@proves("RFC9293-3.10.3-1")
def test_peek_leaves_the_data(wire):
    wire.opened()
    _send_text(wire, b"abc")
    sock = wire.socket()
    assert sock.recv(2, 2) == b"ab" and sock.recv(10) == b"abc"
    wire.pump()
    wire.seen = []


@proves("RFC9293-3.10.3-1")
def test_peekinto_shows_what_is_there_once_it_is_more_than_was_seen(wire):
    wire.opened()
    sock = wire.socket()
    buffer = bytearray(4)
    assert sock.peekinto(buffer) is None
    _send_text(wire, b"abc")
    assert sock.peekinto(buffer) == 3 and buffer == b"abc\0"
    assert sock.peekinto(buffer, 2) == 3 and sock.peekinto(buffer, 3) is None
    assert sock.readinto(buffer, 1) == 1 and sock.peekinto(buffer) == 2 and buffer == b"bcc\0"
    wire.pump()
    wire.seen = []


@proves("RFC9293-3.10.3-2", "RFC9293-3.10.7.4-7")
def test_peekinto_ends_with_the_stream_and_with_a_reset(wire):
    wire.opened()
    buffer = bytearray(9)
    sock = wire.socket()
    _send_text(wire, b"abc", fin=True)
    assert sock.peekinto(buffer) == 3 and sock.peekinto(buffer, 3) == 0
    assert sock.read() == b"abc" and sock.peekinto(buffer) == 0
    wire.seen = []
    wire.play("0 <== RST 5")
    assert number(raises(OSError, sock.peekinto, buffer)) == errno_of("ECONNRESET")


@proves("RFC9293-3.10.2-1")
def test_space_is_what_write_takes_at_once(wire):
    wire.opened(mss=1000)
    sock = wire.socket()
    assert sock.space() == 2048
    wire.play("""
        0   us.write 900
        0   ==> ACK  1:901 ack=1
    """)
    assert sock.space() == 1148
    assert sock.write(stream(True, 900, 1148)) == 1148 and sock.space() == 0
    wire.play("""
        0   ==> ACK  901:1901 ack=1
        5   <== RST  1
    """)
    assert number(raises(OSError, sock.space)) == errno_of("ECONNRESET")
    assert number(raises(OSError, sock.space)) == 32


@proves("RFC9293-3.10.5-1")
def test_abort_closes_by_a_reset(wire):
    wire.opened(mss=1000)
    sock = wire.socket()
    wire.play("""
        0   us.write 500
        0   ==> ACK  1:501 ack=1
    """)
    sock.abort()
    sock.abort()
    wire.play("0 ==> RST ACK 501 ack=1")
    assert number(raises(OSError, sock.write, b"x")) == 9


@proves("RFC9293-3.10.2-2")
def test_write_takes_text_lengths_and_offsets(wire):
    wire.opened(mss=1000)
    sock = wire.socket()
    sock.setsockopt(6, 1, 1)
    assert sock.write("h\u00e9") == 3
    assert sock.write(b"abcdef", 2) == 2
    assert sock.write(memoryview(b"abcdef"), 3, 2) == 2
    wire.pump()
    assert b"".join(frame.data for frame in wire.seen) == b"h\xc3\xa9abde"
    wire.seen = []


@proves("RFC9293-3.10.5-1")
def test_everything_is_refused_after_close(wire):
    wire.opened()
    sock = wire.socket()
    sock.close()
    sock.close()
    for call in (
        lambda: sock.recv(1),
        lambda: sock.send(b"x"),
        lambda: sock.write(b"x"),
        sock.accept,
        lambda: sock.connect(("10.9.0.1", 1)),
        lambda: sock.listen(1),
        lambda: sock.shutdown(1),
    ):
        assert number(raises(OSError, call)) == 9
    assert sock.ioctl(3, 5) == 32
    wire.pump()
    wire.seen = []


@proves("RFC9293-3.10.3-1")
def test_a_socket_that_was_never_connected(wire):
    net = wire.stack()
    sock = net.socket()
    sock.setblocking(False)
    for call in (
        lambda: sock.recv(1),
        lambda: sock.send(b"x"),
        sock.getpeername,
        lambda: sock.shutdown(1),
    ):
        assert number(raises(OSError, call)) == errno_of("ENOTCONN")
    assert sock.ioctl(3, 5) & 16
    sock.close()


@proves("RFC9293-3.10.3-1")
def test_a_listening_socket_does_not_read(wire):
    wire.listening()
    sock = wire.sockets["us"].listener
    assert number(raises(OSError, sock.recv, 1)) == errno_of("ENOTCONN")


@proves("MUST-12", "RFC9293-3.10.7.4-23")
def test_poll_flags_follow_the_connection(wire):
    wire.opened()
    wire.play("""
        0  us.flags  WR
        0  <== ACK   1:11  ack=1
        0  us.flags  RD WR
        0  us.read   10
        0  us.flags  WR
        9  <== FIN ACK  11  ack=1
        9  ==> ACK   1     ack=12
        9  us.flags  RD WR
        20 <== RST   12
        20 us.flags  RD WR ERR HUP
    """)


@proves("RFC9293-3.10.1-1")
def test_poll_flags_of_a_listener(wire):
    wire.listening()
    wire.play("""
        0  us.flags -
        0  <== SYN      0  mss=1000
        0  ==> SYN ACK  0  ack=1
        0  us.flags -
        5  <== ACK      1  ack=1
    """)
    assert wire.sockets["us"].listener.ioctl(3, 5) == 1


@proves("RFC9293-3.10.1-2")
def test_no_free_connection_is_an_error_of_connect(wire):
    wire.opened(connections=1)
    wire.play("5 us2.connect 81 error ENOBUFS")


@proves("MUST-43", "RFC9293-3.10.1-1")
def test_binding_to_our_address_works_and_to_another_one_does_not(wire):
    net = wire.stack()
    sock = net.socket()
    assert number(raises(OSError, sock.bind, ("10.9.0.9", 80))) == 99
    sock.bind(("10.9.0.2", 80))
    assert sock.getsockname()[1] == 80
    sock.close()


@proves("MUST-44")
def test_names_of_both_ends(wire):
    wire.opened()
    sock = wire.socket()
    assert tuple(sock.getsockname()) == ("10.9.0.2", 80)
    assert tuple(sock.getpeername()) == ("10.9.0.1", 5000)


@proves("RFC9293-3.10.4-3")
def test_a_with_statement_closes_the_socket(wire):
    wire.opened()
    with wire.socket() as sock:
        sock.send(stream(True, 0, 3))
    wire.play("""
        0  ==> ACK      1:4  ack=1
        0  ==> FIN ACK  4    ack=1
    """)


@proves("RFC9293-3.10.7.4-7")
def test_the_callback_tells_of_data_and_of_the_end(wire):
    wire.opened()
    told = []
    wire.socket().setsockopt(1, 20, told.append)
    wire.play("""
        0  <== ACK  1:11  ack=1
        1  us.poll
        5  <== RST  11
        6  us.poll
    """)
    assert len(told) == 2 and told[0] is wire.socket()


@proves("MUST-24", "MUST-25", "MUST-26", "SHLD-12", "MUST-29", "MAY-5")
def test_keepalive_probes_an_idle_peer_when_it_is_switched_on(wire):
    wire.opened(tcp_keepalive_time=10, tcp_keepalive_intvl=2, tcp_keepalive_probes=3)
    wire.play("""
        1s   us.setsockopt KEEPALIVE 1
        11s  ==> ACK  0  ack=1
        +10  <== ACK  1  ack=1
        +10  us.timer keepalive
    """)


@proves("MUST-25", "MUST-28")
def test_nothing_is_sent_on_an_idle_connection(wire):
    wire.opened()
    wire.play("8000s us.state ESTABLISHED")


@proves("RFC9293-3.10.3-1")
def test_the_socket_module_is_installed_under_its_name(wire):
    import sys

    net = wire.stack()
    before = sys.modules.get("socket")
    net.install()
    try:
        import socket

        sock = socket.socket()
        assert type(sock) is type(net.socket())
        assert socket.getaddrinfo("10.9.0.1", 80)[0][-1] == ("10.9.0.1", 80)
        assert socket.SOCK_STREAM == 1 and socket.AF_INET == 2
    finally:
        sys.modules.pop("socket", None)
        if before is not None:
            sys.modules["socket"] = before


@proves("RFC9293-3.10.1-2")
def test_the_callback_of_a_listener_tells_of_a_connection(wire):
    wire.listening()
    calls = []
    listener = wire.sockets["us"].listener
    listener.setsockopt(1, 20, calls.append)
    wire.play("""
        0  <== SYN      0  mss=1000
        0  ==> SYN ACK  0  ack=1
        1  us.poll
    """)
    assert calls == []
    wire.play("5 <== ACK 1 ack=1\n6 us.poll")
    assert calls == [listener], calls
