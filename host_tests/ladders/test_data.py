"""The byte streams: every byte once, in order, at any alignment and across the wrap of the
numbers."""

from frames import stream
from testing import proves, seeds


@proves("RFC9293-3.10.2-2", "RFC9293-3.10.7.4-12")
def test_a_lost_answer_is_sent_again_and_acknowledged(wire):
    wire.play("""
        0     us.listen   80
        0     <== SYN       0       mss=1000 win=3000
        0     ==> SYN ACK   0       ack=1 mss=1460
        20    <== ACK       1       ack=1
        20    us.write    500
        20    ==> PSH ACK   1:501   ack=1
        1020  ==> PSH ACK   1:501   ack=1
        1040  <== ACK       1       ack=501
        1040  us.state    ESTABLISHED
    """)


@proves("RFC9293-3.10.7.4-19", "RFC9293-3.10.3-1")
def test_data_in_order_are_read_in_order(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:101    ack=1
        5   <== ACK  101:301  ack=1
        9   us.read  50
        9   us.read  250
        9   us.read  nothing
        40  ==> ACK  1        ack=301
    """)


@proves("RFC9293-3.10.7.4-2")
def test_a_duplicate_is_acknowledged_at_once_and_dropped(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:101  ack=1
        40  ==> ACK  1      ack=101
        50  <== ACK  1:101  ack=1
        50  ==> ACK  1      ack=101
        50  us.recvq 100
        50  us.read  100
    """)


@proves("RFC9293-3.10.7.4-3")
def test_the_old_part_of_a_segment_is_cut_off(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:101   ack=1
        5   <== ACK  51:201  ack=1
        40  ==> ACK  1       ack=201
        40  us.recvq 200
        40  us.read  200
    """)


@proves("RFC9293-3.10.7.4-3")
def test_old_bytes_are_not_replaced_by_other_ones(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  1:101   ack=1
        5   <== ACK  51:101  ack=1 fill=0
        5   ==> ACK  1       ack=101
        9   us.read  100
    """)


@proves("RFC9293-3.10.7.4-3", "RFC9293-3.10.7.4-23")
def test_a_fin_behind_old_data_counts(wire):
    wire.opened()
    wire.play("""
        0   <== ACK      1:101   ack=1
        5   <== FIN ACK  51:101  ack=1
        5   ==> ACK      1       ack=102
        5   us.state     CLOSE_WAIT
        5   us.read      100
        5   us.read      eof
    """)


@proves("RFC9293-3.10.7.4-12")
def test_one_ack_may_cover_several_segments(wire):
    wire.opened(mss=500)
    wire.play("""
        0   us.write 1500
        0   ==> ACK  1:501      ack=1
        0   ==> ACK  501:1001   ack=1
        0   ==> ACK  1001:1501  ack=1
        9   <== ACK  1          ack=1501
        9   us.sendq 0
        9   us.timer none
    """)


@proves("RFC9293-3.10.7.4-12")
def test_an_ack_may_cover_a_part_of_a_segment(wire):
    wire.opened(mss=500)
    wire.play("""
        0   us.write 500
        0   ==> ACK  1:501  ack=1
        9   <== ACK  1      ack=100
        9   us.sendq 401
    """)


@proves("RFC9293-3.4-1")
def test_a_keep_alive_probe_of_the_peer_is_answered(wire):
    wire.opened()
    wire.play("""
        0   <== ACK  0    ack=1
        0   ==> ACK  1    ack=1
        5   <== ACK  0:1  ack=1
        5   ==> ACK  1    ack=1
        5   us.recvq 0
    """)


@proves("RFC9293-3.4.1-1", "RFC9293-3.4-2")
def test_the_peers_numbers_wrap_inside_a_segment(wire):
    wire.opened(isn=0xFFFFFFF0)
    wire.play("""
        0   <== ACK  1:11   ack=1
        5   <== ACK  11:31  ack=1
        40  ==> ACK  1      ack=31
        40  us.read  30
        50  <== ACK  1:31   ack=1
        50  ==> ACK  1      ack=31
        60  <== ACK  31:51  ack=1
        99  us.read  20
        100 ==> ACK  1      ack=51
    """)


@proves("RFC9293-3.4.1-1", "RFC9293-3.4-2")
def test_the_peers_numbers_wrap_between_segments_and_at_the_fin(wire):
    wire.opened(isn=0xFFFFFFF5)
    wire.play("""
        0   <== ACK      1:11  ack=1
        5   <== FIN ACK  11    ack=1
        5   ==> ACK      1     ack=12
        5   us.read      10
        5   us.read      eof
    """)


@proves("RFC9293-3.4.1-1", "RFC9293-3.4-2")
def test_the_peers_syn_is_the_last_number_before_the_wrap(wire):
    wire.opened(isn=0xFFFFFFFF)
    wire.play("""
        0   <== ACK  1:11   ack=1
        40  ==> ACK  1      ack=11
        50  <== RST  11
        50  us.state CLOSED
    """)


@proves("RFC9293-3.4-2")
def test_numbers_are_compared_across_the_sign(wire):
    wire.opened(isn=0x7FFFFF00)
    wire.play("""
        0   <== ACK  1:501    ack=1
        1   <== ACK  101:301  ack=1
        1   ==> ACK  1        ack=501
        2   <== ACK  801:901  ack=1
        2   ==> ACK  1        ack=501
        3   <== ACK  501:801  ack=1
        3   ==> ACK  1        ack=901
        3   us.read  900
    """)


@proves("RFC9293-3.4.1-1", "RFC9293-3.4-2")
def test_our_numbers_wrap(wire):
    wire.listening()
    wire.play("0 <== SYN 0\n0 ==> SYN ACK 0 ack=1\n0 <== RST 1")
    gap = (4294967296 - wire.flow().iss) // 250 - 2
    while gap > 0:
        step = min(gap, 200000000)
        wire.clock.now += step
        wire.pump()
        gap -= step
    wire.mark()
    wire.play("""
        0     <== SYN      0          isn=0 mss=500
        0     ==> SYN ACK  0          ack=1
        0     <== ACK      1          ack=1
        0     us.accept
        0     us.write     1500
        0     ==> ACK      1:501      ack=1
        0     ==> ACK      501:1001   ack=1
        0     ==> ACK      1001:1501  ack=1
    """)
    assert wire.flow().iss > 4294967296 - 1500, wire.flow().iss
    wire.play("""
        5     <== ACK      1          ack=501
        1005  ==> ACK      501:1001   ack=1
        1010  <== ACK      1          ack=1001
        1010  ==> ACK      1001:1501  ack=1
        1020  <== ACK      1          ack=1501
        1020  us.sendq     0
        1030  us.close
        1030  ==> FIN ACK  1501       ack=1
        1040  <== FIN ACK  1          ack=1502
        1040  ==> ACK      1502       ack=2
        1040  us.state     TIME_WAIT
    """)


@seeds(20)
@proves("RFC9293-3.4-2", "RFC9293-3.10.7.4-3", "SHLD-31")
def test_pieces_in_any_order_and_alignment_become_the_stream(wire, seed):
    number = wire.random.number
    wire.opened(isn=(0xFFFFFF00 + number()) & 0xFFFFFFFF if seed & 1 else number() * 131072)
    done = 0
    for _ in range(12):
        # A stretch of the stream, cut into pieces that overlap, is sent in any order, then all at
        # once.
        n = 1 + number() % 1000
        cuts = [(a, min(n, a + 1 + number() % 600)) for a in [number() % n for _ in range(5)]]
        for first, end in cuts + [(0, n)]:
            _piece(wire, done + first, end - first)
        done += n
        sock = wire.socket()
        data = b""
        while len(data) < n:
            data += sock.recv(n)
            wire.pump()
        assert data == stream(False, done - n, n), (seed, done)
        wire.seen = []
    assert wire.now() < 5000


def _piece(wire, at, n):
    import frames

    flow = wire.flow()
    segment = frames.tcp(
        flow.address,
        b"\x0a\x09\x00\x02",
        flow.port,
        80,
        flow.isn + 1 + at,
        flow.iss + 1,
        frames.ACK,
        8192,
        stream(False, at, n),
    )
    packet = frames.ip(flow.address, b"\x0a\x09\x00\x02", frames.TCP, segment)
    wire.offer(frames.eth(wire.link.mac, wire.mac_of(flow.address), frames.ETH_IP, packet))
    wire.pump()
    for frame in wire.seen:
        assert not frame.wrong and not frame.flags & frames.RST
    wire.seen = []


@proves("RFC9293-3.10.2-2", "RFC9293-3.10.7.4-12")
def test_the_send_ring_wraps_at_every_offset(wire):
    wire.opened(mss=1460, tx_buffer=600)
    sent = 1
    for i in range(40):
        n = 1 + i * 37 % 300
        wire.play(
            """
            {t}  us.write   {n}
            +0   ==> ACK    {a}:{b}  ack=1
            +1   <== ACK    1        ack={b}
        """.format(t=wire.now() + 1, a=sent, b=sent + n, n=n)
        )
        sent += n


@proves("RFC9293-3.10.7.4-19")
def test_urgent_data_stay_in_the_stream(wire):
    wire.opened()
    wire.play("""
        0   <== URG ACK  1:101  ack=1 urg=50
        40  ==> ACK      1      ack=101
        40  us.read      100
    """)


@proves("MUST-58")
def test_both_sides_send_at_once(wire):
    wire.opened()
    wire.play("""
        0   us.write 200
        0   ==> ACK  1:201    ack=1
        5   <== ACK  1:301    ack=1
        9   us.read  300
        10  <== ACK  301      ack=201
        45  ==> ACK  201      ack=301
        45  us.sendq 0
    """)


@proves("RFC9293-3.10.7.4-12")
def test_nothing_grows_on_the_heap_while_data_flow(wire):
    wire.opened(mss=1000)
    wire.play("""
        0     us.write 500
        0     ==> ACK  1:501     ack=1
        1000  ==> ACK  1:501     ack=1
        1040  <== ACK  1:1001    ack=501
        1050  us.write 1000
        1050  ==> ACK  501:1501  ack=1001
        1060  <== ACK  1201:1301 ack=1501
        1060  ==> ACK  1501      ack=1001
        1070  <== ACK  1001:1201 ack=1501
        1070  ==> ACK  1501      ack=1301
        1200  us.grown 0
    """)


@proves("RFC9293-3.10.7.4-11", "RFC9293-3.10.7.4-17")
def test_nothing_grows_on_the_heap_while_connections_come_and_go(wire):
    wire.listening()
    wire.play("""
        0    <== SYN      0  port=5001
        0    ==> SYN ACK  0  ack=1 port=5001
        1s   ==> SYN ACK  0  ack=1 port=5001
        1100 <== RST      1  port=5001
        1200 <== SYN      0  port=5002
        1200 ==> SYN ACK  0  ack=1 port=5002
        1210 <== ACK      1  ack=1 port=5002
        1220 <== FIN ACK  1  ack=1 port=5002
        1220 ==> ACK      1  ack=2 port=5002
        1230 <== ACK      7  ack=9 port=5003
        1230 ==> RST      9  port=5003
        1300 us.grown 0
    """)
