"""What the echo device answers: its routes and its two pages.

    GET  /             a page for people          GET /netstat    the same as JSON
    POST /echo         the body comes back        GET /echo/...   the request itself comes back
"""

import sys

from micropython import const

from http_answer import echo_body, echo_head
from http_chunks import echo_chunks
from http_leaves import lookup
from http_request import seldom

_HEADROOM = const(112)  # http_request.HEADROOM, where the request begins

_HAS_HOST = const(1)  # in Request.found

_METHODS = b"\x03GET\x04HEAD\x04POST\x03PUT\x05PATCH\x06DELETE\x07OPTIONS\x00"
_GET = const(0)
_HEAD = const(1)
_PATCH = const(4)
_OPTIONS = const(6)

_PATHS = b"\x05/echo\x01/\x08/netstat\x01*\x00"
_PREFIX = b"\x06/echo/\x00"
_ECHO = const(0)
_HOME = const(1)
_NETSTAT = const(2)
_STAR = const(3)
_NOWHERE = const(-1)

_ALL = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_READ = "GET, HEAD, OPTIONS"

_BAD_STAR = const(4008)  # sentences of http_status
_NOT_FOUND = const(4040)
_NOT_ALLOWED = const(4050)
_NO_LENGTH = const(4110)
_NO_METHOD = const(5010)


class Echo:
    """The routes of the echo device on `net`."""

    def __init__(self, net):
        self.net = net
        self.last = net.ticks_ms()
        self.seconds = 0

    def answer(self, q):
        """Answers the request in hand."""
        method = lookup(q.buf, _HEADROOM, _METHODS, q.method_end, 0)
        q.head_only = method == _HEAD
        path = self._path(q)
        if method < 0:
            seldom().refuse(q, _NO_METHOD, _ALL)
        elif path == _ECHO:
            self._echo(q, method)
        elif path == _NOWHERE:
            seldom().refuse(q, _NOT_FOUND)
        elif method == _OPTIONS:
            seldom().allow(q, _ALL if path == _STAR else _READ)
        elif path == _STAR:
            seldom().refuse(q, _BAD_STAR)
        elif method > _HEAD:
            seldom().refuse(q, _NOT_ALLOWED, _READ)
        else:
            self._page(q, path)

    def _echo(self, q, method):
        if q.has_body() and not q.head_only:
            if q.length < 0:
                echo_chunks(q)
            else:
                echo_body(q)
        elif method <= _HEAD:
            echo_head(q)
        elif method == _OPTIONS:
            seldom().allow(q, _ALL)
        elif q.length < 0 and method <= _PATCH:
            seldom().refuse(q, _NO_LENGTH)
        else:
            q.length = 0
            echo_body(q)

    def _path(self, q):
        """Which of _PATHS is asked for: the part of the target before '?', behind scheme and host
        if the target has them (RFC 9112, 3.2.2)."""
        buf = q.buf
        at = q.method_end + 1
        end = buf.find(b"?", at, q.target_end)
        if end < 0:
            end = q.target_end
        if buf[at] != 47 and buf[at] != 42:
            if lookup(buf, at, b"\x07http://\x00", at + 7, 32):
                return _NOWHERE
            at = buf.find(b"/", at + 7, end)
            if at < 0:
                return _HOME
        path = lookup(buf, at, _PATHS, end, 0)
        if path < 0 and lookup(buf, at, _PREFIX, at + 6, 0) == 0:
            return _ECHO
        return path

    def _page(self, q, path):
        """A page.  Its code is on the heap only until the page is sent."""
        import pages

        del sys.modules["pages"]
        if path == _HOME:
            kind = "text/html; charset=utf-8"
            # check() has made sure that a Host is harmless in a page.
            host = str(q.buf[q.rec[0] : q.rec[1]], "utf-8") if q.found & _HAS_HOST else ""
            pieces = pages.home(self.net, self.uptime(), host)
        else:
            kind = "application/json"
            pieces = pages.netstat(self.net, self.uptime())
        pages.answer(q, kind, pieces)

    def uptime(self):
        """Seconds since the start.  The clock wraps, so the server asks for them now and then."""
        more = (self.net.ticks_ms() - self.last & 0x3FFFFFFF) // 1000
        self.last += 1000 * more
        self.seconds += more
        return self.seconds
