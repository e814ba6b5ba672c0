"""Reassembly takes nothing from the heap: fragments are read, kept and put together with the heap
locked.
"""

import micropython

import ferrule
import frames
from ferrule.link import loop
from testing import proves

_US = b"\x0a\x09\x00\x02"
_PEER = b"\x0a\x09\x00\x01"


class Host:
    """A stack on one end of a wire; the test holds the other end."""

    def __init__(self):
        self.now = 0
        a, self.link = loop.pair(slots=4)
        self.net = ferrule.Stack(
            a,
            ticks_ms=lambda: self.now,
            random=lambda n: bytes(n),
            fragments=2,
            connections=1,
        )
        self.net.ifconfig(("10.9.0.2", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
        self.net.active(True)
        self.frame = bytearray(1514)
        self.deliver(frames.ETH_ARP, frames.arp(1, self.link.mac, _PEER, bytes(6), _US))

    def deliver(self, kind, payload):
        """Let a frame arrive, and what is answered to it leave, with the heap locked.  The length
        of the last answer.
        """
        raw = frames.eth(self.net.link.mac, self.link.mac, kind, payload)
        assert self.link.send(raw, len(raw))
        poll = self.net.poll
        micropython.heap_lock()
        try:
            poll()
        finally:
            micropython.heap_unlock()
        n = self.link.recv_into(self.frame)
        while n:
            last = n
            n = self.link.recv_into(self.frame)
            if not n:
                return last
        return 0

    def piece(self, message, first, last, ident):
        frag = first >> 3 | (0x2000 if last < len(message) else 0)
        packet = frames.ip(_PEER, _US, frames.ICMP, message[first:last], frag=frag, ident=ident)
        return self.deliver(frames.ETH_IP, packet)


@proves("RFC1122-3.2.1.4-1")
def test_fragments_take_nothing_from_the_heap():
    host = Host()
    message = frames.icmp(8, 0, b"\0\7\0\1", frames.stream(False, 0, 1000))
    for ident in range(4):
        assert host.piece(message, 504, 1008, ident) == 0
        assert host.piece(message, 504, 1008, ident) == 0  # twice
        assert host.piece(message, 0, 504, ident) == 1042
    for ident in range(4, 8):  # contradictions, and records that make room
        assert host.piece(message, 504, 1008, ident) == 0
        assert host.piece(message, 0, 512, ident) == 0
    for ident in range(8, 12):
        assert host.piece(message, 0, 504, ident) == 0
    host.now = 60000
    assert host.deliver(frames.ETH_IP, frames.ip(_PEER, _US, 99, bytes(8))) > 0
    stats = host.net.stats()
    assert (stats["ReasmOKs"], stats["ReasmTimeout"], stats["ReasmFails"]) == (4, 2, 8), stats
