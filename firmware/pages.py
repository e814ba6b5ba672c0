"""The pages of the echo device: generators of strings, each a piece of a page, of 500 bytes at
most.

They show what the stack tells of itself: address, memory and connections.
"""

import gc

from micropython import const

_PAGE = const(5)  # of http_slot
_DONE = const(6)
_CLOSE = const(0)
_DRAIN = const(3)

_PAGE_START = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>ferrule</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<link rel="icon" href="data:,"><style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}
"""
_PAGE_STYLE = """h1{font-size:1.5rem;margin:0}h2{font-size:1rem;margin:2rem 0 .5rem}
.t{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem 1rem .3rem 0;border-bottom:1px solid #8884}
.t td,th{white-space:nowrap}
th{font-weight:600}.n{text-align:right}
code{background:#8882;padding:.1rem .3rem;border-radius:.2rem}
</style></head><body><h1>ferrule</h1>
"""
_PAGE_END = """</table></div><p>%d more are in TIME_WAIT.</p><h2>Try</h2>
<p><code>curl --data-binary @file http://%s/echo</code> sends the file back.
<a href="/echo/hello?you=1">/echo/hello</a> shows your request,
<a href="/netstat">/netstat</a> is this page as JSON.</p></body></html>
"""
_TABLE = """</table></div><h2>%s</h2><div class="t"><table>
"""
_ROW = ("<tr><td>%s</td><td>%s</td><td>%s</td><td class=\"n\">%d</td><td class=\"n\">%s</td>"
        "<td>%s</td></tr>\n")
_COLUMNS = ("<tr><th>State</th><th>Local</th><th>Remote</th><th class=\"n\">To read</th>"
            "<th class=\"n\">To send</th><th>Timer</th></tr>\n")


_HEAD = (
    "HTTP/1.1 200 OK\r\nServer: ferrule\r\n%s%sContent-Type: %s\r\n"
    "Cache-Control: no-store\r\n\r\n"
)
_CONNECTION = ("Connection: close\r\n", "", "Connection: keep-alive\r\n", "Connection: close\r\n")


def answer(q, kind, pieces):
    """Begins to answer the request in hand with these pieces; `kind` is their content type."""
    s = q.slot
    q.leave_body()
    chunks = ""
    if q.minor:
        chunks = "Transfer-Encoding: chunked\r\n"
        pieces = _chunks(pieces)
    elif s.after != _DRAIN:
        s.after = _CLOSE
    s.sock.write(_HEAD % (_CONNECTION[s.after], chunks, kind))
    q.take(q.end)
    s.state = _DONE if q.head_only else _PAGE
    s.pieces = None if q.head_only else pieces


def _chunks(pieces):
    for piece in pieces:
        yield "%x\r\n%s\r\n" % (len(piece), piece)
    yield "0\r\n\r\n"


def home(net, uptime, host):
    """The page for people, in pieces.  `host` is the name they reached us by, or empty."""
    address = net.ifconfig()[0]
    if not 0 < len(host) < 100:
        host = address
    yield _PAGE_START
    yield _PAGE_STYLE
    yield "<p>A TCP/IP stack in MicroPython, answering from %s.</p><div><table>\n" % address
    yield ("<tr><th>Up</th><td>%s</td></tr>\n<tr><th>Address</th><td>%s</td></tr>\n"
           "<tr><th>Heap</th><td>%d bytes in use, %d free</td></tr>\n"
           "<tr><th>Stack's buffers</th><td>%d bytes, taken at start</td></tr>\n" % (
               _duration(uptime), address + _lease(net), gc.mem_alloc(), gc.mem_free(),
               total(net.memory().once())))
    yield _TABLE % "Connections" + _COLUMNS
    past = 0
    for row in net.netstat().once():
        if row[5] == "TIME_WAIT":
            past += 1
            continue
        timer = "%s, %d ms" % (row[6], row[7]) if row[6] else ""
        # What a listener has there is how many clients may wait.
        to_send = "" if row[5] == "LISTEN" else row[2]
        yield _ROW % (row[5], "%s:%d" % row[3], "%s:%d" % row[4], row[1], to_send, timer)
    yield _PAGE_END % (past, host)


def netstat(net, uptime):
    """The same as JSON, in pieces."""
    yield '{"address": "%s", "uptime_s": %d,\n "heap": {"used": %d, "free": %d},\n' % (
        net.ifconfig()[0], uptime, gc.mem_alloc(), gc.mem_free())
    dhcp = net.status("dhcp")
    if dhcp:
        yield ' "dhcp": {"state": "%s", "server": "%s", "seconds_left": %d},\n' % (
            dhcp[0], dhcp[1] or "", dhcp[2])
    yield ' "memory": {%s},\n "connections": [' % ", ".join(
        ['"%s": %d' % item for item in net.memory().once().items()])
    comma = "\n"
    for row in net.netstat().once():
        yield comma + ('  {"protocol": "%s", "recv_q": %d, "send_q": %d, "local": "%s:%d", '
                       '"remote": "%s:%d", "state": "%s", "timer": "%s", "ms_left": %d}') % (
            (row[0], row[1], row[2]) + row[3] + row[4] + row[5:8])
        comma = ",\n"
    yield "\n]}\n"


def total(memory):
    """What memory() says in sum."""
    for what, n in memory.items():
        if what == "total":
            return n
    return 0


def _lease(net):
    """What there is to say about where the address comes from."""
    dhcp = net.status("dhcp")
    if not dhcp:
        return ""
    state, server, left = dhcp
    if not server:
        return ", for no DHCP server gives one (%s)" % state
    text = "for ever" if left < 0 else "for %s more" % _duration(left)
    return ", from %s %s (%s)" % (server, text, state)


def _duration(seconds):
    text = "%d:%02d:%02d" % (seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    days = seconds // 86400
    return "%d days, %s" % (days, text) if days else text
