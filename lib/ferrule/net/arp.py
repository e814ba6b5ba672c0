"""The neighbours: who answers for an address, asked, remembered for a while, asked again.

States follow RFC 4861's in spirit and RFC 1122, 2.3.2 in letter: an unknown address is asked for
by broadcast while one packet waits (the latest); a known one is believed for
base_reachable_time, then polled directly while it goes on being used, and forgotten after three
silent seconds.
"""

from micropython import const

from ..core.tick import first_due, set_timer
from ..wire.arp import check, fill_destination, look_up, note, packet
from ..wire.sum import copy

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_H_IP = const(3)
_H_HOP = const(7)
_N_STATE = const(3)
_N_UNTIL = const(4)
_N_AT = const(5)
_N_TRIES = const(6)
_NEIGH_WORDS = const(7)
_C_NEIGH_TIME = const(30)
_ST_TX_FRAMES = const(1)
_ST_TX_BUSY = const(2)
_ST_ARP_IN = const(4)
_ST_ARP_BAD = const(5)
_ST_ARP_REQ = const(6)
_ST_ARP_REPLY = const(7)
_ST_ARP_FAIL = const(8)
_ST_ARP_QDROP = const(9)
_ST_ARP_FULL = const(10)
# --- end of layout ---

_INCOMPLETE = const(1)
_REACHABLE = const(2)
_PROBE = const(3)
_TRIES = const(3)
_WAITING = const(128)  # bytes of a frame
_DEFEND_MS = const(10000)
_ASK_MS = const(1000)  # at most one request a second for one address (RFC 1122, 2.3.2.1)


class Cache:
    """n neighbours, and room for `queue` packets that wait for one, one a neighbour.

    A packet waits if its frame is no longer than 128 bytes: every SYN, ACK and reset, and the echo
    reply of an ordinary ping.  What is longer is dropped, and TCP's timer sends it again: it is
    text of a connection whose neighbour was forgotten, which is rare.
    """

    def __init__(self, n, queue):
        import array

        self.n = n
        self.t = array.array("i", bytearray(4 * _NEIGH_WORDS * n))
        self.frame = bytearray(44)
        self.waiting = [bytearray(_WAITING) for _ in range(queue)]
        self.waits_for = bytearray(b"\xff" * queue)  # index of the neighbour, 255: free
        self.waiting_len = [0] * queue
        self.defended = -1  # when we last defended our address


def arrives(iface):
    """Take the ARP packet in iface.rx."""
    count = iface.count
    s = iface.seg
    if iface.service is not None and iface.service.arp():
        return
    kind = check(iface.rx, iface.h, s)
    if kind == 0:
        count[_ST_ARP_BAD] += 1
        return
    count[_ST_ARP_IN] += 1
    if kind == 4:  # a claim on our own address: defend it, once in ten seconds (RFC 5227, 2.4 c)
        now = iface.h[_H_NOW]
        cache = iface.neigh
        if cache.defended < 0 or (now - cache.defended) & 0x3FFFFFFF >= _DEFEND_MS:
            cache.defended = now
            announce(iface)
        return
    if kind != 5:
        learn(iface, s, kind < 3)
    if kind == 1 or kind == 5:
        packet(iface.neigh.frame, 2, iface.h, s, 0, 1)
        put_out(iface, _ST_ARP_REPLY)


def learn(iface, s, add):
    """Note the neighbour whose address and hardware address begin the record s; with add, a
    new one too.
    """
    cache = iface.neigh
    t = cache.t
    k = look_up(t, cache.n, iface.h, s, 0)
    if k < 0:
        if not add:
            return
        k = make_room(iface, k)
    waited = t[k * _NEIGH_WORDS + _N_STATE] == _INCOMPLETE
    note(t, k, s, 0, _REACHABLE, iface.h, iface.cfg[_C_NEIGH_TIME] * 1000)
    if waited:
        release(iface, k)


def make_room(iface, k):
    """The record that look_up() chose for a newcomer; who was there is forgotten."""
    k = -1 - k
    cache = iface.neigh
    if cache.t[k * _NEIGH_WORDS + _N_STATE]:
        iface.count[_ST_ARP_FULL] += 1
        forget_packet(cache, k)
        cache.t[k * _NEIGH_WORDS + _N_STATE] = 0
    return k


def put_out(iface, counter):
    """Send the ARP packet in the cache's own frame; a busy link loses it, and its timer asks
    again.
    """
    if iface.service is not None:
        iface.service.sends(iface.neigh.frame)
    if iface.link.send(iface.neigh.frame, 42):
        iface.count[counter] += 1
        iface.count[_ST_TX_FRAMES] += 1
    else:
        iface.count[_ST_TX_BUSY] += 1


def ask(iface, k):
    """Send a request for neighbour k and wait a second for its answer."""
    cache = iface.neigh
    t = cache.t
    b = k * _NEIGH_WORDS
    t[b + _N_TRIES] += 1
    set_timer(iface.h, t, b + _N_AT, _ASK_MS)
    # RFC 1122, 2.3.2.1: the one we know is polled, without bothering everybody
    packet(cache.frame, 1, iface.h, t, b, t[b + _N_STATE] == _PROBE)
    put_out(iface, _ST_ARP_REQ)


def announce(iface):
    """Tell the network our address (a gratuitous request, RFC 5227, 2.3)."""
    packet(iface.neigh.frame, 1, iface.h, iface.h, _H_IP, 0)
    put_out(iface, _ST_ARP_REQ)


def resolve(iface, k, n):
    """The frame of n bytes in iface.tx wants neighbour k (-1: unknown).  True: it may leave
    now.
    """
    cache = iface.neigh
    t = cache.t
    if k < 0:
        h = iface.h
        k = make_room(iface, look_up(t, cache.n, h, h, _H_HOP))
        note(t, k, h, _H_HOP, _INCOMPLETE, h, 0)
        hold(iface, k, n)
        ask(iface, k)
        return False
    b = k * _NEIGH_WORDS
    if t[b + _N_STATE] == _INCOMPLETE:
        hold(iface, k, n)
        return False
    if t[b + _N_STATE] == _REACHABLE:  # believed long enough
        t[b + _N_STATE] = _PROBE
        t[b + _N_TRIES] = 0
        ask(iface, k)
    return True


def doubt(iface):
    """The next hop in the host record (HOP) may be dead: it is asked before it is believed any
    longer (RFC 1122, 2.3.2.1 (4) and 3.3.1.4).
    """
    h = iface.h
    t = iface.neigh.t
    k = look_up(t, iface.neigh.n, h, h, _H_HOP)
    if k >= 0 and t[k * _NEIGH_WORDS + _N_STATE] == _REACHABLE:
        t[k * _NEIGH_WORDS + _N_UNTIL] = h[_H_NOW]


def hold(iface, k, n):
    """Keep the frame in iface.tx for neighbour k; a newer packet takes an older one's place."""
    cache = iface.neigh
    owners = cache.waits_for
    spare = -1
    for i in range(len(owners)):
        if owners[i] == k:
            spare = i
            break
        if owners[i] == 255:
            spare = i
    if spare < 0 or n > _WAITING:
        iface.count[_ST_ARP_QDROP] += 1
        return
    if owners[spare] == k:
        iface.count[_ST_ARP_QDROP] += 1
    owners[spare] = k
    copy(cache.waiting[spare], 0, iface.tx, 0, n)
    cache.waiting_len[spare] = n


def release(iface, k):
    """Neighbour k has answered: send what waited for it."""
    cache = iface.neigh
    owners = cache.waits_for
    for i in range(len(owners)):
        if owners[i] == k:
            owners[i] = 255
            fill_destination(cache.waiting[i], cache.t, k)
            if iface.link.send(cache.waiting[i], cache.waiting_len[i]):
                iface.count[_ST_TX_FRAMES] += 1
            else:
                iface.count[_ST_TX_BUSY] += 1
                iface.count[_ST_ARP_QDROP] += 1


def forget_packet(cache, k):
    owners = cache.waits_for
    for i in range(len(owners)):
        if owners[i] == k:
            owners[i] = 255


def timers(iface):
    """Ask again, or give a silent neighbour up."""
    cache = iface.neigh
    t = cache.t
    k = first_due(iface.h, t, cache.n, _NEIGH_WORDS, _N_STATE, _N_AT, 0)
    while k >= 0:
        b = k * _NEIGH_WORDS
        if t[b + _N_TRIES] < _TRIES:
            ask(iface, k)
        else:
            t[b + _N_STATE] = 0
            iface.count[_ST_ARP_FAIL] += 1
            if iface.routes is not None:
                iface.routes.dead(k)
            for i in range(len(cache.waits_for)):
                if cache.waits_for[i] == k:
                    cache.waits_for[i] = 255
                    iface.count[_ST_ARP_QDROP] += 1
        k = first_due(iface.h, t, cache.n, _NEIGH_WORDS, _N_STATE, _N_AT, k + 1)


def clear(iface):
    """Forget every neighbour: our address is another one now."""
    cache = iface.neigh
    for k in range(cache.n):
        cache.t[k * _NEIGH_WORDS + _N_STATE] = 0
        forget_packet(cache, k)
