"""What the echo device answers: its routes and its two pages.

    GET  /             a page for people          GET /netstat    the same as JSON
    POST /echo         the body comes back        GET /echo/...   the request itself comes back
"""

from micropython import const

from http_answer import allow, echo_body, echo_head, has_body, page, refuse
from http_leaves import lookup

_METHOD_END = const(0)     # the record of http_leaves
_TARGET = const(1)
_PATH_END = const(3)
_HOST = const(4)

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


class Echo:
    """The routes of the echo device on `net`.  ticks_ms is the clock of the uptime it shows."""

    def __init__(self, net, ticks_ms):
        self.net = net
        self.ticks_ms = ticks_ms
        self.last = ticks_ms()
        self.ms = 0
        self.seconds = 0

    def answer(self, s):
        """Answers the request in slot s."""
        rec = s.rec
        buf = s.buf
        method = lookup(buf, s.at, rec[_METHOD_END], _METHODS)
        if method < 0:
            refuse(s, 501, "This server knows %s." % _ALL)
            return
        s.head_only = method == _HEAD
        path = self._path(s, rec, buf)
        if path == _ECHO:
            if method <= _HEAD and (s.head_only or not has_body(s)):
                echo_head(s)
            elif method == _OPTIONS and not has_body(s):
                allow(s, 204, _ALL)
            elif s.length < 0 and not s.chunked and method <= _PATCH:
                refuse(s, 411, "Say with Content-Length or chunked coding how long the body is.")
            else:
                if s.length < 0:
                    s.length = 0
                echo_body(s)
        elif path == _NOWHERE:
            refuse(s, 404, "There is nothing here. Try / or /echo.")
        elif method == _OPTIONS:
            allow(s, 204, _ALL if path == _STAR else _READ)
        elif path == _STAR:
            refuse(s, 400, "The target * is for OPTIONS.")
        elif method > _HEAD:
            allow(s, 405, _READ)
        elif path == _HOME:
            page(s, "text/html; charset=utf-8", pages().home(self.net, self.uptime(), _host(s)))
        else:
            page(s, "application/json", pages().netstat(self.net, self.uptime()))

    def _path(self, s, rec, buf):
        """Which of _PATHS is asked for: the part of the target before '?', behind scheme and host
        if the
        target has them (RFC 9112, 3.2.2)."""
        at = rec[_TARGET]
        end = rec[_PATH_END]
        if buf[at] != 47 and buf[at] != 42:
            if bytes(buf[at:at + 7]).lower() != b"http://":
                return _NOWHERE
            at = buf.find(b"/", at + 7, end)
            if at < 0:
                return _HOME
        path = lookup(buf, at, end, _PATHS)
        if path < 0 and end - at > 6 and lookup(buf, at, at + 6, _PREFIX) == 0:
            return _ECHO
        return path

    def uptime(self):
        """Seconds since the start.  The clock wraps, so the server asks for them now and then."""
        now = self.ticks_ms()
        self.ms += (now - self.last) & 0x3fffffff
        self.last = now
        self.seconds += self.ms // 1000
        self.ms %= 1000
        return self.seconds


def pages():
    """The pages, loaded when somebody first asks for one: who only echoes does without."""
    import pages

    return pages


def _host(s):
    """The request's Host, of which http_request.check() has made sure that it is harmless in a
    page."""
    return str(s.buf[s.rec[_HOST]:s.rec[_HOST + 1]], "utf-8")
