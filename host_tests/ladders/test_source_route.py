"""IP source routes: a program's own, and the way back of peers that came by one (RFC 9293,
3.9.2.1; RFC 1122, 3.2.1.8 (c)).

The routes of these ladders lead over 10.9.0.7 and 10.9.0.8, or elsewhere as they say.
"""

from testing import proves

# Nothing but the MSS in a SYN.
_PLAIN = {"tcp_sack": 0, "tcp_timestamps": 0, "tcp_window_scaling": 0}
_TAKING = dict(_PLAIN, accept_source_route=1)

_OPENED = """
    0  <== SYN      0  mss=1000 route=7,8
    0  ==> SYN ACK  0  ack=1 route=8,7
    2  <== ACK      1  ack=1 route=7,8
    2  us.accept
"""


def taking(wire, **more):
    """`us` listens with accept_source_route."""
    wire.build(dict(_TAKING, **more))
    wire.bring("0 us.listen 80")
    wire.mark()


def opened(wire, **more):
    """A connection that was opened to us over 7 and 8; the way back is 8, 7."""
    taking(wire, **more)
    wire.play(_OPENED)
    wire.mark()


def given(wire, route="7,8", **more):
    """A connection that we opened by a route."""
    wire.build(dict(_PLAIN, **more))
    wire.play("""
        0  us.setsockopt OPTIONS route=ROUTE
        0  us.connect 80 from=3
        0  ==> SYN      0 from=3 route=ROUTE
        5  <== SYN ACK  0  ack=1 mss=1000 from=3
        5  ==> ACK      1  ack=1 from=3 route=ROUTE
    """.replace("ROUTE", route))
    wire.mark()


# ---- the program's route -------------------------------------------------------------------


@proves("MUST-51", "RFC1122-3.2.1.8-2")
def test_all_segments_of_an_active_open_go_by_the_programs_loose_route(wire):
    given(wire)
    wire.play("""
        0     us.write 100
        0     ==> ACK      1:101  ack=1 from=3 route=7,8
        1000  ==> ACK      1:101  ack=1 from=3 route=7,8     # again
        1005  <== ACK      1:51   ack=101 from=3
        1045  ==> ACK      101    ack=51 from=3 route=7,8    # delayed
        1045  us.read 50
        1046  us.close
        1046  ==> FIN ACK  101    ack=51 from=3 route=7,8
        1050  <== FIN ACK  51     ack=102 from=3
        1050  ==> ACK      102    ack=52 from=3 route=7,8
        1060  <== FIN ACK  51     ack=102 from=3             # in TIME-WAIT
        1060  ==> ACK      102    ack=52 from=3 route=7,8
    """)


@proves("MUST-51", "RFC1122-3.2.1.8-1")
def test_a_program_can_read_the_route_in_use(wire):
    opened(wire)
    wire.play("""
        0  us.getsockopt OPTIONS route=8,7
        0  us2.setsockopt OPTIONS route=strict:7
        0  us2.getsockopt OPTIONS route=strict:7
        0  us2.connect 80 from=3
        0  ==> SYN  0  from=3 port=80 route=strict:7
        0  us2.getsockopt OPTIONS route=strict:7
        0  us2.setsockopt OPTIONS -
        0  us2.getsockopt OPTIONS -
    """)


@proves("MUST-51", "RFC1122-3.2.1.8-2")
def test_a_strict_route_over_one_gateway(wire):
    given(wire, "strict:7")
    wire.play("""
        0  us.write 10
        0  ==> ACK  1:11  ack=1 from=3 route=strict:7
    """)


@proves("MUST-51", "RFC1122-3.2.1.8-2")
def test_nine_gateways_fill_the_header(wire):
    route = "7,8,10,11,12,13,14,15,16"
    given(wire, route)
    wire.play("""
        0  us.write 1500
        0  ==> ACK  1:961     ack=1 from=3 route=ROUTE
        0  ==> ACK  961:1501  ack=1 from=3 route=ROUTE
    """.replace("ROUTE", route))


@proves("MUST-51", "RFC1122-3.2.1.8-2")
def test_the_whole_way_with_timestamps_and_sack(wire):
    wire.build()
    wire.play("""
        0  us.setsockopt OPTIONS route=7,8,10,11,12,13,14,15,16
        0  us.connect 80 from=3
        0  ==> SYN      0 from=3 route=7,8,10,11,12,13,14,15,16
        5  <== SYN ACK  0  ack=1 mss=1000 sackok ts=0 from=3
        5  ==> ACK      1  ack=1 from=3 route=7,8,10,11,12,13,14,15,16
        6  <== ACK      101:201  ack=1 from=3
        6  ==> ACK      1  ack=1 sack=101:201 from=3 route=7,8,10,11,12,13,14,15,16
        7  us.setsockopt NODELAY 1
        7  us.write 1500
        7  ==> ACK  1:921     ack=1 from=3 sack=101:201 route=7,8,10,11,12,13,14,15,16
        7  ==> ACK  921:1501  ack=1 from=3 sack=101:201 route=7,8,10,11,12,13,14,15,16
    """)


@proves("MUST-51")
def test_the_first_gateway_is_whose_hardware_address_is_asked_for(wire):
    wire.build(_PLAIN)
    wire.link.arp_visible = True
    wire.play("""
        0  us.setsockopt OPTIONS route=7,192.0.2.8
        0  us.connect 80 from=192.0.2.9
        0  ==> ARP who 10.9.0.7
        1  <== ARP is 10.9.0.7
        1  ==> SYN  0  from=192.0.2.9 route=7,192.0.2.8
    """)


@proves("MUST-51")
def test_a_first_gateway_elsewhere_is_reached_by_the_default_gateway(wire):
    wire.build(_PLAIN)
    wire.play("""
        0  us.setsockopt OPTIONS route=192.0.2.8
        0  us.connect 80 from=3
        0  ==> SYN  0  from=3 route=192.0.2.8 mac=1
    """)


@proves("MUST-51")
def test_a_strict_route_begins_at_a_gateway_on_our_network(wire):
    wire.build(_PLAIN)
    wire.play("""
        0  us.setsockopt OPTIONS route=strict:192.0.2.8 error EHOSTUNREACH
        0  us.connect 80 from=3
        0  ==> SYN  0  from=3
    """)


@proves("MUST-51")
def test_where_no_strict_route_can_begin_nothing_is_sent_and_why_is_told(wire):
    wire.build(dict(_PLAIN, tcp_syn_retries=1), address=None)
    wire.bring("0 us.setsockopt OPTIONS route=strict:192.0.2.8")  # no address yet
    wire.net.ipconfig(addr4="10.9.0.2/24", gw4="10.9.0.1")
    wire.play("""
        0   us.connect 80 from=3
        3s  us.state CLOSED
        3s  us.write 1 error EHOSTUNREACH
    """)


@proves("MUST-51")
def test_what_is_no_source_route_is_refused(wire):
    wire.build(_PLAIN)
    for option in (
        "83",
        "8303",
        "830304",  # no gateway
        "830604090001",
        "830804090a000100",
        "830b040a090007",  # longer than there are bytes
        "8307050a090007",  # the pointer is not at the first
        "8307080a090007",  # a route that has been travelled
        "44040500",  # a timestamp
        "8307040a09000783070a090008",
        "8307040a0900078307040a090008",  # two routes
        "01" * 34 + "8307040a090007",  # more than a header holds
        "00",
    ):
        wire.play("0 us.setsockopt OPTIONS %s error EINVAL" % option)
    wire.play("""
        0  us.getsockopt OPTIONS -
        0  us.connect 80
        0  ==> SYN  0
    """)


@proves("MUST-51")
def test_padding_may_stand_beside_a_route(wire):
    wire.build(_PLAIN)
    wire.play("""
        0  us.setsockopt OPTIONS 018307040a0900070000
        0  us.connect 80 from=3
        0  ==> SYN  0  from=3 route=7
    """)


@proves("MUST-51")
def test_a_route_may_come_and_go_while_the_connection_lasts(wire):
    wire.build(_PLAIN)
    wire.play("""
        0  us.setsockopt OPTIONS route=7
        0  us.setsockopt OPTIONS -
        0  us.connect 80 from=3
        0  ==> SYN      0 from=3
        5  <== SYN ACK  0  ack=1 mss=1000 from=3
        5  ==> ACK      1  ack=1 from=3
        6  us.setsockopt OPTIONS route=7,8
        6  us.write 10
        6  ==> ACK  1:11       ack=1 from=3 route=7,8
        7  <== ACK  1          ack=11 from=3
        7  us.write 1000
        7  ==> ACK  11:999     ack=1 from=3 route=7,8
        7  ==> ACK  999:1011   ack=1 from=3 route=7,8
        8  us.setsockopt OPTIONS route=10
        9  <== ACK  1          ack=1011 from=3
        9  us.write 10
        9  ==> ACK  1011:1021  ack=1 from=3 route=10
        10 us.setsockopt OPTIONS -
        10 us.getsockopt OPTIONS -
        11 <== ACK  1          ack=1021 from=3
        11 us.write 10
        11 ==> ACK  1021:1031  ack=1 from=3
    """)


@proves("MUST-51")
def test_the_next_connection_of_the_pool_has_no_route(wire):
    given(wire)
    wire.play("""
        0   <== RST  1  from=3
        0   us.state CLOSED
        0   us.close
        0   us2.connect 80 from=3
        0   ==> SYN  0  from=3
        0   us3.connect 81 from=3
        0   ==> SYN  0  from=3 port=81
    """)


@proves("MUST-51", "RFC1122-3.2.1.8-2")
def test_keepalive_probes_and_resets_go_by_the_route(wire):
    given(wire)
    wire.play("""
        0    us.setsockopt KEEPIDLE 10
        0    us.setsockopt KEEPALIVE 1
        10s  ==> ACK  0  ack=1 from=3 route=7,8
        11s  <== ACK  1:11  ack=1 from=3
        11s  us.close                                 # unread text
        11s  ==> RST ACK  1  ack=11 from=3 route=7,8
    """)


@proves("MUST-16", "RFC6691-2-1")
def test_our_mss_option_is_the_links_and_our_segments_leave_room_for_the_route(wire):
    wire.build(_PLAIN)
    wire.play("""
        0  us.setsockopt OPTIONS route=7,8
        0  us.connect 80 from=3
        0  ==> SYN      0  mss=1460 from=3 route=7,8
        5  <== SYN ACK  0  ack=1 mss=600 from=3
        5  ==> ACK      1  ack=1 from=3 route=7,8
        5  us.getsockopt MAXSEG 588
        6  us.write 600
        6  ==> ACK  1:589      ack=1 from=3 route=7,8
        6  ==> ACK  589:601    ack=1 from=3 route=7,8
    """)


@proves("MUST-16")
def test_no_segment_becomes_too_short_for_sack_blocks(wire):
    wire.build(_PLAIN)
    wire.play("""
        0  us.setsockopt OPTIONS route=7,8,10,11,12,13,14,15,16
        0  us.connect 80 from=3
        0  ==> SYN      0  from=3 route=7,8,10,11,12,13,14,15,16
        5  <== SYN ACK  0  ack=1 mss=48 from=3
        5  ==> ACK      1  ack=1 from=3 route=7,8,10,11,12,13,14,15,16
        6  us.write 41
        6  ==> ACK  1:41   ack=1 from=3 route=7,8,10,11,12,13,14,15,16
        6  ==> ACK  41:42  ack=1 from=3 route=7,8,10,11,12,13,14,15,16
    """)


@proves("MUST-51")
def test_what_a_tiny_link_cannot_carry_with_the_route_goes_without(wire):
    wire.link.mtu = 100
    wire.build(_PLAIN)
    wire.play("""
        0  us.setsockopt OPTIONS route=7,8,10,11,12,13,14,15,16
        0  us.connect 80 from=3
        0  ==> SYN      0  mss=60 from=3 route=7,8,10,11,12,13,14,15,16
        5  <== SYN ACK  0  ack=1 mss=1000 from=3
        5  ==> ACK      1  ack=1 from=3 route=7,8,10,11,12,13,14,15,16
        6  us.write 30
        6  ==> ACK  1:31   ack=1 from=3
        7  <== ACK  1      ack=31 from=3
        7  us.write 20
        7  ==> ACK  31:51  ack=1 from=3 route=7,8,10,11,12,13,14,15,16
    """)


@proves("RFC1191-3-3")
def test_the_least_path_mtu_leaves_a_few_bytes_beside_the_longest_route(wire):
    route = "7,8,10,11,12,13,14,15,16"
    given(wire, route, min_pmtu=68)
    wire.play("""
        0  us.write 100
        0  ==> ACK  1:101  ack=1 from=3 route=ROUTE
        5  <== ICMP unreachable code=4 mtu=67 from=7 about=3
        5  ==> ACK  1:9    ack=1 from=3 route=ROUTE df=0
    """.replace("ROUTE", route))


@proves("RFC1191-3-6")
def test_what_is_known_of_paths_stays_known(wire):
    wire.build(_PLAIN)
    wire.play("""
        0  us.listen 80
        0  <== SYN      0  mss=1000
        0  ==> SYN ACK  0  ack=1
        1  <== ACK      1  ack=1
        1  us.accept
        1  us.write 900
        1  ==> ACK  1:901      ack=1
        2  <== ICMP unreachable code=4 mtu=700
        2  ==> ACK  1:661      ack=1
        3  us.config accept_source_route=1
        4  <== SYN      0  mss=1000 route=8,7 port=5001
        4  ==> SYN ACK  0  ack=1 route=7,8 port=5001
        5  <== ACK      1  ack=1 port=5001
        5  us2.accept
        5  us2.getsockopt MAXSEG 648       # 20 + 12 + 20 + 648
    """)


@proves("RFC1191-6.4-4")
def test_a_path_mtu_counts_the_route_too(wire):
    given(wire, mtu_expires=300)
    wire.play("""
        0  us.write 900
        0  ==> ACK  1:901    ack=1 from=3 route=7,8
        5  <== ICMP unreachable code=4 mtu=700 from=7 about=3
        5  ==> ACK  1:649    ack=1 from=3 route=7,8     # 20 + 12 + 20 + 648
        5  us.getsockopt MTU 700
        5  us.info pmtu=700
        6  us.setsockopt OPTIONS route=7,8,10
        9  <== ACK  1        ack=649 from=3
        9  ==> ACK  649:901  ack=1 from=3 route=7,8,10
        9  us.getsockopt MTU 700
        9  us.getsockopt MAXSEG 644
        9  <== ACK  1        ack=901 from=3
        301s  us.getsockopt MAXSEG 984
    """)


@proves("RFC1122-3.2.2.1-2")
def test_a_gateways_complaint_finds_the_connection(wire):
    wire.build(_PLAIN)
    wire.play("""
        0  us.setsockopt OPTIONS route=7,8
        0  us.setsockopt RECVERR 1
        0  us.connect 80 from=3
        0  ==> SYN      0  from=3 route=7,8
        5  <== ICMP unreachable code=5 from=7 about=3
        6  <== SYN ACK  0  ack=1 from=3
        6  ==> ACK      1  ack=1 from=3 route=7,8
        7  us.write 10
        7  ==> ACK      1:11  ack=1 from=3 route=7,8
        8  <== ICMP unreachable code=5 from=7 about=3
        8  us.getsockopt ERROR ENETUNREACH
        8  us.state ESTABLISHED
    """)


@proves("MUST-51")
def test_a_busy_link_keeps_the_frame_as_it_is(wire):
    given(wire)
    wire.play("""
        0  us.refuse 1
        0  us.write 10
        0  ==> ACK  1:11  ack=1 from=3 route=7,8
        0  us.stat TxBusy 1
    """)


# ---- the way back --------------------------------------------------------------------------


@proves("MUST-53", "RFC1122-3.2.1.8-2")
def test_a_passive_open_goes_back_by_the_route_that_the_syn_came_by(wire):
    opened(wire)
    wire.play("""
        0     us.write 1000
        0     ==> ACK      1:989      ack=1 route=8,7
        0     ==> ACK      989:1001   ack=1 route=8,7
        1     <== ACK      1          ack=989
        1001  ==> ACK      989:1001   ack=1 route=8,7
        1002  <== ACK      1:11       ack=1001               # a plain one changes nothing
        1042  ==> ACK      1001       ack=11 route=8,7
        1043  us.read 10
        1043  us.close
        1043  ==> FIN ACK  1001       ack=11 route=8,7
        1044  <== FIN ACK  11         ack=1002
        1044  ==> ACK      1002       ack=12 route=8,7
        1045  <== FIN ACK  11         ack=1002
        1045  ==> ACK      1002       ack=12 route=8,7
    """)


@proves("MUST-53")
def test_no_route_of_the_programs_takes_nothing_from_the_peers(wire):
    opened(wire)
    wire.play("""
        0  us.setsockopt OPTIONS -
        0  us.write 10
        0  ==> ACK  1:11  ack=1 route=8,7
    """)


@proves("MUST-53")
def test_a_strangers_segment_of_a_connection_that_ended_is_answered_plainly(wire):
    opened(wire)
    wire.play("""
        0  <== RST  1
        0  us.state CLOSED
        1  <== ACK  1  ack=1
        1  ==> RST  1
        2  <== ACK  1  ack=1 route=7,8
        2  ==> RST  1
    """)


@proves("MUST-53", "SHLD-24")
def test_the_route_of_the_peers_fin_counts_in_time_wait(wire):
    opened(wire)
    wire.play("""
        0  us.close
        0  ==> FIN ACK  1  ack=1 route=8,7
        1  <== FIN ACK  1  ack=2 route=10
        1  ==> ACK      2  ack=2 route=8,7
        2  <== FIN ACK  1  ack=2
        2  ==> ACK      2  ack=2 route=10
    """)


@proves("MUST-53")
def test_a_strict_route_is_strict_on_its_way_back(wire):
    taking(wire)
    wire.play("""
        0  <== SYN      0  route=strict:7
        0  ==> SYN ACK  0  ack=1 route=strict:7
    """)


@proves("MUST-53")
def test_a_syn_ack_goes_by_the_route_again_and_again(wire):
    taking(wire)
    wire.play("""
        0     <== SYN      0  route=7,8 mss=1000
        0     ==> SYN ACK  0  ack=1 route=8,7
        500   <== SYN      0  mss=1000                 # the same, by another way
        500   ==> SYN ACK  0  ack=1 route=8,7
        1000  ==> SYN ACK  0  ack=1 route=8,7
        1100  <== ACK      1  ack=1                    # a plain one
        1100  us.accept
        1100  us.write 10
        1100  ==> ACK      1:11  ack=1 route=8,7
    """)


@proves("MUST-53")
def test_a_syn_ack_that_a_busy_link_held_up_goes_by_the_route(wire):
    taking(wire)
    wire.play("""
        0     us.refuse 2
        0     <== SYN      0  port=5001
        0     <== SYN      0  route=7,8
        0     ==> SYN ACK  0  ack=1 port=5001
        1000  ==> SYN ACK  0  ack=1 port=5001
        1000  ==> SYN ACK  0  ack=1 route=8,7
    """)


@proves("MUST-53")
def test_the_ack_of_a_cookie_brings_the_route_along(wire):
    taking(wire, tcp_syncookies=2)
    wire.play("""
        0  <== SYN      0  route=7,8
        0  ==> SYN ACK  0  ack=1 route=8,7
        5  <== ACK      1  ack=1 route=7,8
        5  us.accept
        5  us.write 10
        5  ==> ACK      1:11  ack=1 route=8,7
    """)


@proves("MUST-53", "RFC1122-3.2.1.8-2")
def test_a_sender_that_wrote_itself_first_is_named_once(wire):
    taking(wire)
    wire.play("""
        0  <== SYN      0  from=3 route=3,7,8
        0  ==> SYN ACK  0  ack=1 from=3 route=8,7
    """)


@proves("MUST-53")
def test_a_route_over_no_gateway_is_none(wire):
    taking(wire)
    wire.play("""
        0  <== SYN      0  ipopt=83030400
        0  ==> SYN ACK  0  ack=1
        1  <== SYN      0  from=3 route=3
        1  ==> SYN ACK  0  ack=1 from=3
    """)


@proves("SHLD-24")
def test_a_later_segments_route_takes_the_place_of_the_first(wire):
    opened(wire)
    wire.play("""
        0  <== ACK  1:11  ack=1 route=10
        0  us.write 10
        0  ==> ACK  1:11  ack=11 route=10
        1  <== ACK  11    ack=11 route=11,12,13
        1  us.write 10
        1  ==> ACK  11:21 ack=11 route=13,12,11
        1  us.getsockopt OPTIONS route=13,12,11
        1  us.getsockopt MAXSEG 984
    """)


@proves("SHLD-24")
def test_the_last_ack_of_the_handshake_counts_as_a_later_segment(wire):
    taking(wire)
    wire.play("""
        0  <== SYN      0  route=7,8
        0  ==> SYN ACK  0  ack=1 route=8,7
        1  <== SYN      0  route=8,10
        1  ==> SYN ACK  0  ack=1 route=10,8
        2  <== ACK      1  ack=1 route=11
        2  us.accept
        2  us.write 10
        2  ==> ACK      1:11  ack=1 route=11
    """)


@proves("SHLD-24")
def test_a_connection_that_began_without_a_route_takes_a_later_one(wire):
    taking(wire)
    wire.play("""
        0  <== SYN      0     mss=1000
        0  ==> SYN ACK  0     ack=1
        2  <== ACK      1     ack=1
        2  us.accept
        3  <== ACK      1:11  ack=1 route=7,8
        3  us.write 10
        3  ==> ACK      1:11  ack=11 route=8,7
        4  <== ACK      11    ack=11
        4  us.write 990
        4  ==> ACK      11:999    ack=11 route=8,7
        4  ==> ACK      999:1001  ack=11 route=8,7
    """)


@proves("SHLD-24", "RFC5961-5.2-1")
def test_a_segment_that_may_be_a_strangers_diverts_nothing(wire):
    opened(wire)
    wire.play("""
        0   us.write 10
        0   ==> ACK  1:11     ack=1 route=8,7
        1   <== ACK  5000:5010  ack=1 route=10           # beyond the window
        1   ==> ACK  11       ack=1 route=8,7
        2   <== ACK  0:1      ack=1 route=10             # before it
        2   ==> ACK  11       ack=1 route=8,7
        3   <== ACK  1:2      ack=12 route=10            # what was not sent
        3   ==> ACK  11       ack=1 route=8,7
        4   <== SYN  0        route=10 stray=1
        4   ==> ACK  11       ack=1 route=8,7
        5   <== RST  2        route=10
        5   ==> ACK  11       ack=1 route=8,7
        6   <== ACK  1        ack=1
        6   <== ACK  1        ack=1 route=10 sum=bad
        7   <== ACK  1        ack=11
        7   us.write 10
        7   ==> ACK  11:21    ack=1 route=8,7
    """)


@proves("SHLD-24")
def test_an_old_timestamp_diverts_nothing(wire):
    wire.build({"accept_source_route": 1})
    wire.play("""
        0  us.listen 80
        0  <== SYN      0  mss=1000 ts=0
        0  ==> SYN ACK  0  ack=1
        2  <== ACK      1  ack=1 ts=50
        2  us.accept
        3  <== ACK      1:11  ack=1 ts=40 route=7
        3  ==> ACK      1  ack=1
        4  <== ACK      1:11  ack=1 ts=51 route=7,8
        44 ==> ACK      1  ack=11 route=8,7
    """)


@proves("SHLD-24")
def test_a_strangers_syn_leaves_the_route_of_a_half_open_record(wire):
    taking(wire)
    wire.play("""
        0     <== SYN      0     route=7,8
        0     ==> SYN ACK  0     ack=1 route=8,7
        1     <== SYN      9000  route=10
        1     ==> ACK      1     ack=1 route=8,7
        2     <== ACK      9000  ack=1 route=10
        2     ==> ACK      1     ack=1 route=8,7
        1000  ==> SYN ACK  0     ack=1 route=8,7
        1001  <== ACK      1     ack=1
        1001  us.accept
        1001  us.write 10
        1001  ==> ACK      1:11  ack=1 route=8,7
    """)


@proves("MUST-52")
def test_the_programs_route_wins_over_one_received(wire):
    given(wire, accept_source_route=1)
    wire.play("""
        0  <== ACK  1:11  ack=1 from=3 route=10
        0  us.write 10
        0  ==> ACK  1:11  ack=11 from=3 route=7,8
        1  us.getsockopt OPTIONS route=7,8
    """)


@proves("MUST-52")
def test_the_programs_route_wins_on_a_passive_connection_too(wire):
    opened(wire)
    wire.play("""
        0  us.setsockopt OPTIONS route=11
        0  us.write 10
        0  ==> ACK  1:11   ack=1 route=11
        1  <== ACK  1:11   ack=11 route=7,8
        1  us.write 10
        1  ==> ACK  11:21  ack=11 route=11
        2  us.setsockopt OPTIONS -
        3  <== ACK  11     ack=21
        3  us.write 10
        3  ==> ACK  21:31  ack=11
        4  <== ACK  11     ack=31 route=7,8
        4  us.write 10
        4  ==> ACK  31:41  ack=11 route=8,7
    """)


@proves("MUST-52")
def test_a_listeners_route_is_that_of_the_sockets_it_accepts(wire):
    wire.build(_TAKING)
    wire.play("""
        0  us.listen 80
        0  us.setsockopt OPTIONS route=11
        0  <== SYN      0  mss=1000 route=7,8
        0  ==> SYN ACK  0  ack=1 route=8,7
        2  <== ACK      1  ack=1 route=7,8
        2  us.accept
        2  us.write 10
        2  ==> ACK      1:11  ack=1 route=11
    """)


@proves("MUST-53")
def test_a_connection_that_we_opened_takes_no_route_from_outside(wire):
    wire.build(_TAKING)
    wire.play("""
        0  us.connect 80 from=3
        0  ==> SYN      0     from=3
        5  <== SYN ACK  0     ack=1 mss=1000 from=3 route=7
        5  ==> ACK      1     ack=1 from=3
        6  <== ACK      1:11  ack=1 from=3 route=7
        46 ==> ACK      1     ack=11 from=3
    """)


@proves("MUST-53")
def test_a_place_of_the_pool_forgets_who_was_there(wire):
    opened(wire)
    wire.play("""
        0  <== RST      1     route=7,8
        0  us.close
        1  us2.connect 80 from=3
        1  ==> SYN      0     from=3 port=80
        5  <== SYN ACK  0     ack=1 mss=1000 from=3 port=80
        5  ==> ACK      1     ack=1 from=3 port=80
        6  <== ACK      1:11  ack=1 from=3 route=7 port=80
        46 ==> ACK      1     ack=11 from=3 port=80
    """)


@proves("SHLD-24")
def test_who_held_a_place_with_a_route_of_his_own_is_forgotten_too(wire):
    given(wire, accept_source_route=1)
    wire.play("""
        0  <== RST      1     from=3
        0  us.close
        0  us2.listen 81
        1  <== SYN      0     to=81 mss=1000
        1  ==> SYN ACK  0     to=81 ack=1
        2  <== ACK      1     to=81 ack=1 route=7,8
        2  us2.accept
        3  <== ACK      1:11  to=81 ack=1 route=10
        43 ==> ACK      1     to=81 ack=11 route=10
    """)


@proves("MUST-53")
def test_an_older_record_of_the_same_ports_is_not_taken_for_a_new_one(wire):
    opened(wire)
    wire.play("""
        0   us.close
        0   ==> FIN ACK  1  ack=1 route=8,7
        1   <== FIN ACK  1  ack=2
        1   ==> ACK      2  ack=2 route=8,7
        1   us2.connect 80 from=3                    # in the place of the first
        1   ==> SYN      0  from=3 port=80
        2   <== SYN      0  isn=100000 mss=1000      # so this one has another
        2   ==> SYN ACK  0  ack=1
        3   <== ACK      1  ack=1
        3   us3.accept
        4   us3.close
        4   ==> FIN ACK  1  ack=1
        5   <== FIN ACK  1  ack=2
        5   ==> ACK      2  ack=2
        6   <== FIN ACK  1  ack=2
        6   ==> ACK      2  ack=2
    """)


@proves("MUST-53")
def test_the_same_ports_anew_without_a_route_go_without(wire):
    opened(wire)
    wire.play("""
        0   us.close
        0   ==> FIN ACK  1  ack=1 route=8,7
        1   <== FIN ACK  1  ack=2
        1   ==> ACK      2  ack=2 route=8,7
        2   <== SYN      0  isn=100000 mss=1000
        2   ==> SYN ACK  0  ack=1
        3   <== ACK      1  ack=1
        3   us.accept
        3   us.write 10
        3   ==> ACK      1:11  ack=1
        4   us.close
        4   ==> FIN ACK  11    ack=1
        5   <== FIN ACK  1     ack=12
        5   ==> ACK      12    ack=2
        6   <== FIN ACK  1     ack=12
        6   ==> ACK      12    ack=2
    """)


@proves("MUST-53")
def test_every_half_open_record_and_connection_has_its_own(wire):
    wire.build(_TAKING, half_open=3)
    wire.bring("0 us.listen 80 5")
    wire.play("""
        0  <== SYN      0  from=3 route=7
        0  ==> SYN ACK  0  ack=1 from=3 route=7
        0  <== SYN      0  from=4 route=8
        0  ==> SYN ACK  0  ack=1 from=4 route=8
        0  <== SYN      0  from=5 route=10
        0  ==> SYN ACK  0  ack=1 from=5 route=10
        0  <== SYN      0  from=6 route=11             # the table is full: a cookie
        0  ==> SYN ACK  0  ack=1 from=6 route=11
        1  <== ACK      1  ack=1 from=4
        1  us2.accept
        1  <== ACK      1  ack=1 from=3
        1  us3.accept
        2  us2.write 10
        2  ==> ACK      1:11  ack=1 from=4 route=8
        2  us3.write 10
        2  ==> ACK      1:11  ack=1 from=3 route=7
        1000  ==> SYN ACK  0  ack=1 from=5 route=10
        1002  ==> ACK   1:11  ack=1 from=4 route=8
        1002  ==> ACK   1:11  ack=1 from=3 route=7
    """)


# ---- what is off, and what is malformed ----------------------------------------------------


@proves("MUST-50", "RFC1122-3.2.1.8-1")
def test_source_routes_are_skipped_unless_they_are_asked_for(wire):
    wire.build(_PLAIN)
    wire.play("""
        0  us.listen 80
        0  us.setting accept_source_route=0
        0  <== SYN      0     mss=1000 route=7,8
        0  ==> SYN ACK  0     ack=1
        2  <== ACK      1:11  ack=1 route=7,8
        2  us.accept
        42 ==> ACK      1     ack=11
    """)
    assert wire.net.tcp.paths.__class__.__name__ != "Sources"


@proves("MUST-53")
def test_the_setting_goes_on_and_off(wire):
    opened(wire)
    wire.play("""
        0  us.setting accept_source_route=1
        0  us.config accept_source_route=0
        0  us.setting accept_source_route=0
        0  <== SYN      0  port=5001 route=7,8
        0  ==> SYN ACK  0  ack=1 port=5001
        1  us.write 10
        1  ==> ACK      1:11  ack=1 route=8,7        # what was open stays as it was
        2  us.config accept_source_route=1
        2  <== SYN      0  port=5002 route=7,8
        2  ==> SYN ACK  0  ack=1 port=5002 route=8,7
    """)


@proves("MUST-53")
def test_the_setting_is_a_switch(wire):
    wire.stack()
    for value in (2, -1, "1"):
        try:
            wire.net.config(accept_source_route=value, tcp_fin_timeout=7)
        except ValueError as error:
            assert str(error) == "accept_source_route is 0 to 1", error
        else:
            raise AssertionError("%r was taken" % value)
    assert wire.net.config("tcp_fin_timeout") == 60


@proves("RFC1122-3.2.1.8-2")
def test_malformed_routes_are_dropped_and_counted(wire):
    taking(wire)
    options = (
        "8307",  # the header ends before it
        "8302040a09000700",  # too short
        "8306080a09000700",
        "830a080a09000700090a0b00",
        "8300040a09000700",
        "832b2c0a09000700",  # more than 40 bytes
        "8307000a09000700",  # the pointer points to itself
        "8307030a09000700",
        "8307050a09000700",  # the pointer is odd
        "8307090a09000700",
        "0183070800000000",  # names nobody
        "018307087f000001",
        "01830708e0000001",
        "01830708ffffffff",
        "018307080a0900ff",
        "018307080a090002",  # ourselves
        "01890708c0000208",  # strict, from a gateway that is no neighbour
        "018307080a090007018307080a090008",  # two routes
        "018307080a090007018907080a090007",
        "4401000000000000",  # another option, which makes the list unreadable
    )
    for n, option in enumerate(options):
        option += "0" * (-len(option) % 8)
        wire.play("0 <== SYN 0 port=%d ipopt=%s" % (5001 + n, option))
    wire.play("0 us.stat InHdrErrors %d\n0 us.rows 1" % len(options))
    wire.play("""
        1  <== SYN      0  ipopt=0000000083000000   # behind the end of the list
        1  ==> SYN ACK  0  ack=1
        2  <== SYN      0  port=5001 ipopt=8307080a09000700
        2  ==> SYN ACK  0  ack=1 port=5001 route=7
    """)


@proves("RFC1122-3.2.1.8-2")
def test_a_packet_that_is_not_at_its_destination_is_dropped_as_for_others(wire):
    taking(wire)
    wire.play("""
        0  <== SYN  0  ipopt=018307040a090009
        1  <== SYN  0  port=5001 ipopt=01830b080a0900070a090009
        1  us.stat InAddrErrors 2
        1  us.rows 1
    """)


@proves("MUST-53")
def test_a_route_beside_other_options(wire):
    taking(wire)
    wire.play("""
        0  <== SYN      0  ipopt=0707040000000001830708c000020800
        0  ==> SYN ACK  0  ack=1 route=192.0.2.8
    """)


@proves("MUST-53")
def test_resets_and_echo_replies_go_plain(wire):
    taking(wire)
    wire.play("""
        0  <== SYN      0  to=81 route=7
        0  ==> RST ACK  0  ack=1 to=81
        1  <== ICMP echo len=8 route=7
        1  ==> ICMP reply len=8
    """)


@proves("MUST-53", "RFC1122-3.2.2.2-1")
def test_redirects_and_routes_get_along(wire):
    taking(wire)
    wire.play("""
        0  <== SYN      0  from=192.0.2.9 mss=1000
        0  ==> SYN ACK  0  ack=1 from=192.0.2.9 mac=1
        1  <== ACK      1  ack=1 from=192.0.2.9
        1  us.accept
        1  us.write 10
        1  ==> ACK      1:11  ack=1 from=192.0.2.9 mac=1
        2  <== ICMP redirect code=1 about=192.0.2.9 gw=10.9.0.20
        3  <== ACK      1  ack=11 from=192.0.2.9
        3  us.write 10
        3  ==> ACK      11:21  ack=1 from=192.0.2.9 mac=20
        4  <== ACK      1  ack=21 from=192.0.2.9 route=192.0.2.8,7
        4  us.write 10
        4  ==> ACK      21:31  ack=1 from=192.0.2.9 route=7,192.0.2.8
    """)


@proves("MUST-51", "RFC1122-3.2.2.2-1")
def test_a_redirect_about_the_first_gateway_counts_for_the_routes_over_it(wire):
    wire.build(_TAKING)
    wire.play("""
        0  us.connect 80 from=192.0.2.8
        0  ==> SYN  0  from=192.0.2.8 mac=1
        1  <== ICMP redirect code=1 about=192.0.2.8 gw=10.9.0.20
        2  us2.setsockopt OPTIONS route=192.0.2.8
        2  us2.connect 81 from=3
        2  ==> SYN  0  from=3 port=81 route=192.0.2.8 mac=20
    """)


@proves("MUST-51", "RFC1122-3.2.2.2-1")
def test_a_redirect_about_a_packet_with_a_route_is_not_about_its_end(wire):
    wire.build(_PLAIN)
    wire.play("""
        0  us.setsockopt OPTIONS route=192.0.2.8
        0  us.connect 80 from=192.0.2.9
        0  ==> SYN      0  from=192.0.2.9 route=192.0.2.8 mac=1
        1  <== SYN ACK  0  ack=1 from=192.0.2.9
        1  ==> ACK      1  ack=1 from=192.0.2.9 route=192.0.2.8 mac=1
        2  <== ICMP redirect code=1 about=192.0.2.9 gw=10.9.0.20
        3  us.setsockopt OPTIONS -
        3  us.write 10
        3  ==> ACK      1:11  ack=1 from=192.0.2.9 mac=1
    """)
