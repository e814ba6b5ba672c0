"""The LAN9118 link on the chip that QEMU models, with its PHY looped back to itself."""

import errno

import micropython

from testing import raises

INTERPRETERS = ("cortex_m3",)
MAC = b"\x02\x00\x5e\x10\x00\x09"


def looped():
    """The link, with bit 14 of the PHY's control register set: loopback."""
    from ferrule.link.lan9118 import LAN9118, _mac

    link = LAN9118(mac=MAC)
    _mac(link.base, 7, 0, 0, 0x4000)
    _mac(link.base, 6, 0, 0, 1 << 11 | 1 << 1 | 1)
    return link


def numbered(n, first):
    """A frame of n bytes to ourselves; its bytes count up from `first`."""
    frame = bytearray(n)
    for i in range(n):
        frame[i] = (first + i) & 0xFF
    frame[:6] = MAC
    return frame


def test_no_chip_is_enodev():
    from ferrule.link.lan9118 import LAN9118

    error = raises(OSError, LAN9118, 0x40028000)
    assert error.errno == errno.ENODEV


def test_frames_of_every_length_come_back_whole():
    link = looped()
    into = bytearray(1514)
    for n in list(range(60, 130)) + list(range(1500, 1515)):
        frame = numbered(n, n)
        assert link.send(frame, n)
        assert link.recv_into(into) == n
        assert into[:n] == frame
    assert link.recv_into(into) == 0


def test_a_frame_may_start_anywhere():
    link = looped()
    into = bytearray(1600)
    for start in range(4):
        room = bytearray(200)
        room[start : start + 100] = numbered(100, start)
        assert link.send(memoryview(room)[start:], 100)
        target = memoryview(into)[start:]
        assert link.recv_into(target) == 100
        assert target[:100] == room[start : start + 100]


def test_bytes_behind_the_frame_stay():
    link = looped()
    for n in range(60, 68):
        assert link.send(numbered(n, 0), n)
        into = bytearray(b"\xee" * 80)
        assert link.recv_into(into) == n
        assert into[n:] == b"\xee" * (80 - n)


def test_a_frame_longer_than_the_buffer_is_counted_and_the_next_one_arrives():
    link = looped()
    into = bytearray(100)
    assert link.send(numbered(101, 1), 101)
    assert link.send(numbered(100, 2), 100)
    assert link.recv_into(into) == 100
    assert into == numbered(100, 2)
    assert link.too_long == 1


def test_sending_and_receiving_allocate_nothing():
    link = looped()
    frame = numbered(1514, 0xF0)
    into = bytearray(1514)
    received = 0
    micropython.heap_lock()
    try:
        for _ in range(20):
            link.send(frame, 1514)
            received += link.recv_into(into)
            link.recv_into(into)
    finally:
        micropython.heap_unlock()
    assert received == 20 * 1514


def test_a_full_receiver_drops_frames_and_goes_on():
    link = looped()
    frame = numbered(1514, 0)
    into = bytearray(1514)
    for _ in range(30):
        link.send(frame, 1514)
    waiting = 0
    while link.recv_into(into):
        assert into == frame
        waiting += 1
    assert 0 < waiting < 30
    assert link.send(frame, 1514)
    assert link.recv_into(into) == 1514


def test_closed_it_receives_nothing():
    link = looped()
    assert link.isup()
    link.close()
    link.send(numbered(60, 0), 60)
    assert link.recv_into(bytearray(1514)) == 0
