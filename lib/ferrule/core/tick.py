"""Time: milliseconds that wrap at 2**30, and deadlines on them.

A deadline is a reading of the clock in a record, -1 when its timer is off.  The host record keeps
the earliest deadline of all in DUE, so that a poll with nothing to do costs one comparison.  Spans
must stay below 2**28 ms (three days).
"""

import micropython
from micropython import const

from ..wire.arch import THUMB

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_H_DUE = const(1)
_H_ISN_CLOCK = const(2)
_H_TS_CLOCK = const(16)
# --- end of layout ---


@micropython.viper
def advance(h: ptr32, now: int) -> int:
    """Move the clock to now (ticks_ms) and return the milliseconds until DUE, 0 when it has
    come, at most 1000.

    The ISN clock ticks every 4 microseconds (RFC 9293, 3.4.1), so it grows by 250 a millisecond.
    """
    now &= 0x3FFFFFFF
    gone = (now - h[_H_NOW]) & 0x3FFFFFFF
    if gone:
        if gone & 0x20000000:  # a clock that was set back stands still for us
            return 1
        h[_H_ISN_CLOCK] = h[_H_ISN_CLOCK] + gone * 250
        h[_H_TS_CLOCK] = h[_H_TS_CLOCK] + gone
        h[_H_NOW] = now
    left = (h[_H_DUE] - now) & 0x3FFFFFFF
    if left == 0 or left & 0x20000000:
        return 0
    return left if left < 1000 else 1000


@micropython.viper
def set_timer(h: ptr32, r: ptr32, i: int, ms: int):
    """Word i of record r becomes the deadline ms from now; DUE follows when that is earlier."""
    now = h[_H_NOW]
    at = (now + ms) & 0x3FFFFFFF
    r[i] = at
    if ((at - h[_H_DUE]) & 0x3FFFFFFF) & 0x20000000:
        h[_H_DUE] = at


@micropython.viper
def is_due(h: ptr32, r: ptr32, i: int) -> bool:
    """Whether the deadline in word i of record r has come."""
    at = r[i]
    if (at >> 31) & 1:
        return False
    return ((h[_H_NOW] - at) & 0x20000000) == 0


@micropython.viper
def next_due(h: ptr32, table: ptr32, n: int, words: int, live: int, first: int, timers: int):
    """Bring DUE forward to the earliest of the timers first..first+timers-1 of n records.

    A record counts while its word `live` is not 0; a deadline of -1 is off.
    """
    now = h[_H_NOW]
    best = (h[_H_DUE] - now) & 0x3FFFFFFF
    if best & 0x20000000:
        best = 0
    k = 0
    while n > 0:
        if table[k + live] != 0:
            i = k + first
            while i < k + first + timers:
                at = table[i]
                if not (at >> 31) & 1:
                    left = (at - now) & 0x3FFFFFFF
                    if left & 0x20000000:
                        left = 0
                    if left < best:
                        best = left
                i += 1
        k += words
        n -= 1
    h[_H_DUE] = (now + best) & 0x3FFFFFFF


@micropython.viper
def first_due(h: ptr32, table: ptr32, n: int, words: int, live: int, at: int, begin: int) -> int:
    """Index of the first record from begin on whose deadline in word `at` has come, or -1."""
    now = h[_H_NOW]
    k = begin * words
    while begin < n:
        if table[k + live] != 0 and not (table[k + at] >> 31) & 1:
            if not (now - table[k + at]) & 0x20000000:
                return begin
        k += words
        begin += 1
    return -1


@micropython.viper
def no_timer(h: ptr32, ms: int):
    """DUE is ms from now: nothing is known to end earlier."""
    h[_H_DUE] = (h[_H_NOW] + ms) & 0x3FFFFFFF


if THUMB:
    from .thumb import advance  # noqa: F401, F811
