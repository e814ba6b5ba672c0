"""Window scaling (RFC 7323, 2): what a scaled window of the peer means, when nothing is scaled.

Our own buffers are small here, so that our shift is 0; larger ones are in test_large_window.py.
"""

from testing import proves


@proves("RFC7323-2.3-1", "RFC7323-2.2-2", "RFC7323-2.3-3", "RFC7323-2.3-2")
def test_an_offered_scale_is_answered_and_counts_from_then_on(wire):
    wire.opened(mss=512, win=16, offer="wscale=7")
    wire.play("""
        0  us.write 2048
        0  ==> ACK  1:513      ack=1
        0  ==> ACK  513:1025   ack=1
        0  ==> ACK  1025:1537  ack=1
        0  ==> ACK  1537:2049  ack=1
        9  <== ACK  1          ack=2049 win=4     # 512 bytes
        9  us.write 1000
        9  ==> ACK  2049:2561  ack=1
    """)


@proves("RFC7323-2.3-1", "RFC7323-2.2-1")
def test_the_answer_carries_the_option_with_shift_0(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0  mss=1460 wscale=0
        0  ==> SYN ACK  0  ack=1 wscale=0
    """)


@proves("RFC7323-2.2-2", "RFC7323-2.3-2")
def test_without_the_peers_option_nothing_is_scaled(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0      mss=512 win=512
        0  ==> SYN ACK  0      ack=1 wscale=-
        5  <== ACK      1      ack=1 win=512
        5  us.accept
        5  us.write 1000
        5  ==> ACK      1:513  ack=1
    """)


@proves("RFC7323-2.2-2")
def test_scaling_can_be_switched_off(wire):
    wire.listening(tcp_window_scaling=0)
    wire.play("""
        0  <== SYN      0      mss=512 win=512 wscale=7
        0  ==> SYN ACK  0      ack=1 wscale=-
        5  <== ACK      1      ack=1 win=512
        5  us.accept
        5  us.write 1000
        5  ==> ACK      1:513  ack=1
    """)


@proves("RFC7323-2.2-2")
def test_an_answer_to_a_syn_without_the_option_is_passed_over(wire):
    wire.syn_sent(tcp_window_scaling=0)
    wire.play("""
        5  <== SYN ACK  0      ack=1 mss=512 win=512 wscale=7
        5  ==> ACK      1      ack=1
        5  us.write 1000
        5  ==> ACK      1:513  ack=1
        9  <== ACK      1      ack=513 win=487
        9  ==> ACK  513:1000   ack=1
    """)


@proves("RFC7323-2.3-4")
def test_a_larger_shift_is_used_as_14(wire):
    # One unit of 2**14 bytes: sixteen segments of 1000, not a seventeenth.
    small = {"rx_buffer": 512, "connections": 1, "configure": {"initcwnd": 20}}
    wire.opened(mss=1000, win=1, offer="wscale=15", tx_buffer=18000, **small)
    lines = ["0 us.write 18000"]
    for i in range(16):
        lines.append("0 ==> ACK %d:%d ack=1" % (1 + 1000 * i, 1001 + 1000 * i))
    wire.play("\n".join(lines))


@proves("RFC7323-2.4-1", "RFC7323-2.4-4")
def test_a_window_that_shrinks_by_its_scale_is_coped_with(wire):
    # 3 units are 384 bytes; after 100 of them the peer can only say 2 units, 256: its edge went
    # back by 28 bytes.
    wire.opened(mss=100, win=3, offer="wscale=7")
    wire.play("""
        0  us.write 300
        0  ==> ACK  1:101    ack=1
        0  ==> ACK  101:201  ack=1
        0  ==> ACK  201:301  ack=1
        9  <== ACK  1        ack=101 win=2
        9  us.write 100
        19 <== ACK  1        ack=301 win=3
        19 ==> ACK  301:401  ack=1
        29 <== ACK  1        ack=401
        29 us.sendq 0
    """)


@proves("RFC7323-2.3-3", "MUST-36")
def test_a_closed_scaled_window_is_probed_and_opens(wire):
    wire.opened(mss=500, win=1, offer="wscale=9")
    wire.play("""
        0     us.write 500
        0     ==> ACK  1:501    ack=1
        10    <== ACK  1        ack=501 win=0
        10    us.write 500
        1010  ==> ACK  501:502  ack=1
        1020  <== ACK  1        ack=501 win=0
        1100  <== ACK  1        ack=501 win=1
        1100  ==> ACK  501:1001 ack=1
    """)


@proves("RFC7323-2.2-1")
def test_our_syn_offers_scaling_even_with_shift_0(wire):
    wire.stack()
    wire.play("""
        0  us.connect 80
        0  ==> SYN    0  wscale=0
    """)


@proves("RFC7323-2.2-4", "RFC7323-2.3-3")
def test_the_window_of_a_syn_ack_that_crosses_is_not_scaled(wire):
    wire.syn_sent()
    wire.play("""
        5  <== SYN      0      mss=512 wscale=7
        5  ==> SYN ACK  0      ack=1 wscale=0
        9  <== SYN ACK  0      ack=1 mss=512 win=512 wscale=7
        9  us.state ESTABLISHED
        9  us.write 2000
        9  ==> ACK      1:513      ack=1
        19 <== ACK      1          ack=513 win=8     # 1024 bytes
        19 ==> ACK      513:1025   ack=1
        19 ==> ACK      1025:1537  ack=1
    """)


@proves("RFC7323-2.3-3")
def test_the_window_of_an_ack_that_ends_a_crossed_opening_is_scaled(wire):
    wire.syn_sent()
    wire.play("""
        5  <== SYN      0      mss=512 wscale=7
        5  ==> SYN ACK  0      ack=1 wscale=0
        9  <== ACK      1      ack=1 win=8
        9  us.state ESTABLISHED
        9  us.write 2000
        9  ==> ACK      1:513      ack=1
        9  ==> ACK      513:1025   ack=1
    """)


@proves("RFC7323-2.2-2")
def test_a_crossed_syn_without_the_option_is_not_answered_with_it(wire):
    wire.syn_sent()
    wire.play("""
        5  <== SYN      0      mss=512
        5  ==> SYN ACK  0      ack=1 wscale=- sackok=- ts=-
        9  <== SYN ACK  0      ack=1 mss=512 win=512
        9  us.state ESTABLISHED
    """)
