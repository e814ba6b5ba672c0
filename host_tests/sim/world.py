"""Two ferrule stacks in one program, an impaired wire between them, and a clock that only we move.

Runs inside MicroPython. Everything that happens follows from the seed and the programs: the same
seed gives the same frames at the same milliseconds on every interpreter, and `trace()` says so in
one number.

    world = World(seed=7, loss=50_000)
    world.run([EchoServer(world.b, 7), EchoClient(world.a, 7, size=256 * 1024)])
"""

import array
import sys

import micropython

import ferrule
import invariants
import over
from ferrule.link import loop
from ferrule.link.impair import Dice, Impair

# Whether the heap is a board's.
SMALL = sys.platform not in ("linux", "darwin")

A_IP = "10.0.0.1"
B_IP = "10.0.0.2"
_MASK = "255.255.255.0"

START = 0x3FFFFFFF - 10_000

# What the sessions on 200 seeds must survive, in parts per million of the frames.
ROUGH = {"loss": 50_000, "duplicate": 10_000, "reorder": 50_000, "corrupt": 5_000, "delay": 5}


class Stuck(Exception):
    """The programs did not finish in the time they had, or the stacks never came to rest."""


class World:
    """Stack `a` and stack `b`; the wire is impaired at a's end, in both directions.

    `now` is the time in milliseconds since the start. `limits` go to both stacks.
    """

    def __init__(self, seed, limits=None, slots=32, mtu=1500, **rates):
        self.seed = seed
        self.now = 0
        end_a, end_b = loop.pair(slots=slots, mtu=mtu)
        self.ends = (end_a, end_b)
        self.wire = Impair(end_a, self.ticks_ms, seed, slots=slots, **rates)
        # The initial number of the last connection of stack a and stack b, and when it was chosen.
        self.isn = {1: (None, 0), 2: (None, 0)}
        self._hash = array.array("i", (0,))
        limits = limits or {}
        self.a = self._stack(Tap(self.wire, self, 1), A_IP, 2, limits)
        self.b = self._stack(Tap(end_b, self, 2), B_IP, 3, limits)

    def _stack(self, link, address, stream, limits):
        dice = Dice(self.seed, stream)

        def random(n):
            drawn = bytearray(n)
            dice.fill(drawn)
            return bytes(drawn)

        link = over.over(link, self.ticks_ms, self._pass_ms)
        net = ferrule.Stack(link, ticks_ms=self.ticks_ms, random=random, **limits)
        net.active(True)
        net.ifconfig((address, _MASK, "0.0.0.0", "0.0.0.0"))
        return net

    def ticks_ms(self):
        """The clock of both stacks and of the wire; it wraps ten seconds after the start."""
        return (self.now + START) & 0x3FFFFFFF

    def _pass_ms(self, ms):
        self.now += ms

    def trace(self):
        """A number that stands for every frame sent so far and when; printable."""
        return "".join("%02x" % byte for byte in bytes(self._hash))

    def note(self, who, frame, n):
        """Add a frame that stack `who` sends to the trace; keep the number of its SYN."""
        if n >= 54 and frame[23] == 6 and frame[12] == 8 and frame[13] == 0 and frame[47] & 2:
            isn = int.from_bytes(frame[38:42], "big")
            if isn != self.isn[who][0]:
                self.isn[who] = (isn, self.now)
        _mix(self._hash, self.now & 0x3FFFFFFF, who, frame, n)

    def plug(self, up):
        """Plug the cable in, or pull it out."""
        self.ends[0].plug(up)

    def turn(self):
        """Let the stacks and the wire do all there is to do now. Returns ms to the next event."""
        for _ in range(1000):
            next_a = self.a.poll()
            next_b = self.b.poll()
            next_wire = self.wire.next_due()
            if next_wire and not self.can_move():
                soonest = min(next_a, next_b)
                if 0 < next_wire < soonest:
                    soonest = next_wire
                return soonest
        raise Stuck("the stacks exchange frames for ever at %d ms" % self.now)

    def can_move(self):
        """Whether a frame waits that could be taken now. A full wire takes none at a's end."""
        at_a, at_b = self.ends
        return at_b.waiting() or (at_a.waiting() and self.wire.way_in.has_room())

    def step(self, programs=()):
        """Run the programs that have something to do now, then go on to the next event."""
        for _ in range(1000):
            self.turn()
            moved = False
            for program in programs:
                if not program.done and program.step():
                    moved = True
            if not moved:
                # A connect or a shutdown moves no byte, but sends frames.
                ms = self.turn()
                invariants.check(self.a)
                invariants.check(self.b)
                self.now += max(ms, 1)
                return
        raise Stuck("the programs never rest at %d ms" % self.now)

    def run(self, programs, limit_ms=20_000_000):
        """Run until every program is done. Raises Stuck after limit_ms."""
        end = self.now + limit_ms
        while not all(program.done for program in programs):
            if self.now >= end:
                raise Stuck("not done after %d ms: %s" % (limit_ms, self.describe(programs)))
            self.step(programs)

    def idle(self, ms):
        """Let ms milliseconds pass."""
        end = self.now + ms
        while self.now < end:
            self.now += min(max(self.turn(), 1), end - self.now)
        self.turn()

    def describe(self, programs=()):
        """What a failing test prints."""
        lines = ["", "seed %d at %d ms, trace %s" % (self.seed, self.now, self.trace())]
        for name, net in (("a", self.a), ("b", self.b)):
            for row in net.netstat():
                lines.append("  %s %r" % (name, row))
        for name, way in (("a to b", self.wire.way_out), ("b to a", self.wire.way_in)):
            text = "  %s: %d frames, %d lost, %d duplicated, %d reordered, %d corrupted, %d busy"
            counts = (way.lost, way.duplicated, way.reordered, way.corrupted, way.busy)
            lines.append(text % ((name, way.frames) + counts))
        for program in programs:
            lines.append("  %r" % program)
        return "\n".join(lines)


class Tap:
    """Wraps a link and tells the world of each frame that the stack sends."""

    def __init__(self, link, world, who):
        self.link = link
        self.mac = link.mac
        self.mtu = link.mtu
        self.recv_into = link.recv_into
        self.isup = link.isup
        self.close = link.close
        self._world = world
        self._who = who

    def send(self, frame, n):
        """Send through the wrapped link; frames that it refuses are not in the trace."""
        sent = self.link.send(frame, n)
        if sent:
            self._world.note(self._who, frame, n)
        return sent

    def wait(self, ms):
        """A blocking call of a program: the world's clock has to move, or nothing ever happens."""
        self._world.now += max(min(ms, self._world.turn()), 1)


@micropython.viper
def _mix(state: ptr32, now: int, who: int, frame: ptr8, n: int):
    """Fowler, Noll and Vo's hash (FNV-1a) over the time, the sender, the length and the frame."""
    prime = 0x1000193
    state[0] = (state[0] ^ now) * prime
    state[0] = (state[0] ^ ((who << 16) | n)) * prime
    at = 0
    while at < n:
        state[0] = (state[0] ^ frame[at]) * prime
        at += 1


@micropython.viper
def pattern(buffer: ptr8, n: int, at: int, key: int):
    """Write bytes `at` to `at + n` of the stream that `key` stands for."""
    i = 0
    while i < n:
        x = at + i + key
        buffer[i] = x ^ (x >> 7) ^ (x >> 15)
        i += 1


@micropython.viper
def differs(buffer: ptr8, n: int, at: int, key: int) -> int:
    """The first index where the buffer is not bytes `at` to `at + n` of key's stream, or -1."""
    i = 0
    while i < n:
        x = at + i + key
        if buffer[i] != (x ^ (x >> 7) ^ (x >> 15)) & 0xFF:
            return i
        i += 1
    return -1
