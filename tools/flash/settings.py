"""settings.py of the device: ADDRESS and HOSTNAME, which go before board.address()."""

import ast
import ipaddress
import re

from tools.flash import Trouble

NAME = "settings.py"
_HEAD = '"""Settings of this device, by tools.flash; they go before those of board.py."""\n'
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def address(text):
    """ADDRESS from the command line: "dhcp", or four strings from ADDRESS/PREFIX[,GATEWAY[,DNS]].

    ValueError: a sentence.
    """
    if text == "dhcp":
        return "dhcp"
    own, *more = text.split(",")
    try:
        interface = ipaddress.IPv4Interface(own)
        further = [str(ipaddress.IPv4Address(one)) for one in more]
    except ValueError:
        further = None
    if further is None or "/" not in own or len(further) > 2:
        raise ValueError("%s is no address: it is dhcp, or ADDRESS/PREFIX[,GATEWAY[,DNS]] as"
                         " 192.168.1.9/24,192.168.1.1." % text)
    network = interface.network
    ends = (network.network_address, network.broadcast_address)
    if interface.ip.is_multicast or interface.ip.is_loopback or interface.ip.is_unspecified or (
            network.prefixlen < 31 and interface.ip in ends):
        raise ValueError("%s is no address of a host." % own)
    gateway = further[0] if further else "0.0.0.0"
    if further and ipaddress.IPv4Address(gateway) not in network:
        raise ValueError("the gateway %s is not in the network %s." % (gateway, network))
    return (str(interface.ip), str(network.netmask), gateway, (further + [gateway])[:2][-1])


def hostname(text):
    """A host name as DNS has them (RFC 1123, 2.1): one label.  ValueError: it is none."""
    if not _LABEL.fullmatch(text):
        raise ValueError("%s is no host name: letters, digits and hyphens inside, 63 at most."
                         % text)
    return text


def parse(text):
    """{name: value} of a settings.py with plain assignments.  Trouble: it holds more."""
    found = {}
    try:
        for node in ast.parse(text).body:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    found[target.id] = ast.literal_eval(node.value)
            elif not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
                raise ValueError
    except (SyntaxError, ValueError, AttributeError):
        raise Trouble("%s on the board holds more than plain settings: change it by hand, and"
                      " leave --address and --hostname out." % NAME) from None
    return found


def render(values):
    """The text of a settings.py."""
    return _HEAD + "\n" + "".join("%s = %r\n" % pair for pair in sorted(values.items()))
