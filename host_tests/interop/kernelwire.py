"""The Linux kernel on a veth in the place of ferrule: ladders are played on it as they are.

`KernelWire` has the face of host_tests/mp/wire.py. Our frames go over AF_PACKET to the kernel's
end of a veth, the `us.` lines drive a kernel socket, and its states are read from /proc/net/tcp.
Time is real: a frame may come `EARLY_MS` before the time that its line tells, or `LATE_MS` and an
eighth of the wait after it; the numbers of timers are not compared, and windows are the kernel's
own.

Runs on CPython, inside a user namespace, where each wire makes a network namespace of its own.
"""

import ctypes
import select
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

MP = Path(__file__).resolve().parent.parent / "mp"
sys.path.insert(0, str(MP))

import calls  # noqa: E402
import frames  # noqa: E402
import ladder  # noqa: E402
import packets  # noqa: E402
import wire  # noqa: E402

LATE_MS = 250
EARLY_MS = 40
LONGEST_MS = 5000
WINDOW = 2048
QUIET_MS = 3  # how long nothing has to come before the kernel counts as done
_CLONE_NEWNET = 0x40000000
_SOL_PACKET, _ADD_MEMBERSHIP, _PROMISC, _OUTGOING = 263, 1, 1, 4

# What makes the kernel's policy comparable: no options beyond MSS but in the ladders about them,
# RTO from one second, Reno, no tail loss probe, no memory of earlier connections, no limit on
# answers to bad segments.
_SETTINGS = {
    "tcp_timestamps": 0, "tcp_sack": 0, "tcp_dsack": 0, "tcp_window_scaling": 0, "tcp_ecn": 0,
    "tcp_early_retrans": 0, "tcp_recovery": 0, "tcp_frto": 0, "tcp_rto_min_us": 1000000,
    "tcp_no_metrics_save": 1, "tcp_congestion_control": "reno", "tcp_invalid_ratelimit": 0,
    "tcp_syn_linear_timeouts": 0, "tcp_slow_start_after_idle": 1, "tcp_tw_reuse": 0,
    "icmp_ratelimit": 0, "tcp_rfc1337": 1,
}  # fmt: skip
_OPTIONS = ("tcp_timestamps", "tcp_sack", "tcp_dsack", "tcp_window_scaling")
_STATES = {
    1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECEIVED", 4: "FIN_WAIT_1", 5: "FIN_WAIT_2",
    6: "TIME_WAIT", 7: "CLOSED", 8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING",
    12: "SYN_RECEIVED",
}  # fmt: skip
# Settings that a link has, and all links together.
_BY_LINK = {
    "accept_source_route": ["conf/k1/accept_source_route", "conf/all/accept_source_route"],
}
_TIMERS = {0: "", 1: "rexmit", 2: "keepalive", 3: "timewait", 4: "persist"}


def _run(command):
    subprocess.run(command.split(), check=True, capture_output=True)


def enter_namespace(options):
    """A new network namespace with the kernel at 10.9.0.2 on k1, and our end v1; `options`: those
    of TCP are on.
    """
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    _run("ip link add k1 address 02:00:00:00:00:02 type veth peer name v1")
    _run("ethtool -K k1 tx off tso off gso off gro off")
    for name in ("k1", "v1"):
        with open(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6", "w") as switch:
            switch.write("1")
    _run("ip link set v1 arp off up")
    _run("ip link set k1 up")
    _run("ip link set lo up")
    _run("ip addr add 10.9.0.2/24 dev k1")
    _run("ip route add default via 10.9.0.1")
    for name, value in _SETTINGS.items():
        put_setting(name, 1 if options and name in _OPTIONS else value, must=False)


def put_setting(name, value, must=True):
    """Write a setting of net.ipv4; one that this kernel does not have may be left out."""
    for place in _BY_LINK.get(name, [name]):
        path = Path("/proc/sys/net/ipv4") / place
        if must or path.exists():
            path.write_text(str(value))


class KernelSocket:
    """A kernel socket with the methods of MicroPython's."""

    def __init__(self, real):
        self.real = real
        self.setblocking = real.setblocking
        self.close = real.close
        self.shutdown = real.shutdown
        self.getpeername = real.getpeername
        self.getsockname = real.getsockname
        self.getsockopt = real.getsockopt
        self.setsockopt = real.setsockopt
        self.connect = real.connect
        self.recv = real.recv
        self.send = real.send

    def bind(self, address):
        self.real.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.real.bind((address[0] or "0.0.0.0", address[1]))

    def listen(self, backlog=2):
        self.real.listen(backlog)

    def accept(self):
        real, address = self.real.accept()
        # Delayed ACKs from the first segment on, as ferrule has them.
        real.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        return KernelSocket(real), address

    def write(self, data):
        try:
            return self.real.send(data)
        except BlockingIOError:
            return None

    def read(self, n):
        try:
            return self.real.recv(n)
        except BlockingIOError:
            return None

    def ioctl(self, request, wanted):
        poll = select.poll()
        poll.register(self.real, wanted & (select.POLLIN | select.POLLOUT))
        found = poll.poll(0)
        return found[0][1] & (wanted | select.POLLERR | select.POLLHUP) if found else 0


class KernelNet:
    """The part of a Stack's face that ladders touch, over the kernel."""

    def __init__(self):
        self.sockets = []

    def socket(self):
        real = socket.socket()
        # The window of a ladder's stack, unless the kernel has reasons for a smaller one.
        real.setsockopt(socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP, WINDOW)
        made = KernelSocket(real)
        self.sockets.append(made)
        return made

    def config(self, *names, **values):
        for name, value in values.items():
            put_setting(name, value)
        for name in names:
            text = (Path("/proc/sys/net/ipv4") / _BY_LINK.get(name, [name])[0]).read_text().strip()
            return int(text) if text.lstrip("-").isdigit() else text

    def netstat(self):
        return [_row(line.split()) for line in _lines("/proc/net/tcp")[1:]]

    def stats(self):
        counters = {}
        for path in ("/proc/net/snmp", "/proc/net/netstat"):
            lines = _lines(path)
            for names, values in zip(lines[::2], lines[1::2]):
                kind, *names = names.split()
                prefix = "Icmp" if kind == "Icmp:" else ""
                if kind in ("Tcp:", "TcpExt:", "Ip:", "Icmp:"):
                    counters.update(zip([prefix + n for n in names], _numbers(values)))
        return counters


def _numbers(line):
    return [int(word) for word in line.split()[1:]]


def _lines(path):
    return Path(path).read_text().splitlines()


def _end(text):
    address, port = text.split(":")
    return socket.inet_ntoa(struct.pack("=I", int(address, 16))), int(port, 16)


def _row(words):
    tx, rx = (int(n, 16) for n in words[4].split(":"))
    timer = _TIMERS.get(int(words[5].split(":")[0], 16), "")
    state = _STATES[int(words[3], 16)]
    return ("tcp", rx, tx, _end(words[1]), _end(words[2]), state, timer, -1)


class _Clock:
    """The ladder's time: real time that stands still while a line is worked on."""

    def __init__(self):
        self.now = 0


class _Link:
    """Our end of the veth."""

    mac = wire.OUR_MAC
    mtu = 1500
    arp_visible = False

    def __init__(self):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind(("v1", 0))
        index = socket.if_nametoindex("v1")
        member = struct.pack("iHH8s", index, _PROMISC, 0, b"")
        self.socket.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, member)
        self.socket.setblocking(False)

    def careful(self, on):
        if on:
            raise packets.Mismatch("the kernel's heap is not measured")

    def offer(self, raw, at):
        self.socket.send(raw)

    def frame(self, wait_ms):
        """The next frame that the kernel sent, within wait_ms milliseconds; or None."""
        end = time.monotonic() + wait_ms / 1000
        while True:
            try:
                raw, about = self.socket.recvfrom(2048)
            except BlockingIOError:
                left = end - time.monotonic()
                if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                    return None
                continue
            if about[2] != _OUTGOING and raw[12:14] in (b"\x08\x00", b"\x08\x06"):
                return raw

    def dispose(self):
        self.socket.close()


class KernelPlayer(ladder.Player):
    """Plays lines in real time."""

    def run(self):
        super().run()
        self.wire.collect(2 * QUIET_MS)
        self._leftover()

    def _pass_time(self, line):
        wire = self.wire
        if line.time > LONGEST_MS:
            raise packets.Mismatch("this ladder takes too long in real time")
        until = wire.zero + line.time
        if until > wire.clock.now:
            self._settle()
            if not self._expected_soon(until):
                self._leftover()
            wire.advance(until)
            if line.what != "==>":
                self._leftover()

    def _expected_soon(self, until):
        # A frame may be early; whether it is the right one is for its line to say.
        line = self.lines[self.at]
        return line.what == "==>" and until - self.wire.clock.now <= EARLY_MS

    def _expect(self, line):
        wire = self.wire
        at = wire.zero + line.time
        # The kernel rounds a timer up by as much as an eighth of its time.
        since = self.lines[self.at - 1].time if self.at else 0
        late = LATE_MS + (line.time - since) // 8
        if not wire.seen:
            wire.collect(late, one=True)
        if wire.seen and -EARLY_MS <= wire.seen[0].at - at <= late:
            wire.base += max(0, wire.seen[0].at - at) / 1000  # the ladder's time waits with us
            wire.seen[0].at = at
        line.keys.pop("win", None)
        if "/" in line.keys.get("ts", ""):  # its clock runs on: only the echo is compared
            line.keys["ts"] = "/" + line.keys["ts"].partition("/")[2]
        elif line.keys.get("ts", "-") != "-":
            line.keys["ts"] = ""
        super()._expect(line)


class KernelWire(wire.Wire):
    """See the head of this file."""

    player = KernelPlayer
    late_ms = LATE_MS

    def __init__(self, options=False):
        super().__init__()
        enter_namespace(options)
        self.clock = _Clock()
        self.link = _Link()
        self.base = self.last = time.monotonic()  # the clock stood at 0 then

    def build(self, configure=None, address=None, gateway=None, factory=None, **limits):
        for plenty in ("connections", "tx_buffer"):
            limits.pop(plenty, None)
        if limits:
            raise packets.Mismatch("the kernel has no limits like " + ", ".join(limits))
        self.net = KernelNet()
        if configure:
            self.net.config(**configure)
        self.mark()
        return self.net

    def mark(self):
        # The kernel's timers run since its last frame, not since we have looked at everything.
        self.base = self.last - self.clock.now / 1000
        super().mark()

    def _real(self):
        return int((time.monotonic() - self.base) * 1000)

    def collect(self, wait_ms, one=False):
        """Take the frames that the kernel sends within wait_ms, or until one came."""
        while not (one and self.seen):
            raw = self.link.frame(wait_ms)
            if raw is None:
                return
            self.last = time.monotonic()
            if raw[12:14] == b"\x08\x06":
                answer = self._answer(raw)
                if answer:
                    self.link.offer(answer, 0)
            else:
                self.seen.append(frames.parse(raw, max(self.clock.now, self._real())))

    def pump(self):
        self.collect(QUIET_MS)

    def poll(self):
        self.pump()
        return 0

    def advance(self, until):
        while self._real() < until:
            self.collect(min(until - self._real(), 50))
        self.clock.now = until

    def forget(self):
        pass

    def dispose(self):
        for held in self.net.sockets if self.net else []:
            held.real.close()
        self.link.dispose()


def _patient(look):
    """A look at the kernel that may take a moment to become true."""

    def again(the_wire, us, words, line):
        for _ in range(20):
            why = look(the_wire, us, words, line)
            if not why:
                break
            time.sleep(0.005)
        return why

    return again


def _only_the_name(the_wire, us, words, line):
    return calls._timer(the_wire, us, words[:1], line)


for name in ("state", "recvq", "sendq", "rows", "stat", "flags"):
    calls._CALLS[name] = _patient(calls._CALLS[name])
calls._CALLS["timer"] = _patient(_only_the_name)
