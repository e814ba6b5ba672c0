"""The User Timeout Option (RFC 5482): sent and taken while tcp_uto is 1."""

from testing import proves

# Nothing but the MSS beside it, so that it is plain to see.
_PLAIN = {"tcp_uto": 1, "tcp_sack": 0, "tcp_timestamps": 0, "tcp_window_scaling": 0}


def plain(**more):
    return dict(_PLAIN, **more)


def opened(wire, offer="", **options):
    """A connection that was accepted; the ACK that tells our timeout has gone out."""
    wire.listening(**options)
    wire.play("""
        0  <== SYN      0  mss=1000 OFFER
        0  ==> SYN ACK  0  ack=1
        0  <== ACK      1  ack=1
        0  ==> ACK      1  ack=1
        0  us.accept
    """.replace("OFFER", offer))
    wire.mark()


@proves("RFC5482-3-4", "RFC5482-3.3-1")
def test_our_syn_and_the_first_segment_behind_it_carry_the_option(wire):
    wire.build(plain())
    wire.play("""
        0  us.connect 80
        0  ==> SYN      0        opt=020405b41c04012c    # 300 s
        5  <== SYN ACK  0        ack=1 mss=1000
        5  ==> ACK      1        ack=1 opt=1c04012c
        6  us.write 100
        6  ==> ACK      1:101    ack=1 opt=
        9  <== ACK      1        ack=101
        9  us.write 100
        9  ==> ACK      101:201  ack=1 opt=
    """)


@proves("RFC5482-3-4")
def test_a_syn_ack_and_the_first_segment_behind_it_carry_the_option(wire):
    wire.listening(**plain())
    wire.play("""
        0  <== SYN      0    mss=1000 opt=1c040258
        0  ==> SYN ACK  0    ack=1 opt=020405b41c04012c
        5  <== ACK      1    ack=1
        5  ==> ACK      1    ack=1 opt=1c04012c
        6  us.accept
        6  <== ACK      1:11 ack=1
        46 ==> ACK      1    ack=11 opt=
    """)


@proves("RFC5482-3-4", "RFC5482-3.3-1")
def test_a_change_is_told_at_once_in_seconds_or_in_minutes(wire):
    opened(wire, **plain())
    for at, ms, option in (
        (10, 400000, "1c040190"),
        (11, 1999, "1c040001"),
        (12, 999, "1c040001"),  # 0 is never sent
        (13, 32767000, "1c047fff"),
        (14, 32768000, "1c048222"),  # 546 minutes
        (15, 0x7FFFFFFF, "1c049179"),  # for ever: the most that is kept, 2**28 ms
        (16, 0, "1c04012c"),
    ):
        wire.play(
            "%d us.setsockopt USER_TIMEOUT %d\n%d ==> ACK 1 ack=1 opt=%s" % (at, ms, at, option)
        )


@proves("RFC5482-3.4-1")
def test_zero_is_ignored(wire):
    opened(wire, **plain())
    wire.play("""
        5  <== ACK  1  ack=1 opt=1c040000
        5  us.getsockopt USER_TIMEOUT 0
        6  <== ACK  1  ack=1 opt=1c048000
        6  us.getsockopt USER_TIMEOUT 0
    """)


@proves("RFC5482-3.1-1", "RFC5482-3-2", "RFC5482-3.1-2", "RFC5482-3.3-1")
def test_the_longer_of_both_counts_within_the_limits(wire):
    opened(wire, **plain())
    wire.play("""
        5  <== ACK  1  ack=1 opt=1c040001    # 1 s: less than ours, and than the 100 s of 3.1
        5  us.getsockopt USER_TIMEOUT 300000
        6  <== ACK  1  ack=1 opt=01011c040384  # 900 s
        6  us.getsockopt USER_TIMEOUT 900000
        7  <== ACK  1  ack=1 opt=1c04803c    # 60 minutes
        7  us.getsockopt USER_TIMEOUT 3600000
        8  <== ACK  1  ack=1 opt=1c04ffff    # 32767 minutes: a day is the most
        8  us.getsockopt USER_TIMEOUT 86400000
        9  <== ACK  1  ack=1                 # what was told holds
        9  us.getsockopt USER_TIMEOUT 86400000
    """)


@proves("RFC5482-3.1-1")
def test_text_is_kept_for_as_long_as_the_peer_asked(wire):
    opened(wire, **plain(tcp_retries2=2))
    wire.play("0 <== ACK 1 ack=1 opt=1c040190")  # 400 s
    lines = "0 us.write 100\n0 ==> ACK 1:101 ack=1\n"
    for s in (1, 3, 7, 15, 31, 63, 123, 183, 243, 303, 363):
        lines += "%ds ==> ACK 1:101 ack=1\n" % s
    lines += "399999 us.state ESTABLISHED\n400s us.state CLOSED\n400s us.write 1 error ETIMEDOUT"
    wire.play(lines)


@proves("RFC5482-3-3")
def test_what_the_program_has_set_stays(wire):
    opened(wire, **plain())
    wire.play("""
        5  us.setsockopt USER_TIMEOUT 20000
        5  ==> ACK  1  ack=1 opt=1c040014
        6  <== ACK  1  ack=1 opt=1c040384
        6  us.getsockopt USER_TIMEOUT 20000
        7  us.setsockopt USER_TIMEOUT 0      # now the peer's counts
        7  ==> ACK  1  ack=1 opt=1c04012c
        7  us.getsockopt USER_TIMEOUT 900000
        8  us.setsockopt USER_TIMEOUT 30000
        8  ==> ACK  1  ack=1 opt=1c04001e
        8  us.getsockopt USER_TIMEOUT 30000
    """)


@proves("RFC5482-3-3", "RFC5482-3-4")
def test_what_is_set_before_connect_is_in_the_syn(wire):
    wire.build(plain())
    wire.play("""
        0  us.setsockopt USER_TIMEOUT 120000
        0  us.connect 80
        0  ==> SYN      0  opt=020405b41c040078
        5  <== SYN ACK  0  ack=1 mss=1000 opt=1c040384
        5  ==> ACK      1  ack=1 opt=1c040078
        5  us.getsockopt USER_TIMEOUT 120000
    """)


@proves("RFC5482-3.1-1")
def test_the_option_of_the_syn_ack_counts(wire):
    wire.build(plain())
    wire.play("""
        0  us.connect 80
        0  ==> SYN      0
        5  <== SYN ACK  0  ack=1 mss=1000 opt=1c040384
        5  ==> ACK      1  ack=1
        5  us.getsockopt USER_TIMEOUT 900000
    """)


@proves("RFC5482-3.1-1")
def test_what_came_before_accept_counts_from_then_on(wire):
    wire.listening(**plain())
    for port in (5001, 5002):
        wire.play("""
            0  <== SYN      0  mss=1000 port=PORT
            0  ==> SYN ACK  0  ack=1 port=PORT
            0  <== ACK      1  ack=1 opt=1c040384 port=PORT
            0  ==> ACK      1  ack=1 port=PORT
        """.replace("PORT", str(port)))
    wire.play("""
        5  us.accept
        5  us.write 5
        5  ==> ACK      1:6  ack=1 port=5001
        5  us.getsockopt USER_TIMEOUT 900000
    """)


@proves("RFC5482-4.2-1")
def test_keepalive_waits_longer_than_the_timeout_that_was_adopted(wire):
    opened(wire, **plain())
    wire.play("""
        0     us.setsockopt KEEPIDLE 60
        0     us.setsockopt KEEPALIVE 1
        0     us.timer keepalive 60000
        5     <== ACK  1  ack=1 opt=1c040384
        5     us.timer keepalive 901000
        6     <== ACK  1  ack=1
        6     us.timer keepalive 901000
        901006 ==> ACK 0  ack=1
    """)


@proves("RFC5482-3-4")
def test_beside_a_full_list_of_blocks_the_option_waits(wire):
    opened(wire, "sackok ts=0", tcp_uto=1, rx_buffer=8192)
    for n in (1001, 3001, 5001):
        wire.play("5 <== ACK %d:%d ack=1\n5 ==> ACK 1 ack=1" % (n, n + 1000))
    wire.play("""
        9   us.setsockopt USER_TIMEOUT 400000
        9   ==> ACK  1       ack=1 sack=1001:2001,3001:4001,5001:6001
        10  <== ACK  1:1001  ack=1
        10  ==> ACK  1       ack=2001 sack=3001:4001,5001:6001
    """)
    raw = wire.flow().sent
    assert raw.endswith(b"\x1c\x04\x01\x90"), raw


@proves("RFC5482-3-1")
def test_while_it_is_switched_off_the_option_is_passed_over(wire):
    wire.opened(mss=1000, tcp_sack=0, tcp_timestamps=0, tcp_window_scaling=0)
    wire.play("""
        5  <== ACK  1:11  ack=1 opt=1c040384
        5  us.getsockopt USER_TIMEOUT 0
        5  us.read 10
        45 ==> ACK  1     ack=11 opt=
        46 us.setsockopt USER_TIMEOUT 5000
    """)
