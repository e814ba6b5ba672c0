"""Link `udp`: datagrams between two ports of this host, so only on the unix port."""

from testing import skip

try:
    import select  # noqa: F401
    import socket  # noqa: F401

    from ferrule.link.udp import Udp
except ImportError:
    Udp = None

EADDRINUSE = 98


def ends():
    """Two connected links on ports that are free."""
    if Udp is None:
        skip("this interpreter has no sockets of a host")
    for port in range(21000, 60000, 111):
        try:
            one = Udp(port, port + 1)
        except OSError as error:
            assert error.errno == EADDRINUSE, error
            continue
        try:
            return one, Udp(port + 1, port), port
        except OSError as error:
            assert error.errno == EADDRINUSE, error
            one.close()
    raise AssertionError("no two free ports")


def test_frames_go_both_ways_and_stay_apart():
    a, b, _ = ends()
    frame = bytearray(range(200)) + bytearray(1400)
    into = bytearray(1514)
    assert a.send(frame, 60) and a.send(frame, 1514) and b.send(frame, 100)
    b.wait(1000)
    assert b.recv_into(into) == 60 and into[:60] == frame[:60]
    assert b.recv_into(into) == 1514 and into[:1514] == frame[:1514]
    assert b.recv_into(into) == 0
    a.wait(1000)
    assert a.recv_into(into) == 100
    assert a.mac != b.mac and a.isup() and b.isup()
    a.close()
    b.close()
    assert not a.isup()


def test_a_peer_that_is_not_there_is_counted_and_may_come_back():
    a, b, port = ends()
    into = bytearray(1514)
    b.close()
    for _ in range(3):
        assert a.send(bytearray(60), 60)
        assert a.recv_into(into) == 0
    assert a.refused > 0
    b = Udp(port + 1, port)
    a.recv_into(into)
    assert a.send(bytearray(60), 60)
    b.wait(1000)
    assert b.recv_into(into) == 60
    a.close()
    b.close()
    b.close()


def test_frames_too_long_or_too_short_are_lost_and_counted():
    a, b, _ = ends()
    assert a.send(bytearray(1600), 1515) and a.lost == 1
    assert a.send(bytearray(60), 5) and a.send(bytearray(60), 60)
    b.wait(1000)
    assert b.recv_into(bytearray(1514)) == 60 and b.lost == 1
    a.close()
    b.close()


def test_waiting_ends_at_the_time_given():
    import time

    a, b, _ = ends()
    start = time.ticks_ms()
    a.wait(60)
    assert 50 <= time.ticks_diff(time.ticks_ms(), start) < 1000
    a.close()
    b.close()


def test_a_taken_port_is_an_error():
    a, b, port = ends()
    try:
        Udp(port, port + 1)
    except OSError as error:
        assert error.errno == EADDRINUSE
    else:
        raise AssertionError("two links on one port")
    a.close()
    b.close()
