"""The `us.` lines of a ladder: calls of the program, and looks at the stack.

    us.listen 80 [BACKLOG]         us.accept              us.connect 80 [from=3]
    us.bind 4000                   us.close               us.shutdown wr
    us.write 500 [gives 300]       us.write 1 gives nothing
    us.write 1 oob                 us.send 500            # send(), with MSG_OOB or without flags
    us.read 500                    us.read eof            us.read nothing
    us.setsockopt NODELAY 1        us.setsockopt LINGER 5 (or off)
    us.setsockopt OPTIONS route=7,8 (strict:7,8; hexadecimal; or -)
    us.config tcp_fin_timeout=10
    us.peername                    us.refuse 1            us.poll

    us.state ESTABLISHED           us.timer rexmit 1000   us.flags RD WR
    us.recvq 500                   us.sendq 0             us.rows 2 [LISTEN]
    us.stat InCsumErrors 1         us.grown 0
    us.getsockopt KEEPIDLE 7200    us.getsockopt ERROR ETIMEDOUT
    us.getsockopt ATMARK 5         # urgent bytes left to read
    us.setting tcp_fin_timeout=60  us.info cwnd=2920      # TCP_INFO, by field
    us.window cwnd=3000 ssthresh=2000                     # bytes; ssthresh=- : none yet

Any call may end in `error ETIMEDOUT`: the OSError that it has to raise. Sockets do not block.
`us2.`, `us3.` ... are other sockets; without a listener of their own they accept from that of
`us`. A connection is accepted by itself when a line needs it. `us.refuse 1` lets the link say
"busy" to the next frame. `from= port=` say which connection state, timer, recvq and sendq mean.
"""

import frames
from testing import errno_of

_POLL = (("RD", 1), ("PRI", 2), ("WR", 4), ("ERR", 8), ("HUP", 16), ("NVAL", 32))
_LOOKS = (
    "state", "timer", "recvq", "sendq", "flags", "rows", "stat", "grown", "getsockopt", "setting",
    "info", "window",
)  # fmt: skip
_ADDRESS_LOOKS = ("addr", "gw", "dns", "has", "status")  # those of dhcpwords.py
_HOW = {"rd": 0, "wr": 1, "rdwr": 2}
_MSG_OOB = 1
_NO_THRESHOLD = 0x1FFFFFFF
# The names of options: level and option, as Linux numbers them.
_OPTIONS = {
    "SO_REUSEADDR": (1, 2), "SO_ERROR": (1, 4), "SO_KEEPALIVE": (1, 9), "SO_OOBINLINE": (1, 10),
    "SO_LINGER": (1, 13), "SO_ATMARK": (1, 0x8905), "IP_TOS": (0, 1), "IP_TTL": (0, 2),
    "IP_OPTIONS": (0, 4), "IP_MTU_DISCOVER": (0, 10), "IP_RECVERR": (0, 11), "SO_SNDBUF": (1, 7),
    "SO_RCVBUF": (1, 8), "IP_MTU": (0, 14), "TCP_NODELAY": (6, 1), "TCP_MAXSEG": (6, 2),
    "TCP_CORK": (6, 3), "TCP_KEEPIDLE": (6, 4), "TCP_KEEPINTVL": (6, 5), "TCP_KEEPCNT": (6, 6),
    "TCP_SYNCNT": (6, 7), "TCP_LINGER2": (6, 8), "TCP_WINDOW_CLAMP": (6, 10), "TCP_INFO": (6, 11),
    "TCP_QUICKACK": (6, 12), "TCP_CONGESTION": (6, 13), "TCP_USER_TIMEOUT": (6, 18),
}  # fmt: skip


class Us:
    """One program's socket, and how far it is in the two streams."""

    def __init__(self):
        self.listener = None
        self.sock = None
        self.written = 0
        self.read = 0
        self.remote = None  # (address, port) of the peer
        self.buffer = None


def only_looks(line):
    """True for a line that does nothing to the stack, so that frames may still wait for their ==>
    line."""
    name = line.what.partition(".")[2]
    return name in _LOOKS or name in _ADDRESS_LOOKS


def run(wire, line):
    """Do what the line says."""
    from ladder import Failure

    name, _, call = line.what.partition(".")
    us = wire.sockets.get(name)
    if us is None:
        us = wire.sockets[name] = Us()
    words = line.words
    expected = None
    if len(words) > 1 and words[-2] == "error":
        expected = words[-1]
        words = words[:-2]
    locks, wire.locks = wire.locks, wire.locks and expected is None  # an error is an object
    try:
        if call not in _CALLS:
            import dhcpwords

            _CALLS.update(dhcpwords.CALLS)
        why = _CALLS[call](wire, us, words, line)
    except OSError as error:
        if expected is None:
            raise Failure("OSError %s" % (error.args,))
        if error.args[0] != _number(expected):
            raise Failure("OSError %s" % (error.args,))
        return
    finally:
        wire.locks = locks
    if expected:
        raise Failure("no error; it returned")
    if why:
        raise Failure(why)


def _number(name):
    return errno_of(name)


def _connection(wire, us):
    """The socket of the connection, accepted when that has not happened yet."""
    if us.sock is None:
        _accept(wire, us, (), None)
    return us.sock


# ---- calls ---------------------------------------------------------------------------------


def _listen(wire, us, words, line):
    port = int(words[0])
    us.listener = sock = wire.net.socket()
    sock.setblocking(False)
    sock.bind(("", port))
    sock.listen(*[int(word) for word in words[1:2]])
    if us is wire.sockets.get("us"):
        wire.our_port = port


def _accept(wire, us, words, line):
    listener = us.listener or wire.sockets["us"].listener
    sock, address = listener.accept()
    sock.setblocking(False)
    us.sock, us.remote, us.written, us.read = sock, address, 0, 0


def _bind(wire, us, words, line):
    us.sock = us.sock or wire.net.socket()
    us.sock.setblocking(False)
    us.sock.bind(("", int(words[0])))


def _connect(wire, us, words, line):
    address, port = line.address(), int(words[0])
    if us.sock is None:
        us.sock = wire.net.socket()
        us.sock.setblocking(False)
    us.remote, us.written, us.read = (frames.ip_text(address), port), 0, 0
    try:
        us.sock.connect(us.remote)
    except OSError as error:
        if error.args[0] != errno_of("EINPROGRESS"):
            raise
    ours = us.sock.getsockname()[1]
    wire.ports[(bytes(address), port)] = ours
    wire.flow(address, port, ours).renew(wire.isn)
    if us is wire.sockets.get("us"):
        wire.peer_port = port


def _write(wire, us, words, line):
    n = int(words[0])
    wanted = n
    if "gives" in words:
        wanted = None if words[-1] == "nothing" else int(words[-1])
    sock = _connection(wire, us)
    data = frames.stream(True, us.written, n)
    if "oob" in words:
        took = sock.send(data, _MSG_OOB)
    else:
        took = wire.write(sock, data)
    us.written += took or 0
    if took != wanted:
        return "write returned %s" % took


def _send(wire, us, words, line):
    sock = _connection(wire, us)
    took = sock.send(frames.stream(True, us.written, int(words[0])))
    us.written += took
    if took != int(words[-1]):
        return "send returned %s" % took


def _read(wire, us, words, line):
    sock = _connection(wire, us)
    if words[0] == "nothing":
        data = sock.read(1)
        return None if data is None else "read returned %d bytes" % len(data)
    if words[0] == "eof":
        data = sock.recv(100)
        return "recv returned %d bytes" % len(data) if data else None
    n = int(words[0])
    data = sock.recv(n)
    if len(data) != n:
        return "recv returned %d bytes" % len(data)
    same = data == frames.stream(False, us.read, n)
    us.read += n
    return None if same else "recv returned other bytes"


def _close(wire, us, words, line):
    # A listener is closed when there is nothing else to close.
    if us.sock is not None or us.listener is None:
        _connection(wire, us).close()
    else:
        us.listener.close()


def _shutdown(wire, us, words, line):
    _connection(wire, us).shutdown(_HOW[words[0]])


def _setsockopt(wire, us, words, line):
    if us.sock is None and us.listener is None:
        us.sock = wire.net.socket()
        us.sock.setblocking(False)
    level, option = _option(words[0])
    (us.sock or us.listener).setsockopt(level, option, _value(words, line))


def _option(name):
    for prefix in ("SO_", "TCP_", "IP_"):
        if prefix + name in _OPTIONS:
            return _OPTIONS[prefix + name]
    raise ValueError("no option " + name)


def _value(words, line):
    if words[0] == "OPTIONS":  # gateways, or the bytes themselves
        if "route" in line.keys:
            return frames.source_route(line.keys["route"])
        text = words[1].strip("-")
        return bytes(int(text[i : i + 2], 16) for i in range(0, len(text), 2))
    # SO_LINGER takes the C structure: on, seconds.
    if words[0] == "LINGER":
        import struct

        off = words[1] == "off"
        return struct.pack("<ii", 0 if off else 1, 0 if off else int(words[1]))
    return _number_or_text(words[1])


def _number_or_text(word):
    if word.lstrip("-").isdigit():
        return int(word)
    return errno_of(word) if word.isupper() else word


def _config(wire, us, words, line):
    values = {name: _number_or_text(value) for name, value in line.keys.items()}
    wire.net.config(**values)


def _refuse(wire, us, words, line):
    wire.link.refuse = int(words[0])


def _poll(wire, us, words, line):
    wire.pump()


def _peername(wire, us, words, line):
    got = us.sock.getpeername()
    return None if tuple(got) == tuple(us.remote) else "getpeername() is %s" % (got,)


# ---- looks ---------------------------------------------------------------------------------


def row_of(wire, us, line):
    """The row of netstat() that the line is about, or None."""
    if "from" in line.keys or "port" in line.keys or us.remote is None:
        remote = (frames.ip_text(line.address()), line.number("port", wire.peer_port))
    else:
        remote = tuple(us.remote)
    for row in wire.net.netstat():
        if row[0] == "tcp" and tuple(row[4]) == remote and row[5] != "LISTEN":
            return row
    return None


def _state(wire, us, words, line):
    row = row_of(wire, us, line)
    state = row[5] if row else "CLOSED"
    if not row and words[0] == "LISTEN":
        for other in wire.net.netstat():
            if other[5] == "LISTEN" and other[3][1] == wire.our_port:
                state = "LISTEN"
    return None if state == words[0] else "the state is %s" % state


def _timer(wire, us, words, line):
    row = row_of(wire, us, line)
    timer, left = (row[6], row[7]) if row else ("", -1)
    wanted = "" if words[0] == "none" else words[0]
    if timer != wanted or (len(words) > 1 and left != int(words[1])):
        return "the timer is %s %d" % (timer or "none", left)


def _queue(index):
    def look(wire, us, words, line):
        row = row_of(wire, us, line)
        n = row[index] if row else None
        return None if n == int(words[0]) else "there are %s bytes" % n

    return look


def _flags(wire, us, words, line):
    sock = us.sock or us.listener
    got = sock.ioctl(3, 1 | 2 | 4 | 8 | 16 | 32)
    names = [name for name, bit in _POLL if got & bit]
    return (
        None
        if names == [w for w in words if w != "-"]
        else "the flags are %s" % " ".join(names or ["-"])
    )


def _rows(wire, us, words, line):
    rows = [
        row for row in wire.net.netstat() if row[0] == "tcp" and row[5] in (words[1:] or row[5:6])
    ]
    return None if len(rows) == int(words[0]) else "there are %d rows" % len(rows)


def _stat(wire, us, words, line):
    n = wire.stat(words[0])
    return None if n == int(words[1]) else "%s is %d" % (words[0], n)


def _getsockopt(wire, us, words, line):
    level, option = _option(words[0])
    got = (us.sock or us.listener).getsockopt(level, option)
    wanted = _value(words, line) if words[0] == "OPTIONS" else _number_or_text(words[1])
    return None if got == wanted else "%s is %r" % (words[0], got)


def _setting(wire, us, words, line):
    for name, value in line.keys.items():
        got = wire.net.config(name)
        if got != _number_or_text(value):
            return "%s is %r" % (name, got)


def _info(wire, us, words, line):
    got = _connection(wire, us).getsockopt(*_OPTIONS["TCP_INFO"])
    for name, value in line.keys.items():
        field = got[name] if isinstance(got, dict) else getattr(got, name)
        if field != _number_or_text(value):
            return "%s is %r" % (name, field)


def _window(wire, us, words, line):
    import layout_words as w

    r = _connection(wire, us).p.r
    for name, at in (("cwnd", w.CWND), ("ssthresh", w.SSTHRESH)):
        wanted = line.keys.get(name)
        if wanted is not None and r[at] != (_NO_THRESHOLD if wanted == "-" else int(wanted)):
            return "cwnd is %d, ssthresh %d" % (r[w.CWND], r[w.SSTHRESH])


def _grown(wire, us, words, line):
    return None if wire.grown == int(words[0]) else "the heap grew by %d bytes" % wire.grown


_CALLS = {
    "listen": _listen,
    "accept": _accept,
    "bind": _bind,
    "connect": _connect,
    "write": _write,
    "send": _send,
    "read": _read,
    "close": _close,
    "shutdown": _shutdown,
    "setsockopt": _setsockopt,
    "config": _config,
    "refuse": _refuse,
    "poll": _poll,
    "peername": _peername,
    "state": _state,
    "timer": _timer,
    "recvq": _queue(1),
    "sendq": _queue(2),
    "flags": _flags,
    "rows": _rows,
    "stat": _stat,
    "grown": _grown,
    "getsockopt": _getsockopt,
    "setting": _setting,
    "info": _info,
    "window": _window,
}
