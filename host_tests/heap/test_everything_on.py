"""The packet path with everything on - SACK, timestamps, window scaling, ECN, urgent data - over a
wire that loses, doubles, delays and marks: the heap is locked all the while."""

from test_packet_path import Pair, locked

import layout_words as w

_CHUNK = bytes(range(250)) * 5


class Rough:
    """A link end that treats IP frames badly in a fixed rhythm, without allocating."""

    def __init__(self, link, every):
        self.link = link
        self.mac = link.mac
        self.mtu = link.mtu
        self.recv_into = link.recv_into
        self.isup = link.isup
        self.every = every
        self.n = 0
        self.held = bytearray(1514)
        self.held_len = 0

    def send(self, frame, n):
        if frame[12] != 8 or frame[13] or self.every == 0:
            return self.link.send(frame, n)
        self.n += 1
        what = self.n % self.every
        if what == 3:
            return True  # lost
        if what == 5:
            ce(frame)
        if what == 7 and self.held_len == 0:  # overtaken by the next
            for i in range(n):
                self.held[i] = frame[i]
            self.held_len = n
            return True
        done = self.link.send(frame, n)
        if done and what == 9:
            self.link.send(frame, n)  # twice
        if done and self.held_len:
            self.link.send(self.held, self.held_len)
            self.held_len = 0
        return done


def ce(f):
    """A router marks an ECN-capable packet (RFC 3168, 5); the header's sum follows."""
    if f[15] & 3 == 2:
        f[15] |= 1
        f[25] -= 1 if f[25] else -255
        if f[25] == 255:
            f[24] -= 1 if f[24] else -255


def rough_pair(every):
    """Two stacks with everything on, and a connection between them."""
    pair = Pair()
    for net in (pair.net, pair.peer):
        net.config(tcp_ecn=1)
        net.tcp.rcv_scale = 2  # as with a larger ring, for which a small board has no room
        net.tcp.configure()
        net.tcp.mss = net.tcp.step = 300  # several segments in flight in a small ring
        net.link = net.iface.link = Rough(net.link, 0)
    s, c = pair.connect()
    for net in (pair.net, pair.peer):
        net.link.every = every
    return pair, s, c


def stream(pair, source, sink, buf, rounds):
    """`rounds` chunks, every fourth urgent, from source to sink; what is missing in the end."""
    missing = 0
    for i in range(rounds):
        if i & 3 == 0:  # what send() with MSG_OOB notes, without its import
            r = source.p.r
            source.p.q[w.Q_SND_UP] = r[w.TX_LEN] + len(_CHUNK)
            r[w.FLAGS] |= 1 << 20
        k = source.write(_CHUNK)
        if k:
            missing += k
        missing -= drain(pair, sink, buf)
    for _ in range(300):
        missing -= drain(pair, sink, buf)
    return missing


def drain(pair, sink, buf):
    """Let 100 ms pass, and read what came.  Its length."""
    pair.turn()
    moved = 0
    k = sink.readinto(buf)
    while k:
        moved += k
        k = sink.readinto(buf)
    pair.step(100)
    return moved


def test_the_options_of_both_syns_are_agreed():
    pair, s, c = rough_pair(0)
    for p in (s.p, c.p):
        agreed = p.r[w.FLAGS]  # SACK, timestamps, ECN, and a scale both ways
        assert agreed >> 11 & 7 == 7 and agreed >> 22 & 15 == agreed >> 26 & 15 == 2


def run(source, sink, pair, net):
    """Stream over the rough wire with the heap locked; how the counters of `net` grew."""
    buf = bytearray(2048)
    stream(pair, source, sink, buf, 2)
    before = net.stats()
    assert locked(lambda: stream(pair, source, sink, buf, 60)) == 0
    after = net.stats()
    return {name: after[name] - before[name] for name in after}


def test_sending_over_a_rough_wire_allocates_nothing():
    pair, s, c = rough_pair(11)
    grown = run(s, c, pair, pair.net)
    for name in ("RetransSegs", "TCPEcnReduced", "TCPDSACKRecv"):
        assert grown[name] > 0, name


def test_receiving_over_a_rough_wire_allocates_nothing():
    pair, s, c = rough_pair(11)
    grown = run(c, s, pair, pair.net)
    for name in ("TCPOFOQueue", "TCPDSACKOldSent"):
        assert grown[name] > 0, name
