"""The reconnecting client: each way to lose a connection, or not to get one; virtual time."""

import errno
import gc

from failing import FIRST_MS, MOST_MS, NOTICE_MS, PORT, Life, between
from world import B_IP

from ferrule.reconnect import Reconnecting
from testing import errno_of, raises

TIMEOUT_S = 120


def test_the_first_attempt_is_made_at_once():
    life = Life()
    life.run(0)
    assert life.events == [(0, "trying", "", 0, 1), (0, "back", "", 0, 0)], life.events
    assert life.c.isconnected()


def test_a_reset_is_noticed_at_once_and_the_server_found_again():
    life = Life()
    life.open()
    life.run(100)
    life.server.peers.pop().abort()
    life.run(0)
    assert life.events[2:] == [(100, "lost", "reset", errno_of("ECONNRESET"), 0)], life.events
    again = life.until("back")
    assert between(again[4], FIRST_MS), again
    assert life.events[3][1:] == ("trying", "", 0, 1)


def test_keepalive_finds_a_silent_peer_in_the_promised_millisecond():
    life = Life()
    life.open()
    life.run(300)
    life.silence()
    assert life.until("lost") == (NOTICE_MS, "lost", "silent", errno_of("ETIMEDOUT"), 0)
    life.silence(False)
    assert between(life.until("back")[4], FIRST_MS)


def test_keepalive_without_a_user_timeout_takes_as_long():
    life = Life(user_timeout=0)
    life.open()
    life.silence()
    assert life.until("lost") == (NOTICE_MS, "lost", "silent", errno_of("ETIMEDOUT"), 0)


def test_data_without_an_answer_wait_as_long_as_keepalive_would():
    life = Life()
    life.without_probes()
    life.open()
    life.run(4321)
    life.silence()
    assert life.c.write(b"x" * 300) == 300
    lost = life.until("lost")
    assert lost == (4321 + NOTICE_MS, "lost", "silent", errno_of("ETIMEDOUT"), 300), lost
    assert (life.c.acked, life.c.unacked) == (0, 300)


def test_a_user_timeout_of_its_own():
    life = Life(user_timeout=3000)
    life.without_probes()
    life.open()
    life.silence()
    life.c.write(b"x")
    assert life.until("lost") == (3000, "lost", "silent", errno_of("ETIMEDOUT"), 1)
    # An attempt that nobody answers takes as long; then the next.
    assert between(life.until("trying")[0] - 3000, FIRST_MS)
    tried = life.events[-1][0]
    failed = life.until("failed")
    assert failed[:4] == (tried + 3000, "failed", "silent", errno_of("ETIMEDOUT")), failed
    assert between(failed[4], 2 * FIRST_MS), failed
    assert life.until("trying")[0] == failed[0] + failed[4]


def test_what_was_acknowledged_and_what_was_not_is_told_apart():
    life = Life()
    life.open()
    assert life.c.write(b"a" * 200) == 200
    life.run(1000)
    life.silence()
    assert life.c.write(b"b" * 70) == 70
    lost = life.until("lost")
    assert lost[4] == 70 and (life.c.acked, life.c.unacked) == (200, 70), lost
    assert life.server.got == b"a" * 200


def test_a_full_send_ring_is_told_whole():
    life = Life()
    life.open()
    life.silence()
    assert life.c.write(b"x" * 5000) == 1024
    assert life.c.write(b"x") is None
    assert life.until("lost")[4] == 1024


def test_a_link_that_is_down_is_named_and_no_attempt_is_made_before_it_is_up():
    life = Life()
    life.open()
    life.run(100)
    life.world.plug(False)
    assert life.until("lost") == (NOTICE_MS, "lost", "link", errno_of("ETIMEDOUT"), 0)
    life.run(120_000)
    assert len(life.events) == 3, life.events
    up = life.world.now
    life.world.plug(True)
    back = life.until("back")
    # It looks at the link five times a second, and begins at first again.
    assert FIRST_MS // 2 <= back[0] - up <= FIRST_MS + 200, (up, back)
    assert life.events[-2][1:] == ("trying", "", 0, 1)


def test_a_short_loss_of_the_link_is_no_loss_of_the_connection():
    life = Life()
    life.open()
    life.c.write(b"before ")
    life.run(100)
    life.world.plug(False)
    life.c.write(b"during")
    life.run(10_000)
    life.world.plug(True)
    life.run(10_000)
    assert life.server.got == b"before during" and len(life.events) == 2, life.events


def test_an_attempt_that_began_before_the_link_went_is_made_anew_when_it_is_back():
    life = Life(started=False, user_timeout=60_000)
    life.silence()
    life.run(1000)  # trying; its SYN was lost
    life.world.plug(False)
    life.run(35_000)  # the next SYN but one goes out at 63 s
    life.silence(False)
    life.server.start()
    up = life.world.now
    life.world.plug(True)
    back = life.until("back")
    assert back[0] - up <= FIRST_MS + 200, (up, life.events)


def test_a_new_address_is_noticed_at_once_and_taken():
    life = Life()
    life.open()
    life.run(500)
    life.world.a.ifconfig(("10.0.0.9", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
    life.run(0)
    number = errno_of("EADDRNOTAVAIL")
    assert life.events[2:] == [(500, "lost", "address", number, 0)], life.events
    assert between(life.until("back")[4], FIRST_MS)
    assert life.server.peers[-1].getpeername()[0] == "10.0.0.9"


def test_without_an_address_it_waits_for_one():
    life = Life()
    life.open()
    life.world.a.ifconfig(("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0"))
    assert life.until("lost")[2] == "address"
    life.run(60_000)
    assert len(life.events) == 3, life.events
    given = life.world.now
    life.world.a.ifconfig(("10.0.0.7", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
    assert life.until("back")[0] - given <= FIRST_MS + 200


def test_a_stack_that_is_switched_off_and_on():
    life = Life()
    life.open()
    life.world.a.active(False)
    life.run(0)
    assert life.events[-1][1:3] == ("lost", "off"), life.events
    life.run(5000)
    life.world.a.active(True)
    life.until("back")


def test_a_router_that_says_unreachable():
    life = Life(user_timeout=3000)
    life.without_probes()
    life.open()
    life.silence()
    life.c.write(b"x")
    life.run(1500)
    life.c.sock.p.soft = 113  # what an ICMP message sets: test_icmp_errors.py
    lost = life.until("lost")
    assert lost == (3000, "lost", "unreachable", errno_of("EHOSTUNREACH"), 1), lost


def test_nobody_listens_and_the_back_off_doubles_up_to_the_most():
    life = Life(started=False)
    waits = []
    for n in range(1, 9):
        failed = life.until("failed")
        assert failed[1:4] == ("failed", "refused", errno_of("ECONNREFUSED")), failed
        tried = life.until("trying")
        assert tried[1:] == ("trying", "", 0, n + 1), tried
        assert tried[0] == failed[0] + failed[4], (failed, tried)
        waits.append(failed[4])
    bases = [FIRST_MS, 2 * FIRST_MS, 4 * FIRST_MS] + [MOST_MS] * 5
    assert all(between(ms, base) for ms, base in zip(waits, bases)), waits
    life.server.start()
    assert life.until("back")[4] == life.world.now


def test_the_jitter_fills_its_half_and_nothing_else():
    life = Life(started=False, back_off=(400, 400))
    seen = set()
    for _ in range(300):
        ms = life.until("failed")[4]
        assert 200 <= ms <= 400, ms
        seen.add(ms // 10)
        life.until("trying")
        life.forget()
    assert len(seen) > 19, seen


def test_jitter_comes_from_the_stacks_random():
    def waits(seed):
        life = Life(seed, started=False)
        return [life.until("failed")[4] for _ in range(4)]

    assert waits(3) == waits(3)
    assert waits(3) != waits(4)


def test_a_server_that_hangs_up_at_once_is_not_stormed():
    life = Life()
    bases = (FIRST_MS, 2 * FIRST_MS, 4 * FIRST_MS, MOST_MS, MOST_MS)
    life.open()
    for base in bases:
        life.server.stop()
        life.server.start()
        lost = life.until("lost")
        assert between(life.until("back")[0] - lost[0], base), (base, life.events[-3:])
    life.run(MOST_MS)  # a connection that lasts begins anew
    life.server.stop()
    life.server.start()
    assert between(life.until("back")[4], FIRST_MS), life.events


def test_a_server_whose_queue_is_full_is_asked_less_and_less_often():
    life = Life(limits={"connections": 3})
    life.server.accepts = False
    life.server.listener.listen(1)
    life.world.b.config(tcp_abort_on_overflow=1)
    other = life.world.a.socket()
    other.setblocking(False)
    raises(OSError, other.connect, (B_IP, PORT))
    for _ in range(4):
        life.world.turn()  # now it is in the queue
    for base in (FIRST_MS, 2 * FIRST_MS, 4 * FIRST_MS, MOST_MS, MOST_MS):
        failed = life.until("failed")
        assert failed[1:4] == ("failed", "reset", errno_of("ECONNRESET")), failed
        assert between(life.until("trying")[0] - failed[0], base), (base, failed)
    other.close()
    life.server.accepts = True
    life.run(3 * MOST_MS)
    assert life.c.isconnected(), life.events


def test_no_connection_of_the_pool_is_free():
    life = Life()
    others = []
    for _ in range(2):
        s = life.world.a.socket()
        s.setblocking(False)
        raises(OSError, s.connect, (B_IP, PORT))
        others.append(s)
    failed = life.until("failed")
    assert failed[1:4] == ("failed", "full", errno_of("ENOBUFS")), failed
    for s in others:
        s.close()
    life.until("back")


def test_200_of_200_reconnects_and_no_byte_of_heap_stays():
    life = Life(back_off=(10, 40))
    life.open()
    for n in range(200):
        life.run(0)
        life.server.peers.pop().abort()
        back = life.until("back")
        assert back[4] <= 40, (n, back)
        life.forget()
        if n == 99:
            gc.collect()
            before = gc.mem_alloc()
    gc.collect()
    assert gc.mem_alloc() - before < 512, gc.mem_alloc() - before
    assert len([row for row in life.world.a.netstat() if row[0] == "tcp"]) == 1


def test_mistakes_are_refused_before_anything_is_sent():
    life = Life()
    net = life.world.a
    for more in (
        {"back_off": (0, 5)},
        {"back_off": (9, 5)},
        {"keepalive": (0, 1, 1)},
        {"keepalive": (1, 1, 128)},
        {"user_timeout": -1},
    ):
        raises(ValueError, lambda more=more: Reconnecting(net, (B_IP, PORT), **more))
    raises(ValueError, Reconnecting, net, (B_IP, 0))
    assert raises(OSError, Reconnecting, net, ("nowhere", PORT)).errno == errno.EINVAL
