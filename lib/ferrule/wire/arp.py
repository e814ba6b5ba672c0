"""ARP for IPv4 over Ethernet (RFC 826): packets to records and back."""

import micropython
from micropython import const

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_H_IP = const(3)
_H_MASK = const(4)
_H_GW = const(5)
_H_MAC0 = const(6)
_H_MAC1 = const(7)
_N_IP = const(0)
_N_MAC0 = const(1)
_N_MAC1 = const(2)
_N_STATE = const(3)
_N_UNTIL = const(4)
_N_AT = const(5)
_N_TRIES = const(6)
_NEIGH_WORDS = const(7)
# --- end of layout ---


@micropython.viper
def check(f: ptr8, h: ptr32) -> int:
    """Judge the ARP packet in f: 0 bad or none of our business, 1 a request for us, 2 a reply to us,
    3 somebody else's (its sender may refresh an entry we hold), 4 somebody claims our address."""
    p = ptr16(int(f) + 14)
    if p[0] != 0x0100 or p[1] != 0x0008 or p[2] != 0x0406:  # Ethernet, IPv4, lengths 6 and 4
        return 0
    op = f[21]
    if f[20] != 0 or op < 1 or op > 2:
        return 0
    if f[22] & 1 or (f[22] | f[23] | f[24] | f[25] | f[26] | f[27]) == 0:
        return 0  # no host has a group address or none
    me = h[_H_IP]
    spa = (f[28] << 24) | (f[29] << 16) | (f[30] << 8) | f[31]
    tpa = (f[38] << 24) | (f[39] << 16) | (f[40] << 8) | f[41]
    if me != 0 and spa == me:
        a = (f[22] << 24) | (f[23] << 16) | (f[24] << 8) | f[25]
        if a == h[_H_MAC0] and ((f[26] << 8) | f[27]) == h[_H_MAC1]:
            return 0  # our own words, from a wire that brings them back
        return 4
    if f[28] >= 224 or f[28] == 127:
        return 0
    if me != 0 and tpa == me:
        if op == 1:
            return 1
        if spa != 0:
            return 2
        return 0
    if spa == 0:  # a probe for another address
        return 0
    return 3


@micropython.viper
def learn(f: ptr8, t: ptr32, n: int, h: ptr32, ms: int, add: int) -> int:
    """Note the sender of the ARP packet in f for ms milliseconds; with add, in a new record if need be.

    Returns the index of a record that was waiting for this answer, -1 when none was, or -2 when a live
    record (the one nearest its end) was pushed out of a full cache.  A sender outside our network is
    not noted: no packet would be sent to it directly.
    """
    ip = (f[28] << 24) | (f[29] << 16) | (f[30] << 8) | f[31]
    if ip == 0 or ((ip ^ h[_H_IP]) & h[_H_MASK]) != 0:
        return -1
    i = 0
    spare = 0
    best = -1
    k = 0
    result = -1
    while i < n:
        if t[k + _N_STATE] != 0 and t[k + _N_IP] == ip:
            break
        age = 0x3FFFFFFF  # a free record is the best one to take
        if t[k + _N_STATE] != 0:
            age = (h[_H_NOW] - t[k + _N_UNTIL] + 0x10000000) & 0x3FFFFFFF
            if t[k + _N_STATE] == 1:
                age = 0  # one that a packet waits for is the worst
        if age > best:
            best = age
            spare = k
        k += _NEIGH_WORDS
        i += 1
    if i == n:
        if not add:
            return -1
        k = spare
        if t[k + _N_STATE] != 0:
            result = -2
    elif t[k + _N_STATE] == 1:
        result = i
    t[k + _N_IP] = ip
    t[k + _N_MAC0] = (f[22] << 24) | (f[23] << 16) | (f[24] << 8) | f[25]
    t[k + _N_MAC1] = (f[26] << 8) | f[27]
    t[k + _N_STATE] = 2
    t[k + _N_UNTIL] = (h[_H_NOW] + ms) & 0x3FFFFFFF
    t[k + _N_AT] = 0 - 1
    t[k + _N_TRIES] = 0
    return result


@micropython.viper
def claim(f: ptr8, t: ptr32, n: int, h: ptr32) -> int:
    """Take a record for the next hop of the IP packet in f, whose destination the cache does not hold.

    Returns its index, or that + 256 when a live record had to go.
    """
    dst = (f[30] << 24) | (f[31] << 16) | (f[32] << 8) | f[33]
    if h[_H_GW] != 0 and ((dst ^ h[_H_IP]) & h[_H_MASK]) != 0:
        dst = h[_H_GW]
    i = 0
    k = 0
    spare = 0
    best = -1
    while i < n:
        age = 0x3FFFFFFF
        if t[k + _N_STATE] != 0:
            age = (h[_H_NOW] - t[k + _N_UNTIL] + 0x10000000) & 0x3FFFFFFF
        if age > best:
            best = age
            spare = i
        k += _NEIGH_WORDS
        i += 1
    k = spare * _NEIGH_WORDS
    if t[k + _N_STATE] != 0:
        spare += 256
    t[k + _N_IP] = dst
    t[k + _N_STATE] = 1
    t[k + _N_UNTIL] = h[_H_NOW]
    t[k + _N_TRIES] = 0
    return spare


@micropython.viper
def packet(f: ptr8, op: int, t: ptr32, i: int, h: ptr32) -> int:
    """Write an ARP packet into f and return its length, 42.

    op 1 asks for record i of the cache (by broadcast while nothing is known of it), op 2 answers the
    sender that stands in f already (the request is turned round in place), op 3 announces our own
    address (RFC 5227, 2.3).
    """
    me = h[_H_IP]
    a = h[_H_MAC0]
    b = h[_H_MAC1]
    k = 0
    while k < 6:
        if op == 2:
            f[k] = f[22 + k]
            f[32 + k] = f[22 + k]
            if k < 4:
                f[38 + k] = f[28 + k]
        else:
            f[k] = 255
            f[32 + k] = 0
        k += 1
    if op != 2:
        ip = me
        if op == 1:
            t = ptr32(int(t) + 4 * _NEIGH_WORDS * i)
            ip = t[_N_IP]
            if t[_N_STATE] == 3:  # RFC 1122, 2.3.2.1: poll the one we know, do not bother everybody
                f[0] = t[_N_MAC0] >> 24
                f[1] = t[_N_MAC0] >> 16
                f[2] = t[_N_MAC0] >> 8
                f[3] = t[_N_MAC0]
                f[4] = t[_N_MAC1] >> 8
                f[5] = t[_N_MAC1]
        f[38] = ip >> 24
        f[39] = ip >> 16
        f[40] = ip >> 8
        f[41] = ip
    p = ptr16(int(f) + 12)
    p[0] = 0x0608
    p[1] = 0x0100
    p[2] = 0x0008
    p[3] = 0x0406
    p[4] = 0x0100 if op != 2 else 0x0200
    f[6] = f[22] = a >> 24
    f[7] = f[23] = a >> 16
    f[8] = f[24] = a >> 8
    f[9] = f[25] = a
    f[10] = f[26] = b >> 8
    f[11] = f[27] = b
    f[28] = me >> 24
    f[29] = me >> 16
    f[30] = me >> 8
    f[31] = me
    return 42


@micropython.viper
def fill_destination(f: ptr8, t: ptr32, i: int):
    """Give the frame in f the hardware address of record i."""
    t = ptr32(int(t) + 4 * _NEIGH_WORDS * i)
    a = t[_N_MAC0]
    b = t[_N_MAC1]
    f[0] = a >> 24
    f[1] = a >> 16
    f[2] = a >> 8
    f[3] = a
    f[4] = b >> 8
    f[5] = b
