"""Ethernet II and IPv4 (RFC 791, RFC 1122 section 3): check what arrives, head what leaves.

A frame holds the Ethernet header at 0 and the IPv4 header at 14; what we send has no IP options, so its
transport header stands at 34.
"""

import micropython
from micropython import const

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_H_IP = const(3)
_H_MASK = const(4)
_H_GW = const(5)
_H_MAC0 = const(6)
_H_MAC1 = const(7)
_H_IP_ID = const(10)
_H_TTL = const(11)
_S_SRC = const(0)
_S_L4 = const(4)
_S_L4_LEN = const(5)
_S_BCAST = const(6)
_S_PROTO = const(7)
_O_DST = const(0)
_N_IP = const(0)
_N_MAC0 = const(1)
_N_MAC1 = const(2)
_N_STATE = const(3)
_N_UNTIL = const(4)
_NEIGH_WORDS = const(7)
_ST_ETH_DROP = const(3)
_ST_ARP_BAD = const(5)
_ST_IP_HDR = const(11)
_ST_IP_ADDR = const(12)
_ST_IP_FRAG = const(13)
# --- end of layout ---

_ARP = const(256)  # verdict of check_frame: an ARP packet; 1..255 are IP protocols
_READY = const(-2)  # verdict of head: the frame may leave


@micropython.viper
def check_frame(f: ptr8, n: int, h: ptr32, s: ptr32) -> int:
    """Judge a received frame of n bytes.

    Returns 256 for ARP, the protocol number of a good IPv4 packet for us (then SRC, L4, L4_LEN, BCAST
    and PROTO stand in the segment record s), or minus the index of the counter of what is wrong with it.
    """
    if n < 34:
        return -_ST_ETH_DROP
    a = (f[0] << 24) | (f[1] << 16) | (f[2] << 8) | f[3]
    b = (f[4] << 8) | f[5]
    every = int(0xFFFFFFFF)
    link_bcast = 0
    if a == every and b == 0xFFFF:
        link_bcast = 1
    elif a != h[_H_MAC0] or b != h[_H_MAC1]:
        return -_ST_ETH_DROP
    kind = (f[12] << 8) | f[13]
    if kind == 0x0806:
        if n < 42:
            return -_ST_ARP_BAD
        return _ARP
    if kind != 0x0800:
        return -_ST_ETH_DROP
    hl = (f[14] & 15) << 2
    total = (f[16] << 8) | f[17]
    if f[14] >> 4 != 4 or hl < 20 or total < hl or total > n - 14:
        return -_ST_IP_HDR
    p = ptr16(int(f) + 14)
    c = 0
    i = 0
    while i < hl >> 1:
        c += p[i]
        i += 1
    c = (c & 0xFFFF) + (c >> 16)
    c = (c & 0xFFFF) + (c >> 16)
    if c != 0xFFFF:
        return -_ST_IP_HDR
    src = (f[26] << 24) | (f[27] << 16) | (f[28] << 8) | f[29]
    dst = (f[30] << 24) | (f[31] << 16) | (f[32] << 8) | f[33]
    mask = h[_H_MASK]
    me = h[_H_IP]
    host = every ^ mask
    bcast = 0
    if dst == every or (host > 1 and mask != 0 and dst == (me | host)):
        bcast = 1
    elif dst != me or me == 0 or link_bcast:
        return -_ST_IP_ADDR
    # a source must be one host: not ours, not multicast or above, not loopback, not a broadcast
    if src == me or f[26] >= 224 or f[26] == 127 or f[26] == 0:
        return -_ST_IP_ADDR
    if host > 1 and mask != 0 and src == (me | host):
        return -_ST_IP_ADDR
    if ((f[20] & 0x3F) << 8) | f[21]:  # more fragments, or an offset
        return -_ST_IP_FRAG
    s[_S_SRC] = src
    s[_S_L4] = 14 + hl
    s[_S_L4_LEN] = total - hl
    s[_S_BCAST] = bcast
    s[_S_PROTO] = f[23]
    return f[23]


@micropython.viper
def head(f: ptr8, n: int, proto: int, o: ptr32, h: ptr32, t: ptr32, nt: int) -> int:
    """Write the IPv4 and Ethernet headers before n bytes of transport, for the address in the out record.

    t is the ARP cache of nt records.  Returns -2 when the frame may leave, the index of a neighbour that
    is not (or no longer surely) known, or -1 when the cache does not hold the next hop.
    """
    dst = o[_O_DST]
    src = h[_H_IP]
    ident = h[_H_IP_ID]
    h[_H_IP_ID] = (ident + 1) & 0xFFFF
    n += 20
    f[12] = 8
    f[13] = 0
    f[14] = 0x45
    f[15] = 0
    f[16] = n >> 8
    f[17] = n
    f[18] = ident >> 8
    f[19] = ident
    f[20] = 0x40  # do not fragment: nobody reassembles for us
    f[21] = 0
    f[22] = h[_H_TTL]
    f[23] = proto
    f[24] = 0
    f[25] = 0
    f[26] = src >> 24
    f[27] = src >> 16
    f[28] = src >> 8
    f[29] = src
    f[30] = dst >> 24
    f[31] = dst >> 16
    f[32] = dst >> 8
    f[33] = dst
    p = ptr16(int(f) + 14)
    c = p[0] + p[1] + p[2] + p[3] + p[4] + p[6] + p[7] + p[8] + p[9]
    c = (c & 0xFFFF) + (c >> 16)
    c = 0xFFFF ^ ((c & 0xFFFF) + (c >> 16))
    p[5] = c
    a = h[_H_MAC0]
    b = h[_H_MAC1]
    f[6] = a >> 24
    f[7] = a >> 16
    f[8] = a >> 8
    f[9] = a
    f[10] = b >> 8
    f[11] = b
    if h[_H_GW] != 0 and ((dst ^ src) & h[_H_MASK]) != 0:
        dst = h[_H_GW]
    i = 0
    while i < nt:
        if t[_N_IP] == dst and t[_N_STATE] != 0:
            if t[_N_STATE] == 1:
                return i
            a = t[_N_MAC0]
            b = t[_N_MAC1]
            f[0] = a >> 24
            f[1] = a >> 16
            f[2] = a >> 8
            f[3] = a
            f[4] = b >> 8
            f[5] = b
            if t[_N_STATE] == 2 and not ((h[_H_NOW] - t[_N_UNTIL]) & 0x20000000):
                return i  # believed for long enough: to be asked again
            return _READY
        t = ptr32(int(t) + 4 * _NEIGH_WORDS)
        i += 1
    return -1
