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
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "host_tests"
MP = TESTS / "mp"
LIB = ROOT / os.environ.get("FERRULE_LIB", "lib")
NAMES = ("x64", "unix32", "cortex_m3")
# Asked for by --on: the processor of an RP2040, which traps what lies across a word; and firmware
# that takes no machine code, which gets everything with its leaves as bytecode.
# A file of tests that leaves out one of the three leaves out the one like it.
EXTRA = {"cortex_m0": "cortex_m3", "plain32": "unix32"}


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
        lib, tests_folder, here = self._folders(file)
        mp = tests_folder / "mp"
        # The folder of all tests at the end, for the package `chips`.
        path = [str(lib), str(mp), ".frozen", str(tests_folder)]
        environment["MICROPYPATH"] = ":".join(path)
        command = [
            str(self.path),
            "-X",
            # What a model takes is metered by gc.mem_alloc(), which walks through the whole heap.
            f"heapsize={'4M' if over else '16M'}",
            str(mp / "runner.py"),
            str(here),
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

    def _folders(self, file):
        """Where it finds the package, all tests, and those of a file."""
        return LIB, TESTS, file.parent

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

    def rest(self):
        """Nothing is to be done for a while."""

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


class Plain(Unix):
    """A unix port without an emitter of machine code: its copy of everything has bytecode in place
    of viper functions (tools/bundle/plain.py).
    """

    def _folders(self, file):
        if not hasattr(self, "_copy"):
            from tools.bundle import plain

            self._copy = tempfile.TemporaryDirectory()
            root = Path(self._copy.name)
            plain.copy_tree(LIB, root / "lib")
            plain.copy_tree(ROOT / "firmware", root / "firmware")
            plain.copy_tree(TESTS, root / "host_tests")
        root = Path(self._copy.name)
        tests = root / "host_tests"
        return root / "lib", tests, tests / file.parent.relative_to(TESTS)


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
    plain = ROOT / "build/interpreters/plain32/micropython"
    found["plain32"] = Plain("plain32", plain, "make interpreters")
    for name in ("cortex_m3", "cortex_m0"):
        found[name] = Board(name, is_test_folder)
    return found
