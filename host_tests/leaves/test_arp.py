"""wire/arp.py: the judge of ARP packets against a plain twin, on packets that are nearly right."""

import array

import layout_words as w
from draw import Draw
from ferrule.wire import arp

ALSO = ("cortex_m0", "plain32")

MAC = b"\x02\0\0\0\0\x02"
ME = (10, 9, 0, 2)


def plain(f, me):
    """What check() must say: RFC 826, RFC 1122 2.3.2, RFC 5227 2.4, in plain Python."""
    if bytes(f[14:20]) != b"\0\1\x08\0\6\4" or bytes(f[20:22]) not in (b"\0\1", b"\0\2"):
        return 0
    sha, spa, tpa = bytes(f[22:28]), tuple(f[28:32]), tuple(f[38:42])
    if sha[0] & 1 or sha == bytes(6) or me == (0, 0, 0, 0) or spa[0] >= 224 or spa[0] == 127:
        return 0
    if spa == me:
        return 0 if sha == MAC else 4
    kind = f[21] if tpa == me else 3
    if spa == (0, 0, 0, 0) or spa[:3] != me[:3]:
        return 5 if kind == 1 else 0
    return kind


def test_an_arp_packet_is_judged_as_a_plain_reader_does():
    d = Draw(67)
    h = array.array("i", bytearray(4 * w.HOST_LEN))
    s = array.array("i", bytearray(4 * w.NEIGH_LEN))
    seen = set()
    for n in range(1500):
        me = ME if n % 10 else (0, 0, 0, 0)
        h[w.H_IP] = me[0] | me[1] << 8 | me[2] << 16 | me[3] << 24
        h[w.H_MASK] = 0xFFFFFF
        h[w.H_MAC0] = MAC[0]
        h[w.H_MAC1] = MAC[4] | MAC[5] << 8
        f = bytearray(42)
        f[14:20] = b"\0\1\x08\0\6\4"
        f[21] = 1 + d.below(2)
        f[22:28] = MAC if d.below(4) == 0 else bytes([2 * d.below(128)]) + d.bytes(5)
        sender = ((10, 9, 0, 7), ME, (0, 0, 0, 0), (10, 8, 0, 1), (127, 9, 0, 1), (224, 0, 0, 1))
        f[28:32] = bytes(sender[d.below(len(sender)) if d.below(2) else 0])
        f[38:42] = bytes(ME if d.below(2) else (10, 9, 0, 3))
        if d.below(3) == 0:  # one byte is something else
            f[14 + d.below(28)] = d.below(256)
        if d.below(20) == 0:
            f[22:28] = bytes(6)
        want = plain(f, me)
        assert arp.check(f, h, s) == want, (n, bytes(f), want)
        seen.add(want)
    assert seen == {0, 1, 2, 3, 4, 5}
