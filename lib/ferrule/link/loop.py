"""Two link ends in memory: what one end sends, the other receives.

    a, b = loop.pair(slots=16)
    server = ferrule.Stack(a)
    client = ferrule.Stack(b)

Both ends keep the link contract: `mac` (6 bytes), `mtu` (bytes of the largest IP packet), `send`,
`recv_into`, `isup`, `close`. Each direction is a fixed ring of frame buffers; nothing is allocated
per frame. Time does not pass on this wire: a frame sent can be received at once.
"""

from micropython import const

from .frames import Frames

_ETHERNET_LEN = const(14)
_MAC_A = b"\x02\x00\x00\x00\x00\x0a"
_MAC_B = b"\x02\x00\x00\x00\x00\x0b"


def pair(slots=16, mtu=1500, mac_a=_MAC_A, mac_b=_MAC_B, wait=None):
    """Make the two ends of a wire that holds `slots` frames in each direction (at most 255).

    `wait`, when given, becomes the `wait(ms)` of both ends: a program that runs two stacks in one
    thread pumps the other stack there, and a test moves its clock. Without it the ends have no
    `wait` and the stack sleeps by itself.
    """
    a = Loop(mac_a, mtu, slots)
    b = Loop(mac_b, mtu, slots)
    a.peer = b
    b.peer = a
    if wait is not None:
        a.wait = wait
        b.wait = wait
    return a, b


class Loop:
    """One end of the wire; made by `pair`.

    Counters: `sent`, `received`, `busy` (frames refused because the ring was full), `lost` (frames
    sent while the link was down or longer than the mtu allows, and frames that did not fit the
    receiver's buffer).
    """

    def __init__(self, mac, mtu, slots):
        self.mac = mac
        self.mtu = mtu
        self.peer = None
        self.sent = 0
        self.received = 0
        self.busy = 0
        self.lost = 0
        self._up = True
        self._inbox = Frames(slots, mtu + _ETHERNET_LEN)

    def send(self, frame, n):
        """Put n bytes of frame on the wire. False: the ring is full, offer it again."""
        if not self.isup() or n > self.mtu + _ETHERNET_LEN:
            self.lost += 1
            return True
        if self.peer._inbox.put(frame, n) is None:
            self.busy += 1
            return False
        self.sent += 1
        return True

    def recv_into(self, frame):
        """Move the oldest waiting frame into `frame`. Returns its length, or 0 when nothing
        waits."""
        while True:
            n = self._inbox.take_into(frame)
            if n >= 0:
                if n:
                    self.received += 1
                return n
            self.lost += 1

    def waiting(self):
        """The number of frames that wait to be received at this end."""
        return self._inbox.count

    def isup(self):
        """True while this end and the other one are plugged in."""
        return self._up and self.peer._up

    def plug(self, up):
        """Plug this end in or pull it out. Frames already on the wire still arrive."""
        self._up = up

    def close(self):
        """Pull the plug and forget what waits at this end."""
        self._up = False
        while self._inbox.count:
            self._inbox.drop()
