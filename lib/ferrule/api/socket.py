"""Sockets as MicroPython programs know them (docs/library/socket.rst): waiting, reading, writing,
and the stream protocol that select.poll, asyncio and ssl speak.

The only place that waits, and (with endpoint.py) the only one that raises OSError for what the
wire did.  `recv` and `send` raise EAGAIN when they would block, `read`, `readinto` and `write`
return None.
"""

from micropython import const

from ..core import ring
from ..tcp import listen, user
from .endpoint import Endpoint
from .fault import fault

# --- layout: written by tools/layout.py ---
_STATE = const(2)
_FLAGS = const(3)
_RX_RD = const(10)
_RX_LEN = const(11)
_TX_LEN = const(13)
# --- end of layout ---

_FIN_QUEUED = const(2)
_RCV_SHUT = const(64)
_URG_IN = const(1 << 21)

_SYN_RECEIVED = const(3)
_ESTABLISHED = const(4)
_CLOSE_WAIT = const(7)

_EBADF = const(9)
_EAGAIN = const(11)
_EINVAL = const(22)
_EPIPE = const(32)
_ENOTCONN = const(107)
_ETIMEDOUT = const(110)

# what a call waits for
_RX = const(0)
_TX = const(1)
_ACCEPT = const(3)

_POLL = const(3)
_CLOSE = const(4)
_RD = const(1)
_PRI = const(2)
_WR = const(4)
_ERR = const(8)
_HUP = const(16)
_NVAL = const(32)


class Socket(Endpoint):
    """A TCP socket.  Blocking until settimeout() says otherwise."""

    # --- waiting

    def ready(self, what):
        """Whether a call that waits for `what` has something to do, be it an error."""
        if what == _ACCEPT:
            return listen.oldest(self.net.tcp, self.listener) is not None
        p = self.p
        r = p.r
        state = r[_STATE]
        if what == _RX:
            return r[_RX_LEN] or r[_FLAGS] & _RCV_SHUT or not state or p.err
        if what == _TX:
            return r[_TX_LEN] < len(p.tx) and state > _SYN_RECEIVED or not state or p.err
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

    def peekinto(self, buf, seen=0):
        """Copy what has arrived into buf, as much as fits, and leave it to be read.  The number
        of bytes once they are more than `seen`, None before that, 0 when no more will come.  Never
        waits.
        """
        p = self.connected()
        r = p.r
        if r[_RX_LEN] > seen:
            return user.read(self.net.tcp, p, buf, 0, len(buf), True)
        if self.shut_rd or r[_FLAGS] & _RCV_SHUT or not r[_STATE]:
            self.raise_error()
            return 0
        return None

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
        if p.err or state != _ESTABLISHED and state != _CLOSE_WAIT:
            self.raise_error()
            raise fault(_EPIPE)
        return user.write(self.net.tcp, p, buf, off, n)

    def space(self):
        """Bytes that write() would take at once.  OSError: what ended the connection."""
        p = self.connected()
        if not p.r[_STATE]:
            self.raise_error()
            raise fault(_EPIPE)
        return len(p.tx) - p.r[_TX_LEN]

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
        """Send what fits of buf, at least one byte.  Its number.  flags: MSG_OOB, see oob.py.
        OSError EAGAIN, ECONNRESET, EPIPE, ETIMEDOUT.
        """
        if isinstance(buf, str):
            buf = bytes(buf, "utf-8")
        if not len(buf):
            self.connected()
            return 0
        if flags & 1:
            from .oob import mark

            mark(self, len(buf))
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

    # --- the stream protocol

    def settimeout(self, seconds):
        """None: block; 0: do not; otherwise seconds (float) until OSError ETIMEDOUT."""
        self.ms = -1 if seconds is None else max(0, int(seconds * 1000 + 0.999))

    def setblocking(self, on):
        self.ms = -1 if on else 0

    def makefile(self, mode="rwb", buffering=0):
        return self

    def ioctl(self, request, arg):
        """The stream protocol.  _POLL never raises: the interpreter's poll does not survive an
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
            got = _ERR
        if not r[_STATE]:
            got |= _HUP
        if self.ready(_RX):
            got |= _RD & wanted
        if self.ready(_TX) or r[_FLAGS] & _RCV_SHUT:
            got |= _WR & wanted
        if r[_FLAGS] & _URG_IN:
            got |= _PRI & wanted
        return got
