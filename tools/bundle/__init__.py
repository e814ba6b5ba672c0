"""The release form: few modules out of many.

    python -m tools.bundle FOLDER             firmware/ as FOLDER/device.py, main.py, pages.py,
                                              and of lib/ferrule what the device reaches
    python -m tools.bundle --whole FOLDER     the same with all of lib/ferrule
    python -m tools.bundle --library FOLDER   all of lib/ferrule, without the device
    python -m tools.bundle --profile core --thumb FOLDER
                                              without SACK, timestamps, ECN, urgent data and SYN
                                              cookies (profile.py), with the assembler of ARM
    python -m tools.bundle --bytecode FOLDER  for firmware that runs no machine code (plain.py)
    python -m tools.bundle --list             which source files go into which module
    python -m tools.bundle --names            which name stands for which of the source

A module costs heap for its dictionary, an import costs an entry there, and a name costs a place in
a table, wherever the code itself lies.  The source has many small modules with names in full; this
program writes the same program as a few modules:

    ferrule/__init__.py      everything a stack always needs; Stack is here from the start
    ferrule/NAME.py          what the source imports inside a function, when it is first needed
    ferrule/link/NAME.py     the links as they are
    device.py, main.py       firmware/: the device, and the program that starts it

Imports between bundled modules are resolved, names that two modules share get their module's name
before them, constants become numbers, and what nobody calls is left out.  With --whole and
--library `import ferrule` then behaves as the source does.  The device alone is a closed program,
so more goes: methods that it never calls (shake.py), and most names (names.py, words.py).  The
output is never committed, and nobody needs to read it.
"""

import ast
import pathlib
import shutil

from tools.bundle import names
from tools.bundle.inline import inline
from tools.bundle.leaves import short_conditions
from tools.bundle.merge import merge_leaves
from tools.bundle.once import inline_methods
from tools.bundle.profile import CLOSED, PROFILES
from tools.bundle.rewrite import (
    inline_single_values,
    offer,
    rewrite,
    source_of,
    used_names,
    without_unused,
)
from tools.bundle.shake import shake
from tools.bundle.share import attributes, share
from tools.bundle.slots import share_slots
from tools.bundle.source import Bundle, Output, Problem

__all__ = ["Problem", "bundle", "write"]

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# output module -> (source modules: its roots, public names, what becomes a module of its own)
STACK_ROOTS = ("ferrule", "ferrule.stack", "ferrule.api.nic", "ferrule.api.socket")


# What programs import by name and the stack never does, module: name; a closed program is without.
ASKED_FOR = {"reconnect": "Reconnecting"}


def laid_out(device, thumb, kind, bytecode, closed):
    """(Bundle, names of the links' modules, public names by module)."""
    without = PROFILES[kind] + (CLOSED if closed else ())
    b = Bundle([ROOT / "lib", ROOT / "firmware"], thumb, without, bytecode)
    stack = Output("ferrule", "ferrule/__init__.py")
    b.add(stack, STACK_ROOTS)
    public = {"ferrule": {"Stack", "__version__"}}
    if not closed:
        for module, name in ASKED_FOR.items():
            b.add(Output("ferrule." + module, "ferrule/%s.py" % module), ["ferrule." + module])
            public["ferrule." + module] = {name}
    b.add_lazy(stack, "ferrule.")
    links = b.add_links(ROOT / "lib" / "ferrule" / "link")
    for name in links:
        public[name] = {n for n in b.module(name).defined if not n.startswith("_")}
    if device:
        b.add(Output("device", "device.py"), ["main", "echo", "httpd"])
        public["device"] = {"device", "main"}
        b.add_lazy(b.outputs[-1], "")
    return b, links, public


def shaken(outputs, statements, links):
    """The statements of the modules that the device reaches, and of the links."""
    roots = [("device", "device"), ("device", "main")]
    for name in links:
        roots += asked_for(outputs[name], statements[name])
    above = {name: pieces for name, pieces in statements.items() if name not in links}
    needs = {name: output.needs for name, output in outputs.items()}
    out = shake(above, needs, {name: output.offered for name, output in outputs.items()}, roots)
    out.update({name: statements[name] for name in links})
    return out


def above(statements, links):
    """The statements of all modules but the links'."""
    return [piece for name in statements if name not in links for piece in statements[name]]


def reduced(outputs, statements, public, links, closed):
    """The statements without what nobody uses, and what is used once where it is used."""
    out = {}
    for name, pieces in statements.items():
        face = public.get(name, set())
        out[name] = inline(inline_single_values(without_unused(pieces, face)), face)
    if closed:
        for name in out:
            if name not in links:
                inline_methods(above(out, links), out[name], names.KEPT)
                out[name] = inline(out[name], public.get(name, set()))
    return out


def with_words(outputs, statements, links):
    """(statements with attributes under the interpreter's words, {attribute: word})."""
    objects = [name for name in statements if outputs[name].whole]
    kept = {name for module in objects for name, _ in statements[module]}
    kept = kept.union(*(outputs[module].offered for module in objects))
    always = statements["ferrule"] + statements["device"]
    table = names.table(above(statements, links), kept, always)
    for name in statements:
        if name not in links:
            statements[name] = names.rename_attributes(statements[name], table)
    return statements, table


def asked_for(output, statements):
    """[(module, name or None)] of what an output's statements import."""
    found = [output.needs[name] for name in output.offered if name in output.needs]
    for _, node in statements:
        found += [output.needs[name] for name in used_names(node) if name in output.needs]
        for part in ast.walk(node):
            if isinstance(part, ast.ImportFrom) and part.level == 0:
                found += [(part.module, alias.name) for alias in part.names]
    return found


def no_clash(outputs):
    """`import ferrule.options` binds the name in the package: no global may bear it.

    Returns these names.
    """
    below = {name.split(".")[1] for name in outputs if "." in name}
    clash = below & set(outputs["ferrule"].names.values())
    if clash:
        raise Problem("%s is the name of a module and of a global in it." % ", ".join(clash))
    return below


def make_public(outputs, statements, public):
    """Add to each module's public names what the others ask for."""
    for name, pieces in statements.items():
        if outputs[name].whole and name != "ferrule":
            public[name] = {n for module in outputs[name].modules for n in module.defined}
        for base, attribute in asked_for(outputs[name], pieces):
            public.setdefault(base, set()).add(attribute)


class Result:
    """texts: {path: source text}.  parts: {path: names of the source modules in it}.  renamed:
    {path, or "" for attributes: {name there: name in the source}}.
    """

    def __init__(self):
        self.texts = {}
        self.parts = {}
        self.renamed = {"": {}}


def bundle(device=True, whole=False, thumb=False, kind="full", bytecode=False):
    """The Result for the package, and with `device` for firmware/, which then gets of the package
    what it can reach, or with `whole` all of it.  thumb: for ARM boards, with assembler.  kind:
    one of PROFILES.  bytecode: for firmware that runs no machine code of ours (plain.py).
    """
    b, links, public = laid_out(device, thumb, kind, bytecode, device and not whole)
    programs = {name: set(face) for name, face in public.items()}
    outputs = {output.name: output for output in b.outputs}
    statements = {
        name: short_conditions(merge_leaves(rewrite(b, output)))
        for name, output in outputs.items()
    }
    for output in b.outputs:
        if output.whole and output.name != "ferrule":
            offer(b, output)
    below = no_clash(outputs)
    closed = device and not whole
    if closed:
        statements = shaken(outputs, statements, links)
    make_public(outputs, statements, public)
    statements = reduced(outputs, statements, public, links, closed)
    result = Result()
    if closed:
        statements, table = with_words(outputs, statements, links)
        result.renamed[""] = {new: old for old, new in table.items()}
    there = [name for name in attributes(statements["ferrule"]) if name not in below]
    for name, pieces in statements.items():
        path = outputs[name].path
        face = public.get(name, set())
        hidden = closed and name not in links
        made = programs.get(name, ())
        pieces, table = share(share_slots(pieces), face, there, hidden, made)
        result.renamed[path] = {new: old for old, new in table.items()}
        result.texts[path] = source_of(outputs[name], pieces)
        result.parts[path] = [module.name for module in outputs[name].modules]
    if device:
        result.texts["main.py"] = (
            'from device import device, main\n\nif __name__ == "__main__":\n    main()\n'
        )
    return result


def write(folder, device=True, whole=False, thumb=False, kind="full", bytecode=False):
    """Write the release form below a folder, in place of what an earlier run left there."""
    folder = pathlib.Path(folder)
    texts = bundle(device, whole, thumb, kind, bytecode).texts
    shutil.rmtree(folder / "ferrule", ignore_errors=True)
    for path, text in texts.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return sorted(texts)
