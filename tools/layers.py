"""The layers of lib/ferrule: which folder may import which, and the picture of it.

    python -m tools.layers            draw lib/ferrule/layers.svg from the imports as they are
    python -m tools.layers --check    exit 1 when an import points up or sideways, or the
    picture is out of date

Folders have ranks; an import goes to a folder of lower rank, or stays inside its own.  What must
travel up does so by registration in stack.py.
"""

import argparse
import ast
import pathlib
import sys
from html import escape

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIB = ROOT / "lib" / "ferrule"
PICTURE = LIB / "layers.svg"

# name -> (rank, what the folder is for)
LAYERS = {
    "": (7, "build it, turn it, name it; a connection that comes back"),
    "api": (6, "what programs see: sockets, addresses, tables as text"),
    "service": (5, "what the stack runs by itself: its address from a server"),
    "tcp": (4, "RFC 9293: connections, half-open and TIME_WAIT records"),
    "net": (3, "the interface: frames in and out, ARP, ICMP"),
    "link": (2, "what moves raw frames; a program hands one to the stack"),
    "core": (1, "rings, clock, keyed hash"),
    "wire": (0, "bytes to records and back, no state"),
}


def folder(path):
    parts = path.relative_to(LIB).parts
    return parts[0] if len(parts) > 1 else ""


def imports(path):
    """[(line, target)] of a file's imports inside the package; target is a path like
    tcp/input.py.
    """
    out = []
    package = list(path.relative_to(LIB).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1] + (
                node.module.split(".") if node.module else []
            )
            for alias in node.names:
                for target in (base + [alias.name], base):
                    file = LIB.joinpath(*target).with_suffix(".py")
                    if target and file.exists():
                        out.append((node.lineno, file))
                        break
    return out


def files():
    return sorted(p for p in LIB.rglob("*.py"))


def faults():
    """Sentences about imports that break the order."""
    out = []
    for path in files():
        here = folder(path)
        if here not in LAYERS:
            out.append("%s: the folder has no rank in tools/layers.py" % path.relative_to(ROOT))
            continue
        for line, target in imports(path):
            there = folder(target)
            if there != here and LAYERS[there][0] >= LAYERS[here][0]:
                out.append(
                    "%s:%d imports %s, which is not below it"
                    % (path.relative_to(ROOT), line, target.relative_to(LIB))
                )
    return out


def first_sentence(path):
    doc = ast.get_docstring(ast.parse(path.read_text())) or ""
    line = doc.split("\n")[0].rstrip(".")
    return line if len(line) < 78 else line[:75].rsplit(" ", 1)[0] + " ..."


def draw():
    """The picture: a band a folder, a row a file, an arrow for each folder that a folder
    imports.
    """
    bands = sorted(LAYERS, key=lambda k: -LAYERS[k][0])
    width, left, row = 960, 40, 19
    out = []
    y = 66
    middle = {}
    for name in bands:
        mine = [p for p in files() if folder(p) == name]
        height = 36 + row * len(mine)
        out.append(
            '<rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="#f6f8fa" stroke="#8c959f"/>'
            % (left, y, width - left - 190, height)
        )
        title = (name + "/") if name else "ferrule"
        out.append(
            '<text x="%d" y="%d" class="t">%s</text><text x="%d" y="%d" class="s">%s</text>'
            % (left + 12, y + 21, title, left + 92, y + 21, escape(LAYERS[name][1]))
        )
        for i, p in enumerate(mine):
            out.append(
                '<text x="%d" y="%d" class="f">%s</text><text x="%d" y="%d" class="d">%s</text>'
                % (
                    left + 24,
                    y + 40 + row * i,
                    str(p.relative_to(LIB / name)),
                    left + 150,
                    y + 40 + row * i,
                    escape(first_sentence(p)),
                )
            )
        middle[name] = (y, height)
        y += height + 18
    edges = sorted(
        {(folder(p), folder(t)) for p in files() for _, t in imports(p)} - {(n, n) for n in LAYERS}
    )
    right = width - 190
    out.extend(arrows(edges, middle, right))
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif">'
        "<style>.h{font-size:20px;font-weight:bold}.t{font-size:15px;font-weight:bold}.s{font-size:13px}"
        ".f{font-size:12px;font-family:monospace}.d{font-size:12px;fill:#57606a}</style>"
        '<defs><marker id="a" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto">'
        '<path d="M0,0 L9,4 L0,8 z" fill="#0969da"/></marker></defs>'
        '<rect width="100%%" height="100%%" fill="white"/>' % (width, y + 4)
    )
    title = (
        '<text x="%d" y="30" class="h">lib/ferrule: an arrow says imports, '
        'and none points up</text><text x="%d" y="50" class="s">Drawn from the sources by '
        "tools/layers.py. A link is handed to the stack by the program: nothing imports it.</text>"
        % (left, left)
    )
    return "\n".join([head, title] + out + ["</svg>", ""])


def arrows(edges, middle, right):
    """One curve an edge, leaving the upper band's right side and entering the lower one's;
    long ones bulge more.
    """
    used = {}
    out = []
    order = sorted(middle, key=lambda n: middle[n][0])
    for a, b in sorted(edges, key=lambda e: order.index(e[1]) - order.index(e[0])):
        leave, enter = used.get(a, 0), used.get(b, 0)
        used[a], used[b] = leave + 1, enter + 1
        y1 = middle[a][0] + 14 + 13 * leave
        y2 = middle[b][0] + 14 + 13 * enter
        bulge = right + 24 + 26 * (order.index(b) - order.index(a))
        out.append(
            '<path d="M%d,%d C%d,%d %d,%d %d,%d" fill="none" stroke="#0969da" '
            'stroke-width="1.3" marker-end="url(#a)">'
            "<title>%s imports %s</title></path>"
            % (right, y1, bulge, y1, bulge, y2, right + 2, y2, a or "stack", b)
        )
    return out


def main():
    ap = argparse.ArgumentParser(prog="python -m tools.layers", description=__doc__.split("\n")[0])
    ap.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 when something is wrong"
    )
    args = ap.parse_args()
    bad = faults()
    for line in bad:
        print(line, file=sys.stderr)
    picture = draw()
    if not PICTURE.exists() or PICTURE.read_text() != picture:
        if args.check:
            print(
                "%s is out of date: run python -m tools.layers" % PICTURE.relative_to(ROOT),
                file=sys.stderr,
            )
            return 1
        PICTURE.write_text(picture)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
