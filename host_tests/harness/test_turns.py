"""Which files of tests run side by side in several processes (host_tests/turns.py)."""

import threading

import pytest

from turns import Turns

LONG_S = 0.2  # nobody who may go on waits so long


@pytest.fixture
def three(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = [Turns("a") for _ in range(3)]
    yield made
    for turns in made:
        turns.end()
    assert not list(tmp_path.iterdir())


def take(turns, path, alone):
    """Take it in a thread, which ends when it has the room."""
    thread = threading.Thread(target=turns.take, args=(path, alone), daemon=True)
    thread.start()
    thread.join(LONG_S)
    return thread


def test_files_share_the_room(three):
    assert not any(take(turns, "x", False).is_alive() for turns in three)


@pytest.mark.parametrize("first, second", [(True, False), (False, True), (True, True)])
def test_a_file_that_runs_alone_waits_and_is_waited_for(three, first, second):
    three[0].take("x", first)
    waiting = take(three[1], "y", second)
    assert waiting.is_alive()
    three[0].leave()
    waiting.join(LONG_S)
    assert not waiting.is_alive()


def test_nobody_overtakes_the_one_that_wants_to_be_alone(three):
    three[0].take("x", False)
    alone = take(three[1], "y", True)
    late = take(three[2], "z", False)
    assert alone.is_alive() and late.is_alive()
    three[0].leave()
    alone.join(LONG_S)
    assert not alone.is_alive() and late.is_alive()
    three[1].leave()
    late.join(LONG_S)
    assert not late.is_alive()


def test_the_next_test_of_a_file_does_not_wait(three):
    three[0].take("x", True)
    assert not take(three[0], "x", True).is_alive()


def test_one_process_never_waits():
    only, other = Turns(None), Turns(None)
    only.take("x", True)
    assert not take(other, "y", True).is_alive()
    only.leave()
    only.end()
