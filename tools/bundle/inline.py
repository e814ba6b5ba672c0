"""Put functions that are called in one place into that place: part of tools/bundle.

A function costs an object, an entry in its module's dictionary and a name, however short it is.
The source has many that are called once, because each does one thing; here they become a part of
their caller.  Only plain functions are touched, and only where the meaning cannot change:

    f(a)            as a statement, when f returns nothing, and early only if the caller ends there
    return f(a)     whatever f returns
    x = f(a)        when f returns once, at its end
    if f(a): ...    and any other expression, when f is one `return`; a short one goes to several
                    places
"""

import ast
import copy

_PLAIN = (ast.Name, ast.Constant)
SHORT = 24  # parts of the tree of an expression that may stand in several places
PLACES = 3


def simple(function):
    """Whether a function is of the kind that can be moved at all."""
    args = function.args
    if function.decorator_list or args.vararg or args.kwarg or args.kwonlyargs or args.defaults:
        return False
    never = (ast.Lambda, ast.FunctionDef, ast.ClassDef, ast.comprehension, ast.Try)
    never += (ast.Yield, ast.YieldFrom, ast.Import, ast.ImportFrom)
    return not any(isinstance(n, never) for s in function.body for n in ast.walk(s))


def returns(function):
    return [n for s in function.body for n in ast.walk(s) if isinstance(n, ast.Return)]


def assigned(nodes):
    """Names that statements bind."""
    return {
        n.id
        for s in nodes
        for n in ast.walk(s)
        if isinstance(n, ast.Name) and isinstance(n.ctx, (ast.Store, ast.Del))
    }


def names_in(function):
    """Every name that occurs in a function, its arguments included."""
    found = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    return found | {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}


class Rename(ast.NodeTransformer):
    """Names become other names or expressions."""

    def __init__(self, table):
        self.table = table

    def visit_Name(self, node):
        new = self.table.get(node.id)
        if new is None:
            return node
        if isinstance(new, str):
            return ast.Name(new, node.ctx)
        return copy.deepcopy(new)


def moved(function, call, caller):
    """(assignments of arguments, body) of a function as it stands in its caller's place."""
    taken = names_in(caller)
    own = assigned(function.body)
    table, first = {}, []
    for param, arg in zip((a.arg for a in function.args.args), call.args):
        if isinstance(arg, _PLAIN) and param not in own:
            table[param] = arg  # nobody changes the caller's variable meanwhile
        else:
            table[param] = fresh(param, taken)
            first.append(ast.Assign([ast.Name(table[param], ast.Store())], arg))
    for name in own - set(table):
        table[name] = fresh(name, taken)
    body = [Rename(table).visit(copy.deepcopy(s)) for s in function.body]
    return first, body


def fresh(name, taken):
    new, k = name, 1
    while new in taken:
        k += 1
        new = "%s%d" % (name, k)
    taken.add(new)
    return new


def tail(body):
    """The statements after which a function ends."""
    yield body[-1]
    if isinstance(body[-1], ast.If):
        yield from tail(body[-1].body)
        if body[-1].orelse:
            yield from tail(body[-1].orelse)


def hidden(function, caller):
    """Whether the caller has a variable under the name of a global that the function reads."""
    own = assigned(function.body) | {a.arg for a in function.args.args}
    variables = assigned(caller.body) | {n.arg for n in ast.walk(caller) if isinstance(n, ast.arg)}
    return (names_in(function) - own) & variables


class Place(ast.NodeTransformer):
    """Finds the call of `function` in a caller and puts the body there."""

    def __init__(self, function, caller):
        self.function = function
        self.caller = caller
        self.done = False
        self.times = 0
        self.last = function.body[-1]
        self.values = [r for r in returns(function) if r.value is not None]
        self.any = returns(function)
        self.tail = set(tail(caller.body))

    def is_call(self, node):
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == self.function.name
            and not node.keywords
            and len(node.args) == len(self.function.args.args)
            and not any(isinstance(a, ast.Starred) for a in node.args)
        )

    def put(self, call, end=()):
        self.done = True
        self.times += 1
        first, body = moved(self.function, call, self.caller)
        return first + body + list(end)

    def visit_Lambda(self, node):
        return node

    def visit_FunctionDef(self, node):
        return self.generic_visit(node) if node is self.caller else node

    def visit_Expr(self, node):
        if self.is_call(node.value) and not self.any:
            return self.put(node.value)
        if self.is_call(node.value) and not self.values and node in self.tail:
            return self.put(node.value)
        if self.is_call(node.value) and len(self.any) == 1 and self.last is self.any[0]:
            if self.last.value is None or isinstance(self.last.value, _PLAIN):
                return self.put(node.value)[:-1] or [ast.Pass()]
        return self.generic_visit(node)

    def visit_Return(self, node):
        if self.is_call(node.value):
            ended = isinstance(self.last, (ast.Return, ast.Raise))
            return self.put(node.value, () if ended else [ast.Return(None)])
        return self.generic_visit(node)

    def visit_Assign(self, node):
        if self.is_call(node.value) and len(self.any) == 1 and self.last is self.any[0]:
            body = self.put(node.value)
            return body[:-1] + [ast.Assign(node.targets, body[-1].value)]
        return self.generic_visit(node)

    def visit_Call(self, node):
        if self.is_call(node) and self.function.body == self.values:
            if all(isinstance(a, _PLAIN) for a in node.args):
                return self.put(node)[0].value
        return self.generic_visit(node)


def callers(tree):
    """The functions and methods of a module that are compiled to bytecode."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not node.decorator_list:
            yield node


def short(function):
    """Whether a function is one short expression, which may stand in several places."""
    if len(function.body) != 1 or not isinstance(function.body[0], ast.Return):
        return False
    value = function.body[0].value
    return value is not None and sum(1 for _ in ast.walk(value)) <= SHORT


def put_everywhere(function, places, times):
    """Move a short function to each of its calls, if all of them can take it."""
    trials = []
    for caller, known in places:
        if caller is function or function.name not in known:
            continue
        if hidden(function, caller):
            return False
        trial = copy.deepcopy(caller)
        place = Place(function, trial)
        place.visit(trial)
        times -= place.times
        trials.append((caller, trial, known))
    if times:
        return False
    for caller, trial, known in trials:
        caller.body = trial.body
        known |= names_in(function)
    return True


def put(function, places):
    """Move a function into the caller that has its name.  places: [(caller, names in it)]."""
    for caller, known in places:
        if caller is not function and function.name in known:
            if hidden(function, caller):
                return False
            place = Place(function, caller)
            place.visit(caller)
            if place.done:
                known |= names_in(function)
            return place.done
    return False


def inline(statements, public):
    """[(name, statement)] with what is called once moved into its caller."""
    tree = ast.Module([node for _, node in statements], [])
    reads = {}  # moving a function changes no count but that of its own name
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            reads[node.id] = reads.get(node.id, 0) + 1
    private = {
        name: node
        for name, node in statements
        if name and name not in public and isinstance(node, ast.FunctionDef) and simple(node)
    }
    once = {name: node for name, node in private.items() if reads.get(name) == 1}
    places = [(caller, names_in(caller)) for caller in callers(tree)]
    gone = set()
    for name, function in private.items():
        if 1 < reads.get(name, 0) <= PLACES and short(function):
            if put_everywhere(function, places, reads[name]):
                gone.add(name)
                places = [place for place in places if place[0] is not function]
    again = True
    while again:
        again = False
        for name, function in once.items():
            if name not in gone and put(function, places):
                gone.add(name)
                places = [place for place in places if place[0] is not function]
                again = True
    kept = [(name, node) for name, node in statements if name not in gone]
    return [(name, ast.fix_missing_locations(node)) for name, node in kept]
