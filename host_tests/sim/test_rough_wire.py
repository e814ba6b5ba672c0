"""Sessions between two stacks over a wire that loses, doubles, reorders and corrupts: a fixed
share of the seeds.

All of them, and the long ones: `make soak` or `python -m tools.soak`.
"""

import sessions

from testing import seeds

INTERPRETERS = ("x64", "unix32")
TIMEOUT_S = 300


@seeds(20)
def test_256_kilobytes_are_echoed_intact(seed):
    sessions.echo(seed)


@seeds(20)
def test_an_echo_survives_jitter_of_several_round_trips(seed):
    sessions.echo_by_jitter(seed)


@seeds(20)
def test_an_echo_through_buffers_of_any_size(seed):
    sessions.echo_odd_buffers(seed)


@seeds(4)
def test_sequence_numbers_pass_the_end_of_their_range(seed):
    sessions.numbers_wrap(seed)


@seeds(10)
def test_connections_come_and_go(seed):
    sessions.churn(seed)


@seeds(20)
def test_both_sides_open_and_close_at_once(seed):
    sessions.simultaneous(seed)


@seeds(30)
def test_both_sides_open_and_close_at_once_in_segments_of_208_bytes(seed):
    sessions.simultaneous(seed, mtu=248)


@seeds(20)
def test_a_half_closed_connection_goes_on_sending(seed):
    sessions.half_closed(seed)


@seeds(10)
def test_an_echo_survives_a_cable_pulled_and_plugged(seed):
    sessions.unplugged(seed)


@seeds(20)
def test_both_programs_are_told_when_the_cable_stays_out(seed):
    sessions.unplugged_for_good(seed)


@seeds(3)
def test_the_same_seed_gives_the_same_frames(seed):
    assert sessions.echo(seed, 20_000) == sessions.echo(seed, 20_000)
    assert sessions.echo(seed, 20_000) != sessions.echo(seed + 1, 20_000)
