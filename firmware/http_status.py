"""What few requests need: errors, OPTIONS, fields that hold a list.

It is loaded for each of them and does not stay on the heap (http_request.seldom).
"""

from micropython import const

_DONE = const(6)  # of http_slot
_DRAIN = const(3)

_BAD_LINE = const(4001)
_BAD_LENGTH = const(4005)
_UNKNOWN_CODING = const(5011)
_STRANGE_VERSION = const(5050)

# Why a request is refused: ten times the status, and a number.
SENTENCES = {
    4000: "This is not an HTTP request.",
    4001: "The request line is malformed.",
    4002: "A header field is malformed.",
    4003: "The Host field is malformed.",
    4004: "A request names its Host, once.",
    4005: "Content-Length and Transfer-Encoding do not say clearly where the body ends.",
    4006: "The chunked coding is malformed.",
    4007: "A line of the request does not end in CR LF.",
    4008: "The target * is for OPTIONS.",
    4040: "There is nothing here. Try / or /echo.",
    4050: "This can be asked for with %s.",
    4080: "The request head took longer than %d ms.",
    4110: "Say with Content-Length or chunked coding how long the body is.",
    4130: "A body may have at most 999999999 bytes.",
    4131: "A chunk is larger than this server takes.",
    4140: "The request line is longer than %d bytes.",
    4170: "The only expectation met is 100-continue.",
    4310: "The request head is longer than %d bytes.",
    5010: "This server knows %s.",
    5011: "The only transfer coding known is chunked.",
    5050: "This server speaks HTTP/1.1.",
}
REASONS = {
    204: "No Content",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    411: "Length Required",
    413: "Content Too Large",
    414: "URI Too Long",
    417: "Expectation Failed",
    431: "Request Header Fields Too Large",
    501: "Not Implemented",
    505: "HTTP Version Not Supported",
}
_CONNECTION = ("Connection: close\r\n", "", "Connection: keep-alive\r\n", "Connection: close\r\n")


def refuse(q, why, what=None):
    """Answers with an error and one sentence of explanation, about `what` in some.  The connection
    outlives it only when it is certain where the next request begins."""
    status = why // 10
    if status not in (404, 405) or q.has_body():
        q.slot.after = _DRAIN
    text = SENTENCES[why]
    if what is not None:
        text %= what
    more = "Allow: %s\r\n" % what if status == 405 else ""
    text = "%d %s\n%s\n" % (status, REASONS[status], text)
    more += "Content-Type: text/plain\r\nContent-Length: %d\r\n" % len(text)
    _say(q, status, more, "" if q.head_only else text)


def allow(q, methods):
    """Answers OPTIONS with the list of methods that the target knows."""
    q.leave_body()
    _say(q, 204, "Allow: %s\r\n" % methods, "")


def _say(q, status, more, text):
    s = q.slot
    head = "HTTP/1.1 %d %s\r\nServer: ferrule\r\n" % (status, REASONS[status])
    s.sock.write(head + _CONNECTION[s.after] + more + "\r\n" + text)
    s.state = _DONE
    if s.after != _DRAIN:
        q.take(q.end)  # what is unread otherwise is read, and dropped, before the connection ends


# Requests that are read with care


def other_version(text):
    """A version that is neither 1.0 nor 1.1, with what follows: 1 for a later HTTP/1.x (RFC 9110,
    2.5), or why it is refused."""
    digits = text[5:6] + text[7:8]
    if not digits.isdigit() or text != b"HTTP/%s.%s\r\n" % (digits[:1], digits[1:]):
        return _BAD_LINE
    return 1 if digits[0] == 49 else _STRANGE_VERSION


def coding(text):
    """Why a Transfer-Encoding that is not `chunked` alone is refused: one where chunked comes
    before the end or twice could be read in two ways."""
    codings = _listed(text)
    if not text or b"chunked" in codings[:-1]:
        return _BAD_LENGTH
    return 0 if codings == [b"chunked"] else _UNKNOWN_CODING


def persistence(text):
    """What a Connection with several options asks for: 0 close, 1 keep-alive, -1 neither."""
    options = _listed(text)
    if b"close" in options:
        return 0
    return 1 if b"keep-alive" in options else -1


def _listed(text):
    """The items of a comma-separated list in lower case."""
    items = [item.strip() for item in text.lower().split(b",")]
    return [item for item in items if item]
