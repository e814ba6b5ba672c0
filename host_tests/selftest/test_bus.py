"""The fake SPI bus that the models of chips hang on: counters, faults, pins, allocation."""

import micropython

from chips.bus import SPI, Bus, Chip, Gremlin, Pin
from ferrule.link.impair import Dice
from testing import raises


class Echo(Chip):
    """Answers each byte with the sum of those before it since the select."""

    def __init__(self):
        self.heard = []
        self.sum = 0
        self.on = 0
        self.resets = []
        self.outages = 0

    def selected(self):
        self.on += 1
        self.sum = 0

    def released(self):
        self.on -= 1

    def clock(self, byte):
        self.heard.append(byte)
        answer = self.sum
        self.sum = (self.sum + byte) & 0xFF
        return answer

    def reset_pin(self, level):
        self.resets.append(level)

    def brown_out(self):
        self.outages += 1


def wired():
    """A bus with one chip, its select pin and the SPI object."""
    bus = Bus()
    cs, reset, irq = Pin("cs"), Pin("reset"), Pin("irq")
    chip = bus.attach(Echo(), cs, reset, irq)
    return bus, chip, cs, reset, irq, SPI(bus, 20_000_000)


def test_bytes_go_both_ways_and_are_counted():
    bus, chip, cs, _, _, spi = wired()
    cs(0)
    spi.write(b"\x01\x02\x03")
    into = bytearray(2)
    spi.readinto(into, 7)
    cs(1)
    cs.off()
    spi.write_readinto(b"\x05\x06", into)
    cs.on()
    assert chip.heard == [1, 2, 3, 7, 7, 5, 6]
    assert bytes(into) == b"\x00\x05"
    assert (bus.bytes, bus.selects, bus.transfers, chip.on) == (7, 2, 3, 0)
    assert bus.baudrate == 20_000_000 and bus.faults == 0


def test_a_chip_that_is_not_selected_hears_nothing_and_miso_floats():
    bus, chip, _, _, _, spi = wired()
    assert spi.read(2) == b"\xff\xff"
    assert chip.heard == [] and bus.unselected == 2


def test_buffers_of_different_length_are_refused():
    raises(ValueError, wired()[5].write_readinto, b"abc", bytearray(2))


def test_the_wrong_mode_and_too_fast_a_clock_are_noticed():
    bus, chip, cs, _, _, spi = wired()
    spi.init(baudrate=100_000_000, polarity=1)
    cs(0)
    spi.write(b"\x80")
    assert chip.heard == [0x40] and bus.wrong_mode == 1 and bus.too_fast == 1
    spi.init(baudrate=1_000_000, phase=1)
    spi.write(b"\x80")
    assert chip.heard == [0x40, 0x80] and bus.too_fast == 1


def test_pins_reach_the_chip_and_the_program():
    _, chip, _, reset, irq, _ = wired()
    told = []
    irq.irq(lambda pin: told.append(pin()), Pin.IRQ_FALLING)
    irq.drive(0)
    irq.drive(0)
    irq.drive(1)
    reset(0)
    reset(0)
    reset.on()
    assert told == [0] and chip.resets == [0, 1]


def test_a_stuck_miso():
    bus, chip, cs, _, _, spi = wired()
    cs(0)
    bus.stuck = 0x55
    assert spi.read(3, 1) == b"\x55\x55\x55" and chip.heard == [1, 1, 1]
    bus.mend()
    assert spi.read(2, 1) == b"\x03\x04" and bus.faults == 1


def test_a_flipped_bit_is_the_one_that_was_named():
    bus, chip, cs, _, _, spi = wired()
    cs(0)
    bus.flip_out = 8 * 3 + 2
    bus.flip_in = 8 * 4 + 7
    spi.write(b"\x00\x00")
    assert spi.read(4, 0) == b"\x00\x00\x84\x04" and chip.heard == [0, 0, 0, 4, 0, 0]
    assert bus.faults == 2 and bus.flip_in == -1 and bus.flip_out == -1


def test_a_lost_select_and_one_lost_in_mid_transfer():
    bus, chip, cs, _, _, spi = wired()
    bus.deaf = 1
    cs(0)
    assert spi.read(1) == b"\xff"
    cs(1)
    cs(0)
    bus.lose = 2
    assert spi.read(4, 1) == b"\x00\x01\xff\xff" and chip.heard == [1, 1]
    cs(1)
    cs(0)
    assert spi.read(1, 1) == b"\x00" and bus.faults == 2


def test_the_supply_goes_away_in_mid_transfer():
    bus, chip, cs, _, _, spi = wired()
    cs(0)
    bus.cut = 1
    spi.write(b"abc")
    assert chip.outages == 1 and bus.cut == -1 and bus.faults == 1


def test_a_driver_is_measured_with_the_heap_locked_and_the_models_are_not():
    bus, chip, cs, _, _, spi = wired()
    out = b"abcd"
    into = bytearray(4)
    bus.quiet = True
    micropython.heap_lock()
    try:
        cs(0)
        spi.write_readinto(out, into)
        cs(1)
        try:
            bytearray(100)
            locked = False
        except MemoryError:
            locked = True
    finally:
        micropython.heap_unlock()
    assert locked and len(chip.heard) == 4


def test_a_gremlin_breaks_everything_sooner_or_later_and_can_be_told_to_rest():
    bus, chip, cs, _, _, spi = wired()
    gremlin = Gremlin(bus, Dice(1), reach=20)
    out = bytes(10)
    for _ in range(400):
        gremlin.strike()
        cs(0)
        spi.write(out)
        cs(1)
    assert min(gremlin.kinds) > 5 and bus.faults > 60 and chip.outages > 5
    gremlin.rest()
    before = bus.faults
    for _ in range(50):
        cs(0)
        spi.write(out)
        cs(1)
    assert bus.faults == before
