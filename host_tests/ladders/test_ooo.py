"""Segments out of order: kept in the receive ring, with a bounded list of holes."""

from testing import proves


@proves("SHLD-31", "RFC5681-3.2-1", "RFC5681-4.2-3", "MAY-13")
def test_a_segment_behind_a_hole_is_kept_and_acknowledged_at_once(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  101:201  ack=1
        0  ==> ACK  1        ack=1 win=2048
        0  us.recvq 0
        0  us.read  nothing
        0  us.stat  TCPOFOQueue 1
    """)


@proves("SHLD-31", "RFC5681-3.2-2", "RFC5681-4.2-3")
def test_the_segment_that_fills_the_hole_is_acknowledged_at_once(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  101:201  ack=1
        0  ==> ACK  1        ack=1
        9  <== ACK  1:101    ack=1
        9  ==> ACK  1        ack=201 win=1848
        9  us.read  200
    """)


@proves("RFC5681-3.2-2")
def test_a_part_of_a_hole_is_acknowledged_at_once(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  301:401  ack=1
        0   ==> ACK  1        ack=1
        9   <== ACK  1:101    ack=1
        9   ==> ACK  1        ack=101
        10  <== ACK  101:301  ack=1
        10  ==> ACK  1        ack=401
        10  us.read  400
    """)


@proves("RFC5681-3.2-1")
def test_each_segment_out_of_order_draws_an_ack_of_its_own(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  101:201  ack=1
        0  <== ACK  201:301  ack=1
        0  <== ACK  301:401  ack=1
        0  ==> ACK  1        ack=1
        0  ==> ACK  1        ack=1
        0  ==> ACK  1        ack=1
        9  <== ACK  1:101    ack=1
        9  ==> ACK  1        ack=401
        9  us.read  400
    """)


@proves("SHLD-31")
def test_three_holes_are_filled_in_any_order(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  101:201  ack=1
        0  ==> ACK  1        ack=1
        1  <== ACK  501:601  ack=1
        1  ==> ACK  1        ack=1
        2  <== ACK  301:401  ack=1
        2  ==> ACK  1        ack=1
        3  <== ACK  401:501  ack=1
        3  ==> ACK  1        ack=1
        4  <== ACK  1:101    ack=1
        4  ==> ACK  1        ack=201
        5  <== ACK  201:301  ack=1
        5  ==> ACK  1        ack=601
        5  us.read  600
    """)


@proves("SHLD-31")
def test_pieces_behind_a_hole_that_overlap_become_one(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  201:301  ack=1
        0  ==> ACK  1        ack=1
        1  <== ACK  151:251  ack=1
        1  ==> ACK  1        ack=1
        2  <== ACK  251:401  ack=1
        2  ==> ACK  1        ack=1
        3  <== ACK  101:501  ack=1
        3  ==> ACK  1        ack=1
        4  <== ACK  1:101    ack=1
        4  ==> ACK  1        ack=501
        4  us.read  500
    """)


@proves("SHLD-31")
def test_one_segment_may_close_two_holes(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  201:301  ack=1
        0  ==> ACK  1        ack=1
        1  <== ACK  401:501  ack=1
        1  ==> ACK  1        ack=1
        2  <== ACK  1:401    ack=1
        2  ==> ACK  1        ack=501
        2  us.read  500
    """)


@proves("SHLD-31")
def test_a_segment_over_the_whole_gap_and_more_is_taken_once(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  101:201  ack=1
        0  ==> ACK  1        ack=1
        1  <== ACK  1:301    ack=1
        1  ==> ACK  1        ack=301
        1  us.recvq 300
        1  us.read  300
    """)


@proves("SHLD-31", "RFC9293-3.10.7.4-2")
def test_a_duplicate_behind_a_hole_is_acknowledged_again(wire):
    wire.opened()
    wire.play("""
        0  <== ACK  101:201  ack=1
        0  ==> ACK  1        ack=1
        1  <== ACK  101:201  ack=1
        1  ==> ACK  1        ack=1
        2  <== ACK  1:101    ack=1
        2  ==> ACK  1        ack=201
        2  us.read  200
    """)


@proves("SHLD-31")
def test_more_holes_than_the_list_holds_are_dropped_counted_and_sent_again(wire):
    wire.opened()
    first = 11
    holes = 0
    while wire.stat("TCPOFODrop") == 0:
        wire.play(
            """
            %d  <== ACK  %d:%d  ack=1
            +0  ==> ACK  1  ack=1
        """
            % (wire.now() + 1, first, first + 10)
        )
        first += 20
        holes += 1
        assert holes < 40
    assert holes > 3
    # The last one found no place; what fills the first holes makes room for it.
    wire.play(
        """
        100  <== ACK  1:%d   ack=1
        100  ==> ACK  1      ack=%d
        110  <== ACK  %d:%d  ack=1
    """
        % (first - 20, first - 20, first - 20, first - 10)
    )
    wire.play(
        """
        150  us.recvq %d
        150  ==> ACK  1      ack=%d
        150  us.read  %d
    """
        % (first - 11, first - 10, first - 11)
    )


@proves("RFC9293-3.10.7.4-3")
def test_text_behind_a_hole_is_cut_at_the_end_of_the_window(wire):
    wire.opened(rx_buffer=1024)
    wire.play("""
        0   <== ACK  901:1101  ack=1
        0   ==> ACK  1         ack=1
        9   <== ACK  1:901     ack=1
        9   ==> ACK  1         ack=1025 win=0
        9   us.read  1024
        9   ==> ACK  1         ack=1025 win=1024
    """)


@proves("SHLD-31")
def test_pieces_behind_a_hole_go_around_the_end_of_the_ring(wire):
    wire.opened(rx_buffer=1024)
    wire.play("""
        0   <== ACK  1:801       ack=1
        0   us.read  800
        0   ==> ACK  1           ack=801
        5   <== ACK  1101:1401   ack=1
        5   ==> ACK  1           ack=801
        9   <== ACK  801:1101    ack=1
        9   ==> ACK  1           ack=1401
        9   us.read  600
        9   ==> ACK  1           ack=1401 win=1024
    """)


@proves("SHLD-31", "RFC9293-3.10.7.4-12")
def test_the_ack_of_a_segment_behind_a_hole_counts(wire):
    wire.opened()
    wire.play("""
        0   us.write 100
        0   ==> ACK  1:101    ack=1
        5   <== ACK  101:201  ack=101
        5   ==> ACK  101      ack=1
        5   us.sendq 0
        9   <== ACK  1:101    ack=101
        9   ==> ACK  101      ack=201
        9   us.read  200
    """)


@proves("RFC9293-3.4-2", "SHLD-31")
def test_pieces_behind_a_hole_across_the_wrap_of_the_numbers(wire):
    wire.opened(isn=0xFFFFFF9B)
    wire.play("""
        0  <== ACK  51:151   ack=1
        0  ==> ACK  1        ack=1
        1  <== ACK  201:251  ack=1
        1  ==> ACK  1        ack=1
        2  <== ACK  1:51     ack=1
        2  ==> ACK  1        ack=151
        3  <== ACK  151:201  ack=1
        3  ==> ACK  1        ack=251
        3  us.read  250
    """)
