"""SYN cookies (RFC 4987, 3.6): when they are sent, what they keep, what passes for one."""

from testing import proves


def flooded(wire, **options):
    """`us` listens, and somebody's SYN, port 9999, holds the only half-open record."""
    wire.listening(half_open=1, **options)
    wire.bring("""
        0  <== SYN      0  port=9999
        0  ==> SYN ACK  0  ack=1 port=9999
    """)
    wire.mark()


@proves("RFC4987-3.6-1", "RFC4987-3.7-1")
def test_with_the_table_full_a_connection_opens_by_a_cookie(wire):
    flooded(wire)
    wire.play("""
        0    <== SYN      0      mss=1000
        0    ==> SYN ACK  0      ack=1
        0    us.rows  1 SYN_RECEIVED          # that of port 9999
        0    us.stat  SyncookiesSent 1
        0    us.stat  TCPReqQFullDrop 0
        30   <== ACK      1      ack=1
        30   us.accept
        30   us.state ESTABLISHED
        30   us.stat  SyncookiesRecv 1
        30   us.write 10
        30   ==> ACK      1:11   ack=1
        40   <== ACK      1:101  ack=11
        40   us.read  100
        80   ==> ACK      11     ack=101
    """)


@proves("RFC4987-3.6-1")
def test_cookies_can_be_switched_off(wire):
    flooded(wire, tcp_syncookies=0)
    wire.play("""
        0    <== SYN  0
        0    us.stat  TCPReqQFullDrop 1
        30   <== ACK  1  ack=1
        30   ==> RST  1
        30   us.stat  SyncookiesFailed 0
    """)


@proves("RFC4987-3.6-1")
def test_cookies_can_be_sent_always(wire):
    wire.listening(tcp_syncookies=2)
    wire.play("""
        0     <== SYN      0  mss=1000
        0     ==> SYN ACK  0  ack=1
        0     us.rows      0  SYN_RECEIVED
        9000  <== ACK      1  ack=1
        9000  us.accept
        9000  us.state     ESTABLISHED
    """)


@proves("RFC4987-3.6-2", "RFC4987-3.7-1")
def test_no_cookie_is_sent_while_there_is_room(wire):
    wire.listening(half_open=2)
    wire.play("""
        0     <== SYN      0  port=5001
        0     ==> SYN ACK  0  ack=1 port=5001
        0     <== SYN      0  port=5002
        0     ==> SYN ACK  0  ack=1 port=5002
        0     us.stat SyncookiesSent 0
        0     us.rows 2 SYN_RECEIVED
        1     <== SYN      0  port=5003
        1     ==> SYN ACK  0  ack=1 port=5003
        1     us.stat SyncookiesSent 1
        2     <== RST      1  port=5001
        3     <== SYN      0  port=5004
        3     ==> SYN ACK  0  ack=1 port=5004
        3     us.stat SyncookiesSent 1
        4     <== ACK      1  ack=1 port=5003
        4     us.state ESTABLISHED port=5003
    """)


@proves("RFC4987-3.6-1")
def test_a_syn_ack_with_a_cookie_is_not_sent_again(wire):
    wire.listening(tcp_syncookies=2)
    wire.play("""
        0     <== SYN      0  mss=1000
        0     ==> SYN ACK  0  ack=1
        1400  <== SYN      0  mss=1000     # the peer has to ask
        1400  ==> SYN ACK  0  ack=1
        60s   us.rows      1
        60s   us.stat      TCPSynRetrans 0
    """)


@proves("RFC4987-3.6-1")
def test_two_peers_with_cookies_at_once_keep_each_its_own(wire):
    wire.listening(tcp_syncookies=2, tx_buffer=4096)
    wire.play("""
        0  <== SYN      0         mss=1460 wscale=2 sackok ts=0 port=5001
        0  ==> SYN ACK  0         ack=1 port=5001
        1  <== SYN      0         mss=536 port=5002
        1  ==> SYN ACK  0         ack=1 port=5002
        5  <== ACK      1         ack=1 win=4000 port=5001
        5  us.accept
        5  us.write 1000
        5  ==> ACK      1:1001    ack=1 ts port=5001
        6  <== ACK      1         ack=1 win=4000 port=5002
        6  us2.accept
        6  us2.write 1000
        6  ==> ACK      1:537     ack=1 ts=- port=5002
        6  ==> ACK      537:1001  ack=1 ts=- port=5002
    """)


@proves("RFC4987-3.6-1", "RFC6691-2-2")
def test_the_mss_is_kept_or_the_next_smaller_one_of_eight(wire):
    wire.listening(tcp_syncookies=2, connections=1, backlog=1, tx_buffer=2048)
    kept = ((1460, 1460), (1459, 1440), (1400, 1360), (1300, 1220), (1000, 768), (536, 536))
    for i, (offered, mss) in enumerate(kept + ((300, 216), (100, 48), (4, 48))):
        wire.play(
            """
            {t}  <== SYN      0  mss={offered} win=60000 port={p}
            +0   ==> SYN ACK  0  ack=1 mss=1460 port={p}
            +5   <== ACK      1  ack=1 port={p}
            +0   us.accept
            +0   us.write     {n}
            +0   ==> ACK      1:{end}  ack=1 port={p}
            +5   <== RST      1  port={p}
            +0   us.read      1  error ECONNRESET
            +0   us.close
        """.format(t=wire.now() + 5, p=6000 + i, offered=offered, n=mss, end=mss + 1)
        )
        assert wire.stat("SyncookiesRecv") == i + 1


@proves("RFC4987-3.6-1", "MUST-15")
def test_without_an_mss_option_a_cookie_keeps_536(wire):
    wire.listening(tcp_syncookies=2)
    wire.play("""
        0  <== SYN      0
        0  ==> SYN ACK  0  ack=1
        5  <== ACK      1  ack=1
        5  us.accept
        5  us.write 600
        5  ==> ACK      1:537    ack=1
        5  ==> ACK      537:601  ack=1
    """)


@proves("RFC4987-3.6-2", "RFC7323-2.2-2", "RFC2018-4-1")
def test_without_timestamps_a_cookie_offers_nothing_that_it_would_forget(wire):
    wire.listening(tcp_syncookies=2, tcp_ecn=1)
    wire.play("""
        0  <== SYN ECE CWR  0  mss=1000 wscale=3 sackok win=500
        0  ==> SYN ACK      0  ack=1 wscale=- sackok=- ts=-
        5  <== ACK          1  ack=1
        5  us.accept
        5  us.write 2000
        5  ==> ACK          1:501  ack=1 ecn=-      # 500 bytes of window, not 4000
        6  <== ACK          101:201 ack=1
        6  ==> ACK          501     ack=1 sack=-
    """)


@proves("RFC4987-3.6-2")
def test_with_timestamps_a_cookie_keeps_sack(wire):
    wire.listening(tcp_syncookies=2)
    wire.play("""
        0  <== SYN      0        mss=1000 sackok ts=0
        0  ==> SYN ACK  0        ack=1 sackok wscale=- ts=/0
        5  <== ACK      1        ack=1
        6  <== ACK      101:201  ack=1
        6  ==> ACK      1        ack=1 sack=101:201 ts=/5
    """)


@proves("RFC4987-3.6-2")
def test_with_timestamps_a_cookie_keeps_every_window_scale(wire):
    wire.listening(tcp_syncookies=2, connections=1, tx_buffer=4096)
    for shift in (0, 1, 2, 14):
        wire.play(
            """
            {t}  <== SYN      0  mss=1400 win=700 wscale={shift} ts=0 port={p}
            +0   ==> SYN ACK  0  ack=1 wscale=0 sackok=- port={p}
            +5   <== ACK      1  ack=1 win=100 port={p}
            +0   us.accept
            +0   us.write     {n}
            +0   ==> ACK      1:{end}  ack=1 port={p}
            +5   <== RST      1  port={p}
            +0   us.read      1  error ECONNRESET
            +0   us.close
        """.format(
                t=wire.now() + 5,
                p=6000 + shift,
                shift=shift,
                n=100 << shift if shift < 4 else 1348,
                end=(100 << shift) + 1 if shift < 4 else 1349,
            )
        )


@proves("RFC4987-3.6-2", "RFC3168-6.1.1-1")
def test_with_timestamps_a_cookie_keeps_ecn(wire):
    wire.listening(tcp_syncookies=2, tcp_ecn=2)
    wire.play("""
        0   <== SYN ECE CWR  0       mss=1000 ts=0
        0   ==> SYN ACK ECE  0       ack=1 ecn=-
        5   <== ACK          1       ack=1
        5   us.accept
        5   us.write 100
        5   ==> ACK          1:101   ack=1 ecn=ect0
        10  <== ACK          1:101   ack=101 ecn=ce
        10  ==> ACK ECE      101     ack=101
    """)


@proves("RFC4987-3.6-2")
def test_what_is_not_offered_is_not_remembered(wire):
    wire.listening(tcp_syncookies=2, tcp_ecn=2)
    wire.play("""
        0   <== SYN      0        mss=1000 ts=0 win=800
        0   ==> SYN ACK  0        ack=1 sackok=- wscale=- ts=/0
        5   <== ACK      1        ack=1
        5   us.accept
        5   us.write 100
        5   ==> ACK      1:101    ack=1 ecn=-
        6   <== ACK      101:201  ack=101
        6   ==> ACK      101      ack=1 sack=-
    """)


@proves("RFC7323-4.1-1", "RFC7323-7-1")
def test_the_timestamp_of_a_cookie_is_at_most_63_ms_behind_the_clock(wire):
    wire.listening(tcp_syncookies=2, connections=1)
    for i in range(8):
        wire.play(
            """
            {t}  <== SYN      0      mss=1000 ts=0 {offer} port={p}
            +0   ==> SYN ACK  0      ack=1 port={p}
            +5   <== ACK      1:301  ack=1 port={p}
            +0   us.accept
            +0   us.read      300
            +40  ==> ACK      1      ack=301 port={p}
            +0   us.close
            +0   ==> FIN ACK  1      ack=301 port={p}
            +0   <== RST      301    port={p}
        """.format(t=wire.now() + 17, p=7000 + i, offer=("", "sackok", "wscale=7")[i % 3])
        )
        offers = wire.flow(port=7000 + i).offers
        gone = (offers.last - offers.first) & 0xFFFFFFFF
        assert 45 <= gone < 45 + 64, gone


@proves("RFC4987-3.6-1")
def test_a_cookie_is_good_for_a_minute_and_for_two_at_most(wire):
    wire.listening(tcp_syncookies=2)
    wire.play("""
        0     <== SYN      0  mss=1000 port=5001
        0     ==> SYN ACK  0  ack=1 port=5001
        0     <== SYN      0  mss=1000 port=5002
        0     ==> SYN ACK  0  ack=1 port=5002
        65s   <== ACK      1  ack=1 port=5001
        65s   us.state ESTABLISHED port=5001
        132s  <== ACK      1  ack=1 port=5002
        132s  ==> RST      1  port=5002
        132s  us.stat SyncookiesFailed 1
    """)


@proves("RFC4987-3.6-1", "RFC9293-3.10.7.2-2")
def test_an_ack_that_is_no_cookie_is_reset(wire):
    flooded(wire)
    wire.play("""
        0   <== SYN      0          # from here on cookies are out
        0   ==> SYN ACK  0  ack=1
        5   <== ACK      1  ack=2
        5   ==> RST      2
        6   <== ACK      2  ack=1   # for another first number of the peer
        6   ==> RST      1
        7   us.stat SyncookiesFailed 2
        7   <== ACK      1  ack=1
        7   us.state ESTABLISHED
    """)


@proves("RFC4987-3.6-1")
def test_a_cookie_is_good_for_its_own_pair_only(wire):
    wire.listening(tcp_syncookies=2)
    wire.play("""
        0   <== SYN      0  mss=1000 port=5001
        0   ==> SYN ACK  0  ack=1 port=5001
    """)
    wire.flow(port=5002).iss = wire.flow(port=5001).iss
    wire.flow(b"\x0a\x09\x00\x03", 5001).iss = wire.flow(port=5001).iss
    wire.play("""
        5   <== ACK      1  ack=1 port=5002
        5   ==> RST      1  port=5002
        6   <== ACK      1  ack=1 port=5001 from=3
        6   ==> RST      1  port=5001 from=3
        7   <== ACK      1  ack=1 port=5001
        7   us.state ESTABLISHED port=5001
    """)


@proves("RFC4987-3.6-1", "RFC4987-3.6-2")
def test_nothing_is_taken_for_a_cookie_before_one_was_sent(wire):
    wire.listening()
    wire.play("""
        0   <== ACK  1  ack=1
        0   ==> RST  1
        0   us.stat SyncookiesFailed 0
    """)


@proves("RFC4987-3.6-2")
def test_two_minutes_after_the_last_one_no_ack_is_looked_at(wire):
    flooded(wire)
    wire.play("""
        0     <== SYN      0
        0     ==> SYN ACK  0  ack=1
        1000  ==> SYN ACK  0  ack=1 port=9999
        1001  <== RST      1  port=9999
        132s  <== ACK      1  ack=1
        132s  ==> RST      1
        132s  us.stat SyncookiesFailed 0
    """)


@proves("RFC4987-3.6-1", "SHLD-2")
def test_a_cookie_depends_on_the_secret_the_time_and_the_peers_number(wire):
    from wire import Wire

    def cookie(seed, wait, isn):
        other = Wire(seed=seed)
        other.listening(tcp_syncookies=2, isn=isn)
        other.play("%d <== SYN 0 mss=1000\n+0 ==> SYN ACK 0 ack=1" % wait)
        number = other.flow().iss
        other.dispose()
        return number & 0xFFFFFF, number >> 24

    first = cookie(1, 0, 1000)
    assert cookie(1, 10, 1000) == first
    kinds = {first[0], cookie(2, 0, 1000)[0], cookie(1, 70000, 1000)[0], cookie(1, 0, 1001)[0]}
    assert len(kinds) == 4, kinds
    assert first[1] & 7 == cookie(2, 0, 1001)[1] & 7 == 3  # 768


@proves("RFC4987-3.6-1", "RFC9293-3.10.7.4-19")
def test_text_and_fin_in_the_ack_of_a_cookie_are_taken(wire):
    wire.listening(tcp_syncookies=2)
    wire.play("""
        0   <== SYN      0      mss=1000
        0   ==> SYN ACK  0      ack=1
        5   <== FIN ACK  1:101  ack=1
        5   ==> ACK      1      ack=102
        5   us.accept
        5   us.read      100
        5   us.read      eof
        5   us.state     CLOSE_WAIT
    """)


@proves("RFC4987-3.6-1")
def test_the_first_text_brings_the_cookie_when_its_ack_was_lost(wire):
    wire.listening(tcp_syncookies=2)
    wire.play("""
        0    <== SYN      0      mss=1000 ts=0 sackok
        0    ==> SYN ACK  0      ack=1
        250  <== ACK      1:101  ack=1
        250  us.accept
        250  us.read      100
        290  ==> ACK      1      ack=101
    """)


@proves("RFC4987-3.6-1")
def test_a_cookie_that_comes_back_to_a_full_accept_queue_may_come_again(wire):
    wire.listening(tcp_syncookies=2, backlog=1)
    wire.play("""
        0    <== SYN      0      mss=1000 port=5001
        0    ==> SYN ACK  0      ack=1 port=5001
        0    <== SYN      0      mss=1000 port=5002
        0    ==> SYN ACK  0      ack=1 port=5002
        5    <== ACK      1      ack=1 port=5001
        6    <== ACK      1      ack=1 port=5002
        6    us.stat ListenOverflows 1
        6    us.state CLOSED port=5002
        9    us.accept
        200  <== ACK      1:51   ack=1 port=5002
        200  us2.accept
        200  us2.read 50
        240  ==> ACK      1      ack=51 port=5002
    """)


@proves("RFC4987-3.6-1")
def test_a_cookie_that_comes_back_to_a_full_queue_can_be_reset(wire):
    wire.listening(tcp_syncookies=2, backlog=1, tcp_abort_on_overflow=1)
    wire.play("""
        0    <== SYN      0   mss=1000 port=5001
        0    ==> SYN ACK  0   ack=1 port=5001
        0    <== SYN      0   mss=1000 port=5002 ts=0
        0    ==> SYN ACK  0   ack=1 port=5002
        5    <== ACK      1   ack=1 port=5001
        6    <== ACK      1   ack=1 port=5002
        6    ==> RST      1   port=5002 ts=@0/6
    """)


@proves("RFC4987-3.6-1")
def test_a_reset_or_a_syn_ack_is_never_taken_for_a_cookie(wire):
    wire.listening(tcp_syncookies=2)
    wire.play("""
        0   <== SYN      0  mss=1000
        0   ==> SYN ACK  0  ack=1
        5   <== RST ACK  1  ack=1
        6   <== SYN ACK  1  ack=1
        6   ==> RST      1
        6   us.stat SyncookiesRecv 0
        7   us.rows 1
    """)


@proves("RFC4987-3.6-1")
def test_cookies_take_nothing_from_the_heap(wire):
    wire.listening(tcp_syncookies=2)
    wire.play("""
        0   <== SYN ECE CWR  0      mss=1400 sackok wscale=4 ts=0 port=5001
        0   ==> SYN ACK      0      ack=1 port=5001
        5   <== ACK          1:101  ack=1 port=5001
        45  ==> ACK          1      ack=101 port=5001
        50  <== SYN          0      mss=1400 port=5002
        50  ==> SYN ACK      0      ack=1 port=5002
        55  <== ACK          1      ack=2 port=5002
        55  ==> RST          2      port=5002
        55  us.grown 0
    """)


@proves("RFC4987-3.6-1", "MAY-2")
def test_a_pair_in_time_wait_is_not_reopened_by_a_cookie(wire):
    # Its ACK would be answered by the past of the pair: the SYN waits for a record.
    wire.time_wait(half_open=1)
    wire.play("""
        1000  <== SYN      0    port=9999
        1000  ==> SYN ACK  0    ack=1 port=9999
        1500  <== SYN      0    isn=5000
        1500  us.state     TIME_WAIT
        1500  us.stat      TCPReqQFullDrop 1
        1600  <== RST      1    port=9999
        2500  <== SYN      0
        2500  ==> SYN ACK  0    ack=1
        2510  <== ACK      1    ack=1
        2510  us.state     ESTABLISHED
    """)


@proves("RFC4987-3.6-1", "MAY-2")
def test_a_pair_in_time_wait_is_reopened_by_a_record_even_when_cookies_are_always_sent(wire):
    wire.listening(tcp_syncookies=2)
    wire.play("""
        0    <== SYN      0  mss=1000
        0    ==> SYN ACK  0  ack=1
        1    <== ACK      1  ack=1
        1    us.accept
        2    us.close
        2    ==> FIN ACK  1  ack=1
        3    <== FIN ACK  1  ack=2
        3    ==> ACK      2  ack=2
        500  <== SYN      0  isn=5000
        500  ==> SYN ACK  0  ack=1
        500  us.rows      1  SYN_RECEIVED
        510  <== ACK      1  ack=1
        510  us.state     ESTABLISHED
    """)
