"""A reconnecting client on one stack, a server that can be made to fail on the other."""

import gc
from errno import EAGAIN

from world import B_IP, SMALL, World

import invariants
from ferrule.reconnect import Reconnecting

PORT = 7
IDLE_S, INTERVAL_S, COUNT = 10, 5, 3
NOTICE_MS = (IDLE_S + INTERVAL_S * COUNT) * 1000
FIRST_MS, MOST_MS = 1000, 8000

LIMITS = {"connections": 2, "half_open": 2, "time_wait": 4, "neighbours": 2}
BUFFERS = {"rx_buffer": 1024, "tx_buffer": 1024}


class Server:
    """Accepts, keeps what it is sent, and answers when told to."""

    def __init__(self, net, backlog=2):
        self.net = net
        self.backlog = backlog
        self.listener = None
        self.peers = []
        self.accepts = True
        self.got = b""

    def start(self):
        self.listener = self.net.socket()
        self.listener.setblocking(False)
        self.listener.bind(("0.0.0.0", PORT))
        self.listener.listen(self.backlog)

    def stop(self, how="abort"):
        """End: close() sends a FIN, abort() a RST, as a killed process' system does."""
        for sock in self.peers:
            getattr(sock, how)()
        self.peers = []
        if self.listener:
            self.listener.close()
            self.listener = None

    def step(self):
        """Whether anything moved."""
        moved = False
        for sock in self.peers:
            try:
                got = sock.recv(64)
                moved = moved or bool(got)
                self.got += got
            except OSError:
                pass
        if self.listener and self.accepts:
            try:
                sock, _ = self.listener.accept()
            except OSError as error:
                assert error.errno == EAGAIN, error
                return moved
            sock.setblocking(False)
            self.peers.append(sock)
            return True
        return moved


class Life:
    """The world, the server and the client `c`; `events` holds (time, what, why, errno, n).

    Arguments are the client's.
    """

    def __init__(self, seed=1, started=True, limits=None, world=None, **client):
        gc.collect()
        mine = dict(LIMITS, **BUFFERS)
        mine.update(limits or {})
        self.world = World(seed, mine, slots=6 if SMALL else 16, mtu=576, **(world or {}))
        self.events = []
        self._looked = 0  # events before this one until() has gone past
        self.server = Server(self.world.b)
        if started:
            self.server.start()
        client = dict({"keepalive": (IDLE_S, INTERVAL_S, COUNT)}, **client)
        client = dict({"back_off": (FIRST_MS, MOST_MS)}, **client)
        self.c = Reconnecting(self.world.a, (B_IP, PORT), report=self.note, **client)
        self.c.setblocking(False)

    def note(self, at, what, why, err, n):
        assert at == self.world.ticks_ms(), "a report that is late"
        self.events.append((self.world.now, what, why, err, n))

    def rest(self):
        """Let all happen that can happen now; the milliseconds until there is more."""
        for _ in range(100):
            ms = self.world.turn()
            moved = self.server.step()
            mine = self.c.step()
            if mine and not moved:
                invariants.check(self.world.a)
                invariants.check(self.world.b)
                return max(1, min(ms, mine, self.world.turn()))
        raise AssertionError("it never rests: %r" % self.events[-4:])

    def run(self, ms):
        """Let ms milliseconds pass."""
        end = self.world.now + ms
        while self.world.now < end:
            self.world.now += min(self.rest(), end - self.world.now)
        self.rest()

    def until(self, what, limit_ms=1_000_000):
        """Go on to the next event of this kind, and return it."""
        end = self.world.now + limit_ms
        while True:
            ms = self.rest()
            while self._looked < len(self.events):
                event = self.events[self._looked]
                self._looked += 1
                if event[1] == what:
                    return event
            assert self.world.now < end, "no %r: %r" % (what, self.events[-6:])
            self.world.now += ms

    def open(self):
        """The first connection; its time."""
        return self.until("back")[0]

    def forget(self):
        """Empty the list of events."""
        self.events.clear()
        self._looked = 0

    def without_probes(self):
        """Loss probes begin the time of TCP_USER_TIMEOUT anew, a fifth of a second later."""
        self.world.a.config(tcp_early_retrans=0)

    def silence(self, on=True):
        """Both links stay up and carry nothing; or carry everything again."""
        self.world.wire.rates(loss=1_000_000 if on else 0)


def between(ms, base):
    """Whether a wait is of the upper half of base."""
    return base - (base >> 1) <= ms <= base
