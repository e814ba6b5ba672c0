"""The HTTP engine with the heap locked: a request in steady state allocates nothing."""

import sys

import micropython

# The firmware's folder: of the source tree on a host, of the ROMFS on the board.
sys.path += [__file__.rsplit("/", 1)[0] + "/../../firmware", "/rom/firmware"]

from echo import Echo  # noqa: E402
from httpd import Server  # noqa: E402


class Wire:
    """A listener, its only connection and the net they belong to, in memory; allocates nothing."""

    def __init__(self):
        self.now = 0
        self.sent = b""  # by the client
        self.at = 0
        self.written = bytearray(1200)
        self.n = 0
        self.waiting = False

    def socket(self):
        return self

    def ticks_ms(self):
        return self.now

    def setblocking(self, on):
        pass

    def bind(self, address):
        pass

    listen = bind

    def ioctl(self, request, arg):
        return 1 if self.waiting else 0

    def accept(self):
        self.waiting = False
        return self, None

    def peekinto(self, buf, seen=0):
        n = min(len(buf), len(self.sent) - self.at)
        for i in range(n):
            buf[i] = self.sent[self.at + i]
        return n if n > seen else None

    def readinto(self, buf, n=-1):
        n = min(len(buf) if n < 0 else n, self.peekinto(buf) or 0)
        self.at += n
        return n or None

    def space(self):
        return len(self.written) - self.n

    def write(self, buf, off, n=-1):
        if n < 0:
            off, n = 0, off
        for i in range(n):
            self.written[self.n + i] = buf[off + i]
        self.n += n
        return n


def turns_without_heap(server, wire, sent, turns):
    """What the server writes to `sent` within so many turns, all of them with the heap locked."""
    wire.sent = sent
    wire.at = wire.n = 0
    turn = server.turn
    micropython.heap_lock()
    try:
        for _ in range(turns):
            turn()
    finally:
        micropython.heap_unlock()
    return bytes(wire.written[: wire.n])


def serving():
    wire = Wire()
    server = Server(wire, Echo(wire), connections=1, buffer=400)
    wire.waiting = True
    server.turn()
    return server, wire


HEAD = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/x\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nServer: ferrule\r\n"


def test_a_body_of_known_length():
    server, wire = serving()
    request = HEAD + b"Content-Length: 5\r\n\r\nhello"
    for _ in range(3):
        said = turns_without_heap(server, wire, request, 3)
        assert said == ANSWER + b"Content-Length: 5\r\nContent-Type: text/x\r\n\r\nhello", said


def test_pipelined_requests():
    server, wire = serving()
    request = HEAD + b"Content-Length: 2\r\n\r\n"
    said = turns_without_heap(server, wire, request + b"ab" + request + b"cd", 4)
    assert said.count(ANSWER) == 2 and said.endswith(b"\r\n\r\ncd"), said


def test_a_chunked_body():
    server, wire = serving()
    request = HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
    for _ in range(3):
        said = turns_without_heap(server, wire, request, 3)
        assert said.endswith(b"\r\n\r\n0006\r\nhello!\r\n0\r\n\r\n"), said


def test_the_request_itself():
    server, wire = serving()
    request = b"GET /echo/x HTTP/1.1\r\nHost: a\r\n\r\n"
    for _ in range(3):
        said = turns_without_heap(server, wire, request, 3)
        assert said.startswith(ANSWER) and said.endswith(b"\r\n\r\n" + request[:-2]), said


def test_a_body_longer_than_the_buffer():
    server, wire = serving()
    assert turns_without_heap(server, wire, HEAD + b"Content-Length: 90000\r\n\r\nx", 2).endswith(
        b"x"
    )
    for _ in range(8):
        assert turns_without_heap(server, wire, b"y" * 290, 3) == b"y" * 290
