"""A client's connection that comes back by itself when it is lost.

    from ferrule.reconnect import Reconnecting

    c = Reconnecting(net, ("10.9.0.1", 7), keepalive=(10, 5, 3), report=print)
    while True:
        try:
            c.write(b"reading 17\\n")
            answer = c.recv(100)
        except OSError:
            pass  # c comes back by itself; c.unacked bytes of what was written did not arrive

Each connection is a new one for the peer, so no loss is hidden: the first call after it raises
what ended the connection (or, when the peer closed it, finds the end of the stream), and the calls
after that wait for the next connection.
"""

from micropython import const

from .api.fault import fault
from .comeback import Comeback

# --- layout: written by tools/layout.py ---
_RX_LEN = const(11)
_TX_LEN = const(13)
# --- end of layout ---

_OPENING = const(1)  # as comeback.py has them
_OPEN = const(2)
_CLOSED = const(4)

_EBADF = const(9)
_EPIPE = const(32)
_ETIMEDOUT = const(110)

_POLL = const(3)
_CLOSE = const(4)
_RD = const(1)
_WR = const(4)
_ERR = const(8)
_HUP = const(16)
_NVAL = const(32)


class Reconnecting(Comeback):
    """A connection from `net` to address (text, port) that is opened again whenever it ends.

    keepalive: (idle s, interval s, count), None: off.  A silent peer is noticed after idle +
    interval * count.  user_timeout: ms that data, or a SYN, may stay unanswered; unless given, as
    long as keepalive takes; 0: TCP's own patience.  back_off: (first ms, most ms).  Between two
    attempts it waits a time drawn from the upper half of first, 2 * first, ... most, so that those
    who were lost together do not come together; it begins at first again after a connection that
    lasted `most`, and when the link or the address is there again.  While there is none, it waits.

    report(at, what, why, errno, n), at a reading of the stack's clock, is called with
        "lost", why, errno, n    the connection ended; n bytes written were not acknowledged
        "trying", "", 0, n       the n-th attempt since then
        "failed", why, errno, n  it failed; the next is made in n ms
        "back", "", 0, n         a connection is open, n ms after the loss
    why: closed, reset, silent, link (no answer, and the link is down), refused, unreachable,
    address (ours has changed), off (the stack was switched off), full (no connection of the pool
    is free), or the errno.

    What came before the loss and is not read when the next attempt begins is dropped.

    It is a stream for select.poll and asyncio, as a socket is, and like a socket it lives only
    while one of its methods, a poll or turn() is called.  ValueError, or OSError EINVAL for the
    address: an argument out of range.
    """

    # --- waiting

    def settimeout(self, seconds):
        """None: calls wait for data, and for the connection; 0: they do not; otherwise seconds
        (float) until OSError ETIMEDOUT, which is no loss: errno and unacked have not changed.
        """
        self.ms = -1 if seconds is None else max(0, int(seconds * 1000 + 0.999))

    def setblocking(self, on):
        self.ms = -1 if on else 0

    def ready(self, what):
        """Whether a call that reads (_RD) or writes (_WR) has something to do, be it a loss to
        tell.
        """
        if self.untold or self.state == _CLOSED:
            return True
        if what == _RD:
            return self.unread() > 0
        r = self.sock.p.r if self.state == _OPEN else None
        return r is not None and r[_TX_LEN] < len(self.sock.p.tx)

    def unread(self):
        """Bytes that have come and can be read, of the connection that is or was."""
        if self.sock is None or self.state == _OPENING:
            return 0
        return self.sock.p.r[_RX_LEN]

    def until(self, what):
        """Turn the stack until ready(what).  False: it would block.  OSError ETIMEDOUT."""
        net = self.net
        if self.ms == 0:
            net.pump()
            self.step()
            return self.ready(what)
        begin = self.now()
        while True:
            left = self.turn()
            if self.ready(what):
                return True
            if self.ms > 0:
                rest = self.ms - self.since(begin)
                if rest <= 0:
                    raise fault(_ETIMEDOUT)
                left = min(left, rest)
            if left:
                net.wait(left)

    def tell(self, err):
        """Tell the loss, once: OSError with what ended the connection, or with err when the peer
        closed it; 0 when err is 0.
        """
        if self.state == _CLOSED:
            raise fault(_EBADF)
        self.untold = False
        if self.errno:
            raise OSError(self.errno)
        if err:
            raise fault(err)
        return 0

    # --- reading and writing

    def recv_into(self, buf):
        """Read what is there into buf: the number of bytes, 0 when the peer has closed the
        connection, None when it would block.  OSError: what ended the connection; ETIMEDOUT.
        """
        if not self.until(_RD):
            return None
        if self.unread():
            return self.sock.recv_into(buf)
        return self.tell(0)

    def recv(self, n):
        """The same as bytes, at most n."""
        if not self.until(_RD):
            return None
        if self.unread():
            return self.sock.recv(n)
        self.tell(0)
        return b""

    def readinto(self, buf, n=-1):
        """Fill buf, or its first n bytes: fewer at the end of a connection, or when it would
        block (None: nothing came).
        """
        view = memoryview(buf)[: len(buf) if n < 0 else n]
        done = 0
        while done < len(view):
            if done and self.untold and not self.unread():
                break  # it is told to the next call
            k = self.recv_into(view[done:])
            if not k:
                return k if not done else done
            done += k
        return done

    def read(self, n=-1):
        """n bytes, or all of the connection; fewer as readinto()."""
        out = b""
        while n < 0 or len(out) < n:
            if out and self.untold and not self.unread():
                break
            b = self.recv(256 if n < 0 else n - len(out))
            if not b:
                return out or b
            out += b
        return out

    def readline(self, n=-1):
        """A line with its end, at most n bytes; a part of it as readinto()."""
        out = b""
        while n < 0 or len(out) < n:
            if out and self.untold and not self.unread():
                break
            b = self.recv(1)
            if not b:
                return out or b
            out += b
            if b == b"\n":
                break
        return out

    def write(self, buf, a=-1, b=-1):
        """Write buf, its first a bytes, or b bytes from a on: all of it when blocking, else what
        fits, None when nothing does.

        OSError: what ended the connection since the last call, or EPIPE when the peer closed it;
        acked and unacked tell how much of what was written to it arrived.  Nothing of it is sent
        again by itself.
        """
        if isinstance(buf, str):
            buf = bytes(buf, "utf-8")
        off, n = (0, len(buf) if a < 0 else min(a, len(buf)))
        if b >= 0:
            off = n
            n = min(b, len(buf) - off)
        done = 0
        while done < n:
            if not self.until(_WR):
                return done or None
            if self.untold or self.state == _CLOSED:
                self.tell(_EPIPE)
            p = self.sock.p  # no more than fits, so that the socket does not turn the stack
            k = self.sock.write(buf, off + done, min(n - done, len(p.tx) - p.r[_TX_LEN]))
            self.taken += k
            done += k
        return done

    def ioctl(self, request, arg):
        """The stream protocol.  Never raises: the interpreter's poll does not survive an
        exception.
        """
        if request == _CLOSE:
            self.close()
            return 0
        if request != _POLL:
            return -22
        try:
            return self.flags(arg)
        except Exception:
            return _ERR | _HUP

    def flags(self, wanted):
        """What poll() tells."""
        if self.state == _CLOSED:
            return _NVAL
        self.net.pump()
        self.step()
        got = _ERR if self.untold else 0
        if self.ready(_RD):
            got |= _RD & wanted
        if self.ready(_WR):
            got |= _WR & wanted
        return got
