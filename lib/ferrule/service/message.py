"""The messages of a DHCP client: which fields and options each has (RFC 2131, table 5)."""

from micropython import const

from ..wire import dhcp as wire

_TEXT = const(42)  # of the datagram in the frame
_MOST = const(1500)

_ASKED_FOR = bytes((wire.MASK, wire.ROUTER, wire.DNS, wire.LEASE, wire.T1, wire.T2))


def write(client, f, kind, named, chosen):
    """Write the message into frame f; returns its length.

    named: our address is in use, and stands in ciaddr.  chosen: of several servers one is named.
    """
    ip = client.lease.ip
    i = wire.begin(f, _TEXT, client.xid, client.secs, ip if named else None, client.mac)
    i = wire.option(f, i, wire.KIND, bytes((kind,)))
    i = wire.option(f, i, wire.CLIENT, b"\1" + client.mac)
    if kind != wire.DISCOVER and not named:
        i = wire.option(f, i, wire.WANTED, ip)
    if kind >= wire.DECLINE or chosen:
        i = wire.option(f, i, wire.SERVER, client.lease.server)
    if kind >= wire.DECLINE:
        f[_TEXT + 10] = 0  # the broadcast flag: there is no answer
    else:
        most = min(client.iface.link.mtu, _MOST)
        i = wire.option(f, i, wire.MOST, bytes((most >> 8, most & 255)))
        i = wire.option(f, i, wire.LIST, _ASKED_FOR)
        i = wire.option(f, i, wire.HOST_NAME, host_name(client))
    return wire.end(f, _TEXT, i)


def host_name(client):
    """config(hostname=...), or one made of the hardware address."""
    name = getattr(client.net, "hostname", "")
    return (name or "ferrule-%02x%02x%02x" % tuple(client.mac[3:])).encode()
