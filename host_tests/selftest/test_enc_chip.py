"""The model of the ENC28J60 itself, byte by byte on its SPI, against the datasheet DS39662E."""

from chips import encmap as r
from chips.bus import SPI, Bus, Pin
from chips.enc28j60 import Enc28j60

MAC = b"\x02\x11\x22\x33\x44\x55"


class Bench:
    """Raw instructions (T4-1)."""

    def __init__(self, **options):
        self.clock = r.Clock()
        self.chip = Enc28j60(clock=self.clock, **options)
        self.bus, self.cs, self.irq = Bus(), Pin("cs"), Pin("irq")
        self.bus.attach(self.chip, self.cs, None, self.irq)
        self.spi = SPI(self.bus)
        self.clock.sleep_us(400)
        self.out = []
        self.chip.on_frame = self.out.append

    def say(self, *out):
        into = bytearray(len(out))
        self.cs(0)
        self.spi.write_readinto(bytes(out), into)
        self.cs(1)
        return into

    def bank(self, bank):
        self.say(0xA0 | r.ECON1, 3)
        self.say(0x80 | r.ECON1, bank)

    def get(self, reg):
        """A register as the driver would read it; MAC and MII behind a dummy byte."""
        if not r.EIE <= reg <= r.ECON1:
            self.bank(reg >> 5)
        if r.is_mac(reg):
            return self.say(reg & 31, 0, 0)[2]
        return self.say(reg & 31, 0)[1]

    def put(self, reg, value):
        if not r.EIE <= reg <= r.ECON1:
            self.bank(reg >> 5)
        self.say(0x40 | reg & 31, value)

    def pair(self, reg, value=None):
        if value is None:
            return self.get(reg) | self.get(reg + 1) << 8
        self.put(reg, value & 0xFF)
        self.put(reg + 1, value >> 8)

    def ready(self):
        """As a driver leaves it: 6.5, 7.2.1."""
        self.pair(r.ERXST, 0)
        self.pair(r.ERXND, 0x0FFF)
        self.pair(r.ERXRDPT, 0x0FFF)
        self.put(r.MACON1, 1)
        self.put(r.MACON3, 0x33)
        for reg, byte in zip((r.MAADR1, r.MAADR2, r.MAADR3, r.MAADR4, r.MAADR5, r.MAADR6), MAC):
            self.put(reg, byte)
        self.say(0x80 | r.ECON1, r.RXEN)
        return self

    def phy(self, reg):
        self.put(r.MIREGADR, reg)
        self.put(r.MICMD, 1)
        self.clock.sleep_us(11)
        self.put(r.MICMD, 0)
        return self.pair(r.MIRDL)

    def read(self, at, n):
        self.pair(r.ERDPT, at)
        return bytes(self.say(0x3A, *bytes(n))[1:])


def test_registers_after_power_on():
    bench = Bench()
    for reg, value in (
        (r.ERDPT, 0x05FA), (r.EWRPT, 0), (r.ETXST, 0), (r.ETXND, 0), (r.ERXST, 0x05FA),
        (r.ERXND, 0x1FFF), (r.ERXRDPT, 0x05FA), (r.ERXWRPT, 0), (r.MAMXFL, 0x0600),
    ):  # fmt: skip
        assert bench.pair(reg) == value, reg
    for reg, value in (
        (r.ERXFCON, 0xA1), (r.EPKTCNT, 0), (r.MACON1, 0), (r.MACON3, 0), (r.MACLCON1, 0x0F),
        (r.MACLCON2, 0x37), (r.EREVID, 6), (r.EIE, 0), (r.ECON2, 0x80), (r.ESTAT, 1),
    ):  # fmt: skip
        assert bench.get(reg) == value, reg
    assert bench.phy(r.PHID1) == 0x0083 and bench.phy(r.PHID2) == 0x1400
    assert bench.phy(r.PHLCON) == 0x3422 and bench.phy(9) == 0


def test_the_oscillator_needs_300_us_and_until_then_the_mac_is_deaf():
    bench = Bench()
    bench.chip.brown_out()
    assert bench.get(r.ESTAT) & 1 == 0
    bench.put(r.MACON1, 1)
    bench.clock.sleep_us(300)
    assert bench.get(r.ESTAT) & 1 == 1 and bench.get(r.MACON1) == 0 and bench.chip.early


def test_a_reset_by_command_keeps_clkready_and_takes_a_millisecond():
    bench = Bench().ready()
    bench.say(0xFF)
    assert bench.get(r.ESTAT) & 1, "issue 2"
    bench.put(r.MACON1, 1)
    bench.clock.sleep_us(1000)
    assert bench.get(r.MACON1) == 0 and bench.pair(r.ERXND) == 0x1FFF


def test_in_power_save_a_reset_has_no_effect_and_the_mac_is_away():
    bench = Bench().ready()
    bench.say(0x80 | r.ECON2, 0x20)
    assert bench.get(r.ESTAT) & 1 == 0
    bench.say(0xFF)
    assert bench.pair(r.ERXND) == 0x0FFF, "issue 19"
    assert bench.get(r.MACON3) == 0
    bench.say(0xA0 | r.ECON2, 0x20)
    bench.clock.sleep_us(300)
    assert bench.get(r.MACON3) == 0x33


def test_the_five_common_registers_stand_in_every_bank():
    bench = Bench()
    for bank in range(4):
        bench.bank(bank)
        assert bench.say(r.ECON1, 0)[1] == bank and bench.say(r.ECON2, 0)[1] == 0x80


def test_bit_fields_change_eth_registers_only():
    bench = Bench()
    bench.say(0x80 | r.EIE, 0xC0)
    bench.say(0xA0 | r.EIE, 0x40)
    assert bench.get(r.EIE) == 0x80 and not bench.chip.misuse
    bench.bank(2)
    bench.say(0x80, 1)
    assert bench.get(r.MACON1) == 0 and bench.chip.misuse


def test_a_byte_that_cs_cuts_short_changes_nothing_and_a_second_one_neither():
    bench = Bench()
    bench.say(0x40 | r.EIE)
    assert bench.get(r.EIE) == 0
    bench.say(0x40 | r.EIE, 0x80, 0x40)
    assert bench.get(r.EIE) == 0x80


def test_the_buffer_streams_and_its_pointers_wrap_each_in_its_way():
    bench = Bench()
    bench.pair(r.ERXST, 0)
    bench.pair(r.ERXND, 0x0FFF)
    bench.pair(r.EWRPT, 0x1FFE)
    bench.say(0x7A, 1, 2, 3, 4)
    assert bench.pair(r.EWRPT) == 2 and bench.read(0x1FFE, 4) == b"\1\2\3\4"
    bench.pair(r.EWRPT, 0x0FFE)
    bench.say(0x7A, 5, 6, 7)
    assert bench.read(0x0FFE, 4) == b"\5\6\3\4", "reading goes from ERXND to ERXST (7.2.3)"
    bench.say(0xA0 | r.ECON2, 0x80)
    assert bench.read(0x0FFE, 3) == b"\5\5\5", "without AUTOINC the pointer stays"


def test_erxrdpt_takes_effect_with_its_high_byte():
    bench = Bench()
    bench.put(r.ERXRDPT, 0x33)
    assert bench.pair(r.ERXRDPT) == 0x05FA
    bench.put(r.ERXRDPT + 1, 0x02)
    assert bench.pair(r.ERXRDPT) == 0x0233


def test_a_packet_stands_behind_its_pointer_and_status_at_an_even_address():
    bench = Bench().ready()
    frame = MAC + bytes(range(55))
    assert bench.chip.wire_in(frame) and bench.chip.wire_in(b"\xff" * 6 + bytes(54))
    head = bench.read(0, 6)
    assert head == bytes((72, 0, 65, 0, 0x80, 0)), list(head)
    assert bench.read(6, 61) == frame
    assert bench.read(72, 6) == bytes((142, 0, 64, 0, 0x80, 2))
    assert bench.get(r.EPKTCNT) == 2 and bench.pair(r.ERXWRPT) == 142
    for left in (1, 0, 0):
        bench.say(0x80 | r.ECON2, 0x40)
        assert bench.get(r.EPKTCNT) == left and bench.get(r.ECON2) == 0x80


def test_the_last_byte_before_erxrdpt_is_never_written():
    bench = Bench().ready()
    bench.pair(r.ERXRDPT, 201)
    assert bench.chip.wire_in(MAC + bytes(54))  # 70 bytes with head and FCS
    assert bench.chip.wire_in(MAC + bytes(54))
    assert not bench.chip.wire_in(MAC + bytes(54)), "61 are left"
    assert bench.get(r.EIR) & r.RXERIF
    bench.say(0xA0 | r.EIR, r.RXERIF)
    assert not bench.get(r.EIR) & r.RXERIF


def test_an_even_erxrdpt_spoils_what_is_received():
    for even in (False, True):
        bench = Bench().ready()
        bench.pair(r.ERXRDPT, 0x0FFE if even else 0x0FFF)
        bench.chip.wire_in(MAC + bytes(54))
        assert (bench.read(0, 2) != bytes((70, 0))) == even


def test_the_filters():
    bench = Bench().ready()
    other, group, all_ = b"\x02\0\0\0\0\1", b"\x01\0\x5e\0\0\1", b"\xff" * 6
    for mode, expected in (
        (0xA1, (1, 0, 0, 1)), (0xA3, (1, 0, 1, 1)), (0x80, (1, 0, 0, 0)), (0, (1, 1, 1, 1)),
        (0xC1, (0, 0, 0, 0)), (0x01, (0, 0, 0, 1)), (0x02, (0, 0, 1, 1)),
    ):  # fmt: skip
        bench.put(r.ERXFCON, mode)
        seen = [bench.chip.wire_in(to + bytes(54)) for to in (MAC, other, group, all_)]
        assert tuple(1 if x else 0 for x in seen) == expected, mode
    bench.put(r.ERXFCON, 0xA1)
    assert not bench.chip.wire_in(MAC + bytes(54), damaged=True)
    bench.put(r.ERXFCON, 0x81)
    assert bench.chip.wire_in(MAC + bytes(54), damaged=True)


def send(bench, frame, control=0):
    bench.pair(r.EWRPT, 0x1800)
    bench.say(0x7A, control, *frame)
    bench.pair(r.ETXST, 0x1800)
    bench.pair(r.ETXND, 0x1800 + len(frame))
    bench.say(0x80 | r.ECON1, r.TXRTS)
    bench.clock.sleep_us(1300)
    bench.chip.turn()


def full_duplex(bench):
    bench.put(r.MIREGADR, r.PHCON1)
    bench.pair(r.MIWRL, 0x0100)
    bench.clock.sleep_us(11)
    return bench


def test_a_frame_leaves_with_its_status_behind_it():
    bench = Bench()
    full_duplex(bench).ready()
    send(bench, bytes(range(80)))
    assert not bench.get(r.ECON1) & r.TXRTS and bench.get(r.EIR) & r.TXIF
    assert bench.out == [bytes(range(80))]
    assert bench.read(0x1801 + 80, 7) == bytes((80, 0, 0x80, 0, 80, 0, 0))
    send(bench, bytes(20))
    assert len(bench.out[1]) == 60, "padded (R6-2)"
    send(bench, bytes(20), control=0x03)  # POVERRIDE, FCS but no padding
    assert len(bench.out) == 2, "a runt is nobody's frame"


def test_a_frame_longer_than_mamxfl_is_aborted_and_the_logic_stalls_until_its_reset():
    bench = Bench()
    full_duplex(bench).ready()
    bench.pair(r.MAMXFL, 100)
    send(bench, bytes(97))
    assert bench.get(r.EIR) & r.TXERIF and bench.get(r.ESTAT) & r.TXABRT and not bench.out
    bench.pair(r.MAMXFL, 1518)
    send(bench, bytes(97))
    assert bench.get(r.ECON1) & r.TXRTS and not bench.out, "issue 12"
    bench.say(0x80 | r.ECON1, r.TXRST)
    bench.say(0xA0 | r.ECON1, r.TXRST)
    assert bench.get(r.EIR) & r.TXERIF, "issue 12: the reset itself may set it"
    send(bench, bytes(97))
    assert len(bench.out) == 1


def test_int_is_low_while_an_enabled_flag_is_set():
    bench = Bench().ready()
    assert bench.irq() == 1
    bench.chip.wire_in(MAC + bytes(54))
    assert bench.irq() == 1
    bench.put(r.EIE, 0xC0)
    assert bench.irq() == 0 and bench.get(r.ESTAT) & r.INT
    assert not bench.get(r.EIR) & r.PKTIF, "issue 6"
    bench.say(0x80 | r.ECON2, 0x40)
    assert bench.irq() == 1


def test_a_change_of_the_link_interrupts_once_it_is_enabled_in_the_phy():
    bench = Bench().ready()
    bench.put(r.EIE, 0x90)
    bench.chip.plugged = False
    assert bench.irq() == 1
    bench.put(r.MIREGADR, r.PHIE)
    bench.pair(r.MIWRL, 0x12)
    bench.clock.sleep_us(11)
    assert bench.irq() == 0 and bench.phy(r.PHSTAT2) & r.LSTAT == 0
    assert bench.phy(r.PHIR) & 0x10
    assert bench.get(r.EIE) == 0x90 and bench.irq() == 1, "reading PHIR clears it (R12-5)"
    assert not bench.phy(r.PHSTAT1) & 4
    bench.chip.plugged = True
    assert bench.phy(r.PHSTAT1) & 4


def test_the_mii_takes_its_time_and_haste_is_noted():
    bench = Bench()
    bench.put(r.MIREGADR, r.PHID1)
    bench.put(r.MICMD, 1)
    assert bench.get(r.MISTAT) & 1
    bench.pair(r.MIRDL)
    assert bench.chip.misuse
    bench.clock.sleep_us(11)
    assert not bench.get(r.MISTAT) & 1
