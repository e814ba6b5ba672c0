"""Reading, writing and polling a reconnecting client: what a loss does to each, under virtual
time.
"""

import errno
import select

from failing import FIRST_MS, NOTICE_MS, Life

from testing import errno_of, raises

TIMEOUT_S = 120


def test_the_end_of_a_stream_is_read_once_and_a_new_one_begins():
    life = Life()
    life.open()
    life.run(0)
    peer = life.server.peers.pop()
    peer.write(b"last words")
    peer.close()
    life.run(10)
    assert len(life.events) == 2, "not lost before it has been read: %r" % life.events
    assert life.c.recv(100) == b"last words"
    life.run(0)
    assert life.events[-1] == (10, "lost", "closed", 0, 0), life.events
    assert life.c.recv(100) == b""
    assert life.c.recv(100) is None
    life.until("back")
    life.server.peers[-1].write(b"hello again\nmore")
    life.run(10)
    assert life.c.readline() == b"hello again\n"
    assert life.c.read(100) == b"more"


def test_a_writer_is_told_that_the_peer_has_closed():
    life = Life()
    life.open()
    life.server.stop("close")
    life.until("lost")
    assert raises(OSError, life.c.write, b"x").errno == errno_of("EPIPE")
    assert life.c.write(b"x") is None


def test_what_is_not_acknowledged_when_the_peer_closes_is_waited_for_and_told():
    life = Life()
    life.without_probes()
    life.open()
    life.run(0)
    life.world.wire.way_out.rates = (1_000_000, 0, 0, 0, 0, 0, 0)  # nothing of ours arrives
    assert life.c.write(b"x" * 50) == 50
    life.server.peers[0].shutdown(1)
    life.run(20_000)
    assert len(life.events) == 2 and not life.c.isconnected(), life.events
    assert life.c.write(b"y") is None
    lost = life.until("lost")
    assert lost == (NOTICE_MS, "lost", "silent", errno_of("ETIMEDOUT"), 50), lost


def test_what_is_acknowledged_after_the_peer_has_closed_is_not_lost():
    life = Life()
    life.open()
    life.run(0)
    life.world.wire.way_out.rates = (1_000_000, 0, 0, 0, 0, 0, 0)
    assert life.c.write(b"x" * 50) == 50
    life.server.peers[0].shutdown(1)
    life.run(5000)
    life.silence(False)
    lost = life.until("lost")
    assert lost[1:] == ("lost", "closed", 0, 0) and life.c.acked == 50, lost
    assert life.server.got == b"x" * 50


def test_a_loss_is_raised_once_by_the_first_call_after_it():
    life = Life()
    life.open()
    life.run(0)
    life.server.peers.pop().abort()
    life.run(0)
    assert raises(OSError, life.c.recv, 10).errno == errno_of("ECONNRESET")
    assert life.c.recv(10) is None and life.c.write(b"x") is None
    # It is raised also when the next connection is open already.
    life.until("back")
    life.run(0)
    life.server.peers.pop().abort()
    life.until("back")
    assert raises(OSError, life.c.write, b"x").errno == errno_of("ECONNRESET")
    assert life.c.write(b"x") == 1


def test_what_came_before_a_reset_can_still_be_read():
    life = Life()
    life.open()
    life.run(0)
    peer = life.server.peers.pop()
    peer.write(b"the last line\n")
    life.run(0)
    peer.abort()
    life.run(0)
    assert life.events[-1][1:3] == ("lost", "reset")
    buf = bytearray(40)
    assert life.c.readinto(buf) == 14 and buf[:14] == b"the last line\n"
    assert raises(OSError, life.c.readinto, buf).errno == errno_of("ECONNRESET")
    assert life.c.readinto(buf) is None
    life.until("back")


def test_blocking_calls_wait_for_the_connection():
    life = Life(started=False)
    c = life.c
    c.settimeout(None)
    life.c.report = starts_server(life, 3)
    assert c.write(b"x" * 100) == 100
    assert c.net is life.world.a and life.c.isconnected()
    assert life.world.now > FIRST_MS


def starts_server(life, attempt):
    """A report function: at that attempt there is a server."""

    def report(at, what, why, err, n):
        if (what, n) == ("trying", attempt):
            life.server.start()

    return report


def test_a_blocking_call_ends_with_its_time_out():
    life = Life(started=False)
    life.c.settimeout(2.5)
    error = raises(OSError, life.c.recv, 10)
    assert error.errno == errno.ETIMEDOUT and life.world.now == 2500
    assert life.c.errno == 0 and not life.c.untold


def test_a_blocking_write_that_is_cut_off_raises():
    life = Life()
    life.open()
    life.silence()
    life.c.settimeout(None)
    error = raises(OSError, life.c.write, b"x" * 4000)
    assert error.errno == errno.ETIMEDOUT and life.c.unacked == 1024


def test_poll_tells_of_data_of_room_and_of_a_loss():
    life = Life()
    c = life.c
    poller = select.poll()
    poller.register(c, select.POLLIN | select.POLLOUT)
    assert poller.poll(0) == []
    life.open()
    life.run(0)
    assert [flags for _, flags in poller.poll(0)] == [select.POLLOUT]
    peer = life.server.peers.pop()
    peer.write(b"x")
    life.run(0)
    assert [flags for _, flags in poller.poll(0)] == [select.POLLIN | select.POLLOUT]
    c.recv(1)
    peer.abort()
    life.run(0)
    assert poller.poll(0)[0][1] & select.POLLERR
    raises(OSError, c.recv, 1)
    assert poller.poll(0) == []
    c.close()
    c.close()
    assert poller.poll(0)[0][1] & 32  # POLLNVAL
    assert raises(OSError, c.recv, 1).errno == errno_of("EBADF")
    assert raises(OSError, c.write, b"x").errno == errno_of("EBADF")
