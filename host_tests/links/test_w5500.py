"""The W5500 and W5100S links on models of the chips: frames, buffers' ends, interrupts, sharing.

What a broken bus does to them is in test_w5500_faults.py.
"""

import gc

import micropython
import wizbench
from wizbench import ALL, MAC, Bench, numbered

from testing import raises

CHIPS = ("W5500", "W5100S")
LENGTHS = tuple(range(60, 132)) + tuple(range(250, 260)) + tuple(range(1269, 1515, 7))


def test_the_chip_is_found_reset_and_set_up():
    for chip in CHIPS:
        bench = Bench(chip)
        model = bench.chip
        assert model.resets == 2 and model.short_resets == 0
        assert model.sockets[0].status == 0x42
        assert bytes(model.common[9:15]) == MAC
        assert model.sizes(0) == (model.memory_size, model.memory_size)
        assert not model.oversized
        assert bench.link.restarts == 0 and bench.link.mtu == 1500 and bench.link.mac == MAC
        assert bench.bus.contention == bench.bus.wrong_mode == bench.bus.too_fast == 0


def test_without_a_reset_pin_the_chip_is_reset_by_command():
    for chip in CHIPS:
        bench = Bench(chip, reset=False)
        assert bench.chip.resets == 2 and bench.chip.sockets[0].status == 0x42


def test_no_chip_is_enodev_with_a_sentence():
    for chip in CHIPS:
        for level, reset in ((0xFF, True), (0xFF, False), (0, True), (0, False)):
            bench = Bench(chip, link=False, reset=reset)
            bench.chip.present = False
            bench.bus.stuck = level
            error = raises(OSError, bench.make)
            assert error.errno == wizbench_errno("ENODEV")
            text = error.args[1]
            assert "no %s answers" % chip in text and "reads 0x%02x" % level in text, text
            assert bench.clock.slept <= 1000


def test_the_wrong_chip_and_one_that_forgets_are_enodev():
    bench = Bench(link=False)
    bench.chip.common[0x39] = 5
    bench.chip.reset = lambda: None
    assert "0x05, not 0x04" in raises(OSError, bench.make).args[1]
    bench = Bench(link=False)
    bench.chip.sockets[0].open = lambda mode: None
    assert "does not keep" in raises(OSError, bench.make).args[1]


def wizbench_errno(name):
    import errno

    return getattr(errno, name)


def test_frames_of_every_length_go_out_as_they_are():
    for chip in CHIPS:
        bench = Bench(chip)
        room = bytearray(1516)
        for n in LENGTHS + tuple(range(14, 60)):
            frame = numbered(n, n)
            room[:n] = frame
            assert bench.link.send(room, n)
            got = bench.sent.pop()
            assert got[:n] == frame and len(got) == max(n, 60) and not any(got[n:])


def test_frames_of_every_length_come_in_as_they_are():
    for chip in CHIPS:
        bench = Bench(chip)
        for n in LENGTHS:
            assert bench.chip.wire_in(numbered(n, n))
            assert bench.take() == numbered(n, n)
        assert bench.take() == b"" and bench.link.received > 100
        assert bench.link.bus_errors == bench.link.resyncs == bench.link.restarts == 0


def test_buffers_smaller_than_a_frame_and_views_do_as_well():
    for chip in CHIPS:
        bench = Bench(chip)
        frame = numbered(100, 5)
        room = bytearray(b"\xee" * 130)
        room[3:103] = frame
        for _ in range(200):
            assert bench.link.send(memoryview(room)[3:103], 100)
            assert bench.sent.pop() == frame
            assert bench.chip.wire_in(frame)
            target = bytearray(b"\xee" * 130)
            assert bench.link.recv_into(memoryview(target)[7:107]) == 100
            assert target[:7] == b"\xee" * 7 and target[107:] == b"\xee" * 23
            assert target[7:107] == frame


def test_pointers_pass_the_end_of_the_buffer_and_of_their_range():
    for chip in CHIPS:
        for first in (0, 0x1FF0, 0x3FFF, 0xFFF1):
            bench = Bench(chip, link=False)
            bench.chip.first_pointer = first
            bench.link = bench.make()
            for i in range(60):
                n = 1514 - i
                frame = numbered(n, i)
                room = bytearray(frame + bytes(1516 - n))
                assert bench.link.send(room, n) and bench.sent.pop() == frame
                assert bench.chip.wire_in(frame) and bench.take() == frame
            assert bench.link.bus_errors == 0


def test_many_frames_at_once_are_taken_in_order():
    for chip in CHIPS:
        bench = Bench(chip)
        count = 0
        while bench.chip.wire_in(numbered(1514 - count, count)):
            count += 1
        assert count == (10 if chip == "W5500" else 5)
        assert bench.chip.overflows == 1
        for i in range(count):
            assert bench.take() == numbered(1514 - i, i)
        assert bench.take() == b""
        assert bench.chip.wire_in(numbered(1514, 1)) and bench.take() == numbered(1514, 1)


def test_room_is_given_back_while_much_still_waits():
    bench = Bench()
    while bench.chip.wire_in(numbered(1514)):
        pass
    for _ in range(4):
        bench.take()
    assert bench.chip.wire_in(numbered(1514)) and bench.chip.wire_in(numbered(1514))


def test_the_filter_keeps_what_is_for_others_out():
    for chip in CHIPS:
        bench = Bench(chip)
        assert bench.chip.wire_in(numbered(60, 1, ALL))
        assert not bench.chip.wire_in(numbered(60, 1, wizbench.PEER))
        assert not bench.chip.wire_in(numbered(60, 1, b"\x01\x00\x5e\x00\x00\xfb"))
        ipv6 = bytearray(numbered(60))
        ipv6[12], ipv6[13] = 0x86, 0xDD
        assert not bench.chip.wire_in(bytes(ipv6))
        assert bench.take()[:6] == ALL and bench.take() == b""


def test_a_frame_longer_than_the_buffer_is_counted_and_the_next_one_arrives():
    for chip in CHIPS:
        bench = Bench(chip)
        for n in (101, 100, 1518, 60):
            assert bench.chip.wire_in(numbered(n, n))
        assert bench.take(100) == numbered(100, 100)
        assert bench.take(1600) == numbered(60, 60)
        assert bench.link.too_long == 2 and bench.link.received == 2


def test_sending_and_receiving_allocate_nothing():
    for chip in CHIPS:
        for irq, shared in ((False, False), (True, False), (False, True)):
            bus = {"acquire": bool, "release": bool} if shared else {}
            bench = Bench(chip, irq=irq, link=False)
            if shared:
                bus["acquire"] = bench.clock.ticks_ms  # whatever is not False means: it is ours
            bench.link = bench.make(**bus)
            link, into, out = bench.link, bytearray(1516), bytearray(1516)
            small = bytearray(numbered(42) + b"\0\0")
            link.recv_into(into)
            link.send(out, 1514)
            bench.chip.wire_in(numbered(1514))
            link.recv_into(into)
            bench.bus.quiet = True
            total = 0
            frame = memoryview(numbered(1514))
            for i in range(40):
                gc.collect()
                bench.chip.wire_in(frame[: 1514 - 31 * i])
                bench.chip.wire_in(frame[:60])
                micropython.heap_lock()
                try:
                    total += link.recv_into(into)
                    total += link.recv_into(into)
                    total += link.recv_into(into)
                    link.send(out, 1514 - 31 * i)
                    link.send(small, 42)
                    link.isup()
                    link.wait(2)
                finally:
                    micropython.heap_unlock()
            assert total == sum([1514 - 31 * i + 60 for i in range(40)])


def test_the_bus_is_used_as_little_as_promised():
    bench = Bench()
    bus, link = bench.bus, bench.link
    into, out = bytearray(1516), bytearray(1516)
    link.recv_into(into)
    # Each segment by itself, with the look that finds nothing more behind it.
    bus.clear()
    for i in range(8):
        assert bench.chip.wire_in(numbered(1514, i))
        assert link.recv_into(into) == 1514 and link.recv_into(into) == 0
    assert bus.bytes <= 8 * 1560 and bus.selects <= 8 * 5
    bus.clear()
    for _ in range(8):
        assert link.send(out, 1514)
    assert bus.bytes <= 8 * 1540 and bus.selects <= 8 * 4
    # Many segments at once share what goes around them.
    bus.clear()
    for i in range(8):
        bench.chip.wire_in(numbered(1514, i))
    for _ in range(8):
        assert link.recv_into(into) == 1514
    assert bus.bytes <= 8 * 1528 and bus.selects <= 8 * 2


def test_a_frame_on_its_way_out_is_waited_for_a_little_and_then_reported_busy():
    bench = Bench()
    out = bytearray(1516)
    bench.chip.slow_send = 5
    for _ in range(10):
        assert bench.link.send(out, 1514)
    assert len(bench.sent) >= 9 and bench.link.busy == 0
    bench.chip.slow_send = 30
    assert bench.link.send(out, 1514) and not bench.link.send(out, 1514)
    assert bench.link.busy == 1
    bench.pass_ms(30)
    assert bench.link.send(out, 1514)


def test_a_pulled_cable_is_seen_and_what_is_sent_meanwhile_is_lost():
    for chip in CHIPS:
        bench = Bench(chip)
        out = bytearray(1516)
        assert bench.link.isup()
        bench.chip.plugged = False
        bench.pass_ms(101)
        assert not bench.link.isup()
        bench.link.send(out, 60)
        taken = 0
        for _ in range(500):
            bench.pass_ms(1)
            if bench.link.send(out, 60):
                taken += 1
        assert bench.link.lost >= 4 and bench.link.restarts == 0
        bench.chip.plugged = True
        bench.pass_ms(101)
        assert bench.link.isup()
        bench.sent.clear()
        assert bench.link.send(out, 60) and bench.sent
        assert bench.chip.wire_in(numbered(60)) and bench.take() == numbered(60)


def test_the_link_state_costs_one_transfer_in_100_ms():
    bench = Bench()
    bench.link.isup()
    bench.bus.clear()
    for _ in range(50):
        assert bench.link.isup()
    assert bench.bus.selects == 0


def test_with_an_interrupt_line_an_idle_chip_is_left_alone():
    for chip in CHIPS:
        bench = Bench(chip, irq=True)
        bench.take()
        bench.bus.clear()
        bench.pass_ms(40)
        assert bench.bus.selects <= 3  # the settings, compared now and then
        for i in range(3):
            assert bench.chip.wire_in(numbered(60, i))
        assert bench.irq() == 0
        for i in range(3):
            assert bench.take() == numbered(60, i)
        assert bench.take() == b"" and bench.irq() == 1
        # Nothing is missed when a frame comes between the acknowledgement and the look.
        assert bench.chip.wire_in(numbered(60, 9)) and bench.irq() == 0
        assert bench.take() == numbered(60, 9)


def test_a_broken_interrupt_wire_delays_frames_and_loses_none():
    bench = Bench(irq=True)
    bench.chip.irq_pin = None
    bench.take()
    assert bench.chip.wire_in(numbered(60)) and bench.take() == b""
    bench.clock.now = (bench.clock.now + 51) & 0x3FFFFFFF
    assert bench.take() == numbered(60)


def test_the_handler_of_irq_is_called_for_each_arrival():
    bench = Bench(irq=True)
    told = []
    assert bench.irq.handler is not None  # ends the sleep of select() even without a handler
    bench.link.irq(told.append)
    bench.chip.wire_in(numbered(60))
    assert told == [bench.link]
    bench.take()
    bench.chip.wire_in(numbered(60))
    assert told == [bench.link, bench.link]
    assert not hasattr(Bench().link, "irq")


def test_wait_ends_when_a_frame_arrives():
    for chip in CHIPS:
        for irq in (False, True):
            bench = Bench(chip, irq=irq)
            bench.take()
            start = bench.clock.slept
            bench.link.wait(30)
            assert bench.clock.slept - start == 30
            arrive = Arrival(bench, 7)
            bench.clock.on_sleep = arrive.tick
            start = bench.clock.now
            bench.link.wait(1000)
            assert (bench.clock.now - start) & 0x3FFFFFFF == 7
            assert bench.take() == numbered(60)


class Arrival:
    """Lets a frame arrive after so many milliseconds of sleep."""

    def __init__(self, bench, ms):
        self.bench = bench
        self.left = ms

    def tick(self):
        self.left -= 1
        if self.left == 0:
            self.bench.chip.wire_in(numbered(60))


class Neighbour:
    """Another device of the bus: sets it up for itself, and may hold it."""

    def __init__(self, spi):
        self.spi = spi
        self.holds = False
        self.taken = 0

    def acquire(self):
        if self.holds:
            return False
        self.taken += 1
        self.spi.init(baudrate=20_000_000, polarity=0, phase=0)
        return True

    def release(self):
        self.taken -= 1
        self.spi.init(baudrate=400_000, polarity=1, phase=0)


def test_the_bus_is_shared():
    for chip in CHIPS:
        bench = Bench(chip, link=False)
        neighbour = Neighbour(bench.spi)
        neighbour.release()
        neighbour.taken = 0
        bench.link = bench.make(acquire=neighbour.acquire, release=neighbour.release)
        bench.bus.clear()
        assert bench.link.isup() and bench.chip.wire_in(numbered(60))
        assert bench.take() == numbered(60) and bench.take() == b""
        assert bench.link.send(bytearray(1516), 60)
        bench.link.wait(2)
        assert neighbour.taken == 0 and bench.bus.wrong_mode == 0
        neighbour.holds = True
        bench.bus.clear()
        bench.chip.wire_in(numbered(60))
        assert bench.take() == b"" and not bench.link.send(bytearray(1516), 60)
        bench.link.wait(2)
        assert bench.bus.selects == 0 and bench.link.busy == 1
        neighbour.holds = False
        assert bench.take() == numbered(60)


def test_registers_that_change_while_they_are_read_are_read_again():
    bench = Bench()
    bench.take()
    for register in range(0x26, 0x2C):
        def between(socket, at, register=register):
            if at == register:
                bench.chip.on_read = None
                bench.chip.wire_in(numbered(300 - register, 1))

        bench.chip.on_read = between
        bench.chip.wire_in(numbered(213))
        assert bench.take() == numbered(213)
        assert bench.take() == numbered(300 - register, 1) and bench.take() == b""
    assert bench.link.resyncs == bench.link.restarts == 0


def test_frames_that_arrive_during_one_burst_after_the_other_are_no_broken_bus():
    """A flood of the shortest frames, one every 6.7 us, on a bus of 20 MHz."""
    for chip in CHIPS:
        bench = Bench(chip)
        bench.chip.wire_in(numbered(60))
        left = [6]

        def flood(socket, at, bench=bench, left=left):
            if at == 0x28 and left[0]:
                left[0] -= 1
                bench.chip.wire_in(numbered(60, left[0]))

        bench.chip.on_read = flood
        for i in range(7):
            assert bench.take() == numbered(60, max(6 - i, 0) if i else 0)
        assert bench.link.restarts == 0 and bench.link.resyncs == 0


def test_a_flood_of_frames_too_long_does_not_hold_a_call_for_ever():
    for chip in CHIPS:
        bench = Bench(chip)
        begun = bench.bus.bytes

        def flood(socket, at, bench=bench, begun=begun):
            assert bench.bus.bytes - begun < 30_000, "the call does not end"
            if at == 0x22 and not bench.chip.sockets[0].received():
                bench.chip.wire_in(numbered(1518))

        bench.chip.on_read = flood
        assert bench.take() == b"" and bench.link.too_long > 10
        bench.chip.on_read = None
        while bench.chip.sockets[0].received():
            bench.take()
        bench.chip.wire_in(numbered(60))
        assert bench.take() == numbered(60)


def test_a_nonsense_length_opens_the_socket_anew():
    for chip in CHIPS:
        for length in (0, 1, 15, 1600, 0xFFFF):
            bench = Bench(chip)
            bench.chip.sockets[0].store(bytes((length >> 8, length & 0xFF)) + bytes(70))
            bench.chip.wire_in(numbered(60))
            assert bench.take() == b"" and bench.link.resyncs == 1 and bench.link.restarts == 0
            bench.chip.wire_in(numbered(70))
            assert bench.take() == numbered(70)
            assert bench.link.send(bytearray(1516), 60) and len(bench.sent) == 1


def test_a_brown_out_is_noticed_and_mended_without_a_new_start():
    for chip in CHIPS:
        for reset in (False, True):
            for busy in (False, True):
                bench = Bench(chip, reset=reset)
                if busy:
                    bench.chip.wire_in(numbered(60))
                    assert bench.take() and bench.link.send(bytearray(1516), 60)
                bench.chip.brown_out()
                bench.pass_ms(400)
                assert bench.link.restarts == 1 and bench.chip.sockets[0].status == 0x42
                assert bytes(bench.chip.common[9:15]) == MAC and bench.link.isup()
                assert bench.chip.wire_in(numbered(80)) and bench.take() == numbered(80)
                bench.sent.clear()
                assert bench.link.send(bytearray(1516), 60) and len(bench.sent) == 1


def test_a_chip_that_is_gone_for_long_comes_back():
    bench = Bench()
    bench.chip.present = False
    bench.pass_ms(5000)
    assert not bench.link.isup() and bench.link.send(bytearray(1516), 60)
    assert bench.link.lost == 1
    bench.chip.present = True
    bench.chip.brown_out()
    bench.pass_ms(400)
    assert bench.link.isup() and bench.chip.wire_in(numbered(60)) and bench.take() == numbered(60)


def test_commands_are_waited_for_within_bounds():
    bench = Bench(link=False)
    bench.chip.slow_commands = 10
    bench.link = bench.make()
    bench.chip.slow_commands = 1000
    bench.chip.sockets[0].store(b"\xff\xff")
    bench.bus.clear()
    assert bench.take() == b"" and bench.bus.selects < 100
    bench.chip.slow_commands = bench.chip.accept_in = 0
    bench.pass_ms(300)
    assert bench.link.restarts == 1
    assert bench.chip.wire_in(numbered(60)) and bench.take() == numbered(60)


class Raising:
    """An SPI of which no transfer ends."""

    def write(self, out):
        raise OSError(5)

    def write_readinto(self, out, into=None):
        raise OSError(5)

    readinto = write_readinto


def test_an_spi_that_raises_is_a_broken_bus_and_no_exception():
    bench = Bench()
    working = bench.link._spi
    bench.link._spi = Raising()
    assert bench.take() == b"" and bench.cs() == 1
    bench.pass_ms(700)
    assert not bench.link.isup() and bench.link.send(bytearray(1516), 60)
    bench.link.wait(5)
    bench.link._spi = working
    bench.pass_ms(300)
    assert bench.link.isup() and bench.chip.wire_in(numbered(60)) and bench.take() == numbered(60)


def test_a_mode_of_the_phy_that_nobody_set_is_mended():
    for value in (0x38, 0xF8):  # PHYCFGR: the PHY in reset; set up by the register, not its pins
        bench = Bench()
        bench.chip.common[0x2E] = value
        bench.pass_ms(400)
        assert bench.link.restarts == 1 and bench.link.isup()
    # The program before has left it so, and there is no wire for a reset.
    bench = Bench(link=False, reset=False)
    bench.chip.common[0x2E] = 0xF8
    bench.chip.reset = lambda: None
    assert bench.make().isup()


def test_it_is_closed_on_a_shared_bus_and_on_a_broken_one():
    for chip in CHIPS:
        bench = Bench(chip, link=False)
        neighbour = Neighbour(bench.spi)
        bench.link = bench.make(acquire=neighbour.acquire, release=neighbour.release)
        bench.bus.clear()
        bench.link.close()
        assert bench.bus.wrong_mode == 0 and neighbour.taken == 0
        assert bench.chip.sockets[0].status == 0
        bench = Bench(chip, irq=True)
        bench.link._spi = Raising()
        bench.link.close()
        assert bench.cs() == 1 and bench.irq.handler is None and not bench.link.isup()


def test_closed_it_is_silent():
    for irq in (False, True):
        bench = Bench(irq=irq)
        bench.link.close()
        bench.link.close()
        assert bench.chip.sockets[0].status == 0
        bench.bus.clear()
        bench.chip.wire_in(numbered(60))
        bench.pass_ms(1000)
        assert bench.take() == b"" and not bench.link.isup()
        assert bench.link.send(bytearray(1516), 60) and bench.link.lost == 1
        assert bench.bus.selects == 0


def test_an_address_is_made_from_the_serial_number():
    from ferrule.link.wizchip import own_mac

    serial = b"\xe6\x61\x38\x52\x83\x4c\x6a\x2f"
    first = own_mac(serial)
    assert first == own_mac(serial) and len(first) == 6 and first[0] == 2
    for i in range(8):
        other = bytearray(serial)
        other[i] ^= 1
        assert own_mac(other) != first
    assert own_mac(bytes(6))[0] == own_mac(bytes(12))[0] == 2
