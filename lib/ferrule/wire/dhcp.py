"""DHCP messages (RFC 2131, section 2) and their options (RFC 2132): read from a frame, written
into one.

A message is 236 bytes of BOOTP, of which a client looks at a few, the magic cookie, and options:
code, length, value.  Lengths were written by others, so each is checked against the end of what
holds it.
"""

from micropython import const

from .udp import put

DISCOVER = const(1)
OFFER = const(2)
REQUEST = const(3)
DECLINE = const(4)
ACK = const(5)
NAK = const(6)
RELEASE = const(7)

MASK = const(1)
ROUTER = const(3)
DNS = const(6)
HOST_NAME = const(12)
WANTED = const(50)
LEASE = const(51)
_OVERLOAD = const(52)
KIND = const(53)
SERVER = const(54)
LIST = const(55)
MOST = const(57)
T1 = const(58)
T2 = const(59)
CLIENT = const(61)

_XID = const(4)
_YIADDR = const(16)
_CHADDR = const(28)
_SNAME = const(44)
_FILE = const(108)
_COOKIE = const(236)
_OPTIONS = const(240)
_SHORTEST = const(300)  # a BOOTP relay may drop what is shorter (RFC 1542, 2.1)

_MAGIC = b"\x63\x82\x53\x63"
_FROM_SERVER = b"\x02\x01\x06"  # BOOTREPLY, Ethernet, hardware addresses of 6 bytes
# The options that are read, and their lengths, 0 for a list of addresses; others are skipped.
_LENGTHS = {MASK: 4, LEASE: 4, _OVERLOAD: 1, KIND: 1, SERVER: 4, T1: 4, T2: 4, ROUTER: 0, DNS: 0}

FOREVER = const(-1)


def same(f, at, b):
    """Whether the bytes b stand in frame f at `at`."""
    for i in range(len(b)):
        if f[at + i] != b[i]:
            return False
    return True


def read(f, at, n, xid, mac, found):
    """The kind of the message of n bytes at `at`, 0 when it is malformed or not for us.

    found becomes {code: offset of the option's value}; a list of addresses has at least one.
    """
    found.clear()
    if (
        n < _OPTIONS
        or not same(f, at, _FROM_SERVER)
        or not same(f, at + _XID, xid)
        or not same(f, at + _CHADDR, mac)
        or not same(f, at + _COOKIE, _MAGIC)
        or not walk(f, at + _OPTIONS, at + n, found)
    ):
        return 0
    # RFC 2131, 4.1: file is read before sname.
    overload = f[found[_OVERLOAD]] if _OVERLOAD in found else 0
    if overload & 1 and not walk(f, at + _FILE, at + _COOKIE, found):
        return 0
    if overload & 2 and not walk(f, at + _SNAME, at + _FILE, found):
        return 0
    return f[found[KIND]] if KIND in found else 0


def walk(f, i, end, found):
    """Note the options from i up to end; False when a length is wrong.  The first of two options
    of one code counts.
    """
    while i < end:
        code = f[i]
        i += 1
        if code == 255:
            return True
        if code == 0:
            continue
        if i == end or i + 1 + f[i] > end:
            return False
        n = f[i]
        if code in _LENGTHS:
            wanted = _LENGTHS[code]
            if n == 0 or (n != wanted if wanted else n & 3):
                return False
            if code not in found:
                found[code] = i + 1
        i += 1 + n
    return True


def address(f, at):
    """The four bytes at `at`."""
    return bytes(memoryview(f)[at : at + 4])


def is_host(f, at):
    """Whether the four bytes at `at` may be one host's address: no network's own, no loopback, no
    multicast or broadcast.
    """
    return 0 < f[at] < 224 and f[at] != 127


def yours(f, at):
    """`your` address of the message at `at`, four bytes."""
    return address(f, at + _YIADDR)


def seconds(f, at):
    """The time at `at`; FOREVER for all ones, and what does not fit a small integer becomes the
    largest, 34 years.
    """
    if f[at] >= 0x40:
        return FOREVER if same(f, at, b"\xff\xff\xff\xff") else 0x3FFFFFFF
    return f[at] << 24 | f[at + 1] << 16 | f[at + 2] << 8 | f[at + 3]


def begin(f, at, xid, secs, ciaddr, mac):
    """Write the fixed fields of a client's message; returns the offset of the first option.

    Without an address (ciaddr is None) the answer is asked for by broadcast: until it is
    configured, the stack takes no packet for an address.
    """
    for i in range(at, at + _OPTIONS):
        f[i] = 0
    f[at] = 1
    f[at + 1] = 1
    f[at + 2] = 6
    put(f, at + _XID, xid)
    f[at + 8] = secs >> 8
    f[at + 9] = secs & 255
    if ciaddr is None:
        f[at + 10] = 0x80
    else:
        put(f, at + 12, ciaddr)
    put(f, at + _CHADDR, mac)
    put(f, at + _COOKIE, _MAGIC)
    return at + _OPTIONS


def option(f, i, code, value):
    """Write an option at i; returns where the next one goes."""
    f[i] = code
    f[i + 1] = len(value)
    put(f, i + 2, value)
    return i + 2 + len(value)


def end(f, at, i):
    """Close the list of options at i; returns the length of the message that begins at `at`."""
    f[i] = 255
    i += 1
    while i < at + _SHORTEST:
        f[i] = 0
        i += 1
    return i - at
