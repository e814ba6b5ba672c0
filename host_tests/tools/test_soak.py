"""tools.soak: one seed over a chip's model, what is not possible, and a seed that fails."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def soak(*arguments):
    command = [sys.executable, "-m", "tools.soak", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("kind", ["echo", "faults"])
def test_a_seed_runs_over_a_chip(kind):
    done = soak("--over", "espnow_250", "--only", kind, "--seed", "3", "--on", "x64")
    assert done.returncode == 0, done.stdout
    assert f"{kind} " in done.stdout and "1 of 1 passed" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("--only", "faults"),
        ("--over", "w5500", "--only", "mangled"),
        ("--over", "w5500", "--only", "requests"),
        ("--over", "w9999"),
        ("--seed", "3"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(arguments):
    done = soak(*arguments)
    assert done.returncode == 2 and "error: " in done.stderr.splitlines()[-1]


def test_a_seed_that_fails_says_how_to_replay_it(monkeypatch):
    # On a chip that is never found the constructor raises.
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    code = (
        "import sys; sys.argv[0] = 'soak'\n"
        "from tools import soak\n"
        "soak.CHIPS = soak.SEEDS\n"  # takes any word that is a key there: 'echo' is no chip
        "sys.exit(soak.main())\n"
    )
    arguments = ["--over", "echo", "--only", "churn", "--seed", "5", "--on", "x64"]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1 and "soak failed" in done.stdout
    assert "-m tools.soak --over echo --only churn --seed 5 --on x64" in done.stdout
    assert "KeyError: echo" in done.stdout
