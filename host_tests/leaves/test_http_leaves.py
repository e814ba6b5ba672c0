"""The HTTP engine's leaves (firmware/http_leaves.py), each against a plain twin on random
inputs."""

import sys
from array import array

from httptext import TOKEN_CHARS, mixed_case, pick, spoiled

from draw import Draw

# The firmware's folder: of the source tree on a host, of the ROMFS on the board.
sys.path += [__file__.rsplit("/", 1)[0] + "/../../firmware", "/rom/firmware"]

import http_leaves as leaf  # noqa: E402

HOST_CHARS = b"-._~%!$&'()*+,;=:[]0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
NAMES = (
    b"host",
    b"content-length",
    b"transfer-encoding",
    b"connection",
    b"expect",
    b"content-type",
)
FIELDS = (
    b"\x04host\x0econtent-length\x11transfer-encoding\x0aconnection\x06expect"
    b"\x0ccontent-type\x00"
)
CASES = 300


# ---- twins ---------------------------------------------------------------------------------


def plain_field(line):
    """(name in lower case, value) of a line without its end, or None when it is malformed."""
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
    return name.lower(), value


# ---- tests ---------------------------------------------------------------------------------


def random_field(d):
    name = mixed_case(d, pick(d, NAMES + (b"x", b"accept", b"hosts", b"content-typo")))
    blank = pick(d, (b"", b" ", b" \t"))
    return (
        name + b":" + blank + pick(d, (b"", b"a", b"two words", b"\xc3\xa4;q=1")) + blank + b"\r\n"
    )


def test_field():
    d = Draw(3)
    rec = array("H", [7] * 14)
    for _ in range(2 * CASES):
        line = spoiled(d, random_field(d)[:-2])
        if b"\r\n" in line:
            continue
        want = plain_field(line)
        buf = bytearray(b"?" + line + pick(d, (b"\r\n", b"\r\n", b"\0", b"\r\0")))
        got = leaf.field(buf, 1, leaf.CLASSES, rec, FIELDS)
        if want is None or buf[-1] == 0:
            assert got == 0, line
            continue
        assert got >> 3 == len(buf), line
        place = got & 7
        assert place == (NAMES.index(want[0]) if want[0] in NAMES else len(NAMES)), line
        assert buf[rec[2 * place] : rec[2 * place + 1]] == want[1], line


def test_lookup():
    table = b"\x03GET\x04HEAD\x01*\x00"
    for word, place in (
        (b"GET", 0),
        (b"HEAD", 1),
        (b"*", 2),
        (b"GE", -1),
        (b"GETS", -1),
        (b"get", -1),
        (b"XET", -1),
        (b"", -1),
    ):
        buf = bytearray(b"x" + word + b"y")
        assert leaf.lookup(buf, 1, table, 1 + len(word), 0) == place, word


def test_lookup_in_any_case_of_letters():
    d = Draw(4)
    table = b"\x05close\x0akeep-alive\x00"
    for _ in range(CASES):
        text = spoiled(d, mixed_case(d, pick(d, (b"close", b"keep-alive", b"closed"))))
        buf = bytearray(b"close" + text + b"close")
        want = {b"close": 0, b"keep-alive": 1}.get(text.lower(), -1)
        got = leaf.lookup(buf, 5, table, 5 + len(text), 32)
        assert got == want or text.find(b"\r") >= 0, (text, got)  # 13 | 32 is the hyphen


def test_span_knows_every_byte():
    kinds = (
        (leaf.TOKEN, TOKEN_CHARS),
        (leaf.HOST, HOST_CHARS),
        (leaf.VISIBLE, bytes(range(33, 127))),
        (leaf.TEXT, b"\t" + bytes(range(32, 127)) + bytes(range(128, 256))),
        (leaf.HEX, b"0123456789abcdefABCDEF"),
        (leaf.DIGIT, b"0123456789"),
    )
    for kind, chars in kinds:
        for c in range(256):
            buf = bytearray([48, c, 0])
            want = 2 if c in chars else 1
            assert leaf.span(buf, 0, leaf.CLASSES, kind) == want, (kind, c)
            assert leaf.span(buf, 2, leaf.CLASSES, kind) == 2


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
