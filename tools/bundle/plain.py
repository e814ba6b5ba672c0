"""Leaves as bytecode, for firmware that runs no machine code: part of tools/bundle.

A viper function works on pointers and on words of 32 bits.  Its plain twin, which this makes, has
the same name and arguments and gives the same results in ordinary Python:

    a pointer     the buffer itself, and where the pointer has moved a variable NAME_at, in bytes
    p[i]          an element of the buffer where the sizes agree, two bytes of it for a half
    a word        a Python integer.  Sums, products and shifts to the left of 32-bit values are
                  brought back to 32 bits by wrap(), but only where more than the low 32 bits
                  count: a store keeps no more, nor does `& constant`, nor `x >> 31 & 1`

Every buffer has elements of the size that the leaf's argument says: ptr32 an array('i') or a
memoryview of one, ptr8 and ptr16 bytes, but for the halves of a connection and of the HTTP
engine's record.  Numbers that a leaf is called with, and what it counts, stay below 2**30, as
everywhere in ferrule; only what is read from a word may use all its bits.
"""

import ast

from tools.bundle.plain_leaf import Leaf
from tools.bundle.plain_words import CannotBePlain, value_of

__all__ = ["CannotBePlain", "copy_tree", "twins"]

# Leaves that keep an address in a number, by name and first argument: what they do, in Python.
BY_HAND = {
    "copy d": """
def copy(d, s, src, soff, n):
    d[s : s + n] = src[soff : soff + n]
""",
    "put buf": """
def put(buf, end, text, at, n):
    buf[end - n : end] = text[at : at + n]
    return end - n
""",
    "field buf": """
def field(buf, at, classes, rec, names):
    start = at
    while classes[buf[at]] & 1:
        at += 1
    n = at - start
    if n == 0 or buf[at] != 58:
        return 0
    place = 0
    k = 0
    while names[k]:
        if names[k] == n:
            i = 0
            while i < n and (buf[start + i] | 32) == names[k + 1 + i]:
                i += 1
            if i == n:
                break
        k += names[k] + 1
        place += 1
    at += 1
    while classes[buf[at]] & 16:
        at += 1
    rec[2 * place] = at
    n = at
    while classes[buf[at]] & 8:
        at += 1
        if buf[at - 1] > 32:
            n = at
    rec[2 * place + 1] = n
    if buf[at] != 13 or buf[at + 1] != 10:
        return 0
    return (at + 2 << 3) + place
""",
}

WRAP = """
def wrap(x):
    if -0x40000000 <= x <= 0x3FFFFFFF:
        return x
    return (x & 0xFFFFFFFF ^ 0x80000000) - 0x80000000
"""

def decorator(node):
    """The word behind `@micropython.` of a function, or None."""
    for item in getattr(node, "decorator_list", ()):
        if isinstance(item, ast.Attribute) and getattr(item.value, "id", "") == "micropython":
            return item.attr
    return None


def twins(tree):
    """The tree of a module with plain twins in place of its leaves, and without assembler."""
    constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            constants[node.targets[0].id] = value_of(node.value, constants)
    change = Twins(constants)
    tree = change.visit(tree)
    if change.wraps:
        first = next(i for i, node in enumerate(tree.body) if isinstance(node, ast.FunctionDef))
        tree.body.insert(first, ast.parse(WRAP).body[0])
    return ast.fix_missing_locations(tree)


def copy_tree(source, target):
    """A copy of a folder's Python files with plain twins in place of leaves.  What has none, such
    as a driver in assembler, is copied as it is: it needs firmware that compiles it.
    """
    for path in sorted(source.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "@micropython." in text:
            try:
                text = ast.unparse(twins(ast.parse(text))) + "\n"
            except CannotBePlain:
                pass
        to = target / path.relative_to(source)
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_text(text, encoding="utf-8")


class Twins(ast.NodeTransformer):
    """Replaces the leaves of a module."""

    def __init__(self, constants):
        self.constants = constants
        self.wraps = False

    def visit_FunctionDef(self, node):
        kind = decorator(node)
        if kind == "asm_thumb":
            raise CannotBePlain("%s is in assembler and has no viper form." % node.name)
        node.decorator_list = [] if kind in ("viper", "native") else node.decorator_list
        if kind != "viper":
            return self.generic_visit(node)
        known = BY_HAND.get(" ".join([node.name] + [a.arg for a in node.args.args[:1]]))
        if known:
            return ast.parse(known).body[0]
        twin = Leaf(node, self.constants)
        out = twin.twin()
        self.wraps |= twin.wraps
        return out
