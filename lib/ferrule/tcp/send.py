"""When a connection speaks: what the windows allow, what a recovery sends again, the ACK that is
due (RFC 9293, 3.8.6.2.1; RFC 6675, 5).
"""

from micropython import const

from . import output, recovery
from .blocks import lost_below, next_hole, past, pipe, tail

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_STATE = const(2)
_FLAGS = const(3)
_SND_NXT = const(6)
_SND_MAX = const(7)
_TX_LEN = const(13)
_RTT_AT = const(16)
_T_REXMT = const(18)
_CWND = const(27)
_CC_ACKED = const(29)
_Q_SND_MSS = const(0)
_Q_RTO = const(2)
_Q_DUPACKS = const(6)
_C_IDLE_RESTART = const(22)
# --- end of layout ---

_ACK_NOW = const(1)
_OVERDUE = const(128)
_SPEAK = const(256)
_SACK_OK = const(1 << 11)
_RECOVERY = const(1 << 16)
_LOSS = const(1 << 17)
_RESCUED = const(1 << 18)  # TLP, while RECOVERY is set

_SYN_RECEIVED = const(3)


def push(t, p):
    """Send what the windows allow, then the ACK that is due if nothing carried it."""
    r = p.r
    q = p.q
    if r[_STATE] <= _SYN_RECEIVED:
        output.opening(t, p)
        return
    size = len(p.tx)
    if r[_SND_MAX] == 0:
        if r[_TX_LEN]:
            idle_restart(t, p, r, q)
    elif q[_Q_DUPACKS] and not r[_FLAGS] & (_RECOVERY | _LOSS):
        if output.sendable(r, q, r[_SND_NXT], size) < 0 and recovery.early(t, r, q):
            recovery.enter(t, p, r, q)
    if r[_FLAGS] & _RECOVERY and not repair(t, p, r, q):
        return
    while True:
        nxt = r[_SND_NXT]
        n = output.sendable(r, q, nxt, size)
        if n < 0:
            break
        if n and nxt < r[_SND_MAX] and r[_FLAGS] & _SACK_OK:
            n = past(r, nxt, n)
            if n == 0:  # the peer holds what stands there
                k = next_hole(r, nxt)
                r[_SND_NXT] = k if k >= 0 else -1 - k
                continue
        if not t.iface.ready():
            r[_FLAGS] |= _SPEAK
            return
        output.transmit(t, p, nxt, n)
    if r[_FLAGS] & _ACK_NOW:
        output.ack(t, p)
    if r[_T_REXMT] < 0 and (nxt < r[_TX_LEN] or output.fin_waits(r)):
        output.persist(t, p)


def repair(t, p, r, q):
    """What a recovery has to send before anything new.  False: the link is busy.

    SND.NXT below SND.MAX says that the segment at SND.UNA is to be sent again now, whatever is in
    flight (RFC 5681, 3.2 (3); RFC 6582, 3.2 (3); RFC 6675, 5 (4.3)).
    """
    if r[_SND_NXT] < r[_SND_MAX]:
        n = output.again(t, p, 0)
        if n < 0:
            return False
        r[_SND_NXT] = r[_SND_MAX]
        if r[_FLAGS] & _SACK_OK:
            q[_Q_DUPACKS] = n
    return not r[_FLAGS] & _SACK_OK or mend(t, p, r, q)


def mend(t, p, r, q):
    """Recovery with SACK (RFC 6675, 5, C): while less is in the network than CWND, send what
    NextSeg of section 4 names: what is lost, something new, what may be lost, and once in a
    recovery the end of all that is out.  False: the link is busy.
    """
    mss = q[_Q_SND_MSS]
    while True:
        high = q[_Q_DUPACKS]
        lost = lost_below(r, 0 if r[_FLAGS] & _OVERDUE else mss)
        if r[_CWND] - pipe(r, high, lost) < mss:
            return True
        hole = next_hole(r, high)
        if not 0 <= hole < lost:
            n = output.anew(t, p)
            if n > 0:
                continue
            if n < 0:
                return False
        if hole < 0:
            if r[_FLAGS] & _RESCUED:
                return True
            n = output.again(t, p, tail(r, output.room(r, q)))
            r[_FLAGS] |= _RESCUED
            return n >= 0
        n = output.again(t, p, hole)
        if n < 0:
            return False
        q[_Q_DUPACKS] = hole + n


def idle_restart(t, p, r, q):
    """Something is to be sent after an idle time: what was known of the path is old (RFC 5681,
    4.1).
    """
    idle = t.h[_H_NOW] - r[_RTT_AT] & 0x3FFFFFFF
    if idle > q[_Q_RTO] and t.cfg[_C_IDLE_RESTART]:
        first = output.initial_window(t, p)
        if r[_CWND] > first:
            r[_CWND] = first
            r[_CC_ACKED] = 0
