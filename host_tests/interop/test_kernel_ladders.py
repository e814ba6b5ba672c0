"""The ladders that KERNEL.md lists, played on the Linux kernel in place of ferrule."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lab import need
from namespace import Namespace, missing

HERE = Path(__file__).resolve().parent
BOOK = HERE / "KERNEL.md"
TIMES = 3  # a busy machine may miss the time of a frame: what differs is played again
AT_ONCE = 4  # each in a network namespace of its own; nearly all of their time is waiting


def listed():
    """Of KERNEL.md: ([ladders that the kernel passes], {ladder: the line where it parts})."""
    same, different = [], {}
    for line in BOOK.read_text(encoding="utf-8").splitlines():
        if line.startswith("- `ladders/"):
            path, _, names = line[3:].partition("`: ")
            same += [f"{path}::test_{name}" for name in names.split(", ")]
        elif line.startswith("| `test_"):
            ladder, where = line.strip("| ").split(" | ")[:2]
            path, _, name = ladder[1:].partition("`: ")
            different[f"ladders/{path}::test_{name}"] = where.strip("`")
    return same, different


SAME, DIFFERENT = listed()


def play(lan, names, at_once=1):
    """{ladder: "" or its failure} on the kernel, so many of them at a time."""

    def one_after_another(names):
        command = [sys.executable, HERE / "kernel_ladders.py", *names]
        return lan.run(command, timeout=600).stdout

    with ThreadPoolExecutor(at_once) as pool:
        said = pool.map(one_after_another, [names[i::at_once] for i in range(at_once)])
        return dict(json.loads(line) for text in said for line in text.splitlines())


@pytest.fixture(scope="module")
def results():
    """What became of every ladder listed."""
    reason = missing()
    if reason:
        need(reason)
    with Namespace() as lan:
        found = play(lan, [*SAME, *DIFFERENT], AT_ONCE)
        for _ in range(TIMES - 1):
            again = [name for name, said in found.items() if not as_told(name, said)]
            found.update(play(lan, again) if again else {})
    return found


def as_told(name, said):
    """Whether a ladder's result is that of the book."""
    if name in SAME:
        return not said
    marked = [line for line in said.splitlines() if line.startswith("  >>")]
    return bool(marked) and DIFFERENT[name].replace(" ", "") in marked[0].replace(" ", "")


def test_enough_ladders_are_compared():
    assert len(SAME) == len(set(SAME)) >= 40 and not set(SAME) & set(DIFFERENT)


@pytest.mark.parametrize("name", SAME)
def test_the_kernel_plays_it_the_same_way(results, name):
    assert as_told(name, results[name]), results[name]


@pytest.mark.parametrize("name", DIFFERENT)
def test_the_kernel_parts_where_the_table_says(results, name):
    assert as_told(name, results[name]), results[name] or "the kernel plays it the same way now"
