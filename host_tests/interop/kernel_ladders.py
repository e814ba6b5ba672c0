"""Plays ladders on the kernel: `python kernel_ladders.py ladders/test_open.py::test_x ...`.

Prints for each a line of JSON, [its name, "" or why it failed]. Runs inside a user namespace;
test_kernel_ladders.py starts it.
"""

import importlib
import json
import os
import sys
from pathlib import Path

from kernelwire import KernelWire

TESTS = Path(__file__).resolve().parent.parent
# Ladders about the options: for these the kernel has them on.
WITH_OPTIONS = (
    "test_ecn", "test_options", "test_sack", "test_sack_sender", "test_scale", "test_timestamps",
)  # fmt: skip


def play(name):
    """Play one ladder on a new wire; "" or the failure's text."""
    path, _, function = name.partition("::")
    sys.path.insert(0, str((TESTS / path).parent))
    module = importlib.import_module(Path(path).stem)
    sys.path.pop(0)
    wire = KernelWire(options=Path(path).stem in WITH_OPTIONS)
    try:
        getattr(module, function)(wire)
    except Exception as error:  # noqa: BLE001  (whatever it is, it is this ladder's result)
        return f"{error.__class__.__name__}: {error}"
    finally:
        wire.dispose()
    return ""


def main(names):
    """Play each in a process of its own, which leaves nothing behind."""
    for name in names:
        reading, writing = os.pipe()
        if not os.fork():
            os.write(writing, json.dumps([name, play(name)[:20000]]).encode() + b"\n")
            os._exit(0)
        os.close(writing)
        with open(reading) as said:
            print(said.read() or json.dumps([name, "it crashed"]), end="", flush=True)
        os.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
