"""Put viper functions into the viper functions that call them: part of tools/bundle.

A viper function that calls another one by its global name is compiled with an exception handler,
keeps no variable in a register, makes objects of the arguments and a number of the result: some
250 bytes and 800 instructions.  In the source a loop stands once all the same; here it becomes a
part of each leaf that calls it, with variables of its own:

    v = int(leaf(a, b)) + 1       x = ptr8(a); y = b; ...the leaf's statements...; v = result + 1

A leaf that is moved is short, has one return, at its end, or none, and calls nothing but casts.
"""

import ast
import copy

from tools.bundle.inline import Rename, assigned, fresh, names_in, returns
from tools.bundle.leaves import viper

SHORT = 250  # parts of its tree, at most; with longer ones the code grows and gets no faster
CASTS = {"int", "uint", "bool", "ptr", "ptr8", "ptr16", "ptr32"}


def called(node):
    """Names of functions that a piece of code calls."""
    found = {part.func for part in ast.walk(node) if isinstance(part, ast.Call)}
    return {function.id for function in found if isinstance(function, ast.Name)}


def movable(node):
    """Whether a viper function can become a part of others."""
    early = [r for r in returns(node) if r is not node.body[-1]]
    if early or sum(1 for _ in ast.walk(node)) > SHORT:
        return False
    return not called(node) - CASTS and all(a.annotation for a in node.args.args)


def safe(expression, call):
    """Whether an expression always evaluates the call: not in `and`, `or`, `a if b else c`."""
    for part in ast.walk(expression):
        if isinstance(part, (ast.BoolOp, ast.IfExp)):
            if any(inner is call for inner in ast.walk(part)):
                return False
    return True


def part_for(leaf, call, taken):
    """(statements, result or None) of a leaf as a part of a function with the names `taken`."""
    table, first = {}, []
    for param, arg in zip(leaf.args.args, call.args):
        table[param.arg] = new = fresh(param.arg, taken)
        if param.annotation.id != "int":
            arg = ast.Call(ast.Name(param.annotation.id, ast.Load()), [arg], [])
        first.append(ast.Assign([ast.Name(new, ast.Store())], arg))
    for name in assigned(leaf.body) - set(table):
        table[name] = fresh(name, taken)
    body = [Rename(table).visit(copy.deepcopy(statement)) for statement in leaf.body]
    result = None
    if isinstance(body[-1], ast.Return):
        result = body.pop().value
    return first + body, result


class Replace(ast.NodeTransformer):
    """One expression instead of another."""

    def __init__(self, old, new):
        self.old = old
        self.new = new

    def visit(self, node):
        return self.new if node is self.old else super().visit(node)


class Merge(ast.NodeTransformer):
    """Moves the leaves of a table into one caller."""

    def __init__(self, caller, leaves):
        self.caller = caller
        self.leaves = leaves
        self.taken = names_in(caller)

    def find(self, expression):
        """A call of a leaf in an expression, that may be moved out of it."""
        for part in ast.walk(expression) if expression is not None else ():
            if isinstance(part, ast.Call) and getattr(part.func, "id", "") in self.leaves:
                if safe(expression, part):
                    return part
        return None

    def statement(self, node, field):
        """The statements for one whose expression stands in a field."""
        before = []
        call = self.find(getattr(node, field))
        while call is not None:
            statements, result = part_for(self.leaves[call.func.id], call, self.taken)
            before += statements
            if result is None:
                return before
            setattr(node, field, Replace(call, result).visit(getattr(node, field)))
            call = self.find(getattr(node, field))
        return before + [node]

    def visit_Assign(self, node):
        return self.statement(node, "value")

    visit_AugAssign = visit_Return = visit_Expr = visit_Assign

    def visit_If(self, node):
        self.generic_visit(node)
        return self.statement(node, "test")


def with_types(function):
    """Arguments that are only cast to pointers get the type in the head of the function."""
    for param in function.args.args:
        uses = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == param.arg]
        casts = [
            part.func.id
            for part in ast.walk(function)
            if isinstance(part, ast.Call) and part.args and part.args[0] in uses
        ]
        if param.annotation is None and len(casts) == len(uses) and set(casts) <= CASTS - {"int"}:
            param.annotation = ast.Name(casts[0], ast.Load())


def merge_leaves(statements):
    """[(name, statement)] of a module, its leaves made parts of leaves."""
    functions = {name: node for name, node in statements if viper(node)}
    leaves = {name: node for name, node in functions.items() if movable(node)}
    for function in functions.values():
        if called(function) & set(leaves):
            Merge(function, leaves).visit(function)
            if not called(function) - CASTS:
                with_types(function)
            ast.fix_missing_locations(function)
    return statements
