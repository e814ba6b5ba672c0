"""The HTTP engine between rings of every size: whatever arrives, and whatever drains, how little
at a time, the answers are the same and nothing is written that has no room."""

import sys

from draw import Draw
from testing import seeds

# The firmware's folder: of the source tree on a host, of the ROMFS on the board.
sys.path += [__file__.rsplit("/", 1)[0] + "/../../firmware", "/rom/firmware"]

from echo import Echo  # noqa: E402
from httpd import Server  # noqa: E402


class Wire:
    """A listener, its only connection and the net they belong to, with rings of `size` bytes."""

    def __init__(self, d, size, sent):
        self.d = d
        self.size = size
        self.now = 0
        self.sent = sent  # by the client, and not arrived yet
        self.rx = b""
        self.tx = b""
        self.got = []
        self.waiting = True
        self.closed = False

    def socket(self):
        return self

    def ticks_ms(self):
        return self.now

    def setblocking(self, on):
        pass

    bind = listen = shutdown = setblocking

    def ioctl(self, request, arg):
        return 1 if self.waiting else 0

    def accept(self):
        self.waiting = False
        return self, None

    def netstat(self):
        return []

    def peekinto(self, buf, seen=0):
        n = min(len(buf), len(self.rx))
        buf[:n] = self.rx[:n]
        return n if len(self.rx) > seen else None

    def readinto(self, buf, n=-1):
        n = self.peekinto(buf) and min(len(buf) if n < 0 else n, len(buf), len(self.rx))
        self.rx = self.rx[n or 0 :]
        return n

    def space(self):
        return self.size - len(self.tx)

    def write(self, buf, a=-1, b=-1):
        if isinstance(buf, str):
            buf = buf.encode()
        buf = bytes(buf)
        text = buf[a : a + b] if b >= 0 else buf[:a] if a >= 0 else buf
        assert len(text) <= self.space(), (len(text), self.space())
        self.tx += text
        return len(text)

    def close(self):
        self.closed = True

    abort = close

    def pass_time(self):
        """Some of the client's bytes arrive, some of ours are read."""
        self.now += 7
        n = min(self.d.below(self.d.below(900) + 1) + 1, self.size - len(self.rx))
        self.rx += self.sent[:n]
        self.sent = self.sent[n:]
        n = self.d.below(self.d.below(900) + 1) + 1
        self.got.append(self.tx[:n])
        self.tx = self.tx[n:]


def body_of(text, at, fields):
    """(body, where it ends) of the answer whose head ends at `at`."""
    if b"Content-Length: " in fields:
        end = at + int(fields.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        return text[at:end], end
    body = b""
    while b"chunked" in fields:
        line = text.find(b"\r\n", at)
        n = int(text[at:line], 16)
        at = line + 2 + n + 2
        assert text[at - 2 : at] == b"\r\n"
        if not n:
            break
        body += text[line + 2 : line + 2 + n]
    return body, at


def answers(text):
    """[(status line, content type, body)] of what was said, 100 Continue left out."""
    out = []
    at = 0
    while at < len(text):
        end = text.find(b"\r\n\r\n", at) + 4
        assert end >= 4, text[at:]
        head = text[at:end]
        body, at = body_of(text, end, head)
        line = head.split(b"\r\n")[0]
        if not line.startswith(b"HTTP/1.1 100"):
            out.append((line, head.split(b"Content-Type: ")[-1].split(b"\r\n")[0], body))
    return out


def random_request(d):
    """(request, answer)."""
    kind = b"t/" + b"x" * d.below(1 + d.below(250))
    body = d.bytes(d.below(1 + d.below(2000)))
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\n" % kind
    if d.below(3) == 0:
        head += b"Expect: 100-continue\r\n"
    ok = b"HTTP/1.1 200 OK"
    how = d.below(4)
    if how == 0:
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body, (ok, kind, body)
    if how == 1:
        text = b""
        at = 0
        while at < len(body):
            n = 1 + d.below(1 + d.below(700))
            text += b"%x;a=b\r\n" % len(body[at : at + n]) + body[at : at + n] + b"\r\n"
            at += n
        head += b"Transfer-Encoding: chunked\r\n\r\n"
        return head + text + b"0\r\nT: u\r\n\r\n", (ok, kind, body)
    if how == 2:
        head = b"GET /echo/%s HTTP/1.1\r\nHost: a\r\n" % kind
        return head + b"\r\n", (ok, b"text/plain", head)
    text = b"404 Not Found\nThere is nothing here. Try / or /echo.\n"
    return b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n" % kind, (
        b"HTTP/1.1 404 Not Found",
        b"text/plain",
        text,
    )


@seeds(30)
def test_answers_are_the_same_however_little_room_there_is(seed):
    d = Draw(seed)
    talk = [random_request(d) for _ in range(1 + d.below(12))]
    sent = b"".join([request for request, _ in talk])
    size = (512, 600, 1144, 2048)[d.below(4)]
    wire = Wire(d, size, sent)
    server = Server(wire, Echo(wire), connections=1, buffer=min(size - 120, 1024))
    for _ in range(20000):
        wire.pass_time()
        server.turn()
        if not (wire.sent or wire.rx or wire.tx):
            break
    assert not wire.closed and not wire.sent and not wire.rx
    assert answers(b"".join(wire.got)) == [answer for _, answer in talk]
    assert server.requests == len(talk)
