"""Chunked bodies (RFC 9112, 7.1): decoded in the buffer, and sent on as chunks of our own.

A line of the coding stays in the receive ring until it is whole; data go through as they come.
How far a body is stands in its slot: `phase`, and in `left` what is missing of a chunk.
"""

from micropython import const

from http_answer import await_body, head, send
from http_leaves import CLASSES, HEX, TEXT, TOKEN, put, span
from http_request import seldom
from http_slot import CHUNKED, DONE

_HEADROOM = const(112)  # http_request.HEADROOM

_SIZE = const(0)  # the line of a chunk's size comes,
_DATA = const(1)  # its data,
_DATA_END = const(2)  # the line's end behind them,
_TRAILER = const(3)  # or what is behind the last chunk; `left` is how much that was
_ENDED = const(4)

_CHUNK_MAX = const(0x3FFFFFF)
_LINE_MAX = const(1024)  # bytes of a line that has not ended yet,
_FULL_MAX = const(512)  # and when there is no room for more
_TRAILERS_MAX = const(1024)
_SIZE_LINE = const(6)  # ours always has four digits
_FRAMING = const(13)  # of a chunk of ours, with the end of the body

_BAD_CHUNKS = const(4006)  # sentences of http_status
_CHUNK_TOO_LARGE = const(4131)
_ECONNABORTED = const(103)

_HEX = b"0123456789abcdef"
_LINE_END = b"\r\n"
_LAST = b"0\r\n\r\n"


def echo_chunks(q):
    """Answers with the request's chunked body, while it arrives."""
    s = q.slot
    s.phase = 0
    more = q.may_be_more()
    n = dechunk(q, q.end)
    if n < 0:
        seldom().refuse(q, -n)
    elif not n and s.phase != _ENDED and not more:
        await_body(q)
    else:
        s.state = CHUNKED
        send_chunk(q, head(q, q.end - _SIZE_LINE if n else q.end, -1, None), q.end, n)


def pass_on_chunks(q):
    """Decodes what has arrived of a chunked body and makes one chunk of it; part of it when the
    send ring has no room for more."""
    s = q.slot
    room = s.sock.space() - _FRAMING
    if room < _FRAMING:
        return False
    n = s.sock.peekinto(q.room, s.seen)
    if not n:
        if n is None:
            return False
        raise OSError(_ECONNABORTED)
    if n > room:
        n = room
    q.hold(n)
    n = dechunk(q, _HEADROOM)
    if n < 0:
        # Part of the answer is out: all that remains is to break off, so that the peer sees that
        # it is incomplete.
        raise OSError(_ECONNABORTED)
    if q.stop - s.seen == _HEADROOM:
        return False
    send_chunk(q, _HEADROOM - _SIZE_LINE if n else _HEADROOM, _HEADROOM, n)
    return True


def send_chunk(q, start, at, n):
    """Sends the n bytes at `at` as a chunk, behind what stands from `start` on; after the last
    one, the end of the body."""
    s = q.slot
    buf = q.buf
    end = at + n
    if n:
        buf[at - 1] = 10
        buf[at - 2] = 13
        for i in range(at - 3, at - 7, -1):
            buf[i] = _HEX[n & 15]
            n >>= 4
        end += 2
        put(buf, end, _LINE_END, 0, 2)
    if s.phase == _ENDED:
        s.state = DONE
        end += 5
        put(buf, end, _LAST, 0, 5)
    send(q, start, end)
    q.take(q.stop - s.seen)


def dechunk(q, at):
    """Decodes buf[at:stop] in place: the data move together at `at`.  Returns the number of their
    bytes, or below 0 why they are refused; what is left to be read later is `seen`."""
    s = q.slot
    buf = q.buf
    stop = q.stop
    out = i = at
    while i < stop and s.phase != _ENDED:
        if s.phase == _DATA:
            n = stop - i
            if n >= s.left:
                n = s.left
                s.phase = _DATA_END
            s.left -= n
            out += n
            put(buf, out, buf, i, n)
            i += n
        else:
            end = buf.find(_LINE_END, i, stop)
            whole = end >= 0
            if not whole:
                end = stop - (buf[stop - 1] == 13)
            n = framing(s, buf, i, end, whole)
            if n:
                return -n
            if not whole:
                n = stop - i
                if n > _LINE_MAX or n > _FULL_MAX and stop == _HEADROOM + len(q.room):
                    return -_BAD_CHUNKS
                break
            i = end + 2
    s.seen = stop - i
    return out - at


def framing(s, buf, at, end, whole):
    """Reads the line buf[at:end], of which more may come: 0, or why it is refused.  A whole one
    leads to the next phase."""
    if s.phase == _SIZE:
        size = 0
        i = span(buf, at, CLASSES, HEX)
        if i < end and (buf[i] != 59 or span(buf, i, CLASSES, TEXT) != end) or i == at and whole:
            return _BAD_CHUNKS
        while at < i:
            # '0' is 0x30, 'A' is 0x41 and 'a' is 0x61.
            size = (size << 4) + (buf[at] & 15) + 9 * (buf[at] >> 6)
            if size > _CHUNK_MAX:
                return _CHUNK_TOO_LARGE
            at += 1
        if whole:
            s.left = size
            s.phase = _DATA if size else _TRAILER
    elif s.phase == _DATA_END or at == end:
        if at < end:
            return _BAD_CHUNKS
        if whole:
            s.phase = _SIZE if s.phase == _DATA_END else _ENDED
    else:
        if span(buf, at, CLASSES, TOKEN) == at or span(buf, at, CLASSES, TEXT) != end:
            return _BAD_CHUNKS
        if whole:
            s.left += end - at
            if s.left > _TRAILERS_MAX:
                return _BAD_CHUNKS
    return 0
