"""Let variables of a function share a place: part of tools/bundle.

MicroPython takes the frame of a call from the heap when it has more than 11 slots (arguments,
variables and the deepest expression; VM_MAX_STATE_ON_STACK in py/objfun.c), and each such call
searches for room.  What inline.py puts into a function brings its variables with it.  Here a
variable whose last use comes before another's first takes that one's name too.

The life of a variable is counted in places of the text, from its first to its last; in a loop from
the loop's begin to its end, for it may live from turn to turn.
"""

import ast

from tools.bundle.inline import Rename

NESTED = (ast.Lambda, ast.FunctionDef, ast.ClassDef, ast.comprehension, ast.Delete, ast.Global,
          ast.Nonlocal, ast.Import, ast.ImportFrom, ast.Try, ast.With, ast.Yield, ast.YieldFrom)


def fit(function):
    """Whether all variables of a function are its own and stand in the text in order."""
    args = function.args
    if function.decorator_list or args.vararg or args.kwarg or args.kwonlyargs:
        return False
    return not any(isinstance(n, NESTED) for s in function.body for n in ast.walk(s))


class Lives(ast.NodeVisitor):
    """{variable: [begin, end]} of a function, in places of the text."""

    def __init__(self, function):
        self.at = 0
        self.loop = None  # begin of the outermost loop around
        self.here = set()  # variables that occur in it
        self.lives = {arg.arg: [0, 0] for arg in function.args.args}
        stores = (n for s in function.body for n in ast.walk(s) if isinstance(n, ast.Name))
        self.own = set(self.lives) | {n.id for n in stores if not isinstance(n.ctx, ast.Load)}
        for statement in function.body:
            self.visit(statement)

    def visit_Name(self, node):
        self.at += 1
        if node.id in self.own:
            begin = self.at if self.loop is None else self.loop
            life = self.lives.setdefault(node.id, [begin, self.at])
            life[1] = self.at
            self.here.add(node.id)

    def visit_Assign(self, node):
        self.visit(node.value)  # what is read, is read before
        self.at += 1
        for target in node.targets:
            self.visit(target)

    def visit_AugAssign(self, node):
        self.visit(node.target)
        self.visit(node.value)
        self.visit(node.target)

    def visit_For(self, node):
        outer = self.loop
        if outer is None:
            self.visit(node.iter)
            self.at += 1
            self.loop = self.at
            self.here = set()
        self.generic_visit(node)
        if outer is None:
            self.at += 1
            for name in self.here:
                self.lives[name][1] = self.at
            self.loop = None

    def visit_While(self, node):
        outer = self.loop
        if outer is None:
            self.at += 1
            self.loop = self.at
            self.here = set()
        self.generic_visit(node)
        if outer is None:
            self.at += 1
            for name in self.here:
                self.lives[name][1] = self.at
            self.loop = None


def shared(function):
    """{variable: another, or an argument, whose place it takes}."""
    lives = Lives(function).lives
    order = sorted(lives, key=lambda name: (lives[name][0], name))
    free = {}  # name of a place -> where the life in it ends
    table = {}
    for name in order:
        begin, end = lives[name]
        if begin == 0:
            free[name] = end
            continue
        place = next((p for p in free if free[p] < begin), None)
        if place is None:
            free[name] = end
        else:
            table[name] = place
            free[place] = end
    return table


def share_slots(statements):
    """[(name, statement)], the functions and methods among them with fewer variables."""
    for _, node in statements:
        for part in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(part, ast.FunctionDef) and fit(part):
                table = shared(part)
                part.body = [Rename(table).visit(statement) for statement in part.body]
                ast.fix_missing_locations(part)
    return statements
