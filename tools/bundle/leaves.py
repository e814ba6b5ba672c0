"""Write the conditions of viper functions in their short form: part of tools/bundle.

For `a == b` the compiler makes a number, 1 or 0, and then tests it: 6 bytes and 3 instructions
more than testing `a ^ b`, and 12 bytes more than `not a` when b is 0.  The meaning is the same
where only the truth counts: in the tests of `if`, `while` and `a if b else c`.
"""

import ast


def viper(node):
    """Whether a statement is a viper function."""
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(mark, ast.Attribute) and mark.attr == "viper" for mark in node.decorator_list
    )


def zero(node):
    return isinstance(node, ast.Constant) and node.value == 0


def short(test):
    """A condition with the same truth."""
    if isinstance(test, ast.BoolOp):
        test.values = [short(value) for value in test.values]
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test.operand = short(test.operand)
    elif isinstance(test, ast.Compare) and isinstance(test.ops[0], (ast.Eq, ast.NotEq)):
        left, right = test.left, test.comparators[0]
        if len(test.ops) > 1:
            return test
        differ = left if zero(right) else ast.BinOp(left, ast.BitXor(), right)
        if isinstance(test.ops[0], ast.NotEq):
            return differ
        return ast.UnaryOp(ast.Not(), differ)
    return test


class Conditions(ast.NodeTransformer):
    """Shortens every test of a function."""

    def visit_If(self, node):
        node.test = short(node.test)
        return self.generic_visit(node)

    visit_While = visit_IfExp = visit_If


def short_conditions(statements):
    """[(name, statement)], the viper functions among them with short conditions."""
    return [
        (name, ast.fix_missing_locations(Conditions().visit(node)) if viper(node) else node)
        for name, node in statements
    ]
