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
_READY = const(-2)  # verdict of hop: the frame may leave


@micropython.viper
def check_frame(p: ptr16, n: int, h: ptr32, s: ptr32) -> int:
    """Judge the received frame in p, of n bytes.

    Returns 256 for ARP, the protocol number of a good IPv4 packet for us (then SRC, L4, L4_LEN,
    BCAST and PROTO stand in the segment record s), or minus the index of the counter of what is
    wrong with it.
    """
    wrong = _ST_ETH_DROP  # what is returned in the end is minus this
    one = p[0] & p[1] & p[2] ^ 0xFFFF  # 0: for everybody on the link
    if n >= 34 and (not one or (p[0] | (p[1] << 16) == h[_H_MAC0] and p[2] == h[_H_MAC1])):
        if p[6] == 0x0608:
            wrong = 0 - _ARP if n >= 42 else _ST_ARP_BAD
        elif p[6] == 0x0008:
            wrong = _ST_IP_HDR
            half = p[7] & 15  # header length, in words
            total = (p[8] >> 8) | ((p[8] & 0xFF) << 8)
            if p[7] & 0xF0 == 0x40 and half >= 5 and 4 * half <= total and total <= n - 14:
                i = 7 + 2 * half
                n = 0  # from here on the sum, which a register holds
                while i > 7:
                    i -= 1
                    n += p[i]
                n = (n & 0xFFFF) + (n >> 16)
                if (n & 0xFFFF) + (n >> 16) == 0xFFFF:
                    wrong = _ST_IP_ADDR
                    n = p[13] | (p[14] << 16)  # from here on the source
                    a = p[15] | (p[16] << 16)
                    s[_S_BCAST] = 1
                    if p[15] & p[16] != 0xFFFF and (a == 0 or a != h[_H_BCAST]):
                        s[_S_BCAST] = 0
                    # a source must be one host: not ours, not multicast or above, not loopback,
                    # not a broadcast
                    i = p[13] & 0xFF
                    if (
                        (s[_S_BCAST] != 0 or (one != 0 and a != 0 and a == h[_H_IP]))
                        and n != h[_H_IP]
                        and n != h[_H_BCAST]
                        and i != 0
                        and i != 127
                        and i < 224
                    ):
                        wrong = _ST_IP_FRAG
                        if not p[10] & 0xFF3F:  # neither more fragments nor an offset
                            s[_S_SRC] = n
                            s[_S_L4] = 14 + 4 * half
                            s[_S_L4_LEN] = total - 4 * half
                            wrong = p[11] >> 8
                            s[_S_PROTO] = wrong
                            wrong = 0 - wrong
    return 0 - wrong


@micropython.viper
def head(p: ptr16, what: int, o: ptr32, h: ptr32):
    """Write the IPv4 header, and of the Ethernet header all but the destination, into frame p
    before `what`: bytes of transport | protocol << 16, for the address in the out record.  The
    next hop then stands in the host record (HOP).
    """
    n = (what & 0xFFFF) + 20
    p[8] = (n >> 8) | (n << 8)
    n = (h[_H_IP_ID] + 1) & 0xFFFF
    h[_H_IP_ID] = n
    p[9] = n
    p[6] = 0x0008
    p[7] = 0x0045 | (o[_O_ECT] << 8)
    p[10] = 0x0040 ^ (o[_O_ECT] >> 8)  # DF: routers tell what is too long (RFC 1191)
    p[11] = h[_H_TTL] | ((what >> 16) << 8)
    p[12] = 0
    n = h[_H_IP]  # in a register, like what follows
    p[13] = n
    p[14] = n >> 16
    n = o[_O_DST]
    p[15] = n
    p[16] = n >> 16
    n = 0
    i = 17
    while i > 7:
        i -= 1
        n += p[i]
    n = (n & 0xFFFF) + (n >> 16)
    p[12] = 0xFFFF ^ ((n & 0xFFFF) + (n >> 16))
    n = h[_H_MAC0]
    p[3] = n
    p[4] = n >> 16
    p[5] = h[_H_MAC1]
    n = o[_O_DST]
    if h[_H_GW] != 0 and ((n ^ h[_H_IP]) & h[_H_MASK]) != 0:
        n = h[_H_GW]
    h[_H_HOP] = n


@micropython.viper
def hop(p: ptr16, h: ptr32, t: ptr32, nt: int) -> int:
    """Write the hardware address of the next hop (HOP of the host record) into frame p.

    t is the ARP cache of nt records.  Returns -2 when the frame may leave, the index of a
    neighbour that is not (or no longer surely) known, or -1 when the cache does not hold it.
    """
    n = h[_H_HOP]
    found = 0 - 1
    i = 0
    while i < nt:
        if t[_N_IP] == n and t[_N_STATE] != 0:
            found = nt = i  # the last one looked at
            if t[_N_STATE] != 1:
                n = t[_N_MAC0]
                p[0] = n
                p[1] = n >> 16
                p[2] = t[_N_MAC1]
                # believed for long enough, it is to be asked again
                if t[_N_STATE] != 2 or (h[_H_NOW] - t[_N_UNTIL]) & 0x20000000:
                    found = _READY
        t = ptr32(int(t) + 4 * _NEIGH_WORDS)
        i += 1
    return found


@micropython.viper
def answer_to(o: ptr32, s: ptr32):
    """The pair of the out record becomes that of the packet in hand."""
    o[_O_DST] = s[_S_SRC]
    o[_O_PORTS] = s[_S_PORTS]


if THUMB:
    from .thumb import check_frame, head, hop  # noqa: F401, F811
