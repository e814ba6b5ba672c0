"""What mip installs from the source tree: package.json files, made from the tree.

    python -m tools.packages            write them
    python -m tools.packages --check    exit 1 when one is out of date (part of `make lint`)

    package.json             all of the package
    lib/stack.json           what every program needs
    lib/w5500.json, ...      an optional part each, to be installed beside stack.json
    firmware/package.json    the echo device

mip (micropython-lib, micropython/mip) copies the files that `urls` lists, relative to the JSON
file, and knows neither folders nor `..`: so each of these files stands above all that it lists.
A dependency in `deps` has to name its repository, so parts name none: stack.json comes first.
"""

import argparse
import ast
import json
import pathlib
import sys

from tools import release

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIB = ROOT / "lib"

# part -> the modules that a program asks for to have it; what they alone import comes with them.
LINKS = sorted(p.stem for p in (LIB / "ferrule" / "link").glob("*.py"))
SHARED = ("encchip", "frames", "spi", "wizchip", "wizleaves", "wiznet")  # parts of links
PARTS = {name: ["ferrule.link." + name] for name in LINKS if name not in SHARED}
PARTS["congestion"] = ["ferrule.tcp.cc." + name for name in ("tahoe", "reno", "cubic")]
PARTS["dhcp"] = ["ferrule.service." + p.stem for p in sorted((LIB / "ferrule/service").glob("*"))
                 if p.suffix == ".py"]
PARTS["dhcp"].append("ferrule.api.byserver")
PARTS["reconnect"] = ["ferrule.reconnect", "ferrule.comeback"]


def path_of(module):
    """The file of a module below lib/, or None."""
    path = LIB / pathlib.Path(*module.split("."))
    for file in (path / "__init__.py", path.with_suffix(".py")):
        if file.exists():
            return file
    return None


def imports(file, inside=False):
    """Modules of ours that a file imports when it is itself imported; inside: also those that its
    functions import.
    """
    package = file.parent.relative_to(LIB).parts
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree) if inside else tree.body:
        if isinstance(node, ast.If):
            found |= {m for part in node.body for m in named(part, package)}
        found |= named(node, package)
    return {module for module in found if path_of(module)}


def named(node, package):
    """Modules that an import statement may mean."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if not isinstance(node, ast.ImportFrom):
        return set()
    base = package[: len(package) - node.level + 1] if node.level else ()
    base = ".".join([*base, *([node.module] if node.module else [])])
    return {base} | {"%s.%s" % (base, alias.name) for alias in node.names}


def closure(modules, without=()):
    """The files of modules and of all that they import."""
    todo, files = list(modules), set()
    while todo:
        file = path_of(todo.pop())
        if file not in files and file not in without:
            files.add(file)
            todo += imports(file)
    return files


def parts():
    """{part: its files}."""
    every = set((LIB / "ferrule").rglob("*.py"))
    own = {path_of(module) for modules in PARTS.values() for module in modules}
    own |= {path_of("ferrule.link." + name) for name in SHARED}
    for module in PARTS["dhcp"]:  # what nothing else imports goes with the service
        own |= {f for f in closure([module]) if not asked_by_others(f, every - own)}
    out = {"stack": every - own}
    for name, modules in PARTS.items():
        out[name] = closure(modules, out["stack"])
    return out


def asked_by_others(file, others):
    """Whether one of these files imports a file, in a function or outside."""
    return any(file in map(path_of, imports(one, True)) for one in others if one != file)


def described(files, base):
    """A package.json for files below a folder."""
    names = sorted(path.relative_to(base).as_posix() for path in files)
    strip = "lib/"
    urls = [[name.removeprefix(strip), name] for name in names]
    lines = ",\n".join("    " + json.dumps(pair) for pair in urls)
    return '{\n  "version": "%s",\n  "deps": [],\n  "urls": [\n%s\n  ]\n}\n' % (
        release.version(), lines)


def texts():
    """{file: what it should hold}."""
    out = {ROOT / "package.json": described((LIB / "ferrule").rglob("*.py"), ROOT)}
    for name, files in parts().items():
        out[LIB / (name + ".json")] = described(files, LIB)
    firmware = ROOT / "firmware"
    out[firmware / "package.json"] = described(firmware.glob("*.py"), firmware)
    return out


def main():
    parser = argparse.ArgumentParser(
        prog="python -m tools.packages", description="Write what mip installs from the source.")
    parser.add_argument("--check", action="store_true", help="only say what is out of date")
    check = parser.parse_args().check
    wanted = texts()
    there = {*LIB.glob("*.json"), ROOT / "package.json", ROOT / "firmware" / "package.json"}
    wrong = [f for f in there | set(wanted)
             if not f.exists() or wanted.get(f) != f.read_text(encoding="utf-8")]
    for file in sorted(wrong):
        name = file.relative_to(ROOT)
        if check:
            print("packages: %s is out of date: python -m tools.packages" % name, file=sys.stderr)
        elif file in wanted:
            file.write_text(wanted[file], encoding="utf-8")
            print(name)
        else:
            file.unlink()
            print("%s is gone" % name)
    manifest = (ROOT / "manifest.py").read_text(encoding="utf-8")
    if 'version="%s"' % release.version() not in manifest:
        print("packages: manifest.py names another version.", file=sys.stderr)
        return 1
    return 1 if check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
