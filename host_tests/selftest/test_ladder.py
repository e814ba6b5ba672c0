"""The ladder harness itself: what it accepts, and above all what it must not accept."""

from fake import Fake, segment

from frames import ACK, FIN, PSH, SYN, stream
from testing import errno_of, raises
from wire import PEER_ISN, Wire

MSS = b"\x02\x04\x05\xb4"


def wire_with(*plan, factory=Fake):
    """A wire whose stack will send these (time, frame)."""
    wire = Wire()
    wire.build(factory=factory)
    wire.net.plan = list(plan)
    wire.net.got = []
    return wire


def refused(wire, text, *words):
    """The ladder must fail, and its report must contain `words`."""
    report = str(raises(AssertionError, wire.play, text).args[0])
    for word in words:
        assert word in report, report
    assert report.count(">>") == 1, report
    return report


def synack(at=0, **options):
    return at, segment(0, PEER_ISN + 1, SYN | ACK, options=MSS, **options)


SYN_LINE = "0 <== SYN 0 mss=1460\n"


def test_a_ladder_that_is_true_passes():
    wire = wire_with(synack(), (40, segment(1, PEER_ISN + 1, ACK)))
    wire.play("""
        0   <== SYN      0  mss=1000 win=3000   # a remark
        0   ==> SYN ACK  0  ack=1 mss=1460 win=2048
        +40 ==> ACK      1  ack=1
    """)


def test_a_frame_that_comes_one_millisecond_late_fails():
    refused(wire_with(synack(1)), SYN_LINE + "0 ==> SYN ACK 0 ack=1", "nothing was sent")
    refused(wire_with(synack(41)), SYN_LINE + "40 ==> SYN ACK 0 ack=1", "nothing was sent")


def test_a_frame_that_comes_one_millisecond_early_fails():
    refused(
        wire_with(synack(39)), SYN_LINE + "40 ==> SYN ACK 0 ack=1", "not in the ladder", "seen: 39"
    )


def test_a_missing_frame_fails():
    refused(wire_with(), SYN_LINE + "0 ==> SYN ACK 0 ack=1", "nothing was sent", "seen: nothing")


def test_a_frame_between_two_lines_fails():
    wire = wire_with((7, segment(1, PEER_ISN + 1, ACK)))
    refused(wire, SYN_LINE + "20 <== SYN 0", "not in the ladder", "seen: 7 ")


def test_a_frame_after_the_last_line_at_its_time_fails():
    refused(wire_with(synack()), SYN_LINE, "not in the ladder", "(the end")


def test_a_second_frame_fails():
    wire = wire_with(synack(), synack())
    refused(wire, SYN_LINE + "0 ==> SYN ACK 0 ack=1\n5 <== ACK 1 ack=1", "not in the ladder")


def test_wrong_numbers_fail():
    refused(wire_with(synack()), SYN_LINE + "0 ==> SYN ACK 1 ack=1", "other sequence numbers")
    refused(wire_with(synack()), SYN_LINE + "0 ==> SYN ACK 0 ack=2", "another ack")
    refused(wire_with(synack()), SYN_LINE + "0 ==> SYN ACK 0 win=2047", "win=2048")
    refused(wire_with(synack()), SYN_LINE + "0 ==> SYN ACK 0 mss=536", "mss=1460")
    refused(wire_with(synack()), SYN_LINE + "0 ==> SYN ACK 0 ttl=1", "ttl=64")
    refused(wire_with(synack()), SYN_LINE + "0 ==> SYN ACK 0 opt=", "other options")


def test_wrong_flags_fail():
    refused(wire_with(synack()), SYN_LINE + "0 ==> SYN 0", "other flags")
    refused(wire_with(synack()), SYN_LINE + "0 ==> SYN FIN ACK 0", "other flags")


def test_psh_counts_only_when_it_is_written():
    frame = segment(1, PEER_ISN + 1, ACK | PSH, data=stream(True, 0, 10))
    plain = segment(1, PEER_ISN + 1, ACK, data=stream(True, 0, 10))
    for line, ok, bad in (
        ("ACK 1:11", frame, None),
        ("ACK 1:11", plain, None),
        ("PSH ACK 1:11", frame, plain),
        ("ACK 1:11 psh=0", plain, frame),
    ):
        ladder = SYN_LINE + "0 ==> SYN ACK 0 ack=1\n1 ==> " + line
        wire_with(synack(), (1, ok)).play(ladder)
        if bad:
            refused(wire_with(synack(), (1, bad)), ladder, "other flags")


def test_another_port_or_peer_fails():
    refused(wire_with(synack(port=5001)), SYN_LINE + "0 ==> SYN ACK 0", "other ports")
    refused(wire_with(synack()), SYN_LINE + "0 ==> SYN ACK 0 from=3", "another address")


def test_text_that_was_not_written_there_fails():
    data = stream(True, 1, 10)
    wire = wire_with(synack(), (1, segment(1, PEER_ISN + 1, ACK, data=data)))
    refused(wire, SYN_LINE + "0 ==> SYN ACK 0\n1 ==> ACK 1:11", "not what was written")


def test_a_longer_or_shorter_segment_fails():
    for n in (9, 11):
        wire = wire_with(synack(), (1, segment(1, PEER_ISN + 1, ACK, data=stream(True, 0, n))))
        refused(wire, SYN_LINE + "0 ==> SYN ACK 0\n1 ==> ACK 1:11", "other sequence numbers")


def test_broken_frames_of_the_stack_fail():
    for broken, word in (
        ({"bad_sum": True}, "TCP checksum"),
        ({"ttl": 0}, "TTL 0"),
        ({"ver": 6}, "IPv4"),
        ({"length": 39}, "total length"),
        ({"frag": 0x2000}, "fragment"),
    ):
        refused(wire_with(synack(**broken)), SYN_LINE + "0 ==> SYN ACK 0", word)
    late = (1, segment(1, PEER_ISN + 1, ACK, options=MSS))
    refused(wire_with(synack(), late), SYN_LINE + "0 ==> SYN ACK 0\n1 ==> ACK 1", "without SYN")
    junk = (1, segment(1, PEER_ISN + 1, ACK, options=b"\x01\x00\x01\x00"))
    refused(
        wire_with(synack(), junk),
        SYN_LINE + "0 ==> SYN ACK 0\n1 ==> ACK 1",
        "end of the option list",
    )


def test_a_window_that_shrinks_fails():
    wire = wire_with(synack(), (1, segment(1, PEER_ISN + 101, ACK, win=1900)))
    refused(wire, SYN_LINE + "0 ==> SYN ACK 0\n1 ==> ACK 1 ack=101", "moved left by 48")


def test_a_time_that_has_passed_fails():
    refused(wire_with(), "50 <== SYN 0\n20 <== SYN 0", "the time is 50 already")


def test_times_in_seconds_and_after_the_line_before():
    wire = wire_with(synack(60000), (60040, segment(1, PEER_ISN + 1, ACK)))
    wire.play(SYN_LINE + "60s ==> SYN ACK 0\n+40 ==> ACK 1 ack=1")


def test_time_goes_on_in_the_next_ladder():
    wire = wire_with(synack(), (30, segment(1, PEER_ISN + 1, ACK)))
    wire.play(SYN_LINE + "0 ==> SYN ACK 0\n20 us.poll")
    wire.play("30 ==> ACK 1 ack=1")


def test_the_frame_of_a_line_is_what_it_says():
    wire = wire_with(synack(0, port=5001))
    wire.play("0 <== SYN 0 mss=1000 win=3000 port=5001\n0 ==> SYN ACK 0 ack=1 port=5001")
    wire.play("9 <== PSH FIN ACK 1:51 ack=1 port=5001")
    at, raw = wire.net.got[-1]
    head, segment_ = raw[:34], raw[34:]
    assert at == 9 and len(raw) == 104
    assert head[12:15] == b"\x08\x00\x45" and head[26:34] == b"\x0a\x09\x00\x01\x0a\x09\x00\x02"
    assert segment_[:4] == b"\x13\x89\x00\x50"
    assert segment_[4:8] == (PEER_ISN + 1).to_bytes(4, "big")
    assert segment_[8:12] == (1001).to_bytes(4, "big")
    assert segment_[12:16] == bytes((0x50, PSH | FIN | ACK, 3000 >> 8, 3000 & 255))
    assert segment_[20:] == stream(False, 0, 50)


def test_short_frames_are_padded_like_on_a_real_ethernet():
    wire = wire_with()
    wire.play("0 <== ACK 1 ack=1\n1 <== ACK 1 ack=1 pad=0")
    assert [len(raw) for _, raw in wire.net.got] == [60, 54]


def test_lines_at_one_time_arrive_before_one_poll():
    wire = wire_with()
    polls = []
    poll = wire.net.poll
    wire.net.poll = lambda: (polls.append(len(wire.net.got)), poll())[1]
    wire.play("5 <== ACK 1 ack=1\n5 <== ACK 2 ack=1\n6 us.poll")
    assert 1 not in polls and 2 in polls, polls


def test_a_stack_that_polls_for_ever_fails():
    wire = wire_with()
    wire.net.poll = lambda: 0
    assert "at once" in str(raises(AssertionError, wire.play, "1 us.poll"))


def test_looks_compare():
    wire = wire_with()
    wire.net.rows = [
        ("tcp", 3, 4, ("10.9.0.2", 80), ("10.9.0.1", 5000), "ESTABLISHED", "rexmit", 900)
    ]
    wire.play("""
        0 us.state ESTABLISHED
        0 us.timer rexmit 900
        0 us.recvq 3
        0 us.sendq 4
        0 us.rows  1 ESTABLISHED
        0 us.stat  InSegs 0
    """)
    for line in (
        "state CLOSED",
        "timer rexmit 901",
        "timer persist",
        "recvq 4",
        "sendq 3",
        "rows 0",
        "rows 1 LISTEN",
        "stat InSegs 1",
        "grown 1",
    ):
        refused(wire, "0 us." + line)


def test_an_error_that_is_told_must_come():
    class Failing(Fake):
        def socket(self):
            raise OSError(errno_of("EADDRINUSE"))

    wire_with(factory=Failing).play("0 us.bind 7 error EADDRINUSE")
    refused(wire_with(factory=Failing), "0 us.bind 7 error EINVAL", "OSError")
    refused(wire_with(factory=Failing), "0 us.bind 7", "OSError")
    refused(wire_with(), "0 us.poll error EINVAL", "no error")


def test_a_recording_prints_what_was_seen():
    wire = wire_with(synack(), (40, segment(1, PEER_ISN + 1, ACK)))
    report = str(raises(AssertionError, wire.record, SYN_LINE + "50 us.poll").args[0])
    rows = [" ".join(row.split()) for row in report.split("\n")]
    assert rows == [
        "recorded:",
        "0 <== SYN 0 mss=1460",
        "0 ==> SYN ACK 0 ack=1 win=2048 mss=1460",
        "40 ==> ACK 1 ack=1 win=2048",
        "50 us.poll",
    ], rows


def test_heap_growth_is_counted():
    class Leaking(Fake):
        def poll(self):
            while self.link.recv_into(self._frame):
                pass
            self.kept = bytearray(100)
            return 1000

    refused(wire_with(factory=Leaking), "0 us.poll\n0 us.grown 0", "the heap grew by")

    class Frugal(Fake):
        def poll(self):
            while self.link.recv_into(self._frame):
                pass
            return 1000

    wire_with(factory=Frugal).play("0 us.poll\n0 us.grown 0")


def test_arp_is_answered_out_of_sight():
    import frames

    wire = wire_with()
    ask = frames.arp(
        1, b"\x02\x00\x00\x00\x00\x02", b"\x0a\x09\x00\x02", bytes(6), b"\x0a\x09\x00\x07"
    )
    wire.net.plan = [
        (3, frames.eth(frames.BROADCAST, b"\x02\x00\x00\x00\x00\x02", frames.ETH_ARP, ask))
    ]
    wire.play("5 us.poll")
    assert wire.net.got[-1][1][22:32] == b"\x02\x00\x00\x00\x00\x07\x0a\x09\x00\x07"


def test_the_clock_wraps_like_ticks_ms():
    from clocked import Clock

    clock = Clock((1 << 30) - 2)
    ticks = []
    for _ in range(4):
        ticks.append(clock.ticks_ms())
        clock.now += 1
    assert ticks == [(1 << 30) - 2, (1 << 30) - 1, 0, 1], ticks
