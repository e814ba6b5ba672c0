"""The model of the W5500 against its datasheet, byte by byte: what no driver here or elsewhere
happens to use. The W5100S where it differs."""

from chips.bus import SPI, Bus, Pin
from chips.w5100s import W5100S
from chips.w5500 import W5500


class Clock:
    def __init__(self):
        self.now = 0

    def ticks_ms(self):
        return self.now


class Bench:
    def __init__(self, model=W5500, clock=None):
        self.chip = model(clock)
        self.bus = Bus()
        self.cs, self.reset, self.irq = Pin("cs"), Pin("reset"), Pin("irq")
        self.bus.attach(self.chip, self.cs, self.reset, self.irq)
        self.spi = SPI(self.bus)

    def talk(self, out):
        """One select: the bytes that came back."""
        into = bytearray(len(out))
        self.cs(0)
        self.spi.write_readinto(bytes(out), into)
        self.cs(1)
        return bytes(into)

    def read(self, at, n=1, block=0):
        """n registers of a block, in variable length."""
        return self.talk((at >> 8, at & 0xFF, block << 3) + (0,) * n)[3:]

    def write(self, at, data, block=0):
        self.talk(bytes((at >> 8, at & 0xFF, block << 3 | 4)) + bytes(data))


def test_registers_after_a_reset():
    """Chapter 4.1 and 4.2, the values in brackets."""
    bench = Bench()
    assert bench.read(0, 0x2E) == bytes(0x19) + b"\x07\xd0\x08\x28" + bytes(
        9
    ) + b"\xff\xff" + bytes(6)
    assert bench.read(0x2E) == b"\xbf" and bench.read(0x39) == b"\x04"
    for n in range(8):
        regs = bench.read(0, 0x30, 4 * n + 1)
        assert regs[:6] == bytes(6) and regs[6:12] == b"\xff" * 6
        assert regs[0x16] == 0x80 and regs[0x1E:0x20] == b"\x02\x02"
        assert regs[0x20:0x2C] == b"\x08\0" + bytes(10)
        assert regs[0x2C:0x30] == b"\xff\x40\0\0"


def test_a_fixed_length_frame_ends_by_itself_and_the_next_begins():
    """Chapter 2.4: one, two and four bytes; here in one select, as with SCSn tied low."""
    bench = Bench()
    mac = bytes((2, 0, 0, 0, 0, 7))
    bench.talk(
        bytes((0, 9, 7))
        + mac[:4]
        + bytes((0, 13, 6))
        + mac[4:]
        + bytes((0, 0x1B, 5, 3, 0, 1, 5, 9))
    )
    assert bench.read(9, 6) == mac and bench.read(0x1B) == b"\x03" and bench.read(1) == b"\x09"
    back = bench.talk((0, 9, 2, 0, 0, 0, 14, 1, 0, 0, 9, 3, 0, 0, 0, 0))
    assert back[3:5] == mac[:2] and back[8:9] == mac[5:] and back[12:] == mac[:4]


def test_a_select_begins_a_new_frame_wherever_the_last_one_was():
    bench = Bench()
    bench.talk((0,))
    bench.talk((0, 9))
    bench.talk((0, 9, 4))
    assert bench.read(0x39) == b"\x04" and bench.read(9, 6) == bytes(6)


def test_read_only_registers_stay():
    bench = Bench()
    bench.write(0x39, b"\x55")
    bench.write(0x17, b"\xff")
    bench.write(3, b"\x42", 1)
    bench.write(0x20, b"\xff" * 4, 1)
    bench.write(0x26, b"\xff" * 2, 1)
    bench.write(0x2A, b"\xff" * 2, 1)
    assert bench.read(0x39) == b"\x04" and bench.read(0x17) == b"\0"
    assert bench.read(3, 1, 1) == b"\0"
    assert bench.read(0x20, 12, 1) == b"\x08\0" + bytes(10)


def test_reserved_blocks_and_addresses_hold_nothing():
    bench = Bench()
    for block in (4, 8, 28):
        bench.write(0, b"\xaa", block)
        assert bench.read(0, 2, block) == b"\0\0"
    bench.write(0x40, b"\xaa")
    assert bench.read(0x40) == b"\0" and bench.read(0x30, 1, 1) == b"\0"
    assert bench.read(0) == b"\0"


def test_buffers_lie_behind_one_another_and_wrap_in_their_size():
    bench = Bench()
    for n in range(8):
        bench.write(0x7FE, bytes((n, n, n, n)), 4 * n + 2)
    for n in range(8):
        assert bench.read(0x7FE, 4, 4 * n + 2) == bytes((n,)) * 4
        assert bench.read(0xFFFE, 4, 4 * n + 2) == bytes((n,)) * 4  # any 16-bit address
        assert bench.read(0, 2, 4 * n + 2) == bytes((n, n))
    for n in range(1, 8):
        bench.write(0x1E, b"\0\0", 4 * n + 1)
    bench.write(0x1E, b"\x10\x10", 1)
    assert not bench.chip.oversized and bench.read(0x20, 2, 1) == b"\x40\0"
    bench.write(0x3FFF, b"ab", 2)
    assert bench.read(0, 1, 2) == b"b" and bench.read(0, 1, 6) == b"\0"
    bench.write(0x1E, b"\x02", 5)
    assert bench.chip.oversized


def opened(bench):
    bench.write(0, b"\x04", 1)
    bench.write(1, b"\x01", 1)
    assert bench.read(3, 1, 1) == b"\x42"


def test_a_frame_that_waits_is_told_in_pointers_interrupt_and_line():
    bench = Bench()
    opened(bench)
    bench.write(0x18, b"\x01")
    assert bench.irq() == 1
    assert bench.chip.wire_in(bytes(range(60)))
    assert bench.irq() == 0 and bench.read(0x17) == b"\x01" and bench.read(2, 1, 1) == b"\x04"
    assert bench.read(0x26, 6, 1) == b"\0\x3e\0\0\0\x3e"
    assert bench.read(0, 62, 3) == b"\0\x3e" + bytes(range(60))
    bench.write(0x28, b"\0\x3e", 1)
    assert bench.read(0x26, 2, 1) == b"\0\x3e"  # until RECV
    bench.write(1, b"\x40", 1)
    assert bench.read(0x26, 2, 1) == b"\0\0"
    bench.write(2, b"\x10", 1)
    assert bench.irq() == 0  # another bit
    bench.write(2, b"\x04", 1)
    assert bench.irq() == 1 and bench.read(0x17) == b"\0"
    bench.write(0x2C, b"\0", 1)
    bench.chip.wire_in(bytes(60))
    assert bench.irq() == 1 and bench.read(2, 1, 1) == b"\x04"  # masked


def test_send_moves_the_pointer_when_the_frame_has_gone():
    bench = Bench()
    opened(bench)
    sent = []
    bench.chip.on_frame = sent.append
    bench.chip.slow_send = 3
    bench.write(0, bytes(range(80)), 2)
    bench.write(0x24, b"\0\x50", 1)
    bench.write(1, b"\x20", 1)
    assert bench.read(0x20, 6, 1) == b"\x07\xb0\0\0\0\x50" and not sent
    for _ in range(4):
        bench.read(0)
    assert bench.read(0x20, 6, 1) == b"\x08\0\0\x50\0\x50" and sent == [bytes(range(80))]
    assert bench.read(2, 1, 1) == b"\x10"


def test_nothing_is_sent_without_a_link_until_there_is_one():
    bench = Bench()
    opened(bench)
    sent = []
    bench.chip.on_frame = sent.append
    bench.chip.plugged = False
    bench.write(0x24, b"\0\x50", 1)
    bench.write(1, b"\x20", 1)
    assert bench.read(0x22, 2, 1) == b"\0\0" and not sent and bench.read(0x2E) == b"\xb8"
    bench.chip.plugged = True
    assert bench.read(0x2E) == b"\xbf" and bench.read(0x22, 2, 1) == b"\0\x50" and len(sent) == 1
    bench.write(0x2E, b"\x38")
    assert bench.read(0x2E) == b"\x38" and not bench.chip.wire_in(bytes(60))  # PHY in reset


def test_reset_takes_its_time():
    clock = Clock()
    bench = Bench(clock=clock)
    bench.write(9, b"\x02")
    bench.reset(0)
    bench.reset(1)
    assert bench.chip.short_resets == 1 and bench.read(9) == b"\x02"
    bench.reset(0)
    clock.now += 1
    assert bench.read(0x39) == b"\xff"
    bench.reset(1)
    assert bench.read(0x39) == b"\xff"
    clock.now += 1
    assert bench.read(0x39) == b"\x04" and bench.read(9) == b"\0"
    bench.write(9, b"\x02")
    bench.write(0, b"\x80")
    assert bench.read(0) == b"\0" and bench.read(9) == b"\0"


def test_the_w5100s_has_one_address_space():
    bench = Bench(W5100S)
    assert bench.talk((0x0F, 0, 0x80, 0))[3] == 0x51
    assert bench.talk((0x0F, 4, 0x20, 0, 0))[3:] == b"\x08\0"
    bench.talk(b"\xf0\x00\x1a\x03\x03")
    assert bench.talk((0x0F, 4, 0x20, 0, 0))[3:] == b"\x20\0"
    assert bench.chip.sizes(1) == (0, 0)
    bench.talk(b"\xf0\x40\x00tx")
    bench.talk(b"\xf0\x5f\xffab")  # the address goes on into the receive memory
    assert bench.talk((0x0F, 0x40, 0, 0, 0))[3:] == b"tx"
    assert bench.talk((0x0F, 0x5F, 0xFF, 0))[3:] == b"a"
    assert bench.talk((0x0F, 0x60, 0, 0))[3:] == b"b"
    assert bench.talk((0x0F, 0x7F, 0xFF, 0, 0))[4] == 0
    assert bench.talk((0x55, 0, 0x80, 0))[3] != 0x51  # neither read nor write


def test_the_w5100ss_interrupt_line_needs_its_gate():
    bench = Bench(W5100S)
    bench.talk(b"\xf0\x04\x00\x04")
    bench.talk(b"\xf0\x04\x01\x01")
    bench.talk(b"\xf0\x00\x16\x01")
    bench.talk(b"\xf0\x00\x30\x00")
    assert bench.chip.wire_in(bytes(60)) and bench.irq() == 1
    assert bench.talk((0x0F, 0, 0x15, 0))[3] == 1
    bench.talk(b"\xf0\x00\x30\x40")
    assert bench.irq() == 0
    bench.talk(b"\xf0\x04\x02\x04")
    assert bench.irq() == 1
    assert bench.talk((0x0F, 0, 0x3C, 0))[3] == 1
    bench.chip.plugged = False
    assert bench.talk((0x0F, 0, 0x3C, 0))[3] == 0x80
