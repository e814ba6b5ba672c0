"""Command line of tools/boards."""

import argparse
import json
import sys

from tools import qemuboard
from tools.boards import RAM, TOLERANCE, UNIX32, heap, read, texts
from tools.flash.boards import flashable
from tools.qemuboard import BoardError

ABOUT = (
    "Written by python -m tools.boards: bytes of heap on the emulated Cortex-M3 (tools/boards), of"
    " board.py with its link, and of the device that tools/flash installs, code included."
)


def measure():
    found = {}
    for board in flashable():
        found[board.name] = heap(board)
        words = "  ".join("%s %d" % pair for pair in found[board.name].items())
        print("%-22s %s" % (board.name, words), flush=True)
    return found


def far_off(now, then):
    """The figures of `then` that are not those of `now`, in words."""
    for name, figures in now.items():
        for what, value in figures.items():
            old = then.get(name, {}).get(what, 0)
            if abs(value - old) > TOLERANCE * value:
                yield "%s: %s is %d, and was %d." % (name, what, value, old)


def main():
    parser = argparse.ArgumentParser(prog="python -m tools.boards",
                                     description="The RAM reports of boards/.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    why = qemuboard.missing(qemuboard.ROOMY) or (
        None if UNIX32.exists() else "there is no 32-bit interpreter: run make interpreters")
    if why:
        print("boards: %s." % why, file=sys.stderr)
        return 1
    try:
        found = measure()
    except BoardError as error:
        print("boards: %s" % error, file=sys.stderr)
        return 1
    if check:
        wrong = list(far_off(found, read()))
        print("\n".join(wrong) or "As measured before.", file=sys.stderr if wrong else sys.stdout)
        return 1 if wrong else 0
    RAM.write_text(json.dumps({"about": ABOUT, "boards": found}, indent=2) + "\n",
                   encoding="utf-8")
    for path, text in texts(found).items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
