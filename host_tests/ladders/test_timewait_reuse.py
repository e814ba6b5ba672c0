"""What opens a pair in TIME-WAIT anew (RFC 6191), what does not; what a full table gives up."""

from testing import proves


def used(wire, offer="", **options):
    """A pair in TIME-WAIT whose last timestamp, if any, was 1000."""
    wire.fin_wait_2(offer=offer, **options)
    wire.play(
        """
        1000  <== FIN ACK  1  ack=2
        1000  ==> ACK      2  ack=2
        1000  us.state     TIME_WAIT
    """
    )


def opens(wire, syn):
    wire.play(
        """
        5000  <== SYN      {syn}
        5000  ==> SYN ACK  0     ack=1
        5000  us.stat      TWRecycled 1
        5005  <== ACK      1:11  ack=1
        5005  us.accept
        5005  us.read      10
        5005  us.rows      0 TIME_WAIT
        5045  ==> ACK      1     ack=11
    """.format(syn=syn)
    )


def stays(wire, syn):
    wire.play(
        """
        5000   <== SYN  {syn}
        5000   ==> ACK  2  ack=2
        5000   us.stat  TWRecycled 0
        5000   us.state TIME_WAIT
        5000   us.timer timewait 56000
        61s    us.state CLOSED
    """.format(syn=syn)
    )


@proves("RFC6191-2-1", "SHLD-4", "MAY-2")
def test_a_newer_timestamp_opens_the_pair_whatever_the_number(wire):
    used(wire, "ts=0")
    opens(wire, "0  isn=-40000 ts=1001 mss=1000")


@proves("RFC6191-2-1", "SHLD-4")
def test_a_newer_timestamp_opens_the_pair_with_a_higher_number_too(wire):
    used(wire, "ts=0")
    opens(wire, "0  isn=40000 ts=5000 mss=1000")


@proves("RFC6191-2-1", "RFC5961-4.2-1")
def test_an_older_timestamp_does_not_open_the_pair_whatever_the_number(wire):
    used(wire, "ts=0")
    stays(wire, "40000  ts=999 stray=1")


@proves("RFC6191-2-2", "SHLD-4")
def test_with_an_equal_timestamp_a_higher_number_opens_the_pair(wire):
    used(wire, "ts=0")
    opens(wire, "0  isn=2 ts=1000 mss=1000")


@proves("RFC6191-2-2")
def test_with_an_equal_timestamp_the_same_number_does_not(wire):
    used(wire, "ts=0")
    stays(wire, "1  ts=1000 stray=1")


@proves("RFC6191-2-3", "SHLD-4")
def test_without_its_timestamp_a_higher_number_opens_the_pair(wire):
    used(wire, "ts=0")
    opens(wire, "0  isn=2 mss=1000")


@proves("RFC6191-2-3")
def test_without_its_timestamp_a_lower_number_does_not(wire):
    used(wire, "ts=0")
    stays(wire, "1  stray=1")


@proves("RFC6191-2-4", "SHLD-4")
def test_a_first_timestamp_opens_the_pair_whatever_the_number(wire):
    used(wire)
    opens(wire, "0  isn=-40000 ts=7 mss=1000")


@proves("RFC6191-2-5", "RFC6191-2-4")
def test_a_first_timestamp_that_would_not_be_used_counts_for_nothing(wire):
    used(wire, tcp_timestamps=0)
    stays(wire, "-40000  ts=7 stray=1")


@proves("RFC6191-2-5", "SHLD-4")
def test_without_any_timestamp_a_higher_number_opens_the_pair(wire):
    used(wire)
    opens(wire, "0  isn=2 mss=1000")


@proves("RFC6191-2-5")
def test_without_any_timestamp_the_number_of_the_fin_does_not(wire):
    used(wire)
    stays(wire, "1")


@proves("RFC6191-2-1", "MAY-2")
def test_the_pair_can_be_opened_again_and_again(wire):
    used(wire, "ts=0")
    for i in range(5):
        wire.play(
            """
            {t}   <== SYN      0  isn={isn} ts={t}
            +0    ==> SYN ACK  0  ack=1
            +1    <== ACK      1  ack=1
            +0    us.accept
            +0    us.close
            +0    ==> FIN ACK  1  ack=1
            +1    <== FIN ACK  1  ack=2
            +0    ==> ACK      2  ack=2
            +0    us.rows      1 TIME_WAIT
        """.format(t=wire.now() + 10, isn=(3, -5000)[i & 1])
        )
    wire.play("{t} us.stat TWRecycled 5".format(t=wire.now()))


@proves("MAY-2", "RFC6528-3-1")
def test_the_reopened_pair_begins_above_the_numbers_of_its_past(wire):
    used(wire, "ts=0")
    before = wire.flow().iss
    wire.play("""
        1001  <== SYN      0  isn=5000 ts=1001
        1001  ==> SYN ACK  0  ack=1
    """)
    assert 2 < (wire.flow().iss - before) & 0xFFFFFFFF < 0x80000000


@proves("MAY-2", "RFC9293-3.5.2-1")
def test_without_a_listener_a_newer_syn_is_refused(wire):
    used(wire)
    wire.sockets["us"].listener.close()
    wire.play("""
        5000  <== SYN      0  isn=5000
        5000  ==> RST ACK  0  ack=1
        5000  us.rows      0
    """)


@proves("MAY-2")
def test_the_record_stays_when_the_newer_syn_finds_no_place(wire):
    used(wire, half_open=1, tcp_syncookies=0)
    wire.play("""
        4000  <== SYN      0  port=9999
        4000  ==> SYN ACK  0  ack=1 port=9999
        4100  <== SYN      0  isn=5000
        4100  us.state     TIME_WAIT
        4200  <== RST      1  port=9999
        4300  <== SYN      0
        4300  ==> SYN ACK  0  ack=1
    """)


@proves("RFC1337-3-1")
def test_a_reset_ends_time_wait_only_when_the_setting_allows(wire):
    used(wire, tcp_rfc1337=0)
    wire.play("""
        1500  <== RST  3
        1501  <== RST  1
        1502  us.state TIME_WAIT
        1503  <== RST  2
        1503  us.state CLOSED
    """)


@proves("RFC1337-3-1", "RFC7323-5.2-2")
def test_no_reset_ends_time_wait_be_its_timestamp_ever_so_new(wire):
    used(wire, "ts=0")
    wire.play("""
        1500  <== RST      2  ts=1500
        1501  <== RST ACK  2  ack=2 ts=1501
        1502  <== RST      2  ts=-
        1503  us.state     TIME_WAIT
    """)


@proves("RFC1337-3-2", "RFC9293-3.10.7.4-17")
def test_old_duplicates_in_time_wait_make_no_data_and_no_connection(wire):
    # RFC 1337's hazards: old text, an old ACK, a reset that answers it.
    used(wire)
    wire.play("""
        1500  <== ACK  -500:1     ack=1
        1500  ==> ACK  2          ack=2
        1501  <== ACK  2:500      ack=2
        1501  ==> ACK  2          ack=2
        1502  <== ACK  90000      ack=9
        1502  ==> ACK  2          ack=2
        1503  <== RST  2
        1503  us.state TIME_WAIT
        1503  us.timer timewait 59497
    """)


@proves("MUST-13")
def test_the_setting_bounds_the_records_and_the_oldest_is_reaped(wire):
    wire.listening(time_wait=4, tcp_max_tw_buckets=2)
    for port in (5001, 5002, 5003):
        wire.play(
            """
            {t}  <== SYN      0  port={p}
            +0   ==> SYN ACK  0  ack=1 port={p}
            +0   <== ACK      1  ack=1 port={p}
            +0   us.accept
            +0   us.close
            +0   ==> FIN ACK  1  ack=1 port={p}
            +0   <== FIN ACK  1  ack=2 port={p}
            +0   ==> ACK      2  ack=2 port={p}
        """.format(t=wire.now() + 10, p=port)
        )
    wire.play("""
        40  us.rows  2 TIME_WAIT
        40  us.state CLOSED    port=5001
        40  us.state TIME_WAIT port=5002
        40  us.state TIME_WAIT port=5003
        40  us.stat  TCPTimeWaitOverflow 1
        41  us.config tcp_max_tw_buckets=0
    """)


@proves("RFC9293-3.10.1-2")
def test_a_new_stack_binds_the_port_of_the_old_one_at_once(wire):
    # As after a soft reset: the peer still believes in the connection.
    wire.opened()
    wire.net.active(False)
    wire.link.up = True
    wire.net = None
    wire.sockets.clear()
    wire.build()
    wire.play("""
        0   us.listen 80
        5   <== ACK      1:101  ack=1
        5   ==> RST      1
        6   <== SYN      0      isn=9000 mss=1000
        6   ==> SYN ACK  0      ack=1
        7   <== ACK      1      ack=1
        7   us.accept
        7   us.state     ESTABLISHED
    """)


@proves("RFC9293-3.10.1-2", "MAY-2")
def test_a_port_can_be_bound_again_while_its_pairs_wait(wire):
    used(wire)
    wire.sockets["us"].listener.close()
    wire.play("""
        2000  us2.setsockopt REUSEADDR 1
        2000  us2.getsockopt REUSEADDR 1
        2000  us3.listen 80
        2001  us.rows      1 TIME_WAIT
        2002  <== SYN      0      port=5001
        2002  ==> SYN ACK  0      ack=1 port=5001
        2003  <== SYN      0      isn=5000
        2003  ==> SYN ACK  0      ack=1
    """)
