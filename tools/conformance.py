"""Each requirement of the RFCs with the tests that prove it, or why it does not apply.

    python -m tools.conformance            run what proves something, then write the report
    python -m tools.conformance --write    write the report without running anything
    python -m tools.conformance --check    exit 1 when the report in the tree is out of date, or a
                                           requirement is open

The report is host_tests/requirements/CONFORMANCE.md; its last line is the count, which is printed
too.  Exit code 1, and the ids by name, when a requirement is open: when no test names it in
`@proves(...)` and not_applicable.csv gives no reason, or when a test that proves it failed.
"""

import argparse
import ast
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TESTS = ROOT / "host_tests"
REQUIREMENTS = TESTS / "requirements"
REPORT = REQUIREMENTS / "CONFORMANCE.md"
REASONS = REQUIREMENTS / "not_applicable.csv"

# The lists, in the order of the report.
LISTS = (
    ("rfc9293-requirements.csv", "RFC 9293: its numbered requirements"),
    ("rfc9293-event-processing.csv", "RFC 9293: the processing of events, step by step"),
    ("other-requirements.csv", "The companions of RFC 9293, and what a host needs around TCP"),
)


class Requirement:
    """One row of the lists."""

    def __init__(self, row, title):
        self.id = row["id"]
        self.level = row["level"]
        self.text = row["requirement"]
        self.list = title


def requirements():
    """{id: Requirement}, in the order of the lists."""
    found = {}
    for name, title in LISTS:
        with open(REQUIREMENTS / name, encoding="utf-8", newline="") as source:
            for row in csv.DictReader(source):
                found[row["id"]] = Requirement(row, title)
    return found


def claims(path):
    """[(test, id)] of a test file: what its tests say they prove."""
    found = []
    for node in ast.parse(path.read_text(encoding="utf-8"), str(path)).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for decorator in node.decorator_list:
                if getattr(getattr(decorator, "func", None), "id", None) == "proves":
                    found += [(node.name, ast.literal_eval(word)) for word in decorator.args]
    return found


def proofs():
    """{id: ["ladders/test_open.py::test_x", ...]}, sorted."""
    found = {}
    for path in sorted(TESTS.glob("*/test_*.py")):
        for test, requirement in claims(path):
            found.setdefault(requirement, []).append(f"{path.relative_to(TESTS)}::{test}")
    return {requirement: sorted(tests) for requirement, tests in found.items()}


def reasons():
    """{id: why it does not apply}.

    A row may name files (a glob below the repository) that would make it apply: once one of them
    exists, the row is no reason any more.
    """
    found = {}
    with open(REASONS, encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            if not (row["until"] and any(ROOT.glob(row["until"]))):
                found[row["id"]] = row["reason"]
    return found


def judge(failed=()):
    """(known, proved, excused, open): ids of each kind, in order; tests in `failed` prove
    nothing.
    """
    known, tests, why = requirements(), proofs(), reasons()
    proved = {}
    for name in known:
        good = tests.get(name, [])
        if good and not any(test in failed for test in good):
            proved[name] = good
    excused = {name: why[name] for name in known if name in why and name not in tests}
    still_open = [name for name in known if name not in proved and name not in excused]
    return known, proved, excused, still_open


def count_line(known, proved, excused, still_open):
    return (
        f"{len(known)} requirements: {len(proved)} proved, "
        f"{len(excused)} not applicable, {len(still_open)} open"
    )


def report():
    """The text of CONFORMANCE.md, from the sources alone."""
    judged = judge()
    known, proved, excused, _ = judged
    lines = [
        "# Requirement by requirement",
        "",
        "Written by `make conformance`. A test is named by its file in `host_tests/` and its name",
        "without `test_`; the tests of `ladders/` run on all three interpreters.",
    ]
    title = None
    for name, requirement in known.items():
        if requirement.list != title:
            title = requirement.list
            lines += ["", f"## {title}", ""]
        lines.append(f"- **{name}** {requirement.level}. {requirement.text}.")
        if name in proved:
            lines += _by_file(proved[name])
        elif name in excused:
            lines.append(f"  - Does not apply: {excused[name]}")
        else:
            lines.append("  - **Open.**")
    lines += ["", count_line(*judged)]
    return "\n".join(lines) + "\n"


def _by_file(tests):
    files = {}
    for test in tests:
        path, _, name = test.partition("::")
        files.setdefault(path, []).append(name[len("test_") :])
    return [f"  - `{path}`: {', '.join(names)}" for path, names in files.items()]


def run_proofs():
    """Run every test that proves something.  (the tests that did not pass, pytest's exit code)."""
    with tempfile.TemporaryDirectory() as folder:
        outcomes = pathlib.Path(folder) / "outcomes.json"
        command = [sys.executable, "-m", "pytest", "-q", "-n2", f"--requirements={outcomes}"]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if not outcomes.exists():
            return None, code
        passed = set(json.loads(outcomes.read_text()))
    return {test for tests in proofs().values() for test in tests if test not in passed}, code


def tell_open(failed=()):
    """Print the requirements that are open, with their tests in `failed`; 1: there are some."""
    still_open = judge(failed)[3]
    for name in still_open:
        why = "; ".join(test for test in proofs().get(name, []) if test in failed)
        print(f"open: {name}" + (f" (not passed: {why})" if why else ""))
    return 1 if still_open else 0


def main():
    ap = argparse.ArgumentParser(
        prog="python -m tools.conformance", description=__doc__.split("\n")[0]
    )
    ap.add_argument("--write", action="store_true", help="write the report, run no test")
    ap.add_argument("--check", action="store_true", help="exit 1: out of date, or one is open")
    args = ap.parse_args()
    if args.check:
        if not REPORT.exists() or REPORT.read_text(encoding="utf-8") != report():
            print(f"out of date: {REPORT.relative_to(ROOT)}; python -m tools.conformance --write")
            return 1
        return tell_open()
    failed, code = (set(), 0) if args.write else run_proofs()
    if failed is None:
        print("the tests could not be run", file=sys.stderr)
        return 1
    REPORT.write_text(report(), encoding="utf-8")
    still_open = tell_open(failed)
    print(f"written: {REPORT.relative_to(ROOT)}")
    print(count_line(*judge(failed)))
    return 1 if still_open or code else 0


if __name__ == "__main__":
    sys.exit(main())
