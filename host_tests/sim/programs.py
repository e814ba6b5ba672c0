"""The programs of the simulated stacks: none blocks, each does what it can in step()."""

from errno import EAGAIN, EINPROGRESS

from world import B_IP, SMALL, differs, pattern

# Bytes that a program reads or writes at once.
CHUNK = 256 if SMALL else 1024
SHUT_WR = 1


def refused(error):
    """Whether this error only says that it would block."""
    return error.errno in (EAGAIN, EINPROGRESS)


class Program:
    """`step()` does what can be done without waiting and says whether anything moved.

    `done` is true when the program has ended; `error` is then the errno it ended with, or None.
    """

    def __init__(self, name):
        self.name = name
        self.done = False
        self.error = None
        self.sent = 0
        self.received = 0
        self.sock = None

    def step(self):
        """One turn. An OSError that is no would-block ends the program: it has been told."""
        before = (self.sent, self.received, self.done, self.sock)
        try:
            self.turn()
        except OSError as error:
            if not refused(error):
                self.end(error.errno)
        return before != (self.sent, self.received, self.done, self.sock)

    def end(self, errno=None):
        """Close the socket and be done."""
        self.error = errno
        self.done = True
        if self.sock is not None:
            try:
                self.sock.close()
            except OSError as error:  # told by the last call that can
                self.error = self.error or error.errno

    def __repr__(self):
        state = "done" if self.done else "running"
        text = "%s: %s, error %s, sent %d, received %d"
        return text % (self.name, state, self.error, self.sent, self.received)


class Connector(Program):
    """Opens a connection from `net` to the other stack's port, then runs `talk()` every turn."""

    def __init__(self, name, net, port, address=B_IP, local=None):
        super().__init__(name)
        self.sock = net.socket()
        self.sock.setblocking(False)
        if local is not None:
            self.sock.bind(("0.0.0.0", local))
        self._address = net.getaddrinfo(address, port)[0][-1]
        self._asked = False

    def turn(self):
        """Connect once; the first write or read tells how that went."""
        if not self._asked:
            self._asked = True
            self.sock.connect(self._address)
        self.talk()


class Stream:
    """Sends `size` bytes of key's stream on a socket, and checks bytes that come in against it."""

    def __init__(self, key, size):
        self.key = key
        self.size = size
        self._out = bytearray(CHUNK)
        self._in = bytearray(CHUNK)

    def send(self, program):
        """Write what the socket takes. Returns True when all is written."""
        while program.sent < self.size:
            n = min(CHUNK, self.size - program.sent)
            pattern(self._out, n, program.sent, self.key)
            taken = program.sock.write(self._out, n)
            if not taken:
                return False
            program.sent += taken
        return True

    def recv(self, program):
        """Read and check what has come. Returns True at the end of the stream."""
        while True:
            n = program.sock.readinto(self._in)
            if n is None:
                return False
            if n == 0:
                return True
            wrong = differs(self._in, n, program.received, self.key)
            assert wrong < 0, "byte %d of %s is wrong" % (program.received + wrong, program)
            program.received += n
            assert program.received <= self.size, "more bytes than were sent: %s" % program


class EchoClient(Connector):
    """Sends a stream, closes its half, and wants the same bytes back and then the end."""

    def __init__(self, net, port, size, key=0, address=B_IP, local=None):
        super().__init__("echo client", net, port, address, local)
        self._stream = Stream(key, size)
        self._closed = False

    def talk(self):
        """Write and read; the end of the incoming stream is the end of the program."""
        if not self._closed and self._stream.send(self):
            self.sock.shutdown(SHUT_WR)
            self._closed = True
        if self._stream.recv(self):
            assert self.received == self._stream.size, "the stream ended early: %s" % self
            self.end()


class EchoPeer(Program):
    """Returns what it reads on a connected socket until the end, then closes."""

    def __init__(self, sock):
        super().__init__("echo server")
        self.sock = sock
        self._buffer = bytearray(CHUNK)
        self._view = memoryview(self._buffer)
        self._have = 0
        self._gone = 0

    def turn(self):
        """Write what is owed before more is read."""
        while True:
            while self._gone < self._have:
                taken = self.sock.write(self._view[self._gone : self._have])
                if not taken:
                    return
                self._gone += taken
                self.sent += taken
            n = self.sock.readinto(self._buffer)
            if n is None:
                return
            if n == 0:
                self.end()
                return
            self._have = n
            self._gone = 0
            self.received += n


class EchoServer(Program):
    """Accepts connections and echoes on each, until `count` of them have ended.

    `errors` holds the errno of each connection that ended with one. A connection that failed
    before it was accepted is not counted, so a test that lets connections fail ends the server
    itself.
    """

    def __init__(self, net, port, count=1, backlog=4):
        super().__init__("listener")
        self.sock = net.socket()
        self.sock.setblocking(False)
        self.sock.bind(("0.0.0.0", port))
        self.sock.listen(backlog)
        self.peers = []
        self.ended = 0
        self.errors = []
        self._count = count

    def turn(self):
        """Serve those who are here, then see who has come."""
        for peer in self.peers:
            if peer.step():
                self.received += 1
        for peer in [peer for peer in self.peers if peer.done]:
            self.peers.remove(peer)
            self.ended += 1
            if peer.error is not None:
                self.errors.append(peer.error)
        if self.ended >= self._count:
            self.end()
            return
        sock, _ = self.sock.accept()
        sock.setblocking(False)
        self.peers.append(EchoPeer(sock))
        self.received += 1
