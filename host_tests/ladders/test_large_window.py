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
        0   <== ACK  1:11   ack=1
        40  ==> ACK  1      ack=11 win=65535
        50  <== ACK  11:21  ack=1
        90  ==> ACK  1      ack=21 win=65535
    """)
