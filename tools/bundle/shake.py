"""Leave out what a program cannot reach: part of tools/bundle.

The device calls a few of a socket's methods, and of the package's functions those behind them.
Reach starts at the program's entry points and follows

    a global name     to the function, class or value it stands for, across modules
    an attribute      to every method of that name, of whatever class: types are not known, only
                      what is called `link` is a link and none of our classes
    a string          as an attribute, for hasattr() and getattr() ask with one
    an import         inside a function, to what it imports

A class that is reached keeps its special methods and what the interpreter calls on a stream.
The links stay whole: a board chooses one, and they call nothing above them (tools/layers.py).
"""

import ast

STREAM = ("ioctl", "readinto", "write")


def reads(node):
    """(global names, attributes, [(module, name or None)]) that a piece of code asks for."""
    names, attributes, imports = set(), set(), []
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            names.add(part.id)
        elif isinstance(part, ast.Attribute):
            if last_name(part.value) != "link":
                attributes.add(part.attr)
        elif isinstance(part, ast.With):
            attributes |= {"__enter__", "__exit__"}
        elif isinstance(part, ast.Constant) and isinstance(part.value, str):
            attributes.add(part.value)
        elif isinstance(part, ast.ImportFrom):
            imports += [(part.module, alias.name) for alias in part.names]
        elif isinstance(part, ast.Import):
            imports += [(alias.name, None) for alias in part.names]
    return names - own_names(node), attributes, imports


def last_name(node):
    """The last word of `a.b.c`, or None."""
    return getattr(node, "attr", getattr(node, "id", None))


def own_names(node):
    """Names that stand for a function's own variables."""
    if not isinstance(node, ast.FunctionDef):
        return set()
    found = {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            found.add(part.id)
    for default in node.args.defaults:  # read outside
        found -= {n.id for n in ast.walk(default) if isinstance(n, ast.Name)}
    return found


def always(method):
    """Whether a method is called without its name being written anywhere."""
    special = method.startswith("__") and method not in ("__enter__", "__exit__")
    return special or method in STREAM


class Reach:
    """What the roots lead to.  statements: {module: [(name or None, statement)]}, needs: {module:
    {name: (module, name or None)}}, what its top imports; offered: {module: names}, what it has
    without using it.
    """

    def __init__(self, statements, needs, offered):
        self.statements = statements
        self.needs = needs
        self.offered = offered
        self.defined = {
            module: {name: node for name, node in pieces if name}
            for module, pieces in statements.items()
        }
        self.modules = set()
        self.whole = set()  # imported as modules: their globals are attributes
        self.names = set()  # (module, name)
        self.attributes = set()
        self.waiting = {}  # attribute -> [(module, code)] that it would reach
        self.todo = []

    def enter(self, module):
        """A module is imported: what stands at its top outside functions is executed."""
        if module in self.statements and module not in self.modules:
            self.modules.add(module)
            self.todo += [(module, node) for name, node in self.statements[module] if not name]
            for name in self.offered.get(module, ()):
                self.name(module, name)

    def import_(self, module, name):
        self.enter(module)
        if name is not None:
            self.name(module, name)
        elif module in self.statements and module not in self.whole:
            self.whole.add(module)
            for attribute in self.defined[module]:
                self.wait(attribute, module, ast.Name(attribute, ast.Load()))

    def name(self, module, name):
        if (module, name) in self.names:
            return
        node = self.defined.get(module, {}).get(name)
        if node is None:
            if name in self.needs.get(module, {}):
                self.import_(*self.needs[module][name])
            return
        self.names.add((module, name))
        if not isinstance(node, ast.ClassDef):
            self.todo.append((module, node))
            return
        self.todo += [(module, base) for base in node.bases]
        for part in node.body:
            if not isinstance(part, ast.FunctionDef) or always(part.name):
                self.todo.append((module, part))
            else:
                self.wait(part.name, module, part)

    def wait(self, attribute, module, node):
        """Code that is reached when the attribute is."""
        if attribute in self.attributes:
            self.todo.append((module, node))
        else:
            self.waiting.setdefault(attribute, []).append((module, node))

    def follow(self):
        while self.todo:
            module, node = self.todo.pop()
            names, attributes, imports = reads(node)
            for name in names:
                self.name(module, name)
            for target in imports:
                self.import_(*target)
            for attribute in attributes - self.attributes:
                self.attributes.add(attribute)
                self.todo += self.waiting.pop(attribute, [])


def without_methods(node, attributes):
    """A class with its methods of these names, and those that need none."""
    node.body = [
        part
        for part in node.body
        if not isinstance(part, ast.FunctionDef)
        or always(part.name)
        or part.name in attributes
    ] or [ast.Pass()]
    return node


def shake(statements, needs, offered, roots):
    """{module: statements} of the modules that the roots, [(module, name)], reach."""
    reach = Reach(statements, needs, offered)
    for root in roots:
        reach.import_(*root)
    reach.follow()
    out = {}
    for module in statements:
        if module not in reach.modules:
            continue
        out[module] = kept = []
        for name, node in statements[module]:
            if name is None or (module, name) in reach.names:
                if isinstance(node, ast.ClassDef):
                    node = without_methods(node, reach.attributes)
                kept.append((name, node))
    return out
