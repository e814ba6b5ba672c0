"""Local ports that nobody named (RFC 6056), and what holds a port."""

from testing import errno_of, proves, raises


def drawing(wire, *numbers):
    """From here on the stack draws these numbers of 16 bits, the last one for ever."""
    left = list(numbers)

    def random(n):
        number = left.pop(0) if len(left) > 1 else left[0]
        return bytes((number >> 8, number & 255))

    wire.net.random = random


def given(wire):
    """The port that bind() chooses now; it is free again after."""
    sock = wire.net.socket()
    sock.bind(("", 0))
    port = sock.getsockname()[1]
    sock.close()
    return port


@proves("RFC6056-3.2-1", "RFC6056-3.3-1")
def test_ports_come_from_the_whole_range_above_1023(wire):
    wire.stack()
    ports = [given(wire) for _ in range(300)]
    assert min(ports) >= 1024 and max(ports) <= 65535
    assert len({port >> 13 for port in ports}) == 8  # each eighth of the range
    assert len(set(ports)) > 270


@proves("RFC6056-3.2-1")
def test_the_range_has_both_its_ends(wire):
    wire.stack()
    drawing(wire, 0)
    assert given(wire) == 1024
    drawing(wire, 64511)
    assert given(wire) == 65535
    drawing(wire, 64512)
    assert given(wire) == 1024
    drawing(wire, 65535)
    assert given(wire) == 2047


@proves("RFC6056-3.2-1")
def test_a_port_that_is_served_is_not_given_out(wire):
    wire.listening(port=5000)
    drawing(wire, 5000 - 1024)
    wire.play("""
        0  us2.connect 80
        0  ==> SYN     0  to=5001 port=80
    """)


@proves("RFC6056-3.2-1")
def test_a_port_that_is_bound_is_not_given_out(wire):
    wire.stack()
    drawing(wire, 4000 - 1024)
    wire.play("""
        0  us.bind     4000
        0  us2.connect 80
        0  ==> SYN     0  to=4001 port=80
    """)
    assert given(wire) == 4001  # no bound socket has it, and the pair of a connection is its own


@proves("RFC6056-3.2-1")
def test_bind_passes_over_ports_that_are_bound(wire):
    wire.stack()
    drawing(wire, 3000)
    socks = [wire.net.socket() for _ in range(3)]
    for sock in socks:
        sock.bind(("", 0))
    assert [sock.getsockname()[1] for sock in socks] == [4024, 4025, 4026]
    error = raises(OSError, wire.net.socket().bind, ("", 4025))
    assert error.args[0] == errno_of("EADDRINUSE")
    socks[1].close()
    assert given(wire) == 4025


@proves("RFC6056-3.3-1", "MUST-13")
def test_a_pair_in_time_wait_or_in_use_is_passed_over(wire):
    wire.stack()
    drawing(wire, 4000 - 1024)
    wire.play("""
        0   us.connect   80
        0   ==> SYN      0  to=4000
        5   <== SYN ACK  0  ack=1 to=4000
        5   ==> ACK      1  ack=1 to=4000
        6   us2.connect  80
        6   ==> SYN      0  to=4001
        7   us.close
        7   ==> FIN ACK  1  ack=1 to=4000
        8   <== FIN ACK  1  ack=2 to=4000
        8   ==> ACK      2  ack=2 to=4000
        9   us.rows      1 TIME_WAIT
        9   us3.connect  80 from=3
        9   ==> SYN      0  to=4000 from=3 port=80
    """)
