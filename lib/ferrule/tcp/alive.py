"""What a program asks for about the life of its connections: keepalive (RFC 9293, 3.8.4) and
TCP_USER_TIMEOUT (RFC 5482); loaded by the first setsockopt() of either.
"""

from micropython import const

from ..core.tick import set_timer
from . import segment, timers

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_FLAGS = const(3)
_SND_MAX = const(7)
_SRTT = const(14)
_RTT_AT = const(16)
_T_KEEP = const(20)
_USER_TIMEOUT = const(31)
_Q_SND_MSS = const(0)
_Q_RETRIES = const(3)
_Q_KA_IDLE = const(11)
_Q_KA_INTVL = const(12)
_Q_KA_CNT = const(13)
_ST_KEEPALIVE = const(47)
# --- end of layout ---

_ACK = const(16)

_PERSIST = const(8)
_KEEPALIVE = const(32)

_DELACK_WORST = const(200)  # ms: see output.py
_PTO_LEAST = const(10)
_FOREVER = const(1 << 28)  # ms: the program gives up, not we
_LINK_BUSY_MS = const(10)
_ADOPTED = const(0x200)  # of Pcb.ip: see uto.py


def over(t, r, n):
    """Whether TCP_USER_TIMEOUT is over after n attempts: one is always made."""
    return n > 0 and r[_USER_TIMEOUT] < _FOREVER and silent(t, r) >= r[_USER_TIMEOUT]


def probed(r, q):
    """Before the retransmission timer there was a tail loss probe: text is unanswered for longer,
    by what was waited for that (as in output.arm, which runs too often to ask somebody).
    """
    ms = r[_SRTT] >> 2
    if r[_SND_MAX] <= q[_Q_SND_MSS]:
        ms += _DELACK_WORST
    r[_RTT_AT] = r[_RTT_AT] - (ms if ms > _PTO_LEAST else _PTO_LEAST) & 0x3FFFFFFF


def silent(t, r):
    """Milliseconds since the first of what is unanswered was sent."""
    return t.h[_H_NOW] - r[_RTT_AT] & 0x3FFFFFFF


def within(t, r, ms):
    """ms, or what is left of TCP_USER_TIMEOUT when that is less."""
    limit = r[_USER_TIMEOUT]
    if limit < _FOREVER:
        limit -= silent(t, r)
        if limit < ms:
            return limit if limit > 0 else 0
    return ms


def keepalive(t, p, on):
    """SO_KEEPALIVE for p."""
    r = p.r
    t.clock()
    if on:
        r[_FLAGS] |= _KEEPALIVE
        idle(t, p, r)
    else:
        r[_FLAGS] &= ~_KEEPALIVE
        r[_T_KEEP] = -1


def idle(t, p, r):
    """The idle time begins."""
    set_timer(t.h, r, _T_KEEP, idle_ms(p, r))


def idle_ms(p, r):
    """The idle time, longer than a user timeout that the peer asked for (RFC 5482, 4.2)."""
    ms = p.q[_Q_KA_IDLE] * 1000
    return r[_USER_TIMEOUT] + 1000 if p.ip & _ADOPTED and ms <= r[_USER_TIMEOUT] else ms


def heard(t, p, r):
    """The peer lives: the idle time begins anew, unless the connection has just ended."""
    if r[_T_KEEP] >= 0:
        if r[_SND_MAX] == 0 and not r[_FLAGS] & _PERSIST:
            p.q[_Q_RETRIES] = 0
        idle(t, p, r)


def probe(t, p, r):
    """The peer was silent for the idle time, or for an interval after a probe.

    A turn of the stack may come late; the next interval is shorter by that, lest what is promised
    (idle + interval * count) grows with each.
    """
    late = t.h[_H_NOW] - r[_T_KEEP] & 0x3FFFFFFF
    r[_T_KEEP] = -1
    q = p.q
    if r[_SND_MAX] or r[_FLAGS] & _PERSIST:  # what is out asks the same question (MUST-26)
        idle(t, p, r)
        return
    if not t.iface.ready():
        set_timer(t.h, r, _T_KEEP, _LINK_BUSY_MS)
        return
    n = q[_Q_RETRIES]
    if n == 0:
        r[_RTT_AT] = t.h[_H_NOW] - late - idle_ms(p, r) & 0x3FFFFFFF
    if over(t, r, n) if 0 < r[_USER_TIMEOUT] < _FOREVER else n >= q[_Q_KA_CNT] & 0x7F:
        segment.reset(t, p)
        timers.give_up(t, p)
        return
    q[_Q_RETRIES] = n + 1
    ms = q[_Q_KA_INTVL] * 1000
    if late < ms >> 3:  # after a long sleep the peer shall have time to answer
        ms -= late
    set_timer(t.h, r, _T_KEEP, ms)
    segment.emit(t, p, -1, _ACK, 0)  # SND.NXT - 1: no answer is owed to anything else (SHLD-12)
    t.count[_ST_KEEPALIVE] += 1
