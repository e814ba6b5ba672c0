"""The release form: few modules out of many.

    python -m tools.bundle FOLDER           lib/ferrule and firmware/ as FOLDER/ferrule,
    device.py, ...
    python -m tools.bundle --list           which source files go into which module

A module costs heap for its dictionary, an import costs an entry there, and a name costs a place in
a
table, wherever the code itself lies.  The source has many small modules with names in full; this
program writes the same program as a few modules:

    ferrule/__init__.py      everything a stack always needs; Stack is here from the start
    ferrule/NAME.py          what the source imports inside a function, when it is first needed
    ferrule/link/NAME.py     the links as they are
    device.py, main.py       firmware/: the device, and the program that starts it

Imports between bundled modules are resolved, names that two modules share get their module's name
before them, constants become numbers, and what nobody calls is left out.  The output is never
committed, and nobody needs to read it: `import ferrule` behaves the same with either.
"""

import argparse
import ast
import pathlib
import shutil
import sys

from tools.inline import inline
from tools.share import attributes, share

ROOT = pathlib.Path(__file__).resolve().parent.parent

# output module -> (source modules: its roots, public names, what becomes a module of its own)
STACK_ROOTS = ("ferrule", "ferrule.stack", "ferrule.api.nic", "ferrule.api.socket")


class Problem(Exception):
    """The source uses something that cannot be bundled; the message is one sentence."""


# ---- reading the source -------------------------------------------------------------------------


class Module:
    """One source file: its tree, and what each of its global names stands for."""

    def __init__(self, name, path):
        self.name = name
        self.package = path.name == "__init__.py"
        self.tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        self.constants = {}
        self.defined = {}  # name -> the statement that binds it
        self.imports = {}  # name -> (module, attribute or None)
        self.statements = []
        for node in self.tree.body:
            self.read(node)

    def read(self, node):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self.imports.update(imported(node, self))
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            self.defined[node.name] = node
            self.statements.append(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            value = folded(node.value, self.constants)
            if len(node.targets) > 1 or name in self.defined or name in self.constants:
                raise Problem("%s binds %s in a way that cannot be bundled." % (self.name, name))
            if type(value) is int:
                self.constants[name] = value
            else:
                if value is not None:
                    node.value = ast.parse(repr(value), mode="eval").body
                self.defined[name] = node
                self.statements.append(node)
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            self.statements.append(node)


def imported(node, module):
    """What an import statement binds: {name: (module, attribute or None)}, absolute names."""
    if isinstance(node, ast.Import):
        return {a.asname or a.name: (a.name, None) for a in node.names}
    base = node.module or ""
    if node.level:
        parts = module.name.split(".")
        keep = len(parts) - node.level + (1 if module.package else 0)
        base = ".".join(parts[:keep] + ([base] if base else []))
    return {a.asname or a.name: (base, a.name) for a in node.names}


def folded(node, constants):
    """The value of an expression of literals and constants, or None."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "const":
        node = node.args[0]
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id not in constants:
            return None
        if isinstance(part, (ast.Call, ast.Attribute, ast.List, ast.Dict, ast.comprehension)):
            return None
    return eval(compile(ast.Expression(node), "constant", "eval"), {}, dict(constants))  # noqa: S307


def find_source(name, folders):
    """The file of a module, or None when it is not ours."""
    relative = pathlib.Path(*name.split("."))
    for folder in folders:
        for path in (folder / relative / "__init__.py", (folder / relative).with_suffix(".py")):
            if path.exists():
                return path
    return None


# ---- what goes where ----------------------------------------------------------------------------


class Output:
    """A module to be written: the source modules in it, in the order in which they are executed.
    """

    def __init__(self, name, path):
        self.name = name
        self.path = path
        self.modules = []
        self.names = {}  # (source module, name) -> name in here
        self.taken = set()
        self.needs = {}  # name here -> (module, attribute or None) that it is imported from
        self.whole = False  # imported as a module: every name of it is public


class Bundle:
    """All outputs, and which of them holds which source module."""

    def __init__(self, folders):
        self.folders = folders
        self.modules = {}  # name -> Module
        self.home = {}  # name -> Output
        self.outputs = []

    def module(self, name):
        if name not in self.modules:
            path = find_source(name, self.folders)
            self.modules[name] = Module(name, path) if path else None
        return self.modules[name]

    def add(self, output, roots):
        """Put the roots and what they import at their top into an output."""
        self.outputs.append(output)
        for root in roots:
            self.pull(output, root)
        for module in output.modules:
            for name in module.defined:
                where = module.name.rsplit(".", 1)[-1].strip("_")
                output.names[module.name, name] = fresh(name, where, output.taken)

    def add_links(self, folder):
        """Each link stays a module of its own; returns their names."""
        names = ["ferrule.link." + path.stem for path in sorted(folder.glob("*.py"))]
        outputs = [Output(name, name.replace(".", "/") + ".py") for name in names]
        self.home.update(zip(names, outputs))
        for output in outputs:
            output.modules.append(self.module(output.name))
            self.add(output, [])
            for target in top_imports(self, output.modules[0]):
                if target not in self.home:
                    raise Problem("%s imports %s, which is not bundled." % (output.name, target))
        return names

    def pull(self, output, name):
        module = self.module(name)
        if module is None or name in self.home:
            return
        self.home[name] = output
        for target in top_imports(self, module):
            self.pull(output, target)
        output.modules.append(module)

    def lazy(self, output):
        """Source modules that the output's functions import and that have no home yet."""
        found = []
        for module in output.modules:
            for node in ast.walk(module.tree):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    for target in targets(self, imported(node, module)):
                        if target not in self.home and target not in found:
                            found.append(target)
        return found

    def find(self, module, name):
        """What a global name of a module stands for, followed through imports.

        ("constant", value), ("module", Module), ("name", Module, name), ("outside",
        module, attribute)
        or None for a builtin.
        """
        if name in module.constants:
            return "constant", module.constants[name]
        if name in module.defined:
            return "name", module, name
        if name in module.imports:
            return self.follow(*module.imports[name])
        for node in ast.walk(module.defined.get("__getattr__", ast.Pass())):
            if isinstance(node, ast.ImportFrom) and name in imported(node, module):
                return self.follow(*imported(node, module)[name])
        return None

    def follow(self, base, attribute):
        module = self.module(base)
        if attribute is None:
            return ("module", module) if module else ("outside", base, None)
        if self.module(base + "." + attribute):
            return "module", self.module(base + "." + attribute)
        if module is None:
            return "outside", base, attribute
        found = self.find(module, attribute)
        if found is None:
            raise Problem("%s has no name %s." % (base, attribute))
        return found


def fresh(name, prefix, taken):
    """A name that is not taken yet: the name itself, or with the module's before it."""
    if name in taken:
        name = "_%s_%s" % (prefix, name.strip("_"))
        while name in taken:
            name += "_"
    taken.add(name)
    return name


def targets(bundle, names):
    """The source modules of ours behind what an import binds."""
    for base, attribute in names.values():
        if attribute and bundle.module(base + "." + attribute):
            yield base + "." + attribute
        elif bundle.module(base):
            yield base


def top_imports(bundle, module):
    for node in module.tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from targets(bundle, imported(node, module))


# ---- rewriting ----------------------------------------------------------------------------------


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
        if name in used:
            lines.append(ast.unparse(outside_import(base, attribute, name)))
    return "\n".join(lines + [ast.unparse(node) for _, node in statements]) + "\n"


# ---- the outputs --------------------------------------------------------------------------------


def bundle(device=True):
    """{path: text} of the release form of the package, and with `device` of firmware/."""
    b = Bundle([ROOT / "lib", ROOT / "firmware"])
    stack = Output("ferrule", "ferrule/__init__.py")
    b.add(stack, STACK_ROOTS)
    for name in b.lazy(stack):
        short = name.rsplit(".", 1)[-1]
        b.add(Output("ferrule." + short, "ferrule/%s.py" % short), [name])
    public = {"ferrule": {"Stack", "__version__"}}
    for name in b.add_links(ROOT / "lib" / "ferrule" / "link"):
        public[name] = {n for n in b.module(name).defined if not n.startswith("_")}
    if device:
        b.add(Output("device", "device.py"), ["main", "echo", "httpd"])
        public["device"] = {"device", "main"}
        for name in b.lazy(b.outputs[-1]):
            if name != "board":
                b.add(Output(name, name + ".py"), [name])
    texts = {}
    statements = {output.name: rewrite(b, output) for output in b.outputs}
    for output in b.outputs:
        for base, attribute in list(output.needs.values()):
            public.setdefault(base, set()).add(attribute)
        for _, node in statements[output.name]:
            for part in ast.walk(node):
                if isinstance(part, ast.ImportFrom) and part.level == 0:
                    public.setdefault(part.module, set()).update(a.name for a in part.names)
    # `import ferrule.options` binds the name in the package: no global may bear it.
    below = {output.name.split(".")[1] for output in b.outputs if "." in output.name}
    clash = below & set(stack.names.values())
    if clash:
        raise Problem("%s is the name of a module and of a global in it." % ", ".join(clash))
    there = ()
    for output in b.outputs:
        if output.whole and output is not stack:
            public[output.name] = {n for module in output.modules for n in module.defined}
        kept = without_unused(statements[output.name], public.get(output.name, set()))
        face = public.get(output.name, set())
        kept = inline(inline_single_values(kept), face)
        if output is stack:
            there = [name for name in attributes(kept) if name not in below]
        texts[output.path] = source_of(output, share(kept, face, there))
    if device:
        texts["main.py"] = (
            'from device import device, main\n\nif __name__ == "__main__":\n    main()\n'
        )
    return texts, b


def write(folder, device=True):
    """Write the release form below a folder, in place of what an earlier run left there."""
    folder = pathlib.Path(folder)
    texts, _ = bundle(device)
    shutil.rmtree(folder / "ferrule", ignore_errors=True)
    for path, text in texts.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return sorted(texts)


def main():
    parser = argparse.ArgumentParser(
        prog="python -m tools.bundle",
        description="Write the package and the device as few modules.",
    )
    parser.add_argument("folder", nargs="?", help="where to write")
    parser.add_argument("--library", action="store_true", help="the package only")
    parser.add_argument("--list", action="store_true", help="which source goes into which module")
    args = parser.parse_args()
    try:
        if args.list:
            for output in bundle(not args.library)[1].outputs:
                print("%-24s %s" % (output.path, " ".join(m.name for m in output.modules)))
        elif args.folder is None:
            print("bundle: name a folder to write to.", file=sys.stderr)
            return 2
        else:
            print("\n".join(write(args.folder, not args.library)))
    except (Problem, OSError) as error:
        print("bundle: %s" % error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
