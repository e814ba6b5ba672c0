"""Gateways (RFC 1122, 3.3.1): none, one, more than one, a dead one, and redirects (3.2.2.2)."""

from testing import errno_of, proves, raises


def visible(wire, gateway, **settings):
    """A stack with ARP in the ladder, after it announced itself."""
    wire.link.arp_visible = True
    wire.build(settings, gateway=gateway)
    wire.pump()
    wire.seen = []
    wire.mark()


# ---- none, and more than one ---------------------------------------------------------------


@proves("RFC1122-3.3.1-2")
def test_without_a_gateway_our_own_network_is_reached(wire):
    wire.build(gateway="0.0.0.0")
    wire.play("""
        0  us.connect 80 from=198.51.100.7 error ENETUNREACH
        1  us.connect 80 from=3
        1  ==> SYN      0  from=3
        2  <== SYN ACK  0  from=3 ack=1
        2  ==> ACK      1  from=3 ack=1
        3  <== SYN      0  from=4 port=6000 to=81
        3  ==> RST ACK  0  from=4 port=6000 to=81 ack=1
    """)


@proves("RFC1122-3.3.1-2", "RFC1122-3.3.1-3")
def test_a_gateway_that_never_answers_gives_way_to_the_next(wire):
    visible(wire, ("10.9.0.1", "10.9.0.254"))
    assert wire.net.ipconfig("gw4") == "10.9.0.1"
    wire.play("""
        0     us.connect 80 from=198.51.100.7
        0     ==> ARP who 10.9.0.1
        1000  ==> ARP who 10.9.0.1
        2000  ==> ARP who 10.9.0.1
        3000  us.stat ArpFailures 1
        3000  ==> ARP who 10.9.0.254      # the SYN's second retransmission
        3001  <== ARP is 10.9.0.254
        3001  ==> SYN  0  from=198.51.100.7 mac=254
    """)
    assert wire.net.ipconfig("gw4") == "10.9.0.254"


@proves("RFC1122-3.3.1-2", "RFC1122-3.3.1-3")
def test_a_gateway_that_died_is_noticed_by_tcp(wire):
    visible(wire, ("10.9.0.1", "10.9.0.254"), base_reachable_time=600)
    wire.play("""
        0      us.connect 80 from=198.51.100.7
        0      ==> ARP who 10.9.0.1
        0      <== ARP is 10.9.0.1
        0      ==> SYN      0      from=198.51.100.7 mac=1
        0      <== SYN ACK  0      from=198.51.100.7 ack=1 mss=1000
        0      ==> ACK      1      from=198.51.100.7 ack=1
        1s     us.write 50
        1s     ==> ACK      1:51   from=198.51.100.7 ack=1
        2s     ==> ACK      1:51   from=198.51.100.7 ack=1
        4s     ==> ACK      1:51   from=198.51.100.7 ack=1
        8s     ==> ACK      1:51   from=198.51.100.7 ack=1
        16s    ==> ARP who 10.9.0.1 ethdst=unicast
        16s    ==> ACK      1:51   from=198.51.100.7 ack=1 mac=1
        17s    ==> ARP who 10.9.0.1 ethdst=unicast
        18s    ==> ARP who 10.9.0.1 ethdst=unicast
        32s    ==> ARP who 10.9.0.254
        32s    <== ARP is 10.9.0.254
        32s    ==> ACK      1:51   from=198.51.100.7 ack=1 mac=254
        33s    <== ACK      1      from=198.51.100.7 ack=51
        34s    us.write 10
        34s    ==> ACK      51:61 from=198.51.100.7 ack=1 mac=254
    """)


@proves("RFC1122-3.3.1-3")
def test_while_nothing_is_sent_no_gateway_is_asked(wire):
    visible(wire, ("10.9.0.1", "10.9.0.254"))
    wire.play("""
        0      us.connect 80 from=198.51.100.7
        0      ==> ARP who 10.9.0.1
        0      <== ARP is 10.9.0.1
        0      ==> SYN      0      from=198.51.100.7 mac=1
        0      <== SYN ACK  0      from=198.51.100.7 ack=1 mss=1000
        0      ==> ACK      1      from=198.51.100.7 ack=1
        3600s  us.poll
    """)


@proves("RFC1122-3.3.1-2", "RFC1122-3.3.1-3")
def test_after_the_last_gateway_the_first_is_tried_again(wire):
    visible(wire, ("10.9.0.1", "10.9.0.254"), tcp_syn_retries=10)
    wire.play("""
        0     us.connect 80 from=198.51.100.7
        0     ==> ARP who 10.9.0.1
        1s    ==> ARP who 10.9.0.1
        2s    ==> ARP who 10.9.0.1
        3s    ==> ARP who 10.9.0.254
        4s    ==> ARP who 10.9.0.254
        5s    ==> ARP who 10.9.0.254
        7s    ==> ARP who 10.9.0.1
        7s    <== ARP is 10.9.0.1
        7s    ==> SYN  0  from=198.51.100.7 mac=1
    """)


@proves("RFC1122-3.3.1-2")
def test_a_dead_neighbour_is_no_dead_gateway(wire):
    visible(wire, ("10.9.0.1", "10.9.0.254"))
    wire.play("""
        0     us.connect 80 from=3
        0     ==> ARP who 10.9.0.3
        1s    ==> ARP who 10.9.0.3
        2s    ==> ARP who 10.9.0.3
        3s    ==> ARP who 10.9.0.3
        3s    us.close
    """)
    assert wire.net.ipconfig("gw4") == "10.9.0.1"


@proves("RFC1122-3.3.1-2")
def test_gateways_that_are_none_are_refused(wire):
    wire.build()
    error = raises(OSError, lambda: wire.net.ipconfig(gw4=("10.9.0.1", "10.9.0")))
    assert error.args[0] == errno_of("EINVAL")
    assert wire.net.ipconfig("gw4") == "10.9.0.1"


# ---- redirects -----------------------------------------------------------------------------


def far(wire, **settings):
    """A connection behind the gateway."""
    wire.build(settings)
    wire.locks = False  # the first redirect takes the memory of routes
    wire.play("""
        0  us.connect 80 from=198.51.100.7
        0  ==> SYN      0  from=198.51.100.7 mac=1
        1  <== SYN ACK  0  from=198.51.100.7 ack=1 mss=1000
        1  ==> ACK      1  from=198.51.100.7 ack=1 mac=1
    """)


@proves("RFC1122-3.2.2.2-1")
def test_a_redirect_names_a_better_gateway_for_one_host(wire):
    far(wire)
    wire.play("""
        2   <== ICMP redirect code=1 about=198.51.100.7 gw=10.9.0.9
        2   us.stat IcmpInRedirects 1
        3   us.write 50
        3   ==> ACK  1:51   from=198.51.100.7 ack=1 mac=9
        4   <== SYN      0  from=198.51.100.8 port=6000 to=81
        4   ==> RST ACK  0  from=198.51.100.8 port=6000 to=81 ack=1 mac=1
        5   <== SYN      0  from=3 port=6000 to=81
        5   ==> RST ACK  0  from=3 port=6000 to=81 ack=1
    """)


@proves("RFC1122-3.2.2.2-1")
def test_a_redirect_of_a_network_counts_for_the_host(wire):
    for code in (0, 2, 3):
        wire.flows.clear()
        wire.sockets.clear()
        wire.ports.clear()
        wire.net = None
        far(wire)
        wire.play(
            """
            2  <== ICMP redirect code=%d about=198.51.100.7 gw=10.9.0.9
            3  us.write 50
            3  ==> ACK  1:51   from=198.51.100.7 ack=1 mac=9
        """
            % code
        )


@proves("RFC1122-3.2.2.2-1")
def test_a_gateway_that_was_named_may_name_another(wire):
    wire.build()
    locks = wire.locks
    far(wire)
    wire.play("""
        2  <== ICMP redirect code=1 about=198.51.100.7 gw=10.9.0.9
        3  us.write 50
        3  ==> ACK  1:51     from=198.51.100.7 ack=1 mac=9
    """)
    wire.locks = locks  # no other takes any
    wire.play("""
        4  <== ICMP redirect code=1 about=198.51.100.7 gw=10.9.0.8   # not in use
        5  <== ACK  1        from=198.51.100.7 ack=51
        5  us.write 50
        5  ==> ACK  51:101   from=198.51.100.7 ack=1 mac=9
        6  <== ICMP redirect code=1 about=198.51.100.7 gw=10.9.0.8 from=9
        7  <== ACK  1        from=198.51.100.7 ack=101
        7  us.write 50
        7  ==> ACK  101:151  from=198.51.100.7 ack=1 mac=8
    """)


@proves("RFC1122-3.2.2.2-1")
def test_redirects_that_cannot_be_right_are_dropped(wire):
    far(wire)
    wire.play("""
        2  <== ICMP redirect code=1 about=198.51.100.7 gw=10.9.0.9 from=5   # not in use
        2  <== ICMP redirect code=1 about=198.51.100.7 gw=10.8.0.9   # not on our network
        2  <== ICMP redirect code=1 about=198.51.100.7 gw=10.9.0.2   # ourselves
        2  <== ICMP redirect code=1 about=198.51.100.7 gw=10.9.0.255
        2  <== ICMP redirect code=1 about=198.51.100.7 gw=10.9.0.0
        2  <== ICMP redirect code=1 about=198.51.100.7 gw=0.0.0.0
        2  <== ICMP redirect code=4 about=198.51.100.7 gw=10.9.0.9
        2  <== ICMP redirect code=1 about=198.51.100.7 gw=10.9.0.9 sum=bad
        3  us.write 50
        3  ==> ACK  1:51   from=198.51.100.7 ack=1 mac=1
    """)


@proves("RFC1122-3.2.2.2-1")
def test_a_redirect_about_a_neighbour_is_dropped(wire):
    wire.build()
    wire.play("""
        0  us.connect 80 from=3
        0  ==> SYN      0  from=3
        1  <== SYN ACK  0  from=3 ack=1 mss=1000
        1  ==> ACK      1  from=3 ack=1
        2  <== ICMP redirect code=1 about=3 gw=10.9.0.9
        3  us.write 50
        3  ==> ACK  1:51   from=3 ack=1 mac=3
    """)


@proves("RFC1122-3.2.2.2-1")
def test_redirects_can_be_switched_off(wire):
    far(wire, accept_redirects=0)
    wire.play("""
        2  <== ICMP redirect code=1 about=198.51.100.7 gw=10.9.0.9
        3  us.write 50
        3  ==> ACK  1:51   from=198.51.100.7 ack=1 mac=1
    """)


@proves("RFC1122-3.2.2.2-1", "RFC1122-3.3.1-3")
def test_a_gateway_that_was_named_and_is_dead_is_used_no_more(wire):
    far(wire)
    wire.link.arp_visible = True
    wire.play("""
        2     <== ICMP redirect code=1 about=198.51.100.7 gw=10.9.0.9
        3     us.write 50
        3     ==> ARP who 10.9.0.9
        1003  ==> ARP who 10.9.0.9
        2003  ==> ARP who 10.9.0.9
        3003  ==> ACK  1:51   from=198.51.100.7 ack=1 mac=1
    """)
