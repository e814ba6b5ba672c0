"""The echo client (RFC 1122, 3.2.2.6)."""

import frames
from testing import errno_of, proves, raises

DATA = frames.stream(False, 0, 56)


@proves("RFC1122-3.2.2.6-2")
def test_the_answer_tells_the_round_trip(wire):
    wire.stack()
    wire.locks = False  # a program that asks takes heap
    p = wire.net.ping("10.9.0.1", DATA)
    p.send()
    wire.play(
        """
        0   ==> ICMP echo   id=%d seq=1 len=56
        25  <== ICMP reply  id=%d seq=1 len=56
        26  us.poll
    """
        % (p.id, p.id)
    )
    assert p.ms == 25
    p.send()
    assert p.ms is None
    wire.play(
        """
        26  ==> ICMP echo   id=%d seq=2 len=56
        33  <== ICMP reply  id=%d seq=2 len=56
        33  <== ICMP reply  id=%d seq=2 len=56
        40  us.poll
    """
        % (p.id, p.id, p.id)
    )
    assert p.ms == 7


@proves("RFC1122-3.2.2.6-2")
def test_answers_to_others_are_none(wire):
    wire.stack()
    wire.locks = False
    p = wire.net.ping("10.9.0.1", DATA)
    p.send()
    wire.play("0 ==> ICMP echo id=%d seq=1 len=56" % p.id)
    for other in (
        "id=%d seq=1 len=56" % (p.id ^ 1),
        "id=%d seq=2 len=56" % p.id,
        "id=%d seq=1 len=55" % p.id,
        "id=%d seq=1 len=57" % p.id,
        "id=%d seq=1 len=0" % p.id,
        "id=%d seq=1 len=56 from=3" % p.id,
        "id=%d seq=1 len=56 sum=bad" % p.id,
    ):
        wire.play("%d <== ICMP reply %s\n%d us.poll" % (wire.now() + 1, other, wire.now() + 2))
        assert p.ms is None, other
    wire.play("%d <== ICMP reply id=%d seq=1 len=56" % (wire.now() + 1, p.id))
    assert p.ms == wire.now()


@proves("RFC1122-3.2.2.6-2")
def test_a_call_that_waits(wire):
    net = wire.stack()
    ids = []
    waits = []

    def wait(ms):
        # The peer answers the first request after 30 ms, and none after that.
        waits.append(ms)
        for raw in wire.link.taken():
            ids.append(raw.raw[38] << 8 | raw.raw[39])
            if len(ids) == 1:
                rest = bytes((ids[0] >> 8, ids[0] & 255, 0, 1))
                message = frames.icmp(0, 0, rest, bytes(56))
                packet = frames.ip(raw.dst, raw.src, frames.ICMP, message)
                wire.offer(
                    frames.eth(wire.link.mac, raw.eth_dst, frames.ETH_IP, packet),
                    wire.clock.now + 30,
                )
        wire.clock.now += min(ms, 10)

    net.wait = wait
    assert net.ping("10.9.0.1").wait() == 30
    began = wire.clock.now
    assert net.ping("10.9.0.1").wait(200) is None
    assert wire.clock.now - began == 200 and len(ids) == 2


@proves("RFC1122-3.2.2.6-2")
def test_what_cannot_be_asked_is_refused(wire):
    net = wire.build(gateway="0.0.0.0")
    for address, data, name in (
        ("198.51.100.7", b"", "ENETUNREACH"),
        ("10.9.0.255", b"", "ENETUNREACH"),
        ("10.9.0.1", bytes(1500), "EMSGSIZE"),
        ("10.9.0", b"", "EINVAL"),
    ):
        error = raises(OSError, net.ping, address, data)
        assert error.args[0] == errno_of(name)
    p = net.ping("10.9.0.1", frames.stream(False, 0, 1472))
    p.send()
    wire.play("0 ==> ICMP echo id=%d seq=1 len=1472" % p.id)
