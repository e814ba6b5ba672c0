"""Mangled and hostile DHCP messages against one client, in every state. Runs inside MicroPython.

    DhcpBarrage(seed=1).run(1000)

What is not for the client may change nothing; whatever came, it gets an address from an honest
server afterwards, its memory is as before, and the stack accepts connections.
"""

import gc

import frames
from dhcphost import Lan
from dhcpwords import option, word
from draw import Draw

_BATCH = 25
_PATIENCE_MS = 200_000

STATES = (
    "INIT", "SELECTING", "REQUESTING", "PROBING", "BOUND", "RENEWING", "REBINDING", "REBOOTING",
)  # fmt: skip

_CODES = (0, 1, 1, 3, 6, 12, 43, 50, 51, 51, 52, 53, 53, 54, 54, 58, 59, 61, 82, 121, 255)
_TIMES = (0, 1, 9, 10, 11, 60, 0x3FFFFFFF, 0x40000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_ADDRESSES = (
    b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x0a\x09\0\0", b"\x0a\x09\xff\xff", b"\x0a\x09\0\x01",
    b"\x7f\0\0\x01", b"\xe0\0\0\x01", b"\xa9\xfe\x01\x01", b"\x0a\x09\x07\x07", b"\xc0\xa8\1\2",
)  # fmt: skip
_MASKS = (
    b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\0\0", b"\xff\0\xff\0", b"\xff\xff\xff\xfe",
    b"\0\0\0\xff",
)  # fmt: skip


class DhcpBarrage:
    """A client on a LAN, and the dice that decide what it has to endure."""

    def __init__(self, seed):
        self.seed = seed
        self.draw = Draw(seed + 100)
        self.lan = Lan(seed)
        self.net = self.lan.net
        self.server = self.lan.server
        self.door = self.net.socket()
        self.door.setblocking(False)
        self.door.bind(("", 80))
        self.door.listen(1)
        self.count = 0

    def pick(self, choices):
        return choices[self.draw.below(len(choices))]

    def run(self, messages):
        """So many messages, in batches, each with the client in another state. The first quarter
        meets every state, for what a state allocates once is not lost."""
        first = messages // 4
        self.batches(self.count + first, first // len(STATES))
        self.recover()
        used = self.used()
        self.batches(self.count + messages - first, _BATCH)
        self.recover()
        grown = self.used() - used
        assert grown < 200, "seed %d: %d bytes of heap more than before" % (self.seed, grown)

    def used(self):
        """Heap bytes in use, without what the server remembers of the client's messages."""
        self.server.heard = []
        self.server.asked = None
        gc.collect()
        return gc.mem_alloc()

    def batches(self, goal, size):
        while True:
            for state in STATES:
                if self.count >= goal:
                    return
                self.reach(state)
                for _ in range(min(size, goal - self.count)):
                    self.one()
                self.recover()

    def state(self):
        return self.net.status("dhcp")[0]

    def reach(self, state):
        """The client in this state; the server is silent."""
        server = self.server
        self.net.ipconfig(dhcp4=False)
        server.asked = None
        server.ignored = {"INIT": ("discover",), "SELECTING": ("discover",),
                          "REQUESTING": ("request",)}.get(state, ())  # fmt: skip
        self.net.ipconfig(dhcp4=True)
        if state != "INIT":
            first = state if state in STATES[:5] else "BOUND"
            assert self.lan.until(lambda: self.state() == first, _PATIENCE_MS), first
        server.deaf = True
        if state == "REBOOTING":
            self.lan.far.plug(False)
            self.lan.run(2000)
            self.lan.far.plug(True)
        assert self.lan.until(lambda: self.state() == state, _PATIENCE_MS), state

    def recover(self):
        """An honest server answers again, and the cable is pulled and plugged in: the client has
        the server's address, and a peer connects to it."""
        lan = self.lan
        where = "seed %d, message %d: " % (self.seed, self.count)
        self.server.deaf = False
        self.server.ignored = ()
        self.server.host = 258 + self.draw.below(5000)
        lan.far.plug(False)
        lan.run(3000)
        lan.far.plug(True)
        bound = lan.until(lan.bound, _PATIENCE_MS)
        assert bound, where + "%s %s" % (self.net.status("dhcp"), self.server.heard[-9:])
        lan.run(3000)
        peer = lan.peer.socket()
        peer.setblocking(False)
        try:
            peer.connect((self.net.ifconfig()[0], 80))
        except OSError:
            pass
        lan.run(3000)
        self.door.accept()[0].abort()
        peer.abort()
        lan.run(500)

    def one(self):
        """One message."""
        self.count += 1
        self.net.poll()
        before = self.snapshot()
        frame, ours = self.message()
        try:
            self.lan.far.send(frame, len(frame))
            self.net.poll()
            self.net.poll()
            if not ours:
                assert self.snapshot() == before, "it changed something"
            self.lan.run(self.draw.below(3) * 40)
        except Exception as error:
            text = "".join(["%02x" % b for b in frame])
            where = "seed %d, message %d" % (self.seed, self.count)
            raise AssertionError("%s: %r after %s" % (where, error, text)) from error

    def snapshot(self):
        """What a message for others must leave as it is."""
        service = self.net.iface.service
        lease = service.lease
        return (
            self.state(), self.net.ifconfig(), bytes(service.t), bytes(service.xid), lease.ip,
            lease.server, lease.end_s, lease.t1_s, lease.t2_s, service.fails, service.tries,
        )  # fmt: skip

    def message(self):
        """(frame, whether it could be for the client)."""
        asked = self.server.asked
        if self.draw.below(20) == 0:
            return conflicting(self.lan, self.draw), True
        if asked is None:
            return self.server.frame(self.draw.bytes(self.draw.below(600))), False
        kind = self.pick(("offer", "offer", "ack", "ack", "nak", "decline", "discover"))
        text = bytearray(self.server.text(asked, kind))
        how = self.draw.below(8)
        if how == 0:
            return self.for_others(text)
        if how < 4:
            text = text[:240] + self.options(kind) + b"\xff"
            text[16:20] = self.pick(_ADDRESSES)
            self.overload(text)
        if how > 2:
            for _ in range(self.draw.below(4)):
                # the first 240 bytes say for whom it is
                text[240 + self.draw.below(len(text) - 240)] = self.pick((0, 1, 4, 255, 128))
        if how == 7:
            text = text[: self.draw.below(len(text))]
        to = self.pick(
            (b"\xff\xff\xff\xff", b"\xff\xff\xff\xff", bytes(text[16:20] + b"\1\1\1\1"))
        )
        return self.server.frame(bytes(text), to[:4]), True

    def for_others(self, text):
        """A good message with one thing wrong that says that it is not for us."""
        at = self.pick((0, 1, 2, 4, 5, 6, 7, 28, 31, 33, 236, 239))
        text[at] ^= 1 + self.draw.below(255)
        port = 67
        if self.draw.below(4) == 0:
            text[at] = self.server.text(self.server.asked, "offer")[at]
            port = 68
        return self.server.frame(bytes(text), port=port), False

    def options(self, kind):
        """Options that a server might send, in any order, with values that none should."""
        draw = self.draw
        good = {
            51: word(self.pick(_TIMES)), 58: word(self.pick(_TIMES)), 59: word(self.pick(_TIMES)),
            1: self.pick(_MASKS), 3: self.pick(_ADDRESSES), 6: self.pick(_ADDRESSES),
            52: bytes((draw.below(5),)), 53: bytes((2 if kind == "offer" else 5,)),
            54: self.pick(_ADDRESSES + (b"\x0a\x09\0\x01",) * 10),
        }  # fmt: skip
        out = bytearray()
        if draw.below(3):
            out += option(53, good[53]) + option(54, b"\x0a\x09\0\x01")
        for _ in range(draw.below(8)):
            code = self.pick(_CODES)
            value = good.get(code, draw.bytes(draw.below(9)))
            if draw.below(8) == 0:
                value = draw.bytes(draw.below(9))
            out += option(code, value) if 0 < code < 255 else bytes((code,))
            if draw.below(20) == 0:
                out[-1 - draw.below(min(len(out), 6))] = self.pick((0, 255, 200, 60))
        return out

    def overload(self, text):
        """Sometimes sname and file hold options, too."""
        if self.draw.below(3) == 0:
            for at, size in ((44, 64), (108, 128)):
                more = self.options("ack")[:size]
                text[at : at + len(more)] = more


def conflicting(lan, draw):
    """An ARP packet of a stranger about an address."""
    mac = b"\x02\0\0\0\0" + bytes((64 + draw.below(4),))
    who = draw.below(3)
    about = lan.server.address() if who else draw.bytes(4)
    sender = bytes(4) if who == 1 else about
    packet = frames.arp(1 + draw.below(2), mac, sender, bytes(6), about)
    return frames.eth(frames.BROADCAST, mac, frames.ETH_ARP, packet)
