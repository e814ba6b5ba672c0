"""ICMP (RFC 792): the two messages we make and the header that an error quotes."""

import micropython
from micropython import const

# --- layout: written by tools/layout.py ---
_S_SRC = const(0)
_S_PORTS = const(1)
_S_SEQ = const(2)
_S_ACK = const(3)
_S_L4 = const(4)
_S_L4_LEN = const(5)
_O_DST = const(0)
# --- end of layout ---


@micropython.viper
def unreachable(rx: ptr8, ip_len: int, tx: ptr8, code: int) -> int:
    """Write `destination unreachable`, quoting the packet in rx: its IP header and 8 bytes (RFC 792).

    The checksum is left 0.  Returns the length of the ICMP message.
    """
    n = ((rx[14] & 15) << 2) + 8
    if n > ip_len:
        n = ip_len
    tx[34] = 3
    tx[35] = code
    i = 36
    while i < 42:
        tx[i] = 0
        i += 1
    i = 0
    while i < n:
        tx[42 + i] = rx[14 + i]
        i += 1
    return 8 + n


@micropython.viper
def quoted(f: ptr8, s: ptr32) -> int:
    """Read the TCP header that an ICMP error in f quotes, as seen by its sender: us.

    SRC and PORTS become those of our connection, SEQ the number we had sent.  Returns the ICMP code, or
    -1 when the message quotes no TCP segment of ours.
    """
    t = s[_S_L4]
    n = s[_S_L4_LEN] - 8
    if n < 28:
        return -1
    q = t + 8
    hl = (f[q] & 15) << 2
    if f[q] >> 4 != 4 or hl < 20 or n < hl + 8 or f[q + 9] != 6:
        return -1
    # what we sent carried our address
    i = 0
    while i < 4:
        if f[q + 12 + i] != f[30 + i]:
            return -1
        i += 1
    d = q + 16
    s[_S_SRC] = (f[d] << 24) | (f[d + 1] << 16) | (f[d + 2] << 8) | f[d + 3]
    d = q + hl
    s[_S_PORTS] = (f[d] << 24) | (f[d + 1] << 16) | (f[d + 2] << 8) | f[d + 3]
    s[_S_SEQ] = (f[d + 4] << 24) | (f[d + 5] << 16) | (f[d + 6] << 8) | f[d + 7]
    s[_S_ACK] = 0
    return f[t + 1]


@micropython.viper
def source_to_destination(s: ptr32, o: ptr32):
    """The answer goes where the packet in hand came from."""
    o[_O_DST] = s[_S_SRC]
