"""The kernel against ferrule's transport: the device of device_services.py on a veth."""

import json
import sys
from pathlib import Path

import pytest
from lab import complaints, need_tool
from namespace import stop

PEER = [sys.executable, Path(__file__).resolve().parent / "peer.py"]
MEGABYTE = 1_000_000


def peer(lan, *arguments, timeout=120):
    """Run the kernel's side of a test; what it measured."""
    return json.loads(lan.run([*PEER, *arguments], timeout=timeout).stdout)


@pytest.fixture(autouse=True)
def alive(services):
    """The device outlives every test without an exception."""
    yield
    services.check()


@pytest.mark.parametrize("size", [0, 1, 56, 1001, 1472])
def test_ping_is_answered(lan, size):
    need_tool("ping", "iputils-ping")
    said = lan.run(["ping", "-c", "5", "-i", "0.02", "-W", "2", "-s", size, lan.DEVICE]).stdout
    assert "5 received, 0% packet loss" in said, said


def test_a_ping_in_fragments_is_dropped_and_harms_nothing(lan):
    need_tool("ping", "iputils-ping")
    lan.run(["ping", "-c", "1", "-W", "1", "-s", 3000, lan.DEVICE], check=False)
    assert peer(lan, "echo")["connections"] == 1


def test_a_closed_port_refuses(lan):
    said = lan.run(["curl", "-m", "5", f"http://{lan.DEVICE}:81/"], check=False)
    assert said.returncode == 7, said.stderr


def test_ten_megabytes_to_the_device(lan):
    before = lan.counters()
    print(peer(lan, "push", "--size", 10 * MEGABYTE))
    assert not complaints(lan, before)


def test_ten_megabytes_from_the_device(lan):
    before = lan.counters()
    print(peer(lan, "pull", "--size", 10 * MEGABYTE))
    assert not complaints(lan, before)


def test_five_megabytes_are_echoed_byte_for_byte(lan):
    before = lan.counters()
    print(peer(lan, "echo", "--size", 5 * MEGABYTE))
    assert not complaints(lan, before)


def test_a_reader_that_pauses_closes_the_window_and_loses_nothing(lan):
    print(peer(lan, "pull", "--size", 2 * MEGABYTE, "--slow", "0.1"))


def test_500_connections_one_after_another(lan):
    before = lan.counters()
    measured = peer(lan, "echo", "--times", 500, "--size", 300)
    print(measured)
    assert measured["slowest_s"] < 0.5
    assert not complaints(lan, before)


def test_8_connections_at_once(lan):
    before = lan.counters()
    measured = peer(lan, "echo", "--times", 64, "--at-once", 8, "--size", 20_000)
    print(measured)
    assert not complaints(lan, before)


def test_a_client_killed_in_the_middle_stops_nobody(lan):
    for _ in range(10):
        assert lan.run([*PEER, "die", "kill"], check=False).returncode
    assert peer(lan, "echo", "--times", 8, "--at-once", 8)["connections"] == 8


def test_a_client_that_resets_in_the_middle_stops_nobody(lan):
    for _ in range(10):
        peer(lan, "die", "reset")
    assert peer(lan, "echo", "--times", 8, "--at-once", 8)["connections"] == 8


def test_a_client_that_vanishes_stops_nobody(lan, services):
    lan.run(["ip", "addr", "add", "10.9.0.77/32", "dev", "k1"])
    client = lan.start([*PEER, "die", "vanish", "--address", "10.9.0.77"], stdout=-1, text=True)
    assert client.stdout.readline() == "connected\n"
    lan.run(["ip", "addr", "del", "10.9.0.77/32", "dev", "k1"])
    stop(client)
    # One connection of eight hangs until its retransmissions end; the others are not hurt.
    assert peer(lan, "echo", "--times", 14, "--at-once", 7)["connections"] == 14


def test_the_cable_may_be_pulled_during_a_transfer(lan):
    pulling = lan.start([*PEER, "pull", "--size", 8 * MEGABYTE], stdout=-1, stderr=-1, text=True)
    for _ in range(2):
        lan.run(["sh", "-c", "sleep 0.3; ip link set k1 down; sleep 0.5; ip link set k1 up"])
    said, why = pulling.communicate(timeout=90)
    assert pulling.returncode == 0, why
    print(said)
