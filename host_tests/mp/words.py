"""The words of a record as unsigned numbers, which a 32-bit interpreter keeps as objects: for
tests of leaves, not for the stack."""

import array
import struct

TOP = 0x100000000
# Where differences and comparisons of 32-bit numbers change their minds.
EDGES = (0, 1, 0x3FFFFFFF, 0x40000000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF)


def words(n):
    """A record of n words, all 0."""
    return array.array("i", bytearray(4 * n))


def halves(n):
    """A record of n 16-bit numbers, all 0."""
    return array.array("H", bytearray(2 * n))


def get(r, i):
    return struct.unpack_from("<I", r, 4 * i)[0]


def put(r, i, value):
    struct.pack_into("<I", r, 4 * i, value % TOP)


def number(d):
    """32 random bits, often an edge."""
    if d.below(3) == 0:
        return (EDGES[d.below(len(EDGES))] + d.below(3) - 1) % TOP
    return d.bits() << 17 ^ d.bits() << 8 ^ d.bits()


def near(d, n):
    """A number at most a few away from n, or half the circle away, or any."""
    k = d.below(4)
    if k == 0:
        return number(d)
    return (n + d.below(5) - 2 + (0x80000000 if k == 1 else 0)) % TOP


def filled(d, n):
    """A record of n random words."""
    r = words(n)
    for i in range(n):
        put(r, i, number(d))
    return r


def older(a, b):
    """Whether a comes before b on the circle of 32 bits."""
    return (a - b) % TOP >= 0x80000000


def all_of(r):
    return [get(r, i) for i in range(len(r))]
