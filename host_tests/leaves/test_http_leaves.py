"""The HTTP engine's leaves (firmware/http_leaves.py), each against a plain twin on random
inputs."""

import sys
from array import array

from draw import Draw

# The firmware's folder: of the source tree on a host, of the ROMFS on the board.
sys.path += [__file__.rsplit("/", 1)[0] + "/../../firmware", "/rom/firmware"]

import http_leaves as leaf  # noqa: E402

TOKEN_CHARS = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
HOST_CHARS = b"-._~%!$&'()*+,;=:[]0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
NAMES = (
    b"host",
    b"content-length",
    b"transfer-encoding",
    b"connection",
    b"expect",
    b"content-type",
)
CASES = 300


def pick(d, things):
    return things[d.below(len(things))]


def joined(parts):
    out = b""
    for part in parts:
        out += part
    return out


def mixed_case(d, word):
    return bytes([c - 32 if 97 <= c <= 122 and d.below(2) else c for c in word])


def spoiled(d, text):
    """The text, in half of all cases with one byte changed, left out or put in."""
    at = d.below(len(text))
    how = d.below(6)
    bad = bytes([pick(d, b"\r\n\t :;,\0\x7f\x80\xff\x0bA0/.")])
    if how == 0:
        return text[:at] + bad + text[at + 1 :]
    if how == 1:
        return text[:at] + text[at + 1 :]
    if how == 2:
        return text[:at] + bad + text[at:]
    return text


# ---- twins ---------------------------------------------------------------------------------


def plain_head_end(text):
    """Offset after the first empty line, 0, or -1 when a line before it ends in LF alone."""
    at = 0
    while True:
        lf = text.find(b"\n", at)
        if lf < 0:
            return 0
        if lf == 0 or text[lf - 1] != 13:
            return -1
        if lf - 1 == at and at > 0:
            return lf + 1
        at = lf + 1


def plain_request_line(line):
    """(method, target, path, what follows), or None when it is malformed before that."""
    words = line.split(b" ", 2)
    if len(words) != 3:
        return None
    method, target, rest = words
    if not method or not target or [c for c in method if c not in TOKEN_CHARS]:
        return None
    if [c for c in target if not 32 < c < 127]:
        return None
    return method, target, target.split(b"?")[0], rest


def plain_fields(block):
    """{name: (value, how often)} of the names we act upon, or None when a line is malformed."""
    found = {}
    for line in block[:-4].split(b"\r\n") if len(block) > 2 else ():
        colon = line.find(b":")
        name, value = line[:colon], line[colon + 1 :]
        if colon < 1 or [c for c in name if c not in TOKEN_CHARS]:
            return None
        if [c for c in value if c < 32 and c != 9 or c == 127]:
            return None
        while value[:1] in (b" ", b"\t"):
            value = value[1:]
        while value[-1:] in (b" ", b"\t"):
            value = value[:-1]
        name = name.lower()
        if name in NAMES:
            found[name] = value, found.get(name, (b"", 0))[1] + 1
    return found


def plain_listed(text, word):
    items = [item.strip(b" \t").lower() for item in text.split(b",")]
    items = [item for item in items if item]
    n = len([item for item in items if item == word])
    if not n:
        return 0
    if n > 1 or items[-1] != word:
        return 1
    return 3 if len(items) == 1 else 2


def plain_decimal(text):
    if not text or [c for c in text if c not in b"0123456789"]:
        return -1
    while len(text) > 1 and text[:1] == b"0":
        text = text[1:]
    return int(text) if len(text) <= 9 else -2


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
                self.bad = -1
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
                self.bad = -1
        elif self.where == "size" and b";" not in text:
            digits = text.lower()
            if c in b"0123456789abcdefABCDEF":
                if int(digits + bytes([c]), 16) > 0x3FFFFFF:
                    self.bad = -2
            elif not digits or c not in b"\r;":
                self.bad = -1
        elif self.where == "trailer" and not text and (c <= 32 and c != 13 or c in b":\x7f"):
            self.bad = -1
        elif c < 32 and c not in b"\r\t" or c == 127:
            self.bad = -1

    def _line_is_whole(self):
        if self.where == "trailer":
            self.where = "done" if self.line == b"\r\n" else "trailer"
            return
        self.left = int(self.line[:-2].split(b";")[0], 16)
        self.where = "data" if self.left else "trailer"


# ---- tests ---------------------------------------------------------------------------------


def random_field(d):
    name = mixed_case(d, pick(d, NAMES + (b"x", b"accept", b"hosts", b"content-typo")))
    blank = pick(d, (b"", b" ", b" \t"))
    return (
        name + b":" + blank + pick(d, (b"", b"a", b"two words", b"\xc3\xa4;q=1")) + blank + b"\r\n"
    )


def random_head(d):
    method = pick(d, (b"GET", b"POST", b"A!", b"m_search"))
    target = pick(d, (b"/", b"/echo?x=1?y", b"*", b"http://h/p", b"/" + b"z" * 40))
    version = pick(d, (b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.7", b"HTTP/2.0", b"HTP/1.1"))
    fields = joined([random_field(d) for _ in range(d.below(6))])
    return method + b" " + target + b" " + version + b"\r\n" + fields + b"\r\n"


def test_head_end_finds_the_empty_line_however_the_bytes_arrive():
    d = Draw(1)
    for _ in range(CASES):
        text = spoiled(d, random_head(d)) + d.bytes(d.below(9))
        buf = bytearray(b"\n\r\n" + text)
        want = plain_head_end(text)
        got = 0
        scan = end = 3
        while not got and end < len(buf):
            end = min(len(buf), end + 1 + d.below(30))
            got = leaf.head_end(buf, 3, scan, end)
            scan = end
        assert got == (want + 3 if want > 0 else want), (text, want, got)


def test_request_line():
    d = Draw(2)
    rec = array("H", [0] * leaf.RECORD_LEN)
    for _ in range(CASES):
        line = spoiled(d, random_head(d).split(b"\r\n")[0])
        if b"\r" in line or b"\n" in line:
            continue
        buf = bytearray(b"??" + line + b"\r\nHost: a\r\n\r\n")
        want = plain_request_line(line)
        at = leaf.request_line(buf, 2, rec, leaf.TOKEN)
        if want is None:
            assert at == 0, line
        else:
            assert at, line
            rest = buf[at:].split(b"\r\n")[0]
            seen = buf[2 : rec[0]], buf[rec[1] : rec[2]], buf[rec[1] : rec[3]], rest
            assert seen == want, (line, seen)


def test_fields():
    d = Draw(3)
    rec = array("H", [7] * leaf.RECORD_LEN)
    for _ in range(CASES):
        block = joined([random_field(d) for _ in range(d.below(7))])
        block = (spoiled(d, block) if block else block) + b"\r\n"
        if plain_head_end(b"\r\n" + block) != len(block) + 2:
            continue  # it is no longer one head: head_end() would have said so
        want = plain_fields(block)
        buf = bytearray(b"?" + block)
        got = leaf.fields(buf, 1, len(buf), rec, leaf.FIELDS, leaf.TOKEN)
        assert got == (want is not None), (block, got)
        for i, name in enumerate(NAMES if want is not None else ()):
            value, count = want.get(name, (b"", 0))
            assert rec[6 + 3 * i] == count, (block, name)
            if count:
                assert buf[rec[4 + 3 * i] : rec[5 + 3 * i]] == value, (block, name)


def test_lookup():
    table = b"\x03GET\x04HEAD\x01*\x00"
    for word, place in (
        (b"GET", 0),
        (b"HEAD", 1),
        (b"*", 2),
        (b"GE", -1),
        (b"GETS", -1),
        (b"get", -1),
        (b"", -1),
    ):
        buf = bytearray(b"x" + word + b"y")
        assert leaf.lookup(buf, 1, 1 + len(word), table) == place, word


def test_made_of_knows_every_byte():
    for allowed, chars in ((leaf.TOKEN, TOKEN_CHARS), (leaf.HOST, HOST_CHARS)):
        for c in range(256):
            buf = bytearray([65, c, 66])
            assert leaf.made_of(buf, 0, 3, allowed) == (c in chars), c
            assert leaf.made_of(buf, 1, 1, allowed)


def test_listed():
    d = Draw(4)
    for _ in range(CASES):
        n = d.below(5)
        items = [
            mixed_case(d, pick(d, (b"close", b"closed", b"clos", b"te", b"", b"x close")))
            for _ in range(n)
        ]
        text = b",".join(
            [pick(d, (b"", b" ", b"\t ")) + item + pick(d, (b"", b" ")) for item in items]
        )
        buf = bytearray(b"close" + text + b"close")
        got = leaf.listed(buf, 5, 5 + len(text), b"close", 5)
        assert got == plain_listed(text, b"close"), (text, got)


def test_decimal():
    d = Draw(5)
    for i in range(CASES):
        text = joined([b"%d" % d.below(10) for _ in range(d.below(14))])
        if i % 3 == 0 and text:
            text = spoiled(d, text)
        got = leaf.decimal(b"12" + text + b"3", 2, 2 + len(text))
        assert got == plain_decimal(text), (text, got)
    assert leaf.decimal(b"999999999", 0, 9) == 999999999
    assert leaf.decimal(b"1000000000", 0, 10) == -2


def test_put_from_elsewhere_and_within_one_buffer():
    d = Draw(6)
    for _ in range(CASES):
        buf = bytearray(d.bytes(64))
        text = d.bytes(64)
        n, at, to = d.below(30), d.below(34), d.below(34)
        want = bytes(buf)
        assert leaf.put(buf, to + n, buf, at, n) == to
        want = want[:to] + want[at : at + n] + want[to + n :]
        assert buf == want, (to, at, n)
        assert leaf.put(buf, to + n, text, at, n) == to
        assert buf == want[:to] + text[at : at + n] + want[to + n :], (to, at, n)


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
    rec = array("i", [0] * leaf.CHUNK_LEN)
    for _ in range(CASES):
        text = spoiled(d, random_chunks(d)) + b"GET /"
        twin = PlainChunks()
        want = b""
        used = 0
        while used < len(text) and not twin.bad and twin.where != "done":
            want += twin.feed(text[used])
            used += 1
        for i in range(leaf.CHUNK_LEN):
            rec[i] = 0
        got = b""
        at = n = 0
        while at < len(text) and n >= 0 and rec[0] != leaf.CHUNKS_DONE:
            end = min(len(text), at + 1 + d.below(50))
            buf = bytearray(b"?" + text[at:end])
            n = leaf.dechunk(buf, 1, len(buf), rec)
            if n > 0:
                got += bytes(buf[1 : 1 + n])
            at += rec[3] - 1
        if twin.bad:
            assert n == twin.bad and want[: len(got)] == got, (text, n, twin.bad)
        else:
            assert got == want, (text, got, want)
            assert (rec[0] == leaf.CHUNKS_DONE) == (twin.where == "done") and at == used, text


def test_dechunk_bounds_its_framing():
    rec = array("i", [0] * leaf.CHUNK_LEN)
    text = bytearray(b"5;" + b"x" * 2000)
    assert leaf.dechunk(text, 0, len(text), rec) == leaf.CHUNKS_BAD
