"""Random faults of the bus under the W5500's and the W5100S's link: stuck MISO, lost selects,
flipped bits, a chip deselected or without supply in the middle of a transfer."""

from wizbench import Bench, numbered

from chips.bus import Gremlin
from ferrule.link.impair import Dice

# The most bytes that one call may move: 20 ms at 20 MHz. It never sleeps, and its loops are
# bounded.
LONGEST = 50_000
RECOVERY_MS = 2000


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
                n = bounded(bench, bench.link.recv_into, into)
                assert 0 <= n <= 1514
            for _ in range(dice.below(3)):
                bounded(bench, bench.link.send, room, 60 + dice.below(1454))
            bounded(bench, bench.link.isup)
            assert bench.clock.slept == slept  # nothing waits inside
            bench.link.wait(dice.below(3))
            bench.pass_ms(dice.below(40))
        gremlin.rest()
        struck += 1
        worst = max(worst, recovered(bench, RECOVERY_MS))
        bench.sent.clear()
    return worst


def bounded(bench, method, *arguments):
    """method(*arguments), which has to end soon."""
    begun = bench.bus.bytes
    result = method(*arguments)
    assert bench.bus.bytes - begun < LONGEST, bench.bus.bytes - begun
    return result
