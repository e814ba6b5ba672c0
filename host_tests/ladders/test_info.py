"""What a program can learn and set: TCP_INFO, congestion control, MSS, Diffserv field, buffers,
and the settings of the stack with their ranges.
"""

import struct
import sys

from testing import errno_of, proves, raises, skip

_TCP_INFO = 11


def tcp_info(wire):
    return wire.socket().getsockopt(6, _TCP_INFO)


def names():
    """The module of the words."""
    try:
        from ferrule.api import names as words
    except ImportError:
        skip("in the release form the words are no module of their own")
    return words


def configure(net, name, value):
    net.config(**{name: value})


# ---- TCP_INFO ------------------------------------------------------------------------------


def test_info_has_linuxs_fields_in_linuxs_order(wire):
    wire.opened(mss=1000)
    info = tcp_info(wire)
    assert len(info) == 32
    assert info[0] == info.state == 1 and info[10] == info.snd_mss == 1000
    assert info[19] == info.last_data_recv == 0 and info[26] == info.snd_cwnd == 10
    assert info[31] == info.total_retrans


def test_info_as_bytes_is_the_c_structure(wire):
    wire.opened(mss=1000)
    sock = wire.socket()
    whole = sock.getsockopt(6, _TCP_INFO, 104)
    assert struct.unpack("<8B24I", whole) == tuple(tcp_info(wire))
    assert sock.getsockopt(6, _TCP_INFO, 8) == whole[:8]
    longer = sock.getsockopt(6, _TCP_INFO, 240)
    assert len(longer) == 240 and longer[:104] == whole and longer[104:] == bytes(136)


def test_info_tells_the_state_as_linux_numbers_it(wire):
    from wire import Wire

    for opening, number in (("syn_sent", 2), ("opened", 1), ("close_wait", 8)):
        other = Wire()
        getattr(other, opening)()
        assert tcp_info(other).state == number, opening
        other.dispose()
    wire.fin_wait_1(shutdown=True)
    wire.play("""
        0  us.info state=4
        5  <== ACK      1  ack=2
        5  us.info state=5
        9  <== RST      1
        9  us.info state=7
    """)


@proves("RFC6298-2.2")
def test_info_tells_times_in_microseconds(wire):
    wire.connected(rtt=100, mss=1000)
    wire.play("""
        100  us.info rtt=100000 rttvar=50000 rto=1000000 ato=40000
        100  us.write 100
        100  ==> ACK  1:101  ack=1
        1100 ==> ACK  1:101  ack=1
        1100 us.info rto=2000000 retransmits=1 backoff=1 ca_state=4 unacked=1 snd_cwnd=1
        1200 <== ACK  1      ack=101
        1200 us.info retransmits=0 backoff=0 ca_state=0 unacked=0
    """)


def test_info_tells_what_was_agreed(wire):
    wire.opened(mss=1000, offer="wscale=3 sackok ts=0", rx_buffer=2048)
    info = tcp_info(wire)
    assert info.options & 3 == 3 and info.snd_mss == 988, info
    assert info.wscale & 15 in (0, 3)


def test_info_counts_segments_in_flight_and_held(wire):
    wire.opened(mss=1000, tx_buffer=8192, offer="sackok")
    wire.play("""
        0  us.write 4500
        0  ==> ACK  1:1001     ack=1
        0  ==> ACK  1001:2001  ack=1
        0  ==> ACK  2001:3001  ack=1
        0  ==> ACK  3001:4001  ack=1
        0  ==> ACK  4001:4501  ack=1
        0  us.info unacked=5 sacked=0 ca_state=0
        1  <== ACK  1          ack=1 sack=1001:2001
        1  us.info unacked=5 sacked=1
    """)


def test_info_counts_probes(wire):
    wire.opened(win=0)
    wire.play("""
        0  us.write 100
        1s ==> ACK  1:2  ack=1
        3s ==> ACK  1:2  ack=1
        3s us.info probes=2 retransmits=0 backoff=2
    """)


def test_info_tells_what_ends_slow_start(wire):
    wire.opened(mss=1000, tx_buffer=8192)
    wire.play("""
        0    us.info snd_ssthresh=1073741823 snd_cwnd=10
        0    us.write 2000
        0    ==> ACK  1:1001     ack=1
        0    ==> ACK  1001:2001  ack=1
        1s   ==> ACK  1:1001     ack=1
        1s   us.info snd_ssthresh=2 snd_cwnd=1
    """)


@proves("RFC1191-2-1")
def test_info_tells_the_path_mtu_and_what_we_take(wire):
    wire.opened(mss=1000)
    mtu = wire.under.mtu
    wire.play("0 us.info pmtu=%d advmss=%d rcv_mss=%d" % (mtu, mtu - 40, mtu - 40))
    wire.play("""
        0  us.write 1000
        0  ==> ACK  1:1001  ack=1
        5  <== ICMP unreachable code=4 mtu=640
        5  ==> ACK  1:601   ack=1
        5  us.info pmtu=640 snd_mss=600
    """)


def test_without_a_connection_there_is_nothing_to_tell(wire):
    sock = wire.stack().socket()
    for option in ((6, _TCP_INFO), (0, 14)):
        assert raises(OSError, sock.getsockopt, *option).args[0] == errno_of("ENOTCONN")


# ---- congestion control --------------------------------------------------------------------


@proves("MAY-18")
def test_a_socket_has_the_congestion_control_of_the_stack(wire):
    wire.opened()
    wire.play("""
        0  us.setting tcp_congestion_control=newreno
        0  us.getsockopt CONGESTION newreno
        0  us.config tcp_congestion_control=reno
        0  us.getsockopt CONGESTION newreno        # those that are open keep theirs
        5  <== SYN      0  port=5001
        5  ==> SYN ACK  0  ack=1 port=5001
        5  <== ACK      1  ack=1 port=5001
        5  us2.accept
        5  us2.getsockopt CONGESTION reno
        5  us.setting tcp_congestion_control=reno
    """)


@proves("MAY-18")
def test_a_socket_may_have_its_own_congestion_control(wire):
    wire.opened(mss=1000)
    wire.play("0 us.getsockopt CONGESTION newreno")
    for name in ("tahoe", "reno", "cubic", "newreno"):
        wire.play("0 us.setsockopt CONGESTION %s\n0 us.getsockopt CONGESTION %s" % (name, name))
    sock = wire.socket()
    sock.setsockopt(6, 13, b"cubic\0\0")
    assert sock.getsockopt(6, 13) == "cubic"
    assert raises(OSError, sock.setsockopt, 6, 13, "vegas").args[0] == 2  # ENOENT
    assert sock.getsockopt(6, 13) == "cubic"


@proves("MAY-18")
def test_it_can_be_chosen_before_there_is_a_connection(wire):
    wire.stack()
    wire.play("""
        0  us.setsockopt CONGESTION tahoe
        0  us.getsockopt CONGESTION tahoe
        0  us.connect 80
        0  ==> SYN      0
        5  <== SYN ACK  0  ack=1
        5  ==> ACK      1  ack=1
        5  us.getsockopt CONGESTION tahoe
    """)


# ---- MSS, Diffserv field, buffers ----------------------------------------------------------


@proves("MUST-16", "SHLD-5")
def test_tcp_maxseg_bounds_what_is_told_and_what_is_sent(wire):
    wire.build(tx_buffer=4096)
    wire.play("""
        0  us.setsockopt MAXSEG 500
        0  us.getsockopt MAXSEG 500
        0  us.connect 80
        0  ==> SYN      0        mss=500
        5  <== SYN ACK  0        ack=1 mss=1000
        5  ==> ACK      1        ack=1
        5  us.getsockopt MAXSEG 500
        5  us.write 700
        5  ==> ACK      1:501    ack=1
        5  ==> ACK      501:701  ack=1
        9  <== ACK      1        ack=701
    """)


@proves("MUST-16")
def test_tcp_maxseg_never_exceeds_the_peers(wire):
    wire.stack()
    wire.play("""
        0  us.setsockopt MAXSEG 900
        0  us.connect 80
        0  ==> SYN      0  mss=900
        5  <== SYN ACK  0  ack=1 mss=600
        5  ==> ACK      1  ack=1
        5  us.getsockopt MAXSEG 600
    """)


@proves("MUST-16")
def test_tcp_maxseg_has_its_bounds_and_only_shortens(wire):
    wire.opened(mss=1000)
    wire.play("""
        0  us.setsockopt MAXSEG 87 error EINVAL
        0  us.setsockopt MAXSEG 32768 error EINVAL
        0  us.setsockopt MAXSEG 1200
        0  us.getsockopt MAXSEG 1000
        0  us.setsockopt MAXSEG 88
        0  us.getsockopt MAXSEG 88
        0  us.write 100
        0  ==> ACK  1:89    ack=1
        0  ==> ACK  89:101  ack=1
    """)


@proves("MUST-48", "SHLD-21", "SHLD-22", "RFC1122-3.2.1.6-1")
def test_the_diffserv_field_is_the_programs(wire):
    wire.stack()
    wire.play("""
        0  us.setsockopt TOS 184
        0  us.connect 80
        0  ==> SYN      0        tos=184
        5  <== SYN ACK  0        ack=1 mss=1000
        5  ==> ACK      1        ack=1  tos=184
        5  us.write 100
        5  ==> ACK      1:101    ack=1  tos=184
        9  us.getsockopt TOS 184
        9  us.setsockopt TOS 40
        9  <== ACK      1        ack=101
        9  us.write 100
        9  ==> ACK      101:201  ack=1  tos=40 df
        9  <== ICMP echo   id=1 seq=1 len=8
        9  ==> ICMP reply  id=1 seq=1 len=8  tos=0
    """)


@proves("SHLD-22", "RFC3168-6.1.4-1")
def test_the_bits_of_ecn_are_not_the_programs(wire):
    wire.opened()
    wire.play("""
        0  us.setsockopt TOS 187
        0  us.write 100
        0  ==> ACK  1:101  ack=1  tos=184 ecn=-
        0  us.setsockopt TOS 256 error EINVAL
    """)


@proves("MUST-48")
def test_a_listener_hands_its_diffserv_field_on(wire):
    wire.listening()
    wire.play("""
        0  us.setsockopt TOS 32
        0  <== SYN      0
        0  ==> SYN ACK  0      ack=1
        0  <== ACK      1      ack=1
        0  us.accept
        0  us.write 10
        0  ==> ACK      1:11   ack=1  tos=32
        5  <== RST      1
        9  <== ACK      1      ack=11
        9  ==> RST      11     tos=0
    """)


def test_the_sizes_of_the_buffers_can_be_read(wire):
    wire.opened(rx_buffer=3000, tx_buffer=5000)
    wire.play("0 us.getsockopt RCVBUF 3000\n0 us.getsockopt SNDBUF 5000")


def test_an_option_that_nobody_knows_has_no_value(wire):
    wire.opened()
    sock = wire.socket()
    for level, option in ((1, 77), (6, 77), (0, 77), (41, 1)):
        error = raises(OSError, sock.getsockopt, level, option)
        assert error.args[0] == errno_of("EOPNOTSUPP"), (level, option)
        sock.setsockopt(level, option, 1)  # taken without effect, as the firmware does


def test_the_socket_module_has_the_names_of_all_of_these(wire):
    import sys

    before = sys.modules.get("socket")
    wire.stack().install()
    try:
        import socket
    finally:
        if before:
            sys.modules["socket"] = before
        else:
            del sys.modules["socket"]
    names = (
        ("SO_SNDBUF", 7), ("SO_RCVBUF", 8), ("SO_LINGER", 13), ("TCP_INFO", 11), ("IP_TOS", 1),
        ("TCP_CONGESTION", 13), ("TCP_USER_TIMEOUT", 18), ("IP_RECVERR", 11), ("IP_MTU", 14),
        ("IP_MTU_DISCOVER", 10), ("TCP_KEEPCNT", 6), ("TCP_MAXSEG", 2),
    )  # fmt: skip
    for name, number in names:
        assert getattr(socket, name) == number, name


# ---- settings ------------------------------------------------------------------------------


def test_every_setting_can_be_read_and_set_to_what_it_is(wire):
    net = wire.stack()
    words = names()
    assert len(words.LIMITS) == len(words.SETTINGS) == len(net.cfg)
    for name in words.SETTINGS:
        value = net.config(name)
        configure(net, name, value)
        assert net.config(name) == value


def test_every_setting_has_a_least_and_a_most(wire):
    net = wire.stack()
    for name, (least, most) in zip(names().SETTINGS, names().LIMITS):
        before = net.config(name)
        if name != "tcp_congestion_control":
            for value in (least, most):
                configure(net, name, value)
                assert net.config(name) == value, name
        for value in (least - 1, most + 1, "many", None, 1.5):
            raises(ValueError, configure, net, name, value)
        configure(net, name, before)
        assert net.config(name) == before


def test_several_settings_are_set_all_or_none(wire):
    net = wire.stack()
    raises(ValueError, lambda: net.config(tcp_retries2=3, tcp_msl=0))
    assert net.config("tcp_retries2") == 15 and net.config("tcp_msl") == 30
    raises(ValueError, lambda: net.config(tcp_retries2=3, tcp_unknown=0))
    raises(ValueError, net.config, "tcp_unknown")
    raises(TypeError, net.config)
    raises(TypeError, net.config, "tcp_msl", "tcp_sack")
    raises(TypeError, lambda: net.config("tcp_msl", tcp_msl=3))
    assert net.config("tcp_retries2") == 15
    net.config(tcp_retries2=3, tcp_msl=2)
    assert net.config("tcp_retries2") == 3 and net.config("tcp_msl") == 2


@proves("RFC1122-3.2.1.7-3", "RFC1122-3.2.1.7-1")
def test_the_time_to_live_holds_from_the_next_packet_on(wire):
    wire.opened()
    wire.play("""
        0  us.write 10
        0  ==> ACK  1:11   ack=1  ttl=64
        0  us.config ip_default_ttl=9
        0  <== ACK  1      ack=11
        0  us.write 10
        0  ==> ACK  11:21  ack=1  ttl=9
    """)


@proves("MAY-18")
def test_congestion_control_goes_by_its_name(wire):
    net = wire.stack()
    for name in ("tahoe", "reno", "cubic", "newreno"):
        net.config(tcp_congestion_control=name)
        assert net.config("tcp_congestion_control") == name
    raises(ValueError, lambda: net.config(tcp_congestion_control="bbr"))
    assert net.config("tcp_congestion_control") == "newreno"


def test_every_counter_has_a_name(wire):
    net = wire.stack()
    stats = net.stats()
    assert len(net.count) == len(stats)
    for name in ("TCPTimeouts", "TCPSynRetrans", "ListenOverflows", "TCPAbortOnClose"):
        assert stats[name] == 0


# ---- netstat -------------------------------------------------------------------------------


def test_the_code_of_netstat_leaves_the_heap_when_told_to(wire):
    wire.build(connections=1, rx_buffer=512, tx_buffer=512)
    for _ in range(2):
        assert [row[0] for row in wire.net.netstat().once()] == []
        assert dict(wire.net.memory().once().items())["total"] > 1024
        assert not [name for name in sys.modules if name.endswith(".netstat")]


def test_half_open_counts_the_openings_that_wait(wire):
    wire.play("""
        0   us.listen 80
        0   <== SYN      0  mss=1000
        0   ==> SYN ACK  0  ack=1
    """)
    assert wire.net.half_open() == 1
    wire.play("""
        5   <== ACK      1  ack=1
    """)
    assert wire.net.half_open() == 0
