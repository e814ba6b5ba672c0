"""The slot of a connection: its buffer and how far its conversation has come, taken once at start.

    [ headroom | request head | body .............. | tail ]
                     [ answer's head | body ....... ]         what is written

A request head is read behind the headroom and checked in place.  The head of the answer is
written right in front of the body it belongs to, over the request head, so a short answer is one
write and one segment and a body passes through without being copied.
"""

from array import array

from micropython import const

from http_leaves import CHUNK_LEN

HEADROOM = 184       # holds 100 Continue and the longest answer head, its content type left out
_HEADROOM = const(184)
_TAIL = const(8)     # what ends a chunk, behind the last byte of a full buffer

# States.
HEAD = 0             # reading a request head, or idle
EXPECT = 1           # 100 Continue is on its way
ECHO = 2             # passing on a body of known length
CHUNKED = 3          # passing on a chunked body
PAGE = 4             # sending a page piece by piece
DONE = 5             # the answer is complete in the buffer
LINGER = 6           # all is said; reading on so that the peer gets to read it


class Slot:
    """A connection, or room for one when `sock` is None."""

    def __init__(self, size, rec):
        self.buf = bytearray(_HEADROOM + size + _TAIL)
        self.view = memoryview(self.buf)
        self.room = self.view[_HEADROOM:_HEADROOM + size]
        self.cap = _HEADROOM + size
        self.chunk = array("i", [0] * CHUNK_LEN)
        self.rec = rec               # http_leaves' record of the request, shared by all slots
        self.open(None, 0)

    def open(self, sock, now):
        """Begins with a new connection, or with none."""
        self.sock = sock
        self.state = HEAD
        self.since = now             # when it last got on; in HEAD, when the request began
        self.at = self.scan = self.end = _HEADROOM   # unread bytes at..end, looked at up to scan
        self.src = self.buf          # what is written: src[out:out_end]
        self.out = self.out_end = 0
        self.hold = False            # the answer's head waits for the first byte of the body
        self.body_at = _HEADROOM     # where the request's head ends
        self.left = 0                # bytes of the body not yet read
        self.length = -1             # of the request's body, -1: none is announced
        self.chunked = False
        self.minor = 1               # the request's HTTP/1.x
        self.keep = 0                # afterwards: 0 close, 1 keep, 2 keep and say so to HTTP/1.0
        self.drain = False           # at the end the peer may still be sending
        self.expect = False
        self.head_only = False       # the answer to HEAD has no body
        self.pieces = None           # iterator over the rest of a page

    def again(self, now):
        """Ready for the next request of the same connection; its first bytes may be here
        already."""
        self.src = self.buf
        self.out = self.out_end = 0
        self.state = HEAD
        self.since = now
        self.scan = self.at
        self.head_only = False
