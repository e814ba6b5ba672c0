"""ferrule calls, the kernel answers: active open, data both ways, either side closing first."""

import subprocess
import sys
from pathlib import Path

import pytest
from lab import Program, complaints

HERE = Path(__file__).resolve().parent
PEER = [sys.executable, HERE / "peer.py"]
PORT = 7001


def call(lan, micropython, action, serve=None, size=0):
    """Run device_client.py against a server of the kernel; what both said, in lines."""
    server = None
    if serve:
        server = lan.start(
            [*PEER, "serve", "--port", PORT, serve, "--size", size],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert server.stdout.readline() == "listening\n"
    script = HERE / "device_client.py"
    client = Program(lan, micropython, script, action, lan.KERNEL, PORT, size)
    code = client.end(90)
    assert code == 0, client.text
    if server:
        said, _ = server.communicate(timeout=30)
        assert server.returncode == 0, said
    return client.text.splitlines()


@pytest.fixture(autouse=True)
def no_complaints(lan):
    """The kernel has nothing to complain of in any of these."""
    before = lan.counters()
    yield
    assert not complaints(lan, before)


def test_a_megabyte_is_echoed_by_the_kernel(lan, micropython):
    assert call(lan, micropython, "echo", "echo", 1_000_000)[0] == "1000000 echoed"


def test_two_megabytes_are_pushed(lan, micropython):
    count, digest = call(lan, micropython, "push", "sink", 2_000_000)[0].split()
    assert count == "2000000"
    assert digest == checksum(2_000_000)


def test_two_megabytes_are_pulled(lan, micropython):
    count, digest = call(lan, micropython, "pull", "source", 2_000_000)[0].split()
    assert count == "2000000"
    assert digest == checksum(2_000_000)


def test_the_one_who_closes_first_keeps_time_wait(lan, micropython):
    assert call(lan, micropython, "first", "greet") == ["hello", "left: TIME_WAIT"]


def test_the_one_who_closes_second_keeps_nothing(lan, micropython):
    assert call(lan, micropython, "second", "leave") == ["bye", "left: "]


def test_500_calls_one_after_another(lan, micropython):
    assert call(lan, micropython, "many", "many", 500) == ["500 connections"]


def test_a_closed_port_gives_econnrefused(lan, micropython):
    assert call(lan, micropython, "refused") == ["errno 111"]


def checksum(size):
    """The SHA-256 of so many bytes of the stream that both sides know."""
    import hashlib

    from peer import stream

    return hashlib.sha256(stream(size)).hexdigest()
