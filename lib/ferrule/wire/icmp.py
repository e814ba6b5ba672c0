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
    code = 0 - 1
    me = ptr16(f)[15] | (ptr16(f)[16] << 16)
    f = ptr8(int(f) + s[_S_L4])
    hl = (f[8] & 15) << 2
    n = s[_S_L4_LEN] - 8 - hl
    p = ptr16(f)
    if (
        n >= 8
        and hl >= 20
        and f[8] >> 4 == 4
        and f[17] == 6
        and (p[10] | (p[11] << 16)) == me  # what we sent carried our address
    ):
        code = f[1]
        s[_S_SRC] = p[12] | (p[13] << 16)
        f = ptr8(int(f) + hl)
        p = ptr16(f)
        s[_S_PORTS] = p[5] | (p[4] << 16)
        s[_S_SEQ] = (f[12] << 24) | (f[13] << 16) | (f[14] << 8) | f[15]
    return code
