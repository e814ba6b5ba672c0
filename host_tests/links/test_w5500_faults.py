"""The W5500 and W5100S links on a bus that is broken at random: no exception, no hang, and back at
work when the bus is whole again, without a new start."""

import sys

from wizbench import Bench, numbered

from chips.bus import Gremlin
from ferrule.link.impair import Dice
from testing import seeds

TIMEOUT_S = 300
SMALL = sys.platform not in ("linux", "darwin")
# 10,000 faults all in all on the fast interpreter, on the others a share of them.
FAULTS = 12 if SMALL else 250 if sys.maxsize > 0x7FFFFFFF else 60


def works(bench):
    """Whether a frame goes each way."""
    frame = numbered(600, 3)
    room = bytearray(frame + bytes(916))
    bench.sent.clear()
    if not bench.link.isup() or not bench.link.send(room, 600) or bench.sent != [frame]:
        return False
    bench.chip.wire_in(frame)
    for _ in range(20):
        got = bench.take()
        if not got:
            return False
        if got == frame:
            return True
    return False


def recovered(bench, within_ms):
    """Pass time until the link works; the milliseconds that it took."""
    for ms in range(within_ms):
        bench.pass_ms(1)
        if works(bench):
            return ms
    raise AssertionError("no recovery within %d ms" % within_ms)


def haunted(chip, seed, faults):
    """Traffic in both directions while the bus breaks again and again; after every few faults it
    is mended and has to work within two seconds."""
    dice = Dice(seed, 7)
    bench = Bench(chip, irq=seed % 2 == 0, reset=seed % 3 != 0)
    gremlin = Gremlin(bench.bus, dice, rarity=2, reach=2000)
    room = bytearray(1516)
    into = bytearray(1516)
    struck = 0
    worst = 0
    while bench.bus.faults < faults:
        for _ in range(1 + dice.below(12)):
            gremlin.strike()
            for _ in range(dice.below(4)):
                bench.chip.wire_in(numbered(60 + dice.below(1454)))
            slept = bench.clock.slept
            for _ in range(dice.below(6)):
                n = bench.link.recv_into(into)
                assert 0 <= n <= 1514
            for _ in range(dice.below(3)):
                bench.link.send(room, 60 + dice.below(1454))
            bench.link.isup()
            assert bench.clock.slept == slept  # nothing waits inside
            bench.link.wait(dice.below(3))
            bench.pass_ms(dice.below(40))
        gremlin.rest()
        struck += 1
        worst = max(worst, recovered(bench, 2000))
        bench.sent.clear()
    return worst


@seeds(20)
def test_the_w5500_survives_what_happens_on_its_bus(seed):
    haunted("W5500", seed, FAULTS)


@seeds(20)
def test_the_w5100s_survives_what_happens_on_its_bus(seed):
    haunted("W5100S", seed, FAULTS)


def test_most_frames_on_a_disturbed_bus_arrive_whole():
    """One transfer in eight is disturbed; frames that are damaged by it are left to the checksums,
    the others arrive as they were."""
    bench = Bench()
    gremlin = Gremlin(bench.bus, Dice(3, 1), rarity=8, reach=3000, patience=3)
    good = bad = 0
    for i in range(300):
        gremlin.strike()
        frame = numbered(100 + i, i)
        bench.chip.wire_in(frame)
        for _ in range(10):
            bench.clock.now = (bench.clock.now + 1) & 0x3FFFFFFF
            got = bench.take()
            if got == frame:
                good += 1
            elif got:
                bad += 1
    assert good > 200 and bad < 30, (good, bad)
    assert gremlin.bus.faults > 20
