"""How a reconnecting client (reconnect.py) opens its connection, sees its loss, and waits."""

import io

from micropython import const

from .api import nic
from .api.fault import local

# --- layout: written by tools/layout.py ---
_STATE = const(2)
_FLAGS = const(3)
_SND_WND = const(8)
_RX_LEN = const(11)
_TX_LEN = const(13)
# --- end of layout ---

_SYN_RECEIVED = const(3)
_RCV_SHUT = const(64)

_ETIMEDOUT = const(110)
_EINPROGRESS = const(115)

# where it stands
_WAIT = const(0)  # until the next attempt; sock is None or holds what was not read yet
_OPENING = const(1)
_OPEN = const(2)
_ENDING = const(3)  # the peer has closed, and what we wrote is not acknowledged yet
_CLOSED = const(4)

_LOOK_MS = const(200)  # between looks at a link that is down
_FAR_MS = const(1000)
_LONGEST_MS = const(1 << 24)

_WHY = (
    (0, "closed"),
    (104, "reset"),
    (110, "silent"),
    (111, "refused"),
    (113, "unreachable"),
    (101, "unreachable"),
    (99, "address"),
    (100, "off"),
    (105, "full"),
)


class Comeback(io.IOBase):
    """The part of Reconnecting that keeps the connection; reconnect.py is its stream."""

    def __init__(
        self, net, address, keepalive=(60, 10, 6), user_timeout=None, back_off=(500, 30000),
        report=None,
    ):
        nic.to_bytes(address[0])
        if not 0 < address[1] < 65536:
            raise ValueError("a port is 1 to 65535")
        if keepalive and not (
            0 < keepalive[0] < 32768 and 0 < keepalive[1] < 32768 and 0 < keepalive[2] < 128
        ):
            raise ValueError("keepalive is 1 to 32767 s, 1 to 32767 s, 1 to 127 times")
        if not 0 < back_off[0] <= back_off[1] <= _LONGEST_MS:
            raise ValueError("back_off is two times in ms, the shorter first")
        if user_timeout is None:
            user_timeout = (keepalive[0] + keepalive[1] * keepalive[2]) * 1000 if keepalive else 0
        if not 0 <= user_timeout < 1 << 28:
            raise ValueError("user_timeout is 0 to 2**28 - 1 ms")
        self.net = net
        self.address = address
        self.keepalive = keepalive
        self.user_timeout = user_timeout
        self.first, self.most = back_off
        self.report = report
        self.sock = None
        self.ms = -1  # time-out, as a socket's
        self.state = _WAIT
        self.present = True  # link and address were there when we looked last
        self.pause = self.first
        self.at = self.lost_at = self.back_at = self.looked = self.now()  # the first try is now
        self.tries = 0
        self.taken = 0  # bytes that write() has taken for this connection
        self.untold = False  # the loss has not been raised yet
        self.errno = 0  # what ended the last connection, 0: the peer closed it
        self.acked = 0  # bytes of the last connection that were acknowledged ...
        self.unacked = 0  # ... and that were not

    def turn(self):
        """Do what is due, also the stack's part, without waiting.  The milliseconds until it has
        to be called again.
        """
        left = self.net.poll()
        return min(left, self.step())

    def step(self):
        """The same without the stack's part."""
        state = self.state
        if state == _OPEN or state == _ENDING:
            return self.watch()
        if state == _CLOSED:
            return _FAR_MS
        self.look()
        if self.state == _OPENING:
            return self.opening()
        if not self.present:
            return _LOOK_MS
        left = self.at - self.now() & 0x3FFFFFFF
        if left and not left & 0x20000000:
            return min(left, _LOOK_MS)
        self.attempt()
        return 0

    def watch(self):
        """Whether the open connection still is."""
        p = self.sock.p
        r = p.r
        if not r[_STATE]:
            err = p.err
            p.err = 0
            self.lose(err, r[_SND_WND])
            return 0
        if r[_FLAGS] & _RCV_SHUT and not r[_RX_LEN]:
            if not r[_TX_LEN]:
                self.lose(0, 0)
                return 0
            if self.state == _OPEN:
                self.state = _ENDING
                self.sock.shutdown(1)
        return _FAR_MS

    def look(self):
        """See whether the link and the address are there; when they are again, begin anew."""
        if self.present and self.since(self.looked) < _LOOK_MS:
            return
        self.looked = self.now()
        before = self.present
        self.present = self.net.isconnected()
        if self.present and not before:
            if self.state == _OPENING:
                self.drop()
                self.state = _WAIT
            self.pause = self.first
            self.schedule()

    def attempt(self):
        """Open a connection."""
        self.drop()
        self.tries += 1
        self.say("trying", "", 0, self.tries)
        s = self.net.socket()
        s.setblocking(False)
        if self.keepalive:
            for option, value in zip((4, 5, 6), self.keepalive):
                s.setsockopt(6, option, value)
            s.setsockopt(1, 9, 1)  # SO_KEEPALIVE
        if self.user_timeout:
            s.setsockopt(6, 18, self.user_timeout)  # TCP_USER_TIMEOUT
        try:
            s.connect(self.address)
        except OSError as e:
            if e.errno != local(_EINPROGRESS):
                s.close()
                self.fail(e.errno)
                return
        self.sock = s
        self.state = _OPENING

    def opening(self):
        """Whether the attempt has come to an end."""
        p = self.sock.p
        state = p.r[_STATE]
        if not state:
            self.drop()
            self.fail(local(p.err))
            return 0
        if state <= _SYN_RECEIVED:
            return _LOOK_MS
        self.state = _OPEN
        self.taken = 0
        self.tries = 0
        self.back_at = self.now()
        self.say("back", "", 0, self.since(self.lost_at))
        return 0

    def fail(self, err):
        self.state = _WAIT
        self.say("failed", self.why(err), err, self.schedule())

    def lose(self, err, unacked):
        """The connection has ended with Linux's errno err; what it received may still be read."""
        self.state = _WAIT
        self.errno = local(err)
        self.unacked = unacked
        self.acked = self.taken - unacked
        self.untold = True
        self.lost_at = self.now()
        if self.since(self.back_at) >= self.most:
            self.pause = self.first
        self.schedule()
        if not self.sock.p.r[_RX_LEN]:
            self.drop()
        self.say("lost", self.why(self.errno), self.errno, unacked)

    def drop(self):
        """Let go of the socket."""
        if self.sock is not None:
            try:
                self.sock.close()
            except OSError:  # what was lost is told by say()
                pass
            self.sock = None

    def schedule(self):
        """Choose the time of the next attempt; how many ms away it is."""
        half = self.pause >> 1
        b = self.net.random(3)
        ms = self.pause - half + (b[0] << 16 | b[1] << 8 | b[2]) % (half + 1)
        self.pause = min(self.pause << 1, self.most)
        self.at = self.now() + ms & 0x3FFFFFFF
        return ms

    # --- small things

    def now(self):
        return self.net.ticks_ms() & 0x3FFFFFFF

    def since(self, at):
        return self.now() - at & 0x3FFFFFFF

    def say(self, what, why, err, n):
        if self.report is not None:
            self.report(self.now(), what, why, err, n)

    def why(self, err):
        """A word for the port's errno err."""
        if err == local(_ETIMEDOUT) and not self.net.link.isup():
            return "link"
        for linux, word in _WHY:
            if local(linux) == err:
                return word
        return str(err)

    def isconnected(self):
        """Whether a connection is open."""
        self.net.pump()
        self.step()
        return self.state == _OPEN

    def close(self):
        """Close the connection and open no other.  Twice is harmless."""
        if self.state != _CLOSED:
            self.state = _CLOSED
            self.drop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
