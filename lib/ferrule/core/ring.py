"""Byte rings for socket data.

A ring is a bytearray; where its data begin and how much it holds stand in the connection's
record. A connection starts its rings at index 2, because the text of a frame starts at byte 54:
both then lie alike in a 32-bit word, and a bulk transfer is copied by words.
"""

import micropython

from ..wire.sum import copy


def put(ring, pos, buf, off, n):
    """Copy buf[off:off+n] into the ring from index pos on, round its end.  n <= len(ring)."""
    size = len(ring)
    if pos >= size:
        pos -= size
    k = size - pos
    if n <= k:
        copy(ring, pos, buf, off, n)
    else:
        copy(ring, pos, buf, off, k)
        copy(ring, 0, buf, off + k, n - k)


def get(ring, pos, buf, off, n):
    """Copy n bytes of the ring from index pos on into buf[off:off+n].  n <= len(ring)."""
    size = len(ring)
    if pos >= size:
        pos -= size
    k = size - pos
    if n <= k:
        copy(buf, off, ring, pos, n)
    else:
        copy(buf, off, ring, pos, k)
        copy(buf, off + k, ring, 0, n - k)


@micropython.viper
def find(ring: ptr8, size: int, pos: int, n: int, byte: int) -> int:
    """Offset of the first `byte` among the n bytes from index pos on, or -1."""
    i = 0
    while i < n:
        if ring[pos] == byte:
            return i
        pos += 1
        if pos == size:
            pos = 0
        i += 1
    return -1
