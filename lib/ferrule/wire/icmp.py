"""ICMP (RFC 792): the header that an error quotes."""

import micropython
from micropython import const

# --- layout: written by tools/layout.py ---
_S_SRC = const(0)
_S_PORTS = const(1)
_S_SEQ = const(2)
_S_L4 = const(4)
_S_L4_LEN = const(5)
# --- end of layout ---


@micropython.viper
def quoted(f: ptr8, s: ptr32) -> int:
    """Read the TCP header that an ICMP error in f quotes, as seen by its sender: us.

    SRC and PORTS become those of our connection, SEQ the number we had sent.  Returns the ICMP
    code, or -1 when the message quotes no TCP segment of ours.
    """
    t = s[_S_L4]
    n = s[_S_L4_LEN] - 8
    q = t + 8
    hl = (f[q] & 15) << 2
    if n < 28 or f[q] >> 4 != 4 or hl < 20 or n < hl + 8 or f[q + 9] != 6:
        return -1
    p = ptr16(int(f) + q)
    g = ptr16(f)
    if p[6] != g[15] or p[7] != g[16]:  # what we sent carried our address
        return -1
    s[_S_SRC] = p[8] | (p[9] << 16)
    p = ptr16(int(p) + hl)
    s[_S_PORTS] = p[1] | (p[0] << 16)
    q += hl
    s[_S_SEQ] = (f[q + 4] << 24) | (f[q + 5] << 16) | (f[q + 6] << 8) | f[q + 7]
    return f[t + 1]
