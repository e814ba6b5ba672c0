"""The leaves that judge and make frames (wire/), against plain twins, on frames good, mangled
and random.
"""

import array

import micropython

import layout_words as w
from draw import Draw
from ferrule.wire import ip4
from ferrule.wire import tcp as wire

ALSO = ("cortex_m0", "plain32")

ME = bytes([10, 9, 0, 2])
MAC = b"\x02\x00\x00\x00\x00\x02"


@micropython.viper
def put(r: ptr32, i: int, b: ptr8, k: int):
    """A number: first byte highest."""
    r[i] = (b[k] << 24) | (b[k + 1] << 16) | (b[k + 2] << 8) | b[k + 3]


@micropython.viper
def put_raw(r: ptr32, i: int, b: ptr8, k: int):
    """An address or a pair of ports: bytes as they stand on the wire."""
    r[i] = b[k] | (b[k + 1] << 8) | (b[k + 2] << 16) | (b[k + 3] << 24)


@micropython.viper
def octet(r: ptr32, i: int, k: int) -> int:
    return (r[i] >> (8 * k)) & 255


def word(r, i):
    return bytes(octet(r, i, 3 - k) for k in range(4))


def raw(r, i):
    return bytes(octet(r, i, k) for k in range(4))


def host():
    h = array.array("i", bytearray(4 * w.HOST_LEN))
    put_raw(h, w.H_IP, ME, 0)
    put_raw(h, w.H_MASK, bytes([255, 255, 255, 0]), 0)
    put_raw(h, w.H_BCAST, bytes([10, 9, 0, 255]), 0)
    put_raw(h, w.H_MAC0, MAC, 0)
    h[w.H_MAC1] = MAC[4] | MAC[5] << 8
    h[w.H_TTL] = 64
    return h


def plain_sum(b):
    s = 0
    for i in range(0, len(b) - 1, 2):
        s += b[i] << 8 | b[i + 1]
    if len(b) & 1:
        s += b[-1] << 8
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return s


def be(n):
    return bytes([n >> 8 & 255, n & 255])


def ip_frame(
    d,
    payload,
    proto=6,
    src=bytes([10, 9, 0, 1]),
    dst=ME,
    options=b"",
    flags=0,
    mac=MAC,
    total=None,
):
    hl = 20 + len(options)
    total = hl + len(payload) if total is None else total
    head = (
        bytes([0x40 | hl >> 2, 0])
        + be(total)
        + be(d.bits())
        + be(flags)
        + bytes([64, proto, 0, 0])
        + src
        + dst
        + options
    )
    head = bytearray(head)
    head[10:12] = be(0xFFFF ^ plain_sum(head))
    return bytearray(mac + b"\x02\0\0\0\0\x01\x08\0" + bytes(head) + payload)


def tcp_segment(d, text, options=b"", src=bytes([10, 9, 0, 1]), dst=ME):
    t = bytearray(d.bytes(20))
    t[12] = (20 + len(options)) // 4 << 4
    t[16] = t[17] = 0
    t = t + options + text
    t[16:18] = be(0xFFFF ^ plain_sum(src + dst + b"\0\x06" + be(len(t)) + bytes(t)))
    return bytes(t)


def plain_judge(f):
    """What check_frame must say of frame f: "eth", "hdr", "addr", "frag", "arp" or the
    protocol number.
    """
    if len(f) < 34 or (f[:6] != MAC and f[:6] != b"\xff" * 6):
        return "eth"
    if f[12:14] == b"\x08\x06":
        return "arp" if len(f) >= 42 else "short arp"
    if f[12:14] != b"\x08\0":
        return "eth"
    hl = (f[14] & 15) * 4
    total = f[16] << 8 | f[17]
    if (
        f[14] >> 4 != 4
        or hl < 20
        or total < hl
        or total > len(f) - 14
        or plain_sum(f[14 : 14 + hl]) != 0xFFFF
    ):
        return "hdr"
    src, dst = bytes(f[26:30]), bytes(f[30:34])
    broadcasts = (b"\xff\xff\xff\xff", bytes([10, 9, 0, 255]))
    if dst not in broadcasts and (dst != ME or f[:6] != MAC):
        return "addr"
    if src == ME or src[0] >= 224 or src[0] in (0, 127) or src in broadcasts:
        return "addr"
    if f[20] & 0x3F or f[21]:
        return "frag"
    return f[23]


def verdicts():
    """Verdict of check_frame for each kind of fault, from frames that have just that fault."""
    d = Draw(1)
    good = ip_frame(d, b"x" * 20)
    h = host()
    s = array.array("i", bytearray(4 * w.SEG_LEN))

    def judge(f):
        return ip4.check_frame(f, len(f), h, s)

    bad = bytearray(good)
    bad[24] ^= 1
    return {
        "eth": judge(good[:33]),
        "hdr": judge(bad),
        "addr": judge(ip_frame(d, b"x" * 20, dst=bytes([10, 9, 0, 3]))),
        "frag": judge(ip_frame(d, b"x" * 20, flags=0x2000)),
        "arp": judge(MAC + bytes(6) + b"\x08\x06" + bytes(28)),
        "short arp": judge(MAC + bytes(6) + b"\x08\x06" + bytes(27)),
    }


def test_each_fault_has_a_verdict_of_its_own():
    v = verdicts()
    assert v["arp"] == 256
    faults = [v[k] for k in ("eth", "hdr", "addr", "frag", "short arp")]
    assert all(x < 0 for x in faults) and len(set(faults)) == 5, v


def test_check_frame_is_the_plain_judge_on_mangled_frames():
    v = verdicts()
    d = Draw(99)
    h = host()
    s = array.array("i", bytearray(4 * w.SEG_LEN))
    met = set()
    for n in range(1500):
        src = (
            bytes([10, 9, 0, 1]),
            bytes([10, 9, 0, 255]),
            ME,
            b"\xe0\0\0\1",
            bytes(4),
            b"\x7f\0\0\1",
        )[d.below(12) % 6 if n & 1 else 0]
        dst = (ME, b"\xff\xff\xff\xff", bytes([10, 9, 0, 255]), bytes([10, 9, 0, 3]))[d.below(4)]
        mac = (MAC, b"\xff" * 6)[d.below(2)]
        f = ip_frame(
            d,
            d.bytes(d.below(60)),
            proto=(6, 1, 17, 99)[d.below(4)],
            src=src,
            dst=dst,
            options=bytes(4 * d.below(3)),
            flags=(0, 0, 0x4000, 0x2000, 0x0001, 0x1F00)[d.below(6)],
            mac=mac,
        )
        if d.below(3) == 0:
            f[d.below(len(f))] ^= 1 << d.below(8)
        if d.below(8) == 0:
            f = f[: d.below(len(f) + 1)]
        f = f + bytes(d.below(8))
        want = plain_judge(f)
        met.add(want)
        got = ip4.check_frame(f + bytes(34), len(f), h, s)  # a buffer is longer than its frame
        assert got == v.get(want, want), (n, want, got, bytes(f))
        if isinstance(want, int):
            hl = (f[14] & 15) * 4
            assert (s[w.S_L4], s[w.S_L4_LEN]) == (14 + hl, (f[16] << 8 | f[17]) - hl)
            assert raw(s, w.S_SRC) == bytes(f[26:30])
            assert s[w.S_BCAST] == (bytes(f[30:34]) != ME)
    assert len(met) >= 7, met


def test_no_address_hears_only_broadcasts():
    d = Draw(4)
    h = array.array("i", bytearray(4 * w.HOST_LEN))
    put_raw(h, w.H_MAC0, MAC, 0)
    h[w.H_MAC1] = MAC[4] | MAC[5] << 8
    s = array.array("i", bytearray(4 * w.SEG_LEN))
    f = ip_frame(d, b"12345678", proto=17, dst=b"\xff\xff\xff\xff", mac=b"\xff" * 6)
    assert ip4.check_frame(f, len(f), h, s) == 17
    f = ip_frame(d, b"12345678", proto=17, dst=bytes(4))
    assert ip4.check_frame(f, len(f), h, s) < 0


def plain_options(o):
    """What TCP options say, by name; None: one of them has an impossible length."""
    found = {"mss": 0, "opts": 0, "sacks": None}
    i = 0
    while i < len(o):
        if o[i] == 0:
            break
        if o[i] == 1:
            i += 1
            continue
        if i + 1 >= len(o) or o[i + 1] < 2 or i + o[i + 1] > len(o):
            return None
        kind, n = o[i], o[i + 1]
        value = bytes(o[i + 2 : i + n])
        if (kind, n) == (2, 4):
            found["mss"] = value[0] << 8 | value[1]
        elif (kind, n) == (3, 3):
            found["opts"] = found["opts"] | 4 | min(value[0], 14) << 8
        elif (kind, n) == (4, 2):
            found["opts"] |= 2
        elif (kind, n) == (8, 10):
            found["opts"] |= 1
            found["ts"] = value
        elif kind == 5 and n in (10, 18, 26, 34):
            found["sacks"] = (i + 2, (n - 2) // 8)
        i += n
    return found


def some_option(d, found):
    """An option of a SYN or of later segments, now and then of a wrong length; window scale at
    most once, as a SYN has it.
    """
    kind = d.below(9)
    if kind < 2:
        return bytes([kind if d.below(4) == 0 else 1])
    if kind == 2:
        return bytes([2, 4]) + d.bytes(2)
    if kind == 3 and b"\x03" not in found:
        return bytes([3, 3, d.below(20)])
    if kind == 4:
        return bytes([4, 2])
    if kind == 5:
        n = 1 + d.below(4)
        return bytes([5, 2 + 8 * n]) + d.bytes(8 * n)
    if kind == 8:
        return bytes([8, 10]) + d.bytes(8)
    n = d.below(13)
    return bytes([4 + d.below(250), n]) + d.bytes(max(0, n - 2))


def test_parse_reads_every_field_and_walks_any_options():
    d = Draw(31)
    h = host()
    s = array.array("i", bytearray(4 * w.SEG_LEN))
    bad = 0
    seen = set()
    for n in range(900):
        options = b""
        while len(options) < d.below(40):
            options += some_option(d, options)
        options = options[:40]
        options += bytes(-len(options) & 3)
        text = d.bytes(d.below(50))
        t = tcp_segment(d, text, options)
        f = ip_frame(d, t, options=bytes(4 * d.below(2)))
        tos = d.below(256)
        f[24:26] = be(0xFFFF ^ plain_sum(f[14:15] + bytes([tos]) + f[16:24] + b"\0\0" + f[26:34]))
        if f[14] == 0x45:
            f[15] = tos
        else:
            f[24:26] = b"\0\0"
            f[24:26] = be(0xFFFF ^ plain_sum(f[14:38]))
        assert ip4.check_frame(f, len(f), h, s) == 6
        found = plain_options(options)
        got = wire.parse(f, s)
        assert (got == 0) == (found is not None), (n, options)
        if found is None:
            bad += 1
            continue
        assert s[w.S_MSS] == found["mss"] and s[w.S_OPTS] == found["opts"], (n, options)
        if "ts" in found:
            assert word(s, w.S_TSVAL) + word(s, w.S_TSECR) == found["ts"]
        at, blocks = found["sacks"] or (0, 0)
        assert s[w.S_SACKS] == ((s[w.S_L4] + 20 + at) << 3 | blocks if blocks else 0)
        assert s[w.S_UP] == (t[18] << 8 | t[19] if t[13] & 32 else 0)
        assert s[w.S_CE] == (f[15] & 3 == 3) and s[w.S_TELL] == s[w.S_TWICE] == 0
        assert raw(s, w.S_PORTS) == t[0:4] and s[w.S_LPORT] == t[2] << 8 | t[3]
        assert word(s, w.S_SEQ) == t[4:8] and word(s, w.S_ACK) == t[8:12]
        assert s[w.S_FLAGS] == t[13] and s[w.S_WND] == t[14] << 8 | t[15]
        assert s[w.S_LEN] == len(text) and bytes(f[s[w.S_DATA] : s[w.S_DATA] + s[w.S_LEN]]) == text
        seen.add((s[w.S_OPTS] & 7, blocks))
        f[s[w.S_L4] + d.below(len(t))] ^= 1 << d.below(8)
        assert wire.parse(f, s) != 0
    assert bad > 50 and len(seen) > 12, seen


def test_a_header_length_below_20_or_past_the_end_is_refused():
    d = Draw(8)
    h = host()
    s = array.array("i", bytearray(4 * w.SEG_LEN))
    for nibble in range(16):
        t = bytearray(tcp_segment(d, bytes(4)))  # as options: end of list
        t[12] = nibble << 4
        t[16] = t[17] = 0
        t[16:18] = be(
            0xFFFF ^ plain_sum(bytes([10, 9, 0, 1]) + ME + b"\0\x06" + be(len(t)) + bytes(t))
        )
        f = ip_frame(d, bytes(t))
        ip4.check_frame(f, len(f), h, s)
        assert (wire.parse(f, s) == 0) == (nibble in (5, 6)), nibble


def test_build_and_head_make_the_frame_that_a_plain_writer_makes():
    d = Draw(77)
    h = host()
    o = array.array("i", bytearray(4 * w.OUT_LEN))
    cache = array.array("i", bytearray(7 * 4))
    seen = set()
    for n in range(200):
        text = d.bytes(d.below(200))
        dst = bytes([10, 9, 0, 1 + d.below(200)])
        numbers = d.bytes(12)
        options = d.bytes(4 * d.below(11))
        o[w.O_ECT] = 2 * d.below(2)
        put_raw(o, w.O_DST, dst, 0)
        put_raw(o, w.O_PORTS, numbers[2:4] + numbers[0:2], 0)
        put(o, w.O_SEQ, numbers, 4)
        put(o, w.O_ACK, numbers, 8)
        o[w.O_FLAGS] = d.below(64)
        o[w.O_WND] = d.bits() * 2
        o[w.O_UP] = d.bits()
        o[w.O_LEN] = len(text)
        o[w.O_OPT_LEN] = len(options)
        f = bytearray(1514)
        f[54 : 54 + len(options) + len(text)] = options + text
        k = wire.build(f, o, h)
        t = bytearray(
            numbers
            + bytes([0x50 + (len(options) << 2), o[w.O_FLAGS]])
            + be(o[w.O_WND])
            + bytes(2)
            + be(o[w.O_UP])
            + options
            + text
        )
        t[16:18] = be(0xFFFF ^ plain_sum(ME + dst + b"\0\x06" + be(len(t)) + bytes(t)))
        assert k == len(t) and bytes(f[34 : 34 + k]) == bytes(t), n
        ip4.head(f, k + (6 << 16), o, h)
        assert ip4.hop(f, h, cache, 1) == -1  # nobody in the cache
        total = 20 + k
        head = bytearray(bytes([0x45, o[w.O_ECT]]) + be(total) + f[18:20])
        head += b"\x40\0\x40\x06\0\0" + ME + dst
        head[10:12] = be(0xFFFF ^ plain_sum(head))
        assert bytes(f[14:34]) == bytes(head), n
        assert f[6:14] == MAC + b"\x08\0"
        seen.add(bytes(f[18:20]))
    assert len(seen) == 200  # RFC 6864: no two packets in a row with one identification
