"""The same sessions, fewer and shorter, where the heap is a board's."""

import sessions

from testing import seeds

INTERPRETERS = ("cortex_m3",)
TIMEOUT_S = 300


@seeds(2)
def test_16_kilobytes_are_echoed_intact(seed):
    sessions.echo(seed)


@seeds(2)
def test_connections_come_and_go(seed):
    sessions.churn(seed)


def test_a_half_closed_connection_goes_on_sending():
    sessions.half_closed(1)


def test_both_programs_are_told_when_the_cable_stays_out():
    sessions.unplugged_for_good(1)
