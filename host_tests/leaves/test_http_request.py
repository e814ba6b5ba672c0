"""Reading requests (firmware/http_request.py, http_status.py, http_chunks.py) against plain twins
on random inputs."""

import sys

from httptext import TOKEN_CHARS, joined, mixed_case, pick, spoiled

from draw import Draw

# The firmware's folder: of the source tree on a host, of the ROMFS on the board.
sys.path += [__file__.rsplit("/", 1)[0] + "/../../firmware", "/rom/firmware"]

import http_chunks  # noqa: E402
import http_status  # noqa: E402
from http_request import HEADROOM, Request, seldom  # noqa: E402
from http_slot import Slot  # noqa: E402

ENDED = 4  # a phase of http_chunks
CASES = 300


def request(text=b""):
    """The request in hand with this text in its buffer."""
    q = Request(500)
    q.slot = Slot()
    arrive(q, text)
    return q


def arrive(q, text):
    q.room[: len(text)] = text
    q.hold(len(text))


# ---- twins ---------------------------------------------------------------------------------


def plain_line(line):
    """(method, target, HTTP/1.x), or why it is refused."""
    words = line.split(b" ", 2)
    if len(words) != 3:
        return 4001
    method, target, version = words
    if not method or not target or [c for c in method if c not in TOKEN_CHARS]:
        return 4001
    if [c for c in target if not 32 < c < 127]:
        return 4001
    digits = b"0123456789"
    if len(version) != 8 or version[:5] != b"HTTP/" or version[6:7] != b".":
        return 4001
    if version[5] not in digits or version[7] not in digits:
        return 4001
    if version[5:6] != b"1":
        return 5050
    return method, target, 0 if version[7:] == b"0" else 1


def plain_listed(text):
    items = [item.strip(b" \t").lower() for item in text.split(b",")]
    return [item for item in items if item]


def plain_length(text):
    """What a Content-Length says, or why it is refused."""
    if not text or [c for c in text if c not in b"0123456789"]:
        return 4005
    while len(text) > 1 and text[:1] == b"0":
        text = text[1:]
    return int(text) if len(text) <= 9 else 4130


class PlainChunks:
    """Reads chunked coding byte by byte, keeping whole lines: slow, and easy to believe."""

    def __init__(self):
        self.line = b""
        self.left = 0
        self.where = "size"
        self.bad = 0

    def feed(self, c):
        """Takes one byte; returns it when it is data, else an empty string."""
        if self.where == "data":
            self.left -= 1
            if not self.left:
                self.where = "end of data"
            return bytes([c])
        self.line += bytes([c])
        if self.where == "end of data":
            if self.line == b"\r\n":
                self.line = b""
                self.where = "size"
            elif self.line != b"\r":
                self.bad = -4006
            return b""
        self._check_line()
        if not self.bad and c == 10:
            self._line_is_whole()
            self.line = b""
        return b""

    def _check_line(self):
        """Finds what is wrong at the byte where it goes wrong."""
        text, c = self.line[:-1], self.line[-1]
        if text[-1:] == b"\r":
            if c != 10:
                self.bad = -4006
        elif self.where == "size" and b";" not in text:
            digits = text.lower()
            if c in b"0123456789abcdefABCDEF":
                if int(digits + bytes([c]), 16) > 0x3FFFFFF:
                    self.bad = -4131
            elif not digits or c not in b"\r;":
                self.bad = -4006
        elif self.where == "trailer" and not text and (c <= 32 and c != 13 or c in b":\x7f"):
            self.bad = -4006
        elif c < 32 and c not in b"\r\t" or c == 127:
            self.bad = -4006

    def _line_is_whole(self):
        if self.where == "trailer":
            self.where = "done" if self.line == b"\r\n" else "trailer"
            return
        self.left = int(self.line[:-2].split(b";")[0], 16)
        self.where = "data" if self.left else "trailer"


# ---- tests ---------------------------------------------------------------------------------


def test_request_line():
    d = Draw(2)
    for _ in range(CASES):
        method = pick(d, (b"GET", b"POST", b"A!", b"m_search"))
        target = pick(d, (b"/", b"/echo?x=1?y", b"*", b"http://h/p", b"/" + b"z" * 40))
        version = pick(d, (b"1.1", b"1.0", b"1.7", b"2.0", b"1.10"))
        line = spoiled(d, method + b" " + target + b" HTTP/" + version)
        if b"\r" in line or b"\n" in line:
            continue
        q = request(line + b"\r\nHost: a\r\n\r\n")
        q.end = q.stop
        got = q.check()
        if not got:
            begin = HEADROOM
            got = bytes(q.buf[begin : q.method_end]), bytes(q.buf[q.method_end + 1 : q.target_end])
            got += (q.minor,)
        assert got == plain_line(line), (line, got)


def test_content_length():
    d = Draw(5)
    for i in range(CASES):
        text = joined([b"%d" % d.below(10) for _ in range(d.below(14))])
        if i % 3 == 0 and text:
            text = spoiled(d, text)
        text = text.strip(b" \t")
        if [c for c in text if c < 32 or c == 127]:
            continue
        q = request(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + text + b"\r\n\r\n")
        q.end = q.stop
        got = q.check() or q.length
        assert got == plain_length(text), (text, got)


def listed(d, words):
    items = [mixed_case(d, pick(d, words)) for _ in range(d.below(5))]
    return b",".join(
        [pick(d, (b"", b" ", b"\t ")) + item + pick(d, (b"", b" ")) for item in items]
    ).strip(b" \t")


def test_connection():
    d = Draw(4)
    for _ in range(CASES):
        text = listed(d, (b"close", b"closed", b"keep-alive", b"te", b"", b"x close"))
        minor = d.below(2)
        head = b"GET / HTTP/1.%d\r\nHost: a\r\nConnection: %s\r\n\r\n" % (minor, text)
        q = request(head)
        q.end = q.stop
        assert q.check() == 0, head
        options = plain_listed(text)
        want = minor
        if b"close" in options:
            want = 0
        elif b"keep-alive" in options and not minor:
            want = 2
        assert q.slot.after == want, (head, q.slot.after)


def test_transfer_encoding():
    d = Draw(6)
    for _ in range(CASES):
        text = listed(d, (b"chunked", b"chunked", b"gzip", b"xchunked", b""))
        q = request(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + text + b"\r\n\r\n")
        q.end = q.stop
        codings = plain_listed(text)
        want = 5011
        if codings == [b"chunked"]:
            want = 0
        elif not text or b"chunked" in codings[:-1]:
            want = 4005
        assert q.check() == want, text
        assert want or q.length == -2


def test_why_a_request_is_refused_has_its_sentence_and_its_status():
    assert not [why for why in http_status.SENTENCES if why // 10 not in http_status.REASONS]
    assert seldom() is not http_status and "http_status" not in sys.modules


def test_a_piece_of_a_page_fits_into_the_smallest_ring():
    import pages
    from ferrule import Stack
    from ferrule.link import loop

    net = Stack(loop.pair()[0], ticks_ms=lambda: 0, random=lambda n: bytes(n))
    for pieces in (pages.home(net, 10**7, "a" * 900), pages.netstat(net, 10**7)):
        for piece in pieces:
            assert len(piece) <= 500, piece


def random_chunks(d):
    text = b""
    for _ in range(d.below(5)):
        n = 1 + d.below(40)
        text += (
            pick(d, (b"%x", b"0%x", b"%X")) % n
            + pick(d, (b"", b";a", b';a="b"'))
            + b"\r\n"
            + d.bytes(n)
            + b"\r\n"
        )
    return (
        text
        + pick(d, (b"0", b"000", b"0;x"))
        + b"\r\n"
        + pick(d, (b"", b"T: u\r\nV:\r\n"))
        + b"\r\n"
    )


def test_dechunk_in_pieces_of_any_size():
    d = Draw(8)
    q = request()
    s = q.slot
    for _ in range(CASES):
        text = spoiled(d, random_chunks(d)) + b"GET /"
        twin = PlainChunks()
        want = b""
        used = 0
        while used < len(text) and not twin.bad and twin.where != "done":
            want += twin.feed(text[used])
            used += 1
        s.phase = s.left = 0
        got = b""
        at = end = n = 0
        while end < len(text) and n >= 0 and s.phase != ENDED:
            end = min(len(text), end + 1 + d.below(50))
            arrive(q, text[at:end])
            n = http_chunks.dechunk(q, HEADROOM)
            if n > 0:
                got += bytes(q.room[:n])
            if n >= 0:
                at = end - s.seen
        if twin.bad:
            assert n == twin.bad and want[: len(got)] == got, (text, n, twin.bad)
        else:
            assert got == want, (text, got, want)
            assert (s.phase == ENDED) == (twin.where == "done"), text
            assert s.phase != ENDED or at == used, text


def test_dechunk_bounds_its_framing():
    q = Request(2000)
    q.slot = s = Slot()
    s.phase = s.left = 0
    arrive(q, b"5;" + b"x" * 1023)
    assert http_chunks.dechunk(q, HEADROOM) == -4006
    arrive(q, b"0\r\n" + b"X: y\r\n" * 250)
    assert http_chunks.dechunk(q, HEADROOM) == 0
    arrive(q, b"X: y\r\n" * 250)
    assert http_chunks.dechunk(q, HEADROOM) == -4006
    q = request(b"5;" + b"x" * 498)
    q.slot.phase = 0
    assert http_chunks.dechunk(q, HEADROOM) == 0
