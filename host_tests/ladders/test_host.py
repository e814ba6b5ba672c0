"""The host around TCP: its address, broadcasts, what its ICMP errors look like, numbers of a new
start."""

from testing import errno_of, proves, raises
from wire import Wire


@proves("RFC1122-3.3.1-4", "RFC1122-3.2.1.3-1")
def test_address_mask_and_gateway_are_set_by_hand(wire):
    wire.link.arp_visible = True
    net = wire.build(address=None, gateway=None)
    net.ifconfig(("10.9.0.2", "255.255.255.128", "10.9.0.5", "10.9.0.1"))
    wire.pump()
    wire.seen = []  # the announcement
    assert net.ifconfig() == ("10.9.0.2", "255.255.255.128", "10.9.0.5", "10.9.0.1")
    wire.play("""
        0  us.connect 80   from=7
        0  ==> ARP who 10.9.0.7
        0  us2.connect 80  from=200
        0  ==> ARP who 10.9.0.5
    """)


@proves("RFC1122-3.3.1-4")
def test_addresses_that_are_none_are_refused(wire):
    net = wire.build()
    for wrong in ("10.9.0", "10.9.0.256", "name", ""):
        error = raises(OSError, net.ifconfig, (wrong, "255.255.255.0", "0.0.0.0", "0.0.0.0"))
        assert error.args[0] == errno_of("EINVAL")
    assert net.ifconfig()[:2] == ("10.9.0.2", "255.255.255.0")


@proves("RFC1122-3.2.1.3-2")
def test_nothing_is_sent_from_a_host_without_address(wire):
    wire.link.arp_visible = True
    wire.build(address=None, gateway=None)
    wire.play("""
        0  <== SYN  0
        0  <== ICMP echo  len=10
        0  <== SYN  0  dst=0.0.0.0
        0  <== ARP who 0.0.0.0
        0  us.connect 80 error ENETUNREACH
        9  us.stat OutSegs 0
    """)


@proves("RFC1122-3.2.1.3-2")
def test_answers_come_from_our_own_address(wire):
    wire.link.arp_visible = True
    wire.build()
    wire.seen = []
    wire.play("""
        0  <== ARP who 10.9.0.2
        0  ==> ARP is 10.9.0.2 target=10.9.0.1
        0  <== SYN      0  to=81
        0  ==> RST ACK  0  ack=1 to=81
        1  <== ICMP echo  id=3 seq=1 len=10
        1  ==> ICMP reply id=3 seq=1 len=10
        2  <== UDP 9999
        2  ==> ICMP unreachable code=3
        3  <== UDP 9999   dst=10.9.0.255 ethdst=broadcast
        4  <== ICMP echo  dst=255.255.255.255 ethdst=broadcast
        9  us.poll
    """)


@proves("RFC1122-3.2.1.3-5", "MUST-46")
def test_the_loopback_network_is_not_reached_over_the_link(wire):
    wire.stack()
    wire.play("""
        0  us.connect 80 from=127.0.0.1 error ENETUNREACH
        0  us.connect 80 from=127.255.0.9 error ENETUNREACH
        0  us.stat OutSegs 0
    """)


@proves("RFC1122-3.3.6-1")
def test_both_forms_of_broadcast_are_destinations_of_ours(wire):
    wire.stack()
    wire.play("""
        0  <== UDP 9999  dst=255.255.255.255 ethdst=broadcast
        1  <== UDP 9999  dst=10.9.0.255      ethdst=broadcast
        1  us.stat InAddrErrors 0
        2  <== UDP 9999  dst=10.9.1.255      ethdst=broadcast
        3  <== UDP 9999  dst=10.8.255.255    ethdst=broadcast
        3  us.stat InAddrErrors 2
    """)


@proves("RFC1122-3.2.2-5")
def test_icmp_errors_have_no_type_of_service(wire):
    wire.stack()
    wire.play("""
        0  <== UDP 9999       tos=0xb8
        0  ==> ICMP unreachable code=3 tos=0
        1  <== IP             proto=99 tos=0x10
        1  ==> ICMP unreachable code=2 tos=0
    """)


# ---- the numbers of a new start ------------------------------------------------------------


def _first_number(wire, address="10.9.0.1"):
    sock = wire.net.socket()
    sock.setblocking(False)
    sock.bind(("", 4000))
    raises(OSError, sock.connect, (address, 80))
    wire.pump()
    seq = wire.seen.pop().seq
    sock.close()
    return seq


@proves("RFC6528-4-1", "RFC6528-3-2", "MUST-9")
def test_every_bit_of_the_secret_counts(wire):
    # The secret are eight bytes of the random source: with one bit of it changed, the numbers are
    # others. (The clock of the numbers is not drawn from these bytes.)
    drawn = []

    def number(changed):
        other = Wire()
        random = other.random.bytes
        calls = []

        def with_one_bit(n):
            made = bytearray(random(n))
            calls.append(n)
            if len(calls) == 1 and changed is not None:
                made[changed >> 3] ^= 1 << (changed & 7)
            return bytes(made)

        other.random.bytes = with_one_bit
        other.build(time_wait=1, half_open=1, connections=1)
        drawn.append(calls[0])
        got = _first_number(other)
        other.dispose()
        return got

    plain = number(None)
    assert plain == number(None)
    numbers = {number(bit) for bit in range(64)}
    assert len(numbers) == 64 and plain not in numbers
    assert drawn[0] == 8


@proves("RFC6528-3-1", "SHLD-1")
def test_the_first_number_depends_on_the_peers_address(wire):
    wire.stack()
    assert _first_number(wire) != _first_number(wire, "10.9.0.3")
    assert _first_number(wire) == _first_number(wire)


@proves("RFC6528-3-1")
def test_a_new_start_begins_elsewhere(wire):
    wire.stack()
    other = Wire(seed=9)
    other.stack()
    assert _first_number(wire) != _first_number(other)
    other.dispose()


@proves("RFC6056-3.3-1")
def test_ports_are_drawn_at_random(wire):
    wire.stack()

    def port(other):
        sock = other.net.socket()
        sock.setblocking(False)
        raises(OSError, sock.connect, ("10.9.0.1", 80))
        other.pump()
        chosen = other.seen.pop().sport
        assert chosen == sock.getsockname()[1]
        sock.close()
        return chosen

    ports = [port(wire) for _ in range(8)]
    assert len(set(ports)) == 8
    steps = {b - a for a, b in zip(ports, ports[1:])}
    assert len(steps) == 7, ports
    other = Wire(seed=9)
    other.stack()
    assert port(other) not in ports
    other.dispose()
