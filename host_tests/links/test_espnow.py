"""The ESP-NOW link between boards on one air (host_tests/chips/espnow.py)."""

import gc

import micropython

import chips.espnow as chip
from ferrule.link.espnow import EspNow
from testing import raises

A = b"\x24\x0a\xc4\x00\x00\x0a"
B = b"\x24\x0a\xc4\x00\x00\x0b"
C = b"\x24\x0a\xc4\x00\x00\x0c"
EVERYBODY = b"\xff" * 6
ETHERNET = 14


class Clock:
    """Milliseconds that pass only when somebody lets them."""

    def __init__(self, now=0x3FFFFF00):
        self.now = now

    def ticks_ms(self):
        return self.now

    def sleep_ms(self, ms):
        self.now = (self.now + ms) & 0x3FFFFFFF


def boards(*macs, version=2, clock=None, **air):
    """The air and a station for each address."""
    clock = clock or Clock()
    sky = chip.Air(ticks_ms=clock.ticks_ms, sleep_ms=clock.sleep_ms, **air)
    return [sky] + [sky.station(mac, version) for mac in macs]


def link_on(station, **options):
    """A link on a station, under the clock of its air."""
    ticks_ms = station.air.ticks_ms
    return EspNow(wlan=station.wlan, espnow=station.espnow, ticks_ms=ticks_ms, **options)


def pair(version=2, **options):
    sky, a, b = boards(A, B, version=version)
    return sky, link_on(a, **options), link_on(b, **options)


def frame(to, sender, kind=0x0800, n=60, first=0):
    """An Ethernet frame of n bytes in a buffer that is longer."""
    buffer = bytearray(1500)
    buffer[0:6] = to
    buffer[6:12] = sender
    buffer[12] = kind >> 8
    buffer[13] = kind & 255
    for i in range(ETHERNET, n):
        buffer[i] = (first + i) & 255
    return buffer


def heard(station):
    """The message that waits first in a station's radio, as the air carried it."""
    data = [None, bytearray(1470)]
    n = station.radio.recvinto(data, 0)
    return bytes(data[1][:n]), data[0]


def test_an_ipv4_frame_is_its_packet_behind_two_bytes():
    _, a, b = boards(A, B)
    link, other = link_on(a), link_on(b)
    sent = frame(B, A, n=60)
    assert link.send(sent, 60)
    assert heard(b) == (b"\xf1\x00" + bytes(sent[14:60]), A)
    assert other.mac == B


def test_the_second_byte_tells_type_and_destination():
    _, a, b = boards(A, B)
    link = link_on(a)
    link_on(b)
    group = b"\x01\x00\x5e\x00\x00\xfb"
    for to, kind, expected in (
        (B, 0x0806, b"\xf1\x01"),
        (B, 0x86DD, b"\xf1\x02"),
        (B, 0x88B5, b"\xf1\x0f\x88\xb5"),
        (EVERYBODY, 0x0806, b"\xf1\x11"),
        (group, 0x0800, b"\xf1\x20" + group),
        (group, 0x0801, b"\xf1\x2f" + group + b"\x08\x01"),
    ):
        sent = frame(to, A, kind, 42)
        assert link.send(sent, 42)
        assert heard(b)[0] == expected + bytes(sent[14:42]), (to, kind)


def test_frames_of_every_kind_and_length_arrive_unchanged():
    _, a, b = pair()
    into = bytearray(1484)
    group = b"\x33\x33\x00\x00\x00\x01"
    for to in (B, EVERYBODY, group):
        for kind in (0x0800, 0x0806, 0x86DD, 0x88B5):
            for n in (14, 15, 42, 60, 77, 1000, 1474):
                sent = frame(to, A, kind, n, n)
                assert a.send(sent, n)
                assert b.recv_into(into) == n, (to, kind, n)
                assert into[:n] == sent[:n], (to, kind, n)
    for n in range(1460, 1483):
        sent = frame(B, A, 0x0800, n, n)
        assert a.send(sent, n)
        assert b.recv_into(into) == n and into[:n] == sent[:n], n
    assert b.recv_into(into) == 0
    assert a.sent == b.received and not a.lost and not b.lost


def test_the_mtu_follows_the_payload_and_longer_frames_are_never_sent():
    for version, mtu in ((1, 248), (2, 1468)):
        _, a, b = pair(version)
        assert a.mtu == mtu
        into = bytearray(1500)
        assert a.send(frame(B, A, n=mtu + 14), mtu + 14)
        assert b.recv_into(into) == mtu + 14
        assert a.send(frame(B, A, n=mtu + 15), mtu + 15)
        assert a.lost == 1 and a.sent == 1 and b.recv_into(into) == 0
    _, a, b = pair(payload=250)
    assert a.mtu == 248 and a.send(frame(B, A, n=263), 263) and a.lost == 1
    assert b.recv_into(bytearray(1500)) == 0, "though the firmware would take it"


def test_a_payload_or_peers_out_of_range_are_refused():
    _, a = boards(A, version=1)
    for options in ({"payload": 251}, {"payload": 63}, {"peers": 0}, {"peers": 20}):
        raises(ValueError, lambda options=options: link_on(a, **options))


def test_firmware_without_espnow_is_enodev_with_a_sentence():
    import errno

    try:
        import espnow  # noqa: F401
    except ImportError:
        error = raises(OSError, EspNow)
        assert error.errno == errno.ENODEV
        assert "no espnow module" in error.args[1]


def test_strangers_messages_are_counted_and_skipped():
    sky, a, b, c = boards(A, B, C)
    link = link_on(b)
    good = b"\xf1\x00" + bytes(20)
    strange = (
        b"\xf1", b"\xf1\x80" + bytes(20), b"\xf1\x40" + bytes(20),
        b"\xf1\x03" + bytes(20), b"\xf1\x30" + bytes(20),
        b"\xf1\x0f\x88", b"\xf1\x20" + bytes(5), b"\xf1\x2f" + bytes(7), b"\xf0\x00" + bytes(20),
        b"hello",
    )  # fmt: skip
    c.wlan.active(True)
    c.radio.active(True)
    c.radio.add_peer(B)
    into = bytearray(1484)
    for message in strange:
        c.radio.send(B, message, False)
        c.radio.send(B, good, False)
        assert link.recv_into(into) == 34, message
    assert link.foreign == len(strange)
    assert into[6:12] == C and into[:6] == B


def test_a_flood_of_strangers_does_not_hold_a_call_for_ever():
    _, b, c = boards(B, C)
    link = link_on(b, rxbuf=4096)
    c.wlan.active(True)
    c.radio.active(True)
    c.radio.add_peer(B)
    for _ in range(40):
        c.radio.send(B, b"hello", False)
    assert link.recv_into(bytearray(1484)) == 0
    assert link.foreign == 16 and c.radio.stats()[2] == 0


def test_a_message_longer_than_the_frame_buffer_is_lost_and_the_next_arrives():
    _, a, b = pair()
    into = bytearray(300)
    a.send(frame(B, A, n=301), 301)
    a.send(frame(B, A, n=300), 300)
    assert b.recv_into(into) == 300
    assert b.lost == 1


def test_a_short_payload_still_takes_long_messages_off_the_radio():
    _, a, b = boards(A, B)
    long, short = link_on(a), link_on(b, payload=250)
    into = bytearray(264)
    long.send(frame(B, A, n=1400), 1400)
    long.send(frame(B, A, n=100), 100)
    assert short.recv_into(into) == 100
    assert short.lost == 1


def test_arp_is_heard_by_everybody_and_unicast_only_by_one():
    _, a, b, c = boards(A, B, C)
    one, two, three = [link_on(station) for station in (a, b, c)]
    into = bytearray(1484)
    one.send(frame(EVERYBODY, A, 0x0806, 42), 42)
    assert two.recv_into(into) == 42 and three.recv_into(into) == 42
    one.send(frame(B, A), 60)
    assert two.recv_into(into) == 60 and three.recv_into(into) == 0
    assert one.recv_into(into) == 0


def test_peers_are_learned_when_spoken_to_and_the_stalest_makes_room():
    names = [bytes((2, 0, 0, 0, 0, i)) for i in range(6)]
    _, a = boards(A)
    link = link_on(a, peers=3)
    for i in (0, 1, 2, 0, 3, 4):
        link.send(frame(names[i], A), 60)
    known = sorted(mac for mac, _, _, _, _ in a.radio.get_peers())
    assert known == [names[0], names[3], names[4]], known
    assert link.evicted == 2
    assert a.radio.peer_count()[0] == 4, "three and everybody"


def test_a_table_that_others_filled_makes_the_link_content_with_less():
    _, a, b = boards(A, B)
    link = link_on(a, peers=5)
    for i in range(17):
        a.radio.add_peer(bytes((4, 0, 0, 0, 0, i)))
    into = bytearray(1484)
    other = link_on(b)
    for i in range(5):
        link.send(frame(bytes((2, 0, 0, 0, 0, i)), A), 60)
    assert link.send(frame(B, A), 60)
    assert other.recv_into(into) == 60
    assert a.radio.peer_count()[0] == 20 and link.lost == 0


def test_a_table_without_any_room_loses_the_frame():
    _, a = boards(A)
    link = link_on(a, peers=2)
    for i in range(19):
        a.radio.add_peer(bytes((4, 0, 0, 0, 0, i)))
    for _ in range(4):
        link.send(frame(B, A), 60)
    assert link.sent == 0 and link.lost > 0
    assert link.send(frame(EVERYBODY, A), 60) and link.sent == 1


def test_a_peer_that_somebody_else_registered_is_no_error():
    _, a, b = boards(A, B)
    link, other = link_on(a), link_on(b)
    a.radio.add_peer(B)
    assert link.send(frame(B, A), 60) and link.sent == 1
    a.radio.del_peer(B)
    link.send(frame(B, A), 60)
    assert link.resets == 1
    assert link.send(frame(B, A), 60)
    assert other.recv_into(bytearray(1484)) and other.recv_into(bytearray(1484))


def test_one_message_at_a_time_is_given_to_the_radio():
    clock = Clock()
    sky, a, b = boards(A, B, clock=clock, airtime_ms=12)
    link, other = link_on(a), link_on(b)
    into = bytearray(1484)
    assert link.send(frame(B, A, n=1000), 1000)
    assert not link.send(frame(B, A), 60) and link.busy == 1
    clock.sleep_ms(11)
    assert not link.send(frame(B, A), 60) and other.recv_into(into) == 0
    clock.sleep_ms(1)
    assert link.send(frame(B, A), 60)
    assert other.recv_into(into) == 1000


def test_a_radio_that_reports_nothing_never_blocks_for_long_and_comes_back():
    clock = Clock()
    sky, a, b = boards(A, B, clock=clock)
    link, other = link_on(a), link_on(b)
    a.silent = True
    begun = clock.now
    longest = 0
    for _ in range(1200):
        before = clock.now
        link.send(frame(B, A), 60)
        longest = max(longest, (clock.now - before) & 0x3FFFFFFF)
        clock.sleep_ms(5)
    assert longest <= 2000, longest
    assert link.unanswered and link.busy and (clock.now - begun) & 0x3FFFFFFF > 5000
    a.silent = False
    for _ in range(3000):
        if link.send(frame(B, A), 60):
            break
        clock.sleep_ms(1)
    while not other.recv_into(bytearray(1484)):
        assert link.send(frame(B, A), 60) in (True, False)
        clock.sleep_ms(1)


def test_espnow_stopped_by_another_part_of_the_program_starts_again():
    _, a, b = boards(A, B)
    one, two = link_on(a), link_on(b)
    into = bytearray(1484)
    one.send(frame(B, A), 60)
    for stop in (a.radio, b.radio):
        stop.active(False)
    assert not one.isup()
    assert two.recv_into(into) == 0 and two.isup() and two.resets == 1
    assert one.send(frame(B, A), 60) and one.resets == 1
    assert one.isup() and two.recv_into(into) == 60


def test_wifi_switched_off_is_switched_on_again_once_a_second_at_most():
    clock = Clock()
    _, a, b = boards(A, B, clock=clock)
    one, two = link_on(a), link_on(b)
    one.send(frame(B, A), 60)
    for turn in range(3):
        a.wlan.active(False)
        before = one.resets
        taken = one.send(frame(B, A), 60)
        if turn == 0:
            assert not taken and one.resets == before + 1
        elif turn == 1:
            assert taken and one.lost == 1 and one.resets == before, "not within the second"
            clock.sleep_ms(1001)
            a.wlan.active(True)
        assert one.send(frame(B, A), 60) or turn == 2
    assert two.recv_into(bytearray(1484)) == 60


def test_the_receive_buffer_holds_four_long_messages_and_drops_are_counted():
    _, a, b = pair()
    for i in range(6):
        a.send(frame(B, A, n=1482, first=i), 1482)
    into = bytearray(1484)
    received = 0
    while b.recv_into(into):
        received += 1
    assert received == 4 and b.dropped() == 2


def test_the_firmwares_own_buffer_holds_one_longest_message_and_a_shorter_one():
    _, a, b = boards(A, B)
    link = link_on(a)
    b.wlan.active(True)
    b.radio.active(True)
    link.send(frame(B, A, n=1482), 1482)
    link.send(frame(B, A, n=1482), 1482)
    link.send(frame(B, A, n=1480), 1480)
    assert b.radio.stats()[3:] == (2, 1)


def test_irq_calls_the_handler_after_a_message_and_none_ends_it():
    _, a, b = pair()
    calls = []
    b.irq(calls.append)
    a.send(frame(B, A), 60)
    for _ in range(3):
        pass
    assert len(calls) == 1
    b.irq(None)
    a.send(frame(B, A), 60)
    assert len(calls) == 1


def test_wait_ends_when_a_message_waits_and_without_one_after_its_time():
    _, a, b = pair()
    a.send(frame(B, A), 60)
    b.wait(10_000)
    assert b.recv_into(bytearray(1484)) == 60
    b.wait(0)


def test_boards_on_other_channels_are_not_heard():
    _, a, b = boards(A, B)
    one, two = link_on(a, channel=1), link_on(b, channel=6)
    one.send(frame(B, A), 60)
    assert two.recv_into(bytearray(1484)) == 0
    assert a.radio.stats()[2] == 1


def test_power_save_is_switched_off():
    _, a = boards(A)
    link_on(a)
    assert a.wlan.pm == a.wlan.PM_NONE


def test_closed_it_is_down_and_hears_nothing():
    _, a, b = boards(A, B)
    one, two = link_on(a), link_on(b)
    two.close()
    two.close()
    assert not two.isup()
    one.send(frame(B, A), 60)
    assert b.radio.stats()[3] == 0


def test_a_frame_costs_no_heap():
    _, a, b = pair()
    out = frame(B, A, n=1482)
    into = bytearray(1484)

    def exchange():
        moved = 0
        for _ in range(5):
            for n in (1482, 60, 42, 14, 77, 1037):
                a.send(out, n)
                moved += b.recv_into(into)
        return moved

    exchange()
    gc.collect()
    micropython.heap_lock()
    try:
        moved = exchange()
    finally:
        micropython.heap_unlock()
    assert moved == 5 * (1482 + 60 + 42 + 14 + 77 + 1037)
