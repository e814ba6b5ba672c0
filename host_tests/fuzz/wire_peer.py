"""The other end of the wire, made of bytes: frames built by hand and a link that carries them.

Deliberately independent of ferrule.wire: what the stack sends is checked here by different code.
Python integers of any size are welcome; this is the test, not the packet path.
"""

import struct

import micropython

US_MAC = b"\x02\x00\x00\x00\x00\x01"
PEER_MAC = b"\x02\x00\x00\x00\x00\x02"
US_IP = b"\x0a\x00\x00\x01"
PEER_IP = b"\x0a\x00\x00\x02"
BROADCAST = b"\xff" * 6
IPV4 = b"\x08\x00"
ARP = b"\x08\x06"

FIN = 1
SYN = 2
RST = 4
PSH = 8
ACK = 16
URG = 32

PING = 8
PONG = 0

_M32 = 0xFFFFFFFF


@micropython.viper
def _sum16(data: ptr8, start: int, end: int, total: int) -> int:
    """Add the big-endian 16-bit words of data[start:end]; an odd last byte counts as high byte."""
    at = start
    while at + 1 < end:
        total += (data[at] << 8) | data[at + 1]
        at += 2
    if at < end:
        total += data[at] << 8
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum(data, start, end, total=0):
    """The Internet checksum of data[start:end], on top of a sum already begun."""
    return _sum16(data, start, end, total) ^ 0xFFFF


def pseudo(frame, proto, n):
    """The sum of the pseudo header of the packet in this frame, for n bytes of protocol proto."""
    return _sum16(frame, 26, 34, proto + n)


class WireLink:
    """A link whose wire is this program: `inject` puts a frame in, `sent` holds what came out."""

    def __init__(self):
        self.mac = US_MAC
        self.mtu = 1500
        self.sent = []
        self._inbox = []

    def inject(self, frame):
        """Let the stack receive this frame next."""
        self._inbox.append(frame)

    def send(self, frame, n):
        """Take a frame of the stack; it must be one that a wire would carry."""
        assert 14 <= n <= 1514, "a frame of %d bytes" % n
        self.sent.append(bytes(memoryview(frame)[:n]))
        return True

    def recv_into(self, frame):
        """Hand over the oldest injected frame."""
        if not self._inbox:
            return 0
        data = self._inbox.pop(0)
        n = min(len(data), len(frame))
        memoryview(frame)[:n] = memoryview(data)[:n]
        return n

    def isup(self):
        """Always."""
        return True

    def close(self):
        """Nothing to do."""


def ethernet(ethertype, payload, dst=US_MAC, src=PEER_MAC):
    """An Ethernet II frame, padded to the 60 bytes of a real wire."""
    frame = bytearray(dst + src + struct.pack(">H", ethertype) + payload)
    if len(frame) < 60:
        frame.extend(bytes(60 - len(frame)))
    return frame


def arp(operation, sender_ip=PEER_IP, target_ip=US_IP, target_mac=b"\0" * 6, dst=BROADCAST):
    """An ARP packet: operation 1 asks, 2 answers."""
    fixed = struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation)
    return ethernet(0x0806, fixed + PEER_MAC + sender_ip + target_mac + target_ip, dst=dst)


def ipv4(proto, payload, src=PEER_IP, dst=US_IP, ttl=64, options=b"", flags=0x4000):
    """An IPv4 packet with a right header checksum. `options` is a multiple of 4 bytes long."""
    words = 5 + len(options) // 4
    total = words * 4 + len(payload)
    head = struct.pack(">BBHHHBBH", 0x40 | words, 0, total, 7, flags, ttl, proto, 0)
    frame = ethernet(0x0800, head + src + dst + options + payload)
    fix_ip(frame)
    return frame


def icmp(kind, code, rest, src=PEER_IP):
    """An ICMP message; `rest` is what follows the checksum."""
    frame = ipv4(1, struct.pack(">BBH", kind, code, 0) + rest, src)
    fix_transport(frame)
    return frame


def tcp(sport, dport, seq, ack, flags, data=b"", window=4000, options=b"", urgent=0, src=PEER_IP):
    """A TCP segment with right checksums. `options` is padded to a multiple of 4 bytes."""
    options = options + bytes(-len(options) % 4)
    words = (5 + len(options) // 4) & 15
    head = struct.pack(
        ">HHIIBBHHH",
        sport,
        dport,
        seq & _M32,
        ack & _M32,
        words << 4,
        flags,
        window,
        0,
        urgent,
    )
    frame = ipv4(6, head + options + data, src)
    fix_transport(frame)
    return frame


def fix_ip(frame):
    """Make the IP header checksum right, as far as there is a header."""
    end = 14 + (frame[14] & 15) * 4 if len(frame) > 14 else 0
    if len(frame) >= 34 and end <= len(frame):
        frame[24] = frame[25] = 0
        struct.pack_into(">H", frame, 24, checksum(frame, 14, end))


def fix_transport(frame):
    """Make the ICMP, UDP or TCP checksum right, as far as the lengths leave something to sum."""
    if len(frame) < 34:
        return
    start = 14 + (frame[14] & 15) * 4
    end = min(14 + struct.unpack_from(">H", frame, 16)[0], len(frame))
    where = {1: 2, 6: 16, 17: 6}.get(frame[23])
    if where is None or start + where + 2 > end:
        return
    struct.pack_into(">H", frame, start + where, 0)
    total = 0 if frame[23] == 1 else pseudo(frame, frame[23], end - start)
    struct.pack_into(">H", frame, start + where, checksum(frame, start, end, total))


class Segment:
    """A TCP segment that the stack sent."""

    def __init__(self, frame):
        start = 14 + (frame[14] & 15) * 4
        total = struct.unpack_from(">H", frame, 16)[0]
        self.sport, self.dport, self.seq, self.ack = struct.unpack_from(">HHII", frame, start)
        offset = (frame[start + 12] >> 4) * 4
        self.flags = frame[start + 13]
        self.window = struct.unpack_from(">H", frame, start + 14)[0]
        self.data = frame[start + offset : 14 + total]


def check_sent(frame):
    """Assert that a frame of the stack is well formed in every length and checksum."""
    assert frame[6:12] == US_MAC, "not from our address: %r" % frame
    if frame[12:14] == ARP:
        assert len(frame) >= 42 and frame[14:20] == b"\0\1\x08\0\6\4", frame
        return
    assert frame[12:14] == IPV4, frame
    start = 14 + (frame[14] & 15) * 4
    end = 14 + struct.unpack_from(">H", frame, 16)[0]
    assert frame[14] >> 4 == 4 and 34 <= start <= end <= len(frame), frame
    assert checksum(frame, 14, start) == 0, "IP checksum: %r" % frame
    assert frame[26:30] == US_IP, "not from our address: %r" % frame
    if frame[23] == 6:
        assert end - start >= 20 and (frame[start + 12] >> 4) * 4 <= end - start, frame
        total = pseudo(frame, 6, end - start)
        assert checksum(frame, start, end, total) == 0, "TCP checksum: %r" % frame
    elif frame[23] == 1:
        assert checksum(frame, start, end) == 0, "ICMP checksum: %r" % frame
