"""link/wizleaves.py against plain twins."""

import array

from draw import Draw
from ferrule.link.wizleaves import aim, differs, judge, length, store

ALSO = ("cortex_m0", "plain32")


def half(d):
    """0..65535."""
    return d.bits() << 1 | d.below(2)


def word(data, at):
    return data[at] << 8 | data[at + 1]


def plain_judge(seen, rx_rd, tx_wr, size):
    tx_rd, wr, rsr, rd, rx_wr = [word(seen, at) for at in (3, 5, 7, 9, 11)]
    if wr != tx_wr or rd != rx_rd or rsr != (rx_wr - rd) % 65536 or rsr > size:
        return -1
    return rsr + (65536 if tx_rd == wr else 0)


def burst(tx_rd, tx_wr, rsr, rx_rd, rx_wr):
    out = bytearray(3)
    for value in (tx_rd, tx_wr, rsr, rx_rd, rx_wr):
        out += bytes((value >> 8 & 0xFF, value & 0xFF))
    return out


def test_judge_believes_what_fits_together_and_nothing_else():
    d = Draw(5)
    believed = 0
    for _ in range(400):
        rx_rd, tx_wr, waiting = half(d), half(d), d.below(16385)
        tx_rd = tx_wr if d.below(2) else half(d)
        seen = burst(tx_rd, tx_wr, waiting, rx_rd, (rx_rd + waiting) & 0xFFFF)
        assert judge(seen, rx_rd, tx_wr, 16384) == plain_judge(seen, rx_rd, tx_wr, 16384) >= 0
        seen[3 + d.below(10)] ^= 1 << d.below(8)
        got = judge(seen, rx_rd, tx_wr, 16384)
        assert got == plain_judge(seen, rx_rd, tx_wr, 16384)
        believed += got >= 0
    assert believed < 120  # a turned bit in Sn_TX_RD only says that a frame is under way


def test_judge_knows_the_buffers_size():
    seen = burst(7, 7, 8193, 0, 8193)
    assert judge(seen, 0, 7, 8192) == -1 and judge(seen, 0, 7, 16384) == 8193 + 65536


def test_length_is_that_of_a_frame_or_minus_one():
    for n in list(range(20)) + [1515, 1516, 1517, 1518, 1519, 1520, 1521, 1522, 40000, 65535]:
        for waiting in (0, 15, 16, 17, 1520, 16384):
            want = n - 2 if 14 <= n - 2 <= 1518 and n <= waiting else -1
            assert length(bytes((9, 9, 9, n >> 8, n & 0xFF)), waiting) == want


def test_aim_writes_the_address_and_tells_the_room_behind_it():
    d = Draw(6)
    for where, mask, base, end in ((0, 0xFFFF, 0, 0x20000), (1, 0x1FFF, 0x6000, 0x2000)):
        ring = array.array("i", (where, mask, base, end))
        for _ in range(200):
            pointer = half(d) + d.below(2) * 65536
            out = bytearray(b"\xaa" * 5)
            assert aim(out, ring, pointer) == end - (pointer & mask)
            assert word(out, where) == base + (pointer & mask)
            assert out[where + 2] == 0xAA and (where == 0 or out[0] == 0xAA)


def test_store_puts_sixteen_bits_behind_the_head():
    for pointer in (0, 1, 255, 256, 65535, 65536, 70000):
        out = bytearray(b"\xaa" * 6)
        assert store(out, pointer) == pointer % 65536 == word(out, 3)
        assert out[:3] == b"\xaa" * 3 and out[5] == 0xAA


def test_differs_counts_where_the_mask_has_ones():
    d = Draw(8)
    for n in range(1, 40):
        seen, expected, mask = d.bytes(n + 3), d.bytes(n), d.bytes(n)
        want = len([i for i in range(n) if (seen[i + 3] ^ expected[i]) & mask[i]])
        assert differs(seen, 3, expected, mask, n) == want
    assert differs(b"abc", 0, b"abc", b"\xff\xff\xff", 3) == 0
