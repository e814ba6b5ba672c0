"""Field tests: does a device notice what went wrong in the promised time, and come back?

    python -m tools.fieldtest                          the unix port on this computer
    python -m tools.fieldtest --board qemu_mps2        the emulated bare-metal board
    python -m tools.fieldtest --board pico_w5500 --port /dev/ttyACM0     a board
    python -m tools.fieldtest --quick --scenario vanish --scenario restarts

Each scenario measures the time to notice and the time to recover against what was configured. The
report is build/fieldtest/report.html; beside it lie the captures and the timelines. Exit code 0:
every bound was kept; 1: one was broken; 2: it could not be run.
"""

import argparse
import contextlib
import ipaddress
import pathlib
import socket
import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tools.fieldtest import report, scenarios, timeline
from tools.fieldtest.devices import ROOT, Qemu, Serial, Trouble, Unix
from tools.fieldtest.stage import Lan, OwnWire, kernel_peer

MARKS = {"kept": "[green]kept[/]", "failed": "[red]FAILED[/]", "skipped": "[yellow]skipped[/]"}


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print("fieldtest: %s." % message.rstrip("."), file=sys.stderr)
        sys.exit(2)


def address(text):
    """An IPv4 address, for argparse."""
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        raise argparse.ArgumentTypeError("%s is no IPv4 address" % text) from None


def arguments():
    parser = Parser(
        prog="python -m tools.fieldtest",
        description="Does a device notice what went wrong in the promised time, and come back?",
    )
    parser.add_argument("--board", default="unix", help="unix, qemu_mps2 or a folder of boards/")
    parser.add_argument("--port", help="the board's serial port")
    parser.add_argument("--scenario", action="append", metavar="NAME", help="may be repeated")
    parser.add_argument("--quick", action="store_true", help="short times: under a minute")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "fieldtest")
    parser.add_argument("--peer", choices=("kernel", "ferrule"), help="who plays the peer")
    parser.add_argument("--listen", type=address, metavar="ADDRESS",
                        help="our address, as the board sees it")
    parser.add_argument("--spare", type=address, metavar="ADDRESS",
                        help="a free address of the board's network")
    parser.add_argument("--keep", action="store_true", help="no soft reset of the board")
    parser.add_argument("--list", action="store_true", help="name the scenarios")
    return parser.parse_args()


def own_address():
    """This computer's address in its LAN: that of the way out. Nothing is sent for it."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            raise Trouble("This computer is in no network; --listen names its address.") from None
        return probe.getsockname()[0]


def free_ports(n):
    """UDP ports of 127.0.0.1 that nobody holds."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.socket(type=socket.SOCK_DGRAM)) for _ in range(n)]
        for sock in socks:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in socks]


def stage_for(options):
    """(Stage, a word for the peer). Trouble: there is no such board."""
    board = options.board
    if board not in ("unix", "qemu_mps2") or options.port:
        if not (ROOT / "boards" / board / "board.py").exists():
            names = sorted(path.parent.name for path in (ROOT / "boards").glob("*/board.py"))
            raise Trouble("There is no board %s; there are %s." % (board, ", ".join(names)))
        if not options.port:
            raise Trouble("The board %s needs its serial port: --port." % board)
        device = Serial(board, options.port, not options.keep)
        return Lan(device, options.listen or own_address(), options.spare), "this computer"
    kernel = options.peer == "kernel" or options.peer is None and kernel_peer()
    if kernel and options.peer and not kernel_peer():
        raise Trouble("The kernel gives no namespace with a TAP in it; --peer ferrule needs none.")
    ports = free_ports(4)
    device = (Unix if board == "unix" else Qemu)(*ports[:2])
    word = "the Linux kernel" if kernel else "a ferrule stack"
    return OwnWire(device, ports, options.out, kernel), word


def play(stage, chosen, plan, console):
    """Play the scenarios; their Runs."""
    columns = (
        TextColumn("[bold]{task.fields[name]:12}"), BarColumn(16), MofNCompleteColumn(),
        TimeElapsedColumn(), TextColumn("{task.description}"),
    )
    runs = []
    by_hand = stage.device.plugs == "a hand"  # a person is asked on the same terminal
    with Progress(*columns, console=console, transient=True, disable=by_hand) as progress:
        task = progress.add_task("", total=len(chosen), name="")

        def note(text):
            progress.update(task, description=text)

        for name, (sentence, function) in chosen.items():
            progress.update(task, name=name)
            with stage.play(name, note) as run:
                run.sentence = sentence
                function(run, plan)
            run.frames = list(stage.wire.tcp) if stage.wire else []
            runs.append(run)
            progress.advance(task)
            show(run, console)
    return runs


def show(run, console):
    """What came of a scenario, as a line for each measure."""
    console.print("%s  %s" % (MARKS[run.verdict], run.sentence), highlight=False)
    table = Table.grid(padding=(0, 2))
    table.add_column(width=1)
    table.add_column(min_width=44)
    table.add_column(justify="right")
    table.add_column()
    for m in run.measures:
        table.add_row("", m.text, report.number(m.value, m.unit),
                      ("[green]" if m.kept else "[red]") + report.bounds(m))
    if run.measures:
        console.print(table, highlight=False)
    for text in (run.problem, run.skipped):
        if text:
            console.print("   " + text, highlight=False, markup=False)


def main():
    options = arguments()
    console = Console()
    plan = scenarios.QUICK if options.quick else scenarios.Plan()
    every = scenarios.all_of(plan)
    if options.list:
        for name, (sentence, _) in every.items():
            print("%-12s %s" % (name, sentence))
        return 0
    stage = None
    try:
        for name in options.scenario or ():
            if name not in every:
                raise Trouble("There is no scenario %s; there are %s." % (name, ", ".join(every)))
        chosen = {n: s for n, s in every.items() if not options.scenario or n in options.scenario}
        options.out.mkdir(parents=True, exist_ok=True)
        stage, peer = stage_for(options)
        stage.device.prepare()
        console.print("Device: %s. Peer: %s." % (stage.device.name, peer), highlight=False)
        began = time.time()
        runs = play(stage, chosen, plan, console)
    except (Trouble, OSError) as trouble:
        print("fieldtest: %s" % trouble, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("fieldtest: interrupted.", file=sys.stderr)
        return 2
    finally:
        if stage:
            stage.device.release()
    for run in runs:
        if run.events:
            (options.out / (run.name + ".svg")).write_text(timeline.draw(run), encoding="utf-8")
    path = options.out / "report.html"
    path.write_text(report.page(runs, stage, peer, plan, began), encoding="utf-8")
    console.print("Report: %s" % path, highlight=False, soft_wrap=True)
    return 1 if any(run.verdict == "failed" for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
