"""What a profile leaves out of TCP: part of tools/bundle.

A feature that both sides have to agree on stands in one bit of a connection's flags (tcp/pcb.py).
Where the bit can never be set, its constant is 0, every test of it is false, and what only such
tests lead to is left out.  `full` is the source as it is.
"""

import ast

# feature -> the constants that are 0 without it
FEATURES = {
    "sack": ("_SACK_OK", "_WITH_SACK", "_TLP", "_PTO", "_OVERDUE", "_RESCUED", "_C_SACK"),
    "timestamps": ("_TS_OK", "_WITH_TS"),
    "ecn": ("_ECN_OK", "_ECN_ECHO", "_ECN_CWR", "_REDUCED", "_WITH_ECN"),
    "urgent": ("_URG_OUT", "_URG_IN", "_URG"),
    "cookies": (),
    "source routes": ("_SOURCE_ROUTES",),
}

# Settings that cannot be anything else then, in place of `cfg[_C_NAME]`.
SETTINGS = {
    "sack": ("_C_SACK", "_C_EARLY_RETRANS"),
    "timestamps": ("_C_TIMESTAMPS",),
    "ecn": ("_C_ECN",),
    "cookies": ("_C_SYNCOOKIES",),
}

# What the echo device, as a closed program, never asks for.
CLOSED = ("source routes",)

# core: what every TCP can do, for boards with little memory.  server: what a device needs that
# strangers connect to over poor paths: repair by SACK, and SYN cookies under a flood.  full: all.
PROFILES = {
    "full": (),
    "server": ("timestamps", "ecn", "urgent"),
    "core": tuple(name for name in FEATURES if name not in CLOSED),
}


class Without(ast.NodeTransformer):
    """Takes what is always 0 out of a module of the source."""

    def __init__(self, features):
        self.zero = {name for f in features for name in FEATURES[f]}
        self.fixed = {name for f in features for name in SETTINGS.get(f, ())}

    def visit_Name(self, node):
        if node.id in self.zero and isinstance(node.ctx, ast.Load):
            return nought(node)
        return node

    def visit_Subscript(self, node):
        if isinstance(node.ctx, ast.Load) and getattr(node.slice, "id", "") in self.fixed:
            return nought(node)
        return self.generic_visit(node)

    def visit_BinOp(self, node):
        node = self.generic_visit(node)
        left, right = number(node.left), number(node.right)
        if isinstance(node.op, ast.BitAnd) and 0 in (left, right):
            return nought(node)
        if isinstance(node.op, (ast.LShift, ast.RShift, ast.Mult)) and left == 0:
            return nought(node)
        if isinstance(node.op, ast.BitAnd) and -1 in (left, right):
            return node.left if right == -1 else node.right
        idle = (ast.BitOr, ast.Add, ast.Sub, ast.LShift, ast.RShift)
        if isinstance(node.op, idle) and right == 0:
            return node.left
        if isinstance(node.op, (ast.BitOr, ast.Add)) and left == 0:
            return node.right
        return node

    def visit_UnaryOp(self, node):
        node = self.generic_visit(node)
        value = number(node.operand)
        if value is not None and isinstance(node.op, (ast.Invert, ast.Not)):
            value = ~value if isinstance(node.op, ast.Invert) else not value
            return ast.copy_location(ast.Constant(value), node)
        return node

    def visit_Compare(self, node):
        node = self.generic_visit(node)
        left, right = number(node.left), number(node.comparators[0])
        if len(node.ops) == 1 and None not in (left, right):
            same = left == right
            if isinstance(node.ops[0], (ast.Eq, ast.NotEq)):
                same = same == isinstance(node.ops[0], ast.Eq)
                return ast.copy_location(ast.Constant(same), node)
        return node

    def visit_BoolOp(self, node):
        wanted = node.values[-1] if isinstance(node.values[-1], ast.Constant) else None
        node = self.generic_visit(node)
        stop = isinstance(node.op, ast.Or)  # the truth that ends the evaluation
        kept = []
        for value in node.values:
            known = number(value)
            if known is None or value is wanted:  # `x or 0` is a number where x is None
                kept.append(value)
            elif bool(known) == stop:
                kept.append(value)
                break
        if not kept:
            return node.values[-1]
        if len(kept) > 1 and number(kept[-1]) == 0 and not stop and all(map(harmless, kept)):
            return kept[-1]
        node.values = kept
        return kept[0] if len(kept) == 1 else node

    def visit_IfExp(self, node):
        node = self.generic_visit(node)
        known = number(node.test)
        return node if known is None else node.body if known else node.orelse

    def visit_If(self, node):
        node.test = self.visit(node.test)
        known = number(node.test)
        if known is None:
            return self.generic_visit(node)
        return self.several(node.body if known else node.orelse)

    def several(self, statements):
        out = []
        for statement in statements:
            new = self.visit(statement)
            out += new if isinstance(new, list) else [new] if new else []
        return out

    def visit_AugAssign(self, node):
        node = self.generic_visit(node)
        value = number(node.value)
        nothing = {ast.BitOr: 0, ast.Add: 0, ast.Sub: 0, ast.BitAnd: -1}
        if value is not None and nothing.get(type(node.op)) == value:
            return ast.copy_location(ast.Pass(), node)
        return node


def nought(node):
    return ast.copy_location(ast.Constant(0), node)


def number(node):
    """The value of a literal number or truth value, or None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return int(node.value)
    return None


def harmless(node):
    """Whether an expression only looks."""
    return not any(isinstance(part, ast.Call) for part in ast.walk(node))


def reduce(tree, features):
    """The tree of a module without the features; empty bodies hold `pass`."""
    tree = Without(features).visit(tree)
    for node in ast.walk(tree):
        for field in ("body", "orelse"):
            body = getattr(node, field, None)
            if isinstance(body, list):
                kept = [part for part in body if not isinstance(part, ast.Pass)]
                if kept or field == "orelse":
                    setattr(node, field, kept)
                else:
                    setattr(node, field, [ast.Pass()])
    return ast.fix_missing_locations(tree)
