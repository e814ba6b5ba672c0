"""An address is asked for before it is used, announced, and defended (RFC 5227): by DHCP, which
tells the server of a conflict (RFC 2131), and link-local, when no server answers (RFC 3927)."""

import dhcpopenings
from testing import proves


def checking(wire, **options):
    """The lease is granted at 0, and the first of three probes has gone out."""
    dhcpopenings.asking(wire, **options)
    wire.bring("""
        0     <== DHCP offer   your=10.9.0.2 lease=600
        0     ==> DHCP request want=10.9.0.2 server=10.9.0.1
        0     <== DHCP ack     your=10.9.0.2 lease=600
        0     ==> ARP who 10.9.0.2 sender=0.0.0.0
    """)


@proves("RFC5227-1.1-1", "RFC5227-2.1-1", "RFC5227-2.1.1-1", "RFC5227-2.3-1", "RFC5227-2.5-1")
def test_three_probes_two_announcements_and_then_silence(wire):
    dhcpopenings.off(wire, wait=500)
    wire.play("""
        0     us.ipconfig dhcp4=1
        500   ==> DHCP discover
        500   <== DHCP offer   your=10.9.0.2 lease=4294967295
        500   ==> DHCP request want=10.9.0.2 server=10.9.0.1
        500   <== DHCP ack     your=10.9.0.2 lease=4294967295
        900   <== ARP who 10.9.0.2          # not answered: it is not ours yet
    """)
    probes = []
    while len(probes) < 3:
        wire.advance(wire.clock.now + 3000)
        probes.append((wire.now(), wire.seen.pop(0)))
    assert [at for at, _ in probes] == [1000, 2500, 4000]
    for _, frame in probes:
        assert frame.op == 1 and frame.eth_dst == b"\xff" * 6 and not frame.wrong
        assert (frame.src, frame.dst) == (bytes(4), b"\x0a\x09\x00\x02")
        assert (frame.sender_mac, frame.target_mac) == (wire.link.mac, bytes(6))
    wire.play("""
        6000    ==> ARP who 10.9.0.2 sender=10.9.0.2
        6010    <== ARP who 10.9.0.2 sender=0.0.0.0 mac=9
        6010    ==> ARP is 10.9.0.2  target=0.0.0.0 mac=9
        8000    ==> ARP who 10.9.0.2 sender=10.9.0.2
        1000s   us.has yes
    """)


@proves("RFC5227-2.1.1-2", "RFC2131-3.1-2", "RFC2131-4.4.4-1", "RFC2131-4.4.1-5")
def test_who_answers_a_probe_has_the_address_and_the_server_is_told(wire):
    checking(wire)
    wire.play("""
        1000   ==> ARP who 10.9.0.2 sender=0.0.0.0
        1500   <== ARP is 10.9.0.2  mac=77 target=0.0.0.0
        1500   ==> DHCP decline want=10.9.0.2 server=10.9.0.1
        1500   us.addr 0.0.0.0/0
        11500  ==> DHCP discover xid=new
        11500  <== DHCP offer   your=10.9.0.3 lease=600
        11500  ==> DHCP request want=10.9.0.3 server=10.9.0.1
    """)


@proves("RFC5227-2.1.1-2")
def test_any_arp_from_the_address_is_a_conflict_until_two_seconds_after_the_last_probe(wire):
    checking(wire)
    wire.play("""
        1000   ==> ARP who 10.9.0.2 sender=0.0.0.0
        2000   ==> ARP who 10.9.0.2 sender=0.0.0.0
        3999   <== ARP who 10.9.0.50 sender=10.9.0.2 mac=77
        3999   ==> DHCP decline want=10.9.0.2 server=10.9.0.1
        3999   us.addr 0.0.0.0/0
    """)


@proves("RFC5227-2.1.1-3")
def test_somebody_else_s_probe_is_a_conflict(wire):
    checking(wire)
    wire.play("""
        500    <== ARP who 10.9.0.2 sender=0.0.0.0 mac=77
        500    ==> DHCP decline want=10.9.0.2 server=10.9.0.1
    """)


@proves("RFC5227-2.1.1-2", "RFC5227-2.1.1-3")
def test_our_own_probes_coming_back_and_other_addresses_are_none(wire):
    checking(wire)
    wire.play("""
        500    <== ARP who 10.9.0.2 sender=0.0.0.0 mac=2    # ours, from a bridge
        600    <== ARP who 10.9.0.3 sender=0.0.0.0 mac=77
        700    <== ARP is 10.9.0.3  mac=78
        800    <== ARP is 10.9.0.2  mac=77 hw=6            # no Ethernet
        900    <== ARP is 10.9.0.2  mac=77 op=9
        1000   ==> ARP who 10.9.0.2 sender=0.0.0.0
        2000   ==> ARP who 10.9.0.2 sender=0.0.0.0
        4000   ==> ARP who 10.9.0.2 sender=10.9.0.2
        4000   us.has yes
    """)


@proves("RFC5227-2.4-1")
def test_a_claim_on_our_address_is_answered_once(wire):
    dhcpopenings.bound(wire)
    wire.play("""
        20000  <== ARP is 10.9.0.2  mac=77
        20000  ==> ARP who 10.9.0.2 sender=10.9.0.2
        30000  <== ARP is 10.9.0.2  mac=77
        30000  ==> ARP who 10.9.0.2 sender=10.9.0.2
        40000  us.has yes
    """)


@proves("RFC5227-2.4-1", "RFC5227-2.4-2", "RFC2131-3.1-2", "RFC2131-4.4.4-1")
def test_a_second_claim_within_ten_seconds_and_the_address_is_given_up(wire):
    dhcpopenings.bound(wire)
    wire.play("""
        10000  us.listen 80
        10000  <== ARP who 10.9.0.2
        10000  ==> ARP is 10.9.0.2 target=10.9.0.1
        10000  <== SYN      0
        10000  ==> SYN ACK  0  ack=1
        10000  <== ACK      1  ack=1
        10000  us.accept
        20000  <== ARP is 10.9.0.2  mac=77
        20000  ==> ARP who 10.9.0.2 sender=10.9.0.2
        29999  <== ARP is 10.9.0.2  mac=77
        29999  ==> RST ACK 1  ack=1
        29999  ==> DHCP decline want=10.9.0.2 server=10.9.0.1
        29999  us.addr 0.0.0.0/0
        29999  us.status 1
        29999  us.getsockopt ERROR EADDRNOTAVAIL
        29999  us.rows 1
        39999  ==> DHCP discover
    """)


@proves("RFC5227-2.4-3")
def test_an_address_by_hand_is_kept_and_defended_once_in_ten_seconds(wire):
    wire.link.arp_visible = True
    wire.build()
    wire.seen = []
    wire.play("""
        100    <== ARP is 10.9.0.2  mac=77
        100    ==> ARP who 10.9.0.2 sender=10.9.0.2
        5000   <== ARP is 10.9.0.2  mac=77
        10099  <== ARP is 10.9.0.2  mac=77
        10100  <== ARP is 10.9.0.2  mac=77
        10100  ==> ARP who 10.9.0.2 sender=10.9.0.2
        10200  us.status 2
    """)


@proves("RFC5227-2.1.1-4")
def test_after_ten_conflicts_one_address_a_minute(wire):
    dhcpopenings.asking(wire)
    probes = []
    while len(probes) < 14:
        wire.advance(wire.clock.now + 300000)
        frame = wire.seen.pop(0)
        if frame.kind == "ARP":  # each address is somebody's
            probes.append(wire.now())
            wire.offer(_claim(wire, frame.dst))
            wire.pump()
    gaps = [b - a for a, b in zip(probes, probes[1:])]
    assert max(gaps[:9]) < 2000, gaps
    assert min(gaps[9:]) >= 60000, gaps


def _claim(wire, address):
    import frames

    mac = b"\x02\x00\x00\x00\x00\x63"
    message = frames.arp(2, mac, address, wire.link.mac, bytes(4))
    return frames.eth(wire.link.mac, mac, frames.ETH_ARP, message)


@proves("RFC5227-2.4-1", "RFC5227-2.1.1-2", "RFC5227-2.4-2")
def test_link_local_is_given_up_for_another_and_its_connections_are_told(wire):
    dhcpopenings.link_local(wire)
    wire.play("""
        40000  <== ARP is 169.254.98.77 mac=77
        40000  ==> ARP who 169.254.98.77 sender=169.254.98.77
        41000  <== ARP is 169.254.98.77 mac=77
        41000  us.addr 0.0.0.0/0
        41000  ==> ARP who 169.254.95.206 sender=0.0.0.0
        42000  ==> ARP who 169.254.95.206 sender=0.0.0.0
        43000  ==> ARP who 169.254.95.206 sender=0.0.0.0
        45000  ==> ARP who 169.254.95.206 sender=169.254.95.206
        45000  us.addr 169.254.95.206/16
        45000  us.status 2
        45000  us.has no
        47000  ==> ARP who 169.254.95.206 sender=169.254.95.206
    """)


@proves("RFC5227-2.6-1", "RFC5227-2.5-1")
def test_link_local_answers_everybody_for_so_rfc_3927_wants_it(wire):
    dhcpopenings.link_local(wire)
    wire.play("""
        40000  <== ARP who 169.254.98.77 from=169.254.7.7
        40000  ==> ARP is 169.254.98.77 target=169.254.7.7 ethdst=broadcast
    """)


@proves("RFC2131-4.1-3", "RFC2131-4.4.5-4")
def test_a_server_that_comes_up_later_takes_link_local_s_place(wire):
    dhcpopenings.link_local(wire)
    wire.play("""
        40000  us.listen 80
        56000  ==> DHCP discover xid=same
        56010  <== DHCP offer   your=10.9.0.2 lease=600
        56010  ==> DHCP request want=10.9.0.2 server=10.9.0.1
        56020  <== DHCP ack     your=10.9.0.2 lease=600 router=10.9.0.1
        56020  ==> ARP who 10.9.0.2 sender=0.0.0.0
        57020  ==> ARP who 10.9.0.2 sender=0.0.0.0
        57500  us.addr 169.254.98.77/16
        58020  ==> ARP who 10.9.0.2 sender=0.0.0.0
        60020  ==> ARP who 10.9.0.2 sender=10.9.0.2
        60020  us.addr 10.9.0.2/24
        60020  us.has yes
        62020  ==> ARP who 10.9.0.2 sender=10.9.0.2
        62100  <== ARP who 169.254.98.77 from=3
        62100  <== ARP who 10.9.0.2
        62100  ==> ARP is 10.9.0.2 target=10.9.0.1
        62200  us.rows 1 LISTEN
    """)


@proves("RFC5227-2.1-1")
def test_link_local_is_probed_again_when_the_link_comes_back(wire):
    dhcpopenings.link_local(wire)
    wire.play("""
        40000  us.link down
        49500  us.link up
        50000  ==> ARP who 169.254.98.77 sender=0.0.0.0
        50000  ==> DHCP discover
        50000  us.addr 169.254.98.77/16
        51000  ==> ARP who 169.254.98.77 sender=0.0.0.0
        52000  ==> ARP who 169.254.98.77 sender=0.0.0.0
        53000  ==> DHCP discover
        54000  ==> ARP who 169.254.98.77 sender=169.254.98.77
        56000  ==> ARP who 169.254.98.77 sender=169.254.98.77
    """)


@proves("RFC2131-3.1-3")
def test_the_link_local_address_is_made_of_the_hardware_address(wire):
    from wire import Wire

    seen = []
    for last in (2, 3, 2):
        other = Wire()
        other.link.mac = b"\x02\x00\x00\x00\x00" + bytes((last,))
        dhcpopenings.off(other)
        other.net.ipconfig(dhcp4=True)
        while not [frame for frame in other.seen if frame.kind == "ARP"]:
            other.seen = []
            other.advance(60000)
        seen.append([frame for frame in other.seen if frame.kind == "ARP"][0].dst)
        other.dispose()
    assert seen[0] == seen[2] != seen[1], seen
    for address in seen:
        assert address[:2] == b"\xa9\xfe" and 1 <= address[2] <= 254, address
