"""What time does to a connection: retransmission, probes, delayed ACKs, keepalive,
FIN-WAIT-2.
"""

from micropython import const

from ..core.tick import is_due, next_due, set_timer
from . import listen, output, recovery, timewait
from .input import grow_older
from .pcb import release, soft_error

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_PORTS = const(1)
_STATE = const(2)
_FLAGS = const(3)
_SND_NXT = const(6)
_SND_MAX = const(7)
_SND_WND = const(8)
_RTT_AT = const(16)
_MARK = const(17)
_T_REXMT = const(18)
_T_DACK = const(19)
_T_KEEP = const(20)
_USER_TIMEOUT = const(31)
_Q_SND_MSS = const(0)
_Q_RTO = const(2)
_Q_RETRIES = const(3)
_HO_PORTS = const(1)
_HO_AT = const(4)
_TW_PORTS = const(1)
_TW_AT = const(4)
_PA_R_IP = const(0)
_PA_AT = const(2)
_TCB_WORDS = const(32)
_HALF_WORDS = const(7)
_TW_WORDS = const(6)
_PATH_WORDS = const(3)
_C_SYN_RETRIES = const(0)
_C_RETRIES1 = const(2)
_C_RETRIES2 = const(3)
_C_ORPHAN_RETRIES = const(4)
_C_MTU_PROBING = const(25)
_ST_ATTEMPT_FAILS = const(31)
_ST_TIMEOUTS = const(33)
_ST_ABORT_TIMEOUT = const(34)
_ST_DELAYED_ACKS = const(61)
# --- end of layout ---

_ACK_NOW = const(1)
_ORPHAN = const(4)
_PERSIST = const(8)
_KEEPALIVE = const(32)
_SYN_LOST = const(128)
_TLP = const(1 << 18)
_PTO = const(1 << 19)
_TS_OK = const(1 << 12)
_MARKED = const(1 << 16 | 1 << 17 | 1 << 18 | 1 << 7)

_SYN_RECEIVED = const(3)

_ETIMEDOUT = const(110)
_RTO_MAX = const(60000)
_SHIFT_MAX = const(9)  # an RTO of a second or more, doubled so often, is above the largest


def run(t):
    """Serve every timer of TCP that has ended."""
    h = t.h
    if _TS_OK:
        grow_older(t)
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
                if r[_FLAGS] & _KEEPALIVE:
                    t.alive.probe(t, p, r)
                else:  # FIN-WAIT-2 of a closed socket is over
                    release(p, 0)
    listen.timers(t)
    timewait.timers(t)
    if t.paths is not None:
        t.paths.timers(t)


def earliest(t):
    """Bring DUE forward to the first timer of TCP."""
    h = t.h
    next_due(h, t.tcbs, len(t.pcbs), _TCB_WORDS, _PORTS, _T_REXMT, 3)
    next_due(h, t.half, t.half_n, _HALF_WORDS, _HO_PORTS, _HO_AT, 1)
    next_due(h, t.tw, t.tw_n, _TW_WORDS, _TW_PORTS, _TW_AT, 1)
    if t.paths is not None:
        next_due(h, t.paths.table, t.paths.n, _PATH_WORDS, _PA_R_IP, _PA_AT, 1)


def give_up(t, p):
    """The peer has been silent too long (R2 of RFC 9293, 3.8.3): the program gets the soft
    error, or ETIMEDOUT.
    """
    t.count[_ST_ABORT_TIMEOUT] += 1
    if p.r[_STATE] <= _SYN_RECEIVED:
        t.count[_ST_ATTEMPT_FAILS] += 1
    release(p, p.soft or _ETIMEDOUT)


def limited(p, r):
    """Whether TCP_USER_TIMEOUT is set; before accept() the word is the place in the queue."""
    return r[_USER_TIMEOUT] and p.listener is None


def exhausted(t, p, r, n):
    """Whether n unanswered attempts, or the time they took, end the connection."""
    cfg = t.cfg
    opening = r[_STATE] <= _SYN_RECEIVED
    if opening and n >= cfg[_C_SYN_RETRIES]:
        return True
    if limited(p, r):
        return t.alive.over(t, r, n)
    return not opening and n >= cfg[_C_ORPHAN_RETRIES if r[_FLAGS] & _ORPHAN else _C_RETRIES2]


def again_in(t, p, r, ms):
    """The next attempt is due in ms, or when the program's patience ends."""
    set_timer(t.h, r, _T_REXMT, t.alive.within(t, r, ms) if limited(p, r) else ms)


def retransmit(t, p, r):
    """RFC 6298 (5.4) to (5.6): the first segment again, and twice the time."""
    q = p.q
    if r[_FLAGS] & _PTO:
        recovery.suspect(t, p, r, q)
        return
    r[_T_REXMT] = -1
    if q[_Q_RETRIES] == 0:
        r[_RTT_AT] = t.h[_H_NOW] - q[_Q_RTO] & 0x3FFFFFFF
        if r[_FLAGS] & _TLP and limited(p, r):
            t.alive.probed(r, q)
    if exhausted(t, p, r, q[_Q_RETRIES]):
        t.count[_ST_TIMEOUTS] += 1
        give_up(t, p)
        return
    t.count[_ST_TIMEOUTS] += 1
    if r[_STATE] > _SYN_RECEIVED:
        if r[_SND_WND] == 0:  # the window was shut over it (MUST-35)
            r[_FLAGS] |= _PERSIST
            q[_Q_RETRIES] = r[_SND_NXT] = 0
            if not r[_FLAGS] & _MARKED:
                r[_MARK] = 0
            persist(t, p, r)
            return
        recovery.timeout(t, p, r, q)
    else:
        r[_FLAGS] |= _SYN_LOST
        r[_MARK] = 0
    q[_Q_RETRIES] += 1
    q[_Q_RTO] = q[_Q_RTO] << 1 if q[_Q_RTO] < _RTO_MAX >> 1 else _RTO_MAX
    again_in(t, p, r, q[_Q_RTO])
    if not q[_Q_RETRIES] & 1 and r[_SND_MAX] >= q[_Q_SND_MSS] and t.cfg[_C_MTU_PROBING]:
        t.trouble(p, 0)
    output.resend(t, p)
    if q[_Q_RETRIES] == t.cfg[_C_RETRIES1]:  # R1 (RFC 9293, 3.8.3)
        t.iface.doubt()
        soft_error(p, p.soft or _ETIMEDOUT)


def persist(t, p, r):
    """3.8.6.1: probe, and wait twice as long for the next."""
    q = p.q
    if q[_Q_RETRIES] == 0:
        r[_RTT_AT] = t.h[_H_NOW] - q[_Q_RTO] & 0x3FFFFFFF
    n = q[_Q_RETRIES] & 0xFF
    ms = q[_Q_RTO] << (n if n < _SHIFT_MAX else _SHIFT_MAX)
    if abandoned(t, p, r, n, q[_Q_RETRIES] >> 8, ms):
        r[_T_REXMT] = -1
        give_up(t, p)
        return
    if n < 255:
        n += 1
    q[_Q_RETRIES] = (q[_Q_RETRIES] & ~0xFF) + 0x100 | n
    ms <<= 1
    again_in(t, p, r, ms if ms < _RTO_MAX else _RTO_MAX)
    output.probe(t, p)


def abandoned(t, p, r, n, unanswered, ms):
    """Whether the connection ends after n probes of a closed window, with ms between the last two.

    A peer that answers may keep its window shut for as long as it likes (MUST-37), unless the
    program has set a limit for data that wait, or has gone: then a peer could hold the connection
    for ever, so after all retries the answers do not count.
    """
    if limited(p, r):
        return t.alive.over(t, r, n)
    if not r[_FLAGS] & _ORPHAN:
        return unanswered >= t.cfg[_C_RETRIES2]
    most = t.cfg[_C_ORPHAN_RETRIES]
    return unanswered >= most or n >= most and ms >= _RTO_MAX
