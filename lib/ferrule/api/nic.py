"""The face of MicroPython's network.AbstractNIC: addresses and settings, as text and back."""

import array

import micropython
from micropython import const

from ..net import arp
from .fault import fault

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_H_DUE = const(1)
_H_ISN_CLOCK = const(2)
_H_IP = const(3)
_H_MASK = const(4)
_H_GW = const(5)
_H_BCAST = const(6)
_H_MAC0 = const(8)
_H_MAC1 = const(9)
_H_KEY0 = const(10)
_H_KEY1 = const(11)
_H_IP_ID = const(12)
_H_TTL = const(13)
_H_TOKENS = const(14)
_H_TOKENS_AT = const(15)
_H_TS_CLOCK = const(16)
_H_TS_KEY = const(17)
_C_CHALLENGE = const(10)
_C_TTL = const(31)
# --- end of layout ---

_EINVAL = const(22)


def put_word(r, i, b, off):
    """Word i of record r = the four bytes of b at off, in the order they stand there."""
    r[i : i + 1] = array.array("i", b[off : off + 4])


def to_bytes(text, err=_EINVAL):
    """Four bytes of a dotted address.  OSError(err) when it is none."""
    parts = text.split(".")
    try:
        b = bytes([int(x) for x in parts])
    except ValueError:
        b = b""
    if len(b) != 4 or len(parts) != 4:
        raise fault(err)
    return b


def to_text(r, i):
    """Word i of record r as a dotted address."""
    return "%d.%d.%d.%d" % tuple(bytes(r[i : i + 1]))


def start(net):
    """The parts of the host record that are known from the beginning."""
    h = net.h
    mac = bytes(net.link.mac)
    put_word(h, _H_MAC0, mac, 0)
    h[_H_MAC1] = mac[4] | mac[5] << 8
    key = net.random(8)
    put_word(h, _H_KEY0, key, 0)
    put_word(h, _H_KEY1, key, 4)
    put_word(h, _H_ISN_CLOCK, net.random(4), 0)
    put_word(h, _H_TS_KEY, net.random(4), 0)
    put_word(h, _H_TS_CLOCK, net.random(4), 0)
    h[_H_IP_ID] = key[0] << 8 | key[7]
    h[_H_TTL] = net.cfg[_C_TTL]
    h[_H_NOW] = h[_H_DUE] = net.ticks_ms() & 0x3FFFFFFF
    h[_H_TOKENS_AT] = h[_H_NOW]
    h[_H_TOKENS] = net.cfg[_C_CHALLENGE]


def active(net, on):
    if on and not net._on:
        net._on = True
        net.h[_H_NOW] = net.h[_H_DUE] = net.ticks_ms() & 0x3FFFFFFF
        if net.iface.service is not None:
            net.iface.service.wake()  # verifies an address before it is announced
        elif net._addressed:
            arp.announce(net.iface)
    elif net._on and not on:
        net._on = False
        net.tcp.abort_all(100)  # ENETDOWN
    return on


def set_address(net, ip, mask, gw):
    """Take an address; connections of another one end with EADDRNOTAVAIL, for theirs cannot
    change.
    """
    h = net.h
    new = array.array("i", ip + mask + gw)
    changed = word(net, _H_IP) != ip
    h[_H_IP : _H_GW + 1] = new  # all or, when there is no room on the heap, nothing
    set_broadcast(h)
    net._addressed = ip != b"\0\0\0\0"
    if changed:
        net.tcp.abort_all(99)
        arp.clear(net.iface)
        if net._on and net._addressed:
            arp.announce(net.iface)
        call = getattr(net, "on_address", None)
        if call is not None:
            call()


def word(net, i):
    return bytes(net.h[i : i + 1])


def mask_of(bits):
    """Four bytes of a mask from its length."""
    if not 0 <= bits <= 32:
        raise ValueError("a prefix is 0 to 32 bits")
    return bytes([0xFF00 >> min(8, max(0, bits - 8 * k)) & 0xFF for k in range(4)])


def ifconfig(net, a):
    if a == "dhcp":
        from .byserver import obtain

        return obtain(net, True)
    if a is not None:
        ip, mask, gw, dns = [to_bytes(x) for x in a]
        if net.iface.service is not None:
            net.iface.service.end()
        net.dns = dns
        set_address(net, ip, mask, gw)
        return None
    return (
        to_text(net.h, _H_IP),
        to_text(net.h, _H_MASK),
        to_text(net.h, _H_GW),
        "%d.%d.%d.%d" % tuple(net.dns),
    )


def ipconfig(net, args, kwargs):
    if args and kwargs:
        raise TypeError("can't specify pos and kw args")
    h = net.h
    if not kwargs:
        if len(args) != 1:
            raise TypeError("must query one param")
        key = args[0]
        if key == "addr4":
            return (to_text(h, _H_IP), to_text(h, _H_MASK))
        if key == "gw4":
            return to_text(h, _H_GW)
        if key == "dns":
            return "%d.%d.%d.%d" % tuple(net.dns)
        if key in ("dhcp4", "has_dhcp4"):
            service = net.iface.service
            return service is not None and (key == "dhcp4" or service.bound())
        raise ValueError("unexpected key")
    ip, mask, gw = word(net, _H_IP), word(net, _H_MASK), word(net, _H_GW)
    for key, value in kwargs.items():
        if key == "addr4":
            if isinstance(value, str):
                text, _, bits = value.partition("/")
                ip = to_bytes(text)
                mask = mask_of(int(bits or 32))
            else:
                ip, mask = to_bytes(value[0]), to_bytes(value[1])
        elif key == "gw4":
            if not isinstance(value, str):  # more than one, the preferred first
                from ..net.routes import gateways

                gateways(net.iface, [to_bytes(x) for x in value])
                value = value[0]
            gw = to_bytes(value)
        elif key == "dns":
            net.dns = to_bytes(value)
        elif key != "dhcp4":
            raise ValueError("unexpected key")
    on = kwargs.get("dhcp4")
    if on:
        from .byserver import obtain

        obtain(net, False)
    elif net.iface.service is not None and (on is not None or "addr4" in kwargs):
        net.iface.service.end()  # an address by hand ends it, too
    if on is None or "addr4" in kwargs and not on:
        set_address(net, ip, mask, gw)


@micropython.viper
def reachable(h: ptr32, b: ptr8) -> bool:
    """Whether the four bytes of b are one host that we have a way to: on our network, or by a
    gateway.
    """
    ip = b[0] | (b[1] << 8) | (b[2] << 16) | (b[3] << 24)
    me = h[_H_IP]
    if me == 0 or ip == me or ip == h[_H_BCAST] or b[0] >= 224 or b[0] == 127 or b[0] == 0:
        return False
    return ((ip ^ me) & h[_H_MASK]) == 0 or h[_H_GW] != 0


@micropython.viper
def set_broadcast(h: ptr32):
    """BCAST from IP and MASK; 0 where there is none (no mask, or a net of one or two hosts,
    RFC 3021).
    """
    host = int(0xFFFFFFFF) ^ h[_H_MASK]
    last = 1
    bcast = 0
    if h[_H_MASK] != 0 and host != 0 and host != (last << 24):
        bcast = h[_H_IP] | host
    h[_H_BCAST] = bcast
