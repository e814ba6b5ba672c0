"""TCP_USER_TIMEOUT in every situation, and the limits without it: how long TCP tries, for whom,
and what the program hears at the end.
"""

from testing import errno_of, proves, raises

# ---- text that is not acknowledged ---------------------------------------------------------


@proves("MUST-21", "MUST-20", "RFC9293-3.10.8-1")
def test_text_is_given_up_when_the_time_of_the_program_is_over(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.setsockopt USER_TIMEOUT 5000
        0     us.write 100
        0     ==> ACK  1:101  ack=1
        1000  ==> ACK  1:101  ack=1
        3000  ==> ACK  1:101  ack=1
        3000  us.timer rexmit 2000     # not the 4000 of the back-off
        4999  us.state ESTABLISHED
        5000  us.state CLOSED
        5000  us.flags RD WR ERR HUP
        5000  us.read 1 error ETIMEDOUT
        5000  us.stat TCPAbortOnTimeout 1
    """)


@proves("MUST-21")
def test_a_time_shorter_than_the_rto_still_allows_one_retransmission(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.setsockopt USER_TIMEOUT 300
        0     us.write 100
        0     ==> ACK  1:101  ack=1
        999   us.state ESTABLISHED
        1000  ==> ACK  1:101  ack=1
        1000  us.state CLOSED
        1000  us.getsockopt ERROR ETIMEDOUT
        1000  us.getsockopt ERROR 0
    """)


@proves("MUST-21")
def test_an_ack_of_a_part_begins_the_time_anew(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.setsockopt USER_TIMEOUT 4000
        0     us.write 1500
        0     ==> ACK  1:1001     ack=1
        0     ==> ACK  1001:1501  ack=1
        1000  ==> ACK  1:1001     ack=1
        2900  <== ACK  1          ack=1001
        2900  ==> ACK  1001:1501  ack=1
        4900  ==> ACK  1001:1501  ack=1
        6899  us.state ESTABLISHED
        6900  us.state CLOSED
        6900  us.write 1 error ETIMEDOUT
    """)


@proves("MUST-21")
def test_the_ack_of_everything_ends_the_count(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.setsockopt USER_TIMEOUT 2500
        0     us.write 100
        0     ==> ACK  1:101    ack=1
        1000  ==> ACK  1:101    ack=1
        2400  <== ACK  1        ack=101
        60s   us.state ESTABLISHED
        60s   us.write 100
        60s   ==> ACK  101:201  ack=1
        62s   ==> ACK  101:201  ack=1
        62500 us.state CLOSED
    """)


@proves("MUST-21")
def test_a_tail_loss_probe_does_not_prolong_the_time(wire):
    wire.opened(mss=1000, offer="sackok ts=0")
    wire.play("""
        0     us.setsockopt USER_TIMEOUT 5000
        0     us.write 100
        0     ==> ACK  1:101  ack=1
        0     us.timer probe 202
        202   ==> ACK  1:101  ack=1
        202   us.timer rexmit 1000
        1202  ==> ACK  1:101  ack=1
        3202  ==> ACK  1:101  ack=1
        3202  us.timer rexmit 1798
        5000  us.state CLOSED
        5000  us.read 1 error ETIMEDOUT
    """)


@proves("MUST-21")
def test_a_program_may_wait_for_ever(wire):
    wire.opened(mss=1000, tcp_retries2=2)
    wire.play("""
        0     us.setsockopt USER_TIMEOUT 268435456
        0     us.write 100
        0     ==> ACK  1:101  ack=1
        1s    ==> ACK  1:101  ack=1
        3s    ==> ACK  1:101  ack=1
        7s    ==> ACK  1:101  ack=1
        15s   ==> ACK  1:101  ack=1
        31s   ==> ACK  1:101  ack=1
        63s   ==> ACK  1:101  ack=1
        123s  ==> ACK  1:101  ack=1
        183s  ==> ACK  1:101  ack=1
        200s  us.state ESTABLISHED
        200s  <== ACK  1      ack=101
        200s  us.sendq 0
    """)


@proves("MUST-21")
def test_the_time_can_be_read_and_has_its_bounds(wire):
    wire.opened()
    wire.play("""
        0  us.getsockopt USER_TIMEOUT 0
        0  us.setsockopt USER_TIMEOUT 30000
        0  us.getsockopt USER_TIMEOUT 30000
        0  us.setsockopt USER_TIMEOUT 0
        0  us.getsockopt USER_TIMEOUT 0
    """)
    error = raises(OSError, wire.socket().setsockopt, 6, 18, -1)
    assert error.args[0] == 22


@proves("MUST-21")
def test_the_time_of_the_listener_holds_for_what_it_accepts(wire):
    wire.listening()
    wire.play("""
        0     us.setsockopt USER_TIMEOUT 2000
        0     <== SYN      0  mss=1000
        0     ==> SYN ACK  0      ack=1
        0     <== ACK      1      ack=1
        0     us.accept
        0     us.write 100
        0     ==> ACK      1:101  ack=1
        1000  ==> ACK      1:101  ack=1
        2000  us.state CLOSED
        2000  us.read 1 error ETIMEDOUT
    """)


@proves("MUST-21")
def test_a_blocked_writer_is_woken_in_time(wire):
    wire.opened(mss=1000, tx_buffer=2048)
    wire.play("""
        0  us.setsockopt USER_TIMEOUT 3500
        0  us.write 2048
        0  ==> ACK  1:1001     ack=1
        0  ==> ACK  1001:2001  ack=1
        0  ==> ACK  2001:2049  ack=1
    """)
    sock = wire.socket()
    sock.setblocking(True)
    error = raises(OSError, sock.write, b"more")
    assert error.args[0] == errno_of("ETIMEDOUT")
    assert wire.now() == 3500, wire.now()
    wire.pump()
    wire.seen = []


# ---- a closed window -----------------------------------------------------------------------


@proves("MUST-21", "MUST-36")
def test_text_that_cannot_be_sent_is_given_up_though_probes_are_answered(wire):
    wire.opened(win=0)
    wire.play("""
        0     us.setsockopt USER_TIMEOUT 5000
        0     us.write 100
        1000  ==> ACK  1:2  ack=1
        1000  <== ACK  1    ack=1 win=0
        3000  ==> ACK  1:2  ack=1
        3000  <== ACK  1    ack=1 win=0
        3000  us.timer persist 2000
        4999  us.state ESTABLISHED
        5000  us.state CLOSED
        5000  us.write 1 error ETIMEDOUT
    """)


@proves("MUST-37")
def test_without_the_option_answers_keep_a_closed_window_alive(wire):
    wire.opened(win=0, tcp_retries2=2)
    wire.play("0 us.write 100")
    at, wait = 1, 2
    for _ in range(12):
        wire.play("%ds ==> ACK 1:2 ack=1\n%ds <== ACK 1 ack=1 win=0" % (at, at))
        at += wait
        wait = min(2 * wait, 60)
    wire.play("%ds ==> ACK 1:2 ack=1\n%ds us.state ESTABLISHED" % (at, at))


@proves("MUST-36", "RFC9293-3.10.8-1")
def test_without_answers_a_closed_window_ends_after_all_retries(wire):
    wire.opened(win=0, tcp_retries2=3)
    wire.play("""
        0     us.write 100
        1s    ==> ACK  1:2  ack=1
        3s    ==> ACK  1:2  ack=1
        7s    ==> ACK  1:2  ack=1
        14999 us.state ESTABLISHED
        15s   us.state CLOSED
        15s   us.read 1 error ETIMEDOUT
    """)


@proves("MUST-21")
def test_a_window_that_opens_begins_the_time_anew(wire):
    wire.opened(mss=1000, win=0)
    wire.play("""
        0     us.setsockopt USER_TIMEOUT 4000
        0     us.write 100
        1000  ==> ACK  1:2    ack=1
        1000  <== ACK  1      ack=1 win=0
        3000  ==> ACK  1:2    ack=1
        3900  <== ACK  1      ack=1 win=8192
        3900  ==> ACK  1:101  ack=1
        4900  ==> ACK  1:101  ack=1
        6900  ==> ACK  1:101  ack=1
        7899  us.state ESTABLISHED
        7900  us.state CLOSED
    """)


@proves("MUST-35", "MUST-36")
def test_probes_grow_apart_to_a_minute_and_no_further(wire):
    wire.opened(win=0)
    wire.play("0 us.write 100")
    for at in (1, 3, 7, 15, 31, 63, 123, 183, 243):
        wire.play("%ds ==> ACK 1:2 ack=1\n%ds <== ACK 1 ack=1 win=0" % (at, at))


@proves("MUST-35", "MUST-36")
def test_after_four_hours_of_answered_probes_they_are_a_minute_apart_still(wire):
    wire.opened(win=0)
    wire.play("0 us.write 100")
    for at in (1, 3, 7, 15, 31):
        wire.play("%ds ==> ACK 1:2 ack=1\n%ds <== ACK 1 ack=1 win=0" % (at, at))
    for n in range(260):  # more than one byte can count
        at = 63 + 60 * n
        wire.play("%ds ==> ACK 1:2 ack=1\n%ds <== ACK 1 ack=1 win=0" % (at, at))


# ---- keepalive and handshake ---------------------------------------------------------------


@proves("MUST-24", "MUST-21")
def test_with_keepalive_the_time_decides_and_not_the_count(wire):
    wire.opened()
    wire.play("""
        0     us.setsockopt KEEPIDLE 10
        0     us.setsockopt KEEPINTVL 4
        0     us.setsockopt KEEPCNT 2
        0     us.setsockopt USER_TIMEOUT 25000
        0     us.setsockopt KEEPALIVE 1
        10s   ==> ACK  0  ack=1
        14s   ==> ACK  0  ack=1
        18s   ==> ACK  0  ack=1
        22s   ==> ACK  0  ack=1
        26s   ==> RST ACK  1  ack=1     # the first probe that would come after the 25 s
        26s   us.read 1 error ETIMEDOUT
    """)


@proves("MUST-24", "MUST-21")
def test_a_time_shorter_than_the_idle_time_waits_for_one_probe(wire):
    wire.opened()
    wire.play("""
        0     us.setsockopt KEEPIDLE 10
        0     us.setsockopt KEEPINTVL 4
        0     us.setsockopt USER_TIMEOUT 5000
        0     us.setsockopt KEEPALIVE 1
        10s   ==> ACK  0  ack=1
        10010 <== ACK  1  ack=1        # in time
        20010 ==> ACK  0  ack=1
        24010 ==> RST ACK  1  ack=1
        24010 us.read 1 error ETIMEDOUT
    """)


@proves("MUST-24", "MUST-21")
def test_who_waits_for_ever_has_keepalive_count(wire):
    wire.opened()
    wire.play("""
        0     us.setsockopt KEEPIDLE 10
        0     us.setsockopt KEEPINTVL 4
        0     us.setsockopt KEEPCNT 2
        0     us.setsockopt USER_TIMEOUT 2147483647
        0     us.setsockopt KEEPALIVE 1
        10s   ==> ACK  0  ack=1
        14s   ==> ACK  0  ack=1
        18s   ==> RST ACK  1  ack=1
    """)


@proves("MUST-21", "MUST-23")
def test_an_opening_ends_when_the_time_of_the_program_is_over(wire):
    wire.stack()
    wire.play("""
        0     us.setsockopt USER_TIMEOUT 4500
        0     us.connect 80
        0     ==> SYN  0
        1000  ==> SYN  0
        3000  ==> SYN  0
        4499  us.state SYN_SENT
        4500  us.state CLOSED
        4500  us.read 1 error ETIMEDOUT
        4500  us.stat AttemptFails 1
    """)


@proves("MUST-23")
def test_a_long_time_does_not_prolong_an_opening(wire):
    wire.build({"tcp_syn_retries": 2})
    wire.play("""
        0     us.setsockopt USER_TIMEOUT 100000
        0     us.connect 80
        0     ==> SYN  0
        1000  ==> SYN  0
        3000  ==> SYN  0
        7000  us.state CLOSED
        7000  us.getsockopt ERROR ETIMEDOUT
    """)


# ---- limits of the stack -------------------------------------------------------------------


@proves("MUST-20", "RFC9293-3.10.8-2")
def test_all_retries_are_used_before_a_connection_is_given_up(wire):
    wire.opened(mss=1000, tcp_retries2=4)
    wire.play("""
        0      us.write 100
        0      ==> ACK  1:101  ack=1
        1s     ==> ACK  1:101  ack=1
        3s     ==> ACK  1:101  ack=1
        7s     ==> ACK  1:101  ack=1
        15s    ==> ACK  1:101  ack=1
        30999  us.state ESTABLISHED
        31s    us.state CLOSED
        31s    us.read 1 error ETIMEDOUT
    """)


@proves("MUST-20")
def test_by_default_a_connection_is_given_up_after_a_quarter_of_an_hour(wire):
    wire.opened(mss=1000)
    wire.play("0 us.write 100\n0 ==> ACK 1:101 ack=1")
    at, rto = 0, 1
    for _ in range(15):
        at += rto
        rto = min(2 * rto, 60)
        wire.play("%ds ==> ACK 1:101 ack=1" % at)
    wire.play("%ds us.state ESTABLISHED\n%ds us.state CLOSED" % (at + rto - 1, at + rto))
    assert at + rto >= 100  # s: R2 of RFC 9293, 3.8.3


@proves("MUST-20")
def test_after_three_retransmissions_the_next_hop_is_asked_for(wire):
    wire.link.arp_visible = True
    wire.build({"base_reachable_time": 600})
    wire.play("""
        0     ==> ARP who 10.9.0.2
        0     us.connect 80
        0     ==> ARP who 10.9.0.1
        0     <== ARP is 10.9.0.1
        0     ==> SYN      0
        0     <== SYN ACK  0      ack=1 mss=1000
        0     ==> ACK      1      ack=1
        1s    us.write 100
        1s    ==> ACK      1:101  ack=1
        2s    ==> ACK      1:101  ack=1
        4s    ==> ACK      1:101  ack=1
        8s    ==> ACK      1:101  ack=1
        16s   ==> ARP who 10.9.0.1 ethdst=unicast
        16s   ==> ACK      1:101  ack=1
        16s   <== ARP is 10.9.0.1
        32s   ==> ACK      1:101  ack=1
    """)


@proves("MUST-20")
def test_who_sets_when_the_next_hop_is_doubted(wire):
    wire.link.arp_visible = True
    wire.build({"base_reachable_time": 600, "tcp_retries1": 1})
    wire.play("""
        0     ==> ARP who 10.9.0.2
        0     us.connect 80
        0     ==> ARP who 10.9.0.1
        0     <== ARP is 10.9.0.1
        0     ==> SYN      0
        0     <== SYN ACK  0      ack=1 mss=1000
        0     ==> ACK      1      ack=1
        1s    us.write 100
        1s    ==> ACK      1:101  ack=1
        2s    ==> ACK      1:101  ack=1
        4s    ==> ARP who 10.9.0.1 ethdst=unicast
        4s    ==> ACK      1:101  ack=1
    """)


# ---- orphans -------------------------------------------------------------------------------


@proves("RFC9293-3.10.4-3", "RFC9293-3.10.8-1")
def test_in_fin_wait_1_an_orphan_has_its_own_retries(wire):
    wire.fin_wait_1(tcp_orphan_retries=2)
    wire.play("""
        1s     ==> FIN ACK  1  ack=1
        3s     ==> FIN ACK  1  ack=1
        6999   us.state FIN_WAIT_1
        7s     us.state CLOSED
    """)


@proves("RFC9293-3.10.8-1")
def test_last_ack_is_bounded(wire):
    wire.last_ack(tcp_orphan_retries=2)
    wire.play("""
        1s     ==> FIN ACK  1  ack=2
        3s     ==> FIN ACK  1  ack=2
        6999   us.state LAST_ACK
        7s     us.state CLOSED
    """)


@proves("RFC9293-3.10.8-1")
def test_closing_is_bounded(wire):
    wire.closing(tcp_orphan_retries=2)
    wire.play("""
        1s     ==> FIN ACK  1  ack=2
        3s     ==> FIN ACK  1  ack=2
        6999   us.state CLOSING
        7s     us.state CLOSED
    """)


@proves("MUST-21", "RFC9293-3.10.8-1")
def test_the_time_of_the_program_holds_after_close(wire):
    wire.opened()
    wire.play("""
        0      us.setsockopt USER_TIMEOUT 3000
        0      us.close
        0      ==> FIN ACK  1  ack=1
        1s     ==> FIN ACK  1  ack=1
        3s     us.state CLOSED
    """)


@proves("RFC9293-3.10.8-1", "MUST-37")
def test_a_peer_cannot_hold_an_orphan_with_a_window_that_stays_closed(wire):
    wire.opened(win=0, tcp_orphan_retries=7)
    wire.play("0 us.write 100\n0 us.close")
    for at in (1, 3, 7, 15, 31, 63, 123):
        wire.play("%ds ==> ACK 1:2 ack=1\n%ds <== ACK 1 ack=1 win=0" % (at, at))
    wire.play("""
        182999  us.state FIN_WAIT_1
        183s    us.state CLOSED
    """)


@proves("RFC9293-3.10.8-1")
def test_an_orphan_gives_a_window_that_is_shut_its_minutes(wire):
    wire.opened(mss=1000, win=0, tcp_orphan_retries=3)
    wire.play("0 us.write 100\n0 us.close")
    for at in (1, 3, 7, 15, 31):  # more than three probes, but not yet a minute apart
        wire.play("%ds ==> ACK 1:2 ack=1\n%ds <== ACK 1 ack=1 win=0" % (at, at))
    wire.play("""
        40s  <== ACK      1      ack=1 win=8192
        40s  ==> FIN ACK  1:101  ack=1
        40s  <== ACK      1      ack=102
        40s  us.state FIN_WAIT_2
    """)


@proves("RFC9293-3.10.4-3")
def test_who_only_shuts_may_wait_for_the_peers_fin(wire):
    wire.fin_wait_2(shutdown=True, tcp_fin_timeout=5)
    wire.play("""
        3600s  us.state FIN_WAIT_2
        3600s  us.timer none
        3600s  us.close
        3600s  us.timer finwait2 5000
        3605s  us.state CLOSED
    """)


@proves("MUST-21")
def test_the_time_of_the_program_takes_no_heap(wire):
    wire.opened(mss=1000, tcp_retries1=9)  # without an ARP request, which the harness answers
    wire.play("""
        0     us.setsockopt USER_TIMEOUT 20000
        0     us.write 100
        0     ==> ACK  1:101  ack=1
        1s    ==> ACK  1:101  ack=1
        3s    ==> ACK  1:101  ack=1
        7s    ==> ACK  1:101  ack=1
        8s    <== ACK  1      ack=101 win=0
        8s    us.write 100
        16s   ==> ACK  101:102  ack=1
        16s   <== ACK  1      ack=101 win=0
        27s   us.grown 0
        28s   us.state CLOSED
    """)
