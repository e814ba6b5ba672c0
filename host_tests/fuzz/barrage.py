"""Mangled frames against one stack, in every state of a connection. Runs inside MicroPython.

    stats = Barrage(seed=1).run(1000)

After every few hundred frames everything must be as if nothing had happened: no connection left,
memory as before, and the device answers a ping and echoes on as many connections as it has.
"""

import gc
from errno import EAGAIN

from mangle import Mangler
from wire_peer import (
    ACK,
    ARP,
    FIN,
    IPV4,
    PING,
    PONG,
    PSH,
    RST,
    SYN,
    Segment,
    WireLink,
    arp,
    check_sent,
    icmp,
    tcp,
)

import ferrule
import invariants
from ferrule.link.impair import Dice
from testing import errno_of

_PORT = 80
_CALLED = 4000  # the peer's port that our side connects to
_BATCH = 25
_LINGER_MS = 700_000  # longer than an orphan's eight retransmissions and TIME_WAIT together

STATES = (
    "LISTEN",
    "SYN_SENT",
    "SYN_RECEIVED",
    "ESTABLISHED",
    "FIN_WAIT_1",
    "FIN_WAIT_2",
    "CLOSE_WAIT",
    "CLOSING",
    "LAST_ACK",
    "TIME_WAIT",
)


class Peer:
    """The peer's view of one connection: its numbers, and the segments that move it on."""

    def __init__(self, barrage, port, dport=_PORT):
        self.barrage = barrage
        self.port = port
        self.dport = dport
        self.seq = 0xFFFFFF00  # so that the numbers wrap early
        self.ack = 0

    def send(self, flags, data=b"", window=4000):
        """Send a segment with the right numbers; return what the stack sends in answer."""
        ack = self.ack if flags & ACK else 0
        frame = tcp(self.port, self.dport, self.seq, ack, flags, data, window)
        self.seq += len(data) + bool(flags & SYN) + bool(flags & FIN)
        return self.heard(self.barrage.give(frame))

    def heard(self, frames):
        """The segments among these frames that are for this connection; their text is counted."""
        segments = []
        for frame in frames:
            if frame[12:14] == IPV4 and frame[23] == 6:
                segment = Segment(frame)
                if (segment.sport, segment.dport) == (self.dport, self.port):
                    segments.append(segment)
        return segments

    def take(self, segments):
        """Move the acknowledgement on by what these segments bring, in order. Returns the text."""
        text = b""
        for segment in segments:
            if segment.flags & SYN:
                self.ack = segment.seq + 1
            elif segment.seq == self.ack & 0xFFFFFFFF:
                text += segment.data
                self.ack += len(segment.data) + bool(segment.flags & FIN)
        return text

    def follow(self, segments, dice):
        """Go on where the stack is, so that what comes next gets as far as what came first."""
        for segment in segments:
            if segment.flags & ACK:
                self.seq = segment.ack
            if dice.below(2):
                self.ack = segment.seq + len(segment.data) + bool(segment.flags & (SYN | FIN))

    def open(self):
        """Connect to the stack's port."""
        answers = self.send(SYN)
        assert answers and answers[0].flags == SYN | ACK, "no SYN+ACK but %r" % answers
        self.take(answers)
        self.send(ACK)


def load_what_is_rare():
    """What a rare frame makes the stack load, so that it is not counted as a leak."""
    for name in ("tcp.errors", "tcp.pmtu", "tcp.cookie", "net.routes", "net.snap"):
        try:
            __import__("ferrule." + name)
        except ImportError:  # the release form has it elsewhere
            pass


class Barrage:
    """One stack, one echo server on it, and the dice that decide what it has to endure."""

    def __init__(self, seed):
        self.seed = seed
        self.now = 0
        self.frames = 0
        self.dice = Dice(seed)
        self.mangler = Mangler(Dice(seed, 1))
        self._entropy = Dice(seed, 2)
        self.link = WireLink()
        self.net = ferrule.Stack(self.link, ticks_ms=self._ticks_ms, random=self._random)
        self.net.active(True)
        self.net.ifconfig(("10.0.0.1", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
        self._listener = self.net.socket()
        self._listener.setblocking(False)
        self._listener.bind(("0.0.0.0", _PORT))
        self._listener.listen(4)
        self._socks = []
        self._next_port = 1024
        self._buffer = bytearray(600)
        self.last = b""

    def _ticks_ms(self):
        return self.now & 0x3FFFFFFF

    def _random(self, n):
        drawn = bytearray(n)
        self._entropy.fill(drawn)
        return bytes(drawn)

    def give(self, frame):
        """Let the stack receive the frame; return the frames that it sends, each checked."""
        self.last = frame
        self.link.inject(frame)
        return self.pump()

    def pump(self):
        """Let the stack do all there is to do now, and return what it sent."""
        self.net.poll()
        sent = self.link.sent
        self.link.sent = []
        for frame in sent:
            check_sent(frame)
        return sent

    def idle(self, ms):
        """Let time pass."""
        end = self.now + ms
        while self.now < end:
            self.now += min(max(self.net.poll(), 1), end - self.now)
            self.pump()

    def echo(self):
        """The server's turn: accept who is there, return what they sent."""
        try:
            while True:
                sock, _ = self._listener.accept()
                sock.setblocking(False)
                self._socks.append(sock)
        except OSError as error:
            assert error.errno == EAGAIN, "accept: %r" % error
        for sock in list(self._socks):
            try:
                n = sock.readinto(self._buffer)
                if n:
                    sock.write(bytes(self._buffer[:n]))
                elif n == 0:
                    self.forget(sock)
            except OSError:
                self.forget(sock)

    def forget(self, sock):
        """Close a socket of the server or of a connection that we opened."""
        try:
            sock.close()
        except OSError:  # text was lost: told at last, and closed all the same
            pass
        if sock in self._socks:
            self._socks.remove(sock)

    def port(self):
        """A port of the peer that no connection has used for a long time."""
        self._next_port += 1
        if self._next_port > 60000:
            self._next_port = 1024
        return self._next_port

    def run(self, frames):
        """Send that many mangled frames, in batches, each with a connection in another state."""
        self.answers()
        load_what_is_rare()
        goal = self.frames + frames
        # The interpreter keeps some memory of what it does for the first time: strings, mostly.
        self.batches(self.frames + frames // 5)
        used = self.heap()
        self.batches(goal)
        grown = self.heap() - used
        assert grown < 1000, "seed %d: %d bytes of heap more than before" % (self.seed, grown)

    def batches(self, goal):
        """Batches until `goal` frames have been sent since the start."""
        while True:
            for state in STATES:
                if self.frames >= goal:
                    return
                self.batch(state, min(_BATCH, goal - self.frames))
                self.settle()
                self.answers()

    @staticmethod
    def heap():
        """Bytes of heap in use."""
        gc.collect()
        return gc.mem_alloc()

    def batch(self, state, count):
        """Bring a connection into this state and let `count` mangled frames loose on it."""
        peer, sock = self.reach(state)
        where = "seed %d, frame %d, %s" % (self.seed, self.frames, state)
        for _ in range(count):
            self.frames += 1
            frame = self.mangler.frame(peer)
            try:
                peer.follow(peer.heard(self.give(frame)), self.dice)
                invariants.check(self.net)
                if self.dice.below(4) == 0:
                    self.echo()
                if self.dice.below(10) == 0:
                    self.idle(1 + self.dice.below(100))
            except Exception as error:
                raise AssertionError("%s: %r after %s" % (where, error, hex_of(frame))) from error
        if sock is not None:
            self.forget(sock)

    def settle(self):
        """Close what is open; in the end nothing of any connection may be left."""
        end = self.now + _LINGER_MS
        while self.now < end:
            self.echo()
            for sock in list(self._socks):
                self.forget(sock)
            self.idle(1000)
            rows = [row for row in self.net.netstat() if row[5] != "LISTEN"]
            if not rows:
                return
        where = "seed %d, frame %d" % (self.seed, self.frames)
        raise AssertionError("%s, left behind: %r" % (where, rows))

    def answers(self):
        """The device still answers: ARP, ping, and an echo on four connections at once."""
        where = "seed %d, frame %d: " % (self.seed, self.frames)
        replies = self.give(arp(1))
        assert any(f[12:14] == ARP and f[21] == 2 for f in replies), where + "no ARP reply"
        replies = self.give(icmp(PING, 0, b"\0\1\0\1hello"))
        pong = [f for f in replies if f[12:14] == IPV4 and f[23] == 1 and f[34] == PONG]
        assert pong, where + "no ping reply"
        peers = [Peer(self, self.port()) for _ in range(4)]
        for peer in peers:
            peer.open()
        self.echo()
        for peer in peers:
            text = b"are you there, %d?" % peer.port
            peer.take(peer.send(ACK | PSH, text))
            self.echo()
            echoed = peer.take(peer.heard(self.pump()))
            assert echoed == text, where + "echoed %r, not %r" % (echoed, text)
        for peer in peers:
            peer.send(RST | ACK)
        self.echo()
        self.pump()
        assert not self._socks, where + "a reset connection is still open"

    def reach(self, state):
        """A connection in this state: the peer's view of it and our socket, if there is one."""
        self.give(arp(1))
        if state == "SYN_SENT":
            return self.called()
        peer = Peer(self, self.port())
        if state == "LISTEN":
            return peer, None
        if state == "SYN_RECEIVED":
            peer.take(peer.send(SYN))
            self.expect(peer, state)
            return peer, None
        before = len(self._socks)
        peer.open()
        self.echo()
        assert len(self._socks) == before + 1, "seed %d: not accepted" % self.seed
        sock = self._socks.pop()
        move(self, state, peer, sock)
        self.expect(peer, state)
        return peer, sock

    def called(self):
        """A connection that our side opens and the peer has not answered."""
        sock = self.net.socket()
        sock.setblocking(False)
        try:
            sock.connect(("10.0.0.2", _CALLED))
        except OSError as error:
            assert error.errno == errno_of("EINPROGRESS"), "connect: %r" % error
        sent = self.pump()
        syns = [Segment(f) for f in sent if f[12:14] == IPV4 and f[23] == 6]
        syns = [s for s in syns if s.dport == _CALLED and s.flags == SYN]
        assert syns, "seed %d: no SYN among %r" % (self.seed, sent)
        peer = Peer(self, _CALLED, syns[0].sport)
        peer.take(syns)
        self.expect(peer, "SYN_SENT")
        return peer, sock

    def expect(self, peer, state):
        """Make sure that the connection is in the state which the batch is about."""
        rows = list(self.net.netstat())
        for row in rows:
            if row[3][1] == peer.dport and row[4] and row[4][1] == peer.port:
                assert row[5] == state, "in %s, not in %s" % (row[5], state)
                return
        raise AssertionError("no connection in %s among %r" % (state, rows))


def move(barrage, state, peer, sock):
    """Move an established connection on to `state`."""
    if state in ("CLOSE_WAIT", "LAST_ACK"):
        peer.take(peer.send(FIN | ACK))
        if state == "LAST_ACK":
            sock.close()
            barrage.pump()
    elif state != "ESTABLISHED":
        sock.close()
        fin = peer.heard(barrage.pump())
        if state == "CLOSING":
            peer.send(FIN | ACK)
        elif state != "FIN_WAIT_1":
            peer.take(fin)
            peer.send(ACK if state == "FIN_WAIT_2" else FIN | ACK)


def hex_of(frame):
    """The frame for a bug report."""
    return "".join("%02x" % byte for byte in frame)
