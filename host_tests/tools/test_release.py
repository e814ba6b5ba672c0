"""tools/release: what it compiles is complete, is refused by no machine, and runs.

Runs in CPython; the .mpy files for x64 run on the unix port with nothing else on their path.
"""

import os
import subprocess

import pytest
from test_bundle import TWO_STACKS

import interpreters
from tools import release


def run(folder, program):
    """What a program prints on the unix port when only `folder` is on its path."""
    interpreter = interpreters.all_of_them(lambda _: False)["x64"]
    if interpreter.absent():
        pytest.skip(interpreter.absent())
    done = subprocess.run(
        [interpreter.path, "-X", "heapsize=2M", "-c", program],
        cwd=folder,
        env=dict(os.environ, MICROPYPATH="%s:.frozen" % folder),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert not done.stderr and done.returncode == 0, done.stderr + done.stdout
    return done.stdout.splitlines()


@pytest.mark.parametrize("profile", release.PROFILES)
def test_two_stacks_from_the_compiled_library_open_echo_and_close(profile, tmp_path):
    files = release.build(tmp_path, "x64", profile)
    assert not list(tmp_path.rglob("*.py")) and len(files) > 20
    assert {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*.mpy")} == set(files)
    assert run(tmp_path, TWO_STACKS)[:3] == ["echo True", "TIME_WAIT", "0 30 True"]


def test_every_machine_takes_every_file(tmp_path):
    """mpy-cross refuses assembler of another machine, and what its emitter cannot do."""
    for arch in release.ARCHES:
        files = release.build(tmp_path / arch, arch, "core", part="echo")
        head = (tmp_path / arch / "ferrule" / "__init__.mpy").read_bytes()[:4]
        # magic, version 6, architecture and sub-version (py/persistentcode.h)
        assert head[:2] == b"M\x06" and release.arch_of(head[2] >> 2 << 10) == arch
        assert {"main.py", "device.mpy", "ferrule/link/w5500.mpy"} <= set(files)
        assert ("ferrule/link/lan9118.mpy" in files) == arch.startswith("arm")


def test_an_unknown_release_is_one_sentence():
    with pytest.raises(release.Failure, match="There is no release z80, core, echo"):
        release.sources("z80", "core", "echo")
    with pytest.raises(release.Failure, match="architecture 14"):
        release.arch_of(14 << 10)
