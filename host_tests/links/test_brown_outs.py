"""A connection outlives the brown-outs of the chip under it: no restart of program or stack."""

import sys

import over
from testing import seeds

sys.path.append("host_tests/sim")
import sessions  # noqa: E402

INTERPRETERS = ("x64", "unix32")
TIMEOUT_S = 300


def on(chip, seed):
    before, over.NAME = over.NAME, chip
    try:
        sessions.browned_out(seed)
    finally:
        over.NAME = before


@seeds(2)
def test_of_the_w5500(seed):
    on("w5500", seed)


@seeds(2)
def test_of_the_w5100s(seed):
    on("w5100s", seed)


@seeds(2)
def test_of_the_enc28j60(seed):
    on("enc28j60", seed)


@seeds(2)
def test_of_wifi_under_espnow(seed):
    on("espnow", seed)
