"""The W5500 and W5100S links on a bus that is broken at random: no exception, no hang, and back at
work when the bus is whole again, without a new start. A share of the faults: `python -m tools.soak
--over w5500 --only faults` lets 10,000 take effect."""

import sys

from wiz_faults import haunted
from wizbench import Bench, numbered

from chips.bus import Gremlin
from ferrule.link.impair import Dice
from testing import seeds

TIMEOUT_S = 300
SMALL = sys.platform not in ("linux", "darwin")
# On each of 20 seeds and for each chip.
FAULTS = 12 if SMALL else 250 if sys.maxsize > 0x7FFFFFFF else 60


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
