"""IP source routes (RFC 9293, 3.9.2.1; RFC 791, 3.1; RFC 1122, 3.2.1.8 (c)): a program's own, and
with accept_source_route the way back to peers that came by one; loaded by the first of either.

Most networks drop packets with such a route, for it leads around filters (BCP 186), so all of it
is off until a program asks.  Then it stands before three functions of the interface, and in the
place of tcp/pmtu.py's paths, which are asked when a connection opens.

What a connection's option takes in every packet stands in `p.ip >> 8 & 60`, in bytes.
"""

import array

from micropython import const

from ..net import arp, routes
from ..wire.ip4 import head, hop
from ..wire.srcroute import (
    acceptable,
    back,
    copy_words,
    final,
    half_of,
    insert,
    on_net,
    pair,
    same,
    there,
)
from ..wire.tcp import find
from .pcb import soft_error
from .pmtu import Paths

# --- layout: written by tools/layout.py ---
_S_SRC = const(0)
_S_FLAGS = const(8)
_O_DST = const(0)
_R_IP = const(0)
_STATE = const(2)
_Q_SND_MSS = const(0)
_RT_PORTS = const(1)
_RT_KIND = const(3)
_RT_LEN = const(4)
_RT_OPTION = const(5)
_RT_HOP = const(6)
_TCB_WORDS = const(32)
_HALF_WORDS = const(7)
_TW_WORDS = const(6)
_ROUTE_WORDS = const(16)
_ST_TX_FRAMES = const(1)
_ST_TX_BUSY = const(2)
_ST_IP_HDR = const(11)
_ST_IP_ADDR = const(12)
# --- end of layout ---

_SYN = const(2)
_SYN_ACK = const(18)

_SYN_RECEIVED = const(3)

_TCP = const(6)
_READY = const(-2)
_REDIRECT = const(5)  # of ICMP

_LOOSE = const(131)  # types of the option
_STRICT = const(137)
_NOP = const(1)

_PASSIVE = const(1)  # KIND
_OWN = const(2)

_ROOM = const(60 << 8)  # of Pcb.ip: bytes of option << 8
_LEAST = const(40)  # no MSS becomes smaller: SACK blocks have to find room in it

_EINVAL = const(22)
_EHOSTUNREACH = const(113)

_MALFORMED = const(-1)


class Sources(Paths):
    """The routes in use: a record for each connection and for each half-open one, and a last one
    for the segment in hand.
    """

    def __init__(self, t):
        Paths.__init__(self)
        if t.paths is not None:
            self.table = t.paths.table
        iface = t.iface
        self.t = t
        self.taking = 0  # accept_source_route
        self.fresh = 0  # bytes of the way back of the segment in hand, in the last record
        self.n_tcb = len(t.pcbs)
        self.before = array.array("i", bytearray(4 * _TCB_WORDS))  # the connection, before it
        self.last = (self.n_tcb + t.half_n) * _ROUTE_WORDS
        self.routes = array.array("i", bytearray(4 * (self.last + _ROUTE_WORDS)))
        if iface.routes is None:  # otherwise they might come later, in front of us
            routes.Routes(iface)
        send, arrives, unreachable = self.send, self.arrives, self.unreachable
        self.plain = iface.send
        self.tcp_arrives = iface.on_tcp
        self.with_route = arrives
        self.tcp_unreachable = iface.on_unreachable
        iface.send = send
        iface.on_unreachable = unreachable
        t.paths = self

    # --- the program

    def accept(self, on):
        """The setting accept_source_route.  Connections keep the routes that they have."""
        self.taking = on
        self.t.iface.on_tcp = self.with_route if on else self.tcp_arrives

    def put(self, p, option):
        """The program gives connection p a route, or with b"" takes it back."""
        k = self.enter(p)
        rec = self.routes
        if not option:
            if rec[k + _RT_KIND] & _OWN:
                rec[k + _RT_KIND] &= _PASSIVE
                rec[k + _RT_LEN] = 0
            return
        at = place(option)
        rec[k + _RT_KIND] |= _OWN
        self.reserve(p, there(option, at, rec, k, p.r))
        if not passable(self.t.h, option, at):
            soft_error(p, _EHOSTUNREACH)  # nothing is sent: that is why

    def told(self, p):
        """The route that p's packets take, as IP_OPTIONS has it; b"": none any more."""
        k = self.index(p) * _ROUTE_WORDS
        rec = self.routes
        words = rec[k + _RT_OPTION : k + _RT_OPTION + (rec[k + _RT_LEN] >> 2)]
        return bytes(words)[1:]

    # --- records

    def index(self, p):
        i = 0
        while self.t.pcbs[i] is not p:
            i += 1
        return i

    def enter(self, p):
        """Word of p's record, with p's pair in it and in no other."""
        rec = self.routes
        k = find(rec, self.n_tcb, _ROUTE_WORDS, p.r)
        if k >= 0:
            rec[k * _ROUTE_WORDS + _RT_PORTS] = 0
        k = self.index(p) * _ROUTE_WORDS
        copy_words(rec, k, p.r, _R_IP, 2)
        return k

    def take(self, p, k, j):
        """p's packets go by the route in the record at word j from here on."""
        copy_words(self.routes, k + _RT_LEN, self.routes, j + _RT_LEN, _ROUTE_WORDS - _RT_LEN)
        self.reserve(p, self.routes[k + _RT_LEN])

    def reserve(self, p, n):
        """n bytes of every packet of p are needed for an option.  What was reserved stays so, for
        the next route may be as long.
        """
        more = n - (p.ip >> 8 & 60)
        if more > 0:
            p.ip += more << 8
            if p.r[_STATE] > _SYN_RECEIVED:
                shorten(p, more)

    def recall(self, t, p):
        """Connection p opens.  A passive one goes back by the route that its last ACK came by
        (SHLD-24), or else its SYN.
        """
        k = self.enter(p)
        rec = self.routes
        if not p.r[_STATE]:
            rec[k + _RT_KIND] = _PASSIVE
            rec[k + _RT_LEN] = 0
            j = self.last
            if not self.fresh:
                j = half_of(rec, self.n_tcb * _ROUTE_WORDS, j, p.r)
            if j >= 0:
                self.take(p, k, j)
        shorten(p, p.ip >> 8 & 60)
        Paths.recall(self, t, p)

    # --- segments that arrive

    def arrives(self):
        """Take the segment in iface.rx."""
        if self.t.iface.rx[14] & 15 > 5:
            self.optioned(self.t, self.t.seg)
        else:
            self.tcp_arrives()

    def optioned(self, t, s):
        """There are options in its IP header."""
        rec = self.routes
        last = self.last
        n = back(t.iface.rx, rec, last, t.h, s)
        if n < 0:  # what is on its way is for others, and we are no gateway (RFC 1122, 3.3.5)
            t.count[_ST_IP_HDR if n == _MALFORMED else _ST_IP_ADDR] += 1
            return
        i = -1
        if n:
            s[_S_FLAGS] = 0  # until the segment has proved to be good
            pair(t.iface.rx, s)
            copy_words(rec, last, s, _S_SRC, 1)
            self.fresh = n
            i = find(t.tcbs, self.n_tcb, _TCB_WORDS, s)
            if i >= 0:
                copy_words(self.before, 0, t.pcbs[i].r, 0, _TCB_WORDS)
        self.tcp_arrives()
        self.fresh = 0
        if n and s[_S_FLAGS] & _SYN:
            self.keep(t)
        elif i >= 0 and rec[i * _ROUTE_WORDS + _RT_KIND] == _PASSIVE:
            if acceptable(self.before, s):
                self.take(t.pcbs[i], i * _ROUTE_WORDS, last)

    def keep(self, t):
        """The SYN in hand came by a source route: its half-open record keeps the way back."""
        copy_words(self.routes, self.last, t.seg, _S_SRC, 3)  # SRC, PORTS, SEQ
        i = find(t.half, t.half_n, _HALF_WORDS, t.seg)
        if i >= 0 and same(self.routes, self.last, t.half, i * _HALF_WORDS):
            k = (self.n_tcb + i) * _ROUTE_WORDS
            copy_words(self.routes, k, self.routes, self.last, _ROUTE_WORDS)

    def unreachable(self, what):
        """Take an ICMP error: what it quotes was sent to a gateway, perhaps."""
        if what >> 8 != _REDIRECT:
            final(self.t.iface.rx, self.t.seg)
        self.tcp_unreachable(what)

    # --- packets that are sent

    def send(self, proto, n):
        """Send the n bytes of transport that stand in tx at 34 to the address in the out
        record.
        """
        k = self.way(self.t, self.t.out) if proto == _TCP else -1
        if k < 0 or n + self.routes[k + _RT_LEN] + 34 > len(self.t.iface.tx):
            self.plain(proto, n)
        else:
            self.send_by(k, n)

    def way(self, t, o):
        """Word of the record by which the segment in tx goes to the pair in the out record; -1:
        none.
        """
        rec = self.routes
        flags = t.iface.tx[47] & _SYN_ACK
        i = find(t.tcbs, self.n_tcb, _TCB_WORDS, o)
        if i >= 0:
            k = i * _ROUTE_WORDS
            if flags == _SYN:
                rec[k + _RT_KIND] &= _OWN
            return k if t.pcbs[i].ip & _ROOM and rec[k + _RT_LEN] else -1
        if flags == _SYN_ACK and self.fresh:  # the answer to the SYN in hand
            return self.last
        i = find(t.half, t.half_n, _HALF_WORDS, o)
        if i >= 0:
            k = (self.n_tcb + i) * _ROUTE_WORDS
            return k if same(rec, k, t.half, i * _HALF_WORDS) else -1
        i = find(rec, self.n_tcb, _ROUTE_WORDS, o)
        if i >= 0 and rec[i * _ROUTE_WORDS + _RT_LEN] and find(t.tw, t.tw_n, _TW_WORDS, o) >= 0:
            return i * _ROUTE_WORDS
        return -1

    def send_by(self, k, n):
        """Send the n bytes of transport by the route in the record at word k."""
        t = self.t
        iface = t.iface
        rec = self.routes
        m = n + rec[k + _RT_LEN]
        copy_words(t.out, _O_DST, rec, k + _RT_HOP, 1)
        head(iface.tx, m + (_TCP << 16), t.out, t.h)
        routes.choose(iface.routes.table, t.out, t.h)
        if insert(iface.tx, n, rec, k, t.h):
            self.leave(iface, m + 34)

    def leave(self, iface, n):
        """Send the frame of n bytes in tx to the next hop, HOP of the host record."""
        cache = iface.neigh
        k = hop(iface.tx, iface.h, cache.t, cache.n)
        if k == _READY or arp.resolve(iface, k, n):
            if iface.link.send(iface.tx, n):
                iface.count[_ST_TX_FRAMES] += 1
            else:
                iface.count[_ST_TX_BUSY] += 1
                iface.tx_len = n


def shorten(p, n):
    """p's segments become n bytes shorter, and so does what pmtu.py remembers of them."""
    mss = p.q[_Q_SND_MSS]
    n = min(n, max(mss - _LEAST, 0))
    p.q[_Q_SND_MSS] = mss - n
    if p.ip >> 15:
        p.ip -= n << 15


def place(option):
    """Where the source route begins in what a program gave as IP_OPTIONS; -1: there is not just
    one, with nothing but padding beside it.
    """
    at = -1
    i = 0
    end = len(option)
    while i < end and option[i]:
        if option[i] == _NOP:
            i += 1
            continue
        if at >= 0 or i + 3 > end or option[i] not in (_LOOSE, _STRICT):
            return -1
        n = option[i + 1]
        if n < 7 or n & 3 != 3 or i + n > end or option[i + 2] != 4:
            return -1
        at = i
        i += n
    return at if end <= 40 else -1


def passable(h, option, at):
    """Whether a strict route begins at a gateway on our network."""
    return option[at] != _STRICT or on_net(h, array.array("i", option[at + 3 : at + 7]))


def wrong(h, option):
    """Linux's errno for what a program gives as IP_OPTIONS, 0: it is a route."""
    at = place(option)
    if at < 0:
        return _EINVAL
    return 0 if passable(h, option, at) else _EHOSTUNREACH


def begin(t):
    """The stack's source routes, from here on."""
    if not isinstance(t.paths, Sources):
        Sources(t)
    return t.paths
