"""Runs one kind of session for many seeds and prints a line for each; tools/soak.py reads them.

    micropython host_tests/sim/run_seeds.py SESSION SEED...

Runs inside MicroPython; FERRULE_OVER=w5500 puts that chip's driver and model under the stacks. A
seed that fails prints what happened, then "seed N failed".
"""

import sys
import time

HERE = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
sys.path.insert(0, HERE + "/../fuzz")


def mangled(seed):
    """5000 mangled frames."""
    import barrage

    barrage.Barrage(seed).run(5000)
    return ""


def faults(seed):
    """500 faults that took effect, on the bus of the chip that FERRULE_OVER names."""
    sys.path.insert(0, HERE + "/../links")
    name = over.NAME
    if name == "enc28j60":
        from enc_faults import torture

        worst = torture(seed, FAULTS, irq=bool(seed & 1), reset=bool(seed & 2)).slowest
    elif name in ("w5500", "w5100s"):
        from wiz_faults import haunted

        worst = haunted(name.upper(), seed, FAULTS)
    else:
        from esp_faults import torture

        worst = torture(seed, FAULTS, 250 if name == "espnow_250" else None)
    return "recovered-in-%d-ms" % worst


def echo_10mb(seed):
    """Ten megabytes there and back."""
    return sessions.echo(seed, 10_000_000)


sys.path.insert(0, HERE)
import sessions  # noqa: E402

import over  # noqa: E402

FAULTS = 500
KINDS = dict(sessions.SESSIONS, echo_10mb=echo_10mb, mangled=mangled, faults=faults)


def main(kind, *seeds):
    """Run them in order."""
    for seed in seeds:
        start = time.ticks_ms()
        try:
            trace = KINDS[kind](int(seed))
        except Exception as error:
            sys.print_exception(error, sys.stdout)
            print("seed", seed, "failed")
        else:
            ms = time.ticks_diff(time.ticks_ms(), start)
            print("seed", seed, "passed", ms, trace or "-")


if __name__ == "__main__":
    main(*sys.argv[1:])
