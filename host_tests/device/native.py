"""The HTTP engine over the host's own sockets: a MicroPython program for the tests beside it.

    micropython native.py PORT [NAME=NUMBER ...]

serves on 127.0.0.1:PORT with the named settings of httpd.Server, and prints a line when it is
ready. Native sockets have the semantics that ferrule's are made after, so what fails here is
HTTP's fault.
"""

import select
import socket
import sys
import time

FOLDER = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
sys.path.append(FOLDER + "/../../firmware")

from echo import Echo  # noqa: E402
from httpd import Server  # noqa: E402

_POLL = 3


class NativeSocket:
    """The host's socket with the methods that the engine uses."""

    def __init__(self, net, sock):
        self.net = net
        self.sock = sock
        self.poller = select.poll()
        self.poller.register(sock, select.POLLIN)
        self.readinto = sock.readinto
        self.write = sock.write
        self.bind = sock.bind
        self.listen = sock.listen
        self.setblocking = sock.setblocking
        self.setsockopt = sock.setsockopt
        net.poller.register(sock, select.POLLIN)

    def ioctl(self, request, arg):
        assert request == _POLL and arg == 1
        for _, flags in self.poller.ipoll(0):
            return flags & 1
        return 0

    def accept(self):
        sock, address = self.sock.accept()
        return NativeSocket(self.net, sock), address

    def shutdown(self, how):
        """MicroPython's native sockets have no shutdown(): the peer sees the end at close()."""

    def close(self):
        self.net.poller.unregister(self.sock)
        self.sock.close()


class NativeNet:
    """What the engine and its pages ask of a Stack."""

    def __init__(self):
        self.poller = select.poll()

    def poll(self):
        return 1000

    def wait(self, ms):
        for _ in self.poller.ipoll(min(ms, 20)):
            pass

    def socket(self):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return NativeSocket(self, sock)

    def getaddrinfo(self, host, port):
        return socket.getaddrinfo("127.0.0.1", port)

    def ifconfig(self):
        return ("127.0.0.1", "255.0.0.0", "0.0.0.0", "0.0.0.0")

    def netstat(self):
        return [("tcp", 0, 0, ("127.0.0.1", 80), ("0.0.0.0", 0), "LISTEN", "", -1)]

    def memory(self):
        return {"total": 0}


def main():
    net = NativeNet()
    settings = {name: int(n) for name, n in [arg.split("=") for arg in sys.argv[2:]]}
    server = Server(
        net, Echo(net, time.ticks_ms), time.ticks_ms, port=int(sys.argv[1]), **settings
    )
    print("ready")
    server.run()


main()
