"""Mangled frames, in every state of a connection: a share of them; all in `make soak`."""

import sys

import barrage

from testing import seeds

INTERPRETERS = ("x64", "unix32")
TIMEOUT_S = 300


# 100,000 frames on the fast interpreter, 20,000 on the one that counts like a board.
FRAMES = 5000 if sys.maxsize > 0x7FFFFFFF else 1000


@seeds(20)
def test_mangled_frames_leave_no_mark(seed):
    barrage.Barrage(seed).run(FRAMES)
