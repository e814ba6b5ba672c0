"""The requirement lists and the tests that name requirements."""

import ast
import importlib.util
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
spec = importlib.util.spec_from_file_location("collection", TESTS / "conftest.py")
collection = importlib.util.module_from_spec(spec)
spec.loader.exec_module(collection)

LADDERS = sorted((TESTS / "ladders").glob("test_*.py"))


def test_every_requirement_that_a_test_names_exists():
    known = collection.requirement_ids()
    unknown = {name: tests for name, tests in collection.proofs().items() if name not in known}
    assert not unknown


def test_the_lists_are_whole():
    levels = [level for level, _ in collection.requirement_ids().values()]
    assert len(levels) == 119 + 62 + 319
    assert all(levels)


@pytest.mark.parametrize("path", LADDERS, ids=lambda path: path.stem)
def test_every_ladder_names_what_it_proves(path):
    silent = [test.name for test in collection.read(path)[0] if not test.proves]
    assert not silent


def test_no_two_tests_of_a_file_have_one_name():
    for path in sorted(TESTS.glob("*/test_*.py")):
        names = [
            node.name
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef)
        ]
        assert len(names) == len(set(names)), path
