"""What an ICMP error does to a connection (RFC 9293, 3.9.2.2; RFC 1122, 4.2.3.9; RFC 5461); loaded
with the first one.
"""

from micropython import const

from .pcb import release, soft_error

# --- layout: written by tools/layout.py ---
_STATE = const(2)
_C_REDIRECTS = const(28)
_ST_ATTEMPT_FAILS = const(31)
# --- end of layout ---

_TOO_BIG = const(0x304)
_NO_PROTOCOL = const(0x302)
_NO_PORT = const(0x303)
_REDIRECT = const(5)
_PARAMETER = const(12)

_SYN_RECEIVED = const(3)

_EPROTO = const(71)
_ENOPROTOOPT = const(92)
_ENETUNREACH = const(101)
_ECONNREFUSED = const(111)
_EHOSTUNREACH = const(113)

_NET = b"\0\5\6\11\13"  # codes of `unreachable` that mean a network: 0, 5, 6, 9, 11


def told(t, p, what):
    """Take the error `what` (type << 8 | code) about a segment that p has in flight; 0: full
    segments got no answer for two timeouts, perhaps they are too long (RFC 2923, 2.1).

    While a connection opens, one that will not pass ends it.  Every other is soft: it is kept, and
    told when the connection ends for want of an answer.
    """
    if what == _TOO_BIG or what == 0:
        if t.paths is None:
            from . import pmtu

            pmtu.begin(t)
        if what:
            t.paths.too_big(t, p)
        else:
            t.paths.black_hole(t, p)
        return
    if what >> 8 == _REDIRECT:
        if t.cfg[_C_REDIRECTS]:
            if t.iface.routes is None:
                from ..net.routes import Routes

                Routes(t.iface)
            t.iface.routes.redirect()
        return
    code = what & 0xFF
    err = _EHOSTUNREACH
    if what == _NO_PORT:
        err = _ECONNREFUSED
    elif what == _NO_PROTOCOL:
        err = _ENOPROTOOPT
    elif what >> 8 == _PARAMETER:
        err = _EPROTO
    elif what >> 8 == 3 and code in _NET:
        err = _ENETUNREACH
    if what in (_NO_PORT, _NO_PROTOCOL) and p.r[_STATE] <= _SYN_RECEIVED:
        t.count[_ST_ATTEMPT_FAILS] += 1
        release(p, err)
    else:
        soft_error(p, err)
