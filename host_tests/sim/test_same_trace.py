# runs in: cpython
"""The same seed gives the same frames at the same milliseconds on 64-bit and on 32-bit ports."""

import os
import subprocess

import pytest

import interpreters

SIM = interpreters.TESTS / "sim"
PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
import sessions
print(sessions.echo({seed}, 60_000))
"""


def trace(interpreter, seed):
    """The trace of a session on this interpreter."""
    environment = dict(
        os.environ, MICROPYPATH=f"{interpreters.ROOT / 'lib'}:{interpreters.MP}:.frozen"
    )
    program = PROGRAM.format(folder=str(SIM), seed=seed)
    command = [str(interpreter.path), "-X", "heapsize=16M", "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_seed_gives_the_same_frames_on_32_and_64_bit(seed):
    ports = interpreters.unix_ports()
    for port in ports:
        if port.absent():
            if os.environ.get("FERRULE_REQUIRE_ALL") == "1":
                pytest.fail(port.absent())
            pytest.skip(port.absent())
    traces = [trace(port, seed) for port in ports]
    assert len(traces[0]) == 8
    assert traces[0] == traces[1]
