"""The virtual time and the virtual link that a ladder's stack runs on."""

import frames

_TICKS_MASK = (1 << 30) - 1
# ticks_ms() starts shortly before it wraps, so that ladders of more than a second and a half cross the wrap.
TICKS_START = (1 << 30) - 1500
_ROOM = 10240
_SLOTS = 64


class Clock:
    """Milliseconds that pass only when a test lets them. `ticks_ms` is what the stack is given."""

    def __init__(self, start=TICKS_START):
        self.now = 0
        self.start = start

    def ticks_ms(self):
        return (self.start + self.now) & _TICKS_MASK


class Random:
    """Deterministic random bytes, the same on every interpreter."""

    def __init__(self, seed):
        self._state = seed * 7919 + 12345

    def number(self):
        """The next number, 0 to 32767."""
        self._state = (self._state * 1103515245 + 12345) % 2147483648
        return self._state >> 16

    def bytes(self, n):
        return bytes(self.number() >> 3 & 255 for _ in range(n))


class Link:
    """The link contract over lists. Frames sent wait in one ring of bytes; `taken` returns them with their times.

    With `careful` set, `send` and `recv_into` allocate nothing for IP frames, so that what the stack allocates can be
    measured around them.
    ARP is answered here, out of sight, unless `arp_visible`.
    """

    def __init__(self, clock, mac, mtu=1500):
        self.mac = mac
        self.mtu = mtu
        self.clock = clock
        self.up = True
        self.refuse = 0            # send() refuses this many frames
        self.careful = False
        self.arp_visible = False
        self.arp_answer = None     # function(frame) -> the answer to a request, or None
        self._inbox = []           # (time, frame), in order of time
        self._ring = bytearray(_ROOM)
        self._view = memoryview(self._ring)
        self._end = 0
        self._lens = [0] * _SLOTS
        self._times = [0] * _SLOTS
        self._count = 0

    def isup(self):
        return self.up

    def close(self):
        self.up = False

    def send(self, frame, n):
        if self.refuse:
            self.refuse -= 1
            return False
        if frame[12] == 8 and frame[13] == 6 and not self.arp_visible:
            answer = self.arp_answer(bytes(frame[:n]))
            if answer:
                self.offer(answer, self.clock.now)
            return True
        if self._end + n > _ROOM or self._count == _SLOTS:
            raise AssertionError("the stack sends without end")
        view = self._view
        if self.careful:
            for i in range(n):
                view[self._end + i] = frame[i]
        else:
            view[self._end:self._end + n] = memoryview(frame)[:n]
        self._end += n
        self._lens[self._count] = n
        self._times[self._count] = self.clock.now
        self._count += 1
        return True

    def recv_into(self, frame):
        if not self._inbox or self._inbox[0][0] > self.clock.now:
            return 0
        data = self._inbox.pop(0)[1]
        n = len(data)
        frame[0:n] = data
        return n

    def wait(self, ms):
        """A blocked call sleeps here: time passes until a frame arrives, at most ms."""
        until = self.clock.now + ms
        if self._inbox and self._inbox[0][0] < until:
            until = max(self._inbox[0][0], self.clock.now)
        self.clock.now = until

    def offer(self, frame, at):
        """Let `frame` arrive at time `at`."""
        place = len(self._inbox)
        while place and self._inbox[place - 1][0] > at:
            place -= 1
        self._inbox.insert(place, (at, frame))

    def arrival(self):
        """The time at which the next frame arrives, or None."""
        return self._inbox[0][0] if self._inbox else None

    def sent(self):
        """True when the stack sent something that was not taken yet."""
        return self._count > 0

    def taken(self):
        """The frames sent since the last call, taken apart (frames.Frame)."""
        result = []
        start = 0
        for i in range(self._count):
            raw = bytes(self._view[start:start + self._lens[i]])
            start += self._lens[i]
            result.append(frames.parse(raw, self._times[i]))
        self._count = self._end = 0
        return result
