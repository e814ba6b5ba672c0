"""All the seeds, all the mangled frames and 20,000 HTTP requests: what CI runs only a share of.

    python -m tools.soak                           everything, on every unix interpreter here
    python -m tools.soak --seeds 1000              more of them
    python -m tools.soak --only echo --seed 17 --on unix32      one seed again
    python -m tools.soak --over w5500              every session over this chip's driver and model,
                                                   then 10,000 faults of its bus
    python -m tools.soak --over w5500 --only faults             those alone

A seed that fails prints what happened and the command that replays it. Exit code 1 then, and for
an interpreter that is missing when FERRULE_REQUIRE_ALL=1.
"""

import argparse
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "host_tests"
sys.path.insert(0, str(TESTS))

import interpreters  # noqa: E402  (host_tests is not a package)
from chips.between import CHIPS  # noqa: E402

# How many seeds of each kind; host_tests/sim/run_seeds.py says what they are.
SEEDS = {
    "echo": 200,
    "echo_10mb": 3,
    "echo_by_jitter": 200,
    "echo_odd_buffers": 200,
    "numbers_wrap": 20,
    "churn": 200,
    "simultaneous": 200,
    "half_closed": 200,
    "unplugged": 200,
    "unplugged_for_good": 200,
    "mangled": 20,
    "browned_out": 50,
    "faults": 20,
}
# Those that need a chip, and those that know no link but their own.
WITH_CHIP = {"browned_out", "faults"}
WITHOUT_CHIP = {"mangled", "requests"}
REQUESTS = 20_000

# The longest that one seed may take, before its interpreter counts as hung; over a chip's model,
# which looks at each byte of its bus, several times as long.
SEED_S = 300
PATIENCE = 6

_printing = threading.Lock()


def say(*words):
    """Print a line at once, whole."""
    with _printing:
        print(*words, flush=True)


def replay(kind, seed, name, over):
    """The command that runs this seed again."""
    over = f"--over {over} " if over else ""
    return f"replay: {sys.executable} -m tools.soak {over}--only {kind} --seed {seed} --on {name}"


def run_kind(port, kind, seeds, over):
    """Run the seeds of one kind on one interpreter. Returns those that failed."""
    environment = dict(os.environ, FERRULE_OVER=over)
    environment["MICROPYPATH"] = f"{ROOT / 'lib'}:{interpreters.MP}:.frozen:{TESTS}"
    command = [str(port.path), "-X", "heapsize=16M", str(TESTS / "sim" / "run_seeds.py"), kind]
    process = subprocess.Popen(
        command + [str(seed) for seed in seeds],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watch = Watch(process, SEED_S * PATIENCE if over else SEED_S)
    left = list(seeds)
    failed = []
    said = []
    start = time.monotonic()
    for line in process.stdout:
        words = line.split()
        if words[:1] != ["seed"] or words[2:3] not in (["passed"], ["failed"]):
            said.append(line)
            continue
        watch.alive()
        left.remove(int(words[1]))
        if words[2] == "failed":
            failed.append(int(words[1]))
            say("".join(said) + replay(kind, words[1], port.name, over))
        said = []
        done = len(seeds) - len(left)
        if done % 50 == 0 and left:
            say(f"{port.name:7} {kind:20} {done} of {len(seeds)}")
    process.wait()
    watch.stop()
    if left:
        # The interpreter died or was ended: the seed it was at is the one to look at.
        failed.append(left[0])
        say(
            "".join(said)
            + f"ended with exit code {process.returncode}, {len(left)} seeds not done"
        )
        say(replay(kind, left[0], port.name, over))
    seconds = time.monotonic() - start
    passed = len(seeds) - len(left) - len(failed) + bool(left)
    say(f"{port.name:7} {kind:20} {passed} of {len(seeds)} passed in {seconds:.0f} s")
    return failed


class Watch:
    """Ends a process that finishes no seed for too long."""

    def __init__(self, process, seconds):
        self._process = process
        self._seconds = seconds
        self._timer = None
        self.alive()

    def alive(self):
        """It has finished a seed: the time begins anew."""
        self.stop()
        self._timer = threading.Timer(self._seconds, self._process.kill)
        self._timer.daemon = True
        self._timer.start()

    def stop(self):
        """It has ended."""
        if self._timer:
            self._timer.cancel()


def run_port(port, kinds, options, failed):
    """All kinds on one interpreter; the seeds that fail go into `failed`."""
    for kind in kinds:
        seeds = range(1, (options.seeds or SEEDS[kind]) + 1)
        if options.seed is not None:
            seeds = [options.seed]
        failed += run_kind(port, kind, seeds, options.over)


def run_requests():
    """The HTTP device on a veth against the kernel, with 20,000 requests. True when it passed."""
    environment = dict(os.environ, FERRULE_SOAK_REQUESTS=str(REQUESTS))
    test = TESTS / "interop" / "test_http.py"
    command = [sys.executable, "-m", "pytest", "-q", "-rsP", str(test), "-k", "requests"]
    return subprocess.run(command, env=environment, cwd=ROOT).returncode == 0


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=[*SEEDS, "requests"], help="this kind alone")
    parser.add_argument("--seed", type=int, help="this seed alone")
    parser.add_argument("--seeds", type=int, metavar="N", help="seeds 1 to N of each kind")
    parser.add_argument("--on", choices=["x64", "unix32"], help="this interpreter alone")
    parser.add_argument(
        "--over",
        default="",
        choices=sorted(CHIPS),
        help="put this chip's driver and model under the stacks, and break its bus",
    )
    options = parser.parse_args()
    if options.only in (WITHOUT_CHIP if options.over else WITH_CHIP):
        parser.error(f"--only {options.only} goes {'without' if options.over else 'with'} --over")
    if options.seed is not None and options.only in (None, "requests"):
        parser.error("--seed needs --only with a kind of session")
    return options


def main():
    """Run what was asked for; the exit code."""
    options = arguments()
    other = WITHOUT_CHIP if options.over else WITH_CHIP
    kinds = [options.only] if options.only else [kind for kind in SEEDS if kind not in other]
    failed = []
    threads = []
    for port in interpreters.unix_ports():
        if options.on not in (None, port.name) or options.only == "requests":
            continue
        if port.absent():
            say(port.absent())
            if options.on or os.environ.get("FERRULE_REQUIRE_ALL") == "1":
                failed.append(port.name)
            continue
        work = (port, kinds, options, failed)
        threads.append(threading.Thread(target=run_port, args=work))
        threads[-1].start()
    for thread in threads:
        thread.join()
    requests = options.only == "requests" or not (options.only or options.over)
    if requests and not run_requests():
        failed.append("requests")
    say("soak failed" if failed else "soak passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
