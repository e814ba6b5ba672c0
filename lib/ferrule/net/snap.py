"""IP and ARP in IEEE 802.3 frames with an LLC and SNAP header (RFC 1042); loaded with the first
such frame.  We always send Ethernet II (RFC 1122, 2.3.3).
"""

from micropython import const

from ..wire.sum import copy

# --- layout: written by tools/layout.py ---
_ST_RX_FRAMES = const(0)
# --- end of layout ---

_HEADER = const(8)  # LLC AA AA 03, then three bytes 0 and the Ethernet type


def take(iface, n):
    """The frame of n bytes in iface.rx begins an LLC header with AA AA.  If it is SNAP and says
    one of Ethernet's types, handle it as the Ethernet II frame that it could have been.
    """
    f = iface.rx
    if n < 22:
        return False
    size = f[12] << 8 | f[13]  # of what follows, without padding
    if size > n - 14 or size < _HEADER or f[16] != 3 or f[17] | f[18] | f[19] or f[20] < 6:
        return False
    copy(f, 12, f, 20, size - 6)
    iface.count[_ST_RX_FRAMES] -= 1
    iface.frame_in(size + 6)
    return True
