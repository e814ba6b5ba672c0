"""One Ethernet frame per UDP datagram on the host's loopback: a wire between two processes that
needs no rights.

    link = Udp(9001, 9002)      # and Udp(9002, 9001) in the other process

For MicroPython's unix port. Datagrams that did not come from the peer's port are not delivered by
the host.
"""

import select
import socket
from errno import EAGAIN, ECONNREFUSED, ENOBUFS

from micropython import const

_ETHERNET_LEN = const(14)
_HOST = "127.0.0.1"


class Udp:
    """A link whose wire is a pair of UDP ports of 127.0.0.1.

    The constructor raises OSError(EADDRINUSE) when `localport` is taken. `mac` is made from
    `localport` unless given, so the two ends differ. The peer may come and go: a datagram sent to
    a port where nobody listens counts in `refused` and is lost, as on a cable that leads nowhere.
    Counters: `sent`, `received`, `refused`, `busy`, `lost`.

    `recv_into` allocates, because the unix port's `recv` is the only call that keeps datagrams
    apart.
    """

    def __init__(self, localport, peerport, mac=None, mtu=1500):
        self.mac = mac or bytes((2, 0, 0, 0x75, localport >> 8, localport & 0xFF))
        self.mtu = mtu
        self.sent = 0
        self.received = 0
        self.refused = 0
        self.busy = 0
        self.lost = 0
        self._frame_len = mtu + _ETHERNET_LEN
        self._socket = _connected(localport, peerport)
        self._poller = select.poll()
        self._poller.register(self._socket, select.POLLIN)

    def send(self, frame, n):
        """Send n bytes of frame as one datagram. False: the host has no room for it, offer it
        again."""
        if n > self._frame_len:
            self.lost += 1
            return True
        try:
            if self._socket.write(frame, n) is None:
                self.busy += 1
                return False
            self.sent += 1
        except OSError as error:
            if error.errno == ENOBUFS:
                self.busy += 1
                return False
            self._count(error)
        return True

    def recv_into(self, frame):
        """Move the oldest waiting frame into `frame`. Returns its length, or 0 when nothing
        waits."""
        while True:
            try:
                datagram = self._socket.recv(self._frame_len)
            except OSError as error:
                if error.errno == EAGAIN:
                    return 0
                self._count(error)
                continue
            n = len(datagram)
            if _ETHERNET_LEN <= n <= len(frame):
                memoryview(frame)[:n] = datagram
                self.received += 1
                return n
            self.lost += 1

    def _count(self, error):
        """Count what is the wire's fault; anything else is the program's and goes on up."""
        if error.errno != ECONNREFUSED:
            raise error
        # The refusal of an earlier datagram, reported by the host at the next call.
        self.refused += 1

    def wait(self, ms):
        """Sleep until a datagram waits, at most ms milliseconds."""
        for _ in self._poller.ipoll(ms):
            pass

    def isup(self):
        """True until the link is closed: whether the peer is there cannot be known without a frame
        from it."""
        return self._socket is not None

    def close(self):
        """Give the port back. A second call does nothing."""
        if self._socket is not None:
            self._poller.unregister(self._socket)
            self._socket.close()
            self._socket = None


def _connected(localport, peerport):
    """A non-blocking datagram socket from localport to peerport of this host."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.bind(socket.getaddrinfo(_HOST, localport)[0][-1])
        sock.connect(socket.getaddrinfo(_HOST, peerport)[0][-1])
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock
