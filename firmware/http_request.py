"""The request in hand.  There is one for all connections, for none is left half dealt with.

    [ headroom | request head | body .............. | tail ]
                     [ answer's head | body ....... ]         what is written

A copy of what has arrived lies behind the headroom and is checked in place.  The head of the
answer is written right in front of the body it belongs to, over the request head, so a short
answer is one write and one segment and a body passes through without being copied.

Everything that two readers of the same bytes could understand differently is refused (RFC 9112,
11.2): a proxy in front of the device and the device itself must never disagree where a request
ends.
"""

import sys
from array import array

from micropython import const

from http_leaves import CLASSES, DIGIT, HOST, TOKEN, VISIBLE, field, lookup, span
from http_slot import CLOSE, DRAIN, KEEP_TOLD

HEADROOM = const(112)  # holds the longest answer head, its content type left out
_HEADROOM = const(112)
_TAIL = const(8)  # what ends a chunk, behind the last byte of a full buffer
_ANSWER = const(120)  # both

_NO_BODY = const(-1)  # lengths that are none
_CODED = const(-2)

_VERSIONS = b"\x0aHTTP/1.0\r\n\x0aHTTP/1.1\r\n\x00"
_VERSION_LEN = const(10)  # with the line's end

# The fields that are acted upon.  The value of the k-th is at rec[2 * k]..rec[2 * k + 1]; behind
# these is that of some other.
_FIELDS = (
    b"\x04host\x0econtent-length\x11transfer-encoding\x0aconnection\x06expect"
    b"\x0ccontent-type\x00"
)
_HOST = const(1)  # bits of `found`: a field is there; 128 times as much: more than once
_LENGTH = const(2)
_CODING = const(4)
_CONNECTION = const(8)
_EXPECT = const(16)
_TWICE = const(128)

_PERSISTENCE = b"\x05close\x0akeep-alive\x00"

# Why a request is refused: the status, and which sentence of http_status.
_BAD_LINE = const(4001)
_BAD_FIELD = const(4002)
_BAD_HOST = const(4003)
_NO_HOST = const(4004)
_BAD_LENGTH = const(4005)
_TOO_LARGE = const(4130)
_EXPECTATION = const(4170)


class Request:
    """A buffer for `size` bytes of a request, and what its head says."""

    def __init__(self, size):
        self.buf = bytearray(_HEADROOM + size + _TAIL)
        self.room = memoryview(self.buf)[_HEADROOM : _HEADROOM + size]
        self.rec = array("H", bytes(28))
        self.slot = None  # whose request it is
        self.stop = 0  # what has arrived ends here,
        self.end = 0  # the head here,
        self.method_end = 0  # and here its first two words
        self.target_end = 0
        self.found = 0  # fields
        self.minor = 1  # HTTP/1.x
        self.length = _NO_BODY
        self.head_only = False  # the answer to HEAD has no body

    def has_body(self):
        """Whether the request carries a body of at least one byte, or may do so."""
        return self.length > 0 or self.length == _CODED

    def leave_body(self):
        """The answer does not depend on the request's body: close after it rather than read it
        all."""
        if self.has_body():
            self.slot.after = DRAIN

    def hold(self, n):
        """n bytes have been put into `room`; behind them comes one of no kind, which ends
        span()."""
        self.stop = n + _HEADROOM
        self.buf[self.stop] = 0

    def may_be_more(self):
        """Whether the buffer, or the send ring, had no room for more than `room` holds now.  To be
        asked before anything is written."""
        n = self.stop - _HEADROOM
        return n == len(self.room) or n == self.slot.left - _ANSWER

    def take(self, end):
        """Takes what arrived before `end` out of the receive ring: it has been dealt with.  The
        buffer is of no more use then."""
        self.slot.sock.readinto(self.room, end - _HEADROOM)

    def check(self):
        """Reads the head, which is whole: 0 when the routes may answer, or why it is refused."""
        buf = self.buf
        self.slot.after = CLOSE
        end = span(buf, _HEADROOM, CLASSES, TOKEN)
        to = span(buf, end + 1, CLASSES, VISIBLE)
        if end == _HEADROOM or buf[end] != 32 or to == end + 1 or buf[to] != 32:
            return _BAD_LINE
        self.method_end = end
        self.target_end = to
        end = to + 1 + _VERSION_LEN
        minor = lookup(buf, to + 1, _VERSIONS, end, 0)
        if minor < 0:
            minor = seldom().other_version(bytes(buf[to + 1 : end]))
            if minor > 1:
                return minor
        self.minor = minor
        return self._fields(end) or self._framing() or self._persistence()

    def _fields(self, at):
        """Checks the field lines from `at` on, and notes those of _FIELDS."""
        buf = self.buf
        rec = self.rec
        found = 0
        while buf[at] != 13:
            at = field(buf, at, CLASSES, rec, _FIELDS)
            k = 1 << (at & 7)
            found |= k | (found & k) * _TWICE
            at >>= 3
            if not at:
                return _BAD_FIELD
        self.found = found
        if at != self.end - 2:
            return _BAD_FIELD
        if found & _HOST:
            if found & _HOST * _TWICE:
                return _NO_HOST
            return 0 if span(buf, rec[0], CLASSES, HOST) == rec[1] else _BAD_HOST
        return _NO_HOST if self.minor else 0

    def _framing(self):
        """Where the body ends, by RFC 9112, 6.3.  Whatever two readers could read differently is
        an error."""
        found = self.found
        buf = self.buf
        rec = self.rec
        self.length = _NO_BODY
        if found & _CODING:
            if found & (_LENGTH | _CODING * _TWICE) or not self.minor:
                return _BAD_LENGTH
            self.length = _CODED
            if lookup(buf, rec[4], b"\x07chunked\x00", rec[5], 32):
                return seldom().coding(bytes(buf[rec[4] : rec[5]]))
        elif found & _LENGTH:
            at = rec[2]
            end = rec[3]
            if found & _LENGTH * _TWICE or at == end or span(buf, at, CLASSES, DIGIT) != end:
                return _BAD_LENGTH
            n = 0
            while at < end:
                if n > 99999999:
                    return _TOO_LARGE
                n = n * 10 + buf[at] - 48
                at += 1
            self.length = n
        return 0

    def _persistence(self):
        """Whether the connection is kept afterwards."""
        found = self.found
        buf = self.buf
        rec = self.rec
        keep = self.minor
        if found & _CONNECTION:
            how = 0
            if not found & _CONNECTION * _TWICE:
                how = lookup(buf, rec[6], _PERSISTENCE, rec[7], 32)
                if how < 0:
                    how = seldom().persistence(bytes(buf[rec[6] : rec[7]]))
            if how == 0:
                keep = CLOSE
            elif how == 1 and not keep:
                keep = KEEP_TOLD
        self.slot.after = keep
        if found & _EXPECT and self.minor:
            if lookup(buf, rec[8], b"\x0c100-continue\x00", rec[9], 32):
                return _EXPECTATION
        return 0


def seldom():
    """What few requests need: its code is on the heap only while one of them is answered."""
    import http_status

    del sys.modules["http_status"]
    return http_status
