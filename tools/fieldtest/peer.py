"""The peer of a field test: a server that can be restarted, that forgets, and that resets.

    python peer.py PORT                          on this computer's own network
    python peer.py PORT ADDRESS/PREFIX FD        in a namespace of its own, behind a TAP whose
                                                 frames are datagrams on the descriptor FD

A program of its own, because the second form runs under `unshare -Urnm`, where the kernel is ours
alone. It answers every line with the same line. Commands on stdin, reports on stdout, each a line
of JSON: {"do": "start"}, "stop" (the server is killed: its connections end), "reset" (each
connection is reset), "forget" (all of that, for a wire that carries nothing now: what a reboot
does), "churn" with "n" (reset each of the next n connections after its first line), "say" with
"text". Each command is confirmed by {"what": "done"}; {"what": "accepted", "from": [...]} and
{"what": "ended"} come by themselves.
"""

import contextlib
import fcntl
import json
import os
import selectors
import socket
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x1002
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s
NAME = "field0"
LONGEST = 2048


def tell(what, **more):
    print(json.dumps(dict(more, what=what)), flush=True)


def open_tap(address):
    """A TAP of this namespace with that address; its descriptor."""
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", NAME.encode(), IFF_TAP_NO_PI))
    with contextlib.suppress(OSError):  # a kernel without IPv6
        with open(f"/proc/sys/net/ipv6/conf/{NAME}/disable_ipv6", "w") as file:
            file.write("1")
    for command in (
        f"ip link set {NAME} address 02:00:00:00:00:01",
        f"ip addr add {address} dev {NAME}",
        f"ip link set {NAME} up",
    ):
        subprocess.run(command.split(), check=True)
    os.set_blocking(tap, False)
    return tap


class Peer:
    """The server and its connections."""

    def __init__(self, port):
        self.port = port
        self.selector = selectors.DefaultSelector()
        self.listener = None
        self.connections = {}  # socket -> what came behind the last end of a line
        self.churn = 0

    def do(self, command):
        name = command["do"]
        if name == "start":
            self.start()
        elif name == "stop":
            self.close_listener()
            self.end_all(reset=False)
        elif name in ("reset", "forget"):
            self.end_all(reset=True)
        elif name == "churn":
            self.churn = command["n"]
        elif name == "say":
            for sock in self.connections:
                sock.sendall(command["text"].encode() + b"\n")
        tell("done", do=name)

    def start(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("0.0.0.0", self.port))
        self.listener.listen(8)
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ, self.accept)

    def close_listener(self):
        if self.listener is not None:
            self.selector.unregister(self.listener)
            self.listener.close()
            self.listener = None

    def accept(self, listener):
        sock, address = listener.accept()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections[sock] = b""
        self.selector.register(sock, selectors.EVENT_READ, self.read)
        tell("accepted", **{"from": list(address)})

    def read(self, sock):
        try:
            data = sock.recv(LONGEST)
        except OSError:
            data = b""
        if not data:
            self.end(sock, reset=False)
            tell("ended")
            return
        *lines, rest = (self.connections[sock] + data).split(b"\n")
        self.connections[sock] = rest
        with contextlib.suppress(OSError):
            sock.sendall(b"".join(line + b"\n" for line in lines))
        if lines and self.churn:
            self.churn -= 1
            self.end(sock, reset=True)

    def end(self, sock, reset):
        self.selector.unregister(sock)
        del self.connections[sock]
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        sock.close()

    def end_all(self, reset):
        for sock in list(self.connections):
            self.end(sock, reset)

    def join(self, tap, wire):
        """Carry frames between the TAP and the wire's datagrams."""

        def out(_):
            with contextlib.suppress(BlockingIOError, ConnectionError):
                wire.send(os.read(tap, LONGEST))

        def back(_):
            with contextlib.suppress(OSError):
                os.write(tap, wire.recv(LONGEST))

        self.selector.register(tap, selectors.EVENT_READ, out)
        self.selector.register(wire, selectors.EVENT_READ, back)

    def command(self, stdin):
        line = stdin.readline()
        if not line:
            sys.exit(0)
        self.do(json.loads(line))

    def run(self):
        self.selector.register(sys.stdin, selectors.EVENT_READ, self.command)
        while True:
            for key, _ in self.selector.select():
                # An earlier event of this round may have ended the connection of a later one.
                if key.fileobj in self.connections or key.data != self.read:
                    key.data(key.fileobj)


def main():
    peer = Peer(int(sys.argv[1]))
    if len(sys.argv) > 2:
        tap = open_tap(sys.argv[2])
        peer.join(tap, socket.socket(fileno=int(sys.argv[3])))
    tell("ready")
    peer.run()


if __name__ == "__main__":
    main()
