"""Mangled frames where the heap is a board's."""

import barrage

INTERPRETERS = ("cortex_m3",)
TIMEOUT_S = 300


def test_1000_mangled_frames_leave_no_mark():
    barrage.Barrage(1).run(1000)
