"""The source files, and which output each goes into: part of tools/bundle."""

import ast
import contextlib
import copy
import pathlib

from tools.bundle import plain, profile


class Problem(Exception):
    """The source uses something that cannot be bundled; the message is one sentence."""


class Module:
    """One source file: its tree, and what each of its global names stands for."""

    def __init__(self, name, path, thumb=False, without=(), bytecode=False):
        self.name = name
        self.package = path.name == "__init__.py"
        self.tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        if without:
            self.tree = profile.reduce(self.tree, without)
        if bytecode:
            self.tree = plain.twins(self.tree)
        self.tree.body = decided(self.tree.body, thumb)
        for node in self.tree.body:
            hide_assembler(node)
        self.constants = {}
        self.defined = {}  # name -> the statement that binds it
        self.imports = {}  # name -> (module, attribute or None)
        self.statements = []
        for statement in self.tree.body:
            for node in one_by_one(statement):
                self.read(node)
        for node in self.statements:
            if hasattr(node, "assembler"):
                fill_in(node.assembler[1], self.constants)

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


def decided(body, thumb):
    """The statements of a module with `if THUMB:` (wire/arch.py) taken or left out, and what an
    import in it takes the place of.
    """
    out = []
    for node in body:
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "THUMB":
            if thumb:
                new = {a.asname or a.name for part in node.body for a in part.names}
                out = [old for old in out if getattr(old, "name", None) not in new] + node.body
        elif not (isinstance(node, ast.ImportFrom) and node.names[0].name == "THUMB"):
            out.append(node)
    return out


def hide_assembler(node):
    """Put the body of an assembler function aside (shown() brings it back): its names are
    registers, labels and instructions, and nobody may give them others.
    """
    for decorator in getattr(node, "decorator_list", ()):
        if isinstance(decorator, ast.Attribute) and decorator.attr == "asm_thumb":
            node.assembler = (copy.deepcopy(node.args), node.body)
            node.body = [ast.Pass()]


def fill_in(body, constants):
    """Constants become numbers in the body of an assembler function."""
    for part in ast.walk(ast.Module(body, [])):
        for name, value in ast.iter_fields(part):
            if isinstance(value, list):
                value[:] = [number_of(item, constants) for item in value]
            elif isinstance(value, ast.AST):
                setattr(part, name, number_of(value, constants))


def number_of(node, constants):
    value = constants.get(getattr(node, "id", None))
    return node if value is None else ast.copy_location(ast.Constant(value), node)


def shown(node):
    """A statement as it is written: with the assembler that was put aside."""
    if hasattr(node, "assembler"):
        node.args, node.body = node.assembler
    return node


def one_by_one(node):
    """`a, b = 1, 2` as two assignments; anything else as it is."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
        if isinstance(node.value, ast.Tuple) and len(node.targets) == 1:
            pairs = zip(node.targets[0].elts, node.value.elts)
            return [ast.copy_location(ast.Assign([name], value), node) for name, value in pairs]
    return [node]


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
        self.offered = {}  # then also: {name: value, or None for what is imported}


class Bundle:
    """All outputs, and which of them holds which source module."""

    def __init__(self, folders, thumb=False, without=(), bytecode=False):
        self.folders = folders
        self.bytecode = bytecode  # leaves as ordinary functions: plain.py
        self.without = without  # features of TCP: profile.py
        self.thumb = thumb  # the assembler of ARM boards in place of what it stands for
        self.modules = {}  # name -> Module
        self.home = {}  # name -> Output
        self.outputs = []

    def module(self, name):
        if name not in self.modules:
            path = find_source(name, self.folders)
            form = self.thumb, self.without, self.bytecode
            self.modules[name] = Module(name, path, *form) if path else None
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
        """Each link stays a module of its own; returns their names.  One whose driver is in
        assembler has no form as bytecode.
        """
        names = []
        for path in sorted(folder.glob("*.py")):
            with contextlib.suppress(plain.CannotBePlain):
                names.append(self.module("ferrule.link." + path.stem).name)
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
        if module is None or self.home.get(name, output) is not output:
            return
        if module in output.modules:
            return
        self.home[name] = output
        for target in top_imports(self, module):
            self.pull(output, target)
        output.modules.append(module)

    def lazy(self, output):
        """Source modules that the output's functions import and that have no home yet; and those
        among them that are imported as objects.
        """
        found, objects = [], set()
        for module in output.modules:
            for node in ast.walk(module.tree):
                if isinstance(node, (ast.Import, ast.ImportFrom)):
                    names = imported(node, module)
                    for target in targets(self, names):
                        if target not in self.home and target not in found:
                            found.append(target)
                    objects |= {b + "." + a if a else b for b, a in names.values()}
        return found, objects & set(found)

    def add_lazy(self, output, below):
        """An output for each of these; what is an object has one for itself.  below: the package
        that they become a part of, or "".  The same for what these import in functions.
        """
        found, objects = self.lazy(output)
        names = {name: below + name.rsplit(".", 1)[-1] for name in found}
        outputs = {name: Output(to, to.replace(".", "/") + ".py") for name, to in names.items()}
        self.home.update({name: outputs[name] for name in objects})
        for name in found:
            if self.home.get(name, outputs[name]) is outputs[name]:
                self.add(outputs[name], [name])
        for name in found:
            if outputs[name].modules:
                self.add_lazy(outputs[name], below)

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
