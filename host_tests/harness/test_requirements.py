"""The requirement lists, the tests that name requirements, and the report made of both."""

import ast
import csv
import sys
from pathlib import Path

import pytest

from tools import conformance

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))

import sources  # noqa: E402

LADDERS = sorted((TESTS / "ladders").glob("test_*.py"))


def test_every_requirement_that_a_test_names_exists():
    known = conformance.requirements()
    unknown = {name: tests for name, tests in conformance.proofs().items() if name not in known}
    assert not unknown


def test_the_lists_are_whole():
    levels = [requirement.level for requirement in conformance.requirements().values()]
    assert len(levels) == 119 + 62 + 319
    assert all(levels)


def test_every_reason_is_for_a_requirement_that_exists_and_no_test_proves():
    with open(conformance.REASONS, encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    names = [row["id"] for row in rows]
    assert len(names) == len(set(names))
    assert not set(names) - set(conformance.requirements())
    assert not set(names) & set(conformance.proofs())
    for row in rows:
        assert len(row["reason"].split()) > 5 and row["reason"].endswith("."), row


def test_the_report_is_up_to_date():
    assert conformance.REPORT.read_text(encoding="utf-8") == conformance.report(), (
        "run: python -m tools.conformance --write"
    )


def test_the_report_lists_every_requirement_and_ends_with_their_count():
    known, proved, excused, still_open = conformance.judge()
    assert len(proved) + len(excused) + len(still_open) == len(known)
    lines = conformance.report().splitlines()
    listed = [line.split("**")[1] for line in lines if line.startswith("- **")]
    assert listed == list(known)
    assert lines[-1] == (
        f"{len(known)} requirements: {len(proved)} proved, "
        f"{len(excused)} not applicable, {len(still_open)} open"
    )


def test_a_test_that_failed_proves_nothing():
    name, tests = next(iter(conformance.judge()[1].items()))
    proved, still_open = (conformance.judge({tests[0]})[i] for i in (1, 3))
    assert name not in proved and name in still_open


def test_a_reason_ends_when_what_it_names_exists(tmp_path, monkeypatch):
    table = tmp_path / "reasons.csv"
    table.write_text("id,until,reason\nMAY-14,lib/**/stack.py,a\nMAY-15,lib/**/no_such.py,b\n")
    monkeypatch.setattr(conformance, "REASONS", table)
    assert conformance.reasons() == {"MAY-15": "b"}


@pytest.mark.parametrize("what", ["--check", "--write"])
def test_an_open_requirement_is_named_and_ends_in_failure(what, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(conformance, "REPORT", conformance.ROOT / "build" / "CONFORMANCE.md")
    monkeypatch.setattr(conformance, "proofs", lambda: {})
    monkeypatch.setattr("sys.argv", ["conformance", what])
    try:
        assert conformance.main() == 1
        said = capsys.readouterr().out
        assert ("open: MUST-1\n" in said) == (what == "--write"), said
    finally:
        conformance.REPORT.unlink(missing_ok=True)


# Ladders of what is Linux's or another RFC's than those of the tables.
LINUXS = {"test_info": "test_", "test_dhcp": "test_"}


@pytest.mark.parametrize("path", LADDERS, ids=lambda path: path.stem)
def test_every_ladder_names_what_it_proves(path):
    silent = [test.name for test in sources.read(path)[0] if not test.proves]
    ours = LINUXS.get(path.stem)
    assert not [name for name in silent if not ours or not name.startswith(ours)]


def test_no_two_tests_of_a_file_have_one_name():
    for path in sorted(TESTS.glob("*/test_*.py")):
        names = [
            node.name
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef)
        ]
        assert len(names) == len(set(names)), path


def test_nothing_is_open():
    line = conformance.REPORT.read_text(encoding="utf-8").splitlines()[-1]
    assert line.endswith(", 0 open"), line
    assert line == conformance.count_line(*conformance.judge())


def test_an_open_requirement_fails_the_check_of_a_report_that_is_up_to_date(monkeypatch, capsys):
    monkeypatch.setattr(conformance, "REPORT", conformance.ROOT / "build" / "CONFORMANCE.md")
    monkeypatch.setattr(conformance, "proofs", lambda: {})
    try:
        conformance.REPORT.write_text(conformance.report(), encoding="utf-8")
        monkeypatch.setattr("sys.argv", ["conformance", "--check"])
        assert conformance.main() == 1
        assert "open: MUST-1\n" in capsys.readouterr().out
    finally:
        conformance.REPORT.unlink(missing_ok=True)


def test_make_test_checks_the_report():
    makefile = (conformance.ROOT / "Makefile").read_text(encoding="utf-8")
    recipes = makefile.split("\nlint:")[1].split("\n\n")[0]
    assert "tools.conformance --check" in recipes and "\ntest: lint" in makefile
    assert "make test" in (conformance.ROOT / ".ci" / "run").read_text(encoding="utf-8")
