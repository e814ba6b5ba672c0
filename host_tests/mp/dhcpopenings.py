"""The openings of DHCP's ladders. ARP is in the ladder, and the stack's random draws are fixed."""


class Draws:
    """A source of random bytes. Two of them decide how long is waited: always `wait`, so that
    0 gives the shortest times; others count."""

    def __init__(self, wait=0):
        self.wait = wait
        self.n = 0

    def bytes(self, n):
        if n == 2:
            return bytes((self.wait >> 8, self.wait & 255))
        self.n = self.n + 1 & 127
        return bytes((self.n + 37 * i & 255 for i in range(n)))


def off(wire, wait=0, **options):
    """A stack without an address that asks nobody."""
    wire.link.arp_visible = True
    wire.random = Draws(wait)
    wire.build(address=None, gateway=None, **options)
    wire.locks = False  # the client makes its messages, and draws chances, on the heap
    wire.seen = []
    wire.mark()


def asking(wire, wait=0, **options):
    """The first discover has just gone out."""
    off(wire, wait, **options)
    wire.bring("""
        0  us.ipconfig dhcp4=1
        0  ==> DHCP discover secs=0
    """)


def bound(wire, lease=600, more="router=10.9.0.1 dns=10.9.0.1", **options):
    """Bound at 4000 to 10.9.0.2/24 by 10.9.0.1; the lease runs from 0."""
    asking(wire, **options)
    wire.bring(
        """
        0     <== DHCP offer   your=10.9.0.2 lease=%d
        0     ==> DHCP request want=10.9.0.2 server=10.9.0.1
        0     <== DHCP ack     your=10.9.0.2 lease=%d %s
        0     ==> ARP who 10.9.0.2 sender=0.0.0.0
        1000  ==> ARP who 10.9.0.2 sender=0.0.0.0
        2000  ==> ARP who 10.9.0.2 sender=0.0.0.0
        4000  ==> ARP who 10.9.0.2 sender=10.9.0.2
        4000  us.addr 10.9.0.2/24
        6000  ==> ARP who 10.9.0.2 sender=10.9.0.2
    """
        % (lease, lease, more)
    )


def link_local(wire, **options):
    """No server answered: 169.254.x.y, granted at 29000; the next discover is due at 56000."""
    asking(wire, **options)
    wire.bring("""
        3000   ==> DHCP discover  secs=3  xid=same
        10000  ==> DHCP discover  secs=10 xid=same
        25000  ==> DHCP discover  secs=25 xid=same
        25000  ==> ARP who 169.254.98.77 sender=0.0.0.0
        26000  ==> ARP who 169.254.98.77 sender=0.0.0.0
        27000  ==> ARP who 169.254.98.77 sender=0.0.0.0
        29000  ==> ARP who 169.254.98.77 sender=169.254.98.77
        29000  us.addr 169.254.98.77/16
        31000  ==> ARP who 169.254.98.77 sender=169.254.98.77
    """)
