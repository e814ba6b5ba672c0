"""The gateway of `make demo`: a MicroPython program that lets the host's programs reach the
device.

    micropython gateway.py PORT UDPPORT PEERPORT ADDRESS DEVICE

It listens on 127.0.0.1:PORT with the host's own sockets and carries each connection through
ferrule's client side, from ADDRESS to port 80 of DEVICE, over the udp link: bytes both ways with
back-pressure, the end of either direction, and resets.  (MicroPython's native sockets have no
shutdown(), so when the device has ended its direction the host's connection is closed as a whole,
once its client is quiet.)

On stdout: "ready", then twice a second the connections as one line of JSON.
"""

import errno
import json
import select
import socket
import struct
import sys
import time

FOLDER = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
sys.path.append(FOLDER + "/../../lib")

import ferrule  # noqa: E402
from ferrule.link.udp import Udp  # noqa: E402

BRIDGES = 24  # carried at once; further clients wait in the host's accept queue
BUFFER = 4096  # for each direction of each; the stack's rings are twice that
QUIET_MS = 10  # a client is quiet when it sent nothing for so long
REPORT_MS = 500
DEVICE_PORT = 80
EADDRINUSE = 98
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() resets
SO_LINGER = 13
POLL = 3
READ, WRITE, TROUBLE = 1, 4, 8 | 16


class Wire(Udp):
    """The udp link; what waits for a frame here wakes up for the host's sockets too."""

    def watch(self, sock, events):
        """Wakes up for these events of `sock` from now on, which may be none."""
        if events:
            self._poller.register(sock, events)
        else:
            self._poller.unregister(sock)


class Pipe:
    """One direction: what was read on one side and not yet written on the other."""

    def __init__(self):
        self.buf = bytearray(BUFFER)
        self.at = self.end = 0
        self.ended = False  # the reading side said that no more comes
        self.told = False  # the writing side knows
        self.total = 0

    def move(self, source, sink):
        """Reads and writes once, without waiting; True when bytes moved."""
        moved = False
        if self.at == self.end and not self.ended:
            self.at = self.end = 0
            n = source.readinto(self.buf)
            if n == 0:
                self.ended = True
            if n is not None:
                self.end = n
                moved = True
        if self.at < self.end:
            n = sink.write(self.buf, self.at, self.end - self.at)
            if n:
                self.at += n
                self.total += n
                moved = True
        return moved

    def done(self):
        return self.ended and self.at == self.end


class Bridge:
    """A client of the host and the connection to the device that stands for it."""

    def __init__(self, net, wire, device):
        self.net = net
        self.wire = wire
        self.device = device
        self.up = Pipe()  # to the device
        self.down = Pipe()  # to the client
        self.host = None
        self.events = 0
        self.ending = False  # all is said to the client; waiting for it to be quiet

    def open(self, host, client):
        """Begins to carry the host's socket `host`, whose client is `client`."""
        self.__init__(self.net, self.wire, self.device)
        host.setblocking(False)
        self.host = host
        self.client = client
        self.quiet = time.ticks_ms()
        self.sock = self.net.socket()
        self.sock.setblocking(False)
        self.open_at_device = False
        try:
            self.sock.connect(self.device)
        except OSError as error:
            if error.errno != errno.EINPROGRESS:
                self.close(True)
                return
        self.port = self.sock.getsockname()[1]

    def step(self):
        """Carries what can be carried now; True when something moved."""
        try:
            moved = self._carry()
        except OSError:
            # One side was reset: so is the other.
            self.close(True)
            return True
        if self.host is not None:
            self._watch()
        return moved

    def _carry(self):
        if not self.open_at_device:
            flags = self.sock.ioctl(POLL, WRITE)
            if flags & TROUBLE:
                raise OSError(errno.ECONNREFUSED)
            if not flags & WRITE:
                return False
            self.open_at_device = True
        moved = self.up.move(self.host, self.sock)
        if moved:
            self.quiet = time.ticks_ms()
        if self.down.move(self.sock, self.host):
            moved = True
        if self.up.done() and not self.up.told:
            self.up.told = True
            self.sock.shutdown(1)
            moved = True
        if self.down.done():
            self.ending = True
            if self.up.done() or time.ticks_diff(time.ticks_ms(), self.quiet) >= QUIET_MS:
                self.close(False)
                return True
        return moved

    def _watch(self):
        """Asks the host to wake us only for what we could do then."""
        events = 0
        if self.open_at_device and self.up.at == self.up.end and not self.up.ended:
            events |= select.POLLIN
        if self.down.at < self.down.end:
            events |= select.POLLOUT
        if events != self.events:
            if self.events:
                self.wire.watch(self.host, 0)
            if events:
                self.wire.watch(self.host, events)
            self.events = events

    def close(self, reset):
        """Ends both sides, in order or with a reset."""
        host = self.host
        self.host = None
        if self.events:
            self.wire.watch(host, 0)
            self.events = 0
        if reset:
            host.setsockopt(socket.SOL_SOCKET, SO_LINGER, RESET)
            self.sock.setsockopt(socket.SOL_SOCKET, SO_LINGER, RESET)
        host.close()
        try:
            self.sock.close()
        except OSError:  # reset before everything had arrived: there is nobody left to tell
            pass


class Gateway:
    """All bridges, and the host's port that clients come to."""

    def __init__(self, port, udp_port, peer_port, address, device):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        self.listener.listen(BRIDGES)
        self.listener.setblocking(False)
        self.wire = Wire(udp_port, peer_port)
        self.net = ferrule.Stack(
            self.wire,
            connections=BRIDGES,
            rx_buffer=2 * BUFFER,
            tx_buffer=2 * BUFFER,
            time_wait=256,
        )
        self.net.ifconfig((address, "255.255.255.0", "0.0.0.0", "0.0.0.0"))
        self.net.active(True)
        self._find(device)
        self.bridges = [Bridge(self.net, self.wire, (device, DEVICE_PORT)) for _ in range(BRIDGES)]
        self.listening = False
        self.carried = 0
        self.reported = time.ticks_ms()

    def _find(self, device):
        """Makes sure that the device answers.  Afterwards its hardware address is known: a
        browser's six connections at once would otherwise wait for that, with room for one
        packet."""
        sock = self.net.socket()
        sock.settimeout(10)
        sock.connect((device, DEVICE_PORT))
        sock.close()

    def run(self):
        """Carries until it is ended."""
        while True:
            ms = self.net.poll()
            moved = self._accept()
            for bridge in self.bridges:
                if bridge.host is not None:
                    if bridge.step():
                        moved = True
                    if bridge.ending and ms > QUIET_MS:
                        ms = QUIET_MS
            since = time.ticks_diff(time.ticks_ms(), self.reported)
            if since >= REPORT_MS:
                self._report()
            elif not moved:
                self.net.wait(min(ms, REPORT_MS - since))

    def _accept(self):
        """Takes a waiting client, if there is one and a bridge is free."""
        free = None
        for bridge in self.bridges:
            if bridge.host is None:
                free = bridge
                break
        if (free is not None) != self.listening:
            self.listening = free is not None
            self.wire.watch(self.listener, select.POLLIN if self.listening else 0)
        if free is None:
            return False
        try:
            host, address = self.listener.accept()
        except OSError:
            return False
        self.carried += 1
        free.open(
            host, "%d.%d.%d.%d:%d" % (tuple(address[4:8]) + struct.unpack(">H", address[2:4]))
        )
        return True

    def _report(self):
        """Prints the connections, with what the stack says of each."""
        self.reported = time.ticks_ms()
        rows = {}
        waiting = 0
        for row in self.net.netstat():
            rows[row[3][1]] = row
            waiting += row[5] == "TIME_WAIT"
        table = []
        for b in self.bridges:
            if b.host is not None and b.port in rows:
                row = rows[b.port]
                table.append(
                    (
                        b.client,
                        b.port,
                        row[5],
                        row[1],
                        row[2],
                        "%s %d ms" % (row[6], row[7]) if row[6] else "",
                        b.up.total,
                        b.down.total,
                    )
                )
        print(json.dumps({"connections": table, "time_wait": waiting, "carried": self.carried}))


def main():
    port, udp_port, peer_port = [int(text) for text in sys.argv[1:4]]
    try:
        gateway = Gateway(port, udp_port, peer_port, sys.argv[4], sys.argv[5])
    except OSError as error:
        if error.errno != EADDRINUSE:
            raise
        print(
            "Port %d of this computer is taken; name another one with PORT=." % port,
            file=sys.stderr,
        )
        sys.exit(EADDRINUSE)
    print("ready")
    gateway.run()


main()
