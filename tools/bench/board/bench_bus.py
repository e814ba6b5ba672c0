"""Instructions, SPI bytes and selects per 1460-byte segment over the W5500 link, on its model.

What the model of chip and bus does is not counted: each call of the SPI object or of a pin stops
the counter on its way in and starts it on its way out. What such a call takes by itself is
measured, and replaced by what the call of a method written in C takes.
"""

import gc

# Room at the lower end of the heap, free while it is measured: MicroPython takes the state of a
# call with many variables from the heap, and how long it searches is chance otherwise.
hole = bytearray(2048)

import bench_path  # noqa: E402
import uctypes  # noqa: E402
from loopback import Counter, fixed  # noqa: E402

from chips.w5500 import W5500 as Model  # noqa: E402
from ferrule import Stack  # noqa: E402
from ferrule.link import loop  # noqa: E402
from ferrule.link.w5500 import W5500  # noqa: E402

_MAC = b"\x02\0\0\0\0\x02"
_MEMORY = 0x21F00000, 0x21F08000  # of the MPS2's 16 MB, behind the ROMFS image


class Bus:
    """Pin and SPI of one chip in one object, without frills; `stop` and `start` are the
    counter's.
    """

    OUT = 1

    def __init__(self, chip, counter):
        self.chip = chip
        self.stop = counter.stop
        self.start = counter.start
        self.calls = self.bytes = self.selects = 0
        self.nothing = bytes(1600)
        self.waste = bytearray(1600)

    def init(self, mode, value):
        self.chip.released()

    def __call__(self, level):
        self.stop()
        self.calls += 1
        if level:
            self.chip.released()
            # What the model threw away would make every search of the heap longer, and so would
            # the collector, until something small has been found a place.
            if self.calls & 15 == 0:
                gc.collect()
                self.small = [object() for _ in range(64)]
        else:
            self.selects += 1
            self.chip.selected()
        self.start()

    def write(self, out):
        self.stop()
        self.calls += 1
        n = len(out)
        self.bytes += n
        self.chip.exchange(memoryview(out), memoryview(self.waste)[:n])
        self.start()

    def readinto(self, into):
        self.stop()
        self.calls += 1
        n = len(into)
        self.bytes += n
        self.chip.exchange(memoryview(self.nothing)[:n], memoryview(into))
        self.start()

    def write_readinto(self, out, into):
        self.stop()
        self.calls += 1
        self.bytes += len(out)
        self.chip.exchange(memoryview(out), memoryview(into))
        self.start()


class Clock:
    """The driver's clock: what was counted so far, at 125 million instructions a second."""

    def __init__(self, counter):
        self.counter = counter
        self.slept = 0

    def ticks_ms(self):
        return self.slept + self.counter.total // 125000

    def sleep_ms(self, ms):
        self.slept += ms


class Nobody:
    """A chip that does nothing, to measure the bus by."""

    def selected(self):
        pass

    released = selected

    def exchange(self, out, into):
        pass


class Link:
    """The W5500 link, with the bytes and selects of each direction kept apart."""

    mtu = 1500

    def __init__(self, link, bus):
        self.link = link
        self.mac = link.mac
        self.isup = link.isup
        self.bus = bus
        self.clear()

    def clear(self):
        self.rx = [0, 0]
        self.tx = [0, 0]

    def count(self, way, size, selects):
        self.bus.stop()
        way[0] += self.bus.bytes - size
        way[1] += self.bus.selects - selects
        self.bus.start()

    def recv_into(self, frame):
        size, selects = self.bus.bytes, self.bus.selects
        n = self.link.recv_into(frame)
        self.count(self.rx, size, selects)
        return n

    def send(self, frame, n):
        size, selects = self.bus.bytes, self.bus.selects
        done = self.link.send(frame, n)
        self.count(self.tx, size, selects)
        return done


def call_costs(counter):
    """(instructions that a call of Bus is counted with, those of a method in C)."""
    bus = Bus(Nobody(), counter)
    store = bytearray(4)
    append = {1: 2}.get
    out = b"123"
    costs = []
    for method, argument in ((bus.write, out), (append, 1)):
        method(argument)
        counter.total = 0
        counter.start()
        for _ in range(20):
            method(argument)
        counter.stop()
        with_call = counter.total
        counter.total = 0
        counter.start()
        for _ in range(20):
            pass
        counter.stop()
        costs.append((with_call - counter.total) // 20)
    del store
    return costs


class Peer:
    """The other stack's link: into the chip's receiver, and out of what the chip sends."""

    mtu = 1500
    mac = b"\x02\0\0\0\0\x01"

    def __init__(self, chip, wire):
        self.chip = chip
        self.recv_into = wire.recv_into
        self.isup = wire.isup

    def send(self, frame, n):
        self.chip.wire_in(memoryview(frame)[:n])
        return True


def connected(counter):
    # The model's memory lies outside the heap, which is no longer then than on a board.
    chip = Model(None, [uctypes.bytearray_at(at, 16384) for at in _MEMORY])
    bus = Bus(chip, counter)
    ours, theirs = loop.pair(slots=4)
    chip.on_frame = lambda frame: ours.send(frame, len(frame))
    link = Link(W5500(bus, bus, mac=_MAC, clock=Clock(counter)), bus)
    net = Stack(link, random=fixed, connections=2, rx_buffer=4096, tx_buffer=4096)
    peer = Stack(
        Peer(chip, theirs), random=fixed, connections=2, rx_buffer=4096, tx_buffer=4096
    )
    net.config(tcp_timestamps=0)  # segments of 1460 bytes
    net.ifconfig(("10.9.0.2", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
    peer.ifconfig(("10.9.0.1", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
    net.active(True)
    peer.active(True)
    return bench_path.joined(net, peer, counter) + (bus, link)


def main():
    counter = Counter()
    ours, theirs = call_costs(counter)
    net, peer, counter, s, c, bus, link = connected(counter)
    global hole
    hole = None
    out = memoryview(bytes(range(256)) * 12)[: 2 * bench_path.MSS]
    buf = bytearray(2 * bench_path.MSS)
    gc.collect()
    for name, measure in (("rx", bench_path.received), ("tx", bench_path.sent)):
        # Once with what keeps the directions apart, and once for the instructions without it.
        # measure() does not count its first five rounds.
        segments = 2 * (bench_path.ROUNDS + 5)
        net.iface.link = link
        link.clear()
        bus.bytes = 0
        measure(net, peer, counter, s, c, out, buf)
        moved = bus.bytes / segments
        net.iface.link = link.link
        gc.collect()
        bus.calls = 0
        insn, _ = measure(net, peer, counter, s, c, out, buf)
        insn -= bus.calls * (ours - theirs) // segments
        way = link.rx if name == "rx" else link.tx
        print("w5500_%s_insn_per_segment" % name, insn)
        print("w5500_%s_spi_bytes" % name, way[0] / segments)
        print("w5500_%s_selects" % name, way[1] / segments)
        print("w5500_%s_all_spi_bytes" % name, moved)
        print("w5500_%s_calls" % name, bus.calls / segments)
    print("w5500_call_counted", ours)
    print("w5500_call_in_c", theirs)
