"""Put methods that are called in one place into that place: part of tools/bundle.

It is done in a closed program only, and to methods whose name occurs twice in all of it: where the
method is defined, and where it is called, so that the object called is surely of that class.
"""

import ast
import copy

from tools.bundle.inline import Place, callers, hidden, simple
from tools.bundle.names import methods
from tools.bundle.shake import always


def occurrences(statements):
    """{name: times it is an attribute or a string}."""
    found = {}
    for _, node in statements:
        for part in ast.walk(node):
            name = getattr(part, "attr", getattr(part, "value", None))
            if isinstance(part, (ast.Attribute, ast.Constant)) and isinstance(name, str):
                found[name] = found.get(name, 0) + 1
    return found


def calls(statements):
    """{name: a call `x.name(...)` whose arguments fit a function: no keywords, no stars}."""
    found = {}
    for _, node in statements:
        for part in ast.walk(node):
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
                if not part.keywords and not any(isinstance(a, ast.Starred) for a in part.args):
                    found[part.func.attr] = part
    return found


def candidates(every, here, kept):
    """[(class, method, its call)] of one module's statements, out of every module's."""
    times = occurrences(every)
    defined = [method.name for _, method in methods(every)]
    called = calls(here)
    for owner, method in methods(here):
        name = method.name
        if always(name) or name in kept or defined.count(name) != 1 or times.get(name) != 1:
            continue
        call = called.get(name)
        if call is not None and simple(method):
            if len(call.args) + 1 == len(method.args.args):
                yield owner, method, call


def put_in_place(function, call, here):
    """Put a function into the place of its one call, if that can be done."""
    for caller in callers(ast.Module([node for _, node in here], [])):
        if any(part is call for part in ast.walk(caller)) and not hidden(function, caller):
            place = Place(function, caller)
            place.visit(caller)
            ast.fix_missing_locations(caller)
            if place.done:
                return True
    return False


def inline_methods(every, here, kept):
    """Do so with the methods of a module's statements.  every: the statements of all modules;
    kept: names that stay.
    """
    again = True
    while again:
        again = False
        for owner, method, call in list(candidates(every, here, kept)):
            function = copy.copy(method)
            function.name = "%s.%s" % (owner.name, method.name)  # no name that anything else has
            before = call.func, call.args
            call.args = [call.func.value] + call.args
            call.func = ast.Name(function.name, ast.Load())
            if put_in_place(function, call, here):
                owner.body.remove(method)
                owner.body = owner.body or [ast.Pass()]
                again = True
            else:
                call.func, call.args = before
