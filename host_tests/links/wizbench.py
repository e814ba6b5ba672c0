"""A W5500 or W5100S model, the link on it, and a clock that only sleeping and tests move."""

import gc

from chips.bus import SPI, Bus, Pin

MAC = b"\x02\x00\x00\x00\x00\x0c"
PEER = b"\x02\x00\x00\x00\x00\x0d"
ALL = b"\xff" * 6
# One memory for all chips, one after the other: a board's heap is small.
_MEMORY = bytearray(16384), bytearray(16384)


class Clock:
    """ticks_ms and sleep_ms, as the module time has them."""

    def __init__(self, now=0x3FFFFFFF - 50):
        self.now = now
        self.slept = 0
        self.on_sleep = None

    def ticks_ms(self):
        return self.now

    def sleep_ms(self, ms):
        self.slept += ms
        for _ in range(ms):
            # 0x40000000 would be an object on the heap of a 32-bit port.
            self.now = self.now + 1 if self.now < 0x3FFFFFFF else 0
            if self.on_sleep:
                self.on_sleep()


class Bench:
    """`chip` "W5500" or "W5100S", `link` on it, `bus`, `clock`, the pins `cs`, `reset`, `irq`, and
    `sent`, the frames that left."""

    def __init__(self, chip="W5500", irq=False, reset=True, link=True, **how):
        gc.collect()
        self.name = chip
        self.clock = Clock()
        if chip == "W5500":
            from chips.w5500 import W5500 as Model
        else:
            from chips.w5100s import W5100S as Model
        self.chip = Model(self.clock, _MEMORY)
        self.bus = Bus()
        self.cs = Pin("cs")
        self.reset = Pin("reset") if reset else None
        self.irq = Pin("irq") if irq else None
        self.bus.attach(self.chip, self.cs, self.reset, self.irq)
        self.spi = SPI(self.bus, 20_000_000)
        self.sent = []
        self.chip.on_frame = self.sent.append
        self.link = self.make(**how) if link else None
        self.bus.clear()

    def make(self, **how):
        """The link; `how` are more arguments of its constructor."""
        if self.name == "W5500":
            from ferrule.link.w5500 import W5500 as Link
        else:
            from ferrule.link.w5100s import W5100S as Link
        pins = {"cs": self.cs, "reset": self.reset, "irq": self.irq, "clock": self.clock}
        how.setdefault("mac", MAC)
        return Link(self.spi, **dict(pins, **how))

    def take(self, size=1516):
        """The next frame that the link hands out, b"" for none."""
        into = bytearray(size)
        return bytes(into[: self.link.recv_into(into)])

    def pass_ms(self, ms):
        """Let time pass, with the link asked for a frame every millisecond."""
        into = bytearray(1516)
        for _ in range(ms):
            self.clock.now = (self.clock.now + 1) & 0x3FFFFFFF
            self.link.recv_into(into)


def numbered(n, first=0, to=MAC):
    """A frame of n bytes to `to`; its bytes count up from `first`."""
    frame = bytearray(n)
    for i in range(12, n):
        frame[i] = (first + i) & 0xFF
    frame[:6] = to
    frame[6:12] = PEER
    frame[12] = 8
    frame[13] = 0
    return bytes(frame)
