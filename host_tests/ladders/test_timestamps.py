"""Timestamps (RFC 7323, 3 to 5): who offers them, what is echoed, PAWS and its exceptions."""

from testing import proves

DAY_MS = 86400000


@proves("RFC7323-3.2-1", "RFC7323-3.2-3")
def test_our_syn_offers_timestamps_with_an_echo_of_0(wire):
    wire.syn_sent()
    wire.play("""
        1000  ==> SYN      0  ts=1000/@0
        3000  ==> SYN      0  ts=3000/@0
        3010  <== SYN ACK  0  ack=1 ts=0
        3010  ==> ACK      1  ack=1 ts=3010/0
    """)


@proves("RFC7323-3.2-1")
def test_a_syn_ack_has_timestamps_only_when_the_syn_had(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0  port=5001
        0  ==> SYN ACK  0  ack=1 ts=- port=5001
        0  <== SYN      0  ts=0 port=5002
        0  ==> SYN ACK  0  ack=1 ts=0/0 port=5002
    """)


@proves("RFC7323-3.2-1", "RFC7323-3.2-6")
def test_timestamps_can_be_switched_off(wire):
    wire.listening(tcp_timestamps=0)
    wire.play("""
        0   <== SYN      0      ts=0
        0   ==> SYN ACK  0      ack=1 ts=-
        5   <== ACK      1:11   ack=1 ts=5/@0
        5   <== ACK      11:21  ack=1 ts=3/@0     # older: nobody looks
        45  ==> ACK      1      ack=21 ts=-
        50  us2.connect  80     from=3
        50  ==> SYN      0      ts=- from=3 port=80
    """)


@proves("RFC7323-3.2-1", "RFC7323-3.2-6")
def test_a_peer_that_does_not_answer_our_offer_gets_none(wire):
    wire.connected(offer="")
    wire.play("""
        0   us.write 10
        0   ==> ACK  1:11   ack=1 ts=-
        5   <== ACK  1:11   ack=11 ts=7/@0
        45  ==> ACK  11     ack=11 ts=-
    """)


@proves("RFC7323-3.2-2")
def test_every_segment_of_the_connection_carries_timestamps(wire):
    wire.opened(mss=1000, offer="ts=0")
    wire.play("""
        0     us.write 1500
        0     ==> ACK      1:989     ack=1 ts=0/0       # 12 bytes of the MSS are the option's
        0     ==> ACK      989:1501  ack=1 ts=0/0
        10    <== ACK      1:101     ack=1501 ts=10
        50    ==> ACK      1501      ack=101 ts=50/10
        60    us.close                                  # there is unread text: a reset
        60    ==> RST ACK  1501      ack=101 ts=60/10
    """)


@proves("RFC7323-3.2-2")
def test_retransmissions_probes_and_fins_carry_timestamps(wire):
    wire.opened(mss=1000, offer="ts=0", win=1000)
    wire.play("""
        0     us.write 100
        0     ==> ACK      1:101  ack=1 ts=0/0
        1000  ==> ACK      1:101  ack=1 ts=1000/0
        1005  <== ACK      1      ack=101 ts=1005/1000 win=0
        1006  us.write 10
        2006  ==> ACK      101:102  ack=1 ts=2006/1005
        2010  <== ACK      1      ack=101 ts=2010 win=0
        2021  <== ACK      1      ack=101 ts=2021 win=1000
        2021  ==> ACK      101:111  ack=1 ts=2021/2021
        2022  <== ACK      1      ack=111
        2030  us.shutdown  wr
        2030  ==> FIN ACK  111    ack=1 ts=2030/2022
    """)


@proves("RFC7323-4.1-1", "RFC7323-5.4-1")
def test_our_clock_ticks_once_a_millisecond_and_does_not_wrap_with_ticks_ms(wire):
    # ticks_ms() wraps 1500 ms after the start (clocked.py).
    wire.opened(offer="ts=0")
    for at in (1400, 1499, 1500, 1501, 1600, 100000):
        wire.play("%d <== ACK -10:0 ack=1\n+0 ==> ACK 1 ack=1 ts=%d" % (at, at))


@proves("RFC7323-7-1")
def test_timestamps_begin_elsewhere_for_every_pair_and_every_secret(wire):
    from wire import Wire

    firsts = []
    for seed in (1, 2):
        other = Wire(seed=seed)
        other.listening(half_open=4)
        for port, peer in ((5001, 1), (5002, 1), (5001, 3)):
            other.play(
                "0 <== SYN 0 ts=0 port=%d from=%d\n0 ==> SYN ACK 0 ack=1 ts port=%d from=%d"
                % (port, peer, port, peer)
            )
            first = other.flow(bytes((10, 9, 0, peer)), port).offers.first
            firsts.append(first >> 16)
        other.dispose()
    assert len(set(firsts)) == len(firsts), firsts


@proves("RFC7323-7-1", "RFC6191-2-1")
def test_a_pair_used_again_goes_on_with_its_timestamps(wire):
    wire.listening()
    wire.play("""
        0   <== SYN      0  ts=0
        0   ==> SYN ACK  0  ack=1 ts=0/0
        5   <== RST      1
        77  <== SYN      0  isn=1000 ts=77
        77  ==> SYN ACK  0  ack=1 ts=0/77
    """)
    first = wire.flow().offers.first
    other = wire.flow(port=5001)
    assert other.offers.first is None
    wire.play("""
        90  <== RST      1
        99  <== SYN      0  isn=1000 ts=99
        99  ==> SYN ACK  0  ack=1 ts=0/99
    """)
    since = (wire.flow().offers.first - first) & 0xFFFFFFFF
    assert abs(since - 22) <= wire.late_ms, since


# ---- what is echoed ------------------------------------------------------------------------


@proves("RFC7323-4.3-1", "RFC7323-3.2-3")
def test_a_delayed_ack_echoes_the_first_segment_that_it_acknowledges(wire):
    wire.opened(offer="ts=0")
    wire.play("""
        10  <== ACK  1:101    ack=1 ts=10
        20  <== ACK  101:201  ack=1 ts=20
        50  ==> ACK  1        ack=201 ts=50/10
        60  <== ACK  201:301  ack=1 ts=60
        100 ==> ACK  1        ack=301 ts=100/60
    """)


@proves("RFC7323-4.3-1")
def test_data_that_carry_our_ack_echo_the_first_segment_too(wire):
    wire.opened(offer="ts=0")
    wire.play("""
        10  <== ACK  1:101    ack=1 ts=10
        20  <== ACK  101:201  ack=1 ts=20
        25  us.write 10
        25  ==> ACK  1:11     ack=201 ts=25/10
        30  <== ACK  201:301  ack=11 ts=30
        70  ==> ACK  11       ack=301 ts=70/30
    """)


@proves("RFC7323-4.3-2", "RFC7323-4.3-4")
def test_the_ack_of_an_out_of_order_segment_echoes_the_last_one_in_order(wire):
    wire.opened(offer="ts=0 sackok")
    wire.play("""
        10  <== ACK  1:101    ack=1 ts=10
        50  ==> ACK  1        ack=101 ts=/10
        60  <== ACK  201:301  ack=1 ts=60
        60  ==> ACK  1        ack=101 ts=/10 sack=201:301
        70  <== ACK  301:401  ack=1 ts=70
        70  ==> ACK  1        ack=101 ts=/10 sack=201:401
    """)


@proves("RFC7323-4.3-3")
def test_the_ack_of_a_segment_that_fills_a_hole_echoes_it(wire):
    wire.opened(offer="ts=0")
    wire.play("""
        60  <== ACK  101:201  ack=1 ts=60
        60  ==> ACK  1        ack=1 ts=/0
        70  <== ACK  1:101    ack=1 ts=70
        70  ==> ACK  1        ack=201 ts=/70
    """)


@proves("RFC7323-4.3-4")
def test_a_segment_that_begins_beyond_our_last_ack_is_not_echoed(wire):
    wire.opened(offer="ts=0")
    wire.play("""
        10  <== ACK  1:101    ack=1 ts=10
        20  <== ACK  101:151  ack=1 ts=20     # Last.ACK.sent is 1
        30  <== ACK  101:201  ack=1 ts=30     # overlaps
        50  ==> ACK  1        ack=201 ts=/10
        60  <== ACK  151:211  ack=1 ts=60     # begins before it, ends behind
        100 ==> ACK  1        ack=211 ts=/60
    """)


@proves("RFC7323-4.3-4", "RFC7323-5.3-1")
def test_an_empty_segment_brings_the_echo_up_to_date(wire):
    wire.opened(offer="ts=0")
    wire.play("""
        500  <== ACK  1      ack=1 ts=500
        600  us.write 10
        600  ==> ACK  1:11   ack=1 ts=600/500
    """)


@proves("RFC7323-4.3-4")
def test_a_segment_outside_the_window_is_not_echoed(wire):
    wire.opened(offer="ts=0")
    wire.play("""
        10  <== ACK  90000:90010  ack=1 ts=10
        10  ==> ACK  1            ack=1 ts=/0
        20  <== ACK  -20:0        ack=1 ts=20
        20  ==> ACK  1            ack=1 ts=/0
        30  <== ACK  1            ack=900 ts=30   # its ACK is wrong
        30  ==> ACK  1            ack=1 ts=/0
    """)


# ---- PAWS ----------------------------------------------------------------------------------


@proves("RFC7323-5.3-1")
def test_an_old_timestamp_draws_an_ack_and_the_segment_is_dropped(wire):
    wire.opened(offer="ts=0")
    wire.play("""
        100  <== ACK  1:101    ack=1 ts=100
        140  ==> ACK  1        ack=101 ts=/100
        150  <== ACK  101:201  ack=1 ts=99
        150  ==> ACK  1        ack=101 ts=/100
        150  us.recvq 100
        150  us.stat PAWSEstab 1
        160  <== ACK  101:201  ack=1 ts=100      # the same is not older
        160  us.recvq 200
        200  ==> ACK  1        ack=201 ts=/100
    """)


@proves("RFC7323-5.3-1")
def test_paws_comes_before_the_sequence_number_and_the_ack(wire):
    wire.opened(mss=1000, offer="ts=0")
    wire.play("""
        100  us.write 100
        100  ==> ACK      1:101  ack=1
        110  <== ACK      1      ack=1   ts=110
        120  <== ACK      1      ack=101 ts=109      # a good ACK, but old
        120  ==> ACK      101    ack=1
        120  us.sendq     100
        130  <== FIN ACK  1      ack=101 ts=50
        130  ==> ACK      101    ack=1
        130  us.state     ESTABLISHED
        140  <== SYN      90000  ts=50 stray=1
        140  ==> ACK      101    ack=1
        140  us.stat      PAWSEstab 3
        150  <== ACK      1      ack=101
        150  us.sendq     0
    """)


@proves("RFC7323-5.3-1", "RFC7323-5.4-1")
def test_the_peers_clock_may_wrap(wire):
    # It passes 2**32 half a second after the opening (optionlist.py).
    wire.opened(offer="ts=0")
    wire.play("""
        490  <== ACK  1:101    ack=1 ts=490
        530  ==> ACK  1        ack=101 ts=/490
        540  <== ACK  101:201  ack=1 ts=540
        580  ==> ACK  1        ack=201 ts=/540
        590  <== ACK  201:301  ack=1 ts=499
        590  ==> ACK  1        ack=201 ts=/540
        590  us.stat PAWSEstab 1
    """)


@proves("RFC7323-5.3-1")
def test_a_timestamp_counts_as_old_from_half_the_circle_on(wire):
    wire.opened(offer="ts=0")
    wire.play("""
        10  <== ACK  1:11   ack=1 ts=2147483647
        50  ==> ACK  1      ack=11 ts=/2147483647
        60  <== ACK  11:21  ack=1 ts=4294967295
        60  ==> ACK  1      ack=11 ts=/2147483647
        70  <== ACK  11:21  ack=1 ts=4294967294
        110 ==> ACK  1      ack=21 ts=/4294967294
    """)


@proves("RFC7323-5.2-2")
def test_an_old_timestamp_does_not_save_us_from_a_reset(wire):
    wire.opened(offer="ts=0")
    wire.play("""
        100  <== ACK  1     ack=1 ts=100
        110  <== RST  1     ts=5
        110  us.state CLOSED
        110  us.read 1 error ECONNRESET
    """)


@proves("RFC7323-5.2-2")
def test_the_timestamp_of_a_reset_changes_nothing(wire):
    wire.opened(offer="ts=0")
    wire.play("""
        100  <== RST  2      ts=90000
        100  ==> ACK  1      ack=1 ts=100/0
        110  <== ACK  1:101  ack=1 ts=110
        150  ==> ACK  1      ack=101 ts=150/110
    """)


@proves("RFC7323-3.2-2", "RFC7323-5.2-2")
def test_a_reset_without_timestamps_is_taken(wire):
    wire.opened(offer="ts=0")
    wire.play("""
        100  <== RST  1  ts=-
        100  us.state CLOSED
    """)


@proves("RFC7323-3.2-4", "RFC7323-3.2-5")
def test_a_segment_without_the_agreed_timestamp_is_dropped_in_silence(wire):
    wire.opened(offer="ts=0")
    wire.play("""
        10   <== ACK      1:101  ack=1 ts=-
        20   <== FIN ACK  1      ack=1 ts=-
        21   us.recvq     0
        21   us.state     ESTABLISHED
        30   <== ACK      1:101  ack=1
        70   ==> ACK      1      ack=101 ts=/30
    """)


@proves("RFC7323-3.2-3")
def test_an_echo_that_cannot_be_ours_is_no_round_trip_time(wire):
    wire.opened(mss=1000, offer="ts=0")
    wire.play("""
        0     us.write 100
        0     ==> ACK  1:101    ack=1
        700   <== ACK  1        ack=101 ts=700/@0
        700   us.write 100
        700   ==> ACK  101:201  ack=1
        700   us.timer rexmit 1000
        705   <== ACK  1        ack=201 ts=705/9000     # from the future
        705   us.write 100
        705   ==> ACK  201:301  ack=1
        705   us.timer rexmit 1000
    """)


@proves("RFC7323-4.1-2")
def test_only_an_ack_that_moves_snd_una_is_timed(wire):
    wire.opened(mss=1000, offer="ts=0")
    wire.play("""
        0     us.write 100
        0     ==> ACK  1:101  ack=1
        900   <== ACK  1      ack=1 ts=900/0      # 900 ms since that, and no sample
        1000  ==> ACK  1:101  ack=1 ts=1000/900
        1010  <== ACK  1      ack=101 ts=1010/1000
        1010  us.write 100
        1010  ==> ACK  101:201  ack=1
        1010  us.timer rexmit 1000
    """)


@proves("RFC7323-4.1-1", "MUST-18")
def test_a_retransmission_is_timed_by_its_own_timestamp(wire):
    # Without timestamps Karn's rule allows no sample here.
    wire.opened(mss=1000, offer="ts=0")
    wire.play("""
        0     us.write 100
        0     ==> ACK  1:101    ack=1
        1000  ==> ACK  1:101    ack=1 ts=1000
        1600  <== ACK  1        ack=101 ts=1600/1000
        1600  us.write 100
        1600  ==> ACK  101:201  ack=1
        2600  ==> ACK  101:201  ack=1              # the backed-off time is over
    """)


@proves("RFC7323-4.2-1")
def test_one_round_trip_is_one_sample(wire):
    # 600 ms and a variation of 300 from the opening; five samples would bring it down to 71.
    wire.connected(mss=1000, rtt=600, offer="ts=0", tx_buffer=8192, connections=1)
    wire.play("""
        0     us.write 3952
        0     ==> ACK  1:989      ack=1
        0     ==> ACK  989:1977   ack=1
        0     ==> ACK  1977:2965  ack=1
        0     ==> ACK  2965:3953  ack=1
        600   <== ACK  1          ack=989
        600   <== ACK  1          ack=1977
        600   <== ACK  1          ack=2965
        600   <== ACK  1          ack=3953
        600   us.write 988
        600   ==> ACK  3953:4941  ack=1
        600   us.timer rexmit 1275                # 600 + 4 * 169: the first, and the last
        1200  <== ACK  1          ack=4941
        1200  us.write 988
        1200  ==> ACK  4941:5929  ack=1
        1200  us.timer rexmit 1107                # 600 + 4 * 127
    """)


@proves("RFC7323-5.3-2")
def test_text_that_waited_for_a_hole_is_not_checked_again(wire):
    wire.opened(offer="ts=0")
    wire.play("""
        10  <== ACK  101:201  ack=1 ts=10
        10  ==> ACK  1        ack=1
        90  <== ACK  1:101    ack=1 ts=90      # TS.Recent passes that of what waits
        90  ==> ACK  1        ack=201 ts=/90
        90  us.read  200
    """)


def days(wire, n):
    """n days pass in which nothing happens; a poll() for each stands for all."""
    wire.locks = False  # the clock of the test counts further than a small integer
    for _ in range(n):
        wire.clock.now += DAY_MS
        wire.pump()
    offers = wire.flow().offers
    offers.last = (offers.last + n * DAY_MS) & 0xFFFFFFFF


@proves("RFC7323-5.5-1")
def test_after_24_days_of_silence_an_old_timestamp_is_believed(wire):
    wire.opened(offer="ts=0")
    wire.play("0 <== ACK  1  ack=1 ts=5000000")
    days(wire, 23)
    wire.mark()
    wire.play("""
        0   <== ACK  1:11   ack=1 ts=4999999
        0   ==> ACK  1      ack=1 ts=/5000000
    """)
    days(wire, 2)
    wire.mark()
    wire.play("""
        0   <== ACK  1:11   ack=1 ts=4999999
        40  ==> ACK  1      ack=11 ts=/4999999
        50  <== ACK  11:21  ack=1 ts=4999998
        50  ==> ACK  1      ack=11 ts=/4999999
    """)


@proves("RFC7323-5.5-1")
def test_a_probe_after_24_days_does_not_freeze_the_connection(wire):
    # The probe is old text: it brings no timestamp up to date, and what follows is as good.
    wire.opened(offer="ts=0")
    wire.play("0 <== ACK  1  ack=1 ts=5000000")
    days(wire, 25)
    wire.mark()
    wire.play("""
        0   <== ACK  0      ack=1 ts=4000000
        0   ==> ACK  1      ack=1 ts=/5000000
        10  <== ACK  1:11   ack=1 ts=4000010
        50  ==> ACK  1      ack=11 ts=/4000010
        50  us.read 10
    """)


@proves("RFC7323-5.5-1")
def test_traffic_keeps_the_timestamp_young(wire):
    wire.opened(offer="ts=0")
    wire.play("0 <== ACK  1  ack=1 ts=5000000")
    days(wire, 20)
    wire.mark()
    wire.play("0 <== ACK  1  ack=1 ts=6000000")
    days(wire, 20)
    wire.mark()
    wire.play("""
        0  <== ACK  1:11   ack=1 ts=5999999
        0  ==> ACK  1      ack=1 ts=/6000000
        0  us.stat PAWSEstab 1
    """)


# ---- before and after the connection -------------------------------------------------------


@proves("RFC7323-5.3-1")
def test_an_old_timestamp_does_not_open_a_half_open_connection(wire):
    wire.syn_received(offer="ts=100")
    wire.play("""
        5   <== ACK  1  ack=1 ts=99
        5   ==> ACK  1  ack=1 ts=/100
        5   us.stat  PAWSEstab 1
        5   us.state SYN_RECEIVED
        6   <== ACK  1  ack=1 ts=101
        6   us.state ESTABLISHED
    """)


@proves("RFC7323-3.2-4")
def test_a_final_ack_without_its_timestamp_is_dropped_in_silence(wire):
    wire.syn_received(offer="ts=0")
    wire.play("""
        5   <== ACK  1  ack=1 ts=-
        5   us.state SYN_RECEIVED
        6   <== ACK  1  ack=1
        6   us.state ESTABLISHED
    """)


@proves("RFC7323-4.3-4")
def test_a_guessed_timestamp_does_not_shut_the_peer_out_of_its_handshake(wire):
    # Outside the window, with a timestamp of the future: nothing of it is kept.
    wire.syn_received(offer="ts=100")
    wire.play("""
        5   <== ACK  90000  ack=1 ts=900000
        5   ==> ACK  1      ack=1 ts=/100
        6   <== ACK  1      ack=777 ts=900000
        6   ==> RST  777    ts=@0/900000
        7   <== ACK  1:11   ack=1 ts=107
        7   us.state ESTABLISHED
        47  ==> ACK  1      ack=11 ts=/107
    """)


@proves("RFC7323-4.3-4", "RFC9293-3.10.7.4-2")
def test_a_syn_sent_again_is_echoed_with_its_new_timestamp(wire):
    wire.syn_received(offer="ts=100")
    wire.play("""
        900   <== SYN      0  mss=1460 ts=1000
        900   ==> SYN ACK  0  ack=1 ts=900/1000
        1000  ==> SYN ACK  0  ack=1 ts=1000/1000
    """)


@proves("RFC7323-2.2-2", "RFC7323-3.2-1", "RFC2018-4-1")
def test_a_syn_sent_again_without_options_is_taken_at_its_word(wire):
    wire.listening()
    wire.play("""
        0     <== SYN      0     mss=1400 ts=0 wscale=3 sackok
        0     ==> SYN ACK  0     ack=1 wscale=0 sackok ts=0/0
        900   <== SYN      0     mss=1400
        900   ==> SYN ACK  0     ack=1 wscale=- sackok=- ts=-
        910   <== ACK      1:11  ack=1
        950   ==> ACK      1     ack=11 ts=-
    """)


@proves("RFC7323-5.2-1")
def test_a_reset_returns_the_timestamp_that_it_answers(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0   to=81 ts=40
        0  ==> RST ACK  0   to=81 ack=1 ts=@0/40
        1  <== ACK      1:9 to=81 ack=500 ts=41/@77
        1  ==> RST      500 to=81 ts=@0/41
        2  <== ACK      1   ack=500 ts=42/@77
        2  ==> RST      500 ts=@0/42
        3  <== ACK      1   ack=500
        3  ==> RST      500 ts=-
    """)


@proves("RFC7323-5.2-1", "RFC9293-3.10.7.3-1")
def test_the_reset_of_a_wrong_syn_ack_returns_its_timestamp(wire):
    wire.syn_sent()
    wire.play("""
        5   <== SYN ACK  0    ack=900 ts=40
        5   ==> RST      900  ts=@0/40
        6   us.state     SYN_SENT
    """)


@proves("RFC7323-3.2-2")
def test_the_ack_in_time_wait_carries_timestamps(wire):
    wire.time_wait(offer="ts=0")
    wire.play("""
        500   <== FIN ACK  1       ack=2 ts=500
        500   ==> ACK      2       ack=2 ts=500/0
        600   <== ACK      -10:0   ack=2 ts=600
        600   ==> ACK      2       ack=2 ts=600/0
    """)


@proves("RFC7323-5.3-1", "RFC1337-3-2")
def test_paws_goes_on_in_time_wait(wire):
    wire.fin_wait_2(offer="ts=0")
    wire.play("""
        100    <== FIN ACK  1    ack=2 ts=100
        100    ==> ACK      2    ack=2 ts=/100
        30s    <== FIN ACK  1    ack=2 ts=50
        30s    ==> ACK      2    ack=2 ts=/100
        30s    us.stat      PAWSEstab 1
        30s    us.timer     timewait 30100     # not restarted
        31s    <== FIN ACK  1    ack=2 ts=-
        31s    us.timer     timewait 29100     # dropped in silence
    """)


@proves("RFC7323-3.2-2", "MUST-10")
def test_crossing_syns_agree_on_timestamps(wire):
    wire.syn_sent()
    wire.play("""
        5   <== SYN      0  ts=5
        5   ==> SYN ACK  0  ack=1 ts=5/5
        9   <== SYN ACK  0  ack=1 ts=9
        9   us.state     ESTABLISHED
        9   us.write 10
        9   ==> ACK      1:11  ack=1 ts=9
    """)
