"""The leaves of wire/srcroute.py against plain twins."""

import layout_words as w
from draw import Draw
from ferrule.wire import ip4, srcroute
from frames import checksum, stream
from words import TOP, all_of, filled, get, near, number, older, put, words

W = w.ROUTE_LEN
_OTHER = b"\x07\x07\x08\x0a\x09\x00\x01"  # a record route


def word(data, at):
    """Four bytes as they stand on the wire, as a word of a record."""
    return data[at] | data[at + 1] << 8 | data[at + 2] << 16 | data[at + 3] << 24


def host(d):
    """A host record of 10.9.0.2/24."""
    h = filled(d, w.HOST_LEN)
    put(h, w.H_IP, word(b"\x0a\x09\x00\x02", 0))
    put(h, w.H_MASK, word(b"\xff\xff\xff\x00", 0))
    put(h, w.H_BCAST, word(b"\x0a\x09\x00\xff", 0))
    put(h, w.H_GW, word(b"\x0a\x09\x00\x01", 0))
    return h


def address(d):
    """Four bytes, seldom of no host."""
    if d.below(3):
        return bytes((10, 9, 0, 3 + d.below(60)))
    edges = (0, 1, 10, 126, 127, 128, 223, 224, 255)
    last = (0, 1, 2, 9, 255)[d.below(5)]
    return bytes((edges[d.below(9)], 9, 0, last))


def option(d, most=9):
    """A source route, as a rule one that was travelled, seldom one that is well formed."""
    n = d.below(most + 1)
    kind = (131, 137, 131, 7)[d.below(4)]
    data = b"".join([address(d) for _ in range(n)])
    size = 3 + len(data)
    pointer = size + 1
    if d.below(4) == 0:
        pointer = 4 * d.below(11) if d.below(3) else d.below(48)
    if d.below(12) == 0:
        size += d.below(5) - 2
    return bytes((kind, size & 255, pointer)) + data


def header(d):
    """A list of options, a multiple of four long."""
    made = b"".join(
        [(option(d), b"\x01", b"\x01\x01", _OTHER)[min(d.below(6), 3)] for _ in range(d.below(3))]
    )
    made = option(d) + made if d.below(3) else made + option(d, 3)
    made = made[:40]
    return made + b"\x00" * (-len(made) % 4)


def walk(options):
    """(place, length) of each option but padding, up to one whose length is wrong: 0."""
    at = 0
    while at < len(options) and options[at]:
        if options[at] == 1:
            at += 1
            continue
        size = options[at + 1] if at + 1 < len(options) else 0
        if size < 2 or at + size > len(options):
            yield at, 0
            return
        yield at, size
        at += size


def split(options):
    """[(type, pointer, addresses)] of the source routes in a list; None: it is malformed."""
    found = []
    for at, size in walk(options):
        if size == 0:
            return None
        if options[at] in (131, 137):
            if size < 3 or size % 4 != 3 or options[at + 2] % 4 or options[at + 2] == 0:
                return None
            data = options[at + 3 : at + size]
            data = [data[i : i + 4] for i in range(0, len(data), 4)]
            found.append((options[at], options[at + 2] > size, data))
    return None if len(found) > 1 else found


def no_host(a):
    return (
        a[0] == 0
        or a[0] == 127
        or a[0] >= 224
        or a in (b"\x0a\x09\x00\x02", b"\x0a\x09\x00\xff")
    )


def plain_back(options, src):
    """(type, hop, addresses in the option) of the way back, or the number that says why not."""
    found = split(options)
    if found is None:
        return -1
    if not found:
        return 0
    kind, done, passed = found[0]
    if not done:
        return -2
    if passed and passed[0] == src:
        passed = passed[1:]
    if any(no_host(a) for a in passed):
        return -1
    if not passed:
        return 0
    passed = list(reversed(passed)) + [src]
    if kind == 137 and passed[0][:3] != b"\x0a\x09\x00":
        return -1
    return kind, passed[0], passed[1:]


def test_the_way_back_is_the_route_reversed_and_the_sender():
    d = Draw(1)
    counts = {}
    for _ in range(700):
        options = header(d)
        src = address(d)
        f = bytearray(d.bytes(80))
        f[14] = 0x45 + len(options) // 4
        f[34 : 34 + len(options)] = options
        h, s, t = host(d), filled(d, w.SEG_LEN), filled(d, 3 * W)
        put(s, w.S_SRC, word(src, 0))
        k = W * d.below(3)
        before = all_of(t)
        wanted = plain_back(options, src)
        got = srcroute.back(f, t, k, h, s)
        what = wanted if isinstance(wanted, int) else "route"
        counts[what] = counts.get(what, 0) + 1
        if what != "route":
            assert got == wanted, (got, wanted, options)
            assert all_of(t)[:k] == before[:k] and all_of(t)[k + W :] == before[k + W :]
            assert all_of(t)[k : k + w.RT_LEN] == before[k : k + w.RT_LEN]
            continue
        kind, hop, addresses = wanted
        n = 4 + 4 * len(addresses)
        assert got == n, (got, wanted)
        values = [n, word(bytes((1, kind, n - 1, 4)), 0), word(hop, 0)]
        values += [word(a, 0) for a in addresses]
        k += w.RT_LEN
        assert all_of(t) == before[:k] + values + before[k + len(values) :], options
    assert len(counts) == 4 and min(counts.values()) > 15, counts


def test_a_programs_route_ends_at_the_peer():
    d = Draw(2)
    for _ in range(300):
        n = 1 + d.below(9)
        data = b"".join([address(d) for _ in range(n)])
        kind = (131, 137)[d.below(2)]
        b = b"\x01" * d.below(2) + bytes((kind, 3 + 4 * n, 4)) + data
        r, t = filled(d, w.TCB_LEN), filled(d, 2 * W)
        k = W * d.below(2)
        before = all_of(t)
        assert srcroute.there(b, int(b[0] == 1), t, k, r) == 4 + 4 * n
        wanted = list(before)
        wanted[k + w.RT_R_IP] = get(r, w.R_IP)
        wanted[k + w.RT_PORTS] = get(r, w.PORTS)
        wanted[k + w.RT_LEN] = 4 + 4 * n
        wanted[k + w.RT_OPTION] = word(bytes((1, kind, 3 + 4 * n, 4)), 0)
        for i in range(n):
            wanted[k + w.RT_HOP + i] = word(data, 4 * i)
        wanted[k + w.RT_HOP + n] = get(r, w.R_IP)
        assert all_of(t) == wanted


def test_the_option_goes_between_header_and_text():
    d = Draw(3)
    for _ in range(60):
        h, o, t = host(d), filled(d, w.OUT_LEN), filled(d, 2 * W)
        put(o, w.O_ECT, 0)
        k = W * d.below(2)
        m = 8 + 4 * d.below(9)
        kind = (131, 137)[d.below(2)]
        put(t, k + w.RT_LEN, m)
        put(t, k + w.RT_OPTION, word(bytes((1, kind, m - 1, 4)), 0))
        if d.below(2):
            put(t, k + w.RT_HOP, get(h, w.H_IP) ^ 5 << 24)
        put(o, w.O_DST, get(t, k + w.RT_HOP))
        n = 20 + d.below(1461 - m)
        f = bytearray(1516)
        text = stream(True, d.below(250), n)
        f[34 : 34 + n] = text
        ip4.head(f, n + m + (6 << 16), o, h)
        head = bytes(f[:34])
        near_by = get(h, w.H_HOP) == get(t, k + w.RT_HOP)
        assert srcroute.insert(f, n, t, k, h) == (kind == 131 or near_by)
        if kind == 137 and not near_by:
            assert f[:34] == head and f[34 : 34 + n] == text
            continue
        assert f[:14] == head[:14] and f[15:24] == head[15:24] and f[26:34] == head[26:34]
        assert f[14] == 0x45 + m // 4 and f[16] << 8 | f[17] == 20 + m + n
        assert checksum(bytes(f[14 : 34 + m])) == 0
        passed = [get(t, k + w.RT_HOP + i) for i in range(1, m // 4)]
        assert [word(f, 34 + i) for i in range(0, m, 4)] == [get(t, k + w.RT_OPTION)] + passed
        assert f[34 + m : 34 + m + n] == text
        assert not any(f[34 + m + (n + 1 & ~1) :])


def test_the_end_of_a_quoted_route_is_where_it_was_to_go():
    d = Draw(4)
    found = 0
    for _ in range(500):
        options = header(d)
        at = 34 + 4 * d.below(3)
        f = bytearray(d.bytes(160))
        f[at + 8] = 0x45 + len(options) // 4
        f[at + 28 : at + 28 + len(options)] = options
        s = filled(d, w.SEG_LEN)
        put(s, w.S_L4, at)
        wanted = all_of(s)
        routes = first_route(options)
        if routes and routes[1] <= len(routes[0]):
            wanted[w.S_SRC] = word(routes[0], len(routes[0]) - 4)
            found += 1
        srcroute.final(f, s)
        assert all_of(s) == wanted, options
    assert found > 25, found


def first_route(options):
    """(the bytes, the pointer) of the first source route that is under way, or None."""
    for at, size in walk(options):
        if size == 0:
            return None
        if options[at] in (131, 137) and size > 6 and options[at + 2] <= size:
            return options[at : at + size], options[at + 2]
    return None


def test_a_record_is_known_by_its_pair_and_the_number_of_its_syn():
    d = Draw(5)
    seen = 0
    for _ in range(500):
        t, half, r = filled(d, 4 * W), filled(d, 2 * w.HALF_LEN), filled(d, w.TCB_LEN)
        k = W * d.below(4)
        b = w.HALF_LEN * d.below(2)
        irs = number(d)
        pair = number(d), number(d)
        for table, at, ip, ports in (
            (t, k, w.RT_R_IP, w.RT_PORTS),
            (half, b, w.HO_R_IP, w.HO_PORTS),
            (r, 0, w.R_IP, w.PORTS),
        ):
            put(table, at + ip, pair[0])
            put(table, at + ports, pair[1] if d.below(4) else near(d, pair[1]))
        put(t, k + w.RT_IRS, irs)
        put(half, b + w.HO_IRS, irs if d.below(2) else near(d, irs))
        put(r, w.RCV_NXT, irs + 1 if d.below(2) else near(d, irs))
        alike = (
            get(t, k + w.RT_PORTS) == get(half, b + w.HO_PORTS) and get(half, b + w.HO_IRS) == irs
        )
        assert srcroute.same(t, k, half, b) == alike
        mine = (
            get(t, k + w.RT_PORTS) == get(r, w.PORTS) and get(r, w.RCV_NXT) == (irs + 1) % TOP
        )
        assert srcroute.half_of(t, W, 4 * W, r) == (k if mine and k else -1)
        seen += alike + 2 * mine
    assert 100 < seen < 1300, seen


def test_the_ports_of_a_segment():
    d = Draw(8)
    for _ in range(50):
        f = bytearray(d.bytes(90))
        s = filled(d, w.SEG_LEN)
        at = 34 + 4 * d.below(11)
        put(s, w.S_L4, at)
        wanted = all_of(s)
        wanted[w.S_PORTS] = word(f, at)
        srcroute.pair(f, s)
        assert all_of(s) == wanted


def plain_acceptable(r, s):
    """Whether only the peer can have sent it."""
    if get(s, w.S_FLAGS) & 22 != 16 or r[w.STATE] <= 3:
        return False
    if get(r, w.FLAGS) & 1 << 12:
        if not get(s, w.S_OPTS) & 1 or older(get(s, w.S_TSVAL), get(r, w.TS_RECENT)):
            return False
    rel = (get(s, w.S_SEQ) - get(r, w.RCV_NXT)) % TOP
    acked = (get(s, w.S_ACK) - get(r, w.SND_UNA)) % TOP
    return (rel == 0 or rel < r[w.RCV_WND]) and acked <= r[w.SND_MAX]


def test_a_segment_is_acceptable_when_only_the_peer_can_have_sent_it():
    d = Draw(9)
    seen = 0
    for n in range(1000):
        s, r = filled(d, w.SEG_LEN), filled(d, w.TCB_LEN)
        r[w.STATE] = 4 if d.below(8) else d.below(5)
        r[w.RCV_WND] = d.below(4) and d.below(300) << (n & 15)
        r[w.SND_MAX] = d.below(4) and d.below(300) << (n & 15)
        put(r, w.FLAGS, d.bits() & ~(1 << 12) | d.below(2) << 12)
        s[w.S_FLAGS] = 16 if d.below(8) else d.below(64)
        s[w.S_OPTS] = d.below(8) > 0
        put(s, w.S_SEQ, edge(d, get(r, w.RCV_NXT), r[w.RCV_WND]))
        put(s, w.S_ACK, edge(d, get(r, w.SND_UNA), r[w.SND_MAX]))
        put(s, w.S_TSVAL, near(d, get(r, w.TS_RECENT)))
        wanted = plain_acceptable(r, s)
        assert srcroute.acceptable(r, s) == wanted, (all_of(r), all_of(s))
        seen += wanted
    assert 100 < seen < 900, seen


def edge(d, first, size):
    """A number at one of the ends of a span, or somewhere."""
    k = d.below(6)
    return (first, first - 1, first + size - 1, first + size, first + size + 1, number(d))[k] % TOP


def test_words_are_copied_and_no_others():
    d = Draw(6)
    for _ in range(100):
        to, source = filled(d, 20), filled(d, 20)
        i, j, n = d.below(10), d.below(10), d.below(11)
        wanted = all_of(to)
        wanted[i : i + n] = all_of(source)[j : j + n]
        srcroute.copy_words(to, i, source, j, n)
        assert all_of(to) == wanted


def test_pairs_stand_at_the_same_words_everywhere():
    # find() looks a pair up in every table, by whichever record holds it.
    places = (w.S_SRC, w.O_DST, w.R_IP, w.HO_R_IP, w.TW_R_IP, w.RT_R_IP)
    assert places == (0,) * 6
    assert (w.S_PORTS, w.O_PORTS, w.PORTS, w.HO_PORTS, w.TW_PORTS, w.RT_PORTS) == (1,) * 6
    assert (w.S_SEQ, w.RT_IRS) == (2, 2)


def test_a_gateway_is_on_our_network_or_we_have_no_address():
    d = Draw(7)
    for a, near_by in ((b"\x0a\x09\x00\x07", True), (b"\x0a\x09\x01\x07", False)):
        h = host(d)
        there = words(1)
        put(there, 0, word(a, 0))
        assert srcroute.on_net(h, there) == near_by
        put(h, w.H_IP, 0)
        assert srcroute.on_net(h, there)
