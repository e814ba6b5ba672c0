"""The ladders that chips/beyond.py leaves out exist, and over Ethernet's MTU all but two run."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

import sources  # noqa: E402
from chips.beyond import BEYOND, ON_THE_BOARD_OVER, beyond  # noqa: E402


def test_every_ladder_that_is_left_out_exists():
    names = set()
    for path in (HERE / "ladders").glob("test_*.py"):
        names |= {f"{path.name}::{test.name}" for test in sources.read(path)[0]}
    for chip in (*BEYOND, *ON_THE_BOARD_OVER):
        unknown = set(beyond(chip, "cortex_m3")) - names
        assert not unknown, unknown


def test_what_depends_on_the_mtu_runs_over_longer_messages():
    assert len(beyond("espnow_1500", "x64")) == 2
    assert set(beyond("espnow_1500", "x64")) < set(beyond("espnow", "x64"))
    assert len(beyond("w5500", "x64")) == len(beyond("enc28j60", "unix32")) == 1
