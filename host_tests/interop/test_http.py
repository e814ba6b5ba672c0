"""The HTTP echo device on a veth, with the kernel's clients."""

import json
import os
import sys
from pathlib import Path

import pytest
from lab import complaints, need_tool

PEER = [sys.executable, Path(__file__).resolve().parent / "peer.py"]

# `make soak` sets it to 20000.
REQUESTS = int(os.environ.get("FERRULE_SOAK_REQUESTS", "3000"))


@pytest.fixture(autouse=True)
def alive(lan, http_device):
    """The device outlives every test without an exception, and the kernel finds nothing wrong."""
    before = lan.counters()
    yield
    http_device.check()
    assert not complaints(lan, before)


def curl(lan, *arguments):
    """What curl prints."""
    need_tool("curl", "curl")
    return lan.run(["curl", "-sS", "-m", "60", *arguments])


def test_curl_gets_the_page_and_the_connection_table(lan):
    assert "<html" in curl(lan, f"http://{lan.DEVICE}/").stdout.lower()
    assert json.loads(curl(lan, f"http://{lan.DEVICE}/netstat").stdout)


@pytest.mark.parametrize("how", ["with a length", "chunked"])
def test_five_megabytes_are_echoed_byte_for_byte(lan, tmp_path, how):
    sent = tmp_path / "sent"
    sent.write_bytes(os.urandom(5_000_000))
    back = tmp_path / "back"
    chunked = ["-H", "Transfer-Encoding: chunked"] if how == "chunked" else []
    data = ["--data-binary", f"@{sent}", "-H", "Expect:", *chunked]
    curl(lan, *data, "-o", back, f"http://{lan.DEVICE}/echo")
    assert back.read_bytes() == sent.read_bytes()


@pytest.mark.parametrize("how", ["kill", "reset"])
def test_a_client_that_dies_in_the_middle_stops_nobody(lan, how):
    request = (
        "POST /echo HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 10000000\\r\\n\\r\\n" + "x" * 5000
    )
    for _ in range(10):
        lan.run([*PEER, "die", how, "--port", 80, "--request", request], check=False)
    assert "<html" in curl(lan, f"http://{lan.DEVICE}/").stdout.lower()


def test_requests_whose_ports_wrap_meet_time_wait_and_neither_fail_nor_stall(lan):
    # The device closes first. On this port it keeps 256 TIME_WAIT records for a minute, and the
    # client has 200 ports: from the 201st request on, each one meets a record of its own pair.
    lan.set("net.ipv4.ip_local_port_range", "40000 40199")
    requests(lan, REQUESTS)


def test_requests_that_either_side_closes_neither_fail_nor_stall(lan):
    lan.set("net.ipv4.ip_local_port_range", "32768 60999")
    requests(lan, REQUESTS // 2, "--client-closes")


@pytest.mark.parametrize("at_once, count", [(1, 500), (8, 800)])
def test_requests_one_after_another_and_eight_at_once(lan, at_once, count):
    lan.set("net.ipv4.ip_local_port_range", "32768 60999")
    requests(lan, count, at_once=at_once)


def test_ab_counts_no_failure(lan):
    need_tool("ab", "apache2-utils")
    lan.set("net.ipv4.ip_local_port_range", "32768 60999")
    said = lan.run(["ab", "-q", "-n", REQUESTS, "-c", 4, f"http://{lan.DEVICE}/echo/ab"]).stdout
    assert f"Complete requests:      {REQUESTS}\n" in said, said
    assert "Failed requests:        0\n" in said and "Non-2xx" not in said, said


def requests(lan, count, *more, at_once=4):
    """So many requests, a new connection each."""
    before = lan.counters()
    command = [*PEER, "requests", "--count", count, "--at-once", at_once, *more]
    done = lan.run(command, timeout=60 + count // 20)
    after = lan.counters()
    grown = {name: after[name] - before[name] for name in ("TcpActiveOpens", "TcpRetransSegs")}
    print(done.stdout, grown)
    assert json.loads(done.stdout)["requests"] == count
    assert grown["TcpActiveOpens"] == count
