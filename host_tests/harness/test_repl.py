"""How the tests get hold of the emulated board's REPL (tools/qemuboard.py)."""

import pytest

from tools import qemuboard
from tools.qemuboard import BoardError, QemuBoard

BANNER = b"raw REPL; CTRL-B to exit\r\n>"


class Serial:
    """A board that is deaf to the first `deaf` askings, and then takes `late` looks of its host
    for each answer."""

    def __init__(self, deaf, late):
        self.deaf = deaf
        self.late = late
        self.asked = []
        self.looks = 0

    def write(self, data):
        if self.deaf:
            self.deaf -= 1
        else:
            self.asked.append(BANNER if data.endswith(b"\x01") else b"OKsettled\r\n\x04\x04>")

    def inWaiting(self):
        return sum(map(len, self.asked)) if self.late == 1 else 0

    def read(self, n):
        self.looks += 1
        if not self.asked or self.looks % self.late:
            return b""
        said = b"".join(self.asked)
        self.asked = [said[n:]] if said[n:] else []
        return said[:n]


class Process:
    def poll(self):
        return None


@pytest.fixture
def board(monkeypatch):
    monkeypatch.setattr(qemuboard, "_QUICK_S", 0)
    board = QemuBoard({})
    board.process = Process()
    return board


@pytest.mark.parametrize("deaf, late", [(0, 1), (3, 1), (0, 5), (2, 9)])
def test_one_prompt_is_left_to_read_however_late_the_answers_come(board, deaf, late):
    serial = Serial(deaf, late)
    board.enter_raw_repl(serial)
    assert b"".join(serial.asked) == BANNER


def test_a_board_that_never_answers_is_named(board, monkeypatch):
    now = iter(range(0, 1000, 5))
    monkeypatch.setattr(qemuboard.time, "monotonic", lambda: next(now))
    with pytest.raises(BoardError, match="does not answer"):
        board.enter_raw_repl(Serial(10**9, 1))
