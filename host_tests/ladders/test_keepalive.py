"""Keepalive in every state: when it probes, when it does not, and when it gives up, to the
millisecond.  What the options are is in test_idle.py.
"""

from testing import errno_of, proves, raises


def keep(wire, idle=10, interval=2, count=3):
    """Keepalive for `us`, from now."""
    wire.play(
        """
        0  us.setsockopt KEEPIDLE  %d
        0  us.setsockopt KEEPINTVL %d
        0  us.setsockopt KEEPCNT   %d
        0  us.setsockopt KEEPALIVE 1
    """
        % (idle, interval, count)
    )


@proves("MUST-28", "MUST-24")
def test_by_default_the_first_probe_goes_out_after_two_hours(wire):
    wire.opened()
    wire.play("""
        0        us.setsockopt KEEPALIVE 1
        0        us.timer keepalive 7200000
        7199999  us.timer keepalive 1
        7200s    ==> ACK  0  ack=1
        7200s    us.timer keepalive 75000
        7275s    ==> ACK  0  ack=1
        7350s    ==> ACK  0  ack=1
        7425s    ==> ACK  0  ack=1
        7500s    ==> ACK  0  ack=1
        7575s    ==> ACK  0  ack=1
        7650s    ==> ACK  0  ack=1
        7725s    ==> ACK  0  ack=1
        7800s    ==> ACK  0  ack=1
        7874999  us.state ESTABLISHED
        7875s    ==> RST ACK  1  ack=1
        7875s    us.read 1 error ETIMEDOUT
        7875s    us.stat TCPKeepAlive 9
        7875s    us.stat TCPAbortOnTimeout 1
    """)


@proves("MUST-25")
def test_without_the_option_an_idle_connection_stays_for_ever(wire):
    wire.opened()
    wire.play("""
        0        us.timer none
        86400s   us.timer none
        86400s   us.state ESTABLISHED
        86400s   us.stat TCPKeepAlive 0
    """)


@proves("MUST-24", "RFC7323-3.2-2")
def test_probes_carry_timestamps_and_are_answered_by_them(wire):
    wire.opened(mss=1000, offer="sackok ts=0")
    keep(wire)
    wire.play("""
        10s    ==> ACK      0  ack=1 ts=10000/0
        10003  <== ACK      1  ack=1 ts=7
        20003  ==> ACK      0  ack=1
        22003  ==> ACK      0  ack=1
        24003  ==> ACK      0  ack=1
        26002  us.state ESTABLISHED
        26003  ==> RST ACK  1  ack=1
        26003  us.read 1 error ETIMEDOUT
    """)


def turned_late(wire, at, was_due):
    """The program turns the stack only at `at`, when a probe has been due since was_due."""
    wire.advance(wire.zero + was_due - 1)
    wire.clock.now = wire.zero + at
    wire.pump()


def late_twice(wire):
    """Two turns of three come late."""
    turned_late(wire, 10_090, 10_000)
    wire.play("""
        10090  ==> ACK  0  ack=1
        10090  us.timer keepalive 1910
    """)
    turned_late(wire, 12_007, 12_000)
    wire.play("""
        12007  ==> ACK  0  ack=1
        14s    ==> ACK  0  ack=1
        16s    ==> RST ACK  1  ack=1
        16s    us.read 1 error ETIMEDOUT
    """)


@proves("MUST-24")
def test_a_stack_that_is_turned_late_gives_up_in_time(wire):
    wire.opened()
    keep(wire)
    late_twice(wire)


@proves("MUST-24")
def test_a_stack_that_is_turned_late_gives_up_in_time_by_tcp_user_timeout(wire):
    wire.opened()
    wire.play("0 us.setsockopt USER_TIMEOUT 16000")
    keep(wire)
    late_twice(wire)


@proves("MUST-24")
def test_after_a_long_sleep_the_peer_has_time_to_answer(wire):
    wire.opened()
    keep(wire)
    turned_late(wire, 11_900, 10_000)
    wire.play("""
        11900  ==> ACK  0  ack=1
        11900  us.timer keepalive 2000
        11950  <== ACK  1  ack=1
        11950  us.timer keepalive 10000
    """)


@proves("MUST-26")
def test_text_in_answer_to_a_probe_begins_the_idle_time_anew(wire):
    wire.opened()
    keep(wire)
    wire.play("""
        10s    ==> ACK  0      ack=1
        12s    ==> ACK  0      ack=1
        12500  <== ACK  1:101  ack=1
        12540  ==> ACK  1      ack=101
        12540  us.timer keepalive 9960
        22500  ==> ACK  0      ack=101
        24500  ==> ACK  0      ack=101
        26500  ==> ACK  0      ack=101
        28500  ==> RST ACK  1  ack=101
        28500  us.read 100
        28500  us.read 1 error ETIMEDOUT
    """)


@proves("MUST-26")
def test_what_we_write_between_probes_asks_in_their_place(wire):
    wire.opened(mss=1000)
    keep(wire)
    wire.play("""
        10s    ==> ACK  0      ack=1
        11s    us.write 100
        11s    ==> ACK  1:101  ack=1
        12s    ==> ACK  1:101  ack=1       # the RTO, and no probe
        14s    ==> ACK  1:101  ack=1
        14500  <== ACK  1      ack=101
        14500  us.timer keepalive 10000
        24500  ==> ACK  100    ack=1
        26500  ==> ACK  100    ack=1
        28500  ==> ACK  100    ack=1
        30500  ==> RST ACK  101  ack=1
    """)


@proves("MUST-24")
def test_a_peer_that_has_closed_is_asked_too(wire):
    wire.close_wait()
    keep(wire)
    wire.play("""
        10s    ==> ACK  0  ack=2
        10001  <== ACK  2  ack=1
        20001  ==> ACK  0  ack=2
        22001  ==> ACK  0  ack=2
        24001  ==> ACK  0  ack=2
        26001  ==> RST ACK  1  ack=2
        26001  us.flags RD WR ERR HUP
        26001  us.write 10 error ETIMEDOUT
        26001  us.write 10 error EPIPE
    """)


@proves("MUST-24")
def test_a_connection_that_we_shut_is_asked_too(wire):
    wire.fin_wait_2(shutdown=True)
    keep(wire)
    wire.play("""
        0      us.timer keepalive 10000
        10s    ==> ACK  1  ack=1
        12s    ==> ACK  1  ack=1
        12100  <== ACK  1:11  ack=2
        12140  ==> ACK  2  ack=11
        22100  ==> ACK  1  ack=11
        24100  ==> ACK  1  ack=11
        26100  ==> ACK  1  ack=11
        28100  ==> RST ACK  2  ack=11
        28100  us.read 10
        28100  us.read 1 error ETIMEDOUT
    """)


@proves("MUST-24", "MUST-37")
def test_behind_a_closed_window_its_probes_are_enough(wire):
    wire.opened(win=0)
    keep(wire, 3, 1, 2)
    wire.play("""
        0      us.write 100
        1s     ==> ACK  1:2  ack=1
        1s     <== ACK  1    ack=1 win=0
        3s     ==> ACK  1:2  ack=1
        3s     <== ACK  1    ack=1 win=0
        7s     ==> ACK  1:2  ack=1
        7s     <== ACK  1    ack=1 win=0
        15s    ==> ACK  1:2  ack=1
        15s    us.stat TCPKeepAlive 0
        15s    us.stat TCPWinProbe 4
    """)


@proves("MUST-24")
def test_a_busy_link_puts_a_probe_off_and_counts_none(wire):
    wire.opened()
    keep(wire, 10, 2, 2)
    wire.play("""
        9999   us.refuse 100000
        11999  us.stat TCPKeepAlive 1
        12005  us.refuse 0           # the first probe is still in the way of the second
        12005  ==> ACK  0  ack=1
        12009  us.stat TCPKeepAlive 1
        12010  ==> ACK  0  ack=1
        14010  ==> RST ACK  1  ack=1
    """)


@proves("MUST-27")
def test_another_idle_time_counts_from_when_it_is_set(wire):
    wire.opened()
    keep(wire, 100, 2, 1)
    wire.play("""
        50s    us.setsockopt KEEPIDLE 5
        50s    us.timer keepalive 5000
        55s    ==> ACK  0  ack=1
        55s    us.setsockopt KEEPINTVL 30
        57s    ==> RST ACK  1  ack=1    # the interval that had begun
    """)


@proves("MUST-27")
def test_another_count_holds_for_the_probes_that_are_out(wire):
    wire.opened()
    keep(wire, 10, 1, 9)
    wire.play("""
        10s    ==> ACK  0  ack=1
        11s    ==> ACK  0  ack=1
        11500  us.setsockopt KEEPCNT 2
        12s    ==> RST ACK  1  ack=1
        12s    us.getsockopt ERROR ETIMEDOUT
    """)


@proves("MUST-36", "MUST-28")
def test_unanswered_probes_are_no_attempts_on_a_window_that_is_closed(wire):
    wire.opened(win=0, tcp_retries2=3)
    keep(wire, 2, 1, 9)
    wire.play("""
        2s     ==> ACK  0    ack=1
        3s     ==> ACK  0    ack=1
        3500   us.write 100
        4500   ==> ACK  1:2  ack=1
        6500   ==> ACK  1:2  ack=1
        10500  ==> ACK  1:2  ack=1
        18499  us.state ESTABLISHED
        18500  us.state CLOSED
    """)


@proves("MUST-27", "RFC9293-3.10.1-1")
def test_set_before_connect_it_counts_from_the_handshake(wire):
    wire.stack()
    wire.play("""
        0      us.setsockopt KEEPIDLE 4
        0      us.setsockopt KEEPALIVE 1
        0      us.connect 80
        0      ==> SYN      0
        500    <== SYN ACK  0  ack=1
        500    ==> ACK      1  ack=1
        500    us.timer keepalive 4000
        4500   ==> ACK      0  ack=1
    """)


@proves("MUST-27")
def test_a_handshake_that_takes_longer_than_the_idle_time_is_not_probed(wire):
    wire.stack()
    wire.play("""
        0      us.setsockopt KEEPIDLE 2
        0      us.setsockopt KEEPALIVE 1
        0      us.connect 80
        0      ==> SYN      0
        1s     ==> SYN      0
        3s     ==> SYN      0
        6500   <== SYN ACK  0  ack=1
        6500   ==> ACK      1  ack=1
        8500   ==> ACK      0  ack=1
    """)


@proves("RFC9293-3.10.4-3")
def test_after_close_the_wait_for_the_peers_fin_is_not_prolonged(wire):
    wire.opened(tcp_fin_timeout=10)
    keep(wire, 600, 2, 3)
    wire.play("""
        0      us.close
        0      ==> FIN ACK  1  ack=1
        5      <== ACK      1  ack=2
        5      us.timer finwait2 10000
        9000   <== ACK      1  ack=2
        9000   us.timer finwait2 1005
        10005  us.state CLOSED
    """)


@proves("MUST-24")
def test_a_reader_in_a_half_closed_connection_is_woken_in_time(wire):
    wire.fin_wait_2(shutdown=True)
    keep(wire, 5, 1, 4)
    sock = wire.socket()
    sock.setblocking(True)
    error = raises(OSError, sock.recv, 1)
    assert error.args[0] == errno_of("ETIMEDOUT")
    assert wire.now() == 9000, wire.now()
    wire.pump()
    wire.seen = []


@proves("MUST-24", "RFC9293-3.10.7.4-7")
def test_probes_find_out_that_the_peer_has_started_anew(wire):
    wire.opened()
    keep(wire)
    wire.play("""
        10s    ==> ACK  0  ack=1
        10001  <== RST  1
        10001  us.flags RD WR ERR HUP
        10001  us.read 1 error ECONNRESET
    """)


@proves("MUST-24")
def test_probes_and_their_answers_take_no_heap(wire):
    wire.opened()
    keep(wire)
    wire.play("""
        10s    ==> ACK  0  ack=1
        10s    <== ACK  1  ack=1
        20s    ==> ACK  0  ack=1
        22s    ==> ACK  0  ack=1
        22s    <== ACK  1  ack=1
        32s    ==> ACK  0  ack=1
        32s    us.grown 0
    """)
