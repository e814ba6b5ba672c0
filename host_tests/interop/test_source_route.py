"""Source routes over the kernel as a gateway, to a kernel behind it that no other way leads to."""

import subprocess
import sys
from pathlib import Path

import pytest
from lab import Program

HERE = Path(__file__).resolve().parent
PORT = 7001
GATEWAY, BEYOND, FAR = "10.9.0.1", "198.18.0.1", "198.18.0.2"

# The peer has a namespace of its own, in which no route leads to us.
WIRES = f"""set -e
ip link add g1 type veth peer name p1
ip link set p1 netns $1
ip addr add {BEYOND}/24 dev g1
ip link set g1 up
echo 1 > /proc/sys/net/ipv4/ip_forward
for name in all k1 g1; do
  echo 1 > /proc/sys/net/ipv4/conf/$name/accept_source_route
  echo 0 > /proc/sys/net/ipv4/conf/$name/rp_filter
done
ethtool -K g1 tx off tso off gso off gro off >/dev/null
"""
FAR_END = f"""
ip link set lo up
ip addr add {FAR}/24 dev p1
ip link set p1 up
for name in all p1; do
  echo 1 > /proc/sys/net/ipv4/conf/$name/accept_source_route
  echo 0 > /proc/sys/net/ipv4/conf/$name/rp_filter
done
ethtool -K p1 tx off tso off gso off gro off >/dev/null
"""
# The peer: first answers, then calls by a route of its own.
PEER = f"""
import socket
here = socket.create_server(("{FAR}", {PORT}))
here.settimeout(20)
print("listening", flush=True)
there, address = here.accept()
there.settimeout(20)
while data := there.recv(4000):
    there.sendall(data)
print("answered", *address, flush=True)
input()
with socket.socket() as out:
    out.settimeout(20)
    out.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS,
                   bytes((131, 7, 4)) + socket.inet_aton("{BEYOND}") + b"\\0")
    out.connect(("10.9.0.2", {PORT}))
    got = 0
    while got < 100000:
        out.sendall(bytes(1000))
        before = got
        while got < before + 1000:
            got += len(out.recv(4000))
    out.shutdown(socket.SHUT_WR)
    assert out.recv(1) == b""
    print("echoed", got, flush=True)
"""


@pytest.fixture
def far(lan):
    """What to start a program of the peer's with."""
    holder = lan.start(
        ["unshare", "-n", "sh", "-c", "echo $$; read line"], stdin=-1, stdout=-1, text=True
    )
    pid = holder.stdout.readline().strip()
    lan.run(["sh", "-c", WIRES, "sh", pid])
    enter = ["nsenter", "-n", "-t", pid]
    lan.run([*enter, "sh", "-ec", FAR_END])
    yield enter
    lan.run(["ip", "link", "del", "g1"])
    holder.stdin.close()
    holder.wait(timeout=10)


def test_both_ways_over_a_gateway(lan, far, micropython):
    command = [*far, sys.executable, "-c", PEER]
    peer = lan.start(command, stdin=-1, stdout=-1, stderr=subprocess.STDOUT, text=True)
    assert peer.stdout.readline() == "listening\n"
    device = Program(lan, micropython, HERE / "device_routes.py", GATEWAY, FAR, PORT)
    device.wait_for("listening")
    assert peer.stdout.readline().startswith("answered 10.9.0.2 "), device.text
    print("go", file=peer.stdin, flush=True)
    assert peer.stdout.readline() == "echoed 100000\n", device.text
    assert device.end(30) == 0, device.text
    assert device.text.splitlines() == [
        "out 8307040a090001", "echoed 100000", "listening", "back 8307040a090001",
        "answered 100000",
    ]  # fmt: skip
