"""Queues of a passive open: half-open records, the accept queue, and what happens when they are
full (RFC 4987, 3)."""

from testing import proves


@proves("RFC4987-3.2-1", "RFC4987-3.5-1", "RFC9293-3.10.1-2")
def test_the_setting_bounds_the_half_open_records(wire):
    wire.listening(half_open=4, tcp_max_syn_backlog=2, tcp_syncookies=0)
    wire.play("""
        0   <== SYN      0  port=5001
        0   ==> SYN ACK  0  ack=1 port=5001
        0   <== SYN      0  port=5002
        0   ==> SYN ACK  0  ack=1 port=5002
        0   <== SYN      0  port=5003
        0   us.rows      2  SYN_RECEIVED
        0   us.stat      TCPReqQFullDrop 1
        1   us.config    tcp_max_syn_backlog=4
        1   <== SYN      0  port=5003
        1   ==> SYN ACK  0  ack=1 port=5003
        1   us.rows      3  SYN_RECEIVED
    """)


@proves("RFC4987-3.2-1")
def test_a_setting_above_the_table_means_the_whole_table(wire):
    wire.listening(half_open=2, tcp_max_syn_backlog=128, tcp_syncookies=0)
    wire.play("""
        0   <== SYN      0  port=5001
        0   ==> SYN ACK  0  ack=1 port=5001
        0   <== SYN      0  port=5002
        0   ==> SYN ACK  0  ack=1 port=5002
        0   <== SYN      0  port=5003
        0   us.stat      TCPReqQFullDrop 1
    """)


@proves("RFC4987-3.7-1", "RFC4987-3.6-1")
def test_beyond_the_setting_cookies_are_sent(wire):
    wire.listening(half_open=4, tcp_max_syn_backlog=1)
    wire.play("""
        0   <== SYN      0  port=5001
        0   ==> SYN ACK  0  ack=1 port=5001
        0   <== SYN      0  port=5002
        0   ==> SYN ACK  0  ack=1 port=5002
        0   us.rows      1  SYN_RECEIVED
        0   us.stat      SyncookiesSent 1
        0   us.stat      TCPReqQFullDrop 0
    """)


@proves("RFC4987-3.3-1", "MUST-22")
def test_a_half_open_record_lives_as_long_as_its_retransmissions(wire):
    wire.listening(tcp_synack_retries=2)
    wire.play("""
        0     <== SYN      0
        0     ==> SYN ACK  0  ack=1
        1000  ==> SYN ACK  0  ack=1
        3000  ==> SYN ACK  0  ack=1
        6999  us.state     SYN_RECEIVED
        7000  us.state     CLOSED
        7000  us.stat      TCPSynRetrans 2
        7000  us.stat      AttemptFails 1
    """)


@proves("RFC4987-3.3-1")
def test_without_retransmissions_a_record_lives_one_second(wire):
    wire.listening(tcp_synack_retries=0)
    wire.play("""
        0     <== SYN      0
        0     ==> SYN ACK  0  ack=1
        999   us.state     SYN_RECEIVED
        1000  us.state     CLOSED
    """)


@proves("RFC4987-3.5-1")
def test_text_on_a_syn_is_not_kept(wire):
    wire.listening()
    wire.play("""
        0   <== SYN      0:100  mss=1000
        0   ==> SYN ACK  0      ack=1
        5   <== ACK      1      ack=1
        5   us.accept
        5   us.recvq     0
        9   <== ACK      1:101  ack=1
        9   us.read      100
        49  ==> ACK      1      ack=101
    """)


@proves("RFC9293-3.10.7.4-11")
def test_a_full_accept_queue_is_worth_a_retransmission(wire):
    wire.listening(backlog=1, connections=3)
    wire.play("""
        0     <== SYN      0  port=5001
        0     ==> SYN ACK  0  ack=1 port=5001
        0     <== SYN      0  port=5002
        0     ==> SYN ACK  0  ack=1 port=5002
        5     <== ACK      1  ack=1 port=5001
        6     <== ACK      1  ack=1 port=5002
        6     us.state     SYN_RECEIVED port=5002
        6     us.stat      ListenOverflows 1
        1000  ==> SYN ACK  0  ack=1 port=5002
        1005  <== ACK      1  ack=1 port=5002
        1005  us.stat      ListenOverflows 2
        2000  us.accept
        3000  ==> SYN ACK  0  ack=1 port=5002
        3005  <== ACK      1  ack=1 port=5002
        3005  us.state     ESTABLISHED port=5002
        3005  us.stat      ListenOverflows 2
    """)


@proves("RFC9293-3.10.7.4-11")
def test_a_full_accept_queue_resets_when_it_is_told_to(wire):
    wire.listening(backlog=1, connections=3, tcp_abort_on_overflow=1)
    wire.play("""
        0     <== SYN      0  port=5001
        0     ==> SYN ACK  0  ack=1 port=5001
        0     <== SYN      0  port=5002
        0     ==> SYN ACK  0  ack=1 port=5002
        5     <== ACK      1  ack=1 port=5001
        6     <== ACK      1  ack=1 port=5002
        6     ==> RST      1  port=5002
        6     us.state     CLOSED port=5002
        6     us.stat      ListenOverflows 1
        90s   us.rows      2
    """)


@proves("RFC9293-3.10.7.4-11")
def test_a_full_pool_of_connections_resets_too(wire):
    wire.opened(connections=1, tcp_abort_on_overflow=1)
    wire.play("""
        0   <== SYN      0     port=5001 ts=0
        0   ==> SYN ACK  0     ack=1 port=5001
        5   <== ACK      1:11  ack=1 port=5001
        5   ==> RST      1     port=5001 ts=@0/5
        5   us.state     CLOSED port=5001
        6   us.state     ESTABLISHED
    """)


@proves("RFC9293-3.10.7.4-11", "RFC4987-3.5-1")
def test_the_queues_of_two_listeners_are_their_own(wire):
    wire.listening(backlog=1, connections=3)
    wire.play("""
        0   us2.listen   81 1
        0   <== SYN      0  port=5001
        0   ==> SYN ACK  0  ack=1 port=5001
        1   <== ACK      1  ack=1 port=5001
        2   <== SYN      0  port=5002 to=81
        2   ==> SYN ACK  0  ack=1 port=5002 to=81
        3   <== ACK      1  ack=1 port=5002 to=81
        3   us.stat      ListenOverflows 0
        4   us2.accept
        5   us.accept
    """)


@proves("RFC9293-3.10.7.4-11")
def test_listen_again_changes_the_length_of_the_queue(wire):
    wire.listening(backlog=1, connections=3)
    wire.play("""
        0   <== SYN      0  port=5001
        0   ==> SYN ACK  0  ack=1 port=5001
        0   <== SYN      0  port=5002
        0   ==> SYN ACK  0  ack=1 port=5002
        5   <== ACK      1  ack=1 port=5001
        6   <== ACK      1  ack=1 port=5002
        6   us.state     SYN_RECEIVED port=5002
    """)
    wire.sockets["us"].listener.listen(2)
    wire.play("""
        7   <== ACK      1:11  ack=1 port=5002
        7   us.state     ESTABLISHED port=5002
        8   us.accept
        8   us2.accept
        8   us2.read     10
        47  ==> ACK      1     ack=11 port=5002
    """)


@proves("RFC9293-3.10.7.4-11", "RFC7323-3.2-2")
def test_what_the_syn_offered_outlives_a_full_queue(wire):
    wire.listening(backlog=1, connections=3)
    wire.play("""
        0     <== SYN      0     port=5001
        0     ==> SYN ACK  0     ack=1 port=5001
        0     <== SYN      0     port=5002 mss=1000 ts=0 wscale=7 sackok
        0     ==> SYN ACK  0     ack=1 port=5002 wscale=0 sackok ts
        5     <== ACK      1     ack=1 port=5001
        6     <== ACK      1     ack=1 port=5002
        7     us.accept
        1000  ==> SYN ACK  0     ack=1 port=5002 wscale=0 sackok ts
        1005  <== ACK      1     ack=1 port=5002 win=10
        1005  us2.accept
        1005  us2.write    1280
        1005  ==> ACK      1:989     ack=1 port=5002 ts=/1005
        1010  <== ACK      1     ack=989 port=5002
        1010  ==> ACK      989:1281  ack=1 port=5002
    """)


@proves("RFC4987-3.5-1", "RFC9293-3.10.7.4-6")
def test_a_reset_frees_a_half_open_record(wire):
    wire.listening(half_open=1, tcp_syncookies=0)
    wire.play("""
        0   <== SYN      0  port=5001
        0   ==> SYN ACK  0  ack=1 port=5001
        1   <== SYN      0  port=5002
        1   us.stat      TCPReqQFullDrop 1
        2   <== RST      1  port=5001
        3   <== SYN      0  port=5002
        3   ==> SYN ACK  0  ack=1 port=5002
    """)


@proves("RFC9293-3.10.7.4-9", "RFC4987-3.5-1")
def test_a_peer_that_begins_again_has_one_record(wire):
    wire.listening(half_open=2, tcp_syncookies=0)
    wire.play("""
        0   <== SYN      0   mss=1000
        0   ==> SYN ACK  0   ack=1
        1   <== SYN      0   mss=1000
        1   ==> SYN ACK  0   ack=1
        2   <== SYN      70000 stray=1      # another number: it learns that we know an older one
        2   ==> ACK      1   ack=1
        3   us.rows      1   SYN_RECEIVED
        4   <== RST      1
        4   us.rows      0   SYN_RECEIVED
        5   <== SYN      0   isn=70000 mss=1000
        5   ==> SYN ACK  0   ack=1
    """)


@proves("RFC4987-3.5-1")
def test_half_open_records_cost_28_bytes(wire):
    wire.stack()
    assert len(wire.net.tcp.half) == 7 * wire.net.tcp.half_n
    assert dict(wire.net.memory().items())["half-open records"] == 28 * 8


@proves("RFC4987-3.5-1")
def test_connections_cost_160_bytes_with_everything_on_and_time_wait_24(wire):
    wire.build({"tcp_ecn": 1, "tcp_syncookies": 2, "tcp_uto": 1}, connections=3, time_wait=5)
    cost = dict(wire.net.memory().items())
    assert cost["connection records"] <= 160 * 3
    assert cost["TIME_WAIT records"] == 24 * 5
