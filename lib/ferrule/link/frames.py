"""A bounded queue of Ethernet frames in memory that was all taken when it was made.

The links that keep frames for a while (loop, impair) share it. A frame is copied in and copied
out; nothing is allocated for either. Who may call: one task; not an interrupt handler.
"""

from ..wire.sum import copy


class Frames:
    """A queue of at most `slots` frames of at most `size` bytes, first in, first out unless `put`
    is told otherwise.

    `count` is the number of frames queued now and `peak` the highest it ever was.
    """

    def __init__(self, slots, size):
        self.slots = slots
        self.size = size
        self.count = 0
        self.peak = 0
        self._buffers = [bytearray(size) for _ in range(slots)]
        self._lengths = [0] * slots
        self._due = [0] * slots
        # A ring of slot numbers: `count` of them from `_head` on are the queue in order of
        # delivery, the others are free.
        self._order = bytearray(range(slots))
        self._head = 0

    def put(self, frame, n, due=0):
        """Queue n bytes of frame behind every frame that is due no later than `due` (ticks,
        wrapping at 2**30).

        Returns the buffer that now holds the frame, or None when the queue is full. The caller
        makes sure that n <= size and n <= len(frame).
        """
        if self.count == self.slots:
            return None
        order = self._order
        slots = self.slots
        at = (self._head + self.count) % slots
        slot = order[at]
        while at != self._head:
            before = (at - 1) % slots
            if until(self._due[order[before]], due) <= 0:
                break
            order[at] = order[before]
            at = before
        order[at] = slot
        buffer = self._buffers[slot]
        copy(buffer, 0, frame, 0, n)
        self._lengths[slot] = n
        self._due[slot] = due
        self.count += 1
        if self.count > self.peak:
            self.peak = self.count
        return buffer

    def first(self):
        """The buffer of the frame at the head. Only while count > 0."""
        return self._buffers[self._order[self._head]]

    def first_len(self):
        """The length in bytes of the frame at the head. Only while count > 0."""
        return self._lengths[self._order[self._head]]

    def first_due(self):
        """The tick at which the frame at the head is due. Only while count > 0."""
        return self._due[self._order[self._head]]

    def drop(self):
        """Free the slot of the frame at the head."""
        self._head = (self._head + 1) % self.slots
        self.count -= 1

    def take_into(self, frame):
        """Move the frame at the head into `frame` and return its length; 0 when the queue is
        empty.

        Returns -1 when `frame` is too short for it; the frame is dropped then.
        """
        if not self.count:
            return 0
        n = self.first_len()
        if n > len(frame):
            n = -1
        else:
            copy(frame, 0, self.first(), 0, n)
        self.drop()
        return n


def until(due, now):
    """Milliseconds from `now` to `due`, both ticks that wrap at 2**30; negative when due has
    passed.

    The same as time.ticks_diff, which a board without the time module lacks. No step of it leaves
    the small integers of a 32-bit port.
    """
    return (((due - now) & 0x3FFFFFFF) ^ 0x20000000) - 0x20000000
