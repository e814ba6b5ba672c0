"""Idle connections: when keepalive probes, what a probe is, what its silence leads to."""

from testing import proves


@proves("MUST-27", "MUST-24", "MUST-29", "SHLD-12")
def test_the_program_sets_idle_time_interval_and_count(wire):
    wire.opened()
    wire.play("""
        0      us.setsockopt KEEPIDLE 10
        0      us.setsockopt KEEPINTVL 3
        0      us.setsockopt KEEPCNT 2
        0      us.setsockopt KEEPALIVE 1
        9999   us.timer keepalive 1
        10s    ==> ACK      0  ack=1
        13s    ==> ACK      0  ack=1
        15999  us.state ESTABLISHED
        16s    ==> RST ACK  1  ack=1
        16s    us.state CLOSED
        16s    us.read 1 error ETIMEDOUT
        16s    us.read eof
    """)


@proves("MUST-27")
def test_the_values_that_a_program_set_can_be_read(wire):
    wire.opened(tcp_keepalive_time=600, tcp_keepalive_intvl=20, tcp_keepalive_probes=4)
    wire.play("""
        0  us.getsockopt KEEPALIVE 0
        0  us.getsockopt KEEPIDLE 600
        0  us.getsockopt KEEPINTVL 20
        0  us.getsockopt KEEPCNT 4
        0  us.setsockopt KEEPIDLE 7
        0  us.setsockopt KEEPALIVE 1
        0  us.getsockopt KEEPIDLE 7
        0  us.getsockopt KEEPALIVE 1
        0  us.setsockopt KEEPIDLE 0 error EINVAL
        0  us.setsockopt KEEPCNT 128 error EINVAL
        0  us.timer keepalive 7000
    """)


@proves("MUST-27", "MUST-25")
def test_each_connection_has_its_own_idle_time(wire):
    wire.listening()
    wire.play("""
        0   <== SYN      0  port=5001
        0   ==> SYN ACK  0  ack=1 port=5001
        0   <== ACK      1  ack=1 port=5001
        0   us.accept
        0   <== SYN      0  port=5002
        0   ==> SYN ACK  0  ack=1 port=5002
        0   <== ACK      1  ack=1 port=5002
        0   us2.accept
        0   us2.setsockopt KEEPIDLE 5
        0   us2.setsockopt KEEPALIVE 1
        5s  ==> ACK      0  ack=1 port=5002
        5s  <== ACK      1  ack=1 port=5002
        10s ==> ACK      0  ack=1 port=5002
    """)


@proves("MUST-26")
def test_data_or_an_ack_begin_the_idle_time_anew(wire):
    wire.opened(tcp_keepalive_time=10)
    wire.play("""
        0      us.setsockopt KEEPALIVE 1
        9s     <== ACK  1:101  ack=1
        9040   ==> ACK  1      ack=101
        15s    <== ACK  101    ack=1
        24999  us.timer keepalive 1
        25s    ==> ACK  0      ack=101
    """)


@proves("MUST-26")
def test_no_probe_while_data_are_outstanding(wire):
    wire.opened(mss=1000, tcp_keepalive_time=2)
    wire.play("""
        0     us.setsockopt KEEPALIVE 1
        1500  us.write 100
        1500  ==> ACK  1:101  ack=1
        2500  ==> ACK  1:101  ack=1
        4500  ==> ACK  1:101  ack=1
        4600  <== ACK  1      ack=101
        6599  us.timer keepalive 1
        6600  ==> ACK  100    ack=1
    """)


@proves("MUST-29")
def test_an_answer_to_a_later_probe_keeps_the_connection(wire):
    wire.opened(tcp_keepalive_time=10, tcp_keepalive_intvl=1, tcp_keepalive_probes=3)
    wire.play("""
        0      us.setsockopt KEEPALIVE 1
        10s    ==> ACK  0  ack=1
        11s    ==> ACK  0  ack=1
        12s    ==> ACK  0  ack=1
        12900  <== ACK  1  ack=1
        22900  ==> ACK  0  ack=1
        23900  ==> ACK  0  ack=1
        24900  ==> ACK  0  ack=1
        25900  ==> RST ACK  1  ack=1
        25900  us.state CLOSED
    """)


@proves("MUST-24")
def test_keepalive_can_be_switched_off_again(wire):
    wire.opened(tcp_keepalive_time=10)
    wire.play("""
        0    us.setsockopt KEEPALIVE 1
        10s  ==> ACK  0  ack=1
        11s  us.setsockopt KEEPALIVE 0
        99s  us.state ESTABLISHED
        99s  us.timer none
    """)


@proves("RFC9293-3.10.7.4-7", "MUST-12")
def test_a_reset_that_answers_a_probe_ends_the_connection(wire):
    wire.opened(tcp_keepalive_time=10)
    wire.play("""
        0    us.setsockopt KEEPALIVE 1
        10s  ==> ACK  0  ack=1
        +5   <== RST  1
        +0   us.state CLOSED
        +0   us.read 1 error ECONNRESET
    """)


@proves("MUST-24", "MUST-12")
def test_a_blocking_reader_is_told_in_the_promised_time(wire):
    from testing import errno_of, raises

    wire.opened(tcp_keepalive_time=10, tcp_keepalive_intvl=2, tcp_keepalive_probes=3)
    wire.play("0 us.setsockopt KEEPALIVE 1")
    sock = wire.socket()
    sock.setblocking(True)
    error = raises(OSError, sock.recv, 1)
    assert error.args[0] == errno_of("ETIMEDOUT")
    assert wire.now() == 16000, wire.now()
    wire.pump()
    wire.seen = []


@proves("MUST-24")
def test_options_of_the_listener_hold_for_what_it_accepts(wire):
    wire.listening()
    wire.play("""
        0   us.setsockopt KEEPIDLE 4
        0   us.setsockopt KEEPALIVE 1
        0   <== SYN      0
        0   ==> SYN ACK  0  ack=1
        0   <== ACK      1  ack=1
        0   us.accept
        4s  ==> ACK      0  ack=1
    """)
