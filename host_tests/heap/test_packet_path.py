"""Nothing on the packet path allocates: the whole way of a frame runs with the heap locked
(DESIGN, rule 2).
"""

import gc

import micropython

import ferrule
from ferrule.link import loop

_CHUNK = bytes(range(250)) * 5


class Pair:
    """Two stacks on one wire under one clock, near the place where the clock wraps."""

    def __init__(self, start=0):
        self.now = start
        a, b = loop.pair(slots=4)
        few = {
            "connections": 2,
            "half_open": 2,
            "time_wait": 4,
        }  # two stacks have to fit a small heap
        self.net = ferrule.Stack(a, ticks_ms=self.ticks, random=self.random, **few)
        self.peer = ferrule.Stack(b, ticks_ms=self.ticks, random=self.random, **few)
        self.net.ifconfig(("10.9.0.2", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
        self.peer.ifconfig(("10.9.0.1", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
        self.net.active(True)
        self.peer.active(True)
        self.listener = self.net.socket()
        self.listener.bind(("", 80))
        self.listener.listen(2)
        self.listener.setblocking(False)

    def ticks(self):
        return self.now

    def random(self, n):
        return bytes(0xF0 + i & 0xFF for i in range(n))

    def turn(self, n=3):
        for _ in range(n):
            self.net.poll()
            self.peer.poll()

    def step(self, ms):
        left = (
            0x3FFFFFFF - self.now
        )  # an addition past 2**30 would be an integer object of the test's own
        self.now = ms - left - 1 if ms > left else self.now + ms
        self.turn()

    def connect(self):
        c = self.peer.socket()
        c.setblocking(False)
        try:
            c.connect(("10.9.0.2", 80))
        except OSError:
            pass
        self.turn()
        s, _ = self.listener.accept()
        return s, c


def locked(work):
    """Run work() with the heap locked; MemoryError is the proof that it allocated."""
    gc.collect()
    micropython.heap_lock()
    try:
        return work()
    finally:
        micropython.heap_unlock()


def transfer(pair, source, sink, buf, rounds):
    moved = 0
    for _ in range(rounds):
        k = source.write(_CHUNK)
        pair.turn()
        k = sink.readinto(buf)
        while k:
            moved += k
            k = sink.readinto(buf)
        pair.step(50)
    return moved


def test_data_in_and_out_allocate_nothing():
    pair = Pair()
    s, c = pair.connect()
    buf = bytearray(2048)
    transfer(pair, s, c, buf, 2)
    assert locked(lambda: transfer(pair, c, s, buf, 20)) == 20 * len(_CHUNK)
    assert locked(lambda: transfer(pair, s, c, buf, 20)) == 20 * len(_CHUNK)


def test_the_clock_wraps_without_an_integer_object():
    pair = Pair((1 << 30) - 300)
    s, c = pair.connect()
    buf = bytearray(2048)
    transfer(pair, s, c, buf, 1)
    locked(lambda: transfer(pair, c, s, buf, 10))
    locked(lambda: transfer(pair, s, c, buf, 10))
    assert pair.now < 2000


def lose(pair, c, link):
    link.drop = True
    c.write(_CHUNK)
    pair.turn()
    for _ in range(6):
        pair.step(1000)
    link.drop = False
    for _ in range(70):
        pair.step(1000)


class Lossy:
    """A link end that can be told to lose everything it sends."""

    def __init__(self, link):
        self.link = link
        self.mac = link.mac
        self.mtu = link.mtu
        self.recv_into = link.recv_into
        self.isup = link.isup
        self.drop = False

    def send(self, frame, n):
        return self.drop or self.link.send(frame, n)


def test_retransmission_and_its_timers_allocate_nothing():
    pair = Pair()
    lossy = Lossy(pair.peer.link)
    pair.peer.link = pair.peer.iface.link = lossy
    s, c = pair.connect()
    locked(lambda: lose(pair, c, lossy))
    assert pair.peer.stats()["RetransSegs"] > 2
    assert s.recv(2000) == _CHUNK


def idle(pair, n):
    for _ in range(n):
        pair.step(10)


def test_an_idle_poll_allocates_nothing():
    pair = Pair()
    pair.connect()
    locked(lambda: idle(pair, 200))


def close_both(pair, s, c):
    c.close()
    pair.turn()
    s.close()
    pair.turn()
    for _ in range(70):
        pair.step(1000)


def test_closing_and_time_wait_allocate_nothing():
    pair = Pair()
    s, c = pair.connect()
    c.write(b"x")
    pair.turn()
    s.recv(1)
    # the first close() loads its option code and removes the socket from lists: let one pass by
    close_both(pair, s, c)
    s, c = pair.connect()
    locked(lambda: close_both(pair, s, c))
    assert pair.peer.stats()["TW"] == 2


def knock(pair, frames):
    for f in frames:
        tx = pair.peer.iface.tx
        for i in range(len(f)):
            tx[i] = f[i]
        pair.net.link.peer.send(pair.peer.iface.tx, len(f))
        pair.net.poll()


def test_strangers_are_answered_without_allocating():
    pair = Pair()
    sent = []
    real = pair.peer.link.send

    def record(frame, n):
        sent.append(bytes(frame[:n]))
        return real(frame, n)

    pair.peer.link.send = record
    s, c = pair.connect()
    c.write(b"hello")
    pair.turn()
    pair.peer.link.send = real
    sent = sent * 3
    locked(lambda: knock(pair, sent))
