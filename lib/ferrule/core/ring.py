"""Byte rings for socket data.

A ring is a bytearray; where its data begin and how much it holds stand in the connection's
record. A connection starts its rings at index 2, because the text of a frame starts at byte 54:
both then lie alike in a 32-bit word, and a bulk transfer is copied by words.

Both functions have so few variables that the interpreter finds room for them without the heap.
"""

import micropython

from ..wire.sum import copy


def put(ring, pos, buf, off, n):
    """Copy buf[off:off+n] into the ring from index pos on, round its end.  n <= len(ring)."""
    if pos >= len(ring):
        pos -= len(ring)
    if pos + n <= len(ring):
        copy(ring, pos, buf, off, n)
    else:
        off += len(ring) - pos  # first what stands behind the end, then what stands before it
        n += pos - len(ring)
        copy(ring, 0, buf, off, n)
        n = len(ring) - pos
        off -= n
        copy(ring, pos, buf, off, n)


def get(ring, pos, buf, off, n):
    """Copy n bytes of the ring from index pos on into buf[off:off+n].  n <= len(ring)."""
    if pos >= len(ring):
        pos -= len(ring)
    if pos + n <= len(ring):
        copy(buf, off, ring, pos, n)
    else:
        off += len(ring) - pos
        n += pos - len(ring)
        copy(buf, off, ring, 0, n)
        n = len(ring) - pos
        off -= n
        copy(buf, off, ring, pos, n)


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
