"""What a DHCP client must not believe: messages for others, malformed or impossible ones. They
are counted and dropped, and the client goes on as if nothing had come."""

import dhcpopenings
from draw import Draw
from testing import proves, seeds

# (what is wrong, words of an offer); the offer beside it is good.
_BAD = (
    ("for another transaction", "your=10.9.0.2 lease=600 xid=other"),
    ("for another client", "your=10.9.0.2 lease=600 chaddr=other"),
    ("no DHCP but BOOTP", "your=10.9.0.2 lease=600 magic=bad"),
    ("a request", "your=10.9.0.2 lease=600 op=1"),
    ("not Ethernet", "your=10.9.0.2 lease=600 htype=6"),
    ("an address of 16 bytes", "your=10.9.0.2 lease=600 hlen=16"),
    ("not from the server's port", "your=10.9.0.2 lease=600 port=1067"),
    ("without options", "your=10.9.0.2 size=240"),
    ("without a magic cookie", "your=10.9.0.2 size=236"),
    ("nothing at all", "your=10.9.0.2 size=0"),
    ("cut within an option", "your=10.9.0.2 lease=600 size=250"),
    ("a length past the end", "your=10.9.0.2 lease=600 more=2bff end=0"),
    ("a code without a length", "your=10.9.0.2 lease=600 more=2b end=0"),
    ("no server", "your=10.9.0.2 lease=600 server=-"),
    ("no lease time", "your=10.9.0.2"),
    ("a lease of no time", "your=10.9.0.2 lease=0"),
    ("a lease over before it begins", "your=10.9.0.2 lease=9"),
    ("a lease time of 3 bytes", "your=10.9.0.2 more=3303000258"),
    ("a mask of 5 bytes", "your=10.9.0.2 lease=600 mask=- more=0105ffffff0000"),
    ("a mask with holes", "your=10.9.0.2 lease=600 mask=- more=0104ff00ff00"),
    ("a mask of zeros", "your=10.9.0.2 lease=600 mask=0"),
    ("no router", "your=10.9.0.2 lease=600 more=0300"),
    ("half a router", "your=10.9.0.2 lease=600 more=03060a0900010a09"),
    ("half a name server", "your=10.9.0.2 lease=600 more=06020a09"),
    ("a kind of 2 bytes", "your=10.9.0.2 opts=3502020236040a090001330400000258"),
    ("no kind", "your=10.9.0.2 opts=36040a090001330400000258"),
    ("an unknown kind", "your=10.9.0.2 opts=3501c836040a090001330400000258"),
    ("a server's address of 3 bytes", "your=10.9.0.2 opts=35010236030a0900330400000258"),
    ("a server that is nobody", "your=10.9.0.2 lease=600 server=0.0.0.0"),
    ("a server that is everybody", "your=10.9.0.2 lease=600 server=255.255.255.255"),
    ("a server that is ourselves", "your=10.9.0.2 lease=600 server=127.0.0.1"),
    ("overloaded with 2 bytes", "your=10.9.0.2 lease=600 more=34020101"),
    ("a file cut within an option", "your=10.9.0.2 lease=600 more=340101 file=" + "2b7f" * 64),
    ("a name with a bad mask", "your=10.9.0.2 lease=600 mask=- more=340102 sname=0103ffffff"),
    ("no address", "lease=600"),
    ("a broadcast", "your=255.255.255.255 lease=600"),
    ("the network's broadcast", "your=10.9.0.255 lease=600"),
    ("the network itself", "your=10.9.0.0 lease=600"),
    ("loopback", "your=127.0.0.1 lease=600"),
    ("multicast", "your=224.0.0.9 lease=600"),
    ("link-local", "your=169.254.1.1 lease=600"),
)


@proves("RFC2131-4.4.1-2", "RFC2132-2-1", "RFC2132-3.5-1", "RFC2132-3.3-1")
def test_bad_offers_are_dropped_and_counted(wire):
    dhcpopenings.asking(wire)
    for n, (why, words) in enumerate(_BAD):
        try:
            wire.play("0  <== DHCP offer %s\n0  us.stat DhcpInErrors %d" % (words, n + 1))
        except AssertionError as error:
            raise AssertionError("%s: %s" % (why, error))
    wire.play("""
        0  <== DHCP offer   your=10.9.0.2 lease=600
        0  ==> DHCP request want=10.9.0.2 server=10.9.0.1
    """)


@proves("RFC2131-4.4.1-2")
def test_bad_acknowledgments_are_dropped_and_the_request_sent_again(wire):
    dhcpopenings.asking(wire)
    wire.play("""
        0  <== DHCP offer   your=10.9.0.2 lease=600
        0  ==> DHCP request want=10.9.0.2 server=10.9.0.1
        1  <== DHCP ack     your=10.9.0.3 lease=600               # another address
        2  <== DHCP ack     your=10.9.0.2 lease=600 server=10.9.0.3
        3  <== DHCP ack     your=10.9.0.2                         # no lease
        4  <== DHCP nak     server=10.9.0.3
        5  <== DHCP nak     server=-
        6  <== DHCP discover your=10.9.0.2 lease=600
        6  us.stat DhcpInErrors 6
        3000  ==> DHCP request want=10.9.0.2 server=10.9.0.1 xid=same
        3000  <== DHCP ack  your=10.9.0.2 lease=600
        3000  ==> ARP who 10.9.0.2 sender=0.0.0.0
    """)


@proves("RFC2131-4.4.1-2")
def test_what_comes_unasked_while_bound_changes_nothing(wire):
    dhcpopenings.bound(wire)
    wire.play("""
        7000  <== DHCP nak
        7001  <== DHCP ack    your=10.9.0.2 lease=10 mask=8 dst=10.9.0.2
        7002  <== DHCP offer  your=10.9.0.3 lease=600
        7003  us.stat DhcpInErrors 3
        7003  us.addr 10.9.0.2/24
        7003  us.has yes
        299s  us.has yes
    """)


@proves("RFC1122-4.1.3.4-1")
def test_a_wrong_checksum_is_dropped_silently_and_none_is_none(wire):
    dhcpopenings.asking(wire)
    wire.play("""
        0  <== DHCP offer   your=10.9.0.2 lease=600 sum=bad
        0  us.stat UdpInErrors 1
        0  us.stat DhcpInErrors 0
        0  <== DHCP offer   your=10.9.0.2 lease=600 sum=none
        0  ==> DHCP request want=10.9.0.2 server=10.9.0.1
    """)


@proves("RFC1122-4.1.3.1-1")
def test_other_ports_are_still_unreachable(wire):
    dhcpopenings.bound(wire)
    wire.play("""
        7000  <== ARP who 10.9.0.2
        7000  ==> ARP is 10.9.0.2 target=10.9.0.1
        7000  <== UDP 5353
        7000  ==> ICMP unreachable code=3
    """)


def mangled(draw, raw):
    """The DHCP message in frame `raw` with some bytes changed, or its end missing; lengths and
    checksums around it are right, so that it reaches the client."""
    import frames

    data = bytearray(raw[42:])
    for _ in range(1 + draw.below(6)):
        at = draw.below(len(data)) if draw.below(3) == 0 else 236 + draw.below(len(data) - 236)
        data[at] = (0, 255, 4, draw.below(256))[draw.below(4)]
    if draw.below(4) == 0:
        data = data[: draw.below(len(data))]
    src, dst = b"\x0a\x09\x00\x01", b"\xff" * 4
    packet = frames.ip(src, dst, frames.UDP, frames.udp(src, dst, 67, 68, bytes(data)))
    return raw[:14] + packet


@proves("RFC2132-2-1", "RFC2131-4.4.1-2")
@seeds(20)
def test_mangled_messages_never_raise_and_never_leave_it_deaf(wire, seed):
    draw = Draw(seed)
    dhcpopenings.off(wire)
    wire.net.ipconfig(dhcp4=True)
    words = ("offer", "ack", "nak")
    for _ in range(60):
        wire.pump()
        for frame in wire.seen:
            assert not frame.wrong, frame.wrong
            if frame.kind == "DHCP":
                wire.dhcp_sent = frame
        wire.seen = []
        wire.offer(mangled(draw, _message(wire, words[draw.below(3)])))
        wire.pump()
        wire.forget()
        wire.clock.now += draw.below(5000)
    # By hand it is there at once, and asking begins anew.
    wire.net.ipconfig(addr4="10.9.0.2/24")
    wire.pump()
    wire.seen = []
    wire.net.ipconfig(dhcp4=True)
    wire.advance(wire.clock.now + 2000)
    assert [frame.kind for frame in wire.seen] == ["DHCP"], wire.seen


def _message(wire, word):
    import dhcpwords
    from ladder import lines_of

    words = "your=10.9.0.2 lease=60 t1=20 t2=40 router=10.9.0.1 dns=10.9.0.1 more=340103"
    line = lines_of("0 <== DHCP %s %s sname=0c0161 file=0c0161" % (word, words))[0]
    return dhcpwords.arriving(wire, line)
