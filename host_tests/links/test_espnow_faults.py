"""ESP-NOW failing at random, with any of its errors: no exception, no hang, recovery. A share:
`python -m tools.soak --over espnow --only faults` lets 10,000 calls of the firmware fail."""

from esp_faults import torture

from testing import seeds

INTERPRETERS = ("x64", "unix32")
TIMEOUT_S = 120


@seeds(10)
def test_a_hundred_errors_of_the_firmware(seed):
    torture(seed, 100, (None, 250)[seed & 1])
