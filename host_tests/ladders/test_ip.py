"""IPv4: what is checked in a header, what is skipped, what is dropped and counted."""

from testing import proves


@proves("RFC1122-3.2.1.2-1", "RFC1122-3.1-1")
def test_a_wrong_header_checksum_drops_the_packet(wire):
    wire.listening()
    wire.play("""
        0  <== SYN  0  ipsum=bad
        0  us.stat InHdrErrors 1
        0  us.rows 1
    """)


@proves("RFC1122-3.2.1.1-1", "RFC1122-3.1-1")
def test_another_version_drops_the_packet(wire):
    wire.listening()
    wire.play("""
        0  <== SYN  0  ver=5
        1  <== SYN  0  ver=6
        1  us.stat InHdrErrors 2
        1  us.rows 1
    """)


@proves("RFC1122-3.1-1")
def test_a_header_of_impossible_length_drops_the_packet(wire):
    wire.listening()
    wire.play("""
        0  <== SYN  0  ihl=4
        1  <== SYN  0  ihl=0
        2  <== SYN  0  ihl=15
        2  us.stat InHdrErrors 3
        2  us.rows 1
    """)


@proves("RFC1122-3.1-1")
def test_a_total_length_longer_than_the_frame_drops_the_packet(wire):
    wire.listening()
    wire.play("""
        0  <== SYN  0  iplen=1000
        1  <== SYN  0  iplen=19
        2  <== SYN  0  cut=10
        2  us.stat InHdrErrors 3
        2  us.rows 1
    """)


@proves("MUST-3", "RFC1122-3.1-1")
def test_a_total_length_too_short_for_tcp_drops_the_segment(wire):
    wire.listening()
    wire.play("""
        0  <== SYN  0  iplen=30
        1  <== SYN  0  iplen=20
        1  us.rows 1
    """)


@proves("RFC1122-2.3.3-1")
def test_padding_of_the_frame_is_no_text(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1     ack=1  pad=200
        1   <== ACK  1:3   ack=1  pad=100
        1   us.read  2
        1   us.read  nothing
        41  ==> ACK  1     ack=3
    """)


@proves("RFC1122-2.3.3-1")
def test_frames_without_padding_are_taken(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:3   ack=1  pad=0
        0   us.read  2
        40  ==> ACK  1     ack=3
    """)


@proves("RFC1122-3.2.1.7-2")
def test_a_small_ttl_does_not_matter_to_the_receiver(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0  ttl=1
        0  ==> SYN ACK  0  ack=1
    """)


@proves("MUST-49", "RFC1122-3.2.1.7-3", "RFC1122-3.2.1.7-1")
def test_the_ttl_is_a_setting(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0  port=5001
        0  ==> SYN ACK  0  ack=1 ttl=64 port=5001
        0  us.config ip_default_ttl=9
        1  <== SYN      0  port=5002
        1  ==> SYN ACK  0  ack=1 ttl=9 port=5002
    """)


@proves("MUST-50", "RFC1122-3.2.1.8-1")
def test_ip_options_are_skipped(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0    ipopt=01010101 mss=1000
        0  ==> SYN ACK  0    ack=1
        5  <== ACK      1:31 ack=1 ipopt=0713040000000000000000000000000000000000
        5  us.accept
        5  us.read 30
        45 ==> ACK      1    ack=31
    """)


@proves("RFC1122-3.1-1")
def test_fragments_are_dropped_and_counted(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0  frag=more
        0  <== SYN      0  frag=last
        0  us.stat ReasmFails 2
        0  us.rows 1
        1  <== SYN      0  frag=df
        1  ==> SYN ACK  0  ack=1
    """)


@proves("RFC1122-3.2.1.3-3", "RFC1122-3.1-1")
def test_packets_for_others_are_dropped_silently(wire):
    wire.listening()
    wire.play("""
        0  <== SYN  0        dst=10.9.0.3
        1  <== SYN  0  to=81 dst=10.9.0.3
        2  <== ICMP echo     dst=10.9.0.3
        2  us.stat InAddrErrors 3
    """)


@proves("RFC1122-2.3.3-1")
def test_frames_for_another_hardware_address_are_dropped(wire):
    wire.listening()
    wire.play("""
        0  <== SYN  0  ethdst=other
        0  us.rows 1
        0  us.stat EthDrops 1
    """)


@proves("RFC1122-3.2.1.3-4", "RFC1122-3.2.1.3-5")
def test_impossible_sources_are_dropped_silently(wire):
    wire.stack()
    wire.play("""
        0  <== SYN  0  from=255.255.255.255
        1  <== SYN  0  from=10.9.0.255
        2  <== SYN  0  from=224.0.0.1
        3  <== SYN  0  from=127.0.0.1
        4  <== SYN  0  from=10.9.0.2
        5  <== ICMP echo from=10.9.0.255
        6  <== UDP 9 from=127.0.0.1
        6  us.stat InAddrErrors 7
    """)


@proves("RFC1122-3.3.6-2", "RFC1122-2.4-1")
def test_tcp_in_a_broadcast_frame_is_dropped_silently(wire):
    wire.listening()
    wire.play("""
        0  <== SYN  0        ethdst=broadcast
        1  <== SYN  0  to=81 ethdst=broadcast
        1  us.rows 1
    """)


@proves("RFC1122-3.2.2.1-1", "RFC1122-3.2.2-2")
def test_an_unknown_protocol_draws_protocol_unreachable(wire):
    wire.stack()
    wire.play("""
        0  <== IP proto=99 len=40
        0  ==> ICMP unreachable code=2
        0  us.stat InUnknownProtos 1
    """)


@proves("RFC1122-2.3.3-1")
def test_unknown_ethertypes_are_dropped(wire):
    wire.stack()
    wire.play("""
        0  <== IP proto=99 ethertype=0x86dd
        1  <== IP proto=99 ethertype=0x0003
        1  us.stat EthDrops 2
    """)


@proves("RFC6864-4-1")
def test_a_segment_is_atomic(wire):
    wire.opened(mss=500)
    wire.play("""
        0  us.write 1000
        0  ==> ACK  1:501     ack=1
        0  ==> ACK  501:1001  ack=1
    """)
    sent = wire.flow().sent
    frag = sent[20] << 8 | sent[21]
    assert frag in (0, 0x4000), "fragment field %04x" % frag


@proves("RFC1122-3.3.4.2-1", "RFC1122-3.3.1-1")
def test_a_far_peer_is_answered_by_way_of_the_gateway(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0     from=192.0.2.9
        0  ==> SYN ACK  0     ack=1 from=192.0.2.9 mac=1
        5  <== ACK      1:11  ack=1 from=192.0.2.9
        5  us.accept
        5  us.peername
        5  us.read 10
        45 ==> ACK      1     ack=11 from=192.0.2.9
    """)


@proves("RFC9293-3.4-2")
def test_two_peers_with_the_same_ports_are_two_connections(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0      from=3
        0  ==> SYN ACK  0      ack=1 from=3
        0  <== SYN      0      from=4
        0  ==> SYN ACK  0      ack=1 from=4
        5  <== ACK      1      ack=1 from=3
        6  <== ACK      1      ack=1 from=4
        9  us.accept
        9  us2.accept
        9  us.write 10
        9  ==> ACK      1:11   ack=1 from=3
        9  us2.write 20
        9  ==> ACK      1:21   ack=1 from=4
        12 <== RST      1      from=3
        12 us.state     CLOSED
        12 us2.state    ESTABLISHED
    """)
