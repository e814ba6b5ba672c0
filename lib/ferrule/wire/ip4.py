"""Ethernet II and IPv4 (RFC 791, RFC 1122 section 3): check what arrives, head what leaves.

A frame holds the Ethernet header at 0 and the IPv4 header at 14; what we send has no IP options,
so its transport header stands at 34.  Addresses and ports stay in the order of the wire, read and
written by halves: they are compared and masked, never counted with.
"""

import micropython
from micropython import const

from .arch import THUMB

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_H_IP = const(3)
_H_MASK = const(4)
_H_GW = const(5)
_H_BCAST = const(6)
_H_HOP = const(7)
_H_MAC0 = const(8)
_H_MAC1 = const(9)
_H_IP_ID = const(12)
_H_TTL = const(13)
_S_SRC = const(0)
_S_PORTS = const(1)
_S_L4 = const(4)
_S_L4_LEN = const(5)
_S_BCAST = const(6)
_S_PROTO = const(7)
_O_DST = const(0)
_O_PORTS = const(1)
_O_ECT = const(9)
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

    Returns 256 for ARP, the protocol number of a good IPv4 packet for us (then SRC, L4, L4_LEN,
    BCAST and PROTO stand in the segment record s), or minus the index of the counter of what is
    wrong with it.
    """
    if n < 34:
        return -_ST_ETH_DROP
    p = ptr16(f)
    every = int(0xFFFFFFFF)
    a = p[0] | (p[1] << 16)
    link_bcast = 0
    if a == every and p[2] == 0xFFFF:
        link_bcast = 1
    elif a != h[_H_MAC0] or p[2] != h[_H_MAC1]:
        return -_ST_ETH_DROP
    if p[6] == 0x0608:
        if n < 42:
            return -_ST_ARP_BAD
        return _ARP
    if p[6] != 0x0008:
        return -_ST_ETH_DROP
    hl = (f[14] & 15) << 2
    total = (f[16] << 8) | f[17]
    if f[14] >> 4 != 4 or hl < 20 or total < hl or total > n - 14:
        return -_ST_IP_HDR
    c = 0
    i = 7
    while i < 7 + (hl >> 1):
        c += p[i]
        i += 1
    c = (c & 0xFFFF) + (c >> 16)
    if (c & 0xFFFF) + (c >> 16) != 0xFFFF:
        return -_ST_IP_HDR
    src = p[13] | (p[14] << 16)
    a = p[15] | (p[16] << 16)
    me = h[_H_IP]
    bcast = h[_H_BCAST]
    s[_S_BCAST] = 1
    if a != every and (a != bcast or a == 0):
        if a != me or me == 0 or link_bcast:
            return -_ST_IP_ADDR
        s[_S_BCAST] = 0
    # a source must be one host: not ours, not multicast or above, not loopback, not a broadcast
    i = f[26]
    if src == me or i >= 224 or i == 127 or i == 0 or src == bcast:
        return -_ST_IP_ADDR
    if p[10] & 0xFF3F:  # more fragments, or an offset
        return -_ST_IP_FRAG
    s[_S_SRC] = src
    s[_S_L4] = 14 + hl
    s[_S_L4_LEN] = total - hl
    s[_S_PROTO] = f[23]
    return f[23]


@micropython.viper
def head(f: ptr8, n: int, proto: int, o: ptr32, h: ptr32, t: ptr32, nt: int) -> int:
    """Write the IPv4 and Ethernet headers before n bytes of transport, for the address in the
    out record.

    t is the ARP cache of nt records.  Returns -2 when the frame may leave, the index of a
    neighbour that is not (or no longer surely) known, or -1 when the cache does not hold the
    next hop, which then stands in the host record (HOP).
    """
    p = ptr16(f)
    dst = o[_O_DST]
    src = h[_H_IP]
    i = (h[_H_IP_ID] + 1) & 0xFFFF
    h[_H_IP_ID] = i
    n += 20
    p[6] = 0x0008
    p[7] = 0x0045 | (o[_O_ECT] << 8)
    p[8] = (n >> 8) | (n << 8)
    p[9] = i
    p[10] = 0x0040  # do not fragment: nobody reassembles for us
    p[11] = h[_H_TTL] | (proto << 8)
    p[12] = 0
    p[13] = src
    p[14] = src >> 16
    p[15] = dst
    p[16] = dst >> 16
    c = 0
    i = 7
    while i < 17:
        c += p[i]
        i += 1
    c = (c & 0xFFFF) + (c >> 16)
    p[12] = 0xFFFF ^ ((c & 0xFFFF) + (c >> 16))
    p[3] = h[_H_MAC0]
    p[4] = h[_H_MAC0] >> 16
    p[5] = h[_H_MAC1]
    if h[_H_GW] != 0 and ((dst ^ src) & h[_H_MASK]) != 0:
        dst = h[_H_GW]
    h[_H_HOP] = dst
    i = 0
    while i < nt:
        if t[_N_IP] == dst and t[_N_STATE] != 0:
            if t[_N_STATE] == 1:
                return i
            p[0] = t[_N_MAC0]
            p[1] = t[_N_MAC0] >> 16
            p[2] = t[_N_MAC1]
            if t[_N_STATE] == 2 and not ((h[_H_NOW] - t[_N_UNTIL]) & 0x20000000):
                return i  # believed for long enough: to be asked again
            return _READY
        t = ptr32(int(t) + 4 * _NEIGH_WORDS)
        i += 1
    return -1


@micropython.viper
def answer_to(o: ptr32, s: ptr32):
    """The pair of the out record becomes that of the packet in hand."""
    o[_O_DST] = s[_S_SRC]
    o[_O_PORTS] = s[_S_PORTS]


if THUMB:
    from .thumb import check_frame  # noqa: F401, F811
