"""Segments by all kinds of source routes, most of them malformed, while accept_source_route is 1:
whatever is sent in answer is a whole packet, goes to a neighbour and takes no heap.
"""

import frames
import invariants
import layout_words as w
from draw import Draw
from testing import seeds

INTERPRETERS = ("x64", "unix32")

SEGMENTS = 1500
_US = b"\x0a\x09\x00\x02"
_FLAGS = (2, 16, 24, 16, 24, 16, 24, 16, 17, 4, 20, 18, 0, 2)


def options(d):
    """A list of options that has been hit by something."""
    n = d.below(10)
    kind = (131, 137)[d.below(2)]
    made = bytes((1, kind, 3 + 4 * n, 4 + 4 * n))
    for _ in range(n):
        made += bytes((10, 9, 0, 3 + d.below(40)))
    made = bytearray(made + bytes(d.below(2) * 4))[:40]
    for _ in range(d.below(8) // 4):
        made[d.below(len(made))] = d.bits() & 255
    return bytes(made)


def known(d, tcp):
    """(word of the pair, next number, what it may acknowledge) of somebody: bytes, and two numbers
    in a connection's or a half-open record; None: there is nobody.
    """
    r = tcp.pcbs[d.below(len(tcp.pcbs))].r
    if r[w.STATE]:
        acks = (0, r[w.SND_MAX], r[w.SND_MAX], 1, -1)
        return bytes(r[: w.PORTS + 1]), number(r, w.RCV_NXT), number(r, w.SND_UNA), acks
    k = d.below(tcp.half_n) * w.HALF_LEN
    half = tcp.half[k : k + w.HALF_LEN]
    if not half[w.HO_PORTS]:
        return None
    return bytes(half[: w.HO_PORTS + 1]), number(half, w.HO_IRS) + 1, number(half, w.HO_ISS), (1,)


def number(record, i):
    return int.from_bytes(bytes(record[i : i + 1]), "little")


def segment(d, net):
    """A segment of one of the connections that there are, or for a listener."""
    port, seq, ack = 5000 + d.below(6), d.bits(), d.bits()
    src = bytes((10, 9, 0, 3 + d.below(4)))
    somebody = known(d, net.tcp)
    if somebody and d.below(5):  # what he waits for, or nearly
        pair, nxt, una, acks = somebody
        src = pair[:4]
        port = pair[4] << 8 | pair[5]
        seq = nxt + (0, 0, 0, 0, 1, 5000, -1)[d.below(7)]
        ack = una + acks[d.below(len(acks))]
    flags = _FLAGS[d.below(len(_FLAGS))]
    text = bytes(d.below(3) * d.below(60))
    mss = b"\x02\x04" + bytes((d.below(6), d.bits() & 255)) if flags & 2 else b""
    raw = frames.tcp(src, _US, port, 80, seq, ack if flags & 16 else 0, flags, 3000, text, mss)
    if d.below(20) == 0:
        raw = frames.icmp(3, d.below(6), b"\0\0\x02\0", net.iface.tx[14 : 14 + 28 + d.below(45)])
        return frames.ip(src, _US, frames.ICMP, raw, options=options(d))
    return frames.ip(src, _US, frames.TCP, raw, options=options(d))


def looked_at(wire):
    """How many of the packets that were sent went by a route."""
    routed = 0
    for frame in wire.seen:
        assert not frame.wrong, frame.wrong
        assert len(frame.raw) <= 14 + 1500
        assert frame.hop in (b"", frame.dst) or frame.route
        routed += bool(frame.route)
    wire.seen = []
    invariants.check(wire.net)
    return routed


@seeds(10)
def test_routes_of_all_kinds_leave_the_stack_whole(wire, seed):
    d = Draw(seed)
    net = wire.build({"accept_source_route": 1, "tcp_msl": 1}, connections=4)
    wire.bring("0 us.listen 80 5")
    listener = wire.sockets["us"].listener
    routed = 0
    for _ in range(SEGMENTS):
        packet = segment(d, net)
        wire.offer(frames.eth(wire.link.mac, wire.mac_of(packet[12:16]), frames.ETH_IP, packet))
        wire.pump()
        routed += looked_at(wire)
        if d.below(8) == 0:
            serve(d, listener)
        if d.below(100) == 0:
            until = wire.clock.now + 1000 * d.below(200)
            while wire.clock.now < until:
                wire.advance(until)
                routed += looked_at(wire)
    assert routed > 100, (routed, net.stats())


def serve(d, listener):
    """The program takes a connection, says something and closes it."""
    try:
        sock, _ = listener.accept()
    except OSError:
        return
    sock.setblocking(False)
    try:
        sock.write(frames.stream(True, 0, 10 + d.below(2500)))
        sock.close()
    except OSError:
        pass
