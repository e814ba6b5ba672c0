"""TIME-WAIT: records outside the connection table, what restarts them, what ends them, what
reopens them."""

from testing import proves


@proves("RFC9293-3.10.7.4-17", "MUST-13")
def test_a_fin_sent_again_is_acknowledged_and_restarts_the_time(wire):
    wire.time_wait()
    wire.play("""
        30s    <== FIN ACK  1  ack=2
        30s    ==> ACK      2  ack=2
        30s    us.timer     timewait 60000
        89999  us.state     TIME_WAIT
        90s    us.state     CLOSED
    """)


@proves("RFC9293-3.10.7.4-17")
def test_an_ack_of_everything_is_not_answered(wire):
    wire.time_wait()
    wire.play("""
        5     <== ACK  2  ack=2
        60s   us.state CLOSED
    """)


@proves("RFC9293-3.10.7.4-2")
def test_old_data_draw_an_ack_in_time_wait(wire):
    wire.time_wait()
    wire.play("""
        5     <== ACK  -99:1  ack=2
        5     ==> ACK  2      ack=2
        60s   us.state CLOSED
    """)


@proves("RFC1337-3-1")
def test_a_reset_does_not_end_time_wait(wire):
    wire.time_wait()
    wire.play("""
        5     <== RST  2
        6     <== RST  1
        7     us.state TIME_WAIT
        60s   us.state CLOSED
    """)


@proves("MUST-13")
def test_the_segment_lifetime_is_a_setting(wire):
    wire.time_wait(tcp_msl=5)
    wire.play("""
        9999  us.state TIME_WAIT
        10s   us.state CLOSED
    """)


@proves("MAY-2", "RFC6191-2-5")
def test_a_syn_with_a_higher_number_opens_the_pair_again(wire):
    wire.time_wait()
    before = wire.flow().iss
    wire.play("""
        5000  <== SYN      0    isn=5000 mss=1000
        5000  ==> SYN ACK  0    ack=1
        5010  <== ACK      1:11 ack=1
        5010  us.accept
        5010  us.read      10
        5050  ==> ACK      1    ack=11
        5050  us.state     ESTABLISHED
        5050  us.rows      0 TIME_WAIT
    """)
    assert 2 < (wire.flow().iss - before) % 4294967296 < 2147483648


@proves("MAY-2")
def test_the_reopened_pair_begins_above_every_number_that_was_used(wire):
    # Five milliseconds move the clock of first numbers by 1250; 2000 numbers were used.
    wire.opened(mss=1000)
    before = wire.flow().iss
    wire.play("""
        0  us.write 2000
        0  ==> ACK      1:1001     ack=1
        0  ==> ACK      1001:2001  ack=1
        1  us.close
        1  ==> FIN ACK  2001       ack=1
        2  <== FIN ACK  1          ack=2002
        2  ==> ACK      2002       ack=2
        5  <== SYN      0          isn=5000
        5  ==> SYN ACK  0          ack=1
    """)
    assert 2001 < (wire.flow().iss - before) % 4294967296 < 2147483648


@proves("MAY-2", "RFC5961-4.2-1")
def test_a_syn_with_an_older_number_does_not_open_the_pair_again(wire):
    wire.time_wait()
    wire.play("""
        5000  <== SYN  -100
        5000  ==> ACK  2  ack=2
        5000  us.state TIME_WAIT
        5001  <== SYN  0
        5001  ==> ACK  2  ack=2
        5001  us.state TIME_WAIT
    """)


@proves("MAY-2")
def test_closing_the_listener_does_not_end_time_wait(wire):
    wire.time_wait()
    wire.sockets["us"].listener.close()
    wire.play("""
        5     us.rows  1
        5     us.state TIME_WAIT
        60s   us.state CLOSED
    """)


@proves("RFC9293-3.10.1-2", "MUST-13")
def test_time_wait_holds_no_connection(wire):
    wire.time_wait(connections=1)
    wire.play("""
        5  <== SYN      0  port=5001
        5  ==> SYN ACK  0  ack=1 port=5001
        6  <== ACK      1  ack=1 port=5001
        6  us.state     ESTABLISHED port=5001
        6  us.state     TIME_WAIT   port=5000
    """)


@proves("MUST-13")
def test_the_oldest_record_makes_room_when_the_table_is_full(wire):
    wire.listening(time_wait=2)
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
        40  us.stat  TW 3
    """)


@proves("MUST-13", "RFC9293-3.10.8-3")
def test_records_end_each_in_its_own_time(wire):
    wire.listening()
    for port in (5001, 5002):
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
        """.format(t=(port - 5000) * 1000, p=port)
        )
    wire.play("""
        60999 us.rows 2 TIME_WAIT
        61s   us.rows 1 TIME_WAIT
        61999 us.rows 1 TIME_WAIT
        62s   us.rows 0 TIME_WAIT
    """)


@proves("RFC9293-3.10.1-1", "MUST-13")
def test_a_pair_in_time_wait_is_not_opened_by_us(wire):
    wire.play("""
        0   us.bind     4000
        0   us.connect  80
        0   ==> SYN      0  to=4000
        5   <== SYN ACK  0  ack=1 to=4000
        5   ==> ACK      1  ack=1 to=4000
        6   us.close
        6   ==> FIN ACK  1  ack=1 to=4000
        7   <== FIN ACK  1  ack=2 to=4000
        7   ==> ACK      2  ack=2 to=4000
        8   us2.bind     4000
        8   us2.connect  80  error EADDRINUSE
        9   us2.close
        60007 us3.bind   4000
        60007 us3.connect 80
        60007 ==> SYN    0  to=4000
    """)


@proves("RFC9293-3.10.7.4-25", "MUST-13")
def test_the_side_that_closed_second_keeps_no_record(wire):
    wire.last_ack()
    wire.play("""
        5  <== ACK  2  ack=2
        5  us.rows  0 TIME_WAIT
    """)


@proves("MUST-13")
def test_fifty_connections_follow_one_another_through_a_small_stack(wire):
    wire.listening(connections=2, time_wait=3, half_open=1)
    for i in range(50):
        wire.flows.clear()
        wire.play(
            """
            {t}  <== SYN      0      port={p}
            +0   ==> SYN ACK  0      ack=1 port={p}
            +0   <== ACK      1      ack=1 port={p}
            +0   us.accept
            +0   us.write     20
            +0   ==> ACK      1:21   ack=1 port={p}
            +0   us.close
            +0   ==> FIN ACK  21     ack=1 port={p}
            +0   <== FIN ACK  1      ack=22 port={p}
            +0   ==> ACK      22     ack=2 port={p}
        """.format(t=wire.now() + 7, p=6000 + i)
        )
    wire.play("""
        400  us.rows 3 TIME_WAIT
        400  us.rows 4
        61s  us.rows 1
    """)
