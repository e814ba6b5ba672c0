"""Let names serve twice: part of tools/bundle.

MicroPython keeps every name of a program once, in tables that double (20, 40, 80, 160, 320
entries).  A viper function, a value and the arguments of a plain function never show in a
traceback, so they may bear a name that the program has anyway, that of some attribute: the same
word then stands for two things that never meet.  An argument that may be given by keyword keeps
its name.
"""

import ast
import builtins

from tools.bundle.words import WORDS


def attributes(statements):
    """Names of attributes and methods."""
    found = set()
    for _, node in statements:
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute):
                found.add(part.attr)
            elif isinstance(part, ast.ClassDef):
                found |= {m.name for m in part.body if isinstance(m, ast.FunctionDef)}
    free = (name for name in found if not name.startswith("_") and not hasattr(builtins, name))
    return sorted(free)


def names(node):
    """Every name in a node that is not an attribute."""
    found = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    found |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    return found | imports(node)


def imports(node):
    """Names that imports in a node bind."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, (ast.Import, ast.ImportFrom)):
            found |= {a.asname or a.name for a in part.names}
    return found


class Rename(ast.NodeTransformer):
    """Names and arguments become others; attributes stay."""

    def __init__(self, table):
        self.table = table

    def visit_Name(self, node):
        node.id = self.table.get(node.id, node.id)
        return node

    def visit_arg(self, node):
        node.arg = self.table.get(node.arg, node.arg)
        return node


def share(statements, public, there, closed=False, programs=()):
    """[(name, statement)] with leaves, values and arguments under names of the list `there`; with
    `closed` all that is not public, under these or the interpreter's words.  programs: the classes
    that programs make objects of, as boards/*/board.py the links, with arguments by keyword.
    """
    everything = set().union(public, *(names(node) for _, node in statements))
    everything |= {name for name, _ in statements if name}
    free = list(there) + [word for word in WORDS if word not in there] if closed else there
    free = [name for name in free if name not in everything and not hasattr(builtins, name)]
    inside = set().union(*(imports(node) for _, node in statements))  # variables that stay
    table = {}
    for name, node in statements:
        leaf = isinstance(node, ast.FunctionDef) and node.decorator_list
        value = isinstance(node, ast.Assign)
        if name and (leaf or value or closed) and name not in public | inside and free:
            table[name] = free.pop(0)
    out = []
    for name, node in statements:
        node = Rename(table).visit(node)
        if name in table:
            name = table[name]
            if not isinstance(node, ast.Assign):
                node.name = name
        out.append((name, node))
    by_keyword = {k.arg for _, node in out for k in ast.walk(node) if isinstance(k, ast.keyword)}
    for _, node in out:
        for part in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(part, ast.FunctionDef) and not part.decorator_list:
                if part.name != "__init__" or node.name not in programs:
                    share_arguments(part, there, by_keyword | public)
    return out, table


def share_arguments(function, there, keep):
    """Give a function's arguments the first names of the list that it does not use otherwise."""
    used = names(function)
    free = [name for name in there if name not in used]
    table = {}
    given = len(function.args.args) - len(function.args.defaults)
    for arg in function.args.args[:given]:
        if arg.arg not in keep and arg.arg not in there and free:
            table[arg.arg] = free.pop(0)
    default = function.args.defaults
    function.args.defaults = []  # belong to the module, not to the function
    Rename(table).visit(function)
    function.args.defaults = default
