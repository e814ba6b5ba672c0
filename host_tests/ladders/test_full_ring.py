"""Small segments behind large ones: Nagle, Minshall and delayed ACKs."""

from testing import proves


@proves("SHLD-7", "RFC9293-3.8.6.2.1-1")
def test_one_small_segment_may_be_out(wire):
    """Minshall's variant of Nagle's rule: without it a ring of less than two segments moves once
    per delayed ACK of the peer.
    """
    wire.opened(mss=1460)
    wire.play("""
        0     us.write 3000  gives 2048
        0     ==> ACK  1:1461     ack=1
        0     ==> ACK  1461:2049  ack=1
        9     <== ACK  1          ack=2049
        9     us.write 1500  gives 1500
        9     ==> ACK  2049:3509  ack=1
        9     ==> ACK  3509:3549  ack=1
        9     us.write 40
        9     us.write 40                     # a second small one waits for the ACK of the first
        30    <== ACK  1          ack=3549
        30    ==> ACK  3549:3629  ack=1
    """)
