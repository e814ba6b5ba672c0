"""wire/options.py against plain twins: what a connection writes into its option list and reads
from its timestamps."""

import layout_words as w
from draw import Draw
from ferrule.wire import options
from words import EDGES, TOP, filled, get, number, put, words


def be4(n):
    return bytes((n >> 24 & 255, n >> 16 & 255, n >> 8 & 255, n & 255))


def plain_offset(h, table, i):
    """What is added to the clock for a pair."""
    a = (get(table, i) ^ get(h, w.H_TS_KEY)) * 0x9E3779B % TOP
    a = ((a ^ a >> 15) + get(table, i + 1)) % TOP
    return a * 0x5EBCA6B % TOP


def test_the_offset_of_a_pair_is_the_plain_hash_in_two_halves():
    d = Draw(3)
    for _ in range(300):
        h = filled(d, w.HOST_LEN)
        table = filled(d, 9)
        i = d.below(8)
        both = options.pair_offset(h, table, i, 16) << 16 | options.pair_offset(h, table, i, 0)
        assert both == plain_offset(h, table, i)


def test_stamp_writes_the_clock_of_the_pair_and_the_word_to_echo():
    d = Draw(4)
    for _ in range(300):
        h = filled(d, w.HOST_LEN)
        table = filled(d, 16)
        i, recent = d.below(8), d.below(16)
        at = d.below(20)
        f = bytearray(d.bytes(60))
        value = (get(h, w.H_TS_CLOCK) + plain_offset(h, table, i)) % TOP
        wanted = (
            f[:at] + b"\x01\x01\x08\x0a" + be4(value) + be4(get(table, recent)) + f[at + 12 :]
        )
        assert options.stamp(f, at, h, table, i, recent) == 12
        assert f == wanted


def test_echoed_is_the_age_of_a_timestamp_that_can_have_been_ours():
    d = Draw(5)
    ages = (0, 1, 2, 77, 0xFFFFFE, 0xFFFFFF, 0x1000000, 0x1000001, 0x7FFFFFFF, 0x80000000) + EDGES
    for n in range(400):
        h = filled(d, w.HOST_LEN)
        table = filled(d, 4)
        s = words(w.SEG_LEN)
        age = ages[n % len(ages)]
        now = (get(h, w.H_TS_CLOCK) + plain_offset(h, table, 1)) % TOP
        put(s, w.S_TSECR, now - age)
        if n % 50 == 0:
            put(s, w.S_TSECR, 0)
        wanted = age if age < 0x1000000 and get(s, w.S_TSECR) else -1
        assert options.echoed(h, table, 1, s) == wanted, (n, age)


def plain_sack(blocks, rcv_nxt, rel, tell, seq, twice, most):
    """The SACK option as bytes: D-SACK, then the block with the segment, then the others."""
    told = []
    if tell == 2:
        told.append((seq, seq + twice))
    rest = list(blocks)
    if tell and rest:
        newest = 0
        for i in range(1, len(rest)):
            if rest[i][0] <= rel:
                newest = i
        rest.insert(0, rest.pop(newest))
    told += [(rcv_nxt + a, rcv_nxt + a + n) for a, n in rest]
    told = told[:most]
    if not told:
        return b""
    return bytes((1, 1, 5, 2 + 8 * len(told))) + b"".join(be4(a) + be4(b) for a, b in told)


def test_sack_tells_first_what_came_twice_then_the_newest_block():
    d = Draw(6)
    sizes = set()
    for _ in range(600):
        r = filled(d, w.TCB_LEN)
        s = filled(d, w.SEG_LEN)
        blocks = []
        at = 0
        for i in range(3):
            put(r, w.BLOCK0 + i, 0)
        for i in range(d.below(4)):
            at += 1 + d.below(9000)
            n = 1 + d.below(9000)
            put(r, w.BLOCK0 + i, at | n << 16)
            blocks.append((at, n))
            at += n
        rel = blocks[d.below(len(blocks))][0] if blocks else 0
        tell = d.below(3)
        twice = 1 + d.below(1460)
        s[w.S_REL], s[w.S_TELL], s[w.S_TWICE] = rel, tell, twice
        most = 3 + d.below(2)
        seq, nxt = get(s, w.S_SEQ), get(r, w.RCV_NXT)
        wanted = plain_sack(blocks, nxt, rel, tell, seq, twice, most)
        f = bytearray(80)
        n = options.sack(f, 5, r, s, most)
        assert n == len(wanted) and bytes(f[5 : 5 + n]) == wanted, (blocks, rel, tell, most)
        assert not any(f[5 + n :]) and s[w.S_TELL] == 0
        sizes.add(n)
    assert sizes == {0, 12, 20, 28, 36}


def test_of_syn_writes_what_it_is_asked_for():
    d = Draw(7)
    for shift in range(-1, 15):
        for sack in (0, 1, 1 << 11, 1 << 19):
            mss = d.bits()
            f = bytearray(40)
            wanted = bytes((2, 4, mss >> 8, mss & 255))
            if shift >= 0:
                wanted += bytes((1, 3, 3, shift))
            if sack:
                wanted += b"\x01\x01\x04\x02"
            n = options.of_syn(f, 3, mss, shift, sack)
            assert n == len(wanted) and bytes(f[3 : 3 + n]) == wanted and not any(f[3 + n :])


def test_numbers_of_the_twins_reach_every_edge():
    d = Draw(8)
    left = set(EDGES)
    for _ in range(3000):
        left.discard(number(d))
    assert not left
