"""Answering with what the request brings: bodies passed on while they arrive, the head itself.

One of echo_body(), echo_head() and what http_status has is called for each request.  The send ring
has room for all that they write.  They take what they have dealt with out of the receive ring, and
leave the state that says which function goes on from there.  What goes on returns False when
nothing can be done at present, and raises OSError when the connection is of no more use.
"""

from micropython import const

from http_leaves import put
from http_slot import BODY, DONE, ECHO

_HEADROOM = const(112)  # http_request.HEADROOM
_TYPE = const(10)  # where Request.rec has the content type
_HAS_TYPE = const(32)  # and its bit in Request.found
_HAS_EXPECT = const(16)

_ECONNABORTED = const(103)

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_WITH_LENGTH = b"HTTP/1.1 200 OK\r\nServer: ferrule\r\nContent-Length: "
_WITH_CHUNKS = b"HTTP/1.1 200 OK\r\nServer: ferrule\r\nTransfer-Encoding: chunked"
_WITH_TYPE = b"\r\nContent-Type: "
_BINARY = b"application/octet-stream"
_TEXT = b"text/plain"
_ENDS = (  # by Slot.after
    b"\r\nConnection: close\r\n\r\n",
    b"\r\n\r\n",
    b"\r\nConnection: keep-alive\r\n\r\n",
    b"\r\nConnection: close\r\n\r\n",
)


def echo_head(q):
    """Answers with the request line and the header fields as they came."""
    end = q.end - 2
    q.leave_body()
    start = head(q, _HEADROOM, end - _HEADROOM, _TEXT)
    send(q, start, _HEADROOM if q.head_only else end)
    q.slot.state = DONE
    q.take(q.end)


def echo_body(q):
    """Answers with the request's body and content type, while it arrives."""
    s = q.slot
    n = q.stop - q.end
    if n >= q.length:
        n = q.length
    elif not n and not q.may_be_more():
        await_body(q)
        return
    s.left = q.length - n
    s.state = ECHO if s.left else DONE
    n += q.end
    send(q, head(q, q.end, q.length, None), n)
    q.take(n)


def await_body(q):
    """Nothing of the body is here yet: the answer's head waits for it, so that both go together.
    Who wants to be told to go on is told."""
    s = q.slot
    if q.found & _HAS_EXPECT and q.minor and s.state != BODY:
        s.sock.write(_CONTINUE)
    s.state = BODY
    s.seen = q.stop - _HEADROOM


def pass_on(q):
    """Passes on what has arrived of a body of known length."""
    s = q.slot
    n = s.sock.space()
    if n > s.left:
        n = s.left
    if not n:
        return False
    n = s.sock.readinto(q.room, n)
    if not n:
        if n is None:
            return False
        raise OSError(_ECONNABORTED)
    s.sock.write(q.room, n)
    s.left -= n
    if not s.left:
        s.state = DONE
    return True


def send(q, start, end):
    """Writes buf[start:end]."""
    q.slot.sock.write(q.buf, start, end - start)


def head(q, end, length, kind):
    """Writes the head of a 200 answer so that it ends at `end`; returns where it starts.  Without
    `kind` the content type is the request's, which lies in the same buffer and is moved first;
    with a length below 0 the body is chunked."""
    buf = q.buf
    rec = q.rec
    last = _ENDS[q.slot.after]
    at = end - len(last)
    if kind is None and q.found & _HAS_TYPE and rec[_TYPE] < rec[_TYPE + 1]:
        at = put(buf, at, buf, rec[_TYPE], rec[_TYPE + 1] - rec[_TYPE])
    else:
        kind = kind or _BINARY
        at = put(buf, at, kind, 0, len(kind))
    put(buf, end, last, 0, len(last))
    at = put(buf, at, _WITH_TYPE, 0, len(_WITH_TYPE))
    first = _WITH_CHUNKS
    if length >= 0:
        first = _WITH_LENGTH
        while True:
            at -= 1
            buf[at] = 48 + length % 10
            length //= 10
            if not length:
                break
    return put(buf, at, first, 0, len(first))
