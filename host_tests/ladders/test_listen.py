"""Listeners: half-open records, the accept queue, and what happens when either is full."""

from testing import proves


@proves("RFC9293-3.10.7.2-1")
def test_half_open_connections_are_rows_of_their_own(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0  port=5001
        0  ==> SYN ACK  0  ack=1 port=5001
        0  <== SYN      0  port=5002
        0  ==> SYN ACK  0  ack=1 port=5002
        0  us.rows 2 SYN_RECEIVED
        0  us.rows 1 LISTEN
        5  <== ACK      1  ack=1 port=5002
        5  us.state ESTABLISHED  port=5002
        5  us.state SYN_RECEIVED port=5001
    """)


@proves("RFC9293-3.10.1-2")
def test_a_syn_is_dropped_and_counted_when_the_half_open_table_is_full(wire):
    wire.listening(half_open=2, tcp_syncookies=0)
    wire.play("""
        0     <== SYN      0  port=5001
        0     ==> SYN ACK  0  ack=1 port=5001
        0     <== SYN      0  port=5002
        0     ==> SYN ACK  0  ack=1 port=5002
        1     <== SYN      0  port=5003
        1     us.stat TCPReqQFullDrop 1
        1     us.rows 2 SYN_RECEIVED
        2     <== ACK      1  ack=1 port=5001
        3     <== SYN      0  port=5003
        3     ==> SYN ACK  0  ack=1 port=5003
    """)


@proves("RFC9293-3.10.7.2-1")
def test_half_open_records_do_not_use_up_connections(wire):
    wire.listening(connections=1, half_open=3)
    wire.play("""
        0  <== SYN      0  port=5001
        0  ==> SYN ACK  0  ack=1 port=5001
        0  <== SYN      0  port=5002
        0  ==> SYN ACK  0  ack=1 port=5002
        0  <== SYN      0  port=5003
        0  ==> SYN ACK  0  ack=1 port=5003
        5  <== ACK      1  ack=1 port=5003
        5  us.accept
        5  us.state ESTABLISHED port=5003
    """)


@proves("RFC9293-3.10.7.4-11")
def test_connections_are_accepted_in_the_order_of_their_completion(wire):
    wire.listening()
    wire.play("""
        0  <== SYN      0     port=5001
        0  ==> SYN ACK  0     ack=1 port=5001
        0  <== SYN      0     port=5002
        0  ==> SYN ACK  0     ack=1 port=5002
        5  <== ACK      1     ack=1 port=5002
        6  <== ACK      1     ack=1 port=5001
        9  us.accept
        9  us2.accept
        9  us.write 5
        9  ==> ACK      1:6   ack=1 port=5002
        9  us2.write 7
        9  ==> ACK      1:8   ack=1 port=5001
        9  us.accept error EAGAIN
    """)


@proves("RFC9293-3.10.7.4-11")
def test_the_place_in_the_table_does_not_decide_who_is_accepted_first(wire):
    wire.listening(connections=3)
    for at, port in ((1, 5001), (2, 5002)):
        wire.play("""
            AT  <== SYN      0   port=PORT
            AT  ==> SYN ACK  0   ack=1 port=PORT
            AT  <== ACK      1   ack=1 port=PORT
        """.replace("AT", str(at)).replace("PORT", str(port)))
    wire.play("""
        5  us.accept
        5  us.write 5
        5  ==> ACK      1:6   ack=1 port=5001
        6  <== RST      1     ack=6 port=5001
        6  us.close error ECONNRESET       # the first place is free again
        7  <== SYN      0     port=5003
        7  ==> SYN ACK  0     ack=1 port=5003
        7  <== ACK      1     ack=1 port=5003
        9  us2.accept
        9  us2.write 6
        9  ==> ACK      1:7   ack=1 port=5002
        9  us3.accept
        9  us3.write 7
        9  ==> ACK      1:8   ack=1 port=5003
    """)


@proves("RFC9293-3.10.1-2")
def test_a_full_accept_queue_drops_the_final_ack_and_syn_ack_comes_again(wire):
    wire.listening(backlog=1)
    wire.play("""
        0     <== SYN      0  port=5001
        0     ==> SYN ACK  0  ack=1 port=5001
        0     <== SYN      0  port=5002
        0     ==> SYN ACK  0  ack=1 port=5002
        5     <== ACK      1  ack=1 port=5001
        6     <== ACK      1  ack=1 port=5002
        6     us.state SYN_RECEIVED port=5002
        6     us.stat ListenOverflows 1
        10    us.accept
        1000  ==> SYN ACK  0  ack=1 port=5002
        1005  <== ACK      1  ack=1 port=5002
        1005  us2.accept
        1005  us2.state    ESTABLISHED
    """)


@proves("RFC9293-3.10.1-2")
def test_the_peers_data_complete_the_handshake_once_there_is_room(wire):
    wire.listening(backlog=1)
    wire.play("""
        0     <== SYN      0    port=5001
        0     ==> SYN ACK  0    ack=1 port=5001
        0     <== SYN      0    port=5002
        0     ==> SYN ACK  0    ack=1 port=5002
        5     <== ACK      1    ack=1 port=5001
        6     <== ACK      1    ack=1 port=5002
        7     <== ACK      1:51 ack=1 port=5002
        10    us.accept
        500   <== ACK      1:51 ack=1 port=5002
        500   us2.accept
        500   us2.read     50
        540   ==> ACK      1    ack=51 port=5002
    """)


@proves("RFC9293-3.10.1-2")
def test_without_a_free_connection_the_final_ack_is_dropped(wire):
    wire.opened(connections=1)
    wire.play("""
        0     <== SYN      0  port=5001
        0     ==> SYN ACK  0  ack=1 port=5001
        5     <== ACK      1  ack=1 port=5001
        5     us.state     SYN_RECEIVED port=5001
        5     us.stat      ListenOverflows 1
        9     <== RST      1
        9     us.close
        1000  ==> SYN ACK  0  ack=1 port=5001
        1005  <== ACK      1  ack=1 port=5001
        1005  us.state     ESTABLISHED port=5001
    """)


@proves("RFC9293-3.10.4-1")
def test_closing_a_listener_forgets_its_half_open_connections(wire):
    wire.syn_received()
    wire.play("""
        5  us.close
        5  us.rows 0
        9  <== ACK  1  ack=1
        9  ==> RST  1
    """)


@proves("RFC9293-3.10.4-1", "RFC9293-3.10.5-1")
def test_closing_a_listener_resets_connections_nobody_accepted(wire):
    wire.syn_received()
    wire.play("""
        5  <== ACK      1  ack=1
        9  us.close
        9  ==> RST ACK  1
        9  us.rows 0
    """)


@proves("RFC9293-3.10.4-1")
def test_closing_a_listener_leaves_accepted_connections_alone(wire):
    wire.opened()
    wire.sockets["us"].listener.close()
    wire.play("""
        0   us.rows  0 LISTEN
        0   us.state ESTABLISHED
        5   us.write 10
        5   ==> ACK      1:11  ack=1
        9   <== ACK      1     ack=11
        10  <== SYN      0     port=5001
        10  ==> RST ACK  0     ack=1 port=5001
    """)


@proves("RFC9293-3.10.7.4-7")
def test_a_connection_reset_in_the_accept_queue_is_not_accepted(wire):
    wire.syn_received()
    wire.play("""
        5  <== ACK   1  ack=1
        6  <== RST   1
        9  us.accept error EAGAIN
        9  us.rows   1
    """)


@proves("RFC9293-3.10.7.4-19")
def test_data_wait_for_accept(wire):
    wire.syn_received()
    wire.play("""
        5   <== ACK   1      ack=1
        6   <== ACK   1:101  ack=1
        46  ==> ACK   1      ack=101
        99  us.accept
        99  us.read   100
    """)


@proves("RFC9293-3.10.7.4-24")
def test_a_connection_that_ended_before_accept_is_accepted_and_read(wire):
    wire.syn_received()
    wire.play("""
        5   <== ACK      1      ack=1
        6   <== FIN ACK  1:101  ack=1
        6   ==> ACK      1      ack=102
        99  us.accept
        99  us.read   100
        99  us.read   eof
    """)


@proves("MUST-41")
def test_two_listeners_have_connections_of_their_own(wire):
    wire.listening()
    wire.play("""
        0  us2.listen 81
        1  <== SYN      0  to=81
        1  ==> SYN ACK  0  ack=1 to=81
        2  <== ACK      1  ack=1 to=81
        3  us.accept    error EAGAIN
        3  us2.accept
        3  us2.peername
    """)


@proves("RFC9293-3.10.1-2")
def test_there_are_as_many_listeners_as_the_limit_says(wire):
    wire.listening(listeners=2)
    wire.play("""
        0  us2.listen 81
        0  us3.listen 82 error ENOBUFS
        0  us2.close
        0  us3.close
        0  us4.listen 82
    """)


@proves("RFC9293-3.10.7.4-2")
def test_an_old_segment_in_syn_received_draws_an_ack(wire):
    wire.syn_received()
    wire.play("""
        5  <== ACK  -10:0  ack=1
        5  ==> ACK  1      ack=1
        5  us.state SYN_RECEIVED
    """)


@proves("RFC5961-3.2-2", "RFC9293-3.10.7.4-6")
def test_a_reset_inside_the_window_does_not_end_syn_received(wire):
    wire.syn_received()
    wire.play("""
        5  <== RST  2
        5  ==> ACK  1  ack=1
        5  us.state SYN_RECEIVED
        6  <== RST  90000
        6  us.state SYN_RECEIVED
    """)


@proves("MUST-57", "MUST-63")
def test_a_syn_to_or_from_a_broadcast_address_is_dropped_silently(wire):
    wire.listening()
    wire.play("""
        0  <== SYN  0  dst=255.255.255.255 ethdst=broadcast
        0  <== SYN  0  dst=10.9.0.255 ethdst=broadcast
        0  <== SYN  0  dst=224.0.0.1
        0  <== SYN  0  ethdst=broadcast
        0  <== SYN  0  from=255.255.255.255
        0  <== SYN  0  from=10.9.0.255
        0  <== SYN  0  from=224.0.0.1
        0  <== SYN  0  from=127.0.0.1
        0  <== SYN  0  from=10.9.0.2
        0  us.rows  1
    """)
