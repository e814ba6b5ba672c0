"""Random faults of the bus under the ENC28J60's link: stuck MISO, lost selects, flipped bits, a
chip deselected or without supply in the middle of a transfer."""

from enc_bench import EVERYBODY, MAC, PEER, Bench, numbered

from chips.bus import Gremlin
from ferrule.link.impair import Dice

LONGEST_NS = 20_000_000  # no call takes longer: it never sleeps, and its loops are bounded
RECOVERY_MS = 2000


def torture(seed, faults, **bench):
    """Strike until `faults` have taken effect, fifty strikes between two recoveries. Returns the
    bench; its `slowest` is the longest recovery in ms."""
    bench = Bench(**bench)
    dice = Dice(seed)
    gremlin = Gremlin(bench.bus, dice, rarity=2)
    frame = bytearray(1516)
    bench.slowest = 0
    while bench.bus.faults < faults:
        for _ in range(50):
            while not gremlin.strike():
                step(bench, dice, frame)
            step(bench, dice, frame)
        gremlin.rest()
        bench.chip.misuse.clear()
        bench.out.clear()
        bench.slowest = max(bench.slowest, bench.recover(RECOVERY_MS))
    return bench


def step(bench, dice, frame):
    """What a program does in a moment."""
    if dice.below(2):
        n = 60 + dice.below(1455)
        bench.chip.wire_in(numbered(n, n, EVERYBODY if dice.below(8) == 0 else MAC))
    begun = bench.clock.ns
    slept = bench.clock.slept_us
    what = dice.below(8)
    if what < 3:
        n = 14 + dice.below(1501)
        frame[:14] = numbered(14, 0, PEER, MAC)
        bench.link.send(frame, n)
    elif what < 7:
        n = bench.link.recv_into(bench.into)
        assert 0 <= n <= 1514
    else:
        bench.link.isup()
    assert bench.clock.ns - begun < LONGEST_NS
    assert bench.clock.slept_us == slept
    bench.pass_ms((0, 0, 1, 3)[dice.below(4)])
