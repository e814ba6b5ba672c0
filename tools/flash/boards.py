"""The boards of boards/, and what follows from a board's microcontroller."""

import ast
import json

from tools.flash import Trouble
from tools.qemuboard import ROOT

BOARDS = ROOT / "boards"

# mcu in board.json: (sys.platform, architecture of .mpy files unless the board says another,
# form of its firmware)
MCUS = {
    "rp2040": ("rp2", "armv6m", "uf2"),
    "rp2350": ("rp2", "armv7emsp", "uf2"),
    "esp32": ("esp32", "xtensawin", "bin"),
    "stm32f7": ("pyboard", "armv7emsp", None),
    "mps2": ("qemu", "armv7m", None),
    "host": ("linux", "x64", None),
}

# USB vendors whose ports may be the board's: its own USB, or a chip between USB and its UART.
# The Pico's REPL is 2e8a:0005 (ports/rp2/mpconfigport.h), or a board maker's product number.
USB_VENDORS = {
    "rp2": {0x2E8A: "Raspberry Pi"},
    "esp32": {
        0x303A: "Espressif",
        0x10C4: "Silicon Labs",
        0x1A86: "WCH",
        0x0403: "FTDI",
    },
    "pyboard": {0xF055: "MicroPython", 0x0483: "STMicroelectronics"},
    "qemu": {},
}


class Board:
    """One folder of boards/.  Trouble: there is none of this name."""

    def __init__(self, name):
        self.name = name
        self.folder = BOARDS / name
        if not (self.folder / "board.json").exists():
            raise Trouble("there is no board %s; there are %s." % (name, ", ".join(names())))
        self.about = json.loads((self.folder / "board.json").read_text(encoding="utf-8"))
        self.platform, self.arch, self.firmware = MCUS[self.about["mcu"]]
        if self.platform == "linux":
            raise Trouble("%s is this computer: `make demo` starts the device here." % name)

    @property
    def product(self):
        return self.about["product"]

    def source(self):
        """The text of board.py."""
        return (self.folder / "board.py").read_text(encoding="utf-8")


def names():
    """The names of all boards."""
    return sorted(path.parent.name for path in BOARDS.glob("*/board.json"))


def flashable():
    """The boards that can be flashed, as Board objects."""
    every = []
    for name in names():
        about = json.loads((BOARDS / name / "board.json").read_text(encoding="utf-8"))
        if MCUS[about["mcu"]][0] != "linux":
            every.append(Board(name))
    return every


def imported(text, prefix, package=""):
    """The modules below `prefix` (with its dot) that a source text imports anywhere; `package` is
    the one that the text is in."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level]
            base = ".".join(above + [node.module] if node.module else above)
            base = base if node.level else node.module
            found.add(base)
            found.update(base + "." + alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {name for name in found if name.startswith(prefix)}
