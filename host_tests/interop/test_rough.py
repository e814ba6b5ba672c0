"""The kernel as peer over a wire that loses, doubles, reorders and corrupts frames."""

import json
import sys
from pathlib import Path

import pytest
from lab import Program

HERE = Path(__file__).resolve().parent
PEER = [sys.executable, HERE / "peer.py"]


@pytest.fixture(scope="module")
def rough_services(lan, micropython):
    """The services behind an impaired link."""
    device = Program(lan, micropython, HERE / "device_services.py", IMPAIR_SEED="1")
    device.wait_for("ready")
    yield device
    device.check()


def test_echoes_arrive_byte_for_byte(lan, rough_services):
    command = [*PEER, "echo", "--size", 60_000, "--times", 6, "--at-once", 6]
    done = json.loads(lan.run(command, timeout=120).stdout)
    print(done)
    assert done["connections"] == 6
    # The wire really was rough: the kernel had to send again.
    assert lan.counters()["TcpRetransSegs"] > 0


@pytest.mark.parametrize("way", ["push", "pull"])
def test_streams_arrive_with_the_right_checksum(lan, rough_services, way):
    print(lan.run([*PEER, way, "--size", 200_000], timeout=120).stdout)
