"""A lease (RFC 2131, 4.4.5): what a server gives, whether it makes sense, and how old it is."""

from micropython import const

from ..wire import dhcp as wire

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
# --- end of layout ---

_LEAST_S = const(10)  # less is over before the address has been probed
_FUZZ_S = const(600)  # the renewal comes earlier by a sixteenth of its time, or this, at most

_NOBODY = b"\0\0\0\0"


class Lease:
    """The address, what belongs to it, and its times in seconds: end_s is wire.FOREVER for a
    lease without an end.
    """

    def __init__(self, h):
        self.h = h
        self.server = self.ip = self.mask = self.gw = self.dns = _NOBODY
        self.hop = b""  # the hardware address that its server, or relay, sent from
        self.end_s = self.t1_s = self.t2_s = 0
        self.from_at = 0  # it runs from here, which moves on by whole seconds ...
        self.age_s = 0  # ... that are counted here, for the clock wraps in 12 days

    def grant(self, f, found, asked_at, chance):
        """Take what the ACK in f says, whose options fits() has judged.  The lease runs from the
        time of its request.
        """
        self.hop = bytes(memoryview(f)[6:12])
        self.mask = mask_of(f, found, self.ip)
        self.gw = self.router(f, found)
        self.dns = wire.address(f, found[wire.DNS]) if wire.DNS in found else _NOBODY
        self.from_at = asked_at
        self.age_s = 0
        self.end_s = end = wire.seconds(f, found[wire.LEASE])
        if end != wire.FOREVER:
            t1 = wire.seconds(f, found[wire.T1]) if wire.T1 in found else 0
            t2 = wire.seconds(f, found[wire.T2]) if wire.T2 in found else 0
            if not _LEAST_S <= t1 < t2 < end:
                t1 = end >> 1
                t2 = end - (end >> 3)
            # So that those who started together do not renew together.
            self.t1_s = t1 - chance(min(t1 // 16, _FUZZ_S) + 1)
            self.t2_s = t2 - chance(min((t2 - t1) // 16, _FUZZ_S) + 1)

    def router(self, f, found):
        """The first router of the list that is on our network, or none."""
        if wire.ROUTER in found:
            at = found[wire.ROUTER]
            for i in range(at, at + f[at - 1], 4):
                gw = wire.address(f, i)
                apart = [(gw[k] ^ self.ip[k]) & self.mask[k] for k in range(4)]
                if not any(apart) and gw != self.ip:
                    return gw
        return _NOBODY

    def seconds(self):
        """How old it is."""
        gone = self.rest_ms() // 1000
        self.from_at = self.from_at + gone * 1000 & 0x3FFFFFFF
        self.age_s += gone
        return self.age_s

    def over(self):
        """Whether it has ended."""
        return self.end_s != wire.FOREVER and self.seconds() >= self.end_s

    def rest_ms(self):
        """Milliseconds since the last whole second that seconds() counted."""
        return self.h[_H_NOW] - self.from_at & 0x3FFFFFFF


def fits(f, found, ip):
    """Whether the options found in f make sense with this address: a lease, and one host's
    address on the network of the mask.
    """
    lease = wire.seconds(f, found[wire.LEASE]) if wire.LEASE in found else 0
    if lease != wire.FOREVER and lease < _LEAST_S:
        return False
    if not wire.is_host(ip, 0) or ip[:2] == b"\xa9\xfe":
        return False
    mask = mask_of(f, found, ip)
    ones = ones_of(mask)
    host = sum([ip[i] & ~mask[i] & 255 for i in range(4)])
    # neither the network's own address nor its broadcast, where there are such (RFC 3021)
    return ones > 30 or ones > 0 and 0 < host < sum([~mask[i] & 255 for i in range(4)])


def mask_of(f, found, ip):
    """The mask, or that of the address's old class when the server names none."""
    if wire.MASK in found:
        return wire.address(f, found[wire.MASK])
    a = ip[0]
    return b"\xff\0\0\0" if a < 128 else b"\xff\xff\0\0" if a < 192 else b"\xff\xff\xff\0"


def ones_of(mask):
    """How many ones a mask begins with, -1 when a one follows a zero."""
    text = "".join(["{:08b}".format(b) for b in mask])
    return -1 if "01" in text else text.count("1")
