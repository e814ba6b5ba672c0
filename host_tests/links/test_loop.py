"""Link `loop`: frames in memory from one end to the other. Also the queue that it is made of."""

import gc

from ferrule.link import loop
from ferrule.link.frames import Frames, until


def frame(first, n=60):
    """A frame of n bytes that starts with `first`, in a buffer that is longer than it."""
    buffer = bytearray(1514)
    for i in range(n):
        buffer[i] = (first + i) & 0xFF
    return buffer


def test_a_frame_arrives_at_the_other_end_and_only_there():
    a, b = loop.pair(slots=2)
    into = bytearray(1514)
    assert a.send(frame(7), 60)
    assert a.recv_into(into) == 0
    assert b.recv_into(into) == 60
    assert into[:60] == frame(7)[:60]
    assert b.recv_into(into) == 0
    assert a.mac != b.mac and len(a.mac) == len(b.mac) == 6


def test_frames_of_every_length_arrive_unchanged():
    a, b = loop.pair(slots=1)
    into = bytearray(1514)
    for n in (14, 15, 17, 60, 61, 62, 63, 1513, 1514):
        assert a.send(frame(n, n), n)
        assert b.recv_into(into) == n
        assert into[:n] == frame(n, n)[:n], n


def test_frames_keep_their_order_when_the_ring_goes_round():
    a, b = loop.pair(slots=3)
    into = bytearray(1514)
    for i in range(20):
        assert a.send(frame(2 * i), 60)
        assert a.send(frame(2 * i + 1), 60)
        for k in range(2):
            assert b.recv_into(into) == 60
            assert into[0] == 2 * i + k


def test_a_full_ring_says_busy_and_counts():
    a, b = loop.pair(slots=2)
    assert a.send(frame(1), 60) and a.send(frame(2), 60)
    assert not a.send(frame(3), 60)
    assert a.busy == 1 and a.sent == 2
    assert b.recv_into(bytearray(1514)) == 60
    assert a.send(frame(3), 60)
    assert b.send(frame(4), 60), "the other direction has a ring of its own"


def test_a_pulled_plug_is_seen_at_both_ends_and_loses_what_is_sent():
    a, b = loop.pair(slots=2)
    b.plug(False)
    assert not a.isup() and not b.isup()
    assert a.send(frame(1), 60) and a.lost == 1
    b.plug(True)
    assert a.isup() and b.isup()
    assert b.recv_into(bytearray(1514)) == 0


def test_frames_that_do_not_fit_are_lost_and_counted():
    a, b = loop.pair(slots=2, mtu=500)
    assert a.send(frame(1, 515), 515) and a.lost == 1
    assert a.send(frame(1, 514), 514) and a.send(frame(2), 60)
    assert b.recv_into(bytearray(100)) == 60, "the long one is skipped"
    assert b.lost == 1


def test_a_closed_end_is_down_and_empty():
    a, b = loop.pair()
    a.send(frame(1), 60)
    b.close()
    assert not a.isup() and b.recv_into(bytearray(1514)) == 0


def test_a_frame_costs_no_heap():
    a, b = loop.pair(slots=4)
    out = frame(1, 1514)
    into = bytearray(1514)
    a.send(out, 1514)
    b.recv_into(into)
    gc.collect()
    gc.disable()
    used = gc.mem_alloc()
    for _ in range(50):
        a.send(out, 1514)
        b.recv_into(into)
    used = gc.mem_alloc() - used
    gc.enable()
    assert used == 0, used


def test_a_queue_delivers_by_the_time_that_is_due_and_equals_in_order():
    queue = Frames(8, 60)
    last = 0x3FFFFFFF
    for tag, due in ((1, 5), (2, last), (3, 0), (4, 5), (5, last - 3), (6, 0)):
        assert queue.put(frame(tag), 60, due) is not None
    into = bytearray(60)
    order = []
    while queue.count:
        order.append(queue.first_due())
        assert queue.take_into(into) == 60
        order.append(into[0])
    assert order == [last - 3, 5, last, 2, 0, 3, 0, 6, 5, 1, 5, 4], order
    assert queue.take_into(into) == 0 and queue.peak == 6


def test_the_time_until_a_tick_goes_over_the_wrap():
    last = 0x3FFFFFFF
    assert [until(5, 3), until(3, 5), until(4, 4)] == [2, -2, 0]
    assert [until(0, last), until(last, 0), until(99, last - 99)] == [1, -1, 199]
