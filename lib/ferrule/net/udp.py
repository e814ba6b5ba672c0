"""UDP datagrams out of the interface, to one host or to everybody on the link; loaded when a
service needs it.
"""

import array

from micropython import const

from ..wire.sum import checksum
from ..wire.udp import put, seal

# --- layout: written by tools/layout.py ---
_O_DST = const(0)
_O_ECT = const(9)
_ST_TX_FRAMES = const(1)
_ST_TX_BUSY = const(2)
_ST_ARP_QDROP = const(9)
# --- end of layout ---

_UDP = const(17)
_NOBODY = b"\0\0\0\0"
_ALL = b"\xff\xff\xff\xff\xff\xff"
# EtherType, version and header length, and so on to the checksum: do not fragment, 64 hops, UDP
_HEAD = b"\x08\x00\x45\x00\0\0\0\0\x40\x00\x40\x11\0\0"


def send(iface, sport, dport, n, source, to):
    """Send the n bytes of text that stand in iface.tx at 42, which ready() said is free, from our
    address to that of another host, four bytes each.  False: it did not leave, because nobody
    knows yet who has the address; ARP asks.
    """
    f = iface.tx
    put(f, 26, source)
    put(f, 30, to)
    seal(f, sport, dport, n)
    out = iface.out
    out[_O_ECT] = 0
    out[_O_DST : _O_DST + 1] = array.array("i", to)
    lost = iface.count[_ST_ARP_QDROP]
    iface.send(_UDP, n + 8)
    return iface.count[_ST_ARP_QDROP] == lost


def broadcast(iface, sport, dport, n, source=_NOBODY):
    """The same to 255.255.255.255 (RFC 1122, 3.3.6), by default as one who has no address yet
    (RFC 2131, 4.1).
    """
    f = iface.tx
    put(f, 0, _ALL)
    put(f, 6, iface.link.mac)
    put(f, 12, _HEAD)
    f[16] = n + 28 >> 8
    f[17] = n + 28 & 255
    put(f, 26, source)
    put(f, 30, _ALL[2:])
    c = 0xFFFF ^ checksum(f, 14, 20, 0)
    f[24] = c & 255
    f[25] = c >> 8
    seal(f, sport, dport, n)
    if iface.link.send(f, n + 42):
        iface.count[_ST_TX_FRAMES] += 1
    else:
        iface.count[_ST_TX_BUSY] += 1
        iface.tx_len = n + 42
