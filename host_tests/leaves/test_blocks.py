"""The sender's side of tcp/blocks.py and what may be sent (tcp/output.py, sendable) against plain
twins: sets of bytes, and the rules of the RFCs one by one.
"""

import array

from test_track import blocks, halves, put, ranges, words

import layout_words as w
from draw import Draw
from ferrule.tcp import blocks as lists
from ferrule.tcp import output

_FIN_QUEUED = 2
_PERSIST = 8
_NODELAY = 16
_HOLES = 1 << 10
_SACK_OK = 1 << 11
_TS_OK = 1 << 12
_RECOVERY = 1 << 16
_LOSS = 1 << 17


def scoreboard(d, most=3):
    """A connection with random blocks above SND.UNA: its words, and the bytes that they hold."""
    r = words(w.TCB_LEN)
    held = set()
    at = 0
    for i in range(d.below(most + 1)):
        start = at + 1 + d.below(20)
        at = start + 1 + d.below(20)
        r[w.SACK0 + i] = start | (at - start) << 16
        held |= set(range(start, at))
    r[w.SND_MAX] = at + d.below(30)
    return r, held


def test_held_next_hole_and_past_agree_with_the_set_of_bytes():
    d = Draw(71)
    for _ in range(600):
        r, held = scoreboard(d)
        assert lists.held(r, 0) == len(held)
        top = max(held) if held else -1
        off = d.below(r[w.SND_MAX] + 5)
        assert lists.held(r, off) == len([x for x in held if x >= off])
        free = off
        while free in held:
            free += 1
        assert lists.next_hole(r, off) == (free if free < top else -1 - free), (held, off)
        n = 1 + d.below(40)
        count = 0
        while count < n and off + count not in held:
            count += 1
        assert lists.past(r, off, n) == count, (held, off, n)


def test_tail_is_the_end_of_what_the_peer_does_not_hold():
    d = Draw(72)
    for _ in range(600):
        r, held = scoreboard(d)
        out = [x for x in range(r[w.SND_MAX]) if x not in held]
        if not out:
            continue
        n = 1 + d.below(30)
        begin = out[-1]
        while begin - 1 in out and out[-1] - begin + 1 < n:
            begin -= 1
        assert lists.tail(r, n) == begin, (held, n)


def is_lost(held, x, mss):
    """RFC 6675, 4: IsLost, for the byte x."""
    above = [y for y in held if y > x]
    return len(ranges(above)) >= 3 or len(above) > 2 * mss


def test_lost_below_is_is_lost_of_every_byte():
    d = Draw(73)
    for _ in range(400):
        r, held = scoreboard(d)
        mss = d.below(30)
        edge = lists.lost_below(r, mss)
        for x in range(r[w.SND_MAX]):
            if x not in held:
                assert (x < edge) == is_lost(held, x, mss), (held, mss, x, edge)


def test_pipe_counts_every_byte_that_is_in_the_network():
    d = Draw(74)
    for _ in range(400):
        r, held = scoreboard(d)
        mss = d.below(30)
        high = d.below(max(held) + 1) if held else 0
        n = 0
        for x in range(r[w.SND_MAX]):
            if x not in held:
                n += not is_lost(held, x, mss)
                n += x < high
        assert lists.pipe(r, high, lists.lost_below(r, mss)) == n, (held, mss, high)


def number(hi, lo, off):
    """The four bytes of hi << 16 | lo, plus off (between -20000 and 20000), as on the wire."""
    lo += off
    hi = hi + (1 if lo >= 0x10000 else -1 if lo < 0 else 0) & 0xFFFF
    lo &= 0xFFFF
    return bytes((hi >> 8, hi & 255, lo >> 8, lo & 255))


def test_told_takes_the_blocks_of_a_segment_and_knows_a_d_sack():
    d = Draw(75)
    got_all = set()
    for turn in range(800):
        r, held = scoreboard(d)
        top = r[w.SND_MAX]
        hi = (0, 0x7FFF, 0xFFFF, 0x4000, 0xBFFF)[turn % 5]
        lo = 0xFFFF - d.below(40) if turn & 1 else d.below(40)
        put(r, w.SND_UNA, hi, lo)
        pairs = []
        for _ in range(1 + d.below(4)):
            a = d.below(top + 12) - 6 if d.below(8) else d.below(30000) - 15000
            pairs.append((a, a + d.below(25) - 2))
        s = words(w.SEG_LEN)
        at = d.below(5)
        s[w.S_SACKS] = at << 3 | len(pairs)
        f = bytes(at) + b"".join(number(hi, lo, a) + number(hi, lo, e) for a, e in pairs)
        want = first = 0
        for i, (a, e) in enumerate(pairs):
            if e <= 0:
                want |= 2 if i == 0 else 0
            elif 0 < a < e <= top:
                wanted = held | set(range(a, e))
                if len(ranges(wanted)) > 3:
                    want |= 4
                else:
                    want |= 1 if wanted != held else 0
                    held = wanted
                if i == 0:
                    first = a
                elif i == 1 and first and a <= first < e:
                    want |= 2
        got = lists.told(r, s, f)
        assert got == want, (pairs, top, got, want)
        assert blocks(r, w.SACK0) == ranges(held), (pairs, top)
        got_all.add(got)
    assert got_all == set(range(8)), got_all


def plain_sendable(r, q, nxt):
    """RFC 9293, 3.8.6.2.1, with Minshall's variant of (3), and RFC 3042."""
    flags = r[w.FLAGS]
    mss = q[w.Q_SND_MSS]
    rest = r[w.TX_LEN] - nxt
    cwnd = r[w.CWND]
    if not flags & (_RECOVERY | _LOSS) and q[w.Q_DUPACKS] in (1, 2):
        cwnd += mss * q[w.Q_DUPACKS]
    usable = min(cwnd, r[w.SND_WND]) - nxt
    n = min(rest, usable)
    if n <= 0:
        return 0 if rest == 0 and usable > 0 and flags & _FIN_QUEUED else -1
    if flags & _HOLES and flags & _SACK_OK:
        mss -= 28 if flags & _TS_OK else 36
    if n >= mss:
        return mss
    if nxt < r[w.SND_MAX] and not flags & _PERSIST:
        return n
    if n == rest and (nxt == 0 or q[w.Q_SND_SML] == 0 or flags & (_NODELAY | _FIN_QUEUED)):
        return n
    if 2 * n >= q[w.Q_MAX_WND] << (flags >> 22 & 15):
        return n
    return -1


def test_sendable_follows_its_rules():
    d = Draw(76)
    seen = set()
    bits = (_FIN_QUEUED, _PERSIST, _NODELAY, _HOLES, _SACK_OK, _TS_OK, _RECOVERY, _LOSS)
    for _ in range(4000):
        r = words(w.TCB_LEN)
        q = halves()
        flags = d.below(4) << 22
        for bit in bits:
            if d.below(3) == 0:
                flags |= bit
        r[w.FLAGS] = flags
        q[w.Q_SND_MSS] = 48 + d.below(200)
        r[w.TX_LEN] = d.below(600)
        nxt = d.below(r[w.TX_LEN] + 1)
        r[w.SND_MAX] = nxt + (d.below(200) if d.below(3) == 0 else 0)
        r[w.CWND] = d.below(900)
        r[w.SND_WND] = d.below(900)
        q[w.Q_MAX_WND] = d.below(900)
        q[w.Q_DUPACKS] = (0, 0, 1, 2, 3, 255)[d.below(6)]
        q[w.Q_SND_SML] = d.below(2) * d.below(600)
        got = output.sendable(r, q, nxt, 1000)
        assert got == plain_sendable(r, q, nxt), (list(r), list(q), nxt, got)
        seen.add(-1 if got < 0 else 0 if got == 0 else 1)
    assert seen == {-1, 0, 1}


def test_any_block_is_whether_there_is_one():
    r = array.array("i", bytearray(4 * w.TCB_LEN))
    assert not lists.any_block(r, w.BLOCK0)
    r[w.BLOCK0] = 5 | 1 << 16
    assert lists.any_block(r, w.BLOCK0)
