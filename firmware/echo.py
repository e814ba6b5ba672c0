"""What the echo device answers: its routes and its two pages.

    GET  /             a page for people          GET /netstat    the same as JSON
    POST /echo         the body comes back        GET /echo/...   the request itself comes back
"""

import gc

from micropython import const

from http_answer import allow, echo_body, echo_head, has_body, page, refuse
from http_leaves import lookup

_METHOD_END = const(0)     # the record of http_leaves
_TARGET = const(1)
_TARGET_END = const(2)
_PATH_END = const(3)
_HOST = const(6)

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

_PAGE_START = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>ferrule</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<link rel="icon" href="data:,"><style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
"""
_PAGE_STYLE = """h1{font-size:1.5rem;margin:0}h2{font-size:1rem;margin:2rem 0 .5rem}
.t{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem 1rem .3rem 0;border-bottom:1px solid #8884;
white-space:nowrap}
th{font-weight:600}.n{text-align:right}
code{background:#8882;padding:.1rem .3rem;border-radius:.2rem}
</style></head><body><h1>ferrule</h1>
"""
_PAGE_END = """</table></div><h2>Try</h2>
<p><code>curl --data-binary @file http://%s/echo</code> sends the file back.
<a href="/echo/hello?you=1">/echo/hello</a> shows your request,
<a href="/netstat">/netstat</a> is this page as JSON.</p></body></html>
"""
_TABLE = """</table></div><h2>%s</h2><div class="t"><table>
"""
_ROW = ("<tr><td>%s</td><td>%s</td><td>%s</td><td class=\"n\">%d</td><td class=\"n\">%d</td>"
        "<td>%s</td></tr>\n")
_COLUMNS = ("<tr><th>State</th><th>Local</th><th>Remote</th><th class=\"n\">To read</th>"
            "<th class=\"n\">To send</th><th>Timer</th></tr>\n")


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
            page(s, "text/html; charset=utf-8", self.home(_host(s)))
        else:
            page(s, "application/json", self.netstat())

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
        """Seconds since the start, counted from a clock that wraps: called at least every few
        days."""
        now = self.ticks_ms()
        self.ms += (now - self.last) & 0x3fffffff
        self.last = now
        self.seconds += self.ms // 1000
        self.ms %= 1000
        return self.seconds

    def home(self, host):
        """The page for people, in pieces.  `host` is the name they reached us by, or empty."""
        net = self.net
        address = net.ifconfig()[0]
        yield _PAGE_START
        yield _PAGE_STYLE
        yield "<p>A TCP/IP stack in MicroPython, answering from %s.</p><div><table>\n" % address
        yield ("<tr><th>Up</th><td>%s</td></tr>\n<tr><th>Address</th><td>%s</td></tr>\n"
               "<tr><th>Heap</th><td>%d bytes in use, %d free</td></tr>\n"
               "<tr><th>Stack's buffers</th><td>%d bytes, taken at start</td></tr>\n" % (
                   _duration(self.uptime()), address, gc.mem_alloc(), gc.mem_free(),
                   total(net.memory())))
        yield _TABLE % "Connections" + _COLUMNS
        for row in net.netstat():
            timer = "%s, %d ms" % (row[6], row[7]) if row[6] else ""
            yield _ROW % (row[5], "%s:%d" % row[3], "%s:%d" % row[4], row[1], row[2], timer)
        yield _PAGE_END % (host or address)

    def netstat(self):
        """The same as JSON, in pieces."""
        net = self.net
        yield '{"address": "%s", "uptime_s": %d,\n "heap": {"used": %d, "free": %d},\n' % (
            net.ifconfig()[0], self.uptime(), gc.mem_alloc(), gc.mem_free())
        yield ' "memory": {%s},\n "connections": [' % ", ".join(
            ['"%s": %d' % item for item in net.memory().items()])
        comma = "\n"
        for row in net.netstat():
            yield comma + ('  {"protocol": "%s", "recv_q": %d, "send_q": %d, "local": "%s:%d", '
                           '"remote": "%s:%d", "state": "%s", "timer": "%s", "ms_left": %d}') % (
                (row[0], row[1], row[2]) + row[3] + row[4] + row[5:8])
            comma = ",\n"
        yield "\n]}\n"


def _host(s):
    """The request's Host, of which http_request.check() has made sure that it is harmless in a
    page."""
    return str(s.buf[s.rec[_HOST]:s.rec[_HOST + 1]], "utf-8")


def total(memory):
    """What memory() says in sum."""
    for what, n in memory.items():
        if what == "total":
            return n
    return 0


def _duration(seconds):
    text = "%d:%02d:%02d" % (seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    days = seconds // 86400
    return "%d days, %s" % (days, text) if days else text
