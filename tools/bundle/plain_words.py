"""Words of 32 bits in Python's integers: part of tools/bundle/plain.py.

An expression is wanted either as the word that it is (exact), or only its lowest bits are (low):
sums, products, shifts to the left and what is made of them by bits may then keep bits above the
word's, for they never come down.
"""

import ast

SIZES = {"ptr8": 1, "ptr16": 2, "ptr32": 4}
_WIDE = 32  # bits of a value that may use all of a word
_SMALL = 30  # bits of a number that fits a small integer, sign and all
_MAY_OVERFLOW = (ast.Add, ast.Sub, ast.Mult, ast.LShift)


class CannotBePlain(Exception):
    """A leaf does what has no plain twin yet; the message is one sentence."""


def value_of(node, constants):
    """The number that an expression of literals and constants is, or None."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("const", "int"):
        return value_of(node.args[0], constants) if len(node.args) == 1 else None
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    parts = [value_of(p, constants) for p in ast.iter_child_nodes(node) if isinstance(p, ast.expr)]
    if not parts or None in parts or not isinstance(node, (ast.BinOp, ast.UnaryOp)):
        return None
    shape = ast.BinOp(number(parts[0]), node.op, number(parts[-1]))
    if isinstance(node, ast.UnaryOp):
        shape = ast.UnaryOp(node.op, number(parts[0]))
    code = ast.fix_missing_locations(ast.Expression(shape))
    return eval(compile(code, "constant", "eval"), {})  # noqa: S307


def number(value):
    return ast.Constant(value)


def name(text):
    return ast.Name(text, ast.Load())


def binary(left, op, right):
    return ast.BinOp(left, op(), right)


class Words:
    """The expressions of a leaf.  Its pointers are plain_leaf.py's: pointer(), is_pointer(),
    load() and fail().
    """

    def __init__(self, constants, arguments):
        self.constants = constants
        self.arguments = arguments
        self.bits = {}  # variable -> bits of what it may hold
        self.wraps = False  # whether wrap() is called

    def find_bits(self, function):
        """How many bits each variable may need, until nothing grows any more."""
        grown = True
        while grown:
            grown = False
            for node in ast.walk(function):
                if isinstance(node, ast.Assign):
                    pairs = [(target, node.value) for target in node.targets]
                elif isinstance(node, ast.AugAssign):
                    load = ast.Name(getattr(node.target, "id", ""), ast.Load())
                    pairs = [(node.target, ast.BinOp(load, node.op, node.value))]
                else:
                    continue
                for target, value in pairs:
                    if isinstance(target, ast.Name) and not self.is_pointer(value):
                        bits = max(self.bits.get(target.id, 0), self.width(value))
                        grown |= bits != self.bits.get(target.id, 0)
                        self.bits[target.id] = bits

    def width(self, node):
        """Bits that an expression may need: up to 30, or 32 for any word."""
        value = value_of(node, self.constants)
        if value is not None:
            return value.bit_length() if -1 << 30 <= value < 1 << 30 else _WIDE
        if isinstance(node, ast.Name):
            return _SMALL if node.id in self.arguments else self.bits.get(node.id, 0)
        if isinstance(node, ast.Subscript):
            size = self.pointer(node.value).size
            return _WIDE if size == 4 else 8 * size
        if isinstance(node, ast.BinOp):
            return self.width_of_two(node)
        if isinstance(node, ast.IfExp):
            return max(self.width(node.body), self.width(node.orelse))
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
            return max(_SMALL, self.width(node.operand))
        if isinstance(node, ast.BoolOp):
            return max(map(self.width, node.values))
        return 1 if isinstance(node, (ast.Compare, ast.UnaryOp)) else _SMALL

    def width_of_two(self, node):
        left, right = self.width(node.left), self.width(node.right)
        op = node.op
        if isinstance(op, ast.BitAnd):
            limits = [self.mask(part) for part in (node.left, node.right)]
            known = [limit for limit in limits if limit is not None and limit <= _SMALL]
            return min([left, right, *known]) if known else max(left, right)
        if isinstance(op, (ast.BitOr, ast.BitXor)):
            return max(left, right)
        if isinstance(op, ast.RShift):
            by = value_of(node.right, self.constants) or 0
            return left if left < _WIDE else _WIDE if by < 2 else max(_SMALL, left - by)
        if isinstance(op, ast.LShift):
            by = value_of(node.right, self.constants)
            wide = by is None or left + by > _SMALL
            return _WIDE if wide else left + by
        return _WIDE if _WIDE in (left, right) else _SMALL  # numbers stay small

    def mask(self, node):
        """Bits of a mask that cannot be negative, or None."""
        value = value_of(node, self.constants)
        if value is not None:
            return value.bit_length() if value >= 0 else None
        small = isinstance(node, ast.Subscript) and self.pointer(node.value).size < 4
        return self.width(node) if small else None

    def exact(self, node):
        """An expression as the word that it is."""
        value = value_of(node, self.constants)
        if value is not None:
            if -1 << 31 <= value < 1 << 31:
                return node
            return number(((value + (1 << 31)) & 0xFFFFFFFF) - (1 << 31))
        out = self.low(node)
        if self.unbound(node):
            self.wraps = True
            return ast.Call(name("wrap"), [out], [])
        return out

    def unbound(self, node):
        """Whether what low() makes of an expression may have bits above the word's."""
        if value_of(node, self.constants) is not None or self.width(node) < _WIDE:
            return False
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, _MAY_OVERFLOW):
                return True
            if isinstance(node.op, ast.RShift):
                return False  # low() has made its left side exact
            return self.unbound(node.left) or self.unbound(node.right)
        if isinstance(node, ast.UnaryOp):
            return isinstance(node.op, ast.USub) or self.unbound(node.operand)
        if isinstance(node, ast.IfExp):
            return self.unbound(node.body) or self.unbound(node.orelse)
        return False

    def low(self, node, bits=32):
        """An expression of which only the lowest bits count."""
        if isinstance(node, ast.BinOp):
            return self.low_of_two(node, bits)
        if isinstance(node, ast.Subscript):
            return self.load(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.IfExp):
            test = self.exact(node.test)
            return ast.IfExp(test, self.low(node.body, bits), self.low(node.orelse, bits))
        if isinstance(node, ast.UnaryOp):
            whole = isinstance(node.op, ast.Not)
            operand = self.exact(node.operand) if whole else self.low(node.operand, bits)
            return ast.UnaryOp(node.op, operand)
        if isinstance(node, ast.Compare):
            parts = [self.exact(part) for part in node.comparators]
            return ast.Compare(self.exact(node.left), node.ops, parts)
        if isinstance(node, ast.BoolOp):
            return ast.BoolOp(node.op, [self.exact(part) for part in node.values])
        if isinstance(node, (ast.Constant, ast.Name)):
            return node
        return self.fail(node)

    def low_of_two(self, node, bits):
        op = node.op
        if isinstance(op, ast.RShift):
            by = value_of(node.right, self.constants)
            if by is not None and by + bits <= 32:
                return ast.BinOp(self.low(node.left), op, node.right)
            return ast.BinOp(self.exact(node.left), op, self.exact(node.right))
        if isinstance(op, ast.LShift):
            return ast.BinOp(self.low(node.left, bits), op, self.exact(node.right))
        if isinstance(op, ast.BitAnd):
            left, right = self.mask(node.left), self.mask(node.right)
            return ast.BinOp(
                self.low(node.left, min(bits, right or 32)), op,
                self.low(node.right, min(bits, left or 32)),
            )
        if isinstance(op, (ast.FloorDiv, ast.Mod)):
            return ast.BinOp(self.exact(node.left), op, self.exact(node.right))
        return ast.BinOp(self.low(node.left, bits), op, self.low(node.right, bits))

    def call(self, node):
        what = getattr(node.func, "id", "")
        if what == "int" and not self.is_pointer(node.args[0]):
            return self.exact(node.args[0])
        if what in SIZES or what == "int":
            self.fail(node)
        return ast.Call(node.func, [self.exact(part) for part in node.args], [])
