"""Ladders that ask for what a link cannot do: chip -> reason -> their names. They are skipped over
it, and the reason is said. Read by host_tests/conftest.py."""

_MTU = (
    "is about packets of 1500 bytes or an MSS of 1460, and a message of ESP-NOW takes 1468 and so "
    "1428: it runs over espnow_1500"
)
_OTHERS = "frames for other boards are kept away by the radio itself"
_OTHERS_TESTS = ("test_ip.py::test_frames_for_another_hardware_address_are_dropped",)

BEYOND = {
    "espnow": {
        _MTU: (
            "test_congestion.py::test_the_first_window_is_no_more_than_14600_bytes",
            "test_congestion.py::test_timestamps_are_taken_off_the_first_window",
            "test_cookies.py::test_the_mss_is_kept_or_the_next_smaller_one_of_eight",
            "test_data.py::test_a_lost_answer_is_sent_again_and_acknowledged",
            "test_fragments.py::test_a_datagram_may_be_longer_than_a_frame",
            "test_fragments.py::test_the_limit_is_at_least_576_bytes_and_what_our_segments_need",
            "test_full_ring.py::test_one_small_segment_may_be_out",
            "test_icmp.py::test_the_largest_echo_request_is_answered",
            "test_off_net.py::test_without_discovery_576_bytes_go_behind_a_router",
            "test_off_net.py::test_on_our_own_network_the_links_mtu_holds",
            "test_off_net.py::test_a_connection_that_we_open_keeps_to_it_too",
            "test_off_net.py::test_with_discovery_the_path_is_tried_in_full",
            "test_open.py::test_a_syn_is_answered_by_syn_ack_with_mss",
            "test_open.py::test_a_syn_sent_again_is_answered_again",
            "test_open.py::test_syn_ack_is_sent_five_times_again_and_then_forgotten",
            "test_open.py::test_connect_goes_from_closed_to_syn_sent",
            "test_open.py::test_syn_is_sent_again_for_three_minutes_and_then_the_program_is_told",
            "test_open.py::test_a_syn_goes_from_syn_sent_to_syn_received",
            "test_open.py::test_segments_are_never_longer_than_our_link_takes",
            "test_open.py::test_unknown_options_are_skipped",
            "test_options.py::test_the_option_list_of_a_syn_ack_ends_with_its_last_option",
            "test_options.py::test_the_mss_is_the_mtu_less_the_fixed_headers",
            "test_ping.py::test_what_cannot_be_asked_is_refused",
            "test_snap.py::test_ip_in_snap_is_taken_and_answered_in_ethernet",
            "test_source_route.py::test_our_mss_option_is_the_links_and_our_segments_leave_room_for_the_route",
            "test_uto.py::test_a_syn_ack_and_the_first_segment_behind_it_carry_the_option",
            "test_uto.py::test_our_syn_and_the_first_segment_behind_it_carry_the_option",
            "test_uto.py::test_what_is_set_before_connect_is_in_the_syn",
            "test_window.py::test_every_second_full_segment_is_acknowledged_at_once",
            "test_window.py::test_segments_that_wait_together_draw_one_ack",
        ),
        _OTHERS: _OTHERS_TESTS,
    },
    "espnow_250": {_OTHERS: _OTHERS_TESTS},
    "espnow_1500": {_OTHERS: _OTHERS_TESTS},
}


# The same for every chip.
ON_ANY = {
    "watches what leaves while the cable is out, and no chip lets anything out then": (
        "test_dhcp.py::test_a_lease_that_ends_while_the_link_is_gone_again_is_not_verified",
    ),
}
# The same for the emulated board, over every chip.
ON_THE_BOARD = {
    "needs more heap than the board has beside the code of a chip's driver and model": (
        "test_congestion.py::test_many_small_acks_open_the_window_no_faster",
        "test_pmtu.py::test_the_window_is_as_many_shorter_segments_and_reached_by_slow_start",
        "test_scale.py::test_a_larger_shift_is_used_as_14",
    ),
    "polls for a day, and a day over a model takes the emulated board longer than six minutes": (
        "test_keepalive.py::test_without_the_option_an_idle_connection_stays_for_ever",
    ),
}


# Over one chip's model on the emulated board.
ON_THE_BOARD_OVER = {
    "enc28j60": {
        "calls deeper than the board's stack allows, with the harness above and the model below": (
            "test_source_route.py::test_a_later_segments_route_takes_the_place_of_the_first",
            "test_source_route.py::test_a_listeners_route_is_that_of_the_sockets_it_accepts",
            "test_source_route.py::test_a_passive_open_goes_back_by_the_route_that_the_syn_came_by",
            "test_source_route.py::test_a_place_of_the_pool_forgets_who_was_there",
            "test_source_route.py::test_a_program_can_read_the_route_in_use",
            "test_source_route.py::test_a_route_over_no_gateway_is_none",
            "test_source_route.py::test_a_segment_that_may_be_a_strangers_diverts_nothing",
            "test_source_route.py::test_a_sender_that_wrote_itself_first_is_named_once",
            "test_source_route.py::test_a_strangers_segment_of_a_connection_that_ended_is_answered_plainly",
            "test_source_route.py::test_a_strangers_syn_leaves_the_route_of_a_half_open_record",
            "test_source_route.py::test_a_strict_route_is_strict_on_its_way_back",
            "test_source_route.py::test_a_syn_ack_goes_by_the_route_again_and_again",
            "test_source_route.py::test_an_older_record_of_the_same_ports_is_not_taken_for_a_new_one",
            "test_source_route.py::test_every_half_open_record_and_connection_has_its_own",
            "test_source_route.py::test_malformed_routes_are_dropped_and_counted",
            "test_source_route.py::test_no_route_of_the_programs_takes_nothing_from_the_peers",
            "test_source_route.py::test_the_ack_of_a_cookie_brings_the_route_along",
            "test_source_route.py::test_the_last_ack_of_the_handshake_counts_as_a_later_segment",
            "test_source_route.py::test_the_programs_route_wins_on_a_passive_connection_too",
            "test_source_route.py::test_the_route_of_the_peers_fin_counts_in_time_wait",
            "test_source_route.py::test_the_same_ports_anew_without_a_route_go_without",
            "test_source_route.py::test_the_setting_goes_on_and_off",
            "test_source_route.py::test_what_is_known_of_paths_stays_known",
        ),
    },
}


# The same for firmware without machine code, over no chip too.  A folder stands for all in it.
AS_BYTECODE = {
    "asks for a heap that does not grow, but to bytecode a word above 2**30 is an object": (
        "heap",
        "test_barrage.py::test_mangled_frames_leave_no_mark",
        "test_cookies.py::test_cookies_take_nothing_from_the_heap",
        "test_data.py::test_nothing_grows_on_the_heap_while_data_flow",
        "test_data.py::test_nothing_grows_on_the_heap_while_connections_come_and_go",
        "test_http_heap.py::test_a_body_of_known_length",
        "test_http_heap.py::test_a_body_longer_than_the_buffer",
        "test_http_heap.py::test_a_chunked_body",
        "test_http_heap.py::test_pipelined_requests",
        "test_http_heap.py::test_the_request_itself",
        "test_keepalive.py::test_probes_and_their_answers_take_no_heap",
        "test_pmtu.py::test_the_second_message_takes_no_heap_nor_does_what_follows",
        "test_user_timeout.py::test_the_time_of_the_program_takes_no_heap",
    ),
}


def beyond(chip, interpreter):
    """{name of a ladder: why it cannot run over this chip on this interpreter}."""
    reasons = dict(BEYOND.get(chip, {}))
    if chip:
        reasons.update(ON_ANY)
    if chip and interpreter == "cortex_m3":
        reasons.update(ON_THE_BOARD)
        reasons.update(ON_THE_BOARD_OVER.get(chip, {}))
    if interpreter == "plain32":
        reasons.update(AS_BYTECODE)
    return {name: reason for reason, names in reasons.items() for name in names}
