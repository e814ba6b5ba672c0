"""What the echo device does when its board's link cannot be opened."""

import sys

from testing import raises

# The firmware's folder: of the source tree on a host, of the ROMFS on the board.
sys.path += [__file__.rsplit("/", 1)[0] + "/../../firmware", "/rom/firmware"]


class Board:
    """The module `board` of a board whose chip does not answer."""

    def make_link(self):
        raise OSError(19)


class Time:
    """The module `time`, in which nobody waits."""

    def __init__(self):
        self.slept = []
        self.sleep = self.slept.append


def ended(put):
    """How long main() waited before it ended with exit code 2, with these modules in place."""
    before = {name: sys.modules.get(name) for name in put}
    sys.modules.update(put)
    try:
        import main

        end = raises(SystemExit, main.main)
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    assert end.args == (2,)


def test_a_board_that_starts_again_by_itself_waits_before():
    """main.py that ends by SystemExit is started again by a board, at once, and for ever."""
    time = Time()
    ended({"board": Board(), "time": time})
    assert time.slept == ([] if sys.platform == "linux" else [5])
