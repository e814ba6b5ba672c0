"""setsockopt and getsockopt, under Linux's names and in Linux's units; loaded when first
used.
"""

from micropython import const

from ..tcp import cc, user
from .fault import fault, local

# --- layout: written by tools/layout.py ---
_FLAGS = const(3)
_TX_LEN = const(13)
_USER_TIMEOUT = const(31)
_Q_SND_MSS = const(0)
_Q_KA_IDLE = const(11)
_Q_KA_INTVL = const(12)
_Q_KA_CNT = const(13)
_Q_W_MAX = const(14)
_C_KEEP_TIME = const(7)
_C_KEEP_INTVL = const(8)
_C_KEEP_PROBES = const(9)
_C_CONGESTION = const(19)
_C_PMTU = const(24)
# --- end of layout ---

_SOURCE_ROUTES = const(1)  # tools/bundle/profile.py can leave them out

_IPPROTO_IP = const(0)
_SOL_SOCKET = const(1)
_IPPROTO_TCP = const(6)

_IP_TOS = const(1)
_IP_OPTIONS = const(4)
_IP_MTU_DISCOVER = const(10)
_IP_RECVERR = const(11)
_IP_MTU = const(14)
_SO_REUSEADDR = const(2)
_SO_ERROR = const(4)
_SO_SNDBUF = const(7)
_SO_RCVBUF = const(8)
_SO_KEEPALIVE = const(9)
_SO_LINGER = const(13)
_SIOCATMARK = const(0x8905)
_TCP_NODELAY = const(1)
_TCP_MAXSEG = const(2)
_TCP_KEEPIDLE = const(4)
_TCP_KEEPINTVL = const(5)
_TCP_KEEPCNT = const(6)
_TCP_INFO = const(11)
_TCP_CONGESTION = const(13)
_TCP_USER_TIMEOUT = const(18)

_NODELAY = const(16)
_KEEPALIVE = const(32)
_TS_OK = const(1 << 12)
_ADOPTED = const(0x200)  # of Pcb.ip: TCP_USER_TIMEOUT is the peer's, see tcp/uto.py
_NO_DF = const(0x4000)
_ROUTE = const(60 << 8)  # bytes of a source route << 8, see tcp/srcroute.py

_ENOENT = const(2)
_EINVAL = const(22)
_EOPNOTSUPP = const(95)
_ENOTCONN = const(107)

_FOREVER = const(1 << 28)  # ms of TCP_USER_TIMEOUT: see tcp/timers.py

# What a value may be: (level, option): least, most.
_RANGES = {
    (_IPPROTO_IP, _IP_TOS): (0, 255),
    (_IPPROTO_IP, _IP_MTU_DISCOVER): (0, 3),
    (_IPPROTO_TCP, _TCP_MAXSEG): (88, 32767),
    (_IPPROTO_TCP, _TCP_KEEPIDLE): (1, 32767),
    (_IPPROTO_TCP, _TCP_KEEPINTVL): (1, 32767),
    (_IPPROTO_TCP, _TCP_KEEPCNT): (1, 127),
    (_IPPROTO_TCP, _TCP_USER_TIMEOUT): (0, 0x7FFFFFFF),
}


def put(s, level, option, value):
    """Set an option of socket s, now or, before there is a connection, when there is one.

    SO_REUSEADDR (taken: a port is free as soon as nobody holds it), SO_KEEPALIVE, TCP_NODELAY,
    TCP_KEEPIDLE and TCP_KEEPINTVL (seconds, 1..32767), TCP_KEEPCNT (1..127), TCP_USER_TIMEOUT (ms;
    0: none; from 2**28 on: no limit at all), TCP_MAXSEG (88..32767), TCP_CONGESTION (a name),
    IP_TOS (the Diffserv field << 2), IP_RECVERR (1: errors that may pass are raised too),
    IP_MTU_DISCOVER (0: without DF), IP_OPTIONS (one source route: type 131 or 137, length, 4 and
    the gateways' addresses, with padding or without; b"": none); SO_LINGER is endpoint.py's.
    OSError EINVAL: out of range; ENOENT: no such congestion control; EHOSTUNREACH: a strict route
    to a gateway elsewhere.
    """
    key = (level, option)
    if key == (_IPPROTO_TCP, _TCP_CONGESTION):
        value = algorithm(value)
    if key in _RANGES:
        least, most = _RANGES[key]
        if not least <= value <= most:
            raise fault(_EINVAL)
    if s.options is None:
        s.options = {}
    if _SOURCE_ROUTES and key == (_IPPROTO_IP, _IP_OPTIONS):
        value = put_route(s, value)
    s.options[key] = value
    p = s.p
    if p is None:
        return
    if level == _SOL_SOCKET:
        if option == _SO_KEEPALIVE:
            alive(s.net.tcp).keepalive(s.net.tcp, p, value)
    elif level == _IPPROTO_TCP:
        put_tcp(s.net.tcp, p, option, value)
    elif level == _IPPROTO_IP:
        if option == _IP_TOS:
            p.ip = p.ip & ~0xFC | value & 0xFC
        elif option == _IP_MTU_DISCOVER:
            p.ip = p.ip & ~_NO_DF if value else p.ip | _NO_DF


def put_route(s, value):
    """IP_OPTIONS of socket s: now, or when it connects.  What is kept of it."""
    from ..tcp import srcroute

    p = s.p
    if p is None or s.options.get((_IPPROTO_IP, _IP_OPTIONS)) is not value:  # it is new
        value = bytes(value)
        err = srcroute.wrong(s.net.h, value) if value else 0
        if err:
            raise fault(err)
    if p is not None:
        srcroute.begin(s.net.tcp).put(p, value)
    return value


def put_tcp(t, p, option, value):
    r = p.r
    q = p.q
    if option == _TCP_NODELAY:
        r[_FLAGS] = r[_FLAGS] | _NODELAY if value else r[_FLAGS] & ~_NODELAY
        if value and r[_TX_LEN]:
            t.clock()
            user.send.push(t, p)
    elif option == _TCP_MAXSEG:
        if value < q[_Q_SND_MSS]:
            q[_Q_SND_MSS] = value
    elif option == _TCP_KEEPIDLE:
        q[_Q_KA_IDLE] = value
        if r[_FLAGS] & _KEEPALIVE:
            alive(t).keepalive(t, p, 1)
    elif option == _TCP_KEEPINTVL:
        q[_Q_KA_INTVL] = value
    elif option == _TCP_KEEPCNT:
        q[_Q_KA_CNT] = q[_Q_KA_CNT] & 0xFF00 | value
    elif option == _TCP_USER_TIMEOUT:
        r[_USER_TIMEOUT] = value if value < _FOREVER else _FOREVER
        alive(t)
        if t.uto is not None:
            t.uto.changed(t, p)
    elif option == _TCP_CONGESTION:
        p.cc = cc.load(cc.NAMES.index(value))
        q[_Q_W_MAX] = 0


def alive(t):
    """The code for what was just asked for."""
    if t.alive is None:
        from ..tcp import alive as module

        t.alive = module
    return t.alive


def algorithm(name):
    """A name of tcp_congestion_control as str.  OSError ENOENT."""
    if not isinstance(name, str):
        name = str(name, "utf-8").rstrip("\0")
    if name not in cc.NAMES:
        raise fault(_ENOENT)
    return name


def get(s, level, option, size):
    """The value of an option, as put() takes it.  Besides: SO_ERROR reports and clears what ended
    the connection, SO_RCVBUF and SO_SNDBUF are bytes, IP_MTU is the path MTU, IP_OPTIONS is the
    route in use, whoever gave it, TCP_INFO is info.py's.  OSError EOPNOTSUPP: unknown; ENOTCONN:
    there is no connection to tell of.
    """
    p = s.p
    tcp = s.net.tcp
    cfg = s.net.cfg
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
        if option == _SO_RCVBUF:
            return tcp.rx_size
        if option == _SO_SNDBUF:
            return tcp.tx_size
        if option == _SIOCATMARK:
            from .oob import left

            return left(s)
    elif level == _IPPROTO_TCP:
        if option == _TCP_NODELAY:
            return int(bool(stored(s, level, option, 0)))
        if option == _TCP_MAXSEG:
            return p.q[_Q_SND_MSS] if p is not None else stored(s, level, option, 536)
        if option == _TCP_KEEPIDLE:
            return stored(s, level, option, cfg[_C_KEEP_TIME])
        if option == _TCP_KEEPINTVL:
            return stored(s, level, option, cfg[_C_KEEP_INTVL])
        if option == _TCP_KEEPCNT:
            return stored(s, level, option, cfg[_C_KEEP_PROBES])
        if option == _TCP_USER_TIMEOUT:
            peers = p.r[_USER_TIMEOUT] if p is not None and p.ip & _ADOPTED else 0
            return peers or stored(s, level, option, 0)
        if option == _TCP_CONGESTION:
            if p is not None:
                return p.cc.NAME
            return stored(s, level, option, cc.NAMES[cfg[_C_CONGESTION]])
        if option == _TCP_INFO:
            if p is None:
                raise fault(_ENOTCONN)
            from .info import info

            return info(tcp, p, size)
    elif level == _IPPROTO_IP:
        if option == _IP_TOS or option == _IP_RECVERR:
            return stored(s, level, option, 0)
        if option == _IP_MTU_DISCOVER:
            return stored(s, level, option, 0 if cfg[_C_PMTU] else 1)
        if _SOURCE_ROUTES and option == _IP_OPTIONS:
            if p is not None and p.ip & _ROUTE:
                return tcp.paths.told(p)
            return stored(s, level, option, b"")
        if option == _IP_MTU:
            if p is None:
                raise fault(_ENOTCONN)
            return path_mtu(s.net, p)
    raise fault(_EOPNOTSUPP)


def path_mtu(net, p):
    """What p's path carries, as far as we know: the link's MTU until a router says less."""
    if not p.ip >> 15:
        return net.link.mtu
    return p.q[_Q_SND_MSS] + (52 if p.r[_FLAGS] & _TS_OK else 40) + (p.ip >> 8 & 60)


def stored(s, level, option, default):
    return s.options.get((level, option), default) if s.options else default
