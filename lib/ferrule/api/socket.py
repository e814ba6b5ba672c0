"""Sockets as MicroPython programs know them (docs/library/socket.rst), over the calls of
tcp/user.py.

The only place that waits, and the only one that raises OSError for what the wire did.  A socket is
a stream: it has readinto, write and ioctl, so select.poll, asyncio and ssl take it as it is.
"""

import io

from micropython import const

from ..core import ring
from ..tcp import listen, user
from ..wire.tcp import port
from . import nic
from .fault import fault

# --- layout: written by tools/layout.py ---
_H_IP = const(3)
_R_IP = const(0)
_PORTS = const(1)
_STATE = const(2)
_FLAGS = const(3)
_RX_RD = const(14)
_RX_LEN = const(15)
_TX_LEN = const(17)
# --- end of layout ---

_FIN_QUEUED = const(2)
_RCV_SHUT = const(64)

_SYN_SENT = const(2)
_SYN_RECEIVED = const(3)
_ESTABLISHED = const(4)
_CLOSE_WAIT = const(7)

_EBADF = const(9)
_EAGAIN = const(11)
_EINVAL = const(22)
_EPIPE = const(32)
_EOPNOTSUPP = const(95)
_EADDRINUSE = const(98)
_EADDRNOTAVAIL = const(99)
_ENETUNREACH = const(101)
_EISCONN = const(106)
_ENOTCONN = const(107)
_ETIMEDOUT = const(110)
_EALREADY = const(114)
_EINPROGRESS = const(115)

# what a call waits for
_RX = const(0)
_TX = const(1)
_OPEN = const(2)
_ACCEPT = const(3)

_POLL = const(3)
_CLOSE = const(4)
_RD = const(1)
_WR = const(4)
_ERR = const(8)
_HUP = const(16)
_NVAL = const(32)


_LINGER = (1, 13)  # SOL_SOCKET, SO_LINGER among a socket's options


class Socket(io.IOBase):
    """A TCP socket.  Blocking until settimeout() says otherwise."""

    def __init__(self, net, p=None):
        self.net = net
        self.p = p  # connection, None before connect() and for a listener
        self.listener = None
        self.port = 0  # bound port, 0: none
        self.ms = -1  # time-out: -1 blocks, 0 does not
        self.options = None  # set before there was a connection: {(level, option): value}
        self.callback = None  # option 20 of MicroPython's sockets
        self.closed = False
        self.shut_rd = False

    # --- opening

    def bind(self, address):
        """Take a local port.  OSError EADDRINUSE, EADDRNOTAVAIL, EINVAL (bound already)."""
        self.live()
        ip, number = address
        if self.port or self.p:
            raise fault(_EINVAL)
        if ip not in ("", "0.0.0.0") and ip != nic.to_text(self.net.h, _H_IP):
            nic.to_bytes(ip)
            raise fault(_EADDRNOTAVAIL)
        if number == 0:
            number = user.ephemeral(self.net.tcp, b"\0\0\0\0", 0, self.draw)
        for s in self.net.bound:
            if s.port == number:
                raise fault(_EADDRINUSE)
        self.port = number
        self.net.bound.append(self)

    def listen(self, backlog=2):
        """Accept connections on the bound port; at most backlog (1 or more) wait for
        accept().
        """
        self.live()
        if self.p:
            raise fault(_EISCONN)
        backlog = max(1, backlog)
        if self.listener:
            self.listener.backlog = backlog
            return
        if self.port == 0:
            self.bind(("", 0))
        x = user.listen_on(self.net.tcp, self, self.port, backlog)
        if isinstance(x, int):
            raise fault(x)
        self.listener = x

    def accept(self):
        """(socket, (address, port)) of the connection that has waited longest.  The socket
        inherits the time-out.
        """
        self.live()
        if self.listener is None:
            raise fault(_EINVAL)
        if not self.until(_ACCEPT):
            raise fault(_EAGAIN)
        p = listen.oldest(self.net.tcp, self.listener)
        p.listener = None
        s = Socket(self.net, p)
        p.sock = s
        s.ms = self.ms
        s.options = self.options
        s.apply_options()
        return s, s.getpeername()

    def connect(self, address):
        """Open a connection.  OSError EINPROGRESS without blocking; ECONNREFUSED, ETIMEDOUT,
        EHOSTUNREACH, ENETUNREACH, EISCONN, EALREADY, EADDRINUSE, ENOBUFS (no connection of
        the pool is free).
        """
        self.live()
        if self.listener:
            raise fault(_EINVAL)
        p = self.p
        if p:
            self.raise_error()
            state = p.r[_STATE]
            if state and state <= _SYN_RECEIVED:
                raise fault(_EALREADY)
            raise fault(_EISCONN)
        net = self.net
        ip = nic.to_bytes(address[0])
        rport = address[1]
        if not 0 < rport < 65536 or not nic.reachable(net.h, ip):  # MUST-46
            raise fault(_ENETUNREACH)
        lport = self.port or user.ephemeral(net.tcp, ip, rport, self.draw)
        p = user.connect(net.tcp, ip, lport, rport) if lport else _EADDRNOTAVAIL
        if isinstance(p, int):
            raise fault(p)
        self.p = p
        p.sock = self
        if self in net.bound:  # the pair holds the port now; somebody may listen on it (MUST-42)
            net.bound.remove(self)
        self.apply_options()
        if self.ms == 0:
            raise fault(_EINPROGRESS)
        self.until(_OPEN)
        self.raise_error()

    def draw(self):
        b = self.net.random(2)
        return (b[0] << 8 | b[1]) & 0x3FFF

    # --- waiting

    def ready(self, what):
        """Whether a call that waits for `what` has something to do, be it an error."""
        if what == _ACCEPT:
            return listen.oldest(self.net.tcp, self.listener) is not None
        p = self.p
        r = p.r
        state = r[_STATE]
        if what == _RX:
            return r[_RX_LEN] or r[_FLAGS] & _RCV_SHUT or not state
        if what == _TX:
            return r[_TX_LEN] < len(p.tx) and state > _SYN_RECEIVED or not state
        return state > _SYN_RECEIVED or not state

    def until(self, what):
        """Turn the stack until ready(what).  False: it would block.  OSError ETIMEDOUT."""
        if self.ready(what):
            return True
        net = self.net
        if self.ms == 0:
            net.pump()
            return self.ready(what)
        end = net.ticks_ms()
        while True:
            left = net.poll()
            if self.ready(what):
                return True
            if self.closed:
                raise fault(_EBADF)
            if self.ms > 0:
                rest = self.ms - (net.ticks_ms() - end & 0x3FFFFFFF)
                if rest <= 0:
                    raise fault(_ETIMEDOUT)
                if rest < left:
                    left = rest
            if left:
                net.wait(left)

    def live(self):
        if self.closed:
            raise fault(_EBADF)

    def raise_error(self):
        """Report, once, what ended the connection."""
        p = self.p
        err = p.err
        if err:
            p.err = 0
            raise fault(err)

    def connected(self):
        """The connection.  OSError EBADF or ENOTCONN."""
        self.live()
        if self.p is None:
            raise fault(_ENOTCONN)
        return self.p

    # --- reading

    def readable(self):
        """Wait for data.  Bytes there are, 0 at the end of the stream, -1 for `would block`."""
        p = self.connected()
        r = p.r
        if r[_RX_LEN] == 0:
            if self.shut_rd:
                return 0
            if not self.until(_RX):
                return -1
            if r[_RX_LEN] == 0:
                self.raise_error()
        return r[_RX_LEN]

    def recv_into(self, buf, n=0, flags=0):
        """Receive what is there, at most n or len(buf) bytes, into buf; 0 at the end.  OSError
        EAGAIN.
        """
        if n <= 0 or n > len(buf):
            n = len(buf)
        have = self.readable()
        if have < 0:
            raise fault(_EAGAIN)
        return user.read(self.net.tcp, self.p, buf, 0, n, flags & 2)

    def recv(self, n, flags=0):
        """What is there, at most n bytes; b"" at the end.  flags: MSG_PEEK.  OSError EAGAIN,
        ECONNRESET, ETIMEDOUT.
        """
        have = self.readable()
        if have < 0:
            raise fault(_EAGAIN)
        b = bytearray(min(n, have))
        user.read(self.net.tcp, self.p, b, 0, len(b), flags & 2)
        return bytes(b)

    def recvfrom(self, n, flags=0):
        """(recv(n), peer's address)."""
        b = self.recv(n, flags)
        return b, self.getpeername()

    def readinto(self, buf, n=-1):
        """Fill buf (or its first n bytes) as MicroPython streams do: fewer bytes only at the
        end of the stream or when it would block, None when nothing came at all.
        """
        if n < 0 or n > len(buf):
            n = len(buf)
        done = 0
        while done < n:
            have = self.readable()
            if have <= 0:
                if have < 0 and done == 0:
                    return None
                break
            done += user.read(self.net.tcp, self.p, buf, done, n - done)
        return done

    def read(self, n=-1):
        """n bytes, or all to the end of the stream; fewer when it would block, None when
        nothing came.
        """
        out = bytearray()
        while n < 0 or len(out) < n:
            have = self.readable()
            if have <= 0:
                if have < 0 and not out:
                    return None
                break
            b = bytearray(have if n < 0 or have < n - len(out) else n - len(out))
            user.read(self.net.tcp, self.p, b, 0, len(b))
            out.extend(b)
        return bytes(out)

    def readline(self, n=-1):
        """A line with its end, at most n bytes; a part of it when it would block or the
        stream ends.
        """
        out = bytearray()
        while n < 0 or len(out) < n:
            have = self.readable()
            if have <= 0:
                if have < 0 and not out:
                    return None
                break
            p = self.p
            k = ring.find(p.rx, len(p.rx), p.r[_RX_RD], have, 10)
            b = bytearray(have if k < 0 else k + 1)
            if 0 <= n - len(out) < len(b):
                b = bytearray(n - len(out))
                k = -1
            user.read(self.net.tcp, p, b, 0, len(b))
            out.extend(b)
            if k >= 0:
                break
        return bytes(out)

    # --- writing

    def put(self, buf, off, n):
        """Queue what fits of n bytes.  Their number, or -1 for `would block`."""
        p = self.connected()
        if not self.until(_TX):
            return -1
        if p.r[_FLAGS] & _FIN_QUEUED:
            raise fault(_EPIPE)
        state = p.r[_STATE]
        if state != _ESTABLISHED and state != _CLOSE_WAIT:
            self.raise_error()
            raise fault(_EPIPE)
        return user.write(self.net.tcp, p, buf, off, n)

    def write(self, buf, a=-1, b=-1):
        """Write buf, its first a bytes, or b bytes from a on.  All of it when blocking; without
        blocking what fits, None when nothing does.  A str is sent as UTF-8.
        """
        if isinstance(buf, str):
            buf = bytes(buf, "utf-8")
        off = 0
        n = len(buf)
        if b >= 0:
            off = min(a, n)
            n = min(b, n - off)
        elif a >= 0:
            n = min(a, n)
        done = 0
        while done < n:
            k = self.put(buf, off + done, n - done)
            if k < 0:
                return done or None
            done += k
        if n == 0:
            self.connected()
        return done

    def send(self, buf, flags=0):
        """Send what fits of buf, at least one byte.  Its number.  OSError EAGAIN, ECONNRESET,
        EPIPE, ETIMEDOUT.
        """
        if isinstance(buf, str):
            buf = bytes(buf, "utf-8")
        if not len(buf):
            self.connected()
            return 0
        k = self.put(buf, 0, len(buf))
        if k < 0:
            raise fault(_EAGAIN)
        return k

    def sendall(self, buf, flags=0):
        """Send all of buf.  Without blocking: OSError EAGAIN before a byte is sent unless all
        of it fits.
        """
        if isinstance(buf, str):
            buf = bytes(buf, "utf-8")
        if self.ms == 0:
            p = self.connected()
            if p.r[_STATE] and len(p.tx) - p.r[_TX_LEN] < len(buf):
                self.net.pump()
                if p.r[_STATE] and len(p.tx) - p.r[_TX_LEN] < len(buf):
                    raise fault(_EAGAIN)
        self.write(buf)

    def sendto(self, buf, address):
        """send(): a connection knows its peer."""
        return self.send(buf)

    # --- ending

    def shutdown(self, how):
        """0: read no more; 1: send no more (a FIN follows the data); 2: both.  OSError
        ENOTCONN.
        """
        p = self.connected()
        if not p.r[_STATE] or p.r[_STATE] == _SYN_SENT:
            raise fault(_ENOTCONN)
        if how not in (0, 1, 2):
            raise fault(_EINVAL)
        if how != 1:
            self.shut_rd = True
        if how:
            user.shut(self.net.tcp, p)

    def close(self):
        """Give the socket up; what was written is still sent.  Twice is harmless."""
        if self.closed:
            return
        self.closed = True
        tcp = self.net.tcp
        if self in self.net.bound:
            self.net.bound.remove(self)
        if self.listener:
            user.unlisten(tcp, self.listener)
        if self.p:
            if self.options and self.options.get(_LINGER) == 0:
                user.abort(tcp, self.p)
            user.close(tcp, self.p)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- the rest

    def settimeout(self, seconds):
        """None: block; 0: do not; otherwise seconds (float) until OSError ETIMEDOUT."""
        self.ms = -1 if seconds is None else max(0, int(seconds * 1000 + 0.999))

    def setblocking(self, on):
        self.ms = -1 if on else 0

    def makefile(self, mode="rwb", buffering=0):
        return self

    def getsockname(self):
        """(our address, our port)."""
        self.live()
        here = nic.to_text(self.net.h, _H_IP)
        if self.p and self.p.r[_STATE]:
            return here, port(self.p.r, _PORTS, 16)
        return (here if self.listener is None else "0.0.0.0"), self.port

    def getpeername(self):
        """(peer's address, peer's port).  OSError ENOTCONN."""
        r = self.connected().r
        if not r[_STATE]:
            raise fault(_ENOTCONN)
        return nic.to_text(r, _R_IP), port(r, _PORTS, 0)

    def setsockopt(self, level, option, value):
        """See api/options.py.  An option nobody knows is taken without effect, as the firmware
        does.
        """
        self.live()
        if level == 1 and option == 20:
            self.callback = value
            return
        from .options import put

        put(self, level, option, value)

    def getsockopt(self, level, option):
        """The option's value (an int).  OSError EOPNOTSUPP for one that nobody knows."""
        self.live()
        from .options import get

        return get(self, level, option)

    def apply_options(self):
        if self.options:
            from .options import put

            for (level, option), value in self.options.items():
                put(self, level, option, value)

    def wake(self):
        """Run the callback soon (MicroPython's schedule; when its queue is full the next
        event tries again).
        """
        from micropython import schedule

        try:
            schedule(self.callback, self)
        except RuntimeError:
            pass

    def ioctl(self, request, arg):
        """The stream protocol.  Never raises: the interpreter's poll does not survive an
        exception.
        """
        if request == _POLL:
            try:
                return self.flags(arg)
            except Exception:
                return _ERR | _HUP
        if request == _CLOSE:
            self.close()
            return 0
        return -_EINVAL

    def flags(self, wanted):
        """What poll() tells of this socket."""
        if self.closed:
            return _NVAL
        self.net.pump()
        if self.listener:
            return _RD & wanted if self.ready(_ACCEPT) else 0
        p = self.p
        if p is None:
            return _HUP
        r = p.r
        got = 0
        if p.err:
            got = _ERR | _HUP
        elif not r[_STATE]:
            got = _HUP
        if self.ready(_RX):
            got |= _RD & wanted
        if self.ready(_TX) or r[_FLAGS] & _RCV_SHUT:
            got |= _WR & wanted
        return got
