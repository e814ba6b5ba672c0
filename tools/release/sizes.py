"""The page with the sizes of releases, SIZES.md: part of tools/release."""

from tools.release import ARCHES, PROFILES, ROOT

FILE = ROOT / "tools" / "release" / "SIZES.md"

HEAD = """# What a release costs

Written by `python -m tools.release --write-sizes` from what mpy-cross made, in bytes. *Start* is
the module that `import ferrule` loads, with `Stack` and its sockets in it; *all* is the whole
library with every link, of which a board loads one: what flash it takes. *Echo* is the HTTP echo
device with the links, start and all likewise (start: the stack's module and the device's).

Machine code is copied to the heap when it is loaded; bytecode in a ROMFS or frozen runs where it
lies. What a device takes of the heap is measured on a Cortex-M3 by `make bench`: see the table in
the project's README.md.

| for | profile | library: start | all | echo: start | all |
|---|---|---|---|---|---|
"""


def figures(made):
    """(start, all) of the library and of the echo device, in bytes."""
    library, echo = made["library"], made["echo"]
    start = "ferrule/__init__.mpy"
    return (library[start], sum(library.values()),
            echo[start] + echo["device.mpy"] + echo["main.py"], sum(echo.values()))


def row(arch, profile, made):
    numbers = " | ".join(format(number, ",") for number in figures(made))
    return "| `%s` | `%s` | %s |\n" % (arch, profile, numbers)


def page(table):
    """The page; table: {(arch, profile): {part: {path: bytes}}}."""
    order = [(arch, profile) for arch in ARCHES for profile in reversed(list(PROFILES))]
    return HEAD + "".join(row(*key, table[key]) for key in order if key in table)
