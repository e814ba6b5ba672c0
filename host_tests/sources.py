"""What the sources of tests say that run inside MicroPython: read with `ast`, never imported."""

import ast
import os
from pathlib import Path

import interpreters

HERE = Path(__file__).resolve().parent
CPYTHON = {"interop", "device", "harness", "tools"}
TIMEOUT_S = 60


class Test:
    """What the source of one test function says."""

    def __init__(self, node):
        self.name = node.name
        self.line = node.lineno
        self.arguments = [argument.arg for argument in node.args.args]
        self.proves = []
        self.seeds = None
        for decorator in node.decorator_list:
            called = getattr(getattr(decorator, "func", None), "id", None)
            if called == "proves":
                self.proves += [ast.literal_eval(argument) for argument in decorator.args]
            elif called == "seeds":
                self.seeds = ast.literal_eval(decorator.args[0])

    def call(self, seed=None):
        """The string that tells runner.py how to call it."""
        words = []
        for argument in self.arguments:
            if argument == "seed":
                words.append(
                    "seed=" + (seed or os.environ.get("FERRULE_SEED") or self._all_seeds())
                )
            else:
                words.append(argument)
        return self.name + (":" + ",".join(words) if words else "")

    def _all_seeds(self):
        return f"1-{os.environ.get('FERRULE_SEEDS') or self.seeds or 1}"


def read(path):
    """The tests of a file and its literals INTERPRETERS, ALSO (those of interpreters.EXTRA that it
    runs on too) and TIMEOUT_S.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    literals = {"INTERPRETERS": interpreters.NAMES, "ALSO": (), "TIMEOUT_S": TIMEOUT_S}
    tests = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            tests.append(Test(node))
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in literals:
            literals[node.targets[0].id] = ast.literal_eval(node.value)
    return tests, literals


def runs_in_micropython(path):
    """Whether pytest hands the file to MicroPython instead of importing it."""
    if path.suffix != ".py" or not path.name.startswith("test_") or HERE not in path.parents:
        return False
    with open(path, encoding="utf-8") as source:
        for line in [source.readline() for _ in range(3)]:
            if line.startswith("# runs in:"):
                return line.split(":")[1].strip() == "micropython"
    return path.relative_to(HERE).parts[0] not in CPYTHON and path.parent != HERE


def has_tests_for_micropython(folder):
    """Whether one of the folder's test files runs inside MicroPython."""
    return any(runs_in_micropython(path) for path in folder.glob("test_*.py"))
