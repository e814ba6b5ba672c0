"""An address from a server (RFC 2131): discover to bound, the times of the lease, and what ends
it. What is not believed: test_dhcp_hostile.py; conflicts and link-local: test_claim.py."""

import dhcpopenings
from testing import proves


@proves(
    "RFC2131-4.1-1", "RFC2131-4.3.2-1", "RFC2131-3.1-1", "RFC2131-3.1-3", "RFC2131-2-3",
    "RFC2131-4.1-5", "RFC2131-2-2", "RFC2132-9.2-1", "RFC2131-3.5-1", "RFC2131-3.5-2",
    "RFC2131-2-1", "RFC2131-4.4.1-4", "RFC2131-4.4.1-5", "RFC1122-3.3.6-3",
)  # fmt: skip
def test_discover_to_bound(wire):
    dhcpopenings.off(wire)
    wire.play("""
        0     us.ipconfig dhcp4=1
        0     us.has no
        0     us.status 1
        0     ==> DHCP discover secs=0
        20    <== DHCP offer   your=10.9.0.2 lease=600
        20    ==> DHCP request want=10.9.0.2 server=10.9.0.1 secs=0 xid=same
        40    <== DHCP ack     your=10.9.0.2 lease=600 router=10.9.0.1 dns=10.9.0.7,10.9.0.8
        40    us.has no
        40    us.addr 0.0.0.0/0
        40    ==> ARP who 10.9.0.2 sender=0.0.0.0
        1040  ==> ARP who 10.9.0.2 sender=0.0.0.0
        2040  ==> ARP who 10.9.0.2 sender=0.0.0.0
        4040  ==> ARP who 10.9.0.2 sender=10.9.0.2
        4040  us.addr 10.9.0.2/24
        4040  us.gw   10.9.0.1
        4040  us.dns  10.9.0.7
        4040  us.has  yes
        4040  us.status 2
        6040  ==> ARP who 10.9.0.2 sender=10.9.0.2
        7000  <== ICMP echo len=8 id=1 seq=1
        7000  ==> ARP who 10.9.0.1
        7000  <== ARP is 10.9.0.1
        7000  ==> ICMP reply len=8 id=1 seq=1
        7000  us.stat DhcpInErrors 0
    """)


@proves("RFC2131-4.1-3")
def test_unanswered_discovers_come_after_4_8_16_32_and_64_seconds(wire):
    dhcpopenings.off(wire, wait=1000)  # 1000 of 0 to 2000: no jitter
    wire.play("""
        0     us.ipconfig dhcp4=1
        1000  ==> DHCP discover secs=0
        5000  ==> DHCP discover secs=4   xid=same
        13s   ==> DHCP discover secs=12  xid=same
        29s   ==> DHCP discover secs=28  xid=same
        30s   ==> ARP who 169.254.98.77 sender=0.0.0.0
        32s   ==> ARP who 169.254.98.77 sender=0.0.0.0
        34s   ==> ARP who 169.254.98.77 sender=0.0.0.0
        36s   ==> ARP who 169.254.98.77 sender=169.254.98.77
        38s   ==> ARP who 169.254.98.77 sender=169.254.98.77
        61s   ==> DHCP discover secs=60  xid=same
        125s  ==> DHCP discover secs=124 xid=same
        189s  ==> DHCP discover secs=188 xid=same
    """)


@proves("RFC2131-4.1-3")
def test_the_back_off_is_a_second_longer_at_most(wire):
    dhcpopenings.off(wire, wait=2000)
    wire.play("""
        0      us.ipconfig dhcp4=1
        999    ==> DHCP discover
        5999   ==> DHCP discover
        14999  ==> DHCP discover
        31999  ==> DHCP discover
    """)


@proves("RFC2131-4.1-4")
def test_two_stacks_choose_different_xids(wire):
    chosen = []
    for seed in (1, 2, 3):
        from clocked import Random
        from wire import Wire

        other = Wire(seed)
        other.random = Random(seed)
        other.link.arp_visible = True
        other.build(address=None, gateway=None)
        other.locks = False
        other.net.ipconfig(dhcp4=True)
        other.advance(2000)
        other.pump()
        chosen.append(other.seen[0].data[4:8])
        other.dispose()
    assert len(set(chosen)) == 3, chosen


@proves("RFC2131-3.1-4")
def test_a_request_without_an_answer_leads_back_to_discover(wire):
    dhcpopenings.asking(wire)
    wire.play("""
        1000   <== DHCP offer   your=10.9.0.2 lease=600
        1000   ==> DHCP request want=10.9.0.2 server=10.9.0.1 secs=0
        4000   ==> DHCP request want=10.9.0.2 server=10.9.0.1 secs=0 xid=same
        11000  ==> DHCP request want=10.9.0.2 server=10.9.0.1 secs=0 xid=same
        26000  ==> DHCP request want=10.9.0.2 server=10.9.0.1 secs=0 xid=same
        57000  ==> DHCP discover xid=new
        57000  us.has no
    """)


@proves("RFC2131-4.4.1-2", "RFC2131-3.1-1")
def test_the_first_offer_is_taken_and_the_second_server_is_told_so(wire):
    dhcpopenings.asking(wire)
    wire.play("""
        10  <== DHCP offer   your=10.9.0.2 lease=600 server=10.9.0.3 from=3
        10  ==> DHCP request want=10.9.0.2 server=10.9.0.3
        11  <== DHCP offer   your=10.9.0.9 lease=600
        12  <== DHCP ack     your=10.9.0.2 lease=600
        13  us.stat DhcpInErrors 2
        14  <== DHCP ack     your=10.9.0.2 lease=600 server=10.9.0.3 from=3
        14  ==> ARP who 10.9.0.2 sender=0.0.0.0
    """)


@proves("RFC2131-4.3.2-3", "RFC2131-4.4.5-2", "RFC2131-4.4.5-1", "RFC2131-4.4.1-3", "RFC2131-2-3")
def test_at_half_the_lease_the_server_is_asked_to_renew_it(wire):
    dhcpopenings.bound(wire)
    wire.play("""
        300s    ==> ARP who 10.9.0.1
        300s    <== ARP is 10.9.0.1
        301s    ==> DHCP request ciaddr=10.9.0.2 to=10.9.0.1 xid=new
        301010  <== DHCP ack your=10.9.0.2 lease=600 dst=10.9.0.2 router=10.9.0.1
        302s    us.has yes
        601s    ==> ARP who 10.9.0.1 ethdst=unicast mac=1
        601s    ==> DHCP request ciaddr=10.9.0.2 to=10.9.0.1 xid=new
        601s    <== ARP is 10.9.0.1
        602s    us.addr 10.9.0.2/24
    """)


@proves("RFC2131-4.3.2-4", "RFC2131-4.4.5-2", "RFC2131-4.4.5-3", "RFC2131-4.4.5-4")
def test_without_an_answer_it_is_rebound_by_anybody_and_lost_at_its_end(wire):
    dhcpopenings.bound(wire)
    wire.play("""
        10s     us.listen 80
        299s    <== ARP who 10.9.0.2
        299s    ==> ARP is 10.9.0.2 target=10.9.0.1
        300s    ==> DHCP request ciaddr=10.9.0.2 to=10.9.0.1
        412s    ==> ARP who 10.9.0.1 mac=1 ethdst=unicast
        412s    ==> DHCP request ciaddr=10.9.0.2 to=10.9.0.1 xid=new
        412s    <== ARP is 10.9.0.1
        472s    ==> ARP who 10.9.0.1 mac=1 ethdst=unicast
        472s    ==> DHCP request ciaddr=10.9.0.2 to=10.9.0.1 xid=new
        472s    <== ARP is 10.9.0.1
        525s    ==> DHCP request ciaddr=10.9.0.2
        585s    ==> DHCP request ciaddr=10.9.0.2
        599s    us.has yes
        599s    <== SYN 0
        599s    ==> ARP who 10.9.0.1 mac=1 ethdst=unicast
        599s    ==> SYN ACK 0 ack=1
        599s    <== ARP is 10.9.0.1
        599s    <== ACK 1 ack=1
        599s    us.accept
        600s    us.has no
        600s    us.addr 0.0.0.0/0
        600s    us.status 1
        600s    us.getsockopt ERROR EADDRNOTAVAIL
        600s    ==> DHCP discover
        600500  <== ACK 1 ack=1
        601s    us.rows 1 LISTEN
        601s    us.rows 1
    """)


@proves("RFC2131-4.3.2-3", "RFC2131-4.4.4-1")
def test_a_server_behind_a_relay_is_asked_through_the_router(wire):
    dhcpopenings.asking(wire)
    wire.play("""
        0     <== DHCP offer   your=10.9.0.2 lease=600 server=10.7.0.1
        0     ==> DHCP request want=10.9.0.2 server=10.7.0.1
        0     <== DHCP ack     your=10.9.0.2 lease=600 server=10.7.0.1 router=10.9.0.1
        0     ==> ARP who 10.9.0.2 sender=0.0.0.0
        1000  ==> ARP who 10.9.0.2 sender=0.0.0.0
        2000  ==> ARP who 10.9.0.2 sender=0.0.0.0
        4000  ==> ARP who 10.9.0.2 sender=10.9.0.2
        6000  ==> ARP who 10.9.0.2 sender=10.9.0.2
        300s  ==> ARP who 10.9.0.1
        300s  <== ARP is 10.9.0.1
        301s  ==> DHCP request ciaddr=10.9.0.2 to=10.7.0.1
        302s  us.ipconfig dhcp4=0
        302s  ==> DHCP release ciaddr=10.9.0.2 server=10.7.0.1 to=10.7.0.1
    """)


@proves("RFC2131-4.4.5-2")
def test_rebinding_takes_the_answer_of_another_server(wire):
    dhcpopenings.bound(wire, lease=120)
    wire.play("""
        60s     ==> ARP who 10.9.0.1
        61s     ==> ARP who 10.9.0.1
        62s     ==> ARP who 10.9.0.1
        63s     ==> ARP who 10.9.0.1
        64s     ==> ARP who 10.9.0.1
        65s     ==> ARP who 10.9.0.1
        105s    ==> DHCP request ciaddr=10.9.0.2
        106s    <== DHCP ack your=10.9.0.2 lease=120 server=10.9.0.3 from=3
        106s    us.has yes
        165s    ==> ARP who 10.9.0.3
        165s    <== ARP is 10.9.0.3
        166s    ==> DHCP request ciaddr=10.9.0.2 to=10.9.0.3
    """)


@proves("RFC2131-4.4.5-2")
def test_a_nak_ends_the_address_at_once(wire):
    dhcpopenings.bound(wire, lease=120)
    wire.play("""
        59s     <== ARP who 10.9.0.2
        59s     ==> ARP is 10.9.0.2 target=10.9.0.1
        60s     ==> DHCP request ciaddr=10.9.0.2 to=10.9.0.1
        60010   <== DHCP nak server=10.9.0.3 from=3
        60020   us.has yes
        60030   <== DHCP nak
        60030   us.has no
        60030   us.addr 0.0.0.0/0
        60030   ==> DHCP discover xid=new
        60031   us.stat DhcpInErrors 1
    """)


@proves("RFC2131-4.4.5-2")
def test_a_server_that_offers_and_refuses_is_asked_less_and_less_often(wire):
    dhcpopenings.asking(wire)
    wire.play("""
        0      <== DHCP offer   your=10.9.0.2 lease=600
        0      ==> DHCP request want=10.9.0.2 server=10.9.0.1
        1      <== DHCP nak
        1      ==> DHCP discover xid=new
        1      <== DHCP offer   your=10.9.0.2 lease=600
        1      ==> DHCP request want=10.9.0.2 server=10.9.0.1
        2      <== DHCP nak
        4002   ==> DHCP discover xid=new
        4002   <== DHCP offer   your=10.9.0.2 lease=600
        4002   ==> DHCP request want=10.9.0.2 server=10.9.0.1
        4003   <== DHCP nak
        12003  ==> DHCP discover xid=new
        12003  ==> ARP who 169.254.98.77 sender=0.0.0.0  # and in the end without a server
    """)


@proves("RFC2131-4.4.5-1", "RFC2132-9.2-1")
def test_the_times_of_the_server_come_before_ours(wire):
    dhcpopenings.bound(wire, lease=3600, more="t1=100 t2=200")
    wire.play("""
        100s  ==> ARP who 10.9.0.1
        100s  <== ARP is 10.9.0.1
        101s  ==> DHCP request ciaddr=10.9.0.2 to=10.9.0.1
        161s  ==> ARP who 10.9.0.1 mac=1 ethdst=unicast
        161s  ==> DHCP request ciaddr=10.9.0.2 to=10.9.0.1
        161s  <== ARP is 10.9.0.1
        200s  ==> DHCP request ciaddr=10.9.0.2
    """)


@proves("RFC2131-4.4.5-1")
def test_times_in_a_wrong_order_are_not_used(wire):
    dhcpopenings.bound(wire, lease=120, more="t1=110 t2=100")
    wire.play("""
        60s  ==> ARP who 10.9.0.1
    """)


@proves("RFC2131-4.4.5-1")
def test_a_server_that_wants_to_be_asked_every_second_is_not(wire):
    dhcpopenings.bound(wire, lease=120, more="t1=1 t2=100")
    wire.play("""
        60s  ==> ARP who 10.9.0.1
    """)


@proves("RFC2131-4.4.5-1")
def test_a_lease_for_ever_is_never_renewed(wire):
    dhcpopenings.bound(wire, lease=0xFFFFFFFF)
    wire.play("""
        3600s  us.has yes
    """)


@proves("RFC2131-4.4.5-1")
def test_a_lease_of_a_hundred_years_is_renewed_when_its_server_says_so(wire):
    dhcpopenings.bound(wire, lease=3000000000, more="t1=60 t2=70")
    wire.play("""
        60s  ==> ARP who 10.9.0.1
    """)


@proves("RFC2131-3.7-1", "RFC2131-4.3.2-2", "RFC2131-3.2-1", "RFC5227-2.1-1")
def test_after_a_loss_of_the_link_the_address_is_verified(wire):
    dhcpopenings.bound(wire)
    wire.play("""
        20s     us.link down
        29500   us.link up
        30s     ==> DHCP request want=10.9.0.2
        30010   us.has yes
        30010   <== DHCP ack your=10.9.0.2 lease=600 server=10.9.0.3 from=3
        30010   ==> ARP who 10.9.0.2 sender=0.0.0.0
        31010   ==> ARP who 10.9.0.2 sender=0.0.0.0
        32010   ==> ARP who 10.9.0.2 sender=0.0.0.0
        34010   ==> ARP who 10.9.0.2 sender=10.9.0.2
        36010   ==> ARP who 10.9.0.2 sender=10.9.0.2
        329s    us.has yes
        330s    ==> ARP who 10.9.0.3
    """)


@proves("RFC2131-3.2-1", "RFC2131-4.3.2-2")
def test_a_link_that_came_up_elsewhere_gets_another_address(wire):
    dhcpopenings.bound(wire)
    wire.play("""
        20s     us.link down
        29500   us.link up
        30s     ==> DHCP request want=10.9.0.2
        30010   <== DHCP nak server=10.9.0.3 from=3
        30010   us.addr 0.0.0.0/0
        30010   ==> DHCP discover
    """)


@proves("RFC2131-3.2-1")
def test_without_an_answer_the_lease_is_used_until_it_ends(wire):
    dhcpopenings.bound(wire)
    wire.play("""
        20s     us.link down
        29500   us.link up
        30s     ==> DHCP request want=10.9.0.2
        33s     ==> DHCP request want=10.9.0.2 xid=same
        40s     ==> ARP who 10.9.0.2 sender=0.0.0.0
        41s     ==> ARP who 10.9.0.2 sender=0.0.0.0
        42s     ==> ARP who 10.9.0.2 sender=0.0.0.0
        42s     us.has yes
        44s     ==> ARP who 10.9.0.2 sender=10.9.0.2
        46s     ==> ARP who 10.9.0.2 sender=10.9.0.2
        299s    us.has yes
        300s    ==> ARP who 10.9.0.1
    """)


@proves("RFC2131-4.4.5-4", "RFC2131-3.2-1")
def test_a_lease_that_ends_while_the_link_is_gone_again_is_not_verified(wire):
    dhcpopenings.bound(wire, lease=60, more="t1=57 t2=58")
    wire.play("""
        20s     us.link down
        24500   us.link up
        25s     ==> DHCP request want=10.9.0.2
        25500   us.link down
        57s     ==> ARP who 10.9.0.1
        58s     ==> ARP who 10.9.0.1
        58s     ==> DHCP request ciaddr=10.9.0.2
        59s     ==> ARP who 10.9.0.1
        59999   us.addr 10.9.0.2/24
        60s     us.addr 0.0.0.0/0
        70500   us.link up
        71s     ==> DHCP discover
    """)


@proves("RFC2131-4.4.5-4")
def test_a_lease_that_ends_while_the_stack_is_off_is_not_verified(wire):
    dhcpopenings.bound(wire, lease=60)
    wire.play("""
        20s     us.active off
        90s     us.active on
        90s     us.addr 0.0.0.0/0
        90s     ==> DHCP discover
    """)


@proves("RFC2131-3.7-1")
def test_nothing_is_asked_while_the_link_is_down(wire):
    dhcpopenings.off(wire)
    wire.play("""
        0     us.link down
        0     us.ipconfig dhcp4=1
        9500  us.status 0
        9500  us.link up
        10s   ==> DHCP discover
        11s   us.link down
        40s   us.link up
        41s   ==> DHCP discover xid=new
    """)


@proves("RFC2131-3.7-1")
def test_a_stack_switched_off_and_on_verifies_its_address(wire):
    dhcpopenings.bound(wire)
    wire.play("""
        20s     us.active off
        50s     us.active on
        50s     ==> DHCP request want=10.9.0.2
        50s     us.has yes
        50010   <== DHCP ack your=10.9.0.2 lease=600
        50010   ==> ARP who 10.9.0.2 sender=0.0.0.0
        51010   ==> ARP who 10.9.0.2 sender=0.0.0.0
        52010   ==> ARP who 10.9.0.2 sender=0.0.0.0
        54010   ==> ARP who 10.9.0.2 sender=10.9.0.2
    """)


@proves("RFC2131-2-2", "RFC2131-4.1-5")
def test_a_server_that_answers_to_the_address_it_gives_is_heard(wire):
    dhcpopenings.asking(wire)
    wire.play("""
        0     <== DHCP offer   your=10.9.0.2 lease=600 dst=10.9.0.2
        0     ==> DHCP request want=10.9.0.2 server=10.9.0.1
        0     <== SYN 0                                     # it is not ours yet
        0     <== DHCP ack     your=10.9.0.2 lease=600 dst=10.9.0.2 sum=bad
        0     us.stat UdpInErrors 1
        0     <== DHCP ack     your=10.9.0.2 lease=600 dst=10.9.0.2
        0     ==> ARP who 10.9.0.2 sender=0.0.0.0
        0     us.stat InAddrErrors 1
    """)


@proves("RFC2131-4.4.4-1", "RFC2131-4.4.1-5")
def test_dhcp4_false_gives_the_address_back(wire):
    dhcpopenings.bound(wire)
    wire.play("""
        11s     us.ipconfig dhcp4=0
        11s     ==> DHCP release ciaddr=10.9.0.2 server=10.9.0.1 to=10.9.0.1
        11s     us.addr 0.0.0.0/0
        11s     us.has no
        900s    us.status 1
    """)


@proves("RFC2131-4.4.4-1", "RFC1122-3.3.1-4")
def test_an_address_by_hand_ends_the_client(wire):
    dhcpopenings.bound(wire)
    wire.play("""
        10s     <== ARP who 10.9.0.2
        10s     ==> ARP is 10.9.0.2 target=10.9.0.1
        11s     us.ipconfig addr4=10.9.0.2/16
        11s     ==> DHCP release ciaddr=10.9.0.2 server=10.9.0.1 to=10.9.0.1
        11s     ==> ARP who 10.9.0.2 sender=10.9.0.2
        11s     us.addr 10.9.0.2/16
        700s    us.addr 10.9.0.2/16
    """)


@proves("RFC2131-2-1")
def test_the_host_name_is_the_program_s_or_made_of_the_hardware_address(wire):
    dhcpopenings.off(wire)
    wire.play("""
        0     us.ipconfig dhcp4=1
        0     ==> DHCP discover name=ferrule-000002
        1     us.hostname kitchen-7
        3000  ==> DHCP discover name=kitchen-7
    """)
    assert wire.net.config("hostname") == "kitchen-7"
    for name in ("a.b", "-a", "a-", "a" * 64, "ä", "a b"):
        try:
            wire.net.config(hostname=name)
        except ValueError:
            continue
        raise AssertionError(name)
    assert wire.net.config("hostname") == "kitchen-7"


@proves("RFC2131-4.1-2", "RFC2132-2-1", "RFC2132-3.3-1", "RFC2132-3.5-1")
def test_file_and_sname_are_read_as_options_when_the_server_says_so(wire):
    dhcpopenings.asking(wire)
    wire.play("""
        0  <== DHCP offer   your=10.9.0.2 lease=600
        0  ==> DHCP request want=10.9.0.2 server=10.9.0.1
        # options: kind, server, overload 3; file: lease 600, mask /16, padding; sname: a router
        # that is not ours, a router of ours, and another mask, which comes too late
        0  <== DHCP ack your=10.9.0.2 opts=35010536040a090001340103 """
        """file=000033040000025800010 4ffff0000ff sname=03080a0800010a0903fe0104ff000000ff
        0     ==> ARP who 10.9.0.2 sender=0.0.0.0
        1000  ==> ARP who 10.9.0.2 sender=0.0.0.0
        2000  ==> ARP who 10.9.0.2 sender=0.0.0.0
        4000  ==> ARP who 10.9.0.2 sender=10.9.0.2
        4000  us.addr 10.9.0.2/16
        4000  us.gw   10.9.3.254
    """.replace("00010 4", "000104"))


@proves("RFC2132-3.3-1")
def test_without_a_mask_the_address_has_that_of_its_class(wire):
    dhcpopenings.asking(wire)
    wire.play("""
        0     <== DHCP offer   your=10.9.0.2 lease=600 mask=-
        0     ==> DHCP request want=10.9.0.2 server=10.9.0.1
        0     <== DHCP ack     your=10.9.0.2 lease=600 mask=-
        0     ==> ARP who 10.9.0.2 sender=0.0.0.0
        1000  ==> ARP who 10.9.0.2 sender=0.0.0.0
        2000  ==> ARP who 10.9.0.2 sender=0.0.0.0
        4000  ==> ARP who 10.9.0.2 sender=10.9.0.2
        4000  us.addr 10.9.0.2/8
    """)


@proves("RFC2131-4.4.5-1")
def test_a_busy_link_only_delays(wire):
    dhcpopenings.off(wire)
    wire.play("""
        0     us.refuse 2
        0     us.ipconfig dhcp4=1
        0     ==> DHCP discover
    """)
