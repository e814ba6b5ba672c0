"""The ENC28J60's link on a model of the chip (host_tests/chips/enc28j60.py)."""

import errno

import micropython
from enc_bench import EVERYBODY, MAC, PEER, Bench, numbered

from chips.bus import SPI, Bus, Pin
from ferrule.link.enc28j60 import Enc28j60
from testing import raises


def test_frames_of_every_length_go_out_whole_and_short_ones_padded():
    bench = Bench()
    for n in (14, 15, 42, 59, 60, 61, 64, 65, 127, 128, 129, 590, 1000, 1280, 1281, 1513, 1514):
        frame = bytearray(1516)
        frame[:n] = numbered(n, n, PEER, MAC)
        bench.send(frame, n)
        sent = bench.out.pop()
        assert sent == bytes(frame[:n]) + bytes(max(60 - n, 0)), n
    assert bench.link.sent == 17 and not bench.link.lost and not bench.chip.misuse


def test_frames_of_every_length_come_in_whole():
    bench = Bench()
    for n in list(range(60, 70)) + [127, 128, 129, 590, 1280, 1281, 1512, 1513, 1514]:
        frame = numbered(n, n)
        assert bench.chip.wire_in(frame)
        assert bench.link.recv_into(bench.into) == n
        assert bench.into[:n] == frame, n
    assert bench.link.recv_into(bench.into) == 0
    assert bench.link.received == 19 and not bench.chip.misuse


def test_the_receive_buffer_goes_round_with_frames_across_its_end():
    bench = Bench()
    sizes = (1514, 61, 700, 1003, 60)
    total = 0
    for i in range(60):
        n = sizes[i % 5]
        assert bench.chip.wire_in(numbered(n, i))
        if i % 3 == 2:
            for k in (i - 2, i - 1, i):
                n = sizes[k % 5]
                assert bench.link.recv_into(bench.into) == n
                assert bench.into[:n] == numbered(n, k), k
                total += n
    assert total > 4 * 0x1A00 and bench.link.recv_into(bench.into) == 0
    assert bench.link.bus_errors == 0 and bench.link.restarts == 0


def test_erxrdpt_is_always_odd_and_every_place_is_given_back():
    bench = Bench()
    for i in range(40):
        assert bench.chip.wire_in(numbered(60 + 37 * i, i))
        assert bench.link.recv_into(bench.into) == 60 + 37 * i
        assert bench.chip._get(12) & 1
    assert bench.chip._room() == 0x19FF - 1 + (bench.chip._write_at == 0)


def test_a_short_buffer_and_a_view_serve_as_well():
    bench = Bench()
    for n in (14, 42, 63, 64, 65, 200, 591):
        frame = numbered(n, n, PEER, MAC)
        bench.send(frame)
        assert bench.out.pop() == bytes(frame) + bytes(max(60 - n, 0)), n
    for n in (60, 64, 65, 200, 591):
        into = bytearray(n)
        bench.chip.wire_in(numbered(n, n))
        assert bench.link.recv_into(into) == n and into == numbered(n, n)
    bench.send(memoryview(numbered(1514, 1, PEER, MAC)))
    assert bench.out.pop() == bytes(numbered(1514, 1, PEER, MAC))


def test_only_what_is_for_us_or_everybody_comes_in():
    bench = Bench()
    for to in (PEER, b"\x01\x00\x5e\x00\x00\x01"):
        assert not bench.chip.wire_in(numbered(60, 1, to))
    assert bench.chip.wire_in(numbered(60, 1, EVERYBODY))
    assert not bench.chip.wire_in(numbered(60, 1), damaged=True)
    assert bench.link.recv_into(bench.into) == 60 and bench.link.recv_into(bench.into) == 0


def test_a_frame_longer_than_the_buffer_is_counted_and_the_next_one_arrives():
    bench = Bench()
    bench.chip.wire_in(numbered(101, 1))
    bench.chip.wire_in(numbered(100, 2))
    into = bytearray(100)
    assert bench.link.recv_into(into) == 100 and into == numbered(100, 2)
    assert bench.link.too_long == 1
    assert bench.link.send(bytearray(1600), 1515) and bench.link.lost == 1


def test_a_frame_before_that_is_on_its_way_makes_the_link_busy():
    bench = Bench()
    frame = numbered(1514, 1, PEER, MAC)
    assert bench.link.send(frame, 1514)
    assert not bench.link.send(frame, 1514) and bench.link.busy == 1
    bench.pass_ms(1)
    assert not bench.link.send(frame, 1514), "1.2 ms at 10 Mbit/s"
    bench.pass_ms(1)
    assert bench.link.send(frame, 1514)
    assert not bench.chip.misuse


def test_a_full_buffer_loses_frames_counts_and_goes_on():
    bench = Bench()
    taken = 0
    while bench.chip.wire_in(numbered(1514, taken)):
        taken += 1
    assert taken == 4
    for i in range(taken):
        assert bench.link.recv_into(bench.into) == 1514
        assert bench.into[14:40] == numbered(1514, i)[14:40]
    bench.pass_ms(600)
    assert bench.link.recv_into(bench.into) == 0
    assert bench.link.overruns == 1
    assert bench.chip.wire_in(numbered(60, 1)) and bench.link.recv_into(bench.into) == 60


def test_the_counter_of_packets_full_loses_frames_and_goes_on():
    bench = Bench()
    for i in range(255):
        bench.chip.regs[0x39] = i
        bench.chip.regs[0x39] = 0
    bench.chip.regs[0x39] = 255
    assert not bench.chip.wire_in(numbered(60, 1))
    bench.chip.regs[0x39] = 0
    assert bench.chip.wire_in(numbered(60, 1)) and bench.link.recv_into(bench.into) == 60


# ---- errata ------------------------------------------------------------------------------------


def test_late_collisions_are_sent_again_by_software():
    for hang in (False, True):
        bench = Bench()
        bench.chip.hang = hang
        bench.chip.collide = 3
        assert bench.link.send(numbered(60, 1, PEER, MAC), 60)
        for _ in range(10):
            bench.pass_ms(1)
            bench.link.recv_into(bench.into)
        assert bench.out == [bytes(numbered(60, 1, PEER, MAC))], hang
        assert bench.link.collisions == 3 and bench.link.lost == 0 and bench.link.stuck == 0
        assert not bench.chip.misuse


def test_a_frame_that_collides_for_ever_is_given_up_and_the_next_one_leaves():
    bench = Bench()
    bench.chip.hang = True
    bench.chip.collide = 16
    assert bench.link.send(numbered(60, 1, PEER, MAC), 60)
    bench.send(numbered(60, 2, PEER, MAC))
    assert bench.link.lost == 1 and bench.link.collisions == 15 and not bench.chip.misuse
    assert bench.out == [bytes(numbered(60, 2, PEER, MAC))]


def test_an_abort_does_not_stall_what_follows():
    bench = Bench()
    bench.chip.regs[0x4A] = 100  # MAMXFL: the next frame is too long for the MAC
    bench.chip.regs[0x4B] = 0
    assert bench.link.send(numbered(600, 1, PEER, MAC), 600)
    bench.pass_ms(2)
    bench.chip.regs[0x4A] = 0xEE
    bench.chip.regs[0x4B] = 5
    bench.send(numbered(60, 2, PEER, MAC))
    assert bench.link.lost == 1 and bench.out == [bytes(numbered(60, 2, PEER, MAC))]


def test_the_duplex_is_ours_whatever_the_led_says():
    for led in (0, 1):
        for full in (False, True):
            bench = Bench(duplex=led, options={"full_duplex": full})
            bench.send(numbered(60, 1, EVERYBODY, MAC))
            assert len(bench.out) == 1, (led, full)
            assert bench.link.recv_into(bench.into) == 0, "it hears itself"


def test_a_chip_in_power_save_is_woken_before_its_reset():
    bench = Bench(start=False)
    bench.chip.econ2 |= 0x20
    bench.chip.estat &= ~1
    bench.start()
    assert not bench.chip.misuse and not bench.chip.early
    bench.recover()


def test_nothing_speaks_to_mac_or_phy_before_its_time():
    for reset in (False, True):
        for irq in (False, True):
            bench = Bench(reset=reset, irq=irq)
            assert bench.chip.early == 0 and not bench.chip.misuse
            bench.chip.brown_out()
            bench.recover(1000)
            assert bench.chip.early <= 70, "only what was written before the loss was noticed"


def test_a_slow_bus_on_an_old_revision_is_refused_or_works():
    works = 0
    for hz in (1_000_000, 8_000_000):
        bench = Bench(start=False, revision="B4", hz=hz)
        try:
            bench.start()
            works += 1
        except OSError as error:
            assert error.errno == errno.ENODEV and "8 to 20 MHz" in error.args[1]
            assert hz < 8_000_000
    assert works == 1


def test_frames_pass_on_a_chip_without_errata_too():
    bench = Bench(errata=False, revision="B5")
    assert bench.link.revision == 5
    bench.chip.collide = 1
    bench.send(numbered(60, 1, PEER, MAC))
    bench.recover()


# ---- the chip's life ---------------------------------------------------------------------------


def test_no_chip_is_enodev_and_a_sentence():
    for level in (0, 0xFF):
        bus = Bus()
        bus.stuck = level
        clock = Bench().clock
        before = clock.slept_us
        spi = SPI(bus)
        error = raises(OSError, lambda s=spi, c=clock: Enc28j60(s, Pin("cs"), mac=MAC, clock=c))
        assert error.errno == errno.ENODEV
        assert "no ENC28J60 answers" in error.args[1] and "reads %d" % level in error.args[1]
        assert clock.slept_us - before < 2_000_000


def test_something_else_on_the_bus_is_enodev():
    bus = Bus()
    bus.stuck = 0x04  # as the version register of a W5500 would read
    clock = Bench().clock
    error = raises(OSError, lambda: Enc28j60(SPI(bus), Pin("cs"), mac=MAC, clock=clock))
    assert error.errno == errno.ENODEV and "does not keep its settings" in error.args[1]


def test_a_brown_out_is_noticed_within_a_second_and_mended():
    for irq in (False, True):
        bench = Bench(irq=irq)
        bench.chip.brown_out()
        assert bench.recover(1000) < 700, irq
        assert bench.link.restarts == 1


def test_a_chip_that_is_unplugged_is_down_and_comes_back():
    bench = Bench(reset=True)
    assert bench.link.isup()
    bench.chip.dead = True
    for _ in range(1500):
        bench.link.recv_into(bench.into)
        bench.link.send(numbered(60, 1), 60)
        bench.pass_ms(1)
    assert not bench.link.isup() and bench.link.lost > 500
    assert 2 <= bench.link.restarts <= 10, "not more often than five times a second"
    bench.chip.dead = False
    bench.chip.brown_out()
    bench.recover(1000)
    bench.pass_ms(200)
    assert bench.link.isup()


def test_polling_a_dead_chip_never_waits():
    bench = Bench()
    bench.chip.dead = True
    slept = bench.clock.slept_us
    for _ in range(50):
        begun = bench.clock.ns
        bench.link.recv_into(bench.into)
        bench.link.send(numbered(60, 1), 60)
        bench.link.isup()
        assert bench.clock.ns - begun < 3_000_000
    assert bench.clock.slept_us == slept


def test_a_transmitter_that_never_ends_is_given_up_after_100_ms():
    bench = Bench()
    bench.chip.lame = True
    assert bench.link.send(numbered(60, 1), 60)
    ms = 0
    while not bench.link.send(numbered(60, 2), 60):
        bench.pass_ms(1)
        ms += 1
    assert 95 <= ms <= 105 and bench.link.stuck == 1
    bench.chip.lame = False
    bench.recover()


def test_a_setting_that_a_bad_bus_changed_is_found_and_mended():
    for reg, value in ((0x38, 0), (0x40, 0), (0x42, 0), (0x64, 0xEE), (0x0B, 0x1F), (0x05, 0)):
        bench = Bench()
        bench.chip.regs[reg] = value
        for _ in range(4):
            bench.pass_ms(101)
            bench.link.recv_into(bench.into)
        bench.recover(100)
        assert bench.link.restarts == 1, reg
    bench = Bench()
    bench.chip.phy[0] ^= 0x100
    for _ in range(4):
        bench.pass_ms(101)
        bench.link.recv_into(bench.into)
    bench.recover(100)
    assert bench.link.restarts == 1


def test_link_state_follows_the_cable():
    bench = Bench()
    assert bench.link.isup()
    bench.chip.plugged = False
    assert bench.link.isup(), "a reading holds for 100 ms"
    bench.pass_ms(101)
    assert not bench.link.isup()
    bench.chip.plugged = True
    bench.pass_ms(101)
    assert bench.link.isup()


def test_with_a_silent_interrupt_line_the_bus_is_left_alone():
    bench = Bench(irq=True)
    bench.link.recv_into(bench.into)
    bench.bus.clear()
    for _ in range(40):
        bench.link.recv_into(bench.into)
        bench.pass_ms(1)
    assert bench.bus.selects == 0
    bench.chip.wire_in(numbered(60, 1))
    assert bench.irq() == 0
    assert bench.link.recv_into(bench.into) == 60
    assert bench.irq() == 1


def test_an_interrupt_line_that_is_broken_delays_frames_and_loses_none():
    bench = Bench(irq=True)
    bench.link.recv_into(bench.into)
    bench.chip.irq_pin = None
    bench.chip.wire_in(numbered(60, 1))
    ms = 0
    while not bench.link.recv_into(bench.into):
        bench.pass_ms(1)
        ms += 1
    assert 0 < ms <= 51


def test_the_handler_is_called_when_a_frame_comes():
    bench = Bench(irq=True)
    calls = []
    bench.link.irq(calls.append)
    bench.chip.wire_in(numbered(60, 1))
    assert calls == [bench.link]
    assert not hasattr(Bench().link, "irq"), "without a line there is none"


def test_wait_ends_with_a_frame_or_after_its_time():
    bench = Bench(irq=True)
    begun = bench.clock.slept_us
    bench.link.wait(7)
    assert bench.clock.slept_us - begun == 7000
    bench.chip.wire_in(numbered(60, 1))
    bench.link.wait(7)
    assert bench.clock.slept_us - begun == 7000
    bench = Bench()
    begun = bench.clock.slept_us
    bench.link.wait(7)
    assert bench.clock.slept_us - begun == 1000, "without a line: back to polling each millisecond"


def test_a_shared_bus_is_asked_for_and_given_back():
    taken = []
    free = [True]

    def acquire():
        taken.append(1)
        return free[0]

    bench = Bench(options={"acquire": acquire, "release": lambda: taken.append(-1)})
    assert sum(taken) == 0 and taken
    bench.chip.wire_in(numbered(60, 1))
    free[0] = False
    bench.bus.clear()
    assert bench.link.recv_into(bench.into) == 0
    assert not bench.link.send(numbered(60, 1), 60)
    bench.pass_ms(600)
    bench.link.isup()
    assert bench.bus.selects == 0
    free[0] = True
    del taken[:]
    assert bench.link.recv_into(bench.into) == 60
    assert bench.link.send(numbered(60, 1), 60)
    bench.link.isup()
    assert sum(taken) == 0 and len(taken) == 6


class Raising:
    """An SPI of which no transfer ends."""

    def write(self, out):
        raise OSError(5)

    def write_readinto(self, out, into=None):
        raise OSError(5)

    readinto = write_readinto


def test_an_spi_that_raises_is_a_broken_bus_and_no_exception():
    held = []
    options = {"acquire": lambda: held.append(1), "release": held.clear}
    for reset in (False, True):
        bench = Bench(reset=reset, irq=reset, options=options)
        working, bench.link._spi = bench.link._spi, Raising()
        bench.pass_ms(200)
        for _ in range(1000):
            assert bench.link.recv_into(bench.into) == 0 and not bench.link.isup()
            assert bench.link.send(numbered(60, 1), 60)
            assert bench.cs() == 1 and not held
            bench.pass_ms(1)
        assert bench.link.lost > 500
        bench.link._spi = working
        bench.recover(1000)
        bench.link._spi = Raising()
        bench.link.close()
        bench.link.close()
        assert not bench.link.isup() and not held
        assert bench.link.recv_into(bench.into) == 0
    error = raises(OSError, lambda: Enc28j60(Raising(), Pin("cs"), mac=MAC, clock=bench.clock))
    assert error.errno == errno.ENODEV and "no ENC28J60 answers" in error.args[1]


def test_it_is_closed_when_the_bus_is_its_own():
    """On a bus of others the SPI's mode may be theirs."""
    bench = Bench(start=False)
    bench.options = {
        "acquire": lambda: bench.spi.init(polarity=0),
        "release": lambda: bench.spi.init(polarity=1),
    }
    bench.start()
    assert bench.link.isup()
    bench.link.close()
    assert bench.bus.wrong_mode == 0 and not bench.chip.econ1 & 4


def test_two_chips_share_a_bus():
    bench = Bench()
    other = Bench(start=False)
    other.bus = bench.bus
    other.spi = bench.spi
    other.bus.attach(other.chip, other.cs)
    other.start()
    bench.chip.wire_in(numbered(60, 1))
    other.chip.wire_in(numbered(70, 2))
    assert other.link.recv_into(other.into) == 70
    assert bench.link.recv_into(bench.into) == 60
    assert bench.bus.contention == 0 and bench.bus.unselected == 0


def test_closed_it_receives_nothing_and_stays_silent():
    bench = Bench(irq=True)
    bench.link.close()
    bench.link.close()
    assert not bench.chip.wire_in(numbered(60, 1))
    bench.bus.clear()
    assert bench.link.recv_into(bench.into) == 0 and not bench.link.isup()
    assert bench.link.send(numbered(60, 1), 60) and bench.link.lost == 1
    assert bench.bus.selects == 0


def test_frames_cost_few_transfers():
    bench = Bench()
    frame = bytearray(1516)
    frame[:1514] = numbered(1514, 1, PEER, MAC)
    bench.send(frame, 1514)
    bench.link.recv_into(bench.into)
    bench.chip.wire_in(numbered(1514, 1))
    bench.link.recv_into(bench.into)
    bench.bus.clear()
    bench.send(frame, 1514)
    sending = (bench.bus.selects, bench.bus.bytes)
    bench.link.recv_into(bench.into)
    bench.bus.clear()
    bench.chip.wire_in(numbered(1514, 1))
    bench.link.recv_into(bench.into)
    receiving = (bench.bus.selects, bench.bus.bytes)
    assert sending <= (11, 1535) and receiving <= (9, 1538), (sending, receiving)


class Ticks:
    """A clock whose readings are small integers; 60 ms pass with each."""

    def __init__(self):
        self.now = 0

    def ticks_ms(self):
        self.now += 60
        return self.now


def exchange(bench, whole, short):
    """Three frames out, three in, and the link's state: the bytes that came in."""
    link = bench.link
    for n in (1514, 60, 1300):
        assert link.send(whole, n)
    assert link.send(short, 42)
    moved = 0
    for _ in range(3):
        moved += link.recv_into(bench.into)
    moved += link.recv_into(short)
    assert link.isup()
    for _ in range(5):
        link.recv_into(short)
    return moved


def test_sending_and_receiving_allocate_nothing():
    for irq, shared in ((False, False), (True, False), (False, True)):
        bus = {"acquire": Ticks().ticks_ms, "release": bool} if shared else {}
        bench = Bench(timed=False, irq=irq, options=bus)
        bench.link._ticks = Ticks().ticks_ms
        whole, short = bytearray(1516), bytearray(60)
        for turn in range(2):
            for n in (1514, 60, 600, 60):
                assert bench.chip.wire_in(bytes(numbered(n, n)))
            if turn:
                micropython.heap_lock()
                bench.bus.quiet = True
            try:
                moved = exchange(bench, whole, short)
            finally:
                if turn:
                    bench.bus.quiet = False
                    micropython.heap_unlock()
            assert moved == 1514 + 60 + 600 + 60
        assert bench.link.restarts == 0 and bench.link.lost == 0
