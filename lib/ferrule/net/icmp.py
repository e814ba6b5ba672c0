"""ICMP (RFC 792, RFC 1122 3.2.2): answer echo, report and receive `destination unreachable`."""

from micropython import const

from ..wire.icmp import quoted
from ..wire.ip4 import answer_to
from ..wire.sum import checksum, copy

# --- layout: written by tools/layout.py ---
_S_L4 = const(4)
_S_L4_LEN = const(5)
_S_BCAST = const(6)
_O_ECT = const(9)
_C_PMTU = const(24)
_ST_ICMP_BAD = const(15)
_ST_ICMP_ECHO = const(16)
_ST_ICMP_ECHO_REPLY = const(17)
_ST_ICMP_UNREACH_IN = const(18)
_ST_ICMP_EXPIRED = const(19)
_ST_ICMP_UNREACH_OUT = const(21)
_ST_ICMP_REDIRECT = const(68)
# --- end of layout ---

_ICMP = const(1)
_ECHO_REPLY = const(0)
_UNREACHABLE = const(3)
_REDIRECT = const(5)
_ECHO = const(8)
_TIME_EXCEEDED = const(11)
_PARAMETER = const(12)
_COUNTER = const(_ST_ICMP_EXPIRED - _TIME_EXCEEDED)
_NO_DF = const(0x4000)


def arrives(iface):
    """Take the ICMP message in iface.rx."""
    s = iface.seg
    f = iface.rx
    at = s[_S_L4]
    n = s[_S_L4_LEN]
    if n < 8 or checksum(f, at, n, 0) != 0xFFFF:
        iface.count[_ST_ICMP_BAD] += 1
    elif f[at] == _ECHO:
        iface.count[_ST_ICMP_ECHO] += 1
        if not s[_S_BCAST] and f[at + 1] == 0:
            echo(iface, at, n)
    elif f[at] in (_UNREACHABLE, _REDIRECT, _TIME_EXCEEDED, _PARAMETER):
        what = f[at]
        if what == _REDIRECT:
            iface.count[_ST_ICMP_REDIRECT] += 1
        else:
            iface.count[_ST_ICMP_UNREACH_IN if what == _UNREACHABLE else what + _COUNTER] += 1
        code = quoted(f, s)
        if code >= 0:
            iface.on_unreachable(what << 8 | code)
    elif f[at] == _ECHO_REPLY and iface.ping is not None:
        iface.ping.arrives(at, n)


def echo(iface, at, n):
    """Send the echo request back as a reply (its options, if any, are not carried over)."""
    if n + 34 > len(iface.tx) or not iface.ready():
        return
    tx = iface.tx
    copy(tx, 34, iface.rx, at, n)
    tx[34] = 0
    seal(tx, n)
    answer_to(iface.out, iface.seg)
    iface.out[_O_ECT] = _NO_DF if iface.cfg[_C_PMTU] else 0
    iface.send(_ICMP, n)
    iface.count[_ST_ICMP_ECHO_REPLY] += 1


def refuse(iface, code):
    """Tell the sender of the packet in rx that it cannot be delivered (code 2: protocol, 3:
    port).
    """
    s = iface.seg
    if s[_S_BCAST] or not iface.ready() or not iface.allowed():
        return
    # the packet's IP header and eight bytes more are quoted (RFC 792)
    n = s[_S_L4] - 14 + min(8, s[_S_L4_LEN])
    tx = iface.tx
    tx[34] = _UNREACHABLE
    for i in range(35, 42):
        tx[i] = 0
    tx[35] = code
    copy(tx, 42, iface.rx, 14, n)
    n += 8
    seal(tx, n)
    answer_to(iface.out, s)
    iface.out[_O_ECT] = 0  # RFC 1122, 3.2.2
    iface.send(_ICMP, n)
    iface.count[_ST_ICMP_UNREACH_OUT] += 1


def seal(tx, n):
    """Put the checksum of the ICMP message of n bytes at 34 in its place."""
    tx[36] = 0
    tx[37] = 0
    c = 0xFFFF ^ checksum(tx, 34, n, 0)
    tx[36] = c & 0xFF
    tx[37] = c >> 8
