"""ARP: asking, answering, announcing, ageing, and the packet that waits. Here the harness does not
answer by itself."""

from testing import proves


def visible(wire, **options):
    """A stack that listens on port 80, its ARP in the ladder."""
    wire.link.arp_visible = True
    wire.build(**options)
    wire.seen = []
    wire.play("0 us.listen 80")
    wire.mark()


def known(wire, **options):
    """The same, and it has learned the gateway's address at 0."""
    visible(wire, **options)
    wire.play("""
        0  <== ARP who 10.9.0.2
        0  ==> ARP is 10.9.0.2 target=10.9.0.1
    """)


@proves("RFC2131-4.4.1-4")
def test_a_new_address_is_announced(wire):
    wire.link.arp_visible = True
    wire.build()
    frames = wire.seen
    wire.seen = []
    assert frames
    for frame in frames:
        assert frame.kind == "ARP" and frame.op == 1 and not frame.wrong
        assert frame.src == frame.dst == b"\x0a\x09\x00\x02" and frame.eth_dst == b"\xff" * 6
        assert frame.target_mac == bytes(6)


@proves("RFC826-2", "RFC5227-2.6-1", "RFC1122-2.3.3-3")
def test_a_request_for_our_address_is_answered_to_its_sender(wire):
    visible(wire)
    wire.play("""
        0  <== ARP who 10.9.0.2  from=3
        0  ==> ARP is 10.9.0.2   target=10.9.0.3 mac=3
    """)


@proves("RFC5227-2.5-1")
def test_a_probe_for_our_address_is_answered(wire):
    visible(wire)
    wire.play("""
        0  <== ARP who 10.9.0.2  sender=0.0.0.0 mac=9
        0  ==> ARP is 10.9.0.2   target=0.0.0.0 mac=9
    """)


@proves("RFC826-1")
def test_a_request_for_another_address_is_not_answered(wire):
    visible(wire)
    wire.play("""
        0    <== ARP who 10.9.0.3
        100  us.poll
    """)


@proves("RFC1122-2.3.2.2-1", "RFC1122-2.4-2", "RFC826-1")
def test_a_packet_waits_for_the_answer(wire):
    visible(wire)
    wire.play("""
        0   <== SYN  0
        0   ==> ARP who 10.9.0.1 sender=10.9.0.2
        50  <== ARP is 10.9.0.1
        50  ==> SYN ACK  0  ack=1
    """)


@proves("RFC826-1")
def test_a_request_to_us_teaches_its_sender(wire):
    visible(wire)
    wire.play("""
        0  <== ARP who 10.9.0.2
        0  ==> ARP is 10.9.0.2  target=10.9.0.1
        5  <== SYN      0
        5  ==> SYN ACK  0  ack=1
    """)


@proves("RFC826-1")
def test_a_request_to_somebody_else_teaches_nothing_new(wire):
    visible(wire)
    wire.play("""
        0  <== ARP who 10.9.0.3
        5  <== SYN  0
        5  ==> ARP who 10.9.0.1
    """)


@proves("RFC826-1")
def test_an_announcement_changes_a_known_address(wire):
    known(wire)
    wire.play("""
        5  <== ARP who 10.9.0.1  mac=33
        6  <== SYN      0
        6  ==> SYN ACK  0  ack=1 mac=33
    """)


@proves("RFC826-1")
def test_an_answer_changes_a_known_address(wire):
    known(wire)
    wire.play("""
        5  <== ARP is 10.9.0.1  mac=33
        6  <== SYN      0
        6  ==> SYN ACK  0  ack=1 mac=33
    """)


@proves("RFC1122-2.3.2.1-2")
def test_requests_are_a_second_apart_and_end_after_three(wire):
    visible(wire)
    wire.play("""
        0     <== ACK  5  ack=7 to=81
        0     ==> ARP who 10.9.0.1
        1000  ==> ARP who 10.9.0.1
        2000  ==> ARP who 10.9.0.1
        2999  us.stat ArpFailures 0
        3000  us.stat ArpFailures 1
        5000  us.stat ArpQueueDrops 1
    """)


@proves("RFC1122-2.3.2.1-2", "RFC1122-2.3.2.2-1")
def test_the_latest_packet_waits_and_more_packets_ask_no_more(wire):
    visible(wire)
    wire.play("""
        0    <== SYN  0  port=5001
        0    ==> ARP who 10.9.0.1
        10   <== SYN  0  port=5002
        500  us.stat ArpQueueDrops 1
        600  <== ARP is 10.9.0.1
        600  ==> SYN ACK  0  ack=1 port=5002
        1000 ==> SYN ACK  0  ack=1 port=5001
    """)


@proves("RFC1122-2.3.2.2-1")
def test_an_echo_reply_of_up_to_86_bytes_waits(wire):
    """128 bytes of frame: what every ping sends by itself fits."""
    visible(wire)
    wire.play("""
        0    <== ICMP echo   id=7 seq=1 len=56
        0    ==> ARP who 10.9.0.1
        10   <== ARP is 10.9.0.1
        10   ==> ICMP reply  id=7 seq=1 len=56
    """)


@proves("RFC1122-2.3.2.2-1")
def test_a_longer_packet_finds_no_room(wire):
    visible(wire)
    wire.play("""
        0    <== ICMP echo   id=7 seq=1 len=86
        0    ==> ARP who 10.9.0.1
        5    <== ICMP echo   id=7 seq=2 len=87
        5    us.stat ArpQueueDrops 1
        10   <== ARP is 10.9.0.1
        10   ==> ICMP reply  id=7 seq=1 len=86
        20   us.stat ArpQueueDrops 1
    """)


@proves("RFC6298-5.4")
def test_text_that_found_no_room_is_sent_again_by_its_timer(wire):
    """The neighbour is forgotten under a connection: a full segment does not wait for it."""
    known(wire, neighbours=1)
    wire.play("""
        1     <== SYN      0
        1     ==> SYN ACK  0  ack=1
        2     <== ACK      1  ack=1
        10    <== ARP who 10.9.0.2  from=3
        10    ==> ARP is 10.9.0.2   target=10.9.0.3
        20    us.write 500
        20    ==> ARP who 10.9.0.1
        30    us.stat ArpQueueDrops 1
        40    <== ARP is 10.9.0.1
        1020  ==> ACK  1:501  ack=1
        1030  <== ACK  1      ack=501
    """)


@proves("RFC1122-2.3.2.2-1")
def test_the_connection_opens_when_the_neighbour_answers_late(wire):
    visible(wire)
    wire.play("""
        0     us.connect 80
        0     ==> ARP who 10.9.0.1
        1000  ==> ARP who 10.9.0.1
        1500  <== ARP is 10.9.0.1
        1500  ==> SYN      0
        1510  <== SYN ACK  0  ack=1
        1510  ==> ACK      1  ack=1
        1510  us.state     ESTABLISHED
    """)


@proves("RFC1122-3.3.1-1")
def test_a_far_address_is_reached_by_the_gateway(wire):
    visible(wire)
    wire.play("""
        0  us.connect 80 from=192.0.2.1
        0  ==> ARP who 10.9.0.1
        1  <== ARP is 10.9.0.1
        1  ==> SYN  0  from=192.0.2.1 port=80
    """)


@proves("RFC1122-3.3.1-1", "RFC1122-3.2.1.3-1")
def test_a_near_address_is_asked_for_itself(wire):
    known(wire)
    wire.play("""
        0  us.connect 80 from=7
        0  ==> ARP who 10.9.0.7
        1  <== ARP is 10.9.0.7
        1  ==> SYN  0  from=7 port=80 mac=7
    """)


@proves("RFC1122-3.3.1-1")
def test_without_a_gateway_far_addresses_are_unreachable_and_near_ones_work(wire):
    wire.link.arp_visible = True
    wire.build(gateway="0.0.0.0")
    wire.seen = []
    wire.play("""
        0  us.connect 80  from=192.0.2.1 error ENETUNREACH
        0  us2.connect 80 from=7
        0  ==> ARP who 10.9.0.7
    """)


@proves("RFC1122-2.3.2.1-1")
def test_an_old_entry_is_asked_for_by_unicast_while_it_is_used(wire):
    known(wire)
    wire.play("""
        70s  <== SYN  0
        70s  ==> ARP who 10.9.0.1 ethdst=unicast mac=1
        70s  ==> SYN ACK  0  ack=1
        +10  <== ARP is 10.9.0.1
        +10  <== RST  1
    """)


@proves("RFC1122-2.3.2.1-1")
def test_an_old_entry_that_does_not_answer_is_forgotten(wire):
    known(wire)
    wire.play("""
        70s  <== SYN  0
        70s  ==> ARP who 10.9.0.1 ethdst=unicast
        70s  ==> SYN ACK  0  ack=1
        70s  <== RST  1
        71s  ==> ARP who 10.9.0.1 ethdst=unicast
        72s  ==> ARP who 10.9.0.1 ethdst=unicast
        80s  <== SYN  0  isn=0
        80s  ==> ARP who 10.9.0.1
    """)


@proves("RFC1122-2.3.2.1-1")
def test_the_cache_is_bounded_and_works_when_full(wire):
    visible(wire, neighbours=2)
    wire.play("""
        0  <== ARP who 10.9.0.2  from=3
        0  ==> ARP is 10.9.0.2   target=10.9.0.3
        1  <== ARP who 10.9.0.2  from=4
        1  ==> ARP is 10.9.0.2   target=10.9.0.4
        2  <== ARP who 10.9.0.2  from=5
        2  ==> ARP is 10.9.0.2   target=10.9.0.5
        3  <== SYN      0  from=5
        3  ==> SYN ACK  0  ack=1 from=5
        4  us.stat ArpEvictions 1
    """)


@proves("RFC826-1")
def test_a_claim_on_our_address_is_answered_by_an_announcement(wire):
    visible(wire)
    wire.play("""
        5000  <== ARP is 10.9.0.2  mac=77
        5000  ==> ARP who 10.9.0.2 sender=10.9.0.2
    """)


@proves("RFC826-1")
def test_malformed_arp_is_dropped_and_counted(wire):
    visible(wire)
    wire.play("""
        0  <== ARP who 10.9.0.2  hw=6
        1  <== ARP who 10.9.0.2  op=9
        2  <== ARP who 10.9.0.2  cut=3
        3  us.stat ArpInErrors 3
    """)


@proves("RFC826-1", "RFC1122-3.2.1.3-4")
def test_impossible_senders_are_not_learned(wire):
    visible(wire)
    wire.play("""
        0  <== ARP is 127.0.0.1
        1  <== ARP is 224.0.0.1
        2  <== ARP is 0.0.0.0
        3  us.stat ArpIn 0
        3  us.stat ArpInErrors 3
    """)
