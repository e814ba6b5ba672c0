"""DHCP in a ladder: the messages of a server that arrive, and ours that are compared.

    0    us.ipconfig dhcp4=1
    412  ==> DHCP discover
    420  <== DHCP offer your=10.9.0.2 lease=600
    420  ==> DHCP request want=10.9.0.2 server=10.9.0.1
    430  <== DHCP ack your=10.9.0.2 lease=600 mask=24 router=10.9.0.1 dns=10.9.0.1

Arriving: `your= server= lease= mask=` (its length) `router= dns= t1= t2=`, which options there are
(the server is 10.9.0.1 and the mask /24, `server=-` and `mask=-` leave them out), `dst=` (a
unicast); what breaks a message is listed at `make`.
Sent: `want=` and `server=` are options 50 and 54, and must be absent where no line names them;
`ciaddr=`, `to=` (a unicast), `secs=`, `name=`, `xid=same` or `xid=new` against our message before.
What holds for all that a client sends is checked in `wrong`.

Calls: us.ipconfig dhcp4=1, us.hostname thing, us.link down. Looks: us.addr 10.9.0.2/24, us.gw,
us.dns, us.has yes, us.status 2.
"""

import frames

KINDS = ("", "discover", "offer", "request", "decline", "ack", "nak", "release", "inform")
_MAGIC = b"\x63\x82\x53\x63"
CLIENT_PORT, SERVER_PORT = 68, 67


# ---- messages that arrive ------------------------------------------------------------------


def option(code, value):
    return bytes((code, len(value))) + value


def word(n):
    return bytes((n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255))


def _hex(text):
    return bytes(int(text[i : i + 2], 16) for i in range(0, len(text), 2))


def addresses(text):
    return b"".join(frames.ip_bytes(part) for part in text.split(","))


def mask_of(bits):
    return word(0xFFFFFFFF << (32 - bits) & 0xFFFFFFFF)


def options_of(line):
    """The options that the keys of a line ask for, without the end."""
    keys = line.keys
    out = option(53, bytes((KINDS.index(line.words[0]),))) if line.words[0] in KINDS else b""
    if keys.get("server") != "-":
        out += option(54, frames.ip_bytes(keys.get("server", "10.9.0.1")))
    if keys.get("mask", "24") != "-" and line.words[0] != "nak":
        out += option(1, mask_of(int(keys.get("mask", "24"))))
    for code, key in ((51, "lease"), (58, "t1"), (59, "t2")):
        if key in keys:
            out += option(code, word(int(keys[key])))
    for code, key in ((3, "router"), (6, "dns")):
        if key in keys:
            out += option(code, addresses(keys[key]))
    return out


def make(wire, line):
    """The text of a message.  What breaks it: op htype hlen (numbers), xid=other chaddr=other
    magic=bad, size=N (N bytes are left of it), opts=HEX (in place of all options), more=HEX (after
    them), file=HEX and sname=HEX (the fields), end=0 (no option 255)."""
    asked = wire.dhcp_sent
    xid = asked.data[4:8] if asked else b"\x01\x02\x03\x04"
    chaddr = wire.link.mac
    keys = line.keys
    if keys.get("xid") == "other":
        xid = bytes((xid[0] ^ 1,)) + xid[1:]
    if keys.get("chaddr") == "other":
        chaddr = chaddr[:5] + bytes((chaddr[5] ^ 1,))
    head = bytes((line.number("op", 2), line.number("htype", 1), line.number("hlen", 6), 0)) + xid
    head += bytes(8) + frames.ip_bytes(keys.get("your", "0.0.0.0")) + bytes(8)
    head += chaddr + bytes(10)
    for key, size in (("sname", 64), ("file", 128)):
        text = _hex(keys.get(key, ""))
        head += text + bytes(size - len(text))
    options = _hex(keys["opts"]) if "opts" in keys else options_of(line)
    options += _hex(keys.get("more", ""))
    if line.number("end", 1):
        options += b"\xff"
    text = head + (b"\x63\x82\x53\x00" if keys.get("magic") == "bad" else _MAGIC) + options
    return text[: line.number("size", len(text))]


def arriving(wire, line):
    """The Ethernet frame of a `<== DHCP` line."""
    src = line.address()
    dst = frames.ip_bytes(line.keys.get("dst", "255.255.255.255"))
    message = frames.udp(src, dst, line.number("port", SERVER_PORT), CLIENT_PORT, make(wire, line))
    if line.keys.get("sum") == "bad":
        message = message[:6] + bytes((message[6] ^ 1,)) + message[7:]
    if line.keys.get("sum") == "none":
        message = message[:6] + b"\0\0" + message[8:]
    packet = frames.ip(src, dst, frames.UDP, message)
    to = frames.BROADCAST if dst == b"\xff\xff\xff\xff" else wire.link.mac
    return frames.eth(to, wire.mac_of(src), frames.ETH_IP, packet)


# ---- messages that were sent ---------------------------------------------------------------


def options_in(data):
    """{code: value} of a message's option field, which has to be well formed."""
    found = {}
    at = 240
    while data[at] != 255:
        code, n = data[at], data[at + 1]
        if code == 0 or code in found or at + 2 + n >= len(data):
            return None
        found[code] = data[at + 2 : at + 2 + n]
        at += 2 + n
    return found if not any(data[at + 1 :]) else None


def wrong(wire, frame):
    """What must hold for every message that a client sends (RFC 2131, table 5): "" or what does
    not."""
    data = frame.data
    if len(data) < 300:
        return "a message of %d bytes" % len(data)
    if (frame.sport, frame.dport) != (CLIENT_PORT, SERVER_PORT):
        return "from port %d to %d" % (frame.sport, frame.dport)
    if data[:4] != b"\x01\x01\x06\x00" or data[28:44] != wire.link.mac + bytes(10):
        return "op, htype, hlen, hops or chaddr"
    if any(data[16:28]) or any(data[44:236]) or data[236:240] != _MAGIC:
        return "yiaddr, siaddr, giaddr, sname, file or magic cookie"
    found = options_in(data)
    if found is None or len(found.get(53, b"")) != 1:
        return "the options are not well formed"
    kind = KINDS[found[53][0]]
    named = any(data[12:16])
    asks = kind in ("discover", "request")
    if data[10:12] != (b"\x80\x00" if asks and not named else b"\0\0"):
        return "flags %02x%02x" % (data[10], data[11])
    if found.get(61) != b"\x01" + wire.link.mac:
        return "the client identifier"
    if asks != (found.get(55, b"") != b"") or asks != (12 in found) or 51 in found or 52 in found:
        return "options that belong to no %s, or lack" % kind
    if asks and not 576 <= (found[57][0] << 8 | found[57][1]) <= wire.link.mtu:
        return "the largest message"
    if frame.src != (data[12:16] if named else bytes(4)):
        return "the source address"
    return ""


def name_of(frame):
    found = options_in(frame.data) if len(frame.data) > 240 else None
    return KINDS[found[53][0]] if found and 53 in found else "?"


def show(wire, frame):
    """A sent message as a line would tell it."""
    found = options_in(frame.data) or {}
    text = "DHCP %s" % name_of(frame)
    for key, code in (("want", 50), ("server", 54)):
        if code in found:
            text += " %s=%s" % (key, frames.ip_text(found[code]))
    if any(frame.data[12:16]):
        text += " ciaddr=" + frames.ip_text(frame.data[12:16])
    if frame.dst != b"\xff\xff\xff\xff":
        text += " to=" + frames.ip_text(frame.dst)
    if any(frame.data[8:10]):
        text += " secs=%d" % (frame.data[8] << 8 | frame.data[9])
    before = wire.dhcp_sent
    if before:
        text += " xid=" + ("same" if before.data[4:8] == frame.data[4:8] else "new")
    why = wrong(wire, frame)
    return text + ("   # wrong: " + why if why else "")


def differs(wire, line, frame):
    """Compare what the line says with the message; "" or what differs."""
    why = wrong(wire, frame)
    if why:
        return why
    data, keys = frame.data, line.keys
    found = options_in(data)
    if name_of(frame) != line.words[0]:
        return "another message"
    for key, code in (("want", 50), ("server", 54)):
        if found.get(code) != (frames.ip_bytes(keys[key]) if key in keys else None):
            return "option %d" % code
    if data[12:16] != frames.ip_bytes(keys.get("ciaddr", "0.0.0.0")):
        return "another ciaddr"
    to = frames.ip_bytes(keys.get("to", "255.255.255.255"))
    mac = wire.mac_of(to) if "to" in keys else frames.BROADCAST
    if frame.dst != to or frame.eth_dst != mac:
        return "sent to %s" % frames.ip_text(frame.dst)
    if "secs" in keys and (data[8] << 8 | data[9]) != line.number("secs"):
        return "secs=%d" % (data[8] << 8 | data[9])
    if "name" in keys and found.get(12) != keys["name"].encode():
        return "the name %r" % found.get(12)
    before = wire.dhcp_sent
    if "xid" in keys and (before.data[4:8] == data[4:8]) != (keys["xid"] == "same"):
        return "the xid is not " + keys["xid"]
    return ""


# ---- calls and looks -----------------------------------------------------------------------


def _ipconfig(wire, us, words, line):
    for key, value in line.keys.items():
        wire.net.ipconfig(**{key: int(value) if value.isdigit() else value})


def _hostname(wire, us, words, line):
    wire.net.config(hostname=words[0])


def _link(wire, us, words, line):
    wire.link.up = words[0] == "up"


def _active(wire, us, words, line):
    wire.net.active(words[0] == "on")


def _told(wanted, got):
    return None if got == wanted else "it is %s" % (got,)


def _addr(wire, us, words, line):
    address, mask = wire.net.ipconfig("addr4")
    bits = sum([bin(b).count("1") for b in frames.ip_bytes(mask)])
    return _told(words[0], "%s/%d" % (address, bits))


CALLS = {
    "ipconfig": _ipconfig,
    "hostname": _hostname,
    "link": _link,
    "active": _active,
    "addr": _addr,
    "gw": lambda wire, us, words, line: _told(words[0], wire.net.ipconfig("gw4")),
    "dns": lambda wire, us, words, line: _told(words[0], wire.net.ipconfig("dns")),
    "has": lambda wire, us, words, line: _told(words[0] == "yes", wire.net.ipconfig("has_dhcp4")),
    "status": lambda wire, us, words, line: _told(int(words[0]), wire.net.status()),
}
