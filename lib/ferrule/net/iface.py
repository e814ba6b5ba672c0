"""The interface: frames between the link and the protocols, one at a time in each direction.

There is one buffer for the frame being read and one for the frame being built.  A frame that the
link is too busy to take stays in its buffer and is offered again; until it has gone nothing else
is built, and whoever has something to say keeps it in his own record.
"""

from micropython import const

from ..wire.ip4 import check_frame, head, hop
from . import arp, icmp

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_H_TOKENS = const(14)
_H_TOKENS_AT = const(15)
_C_CHALLENGE = const(10)
_ST_RX_FRAMES = const(0)
_ST_TX_FRAMES = const(1)
_ST_TX_BUSY = const(2)
_ST_ETH_DROP = const(3)
_ST_IP_ADDR = const(12)
_ST_IP_FRAG = const(13)
_ST_IP_PROTO = const(14)
_ST_RATE_LIMITED = const(22)
# --- end of layout ---

_ARP = const(256)
_READY = const(-2)


class Iface:
    """One link with the host's records around it.  All buffers are taken here."""

    def __init__(self, link, host, cfg, count, seg, out, neighbours, queue):
        self.link = link
        self.h = host
        self.cfg = cfg
        self.count = count
        self.seg = seg
        self.out = out
        size = 14 + link.mtu
        self.rx = bytearray(size + 3 & ~3)
        self.tx = bytearray(size + 3 & ~3)
        self.tx_len = 0  # a frame in tx that the link has not taken yet
        self.neigh = arp.Cache(neighbours, queue)
        self.fragments = None  # reassembly, if the program wants it: fragments.py
        self.routes = None  # more than one gateway: routes.py
        self.snap = None  # the module snap.py, once there was such a frame
        self.ping = None  # a program that waits for echo replies: api/ping.py
        self.service = None  # set by service/: takes UDP, sees ARP, and has timers
        self.on_tcp = None  # set by stack.py: on_tcp() takes the segment in rx
        self.on_unreachable = (
            None  # set by stack.py: on_unreachable(type << 8 | code) takes an ICMP error for TCP
        )

    def frame_in(self, n):
        """Handle the frame of n bytes in rx."""
        self.count[_ST_RX_FRAMES] += 1
        kind = check_frame(self.rx, n, self.h, self.seg)
        if kind == 6:
            self.on_tcp()
        elif kind == _ARP:
            arp.arrives(self)
        elif kind == 1:
            icmp.arrives(self)
        elif kind < 0:
            if not self.odd(kind, n):
                self.count[-kind] += 1
        elif kind != 17 or self.service is None or not self.service.udp():
            self.count[_ST_IP_PROTO] += 1
            icmp.refuse(self, 3 if kind == 17 else 2)  # no port, no protocol (RFC 1122, 3.2.2.1)

    def odd(self, kind, n):
        """The frame in rx is no ordinary one (kind: minus the counter of what is wrong with it).
        Whether it was of use all the same: a fragment, for an address that is to become ours, or
        in an IEEE 802.3 frame.
        """
        f = self.rx
        if kind == -_ST_IP_FRAG:
            return self.fragments is not None and self.fragments.take()
        if kind == -_ST_IP_ADDR:
            return self.service is not None and self.service.stray()
        if kind == -_ST_ETH_DROP and f[14] == 0xAA and f[15] == 0xAA and f[12] < 6:
            try:
                if self.snap is None:
                    from . import snap

                    self.snap = snap
                return self.snap.take(self, n)
            except MemoryError:  # no room for the code
                pass
        return False

    def ready(self):
        """Whether tx is free to build in."""
        if self.tx_len == 0:
            return True
        if not self.link.send(self.tx, self.tx_len):
            return False
        self.tx_len = 0
        self.count[_ST_TX_FRAMES] += 1
        return True

    def send(self, proto, n):
        """Send the n bytes of transport that stand in tx at 34 to the address in the out
        record.
        """
        cache = self.neigh
        head(self.tx, n + (proto << 16), self.out, self.h)
        k = hop(self.tx, self.h, cache.t, cache.n)
        if k == _READY or arp.resolve(self, k, n + 34):
            if self.link.send(self.tx, n + 34):
                self.count[_ST_TX_FRAMES] += 1
            else:
                self.count[_ST_TX_BUSY] += 1
                self.tx_len = n + 34

    def doubt(self):
        """Somebody gets no answer to what he sends through the next hop in the host record."""
        arp.doubt(self)

    def allowed(self):
        """Take one of this second's answers to strangers; False when they are used up (RFC
        1812, 4.3.2.8).
        """
        h = self.h
        if (h[_H_NOW] - h[_H_TOKENS_AT]) & 0x3FFFFFFF >= 1000:
            h[_H_TOKENS_AT] = h[_H_NOW]
            h[_H_TOKENS] = self.cfg[_C_CHALLENGE]
        if h[_H_TOKENS] <= 0:
            self.count[_ST_RATE_LIMITED] += 1
            return False
        h[_H_TOKENS] -= 1
        return True
