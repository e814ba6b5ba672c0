"""IEEE 802.3 frames with SNAP headers (RFC 1042; RFC 1122, 2.3.3)."""

import frames
from testing import proves

US = b"\x0a\x09\x00\x02"
SNAP = b"\xaa\xaa\x03\x00\x00\x00"


def arrives(wire, packet, kind=frames.ETH_IP, header=SNAP, size=None):
    """A packet in an IEEE 802.3 frame."""
    mac = wire.mac_of(b"\x0a\x09\x00\x01")
    body = header + bytes((kind >> 8, kind & 255)) + packet
    wire.offer(frames.eth(wire.link.mac, mac, len(body) if size is None else size, body))


def echo(n):
    message = frames.icmp(8, 0, bytes((0, 7, 0, 1)), frames.stream(False, 0, n))
    return frames.ip(frames.ip_bytes("10.9.0.1"), US, frames.ICMP, message)


@proves("RFC1122-2.3.3-2", "RFC1122-2.3.3-1")
def test_ip_in_snap_is_taken_and_answered_in_ethernet(wire):
    wire.stack()
    for n in (10, 11, 300, 1464):  # the first two are padded, the last is the longest
        arrives(wire, echo(n))
        wire.play("%d ==> ICMP reply id=7 seq=1 len=%d" % (wire.now(), n))
    wire.play("0 us.stat EthDrops 0\n0 us.stat RxFrames 4")


@proves("RFC1122-2.3.3-2")
def test_arp_in_snap_is_answered(wire):
    wire.link.arp_visible = True
    wire.build()
    wire.seen = []
    wire.mark()
    mac = wire.mac_of(b"\x0a\x09\x00\x03")
    arrives(wire, frames.arp(1, mac, b"\x0a\x09\x00\x03", bytes(6), US), frames.ETH_ARP)
    wire.play("0 ==> ARP is 10.9.0.2 target=10.9.0.3")


@proves("RFC1122-2.3.3-2")
def test_both_kinds_of_frames_make_one_connection(wire):
    wire.opened(mss=1000)
    flow = wire.flow()
    segment = frames.tcp(
        frames.ip_bytes("10.9.0.1"), US, flow.port, flow.our_port, flow.isn + 1, flow.iss + 1,
        frames.ACK, 8192, frames.stream(False, 0, 100),
    )  # fmt: skip
    arrives(wire, frames.ip(frames.ip_bytes("10.9.0.1"), US, frames.TCP, segment))
    wire.play("""
        5   <== ACK  101:201  ack=1
        5   us.read  200
        40  ==> ACK  1        ack=201
    """)


@proves("RFC1122-3.1-1")
def test_other_frames_with_a_length_are_dropped(wire):
    wire.stack()
    wrong = (
        {"header": b"\xaa\xaa\x03\x00\x00\x01"},  # another organisation
        {"header": b"\xaa\xaa\x07\x00\x00\x00"},
        {"header": b"\xaa\xaa\x03\x00\x01\x00"},
        {"header": b"\xaa\xab\x03\x00\x00\x00"},
        {"header": b"\x42\x42\x03\x00\x00\x00"},  # spanning tree
        {"kind": 1000},  # a length once more
        {"kind": 0x86DD},
        {"size": 7},
        {"size": 1400},
        {"size": 0},
    )
    for n, how in enumerate(wrong):
        arrives(wire, echo(30), **how)
        wire.play("0 us.stat EthDrops %d" % (n + 1))
    wire.play("0 us.stat RxFrames %d" % len(wrong))
