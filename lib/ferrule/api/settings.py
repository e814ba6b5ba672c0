"""net.config(): the settings of the stack, under Linux's names and in Linux's units; loaded when
first used.
"""

from micropython import const

from ..tcp.cc import NAMES
from .names import LIMITS, SETTINGS

# --- layout: written by tools/layout.py ---
_H_TTL = const(13)
_C_CONGESTION = const(19)
_C_PMTU = const(24)
_C_TTL = const(31)
# --- end of layout ---

_ROUTES = "accept_source_route"


def number(name, value):
    """(index, value as the stack keeps it) of a setting.  ValueError: unknown, or out of range."""
    if name not in SETTINGS:
        raise ValueError("unknown config param")
    i = SETTINGS.index(name)
    if i == _C_CONGESTION and value in NAMES:
        value = NAMES.index(value)
    least, most = LIMITS[i]
    if not isinstance(value, int):
        raise ValueError("%s is a number" % name if i != _C_CONGESTION else " ".join(NAMES))
    if not least <= value <= most:
        raise ValueError("%s is %d to %d" % (name, least, most))
    return i, int(value)


def check_name(name):
    """The name that DHCP tells the server, "" for one made of our hardware address.  ValueError:
    no label of RFC 1123, 2.1.
    """
    rest = name.strip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
    if len(name) > 63 or rest or name[:1] == "-" or name[-1:] == "-":
        raise ValueError("hostname is up to 63 letters, digits and hyphens")


def config(net, args, kwargs):
    """config("name") reads: mac (bytes), mtu, hostname, or a setting; config(name=value) sets one
    or several, all or none.
    """
    if args and kwargs:
        raise TypeError("can't specify pos and kw args")
    cfg = net.cfg
    if not kwargs:
        if len(args) != 1:
            raise TypeError("must query one param")
        name = args[0]
        if name == "mac":
            return bytes(net.link.mac)
        if name == "mtu":
            return net.link.mtu
        if name == "hostname":
            return getattr(net, "hostname", "")
        if name == _ROUTES:
            return getattr(net.tcp.paths, "taking", 0)
        if name not in SETTINGS:
            raise ValueError("unknown config param")
        i = SETTINGS.index(name)
        return NAMES[cfg[i]] if i == _C_CONGESTION else cfg[i]
    name = kwargs.pop("hostname", None)
    if name is not None:
        check_name(name)
    taking = kwargs.pop(_ROUTES, None)
    if taking not in (None, 0, 1):
        raise ValueError("%s is 0 to 1" % _ROUTES)
    for i, value in [number(*item) for item in kwargs.items()]:
        cfg[i] = value
    if name is not None:
        net.hostname = name
    if taking is not None:
        from ..tcp.srcroute import begin as routes

        routes(net.tcp).accept(int(taking))
    net.h[_H_TTL] = cfg[_C_TTL]
    net.tcp.configure()
    if cfg[_C_PMTU]:  # RFC 1122, 3.3.3
        from ..tcp.pmtu import begin

        begin(net.tcp)
