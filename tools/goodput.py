"""Goodput over a path that loses frames: every congestion control, without and with SACK.

    python -m tools.goodput            measure, write tools/bench/goodput.json and its table in
                                       lib/ferrule/GOODPUT.md
    python -m tools.goodput --check    measure the first seeds again: exit 1 when one of them or
                                       the table is not what is written, or a limit is missed

Two stacks in virtual time (host_tests/sim/goodput.py), so the figures are the same to the
millisecond on every machine.
"""

import argparse
import concurrent.futures
import json
import sys

from tools.congestion import ROOT, micropython

RESULTS = ROOT / "tools" / "bench" / "goodput.json"
TABLE = ROOT / "lib" / "ferrule" / "GOODPUT.md"

NAMES = ("tahoe", "reno", "newreno", "cubic")
LOSSES = (0, 10_000, 30_000, 100_000)  # millionths of the frames, in each direction
BUFFERS = {4096: 262_144, 32768: 524_288}  # bytes of both rings -> bytes of a transfer
DELAY_MS = 10  # each way
SEEDS = 20
CHECKED = 2  # seeds that --check measures again
# Of what the same row has without loss, newreno with SACK and rings of 4 KB keeps at 1 % loss
LEAST = 0.85

HEAD = """# Goodput over a path that loses frames

One program writes {sizes}, another reads them, each on a stack of its own with rings of the size
given, both ways. The path takes {delay} ms each way, a round trip of {rtt} ms, carries any number
of frames at once and loses each of them, text or ACK, with the same chance, but for those of the
handshake. KB/s (1000 bytes), the mean of {seeds} seeds; behind it what that is of the goodput
without loss. Segments have 1448 bytes of text, and timestamps; all other settings are the
defaults.

Rings of 4 KB hold less than three segments, so it is mostly the end of a window that is lost, and
no third duplicate comes: without SACK only early retransmit helps, and otherwise a timeout of a
second; with SACK the loss is repaired within a round trip or two. Rings of 32 KB hold 22 segments,
and the window is what the losses leave of it; at 10 % what is sent again is lost again, and the
RTO of a second, twice that, twice that rules.

Measured by `python -m tools.goodput`, in virtual time. Its `--check` measures {checked} seeds of
each again and wants the same milliseconds, and so do the tests. The time of each run is in
[`goodput.json`](../../tools/bench/goodput.json).
"""


def key(buffer, name, sack, loss):
    return f"{buffer} {name} sack={sack} loss={loss}"


def cells():
    """(buffer, name, sack, loss) of every figure, in the table's order."""
    return [
        (buffer, name, sack, loss)
        for buffer in BUFFERS
        for name in NAMES
        for sack in (0, 1)
        for loss in LOSSES
    ]


def measure(cell, seeds):
    """Milliseconds of a transfer for each of the first `seeds` seeds."""
    buffer, name, sack, loss = cell
    lines = micropython("sim/goodput.py", name, buffer, sack, loss, BUFFERS[buffer], DELAY_MS,
                        *range(1, seeds + 1))  # fmt: skip
    return [int(line.split()[1]) for line in lines]


def measure_all(seeds):
    """{key: [ms]} of every figure, on all processors."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = pool.map(lambda cell: measure(cell, seeds), cells())
        return {key(*cell): run for cell, run in zip(cells(), runs, strict=True)}


def goodput(found, cell):
    """KB/s: all bytes of all seeds over all their time."""
    times = found[key(*cell)]
    return BUFFERS[cell[0]] * len(times) / sum(times)


def table(found):
    """lib/ferrule/GOODPUT.md."""
    sizes = " or ".join(f"{size // 1024} KB" for size in BUFFERS.values())
    text = HEAD.format(sizes=sizes, delay=DELAY_MS, rtt=2 * DELAY_MS, seeds=SEEDS, checked=CHECKED)
    for buffer in BUFFERS:
        text += f"\n## Rings of {buffer // 1024} KB\n\n| | SACK |"
        text += "".join(f" {loss // 10_000} % |" for loss in LOSSES)
        text += "\n|---|---|" + "--:|" * len(LOSSES) + "\n"
        for name in NAMES:
            for sack in (0, 1):
                text += f"| {name} | {'on' if sack else 'off'} |"
                best = goodput(found, (buffer, name, sack, 0))
                for loss in LOSSES:
                    rate = goodput(found, (buffer, name, sack, loss))
                    share = f" ({rate / best:.0%})".replace("%", " %") if loss else ""
                    text += f" {rate:.1f}{share} |"
                text += "\n"
    return text


def faults(found):
    """Sentences about what is less than it has to be."""
    cell = (4096, "newreno", 1, 10_000)
    kept = goodput(found, cell) / goodput(found, (4096, "newreno", 1, 0))
    if kept < LEAST:
        return [f"newreno with SACK keeps {kept:.1%} at 1 % loss, {LEAST:.0%} are wanted"]
    return []


def differences(now, written):
    """Sentences about the seeds that took another time than is written."""
    return [
        f"{name}, seed {seed}: {ms} ms, goodput.json says {told} ms"
        for name, times in now.items()
        for seed, (ms, told) in enumerate(zip(times, written.get(name, []), strict=False), 1)
        if ms != told
    ] + [f"{name} is not in goodput.json" for name in now if name not in written]


def wrong():
    """Sentences about all that is not as it is written."""
    written = json.loads(RESULTS.read_text())
    bad = differences(measure_all(CHECKED), written) + faults(written)
    if TABLE.read_text(encoding="utf-8") != table(written):
        bad.append("GOODPUT.md is not the table of goodput.json")
    return bad


def main():
    ap = argparse.ArgumentParser(prog="python -m tools.goodput",
                                 description=__doc__.split("\n")[0])
    ap.add_argument("--check", action="store_true", help="compare with what is written")
    args = ap.parse_args()
    if args.check:
        bad = wrong()
        for line in bad:
            print("goodput:", line, file=sys.stderr)
        if bad:
            print("goodput: python -m tools.goodput measures anew", file=sys.stderr)
        return 1 if bad else 0
    found = measure_all(SEEDS)
    rows = ",\n".join(f' "{name}": {json.dumps(times)}' for name, times in found.items())
    RESULTS.write_text("{\n" + rows + "\n}\n")
    TABLE.write_text(table(found), encoding="utf-8")
    print(table(found).partition("\n## ")[2])
    for line in faults(found):
        print("goodput:", line, file=sys.stderr)
    return 1 if faults(found) else 0


if __name__ == "__main__":
    sys.exit(main())
