"""A device with three TCP services, for tests of the transport alone. Runs inside MicroPython.

    FERRULE_LINK=packet:v1 FERRULE_IP=10.9.0.2/24 micropython host_tests/interop/device_services.py

Port 7 returns what it gets. Port 9 takes everything until the end of the stream and answers with a
line that holds the count and the SHA-256 of it. Port 19 reads a line with a number and sends so
many bytes (of `block`, over and over), then closes. Prints "ready" when it listens.
"""

import hashlib
import os
import sys
import time

sys.path.insert(0, __file__.rsplit("/", 3)[0] + "/lib" if "/" in __file__ else "../../lib")

import ferrule  # noqa: E402
from ferrule.link.impair import Impair  # noqa: E402
from ferrule.link.packet import Packet  # noqa: E402

_CHUNK = 2048

# 251 is a prime number: a block or a segment out of place never looks right.
BLOCK = bytes(range(251)) * 41

# With IMPAIR_SEED in the environment the wire does this, in parts per million of the frames.
ROUGH = {"loss": 20_000, "duplicate": 10_000, "reorder": 20_000, "corrupt": 5_000, "delay": 1}


class Echo:
    """Port 7."""

    def __init__(self, sock):
        self.sock = sock
        self._buffer = bytearray(_CHUNK)
        self._view = memoryview(self._buffer)
        self._have = 0
        self._gone = 0

    def turn(self):
        """Move what can be moved. True when the connection is over."""
        while True:
            while self._gone < self._have:
                n = self.sock.write(self._view[self._gone : self._have])
                if not n:
                    return False
                self._gone += n
            n = self.sock.readinto(self._buffer)
            if not n:
                return n == 0
            self._have = n
            self._gone = 0


class Sink:
    """Port 9."""

    def __init__(self, sock):
        self.sock = sock
        self._buffer = bytearray(_CHUNK)
        self._view = memoryview(self._buffer)
        self._sum = hashlib.sha256()
        self._count = 0

    def turn(self):
        """Take what has come. True when the connection is over."""
        while True:
            n = self.sock.readinto(self._buffer)
            if n is None:
                return False
            if n == 0:
                digest = "".join("%02x" % byte for byte in self._sum.digest())
                self.sock.write("%d %s\n" % (self._count, digest))
                return True
            self._sum.update(self._view[:n])
            self._count += n


class Source:
    """Port 19."""

    def __init__(self, sock):
        self.sock = sock
        self._line = b""
        self._left = -1
        self._at = 0
        self._view = memoryview(BLOCK)

    def turn(self):
        """Read the line, then send. True when the connection is over."""
        while self._left < 0:
            byte = self.sock.read(1)
            if not byte:
                return byte is not None
            if byte == b"\n":
                self._left = int(self._line)
            self._line += byte
        while self._left:
            n = self.sock.write(self._view[self._at : min(len(BLOCK), self._at + self._left)])
            if not n:
                return False
            self._left -= n
            self._at = (self._at + n) % len(BLOCK)
        return True


def stack():
    """The stack that FERRULE_LINK, FERRULE_IP and FERRULE_MAC ask for."""
    kind, _, name = os.getenv("FERRULE_LINK").partition(":")
    if kind != "packet":
        raise SystemExit("these services need FERRULE_LINK=packet:INTERFACE, not %s" % kind)
    mac = os.getenv("FERRULE_MAC")
    mac = bytes(int(part, 16) for part in mac.split(":")) if mac else None
    link = Packet(name, mac)
    seed = os.getenv("IMPAIR_SEED")
    if seed:
        link = Impair(link, time.ticks_ms, int(seed), **ROUGH)
    net = ferrule.Stack(link, connections=8, half_open=16)
    net.active(True)
    net.ipconfig(addr4=os.getenv("FERRULE_IP").split(",")[0])
    return net


def listen(net, port):
    """A non-blocking listener."""
    sock = net.socket()
    sock.setblocking(False)
    sock.bind(("0.0.0.0", port))
    sock.listen(8)
    return sock


def main():
    """Serve until killed."""
    net = stack()
    listeners = [(listen(net, port), kind) for port, kind in ((7, Echo), (9, Sink), (19, Source))]
    served = []
    print("ready")
    while True:
        ms = net.poll()
        for listener, kind in listeners:
            try:
                sock, _ = listener.accept()
            except OSError as error:
                if error.errno != 11:
                    raise
                continue
            sock.setblocking(False)
            served.append(kind(sock))
            ms = 0
        for service in list(served):
            try:
                over = service.turn()
            except OSError as error:
                print("connection ended with errno", error.errno)
                over = True
            if over:
                served.remove(service)
                try:
                    service.sock.close()
                except OSError as error:
                    print("close() told errno", error.errno)
        if ms:
            net.wait(ms)


if __name__ == "__main__":
    main()
