"""tools/bundle/slots.py: variables that share a place never live at the same time."""

import ast

import pytest

from tools.bundle.slots import share_slots

APART = """
def f(a, b):
    x = a + 1
    y = x * b
    z = y - 3
    return z
"""

TURNS = """
def f(a, b):
    last = 0
    total = 0
    while a > 0:
        if a & 1:
            total += last
        last = a * b
        a -= 1
    rest = total + b
    return rest
"""

BRANCHES = """
def f(a, b):
    if a > b:
        big = a
        twice = big * 2
        out = twice + b
    else:
        small = a - 1
        out = small
    for i in range(3):
        step = i * out
        out = out + step
    end = out
    return end
"""

NESTED = """
def f(a, b):
    seen = 0
    for i in range(a):
        k = i
        for j in range(b):
            k += j
            seen = seen + k
        first = k
    n = seen
    return n
"""


def variables(tree):
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - {"range"}
    return names | {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}


@pytest.mark.parametrize(("text", "most"), [(APART, 2), (TURNS, 4), (BRANCHES, 5), (NESTED, 7)])
def test_a_function_does_the_same_with_fewer_variables(text, most):
    before, after = {}, {}
    exec(text, before)
    tree = ast.parse(text)
    share_slots([("f", tree.body[0])])
    exec(compile(tree, "f", "exec"), after)
    for a in range(-2, 9):
        for b in range(-2, 9):
            assert after["f"](a, b) == before["f"](a, b), ast.unparse(tree)
    assert len(variables(tree)) <= most < len(variables(ast.parse(text))) + 1


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n    x = a\n    y = lambda: x\n    return y",
        "def f(a):\n    try:\n        x = a\n    finally:\n        y = 1\n    return y",
        "def f(*a):\n    x = a\n    y = x\n    return y",
        "def f(a):\n    x = [i for i in a]\n    y = x\n    return y",
    ],
)
def test_what_is_no_plain_function_stays_as_it_is(text):
    tree = ast.parse(text)
    share_slots([("f", tree.body[0])])
    assert ast.unparse(tree) == text
