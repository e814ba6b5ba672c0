"""UDP (RFC 768): judge the datagram in a frame, head and seal the one to be sent.

What is sent stands in its frame as all that we send does: the UDP header at 34, the text at 42.
"""

from micropython import const

from .sum import checksum

# --- layout: written by tools/layout.py ---
_S_L4 = const(4)
_S_L4_LEN = const(5)
_S_DATA = const(9)
_S_LEN = const(10)
# --- end of layout ---

_UDP = const(17)


def total(f, at, n):
    """The sum over the pseudo header of the IP packet in frame f and the n bytes of UDP at `at`;
    0xFFFF when the checksum among them is right.
    """
    return checksum(f, at, n, checksum(f, 26, 8, 0) + (_UDP << 8) + (n >> 8) + ((n & 255) << 8))


def check(f, s):
    """The destination port of the datagram in frame f, whose packet check_frame() has noted in
    the segment record s; -1 when its length or its checksum is wrong.  Offset and length of the
    text then stand in s as DATA and LEN.
    """
    at = s[_S_L4]
    if s[_S_L4_LEN] < 8:
        return -1
    n = f[at + 4] << 8 | f[at + 5]
    if not 8 <= n <= s[_S_L4_LEN]:
        return -1
    # 0: its sender made no checksum
    if (f[at + 6] or f[at + 7]) and total(f, at, n) != 0xFFFF:
        return -1
    s[_S_DATA] = at + 8
    s[_S_LEN] = n - 8
    return f[at + 2] << 8 | f[at + 3]


def seal(f, sport, dport, n):
    """Write the header of n bytes of text at 42; the IP header stands before it already."""
    n += 8
    f[34] = sport >> 8
    f[35] = sport & 255
    f[36] = dport >> 8
    f[37] = dport & 255
    f[38] = n >> 8
    f[39] = n & 255
    f[40] = f[41] = 0
    # A sum of 0 is sent as 0xFFFF, which is the same number: 0 would say that there is none.
    c = 0xFFFF ^ total(f, 34, n) or 0xFFFF
    f[40] = c & 255
    f[41] = c >> 8


def put(f, at, b):
    """Write the bytes b into frame f at `at`."""
    for i in range(len(b)):
        f[at + i] = b[i]
