"""The HTTP engine over the host's own sockets: a MicroPython program for the tests beside it.

    micropython native.py PORT [NAME=NUMBER ...]

serves on 127.0.0.1:PORT with the named settings of httpd.Server, and prints a line when it is
ready. Native sockets have the semantics that ferrule's are made after, so what fails here is
HTTP's fault.
"""

import select
import socket
import struct
import sys
import time

FOLDER = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
sys.path.append(FOLDER + "/../../firmware")

from echo import Echo  # noqa: E402
from httpd import Server  # noqa: E402

_POLL = 3
SO_LINGER = 13
RING = 2048


class NativeSocket:
    """The host's socket with the methods that the engine uses, and with rings of its own, as a
    connection of ferrule has them."""

    def __init__(self, net, sock):
        self.net = net
        self.sock = sock
        self.rx = b""
        self.tx = b""
        self.ended = False
        self.poller = select.poll()
        self.poller.register(sock, select.POLLIN)
        self.listen = sock.listen
        self.setblocking = sock.setblocking
        net.poller.register(sock, select.POLLIN)

    def bind(self, address):
        self.sock.bind(socket.getaddrinfo("127.0.0.1", address[1])[0][4])

    def ioctl(self, request, arg):
        assert request == _POLL and arg == 1
        for _, flags in self.poller.ipoll(0):
            return flags & 1
        return 0

    def accept(self):
        sock, address = self.sock.accept()
        sock.setblocking(False)
        return NativeSocket(self.net, sock), address

    def arrived(self):
        """How much can be read; a ring takes no more than its size."""
        while not self.ended and len(self.rx) < RING:
            more = self.sock.read(RING - len(self.rx))
            if more is None:
                break
            self.ended = not more
            self.rx += more
        return len(self.rx)

    def peekinto(self, buf, seen=0):
        n = min(self.arrived(), len(buf))
        if len(self.rx) <= seen:
            return 0 if self.ended else None
        buf[:n] = self.rx[:n]
        return n

    def readinto(self, buf, n=-1):
        n = min(self.arrived(), len(buf) if n < 0 else n, len(buf))
        buf[:n] = self.rx[:n]
        self.rx = self.rx[n:]
        return n if n or self.ended else None

    def space(self):
        self.flush()
        return RING - len(self.tx)

    def write(self, buf, a=-1, b=-1):
        if isinstance(buf, str):
            buf = buf.encode()
        text = bytes(buf if a < 0 else buf[:a] if b < 0 else buf[a : a + b])
        assert len(text) <= RING - len(self.tx), "written without room for it"
        self.tx += text
        self.flush()
        return len(text)

    def flush(self):
        """Sends what the host takes; whether that is all."""
        n = self.tx and self.sock.write(self.tx)
        self.tx = self.tx[n or 0 :]
        return not self.tx

    def shutdown(self, how):
        """MicroPython's native sockets have no shutdown(): the peer sees the end at close()."""

    def abort(self):
        self.tx = b""
        self.sock.setsockopt(socket.SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.net.poller.unregister(self.sock)
        self.net.closing.append(self)
        self.net.poll()


class Rows:
    """What netstat() and memory() return."""

    def __init__(self, rows):
        self.rows = rows

    def once(self):
        return self

    def items(self):
        return self.rows

    def __iter__(self):
        return iter(self.rows)

    def __getitem__(self, what):
        return dict(self.rows)[what]


class NativeNet:
    """What the engine and its pages ask of a Stack."""

    def __init__(self):
        self.poller = select.poll()
        self.ticks_ms = time.ticks_ms
        self.closing = []  # sockets that have something to send first

    def poll(self):
        for sock in list(self.closing):
            try:
                done = sock.flush()
            except OSError:
                done = True
            if done:
                self.closing.remove(sock)
                sock.sock.close()
        return 1000

    def wait(self, ms):
        for _ in self.poller.ipoll(min(ms, 20)):
            pass

    def socket(self):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return NativeSocket(self, sock)

    def ifconfig(self):
        return ("127.0.0.1", "255.0.0.0", "0.0.0.0", "0.0.0.0")

    def netstat(self):
        return Rows([("tcp", 0, 0, ("127.0.0.1", 80), ("0.0.0.0", 0), "LISTEN", "", -1)])

    def half_open(self):
        return 0

    def memory(self):
        return Rows([("total", 0)])

    def status(self, param):
        return None


def main():
    net = NativeNet()
    settings = {name: int(n) for name, n in [arg.split("=") for arg in sys.argv[2:]]}
    server = Server(net, Echo(net), port=int(sys.argv[1]), **settings)
    print("ready")
    server.run()


main()
