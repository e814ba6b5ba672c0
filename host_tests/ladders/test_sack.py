"""Selective acknowledgments as the receiver sends them (RFC 2018), and what it says of text that
came twice (RFC 2883)."""

from testing import proves


@proves("RFC2018-4-2", "RFC2018-2-1")
def test_sack_is_offered_and_agreed_on_in_syns_only(wire):
    wire.build()
    wire.play("""
        0  us.connect   80
        0  ==> SYN      0    sackok
        5  <== SYN ACK  0    ack=1 sackok
        5  ==> ACK      1    ack=1 sackok=- sack=-
        6  us.write 100
        6  ==> ACK      1:101  ack=1 sackok=- sack=-
        7  us2.listen   81
        7  <== SYN      0    sackok port=5001 to=81
        7  ==> SYN ACK  0    ack=1 sackok port=5001 to=81
    """)


@proves("RFC2018-4-1", "RFC2018-2-1")
def test_sack_can_be_switched_off(wire):
    wire.build({"tcp_sack": 0})
    wire.play("""
        0  us.connect   80
        0  ==> SYN      0    sackok=-
        1  us2.listen   81
        1  <== SYN      0    sackok port=5001 to=81
        1  ==> SYN ACK  0    ack=1 sackok=- port=5001 to=81
        2  <== ACK  1:2      ack=1 port=5001 to=81
        3  <== ACK  11:21    ack=1 port=5001 to=81
        3  ==> ACK  1        ack=2 sack=- port=5001 to=81
    """)


@proves("RFC2018-4-1")
def test_no_sack_when_the_peers_answer_did_not_permit_it(wire):
    wire.connected(mss=1000)
    wire.play("""
        0  <== ACK  201:301  ack=1
        0  ==> ACK  1        ack=1 sack=-
    """)


@proves("RFC2018-3-1", "RFC2018-4-2", "RFC2018-4-3", "RFC2018-4-4")
def test_a_block_tells_what_stands_behind_a_hole(wire):
    wire.opened(mss=1000, offer="sackok")
    wire.play("""
        0  <== ACK  101:201  ack=1
        0  ==> ACK  1        ack=1 sack=101:201
        1  <== ACK  201:251  ack=1
        1  ==> ACK  1        ack=1 sack=101:251
        2  <== ACK  1:101    ack=1
        2  ==> ACK  1        ack=251 sack=-
        3  us.read 250
    """)


@proves("RFC2018-4-5", "RFC2018-4-6", "RFC2018-4-7")
def test_the_first_block_holds_the_segment_that_came(wire):
    wire.opened(mss=1000, offer="sackok")
    wire.play("""
        0  <== ACK  101:201  ack=1
        0  ==> ACK  1        ack=1 sack=101:201
        1  <== ACK  501:601  ack=1
        1  ==> ACK  1        ack=1 sack=501:601,101:201
        2  <== ACK  301:401  ack=1
        2  ==> ACK  1        ack=1 sack=301:401,101:201,501:601
        3  <== ACK  401:451  ack=1
        3  ==> ACK  1        ack=1 sack=301:451,101:201,501:601
        4  <== ACK  201:251  ack=1
        4  ==> ACK  1        ack=1 sack=101:251,301:451,501:601
    """)


@proves("RFC2018-4-5", "RFC2018-4-3")
def test_a_segment_that_joins_two_blocks_makes_one(wire):
    wire.opened(mss=1000, offer="sackok")
    wire.play("""
        0  <== ACK  101:201  ack=1
        0  ==> ACK  1        ack=1 sack=101:201
        1  <== ACK  301:401  ack=1
        1  ==> ACK  1        ack=1 sack=301:401,101:201
        2  <== ACK  201:301  ack=1
        2  ==> ACK  1        ack=1 sack=101:401
    """)


@proves("RFC2018-4-4", "RFC2018-4-3", "RFC5681-3.2-2")
def test_a_part_of_the_hole_moves_the_ack_and_the_rest_is_still_told(wire):
    wire.opened(mss=1000, offer="sackok")
    wire.play("""
        0  <== ACK  201:301  ack=1
        0  ==> ACK  1        ack=1 sack=201:301
        1  <== ACK  401:501  ack=1
        1  ==> ACK  1        ack=1 sack=401:501,201:301
        2  <== ACK  1:101    ack=1
        2  ==> ACK  1        ack=101 sack=201:301,401:501
        3  <== ACK  101:201  ack=1
        3  ==> ACK  1        ack=301 sack=401:501
        4  <== ACK  301:401  ack=1
        4  ==> ACK  1        ack=501 sack=-
    """)


@proves("RFC2018-4-3", "MUST-16", "RFC6691-2-2", "RFC9293-3.7.1-1")
def test_text_that_is_sent_carries_the_blocks_too(wire):
    wire.opened(mss=1000, offer="sackok")
    wire.play("""
        0  <== ACK  101:201  ack=1
        0  ==> ACK  1        ack=1 sack=101:201
        1  us.write 100
        1  ==> ACK  1:101    ack=1 sack=101:201
        2  us.write 3000     gives 1948
        2  ==> ACK  101:1065   ack=1 sack=101:201     # 36 bytes are kept for blocks
        2  ==> ACK  1065:2029  ack=1 sack=101:201
    """)


@proves("RFC2018-3-1", "RFC2018-4-6")
def test_with_timestamps_three_blocks_fit(wire):
    wire.opened(mss=1000, offer="sackok ts=0")
    wire.play("""
        1  <== ACK  101:201  ack=1
        1  ==> ACK  1        ack=1 sack=101:201 ts=1/0
        2  <== ACK  301:401  ack=1
        2  ==> ACK  1        ack=1 sack=301:401,101:201
        3  <== ACK  501:601  ack=1
        3  ==> ACK  1        ack=1 sack=501:601,101:201,301:401
        4  <== ACK  701:801  ack=1
        4  ==> ACK  1        ack=1 sack=101:201,301:401,501:601
        4  us.stat TCPOFODrop 1
    """)


@proves("RFC2883-4-1")
def test_text_that_was_acknowledged_comes_again(wire):
    wire.opened(mss=1000, offer="sackok")
    wire.play("""
        0   <== ACK  1:101    ack=1
        40  ==> ACK  1        ack=101 sack=-
        50  <== ACK  1:101    ack=1
        50  ==> ACK  1        ack=101 sack=1:101
        60  <== ACK  101:201  ack=1
        100 ==> ACK  1        ack=201 sack=-
        100 us.stat TCPDSACKOldSent 1
    """)


@proves("RFC2883-4-1")
def test_text_behind_the_hole_comes_again(wire):
    wire.opened(mss=1000, offer="sackok")
    wire.play("""
        0  <== ACK  101:201  ack=1
        0  ==> ACK  1        ack=1 sack=101:201
        1  <== ACK  201:301  ack=1
        1  ==> ACK  1        ack=1 sack=101:301
        2  <== ACK  101:201  ack=1
        2  ==> ACK  1        ack=1 sack=101:201,101:301
        3  <== ACK  301:401  ack=1
        3  ==> ACK  1        ack=1 sack=101:401
    """)


@proves("RFC2883-4-1", "RFC2018-4-3")
def test_acknowledged_text_comes_again_while_there_is_a_hole(wire):
    wire.opened(mss=1000, offer="sackok")
    wire.play("""
        0  <== ACK  1:101    ack=1
        0  <== ACK  201:301  ack=1
        0  ==> ACK  1        ack=101 sack=201:301
        1  <== ACK  1:101    ack=1
        1  ==> ACK  1        ack=101 sack=1:101,201:301
    """)


@proves("RFC2018-4-3", "RFC9293-3.10.7.4-23")
def test_a_fin_behind_a_hole_is_no_byte_of_a_block(wire):
    wire.opened(mss=1000, offer="sackok")
    wire.play("""
        0  <== FIN ACK  101:201  ack=1
        0  ==> ACK      1        ack=1 sack=101:201
        1  <== ACK      1:101    ack=1
        1  ==> ACK      1        ack=202 sack=-
        1  us.state CLOSE_WAIT
    """)


@proves("RFC2018-4-3")
def test_blocks_count_across_the_wrap_of_the_peers_numbers(wire):
    wire.opened(mss=1000, offer="sackok", isn=0xFFFFFF00)
    wire.play("""
        0  <== ACK  201:301  ack=1
        0  ==> ACK  1        ack=1 sack=201:301
        1  <== ACK  401:501  ack=1
        1  ==> ACK  1        ack=1 sack=401:501,201:301
        2  <== ACK  1:201    ack=1
        2  ==> ACK  1        ack=301 sack=401:501
    """)


@proves("RFC2018-4-3", "RFC9293-3.10.7.4-2")
def test_a_bare_ack_that_draws_an_answer_is_told_the_blocks(wire):
    wire.opened(mss=1000, offer="sackok")
    wire.play("""
        0  <== ACK  101:201  ack=1
        0  ==> ACK  1        ack=1 sack=101:201
        1  <== ACK  9000     ack=1
        1  ==> ACK  1        ack=1 sack=101:201
    """)
