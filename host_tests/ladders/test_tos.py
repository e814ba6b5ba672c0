"""The Diffserv field of a connection (RFC 9293, 3.9.2.1; RFC 2474), and what IP makes of it."""

from testing import proves


@proves("MUST-48", "SHLD-22", "RFC1122-3.2.1.6-1")
def test_every_segment_of_a_connection_has_its_field(wire):
    wire.build()
    wire.play("""
        0     us.bind   4000
        0     us.setsockopt TOS 40
        0     us.connect 80
        0     ==> SYN      0      tos=0x28
        1000  ==> SYN      0      tos=0x28
        1005  <== SYN ACK  0      ack=1 mss=1000
        1005  ==> ACK      1      ack=1 tos=0x28
        1006  us.write 500
        1006  ==> ACK      1:501  ack=1 tos=0x28
        4006  ==> ACK      1:501  ack=1 tos=0x28
        4010  <== ACK      1:101  ack=501
        4050  ==> ACK      501    ack=101 tos=0x28
        4051  us.close
        4051  ==> RST ACK  501    ack=101 tos=0x28
    """)


@proves("MUST-48", "RFC1122-3.2.1.6-1")
def test_the_field_is_zero_unless_the_program_says_otherwise(wire):
    wire.connected()
    wire.play("""
        0  us.getsockopt TOS 0
        0  us.write 100
        0  ==> ACK  1:101  ack=1 tos=0
    """)


@proves("SHLD-21", "SHLD-22", "MUST-48")
def test_the_field_changes_during_the_connection(wire):
    wire.opened(mss=1000)
    wire.play("""
        0  us.write 100
        0  ==> ACK  1:101    ack=1 tos=0
        1  us.setsockopt TOS 184
        1  us.getsockopt TOS 184
        5  <== ACK  1        ack=101
        5  us.write 100
        5  ==> ACK  101:201  ack=1 tos=0xb8
        6  us.setsockopt TOS 0
        9  <== ACK  1        ack=201
        9  us.write 100
        9  ==> ACK  201:301  ack=1 tos=0
    """)


@proves("MUST-48")
def test_each_connection_has_its_own(wire):
    wire.opened(mss=1000)
    wire.play("""
        0  us.setsockopt TOS 32
        0  <== SYN      0     port=5001 mss=1000
        0  ==> SYN ACK  0     port=5001 ack=1 tos=0
        0  <== ACK      1     port=5001 ack=1
        1  us2.accept
        1  us2.setsockopt TOS 224
        2  us.write 10
        2  ==> ACK      1:11  ack=1 tos=0x20
        3  us2.write 20
        3  ==> ACK      1:21  port=5001 ack=1 tos=0xe0
    """)


@proves("MUST-48", "SHLD-22", "RFC3168-6.1.1-3")
def test_the_two_bits_of_congestion_are_not_the_programs(wire):
    wire.listening(tcp_ecn=1)
    wire.play("""
        0   <== SYN ECE CWR  0  mss=1000
        0   ==> SYN ECE ACK  0  ack=1 tos=0
        0   <== ACK          1  ack=1
        0   us.accept
        1   us.setsockopt    TOS 43
        1   us.write         100
        1   ==> ACK      1:101  ack=1 tos=0x2a ecn=ect0
        5   <== ACK      1:101  ack=101
        45  ==> ACK      101    ack=101 tos=0x28 ecn=-
    """)


@proves("RFC1122-3.2.1.6-1")
def test_the_field_of_what_is_received_reaches_tcp(wire):
    # Of its eight bits TCP has a use for two: that a router marked congestion in them.
    wire.listening(tcp_ecn=1)
    wire.play("""
        0   <== SYN ECE CWR  0  mss=1000
        0   ==> SYN ECE ACK  0  ack=1
        0   <== ACK          1  ack=1
        0   us.accept
        1   <== ACK      1:101    ack=1 tos=0x28 ecn=ect0
        41  ==> ACK      1        ack=101
        42  <== ACK      101:201  ack=1 tos=0x28 ecn=ce
        42  ==> ECE ACK  1        ack=201
    """)


@proves("MUST-48")
def test_a_field_of_more_than_eight_bits_is_refused(wire):
    wire.opened()
    wire.play("""
        0  us.setsockopt TOS 256 error EINVAL
        0  us.setsockopt TOS -1 error EINVAL
        0  us.write 10
        0  ==> ACK  1:11  ack=1 tos=0
    """)
