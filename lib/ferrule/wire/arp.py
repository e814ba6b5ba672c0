"""ARP for IPv4 over Ethernet (RFC 826): packets to records and back."""

import micropython
from micropython import const

from .arch import THUMB

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_H_IP = const(3)
_H_MASK = const(4)
_H_MAC0 = const(8)
_H_MAC1 = const(9)
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
def check(p: ptr16, h: ptr32, s: ptr32) -> int:
    """Judge the ARP packet in p, and note its sender in s as a neighbour record begins: IP,
    MAC0, MAC1.

    0 bad or none of our business, 1 a request for us, 2 a reply to us, 3 somebody else's on our
    network (its sender may refresh an entry we hold), 4 somebody claims our address, 5 a request
    for us from one whose address is none of our network's (a probe, or lost): it is answered and
    forgotten.
    """
    kind = 0
    op = p[10]
    a = p[11] | (p[12] << 16)
    if (
        p[7] == 0x0100  # Ethernet, IPv4, lengths 6 and 4
        and p[8] == 0x0008
        and p[9] == 0x0406
        and (op == 0x0100 or op == 0x0200)
        and not p[11] & 1  # no host has a group address or none
        and (a != 0 or p[13] != 0)
    ):
        me = h[_H_IP]
        spa = p[14] | (p[15] << 16)
        s[_N_IP] = spa
        s[_N_MAC0] = a
        s[_N_MAC1] = p[13]
        op &= 0x100
        n = p[14] & 0xFF
        if me != 0 and n < 224 and n != 127:
            if spa == me:
                if a != h[_H_MAC0] or p[13] != h[_H_MAC1]:
                    kind = 4  # else our own words, from a wire that brings them back
            else:
                kind = 3
                if (p[19] | (p[20] << 16)) == me:
                    kind = 1 if op else 2
                if spa == 0 or ((spa ^ me) & h[_H_MASK]) != 0:
                    kind = 5 if kind == 1 else 0
    return kind


@micropython.viper
def look_up(t: ptr32, n: int, h: ptr32, ip: ptr32, i: int) -> int:
    """Index of the neighbour whose address is word i of ip; otherwise -1 - the record to take
    for it.

    A free record is taken first, then the one believed longest; last, one that a packet waits
    for.
    """
    best = 0 - 1
    spare = 0
    k = 0
    while k < n:
        age = 0x3FFFFFFF
        if t[_N_STATE] != 0:
            if t[_N_IP] == ip[i]:
                return k
            age = (h[_H_NOW] - t[_N_UNTIL] + 0x10000000) & 0x3FFFFFFF
            if t[_N_STATE] == 1:
                age = 0
        if age > best:
            best = age
            spare = k
        t = ptr32(int(t) + 4 * _NEIGH_WORDS)
        k += 1
    return 0 - 1 - spare


@micropython.viper
def note(t: ptr32, k: int, s: ptr32, i: int, state: int, h: ptr32, ms: int):
    """Record k becomes the neighbour at word i of s (IP, MAC0, MAC1), in `state`, believed
    for ms.
    """
    t = ptr32(int(t) + 4 * _NEIGH_WORDS * k)
    s = ptr32(int(s) + 4 * i)
    t[_N_IP] = s[_N_IP]
    t[_N_MAC0] = s[_N_MAC0]
    t[_N_MAC1] = s[_N_MAC1]
    t[_N_STATE] = state
    t[_N_UNTIL] = (h[_H_NOW] + ms) & 0x3FFFFFFF
    t[_N_AT] = 0 - 1
    t[_N_TRIES] = 0


@micropython.viper
def packet(f: ptr8, op: int, h: ptr32, r: ptr32, i: int, known: int):
    """Write an ARP packet of 42 bytes into f: op 1 asks for, op 2 answers, the address at word i
    of r.

    With known, the two words behind the address are its hardware address, and the packet goes
    there; otherwise to everybody.  An announcement (RFC 5227, 2.3) asks for our own address.
    """
    p = ptr16(f)
    r = ptr32(int(r) + 4 * i)
    a = int(0xFFFFFFFF)
    b = 0xFFFF
    if known:
        a = r[_N_MAC0]
        b = r[_N_MAC1]
    p[0] = a
    p[1] = a >> 16
    p[2] = b
    if not known:
        a = b = 0
    p[16] = a
    p[17] = a >> 16
    p[18] = b
    p[19] = r[_N_IP]
    p[20] = r[_N_IP] >> 16
    p[6] = 0x0608
    p[7] = 0x0100
    p[8] = 0x0008
    p[9] = 0x0406
    p[10] = op << 8
    a = h[_H_MAC0]
    p[3] = p[11] = a
    p[4] = p[12] = a >> 16
    p[5] = p[13] = h[_H_MAC1]
    p[14] = h[_H_IP]
    p[15] = h[_H_IP] >> 16


@micropython.viper
def fill_destination(f: ptr16, t: ptr32, k: int):
    """Give the frame in f the hardware address of record k."""
    t = ptr32(int(t) + 4 * _NEIGH_WORDS * k)
    f[0] = t[_N_MAC0]
    f[1] = t[_N_MAC0] >> 16
    f[2] = t[_N_MAC1]


if THUMB:
    from .thumb import check  # noqa: F401, F811
