"""A stack that asks for its address, and at the other end of a wire in memory a DHCP server and a
second stack, under virtual time.

    lan = Lan()
    lan.net.ipconfig(dhcp4=True)
    lan.run(20_000)               # 20 s
    lan.server.host = 300         # it gives another address, and takes the old one back

The server is written apart from ferrule. Its messages are those of dhcpwords, so that what breaks
them in a ladder can break them here.
"""

import ferrule
import frames
from dhcpwords import CLIENT_PORT, KINDS, SERVER_PORT, option, options_in, word, wrong
from draw import Draw
from ferrule.link import loop

_NET = b"\x0a\x09"
_SERVER = _NET + b"\x00\x01"
_MASK = b"\xff\xff\0\0"
_ALL = b"\xff\xff\xff\xff"
_START = (1 << 30) - 5000  # the clock wraps soon


class Server:
    """The server 10.9.0.1 of 10.9.0.0/16. It gives one address, whose last two bytes are the
    number `host`, for lease_s seconds; with `deaf` it is not there, and what is in `ignored`
    (kinds) it does not answer. `asked` is the last message of the client, on whose link each is
    checked."""

    def __init__(self, link):
        self.link = link
        self.ignored = ()
        self.host = 258
        self.lease_s = 60
        self.deaf = False
        self.asked = None
        self.heard = []  # the kinds of the messages that came

    def address(self):
        return _NET + bytes((self.host >> 8, self.host & 255))

    def answer(self, frame):
        """The frame that answers this one of the client, or None."""
        why = frame.wrong or wrong(self, frame)
        assert not why, why
        data = frame.data
        found = options_in(data)
        kind = KINDS[found[53][0]]
        self.asked = frame
        self.heard.append(kind)
        if self.deaf or kind in self.ignored or kind in ("release", "decline"):
            return None
        if kind == "discover":
            return self.message(frame, "offer")
        if found.get(54, _SERVER) != _SERVER:
            return None
        wanted = found.get(50) or bytes(data[12:16])
        return self.message(frame, "ack" if wanted == self.address() else "nak")

    def message(self, frame, kind):
        """A message of this kind in answer to a client's frame."""
        return self.frame(self.text(frame, kind))

    def text(self, frame, kind):
        """The same without frame, IP and UDP."""
        asked = frame.data
        more = option(53, bytes((KINDS.index(kind),))) + option(54, _SERVER)
        yours = bytes(4)
        if kind != "nak":
            yours = self.address()
            more += option(51, word(self.lease_s)) + option(1, _MASK)
            more += option(3, _SERVER) + option(6, _SERVER)
        head = b"\x02\x01\x06\0" + asked[4:8] + bytes(8) + yours + bytes(8) + asked[28:44]
        return head + bytes(192) + b"\x63\x82\x53\x63" + more + b"\xff"

    def frame(self, text, to=_ALL, port=SERVER_PORT):
        """The message `text` in a frame to everybody, or to the client under the address `to`."""
        datagram = frames.udp(_SERVER, to, port, CLIENT_PORT, text)
        packet = frames.ip(_SERVER, to, frames.UDP, datagram)
        mac = frames.BROADCAST if to == _ALL else self.link.mac
        return frames.eth(mac, b"\x02\0\0\0\0\x01", frames.ETH_IP, packet)


class Far:
    """The far end of the wire as a link of the second stack: DHCP goes to the server."""

    def __init__(self, link, server):
        self.link = link
        self.server = server
        self.mac = link.mac
        self.mtu = link.mtu
        self.send = link.send
        self.isup = link.isup
        self.close = link.close

    def recv_into(self, frame):
        while True:
            n = self.link.recv_into(frame)
            if not n or not is_dhcp(frame):
                return n
            answer = self.server.answer(frames.parse(bytes(memoryview(frame)[:n]), 0))
            if answer:
                self.link.send(answer, len(answer))


def is_dhcp(f):
    """Whether the frame is UDP for the server's port."""
    return f[12] == 8 and f[13] == 0 and f[23] == 17 and f[36] == 0 and f[37] == SERVER_PORT


class Lan:
    """The wire, `net` and `peer` (10.9.0.1/16) on it, and the time. make(lan), if given, makes
    net on lan.near, with lan.limits()."""

    def __init__(self, seed=1, make=None):
        self.now = _START
        self.near, self.far = loop.pair(slots=8)
        self.server = Server(self.near)
        self.net = make(self) if make else self.stack(self.near, seed)
        self.peer = self.stack(Far(self.far, self.server), seed + 1)
        self.peer.ifconfig(("10.9.0.1", "255.255.0.0", "0.0.0.0", "0.0.0.0"))
        self.net.active(True)
        self.peer.active(True)

    def limits(self):
        """Arguments of Stack: few of everything, for two of them have to fit a small heap."""
        few = {"connections": 2, "half_open": 2, "time_wait": 4, "listeners": 2}
        return dict(few, ticks_ms=self.ticks_ms)

    def stack(self, link, seed):
        return ferrule.Stack(link, random=Draw(seed).bytes, **self.limits())

    def ticks_ms(self):
        return self.now

    def sleep(self, ms):
        left = 0x3FFFFFFF - self.now  # no sum here is an integer object on a 32-bit interpreter
        self.now = ms - left - 1 if ms > left else self.now + ms

    def run(self, ms, turn=None):
        """Let so much time pass; turn() is the program, called after each poll()."""
        while ms > 0:
            due = self.net.poll()
            if turn is not None and turn():
                due = 0
            ms -= self.pass_on(due, ms)

    def pass_on(self, due, most):
        """The other end's turn; then time passes until net has to be polled, at most that much.
        How much it was."""
        step = min(due, self.peer.poll(), most)
        if self.near.waiting():
            step = 0
        self.sleep(step)
        return step

    def until(self, done, ms, turn=None):
        """Run until done(), at most so long. Whether it is."""
        while not done():
            if ms <= 0:
                return False
            self.run(50, turn)
            ms -= 50
        return True

    def bound(self):
        """Whether net has the address that the server gives."""
        return self.net.ipconfig("addr4")[0] == frames.ip_text(self.server.address())

    def conflict(self):
        """Another host says twice that the address is its own."""
        mac = b"\x02\0\0\0\0\x63"
        message = frames.arp(2, mac, frames.ip_bytes(self.net.ifconfig()[0]), mac, bytes(4))
        frame = frames.eth(frames.BROADCAST, mac, frames.ETH_ARP, message)
        self.far.send(frame, len(frame))
        self.far.send(frame, len(frame))
