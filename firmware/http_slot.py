"""The slot of a connection: how far its conversation has come.

What has arrived stays in the connection's receive ring until it can be dealt with whole, and
nothing is read that the send ring has no room for.  So a slot has no buffer.
"""

# States.
HEAD = 0  # a request head is read, or awaited
FULL = 1  # the same, but the answer would find no room in the send ring
BODY = 2  # a whole request head waits for the first byte of its body
ECHO = 3  # passing on a body of known length
CHUNKED = 4  # passing on a chunked body
PAGE = 5  # sending a page piece by piece
DONE = 6  # the answer is written
LINGER = 7  # all is said; reading on so that the peer gets to read it

# What comes after the answer.
CLOSE = 0
KEEP = 1
KEEP_TOLD = 2  # as HTTP/1.0 has to be told
DRAIN = 3  # close, but the peer may still be sending


class Slot:
    """A connection, or room for one when `sock` is None."""

    def __init__(self):
        self.open(None, 0)

    def open(self, sock, now):
        """Begins with a new connection, or with none."""
        self.sock = sock
        self.state = HEAD
        self.since = now  # when it last got on; in HEAD, when the request began
        self.seen = 0  # unread bytes that were looked at in vain
        self.left = 0  # bytes of the body, or of this chunk, not yet read; before it, the room
        self.phase = 0  # of the chunked body, by http_chunks
        self.after = CLOSE
        self.pieces = None  # iterator over the rest of a page
