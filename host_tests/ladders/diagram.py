"""Every arrow of the state diagram of RFC 9293 (figure 5, with its notes) and the ladder that
proves it.

Read as a literal by host_tests/harness/test_diagram.py, which checks that no arrow is missing and
that each ladder exists.
"""

# (from, to, event): file::test
ARROWS = {
    ("CLOSED", "LISTEN", "passive OPEN"): "test_open.py::test_listen_goes_from_closed_to_listen",
    (
        "CLOSED",
        "SYN_SENT",
        "active OPEN, snd SYN",
    ): "test_open.py::test_connect_goes_from_closed_to_syn_sent",
    ("LISTEN", "CLOSED", "CLOSE"): "test_open.py::test_close_goes_from_listen_to_closed",
    (
        "LISTEN",
        "SYN_RECEIVED",
        "rcv SYN, snd SYN,ACK",
    ): "test_open.py::test_a_syn_is_answered_by_syn_ack_with_mss",
    # Sockets have no SEND on a listener; the ladder shows that connect() on one is refused and
    # changes nothing.
    ("LISTEN", "SYN_SENT", "SEND, snd SYN"): "test_open.py::test_a_listener_does_not_connect",
    (
        "SYN_SENT",
        "CLOSED",
        "CLOSE",
    ): "test_open.py::test_close_goes_from_syn_sent_to_closed_without_a_segment",
    (
        "SYN_SENT",
        "SYN_RECEIVED",
        "rcv SYN, snd SYN,ACK",
    ): "test_open.py::test_a_syn_goes_from_syn_sent_to_syn_received",
    (
        "SYN_SENT",
        "ESTABLISHED",
        "rcv SYN,ACK, snd ACK",
    ): "test_open.py::test_syn_ack_goes_from_syn_sent_to_established",
    (
        "SYN_RECEIVED",
        "LISTEN",
        "rcv RST (note 1)",
    ): "test_open.py::test_a_reset_sends_syn_received_back_to_listen",
    (
        "SYN_RECEIVED",
        "ESTABLISHED",
        "rcv ACK of SYN",
    ): "test_open.py::test_the_ack_of_our_syn_establishes_the_connection",
    (
        "SYN_RECEIVED",
        "FIN_WAIT_1",
        "CLOSE, snd FIN",
    ): "test_open.py::test_close_goes_from_syn_received_to_fin_wait_1",
    (
        "ESTABLISHED",
        "FIN_WAIT_1",
        "CLOSE, snd FIN",
    ): "test_close.py::test_close_goes_from_established_to_fin_wait_1",
    (
        "ESTABLISHED",
        "CLOSE_WAIT",
        "rcv FIN, snd ACK",
    ): "test_close.py::test_a_fin_goes_from_established_to_close_wait",
    (
        "FIN_WAIT_1",
        "FIN_WAIT_2",
        "rcv ACK of FIN",
    ): "test_close.py::test_the_ack_of_our_fin_goes_from_fin_wait_1_to_fin_wait_2",
    (
        "FIN_WAIT_1",
        "CLOSING",
        "rcv FIN, snd ACK",
    ): "test_close.py::test_a_fin_goes_from_fin_wait_1_to_closing",
    (
        "FIN_WAIT_1",
        "TIME_WAIT",
        "rcv FIN with ACK of FIN (note 2)",
    ): "test_close.py::test_a_fin_that_acknowledges_ours_goes_from_fin_wait_1_to_time_wait",
    (
        "FIN_WAIT_2",
        "TIME_WAIT",
        "rcv FIN, snd ACK",
    ): "test_close.py::test_a_fin_goes_from_fin_wait_2_to_time_wait",
    (
        "CLOSING",
        "TIME_WAIT",
        "rcv ACK of FIN",
    ): "test_close.py::test_the_ack_of_our_fin_goes_from_closing_to_time_wait",
    (
        "CLOSE_WAIT",
        "LAST_ACK",
        "CLOSE, snd FIN",
    ): "test_close.py::test_close_goes_from_close_wait_to_last_ack",
    (
        "LAST_ACK",
        "CLOSED",
        "rcv ACK of FIN",
    ): "test_close.py::test_the_ack_of_our_fin_goes_from_last_ack_to_closed",
    (
        "TIME_WAIT",
        "CLOSED",
        "timeout = 2 MSL",
    ): "test_close.py::test_two_segment_lifetimes_go_from_time_wait_to_closed",
    # Note 3: a RST leads from every state to CLOSED (RFC 1337 keeps TIME_WAIT).
    (
        "SYN_SENT",
        "CLOSED",
        "rcv RST (note 3)",
    ): "test_open.py::test_a_reset_that_acknowledges_our_syn_refuses_the_connection",
    (
        "SYN_RECEIVED",
        "CLOSED",
        "rcv RST (note 3)",
    ): "test_open.py::test_a_reset_in_syn_received_after_an_active_open_refuses_the_connection",
    (
        "ESTABLISHED",
        "CLOSED",
        "rcv RST (note 3)",
    ): "test_reset.py::test_a_reset_ends_established_and_the_program_is_told_once",
    ("FIN_WAIT_1", "CLOSED", "rcv RST (note 3)"): "test_reset.py::test_a_reset_ends_fin_wait_1",
    ("FIN_WAIT_2", "CLOSED", "rcv RST (note 3)"): "test_reset.py::test_a_reset_ends_fin_wait_2",
    ("CLOSE_WAIT", "CLOSED", "rcv RST (note 3)"): "test_reset.py::test_a_reset_ends_close_wait",
    ("CLOSING", "CLOSED", "rcv RST (note 3)"): "test_reset.py::test_a_reset_ends_closing",
    ("LAST_ACK", "CLOSED", "rcv RST (note 3)"): "test_reset.py::test_a_reset_ends_last_ack",
    (
        "TIME_WAIT",
        "TIME_WAIT",
        "rcv RST (RFC 1337)",
    ): "test_timewait.py::test_a_reset_does_not_end_time_wait",
}
