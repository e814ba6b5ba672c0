"""A modelled chip and its driver between a stack and the link that a test gave it.

`between("w5500", link, clock)` is a link whose frames go through the driver of that name, over the
bus, through the model and out of it by `link`, and the same way back. The names are those of
`CHIPS`. The model takes no time, so that a ladder stays exact to the millisecond.
"""

import gc
import sys

from chips.bus import SPI, Bus, Pin

_ROOM = 1600
# Half a megabyte at the end of an emulated board's RAM, which neither its heap nor its ROMFS uses,
# by the first word of what it says that it is; and how many models at once may have 32 KB of it.
_SPARE_AT = {"mps2-an385": 0x21F80000, "microbit": 0x20380000}
_SPARE_PLACES = 16
_made = 0


def _buffers(*sizes):
    """The memories of a chip, of so many bytes: on the emulated board they take no heap."""
    global _made
    if sys.platform != "qemu":
        return [bytearray(n) for n in sizes]
    from uctypes import bytearray_at

    spare = _SPARE_AT[sys.implementation._machine.split()[0]]
    at = spare + _made % _SPARE_PLACES * 0x8000
    _made += 1
    return [bytearray_at(at + sum(sizes[:i]), n) for i, n in enumerate(sizes)]


def _w5500(clock, mac):
    from chips.w5500 import W5500 as Model
    from ferrule.link.w5500 import W5500

    return _on_a_bus(Model(clock, _buffers(16384, 16384)), W5500, clock, mac)


def _w5100s(clock, mac):
    from chips.w5100s import W5100S as Model
    from ferrule.link.w5100s import W5100S

    return _on_a_bus(Model(clock, _buffers(8192, 8192)), W5100S, clock, mac)


def _enc28j60(clock, mac):
    from chips.enc28j60 import Enc28j60 as Model
    from ferrule.link.enc28j60 import Enc28j60

    return _on_a_bus(Model(memory=_buffers(8192)[0]), Enc28j60, clock, mac)


def _espnow(clock, mac, longest=1470):
    from chips.espnow import Air, Ether
    from ferrule.link.espnow import EspNow

    station = Air(ticks_ms=clock.ticks_ms).station(mac)
    station.longest = station.espnow.MAX_DATA_LEN = longest
    ether = Ether(station)
    link = EspNow(wlan=station.wlan, espnow=station.espnow, ticks_ms=clock.ticks_ms, rxbuf=12000)
    return ether, ether.bus, link


def _espnow_250(clock, mac):
    """The short messages of ESP-NOW's first version: an MSS of 208."""
    return _espnow(clock, mac, 250)


def _espnow_1500(clock, mac):
    """Messages of 1504 bytes, which no radio sends, for ladders about Ethernet's 1500: a packet,
    two bytes before it, and two more before one in SNAP."""
    return _espnow(clock, mac, 1504)


class Plain:
    """No chip at all: a model and its driver in one, with the MTU of ESP-NOW's short messages. A
    ladder that fails over it asks for longer packets."""

    mtu = 248
    plugged = True
    overflows = 0

    def __init__(self):
        self.waiting = []
        self.on_frame = None

    def wire_in(self, frame):
        if len(frame) <= self.mtu + 14:
            self.waiting.append(frame)
        return True

    def recv_into(self, frame):
        if not self.waiting:
            return 0
        data = self.waiting.pop(0)
        frame[: len(data)] = data
        return len(data)

    def send(self, frame, n):
        if self.on_frame and n <= self.mtu + 14:
            self.on_frame(bytes(memoryview(frame)[:n]))
        return True

    def isup(self):
        return True

    def close(self):
        self.waiting.clear()


def _plain_250(clock, mac):
    wire = Plain()
    return wire, Bus(), wire


def _on_a_bus(chip, driver, clock, mac):
    chip.pad = False  # a ladder compares what the stack sent,
    chip.promiscuous = True  # and sees what it does with frames that a filter would keep out
    bus = Bus()
    cs, reset = Pin("cs"), Pin("reset")
    bus.attach(chip, cs, reset)
    return chip, bus, driver(SPI(bus, 20_000_000), cs=cs, reset=reset, mac=mac, clock=clock)


# name -> function(clock, mac) that returns (model, bus, driver). A model has wire_in(frame), which
# is True when it took the frame, on_frame(frame), plugged and overflows.
CHIPS = {
    "w5500": _w5500,
    "w5100s": _w5100s,
    "enc28j60": _enc28j60,
    "espnow": _espnow,
    "espnow_250": _espnow_250,
    "espnow_1500": _espnow_1500,
    "plain_250": _plain_250,
}


class Sleeper:
    """The clock of a driver: a test's ticks_ms, and a sleep that `move(ms)` does."""

    def __init__(self, ticks_ms, move):
        self.ticks_ms = ticks_ms
        self.sleep_ms = move


class Between:
    """See the head of this file. `used` counts the bytes of heap that the model took, while
    `bus.metered`."""

    def __init__(self, name, link, clock):
        self.inner = link
        self.mac = link.mac
        self.chip, self.bus, self.driver = CHIPS[name](clock, link.mac)
        self.chip.on_frame = self._leaves
        self._room = bytearray(_ROOM)
        self._view = memoryview(self._room)
        self._held = None
        self._leaving = []

    @property
    def mtu(self):
        return min(self.inner.mtu, self.driver.mtu)

    def isup(self):
        self.chip.plugged = self.inner.isup()
        return self.chip.plugged and self.driver.isup()

    def close(self):
        self.driver.close()
        self.inner.close()

    def wait(self, ms):
        self.inner.wait(ms)

    def dispose(self):
        """Let go of the chip's memory."""
        self.chip.tx_memory = self.chip.rx_memory = self.chip.memory = self.chip.on_frame = None

    def warm(self, rx, tx):
        """One frame each way, through these buffers; nobody sees them."""
        leave, self.chip.on_frame = self.chip.on_frame, None
        self.driver.send(tx, 60)
        self.chip.on_frame = leave
        self.chip.wire_in(b"\xff" * 12 + bytes(48))
        self.driver.recv_into(rx)

    def send(self, frame, n):
        """What the test's link refuses, the chip has still to send."""
        start = gc.mem_alloc() if self.bus.metered else 0
        busy = getattr(self.inner, "refuse", 0)
        if busy:
            self.inner.refuse -= 1
        busy = busy or not self._flush()
        if self.bus.metered:
            self.bus.used += gc.mem_alloc() - start
        return not busy and self.driver.send(frame, n)

    def recv_into(self, frame):
        start = gc.mem_alloc() if self.bus.metered else 0
        self._flush()
        self._arrivals()
        if self.bus.metered:
            self.bus.used += gc.mem_alloc() - start
        return self.driver.recv_into(frame)

    def _arrivals(self):
        """Hand the chip what the test's link has, as far as it takes it."""
        self.chip.plugged = self.inner.isup()
        while True:
            if self._held is None:
                n = self.inner.recv_into(self._room)
                if not n:
                    return
                self._held = bytes(self._view[:n])
            full = self.chip.overflows
            if not self.chip.wire_in(self._held) and self.chip.overflows != full:
                self.chip.overflows = full
                return
            self._held = None

    def _leaves(self, frame):
        self._leaving.append(frame)
        self._flush()

    def _flush(self):
        while self._leaving:
            if not self.inner.send(self._leaving[0], len(self._leaving[0])):
                return False
            self._leaving.pop(0)
        return True
