"""The textbook's picture of congestion control, from the real stack: tahoe and reno by rounds.

    python -m tools.congestion            print both as tables, draw lib/ferrule/congestion.svg
    python -m tools.congestion --check    exit 1 when the picture is not that of the runs

host_tests/sim/textbook.py lets the stack run on the unix interpreter in virtual time, and says
what is lost.  Windows are in segments.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "host_tests"
PICTURE = ROOT / "lib" / "ferrule" / "congestion.svg"
sys.path.insert(0, str(TESTS))

import interpreters  # noqa: E402  (host_tests is not a package)

MSS = 1000
NAMES = ("tahoe", "reno")
TITLES = {
    "tahoe": "tahoe: a timeout at 24, threshold 12, start again at 1",
    "reno": "reno: three duplicate ACKs at 24, on from 12",
}


class Round:
    """One flight: round trip, time in ms, windows and flight in segments, and what happened."""

    def __init__(self, line):
        words = line.split(" ", 5)
        self.number, self.ms, cwnd, ssthresh, self.sent = [int(word) for word in words[:5]]
        self.cwnd = cwnd // MSS
        self.ssthresh = ssthresh // MSS if ssthresh < 1 << 28 else None
        self.event = words[5].strip()


def micropython(script, *args):
    """The lines that a program of host_tests prints on a unix port, the first that is here."""
    ports = [port for port in interpreters.unix_ports() if not port.absent()]
    if not ports:
        raise SystemExit("no MicroPython: make venv brings it")
    path = [str(ROOT / "lib"), str(interpreters.MP), ".frozen", str(TESTS)]
    environment = dict(os.environ, MICROPYPATH=":".join(path), FERRULE_OVER="")
    command = [str(ports[0].path), "-X", "heapsize=16M", str(TESTS / script), *map(str, args)]
    run = subprocess.run(command, env=environment, cwd=ROOT, text=True, capture_output=True)
    if run.returncode:
        raise SystemExit(run.stdout + run.stderr)
    return run.stdout.splitlines()


def run(name):
    """[Round] of an algorithm's run."""
    return [Round(line) for line in micropython("sim/textbook.py", name)]


def table(name, rounds):
    """The run as lines of text."""
    lines = [TITLES[name], "", "round      ms  cwnd  ssthresh  sent"]
    for r in rounds:
        limit = "-" if r.ssthresh is None else r.ssthresh
        row = f"{r.number:5} {r.ms:7} {r.cwnd:5} {limit:>9} {r.sent:5}  {r.event}"
        lines.append(row.rstrip())
    return lines


LEFT, TOP, WIDTH, HEIGHT, GAP = 60, 64, 760, 300, 90
HIGHEST = 34


def draw(runs):
    """Both runs as one picture, one above the other."""
    height = TOP + len(runs) * (HEIGHT + GAP)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 40} {height}" '
        'font-family="sans-serif" font-size="13">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="30" font-size="18" font-weight="bold">The congestion window, round '
        "trip by round trip, in segments</text>",
        f'<text x="{LEFT}" y="48" fill="#57606a">Measured on the stack by tools/congestion.py. The'
        " first flight, 32 segments, is lost: threshold 16.</text>",
    ]
    for at, (name, rounds) in enumerate(runs):
        out += chart(name, rounds, TOP + 26 + at * (HEIGHT + GAP))
    return "\n".join(out + ["</svg>", ""])


def chart(name, rounds, top):
    """The picture of one run below y = top."""
    bottom = top + HEIGHT
    step = WIDTH / (len(rounds) - 1)

    def x(number):
        return f"{LEFT + number * step:.1f}"

    def y(segments):
        return f"{bottom - segments * HEIGHT / HIGHEST:.1f}"

    out = [f'<text x="{LEFT}" y="{top - 8}" font-weight="bold">{TITLES[name]}</text>']
    for n in range(0, HIGHEST, 4):
        out.append(
            f'<path d="M{LEFT},{y(n)} H{LEFT + WIDTH}" stroke="#d0d7de"/>'
            f'<text x="{LEFT - 8}" y="{y(n)}" dy="4" text-anchor="end">{n}</text>'
        )
    for r in rounds:
        out.append(
            f'<text x="{x(r.number)}" y="{bottom + 24}" text-anchor="middle">{r.number}</text>'
        )
    limits = " ".join(f"{x(r.number)},{y(r.ssthresh)}" for r in rounds if r.ssthresh is not None)
    out.append(
        f'<polyline points="{limits}" fill="none" stroke="#cf222e" stroke-dasharray="6 4"/>'
        f'<text x="{LEFT + WIDTH}" y="{y(rounds[-1].ssthresh)}" dy="16" fill="#cf222e" '
        'text-anchor="end">threshold</text>'
    )
    windows = " ".join(f"{x(r.number)},{y(r.cwnd)}" for r in rounds)
    out.append(f'<polyline points="{windows}" fill="none" stroke="#0969da" stroke-width="2"/>')
    for r in rounds:
        out.append(f'<circle cx="{x(r.number)}" cy="{y(r.cwnd)}" r="3.5" fill="#0969da">'
                   f"<title>round {r.number}: {r.cwnd} segments {r.event}</title></circle>")
        if r.event:
            event = r.event.split(",")[0]
            after = r.number and rounds[r.number - 1].event  # it follows from the one before
            place = 'dx="8" dy="15"' if after else 'dx="8" dy="-4"'
            out.append(f'<text x="{x(r.number)}" y="{y(r.cwnd)}" {place} font-size="11">'
                       f"{event}</text>")
    return out


def main():
    ap = argparse.ArgumentParser(prog="python -m tools.congestion",
                                 description=__doc__.split("\n")[0])
    ap.add_argument("--check", action="store_true",
                    help="draw nothing; exit 1 when the picture is out of date")
    args = ap.parse_args()
    runs = [(name, run(name)) for name in NAMES]
    for name, rounds in runs:
        print("\n".join(table(name, rounds)) + "\n")
    picture = draw(runs)
    if args.check:
        if not PICTURE.exists() or PICTURE.read_text(encoding="utf-8") != picture:
            print(f"{PICTURE.relative_to(ROOT)} is out of date: run python -m tools.congestion",
                  file=sys.stderr)
            return 1
        return 0
    PICTURE.write_text(picture, encoding="utf-8")
    print(f"drawn: {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
