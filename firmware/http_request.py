"""Reading a request: whether its head may be answered, where its body ends, what happens
afterwards.

Everything that two readers of the same bytes could understand differently is refused (RFC 9112,
11.2): a proxy in front of the device and the device itself must never disagree where a request
ends.
"""

from micropython import const

import http_leaves as leaf
from http_answer import refuse
from http_leaves import decimal, fields, listed, lookup, made_of, put, request_line

# --- where the record of http_leaves keeps things
_HOST = const(4)
_LENGTH = const(7)
_CODING = const(10)
_CONNECTION = const(13)
_EXPECTED = const(16)
_HEADROOM = const(184)     # http_slot.HEADROOM

_VERSIONS = b"\x0aHTTP/1.0\r\n\x0aHTTP/1.1\r\n\x00"
_VERSION_LEN = const(10)     # with the line's end
_STRANGE = const(-1)
_MALFORMED = const(-2)

_WHY = {
    400: "Content-Length and Transfer-Encoding do not say clearly where the body ends.",
    413: "A body may have at most 999999999 bytes.",
    417: "The only expectation met is 100-continue.",
    501: "The only transfer coding known is chunked.",
}


def skip_empty_lines(s):
    """Empty lines before a request are ignored: RFC 9112, 2.2."""
    while s.at < s.end and s.buf[s.at] in (13, 10):
        s.at += 1
    s.scan = s.at


def incomplete(s):
    """A head that has not ended yet: refuses it when it is not worth waiting for or has no room
    left."""
    if s.at < s.end and not made_of(s.buf, s.at, s.at + 1, leaf.TOKEN):
        refuse(s, 400, "This is not an HTTP request.")
    elif s.end == s.cap:
        n = s.end - s.at
        if s.at > _HEADROOM:
            put(s.buf, _HEADROOM + n, s.buf, s.at, n)
            s.at = _HEADROOM
            s.scan = s.end = _HEADROOM + n
        elif s.buf.find(b"\r\n", s.at, s.end) < 0:
            refuse(s, 414, "The request line is longer than %d bytes." % n)
        else:
            refuse(s, 431, "The request head is longer than %d bytes." % n)


def check(s):
    """The head in at..body_at is complete: refuses it, or returns True when the routes may
    answer."""
    rec = s.rec
    buf = s.buf
    s.keep = 0
    s.head_only = False
    at = request_line(buf, s.at, rec, leaf.TOKEN)
    minor = lookup(buf, at, at + _VERSION_LEN, _VERSIONS) if at else _MALFORMED
    if minor < 0:
        minor = _other_version(buf, at)
        if minor < 0:
            if minor == _MALFORMED:
                return refuse(s, 400, "The request line is malformed.")
            return refuse(s, 505, "This server speaks HTTP/1.1.")
    s.minor = minor
    if not fields(buf, at + _VERSION_LEN, s.body_at, rec, leaf.FIELDS, leaf.TOKEN):
        return refuse(s, 400, "A header field is malformed.")
    hosts = rec[_HOST + 2]
    if hosts != 1 and (hosts or s.minor):
        return refuse(s, 400, "A request names its Host, once.")
    if hosts and not made_of(buf, rec[_HOST], rec[_HOST + 1], leaf.HOST):
        return refuse(s, 400, "The Host field is malformed.")
    status = _framing(s) or _persistence(s)
    if status:
        return refuse(s, status, _WHY[status])
    return True


def _other_version(buf, at):
    """The version at `at` is none of _VERSIONS: 1 for a later HTTP/1.x (RFC 9110, 2.5), _STRANGE
    for one that we do not speak, _MALFORMED for none at all or when `at` is 0."""
    text = bytes(buf[at:at + _VERSION_LEN])
    digits = text[5:6] + text[7:8]
    if at and digits.isdigit() and text == b"HTTP/%s.%s\r\n" % (digits[:1], digits[1:]):
        return 1 if digits[0] == 49 else _STRANGE
    return _MALFORMED


def _framing(s):
    """Where the body ends, by RFC 9112, 6.3.  Whatever two readers could read differently is an
    error.  Returns 0 or a status."""
    rec = s.rec
    s.length = -1
    s.chunked = False
    if rec[_CODING + 2]:
        if rec[_LENGTH + 2] or not s.minor or rec[_CODING + 2] > 1:
            return 400
        how = listed(s.buf, rec[_CODING], rec[_CODING + 1], b"chunked", 7)
        if how != 3:
            return 400 if how == 1 or rec[_CODING] == rec[_CODING + 1] else 501
        s.chunked = True
    elif rec[_LENGTH + 2]:
        if rec[_LENGTH + 2] > 1:
            return 400
        n = decimal(s.buf, rec[_LENGTH], rec[_LENGTH + 1])
        if n < 0:
            return 400 if n == -1 else 413
        s.length = n
    return 0


def _persistence(s):
    """Whether the connection is kept afterwards, and whether 100 Continue is awaited."""
    rec = s.rec
    s.keep = s.minor
    if rec[_CONNECTION + 2]:
        a = rec[_CONNECTION]
        b = rec[_CONNECTION + 1]
        if rec[_CONNECTION + 2] > 1 or listed(s.buf, a, b, b"close", 5):
            s.keep = 0
        elif not s.minor and listed(s.buf, a, b, b"keep-alive", 10):
            s.keep = 2
    s.expect = False
    if rec[_EXPECTED + 2] and s.minor:
        if listed(s.buf, rec[_EXPECTED], rec[_EXPECTED + 1], b"100-continue", 12) != 3:
            return 417
        s.expect = True
    return 0
