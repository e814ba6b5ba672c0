"""How pytest collects and reports tests that run inside MicroPython: pytest runs here on small
folders of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

import interpreters  # noqa: E402


@pytest.fixture
def run(tmp_path):
    """run(source, *options, **environment): pytest's output and exit code on a file test_small.py
    in `small/`."""
    here = interpreters.unix_ports()[0]
    if here.absent():
        pytest.skip(here.absent())
    folder = tmp_path / "host_tests"
    (folder / "small").mkdir(parents=True)
    for name in ("interpreters.py", "board.py", "chips", "mp", "requirements"):
        (folder / name).symlink_to(TESTS / name)
    (tmp_path / "lib").symlink_to(TESTS.parent / "lib")

    # What asks this run for seeds or for every interpreter is not meant for the small one.
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("FERRULE_")}

    def go(source, *options, **environment):
        (folder / "small/test_small.py").write_text(source, encoding="utf-8")
        # Copies, for they find their folder by their own place.
        for name in ("conftest.py", "sources.py", "turns.py"):
            text = (TESTS / name).read_text(encoding="utf-8")
            (folder / name).write_text(text, encoding="utf-8")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-q",
            "--rootdir",
            str(tmp_path),
            "--on",
            "x64",
            str(folder / "small"),
            *options,
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=tmp_path,
            env={**surroundings, "MICROPYTHON": str(here.path), **environment},
        )
        return done.stdout + done.stderr, done.returncode

    return go


def counts(output):
    """{"passed": 3, ...} from pytest's last line."""
    return {
        word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|skipped|deselected)", output)
    }


def test_a_failure_is_the_failing_test_alone(run):
    output, code = run(
        "def test_a():\n    pass\n\ndef test_b():\n    print('said')\n    assert 1 == 2, 'why'\n\n"
        "def test_c():\n    pass\n"
    )
    assert code == 1 and counts(output) == {"passed": 2, "failed": 1}, output
    assert "said" in output and "why" in output and "test_b[x64]" in output


def test_a_crash_fails_its_test_and_the_rest_runs(run):
    output, code = run(
        "import sys\n\ndef test_a():\n    pass\n\ndef test_b():\n    import uctypes\n"
        "    uctypes.bytearray_at(8, 4)[0] = 1\n\ndef test_c():\n    pass\n"
    )
    assert code == 1 and counts(output) == {"passed": 2, "failed": 1}, output
    assert "the interpreter ended with exit code -11" in output


def test_an_endless_test_fails_after_its_time(run):
    output, code = run(
        "TIMEOUT_S = 1\n\ndef test_a():\n    while True:\n        pass\n\n"
        "def test_b():\n    pass\n"
    )
    assert code == 1 and counts(output) == {"passed": 1, "failed": 1}, output
    assert "no end after 1 s" in output


def test_a_test_that_prints_for_ever_fails_after_its_time(run):
    output, code = run(
        "TIMEOUT_S = 1\n\ndef test_a():\n    while True:\n        print('x')\n\n"
        "def test_b():\n    pass\n"
    )
    assert code == 1 and counts(output) == {"passed": 1, "failed": 1}, output[-500:]
    assert "no end after 1 s" in output


def test_a_module_that_cannot_be_imported_fails_each_test(run):
    output, code = run(
        "import nothing_of_this_name\n\ndef test_a():\n    pass\n\ndef test_b():\n    pass\n"
    )
    assert code == 1 and counts(output) == {"failed": 2}, output
    assert "no module named 'nothing_of_this_name'" in output


def test_a_test_may_skip_itself(run):
    output, code = run("from testing import skip\n\ndef test_a():\n    skip('no such thing')\n")
    assert code == 0 and counts(output) == {"skipped": 1}, output


def test_one_test_is_run_by_its_id_or_by_k(run):
    source = "def test_a():\n    pass\n\ndef test_b():\n    assert 0\n"
    output, code = run(source, "-k", "test_a")
    assert code == 0 and counts(output) == {"passed": 1, "deselected": 1}, output


def test_a_seed_that_fails_is_told_with_the_command_that_replays_it(run):
    source = "from testing import seeds\n\n@seeds(20)\ndef test_a(seed):\n    assert seed != 17\n"
    output, code = run(source)
    assert code == 1 and "with seed 17" in output, output
    assert "replay: FERRULE_SEED=17 " in output and "test_small.py::test_a[x64]" in output
    assert run(source, FERRULE_SEED="16")[1] == 0
    assert run(source, FERRULE_SEED="17")[1] == 1
    assert run(source, FERRULE_SEEDS="16")[1] == 0


def test_an_absent_interpreter_skips_or_fails(run):
    source = "def test_a():\n    pass\n"
    output, code = run(source, MICROPYTHON="/nowhere/micropython")
    assert code == 0 and counts(output) == {"skipped": 1}, output
    output, code = run(source, MICROPYTHON="/nowhere/micropython", FERRULE_REQUIRE_ALL="1")
    assert code == 1 and "/nowhere/micropython" in output, output


def test_a_ladder_that_fails_is_reported_with_its_mark_and_nothing_else(run):
    source = (
        "def test_a(wire):\n    from fake import Fake\n    wire.build(factory=Fake)\n"
        "    wire.play('5 <== SYN 0\\n5 ==> SYN ACK 0 ack=1')\n"
    )
    output, code = run("import sys\nsys.path.append(%r)\n" % str(TESTS / "selftest") + source)
    assert code == 1, output
    assert "  >>  5 ==> SYN ACK 0 ack=1\n      seen: nothing, at 5\n" in output
    assert "Traceback" not in output


def test_in_several_processes_the_tests_of_a_file_stay_together(run):
    source = "seen = []\n"
    for i in range(8):
        source += f"\ndef test_{i}():\n    assert seen == list(range({i})), seen\n"
        source += f"    seen.append({i})\n"
    output, code = run(source, "-n2")
    assert code == 0 and counts(output) == {"passed": 8}, output
    output, code = run(source, "-n2", "--dist=load")
    assert code == 1, output
