"""An address out of 169.254/16 when nobody gives one (RFC 3927); loaded when DHCP has found no
server.
"""

from micropython import const

from .claim import Claim

_MOST_CONFLICTS = const(10)
_RATE_MS = const(60000)


class AutoIp:
    """Claims one address after the other until one is granted.

    The first is made of the hardware address, so that a device has the same one each time
    (RFC 3927, 2.1).  owner and i: as Claim's; the owner is told of nothing but by take().
    """

    def __init__(self, owner, iface, i):
        self.owner = owner
        self.t = owner.t
        self.chance = owner.chance
        self.i = i
        self.conflicts = 0
        self.claim = Claim(self, iface, i)
        self.seed = 0
        for b in iface.link.mac:
            self.seed = (self.seed * 31 + b) & 0xFFFF
        self.next()

    def next(self):
        """Claim the next address of the sequence: 169.254.1.0 to 169.254.254.255."""
        self.seed = (self.seed * 12869 + 6925) & 0xFFFF
        self.claim.begin(bytes((169, 254, 1 + (self.seed >> 8) % 254, self.seed & 255)))

    def again(self):
        """The link was gone: the address is probed again, and used meanwhile if it was."""
        self.claim.begin(self.claim.ip)

    def granted(self, claim):
        return self.owner.take(claim.ip, b"\xff\xff\0\0", b"\0\0\0\0")

    def refused(self, claim):
        """RFC 3927, 2.2.1: another address; after ten conflicts one a minute."""
        self.owner.forsake(claim.ip)
        self.conflicts += 1
        self.next()
        if self.conflicts >= _MOST_CONFLICTS:
            self.claim.wait(_RATE_MS)
