"""Faults of the ENC28J60's bus: no exception, no hang, recovery without a restart. A share of
them: `python -m tools.soak --over enc28j60 --only faults` lets 10,000 take effect."""

import gc

from enc_faults import torture

from testing import seeds

INTERPRETERS = ("x64", "unix32")
TIMEOUT_S = 300


@seeds(10)
def test_five_hundred_faults_of_the_bus(seed):
    bench = torture(seed, 500, irq=bool(seed & 1), reset=bool(seed & 2))
    print("slowest recovery", bench.slowest, "ms, restarts", bench.link.restarts)
    gc.collect()
