"""Whole sessions between two stacks over an impaired wire: functions of a seed that raise when
something is wrong.

The tests run a fixed share of the seeds, `python -m tools.soak` all of them.
"""

import gc
from errno import ETIMEDOUT

from programs import Connector, EchoClient, EchoServer, Program, Stream
from world import A_IP, B_IP, ROUGH, SMALL, World

from ferrule.link.impair import Dice

PORT = 7
SHUT_WR = 1

# On a board two stacks share the heap: short frames, short buffers, short streams.
WIRE = {"slots": 6, "mtu": 576} if SMALL else {"slots": 32}
LIMITS = {"rx_buffer": 1024, "tx_buffer": 1024, "half_open": 4, "neighbours": 2} if SMALL else {}
SIZE = 16 * 1024 if SMALL else 256 * 1024


def rough(seed, mtu=None, **limits):
    """A world with 5 % loss, 1 % duplication, 5 % reordering and 0.5 % flipped bits each way."""
    gc.collect()
    limits = dict(LIMITS, **limits)
    wire = dict(WIRE, **ROUGH)
    if mtu:
        wire["mtu"] = mtu
    return World(seed, limits, **wire)


def close(world, *programs):
    """End programs that are not done yet, and prove that nothing is left of any connection.

    Every connection must be gone after the longest time that one may linger, and the pools must
    hold as many connections as at the start.
    """
    for program in programs:
        if not program.done:
            program.end()
    world.wire.rates(delay=5)
    world.idle(130_000)
    for net in (world.a, world.b):
        rows = [row for row in net.netstat() if row[0] == "tcp"]
        assert not rows, "left behind:" + world.describe(programs)
    at_once(world, 4)


def at_once(world, count):
    """`count` small echoes at the same time, on a wire that loses nothing."""
    world.wire.rates(delay=5)
    server = EchoServer(world.b, PORT, count, backlog=count)
    clients = [EchoClient(world.a, PORT, 600, key) for key in range(count)]
    world.run([server] + clients, 60_000)
    for client in clients:
        assert client.error is None and client.received == 600, world.describe(clients)


def echo(seed, size=SIZE):
    """An echo of `size` bytes arrives intact. Returns the trace."""
    world = rough(seed)
    server = EchoServer(world.b, PORT)
    client = EchoClient(world.a, PORT, size, key=seed)
    world.run([server, client])
    assert client.error is None, world.describe([client, server])
    assert client.received == size, world.describe([client, server])
    trace = world.trace()
    close(world, server, client)
    return trace


def echo_by_jitter(seed, size=SIZE // 4):
    """The same when frames overtake one another by many places and the round trip varies."""
    gc.collect()
    world = World(seed, LIMITS, loss=20_000, delay=10, jitter=80, **WIRE)
    server = EchoServer(world.b, PORT)
    client = EchoClient(world.a, PORT, size, key=seed)
    world.run([server, client])
    assert client.error is None and client.received == size, world.describe([client, server])
    close(world, server, client)


def echo_odd_buffers(seed, size=SIZE // 2):
    """The same with rings of any size from 512 bytes on, so that every boundary is met sometime,
    and wide ones hold many holes."""
    dice = Dice(seed, 9)
    most = 1500 if SMALL else 1 << (10 + dice.below(6))
    limits = {"rx_buffer": 512 + dice.below(most), "tx_buffer": 512 + dice.below(most)}
    world = rough(seed, **limits)
    server = EchoServer(world.b, PORT)
    client = EchoClient(world.a, PORT, size, key=seed)
    world.run([server, client])
    assert client.error is None and client.received == size, world.describe([client, server])
    close(world, server, client)


def numbers_wrap(seed, size=SIZE):
    """The sequence numbers of one side pass 2**32 in the middle of the stream.

    The initial number of a pair of ports is a constant of the pair plus a clock of 4 microseconds
    (RFC 6528), so one connection tells how long to wait for the number that we want.
    """
    who = 1 + seed % 2
    world = rough(seed)
    echo_between(world, 4000, 100)
    isn, chosen_at = world.isn[who]
    wait = (-size // 2 - isn) % (1 << 32) // 250 - (world.now - chosen_at)
    if wait < 130_000:  # the pair is in TIME-WAIT for a minute
        wait += (1 << 32) // 250
    world.wire.rates(delay=5)
    world.idle(wait)
    echo_between(world, 4000, size)
    begun = world.isn[who][0]
    assert begun + size >= 1 << 32, "the numbers began at %d and did not wrap" % begun
    close(world)


def echo_between(world, local, size):
    """One echo from a's port `local`; the wire is clean until the connection is open."""
    world.wire.rates(delay=5)
    server = EchoServer(world.b, PORT)
    client = EchoClient(world.a, PORT, size, key=world.seed, local=local)
    while not client.sent:
        world.step([server, client])
    world.wire.rates(**ROUGH)
    world.run([server, client])
    assert client.error is None and client.received == size, world.describe([client, server])


def churn(seed, rounds=4 if SMALL else 12):
    """Connections come and go, up to three at once, and each echoes what it was sent."""
    world = rough(seed, **({"rx_buffer": 512, "tx_buffer": 512} if SMALL else {}))
    server = EchoServer(world.b, PORT, rounds * 3)
    for turn in range(rounds):
        clients = [EchoClient(world.a, PORT, 700 * (i + 1), turn * 3 + i) for i in range(3)]
        while not all(client.done for client in clients):
            world.step([server] + clients)
        for client in clients:
            assert client.error is None, world.describe(clients + [server])
    world.run([server], 200_000)
    assert not server.errors, world.describe([server])
    close(world, server)


class Caller(Connector):
    """One of two that call each other: sends a stream, wants the other's, closes when told to."""

    def __init__(self, name, net, address, local, port, size, key):
        super().__init__(name, net, port, address, local)
        self._out = Stream(key, size)
        self._in = Stream(1 - key, size)
        self._shut = False

    def talk(self):
        """Send all, shut the own half at once, read to the end; then, with both done, close."""
        if not self._shut and self._out.send(self):
            self.sock.shutdown(SHUT_WR)
            self._shut = True
        counted = _Received(self)
        ended = self._in.recv(counted)
        self.received = counted.received
        if ended:
            assert self.received == self._in.size, "the stream ended early: %s" % self
            if self._shut:
                self.end()


class _Received:
    """What Stream.recv needs of a program."""

    def __init__(self, program):
        self.sock = program.sock
        self.received = program.received


def simultaneous(seed, size=3000, mtu=None):
    """Both sides connect to each other in the same millisecond, talk, and close together.

    The wire is clean during the handshake of the even seeds, so that nothing but the two SYNs
    crosses; on the odd ones it is rough from the start.
    """
    world = rough(seed, mtu)
    if seed % 2 == 0:
        world.wire.rates(delay=5)
    one = Caller("a", world.a, B_IP, 1000, 2000, size, 0)
    two = Caller("b", world.b, A_IP, 2000, 1000, size, 1)
    world.step([one, two])
    while not (one.sent or two.sent or one.done or two.done):
        world.step([one, two])
    world.wire.rates(**ROUGH)
    world.run([one, two], 4_000_000)
    assert one.error is None and two.error is None, world.describe([one, two])
    close(world, one, two)


class Answerer(Program):
    """Accepts one connection, waits for the other side's end of stream, then sends and closes."""

    def __init__(self, net, port, size, key):
        super().__init__("answerer")
        self._listener = net.socket()
        self._listener.setblocking(False)
        self._listener.bind(("0.0.0.0", port))
        self._listener.listen(1)
        self._stream = Stream(key, size)
        self._heard = 0
        self._ended = False
        self._buffer = bytearray(64)

    def turn(self):
        """Nothing is sent before the other half is closed."""
        if self.sock is None:
            self.sock, _ = self._listener.accept()
            self.sock.setblocking(False)
            self._listener.close()
        while not self._ended:
            n = self.sock.readinto(self._buffer)
            if n is None:
                return
            self.received += n
            self._ended = n == 0
        if self._stream.send(self):
            self.end()


class Asker(Connector):
    """Sends `asked` bytes, shuts its half, and wants a stream of `size` bytes after that."""

    def __init__(self, net, port, asked, size, key):
        super().__init__("asker", net, port)
        self._ask = Stream(key, asked)
        self._stream = Stream(key, size)
        self._shut = False

    def talk(self):
        """Ask, then listen to the end."""
        if not self._shut and self._ask.send(self):
            self.sock.shutdown(SHUT_WR)
            self._shut = True
        if self._stream.recv(self):
            assert self.received == self._stream.size, "the stream ended early: %s" % self
            self.end()


def half_closed(seed, size=SIZE // 4):
    """One side closes its half first; the other goes on sending for as long as it likes."""
    world = rough(seed)
    server = Answerer(world.b, PORT, size, seed)
    client = Asker(world.a, PORT, 500, size, seed)
    world.run([server, client])
    assert client.error is None and server.error is None, world.describe([client, server])
    assert server.received == 500 and client.received == size, world.describe([client, server])
    close(world, server, client)


def unplugged(seed, size=SIZE // 4):
    """The cable is pulled three times during an echo, for 1, 7 and 30 seconds; nothing is lost."""
    world = rough(seed)
    server = EchoServer(world.b, PORT)
    client = EchoClient(world.a, PORT, size, key=seed)
    programs = [server, client]
    for part, away in ((1, 1_000), (2, 7_000), (3, 30_000)):
        while client.received < size * part // 4:
            assert not client.done, world.describe(programs)
            world.step(programs)
        world.plug(False)
        back = world.now + away
        while world.now < back:
            world.step(programs)
        world.plug(True)
    world.run(programs)
    assert client.error is None and client.received == size, world.describe(programs)
    close(world, server, client)


def browned_out(seed, size=SIZE // 4):
    """The supply of the chip under stack a goes away four times during an echo, and its bus tells
    nonsense in between; over ESP-NOW somebody switches Wi-Fi off. Nothing is lost."""
    world = rough(seed)
    server = EchoServer(world.b, PORT)
    client = EchoClient(world.a, PORT, size, key=seed)
    programs = [server, client]
    under = world.a.link
    for part in (1, 2, 3, 4):
        while client.received < size * part // 5:
            assert not client.done, world.describe(programs)
            world.step(programs)
        if hasattr(under.chip, "brown_out"):
            under.chip.brown_out()
            under.bus.stuck = (0xFF, 0)[part & 1]
            until = world.now + 700
            while world.now < until:
                world.step(programs)
            under.bus.mend()
        else:
            under.chip.station.wlan.active(False)
    world.run(programs)
    assert client.error is None and client.received == size, world.describe(programs)
    restarts = getattr(under.driver, "restarts", 0) or under.driver.resets
    assert restarts >= 4, restarts
    close(world, server, client)


def unplugged_for_good(seed):
    """The cable is pulled while both sides have data on their way: both programs are told."""
    world = rough(seed)
    for net in (world.a, world.b):
        net.config(tcp_retries2=4)
    server = EchoServer(world.b, PORT)
    client = EchoClient(world.a, PORT, 1 << 20, key=seed)
    programs = [server, client]
    while client.received < 8_000:
        world.step(programs)
    # Until both have bytes that the other has not acknowledged.
    while not (unacknowledged(world.a) and unacknowledged(world.b)):
        world.step(programs)
    world.plug(False)
    world.run(programs, 400_000)
    assert client.error == ETIMEDOUT, world.describe(programs)
    assert server.errors == [ETIMEDOUT], world.describe(programs)
    world.plug(True)
    close(world, server, client)


def unacknowledged(net):
    """Whether a connection of this stack has bytes in its send queue."""
    return any(row[0] == "tcp" and row[5] == "ESTABLISHED" and row[2] for row in net.netstat())


SESSIONS = {
    "echo": echo,
    "echo_by_jitter": echo_by_jitter,
    "echo_odd_buffers": echo_odd_buffers,
    "numbers_wrap": numbers_wrap,
    "churn": churn,
    "simultaneous": simultaneous,
    "half_closed": half_closed,
    "unplugged": unplugged,
    "browned_out": browned_out,
    "unplugged_for_good": unplugged_for_good,
}
