"""tools/bundle/plain.py: leaves as bytecode.  What they compute is the business of leaves/ and
ladders/, which run on an interpreter without viper (`--on plain32`); here: how they are written.
"""

import ast

import pytest

from tools import bundle
from tools.bundle import plain


def twin(text):
    """The body of one leaf's twin, line by line."""
    function = "import micropython\n_X = const(5)\n@micropython.viper\n" + text
    tree = plain.twins(ast.parse(function))
    body = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "f").body
    return [ast.unparse(node) for node in body]


@pytest.mark.parametrize(
    ("leaf", "lines"),
    [
        # bytes and words are elements, a half of a frame is two bytes, a half of a record is one
        ("def f(p: ptr8, i: int) -> int:\n return p[i]", ["return p[i]"]),
        ("def f(r: ptr32):\n r[_X] = 1", ["r[_X] = 1"]),
        ("def f(p: ptr16) -> int:\n return p[6]", ["return p[12] | p[13] << 8"]),
        ("def f(q: ptr16) -> int:\n return q[6]", ["return q[6]"]),
        ("def f(p: ptr16, v: int):\n p[1] = v",
         ["half_ = v", "p[2] = half_", "p[3] = half_ >> 8"]),
        # a pointer that moves has its place in bytes, or counts in elements
        (
            "def f(t: ptr32, k: int) -> int:\n t = ptr32(int(t) + 4 * k)\n return t[1]",
            ["t_at = 0", "t_at = t_at + 4 * k", "return t[(t_at >> 2) + 1]"],
        ),
        (
            "def f(r: ptr32, k: int) -> int:\n b = ptr32(int(r) + 4 * k)\n return b[1]",
            ["b = r", "b_at = 4 * k", "return b[(b_at >> 2) + 1]"],
        ),
        # 32 bits, where they count
        ("def f(r: ptr32) -> int:\n return r[0] + r[1]", ["return wrap(r[0] + r[1])"]),
        ("def f(r: ptr32):\n r[0] = r[0] + r[1]", ["r[0] = r[0] + r[1]"]),
        ("def f(r: ptr32) -> int:\n return ((r[0] - r[1]) >> 31) & 1",
         ["return r[0] - r[1] >> 31 & 1"]),
        ("def f(r: ptr32) -> int:\n return (r[0] - r[1]) >> 31",
         ["return wrap(r[0] - r[1]) >> 31"]),
        ("def f(r: ptr32) -> bool:\n return r[0] == r[1]", ["return r[0] == r[1]"]),
        ("def f(p: ptr8, r: ptr32) -> bool:\n return p[0] << 24 == r[1]",
         ["return wrap(p[0] << 24) == r[1]"]),
        ("def f(r: ptr32):\n r[0] = int(0xFFFFFFFF) ^ r[1]", ["r[0] = -1 ^ r[1]"]),
        ("def f(n: int) -> int:\n n += 1\n return n", ["n = n + 1", "return n"]),
        ("def f(r: ptr32) -> int:\n x = r[0]\n x += 1\n return x",
         ["x = r[0]", "x = wrap(x + 1)", "return x"]),
    ],
)
def test_a_leaf_in_plain_python(leaf, lines):
    assert twin(leaf) == lines


def test_what_has_no_plain_form_is_said():
    for leaf in (
        "def f(p: ptr32, i: int) -> int:\n return ptr8(p)[i]",  # bytes of words
        "def f(a: int) -> int:\n p = ptr32(a + 4)\n return p[0]",  # an address out of nothing
    ):
        with pytest.raises(plain.CannotBePlain, match="f: .* has no plain form"):
            twin(leaf)


def test_all_leaves_but_the_assembler_have_a_plain_form():
    left_out = set()
    for folder in ("lib", "firmware"):
        for path in (bundle.ROOT / folder).rglob("*.py"):
            try:
                text = ast.unparse(plain.twins(ast.parse(path.read_text())))
                assert "@micropython.viper" not in text and "@micropython.native" not in text, path
            except plain.CannotBePlain:
                left_out.add(path.name)
    assert left_out == {"thumb.py", "lan9118.py"}
