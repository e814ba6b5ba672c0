"""Ethernet frames as the ladder harness builds and reads them.

Written apart from ferrule and in plain Python, so that the two can only agree by both being right.
Every frame that the stack sends goes through `parse`, which verifies lengths and checksums and
says in `wrong` what does not hold.
"""

import struct

ETH_ARP = 0x0806
ETH_IP = 0x0800
ICMP, TCP, UDP = 1, 6, 17
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
FLAGS = (
    ("SYN", SYN),
    ("FIN", FIN),
    ("RST", RST),
    ("PSH", PSH),
    ("URG", URG),
    ("ECE", ECE),
    ("CWR", CWR),
    ("ACK", ACK),
)
BROADCAST = b"\xff\xff\xff\xff\xff\xff"

# The bytes of a stream: their period is a prime number, so that a segment's worth of bytes at the
# wrong place does not pass for the right one. The two directions differ.
_PERIOD = 251
_OURS = bytes(range(_PERIOD))
_THEIRS = bytes(255 - i for i in range(_PERIOD))


def stream(ours, offset, n):
    """n bytes of the stream from byte `offset` on: of what we write, or of what the peer sends."""
    block = _OURS if ours else _THEIRS
    data = bytearray(n)
    at = 0
    start = offset % _PERIOD
    while at < n:
        step = min(n - at, _PERIOD - start)
        data[at : at + step] = block[start : start + step]
        at += step
        start = 0
    return data


def checksum(*parts):
    """The Internet checksum over `parts`, each of which but the last has an even length."""
    total = 0
    for data in parts:
        whole = len(data) & ~63
        for at in range(0, whole, 64):
            total += sum(struct.unpack_from(">32H", data, at))
        rest = data[whole:]
        if len(rest) & 1:
            rest = bytes(rest) + b"\x00"
        total += sum(struct.unpack(">%dH" % (len(rest) // 2), rest))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ip_bytes(text):
    """The four bytes of a dotted address."""
    return bytes(int(part) for part in text.split("."))


LOOSE, STRICT = 131, 137
_ROUTES = (LOOSE, STRICT)


def _short(address):
    return "%d" % address[3] if address[:3] == b"\x0a\x09\x00" else ip_text(address)


def source_route(text, done=False):
    """The option of RFC 791 for `7,8` or `strict:7,192.0.2.8`: gateways that are to be passed, or
    with `done` those that were, without padding.
    """
    kind, _, names = ("loose:" + text if ":" not in text else text).partition(":")
    data = b"".join(
        [ip_bytes(name if "." in name else "10.9.0." + name) for name in names.split(",")]
    )
    n = len(data) + 3
    return bytes((STRICT if kind == "strict" else LOOSE, n, n + 1 if done else 4)) + data


def ip_text(address):
    """The dotted form of four bytes."""
    return "%d.%d.%d.%d" % tuple(address)


def _pseudo(src, dst, proto, n):
    return src + dst + struct.pack(">HH", proto, n)


def eth(dst, src, kind, payload):
    """An Ethernet II frame without FCS and without padding."""
    return dst + src + struct.pack(">H", kind) + payload


def arp(op, sender_mac, sender_ip, target_mac, target_ip):
    """An ARP message for IPv4 on Ethernet: op 1 asks, op 2 answers."""
    return (
        struct.pack(">HHBBH", 1, ETH_IP, 6, 4, op)
        + sender_mac
        + sender_ip
        + target_mac
        + target_ip
    )


def ip(
    src,
    dst,
    proto,
    payload,
    ttl=64,
    ver=4,
    ihl=None,
    options=b"",
    frag=0,
    ident=7,
    length=None,
    bad_sum=False,
    tos=0,
):
    """An IPv4 packet; the keywords break it where a test wants it broken."""
    words = 5 + len(options) // 4
    total = words * 4 + len(payload) if length is None else length
    head = (
        struct.pack(
            ">BBHHHBBH",
            ver << 4 | (words if ihl is None else ihl),
            tos,
            total,
            ident,
            frag,
            ttl,
            proto,
            0,
        )
        + src
        + dst
        + options
    )
    value = checksum(head) ^ (0x0101 if bad_sum else 0)
    return head[:10] + struct.pack(">H", value) + head[12:] + payload


def tcp(
    src,
    dst,
    sport,
    dport,
    seq,
    ack,
    flags,
    win,
    data=b"",
    options=b"",
    urgent=0,
    offset=None,
    bad_sum=False,
):
    """A TCP segment; sequence numbers are absolute and may lie outside 32 bits."""
    options = options + b"\x00" * (-len(options) % 4)
    words = 5 + len(options) // 4 if offset is None else offset
    head = struct.pack(
        ">HHIIBBHHH",
        sport,
        dport,
        seq & 0xFFFFFFFF,
        ack & 0xFFFFFFFF,
        words << 4,
        flags,
        win,
        0,
        urgent,
    )
    n = len(head) + len(options) + len(data)
    value = checksum(_pseudo(src, dst, TCP, n), head + options + data) ^ (0x0101 if bad_sum else 0)
    return head[:16] + struct.pack(">H", value) + head[18:] + options + data


def icmp(kind, code, rest, data=b"", bad_sum=False):
    """An ICMP message; `rest` is the second word of the header, four bytes."""
    value = checksum(bytes((kind, code, 0, 0)) + rest + data) ^ (0x0101 if bad_sum else 0)
    return bytes((kind, code, value >> 8, value & 255)) + rest + data


def udp(src, dst, sport, dport, data):
    """A UDP datagram."""
    n = 8 + len(data)
    value = checksum(_pseudo(src, dst, UDP, n), struct.pack(">HHHH", sport, dport, n, 0) + data)
    return struct.pack(">HHHH", sport, dport, n, value or 0xFFFF) + data


class Frame:
    """A frame that the stack sent, taken apart. `wrong` is "" or says what breaks a standard."""

    def __init__(self, raw, at):
        self.raw = raw
        self.at = at
        self.wrong = ""
        self.eth_dst = raw[0:6]
        self.eth_src = raw[6:12]
        self.kind = "?"
        self.src = self.dst = b""
        self.hop = b""  # to whom the packet goes first, and by whom then: see source_route
        self.route = ""
        self.sport = self.dport = 0


def parse(raw, at):
    """Take a frame apart and verify it."""
    frame = Frame(raw, at)
    if len(raw) < 14:
        frame.wrong = "a frame of %d bytes" % len(raw)
        return frame
    kind = raw[12] << 8 | raw[13]
    if kind == ETH_ARP:
        _parse_arp(frame)
    elif kind == ETH_IP:
        _parse_ip(frame)
    else:
        frame.wrong = "EtherType 0x%04x" % kind
    return frame


def _parse_arp(frame):
    raw = frame.raw
    frame.kind = "ARP"
    if len(raw) != 42 or raw[14:20] != b"\x00\x01\x08\x00\x06\x04":
        frame.wrong = "not an ARP message for IPv4 on Ethernet of 42 bytes"
        return
    frame.op = raw[20] << 8 | raw[21]
    frame.sender_mac, frame.src = raw[22:28], raw[28:32]
    frame.target_mac, frame.dst = raw[32:38], raw[38:42]
    if frame.sender_mac != frame.eth_src:
        frame.wrong = "sender's hardware address is not the frame's source"


def _parse_ip(frame):
    packet = frame.raw[14:]
    frame.kind = "IP"
    n = (packet[0] & 15) * 4 if packet else 0
    if n < 20 or len(packet) < n or packet[0] >> 4 != 4:
        frame.wrong = "not an IPv4 header"
        return
    _, frame.tos, total, frame.ident, frag, frame.ttl, proto, _ = struct.unpack(
        ">BBHHHBBH", packet[:12]
    )
    frame.ecn = frame.tos & 3
    frame.df = frag >> 14 & 1
    frame.src, frame.dst = packet[12:16], packet[16:20]
    frame.hop = frame.dst
    if n > 20:
        _parse_route(frame, packet[20:n])
    if frame.wrong:
        pass
    elif checksum(packet[:n]):
        frame.wrong = "IP header checksum"
    elif total != len(packet):
        frame.wrong = "IP total length %d in a frame with %d bytes of IP" % (total, len(packet))
    elif frag & 0x3FFF:
        frame.wrong = "a fragment"
    elif not frame.ttl:
        frame.wrong = "TTL 0"
    elif proto == TCP:
        _parse_tcp(frame, packet[n:])
    elif proto == ICMP:
        _parse_icmp(frame, packet[n:])
    elif proto == UDP:
        _parse_udp(frame, packet[n:])
    else:
        frame.wrong = "protocol %d" % proto


def _parse_route(frame, options):
    # A source route that begins: what is left of it ends at the destination.
    start = 1 if options[0] == 1 else 0  # padding is before it, or behind
    end = start + options[start + 1]
    if (
        options[start] not in _ROUTES
        or options[start + 2] != 4
        or end - start & 3 != 3
        or end - start < 7
        or end > len(options)
        or any(options[end:])
    ):
        frame.wrong = "IP options other than one source route that begins"
        return
    names = [_short(options[at : at + 4]) for at in range(start + 3, end - 4, 4)]
    frame.route = ",".join([_short(frame.hop)] + names)
    if options[start] == STRICT:
        frame.route = "strict:" + frame.route
    frame.dst = options[end - 4 : end]


def _parse_tcp(frame, seg):
    frame.kind = "TCP"
    (
        frame.sport,
        frame.dport,
        frame.seq,
        frame.ack,
        words,
        frame.flags,
        frame.win,
        _,
        frame.urgent,
    ) = struct.unpack(">HHIIBBHHH", seg[:20])
    n = (words >> 4) * 4
    frame.options = seg[20:n]
    frame.data = seg[n:]
    frame.mss = frame.wscale = frame.ts = None
    frame.sackok = frame.unknown = False
    frame.sack = []
    if checksum(_pseudo(frame.src, frame.dst, TCP, len(seg)), seg):
        frame.wrong = "TCP checksum"
    elif n < 20 or n > len(seg):
        frame.wrong = "TCP data offset %d" % n
    elif words & 15:
        frame.wrong = "reserved bits are not zero"
    elif frame.urgent and not frame.flags & URG:
        frame.wrong = "urgent pointer without URG"
    elif not frame.flags & ACK and frame.ack:
        frame.wrong = "acknowledgment number without ACK"
    else:
        _parse_options(frame)


def _parse_options(frame):
    data = frame.options
    at = 0
    seen = []
    while at < len(data):
        kind = data[at]
        if kind == 0:
            if any(data[at:]):
                frame.wrong = "bytes after the end of the option list are not zero"
            return
        if kind == 1:
            at += 1
            continue
        size = data[at + 1] if at + 1 < len(data) else 0
        if size < 2 or at + size > len(data):
            frame.wrong = "option %d has length %d" % (kind, size)
            return
        if kind in seen:
            frame.wrong = "option %d stands there twice" % kind
            return
        seen.append(kind)
        _take_option(frame, kind, data[at + 2 : at + size])
        at += size


# Options that we know: kind -> (name, lengths of their values, only on SYN).
_KNOWN = {
    2: ("MSS", (2,), True),
    3: ("window scale", (1,), True),
    4: ("SACK-permitted", (0,), True),
    5: ("SACK", (8, 16, 24, 32), False),
    8: ("timestamps", (8,), False),
}


def _take_option(frame, kind, value):
    if kind not in _KNOWN:
        frame.unknown = True
        return
    name, sizes, on_syn = _KNOWN[kind]
    if len(value) not in sizes:
        frame.wrong = "the %s option has %d bytes" % (name, len(value))
    elif on_syn and not frame.flags & SYN:
        frame.wrong = name + " option on a segment without SYN"
    elif kind == 2:
        frame.mss = value[0] << 8 | value[1]
    elif kind == 3:
        frame.wscale = value[0]
        if value[0] > 14:
            frame.wrong = "window scale %d" % value[0]
    elif kind == 4:
        frame.sackok = True
    elif kind == 8:
        frame.ts = struct.unpack(">II", value)
    elif frame.flags & SYN:
        frame.wrong = "SACK option on a SYN"
    else:
        numbers = struct.unpack(">%dI" % (len(value) // 4), value)
        frame.sack = [(numbers[i], numbers[i + 1]) for i in range(0, len(numbers), 2)]


def _parse_udp(frame, datagram):
    frame.kind = "UDP"
    frame.sport, frame.dport, n, sent = struct.unpack(">HHHH", datagram[:8])
    frame.data = datagram[8:]
    if n != len(datagram):
        frame.wrong = "UDP length %d of %d bytes" % (n, len(datagram))
    elif not sent or checksum(_pseudo(frame.src, frame.dst, UDP, n), datagram):
        frame.wrong = "UDP checksum"
    elif frame.dport == 67:
        frame.kind = "DHCP"


def _parse_icmp(frame, message):
    frame.kind = "ICMP"
    frame.type, frame.code = message[0], message[1]
    frame.rest, frame.data = message[4:8], message[8:]
    if checksum(message):
        frame.wrong = "ICMP checksum"
