"""The leaves of listen.py, cookie.py and timewait.py against plain twins."""

import layout_words as w
from draw import Draw
from ferrule.core import rand
from ferrule.tcp import cookie, listen, timewait
from words import TOP, all_of, filled, get, near, number, older, put, words


def changed(before, r):
    """{word: new value} of a record, by its words before."""
    return {i: b for i, (a, b) in enumerate(zip(before, all_of(r))) if a != b}


def expect(before, r, values):
    """Just the words of `values` have changed, to these values."""
    wanted = list(before)
    for i, value in values.items():
        wanted[i] = value % TOP
    assert all_of(r) == wanted, (changed(before, r), values)


# ---- half-open records ---------------------------------------------------------------------


def test_spare_is_the_first_free_record():
    d = Draw(2)
    for _ in range(200):
        n = 1 + d.below(9)
        half = filled(d, n * w.HALF_LEN)
        for i in range(n):
            put(half, i * w.HALF_LEN + w.HO_PORTS, 0 if d.below(3) == 0 else number(d) | 1 << 31)
        free = [i for i in range(n) if get(half, i * w.HALF_LEN + w.HO_PORTS) == 0]
        asked = d.below(n + 1)
        wanted = free[0] if free and free[0] < asked else -1
        assert listen.spare(half, asked) == wanted


def test_a_syn_is_noted_and_answered_with_its_numbers():
    d = Draw(3)
    for _ in range(200):
        half, s, o = filled(d, 3 * w.HALF_LEN), filled(d, w.SEG_LEN), filled(d, w.OUT_LEN)
        k = w.HALF_LEN * d.below(3)
        opts = d.bits() << 14
        before = all_of(half)
        listen.note_at(half, k, s, o, opts)
        values = {
            w.HO_R_IP: get(s, w.S_SRC),
            w.HO_PORTS: get(s, w.S_PORTS),
            w.HO_ISS: get(o, w.O_SEQ),
            w.HO_IRS: get(s, w.S_SEQ),
            w.HO_OPTS: opts,
            w.HO_TS_RECENT: get(s, w.S_TSVAL),
        }
        expect(before, half, {k + i: v for i, v in values.items()})
        for syn in (0, 1):
            wnd = d.bits() * 5
            listen.numbers(o, half, k, wnd, syn)
            assert get(o, w.O_DST) == get(half, k + w.HO_R_IP)
            assert get(o, w.O_PORTS) == get(half, k + w.HO_PORTS)
            assert get(o, w.O_SEQ) == (get(half, k + w.HO_ISS) + 1 - syn) % TOP
            assert get(o, w.O_ACK) == (get(half, k + w.HO_IRS) + 1) % TOP
            assert o[w.O_FLAGS] == (18 if syn else 16) and o[w.O_WND] == min(wnd, 65535)
            assert o[w.O_LEN] == o[w.O_OPT_LEN] == o[w.O_UP] == o[w.O_ECT] == 0


def test_a_half_open_record_becomes_a_connection_and_is_free():
    d = Draw(4)
    for _ in range(200):
        half, r = filled(d, 3 * w.HALF_LEN), filled(d, w.TCB_LEN)
        k = w.HALF_LEN * d.below(3)
        was, before = all_of(half), all_of(r)
        listen.promote(r, half, k)
        expect(was, half, {k + w.HO_PORTS: 0})
        values = {
            w.R_IP: was[k + w.HO_R_IP],
            w.PORTS: was[k + w.HO_PORTS],
            w.SND_UNA: was[k + w.HO_ISS] + 1,
            w.RCV_NXT: was[k + w.HO_IRS] + 1,
            w.TS_RECENT: was[k + w.HO_TS_RECENT],
        }
        expect(before, r, values)


def test_a_timestamp_before_the_one_kept_is_old():
    d = Draw(5)
    seen = set()
    for _ in range(300):
        half, s = filled(d, w.HALF_LEN), words(w.SEG_LEN)
        put(s, w.S_TSVAL, near(d, get(half, w.HO_TS_RECENT)))
        wanted = older(get(s, w.S_TSVAL), get(half, w.HO_TS_RECENT))
        before = all_of(half)
        assert listen.old_stamp(half, 0, s) == wanted
        assert all_of(half) == before
        seen.add(wanted)
    assert len(seen) == 2


# ---- cookies -------------------------------------------------------------------------------


def test_what_a_cookie_depends_on_is_hashed_under_a_key_of_its_time():
    d = Draw(6)
    for _ in range(200):
        h, s, mine = filled(d, w.HOST_LEN), filled(d, w.SEG_LEN), filled(d, 12)
        unit, back = d.bits() >> 1, d.below(2)
        before = all_of(mine)
        cookie.mix(mine, h, s, back, unit)
        values = {
            w.H_KEY0: get(h, w.H_KEY0) ^ 0x2545F491 ^ unit,
            w.H_KEY1: get(h, w.H_KEY1),
            w.H_IP: get(h, w.H_IP) ^ (get(s, w.S_SEQ) - back) % TOP,
        }
        expect(before, mine, values)


def test_a_cookie_holds_24_bits_of_hash_the_index_and_the_time():
    d = Draw(7)
    for _ in range(200):
        o = filled(d, w.OUT_LEN)
        unit, index = d.bits() >> 1, d.below(8)
        was = get(o, w.O_SEQ)
        cookie.seal(o, unit, index)
        assert get(o, w.O_SEQ) == (was & 0xFFFFFF) | index << 24 | (unit & 31) << 27


def test_a_cookie_is_good_with_its_hash_and_in_its_time_only():
    d = Draw(8)
    good = 0
    for _ in range(400):
        o, s = filled(d, w.OUT_LEN), filled(d, w.SEG_LEN)
        unit, index = d.bits() >> 1, d.below(8)
        number_sent = (get(o, w.O_SEQ) & 0xFFFFFF) | index << 24 | (unit & 31) << 27
        wrong = d.below(3)
        if wrong == 1:
            number_sent ^= 1 << d.below(24)
        elif wrong == 2:
            number_sent ^= 1 << 27 + d.below(5)
        put(s, w.S_ACK, number_sent + 1)
        assert cookie.good(o, s, unit) == (-1 if wrong else index)
        good += not wrong
    assert good > 50


def test_the_cookie_of_a_pair_is_found_again_in_its_ack():
    # As bake and taste put the leaves together; every bit of the pair counts.
    d = Draw(9)
    for _ in range(100):
        h, s, o = filled(d, w.HOST_LEN), filled(d, w.SEG_LEN), filled(d, w.OUT_LEN)
        mine = words(12)
        unit, index = d.bits() >> 1, d.below(8)
        put(o, w.O_DST, get(s, w.S_SRC))
        put(o, w.O_PORTS, get(s, w.S_PORTS))
        cookie.mix(mine, h, s, 0, unit)
        rand.choose_isn(mine, o)
        cookie.seal(o, unit, index)
        put(s, w.S_ACK, get(o, w.O_SEQ) + 1)
        put(s, w.S_SEQ, get(s, w.S_SEQ) + 1)
        field = (w.O_DST, w.O_PORTS)[d.below(2)]
        wrong = d.below(2)
        if wrong:
            put(o, field, get(o, field) ^ 1 << d.below(32))
        cookie.mix(mine, h, s, 1, unit)
        rand.choose_isn(mine, o)
        assert cookie.good(o, s, unit) == (-1 if wrong else index)


def test_the_clock_of_the_timestamps_turns_both_ways():
    d = Draw(10)
    for _ in range(100):
        h = filled(d, w.HOST_LEN)
        before = all_of(h)
        ms = d.below(64)
        low = (before[w.H_TS_CLOCK] - ms) % TOP
        assert cookie.turn(h, -ms) == low & 63
        expect(before, h, {w.H_TS_CLOCK: low})
        cookie.turn(h, ms)
        assert all_of(h) == before


def test_a_record_is_remembered_from_the_ack_of_a_cookie():
    d = Draw(11)
    for _ in range(100):
        half, s = filled(d, w.HALF_LEN), filled(d, w.SEG_LEN)
        opts = d.bits() << 7
        before = all_of(half)
        cookie.remember(half, s, opts)
        values = {
            w.HO_R_IP: get(s, w.S_SRC),
            w.HO_PORTS: get(s, w.S_PORTS),
            w.HO_ISS: get(s, w.S_ACK) - 1,
            w.HO_IRS: get(s, w.S_SEQ) - 1,
            w.HO_OPTS: opts,
            w.HO_TS_RECENT: get(s, w.S_TSVAL),
        }
        expect(before, half, values)
        assert cookie.branded(s) == get(s, w.S_TSECR) & 63


# ---- TIME-WAIT -----------------------------------------------------------------------------


def test_a_connection_is_noted_in_a_free_record_or_in_the_one_that_ends_first():
    d = Draw(12)
    given_up = 0
    for _ in range(300):
        n = 1 + d.below(6)
        tw, r = filled(d, n * w.TW_LEN), filled(d, w.TCB_LEN)
        now = d.bits() << 15
        left = [1 + i * 1000 for i in range(n)]
        for i in range(n):  # deadlines in any order, all within half the clock's circle
            tw[i * w.TW_LEN + w.TW_AT] = (now + left.pop(d.below(len(left)))) & 0x3FFFFFFF
            if d.below(5) == 0:
                put(tw, i * w.TW_LEN + w.TW_PORTS, 0)
        free = [i for i in range(n) if get(tw, i * w.TW_LEN + w.TW_PORTS) == 0]
        ends = [(tw[i * w.TW_LEN + w.TW_AT] - now & 0x3FFFFFFF, i) for i in range(n)]
        wanted = free[0] if free else min(ends)[1]
        before = all_of(tw)
        r[w.FLAGS] = d.bits() << 10
        got = timewait.note(tw, n, r)
        assert got == (wanted if free else wanted + 256)
        given_up += not free
        recent = get(r, w.TS_RECENT) or 1
        values = {
            w.TW_R_IP: get(r, w.R_IP),
            w.TW_PORTS: get(r, w.PORTS),
            w.TW_SND_NXT: get(r, w.SND_UNA),
            w.TW_RCV_NXT: get(r, w.RCV_NXT),
            w.TW_TS_RECENT: recent if r[w.FLAGS] & 1 << 12 else 0,
        }
        expect(before, tw, {wanted * w.TW_LEN + i: v for i, v in values.items()})
    assert 50 < given_up < 250


def test_the_ack_of_time_wait_has_the_records_numbers():
    d = Draw(13)
    for _ in range(100):
        tw, o = filled(d, 3 * w.TW_LEN), filled(d, w.OUT_LEN)
        k = w.TW_LEN * d.below(3)
        wnd = d.bits() * 4
        stamps = timewait.numbers(o, tw, k, wnd)
        assert stamps == (get(tw, k + w.TW_TS_RECENT) != 0)
        assert get(o, w.O_DST) == get(tw, k + w.TW_R_IP)
        assert get(o, w.O_PORTS) == get(tw, k + w.TW_PORTS)
        assert get(o, w.O_SEQ) == get(tw, k + w.TW_SND_NXT)
        assert get(o, w.O_ACK) == get(tw, k + w.TW_RCV_NXT)
        assert o[w.O_FLAGS] == 16 and o[w.O_WND] == min(wnd, 65535)
        assert o[w.O_LEN] == o[w.O_OPT_LEN] == o[w.O_UP] == o[w.O_ECT] == 0


def test_a_segment_is_compared_with_the_record_by_number_and_by_timestamp():
    d = Draw(14)
    numbers, stamps = set(), set()
    for _ in range(600):
        tw, s = filled(d, 2 * w.TW_LEN), filled(d, w.SEG_LEN)
        i = d.below(2)
        k = i * w.TW_LEN
        put(s, w.S_SEQ, near(d, get(tw, k + w.TW_RCV_NXT)))
        put(s, w.S_TSVAL, near(d, get(tw, k + w.TW_TS_RECENT)))
        if d.below(4) == 0:
            put(tw, k + w.TW_TS_RECENT, 0)
        s[w.S_OPTS] = d.below(8)
        seq, nxt = get(s, w.S_SEQ), get(tw, k + w.TW_RCV_NXT)
        wanted = 0 if seq == nxt else -1 if older(seq, nxt) else 1
        assert timewait.compare(s, tw, i) == wanted
        numbers.add(wanted)
        value, recent = get(s, w.S_TSVAL), get(tw, k + w.TW_TS_RECENT)
        if not s[w.S_OPTS] & 1:
            wanted = -2 if recent else 0
        elif not recent:
            wanted = 1
        else:
            wanted = 0 if value == recent else -1 if older(value, recent) else 1
        assert timewait.stamped(s, tw, i) == wanted
        stamps.add(wanted)
    assert len(numbers) == 3 and len(stamps) == 4


def test_a_reopened_pair_begins_above_its_past():
    d = Draw(15)
    raised = 0
    for _ in range(300):
        tw, o = filled(d, 2 * w.TW_LEN), filled(d, w.OUT_LEN)
        i = d.below(2)
        low = (get(tw, i * w.TW_LEN + w.TW_SND_NXT) + 0x10000) % TOP
        put(o, w.O_SEQ, near(d, low))
        seq = get(o, w.O_SEQ)
        before = all_of(o)
        timewait.raise_isn(o, tw, i)
        expect(before, o, {w.O_SEQ: low if older(seq, low) else seq})
        raised += older(seq, low)
    assert raised > 50
