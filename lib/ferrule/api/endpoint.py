"""How a socket opens, ends, is named and set, over the calls of tcp/user.py."""

import io

from micropython import const, schedule

from ..tcp import listen, user
from ..wire.tcp import port
from . import nic
from .fault import fault

# --- layout: written by tools/layout.py ---
_H_IP = const(3)
_R_IP = const(0)
_PORTS = const(1)
_STATE = const(2)
_SND_WND = const(8)
# --- end of layout ---


_SYN_SENT = const(2)
_SYN_RECEIVED = const(3)

_EAGAIN = const(11)
_EINVAL = const(22)
_EADDRINUSE = const(98)
_EADDRNOTAVAIL = const(99)
_ENETUNREACH = const(101)
_ECONNABORTED = const(103)
_EISCONN = const(106)
_ENOTCONN = const(107)
_EALREADY = const(114)
_EINPROGRESS = const(115)

# what a call waits for
_OPEN = const(2)
_ACCEPT = const(3)


_LINGER = (1, 13)  # SOL_SOCKET, SO_LINGER among a socket's options


class Endpoint(io.IOBase):
    """The part of a socket that is called once in its life; socket.py has what is called all the
    time, and is the class derived, so that the interpreter finds those methods first.
    """

    def __init__(self, net, p=None):
        self.net = net
        self.p = p  # connection, None before connect() and for a listener
        self.listener = None
        self.ms = -1  # time-out: -1 blocks, 0 does not
        self.closed = False
        self.shut_rd = False
        self.port = 0  # bound port, 0: none
        self.options = None  # set before there was a connection: {(level, option): value}
        self.callback = None  # option 20 of MicroPython's sockets

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
            from ..tcp import client

            number = client.ephemeral(self.net.tcp, b"\0\0\0\0", 0, self.net.random)
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
        p = listen.take(self.net.tcp, self.listener)
        s = self.__class__(self.net, p)
        p.sock = s
        s.ms = self.ms
        if self.options:
            s.options = dict(self.options)  # what this one is told is not for the others
        s.apply_options()
        if self.net.tcp.uto is not None:
            self.net.tcp.uto.adopt(self.net.tcp, p)
        return s, s.getpeername()

    def connect(self, address):
        """Open a connection.  OSError EINPROGRESS without blocking; ECONNREFUSED, ETIMEDOUT,
        EHOSTUNREACH, ENETUNREACH, EISCONN, EALREADY, EADDRINUSE, ENOBUFS (no connection of
        the pool is free).
        """
        from ..tcp import client

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
        lport = self.port or client.ephemeral(net.tcp, ip, rport, net.random)
        p = client.connect(net.tcp, self, ip, lport, rport) if lport else _EADDRNOTAVAIL
        if isinstance(p, int):
            raise fault(p)
        if self in net.bound:  # the pair holds the port now; somebody may listen on it (MUST-42)
            net.bound.remove(self)
        if self.ms == 0:
            raise fault(_EINPROGRESS)
        self.until(_OPEN)
        self.raise_error()

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
        """Give the socket up; what was written is still sent.  Twice is harmless.

        With SO_LINGER of 0 s nothing more is sent but a reset.  With more, and a socket that
        blocks, close() waits until the peer has acknowledged everything: OSError EAGAIN when the
        time is over and TCP goes on alone, ECONNRESET or ETIMEDOUT when the peer will not get it.

        However it closes, text that is lost already is told of, unless a call has done so before:
        OSError with what ended the connection; ECONNABORTED when it ends because the peer's text
        was not read.
        """
        if self.closed:
            return
        self.closed = True
        tcp = self.net.tcp
        if self in self.net.bound:
            self.net.bound.remove(self)
        if self.listener:
            user.unlisten(tcp, self.listener)
        p = self.p
        if p:
            seconds = self.options.get(_LINGER, -1) if self.options else -1
            err = 0 if p.r[_STATE] or not p.r[_SND_WND] else p.err
            if seconds == 0:
                user.throw_away(tcp, p)
                err = 0
            elif seconds > 0 and self.ms and not err:
                from .linger import wait

                err = wait(self, seconds * 1000)
            live = p.r[_STATE]
            user.close(tcp, p)
            if live and not p.r[_STATE] and p.r[_SND_WND]:
                err = _ECONNABORTED
            if err:
                raise fault(err)

    def abort(self):
        """Close by a reset: what was written and has not arrived yet is lost."""
        p = self.p
        if p and not self.closed:
            user.abort(self.net.tcp, p)
            p.err = 0
        self.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- the rest

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
        """See api/options.py; SO_LINGER takes seconds, -1: off, or the two words of C's struct.
        An option nobody knows is taken without effect, as the firmware does.
        """
        self.live()
        if level == 1 and option == 20:
            self.callback = value
            return
        if (level, option) == _LINGER:
            if not isinstance(value, int):
                value = value[4] | value[5] << 8 if value[0] else -1
            if self.options is None:
                self.options = {}
            self.options[_LINGER] = value
            return
        from .options import put

        put(self, level, option, value)

    def getsockopt(self, level, option, size=0):
        """The option's value (see api/options.py; with size as so many bytes of the C type).
        OSError EOPNOTSUPP for one that nobody knows.
        """
        self.live()
        from .options import get

        return get(self, level, option, size)

    def apply_options(self):
        if self.options:
            from .options import put

            for (level, option), value in self.options.items():
                put(self, level, option, value)

    def wake(self):
        """Run the callback soon (MicroPython's schedule; when its queue is full the next
        event tries again).
        """
        try:
            schedule(self.callback, self)
        except RuntimeError:
            pass
