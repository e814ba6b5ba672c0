"""Devices that run firmware/fieldtest.py: the unix port, the emulated board, a board on a serial
line. Each starts it with settings, collects its lines with the time they came, and ends it.
"""

import json
import os
import pathlib
import queue
import subprocess
import threading
import time

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from tools.demo.__main__ import Trouble as NoInterpreter
from tools.demo.__main__ import interpreter
from tools.qemuboard import BoardError, QemuBoard

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = ROOT / "firmware" / "fieldtest.py"
START_S = 20


class Trouble(Exception):
    """A sentence that says why a field test cannot be run, or go on."""


class Device:
    """What all of them have. lines: (time.monotonic(), {...}) as they came, or (time, None) when
    the program has ended; said: what it printed besides.

    own_wire: it is reached through wire.Wire. plugs: "itself" (the program can pull its link's
    plug), "us" (plug() can), or "a hand".
    """

    own_wire = True
    plugs = "itself"
    name = ""

    def __init__(self):
        self.lines = queue.Queue()
        self.said = []

    def take(self, line):
        """A line of the console."""
        if not line.startswith("@"):
            self.said = [*self.said[-20:], line.rstrip()]
            return
        try:
            self.lines.put((time.monotonic(), json.loads(line[1:])))
        except ValueError:
            self.said.append(line.rstrip())

    def over(self):
        self.lines.put((time.monotonic(), None))

    def prepare(self):
        """Look whether the device is there, once for all scenarios. Trouble: it is not."""

    def release(self):
        """The last scenario is over."""


class Unix(Device):
    """The unix port of MicroPython on this computer, over the link `udp`."""

    name = "unix"

    def __init__(self, port, peer_port):
        super().__init__()
        self.ports = port, peer_port
        self.process = None

    def prepare(self):
        try:
            self.micropython = interpreter()
        except NoInterpreter as trouble:
            raise Trouble(str(trouble)) from None

    def start(self, settings):
        self.process = subprocess.Popen(
            [self.micropython, str(PROGRAM), json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env={
                **os.environ,
                "FERRULE_LINK": "udp:%d:%d" % self.ports,
                "FERRULE_IP": "%s/24" % settings["address"][0],
                "FERRULE_MAC": "",
            },
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self.read, args=(self.process,), daemon=True)
        self.reader.start()

    def read(self, process):
        for line in process.stdout:
            self.take(line)
        self.over()

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()
            self.reader.join(5)
            self.process.stdout.close()
            self.process = None


class Raw(Device):
    """A board behind a raw REPL; `transport` is mpremote's."""

    reader = None

    def follow(self, transport, code):
        """Run code that does not end, and collect its lines until stop()."""
        try:
            transport.exec_raw_no_follow(code)
        except (TransportError, OSError) as error:
            raise Trouble("The board does not answer: %s." % error) from None
        self.ending = False
        self.reader = threading.Thread(target=self.read, args=(transport.serial,), daemon=True)
        self.reader.start()

    def read(self, serial):
        part = b""
        while not self.ending:
            try:
                n = serial.inWaiting()
                data = serial.read(n) if n else b""
            except OSError:
                break
            if not data:
                time.sleep(0.002)
                continue
            *lines, part = (part + data.replace(b"\r", b"")).split(b"\n")
            for line in lines:
                self.take(line.decode(errors="replace"))
            if b"\x04" in part or any(b"\x04" in line for line in lines):
                break
        self.over()

    def deaf(self):
        """Read no more. Whether something had been started."""
        if self.reader is None:
            return False
        self.ending = True
        self.reader.join(5)
        self.reader = None
        return True


class Qemu(Raw):
    """The bare-metal Cortex-M3 under QEMU; its Ethernet frames are datagrams, too."""

    name = "qemu_mps2"
    plugs = "us"

    def __init__(self, port, peer_port):
        super().__init__()
        board = ROOT / "boards" / "qemu_mps2" / "board.py"
        folders = {"lib": ROOT / "lib", "board": board, "test": PROGRAM}
        self.board = QemuBoard(folders, frames=(port, peer_port))
        self.fresh = True

    def prepare(self):
        try:
            self.board.__enter__()
        except BoardError as error:
            raise Trouble("The QEMU board does not start: %s." % str(error).rstrip(".")) from None

    def start(self, settings):
        try:
            if not self.fresh:
                self.board.power_cycle()
            self.fresh = False
            code = "import fieldtest\nfieldtest.run(%r)\n" % settings
        except BoardError as error:
            raise Trouble("The QEMU board does not answer: %s" % error) from None
        self.follow(self.board.transport, code)

    def plug(self, up):
        self.board.plug(up)

    def stop(self):
        if self.deaf():
            self.board.power_off()

    def release(self):
        self.board.stop()


class Serial(Raw):
    """A board on a serial port, in a network of its own, with ferrule and board.py on it."""

    own_wire = False
    plugs = "a hand"

    def __init__(self, name, port, reset=True):
        super().__init__()
        self.name = name
        self.port = port
        self.reset = reset
        self.transport = None

    def prepare(self):
        if not os.path.exists(self.port):
            raise Trouble("There is no serial port %s." % self.port)
        try:
            self.transport = SerialTransport(self.port, timeout=START_S)
            self.transport.enter_raw_repl(soft_reset=self.reset)
            self.transport.exec("import ferrule.reconnect, board")
        except TransportError as error:
            said = str(getattr(error, "error_output", "") or error)
            if "ImportError" in said:
                why = "lacks ferrule or board.py (python -m tools.flash --whole installs both)"
            else:
                why = "does not answer: %s" % error
            raise Trouble("The board on %s %s." % (self.port, why)) from None
        except OSError as error:
            raise Trouble("%s cannot be opened: %s." % (self.port, error)) from None

    def start(self, settings):
        try:
            if self.reset:
                self.transport.enter_raw_repl(soft_reset=True)
        except (TransportError, OSError) as error:
            raise Trouble("The board does not answer: %s." % error) from None
        self.follow(self.transport, "%s\nrun(%r)\n" % (PROGRAM.read_text("utf-8"), settings))

    def stop(self):
        if self.deaf():
            self.transport.serial.write(b"\x03")
            time.sleep(0.3)

    def release(self):
        if self.transport:
            self.transport.close()
