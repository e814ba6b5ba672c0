"""Give attributes of a closed program other names: part of tools/bundle.

The device is written as a whole, so nobody outside asks for most of its attributes: they take the
interpreter's own words (words.py).  An attribute is ours when one of our classes has such a method
or one of our statements assigns it.  It keeps its name when something else may go by it: a link, a
board, a string, a module used as an object, an object of the interpreter, or FACE, what is told of
the device.  `python -m tools.bundle --names` prints who became what, for reading a traceback.
"""

import array
import ast
import gc
import io
import sys
import time
import types

from tools.bundle.words import WORDS

FACE = "poll turn active ifconfig netstat memory link ticks_ms requests".split()
LINK = "mac mtu send recv_into isup close irq wait".split()
BOARD = "make_link address random limits http_limits".split()
KEPT = set(FACE + LINK + BOARD)

FOREIGN = (b"", bytearray(), "", [], {}, (), 0, memoryview(b""), array.array("i"), io.BytesIO(),
           set(), gc, sys, time, types.GeneratorType, OSError())


def methods(statements):
    """[(class, method)] of all classes."""
    for _, node in statements:
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    yield node, part


def uses(statements):
    """(attributes, those among them that are assigned, strings)."""
    read, stored, strings = set(), set(), set()
    for _, node in statements:
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute):
                read.add(part.attr)
                if isinstance(part.ctx, ast.Store):
                    stored.add(part.attr)
            elif isinstance(part, ast.Constant) and isinstance(part.value, str):
                strings.add(part.value)
    return read, stored, strings


def foreign():
    """Names of attributes of the interpreter's own objects."""
    return set().union(*(dir(thing) for thing in FOREIGN))


def table(statements, kept, always):
    """{attribute: word}, none of them among `kept`.  statements: all of the program's; always:
    those that every run loads, whose attributes choose first.
    """
    read, stored, strings = uses(statements)
    ours = stored | {method.name for _, method in methods(statements)}
    keep = foreign() | strings | KEPT | set(kept)
    first = uses(always)[0] | {method.name for _, method in methods(always)}
    old = [name for name in ours - keep if not name.startswith("__")]
    old.sort(key=lambda name: (name not in first, name))
    free = [word for word in WORDS if word not in read | ours]
    return dict(zip(old, free))


class RenameAttributes(ast.NodeTransformer):
    """Attributes and methods become others."""

    def __init__(self, names):
        self.names = names

    def visit_Attribute(self, node):
        node.attr = self.names.get(node.attr, node.attr)
        return self.generic_visit(node)

    def visit_ClassDef(self, node):
        for part in node.body:
            if isinstance(part, ast.FunctionDef):
                part.name = self.names.get(part.name, part.name)
        return self.generic_visit(node)


def rename_attributes(statements, names):
    """The same statements under these names."""
    return [(name, RenameAttributes(names).visit(node)) for name, node in statements]
