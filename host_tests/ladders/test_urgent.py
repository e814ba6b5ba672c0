"""Urgent data (RFC 9293, 3.8.5; RFC 6093): the pointer on the wire, the mark in the stream."""

from testing import proves

# ---- sent ----------------------------------------------------------------------------------


@proves("MUST-30", "MUST-62")
def test_the_pointer_tells_the_number_behind_the_last_urgent_byte(wire):
    wire.opened()
    wire.play("""
        0  us.write 1 oob
        0  ==> URG ACK  1:2  ack=1 urg=1
        5  <== ACK      1    ack=2
        6  us.write 10 oob
        6  ==> URG ACK  2:12 ack=1 urg=10
        9  <== ACK      1    ack=12
        10 us.write 10
        10 ==> ACK      12:22 ack=1 urg=0
    """)


@proves("MUST-62")
def test_bytes_that_wait_before_urgent_ones_go_with_the_pointer(wire):
    wire.opened(mss=100, win=200)
    wire.play("""
        0  us.write 250
        0  ==> ACK      1:101    ack=1
        0  ==> ACK      101:201  ack=1
        5  us.write 10 oob
        9  <== ACK      1        ack=101
        9  ==> URG ACK  201:261  ack=1 urg=60
        19 <== ACK      1        ack=261
    """)


@proves("MUST-31", "MUST-62")
def test_a_long_urgent_run_points_to_its_end_from_each_segment(wire):
    wire.opened(mss=500)
    wire.play("""
        0  us.write 1200 oob
        0  ==> URG ACK  1:501      ack=1 urg=1200
        0  ==> URG ACK  501:1001   ack=1 urg=700
        0  ==> URG ACK  1001:1201  ack=1 urg=200
        5  <== ACK      1          ack=1201
        6  us.write     10
        6  ==> ACK      1201:1211  ack=1 urg=0
    """)


@proves("MUST-62")
def test_what_follows_urgent_bytes_is_not_urgent(wire):
    wire.opened(mss=500, win=500)
    wire.play("""
        0  us.write 600 oob
        0  ==> URG ACK  1:501     ack=1 urg=600
        1  us.write 800
        5  <== ACK      1         ack=501
        5  ==> URG ACK  501:1001  ack=1 urg=100
        9  <== ACK      1         ack=1001
        9  ==> ACK      1001:1401 ack=1 urg=0
    """)


@proves("MUST-30", "MUST-62")
def test_a_second_run_moves_the_pointer_on(wire):
    wire.opened(mss=500, win=100)
    wire.play("""
        0  us.write 150 oob
        0  ==> URG ACK  1:101    ack=1 urg=150
        1  us.write 20 oob
        5  <== ACK      1        ack=101
        5  ==> URG ACK  101:171  ack=1 urg=70
    """)


@proves("MUST-62")
def test_a_retransmission_carries_the_pointer_of_now(wire):
    wire.opened(mss=500, win=500)
    wire.play("""
        0     us.write 100
        0     ==> ACK      1:101    ack=1
        500   us.write 10 oob
        1000  ==> URG ACK  1:111    ack=1 urg=110
        1010  <== ACK      1        ack=111
        1011  us.write     5
        1011  ==> ACK      111:116  ack=1 urg=0
    """)


@proves("MUST-30")
def test_an_ack_tells_of_urgent_bytes_that_a_closed_window_holds_back(wire):
    wire.opened(mss=500, win=0)
    wire.play("""
        0     us.write 10 oob
        10    <== ACK      1:101  ack=1
        50    ==> URG ACK  1      ack=101 urg=10
        1000  ==> URG ACK  1:2    ack=101 urg=10      # the probe too
        1010  <== ACK      101    ack=2 win=500
        1010  ==> URG ACK  2:11   ack=101 urg=9
    """)


@proves("MUST-30")
def test_urgent_bytes_that_do_not_fit_are_not_announced(wire):
    wire.opened(mss=1000, tx_buffer=1024)
    wire.play("""
        0  us.write 2000 oob gives 1024
        0  ==> URG ACK  1:1001     ack=1 urg=1024
        0  ==> URG ACK  1001:1025  ack=1 urg=24
        5  <== ACK      1          ack=1025
        6  us.write     10
        6  ==> ACK      1025:1035  ack=1 urg=0
    """)


@proves("MUST-30")
def test_urgent_bytes_after_shutdown_are_refused(wire):
    wire.opened()
    wire.play("""
        0  us.shutdown  wr
        0  ==> FIN ACK  1  ack=1
        1  us.write     1 oob error EPIPE
        9  <== ACK      1  ack=2
        10 <== ACK      1:11 ack=2
        50 ==> ACK      2  ack=11 urg=0
    """)


@proves("MUST-30")
def test_the_fin_behind_urgent_bytes(wire):
    wire.opened()
    wire.play("""
        0     us.write 10 oob
        0     ==> URG ACK      1:11  ack=1 urg=10
        1     us.close
        1     ==> FIN ACK      11    ack=1 urg=0
        1000  ==> URG FIN ACK  1:11  ack=1 urg=10
    """)


# ---- received ------------------------------------------------------------------------------


@proves("MUST-30", "MUST-33", "MUST-62")
def test_the_mark_stands_behind_the_last_urgent_byte(wire):
    wire.opened()
    wire.play("""
        0   us.getsockopt ATMARK -1
        1   <== URG ACK  1:101  ack=1 urg=50
        1   us.getsockopt ATMARK 50
        2   us.read      20
        2   us.getsockopt ATMARK 30
        3   us.read      30
        3   us.getsockopt ATMARK 0
        4   us.read      1
        4   us.getsockopt ATMARK -1
        41  ==> ACK      1      ack=101
        42  us.read      49
    """)


@proves("MUST-31", "MUST-33")
def test_the_mark_may_stand_where_no_byte_has_come_yet(wire):
    wire.opened()
    wire.play("""
        1    <== URG ACK  1:101    ack=1 urg=250
        1    us.getsockopt ATMARK 250
        2    us.read      100
        2    us.getsockopt ATMARK 150
        9    <== URG ACK  101:201  ack=1 urg=150
        9    us.getsockopt ATMARK 150
        10   <== ACK      201:301  ack=1
        10   us.getsockopt ATMARK 150
        10   us.read      150
        10   us.getsockopt ATMARK 0
        10   us.read      50
        41   ==> ACK      1        ack=301
    """)


@proves("MUST-31", "MUST-32")
def test_a_run_may_be_longer_than_every_buffer(wire):
    wire.opened(mss=1000)
    wire.play("""
        0   <== ACK      1:901      ack=1
        1   <== URG ACK  901:1001   ack=1 urg=65535
        1   us.getsockopt ATMARK 65535
        1   us.read      1000
        1   us.getsockopt ATMARK 64535
        2   <== URG ACK  1001:1101  ack=1 urg=65535
        2   us.getsockopt ATMARK 65535
        40  ==> ACK      1          ack=1101
    """)


@proves("MUST-32", "MUST-47", "MUST-30")
def test_the_program_is_told_of_the_first_pointer_and_whenever_it_moves(wire):
    wire.opened()
    told = []
    wire.socket().setsockopt(1, 20, told.append)
    wire.play("""
        0  <== URG ACK  1  ack=1 urg=50       # no text yet
        1  us.poll
        1  us.flags     PRI WR
    """)
    assert len(told) == 1 and told[0] is wire.socket()
    wire.play("""
        2  <== URG ACK  1  ack=1 urg=50       # the same again
        3  us.poll
    """)
    assert len(told) == 1
    wire.play("""
        4  <== URG ACK  1  ack=1 urg=60
        5  us.poll
    """)
    assert len(told) == 2
    wire.play("""
        6  <== URG ACK  1  ack=1 urg=40       # back: no
        7  us.poll
        7  us.getsockopt ATMARK 60
    """)
    assert len(told) == 2


@proves("MUST-32", "MUST-33")
def test_a_pointer_after_the_mark_was_passed_is_news_again(wire):
    wire.opened()
    told = []
    wire.play("""
        0   <== URG ACK  1:11   ack=1 urg=5
        0   us.read      10
        0   us.flags     WR
        0   us.getsockopt ATMARK -1
    """)
    wire.socket().setsockopt(1, 20, told.append)
    wire.play("""
        1   <== URG ACK  11     ack=1 urg=3
        2   us.poll
        2   us.getsockopt ATMARK 3
        2   us.flags     PRI WR
        40  ==> ACK      1      ack=11
    """)
    assert len(told) == 1


@proves("MUST-62")
def test_the_pointer_counts_from_the_segments_own_number(wire):
    # Out of order, and with text that came before.
    wire.opened()
    wire.play("""
        0   <== URG ACK  101:111  ack=1 urg=10
        0   ==> ACK      1        ack=1
        0   us.getsockopt ATMARK 110
        1   <== URG ACK  1:101    ack=1 urg=5
        1   ==> ACK      1        ack=111
        1   us.getsockopt ATMARK 110
        2   us.read      50
        3   <== URG ACK  91:121   ack=1 urg=30
        3   us.getsockopt ATMARK 70
        43  ==> ACK      1        ack=121
    """)


@proves("MUST-62", "RFC9293-3.10.7.4-3")
def test_a_pointer_to_what_was_read_already_is_no_mark(wire):
    wire.opened()
    wire.play("""
        0   <== ACK      1:101   ack=1
        0   us.read      100
        1   <== URG ACK  51:111  ack=1 urg=40
        1   us.getsockopt ATMARK -1
        2   us.read      10
        2   <== URG ACK  111     ack=1 urg=0
        2   us.getsockopt ATMARK -1
        40  ==> ACK      1       ack=111
    """)


@proves("RFC9293-3.10.7.4-18")
def test_after_the_peers_fin_the_pointer_is_ignored(wire):
    wire.close_wait()
    wire.play("""
        1  <== URG ACK  2  ack=1 urg=20
        1  us.getsockopt ATMARK -1
        1  us.flags     RD WR
    """)


@proves("RFC9293-3.10.7.4-18", "MUST-30")
def test_the_pointer_counts_in_fin_wait_1_and_2(wire):
    wire.fin_wait_1(shutdown=True)
    wire.play("""
        1   <== URG ACK  1:11   ack=1 urg=10
        1   us.getsockopt ATMARK 10
        2   <== ACK      11     ack=2
        2   us.state     FIN_WAIT_2
        3   <== URG ACK  11:21  ack=2 urg=10
        3   us.getsockopt ATMARK 20
        41  ==> ACK      2      ack=21
    """)


@proves("MUST-66", "RFC9293-3.10.7.4-4")
def test_the_pointer_counts_while_our_window_is_closed(wire):
    wire.opened(mss=1000, rx_buffer=512)
    wire.play("""
        0   <== ACK      1:513    ack=1
        0   us.recvq     512
        40  ==> ACK      1        ack=513 win=0
        50  <== URG ACK  513:514  ack=1 urg=9
        50  ==> ACK      1        ack=513 win=0
        50  us.getsockopt ATMARK 521
        50  us.recvq     512
    """)


@proves("RFC9293-3.10.7.3-3", "MUST-62")
def test_a_pointer_in_the_syn_ack_counts_from_the_syn(wire):
    wire.syn_sent()
    wire.play("""
        5   <== URG SYN ACK  0:10  ack=1 urg=4
        5   ==> ACK          1     ack=11
        5   us.getsockopt    ATMARK 3        # the SYN is number 0
        5   us.read          10
    """)


@proves("RFC9293-3.10.7.4-18")
def test_without_urg_the_field_means_nothing(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:101  ack=1 urg=50
        0   us.getsockopt ATMARK -1
        40  ==> ACK  1      ack=101
    """)


@proves("RFC9293-3.10.7.4-2", "RFC9293-3.10.7.4-12")
def test_the_pointer_of_an_unacceptable_segment_means_nothing(wire):
    wire.opened()
    wire.play("""
        0   <== URG ACK  90000  ack=1 urg=50
        0   ==> ACK      1      ack=1
        1   <== URG ACK  1      ack=900 urg=50
        1   ==> ACK      1      ack=1
        1   us.getsockopt ATMARK -1
    """)


@proves("MUST-30")
def test_peeking_moves_no_mark(wire):
    wire.opened()
    wire.play("""
        0   <== URG ACK  1:101  ack=1 urg=50
        0   us.getsockopt ATMARK 50
    """)
    assert len(wire.socket().recv(60, 2)) == 60
    wire.play("""
        1   us.getsockopt ATMARK 50
        1   us.read      60
        40  ==> ACK      1      ack=101
    """)


@proves("MUST-30")
def test_only_a_connection_has_a_mark(wire):
    wire.stack()
    wire.play("""
        0  us.bind       4000
        0  us.getsockopt ATMARK -1 error ENOTCONN
    """)
