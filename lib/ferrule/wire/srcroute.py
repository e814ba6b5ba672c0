"""The source route option of IPv4 (RFC 791, 3.1; RFC 1122, 3.2.1.8 (c)): in what arrives, in what
leaves, in what an ICMP error quotes; and its records.  Loaded with tcp/srcroute.py.
"""

import micropython
from micropython import const

# --- layout: written by tools/layout.py ---
_H_IP = const(3)
_H_MASK = const(4)
_H_BCAST = const(6)
_H_HOP = const(7)
_S_SRC = const(0)
_S_PORTS = const(1)
_S_SEQ = const(2)
_S_ACK = const(3)
_S_L4 = const(4)
_S_FLAGS = const(8)
_S_OPTS = const(16)
_S_TSVAL = const(17)
_R_IP = const(0)
_PORTS = const(1)
_STATE = const(2)
_FLAGS = const(3)
_SND_UNA = const(4)
_RCV_NXT = const(5)
_SND_MAX = const(7)
_RCV_WND = const(9)
_TS_RECENT = const(30)
_HO_R_IP = const(0)
_HO_PORTS = const(1)
_HO_IRS = const(3)
_RT_R_IP = const(0)
_RT_PORTS = const(1)
_RT_IRS = const(2)
_RT_LEN = const(4)
_RT_OPTION = const(5)
_RT_HOP = const(6)
_ROUTE_WORDS = const(16)
# --- end of layout ---

_LOOSE = const(131)  # types of the option
_STRICT = const(137)

_SYN = const(2)
_RST = const(4)
_ACK = const(16)

_TS_OK = const(1 << 12)

_SYN_RECEIVED = const(3)


@micropython.viper
def back(f: ptr8, t: ptr32, k: int, h: ptr32, s: ptr32) -> int:
    """Write the way back of the packet in frame f, if it came by a source route, into the record
    at word k of t: the gateways in reverse, then the sender (RFC 1122, 3.2.1.8 (c)).

    Returns the option's length there; 0: it came by no gateway; -1: its options are malformed, or
    name no hosts; -2: it is not at its destination.
    """
    end = 14 + ((f[14] & 15) << 2)
    at = 0
    i = 34
    while i < end and f[i] != 0:
        n = 1
        if f[i] != 1:
            n = f[i + 1]
            if n < 2 or i + n > end:
                return 0 - 1
            if f[i] == _LOOSE or f[i] == _STRICT:
                if at != 0 or (n & 3) != 3 or f[i + 2] < 4 or (f[i + 2] & 3) != 0:
                    return 0 - 1
                at = i
        i += n
    if at == 0:
        return 0
    i = at + f[at + 1]  # behind the address in hand, from the last to the first
    if f[at + 2] <= f[at + 1]:
        return 0 - 2
    src = s[_S_SRC]
    end = at + 3
    n = 0
    while i > end:
        i -= 4
        a = f[i] | (f[i + 1] << 8) | (f[i + 2] << 16) | (f[i + 3] << 24)
        if i > end or a != src:  # some write themselves first
            if f[i] == 0 or f[i] == 127 or f[i] > 223 or a == h[_H_IP] or a == h[_H_BCAST]:
                return 0 - 1
            t[k + _RT_HOP + n] = a
            n += 1
    if n == 0:
        return 0
    if f[at] == _STRICT and ((t[k + _RT_HOP] ^ h[_H_IP]) & h[_H_MASK]) != 0:
        return 0 - 1
    t[k + _RT_HOP + n] = src
    n = 4 * n + 4
    t[k + _RT_LEN] = n
    t[k + _RT_OPTION] = 0x04000001 | (f[at] << 8) | ((n - 1) << 16)
    return n


@micropython.viper
def there(b: ptr8, at: int, t: ptr32, k: int, r: ptr32) -> int:
    """Write the program's route, the option that begins at b[at], into the record at word k of t,
    for connection r.  Returns the option's length.
    """
    n = 0
    i = at + 3
    end = at + b[at + 1]
    while i < end:
        t[k + _RT_HOP + n] = b[i] | (b[i + 1] << 8) | (b[i + 2] << 16) | (b[i + 3] << 24)
        n += 1
        i += 4
    t[k + _RT_HOP + n] = r[_R_IP]
    n = 4 * n + 4
    t[k + _RT_R_IP] = r[_R_IP]
    t[k + _RT_PORTS] = r[_PORTS]
    t[k + _RT_LEN] = n
    t[k + _RT_OPTION] = 0x04000001 | (b[at] << 8) | ((n - 1) << 16)
    return n


@micropython.viper
def insert(p: ptr16, n: int, t: ptr32, k: int, h: ptr32) -> bool:
    """Put the option of the record at word k of t between the IP header that head() wrote into
    frame p and the n bytes behind it.  False: a strict route begins at a gateway that is not on
    our network.
    """
    if (t[k + _RT_OPTION] >> 8) & 0xFF == _STRICT and t[k + _RT_HOP] != h[_H_HOP]:
        return False
    m = t[k + _RT_LEN] >> 1
    i = 17 + ((n + 1) >> 1)
    while i > 17:
        i -= 1
        p[i + m] = p[i]
    p[7] = p[7] + (m >> 1)
    p[12] = 0
    n = t[k + _RT_OPTION]
    p[17] = n
    p[18] = n >> 16
    i = 2
    while i < m:
        n = t[k + _RT_HOP + (i >> 1)]
        p[17 + i] = n
        p[18 + i] = n >> 16
        i += 2
    n = 0
    i = 17 + m
    while i > 7:
        i -= 1
        n += p[i]
    n = (n & 0xFFFF) + (n >> 16)
    p[12] = 0xFFFF ^ ((n & 0xFFFF) + (n >> 16))
    return True


@micropython.viper
def final(f: ptr8, s: ptr32):
    """The ICMP error in f quotes a packet of ours: SRC of the segment record becomes the address
    where its source route, if it has one, was to end.
    """
    i = s[_S_L4] + 8
    end = i + ((f[i] & 15) << 2)
    i += 20
    while i < end and f[i] != 0:
        n = 1
        if f[i] != 1:
            n = f[i + 1]
            if n < 2 or i + n > end:
                return
            if (f[i] == _LOOSE or f[i] == _STRICT) and n > 6 and f[i + 2] <= n:
                n += i
                s[_S_SRC] = f[n - 4] | (f[n - 3] << 8) | (f[n - 2] << 16) | (f[n - 1] << 24)
                return
        i += n


@micropython.viper
def same(t: ptr32, k: int, half: ptr32, b: int) -> bool:
    """Whether the record at word k of t is of the SYN that the half-open record at word b stands
    for.
    """
    return (
        t[k + _RT_R_IP] == half[b + _HO_R_IP]
        and t[k + _RT_PORTS] == half[b + _HO_PORTS]
        and t[k + _RT_IRS] == half[b + _HO_IRS]
    )


@micropython.viper
def half_of(t: ptr32, k: int, end: int, r: ptr32) -> int:
    """Word of the record, from word k of t up to `end`, that was the half-open one of connection
    r; -1: none.
    """
    while k < end:
        d = r[_RCV_NXT] - t[k + _RT_IRS] - 1
        if (
            t[k + _RT_R_IP] == r[_R_IP]
            and t[k + _RT_PORTS] == r[_PORTS]
            and (d & 0xFFFF) | ((d >> 16) & 0xFFFF) == 0
        ):
            return k
        k += _ROUTE_WORDS
    return 0 - 1


@micropython.viper
def pair(f: ptr8, s: ptr32):
    """Put the ports of the segment in frame f into the segment record."""
    f = ptr8(int(f) + s[_S_L4])
    s[_S_PORTS] = f[0] | (f[1] << 8) | (f[2] << 16) | (f[3] << 24)


@micropython.viper
def acceptable(r: ptr32, s: ptr32) -> bool:
    """Whether the segment in hand can only come from the peer of connection r, as it was before:
    its text begins in our window, it acknowledges nothing old and nothing that was not sent, and
    its timestamp is not old.  A stranger who guesses must not lead a connection through a gateway
    of his (RFC 5961).
    """
    if s[_S_FLAGS] & (_SYN | _RST | _ACK) != _ACK or r[_STATE] <= _SYN_RECEIVED:
        return False
    if r[_FLAGS] & _TS_OK:
        if s[_S_OPTS] & 1 == 0 or ((s[_S_TSVAL] - r[_TS_RECENT]) >> 31) & 1:
            return False
    d = s[_S_SEQ] - r[_RCV_NXT]
    e = s[_S_ACK] - r[_SND_UNA]
    if (d >> 29) & 7 or (e >> 29) & 7:  # no window is that wide
        return False
    d &= 0x1FFFFFFF
    return (d == 0 or d < r[_RCV_WND]) and (e & 0x1FFFFFFF) <= r[_SND_MAX]


@micropython.viper
def copy_words(to: ptr32, i: int, source: ptr32, j: int, n: int):
    """n words from word j of one record to word i of another."""
    n += i
    while i < n:
        to[i] = source[j]
        i += 1
        j += 1


@micropython.viper
def on_net(h: ptr32, address: ptr32) -> bool:
    return h[_H_IP] == 0 or ((address[0] ^ h[_H_IP]) & h[_H_MASK]) == 0
