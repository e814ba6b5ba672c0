"""What a scenario is played on: the device, its peer, the wire between them, and a record of it
all.
"""

import contextlib
import dataclasses
import json
import queue
import shutil
import socket
import subprocess
import sys
import threading
import time

from tools.demo.__main__ import interpreter
from tools.fieldtest.devices import ROOT, START_S, Trouble
from tools.fieldtest.wire import Wire

HERE = ROOT / "tools" / "fieldtest"
PORT = 5007
PEER, DEVICE, SPARE, PREFIX = "10.9.0.1", "10.9.0.2", "10.9.0.3", 24
CLOCK = 0x3FFFFFFF  # the device's milliseconds wrap above it


class Skip(Exception):
    """A sentence that says why this scenario cannot be played with this device."""


class Late(Exception):
    """What a scenario waits for does not happen; a sentence."""


def kernel_peer():
    """Whether the kernel gives us a namespace with a TAP in it."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        return False
    code = "import sys; sys.path.insert(0, %r); import peer; peer.open_tap('10.9.0.1/24')"
    command = ["unshare", "-Urnm", sys.executable, "-c", code % str(HERE)]
    return subprocess.run(command, capture_output=True, timeout=20).returncode == 0


class Peer:
    """The peer's process, whichever it is; peer.py tells its commands."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, start_new_session=True, **options,
        )
        self.done = queue.Queue()
        self.accepted = queue.Queue()  # addresses that connections came from
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.expect()

    def read(self):
        for line in self.process.stdout:
            told = json.loads(line)
            if told["what"] == "accepted":
                self.accepted.put(told["from"][0])
            elif told["what"] != "ended":
                self.done.put(told)
        self.done.put(None)

    def expect(self):
        try:
            told = self.done.get(timeout=START_S)
        except queue.Empty:
            told = None
        if told is None:
            self.process.kill()
            said = self.process.stderr.read().strip().splitlines()
            raise Trouble("The peer ended: %s" % (said[-1] if said else "it said nothing."))

    def do(self, name, **more):
        """Have it done."""
        self.process.stdin.write(json.dumps(dict(more, do=name)) + "\n")
        self.process.stdin.flush()
        self.expect()

    def from_address(self, n):
        """Where its n-th connection came from, if nobody has asked before."""
        address = ""
        with contextlib.suppress(queue.Empty):
            for _ in range(n):
                address = self.accepted.get(timeout=START_S)
        return address

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(5)
        self.process.stdout.close()
        self.process.stderr.close()


@dataclasses.dataclass
class Measure:
    """One thing that was measured, and the bounds it has to lie in.

    late: ms that the device's own computer ran it later than it had asked for; at_most is meant
    without them. unit: "ms", or "" for a count. span: (from, to) on the device's clock, ms.
    """

    text: str
    value: float
    at_most: float
    at_least: float = 0
    late: float = 0
    unit: str = "ms"
    span: tuple = ()

    @property
    def kept(self):
        return self.at_least <= self.value <= self.at_most + self.late


class Run:
    """One scenario being played. events: [(device's ms since its first line, {...})]; marks:
    [(time.monotonic(), text)] of what was done to it; measures.
    """

    def __init__(self, stage, name, note):
        self.stage = stage
        self.name = name
        self.note = note  # function(text): progress
        self.events = []
        self.marks = []
        self.measures = []
        self.closed = []  # (from, to) time.monotonic() while nothing could pass
        self.problem = ""
        self.skipped = ""
        self.began = time.monotonic()
        self.ended = self.began
        self.offset = None  # time.monotonic() at the device's 0
        self.zero = None
        self.next = 0

    # --- the device's lines

    def take(self, seconds):
        """The next line of the device, as an event; None when it says nothing for so long."""
        try:
            t, event = self.stage.device.lines.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            return None
        if event is None:
            said = " ".join(self.stage.device.said[-3:])
            raise Late("The device's program ended: %s" % (said or "it said nothing."))
        if self.zero is None:
            self.zero = event["at"]
        ms = event["at"] - self.zero & CLOCK
        seen = t - ms / 1000
        self.offset = seen if self.offset is None else min(self.offset, seen)
        self.events.append((ms, event))
        return event

    def wait(self, what, seconds):
        """The next event of this kind as (ms of the device's clock, {...})."""
        end = time.monotonic() + seconds
        while True:
            while self.next < len(self.events):
                ms, event = self.events[self.next]
                self.next += 1
                if event["what"] == what:
                    return ms, event
            left = end - time.monotonic()
            if left <= 0 or self.take(left) is None:
                raise Late("The device did not say `%s` within %.1f s." % (what, seconds))

    def rest(self, seconds):
        """Let time pass; what the device says meanwhile is looked at later."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.take(left)

    def here(self, ms):
        """time.monotonic() of a reading of the device's clock."""
        return self.offset + ms / 1000

    def there(self, t):
        """The reading of the device's clock at time.monotonic() t, ms."""
        return (t - self.offset) * 1000

    # --- what is done to it

    def start(self, **settings):
        """Start the device's program and wait for its first answer."""
        stage = self.stage
        stage.peer.do("start")
        settings["peer"] = [stage.peer_address, PORT]
        if stage.address:
            settings["address"] = stage.address
        self.note("starting the device")
        stage.device.start(settings)
        self.wait("ready", START_S + 40)
        return self.wait("heard", START_S)

    def mark(self, text):
        """Something was done, now."""
        self.note(text)
        t = time.monotonic()
        self.marks.append((t, text))
        return t

    def cut(self, text):
        """Frames get lost from here on, and no link goes down."""
        self.stage.cut()
        t = self.mark(text)
        self.closed.append([t, None])
        return t

    def join(self, text):
        self.stage.join()
        t = self.mark(text)
        self.closed[-1][1] = t
        return t

    def say(self, text):
        self.stage.peer.do("say", text=text)

    def measure(self, *args, **more):
        """Arguments as Measure's."""
        self.measures.append(Measure(*args, **more))

    @property
    def verdict(self):
        """skipped, failed or kept."""
        if self.skipped:
            return "skipped"
        if self.problem or not self.measures or not all(m.kept for m in self.measures):
            return "failed"
        return "kept"


class Stage:
    """Device, peer and wire for one scenario after the other; see the two below."""

    wire = None

    def __init__(self, device):
        self.device = device

    @contextlib.contextmanager
    def play(self, name, note):
        """A Run for the scenario `name`, everything made anew for it and ended after it."""
        run = Run(self, name, note)
        with contextlib.ExitStack() as stack:
            self.raise_curtain(stack, name)
            stack.callback(self.device.stop)
            try:
                yield run
            except (Skip, Late) as reason:
                run.skipped = str(reason) if isinstance(reason, Skip) else ""
                run.problem = str(reason) if isinstance(reason, Late) else ""
            run.ended = time.monotonic()
        self.drain()

    def need_hand(self):
        """A scenario is about to begin that spoils the wire or the link."""

    def drain(self):
        """Forget what the device said after the end."""
        with contextlib.suppress(queue.Empty):
            while True:
                self.device.lines.get_nowait()


class OwnWire(Stage):
    """The device's frames are datagrams on this computer: everything is ours to spoil."""

    peer_address = PEER
    spare = SPARE

    def __init__(self, device, ports, folder, kernel):
        super().__init__(device)
        self.address = [DEVICE, "255.255.255.0", "0.0.0.0", "0.0.0.0"]
        self.ports = ports  # the device's, ours towards it, ours towards the peer, the peer's
        self.folder = folder
        self.kernel = kernel

    def raise_curtain(self, stack, name):
        if self.kernel:
            far, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            with theirs:
                self.peer = Peer(
                    ["unshare", "-Urnm", sys.executable, str(HERE / "peer.py"), str(PORT),
                     "%s/%d" % (PEER, PREFIX), str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                )
        else:
            far = socket.socket(type=socket.SOCK_DGRAM)
            far.bind(("127.0.0.1", self.ports[2]))
            far.connect(("127.0.0.1", self.ports[3]))
            self.peer = Peer(
                [interpreter(), str(HERE / "ferrule_peer.py"), str(PORT), str(self.ports[3]),
                 str(self.ports[2]), PEER],
            )
        stack.callback(self.peer.close)
        self.wire = Wire(self.ports[1], self.ports[0], far, self.folder / (name + ".pcap"))
        stack.callback(self.wire.close)

    def cut(self):
        self.wire.cut()

    def join(self):
        self.wire.join()


class Lan(Stage):
    """The device is on a network of its own: this computer is the peer, and what software cannot
    spoil a person is asked to.
    """

    def __init__(self, device, address, spare):
        super().__init__(device)
        self.peer_address = address
        self.address = None  # the board's own
        self.spare = spare

    def raise_curtain(self, stack, name):
        self.peer = Peer([sys.executable, str(HERE / "peer.py"), str(PORT)])
        stack.callback(self.peer.close)

    def need_hand(self):
        if not sys.stdin.isatty():
            raise Skip("It needs a hand at a cable, and a terminal to ask for it.")

    def ask(self, text):
        """Have a person do it, and return when it is done."""
        input("\a>>> %s Then press Enter. " % text)

    def cut(self):
        self.ask("Pull the network cable of THIS computer, so that the board's link stays up.")

    def join(self):
        self.ask("Plug the network cable of this computer in again.")
