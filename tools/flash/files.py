"""The files of the device, compiled for a board's architecture."""

import functools
import pathlib
import tempfile

from tools import bundle, release
from tools.flash import Trouble
from tools.flash.boards import imported
from tools.qemuboard import ROOT, BoardError, compile_tree

LIB = "lib/"  # where mip installs, too
MAIN = "main.py"
BOARD = "board.py"


class Form:
    """What is installed: profile (of tools/bundle/profile.py), whole (with all of the package,
    for programs of one's own), source (as .py, compiled on the board)."""

    def __init__(self, profile="full", whole=False, source=False):
        self.profile = profile
        self.whole = whole
        self.source = source


def links_of(text, texts):
    """The names of the link modules that a board.py needs, directly or through others."""
    needed, todo = set(), imported(text, "ferrule.link.")
    while todo:
        name = todo.pop()
        path = name.replace(".", "/") + ".py"
        if path in texts and path not in needed:
            needed.add(path)
            todo |= imported(texts[path], "ferrule.link.", "ferrule.link")
    return needed


@functools.cache
def sources(arch, profile, whole):
    """{path: source text} of the device.  Trouble: it cannot be made."""
    try:
        if whole:
            plain = arch == release.BYTECODE
            return bundle.bundle(True, True, arch.startswith("arm"), profile, plain).texts
        return release.sources(arch, profile, "echo")
    except (bundle.Problem, release.Failure) as error:
        raise Trouble(str(error)) from None


@functools.cache
def as_written():
    """{path: source text} of lib/ and firmware/: many small modules, which a board can compile."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for folder in (ROOT / "lib", ROOT / "firmware")
        for path in sorted(folder.rglob("*.py"))
    }


def device_files(board, arch, form):
    """{path on the board: bytes}: the package and the device below lib/, main.py and board.py.

    Trouble: they cannot be compiled.
    """
    texts = as_written() if form.source else sources(arch, form.profile, form.whole)
    needed = links_of(board.source(), texts)
    code = {
        path: text for path, text in texts.items()
        if path != MAIN and (not path.startswith("ferrule/link/") or path in needed)
    }
    files = compiled(code, arch) if not form.source else {
        path: text.encode() for path, text in code.items()
    }
    out = {LIB + path: data for path, data in sorted(files.items())}
    out[BOARD] = board.source().encode()
    out[MAIN] = texts[MAIN].encode()  # last: a copy that is cut short starts nothing
    return out


def compiled(texts, arch):
    """{path with .mpy: bytes} of {path: text}."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder) / "py", pathlib.Path(folder) / "mpy"
        for path, text in texts.items():
            file = source / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        try:
            compile_tree(source, target, march=release.march(arch))
        except BoardError as error:
            raise Trouble(str(error).split("\n")[-1].rstrip(".") + ".") from None
        return {
            path.relative_to(target).as_posix(): path.read_bytes()
            for path in sorted(target.rglob("*.mpy"))
        }


def left_over(files, there):
    """Paths on the board that an earlier installation left and that would be in the way: what is
    no longer part of the package, and the same module under the other suffix or in the root,
    which MicroPython would find first."""
    stems = {path.rpartition(".")[0].removeprefix(LIB) for path in files}
    program = {LIB + path.stem for path in (ROOT / "firmware").glob("*.py")} | {LIB + "device"}
    out = []
    for path, (digest, _) in there.items():
        stem = path.rpartition(".")[0].removeprefix(LIB)
        ours = path.startswith((LIB + "ferrule/", "ferrule/")) or path in (
            LIB + "ferrule", "ferrule") or path.rpartition(".")[0] in program
        if digest is None:
            if path == "ferrule" or path.startswith("ferrule/"):
                out.append(path)
        elif path not in files and (ours or stem in stems and path.endswith((".py", ".mpy"))):
            out.append(path)
    # Folders after what is in them.
    return sorted(out, key=lambda path: (there[path][0] is None, -path.count("/"), path))
