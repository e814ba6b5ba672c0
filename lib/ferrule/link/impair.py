"""A link that wraps a link and loses, delays, duplicates, reorders and corrupts frames, from a
seed.

    link = Impair(inner, ticks_ms, seed=7, loss=50_000, reorder=50_000, delay=5)

Frames sent and frames received are impaired alike and independently. Rates are in parts per
million of the frames (50_000 is 5 %), times in milliseconds of the given clock. The same seed, the
same frames at the same times: the same impairments, on 32-bit and 64-bit ports alike.
"""

import array

import micropython
from micropython import const

from .frames import Frames, until

_ETHERNET_LEN = const(14)
_MILLION = const(1_000_000)


class Dice:
    """A small reproducible source of randomness (xorshift32 by Marsaglia), the same on every port.

    For tests and impairments only; who knows one number knows the next.
    """

    def __init__(self, seed, stream=0):
        """`stream` tells apart several dice that one seed stands for; both are small non-negative
        integers."""
        self._state = array.array("i", (0,))
        _sow(self._state, seed, stream)

    def below(self, n):
        """A number from 0 to n - 1; n at most 2**30 - 1."""
        return _roll(self._state) % n

    def hit(self, millionths):
        """True in that many of a million cases. Does not roll for a rate of 0."""
        return millionths > 0 and _roll(self._state) % _MILLION < millionths

    def fill(self, buffer):
        """Fill the buffer with random bytes."""
        _fill(self._state, buffer, len(buffer))


# The state is kept in memory and masked after right shifts because a viper word has 64 bits on
# some ports.


@micropython.viper
def _sow(state: ptr32, seed: int, stream: int):
    """Start the state from a seed; neighbouring seeds end far apart. The state is never 0, which
    would stay 0."""
    state[0] = (seed + 1) * 0x2545F491
    state[0] = state[0] ^ ((state[0] >> 15) & 0x1FFFF)
    state[0] = state[0] + (stream + 1) * 0x19660D1B
    if state[0] == 0:
        state[0] = 0x1234567
    turn = 0
    while turn < 8:
        state[0] = state[0] ^ (state[0] << 13)
        state[0] = state[0] ^ ((state[0] >> 17) & 0x7FFF)
        state[0] = state[0] ^ (state[0] << 5)
        turn += 1


@micropython.viper
def _roll(state: ptr32) -> int:
    """Move the state on and return 30 bits of it: a small integer on every port."""
    state[0] = state[0] ^ (state[0] << 13)
    state[0] = state[0] ^ ((state[0] >> 17) & 0x7FFF)
    state[0] = state[0] ^ (state[0] << 5)
    return (state[0] >> 2) & 0x3FFFFFFF


@micropython.viper
def _fill(state: ptr32, buffer: ptr8, n: int):
    """Write n random bytes."""
    at = 0
    while at < n:
        state[0] = state[0] ^ (state[0] << 13)
        state[0] = state[0] ^ ((state[0] >> 17) & 0x7FFF)
        state[0] = state[0] ^ (state[0] << 5)
        buffer[at] = state[0] >> 16
        at += 1


class Impair:
    """Wraps `link` and keeps the link contract.

    loss, duplicate, reorder, corrupt: parts per million of the frames. `delay`: milliseconds each
    frame takes; `jitter`: up to so many more, drawn for each frame, so that frames overtake one
    another by jitter alone. A reordered frame is held `hold` milliseconds longer, so that those
    behind it overtake it. A corrupted frame has one bit flipped, anywhere in it: where that hits a
    MAC address or the type, the frame is somebody else's and gets lost; what the checksums cover
    is found out by them; an ARP packet has no checksum and is believed (on a real wire the FCS
    would have caught it).

    `slots` frames fit into each direction. With the outgoing queue full, `send` says busy; with
    the incoming one full, frames wait in the wrapped link. `way_out` and `way_in` count what was
    done; `next_due()` tells the clock's owner when to look again.

    Delayed frames move when `send`, `recv_into` or `wait` is called. Nothing is allocated per
    frame.
    """

    def __init__(
        self,
        link,
        ticks_ms,
        seed,
        loss=0,
        duplicate=0,
        reorder=0,
        corrupt=0,
        delay=0,
        jitter=0,
        hold=10,
        slots=16,
    ):
        self.link = link
        self.mac = link.mac
        self.mtu = link.mtu
        self._ticks_ms = ticks_ms
        rates = (loss, duplicate, reorder, corrupt, delay, jitter, hold)
        self.way_out = Way(Dice(seed, 0), rates, slots, link.mtu + _ETHERNET_LEN)
        self.way_in = Way(Dice(seed, 1), rates, slots, link.mtu + _ETHERNET_LEN)
        if hasattr(link, "irq"):
            self.irq = link.irq

    def rates(self, loss=0, duplicate=0, reorder=0, corrupt=0, delay=0, jitter=0, hold=10):
        """Impair differently from here on; without arguments not at all. Frames on their way keep
        their time."""
        rates = (loss, duplicate, reorder, corrupt, delay, jitter, hold)
        self.way_out.rates = rates
        self.way_in.rates = rates

    def send(self, frame, n):
        """Send n bytes of frame, impaired. False: offer it again."""
        self._flush()
        return self.way_out.enter(frame, n, self._ticks_ms()) and self._flush()

    def _flush(self):
        """Hand what is due to the wrapped link, as far as it takes it. Returns True."""
        queue = self.way_out.queue
        now = self._ticks_ms()
        while queue.count and until(queue.first_due(), now) <= 0:
            if not self.link.send(queue.first(), queue.first_len()):
                break
            queue.drop()
        return True

    def recv_into(self, frame):
        """Move the next frame that has arrived into `frame`. Returns its length, or 0 when there
        is none."""
        self._flush()
        way = self.way_in
        queue = way.queue
        now = self._ticks_ms()
        while way.has_room():
            n = self.link.recv_into(frame)
            if not n:
                break
            way.enter(frame, n, now)
        while queue.count and until(queue.first_due(), now) <= 0:
            n = queue.take_into(frame)
            if n > 0:
                return n
            way.lost += 1
        return 0

    def next_due(self):
        """Milliseconds until a delayed frame is due in either direction, 0 when one is already; -1
        without any."""
        now = self._ticks_ms()
        soonest = -1
        for way in (self.way_out, self.way_in):
            if way.queue.count:
                ms = max(until(way.queue.first_due(), now), 0)
                if soonest < 0 or ms < soonest:
                    soonest = ms
        return soonest

    def wait(self, ms):
        """Sleep until a frame may be waiting or is due to be sent, at most ms milliseconds."""
        due = self.next_due()
        if 0 <= due < ms:
            ms = due
        if hasattr(self.link, "wait"):
            self.link.wait(ms)
        else:
            import time

            time.sleep_ms(ms)
        self._flush()

    def isup(self):
        """What the wrapped link says."""
        return self.link.isup()

    def close(self):
        """Forget the frames on their way and close the wrapped link."""
        for way in (self.way_out, self.way_in):
            while way.queue.count:
                way.queue.drop()
        self.link.close()


class Way:
    """One direction of an impaired link: the frames on their way and the counters of what happened
    to them.

    Counters: `frames` (that came to be sent here), `lost`, `duplicated`, `reordered`, `corrupted`,
    `busy` (refused, queue full).
    """

    def __init__(self, dice, rates, slots, size):
        self.rates = rates
        self.queue = Frames(slots, size)
        self.frames = 0
        self.lost = 0
        self.duplicated = 0
        self.reordered = 0
        self.corrupted = 0
        self.busy = 0
        self._dice = dice

    def has_room(self):
        """Whether another frame can enter: a duplicate needs a second slot."""
        return self.queue.slots - self.queue.count >= 2

    def enter(self, frame, n, now):
        """Draw what happens to this frame and queue it accordingly. False: no room, and nothing
        was drawn."""
        if not self.has_room():
            self.busy += 1
            return False
        self.frames += 1
        loss, duplicate, _, _, _, _, _ = self.rates
        if n > self.queue.size or self._dice.hit(loss):
            self.lost += 1
            return True
        self._queue(frame, n, now)
        if self._dice.hit(duplicate):
            self.duplicated += 1
            self._queue(frame, n, now)
        return True

    def _queue(self, frame, n, now):
        """Queue one copy of the frame for its own time, perhaps with a flipped bit."""
        _, _, reorder, corrupt, delay, jitter, hold = self.rates
        dice = self._dice
        if jitter:
            delay += dice.below(jitter + 1)
        if dice.hit(reorder):
            self.reordered += 1
            delay += hold
        buffer = self.queue.put(frame, n, (now + delay) & 0x3FFFFFFF)
        if dice.hit(corrupt):
            self.corrupted += 1
            bit = dice.below(n * 8)
            buffer[bit >> 3] ^= 1 << (bit & 7)
