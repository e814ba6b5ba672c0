"""More than one way out of our network (RFC 1122, 3.3.1): default gateways to fall back on, and
the routes that gateways told by redirects.  Loaded by the first of either.

A gateway is dead when ARP gets no answer from it (3.3.1.4): asked when it is used, and by
Iface.doubt() when TCP hears nothing from behind it.  Nobody is asked while nothing is sent.
"""

import array

import micropython
from micropython import const

from ..wire.ip4 import head, hop
from . import arp

# --- layout: written by tools/layout.py ---
_H_IP = const(3)
_H_MASK = const(4)
_H_GW = const(5)
_H_BCAST = const(6)
_H_HOP = const(7)
_S_SRC = const(0)
_S_L4 = const(4)
_O_DST = const(0)
_N_IP = const(0)
_NEIGH_WORDS = const(7)
_ST_TX_FRAMES = const(1)
_ST_TX_BUSY = const(2)
# --- end of layout ---

_ROUTES = const(4)
_READY = const(-2)


@micropython.viper
def choose(t: ptr32, o: ptr32, h: ptr32):
    """HOP of the host record becomes the gateway that table t names for the destination in the
    out record, if that is behind a gateway and the one named is on our network.
    """
    dst = o[_O_DST]
    me = h[_H_IP]
    if (dst ^ me) & h[_H_MASK]:
        n = _ROUTES
        while n > 0:
            if t[0] == dst and t[1] != 0 and ((t[1] ^ me) & h[_H_MASK]) == 0:
                h[_H_HOP] = t[1]
            t = ptr32(int(t) + 8)
            n -= 1


@micropython.viper
def enter(t: ptr32, spare: int, f: ptr16, s: ptr32, h: ptr32) -> bool:
    """The redirect in frame f is about the address SRC of the segment record.  When it is legal
    (RFC 1122, 3.2.2.2) it goes into table t: over what the table has for that address, otherwise
    into entry `spare`.  Whether it took that.

    Legal: it comes from the gateway in use for that address, which is not on our network, and
    names another host there.
    """
    me = h[_H_IP]
    mask = h[_H_MASK]
    dst = s[_S_SRC]
    use = h[_H_GW]
    at = 0 - 1
    i = 0
    while i < _ROUTES:
        if t[2 * i] == dst and t[2 * i + 1] != 0:
            at = i
            if ((t[2 * i + 1] ^ me) & mask) == 0:
                use = t[2 * i + 1]
        i += 1
    i = (s[_S_L4] >> 1) + 2
    new = f[i] | (f[i + 1] << 16)
    if (
        (f[13] | (f[14] << 16)) != use
        or ((dst ^ me) & mask) == 0
        or ((new ^ me) & mask) != 0
        or new == me
        or new == h[_H_BCAST]
        or new == me & mask
    ):
        return False
    took = at < 0
    if took:
        at = spare
    t[2 * at] = dst
    t[2 * at + 1] = new
    return took


@micropython.viper
def without(t: ptr32, g: ptr32, n: int, h: ptr32, neigh: ptr32, k: int):
    """Neighbour k is dead.  Routes by it in table t end; if it is the gateway in use, the next of
    the n in g takes its place, and the first after the last.
    """
    ip = ptr32(int(neigh) + 4 * _NEIGH_WORDS * k)[_N_IP]
    i = 0
    while i < _ROUTES:
        if t[2 * i + 1] == ip:
            t[2 * i + 1] = 0
        i += 1
    if ip == h[_H_GW]:
        i = 0
        while i < n:
            if g[i] == ip:
                i += 1
                h[_H_GW] = g[i if i < n else 0]
                return
            i += 1


class Routes:
    """Takes the place of Iface.send for its interface."""

    def __init__(self, iface):
        self.iface = iface
        self.table = array.array("i", bytearray(8 * _ROUTES))  # destination, gateway; 0: none
        self.spare = 0
        self.gateways = array.array("i")  # the first is preferred
        iface.routes = self
        iface.send = self.send

    def send(self, proto, n):
        """Send the n bytes of transport that stand in tx at 34 to the address in the out
        record.
        """
        iface = self.iface
        cache = iface.neigh
        head(iface.tx, n + (proto << 16), iface.out, iface.h)
        choose(self.table, iface.out, iface.h)
        k = hop(iface.tx, iface.h, cache.t, cache.n)
        if k == _READY or arp.resolve(iface, k, n + 34):
            if iface.link.send(iface.tx, n + 34):
                iface.count[_ST_TX_FRAMES] += 1
            else:
                iface.count[_ST_TX_BUSY] += 1
                iface.tx_len = n + 34

    def redirect(self):
        """Take the redirect in iface.rx, which quotes a packet of ours to SRC of the segment
        record.  That of a network counts for the one host (RFC 1122, 3.2.2.2).
        """
        s = self.iface.seg
        f = self.iface.rx
        if f[s[_S_L4] + 1] <= 3 and enter(self.table, self.spare, f, s, self.iface.h):
            self.spare = (self.spare + 1) % _ROUTES

    def dead(self, k):
        """Neighbour k answers no more."""
        iface = self.iface
        without(self.table, self.gateways, len(self.gateways), iface.h, iface.neigh.t, k)


def of(iface):
    """The interface's routes, made when there are none yet."""
    return iface.routes or Routes(iface)


def gateways(iface, addresses):
    """The default gateways are these, four bytes each, the preferred one first."""
    of(iface).gateways = array.array("i", b"".join(addresses))
