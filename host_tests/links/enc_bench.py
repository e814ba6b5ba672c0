"""A bench for the tests of the ENC28J60's link: bus, chip, clock and link, and the wire's end."""

from chips.bus import SPI, Bus, Pin
from chips.enc28j60 import Enc28j60 as Chip
from chips.encmap import Clock
from ferrule.link.enc28j60 import Enc28j60

MAC = b"\x02\x00\x5e\x10\x00\x09"
PEER = b"\x02\x00\x5e\x10\x00\x01"
EVERYBODY = b"\xff" * 6


class Bench:
    """`out` holds what the chip put on the wire."""

    def __init__(self, timed=True, irq=False, reset=False, options=None, start=True, **chip):
        self.clock = Clock()
        self.bus = Bus()
        self.chip = Chip(clock=self.clock if timed else None, **chip)
        self.out = []
        self.chip.on_frame = self.out.append
        self.cs = Pin("cs")
        self.irq = Pin("irq") if irq else None
        self.reset = Pin("reset") if reset else None
        self.bus.attach(self.chip, self.cs, self.reset, self.irq)
        self.spi = SPI(self.bus, 10_000_000)
        self.options = options or {}
        if start:
            self.start()

    def start(self):
        self.link = Enc28j60(
            self.spi, self.cs, self.reset, self.irq, MAC, clock=self.clock, **self.options
        )
        self.bus.clear()
        self.into = bytearray(1516)

    def pass_ms(self, ms):
        self.clock.sleep_ms(ms)
        self.chip.turn()

    def send(self, frame, n=None):
        """Send, waiting for the frame before; then let it leave. How many milliseconds passed."""
        for ms in range(3000):
            if self.link.send(frame, n or len(frame)):
                self.pass_ms(2)
                return ms
            self.pass_ms(1)
        raise AssertionError("never taken")

    def recover(self, limit_ms=2000):
        """Poll until a frame passes in both directions. How many milliseconds that took."""
        probe = numbered(100, 77, PEER, MAC)
        for ms in range(limit_ms):
            self.chip.wire_in(numbered(80, 3))
            self.link.send(probe, 100)
            n = self.link.recv_into(self.into)
            while n and n != 80:
                n = self.link.recv_into(self.into)
            if n == 80 and self.into[:80] == numbered(80, 3) and bytes(probe) in self.out:
                self.out.clear()
                return ms
            self.pass_ms(1)
        raise AssertionError("no recovery within %d ms" % limit_ms)


def numbered(n, first, to=MAC, sender=PEER):
    """A frame of n bytes whose text counts up from `first`."""
    frame = bytearray(n)
    for i in range(14, n):
        frame[i] = (first + i) & 0xFF
    frame[0:6] = to
    frame[6:12] = sender
    frame[12] = 0x88
    frame[13] = 0xB5
    return frame
