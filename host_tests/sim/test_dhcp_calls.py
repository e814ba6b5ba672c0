"""What programs ask and are told while a server gives the address: MicroPython's calls of a NIC,
against a server in memory."""

import ferrule
from dhcphost import Lan
from ferrule.link import loop
from testing import errno_of, proves, raises


def waiting():
    """A LAN on which time passes when the program waits."""
    lan = Lan()
    lan.near.wait = lambda ms: lan.pass_on(ms, ms)
    return lan


@proves("RFC2131-3.1-4")
def test_ifconfig_dhcp_returns_with_an_address():
    lan = waiting()
    assert lan.net.ifconfig("dhcp") is None
    assert lan.net.ifconfig() == ("10.9.1.2", "255.255.0.0", "10.9.0.1", "10.9.0.1")
    assert lan.net.isconnected() and lan.net.status() == 2
    before = lan.now
    lan.net.ifconfig("dhcp")  # there is one
    assert lan.now == before


def test_without_a_server_it_returns_with_a_link_local_address():
    lan = waiting()
    lan.server.deaf = True
    lan.net.ifconfig("dhcp")
    assert lan.net.ifconfig()[0][:8] == "169.254."
    assert lan.net.ipconfig("dhcp4") and not lan.net.ipconfig("has_dhcp4")


def test_without_a_cable_it_raises_etimedout_and_goes_on_asking():
    lan = waiting()
    lan.far.plug(False)
    error = raises(OSError, lan.net.ifconfig, "dhcp")
    assert error.errno == errno_of("ETIMEDOUT")
    assert lan.net.status() == 0 and not lan.net.isconnected()
    lan.far.plug(True)
    assert lan.until(lan.bound, 20_000)


def test_over_a_link_with_short_packets_it_raises_eopnotsupp():
    short = loop.pair(slots=2, mtu=248)[0]
    net = ferrule.Stack(short, random=bytes, connections=1)
    error = raises(OSError, net.ifconfig, "dhcp")
    assert error.errno == errno_of("EOPNOTSUPP")
    assert net.status("dhcp") is None


def test_before_the_stack_is_on_it_waits_for_nothing():
    lan = waiting()
    lan.net.active(False)
    before = lan.now
    lan.net.ifconfig("dhcp")
    assert lan.now == before and lan.net.status("dhcp")[0] == "INIT"
    lan.net.active(True)
    assert lan.until(lan.bound, 20_000)


def test_status_and_ipconfig_tell_how_it_stands_at_every_step():
    lan = Lan()
    net = lan.net
    assert net.status("dhcp") is None and not net.ipconfig("dhcp4")
    net.ipconfig(dhcp4=True)
    seen = []

    def look():
        state, server, left = net.status("dhcp")
        if not seen or seen[-1] != state:
            seen.append(state)
        bound = state in ("BOUND", "RENEWING", "REBINDING", "REBOOTING")
        assert net.ipconfig("dhcp4") and net.ipconfig("has_dhcp4") == bound == net.isconnected()
        assert server == ("10.9.0.1" if bound else None)
        assert 0 < left <= 60 if bound else left == 0
        assert net.status() == (2 if bound else 1 if lan.near.isup() else 0)

    lan.run(10_000, look)
    lan.server.deaf = True
    lan.run(55_000, look)
    lan.server.deaf = False
    lan.run(20_000, look)
    lan.far.plug(False)
    lan.run(2000)  # status() is 0 then, and the address is kept
    lan.far.plug(True)
    lan.run(5000, look)
    once = ["INIT", "SELECTING", "REQUESTING", "PROBING", "BOUND"]
    assert seen == once + ["RENEWING", "REBINDING"] + once + ["REBOOTING", "BOUND"], seen


def test_a_lease_for_ever_has_minus_one_seconds_left():
    lan = Lan()
    lan.server.lease_s = 0xFFFFFFFF
    lan.net.ipconfig(dhcp4=True)
    lan.run(10_000)
    assert lan.net.status("dhcp") == ("BOUND", "10.9.0.1", -1)


def test_on_address_is_called_when_there_is_another_address_and_only_then():
    lan = Lan()
    net = lan.net
    seen = []
    net.on_address = lambda: seen.append(net.ifconfig()[0])
    net.ipconfig(dhcp4=True)
    lan.run(50_000)  # renewed meanwhile
    lan.server.host += 1
    lan.run(60_000)
    net.ifconfig(("10.9.9.9", "255.255.0.0", "0.0.0.0", "0.0.0.0"))
    net.ifconfig(("10.9.9.9", "255.255.0.0", "10.9.0.1", "0.0.0.0"))
    net.ipconfig(dhcp4=False)
    lan.run(5000)
    # by hand: the lease is given back before
    assert seen == ["10.9.1.2", "0.0.0.0", "10.9.1.3", "0.0.0.0", "10.9.9.9"], seen
    assert lan.server.heard[-1] == "release"
