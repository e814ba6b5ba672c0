"""Frames from the lines of a ladder, and lines from frames."""

import frames
import optionlist
from frames import ACK, FLAGS, ICMP, PSH, SYN, TCP, UDP

_US = b"\x0a\x09\x00\x02"
_ZERO_MAC = bytes(6)
_ICMP_KINDS = {
    "echo": 8,
    "reply": 0,
    "unreachable": 3,
    "quench": 4,
    "redirect": 5,
    "expired": 11,
    "parameter": 12,
}


class Mismatch(Exception):
    """Not a failure of the stack: the ladder itself cannot be played."""


def relative(number, first):
    """`number` counted from `first`, between -2**31 and 2**31 - 1."""
    return ((number - first + 0x80000000) & 0xFFFFFFFF) - 0x80000000


# ---- frames that arrive --------------------------------------------------------------------


def arrive(wire, line, at=None):
    """Put the frame of a `<==` line on the wire, now or at time `at`."""
    if line.kind == "DHCP":
        import dhcpwords

        wire.offer(dhcpwords.arriving(wire, line), at)
        return
    make = {"TCP": _segment, "ARP": _arp, "ICMP": _icmp, "UDP": _udp, "IP": _other}[line.kind]
    raw = make(wire, line)
    cut = line.number("cut", 0)
    if cut:
        wire.offer(raw[: len(raw) - cut], at, pad=0)
    else:
        wire.offer(raw, at, pad=line.number("pad", 60))


def _hex(text):
    return bytes(int(text[i : i + 2], 16) for i in range(0, len(text), 2))


def _incoming_ip(wire, line, proto, payload):
    """The Ethernet frame around `payload`. Keys: ecn (ect0, ect1, ce), tos, route (the gateways
    that it has passed, `7,8` or `strict:7,8`); and what breaks it: ttl, ver, ihl, iplen, ipopt
    (hexadecimal), frag (more, last, df), ipsum=bad, dst (address), ethdst (broadcast, other),
    proto; and cut=N: N bytes less than was said.
    """
    src = line.address()
    dst = frames.ip_bytes(line.keys["dst"]) if "dst" in line.keys else _US
    options = _hex(line.keys.get("ipopt", ""))
    if "route" in line.keys:
        options = b"\x01" + frames.source_route(line.keys["route"], True)
    frag = {"": 0, "more": 0x2000, "last": 0x0040, "df": 0x4000}[line.keys.get("frag", "")]
    packet = frames.ip(
        src,
        dst,
        line.number("proto", proto),
        payload,
        ttl=line.number("ttl", 64),
        ver=line.number("ver", 4),
        ihl=line.number("ihl"),
        length=line.number("iplen"),
        options=options,
        frag=frag,
        bad_sum=line.keys.get("ipsum") == "bad",
        tos=line.number("tos", 0) | optionlist.ECN[line.keys.get("ecn", "-")],
    )
    to = {"broadcast": frames.BROADCAST, "other": b"\x02\x00\x00\x00\x00\x63"}.get(
        line.keys.get("ethdst")
    )
    return frames.eth(
        to or wire.link.mac, wire.mac_of(src), line.number("ethertype", frames.ETH_IP), packet
    )


def flow_of(wire, line):
    """The pair of ports that a TCP line is about."""
    return wire.flow(line.address(), line.number("port"), line.number("to"))


def _segment(wire, line):
    flow = flow_of(wire, line)
    if "isn" in line.keys:
        flow.renew(flow.isn + line.number("isn"))
    flags = line.flags()
    seq, n = line.span()
    if flags & ACK and "ack" not in line.keys:
        raise Mismatch("<== with ACK needs ack=")
    flow.win = line.number("win", flow.win)
    options = optionlist.make(wire, flow, line, flags) + _hex(line.keys.get("opt", ""))
    first = seq + (1 if flags & SYN else 0)
    data = frames.stream(False, first - 1, n)
    if "fill" in line.keys:
        data = bytes((line.number("fill"),)) * n
    src, dst = line.address(), _US
    if "dst" in line.keys:
        dst = frames.ip_bytes(line.keys["dst"])
    segment = frames.tcp(
        src,
        dst,
        flow.port,
        flow.our_port,
        flow.isn + seq,
        (flow.iss or 0) + line.number("ack", 0),
        flags,
        flow.win,
        data,
        options,
        line.number("urg", 0),
        line.number("off"),
        line.keys.get("sum") == "bad",
    )
    return _incoming_ip(wire, line, TCP, segment)


def _arp(wire, line):
    # `ARP who 10.9.0.2` asks for us, `ARP is 10.9.0.3` says where the peer 10.9.0.3 is; mac=33 is
    # its last byte.
    verb, name = line.words
    src = frames.ip_bytes(name) if verb == "is" else line.address()
    if "sender" in line.keys:
        src = frames.ip_bytes(line.keys["sender"])
    if "mac" in line.keys:
        wire.macs[bytes(src)] = b"\x02\x00\x00\x00\x00" + bytes((line.number("mac"),))
    mac = wire.mac_of(src)
    if verb == "who":
        body = frames.arp(line.number("op", 1), mac, src, _ZERO_MAC, frames.ip_bytes(name))
        to = frames.BROADCAST
    else:
        target = frames.ip_bytes(line.keys["target"]) if "target" in line.keys else _US
        body = frames.arp(line.number("op", 2), mac, src, wire.link.mac, target)
        to = wire.link.mac
    if "hw" in line.keys:
        body = bytes((0, line.number("hw"))) + body[2:]
    return frames.eth(to, mac, frames.ETH_ARP, body)


def _icmp(wire, line):
    kind = _ICMP_KINDS.get(line.words[0])
    kind = int(line.words[0]) if kind is None else kind
    n = line.number("len", 0)
    rest = _echo_of(line)
    data = frames.stream(False, 0, n)
    if kind in (3, 4, 5, 11, 12):
        # The quotation: the last segment of this pair that we sent, or with qseq= another number
        # of it, with qlen= another length of its datagram.
        # The second word: the next hop's MTU of code 4, the pointer of a parameter problem.
        mtu = line.number("mtu", 0)
        rest = bytes((line.number("pointer", 0), 0, mtu >> 8, mtu & 255))
        data = _quotation(wire, line)
        if "gw" in line.keys:  # the better gateway that a redirect names
            rest = frames.ip_bytes(line.keys["gw"])
    message = frames.icmp(kind, line.number("code", 0), rest, data, line.keys.get("sum") == "bad")
    return _incoming_ip(wire, line, ICMP, message)


def _echo_of(line):
    """The second word of an echo: identifier and number."""
    name, seq = line.number("id", 0), line.number("seq", 0)
    return bytes((name >> 8, name & 255, seq >> 8, seq & 255))


def _quotation(wire, line):
    to = line.keys.get("about")
    address = (
        line.address() if to is None else frames.ip_bytes(to if "." in to else "10.9.0." + to)
    )
    flow = wire.flow(address, line.number("port"), line.number("to"))
    if flow.sent is None:
        raise Mismatch("there is no segment to quote")
    n = (flow.sent[14] & 15) * 4
    quoted = flow.sent[14 : 14 + n + 8]
    if "qlen" in line.keys:  # the length of the datagram that was too long
        total = line.number("qlen")
        quoted = quoted[:2] + bytes((total >> 8, total & 255)) + quoted[4:]
    if "qseq" in line.keys:
        seq = (flow.iss + line.number("qseq")) & 0xFFFFFFFF
        quoted = quoted[: n + 4] + bytes((seq >> 24, seq >> 16 & 255, seq >> 8 & 255, seq & 255))
    return quoted


def _udp(wire, line):
    src = line.address()
    dst = frames.ip_bytes(line.keys["dst"]) if "dst" in line.keys else _US
    data = frames.stream(False, 0, line.number("len", 10))
    return _incoming_ip(
        wire, line, UDP, frames.udp(src, dst, line.number("port", 5000), int(line.words[0]), data)
    )


def _other(wire, line):
    return _incoming_ip(
        wire, line, line.number("proto"), frames.stream(False, 0, line.number("len", 20))
    )


# ---- frames that were sent -----------------------------------------------------------------


def learn(wire, frame):
    """Take our first sequence number and our options from a SYN, our first timestamp."""
    if frame.kind != "TCP" or frame.wrong:
        return
    flow = wire.flow(frame.dst, frame.dport, frame.sport)
    if frame.flags & SYN and flow.iss is None:
        flow.iss = frame.seq
    optionlist.learn(flow, frame)


def show(wire, frame):
    """A sent frame as a line would tell it."""
    text = _show(wire, frame)
    return text + "   # " + frame.wrong if frame.wrong else text


def _show(wire, frame):
    if frame.kind == "ARP" and hasattr(frame, "op"):
        if frame.op == 1:
            return "ARP who %s sender=%s" % (frames.ip_text(frame.dst), frames.ip_text(frame.src))
        return "ARP is %s target=%s" % (frames.ip_text(frame.src), frames.ip_text(frame.dst))
    if frame.kind == "DHCP":
        import dhcpwords

        return dhcpwords.show(wire, frame)
    if frame.kind == "ICMP":
        names = [name for name, kind in _ICMP_KINDS.items() if kind == frame.type]
        return "ICMP %s code=%d len=%d%s" % (
            names[0] if names else frame.type,
            frame.code,
            len(frame.data),
            _whom(wire, frame),
        )
    if frame.kind != "TCP" or not hasattr(frame, "win"):
        return "%s %s" % (frame.kind, " ".join("%02x" % b for b in frame.raw[:40]))
    flow = wire.flow(frame.dst, frame.dport, frame.sport)
    words = " ".join(name for name, bit in FLAGS if frame.flags & bit) or "-"
    seq = relative(frame.seq, flow.iss or 0)
    n = len(frame.data)
    span = "%d:%d" % (seq, seq + n) if n else "%d" % seq
    text = "%-8s %-9s" % (words, span)
    if frame.flags & ACK:
        text += " ack=%d" % relative(frame.ack, flow.isn)
    text += " win=%d" % frame.win
    return text + optionlist.show(flow, frame) + _whom(wire, frame)


def _whom(wire, frame):
    text = " route=" + frame.route if frame.route else ""
    if frame.dst != b"\x0a\x09\x00\x01":
        near = frame.dst[0:3] == b"\x0a\x09\x00"
        text += " from=" + ("%d" % frame.dst[3] if near else frames.ip_text(frame.dst))
    if frame.kind == "TCP":
        if frame.dport != wire.peer_port:
            text += " port=%d" % frame.dport
        if frame.sport != wire.ports.get((bytes(frame.dst), frame.dport), wire.our_port):
            text += " to=%d" % frame.sport
    return text


def differs(wire, line, frame):
    """Compare what the line says with the frame; "" or what differs."""
    if line.kind != frame.kind:
        return "another kind of frame was sent"
    if frame.kind == "DHCP":
        import dhcpwords

        return dhcpwords.differs(wire, line, frame)
    if frame.kind != "ARP":
        if frame.dst != line.address():
            return "sent to another address"
        if frame.route != line.keys.get("route", ""):
            return "sent by another route"
        mac = wire.mac_of(frame.hop)
        if "mac" in line.keys:
            mac = mac[:5] + bytes((line.number("mac"),))
        if frame.eth_dst != mac:
            return "sent to the hardware address %s" % ":".join("%02x" % b for b in frame.eth_dst)
        for key, value in (("ttl", frame.ttl), ("tos", frame.tos), ("df", frame.df)):
            if value != line.number(key, value):
                return "%s=%d" % (key, value)
    return {"TCP": _tcp_differs, "ARP": _arp_differs, "ICMP": _icmp_differs}[frame.kind](
        wire, line, frame
    )


def _tcp_differs(wire, line, frame):
    flow = flow_of(wire, line)
    if (frame.dport, frame.sport) != (flow.port, flow.our_port):
        return "other ports"
    flags = line.flags()
    mask = 0xFF if flags & PSH or "psh" in line.keys else 0xFF ^ PSH
    if frame.flags & mask != flags & mask:
        return "other flags"
    seq, n = line.span()
    if (relative(frame.seq, flow.iss or 0), len(frame.data)) != (seq, n):
        return "other sequence numbers"
    if "ack" in line.keys and relative(frame.ack, flow.isn) != line.number("ack"):
        return "another ack"
    for key, value in (("win", frame.win), ("urg", frame.urgent)):
        if key in line.keys and value != line.number(key):
            return "%s=%s" % (key, value)
    if "opt" in line.keys and frame.options != _hex(line.keys["opt"]):
        return "other options"
    return optionlist.differs(flow, line, frame)


def _arp_differs(wire, line, frame):
    verb, name = line.words
    if frame.op != (1 if verb == "who" else 2):
        return "another ARP operation"
    about, other, key = (
        (frame.dst, frame.src, "sender") if verb == "who" else (frame.src, frame.dst, "target")
    )
    if frames.ip_text(about) != name:
        return "about another address"
    if key in line.keys and frames.ip_text(other) != line.keys[key]:
        return "another %s" % key
    to = line.keys.get("ethdst", "broadcast" if verb == "who" else None)
    if to == "broadcast" and frame.eth_dst != frames.BROADCAST:
        return "not sent to the broadcast address"
    if to is None and frame.eth_dst != frame.target_mac:
        return "not sent to its target"
    if "mac" in line.keys and frame.eth_dst[5] != line.number("mac"):
        return "sent to another hardware address"
    return ""


def _icmp_differs(wire, line, frame):
    kind = _ICMP_KINDS[line.words[0]]
    if (frame.type, frame.code) != (kind, line.number("code", 0)):
        return "another type or code"
    if kind in (3, 11):
        # RFC 1122, 3.2.2: the header and at least eight bytes of what caused it, unchanged.
        quoted = wire.last_in[14 : 14 + (wire.last_in[14] & 15) * 4 + 8]
        if frame.data[: len(quoted)] != quoted:
            return "the quotation differs from the frame that came"
        return ""
    if frame.rest != _echo_of(line):
        return "another identifier or number"
    if frame.data != frames.stream(False, 0, line.number("len", 0)):
        return "the data came back changed"
    return ""
