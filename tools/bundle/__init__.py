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

import ast
import pathlib
import shutil

from tools.bundle.inline import inline
from tools.bundle.rewrite import (
    inline_single_values,
    rewrite,
    source_of,
    without_unused,
)
from tools.bundle.share import attributes, share
from tools.bundle.source import Bundle, Output, Problem

__all__ = ["Problem", "bundle", "write"]

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# output module -> (source modules: its roots, public names, what becomes a module of its own)
STACK_ROOTS = ("ferrule", "ferrule.stack", "ferrule.api.nic", "ferrule.api.socket")


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
