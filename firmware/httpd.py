"""An HTTP/1.1 server for one loop and many clients, in memory taken at start.

    server = Server(net, routes, time.ticks_ms, connections=4)
    server.run()

``turn()`` gives every connection a chance to move on and never waits, so a slow client stops
nobody. What a request is answered is decided by ``routes.answer(slot)``, which ends in one call
of http_answer's echo_body(), echo_head(), page(), allow() or refuse().
"""

from array import array

from micropython import const

from http_answer import continued, next_piece, pass_on, pass_on_chunks, refuse
from http_leaves import RECORD_LEN, head_end
from http_request import check, incomplete, skip_empty_lines
from http_slot import Slot

_WRAP = const(0x3fffffff)      # ticks differ modulo 2**30
_HEADROOM = const(184)         # http_slot.HEADROOM, and its states
_HEAD = const(0)
_EXPECT = const(1)
_ECHO = const(2)
_CHUNKED = const(3)
_PAGE = const(4)
_DONE = const(5)
_LINGER = const(6)

_ROUNDS = const(4)             # steps of one connection in one turn
_TICK_MS = const(100)          # how often time-outs are looked at
_IDLE_LEAST_MS = const(500)    # a connection idle for less is not dropped for somebody who waits

_POLL = const(3)               # ioctl request and bit: is a connection waiting?
_POLL_RD = const(1)
_SHUT_WR = const(1)
_SOL_SOCKET = const(1)
_SO_LINGER = const(13)
_LINGER_OFF = b"\x01\x00\x00\x00\x00\x00\x00\x00"    # struct linger: on, 0 s: close() resets


class Server:
    """Serves HTTP on `net`, which is a Stack or behaves as one.

    `connections` are served at once, each with a buffer of `buffer` bytes, which is also the
    longest request head.  `header_ms` is the time a request head may take, `idle_ms` the rest
    allowed between requests, `stall_ms` the time after which a transfer without progress is given
    up, `linger_ms` how long a closed connection is still read so that its peer gets the last
    answer.
    """

    def __init__(self, net, routes, ticks_ms, port=80, connections=4, buffer=1024, header_ms=10000,
                 idle_ms=15000, stall_ms=30000, linger_ms=2000):
        self.net = net
        self.routes = routes
        self.ticks_ms = ticks_ms
        self.header_ms = header_ms
        self.idle_ms = idle_ms
        self.stall_ms = stall_ms
        self.linger_ms = linger_ms
        self.now = self.swept = ticks_ms()
        rec = array("H", [0] * RECORD_LEN)
        self.slots = [Slot(buffer, rec) for _ in range(connections)]
        self.free = connections
        self.requests = 0
        self.listener = net.socket()
        self.listener.setblocking(False)
        self.listener.bind(net.getaddrinfo("0.0.0.0", port)[0][4])
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
        self.now = self.ticks_ms()
        moved = self.free and self.listener.ioctl(_POLL, _POLL_RD) & _POLL_RD and self._accept()
        if self.free < len(self.slots):
            for s in self.slots:
                if s.sock is not None:
                    try:
                        if self._step(s):
                            moved = True
                    except (OSError, MemoryError):
                        self._abort(s)
        if (self.now - self.swept) & _WRAP >= _TICK_MS:
            self.routes.uptime()
            self._sweep()
        return moved

    def _accept(self):
        try:
            sock = self.listener.accept()[0]
        except OSError:
            return False
        sock.setblocking(False)
        for s in self.slots:
            if s.sock is None:
                s.open(sock, self.now)
                self.free -= 1
                return True

    def _step(self, s):
        """A few rounds of one connection: write what is ready, then what its state asks for."""
        moved = False
        for _ in range(_ROUNDS):
            if s.out < s.out_end and not s.hold:
                n = s.sock.write(s.src, s.out, s.out_end - s.out)
                if not n:
                    return moved
                moved = True
                s.since = self.now
                s.out += n
                if s.out < s.out_end:
                    return True
            state = s.state
            if state == _HEAD:
                on = self._read_head(s)
            elif state == _DONE:
                on = self._finish(s)
            elif state == _ECHO:
                on = pass_on(s)
            elif state == _CHUNKED:
                on = pass_on_chunks(s)
            elif state == _PAGE:
                on = next_piece(s)
            elif state == _EXPECT:
                on = continued(s)
            else:
                on = self._linger(s)
            if not on:
                return moved or s.sock is None
            if _HEAD < state < _LINGER:
                s.since = self.now
            moved = True
        return moved

    def _read_head(self, s):
        """Reads on in a request head; once it is whole, has it checked and answered."""
        if s.scan == s.end:
            idle = s.at == s.end
            if idle:
                s.at = s.scan = s.end = _HEADROOM
                n = s.sock.readinto(s.room)
            else:
                n = s.sock.readinto(s.view[s.end:s.cap])
            if n is None:
                return False
            if n == 0:
                return self._close(s)
            if idle:
                s.since = self.now
            s.end += n
        if s.buf[s.at] <= 13:
            skip_empty_lines(s)
        end = head_end(s.buf, s.at, s.scan, s.end)
        s.scan = s.end
        if end > 0:
            self.requests += 1
            s.body_at = end
            if check(s):
                self.routes.answer(s)
        elif end < 0:
            refuse(s, 400, "A line of the request does not end in CR LF.")
        else:
            incomplete(s)
        return True

    # Ends

    def _finish(self, s):
        """The answer is written: the next request, or the end of the connection."""
        if s.keep:
            s.again(self.now)
            return True
        # Closing with unread bytes would reset the connection and could take the answer along.
        if not s.drain and s.at == s.end and not s.sock.readinto(s.room):
            return self._close(s)
        s.sock.shutdown(_SHUT_WR)
        s.out = s.out_end = 0
        s.since = self.now
        s.state = _LINGER
        return True

    def _linger(self, s):
        n = s.sock.readinto(s.room)
        if n is None:
            return False
        if n == 0:
            return self._close(s)
        return True

    def _close(self, s):
        sock = s.sock
        s.open(None, self.now)
        self.free += 1
        sock.close()
        return False

    def _abort(self, s):
        """Resets the connection: the peer is gone, or has to learn that the answer is
        incomplete."""
        try:
            s.sock.setsockopt(_SOL_SOCKET, _SO_LINGER, _LINGER_OFF)
        except OSError:
            pass
        try:
            self._close(s)
        except OSError:
            pass
        return False

    # Time

    def _sweep(self):
        self.swept = self.now
        oldest = None
        for s in self.slots:
            if s.sock is None:
                continue
            age = (self.now - s.since) & _WRAP
            if s.state == _HEAD and s.at < s.end:
                if age >= self.header_ms:
                    refuse(s, 408, "The request head took longer than %d ms." % self.header_ms)
            elif s.state == _HEAD or s.state == _LINGER:
                if age >= (self.idle_ms if s.state == _HEAD else self.linger_ms):
                    self._end(s)
                elif age >= _IDLE_LEAST_MS and (
                        oldest is None or age > (self.now - oldest.since) & _WRAP):
                    oldest = s
            elif age >= self.stall_ms:
                self._abort(s)
        if oldest is not None and not self.free and self._somebody_waits():
            self._end(oldest)

    def _end(self, s):
        try:
            self._close(s)
        except OSError:
            pass

    def _somebody_waits(self):
        """Whether a client is at the door: accepted by the stack, or half-open for want of
        room."""
        if self.listener.ioctl(_POLL, _POLL_RD) & _POLL_RD:
            return True
        for row in self.net.netstat():
            if row[5] == "SYN_RECEIVED":
                return True
        return False

