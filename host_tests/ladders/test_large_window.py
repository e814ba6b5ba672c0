"""A receive buffer of more than 32 KB: too large, in one piece, for the heap of the bare-metal
board."""

from testing import proves

INTERPRETERS = ("x64", "unix32")


@proves("MUST-1", "REC-1")
def test_a_window_of_more_than_32767_bytes_is_no_negative_number(wire):
    wire.opened(rx_buffer=40000)
    wire.play("""
        0   <== ACK  1:11         ack=1
        0   us.read  10
        40  ==> ACK  1            ack=11 win=39990
        50  <== ACK  33000:34000  ack=1
        50  ==> ACK  1            ack=11
        50  us.stat  TCPOFOQueue  1
    """)


@proves("REC-1")
def test_a_buffer_of_more_than_65535_bytes_advertises_65535(wire):
    wire.opened(connections=1, rx_buffer=70000)
    wire.play("""
        0   us.getsockopt RCVBUF 70000
        0   us.getsockopt SNDBUF 2048
        0   <== ACK  1:11   ack=1
        40  ==> ACK  1      ack=11 win=65535
        50  <== ACK  11:21  ack=1
        90  ==> ACK  1      ack=21 win=65535
    """)


LARGE = {"connections": 1, "rx_buffer": 70000, "tx_buffer": 512}


@proves("RFC7323-2.2-1", "RFC7323-2.2-4", "RFC7323-2.3-2", "RFC7323-2.3-3")
def test_a_large_buffer_asks_for_scaling_and_its_syn_is_not_scaled(wire):
    wire.build(**LARGE)
    wire.play("""
        0   us.connect 80
        0   ==> SYN      0  win=65535 wscale=1
        5   <== SYN ACK  0  ack=1 mss=1460 win=8000 wscale=0
        5   ==> ACK      1  ack=1 win=35000
        9   <== ACK  1:101  ack=1
        49  ==> ACK      1  ack=101 win=34950
    """)


@proves("RFC7323-2.2-1")
def test_a_large_send_buffer_asks_for_scaling_with_shift_0(wire):
    wire.build(connections=1, rx_buffer=512, tx_buffer=70000)
    wire.play("""
        0   us.connect 80
        0   ==> SYN      0  win=512 wscale=0
        5   <== SYN ACK  0  ack=1 mss=1000 win=1000 wscale=3     # its own window is not scaled
        5   ==> ACK      1  ack=1
        5   us.write 4000
        5   ==> ACK      1:1001     ack=1
        9   <== ACK      1          ack=1001 win=250
        9   ==> ACK      1001:2001  ack=1
        9   ==> ACK      2001:3001  ack=1
    """)


@proves("RFC7323-2.2-2", "RFC7323-2.2-4")
def test_an_answer_without_the_option_leaves_a_large_window_at_65535(wire):
    wire.build(**LARGE)
    wire.play("""
        0   us.connect 80
        0   ==> SYN      0  win=65535 wscale=1
        5   <== SYN ACK  0  ack=1 mss=1460 win=8000
        5   ==> ACK      1  ack=1 win=65535
        9   <== ACK  1:101  ack=1
        49  ==> ACK      1  ack=101 win=65535
    """)


@proves("RFC7323-2.2-4", "RFC7323-2.3-1")
def test_the_syn_ack_of_a_large_buffer_is_not_scaled(wire):
    wire.listening(**LARGE)
    wire.play("""
        0   <== SYN      0  mss=1460 wscale=2
        0   ==> SYN ACK  0  ack=1 win=65535 wscale=1
        5   <== ACK  1:101  ack=1
        45  ==> ACK      1  ack=101 win=34950
    """)


@proves("RFC7323-2.4-2", "RFC7323-2.4-3")
def test_every_byte_that_was_announced_is_taken(wire):
    # 70000 bytes were announced. After the first byte the field says 34999 units of 2, one byte
    # less than that: all of them are taken nevertheless.
    wire.opened(mss=1000, offer="wscale=0", **LARGE)
    wire.play("""
        0   <== ACK  1:2  ack=1
        40  ==> ACK  1    ack=2 win=34999
    """)
    at = 2
    for i in range(34):
        wire.play(
            """
            %d  <== ACK  %d:%d  ack=1
            %d  <== ACK  %d:%d  ack=1
            %d  ==> ACK  1  ack=%d
        """
            % ((50 + i, at, at + 1000, 50 + i, at + 1000, at + 2000) + (50 + i, at + 2000))
        )
        at += 2000
    wire.play(
        """
        100  <== ACK  %d:%d     ack=1
        100  <== ACK  %d:70001  ack=1
        140  ==> ACK  1  ack=70001 win=0
        140  us.recvq 70000
        140  us.stat  TCPRcvQDrop 0
    """
        % (at, at + 1000, at + 1000)
    )


@proves("RFC7323-2.2-4")
def test_the_window_of_the_syn_ack_is_not_scaled(wire):
    # As a largest window of 4000 it would make 500 bytes of window too small to be used.
    wire.build(connections=1, rx_buffer=512, tx_buffer=70000)
    wire.play("""
        0   us.connect 80
        0   ==> SYN      0  win=512 wscale=0
        5   <== SYN ACK  0  ack=1 mss=1000 win=500 wscale=3
        5   ==> ACK      1  ack=1
        5   us.write 4000
        5   ==> ACK      1:501  ack=1
    """)
