"""Reassembly of IPv4 datagrams (RFC 791, 3.2; RFC 1122, 3.3.2; overlaps by RFC 5722)."""

import frames
from testing import proves, raises

US = b"\x0a\x09\x00\x02"


def built(wire, **limits):
    """A stack that puts fragments together."""
    limits.setdefault("fragments", 2)
    wire.build(connections=1, **limits)


def echo(n, seq=1):
    """An echo request with n bytes, as ladders expect it back."""
    return frames.icmp(8, 0, bytes((0, 7, 0, seq)), frames.stream(False, 0, n))


def piece(wire, message, first, last, at=0, last_one=None, ident=7, **how):
    """Bytes first..last of the message arrive at `at` as a fragment; the last one unless told."""
    more = last < len(message) if last_one is None else not last_one
    src = frames.ip_bytes(how.pop("src", "10.9.0.1"))
    proto = how.pop("proto", frames.ICMP)
    to = how.pop("to", US)
    frag = first >> 3 | (0x2000 if more else 0)
    raw = frames.ip(src, to, proto, message[first:last], frag=frag, ident=ident, **how)
    mac = frames.BROADCAST if to[3] == 255 else wire.link.mac
    wire.offer(frames.eth(mac, wire.mac_of(src), frames.ETH_IP, raw), wire.zero + at)


@proves("RFC1122-3.2.1.4-1", "RFC1122-3.3.2-1")
def test_fragments_in_order_become_the_datagram(wire):
    built(wire)
    message = echo(1200)
    piece(wire, message, 0, 400)
    piece(wire, message, 400, 800)
    piece(wire, message, 800, 1208)
    wire.play("""
        0  ==> ICMP reply  id=7 seq=1 len=1200
        0  us.stat ReasmOKs 1
        0  us.stat ReasmFails 0
        0  us.stat IcmpInEchos 1
    """)


@proves("RFC1122-3.2.1.4-1")
def test_fragments_in_any_order_become_the_datagram(wire):
    built(wire)
    message = echo(49)
    cuts = ((0, 8), (8, 24), (24, 48), (48, 57))
    n = 0
    for a in range(4):
        for b in range(4):
            for c in range(4):
                d = 6 - a - b - c
                if len({a, b, c, d}) == 4 and 0 <= d < 4:
                    for k in (a, b, c, d):
                        piece(wire, message, *cuts[k], at=n, ident=n)
                    wire.play("%d ==> ICMP reply id=7 seq=1 len=49" % n)
                    n += 1
    assert n == 24 and wire.stat("ReasmOKs") == 24


@proves("RFC1122-3.2.1.4-1")
def test_a_segment_in_fragments_is_a_segment(wire):
    built(wire)
    wire.opened(mss=1000)
    flow = wire.flow()
    segment = frames.tcp(
        frames.ip_bytes("10.9.0.1"), US, flow.port, flow.our_port, flow.isn + 1, flow.iss + 1,
        frames.ACK, 8192, frames.stream(False, 0, 700),
    )  # fmt: skip
    piece(wire, segment, 360, 720, proto=frames.TCP)
    piece(wire, segment, 0, 360, at=5, proto=frames.TCP)
    wire.play("""
        4   us.recvq 0
        5   us.recvq 700
        5   us.read  700
        45  ==> ACK  1  ack=701
    """)


@proves("RFC1122-3.2.1.4-1")
def test_what_differs_in_source_protocol_or_identification_is_another_datagram(wire):
    built(wire, fragments=4)
    one, two = echo(40, 1), echo(40, 2)
    piece(wire, one, 0, 24)
    piece(wire, two, 0, 24, ident=8)
    piece(wire, one, 0, 24, src="10.9.0.3")
    piece(wire, one, 0, 24, proto=99)
    piece(wire, two, 24, 48, ident=8, at=5)
    wire.play("""
        5  ==> ICMP reply  id=7 seq=2 len=40
        5  us.stat ReasmOKs 1
    """)
    piece(wire, one, 24, 48, src="10.9.0.3", at=6)
    piece(wire, one, 24, 48, at=7)
    wire.play("""
        6  ==> ICMP reply  id=7 seq=1 len=40 from=3
        7  ==> ICMP reply  id=7 seq=1 len=40
        7  us.stat ReasmOKs 3
    """)


@proves("RFC1122-3.3.2-1")
def test_a_datagram_may_be_longer_than_a_frame(wire):
    # EMTU_R is the program's; the largest segment that we ask for (MMS_R) never exceeds it.
    built(wire, fragments=1, fragment_size=4000, rx_buffer=4096)
    wire.opened(mss=1000)
    flow = wire.flow()
    segment = frames.tcp(
        frames.ip_bytes("10.9.0.1"), US, flow.port, flow.our_port, flow.isn + 1, flow.iss + 1,
        frames.ACK, 8192, frames.stream(False, 0, 3960),
    )  # fmt: skip
    for first in range(0, 3980, 1480):
        piece(wire, segment, first, min(first + 1480, 3980), proto=frames.TCP)
    wire.play("""
        0   ==> ACK  1  ack=3961
        1   us.read  3960
        1   ==> ACK  1  ack=3961 win=4096
        1   us.stat ReasmOKs 1
    """)


@proves("RFC1122-3.3.2-1")
def test_the_limit_is_at_least_576_bytes_and_what_our_segments_need(wire):
    built(wire, fragments=1)
    assert wire.net.iface.fragments.size == 1500 == wire.net.tcp.mss + 40
    raises(ValueError, lambda: built(wire, fragment_size=1499))
    raises(ValueError, lambda: built(wire, fragment_size=16385))
    raises(ValueError, lambda: built(wire, fragment_size=575))
    names = dict(wire.net.memory().items())
    assert names["fragments"] > 1500


@proves("RFC1122-3.3.2-1", "RFC1122-3.1-1")
def test_a_datagram_beyond_the_limit_is_dropped(wire):
    built(wire)
    message = echo(1600)
    piece(wire, message, 0, 1400)
    piece(wire, message, 1400, 1608)
    wire.play("""
        9  us.stat ReasmFails 1
        9  us.stat ReasmOKs 0
    """)


@proves("RFC1122-3.2.1.4-1")
def test_a_fragment_that_comes_twice_does_no_harm(wire):
    built(wire)
    message = echo(80)
    piece(wire, message, 0, 40)
    piece(wire, message, 0, 40, at=1)
    piece(wire, message, 40, 88, at=2)
    wire.play("""
        2  ==> ICMP reply id=7 seq=1 len=80
        2  us.stat ReasmFails 0
    """)


@proves("RFC1122-3.1-1")
def test_fragments_that_overlap_drop_the_datagram(wire):
    built(wire)
    message = echo(80)
    piece(wire, message, 0, 40)
    piece(wire, message, 32, 88, at=1)
    wire.play("""
        1  us.stat ReasmFails 1
        1  us.stat ReasmOKs 0
    """)
    piece(wire, message, 0, 40, at=2, ident=8)
    piece(wire, message, 40, 88, at=3, ident=8)
    wire.play("3 ==> ICMP reply id=7 seq=1 len=80")


@proves("RFC1122-3.1-1")
def test_impossible_fragments_are_dropped(wire):
    built(wire)
    message = echo(80)
    piece(wire, message, 0, 33, at=0)  # more follow, and it does not end at a unit
    piece(wire, message, 0, 0, at=1, last_one=False)
    wire.play("1 us.stat ReasmFails 2")
    piece(wire, message, 0, 40, at=2, ident=9)
    piece(wire, message, 40, 64, at=2, ident=9, last_one=True)  # whole: shorter than it says
    wire.play("2 us.stat IcmpInErrors 1")
    piece(wire, message, 40, 64, at=3, ident=10, last_one=True)
    piece(wire, message, 64, 88, at=3, ident=10)  # another end
    wire.play("3 us.stat ReasmFails 3")
    piece(wire, message, 64, 80, at=4, ident=11, last_one=False)
    piece(wire, message, 40, 64, at=4, ident=11, last_one=True)  # an end before what came
    wire.play("4 us.stat ReasmFails 4")
    piece(wire, message, 40, 64, at=5, ident=12, last_one=True)
    piece(wire, message, 64, 80, at=5, ident=12, last_one=False)  # behind the end
    wire.play("5 us.stat ReasmFails 5\n5 us.stat ReasmOKs 1")


@proves("RFC1122-3.3.2-2")
def test_what_is_not_whole_after_a_minute_is_given_up_and_told(wire):
    built(wire)
    message = echo(80)
    piece(wire, message, 40, 88)
    piece(wire, message, 0, 32, at=20000)
    wire.play("""
        59999  us.stat ReasmTimeout 0
        60000  ==> ICMP expired code=1 tos=0
        60000  us.stat ReasmTimeout 1
        60000  us.stat ReasmFails 1
    """)
    piece(wire, message, 32, 40, at=60001)  # the missing one is too late
    wire.play("""
        120000 us.stat ReasmOKs 0
        120001 us.stat ReasmTimeout 2
    """)


@proves("RFC1122-3.3.2-2", "RFC1122-3.2.2-3")
def test_without_the_first_fragment_nobody_is_told(wire):
    built(wire, fragments=4)
    message = echo(80)
    piece(wire, message, 40, 88)
    error = frames.icmp(3, 1, bytes(4), bytes(80))
    piece(wire, error, 0, 40, ident=9)  # nor about an ICMP error
    piece(wire, message, 0, 40, ident=10, to=b"\x0a\x09\x00\xff")  # nor about what was for all
    wire.play("""
        60000  us.stat ReasmTimeout 3
        60009  us.poll
    """)


@proves("RFC1122-3.3.2-2", "RFC1122-3.1-1")
def test_the_oldest_makes_room(wire):
    built(wire)
    message = echo(80)
    for i in range(3):
        piece(wire, message, 0, 40, at=i, ident=i)
    wire.play("2 us.stat ReasmFails 1")
    piece(wire, message, 40, 88, at=3, ident=1)
    piece(wire, message, 40, 88, at=4, ident=2)
    wire.play("""
        3  ==> ICMP reply id=7 seq=1 len=80
        4  ==> ICMP reply id=7 seq=1 len=80
        4  us.stat ReasmOKs 2
    """)


@proves("RFC1122-3.2.1.4-1", "RFC1122-3.2.1.8-1")
def test_a_first_fragment_with_ip_options(wire):
    built(wire)
    message = echo(80)
    piece(wire, message, 40, 88)
    piece(wire, message, 0, 40, options=b"\x01\x01\x01\x01")
    wire.play("0 ==> ICMP reply id=7 seq=1 len=80")


@proves("RFC1122-3.2.1.4-1", "RFC3168-6.1.3-1")
def test_a_mark_on_one_fragment_marks_the_datagram(wire):
    wire.build({"tcp_ecn": 1}, connections=1, fragments=1)
    wire.play("""
        0  us.listen 80
        0  <== SYN ECE CWR  0  mss=1000
        0  ==> SYN ECE ACK  0  ack=1
        0  <== ACK          1  ack=1
        0  us.accept
    """)
    flow = wire.flow()
    segment = frames.tcp(
        frames.ip_bytes("10.9.0.1"), US, flow.port, flow.our_port, flow.isn + 1, flow.iss + 1,
        frames.ACK, 8192, frames.stream(False, 0, 100),
    )  # fmt: skip
    piece(wire, segment, 0, 64, proto=frames.TCP, tos=2)
    piece(wire, segment, 64, 120, proto=frames.TCP, tos=3)
    wire.play("""
        0  ==> ECE ACK  1  ack=101
        0  us.read 100
    """)
