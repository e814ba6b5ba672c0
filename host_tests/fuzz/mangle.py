"""Frames that a peer might send in a given moment of a connection, and ways to break them."""

import struct

from wire_peer import (
    ACK,
    BROADCAST,
    FIN,
    PEER_IP,
    PING,
    PSH,
    RST,
    SYN,
    URG,
    US_IP,
    US_MAC,
    arp,
    fix_ip,
    fix_transport,
    icmp,
    ipv4,
    tcp,
)

_NOISE_MAX = 200

# What the segments of a barrage are: most often data and acknowledgements.
FLAGS = (
    (ACK,) * 4
    + (ACK | PSH,) * 4
    + (ACK | FIN, SYN, SYN | ACK, RST, RST | ACK, FIN, URG | ACK, URG | ACK | PSH, 0)
)

DISTANCES = (1, 2, 10, 100, 100, 536, 536, 1000, 1460, 2048, 4096, 65535, 0x7FFFFFFF, 0x80000000)


class Mangler:
    """Draws frames with `dice`, near the numbers of a connection so that they get far in."""

    def __init__(self, dice):
        self.dice = dice

    def bytes(self, n):
        """n random bytes."""
        drawn = bytearray(n)
        self.dice.fill(drawn)
        return bytes(drawn)

    def pick(self, choices):
        """One of them."""
        return choices[self.dice.below(len(choices))]

    def frame(self, peer):
        """The next frame: a valid one, mostly broken in up to three places, or plain noise."""
        if self.dice.below(20) == 0:
            return self.noise()
        frame = self.valid(peer)
        for _ in range(self.pick((0, 0, 0, 1, 1, 2, 3))):
            frame = self.broken(frame)
        return frame

    def noise(self):
        """Random bytes, half of them with a believable start."""
        data = bytearray(self.bytes(14 + self.dice.below(_NOISE_MAX)))
        if self.dice.below(2):
            data[0:6] = self.pick((US_MAC, BROADCAST))
            data[12:14] = self.pick((b"\x08\x00", b"\x08\x06", b"\x86\xdd", b"\x81\x00"))
        return data[: self.pick((len(data), len(data), 14, 15, 33, 34))]

    def valid(self, peer):
        """A frame with right checksums that suits the connection, or a neighbour of it."""
        kind = self.dice.below(16)
        if kind == 0:
            return self.arp()
        if kind == 1:
            return icmp(PING, 0, self.bytes(4 + self.dice.below(100)))
        if kind == 2:
            return self.unreachable(peer)
        if kind == 3:
            return ipv4(self.pick((2, 17, 41, 255)), self.bytes(self.dice.below(60)))
        return self.segment(peer)

    def arp(self):
        """A question or an answer, also about addresses that are not the sender's."""
        ip = self.pick((PEER_IP, US_IP, b"\0\0\0\0", self.bytes(4), b"\x0a\0\0\xff"))
        target = self.pick((US_IP, US_IP, PEER_IP, self.bytes(4)))
        return arp(1 + self.dice.below(2), ip, target, dst=self.pick((US_MAC, BROADCAST)))

    def unreachable(self, peer):
        """An ICMP error that quotes a segment of the connection, whole or cut."""
        quoted = tcp(peer.dport, peer.port, peer.ack, peer.seq, ACK, src=US_IP)
        quoted[30:34] = PEER_IP
        cut = self.pick((0, 8, 19, 20, 24, 28, 40))
        kind = self.pick((3, 3, 4, 5, 11, 12))
        return icmp(kind, self.dice.below(16), b"\0\0\x02\x00" + bytes(quoted[14 : 14 + cut]))

    def segment(self, peer):
        """A TCP segment; numbers, flags, length, window and options drawn around what is right."""
        dice = self.dice
        seq = peer.seq + self.near()
        ack = peer.ack + self.near()
        flags = self.pick(FLAGS)
        if flags & RST and seq == peer.seq and dice.below(4):
            seq += 1  # a right one ends the connection, and with it the interest of what follows
        if dice.below(30) == 0:
            flags = dice.below(256)
        data = self.bytes(self.pick((0, 0, 1, 10, 100, 536, 1460, dice.below(1400))))
        window = self.pick((0, 1, 500, 4000, 65535))
        sport = peer.port if dice.below(20) else 1 + dice.below(65535)
        dport = peer.dport if dice.below(20) else dice.below(65536)
        options = self.options()
        data = data[: 1460 - (len(options) + 3) // 4 * 4]
        src = PEER_IP if dice.below(50) else self.pick((US_IP, b"\x0a\0\0\xff", self.bytes(4)))
        urgent = dice.below(65536) if flags & URG else 0
        return tcp(sport, dport, seq, ack, flags, data, window, options, urgent, src)

    def near(self):
        """A distance: most often 0, else small, a window, half the number space, or anything."""
        if self.dice.below(5) < 3:
            return 0
        far = self.pick(DISTANCES)
        if self.dice.below(10) == 0:
            far = struct.unpack(">I", self.bytes(4))[0]
        return far if self.dice.below(2) else -far

    def options(self):
        """TCP options: none, sensible ones, or ones whose lengths lie."""
        kind = self.dice.below(8)
        if kind < 4:
            return b""
        if kind == 4:
            return b"\x02\x04" + struct.pack(">H", self.pick((0, 1, 64, 536, 1460, 65535)))
        if kind == 5:
            return b"\x01\x03\x03\x07\x04\x02\x08\x0a" + self.bytes(8)
        if kind == 6:
            # An option that claims to be empty, longer than the header, or one byte.
            lie = bytes((2 + self.dice.below(10), self.pick((0, 1, 2, 3, 5, 40, 255))))
            return bytes([1]) * self.dice.below(30) + lie
        return self.bytes(self.dice.below(40))

    def broken(self, frame):
        """The frame with one thing wrong; the checksums are usually made right again."""
        dice = self.dice
        kind = dice.below(10)
        if kind == 0:
            frame = frame[: max(14, dice.below(len(frame) + 1))]
        elif kind == 1:
            frame = frame + self.bytes(1 + dice.below(40))
            frame = frame[:1514]
        elif kind == 2 and len(frame) >= 34:
            # The IP version, header length, total length, fragment bits, protocol or addresses.
            at = self.pick((14, 14, 16, 17, 17, 20, 21, 22, 23, 26, 29, 30, 33))
            frame[at] = dice.below(256)
        elif kind == 3 and len(frame) >= 34:
            total = self.pick((0, 19, 20, 21, 39, 40, 41, 60, 1500, 1501, 65535))
            struct.pack_into(">H", frame, 16, total)
        elif kind == 4 and len(frame) >= 54:
            frame[46] = dice.below(16) << 4 | dice.below(16)
        elif kind == 5 and len(frame) >= 34:
            frame[14] = 0x40 | dice.below(16)
        elif kind == 6:
            frame[dice.below(min(len(frame), 14))] ^= 1 << dice.below(8)
        else:
            frame[dice.below(len(frame))] = dice.below(256)
        if dice.below(10) < 7:
            fix_ip(frame)
        if dice.below(10) < 7:
            fix_transport(frame)
        return frame
