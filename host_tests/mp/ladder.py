"""Ladders: short wire exchanges under virtual time, exact to the millisecond.

    0     us.listen   80                         # a call of the program (calls.py)
    0     <== SYN       0       mss=1000         # a frame that arrives here
    0     ==> SYN ACK   0       ack=1 mss=1460   # a frame that must be sent in this millisecond
    20    <== ACK       1       ack=1
    20    us.write    500
    20    ==> PSH ACK   1:501   ack=1
    1020  ==> PSH ACK   1:501   ack=1

A line is a time in milliseconds (or `63s`, or `+40` after the line before), what happens, and
after `#` a remark. Any frame that the stack sends and no `==>` line tells, and any `==>` line for
which nothing is sent in that millisecond, fails the ladder.

Sequence numbers count from each side's first; `1:501` is 500 bytes of that side's stream, whose
content is checked. Of a sent frame only what the line says is compared: `ack= win= urg= opt=`,
the options (optionlist.py: `mss= wscale= sackok sack= ts=`), `ttl= tos= ecn= df=` of its IP
header, and the flags. PSH written must be there, not written it is not looked at, and `psh=0` says
that it must not be there. `route=7,8` or `route=strict:7,8` tells the gateways of its source
route, which must not be there when the line has none. Checksums, lengths, addresses, option lists,
what was negotiated and the rule that the right edge of our window never moves left are verified
for every frame (frames.py, `_check` below).

`<==` lines at one time with nothing between them arrive together, before one poll. `us.poll`
between them separates them. On these lines `win` (the field, not scaled) stays what the line
before said, and `opt=` (hexadecimal) follows the other options. What breaks a frame is listed at
`_incoming_ip`. `isn=5000` on a SYN begins a new connection of the same pair, 5000 after the first
number of the old one. `ICMP unreachable code=4 mtu=1000 qseq=1` quotes our segment with number 1.
"""

import calls
import frames
import optionlist
import packets

_WORDS = ("ARP", "ICMP", "UDP", "DHCP", "IP")


class Failure(Exception):
    """What a line of a ladder complains of."""


class Line:
    """One line of a ladder, split into its parts."""

    def __init__(self, text, before):
        self.text = text
        words = text.split("#")[0].split()
        self.time = _time(words[0], before)
        self.what = words[1]
        self.words = []
        self.keys = {}
        for word in words[2:]:
            name, equals, value = _cut(word)
            if equals:
                self.keys[name] = value
            elif name in optionlist.WORDS and self.what[1:] in ("==", "=>"):
                self.keys[name] = "1" if name == "df" else ""
            else:
                self.words.append(name)
        self.kind = "TCP"
        if self.words and self.words[0] in _WORDS:
            self.kind = self.words.pop(0)

    def number(self, key, default=None):
        """The value of `key` as a number."""
        value = self.keys.get(key)
        return default if value is None else int(value, 0)

    def flags(self):
        """The flags as bits; `-` stands for none."""
        bits = 0
        for name, bit in frames.FLAGS:
            if name in self.words:
                bits |= bit
        return bits

    def span(self):
        """The sequence number and the length of the text: `1:501` gives (1, 500)."""
        if not self.words or not _is_number(self.words[-1]):
            raise Failure("this line needs a sequence number")
        first, colon, end = self.words[-1].partition(":")
        return int(first), (int(end) - int(first) if colon else 0)

    def address(self):
        """The peer that the line is about, four bytes."""
        name = self.keys.get("from")
        if name is None:
            return b"\x0a\x09\x00\x01"
        return frames.ip_bytes(name if "." in name else "10.9.0." + name)


def _cut(word):
    # "psh=0" is a key, "-" and "1:501" are words.
    name, equals, value = word.partition("=")
    return name, equals, value


def _is_number(word):
    return word[0].isdigit() or (word[0] == "-" and len(word) > 1)


def _time(word, before):
    scale = 1
    if word.endswith("s"):
        word, scale = word[:-1], 1000
    if word.startswith("+"):
        return before + int(word[1:]) * scale
    return int(word) * scale


def lines_of(text):
    """The lines of a ladder that are more than a remark."""
    result = []
    before = 0
    for row in text.split("\n"):
        if row.split("#")[0].strip():
            line = Line(row.strip(), before)
            before = line.time
            result.append(line)
    return result


class Player:
    """Plays one ladder on one wire."""

    def __init__(self, wire, lines, recording):
        self.wire = wire
        self.lines = lines
        self.recording = recording
        self.at = 0  # the line being played
        self.log = []  # what happened instead, while recording

    def run(self):
        for at, line in enumerate(self.lines):
            self.at = at
            self._pass_time(line)
            if line.what == "<==":
                self._leftover()
                self.log.append(line.text)
                packets.arrive(self.wire, line)
            elif line.what == "==>":
                if not self.recording:
                    self._settle()
                    self._expect(line)
            elif line.what.startswith("us"):
                self._settle()
                if not calls.only_looks(line):
                    self._leftover()
                self.log.append(line.text)
                calls.run(self.wire, line)
                self._settle()
            else:
                raise Failure("a line says <==, ==> or us.")
        self.at = len(self.lines)
        self._settle()
        self._leftover()

    def _settle(self):
        # Frames that arrived at this time are handled before anything else happens.
        self.wire.pump()
        if self.recording:
            self._log_seen()

    def _log_seen(self):
        wire = self.wire
        for frame in wire.seen:
            packets.learn(wire, frame)
            self.log.append("%-6d ==> %s" % (frame.at - wire.zero, packets.show(wire, frame)))
            _check(wire, frame)
            if frame.kind == "DHCP":
                wire.dhcp_sent = frame
        wire.seen = []

    def _pass_time(self, line):
        wire = self.wire
        until = wire.zero + line.time
        if until < wire.clock.now:
            raise Failure("the time is %d already" % wire.now())
        if until > wire.clock.now:
            self._settle()
            self._leftover()
        while wire.clock.now < until:
            wire.advance(until)
            if wire.clock.now < until:
                if self.recording:
                    self._log_seen()
                else:
                    self._leftover()

    def _leftover(self):
        # Everything that was sent must have been taken by a ==> line.
        if self.recording:
            self._log_seen()
        elif self.wire.seen:
            raise Failure("sent, but not in the ladder")

    def _expect(self, line):
        wire = self.wire
        if not wire.seen:
            raise Failure("nothing was sent")
        frame = wire.seen[0]
        if frame.at != wire.zero + line.time:
            raise Failure("sent at another time")
        packets.learn(wire, frame)
        why = _check(wire, frame) or packets.differs(wire, line, frame)
        if why:
            raise Failure(why)
        if frame.kind == "DHCP":
            wire.dhcp_sent = frame
        wire.seen.pop(0)


def _check(wire, frame):
    """What holds for every frame that the stack sends: "" or what is wrong with this one."""
    if frame.wrong:
        return frame.wrong
    if frame.eth_src != wire.link.mac:
        return "Ethernet source is not ours"
    if frame.kind in ("ARP", "DHCP"):  # a client may have no address yet: dhcpwords.wrong
        return ""
    if len(frame.raw) > 14 + wire.link.mtu:
        return "longer than the link's MTU"
    if frame.src != b"\x0a\x09\x00\x02":
        return "source address %s is not ours" % frames.ip_text(frame.src)
    if frame.kind != "TCP":
        return ""
    packets.learn(wire, frame)
    flow = wire.flow(frame.dst, frame.dport, frame.sport)
    flow.sent = frame.raw
    if frame.flags & frames.ACK and not frame.flags & frames.RST:
        # The window of a SYN is never scaled (RFC 7323, 2.2); a scaled one loses its last bits.
        shift = 0 if frame.flags & frames.SYN else flow.offers.shift()
        edge = packets.relative(frame.ack, flow.isn) + (frame.win << shift)
        if flow.edge is not None and edge + (1 << shift) <= flow.edge:
            return "the right edge of our window moved left by %d" % (flow.edge - edge)
        flow.edge = edge
    n = len(frame.data)
    first = packets.relative(frame.seq, flow.iss or 0) + (1 if frame.flags & frames.SYN else 0)
    if n and flow.iss is not None and frame.data != frames.stream(True, first - 1, n):
        return "the text is not what was written there"
    return optionlist.wrong(flow, frame, first, n)


def play(wire, text, recording=False):
    """Play the ladder `text` on `wire`."""
    lines = lines_of(text)
    wire.counting = "us.grown" in text
    wire.link.careful(wire.counting)
    player = wire.player(wire, lines, recording)
    try:
        player.run()
    except Failure as failure:
        raise AssertionError(_report(wire, lines, player.at, str(failure)))
    except OSError as error:
        raise AssertionError(_report(wire, lines, player.at, "OSError %s" % (error.args,)))
    finally:
        wire.counting = False
        wire.link.careful(False)
    if recording:
        raise AssertionError("recorded:\n" + "\n".join(player.log))


def _report(wire, lines, at, why):
    """The whole ladder with one mark, and what was seen in its syntax."""
    rows = [why]
    for i, line in enumerate(lines):
        if i == at:
            rows.append("  >>  %s" % line.text)
            rows.extend(_seen(wire))
        else:
            rows.append("      %s" % line.text)
    if at >= len(lines):
        rows.append("  >>  (the end, at %d)" % wire.now())
        rows.extend(_seen(wire))
    return "\n".join(rows)


def _seen(wire):
    if not wire.seen:
        return ["      seen: nothing, at %d" % wire.now()]
    return [
        "      seen: %-6d ==> %s" % (frame.at - wire.zero, packets.show(wire, frame))
        for frame in wire.seen
    ]
