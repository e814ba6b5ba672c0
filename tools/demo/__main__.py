"""`make demo`: the echo device on this computer, reached at localhost:8080.  No rights are needed.

    python -m tools.demo [--port 8081]

PORT in the environment is the default of --port; MICROPYTHON names another interpreter.

Two MicroPython processes with a wire of UDP datagrams between them: firmware/main.py, which is
the device, and gateway.py, which carries the connections of this computer's programs to it.  This
program starts both, shows the gateway's connections while its output is a terminal, and ends both
when it is interrupted.
"""

import collections
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.table import Table

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DEVICE, GATEWAY, PREFIX = "10.9.0.2", "10.9.0.1", 24
PORT_TAKEN = 98  # the gateway's exit code
START_S = 20


class Trouble(Exception):
    """A sentence that says why the demo cannot run or go on."""


class Child:
    """One of the two MicroPython processes; its lines go into a queue with its name."""

    def __init__(self, name, command, lines, environment=None):
        self.name = name
        self.last = collections.deque(maxlen=20)  # what it said on stderr
        self._lines = lines
        # A session of its own: Ctrl-C is for this program, which then ends the children in order.
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
        self._threads = [threading.Thread(target=self._complaints, daemon=True)]
        self._threads[0].start()
        threading.Thread(target=self._read, daemon=True).start()

    def _complaints(self):
        self.last.extend(line.rstrip() for line in self.process.stderr)

    def _read(self):
        for line in self.process.stdout:
            self._lines.put((self, line.rstrip()))
        self._threads[0].join()
        self.process.wait()
        self._lines.put((self, None))

    def stop(self):
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def obituary(self):
        said = " ".join(self.last)
        if self.process.returncode == PORT_TAKEN and said:
            return said
        return f"The {self.name} ended with exit code {self.process.returncode}" + (
            f": {said}" if said else "."
        )


def interpreter():
    """The MicroPython to run both programs with."""
    named = os.environ.get("MICROPYTHON")
    if named:
        found = shutil.which(named)
        if not found:
            raise Trouble(f"MICROPYTHON is {named}, which is not a program.")
        return os.path.abspath(found)
    for folder in (Path(sys.executable).parent, ROOT / ".venv" / "bin"):
        if (folder / "micropython").exists():
            return str(folder / "micropython")
    found = shutil.which("micropython")
    if not found:
        raise Trouble(
            "There is no micropython; `make demo` installs one, or name yours with MICROPYTHON=."
        )
    return found


def port_number(arguments):
    """The port of this computer, from --port or PORT."""
    if arguments and (len(arguments) != 2 or arguments[0] != "--port"):
        raise Trouble("The only argument is --port NUMBER.")
    text = arguments[1] if arguments else os.environ.get("PORT") or "8080"
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise Trouble(f"PORT is {text}; it has to be a number from 1 to 65535.")
    return int(text)


def free_udp_ports():
    """Two UDP ports of 127.0.0.1 that nobody holds."""
    with (
        socket.socket(type=socket.SOCK_DGRAM) as one,
        socket.socket(type=socket.SOCK_DGRAM) as two,
    ):
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def expect(lines, child, start):
    """Wait for the line of `child` that begins with `start`."""
    while True:
        try:
            who, line = lines.get(timeout=START_S)
        except queue.Empty:
            raise Trouble(f"The {child.name} did not start within {START_S} s.") from None
        if line is None:
            raise Trouble(who.obituary())
        if who is child and line.startswith(start):
            return line


COLUMNS = ("client", "port", "state", "to read", "to send", "timer", "sent", "received")
WORDS = ("state", "timer")  # these stand left, numbers stand right


def table_of(report):
    """The gateway's report as a table that fits into 80 columns."""
    table = Table(
        title="Connections to the device",
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in WORDS else "right", no_wrap=name in WORDS)
    for client, *cells, up, down in report["connections"]:
        table.add_row(client.rpartition(":")[2], *map(str, cells), f"{up:,}", f"{down:,}")
    table.caption = f"{report['carried']} so far, {report['time_wait']} in TIME_WAIT"
    table.caption_justify = "left"
    return table


def watch(lines, console):
    """Show what the gateway reports until a child ends."""
    if not console.is_terminal:
        while True:
            who, line = lines.get()
            if line is None:
                raise Trouble(who.obituary())
    report = {"connections": [], "time_wait": 0, "carried": 0}
    with Live(table_of(report), console=console, auto_refresh=False, transient=True) as live:
        while True:
            who, line = lines.get()
            if line is None:
                raise Trouble(who.obituary())
            if who.name == "gateway" and line.startswith("{"):
                live.update(table_of(json.loads(line)), refresh=True)


def introduction(port, told):
    return (
        f"{told}\n\nTry it:\n"
        f"    curl http://localhost:{port}/echo --data-binary @README.md\n"
        f"    curl http://localhost:{port}/\n"
        f"or open http://localhost:{port}/ in a browser. Ctrl-C ends it.\n"
    )


def run(port, console):
    micropython = interpreter()
    ours, theirs = free_udp_ports()
    lines = queue.Queue()
    children = []
    try:
        device = Child(
            "device",
            [micropython, str(ROOT / "firmware" / "main.py")],
            lines,
            {
                "FERRULE_LINK": f"udp:{theirs}:{ours}",
                "FERRULE_IP": f"{DEVICE}/{PREFIX}",
                "FERRULE_MAC": "",
            },
        )
        children.append(device)
        told = expect(lines, device, "ferrule:")
        gateway = Child(
            "gateway",
            [
                micropython,
                str(HERE / "gateway.py"),
                str(port),
                str(ours),
                str(theirs),
                GATEWAY,
                DEVICE,
            ],
            lines,
        )
        children.append(gateway)
        expect(lines, gateway, "ready")
        print(introduction(port, told), flush=True)
        watch(lines, console)
    finally:
        # An impatient second Ctrl-C must not leave a child behind.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(children):
            child.stop()


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, interrupt)
    # A shell starts background jobs with SIGINT ignored; whoever sends one means it.
    signal.signal(signal.SIGINT, interrupt)
    try:
        run(port_number(sys.argv[1:]), Console())
    except KeyboardInterrupt:
        return 0
    except Trouble as trouble:
        print(f"demo: {trouble}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
