"""Link `impair`: what it does to frames, how often, and that the seed decides it."""

import gc

from ferrule.link import loop
from ferrule.link.impair import Dice, Impair

ETHERNET = bytes(12) + b"\x88\xb5"


class Clock:
    """Milliseconds that the test moves, close before the wrap."""

    def __init__(self):
        self.now = 0x3FFFFFFF - 20

    def ticks_ms(self):
        return self.now & 0x3FFFFFFF


class Wire:
    """Two ends with an impairment at the first, and frames with a number in them."""

    def __init__(self, seed=1, slots=4, **rates):
        self.clock = Clock()
        self.a, self.b = loop.pair(slots=slots, mtu=100)
        self.link = Impair(self.a, self.clock.ticks_ms, seed, slots=slots, **rates)
        self.frame = bytearray(ETHERNET + bytes(46))
        self.into = bytearray(1514)

    def send(self, number, link=None):
        """Send frame `number` from the impaired end, or from `link`."""
        self.frame[14] = number >> 8
        self.frame[15] = number & 0xFF
        return (link or self.link).send(self.frame, 60)

    def received(self, link=None):
        """The numbers of the frames that wait at the other end, or at `link`."""
        numbers = []
        while (link or self.b).recv_into(self.into):
            numbers.append(self.into[14] << 8 | self.into[15])
        return numbers

    def sequence(self, count):
        """What becomes of `count` frames sent a millisecond apart."""
        numbers = []
        for number in range(count):
            assert self.send(number)
            numbers += self.received()
            self.clock.now += 1
        for _ in range(200):
            self.link.recv_into(self.into)
            numbers += self.received()
            self.clock.now += 1
        return numbers


def test_without_rates_frames_pass_unchanged_both_ways():
    wire = Wire()
    for number in range(6):
        assert wire.send(number)
        assert wire.received() == [number]
        assert wire.into[:60] == wire.frame
        assert wire.send(number, wire.b)
        assert wire.received(wire.link) == [number]


def test_each_rate_is_what_was_asked_for():
    for name, counter in (
        ("loss", "lost"),
        ("duplicate", "duplicated"),
        ("reorder", "reordered"),
        ("corrupt", "corrupted"),
    ):
        wire = Wire(seed=5, slots=16, **{name: 100_000})
        numbers = wire.sequence(1000)
        happened = getattr(wire.link.way_out, counter)
        assert 70 <= happened <= 130, "%s: %d of 1000" % (name, happened)
        expected = 1000
        if name == "loss":
            expected -= happened
        elif name == "duplicate":
            expected += happened
        assert len(numbers) == expected, name
        if name == "reorder":
            assert numbers != sorted(numbers) and sorted(numbers) == list(range(1000))


def test_a_corrupted_frame_differs_in_one_bit_and_the_senders_copy_in_none():
    wire = Wire(corrupt=1_000_000)
    for number in range(100):
        wire.send(number)
        before = bytes(wire.frame)
        assert wire.b.recv_into(wire.into) == 60
        assert bytes(wire.frame) == before
        flipped = sum(bin(x ^ y).count("1") for x, y in zip(wire.into[:60], before))
        assert flipped == 1, flipped


def test_delayed_frames_arrive_on_the_millisecond_also_over_the_wrap():
    wire = Wire(delay=30)
    wire.send(1)
    wire.clock.now += 5
    wire.send(2)
    assert wire.link.next_due() == 25
    wire.clock.now += 24
    wire.link.recv_into(wire.into)
    assert wire.received() == [] and wire.link.next_due() == 1
    wire.clock.now += 1
    wire.link.recv_into(wire.into)
    assert wire.received() == [1] and wire.link.next_due() == 5
    wire.clock.now += 5
    wire.link.recv_into(wire.into)
    assert wire.received() == [2] and wire.link.next_due() == -1


def test_received_frames_are_delayed_too():
    wire = Wire(delay=7)
    wire.send(1, wire.b)
    assert wire.received(wire.link) == []
    wire.clock.now += 7
    assert wire.received(wire.link) == [1]


def test_a_reordered_frame_is_overtaken_by_those_behind_it():
    wire = Wire(reorder=1_000_000, hold=10, delay=2)
    wire.send(1)
    wire.link.rates(delay=2)
    wire.send(2)
    wire.clock.now += 12
    wire.link.recv_into(wire.into)
    assert wire.received() == [2, 1]


def test_a_full_queue_says_busy_and_loses_nothing():
    wire = Wire(slots=4, delay=10)
    sent = 0
    while wire.send(sent):
        sent += 1
    # The last slot is kept for a duplicate.
    assert sent == 3 and wire.link.way_out.busy == 1
    wire.clock.now += 10
    wire.link.recv_into(wire.into)
    assert wire.received() == [0, 1, 2]


def test_frames_stay_in_the_wrapped_link_when_the_incoming_queue_is_full():
    wire = Wire(slots=4, delay=10)
    for number in range(4):
        assert wire.send(number, wire.b)
    assert wire.received(wire.link) == []
    assert wire.a.waiting() == 1
    wire.clock.now += 10
    assert wire.received(wire.link) == [0, 1, 2]
    wire.clock.now += 10
    assert wire.received(wire.link) == [3]


def test_a_busy_link_below_keeps_frames_queued():
    wire = Wire(slots=3)
    for number in range(3):
        assert wire.send(number)
    assert wire.send(3) and wire.a.busy == 1
    assert wire.received() == [0, 1, 2]
    wire.link.recv_into(wire.into)
    assert wire.received() == [3]


ROUGH = {"loss": 50_000, "duplicate": 50_000, "reorder": 50_000, "corrupt": 50_000, "jitter": 9}


def test_the_seed_decides_everything():
    one = Wire(seed=3, slots=16, **ROUGH).sequence(300)
    assert one == Wire(seed=3, slots=16, **ROUGH).sequence(300)
    assert one != Wire(seed=4, slots=16, **ROUGH).sequence(300)


def test_dice_are_the_same_on_every_interpreter():
    dice = Dice(7)
    assert [dice.below(1000) for _ in range(5)] == [811, 455, 436, 20, 294]
    drawn = bytearray(8)
    Dice(2, 5).fill(drawn)
    assert bytes(drawn) == b"\xec=1\x05\xe0F`P", bytes(drawn)


def test_dice_of_neighbouring_seeds_and_streams_have_nothing_in_common():
    seen = set()
    for seed in range(40):
        for stream in range(3):
            dice = Dice(seed, stream)
            seen.add((dice.below(1000), dice.below(1000)))
    assert len(seen) > 118


def test_dice_are_fair():
    dice = Dice(1)
    counts = [0] * 6
    for _ in range(3000):
        counts[dice.below(6)] += 1
    assert min(counts) > 430 and max(counts) < 570, counts


def test_a_frame_costs_no_heap():
    wire = Wire(slots=8, **ROUGH)
    link, b, out, into, clock = wire.link, wire.b, wire.frame, wire.into, wire.clock
    # From 2**30 on, the test's own clock would be a heap object.
    clock.now = 1000
    gc.collect()
    gc.disable()
    used = gc.mem_alloc()
    for _ in range(50):
        link.send(out, 60)
        b.recv_into(into)
        b.send(out, 60)
        link.recv_into(into)
        clock.now += 1
    used = gc.mem_alloc() - used
    gc.enable()
    assert used == 0, used
