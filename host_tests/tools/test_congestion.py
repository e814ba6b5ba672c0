"""The textbook's run of tahoe and reno, segment for segment, and the picture of it."""

import pytest

from tools import congestion

SLOW = [32, 1, 2, 4, 8, 16]  # a loss at 32, threshold 16
LINEAR = [17, 18, 19, 20, 21, 22, 23, 24]
WINDOWS = {
    "tahoe": SLOW + LINEAR + [1, 2, 4, 8, 12, 13, 14, 15],
    "reno": SLOW + LINEAR + [12, 12, 13, 14, 15, 16, 17, 18],
}


@pytest.fixture(scope="module")
def runs():
    return {name: congestion.run(name) for name in congestion.NAMES}


@pytest.mark.parametrize("name", congestion.NAMES)
def test_the_window_is_that_of_the_textbook(runs, name):
    assert [r.cwnd for r in runs[name]] == WINDOWS[name]


@pytest.mark.parametrize("name", congestion.NAMES)
def test_the_threshold_is_half_of_what_was_in_flight(runs, name):
    assert [r.ssthresh for r in runs[name]] == [None] + [16] * 13 + [12] * 8


@pytest.mark.parametrize("name", congestion.NAMES)
def test_each_flight_fills_the_window(runs, name):
    assert [r.sent for r in runs[name]] == [r.cwnd for r in runs[name]]


def test_tahoe_loses_by_timeout_and_reno_by_three_duplicates(runs):
    events = {name: [(r.number, r.event) for r in runs[name] if r.event] for name in runs}
    assert events["tahoe"][2:] == [(13, "the flight is lost"), (14, "timeout")]
    assert events["reno"][2:] == [
        (13, "its first segment is lost"),
        (14, "three duplicate ACKs, the window inflated to 35"),
    ]


def test_a_round_takes_a_round_trip_and_a_timeout_a_second(runs):
    times = [r.ms for r in runs["tahoe"]]
    assert times[1] - times[0] == times[14] - times[13] == 1000
    assert all(b - a == 100 for a, b in zip(times[1:13], times[2:14]))


def test_the_picture_is_that_of_the_runs(runs):
    drawn = congestion.draw(list(runs.items()))
    assert congestion.PICTURE.read_text(encoding="utf-8") == drawn
