"""The release form repairs losses with each congestion control, and has what is loaded late.

Runs in CPython, as test_bundle.py does.
"""

import pytest
import test_bundle as others

from tools import bundle

TRANSFER = """
import ferrule
from ferrule.link import loop

now = [0]


class Lossy:
    # loses each 23rd frame that goes out
    def __init__(self, link):
        self.link = link
        self.mac, self.mtu, self.isup = link.mac, link.mtu, link.isup
        self.recv_into = link.recv_into
        self.n = 0

    def send(self, frame, n):
        self.n += 1
        return True if self.n % 23 == 0 else self.link.send(frame, n)


def stack(link, ip):
    net = ferrule.Stack(link, ticks_ms=lambda: now[0], random=lambda n: bytes(range(n)),
                        rx_buffer=16384, tx_buffer=16384)
    net.ifconfig((ip, "255.255.255.0", "0.0.0.0", "0.0.0.0"))
    net.active(True)
    return net


def quietly(call, *args):
    try:
        return call(*args)
    except OSError:
        return None


def transfer(name, sack):
    a, b = loop.pair(64)
    server = stack(a, "10.0.0.1")
    client = stack(Lossy(b), "10.0.0.2")
    client.config(tcp_congestion_control=name, tcp_sack=sack)
    door = server.socket()
    door.bind(("", 80))
    door.listen(2)
    door.setblocking(False)
    c = client.socket()
    c.setblocking(False)
    quietly(c.connect, ("10.0.0.1", 80))
    sent = got = 0
    s = None
    for _ in range(20000):
        now[0] += 5
        server.poll()
        client.poll()
        if s is None:
            pair = quietly(door.accept)
            s = pair and pair[0]
            continue
        s.setblocking(False)
        if sent < 200000:
            sent += c.write(bytes(8000)) or 0
        got += len(s.read(16000) or b"")
        if got >= 200000:
            break
    stats = client.stats()
    print(c.getsockopt(6, 13), got >= 200000, stats["TCPFastRetrans"] > 0,
          c.getsockopt(6, 11).snd_mss, len(c.getsockopt(6, 11, 104)))
    c.setsockopt(1, 13, 3)
    c.setblocking(True)

    def wait(ms):
        now[0] += 1
        server.poll()

    client.wait = wait
    try:
        c.close()
    except OSError as error:
        print(error.args[0])


for name in ("tahoe", "reno", "newreno", "cubic"):
    for sack in (0, 1):
        transfer(name, sack)
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    folder = tmp_path_factory.mktemp("release")
    bundle.write(folder, whole=True)
    return folder


@pytest.mark.parametrize("name", ["x64", "unix32"])
def test_the_bundle_repairs_losses_with_every_congestion_control(name, release):
    lines = others.run(name, release, TRANSFER)
    words = ("tahoe", "reno", "newreno", "cubic")
    assert lines == ["%s True True 1448 104" % word for word in words for _ in (0, 1)]
