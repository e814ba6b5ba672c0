"""The echo device and a real DHCP server, dnsmasq, with the kernel as the other hosts of the LAN.

The device's clock runs twenty times as fast as the server's, but for one test: so a lease is
renewed after three seconds, and the three silent discovers before link-local take two.
"""

import json
import signal
import time
from pathlib import Path

import pytest
from lab import Program, need_tool
from namespace import KERNEL_IF, stop

import interpreters

HERE = Path(__file__).resolve().parent
SPEED = 20
PATIENCE_S = 45  # an address takes 12 s, and on a busy computer more


class Dnsmasq:
    """A DHCP server in the namespace that gives addresses 10.9.0.first to 10.9.0.last."""

    def __init__(self, lan, folder, first, last):
        path = need_tool("dnsmasq", "dnsmasq-base")
        self.leases = folder / "leases"
        self.log = folder / ("log-%d" % first)
        command = [path, "--no-daemon", "--conf-file=/dev/null", "--port=0"]
        command += ["--pid-file=", "--interface=" + KERNEL_IF, "--log-facility=-"]
        command += ["--log-dhcp", "--dhcp-authoritative", "--no-ping"]
        command += ["--dhcp-leasefile=%s" % self.leases]
        command += ["--dhcp-range=10.9.0.%d,10.9.0.%d,2m" % (first, last)]
        with self.log.open("w") as out:
            self.process = lan.start(command, stdout=out, stderr=out)
        self.wait_for("DHCP, IP range")

    def said(self):
        return self.log.read_text()

    def wait_for(self, text, times=1):
        """Wait until its log has this, so many times."""
        end = time.monotonic() + PATIENCE_S
        while self.said().count(text) < times:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < end, "it never said %r:\n%s" % (text, self.said())
            time.sleep(0.05)

    def stop(self):
        stop(self.process)


@pytest.fixture
def dnsmasq(lan, tmp_path):
    """Starts servers; the lease file stays the same."""
    started = []

    def begin(first=50, last=59):
        started.append(Dnsmasq(lan, tmp_path, first, last))
        return started[-1]

    yield begin
    for server in started:
        server.stop()


@pytest.fixture
def device(lan, micropython):
    """Starts the device with a fast clock."""
    started = []

    def begin(name="kitchen"):
        script = HERE / "device_dhcp.py"
        started.append(Program(lan, micropython, script, SPEED=str(SPEED), HOSTNAME=name))
        return started[-1]

    yield begin
    for program in started:
        program.check()
        stop(program.process)


def address_after(program, before=None):
    """The address that it says it has, another one than before."""
    end = time.monotonic() + PATIENCE_S
    while True:
        said = [line.split("/")[2] for line in program.text.split("\n") if "is up" in line]
        if said and said[-1] != before:
            return said[-1]
        program.check()
        assert time.monotonic() < end, "no address but %s:\n%s" % (before, program.text)
        time.sleep(0.05)


def netstat(lan, address):
    return json.loads(curl(lan, "http://%s/netstat" % address))


def curl(lan, url):
    """What is there.  A busy computer is slow in the eyes of a device whose clock is fast: it may
    close a connection whose request does not come in time.
    """
    need_tool("curl", "curl")
    again = ["--retry", "4", "--retry-delay", "1", "--retry-all-errors"]
    return lan.run(["curl", "-sS", "-m", "20", *again, url]).stdout


def test_main_py_asks_answers_and_gives_the_address_back(lan, micropython, dnsmasq):
    server = dnsmasq()
    main = interpreters.ROOT / "firmware" / "main.py"
    program = Program(lan, micropython, main, FERRULE_IP="dhcp")
    try:
        program.wait_for("asking for an address")
        address = address_after(program)
        assert address.startswith("10.9.0.5")
        dhcp = netstat(lan, address)["dhcp"]
        assert (dhcp["state"], dhcp["server"]) == ("BOUND", lan.KERNEL)
        assert 60 < dhcp["seconds_left"] <= 120
        assert ", from 10.9.0.1 for 0:01:" in curl(lan, "http://%s/" % address)
        program.process.send_signal(signal.SIGINT)
        assert program.end(PATIENCE_S) == 0, program.text
        server.wait_for("DHCPRELEASE(%s) %s" % (KERNEL_IF, address))
        assert "Traceback" not in program.text and "gone" not in program.text
    finally:
        stop(program.process)


def test_it_renews_at_half_the_lease_under_its_name(lan, dnsmasq, device):
    server = dnsmasq()
    program = device("kitchen-7")
    address = address_after(program)
    discovers = server.said().count("DHCPDISCOVER")  # one, unless this computer is busy
    server.wait_for("DHCPACK(%s) %s" % (KERNEL_IF, address), times=3)
    assert program.text.count("is up") == 1 and "DHCPNAK" not in server.said()
    assert server.said().count("DHCPDISCOVER") == discovers  # what came then were renewals
    line = server.leases.read_text().split()
    assert line[2:4] == [address, "kitchen-7"]
    assert netstat(lan, address)["dhcp"]["state"] == "BOUND"


def test_a_server_that_comes_back_with_another_range_refuses_and_gives_another(
    lan, dnsmasq, device
):
    first = dnsmasq()
    program = device()
    old = address_after(program)
    first.stop()
    first.leases.unlink()
    second = dnsmasq(100, 110)
    new = address_after(program, old)
    assert new.startswith("10.9.0.1") and "DHCPNAK" in second.said()
    assert netstat(lan, new)["address"] == new
    done = lan.run(["curl", "-sS", "-m", "1", "http://%s/" % old], check=False)
    assert done.returncode, "the old address still answers"


def test_an_address_that_another_host_has_is_declined(lan, dnsmasq, device):
    server = dnsmasq(50, 51)
    lan.run(["ip", "addr", "add", "10.9.0.50/32", "dev", "lo"])
    lan.run(["ip", "addr", "add", "10.9.0.51/32", "dev", "lo"])
    try:
        program = device()
        server.wait_for("DHCPDECLINE")
        taken = server.said().split("DHCPDECLINE(%s) " % KERNEL_IF)[1].split()[0]
        free = "10.9.0.50" if taken == "10.9.0.51" else "10.9.0.51"
        lan.run(["ip", "addr", "del", free + "/32", "dev", "lo"])
        assert address_after(program) == free
    finally:
        lan.run(["sh", "-c", "ip addr flush dev lo to 10.9.0.50/31"], check=False)


def test_link_local_while_no_server_answers_and_the_server_s_when_one_does(lan, dnsmasq, device):
    lan.run(["ip", "addr", "add", "169.254.1.1/16", "dev", KERNEL_IF])
    try:
        program = device()
        alone = address_after(program)
        assert alone.startswith("169.254.")
        said = netstat(lan, alone)
        assert (said["address"], said["dhcp"]["server"]) == (alone, "")
        dnsmasq()
        given = address_after(program, alone)
        assert given.startswith("10.9.0.5")
        assert netstat(lan, given)["dhcp"]["server"] == lan.KERNEL
    finally:
        lan.run(["ip", "addr", "del", "169.254.1.1/16", "dev", KERNEL_IF])


def test_a_lease_that_nobody_renews_ends(lan, dnsmasq, device):
    server = dnsmasq()
    program = device()
    address = address_after(program)
    server.stop()
    program.wait_for("the address is gone")
    done = lan.run(["curl", "-sS", "-m", "1", "http://%s/" % address], check=False)
    assert done.returncode, "it still answers"
    server.leases.unlink()
    dnsmasq(100, 110)
    end = time.monotonic() + PATIENCE_S
    while not address_after(program).startswith("10.9.0.1"):
        assert time.monotonic() < end, program.text
        time.sleep(0.1)
