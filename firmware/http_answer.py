"""Writing an answer: its head in front of what it belongs to, bodies passed on while they arrive.

One of echo_body(), echo_head(), page(), allow() and refuse() is called for each request.  They
put the first bytes of the answer where src[out:out_end] says, and set the state that tells which
of the functions further down goes on from there.  Those return False when nothing can be done at
present, and raise OSError when the connection is of no more use.
"""

from micropython import const

import http_leaves as leaf
from http_leaves import dechunk, put

_HEADROOM = const(184)     # http_slot.HEADROOM, and its states
_EXPECT = const(1)
_ECHO = const(2)
_CHUNKED = const(3)
_PAGE = const(4)
_DONE = const(5)

_TYPE = const(19)          # the record of http_leaves: Content-Type
_CHUNK_PHASE = const(0)
_CHUNK_USED = const(3)
_SIZE_LINE = const(6)
_ECONNABORTED = const(103)

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_OK = b"HTTP/1.1 200 OK\r\nServer: ferrule\r\n"
_CONNECTION = (b"Connection: close\r\n", b"", b"Connection: keep-alive\r\n")
_WITH_LENGTH = tuple([_OK + line + b"Content-Length: " for line in _CONNECTION])
_WITH_CHUNKS = tuple([_OK + line + b"Transfer-Encoding: chunked" for line in _CONNECTION])
_WITH_TYPE = b"\r\nContent-Type: "
_HEX = b"0123456789abcdef"
_BLANK = b"\r\n\r\n"
_TAIL = b"\r\n"                    # what ends a chunk, the last chunk, and both
_LAST = b"0\r\n\r\n"
_LAST_TAIL = b"\r\n0\r\n\r\n"
_BINARY = b"application/octet-stream"
_TEXT = b"text/plain"

REASONS = {
    200: "OK", 204: "No Content", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
    408: "Request Timeout", 411: "Length Required", 413: "Content Too Large", 414: "URI Too Long",
    417: "Expectation Failed", 431: "Request Header Fields Too Large", 501: "Not Implemented",
    505: "HTTP Version Not Supported",
}


def has_body(s):
    """Whether the request carries a body of at least one byte, or may do so."""
    return s.length > 0 or s.chunked


def _leave_body(s):
    """The answer does not depend on the request's body: close after it rather than read it all."""
    if has_body(s):
        s.keep = 0
        s.drain = True


def echo_body(s):
    """Answers with the request's body and content type, while it arrives."""
    at = s.body_at
    s.src = s.buf
    if s.chunked:
        for i in range(leaf.CHUNK_LEN):
            s.chunk[i] = 0
        s.state = _CHUNKED
        s.out_end = at - _SIZE_LINE      # the first chunk's size goes in between
        s.at = at
        s.hold = True
        s.out = _head(s, s.out_end, -1, None)
    else:
        n = s.end - at
        if n > s.length:
            n = s.length
        s.left = s.length - n
        s.state = _ECHO if s.left else _DONE
        s.at = s.out_end = at + n
        s.hold = n == 0 and s.left > 0
        s.out = _head(s, at, s.length, None)
    if s.expect and s.hold and at == s.end:
        _ask_for_body(s)


def _ask_for_body(s):
    """Puts 100 Continue in front of the held answer, to be sent ahead of it."""
    s.body_at = s.out_end
    s.out_end = s.out
    s.out = put(s.buf, s.out, _CONTINUE, 0, len(_CONTINUE))
    s.hold = False
    s.state = _EXPECT


def echo_head(s):
    """Answers with the request line and the header fields as they came."""
    length = s.body_at - 2 - s.at
    _leave_body(s)
    s.src = s.buf
    s.out = _head(s, s.at, length, _TEXT)
    s.out_end = s.at if s.head_only else s.at + length
    s.at = s.body_at
    s.state = _DONE


def _head(s, end, length, kind):
    """Writes the head of a 200 answer so that it ends at `end`; returns where it starts.  Without
    `kind` the content type is the request's, which lies in the same buffer and is moved first."""
    buf = s.buf
    rec = s.rec
    at = end - 4
    n = rec[_TYPE + 1] - rec[_TYPE]
    if kind is None and n:
        at = put(buf, at, buf, rec[_TYPE], n)
    else:
        kind = kind or _BINARY
        at = put(buf, at, kind, 0, len(kind))
    put(buf, end, _BLANK, 0, 4)
    at = put(buf, at, _WITH_TYPE, 0, len(_WITH_TYPE))
    if length < 0:
        start = _WITH_CHUNKS[s.keep]
    else:
        start = _WITH_LENGTH[s.keep]
        at = _put_decimal(buf, at, length)
    return put(buf, at, start, 0, len(start))


def _put_decimal(buf, end, n):
    """Writes n in digits that end just before `end`; returns where they start."""
    while True:
        end -= 1
        buf[end] = 48 + n % 10
        n //= 10
        if not n:
            return end


def _put_size(buf, end, n):
    """Writes the size line of a chunk of n bytes, always four digits, so that it ends at `end`."""
    buf[end - 1] = 10
    buf[end - 2] = 13
    for at in range(end - 3, end - 7, -1):
        buf[at] = _HEX[n & 15]
        n >>= 4


def page(s, kind, pieces):
    """Answers with the strings that the iterator `pieces` yields; `kind` is their content type."""
    _leave_body(s)
    chunks = ""
    if s.minor:
        chunks = "Transfer-Encoding: chunked\r\n"
    else:
        s.keep = 0
    s.pieces = None if s.head_only else pieces
    _say(s, 200, "%sContent-Type: %s\r\nCache-Control: no-store\r\n" % (chunks, kind), "")


def allow(s, status, methods):
    """Answers with the list of methods that the target knows: to OPTIONS (204) or as 405."""
    more = "Allow: " + methods + "\r\n"
    if status == 204:
        _leave_body(s)
        _say(s, status, more, "")
    else:
        refuse(s, status, "This can be asked for with %s." % methods, more)


def refuse(s, status, why, more=""):
    """Answers with an error and one sentence of explanation.  The connection outlives it only when
    it is certain where the next request begins."""
    if status not in (404, 405) or has_body(s):
        s.keep = 0
        s.drain = True
    text = "%d %s\n%s\n" % (status, REASONS[status], why)
    more += "Content-Type: text/plain\r\nContent-Length: %d\r\n" % len(text)
    _say(s, status, more, "" if s.head_only else text)


def _say(s, status, more, text):
    """Makes an answer that does not come from the connection's buffer."""
    line = str(_CONNECTION[s.keep], "utf-8")
    s.src = ("HTTP/1.1 %d %s\r\nServer: ferrule\r\n%s%s\r\n%s" % (
        status, REASONS[status], line, more, text)).encode()
    s.out = 0
    s.out_end = len(s.src)
    s.hold = False
    s.at = s.body_at if s.keep else s.end
    s.state = _DONE if s.pieces is None else _PAGE


# Going on with an answer: each is called when all is written, or when the answer's head is held


def continued(s):
    """100 Continue is written: now the answer's head waits for the body."""
    s.out_end = s.body_at
    s.hold = s.end < s.cap
    s.state = _CHUNKED if s.chunked else _ECHO
    return True


def pass_on(s):
    """Reads the next bytes of a body of known length into the place they are written from."""
    if s.hold:
        n = s.cap - s.end
        if n == 0:
            s.hold = False
            return True
        if n > s.left:
            n = s.left
        n = s.sock.readinto(s.view[s.end:s.end + n])
    else:
        s.out = s.end = _HEADROOM
        s.out_end = _HEADROOM
        n = s.cap - _HEADROOM
        n = s.sock.readinto(s.room, n if n < s.left else s.left)
    if n is None:
        return False
    if n == 0:
        raise OSError(_ECONNABORTED)
    s.hold = False
    s.left -= n
    s.end += n
    s.at = s.scan = s.out_end = s.end
    if s.left == 0:
        s.state = _DONE
    return True


def pass_on_chunks(s):
    """Decodes what has arrived of a chunked body and makes one chunk of it."""
    if s.at == s.end:
        if not s.hold:
            s.at = s.end = _HEADROOM
        elif s.end == s.cap:
            s.hold = False
            return True
        n = s.sock.readinto(s.view[s.end:s.cap])
        if n is None:
            return False
        if n == 0:
            raise OSError(_ECONNABORTED)
        s.end += n
    at = s.at
    n = dechunk(s.buf, at, s.end, s.chunk)
    if n < 0:
        return _bad_chunks(s, n)
    done = s.chunk[_CHUNK_PHASE] == leaf.CHUNKS_DONE
    if not n and not done:
        s.end = at
        return True
    if not s.hold:
        s.out = at - _SIZE_LINE
    s.hold = False
    if n:
        _put_size(s.buf, at, n)
        tail = _LAST_TAIL if done else _TAIL
        s.out_end = at + n + len(tail)
    else:
        tail = _LAST
        s.out_end = at - 1
    put(s.buf, s.out_end, tail, 0, len(tail))
    s.at = s.scan = s.chunk[_CHUNK_USED]
    if done:
        s.state = _DONE
    return True


def _bad_chunks(s, how):
    """Chunked coding that cannot be read.  Once part of the answer is out, all that remains is to
    break off, so that the peer sees an incomplete answer."""
    if not s.hold:
        raise OSError(_ECONNABORTED)
    s.body_at = s.end
    if how == leaf.CHUNKS_TOO_LARGE:
        refuse(s, 413, "A chunk is larger than this server takes.")
    else:
        refuse(s, 400, "The chunked coding is malformed.")
    return True


def next_piece(s):
    """The next string of a page, as a chunk or as it is."""
    piece = next(s.pieces, None)
    if piece is None:
        s.pieces = None
        s.state = _DONE
        piece = ""
    if s.minor:
        piece = "%x\r\n%s\r\n" % (len(piece), piece)
    s.src = piece.encode()
    s.out = 0
    s.out_end = len(s.src)
    return True
