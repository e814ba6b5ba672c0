"""Releases: ferrule compiled for one architecture, in one profile, ready to be installed.

    from tools import release
    files = release.build("build/x", "armv6m", "core", part="echo")

writes a tree below build/x that is copied to a board as it is:

    part "library"   ferrule/...                     for /lib: `import ferrule`, everything in it
    part "echo"      ferrule/..., device.mpy, ...    for /: the HTTP echo device, a closed program
                     main.py                         that needs only a board.py beside main.py

and returns what it wrote.  `arch_of(number)` names the release for a board that says
`sys.implementation._mpy`.  What the profiles have: PROFILES of tools/bundle/profile.py; what a
release costs: SIZES.md.  `python -m tools.release` makes all of them.
"""

import pathlib
import shutil
import subprocess
import tempfile

from tools import bundle, qemuboard
from tools.bundle.profile import PROFILES

__all__ = ["ARCHES", "PARTS", "PROFILES", "Failure", "arch_of", "build", "sources", "version"]

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = ROOT / "build" / "release"

# name -> where it runs.  Each but the last is mpy-cross's -march.
ARCHES = {
    "armv6m": "RP2040 (Raspberry Pi Pico, W5500-EVB-Pico), SAMD21 and other Cortex-M0+",
    "armv7m": "Cortex-M3 and up: STM32F1/F2, QEMU's MPS2-AN385",
    "armv7emsp": "Cortex-M4F, M7, M33 (STM32F4/F7/H7, RP2350, i.MX RT, nRF52840)",
    "xtensa": "ESP8266",
    "xtensawin": "ESP32, ESP32-S2, ESP32-S3",
    "rv32imc": "ESP32-C3, -C6, RP2350 with its RISC-V cores",
    "x64": "the unix port on a PC",
    "bytecode": "any firmware, also one that runs no machine code of ours: slower (see README.md)",
}

# sys.implementation._mpy >> 10 (py/persistentcode.h) -> the release that such a board takes.  ARM
# takes what was made for a smaller ARM; armv7emdp has the double precision that nothing here uses.
_NUMBERS = {0: "bytecode", 2: "x64", 4: "armv6m", 5: "armv7m", 6: "armv7m", 7: "armv7emsp",
            8: "armv7emsp", 9: "xtensa", 10: "xtensawin", 11: "rv32imc"}

PARTS = ("library", "echo")

# Links whose driver is in the assembler of one machine.
_ONLY_ARM = ("ferrule/link/lan9118.py",)

BYTECODE = "bytecode"


class Failure(Exception):
    """A release cannot be made; the message is one sentence."""


def arch_of(number):
    """The name of the release for a board whose sys.implementation._mpy is `number`: "bytecode"
    where its firmware runs no machine code.

    Failure: it is of a kind that no release is made for.
    """
    arch = _NUMBERS.get(number >> 10 & 15)
    if arch is None:
        raise Failure("No release is made for architecture %d of .mpy files." % (number >> 10))
    return arch


def march(arch):
    """mpy-cross's -march for a release; None: it has no machine code."""
    return None if arch == BYTECODE else arch


def version():
    """The package's version, as lib/ferrule/__init__.py says it."""
    for line in (ROOT / "lib" / "ferrule" / "__init__.py").read_text("utf-8").splitlines():
        if line.startswith("__version__"):
            return line.split('"')[1]
    raise Failure("lib/ferrule/__init__.py has no __version__.")


_texts = {}


def sources(arch, profile, part):
    """{path: Python source} of a release before it is compiled."""
    if arch not in ARCHES or profile not in PROFILES or part not in PARTS:
        raise Failure(
            "There is no release %s, %s, %s: take one of %s; of %s; of %s."
            % (arch, profile, part, " ".join(ARCHES), " ".join(PROFILES), " ".join(PARTS))
        )
    form = part == "echo", False, arch.startswith("arm"), profile, arch == BYTECODE
    if form not in _texts:
        _texts[form] = bundle.bundle(*form).texts
    left_out = () if form[2] else _ONLY_ARM
    return {path: text for path, text in _texts[form].items() if path not in left_out}


def build(folder, arch, profile, part="library"):
    """Write a release below `folder`, in place of what an earlier one left there.  Returns {path:
    bytes} of the files written, by names relative to the folder.

    Failure: no such release, or mpy-cross refuses a file.
    """
    folder = pathlib.Path(folder)
    texts = sources(arch, profile, part)
    shutil.rmtree(folder / "ferrule", ignore_errors=True)
    for old in folder.glob("*.mpy"):
        old.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as tmp:
        for path, text in texts.items():
            # MicroPython starts main.py by itself, but no main.mpy.
            target = (folder if path == "main.py" else pathlib.Path(tmp)) / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        try:
            qemuboard.compile_tree(tmp, folder, march=march(arch))
        except (qemuboard.BoardError, subprocess.SubprocessError) as error:
            raise Failure(str(error)) from error
    written = [p if p == "main.py" else p[:-3] + ".mpy" for p in sorted(texts)]
    return {path: (folder / path).stat().st_size for path in written}
