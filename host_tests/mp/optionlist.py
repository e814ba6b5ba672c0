"""TCP options and ECN on the lines of a ladder: window scale, SACK, timestamps.

    <== SYN  0       mss=1000 wscale=2 sackok ts=0      # what the peer offers
    ==> SYN ACK 0    ack=1 wscale=0 sackok ts=0/0       # TSval 0, TSecr 0
    <== ACK  1       ack=1 sack=1001:2001,3001:4001 ts=20/0
    ==> ACK  1       ack=1 sack=- ts                    # no SACK, some timestamp

`key=-` on a `==>` line says that the option must not be there, on a `<==` line that it is left
out. SACK blocks count like sequence numbers. Timestamps count from the first one of each side,
`@7` stands for the number itself; of `ts=40`, `ts=/20` and `ts=40/20` only what is written is
compared. A `<==` line with `ts=40` echoes the last timestamp that we sent. When both SYNs had
timestamps, lines that say nothing carry them too, in milliseconds since the opening. A SYN with
`stray=1` belongs to no handshake: what was agreed stands.
"""

from frames import ACK, CWR, ECE, RST, SYN

# The peer's clock: it passes 2**32 half a second after the opening.
PEER_TS = 0xFFFFFE0C
ECN = {"-": 0, "ect1": 1, "ect0": 2, "ce": 3}
WORDS = ("sackok", "ts", "df")  # keys that may stand without a value


class Offers:
    """What the two sides of a flow offered in their SYNs, and the state of its timestamps."""

    def __init__(self):
        self.ours = {}  # option -> value, from our SYN
        self.theirs = {}
        self.first = None  # our first TSval
        self.last = 0  # our last TSval
        self.began = None  # the peer's clock stood at PEER_TS then
        self.top = 0  # the highest number that we sent, relative

    def both(self, name):
        """Whether both SYNs carried the option."""
        return name in self.ours and name in self.theirs

    def shift(self):
        """The scale of the windows that we advertise."""
        return self.ours["wscale"] if self.both("wscale") else 0


def _word(value):
    value &= 0xFFFFFFFF
    return bytes((value >> 24, value >> 16 & 255, value >> 8 & 255, value & 255))


def _stamp(text, base):
    return int(text[1:]) if text[:1] == "@" else (base + int(text)) & 0xFFFFFFFF


# ---- frames that arrive --------------------------------------------------------------------


def make(wire, flow, line, flags):
    """The options of a `<==` line as bytes, and what they offer noted in the flow."""
    keys = line.keys
    offers = flow.offers
    syn = flags & SYN
    made = b""
    if "mss" in keys:
        mss = line.number("mss")
        made += bytes((2, 4, mss >> 8, mss & 255))
    if keys.get("wscale", "-") != "-":
        made += bytes((1, 3, 3, line.number("wscale")))
    if keys.get("sackok", "-") != "-":
        made += b"\x01\x01\x04\x02"
    made += _timestamps(wire, flow, line, flags)
    if keys.get("sack", "-") != "-":
        blocks = _spans(keys["sack"])
        made += bytes((1, 1, 5, 2 + 8 * len(blocks)))
        for left, right in blocks:
            made += _word(flow.iss + left) + _word(flow.iss + right)
    if syn and "stray" not in keys:
        offers.theirs = {}
        for name in ("wscale", "sackok", "ts"):
            if keys.get(name, "-") != "-":
                offers.theirs[name] = line.number(name) if name == "wscale" else 1
        if flags & ECE:
            offers.theirs["ecn"] = 1
    return made


def _timestamps(wire, flow, line, flags):
    offers = flow.offers
    text = line.keys.get("ts")
    if text is None:
        if flags & SYN or not offers.both("ts"):
            return b""
        text = ""
    if text == "-":
        return b""
    value, _, echo = text.partition("/")
    now = wire.clock.now
    if offers.began is None:
        offers.began = now - (int(value) if value[:1].isdigit() else 0)
    value = _stamp(value, PEER_TS) if value else (PEER_TS + now - offers.began) & 0xFFFFFFFF
    if echo:
        echo = _stamp(echo, offers.first or 0)
    else:
        echo = offers.last if flags & ACK else 0
    return b"\x01\x01\x08\x0a" + _word(value) + _word(echo)


def _spans(text):
    spans = []
    for block in text.split(","):
        left, _, right = block.partition(":")
        spans.append((int(left), int(right)))
    return spans


# ---- frames that were sent -----------------------------------------------------------------


def learn(flow, frame):
    """Note what our SYN offers, and our first timestamp."""
    offers = flow.offers
    if frame.flags & SYN:
        offers.ours = {}
        if frame.wscale is not None:
            offers.ours["wscale"] = frame.wscale
        if frame.sackok:
            offers.ours["sackok"] = 1
        if frame.ts is not None:
            offers.ours["ts"] = 1
        if frame.flags & ECE:
            offers.ours["ecn"] = 1
    if frame.ts is not None and not frame.flags & RST and offers.first is None:
        offers.first = offers.last = frame.ts[0]


def wrong(flow, frame, first, n):
    """What holds for the options and ECN bits of every frame sent: "" or what is wrong."""
    offers = flow.offers
    syn_ack = frame.flags & (SYN | ACK) == SYN | ACK
    for name, there in (
        ("wscale", frame.wscale is not None),
        ("sackok", frame.sackok),
        ("ts", frame.ts is not None),
    ):
        if there and syn_ack and name not in offers.theirs:
            return "%s, which the peer did not offer" % name
    if frame.sack and not offers.both("sackok"):
        return "SACK blocks that were not negotiated"
    why = _wrong_ts(offers, frame) or _wrong_blocks(frame)
    if why:
        return why
    if (frame.ecn or frame.flags & (ECE | CWR)) and not frame.flags & SYN:
        if not offers.both("ecn"):
            return "ECN that was not negotiated"
    again = n and flow.iss is not None and first < offers.top
    if frame.ecn and (not n or frame.flags & SYN):
        return "ECT on a segment without text"
    if again and (frame.ecn or frame.flags & CWR):
        return "ECT or CWR on a retransmission"
    if flow.iss is not None and first + n > offers.top:
        offers.top = first + n
    return ""


def _wrong_ts(offers, frame):
    if frame.flags & (SYN | RST):
        # A reset tells the timestamp that it answers, with ACK or without (RFC 7323, 5.2).
        if frame.ts and frame.ts[1] and not frame.flags & (ACK | RST):
            return "TSecr without ACK"
    elif frame.ts is None:
        if offers.both("ts"):
            return "no timestamp, which was negotiated"
    elif not offers.both("ts"):
        return "a timestamp that was not negotiated"
    if frame.ts is not None and not frame.flags & RST:
        if (frame.ts[0] - offers.last) & 0x80000000:
            return "TSval went back"
        offers.last = frame.ts[0]
    return ""


def _wrong_blocks(frame):
    for at, (left, right) in enumerate(frame.sack):
        if (right - left - 1) & 0x80000000:
            return "a SACK block that is empty"
        if at and (left - frame.ack - 1) & 0x80000000:
            return "a SACK block that is acknowledged"
    return ""


def show(flow, frame):
    """The options and ECN bits of a sent frame as a line would tell them."""
    text = ""
    if frame.mss is not None:
        text += " mss=%d" % frame.mss
    if frame.wscale is not None:
        text += " wscale=%d" % frame.wscale
    if frame.sackok:
        text += " sackok"
    if frame.ts is not None:
        text += " ts=" + _shown_ts(flow, frame)
    if frame.sack:
        text += " sack=" + _shown_blocks(flow, frame)
    if frame.unknown:
        text += " opt=" + "".join("%02x" % b for b in frame.options)
    if frame.urgent:
        text += " urg=%d" % frame.urgent
    return text + (" ecn=" + _ecn_name(frame.ecn) if frame.ecn else "")


def _ecn_name(bits):
    return [name for name, value in ECN.items() if value == bits][0]


def _shown_ts(flow, frame):
    value, echo = frame.ts
    first = flow.offers.first
    text = "@%d" % value if first is None else "%d" % _near(value - first)
    if not echo and not frame.flags & ACK:
        return text + "/@0"
    return text + "/%d" % _near(echo - PEER_TS)


def _near(n):
    return ((n + 0x80000000) & 0xFFFFFFFF) - 0x80000000


def _shown_blocks(flow, frame):
    return ",".join(
        "%d:%d" % (_near(left - flow.isn), _near(right - flow.isn)) for left, right in frame.sack
    )


def differs(flow, line, frame):
    """Compare the options that a `==>` line tells; "" or what differs."""
    keys = line.keys
    for name, value in (("mss", frame.mss), ("wscale", frame.wscale)):
        if name in keys and value != (None if keys[name] == "-" else line.number(name)):
            return "%s=%s" % (name, "-" if value is None else value)
    if "sackok" in keys and frame.sackok != (keys["sackok"] != "-"):
        return "sackok" if frame.sackok else "no sackok"
    if "sack" in keys:
        seen = _shown_blocks(flow, frame) or "-"
        if seen != keys["sack"]:
            return "sack=" + seen
    if "ts" in keys and not _same_ts(flow, keys["ts"], frame):
        return "no timestamp" if frame.ts is None else "ts=" + _shown_ts(flow, frame)
    if "ecn" in keys and frame.ecn != ECN[keys["ecn"]]:
        return "ecn=" + _ecn_name(frame.ecn)
    return ""


def _same_ts(flow, text, frame):
    if text == "-" or frame.ts is None:
        return text == "-" and frame.ts is None
    value, _, echo = text.partition("/")
    first = flow.offers.first or 0
    return (not value or frame.ts[0] == _stamp(value, first)) and (
        not echo or frame.ts[1] == _stamp(echo, PEER_TS)
    )
