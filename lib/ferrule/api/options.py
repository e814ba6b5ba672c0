"""setsockopt and getsockopt, under Linux's names and in Linux's units; loaded when first
used.
"""

from micropython import const

from ..tcp import user
from .fault import fault, local

# --- layout: written by tools/layout.py ---
_FLAGS = const(3)
_Q_SND_MSS = const(0)
_Q_KA_IDLE = const(11)
_Q_KA_INTVL = const(12)
_Q_KA_CNT = const(13)
_C_KEEP_TIME = const(6)
_C_KEEP_INTVL = const(7)
_C_KEEP_PROBES = const(8)
# --- end of layout ---

_SOL_SOCKET = const(1)
_IPPROTO_TCP = const(6)

_SO_REUSEADDR = const(2)
_SO_ERROR = const(4)
_SO_KEEPALIVE = const(9)
_SO_LINGER = const(13)
_TCP_NODELAY = const(1)
_TCP_MAXSEG = const(2)
_TCP_KEEPIDLE = const(4)
_TCP_KEEPINTVL = const(5)
_TCP_KEEPCNT = const(6)

_NODELAY = const(16)
_KEEPALIVE = const(32)

_EINVAL = const(22)
_EOPNOTSUPP = const(95)


def put(s, level, option, value):
    """Set an option of socket s, now or, before there is a connection, when there is one.

    SO_REUSEADDR (taken: a port is free as soon as nobody holds it), SO_KEEPALIVE, SO_LINGER
    (seconds, or bytes of two 32-bit words as C has it; 0 s: close() resets), TCP_NODELAY,
    TCP_KEEPIDLE and TCP_KEEPINTVL (seconds, 1..32767), TCP_KEEPCNT (1..127).  OSError EINVAL: out
    of range.
    """
    if level == _SOL_SOCKET and option == _SO_LINGER and not isinstance(value, int):
        value = value[4] | value[5] << 8 if value[0] else -1
    if level == _IPPROTO_TCP and _TCP_KEEPIDLE <= option <= _TCP_KEEPCNT:
        if not 1 <= value <= (127 if option == _TCP_KEEPCNT else 32767):
            raise fault(_EINVAL)
    if s.options is None:
        s.options = {}
    s.options[level, option] = value
    p = s.p
    if p is None:
        return
    r = p.r
    if level == _SOL_SOCKET:
        if option == _SO_KEEPALIVE:
            user.keepalive(s.net.tcp, p, value)
    elif level == _IPPROTO_TCP:
        q = p.q
        if option == _TCP_NODELAY:
            r[_FLAGS] = r[_FLAGS] | _NODELAY if value else r[_FLAGS] & ~_NODELAY
            if value:
                user.output.push(s.net.tcp, p)
        elif option == _TCP_KEEPIDLE:
            q[_Q_KA_IDLE] = value
            if r[_FLAGS] & _KEEPALIVE:
                user.keepalive(s.net.tcp, p, 1)
        elif option == _TCP_KEEPINTVL:
            q[_Q_KA_INTVL] = value
        elif option == _TCP_KEEPCNT:
            q[_Q_KA_CNT] = q[_Q_KA_CNT] & 0xFF00 | value


def get(s, level, option):
    """The value of an option, as put() takes it; SO_ERROR reports and clears what ended the
    connection.
    """
    p = s.p
    if level == _SOL_SOCKET:
        if option == _SO_ERROR:
            err = 0
            if p is not None:
                err = p.err and local(p.err)
                p.err = 0
            return err
        if option in (_SO_REUSEADDR, _SO_KEEPALIVE):
            return int(bool(stored(s, level, option, 0)))
        if option == _SO_LINGER:
            return stored(s, level, option, -1)
    elif level == _IPPROTO_TCP:
        cfg = s.net.cfg
        if option == _TCP_NODELAY:
            return int(bool(stored(s, level, option, 0)))
        if option == _TCP_MAXSEG:
            return p.q[_Q_SND_MSS] if p is not None else 536
        if option == _TCP_KEEPIDLE:
            return stored(s, level, option, cfg[_C_KEEP_TIME])
        if option == _TCP_KEEPINTVL:
            return stored(s, level, option, cfg[_C_KEEP_INTVL])
        if option == _TCP_KEEPCNT:
            return stored(s, level, option, cfg[_C_KEEP_PROBES])
    raise fault(_EOPNOTSUPP)


def stored(s, level, option, default):
    return s.options.get((level, option), default) if s.options else default
