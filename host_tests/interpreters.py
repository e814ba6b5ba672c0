"""The interpreters that tests run on: where each is, and how a file of tests is run there.

`Unix` starts one process of a unix port for a file of tests; `Board` keeps one QEMU session for
the whole pytest session. Both offer `start(file, tests, record)`, which begins to run them, and
`line(timeout_s)`, which returns what the interpreter printed next, or raises `Died` or `TimedOut`.

FERRULE_LIB names a folder that takes the place of lib/, such as `python -m tools.bundle --library`
writes: what imports nothing but `ferrule` and its links (ladders, sim, heap) then tests that form.
"""

import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "host_tests"
MP = TESTS / "mp"
LIB = ROOT / os.environ.get("FERRULE_LIB", "lib")
NAMES = ("x64", "unix32", "cortex_m3")


class Died(Exception):
    """The interpreter ended before it said what became of a test."""


class TimedOut(Exception):
    """The interpreter said nothing for too long."""


class Unix:
    """A unix port of MicroPython."""

    def __init__(self, name, path, bring):
        self.name = name
        self.path = path
        self.bring = bring  # the command that brings it
        self._process = None
        self._lines = None

    def absent(self):
        """ "" or the reason why nothing can run on it."""
        if self.path and Path(self.path).exists():
            return ""
        return f"no {self.name} interpreter ({self.path}); {self.bring} brings it"

    def start(self, file, tests, record, over=""):
        """Run `tests` (runner.py's strings) of `file`, over the model of a chip."""
        self.stop()
        environment = dict(os.environ, FERRULE_OVER=over)
        # TESTS at the end, for the package `chips`.
        path = [str(LIB), str(MP), ".frozen", str(TESTS)]
        environment["MICROPYPATH"] = ":".join(path)
        command = [
            str(self.path),
            "-X",
            "heapsize=16M",
            str(MP / "runner.py"),
            str(file.parent),
            file.stem,
            *tests,
        ] + (["--record"] if record else [])
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=ROOT,
        )
        self._lines = queue.Queue(1000)
        threading.Thread(target=self._read, args=(self._process, self._lines), daemon=True).start()

    @staticmethod
    def _read(process, lines):
        with process.stdout:
            for line in process.stdout:
                lines.put(line.decode("utf-8", "replace").rstrip("\r\n"))
        lines.put(None)

    def line(self, timeout_s):
        """The next line that it printed, within timeout_s seconds."""
        if timeout_s <= 0:
            raise TimedOut()
        try:
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty:
            raise TimedOut() from None
        if line is None:
            self._lines.put(None)
            code = self._process.wait()
            raise Died(f"the interpreter ended with exit code {code}")
        return line

    def stop(self):
        """End the process, whatever it does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._drain()
            self._process = None

    def _drain(self):
        # The reading thread may wait for room in the queue; it ends at the end of the output.
        while True:
            try:
                if self._lines.get(timeout=5) is None:
                    return
            except queue.Empty:
                return


def unix_ports():
    """The unix ports: the wheel, the 32-bit build, and MICROPYTHON= in place of the first."""
    wheel = ROOT / ".venv/bin/micropython"
    if not wheel.exists():
        # pytest of another virtual environment: the wheel is beside the Python that runs it.
        wheel = Path(sys.executable).parent / "micropython"
    named = os.environ.get("MICROPYTHON")
    return [
        Unix("x64", named or wheel, "make .venv"),
        Unix("unix32", ROOT / "build/interpreters/unix32/micropython", "make interpreters"),
    ]


def all_of_them(is_test_folder):
    """Every interpreter by its name, present or not. is_test_folder(path): whether its tests run
    inside MicroPython."""
    from board import Board

    found = {interpreter.name: interpreter for interpreter in unix_ports()}
    found["cortex_m3"] = Board("cortex_m3", is_test_folder)
    return found
