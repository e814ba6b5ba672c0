"""Give the names in the source files their meaning in the outputs: part of tools/bundle."""

import ast

from tools.bundle.source import Problem, folded, fresh, imported, shown


def bound_in(function):
    """Names that a function binds itself; those of comprehensions inside count too."""
    args = function.args
    names = {a.arg for a in args.posonlyargs + args.args + args.kwonlyargs}
    names |= {a.arg for a in (args.vararg, args.kwarg) if a}
    body = function.body if isinstance(function.body, list) else [function.body]
    todo = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            raise Problem("%s uses `global`, which cannot be bundled." % function.name)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
        elif not isinstance(node, ast.Lambda):
            todo += ast.iter_child_nodes(node)
    return names


class Rewriter(ast.NodeTransformer):
    """Gives the names in a source module's statements their meaning in the output."""

    def __init__(self, bundle, output, module):
        self.bundle = bundle
        self.output = output
        self.module = module
        self.scopes = []  # dicts: local name -> None, or what an import inside a function means

    def meaning(self, name):
        for scope in reversed(self.scopes):
            if name in scope:
                return scope[name]
        return self.bundle.find(self.module, name)

    def visit_FunctionDef(self, node):
        node.args.defaults = [self.visit(d) for d in node.args.defaults]
        node.args.kw_defaults = [d and self.visit(d) for d in node.args.kw_defaults]
        self.scopes.append(dict.fromkeys(bound_in(node)))
        body = []
        for statement in node.body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue
            new = self.visit(statement)
            body += new if isinstance(new, list) else [new]
        self.scopes.pop()
        node.body = [s for s in body if s is not None] or [ast.Pass()]
        return node

    def visit_Lambda(self, node):
        self.scopes.append(dict.fromkeys(bound_in(node)))
        self.generic_visit(node)
        self.scopes.pop()
        return node

    def visit_ClassDef(self, node):
        node.bases = [self.visit(b) for b in node.bases]
        own = {n.name for n in node.body if isinstance(n, ast.FunctionDef)}
        for statement in node.body:
            if isinstance(statement, ast.Assign):
                own |= {t.id for t in statement.targets}
        body = []
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):  # does not see the names of the class
                body.append(self.visit(statement))
            elif not (isinstance(statement, ast.Expr) and isinstance(statement.value,
            ast.Constant)):
                self.scopes.append(dict.fromkeys(own))
                body.append(self.visit(statement))
                self.scopes.pop()
        node.body = body or [ast.Pass()]
        return node

    def visit_Import(self, node):
        return self.inner_import(node)

    def visit_ImportFrom(self, node):
        return self.inner_import(node)

    def inner_import(self, node):
        """An import inside a function: nothing is left of it when its target is in this output."""
        kept = []
        for name, (base, attribute) in imported(node, self.module).items():
            found = self.bundle.follow(base, attribute)
            if found[0] == "outside":
                kept.append(outside_import(base, attribute, name))
            elif self.in_here(found):
                self.scopes[-1][name] = found
            elif found[0] == "module":
                home = self.bundle.home[found[1].name]
                home.whole = True
                kept.append(outside_import(home.name, None, name))
            else:
                home = self.bundle.home[found[1].name]
                kept.append(outside_import(home.name, home.names[found[1].name, found[2]], name))
        return kept or None

    def in_here(self, found):
        return found[0] == "constant" or self.bundle.home.get(found[1].name) is self.output

    def visit_Name(self, node):
        return self.replaced(node, self.meaning(node.id))

    def visit_Attribute(self, node):
        inside = self.module_of(node.value)
        if inside is None:
            self.generic_visit(node)
            return node
        return self.replaced(node, self.bundle.follow(inside.name, node.attr))

    def module_of(self, node):
        """The source module that an expression stands for, or None."""
        found = None
        if isinstance(node, ast.Name):
            found = self.meaning(node.id)
        elif isinstance(node, ast.Attribute):
            inside = self.module_of(node.value)
            found = inside and self.bundle.find(inside, node.attr)
        return found[1] if found and found[0] == "module" else None

    def replaced(self, node, found):
        if found is None:
            return node
        if found[0] == "constant":
            return ast.parse(repr(found[1]), mode="eval").body
        if found[0] == "module":
            raise Problem("%s uses a module as a value." % self.module.name)
        if found[0] == "outside":
            name = self.outside_name(*found[1:])
        else:
            home = self.bundle.home[found[1].name]
            name = home.names[found[1].name, found[2]]
            if home is not self.output:
                name = self.outside_name(home.name, name)
        return ast.Name(name, node.ctx)

    def outside_name(self, base, attribute):
        """The name under which the output imports something from elsewhere."""
        for name, (b, a) in self.output.needs.items():
            if (b, a) == (base, attribute):
                return name
        name = fresh(attribute or base, base, self.output.taken)
        self.output.needs[name] = (base, attribute)
        return name


def outside_import(base, attribute, name):
    if attribute is None:
        return ast.Import([ast.alias(base, name if name != base else None)])
    return ast.ImportFrom(base, [ast.alias(attribute, name if name != attribute else None)], 0)


def offer(bundle, output):
    """What a module that is used as an object also has: its constants, and what it imports."""
    module = output.modules[-1]
    for name in list(module.constants) + list(module.imports):
        found = bundle.find(module, name)
        if name.startswith("_") or found[0] not in ("constant", "name"):
            continue
        if found[0] == "constant":
            output.offered[name] = found[1]
            continue
        home = bundle.home[found[1].name]
        known = home.names[found[1].name, found[2]]
        if home is output and known != name:
            raise Problem("%s offers %s under another name." % (module.name, name))
        if home is not output:
            output.offered[name] = None
            output.needs[name] = (home.name, known)


def rewrite(bundle, output):
    """The output's statements: [(name bound or None, statement)]."""
    out = []
    for module in output.modules:
        rewriter = Rewriter(bundle, output, module)
        for node in module.statements:
            name = getattr(node, "name", None)
            if name == "__getattr__":
                continue
            if isinstance(node, ast.Assign):
                name = node.targets[0].id
            new = rewriter.visit(node)
            if name is not None:
                name = output.names[module.name, name]
                if not isinstance(new, ast.Assign):
                    new.name = name
            elif not isinstance(node, ast.Expr) and module is not output.modules[-1]:
                continue  # the `if __name__ == "__main__"` of a part
            out.append((name, ast.fix_missing_locations(new)))
    return out


def used_names(node):
    """Names read in a statement, decorators left out: the compiler alone reads those."""
    names = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            names.add(part.id)
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef) and part.decorator_list:
            names.discard("micropython")
    return names


def without_unused(statements, public):
    """Leave out what nothing public leads to."""
    by_name = {name: node for name, node in statements if name}
    todo = [name for name in by_name if name in public]
    for name, node in statements:
        if name is None:
            todo += used_names(node)
    live = set()
    while todo:
        name = todo.pop()
        if name in by_name and name not in live:
            live.add(name)
            todo += used_names(by_name[name])
    return [(name, node) for name, node in statements if name is None or name in live]


def inline_single_values(statements):
    """A literal that is read in one place stands there."""
    counts = {}
    for _, node in statements:
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                counts[part.id] = counts.get(part.id, 0) + 1
    values = {}
    for name, node in statements:
        if isinstance(node, ast.Assign) and counts.get(name) == 1:
            if folded(node.value, {}) is not None:
                values[name] = node.value

    class Inline(ast.NodeTransformer):
        def visit_Name(self, node):
            return values.get(node.id, node) if isinstance(node.ctx, ast.Load) else node

    return [(name, Inline().visit(node)) for name, node in statements if name not in values]


def source_of(output, statements):
    """The output as text: imports first."""
    used = set()
    for _, node in statements:
        used |= used_names(node)
    lines = []
    for name, (base, attribute) in output.needs.items():
        if name in used or name in output.offered:
            lines.append(ast.unparse(outside_import(base, attribute, name)))
    offered = output.offered.items()
    lines += ["%s = %r" % (name, value) for name, value in offered if value is not None]
    return "\n".join(lines + [ast.unparse(shown(node)) for _, node in statements]) + "\n"
