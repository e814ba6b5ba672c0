"""What the packet link promises, tried on a veth whose other end carries a second link.

Runs inside MicroPython, in a namespace; test_packet.py starts it. Prints "ok" at the end.
"""

import errno
import os
import sys
import time

sys.path.insert(0, __file__.rsplit("/", 3)[0] + "/lib")

from ferrule.link.packet import Packet  # noqa: E402

ETHERTYPE = b"\x88\xb5"  # for local experiments: nobody else answers it


def frame(dst, src, number):
    """A frame with a number in it, in a buffer longer than it."""
    buffer = bytearray(1514)
    buffer[0:15] = dst + src + ETHERTYPE + bytes([number])
    return buffer


def received(link):
    """The numbers of our own frames that wait at a link."""
    link.wait(300)
    into = bytearray(1514)
    numbers = []
    while True:
        n = link.recv_into(into)
        if not n:
            return numbers
        if into[12:14] == ETHERTYPE:
            numbers.append((into[14], n))


def main():
    """Every fact in turn."""
    try:
        Packet("nosuch0")
        raise AssertionError("a link on an interface that is not there")
    except OSError as error:
        assert error.errno == errno.ENODEV and "nosuch0" in str(error), error

    a = Packet("v1")
    b = Packet("k1", mac=b"\x02\x00\x00\x00\x00\x77")
    with open("/sys/class/net/v1/address") as file:
        own = file.read().strip()
    assert ":".join("%02x" % byte for byte in a.mac) != own and a.mac[0] & 3 == 2
    assert a.mac == Packet("v1").mac, "not the same at the next start"

    assert a.send(frame(b.mac, a.mac, 1), 60) and a.send(frame(b.mac, a.mac, 2), 1514)
    assert received(b) == [(1, 60), (2, 1514)], "frames run together or get lost"
    assert a.send(frame(b"\xff" * 6, a.mac, 3), 60)
    assert a.send(frame(b"\x01\x00\x5e\x00\x00\x01", a.mac, 4), 60)
    assert a.send(frame(b"\x02\x00\x00\x00\x00\x99", a.mac, 5), 60)
    foreign = b.foreign
    assert received(b) == [(3, 60), (4, 60)], "group frames are for us, others' are not"
    assert b.foreign > foreign
    assert received(a) == [], "a link hears itself"

    started = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), started) < 100:
        a.wait(50)  # returns early when somebody else's frame comes
    assert a.isup() and b.isup()
    os.system("ip link set k1 down")
    time.sleep_ms(250)
    assert not a.isup() and not b.isup()
    lost = b.lost
    assert b.send(frame(a.mac, b.mac, 6), 60) and b.lost == lost + 1
    assert b.recv_into(bytearray(1514)) == 0
    os.system("ip link set k1 up")
    time.sleep_ms(250)
    assert a.isup() and b.isup()
    received(a)
    assert b.send(frame(a.mac, b.mac, 7), 60)
    assert received(a) == [(7, 60)]

    a.close()
    a.close()
    assert not a.isup()
    os.system("ip link del k1")
    assert b.send(frame(a.mac, b.mac, 8), 60) and b.recv_into(bytearray(1514)) == 0
    time.sleep_ms(250)
    assert not b.isup()
    print("ok")


main()
