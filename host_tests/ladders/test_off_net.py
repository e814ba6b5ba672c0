"""Packets to networks that are not ours when their paths are not explored (RFC 1122, 3.3.3)."""

from testing import proves


def opened(wire, peer):
    """The peer opens a connection, and we do not look for path MTUs."""
    wire.listening(connections=2, configure={"ip_no_pmtu_disc": 1})
    wire.play(
        """
        0  <== SYN      0  mss=1460 from=%s
        0  ==> SYN ACK  0  ack=1 mss=1460 from=%s
        0  <== ACK      1  ack=1 from=%s
        1  us.accept
    """
        % (peer, peer, peer)
    )


@proves("RFC1122-3.3.3-2")
def test_without_discovery_576_bytes_go_behind_a_router(wire):
    opened(wire, "198.51.100.7")
    wire.play("""
        1  us.write 1400
        1  ==> ACK  1:537      ack=1 from=198.51.100.7 df=0
        1  ==> ACK  537:1073   ack=1 from=198.51.100.7 df=0
        1  ==> ACK  1073:1401  ack=1 from=198.51.100.7 df=0
    """)


@proves("RFC1122-3.3.3-2")
def test_on_our_own_network_the_links_mtu_holds(wire):
    opened(wire, "10.9.0.3")
    wire.play("""
        1  us.write 1400
        1  ==> ACK  1:1401     ack=1 from=3 df=0
    """)


@proves("RFC1122-3.3.3-2")
def test_a_connection_that_we_open_keeps_to_it_too(wire):
    wire.build({"ip_no_pmtu_disc": 1})
    wire.play("""
        0  us.connect 80 from=198.51.100.7
        0  ==> SYN      0      from=198.51.100.7 mss=1460 df=0
        5  <== SYN ACK  0      from=198.51.100.7 ack=1 mss=1460
        5  ==> ACK      1      from=198.51.100.7 ack=1
        6  us.write 600
        6  ==> ACK      1:537  from=198.51.100.7 ack=1
        6  ==> ACK  537:601    from=198.51.100.7 ack=1
    """)


@proves("RFC1122-3.3.3-2")
def test_with_discovery_the_path_is_tried_in_full(wire):
    wire.connected(mss=1460)
    wire.play("""
        0  us.write 1400
        0  ==> ACK  1:1401  ack=1 df=1
    """)
    wire.play("""
        1  us2.connect 80 from=198.51.100.7
        1  ==> SYN      0      from=198.51.100.7 mss=1460 df=1
        5  <== SYN ACK  0      from=198.51.100.7 ack=1 mss=1460
        5  ==> ACK      1      from=198.51.100.7 ack=1
        6  us2.write 1400
        6  ==> ACK      1:1401 from=198.51.100.7 ack=1 df=1
    """)
