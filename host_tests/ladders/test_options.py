"""TCP options: what is sent, what is understood, what is passed over."""

from testing import proves


@proves("MUST-69", "MUST-65", "MUST-14")
def test_the_option_list_of_a_syn_ack_ends_with_its_last_option(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0  mss=1460
        0  ==> SYN ACK  0  ack=1 opt=020405b4
        5  <== ACK      1:101 ack=1
        45 ==> ACK      1  ack=101 opt=
    """)


@proves("MAY-3", "SHLD-5", "RFC6691-2-1")
def test_the_mss_option_is_sent_even_when_it_is_the_default(wire):
    wire.link.mtu = 576
    wire.listening()
    wire.play("""
        0  <== SYN      0  port=5001
        0  ==> SYN ACK  0  ack=1 mss=536 port=5001
        0  us2.connect 80  from=3
        0  ==> SYN      0  mss=536 from=3 port=80
    """)


@proves("RFC6691-2-1", "MUST-67")
def test_the_mss_is_the_mtu_less_the_fixed_headers(wire):
    for mtu in (296, 1006, 1492):
        from wire import Wire

        other = Wire()
        other.link.mtu = mtu
        other.listening()
        other.play("0 <== SYN 0\n0 ==> SYN ACK 0 ack=1 mss=%d" % (mtu - 40))
        other.dispose()


@proves("RFC5482-3-1", "MUST-6")
def test_the_user_timeout_option_is_passed_over(wire):
    wire.listening()
    wire.play("""
        0    <== SYN      0     mss=1460 opt=1c04803c
        0    ==> SYN ACK  0     ack=1
        5    <== ACK      1     ack=1    opt=1c040005
        5    us.accept
        5    us.write 100
        5    ==> ACK      1:101 ack=1
        1005 ==> ACK      1:101 ack=1
        3005 ==> ACK      1:101 ack=1
        7005 ==> ACK      1:101 ack=1
        7005 us.state ESTABLISHED
    """)


@proves("RFC7323-2.2-3")
def test_a_window_scale_option_without_syn_changes_no_window(wire):
    wire.opened(mss=1000, win=1500)
    wire.play("""
        0  <== ACK  1       ack=1 win=1000 wscale=3
        0  us.write 2000
        0  ==> ACK  1:1001  ack=1
        9  <== ACK  1       ack=1001 win=1000
        9  ==> ACK  1001:2001
    """)


@proves("RFC7323-3.2-6")
def test_timestamps_that_were_not_negotiated_are_passed_over(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:101    ack=1 ts=500/@0
        0   us.read 100
        1   <== ACK  101:201  ack=1 ts=400/@0     # no PAWS: its clock does not count
        1   us.read 100
        40  ==> ACK  1        ack=201 ts=-
    """)


@proves("RFC2018-4-1")
def test_no_sack_for_a_peer_that_did_not_permit_it(wire):
    wire.opened(mss=1000)
    wire.play("""
        0  <== ACK  201:301  ack=1
        0  ==> ACK  1        ack=1 sack=-
        1  <== ACK  401:501  ack=1
        1  ==> ACK  1        ack=1 sack=-
        2  <== ACK  1:201    ack=1
        2  ==> ACK  1        ack=301 sack=-
    """)


@proves("MUST-5", "MUST-6")
def test_sack_blocks_that_were_not_permitted_are_passed_over(wire):
    wire.opened(mss=1000, tcp_early_retrans=0)
    wire.play("""
        0     us.write 2000
        0     ==> ACK  1:1001     ack=1
        0     ==> ACK  1001:2001  ack=1
        5     <== ACK  1          ack=1 sack=1001:2001
        1000  ==> ACK  1:1001     ack=1
        1005  <== ACK  1          ack=2001
        1005  us.sendq 0
    """)


@proves("MUST-15")
def test_an_mss_option_of_the_wrong_length_is_none(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0  opt=02030500
        0  ==> SYN ACK  0  ack=1
        5  <== ACK      1  ack=1
        5  us.accept
        5  us.write 600
        5  ==> ACK  1:537    ack=1
        5  ==> ACK  537:601  ack=1
    """)
