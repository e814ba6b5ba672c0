"""The virtual time and the virtual link that a ladder's stack runs on."""

import frames

try:
    from micropython import heap_lock, heap_unlock
except ImportError:  # CPython, where the kernel is the stack: interop/kernelwire.py
    pass

_TICKS_TOP = (1 << 30) - 1
# ticks_ms() starts shortly before it wraps, so that ladders of more than a second and a half cross
# the wrap.
TICKS_START = (1 << 30) - 1500
_ROOM = 6144
_SLOTS = 64


class Clock:
    """Milliseconds that pass only when a test lets them. `ticks_ms` is what the stack is given."""

    def __init__(self, start=TICKS_START):
        self.now = 0
        self._start = start
        self._before_wrap = _TICKS_TOP - start

    def pass_ms(self, ms):
        """Let time pass: what a driver's sleep does."""
        self.now += ms

    def restart(self):
        """Count `now` from here; ticks_ms goes on. Before the first wrap only."""
        self._start += self.now
        self._before_wrap -= self.now
        self.now = 0

    def ticks_ms(self):
        # No sum here ever reaches 2**30, so it is no object on the heap of a 32-bit interpreter.
        since = self.now - self._before_wrap
        return since - 1 if since > 0 else self._start + self.now


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
    """The link contract over lists. `taken` returns what was sent, taken apart.

    With `careful` set, `send` and `recv_into` allocate nothing for IP frames, so that what the
    stack allocates can be measured around them: frames sent then wait in one ring of bytes. ARP is
    answered here, out of sight, unless `arp_visible`. With `locked` set, whoever calls holds the
    heap locked: it is not while the link works.
    """

    def __init__(self, clock, mac, mtu=1500):
        self.mac = mac
        self.mtu = mtu
        self.clock = clock
        self.up = True
        self.refuse = 0  # send() refuses this many frames
        self.locked = False
        self.arp_visible = False
        self.arp_answer = None  # function(frame) -> the answer to a request, or None
        self._inbox = []  # (time, frame), in order of time
        self._outbox = []  # (frame, time)
        self._ring = None
        self._end = 0
        self._lens = self._times = None
        self._count = 0

    def careful(self, on):
        """Begin or end to allocate nothing."""
        if on and self._ring is None:
            self._ring = bytearray(_ROOM)
            self._lens = [0] * _SLOTS
            self._times = [0] * _SLOTS
        elif not on:
            self._ring = None

    def isup(self):
        return self.up

    def close(self):
        self.up = False

    def send(self, frame, n):
        if not self.locked:
            return self._send(frame, n)
        heap_unlock()
        try:
            return self._send(frame, n)
        finally:
            heap_lock()

    def _send(self, frame, n):
        if self.refuse:
            self.refuse -= 1
            return False
        if frame[12] == 8 and frame[13] == 6 and not self.arp_visible:
            answer = self.arp_answer(bytes(frame[:n]))
            if answer:
                self.offer(answer, self.clock.now)
        elif self._ring is None:
            if len(self._outbox) > _SLOTS:
                raise AssertionError("the stack sends without end")
            self._outbox.append((bytes(memoryview(frame)[:n]), self.clock.now))
        else:
            self._keep(frame, n)
        return True

    def _keep(self, frame, n):
        ring = self._ring
        end = self._end
        if end + n > _ROOM or self._count == _SLOTS:
            raise AssertionError("the stack sends without end")
        for i in range(n):
            ring[end + i] = frame[i]
        self._end = end + n
        self._lens[self._count] = n
        self._times[self._count] = self.clock.now
        self._count += 1

    def recv_into(self, frame):
        if not self.locked:
            return self._recv_into(frame)
        heap_unlock()
        try:
            return self._recv_into(frame)
        finally:
            heap_lock()

    def _recv_into(self, frame):
        if not self._inbox or self._inbox[0][0] > self.clock.now:
            return 0
        data = self._inbox.pop(0)[1]
        n = len(data)
        if self._ring is None:
            frame[0:n] = data
        else:
            for i in range(n):
                frame[i] = data[i]
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
        return self._count > 0 or len(self._outbox) > 0

    def taken(self):
        """The frames sent since the last call, taken apart (frames.Frame)."""
        start = 0
        for i in range(self._count):
            raw = bytes(memoryview(self._ring)[start : start + self._lens[i]])
            start += self._lens[i]
            self._outbox.append((raw, self._times[i]))
        self._count = self._end = 0
        result = [frames.parse(raw, at) for raw, at in self._outbox]
        self._outbox.clear()
        return result

    def dispose(self):
        """Let go of the buffers."""
        self._ring = self._inbox = self._outbox = self.arp_answer = None
