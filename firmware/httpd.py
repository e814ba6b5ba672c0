"""The HTTP/1.1 server: accepts, moves each connection on, ends what takes too long.

Everything happens in one loop that never waits for a connection: each step of a connection does
what its state allows and returns.  What a request is answered with, the routes say, in one call
of http_answer's echo_body() or echo_head(), http_chunks' echo_chunks(), http_status' allow() or
refuse(), or pages' answer().
"""

from micropython import const

from http_answer import pass_on
from http_chunks import pass_on_chunks
from http_leaves import CLASSES, TOKEN, span
from http_request import Request, seldom
from http_slot import (
    BODY,
    CHUNKED,
    CLOSE,
    DONE,
    DRAIN,
    ECHO,
    FULL,
    HEAD,
    LINGER,
    PAGE,
    Slot,
)

_HEADROOM = const(112)  # http_request.HEADROOM
_WRAP = const(0x3FFFFFFF)  # ticks differ modulo 2**30

_ROUNDS = const(4)  # steps of one connection in one turn
_TICK_MS = const(128)  # how often time-outs are looked at, a power of 2
_IDLE_LEAST_MS = const(500)  # a connection idle for less is not dropped for somebody who waits

_ANSWER = const(120)  # what an answer may have more than its request, as the buffer has
_ROOM_LEAST = const(392)  # with it, room for each answer that has nothing of the request

_NO_REQUEST = const(4000)  # sentences of http_status
_BAD_LINE_END = const(4007)
_TOO_SLOW = const(4080)
_LINE_TOO_LONG = const(4140)
_HEAD_TOO_LONG = const(4310)

_POLL = const(3)  # ioctl request and bit: is a connection waiting?
_POLL_RD = const(1)
_SHUT_WR = const(1)


class Server:
    """Serves HTTP on `net`, which is a Stack or behaves as one.

    `connections` are served at once.  `buffer` is the longest request head, at least 392 bytes;
    each connection's rings hold it, the send ring with 120 bytes more.  `header_ms` is the time a
    request head may take, `idle_ms` the rest allowed between requests, `stall_ms` the time after
    which a transfer without progress is given up, `linger_ms` how long a closed connection is
    still read so that its peer gets the last answer.
    """

    def __init__(self, net, routes, port=80, connections=4, buffer=1024, header_ms=10000,
                 idle_ms=15000, stall_ms=30000, linger_ms=2000):  # fmt: skip
        self.net = net
        self.routes = routes
        self.header_ms = header_ms
        self.idle_ms = idle_ms
        self.stall_ms = stall_ms
        self.linger_ms = linger_ms
        self.now = net.ticks_ms()
        self.request = Request(buffer)
        self.slots = [Slot() for _ in range(connections)]
        self.free = connections
        self.requests = 0
        self.listener = net.socket()
        self.listener.setblocking(False)
        self.listener.bind(("0.0.0.0", port))
        self.listener.listen(connections)

    # The loop

    def run(self):
        """Serves for ever."""
        while True:
            ms = self.net.poll()
            if not self.turn():
                if self.free < len(self.slots) and ms > _TICK_MS:
                    ms = _TICK_MS
                self.net.wait(ms)

    def turn(self):
        """Moves every connection as far as it goes without waiting; True when something moved."""
        before = self.now
        self.now = self.net.ticks_ms()
        moved = self.free and self.listener.ioctl(_POLL, _POLL_RD) & _POLL_RD and self._accept()
        if self.free < len(self.slots):
            for s in self.slots:
                if s.sock is not None:
                    try:
                        if self._step(s):
                            moved = True
                    except (OSError, MemoryError):
                        self._end(s, True)
        if (self.now ^ before) & -_TICK_MS:
            self.routes.uptime()
            self._sweep()
        return moved

    def _accept(self):
        try:
            sock = self.listener.accept()[0]
        except OSError:
            return False
        for s in self.slots:
            if s.sock is None:
                s.open(sock, self.now)
                self.free -= 1
                return True

    def _step(self, s):
        """A few rounds of what the connection's state asks for."""
        q = self.request
        q.slot = s
        moved = False
        for _ in range(_ROUNDS):
            state = s.state
            if state <= BODY:
                on = self._read_head(q, s)
            elif state == ECHO:
                on = pass_on(q)
            elif state == CHUNKED:
                on = pass_on_chunks(q)
            elif state == DONE:
                on = self._finish(q, s)
            elif state == PAGE:
                on = self._next_piece(s)
            else:  # LINGER
                on = s.sock.readinto(q.room)
                if on == 0:
                    self._end(s)
            if not on:
                return moved or s.sock is None
            if HEAD < state < LINGER:
                s.since = self.now
            moved = True
        return moved

    def _room(self, s):
        """The room that the send ring has for what one step may write.  While one waits for it, a
        ring that drains is progress."""
        n = s.sock.space()
        if s.left != n:
            s.left = n
            if s.state != HEAD:
                s.since = self.now
        return n

    # Requests

    def _read_head(self, q, s):
        """Looks at a request; once its head is whole, has it checked and answered."""
        q.head_only = False
        if s.state == HEAD and s.seen and (self.now - s.since) & _WRAP >= self.header_ms:
            seldom().refuse(q, _TOO_SLOW, self.header_ms)
            return True
        n = s.sock.peekinto(q.room, s.seen)
        if n is None:
            return False
        if n == 0:
            return self._end(s)
        if s.state == HEAD and not s.seen:
            s.since = self.now
        room = self._room(s) - _ANSWER
        if room >= _ROOM_LEAST:
            if s.state == FULL:
                s.state = HEAD
            q.hold(n if n < room else room)
            at = _HEADROOM
            while q.buf[at] == 13 or q.buf[at] == 10:
                at += 1
            if at > _HEADROOM:  # empty lines before a request are ignored: RFC 9112, 2.2
                q.take(at)
                return True
            q.end = q.buf.find(b"\r\n\r\n", at, q.stop) + 4
            if q.end > 4:
                self._whole(q, s)
                return True
            if n <= room:
                self._incomplete(q, s, n)
                return True
        if s.state == HEAD:
            s.state = FULL
        return False

    def _whole(self, q, s):
        """A whole head."""
        if s.state == HEAD:
            self.requests += 1
        why = q.check()
        if why:
            seldom().refuse(q, why)
        else:
            self.routes.answer(q)

    def _incomplete(self, q, s, n):
        """A head that has not ended yet: refuses it when it is not worth waiting for or has no
        room left."""
        buf = q.buf
        at = buf.find(b"\n", _HEADROOM, q.stop)
        while at > 0 and buf[at - 1] == 13:
            at = buf.find(b"\n", at + 1, q.stop)
        if span(buf, _HEADROOM, CLASSES, TOKEN) == _HEADROOM:
            seldom().refuse(q, _NO_REQUEST)
        elif at > 0:
            seldom().refuse(q, _BAD_LINE_END)
        elif n < len(q.room):
            s.seen = n
        else:
            line = buf.find(b"\r\n", _HEADROOM, q.stop) < 0
            seldom().refuse(q, _LINE_TOO_LONG if line else _HEAD_TOO_LONG, n)

    def _next_piece(self, s):
        if self._room(s) < _ROOM_LEAST + _ANSWER:
            return False
        piece = next(s.pieces, None)
        if piece is None:
            s.pieces = None
            s.state = DONE
        else:
            s.sock.write(piece)
        return True

    # Ends

    def _finish(self, q, s):
        """The answer is written: the next request, or the end of the connection."""
        s.seen = 0
        if CLOSE < s.after < DRAIN:
            s.state = HEAD
            s.since = self.now
        # Closing with unread bytes would reset the connection and could take the answer along.
        elif s.after == CLOSE and not s.sock.peekinto(q.room, 0):
            return self._end(s)
        else:
            s.sock.shutdown(_SHUT_WR)
            s.state = LINGER
        return True

    def _end(self, s, reset=False):
        """Closes the connection, or resets it: then the peer is gone, or has to learn that the
        answer is incomplete."""
        sock = s.sock
        s.open(None, self.now)
        self.free += 1
        try:
            if reset:
                sock.abort()
            else:
                sock.close()
        except OSError:
            pass
        return False

    def _sweep(self):
        """Ends what has taken too long."""
        oldest = None
        for s in self.slots:
            if s.sock is None or s.state == HEAD and s.seen:
                continue
            age = (self.now - s.since) & _WRAP
            if HEAD < s.state < LINGER:
                if age >= self.stall_ms:
                    self._end(s, True)
            elif age >= (self.linger_ms if s.state else self.idle_ms):
                self._end(s)
            elif age >= _IDLE_LEAST_MS and (
                oldest is None or age > (self.now - oldest.since) & _WRAP
            ):
                oldest = s
        if oldest is not None and not self.free and self._somebody_waits():
            self._end(oldest)

    def _somebody_waits(self):
        """Whether a client is at the door: accepted by the stack, or half-open for want of
        room."""
        if self.listener.ioctl(_POLL, _POLL_RD) & _POLL_RD:
            return True
        return self.net.half_open() > 0
