"""What time does to a connection: retransmission, probes, delayed ACKs, keepalive,
FIN-WAIT-2.
"""

from micropython import const

from ..core.tick import is_due, next_due, set_timer
from . import listen, output, timewait
from .pcb import release

# --- layout: written by tools/layout.py ---
_PORTS = const(1)
_STATE = const(2)
_FLAGS = const(3)
_SND_NXT = const(6)
_SND_MAX = const(7)
_SND_WND = const(8)
_RTO = const(18)
_RTT_END = const(21)
_T_REXMT = const(23)
_T_DACK = const(24)
_T_KEEP = const(25)
_RETRIES = const(26)
_KA_IDLE = const(29)
_KA_PROBE = const(30)
_HO_PORTS = const(1)
_HO_AT = const(4)
_TW_PORTS = const(1)
_TW_AT = const(4)
_TCB_WORDS = const(38)
_HALF_WORDS = const(7)
_TW_WORDS = const(5)
_C_SYN_RETRIES = const(0)
_C_RETRIES2 = const(2)
_C_ORPHAN_RETRIES = const(3)
_ST_ATTEMPT_FAILS = const(29)
_ST_TIMEOUTS = const(31)
_ST_ABORT_TIMEOUT = const(32)
_ST_KEEPALIVE = const(45)
_ST_DELAYED_ACKS = const(46)
# --- end of layout ---

_ACK = const(16)

_ACK_NOW = const(1)
_ORPHAN = const(4)
_PERSIST = const(8)
_KEEPALIVE = const(32)
_SYN_LOST = const(128)

_SYN_RECEIVED = const(3)
_FIN_WAIT_2 = const(6)

_ETIMEDOUT = const(110)
_RTO_MAX = const(60000)


def run(t):
    """Serve every timer of TCP that has ended."""
    h = t.h
    for p in t.pcbs:
        r = p.r
        if r[_STATE]:
            if is_due(h, r, _T_REXMT):
                if r[_FLAGS] & _PERSIST:
                    persist(t, p, r)
                else:
                    retransmit(t, p, r)
            if is_due(h, r, _T_DACK):
                r[_T_DACK] = -1
                r[_FLAGS] |= _ACK_NOW
                t.count[_ST_DELAYED_ACKS] += 1
            if is_due(h, r, _T_KEEP):
                keep(t, p, r)
    listen.timers(t)
    timewait.timers(t)


def earliest(t):
    """Bring DUE forward to the first timer of TCP."""
    h = t.h
    next_due(h, t.tcbs, len(t.pcbs), _TCB_WORDS, _PORTS, _T_REXMT, 3)
    next_due(h, t.half, t.half_n, _HALF_WORDS, _HO_PORTS, _HO_AT, 1)
    next_due(h, t.tw, t.tw_n, _TW_WORDS, _TW_PORTS, _TW_AT, 1)


def give_up(t, p):
    """The peer has been silent too long (R2 of RFC 9293, 3.8.3): the program gets the soft
    error, or ETIMEDOUT.
    """
    t.count[_ST_ABORT_TIMEOUT] += 1
    if p.r[_STATE] <= _SYN_RECEIVED:
        t.count[_ST_ATTEMPT_FAILS] += 1
    release(p, p.soft or _ETIMEDOUT)


def limit(t, r):
    """How often a segment is sent again before the connection is given up."""
    if r[_STATE] <= _SYN_RECEIVED:
        return t.cfg[_C_SYN_RETRIES]
    if r[_FLAGS] & _ORPHAN:
        return t.cfg[_C_ORPHAN_RETRIES]
    return t.cfg[_C_RETRIES2]


def retransmit(t, p, r):
    """RFC 6298 (5.4) to (5.6): the first segment again, and twice the time."""
    r[_T_REXMT] = -1
    t.count[_ST_TIMEOUTS] += 1
    if r[_RETRIES] >= limit(t, r):
        give_up(t, p)
        return
    if r[_STATE] > _SYN_RECEIVED and r[_SND_WND] == 0:  # the window was shut over it (MUST-35)
        r[_FLAGS] |= _PERSIST
        r[_RETRIES] = 0
        r[_SND_NXT] = r[_RTT_END] = 0
        persist(t, p, r)
        return
    r[_RETRIES] += 1
    if r[_STATE] <= _SYN_RECEIVED:
        r[_FLAGS] |= _SYN_LOST
    r[_RTO] = r[_RTO] << 1 if r[_RTO] < _RTO_MAX >> 1 else _RTO_MAX
    set_timer(t.h, r, _T_REXMT, r[_RTO])
    output.resend(t, p)


def persist(t, p, r):
    """3.8.6.1: probe, and wait twice as long for the next.  RETRIES: probes | unanswered in a
    row << 8.
    """
    if r[_RETRIES] >> 8 >= limit(t, r):
        r[_T_REXMT] = -1
        give_up(t, p)
        return
    n = r[_RETRIES] & 0xFF
    n = n + 1 if n < 15 else n
    r[_RETRIES] = (r[_RETRIES] & ~0xFF) + 0x100 | n
    ms = r[_RTO] << n
    set_timer(t.h, r, _T_REXMT, ms if ms < _RTO_MAX else _RTO_MAX)
    output.probe(t, p)


def keep(t, p, r):
    """T_KEEP ended: FIN-WAIT-2 of a closed socket is over, or the peer was silent for the
    idle time (3.8.4).
    """
    r[_T_KEEP] = -1
    if r[_STATE] == _FIN_WAIT_2 and r[_FLAGS] & _ORPHAN:
        release(p, 0)
        return
    if not r[_FLAGS] & _KEEPALIVE:
        return
    if r[_SND_MAX]:  # outstanding data ask the same question (MUST-26)
        set_timer(t.h, r, _T_KEEP, r[_KA_IDLE] * 1000)
        return
    k = r[_KA_PROBE]
    if k & 0xFF >= k >> 8 & 0x7F:
        output.reset(t, p)
        give_up(t, p)
        return
    r[_KA_PROBE] = k + 1
    set_timer(t.h, r, _T_KEEP, (k >> 15) * 1000)
    if t.iface.ready():
        output.emit(t, p, -1, _ACK, 0)  # SND.NXT - 1: no answer is owed to anything else (SHLD-12)
        t.count[_ST_KEEPALIVE] += 1
