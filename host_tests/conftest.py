"""Tests that run inside MicroPython, as pytest items.

A file `test_*.py` in a folder of host_tests runs inside MicroPython, but for the folders of
`CPYTHON`, which are ordinary pytest (a file says otherwise with a line `# runs in: cpython` or `#
runs in: micropython` at its top). Such a file is read with `ast`, never imported here. Each `def
test_x(...)` is one item for each interpreter: `test_open.py::test_x[x64]`, `[unix32]`,
`[cortex_m3]`. A whole file runs in one process of an interpreter; what it prints is read as it
comes, so that a crash or a time-out is the failure of the test that ran, and the others run again.

Literals of a module that are read: `INTERPRETERS = ("x64",)` where it runs, `ALSO =
("cortex_m0",)` where else (other files only when `--on` asks for it), `TIMEOUT_S = 300` for each
test. From the environment: FERRULE_REQUIRE_ALL=1 makes an absent interpreter a failure,
FERRULE_SEEDS=1000 changes the number of seeds of all seeded tests, FERRULE_SEED=17 runs that seed
only, FERRULE_RECORD=1 prints the ladders that fail as they were seen.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import interpreters  # noqa: E402  (host_tests is not a package)
from chips.between import CHIPS  # noqa: E402
from chips.beyond import beyond  # noqa: E402
from sources import has_tests_for_micropython, read, runs_in_micropython  # noqa: E402
from turns import Turns  # noqa: E402

ALONE = ("test_fieldtest.py",)  # files whose tests measure milliseconds
WAITING = ("device", "interop")  # folders whose tests wait more than they work
SLOW = ("tools", "links", "fuzz")  # folders of long files
_PATIENCE = 6  # times as long over the model of a chip
_MOST_LINES = 400  # of what a test printed, the last ones
_RUNNING = {}


# ---- pytest's side -------------------------------------------------------------------------


def pytest_addoption(parser):
    parser.addoption(
        "--requirements",
        metavar="FILE",
        help="run the tests that prove a requirement, and write the names of those that passed "
        "on every interpreter as JSON (tools/conformance.py)",
    )
    parser.addoption(
        "--over",
        default="",
        choices=sorted(CHIPS),
        help="put this chip's driver and model (chips/between.py) under the ladders and sessions",
    )
    parser.addoption(
        "--on",
        action="append",
        metavar="INTERPRETER",
        choices=[*interpreters.NAMES, *interpreters.EXTRA],
        help="run on this interpreter only (may be repeated)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """With pytest -n the tests of a file stay together, for they run in one process of an
    interpreter, and the files are begun in the order of _order()."""
    if config.getoption("numprocesses", 0) and config.option.dist == "no":
        config.option.dist = "loadfile"
        config.option.loadscopereorder = False


def pytest_pycollect_makemodule(module_path, parent):
    if runs_in_micropython(module_path):
        return File.from_parent(parent, path=module_path)
    return None


class File(pytest.File):
    """A file of tests that run inside MicroPython."""

    def collect(self):
        tests, literals = read(self.path)
        wanted = self.config.getoption("--on") or interpreters.NAMES + literals["ALSO"]
        # A model looks at each byte of its bus: a day without a frame takes its time then.
        patience = _PATIENCE if self.config.getoption("--over") else 1
        for name in (*interpreters.NAMES, *interpreters.EXTRA):
            like = interpreters.EXTRA.get(name, name)
            if like not in literals["INTERPRETERS"] or name not in wanted:
                continue
            for test in tests:
                item = Item.from_parent(self, name=f"{test.name}[{name}]")
                item.test, item.on = test, name
                item.timeout_s = literals["TIMEOUT_S"] * patience
                yield item


class Failed(Exception):
    """A test that failed inside MicroPython; its text is the whole report."""


class Item(pytest.Item):
    """One test function on one interpreter."""

    def runtest(self):
        interpreter = _interpreters()[self.on]
        reason = interpreter.absent()
        if reason:
            if os.environ.get("FERRULE_REQUIRE_ALL") == "1":
                raise Failed(reason)
            pytest.skip(reason)
        reason = self.beyond()
        if reason:
            chip = self.config.getoption("--over")
            pytest.skip(f"over {chip}: {reason}" if chip else reason)
        verdict, text = _batch(self).result(self)
        if verdict == "skip":
            pytest.skip(text)
        if verdict == "fail":
            raise Failed(text + self._replay(text))

    def beyond(self):
        """Why the interpreter, or the link under the tests, cannot do what this one asks for."""
        left_out = beyond(self.config.getoption("--over"), self.on)
        test = f"{self.path.name}::{self.test.name}"
        return left_out.get(test) or left_out.get(self.path.parent.name)

    def _replay(self, text):
        for line in text.splitlines():
            if line.startswith("with seed ") and "seed" in self.test.arguments:
                node = f"host_tests/{self.path.relative_to(HERE)}::{self.name}"
                return (
                    f"\nreplay: FERRULE_SEED={line.split()[2]} .venv/bin/python -m pytest '{node}'"
                )
        return ""

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, Failed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, self.test.line - 1, self.name


def _interpreters():
    if "all" not in _RUNNING:
        _RUNNING["all"] = interpreters.all_of_them(has_tests_for_micropython)
    return _RUNNING["all"]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Whoever ran the test before and does not run this one, rests; and what measures real time
    waits until it is alone, as others wait for it."""
    if "turns" not in _RUNNING:
        workers = getattr(item.config, "workerinput", None)  # of pytest -n
        _RUNNING["turns"] = Turns(workers and workers["testrunuid"])
    _RUNNING["turns"].take(item.path, alone=item.path.name in ALONE)
    on = item.on if isinstance(item, Item) else None
    before, _RUNNING["on"] = _RUNNING.get("on"), on
    if before not in (None, on):
        _interpreters()[before].rest()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(item, nextitem):
    yield
    if nextitem is None or nextitem.path != item.path:
        _RUNNING["turns"].leave()


def pytest_sessionfinish():
    if "turns" in _RUNNING:
        _RUNNING.pop("turns").end()
    for interpreter in _RUNNING.pop("all", {}).values():
        interpreter.stop()


# ---- running a file ------------------------------------------------------------------------


def _batch(item):
    """The run of all selected tests of the item's file on its interpreter."""
    key = (item.path, item.on)
    if _RUNNING.get("key") != key:
        items = [
            other
            for other in item.session.items
            if isinstance(other, Item) and (other.path, other.on) == key and not other.beyond()
        ]
        _RUNNING["key"] = key
        _RUNNING["batch"] = Batch(_interpreters()[item.on], item.path, items)
    return _RUNNING["batch"]


class Batch:
    """One file on one interpreter: starts the interpreter, and again after a test that broke
    it."""

    def __init__(self, interpreter, path, items):
        self._interpreter = interpreter
        self._path = path
        self._left = items
        self._started = False
        self._results = {}

    def result(self, item):
        """("pass" or "skip" or "fail", text) for the item, which runs now if it did not run
        yet."""
        while item.name not in self._results:
            if not self._started:
                self._start(item)
            self._advance(item)
        return self._results.pop(item.name)

    def _start(self, item):
        # From this item on: pytest asks in the order of the file.
        at = self._left.index(item)
        self._left = self._left[at:]
        record = os.environ.get("FERRULE_RECORD") == "1"
        calls = [other.test.call() for other in self._left]
        self._interpreter.start(self._path, calls, record, item.config.getoption("--over"))
        self._started = True
        self._printed = []
        self._restart_clock(item)

    def _restart_clock(self, item):
        self._deadline = time.monotonic() + item.timeout_s

    def _advance(self, item):
        try:
            line = self._interpreter.line(self._deadline - time.monotonic())
        except interpreters.TimedOut:
            self._broken(item, f"no end after {item.timeout_s} s")
            return
        except interpreters.Died as died:
            self._broken(item, str(died))
            return
        words = line.split(" ", 2)
        if words[0] != "@@":
            self._printed = [*self._printed[-_MOST_LINES:], line]
        elif words[1] == "start":
            self._restart_clock(item)
        elif words[1] in ("pass", "skip"):
            name, _, rest = words[2].partition(" ")
            self._done(name, words[1], rest)
        elif words[1] == "fail":
            self._printed.append("")
        elif words[1] == "end":
            self._done(words[2], "fail", "\n".join(self._printed).strip())

    def _done(self, name, verdict, text):
        self._results[f"{name}[{self._interpreter.name}]"] = (verdict, text)
        self._printed = []

    def _broken(self, item, why):
        self._interpreter.stop()
        self._started = False
        self._results[item.name] = ("fail", "\n".join([*self._printed, why]).strip())


# ---- requirements --------------------------------------------------------------------------


def _test_of(item):
    """ "ladders/test_open.py::test_x" for every interpreter and parameter of a test."""
    name = item.test.name if isinstance(item, Item) else getattr(item, "originalname", item.name)
    return f"{item.path.relative_to(HERE)}::{name}"


def _order(item):
    """What waits first, side by side, then the longest files: no process shall be left with one
    at the end."""
    folder = item.path.parent.name
    return folder not in WAITING, folder not in SLOW


def pytest_collection_modifyitems(config, items):
    items.sort(key=_order)
    if config.getoption("--requirements"):
        from tools import conformance

        wanted = {test for tests in conformance.proofs().values() for test in tests}
        config.hook.pytest_deselected(items=[i for i in items if _test_of(i) not in wanted])
        items[:] = [item for item in items if _test_of(item) in wanted]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    # With workers this is one's own process; the report goes to the one that started them.
    (yield).get_result().user_properties.append(("test", _test_of(item)))


def pytest_configure(config):
    # In the background of a shell Ctrl-C is ignored, and every program started here would inherit
    # that; tests send it to some.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    outcomes = config.getoption("--requirements")
    if outcomes and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Outcomes(Path(outcomes)))


class Outcomes:
    """Writes down which tests passed wherever they ran."""

    def __init__(self, path):
        self._path = path
        self._passed, self._failed = set(), set()

    def pytest_runtest_logreport(self, report):
        test = dict(report.user_properties)["test"]
        if report.failed:
            self._failed.add(test)
        elif report.passed and report.when == "call":
            self._passed.add(test)

    def pytest_sessionfinish(self):
        self._path.write_text(json.dumps(sorted(self._passed - self._failed)), encoding="utf-8")
