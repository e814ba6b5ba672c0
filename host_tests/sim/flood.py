"""A flood of spoofed segments at one stack, and one honest client among them."""

import ferrule
from draw import Draw
from frames import checksum

HALF_OPEN = 4
CONNECTIONS = 3
_MAC = b"\x02\x00\x00\x00\x00\x02"
_CLIENT = b"\x02\x00\x00\x00\x00\x01"
# A SYN with what Linux offers: MSS, SACK-permitted, timestamps, window scale.
_OPTIONS = b"\x02\x04\x05\xb4\x04\x02\x08\x0a\x00\x01\x02\x03\x00\x00\x00\x00\x01\x03\x03\x07"


class End:
    """A link end: frames of the other end, and what is put into its inbox."""

    def __init__(self, mac):
        self.mac = mac
        self.mtu = 1500
        self.inbox = []
        self.other = None

    def isup(self):
        return True

    def close(self):
        pass

    def recv_into(self, frame):
        if not self.inbox:
            return 0
        raw = self.inbox.pop(0)
        frame[: len(raw)] = raw
        return len(raw)

    def send(self, frame, n):
        self.other.inbox.append(bytes(frame[:n]))
        return True


class Victim(End):
    """The flooded stack's link end: what goes to nobody on the network is counted by kind."""

    def __init__(self):
        super().__init__(_MAC)
        self.bytes_out = 0
        self.syn_acks = self.resets = self.others = 0

    def send(self, frame, n):
        if frame[12:14] == b"\x08\x00" and frame[30] != 10:
            self.bytes_out += n - 14
            flags = frame[47]
            self.syn_acks += flags == 18
            self.resets += flags & 4 > 0
            self.others += flags != 18 and not flags & 4
            return True
        return super().send(frame, n)


class World:
    """The victim, a listener on it, the client, and the clock of both."""

    def __init__(self, seed, **settings):
        self.now = 0
        self.draw = Draw(seed)
        self.victim = Victim()
        self.far = End(_CLIENT)
        self.victim.other, self.far.other = self.far, self.victim
        self.net = self.stack(self.victim, "10.9.0.2", HALF_OPEN, CONNECTIONS)
        self.client = self.stack(self.far, "10.9.0.1", 1, 1)
        if settings:
            self.net.config(**settings)
        self.listener = self.net.socket()
        self.listener.setblocking(False)
        self.listener.bind(("", 80))
        self.listener.listen(2)
        assert self.visit()  # and each knows the other's hardware address
        self.before = self.net.stats()
        self.frame = bytearray(54 + 20)
        self.bytes_in = 0

    def stack(self, link, ip, half_open, connections):
        net = ferrule.Stack(
            link,
            ticks_ms=self.ticks,
            random=self.draw.bytes,
            half_open=half_open,
            connections=connections,
            rx_buffer=1024,
            tx_buffer=1024,
        )
        net.active(True)
        net.ipconfig(addr4=ip + "/24", gw4="10.9.0.1" if ip.endswith("2") else "10.9.0.2")
        return net

    def ticks(self):
        return self.now

    def turn(self):
        for _ in range(3):
            self.net.poll()
            self.client.poll()

    def wait(self, ms):
        """Let time pass in steps of at most a second."""
        while ms > 0:
            step = min(ms, 1000)
            self.now += step
            ms -= step
            self.turn()

    def spoof(self, flags, options=b""):
        """A segment from anywhere to the listener, with random ports and numbers."""
        f = self.frame
        d = self.draw
        n = 20 + len(options)
        f[0:16] = _MAC + _CLIENT + b"\x08\x00\x45\x00"
        f[16:26] = bytes((0, 20 + n)) + b"\x00\x07\x00\x00\x40\x06\0\0"
        f[26:30] = bytes((11 + d.below(100), d.below(256), d.below(256), d.below(256)))
        f[30:34] = b"\x0a\x09\x00\x02"
        put16(f, 24, checksum(f[14:34]))
        f[34:38] = bytes((4 + d.below(250), d.below(256))) + b"\x00\x50"
        f[38:46] = d.bytes(8)
        f[46:54] = bytes(((n >> 2) << 4, flags)) + b"\x20\x00\0\0\0\0"
        f[54 : 34 + n] = options
        put16(f, 50, checksum(f[26:34] + bytes((0, 6, 0, n)), f[34 : 34 + n]))
        self.victim.inbox.append(bytes(f[: 34 + n]))
        self.bytes_in += 20 + n

    def shower(self, n, flags, most=10):
        """n spoofed segments, `most` a millisecond, every second one with options."""
        for i in range(n):
            self.spoof(flags, _OPTIONS if i & 1 else b"")
            if i % most == most - 1:
                self.now += 1
                self.net.poll()
                self.client.poll()
        self.turn()

    def grown(self, name):
        """How much a counter of the victim grew since the flood began."""
        return self.net.stats()[name] - self.before[name]

    def rows(self, state):
        return sum(row[5] == state for row in self.net.netstat())

    def visit(self):
        """The client connects, sends, hears, and goes; True when all of that worked."""
        c = self.client.socket()
        c.setblocking(False)
        try:
            c.connect(("10.9.0.2", 80))
        except OSError:
            pass
        self.turn()
        try:
            s, _ = self.listener.accept()
        except OSError:
            return False
        c.write(b"hello")
        self.turn()
        heard = s.recv(5)
        s.write(heard)
        s.close()
        self.turn()
        worked = c.recv(5) == b"hello"
        c.close()
        self.wait(20)
        return worked


def put16(f, at, value):
    f[at] = value >> 8
    f[at + 1] = value & 255


def check_flood(n):
    """n spoofed SYNs cost records and at most an answer each, never connections; the client gets
    in all the while.
    """
    world = World(1)
    for _ in range(5):
        world.shower(n // 5, 2)
        assert world.rows("ESTABLISHED") == 0
        assert world.rows("SYN_RECEIVED") <= HALF_OPEN
        assert world.visit()
    assert world.grown("PassiveOpens") + world.grown("SyncookiesSent") == n + 5
    assert world.grown("SyncookiesSent") > n - 60 and world.grown("SyncookiesRecv") == 5
    world.wait(70000)
    link = world.victim
    retransmitted = world.grown("TCPSynRetrans")
    assert link.syn_acks == n + retransmitted and retransmitted <= 5 * HALF_OPEN * 2
    assert link.others == link.resets == 0
    # four bytes more for each, which is the MSS where the SYN named none
    assert link.bytes_out <= world.bytes_in + 4 * n + 64 * retransmitted
    assert world.rows("SYN_RECEIVED") == 0 and world.visit()


def check_refused(n):
    """Without cookies what finds no record draws no answer at all."""
    world = World(2, tcp_syncookies=0)
    world.shower(n, 2)
    link = world.victim
    assert link.syn_acks <= HALF_OPEN and link.others == link.resets == 0
    assert world.grown("TCPReqQFullDrop") == n - link.syn_acks
    world.wait(70000)
    assert link.syn_acks <= 6 * HALF_OPEN
    assert world.rows("SYN_RECEIVED") == 0 and world.visit()


def check_guesses(n):
    """n ACKs with guessed numbers while cookies are out: each draws a reset, no longer than it
    was, and none opens a connection.
    """
    world = World(3, tcp_syncookies=2)
    world.shower(10, 2)
    world.victim.bytes_out = world.victim.syn_acks = world.bytes_in = 0
    world.shower(n, 16)
    link = world.victim
    assert link.resets == n and link.syn_acks == link.others == 0
    assert link.bytes_out <= world.bytes_in
    assert world.rows("ESTABLISHED") == 0
    assert world.grown("SyncookiesFailed") == n
    assert world.visit()
