"""The unix port as a board: the link and the address come from the environment.  See README.md."""

from os import getenv

_LINKS = "packet:INTERFACE, udp:LOCALPORT:PEERPORT or loop"


def limits():
    """A host has memory: room for a browser's connections, and for several browsers."""
    return {"connections": 16, "rx_buffer": 8192, "tx_buffer": 8192, "half_open": 32,
            "time_wait": 256}


def http_limits():
    return {"buffer": 4096}


def make_link():
    """The link that FERRULE_LINK names.  ValueError: it names none."""
    text = getenv("FERRULE_LINK")
    if not text:
        raise ValueError("FERRULE_LINK is not set; it is " + _LINKS + ".")
    kind, _, rest = text.partition(":")
    mac = _mac()
    if kind == "packet" and rest and ":" not in rest:
        from ferrule.link.packet import Packet

        return Packet(rest, mac)
    if kind == "udp" and rest.count(":") == 1:
        from ferrule.link.udp import Udp

        ports = rest.split(":")
        return Udp(_port(ports[0]), _port(ports[1]), mac)
    if text == "loop":
        from ferrule.link.loop import pair

        return (pair(mac_a=mac) if mac else pair())[0]
    raise ValueError("FERRULE_LINK is %s; it has to be %s." % (text, _LINKS))


def address():
    """(address, mask, gateway, dns) or "dhcp", from FERRULE_IP.  ValueError: it is missing or
    malformed."""
    text = getenv("FERRULE_IP")
    if text == "dhcp":
        return text
    if not text:
        raise ValueError("FERRULE_IP is not set; it is dhcp, or ADDRESS/PREFIX, as 10.9.0.2/24, "
                         "and optionally ,GATEWAY.")
    own, _, gateway = text.partition(",")
    ip, slash, prefix = own.partition("/")
    bits = _number(prefix, 32) if slash else -1
    if not _is_address(ip) or bits < 1 or "," in text and not _is_address(gateway):
        raise ValueError("FERRULE_IP is %s; it has to be dhcp, or ADDRESS/PREFIX, as "
                         "10.9.0.2/24, and optionally ,GATEWAY." % text)
    mask = ".".join([str(0xff00 >> min(8, max(0, bits - 8 * i)) & 0xff) for i in range(4)])
    gateway = gateway or "0.0.0.0"
    return ip, mask, gateway, gateway


def _mac():
    """FERRULE_MAC as bytes; None when it is not set: then the link makes one."""
    text = getenv("FERRULE_MAC")
    if not text:
        return None
    parts = text.split(":")
    try:
        mac = bytes([int(part, 16) for part in parts])
    except ValueError:
        mac = b""
    if len(mac) != 6 or mac[0] & 1:
        raise ValueError("FERRULE_MAC is %s; it has to be the six bytes of a station's address, "
                         "as 02:00:5e:10:00:01." % text)
    return mac


def _port(text):
    port = _number(text, 65535)
    if port < 1:
        raise ValueError("FERRULE_LINK: %s is not a UDP port." % text)
    return port


def _number(text, most):
    """The number written in decimal digits, -1 when it is not or exceeds `most`."""
    if not text or len(text) > 5 or [c for c in text if c not in "0123456789"]:
        return -1
    return int(text) if int(text) <= most else -1


def _is_address(text):
    parts = text.split(".")
    return len(parts) == 4 and min([_number(part, 255) for part in parts]) >= 0
