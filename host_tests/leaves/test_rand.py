"""The keyed hash behind initial sequence numbers (core/rand.py), against HalfSipHash in
16-bit halves.
"""

import array

import micropython

from ferrule.core.rand import choose_isn
from layout_words import H_IP, H_ISN_CLOCK, H_KEY0, H_KEY1, HOST_LEN, O_DST, O_PORTS, O_SEQ

ALSO = ("cortex_m0", "plain32")


class Word:
    """A 32-bit number in two halves: what the arithmetic of the hash needs, without big
    integers.
    """

    def __init__(self, hi, lo):
        self.hi, self.lo = hi & 0xFFFF, lo & 0xFFFF

    def __add__(self, o):
        lo = self.lo + o.lo
        return Word(self.hi + o.hi + (lo >> 16), lo)

    def __xor__(self, o):
        return Word(self.hi ^ o.hi, self.lo ^ o.lo)

    def rot(self, k):
        hi, lo = self.hi, self.lo
        if k >= 16:
            hi, lo = lo, hi
            k -= 16
        if k:
            return Word(hi << k | lo >> 16 - k, lo << k | hi >> 16 - k)
        return Word(hi, lo)


def half_siphash_2_4(k0, k1, message):
    """Aumasson and Bernstein's HalfSipHash with a 32-bit result, over whole words."""
    v = [k0, k1, k0 ^ Word(0x6C79, 0x6765), k1 ^ Word(0x7465, 0x6462)]

    def turn():
        v[0] += v[1]
        v[1] = v[1].rot(5) ^ v[0]
        v[0] = v[0].rot(16)
        v[2] += v[3]
        v[3] = v[3].rot(8) ^ v[2]
        v[0] += v[3]
        v[3] = v[3].rot(7) ^ v[0]
        v[2] += v[1]
        v[1] = v[1].rot(13) ^ v[2]
        v[2] = v[2].rot(16)

    for m in message + [Word(4 * len(message) << 8, 0)]:
        v[3] ^= m
        turn()
        turn()
        v[0] ^= m
    v[2] ^= Word(0, 0xFF)
    for _ in range(4):
        turn()
    return v[1] ^ v[3]


@micropython.viper
def poke(r: ptr32, i: int, hi: int, lo: int):
    r[i] = (hi << 16) | lo


@micropython.viper
def half(r: ptr32, i: int, shift: int) -> int:
    return (r[i] >> shift) & 0xFFFF


def test_the_isn_is_the_clock_plus_the_keyed_hash_of_the_pair():
    h = array.array("i", bytearray(4 * HOST_LEN))
    o = array.array("i", bytearray(32))
    for n in range(60):
        x = [(n * 40503 + i * 30011) & 0xFFFF for i in range(12)]
        poke(h, H_KEY0, x[0], x[1])
        poke(h, H_KEY1, x[2], x[3])
        poke(h, H_IP, x[4], x[5])
        poke(h, H_ISN_CLOCK, x[6], x[7])
        poke(o, O_DST, x[8], x[9])
        poke(o, O_PORTS, x[10], x[11])
        choose_isn(h, o)
        want = half_siphash_2_4(
            Word(x[0], x[1]),
            Word(x[2], x[3]),
            [Word(x[8], x[9]), Word(x[10], x[11]), Word(x[4], x[5])],
        ) + Word(x[6], x[7])
        assert (half(o, O_SEQ, 16), half(o, O_SEQ, 0)) == (want.hi, want.lo), n


def test_another_key_gives_another_number():
    h = array.array("i", bytearray(4 * HOST_LEN))
    o = array.array("i", bytearray(32))
    seen = set()
    for n in range(100):
        poke(h, H_KEY0, n, 0)
        choose_isn(h, o)
        seen.add((half(o, O_SEQ, 16), half(o, O_SEQ, 0)))
    assert len(seen) == 100


def test_the_plain_twin_agrees_with_the_authors_vector():
    # vectors.h of the reference implementation: HalfSipHash-2-4, key 00..07, empty message:
    # a9 35 9f 5b
    out = half_siphash_2_4(Word(0x0302, 0x0100), Word(0x0706, 0x0504), [])
    assert (out.hi, out.lo) == (0x5B9F, 0x35A9)
