"""The leaves of tcp/track.py that keep timestamps, urgent and congestion marks, and reset_for,
against plain twins.
"""

import layout_words as w
from draw import Draw
from ferrule.tcp import track
from ferrule.wire import tcp as wire
from words import TOP, all_of, filled, get, halves, near, older, put, words

URG_OUT, ECN_OK, ECN_ECHO, ECN_CWR = 1 << 20, 1 << 13, 1 << 14, 1 << 15


def test_older_is_paws():
    d = Draw(2)
    seen = set()
    for _ in range(300):
        r, s = filled(d, w.TCB_LEN), filled(d, w.SEG_LEN)
        put(s, w.S_TSVAL, near(d, get(r, w.TS_RECENT)))
        wanted = older(get(s, w.S_TSVAL), get(r, w.TS_RECENT))
        assert track.older(r, s) == wanted
        seen.add(wanted)
    assert len(seen) == 2


def test_a_timestamp_is_kept_from_what_begins_at_or_before_our_last_ack():
    d = Draw(3)
    kept = 0
    for _ in range(300):
        r, s, q = filled(d, w.TCB_LEN), filled(d, w.SEG_LEN), halves(w.TCQ_LEN)
        q[w.Q_UNACKED] = d.below(5) * 500
        age, probes = d.below(256), d.below(128)
        q[w.Q_KA_CNT] = age << 8 | probes
        s[w.S_REL], s[w.S_TWICE] = d.below(3) * 500, d.below(4) * 500
        before = all_of(r)
        take = s[w.S_REL] - s[w.S_TWICE] + q[w.Q_UNACKED] <= 0
        track.take_stamp(r, q, s)
        if take:
            before[w.TS_RECENT] = get(s, w.S_TSVAL)
            age = 0
        assert all_of(r) == before and q[w.Q_KA_CNT] == age << 8 | probes
        kept += take
    assert 50 < kept < 250


def test_timestamps_grow_older_and_stop_at_255():
    d = Draw(4)
    for _ in range(100):
        n = 1 + d.below(4)
        table = halves(n * w.TCQ_LEN)
        for i in range(len(table)):
            table[i] = d.bits() * 2
        wanted = list(table)
        by = d.below(40)
        asked = d.below(n + 1)
        for i in range(asked):
            k = i * w.TCQ_LEN + w.Q_KA_CNT
            wanted[k] = min(255, (wanted[k] >> 8) + by) << 8 | wanted[k] & 255
        track.age(table, asked, by)
        assert list(table) == wanted


def test_the_peers_syn_is_taken():
    d = Draw(5)
    for _ in range(50):
        r, s = filled(d, w.TCB_LEN), filled(d, w.SEG_LEN)
        before = all_of(r)
        track.take_irs(r, s)
        before[w.RCV_NXT] = (get(s, w.S_SEQ) + 1) % TOP
        before[w.TS_RECENT] = get(s, w.S_TSVAL)
        assert all_of(r) == before


def test_segments_carry_the_urgent_pointer_and_the_marks_of_ecn():
    d = Draw(6)
    seen = set()
    for _ in range(600):
        r, q, o = words(w.TCB_LEN), halves(w.TCQ_LEN), filled(d, w.OUT_LEN)
        put(r, w.SND_UNA, d.bits() << 17)
        flags = (URG_OUT, 0)[d.below(2)] | (ECN_OK, 0)[d.below(2)]
        flags |= (ECN_ECHO, 0)[d.below(2)] | (ECN_CWR, 0)[d.below(2)] if flags & ECN_OK else 0
        shift = d.below(4)
        r[w.FLAGS] = flags | shift << 26
        r[w.SND_MAX], r[w.SND_WND] = d.below(4) * 1000, d.below(6) * 1000
        r[w.RCV_WND], r[w.RX_LEN] = d.bits(), 0
        q[w.Q_SND_UP] = d.below(6) * 700
        off, n = d.below(5) * 1000, (0, 0, 1, 1000)[d.below(4)]
        bits = (16, 16, 24, 18, 20)[d.below(5)]  # ACK, with PSH, SYN or RST
        opts = 4 * d.below(11)
        track.segment_of(r, q, o, off, bits, n, 65535, 1000, opts)
        wanted = bits
        up = 0
        if flags & URG_OUT and q[w.Q_SND_UP] > off:
            up = q[w.Q_SND_UP] - off
            wanted |= 32
        ect = 0
        if flags & ECN_OK and not bits & 6:
            wanted |= 64 if flags & ECN_ECHO else 0
            if n and off >= r[w.SND_MAX] and off + n <= r[w.SND_WND]:
                ect = 2
                wanted |= 128 if flags & ECN_CWR else 0
        left = flags & ~ECN_CWR if wanted & 128 else flags
        assert (o[w.O_FLAGS], o[w.O_UP], o[w.O_ECT]) == (wanted, up, ect)
        assert r[w.FLAGS] == left | shift << 26 and o[w.O_OPT_LEN] == opts
        assert o[w.O_WND] == (r[w.RCV_WND] if bits & 2 else r[w.RCV_WND] >> shift)
        seen.add((up > 0, ect, wanted >> 6))
    assert len(seen) > 8, seen


def test_a_reset_has_the_numbers_of_rfc_9293():
    d = Draw(7)
    for _ in range(200):
        s, o = filled(d, w.SEG_LEN), filled(d, w.OUT_LEN)
        s[w.S_FLAGS], s[w.S_LEN] = d.below(64), d.below(1461)
        wire.reset_for(o, s)
        flags = s[w.S_FLAGS]
        size = s[w.S_LEN] + (flags & 1) + (flags >> 1 & 1)
        wanted = (get(s, w.S_ACK), 0, 4) if flags & 16 else (0, get(s, w.S_SEQ) + size, 20)
        assert (get(o, w.O_SEQ), get(o, w.O_ACK), o[w.O_FLAGS]) == (
            wanted[0],
            wanted[1] % TOP,
            wanted[2],
        )
        assert get(o, w.O_DST) == get(s, w.S_SRC) and get(o, w.O_PORTS) == get(s, w.S_PORTS)
        assert o[w.O_WND] == o[w.O_LEN] == o[w.O_OPT_LEN] == o[w.O_UP] == o[w.O_ECT] == 0
