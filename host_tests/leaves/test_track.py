"""tcp/track.py, wire/tcp.py and core/tick.py against plain twins, with numbers at every edge
of 32 bits.
"""

import array
import time

import micropython

import layout_words as w
from draw import Draw
from ferrule.core import tick
from ferrule.tcp import blocks as lists
from ferrule.tcp import track
from ferrule.wire import tcp as wire

ALSO = ("cortex_m0", "plain32")


def halves():
    return array.array("H", bytearray(2 * w.TCQ_LEN))


def words(n):
    return array.array("i", bytearray(4 * n))


def put(r, i, hi, lo):
    """A 32-bit number from its halves, without an integer object on a 32-bit interpreter."""
    m = memoryview(r)[i : i + 1]
    m[0] = 0
    b = bytearray(4)
    b[0], b[1], b[2], b[3] = lo & 255, lo >> 8, hi & 255, hi >> 8
    for k in range(4):
        poke(m, k, b[k])


@micropython.viper
def poke(r: ptr32, k: int, v: int):
    """Byte k of a record, which was 0, becomes v."""
    r[k >> 2] = r[k >> 2] | (v << ((k & 3) << 3))


def difference(ahi, alo, bhi, blo):
    """a - b modulo 2**32 as a signed number, clamped to +-2**29, from 16-bit halves."""
    lo = alo - blo
    hi = ahi - bhi
    if lo < 0:
        lo += 0x10000
        hi -= 1
    hi &= 0xFFFF
    if hi & 0x8000:
        hi -= 0x10000
        if hi < -0x2000:
            return -0x20000000
        return hi * 0x10000 + lo
    if hi >= 0x2000:
        return 0x20000000
    return hi * 0x10000 + lo


EDGES = (
    0,
    1,
    0x1FFF,
    0x2000,
    0x3FFF,
    0x4000,
    0x7FFF,
    0x8000,
    0x8001,
    0xBFFF,
    0xC000,
    0xDFFF,
    0xE000,
    0xFFFE,
    0xFFFF,
)


def test_relate_is_a_clamped_difference_modulo_2_to_the_32():
    s = words(w.SEG_LEN)
    r = words(w.TCB_LEN)
    d = Draw(11)
    for a in EDGES:
        for b in EDGES:
            alo, blo = d.bits() * 2, d.bits() * 2 + 1
            put(s, w.S_SEQ, a, alo)
            put(r, w.RCV_NXT, b, blo)
            put(s, w.S_ACK, b, blo)
            put(r, w.SND_UNA, a, alo)
            wire.relate(s, r, w.RCV_NXT, r, w.SND_UNA)
            assert s[w.S_REL] == difference(a, alo, b, blo), (a, alo, b, blo, s[w.S_REL])
            assert s[w.S_ACKED] == difference(b, blo, a, alo), (a, alo, b, blo, s[w.S_ACKED])


def test_the_window_is_taken_from_the_segment_that_was_sent_last():
    d = Draw(12)
    for _ in range(200):
        s, r, q = words(w.SEG_LEN), words(w.TCB_LEN), halves()
        wl1, rel = d.below(70000), d.below(70000)
        wnd, most, scale = d.below(65536), d.below(65536), d.below(15)
        q[w.Q_SND_WL1] = wl1 = min(wl1, 65535)
        s[w.S_REL], s[w.S_WND] = rel, wnd
        q[w.Q_MAX_WND], r[w.SND_WND], r[w.FLAGS] = most, 77, scale << 22
        track.take_window(r, q, s)
        if rel < wl1:
            assert (r[w.SND_WND], q[w.Q_MAX_WND], q[w.Q_SND_WL1]) == (77, most, wl1)
        else:
            assert r[w.SND_WND] == wnd << scale and q[w.Q_MAX_WND] == max(wnd, most)
            assert q[w.Q_SND_WL1] == min(rel, 65535)


def blocks(r, at=w.BLOCK0):
    """[(start, end)] of the blocks in the list at word `at`, read byte by byte."""
    out = []
    for i in range(3):
        b = [peek(r, 4 * (at + i) + k) for k in range(4)]
        start = b[0] | b[1] << 8
        if b != [0, 0, 0, 0]:
            out.append((start, start + (b[2] | b[3] << 8)))
    return out


@micropython.viper
def peek(r: ptr32, k: int) -> int:
    return (r[k >> 2] >> ((k & 3) << 3)) & 0xFF


def ranges(have):
    """The set as [(start, end)] in order."""
    out = []
    for x in sorted(have):
        if out and out[-1][1] == x:
            out[-1][1] = x + 1
        else:
            out.append([x, x + 1])
    return [tuple(x) for x in out]


def test_blocks_are_the_set_of_bytes_kept():
    d = Draw(23)
    for _ in range(400):
        r = words(w.TCB_LEN)
        have = set()
        for _ in range(d.below(12)):
            start = 1 + d.below(60)
            n = 1 + d.below(12)
            wanted = have | set(range(start, start + n))
            kept = lists.add(r, w.BLOCK0, start, n)
            assert bool(kept) == (len(ranges(wanted)) <= 3), (ranges(have), start, n)
            assert (kept == 2) == (wanted == have), (ranges(have), start, n)
            if kept:
                have = wanted
            assert blocks(r) == ranges(have), (start, n)
        k = 1 + d.below(70)
        extra = lists.shift(r, w.BLOCK0, k)
        have = {x - k for x in have if x >= k}
        plain = 0
        while plain in have:
            plain += 1
        assert extra == plain, (k, extra, plain)
        assert blocks(r) == ranges({x - plain for x in have if x >= plain})


def test_blocks_beyond_64_kilobytes_are_refused():
    r = words(w.TCB_LEN)
    assert lists.add(r, w.BLOCK0, 65000, 535) == 1
    assert lists.add(r, w.BLOCK0, 65000, 536) == 0
    assert lists.add(r, w.BLOCK0, 70000, 10) == 0
    assert blocks(r) == [(65000, 65535)]


def test_the_clock_and_its_deadlines_wrap_at_2_to_the_30():
    h = words(w.HOST_LEN)
    r = words(4)
    for start in (0, 5, 0x3FFFFFFF, 0x3FFFFFF0, 0x1FFFFFFF, 0x20000000):
        tick.advance(h, start)
        h[0] = start
        tick.no_timer(h, 100000)
        assert tick.advance(h, start) == 1000
        tick.set_timer(h, r, 1, 700)
        assert tick.advance(h, start) == 700
        assert not tick.is_due(h, r, 1)
        for late in (699, 700, 701, 100000):
            h[0] = start
            tick.advance(h, time.ticks_add(start, late))
            assert tick.is_due(h, r, 1) == (late >= 700), (start, late)
        r[1] = -1
        assert not tick.is_due(h, r, 1)


def half_words(r, i):
    """Word i of r as (high half, low half), read byte by byte."""
    b = [peek(r, 4 * i + k) for k in range(4)]
    return b[2] | b[3] << 8, b[0] | b[1] << 8


def plus(hi, lo, k):
    """(hi << 16 | lo) + k modulo 2**32, in halves; k below 65536."""
    lo += k
    return hi + (lo >> 16) & 0xFFFF, lo & 0xFFFF


def test_acknowledged_moves_all_that_counts_from_snd_una():
    d = Draw(41)
    for n in range(300):
        r = words(w.TCB_LEN)
        size = 512 + d.below(2000)
        held = d.below(size + 1)
        fin = d.below(2)
        top = d.below(held + fin + 1)
        k = d.below(top + 1)
        nxt, wnd, rd = d.below(top + 1), d.below(5000), d.below(size)
        sml, up = d.below(3000), 1 + d.below(3000)
        hi, lo = EDGES[n % len(EDGES)], d.bits() * 2
        put(r, w.SND_UNA, hi, lo)
        r[w.TX_LEN], r[w.TX_RD], r[w.SND_NXT], r[w.SND_MAX], r[w.SND_WND] = held, rd, nxt, top, wnd
        q = halves()
        q[w.Q_SND_SML], q[w.Q_SND_UP], r[w.FLAGS] = sml, up, 1 << 20
        track.acknowledged(r, q, k, size)
        data = min(k, held)  # a FIN has no byte in the ring
        assert half_words(r, w.SND_UNA) == plus(hi, lo, k)
        assert r[w.TX_LEN] == held - data and r[w.TX_RD] == (rd + data) % size
        assert r[w.SND_NXT] == max(0, nxt - k) and r[w.SND_MAX] == top - k
        assert r[w.SND_WND] == max(0, wnd - k)
        assert q[w.Q_SND_SML] == max(0, sml - k)
        assert r[w.FLAGS] == (1 << 20 if up > k else 0) and (up <= k or q[w.Q_SND_UP] == up - k)


def test_received_moves_rcv_nxt_and_leaves_the_right_edge():
    d = Draw(43)
    for n in range(100):
        r = words(w.TCB_LEN)
        hi, lo = EDGES[n % len(EDGES)], d.bits() * 2
        k, wnd, fin = d.below(3000), d.below(5000), d.below(4000)
        put(r, w.RCV_NXT, hi, lo)
        q = halves()
        wl1, unacked = d.below(4000), d.below(65536)
        r[w.RCV_WND], q[w.Q_RCV_FIN] = wnd, fin
        q[w.Q_SND_WL1], q[w.Q_UNACKED] = wl1, unacked
        track.received(r, q, k)
        assert half_words(r, w.RCV_NXT) == plus(hi, lo, k)
        assert r[w.RCV_WND] == max(0, wnd - k) and q[w.Q_RCV_FIN] == max(0, fin - k)
        assert q[w.Q_SND_WL1] == max(0, wl1 - k) and q[w.Q_UNACKED] == min(65535, unacked + k)


def test_segment_of_numbers_a_segment_and_moves_the_window_only_by_a_worthwhile_step():
    d = Draw(47)
    moved = 0
    for n in range(300):
        r = words(w.TCB_LEN)
        q = halves()
        o = words(w.OUT_LEN)
        size = 512 + d.below(8000)
        held = d.below(size + 1)
        wnd = d.below(size - held + 1)
        mss = 48 + d.below(1413)
        off = d.below(2000)
        una, rcv = (EDGES[n % len(EDGES)], d.bits()), (EDGES[(n + 5) % len(EDGES)], d.bits())
        put(r, w.SND_UNA, *una)
        put(r, w.RCV_NXT, *rcv)
        r[w.RX_LEN], r[w.RCV_WND], q[w.Q_UNACKED], r[w.T_DACK] = held, wnd, 7, 99
        scale = d.below(15)
        r[w.FLAGS] = 1 | 64 | scale << 26
        track.segment_of(r, q, o, off, 24, 5, size, min(mss, size >> 1), 12)
        free = size - held
        want = free if free - wnd >= min(mss, size >> 1) else wnd
        moved += want != wnd
        assert half_words(o, w.O_SEQ) == plus(*una, off) and half_words(o, w.O_ACK) == rcv
        assert r[w.RCV_WND] == want and o[w.O_WND] == want >> scale
        assert (o[w.O_FLAGS], o[w.O_LEN], o[w.O_OPT_LEN], o[w.O_UP]) == (24, 5, 12, 0)
        assert (q[w.Q_UNACKED], r[w.T_DACK], r[w.FLAGS]) == (0, -1, 64 | scale << 26)
    assert 0 < moved < 300


def test_find_is_the_first_record_with_the_pair():
    d = Draw(53)
    s = words(w.SEG_LEN)
    for _ in range(200):
        n = 1 + d.below(6)
        stride = 2 + d.below(5)
        table = words(n * stride)
        pairs = [(d.below(3), d.below(3)) for _ in range(n)]
        for i, (a, b) in enumerate(pairs):
            put(table, i * stride, 0xFFFE + (a & 1), a)
            put(table, i * stride + 1, 0x8000, b)
        a, b = d.below(3), d.below(3)
        put(s, w.S_SRC, 0xFFFE + (a & 1), a)
        put(s, w.S_PORTS, 0x8000, b)
        want = pairs.index((a, b)) if (a, b) in pairs else -1
        assert wire.find(table, n, stride, s) == want
