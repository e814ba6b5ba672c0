"""wire/sum.py and core/ring.py against plain twins."""

from draw import Draw
from ferrule.core import ring
from ferrule.wire.sum import checksum, copy

ALSO = ("cortex_m0", "plain32")


def plain_checksum(buf, off, n, s):
    """RFC 1071: 16-bit one's complement sum, low byte first, odd byte padded with zero."""
    for i in range(off, off + n - 1, 2):
        s += buf[i] | buf[i + 1] << 8
        s = (s & 0xFFFF) + (s >> 16)
    if n & 1:
        s += buf[off + n - 1]
    s = (s & 0xFFFF) + (s >> 16)
    return (s & 0xFFFF) + (s >> 16)


def test_checksum_is_the_plain_sum_at_every_even_place_and_length():
    d = Draw(7)
    buf = d.bytes(1600)
    for n in list(range(70)) + [1459, 1460, 1480, 1500]:
        for off in range(0, 6, 2):
            s = d.bits()
            assert checksum(buf, off, n, s) == plain_checksum(buf, off, n, s), (off, n)


def test_checksum_folds_the_largest_sum():
    buf = b"\xff" * 1500
    assert checksum(buf, 0, 1500, 0xFFFF) == 0xFFFF
    assert checksum(b"\0" * 20, 0, 20, 0) == 0


def test_checksum_of_the_example_in_rfc_1071():
    # RFC 1071, section 3: 0001 f203 f4f5 f6f7 sums to ddf2 in big-endian order
    assert checksum(bytes([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]), 0, 8, 0) == 0xF2DD


def test_copy_moves_just_what_it_should_at_every_alignment():
    d = Draw(3)
    src = d.bytes(220)
    for n in list(range(40)) + [63, 64, 65, 100, 200]:
        for soff in range(4):
            for doff in range(4):
                dst = bytearray(b"\xaa" * 220)
                copy(dst, doff, src, soff, n)
                assert dst[doff : doff + n] == src[soff : soff + n], (n, soff, doff)
                assert dst[:doff] == b"\xaa" * doff and dst[doff + n :] == b"\xaa" * (
                    220 - doff - n
                ), (n, soff, doff)


def test_a_ring_gives_back_what_was_put_round_its_end():
    d = Draw(5)
    for _ in range(300):
        size = 20 + d.below(50)
        r = bytearray(size)
        n = d.below(size + 1)
        pos = d.below(2 * size)  # callers pass an index that may have run past the end once
        data = d.bytes(n + 3)
        ring.put(r, pos, data, 3, n)
        back = bytearray(n + 5)
        ring.get(r, pos, back, 5, n)
        assert back[5:] == data[3:], (size, pos, n)
        if n:
            byte = data[3 + d.below(n)]
            assert ring.find(r, size, pos % size, n, byte) == data[3:].find(bytes([byte]))
