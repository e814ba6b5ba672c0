"""A viper function on its way to plain Python: part of tools/bundle/plain.py."""

import ast

from tools.bundle.plain_words import SIZES, CannotBePlain, Words, binary, name, number, value_of

# Arguments of type ptr16 that are arrays of halves; all others are frames.
HALVES = ("q", "rec")


class Pointer:
    """base: the buffer (an expression), of elements of `unit` bytes; at: bytes from its beginning
    (an expression, or None); size: of what it points to.
    """

    def __init__(self, base, unit, at, size):
        self.base = base
        self.unit = unit
        self.at = at
        self.size = size


class Leaf(Words):
    """One viper function."""

    def __init__(self, node, constants):
        super().__init__(constants, [a.arg for a in node.args.args])
        self.node = node
        self.pointers = {}  # variable -> Pointer, with `at` None when it never moves
        self.moved = set()  # pointer variables that have a NAME_at
        self.truth = getattr(node.returns, "id", "") == "bool"

    def twin(self):
        self.find_pointers()
        self.find_bits(self.node)
        body = self.block(self.node.body)
        start = [p for p in self.moved if p in self.arguments]
        where = 1 if isinstance(body[0], ast.Expr) else 0
        for p in sorted(start):
            body.insert(where, self.assign(p + "_at", number(0)))
        self.node.body = body
        self.node.returns = None
        for argument in self.node.args.args:
            argument.annotation = None
        return self.node

    def fail(self, node):
        text = "%s: `%s` has no plain form." % (self.node.name, ast.unparse(node))
        raise CannotBePlain(text)

    def find_pointers(self):
        for argument in self.node.args.args:
            size = SIZES.get(getattr(argument.annotation, "id", ""))
            if size:
                unit = 1 if size == 2 and argument.arg not in HALVES else size
                self.pointers[argument.arg] = Pointer(name(argument.arg), unit, None, size)
        for node in ast.walk(self.node):
            if isinstance(node, ast.Assign) and self.is_pointer(node.value):
                target = node.targets[0].id
                new = self.pointer(node.value)
                old = self.pointers.get(target, new)
                if (old.unit, old.size) != (new.unit, new.size):
                    self.fail(node)
                self.pointers[target] = Pointer(name(target), new.unit, None, new.size)
                if new.at is not None:
                    self.moved.add(target)
        # What is made of a pointer that moves has its place too.
        grown = True
        while grown:
            grown = False
            for node in ast.walk(self.node):
                if isinstance(node, ast.Assign) and self.is_pointer(node.value):
                    target = node.targets[0].id
                    if target not in self.moved and self.pointer(node.value).at is not None:
                        self.moved.add(target)
                        grown = True

    def is_pointer(self, node):
        if isinstance(node, ast.Call):
            return getattr(node.func, "id", "") in SIZES
        return isinstance(node, ast.Name) and node.id in self.pointers

    def pointer(self, node):
        """The Pointer that an expression is."""
        if isinstance(node, ast.Name):
            known = self.pointers.get(node.id)
            if known is None:
                self.fail(node)
            at = name(node.id + "_at") if node.id in self.moved else None
            return Pointer(known.base, known.unit, at, known.size)
        if not self.is_pointer(node):
            self.fail(node)
        size = SIZES[node.func.id]
        inner = node.args[0]
        if isinstance(inner, ast.Name) and inner.id not in self.pointers:
            return Pointer(inner, 1 if size == 2 else size, None, size)  # an object
        found = self.pointer(inner) if self.is_pointer(inner) else self.address(inner)
        return Pointer(found.base, found.unit, found.at, size)

    def address(self, node):
        """The Pointer behind `int(p) + a - b`."""
        if isinstance(node, ast.Call) and node.func.id == "int":
            return self.pointer(node.args[0])
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, (ast.Add, ast.Sub)):
            self.fail(node)
        found = self.address(node.left)
        right = self.exact(node.right)
        if found.at is None:
            at = right if isinstance(node.op, ast.Add) else ast.UnaryOp(ast.USub(), right)
        else:
            at = ast.BinOp(found.at, node.op, right)
        return Pointer(found.base, found.unit, at, found.size)

    def place(self, pointer, index):
        """The index of element `index` of a pointer, in its buffer's own elements."""
        unit, at = pointer.unit, pointer.at
        if pointer.size != unit and (pointer.size, unit) != (2, 1):
            self.fail(index)
        index = self.exact(index)
        if pointer.size == 2 and unit == 1:
            index = self.folded(binary(number(2), ast.Mult, index))
        if at is None:
            return index
        return self.sum(at if unit == 1 else self.units(at, unit), index)

    def sum(self, left, right):
        """left + right, with the constants in one number."""
        more = value_of(right, self.constants)
        if more == 0:
            return left
        if more is not None and isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add):
            known = value_of(left.right, self.constants)
            if known is not None:
                return ast.BinOp(left.left, ast.Add(), number(known + more))
        return self.folded(binary(left, ast.Add, right))

    def units(self, at, unit):
        """Bytes as elements: 4 * x is x of them."""
        if isinstance(at, ast.BinOp) and isinstance(at.op, ast.Mult):
            if value_of(at.left, self.constants) == unit:
                return at.right
            if isinstance(at.left, ast.BinOp):
                return ast.BinOp(self.units(at.left, unit), ast.Mult(), at.right)
        return self.folded(binary(at, ast.RShift, number(unit.bit_length() - 1)))

    def folded(self, node):
        value = value_of(node, self.constants)
        return node if value is None else number(value)

    def load(self, node):
        pointer = self.pointer(node.value)
        place = self.place(pointer, node.slice)
        one = ast.Subscript(pointer.base, place, ast.Load())
        if pointer.size == pointer.unit:
            return one
        more = self.sum(place, number(1))
        two = ast.Subscript(pointer.base, more, ast.Load())
        return binary(one, ast.BitOr, binary(two, ast.LShift, number(8)))

    def assign(self, target, value):
        return ast.Assign([ast.Name(target, ast.Store())], value)

    def block(self, statements):
        out = []
        for node in statements:
            new = self.statement(node)
            out += new if isinstance(new, list) else [new]
        return out

    def statement(self, node):
        if isinstance(node, (ast.If, ast.While)):
            kind = type(node)
            return kind(self.exact(node.test), self.block(node.body), self.block(node.orelse))
        if isinstance(node, ast.Return):
            return ast.Return(node.value and self.answer(node.value))
        if isinstance(node, ast.Assign):
            return self.assignment(node)
        if isinstance(node, ast.AugAssign):
            load = ast.Name(getattr(node.target, "id", ""), ast.Load())
            if not load.id:
                self.fail(node)
            value = self.exact(ast.BinOp(load, node.op, node.value))
            return self.assign(load.id, value)
        if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant):
            return ast.Expr(self.exact(node.value))
        return node

    def answer(self, node):
        value = self.exact(node)
        truth = isinstance(node, (ast.Compare, ast.Constant))
        return value if truth or not self.truth else ast.Call(name("bool"), [value], [])

    def assignment(self, node):
        if self.is_pointer(node.value):
            return self.moving(node.targets[0].id, self.pointer(node.value))
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            return self.assign(node.targets[0].id, self.exact(node.value))
        out, value = [], self.exact(node.value)
        if len(node.targets) == 1:
            size = self.pointer(node.targets[0].value).size
            value = self.low(node.value, 8 * size)
        for target in node.targets:
            if isinstance(target, ast.Name):
                out.append(self.assign(target.id, value))
                value = name(target.id)
            else:
                out += self.store(target, value)
        return out

    def moving(self, target, pointer):
        out = []
        if getattr(pointer.base, "id", "") != target:
            out.append(self.assign(target, pointer.base))
        if target in self.moved:
            out.append(self.assign(target + "_at", pointer.at or number(0)))
        return out or ast.Pass()

    def store(self, target, value):
        pointer = self.pointer(target.value)
        place = self.place(pointer, target.slice)
        if pointer.size == pointer.unit:
            return [ast.Assign([ast.Subscript(pointer.base, place, ast.Store())], value)]
        more = self.sum(place, number(1))
        half = name("half_")
        return [
            self.assign("half_", value),
            ast.Assign([ast.Subscript(pointer.base, place, ast.Store())], half),
            ast.Assign(
                [ast.Subscript(pointer.base, more, ast.Store())],
                binary(half, ast.RShift, number(8)),
            ),
        ]
