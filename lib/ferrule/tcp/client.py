"""Opening a connection: the OPEN call of RFC 9293, 3.10.1, active, and the port it comes from.

Loaded by the first connect(), or bind() to any port: who only serves does without.
"""

import micropython
from micropython import const

from ..core.rand import choose_isn
from ..core.tick import set_timer
from ..wire.tcp import find
from . import output, pcb
from .pcb import set_state
from .track import open_active

# --- layout: written by tools/layout.py ---
_S_SRC = const(0)
_S_PORTS = const(1)
_O_DST = const(0)
_O_PORTS = const(1)
_T_REXMT = const(18)
_Q_RTO = const(2)
_TCB_WORDS = const(32)
_HALF_WORDS = const(7)
_TW_WORDS = const(6)
_ST_ACTIVE = const(29)
# --- end of layout ---

_SYN_SENT = const(2)

_EADDRINUSE = const(98)
_ENOBUFS = const(105)


@micropython.viper
def pair(o: ptr32, s: ptr32, ip: ptr8, lport: int, rport: int):
    """Put a pair into the out record, and into the segment record for look-ups."""
    a = ip[0] | (ip[1] << 8) | (ip[2] << 16) | (ip[3] << 24)
    b = ((lport & 0xFF) << 24) | ((lport & 0xFF00) << 8) | ((rport & 0xFF) << 8) | (rport >> 8)
    o[_O_DST] = a
    o[_O_PORTS] = b
    s[_S_SRC] = a
    s[_S_PORTS] = b


def pair_taken(t):
    """Whether a connection, half-open or not, has the pair in the segment record."""
    s = t.seg
    return (
        find(t.tcbs, len(t.pcbs), _TCB_WORDS, s) >= 0
        or find(t.half, t.half_n, _HALF_WORDS, s) >= 0
    )


def connect(t, sock, ip, lport, rport):
    """Active open to ip (4 bytes) and rport, with the options that sock has.  Returns the
    connection, in SYN-SENT, or an errno.

    A pair in TIME-WAIT is not used: a chosen port that meets one is refused, a free one is
    looked for.
    """
    pair(t.out, t.seg, ip, lport, rport)
    if pair_taken(t) or find(t.tw, t.tw_n, _TW_WORDS, t.seg) >= 0:
        return _EADDRINUSE
    p = t.take()
    if p is None:
        return _ENOBUFS
    t.clock()
    pcb.start(p, t)
    choose_isn(t.h, t.out)
    open_active(p.r, t.out)
    set_state(p, _SYN_SENT)
    p.sock = sock
    sock.p = p
    sock.apply_options()
    t.count[_ST_ACTIVE] += 1
    set_timer(t.h, p.r, _T_REXMT, p.q[_Q_RTO])
    output.opening(t, p)
    return p


def ephemeral(t, ip, rport, random):
    """A local port for a pair, drawn at random from 1024..65535 and held by no socket that was
    bound (RFC 6056, 3.2 and 3.3.1); 0 when all are taken.

    random(n) returns n bytes; where they point to a pair in use, the next one is tried.
    """
    b = random(2)
    first = b[0] << 8 | b[1]
    for i in range(64512):
        port = 1024 + (first + i) % 64512
        pair(t.out, t.seg, ip, port, rport)
        if not pair_taken(t) and find(t.tw, t.tw_n, _TW_WORDS, t.seg) < 0:
            for s in t.bound:
                if s.port == port:
                    break
            else:
                return port
    return 0
