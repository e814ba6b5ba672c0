"""Everything that an acceptable ACK changes, in the order in which it changes it (RFC 9293,
3.10.7.4, fifth).
"""

from micropython import const

from ..core.tick import set_timer
from . import output, recovery, segment, timewait
from .blocks import shift, told
from .pcb import notify, release, set_state
from .rtt import measure
from .track import acknowledged, take_window

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_S_FLAGS = const(8)
_S_LEN = const(10)
_S_WND = const(11)
_S_ACKED = const(15)
_S_SACKS = const(19)
_S_TWICE = const(23)
_STATE = const(2)
_FLAGS = const(3)
_SND_MAX = const(7)
_SND_WND = const(8)
_TX_LEN = const(13)
_SRTT = const(14)
_RTT_AT = const(16)
_MARK = const(17)
_T_REXMT = const(18)
_T_KEEP = const(20)
_SACK0 = const(24)
_CWND = const(27)
_Q_MAX_WND = const(1)
_Q_RTO = const(2)
_Q_RETRIES = const(3)
_C_FIN_TIMEOUT = const(5)
_ST_CHALLENGE_ACK = const(42)
_ST_DSACK_RECV = const(55)
# --- end of layout ---

_FIN = const(1)
_SYN = const(2)
_ECE = const(64)

_ACK_NOW = const(1)
_FIN_QUEUED = const(2)
_ORPHAN = const(4)
_PERSIST = const(8)
_SYN_LOST = const(128)
_SPEAK = const(256)
_SYN_OUT = const(512)
_SACK_OK = const(1 << 11)
_ECN_OK = const(1 << 13)
_RECOVERY = const(1 << 16)
_TLP = const(1 << 18)
_PTO = const(1 << 19)

_SYN_RECEIVED = const(3)
_ESTABLISHED = const(4)
_FIN_WAIT_1 = const(5)
_FIN_WAIT_2 = const(6)
_CLOSING = const(8)
_LAST_ACK = const(9)


def established(t, p):
    """Our SYN is acknowledged."""
    r = p.r
    q = p.q
    measure(t, r, q, 1)
    n = r[_TX_LEN]
    r[_TX_LEN] = 0  # the number acknowledged is the SYN's: no byte of the ring goes with it
    acknowledged(r, q, 1, len(p.tx))
    r[_TX_LEN] = n
    r[_SND_WND] = t.seg[_S_WND]
    q[_Q_MAX_WND] = -(-r[_SND_WND] >> (r[_FLAGS] >> 22 & 15))  # a SYN's window is not scaled
    r[_T_REXMT] = -1
    r[_MARK] = 0
    q[_Q_RETRIES] = 0
    if r[_FLAGS] & _SYN_LOST and r[_SRTT] == 0:
        q[_Q_RTO] = 3000  # RFC 6298 (5.7)
    opened(t, p)
    notify(p)


def opened(t, p):
    """p is a connection from here on."""
    if t.paths is not None:
        t.paths.recall(t, p)
    if p.r[_T_KEEP] >= 0:  # SO_KEEPALIVE came before connect()
        t.alive.idle(t, p, p.r)
    p.r[_CWND] = output.initial_window(t, p)
    p.r[_FLAGS] &= ~_SYN_LOST
    p.r[_RTT_AT] = t.h[_H_NOW]
    set_state(p, _ESTABLISHED)
    if t.uto is not None:
        t.uto.opened(t, p)


def check_ack(t, p, r, s):
    """Fifth: the ACK field.  False: the segment has no more for us."""
    q = p.q
    k = s[_S_ACKED]
    if r[_STATE] == _SYN_RECEIVED:
        if k != 1:
            segment.refuse(t)
            return False
        established(t, p)
        if not s[_S_TWICE]:  # no SYN came with the ACK
            r[_SND_WND] <<= r[_FLAGS] >> 22 & 15
        return True
    r[_FLAGS] &= ~_SYN_OUT
    if k > r[_SND_MAX]:
        challenge(t, r)
        return False
    if k < 0:  # old: nothing in it but perhaps text.  Too old to be true: RFC 5961, 5.2
        if k < -(q[_Q_MAX_WND] << (r[_FLAGS] >> 22 & 15)):
            challenge(t, r)
            return False
        return True
    if r[_FLAGS] & _ECN_OK and s[_S_FLAGS] & _ECE:
        recovery.congested(t, p, r, k)
    if k:
        new_ack(t, p, r, q, k)
        if r[_STATE] == 0:
            return False
    elif r[_SND_MAX] or r[_FLAGS] & _TLP:
        same_ack(t, p, r, q, s)
    take_window(r, q, s)
    if r[_FLAGS] & _PERSIST:
        q[_Q_RETRIES] &= 0xFF  # the probe was answered: the connection lives (MUST-37)
    return True


def challenge(t, r):
    """Ask the peer whether it meant that (RFC 5961), within the limit of the second."""
    if t.iface.allowed():
        t.count[_ST_CHALLENGE_ACK] += 1
        r[_FLAGS] |= _ACK_NOW | _SPEAK


def new_ack(t, p, r, q, k):
    """SND.UNA moves by k."""
    flags = r[_FLAGS]
    fin_acked = flags & _FIN_QUEUED and k > r[_TX_LEN]
    measure(t, r, q, k)
    acknowledged(r, q, k, len(p.tx))
    p.soft = 0  # what was wrong with the path is over
    if flags & _SACK_OK:
        if shift(r, _SACK0, k):  # it holds what it does not acknowledge: nothing it says is true
            r[_SACK0] = r[_SACK0 + 1] = r[_SACK0 + 2] = 0
        if t.seg[_S_SACKS]:
            hear(t, r)
    if not flags & _PERSIST:
        q[_Q_RETRIES] = 0
    recovery.acked(t, p, r, q, k)
    if r[_SND_MAX] == 0:
        r[_T_REXMT] = -1  # RFC 6298 (5.2)
        r[_FLAGS] &= ~(_PERSIST | _PTO)
    elif not flags & _PERSIST and not recovery.impatient(r, q):
        output.arm(t, p, r)  # (5.3)
    if fin_acked:
        our_fin_acked(t, p, r)
    else:
        notify(p)


def hear(t, r):
    """Take the SACK blocks of the segment in hand.  Whether the peer holds more than we knew."""
    got = told(r, t.seg, t.iface.rx)
    if got & 2:
        t.count[_ST_DSACK_RECV] += 1
        if r[_FLAGS] & (_TLP | _RECOVERY) == _TLP:  # both the probe and what it repeated came
            r[_FLAGS] &= ~_TLP
            r[_MARK] = 0
    return got & 1


def same_ack(t, p, r, q, s):
    """SND.UNA stays.  A duplicate ACK carries nothing and moves no window (RFC 5681, 2), or, with
    SACK, tells of something new (RFC 6675, 2).
    """
    if r[_FLAGS] & _SACK_OK:
        if s[_S_SACKS]:
            if hear(t, r) and r[_SND_MAX]:
                recovery.duplicate(t, p, r, q)
        elif r[_FLAGS] & (_TLP | _RECOVERY) == _TLP and r[_MARK] == 0 and s[_S_LEN] == 0:
            r[_FLAGS] &= ~_TLP
    elif s[_S_LEN] == 0 and not s[_S_FLAGS] & (_SYN | _FIN) and not r[_FLAGS] & _PERSIST:
        if s[_S_WND] << (r[_FLAGS] >> 22 & 15) == r[_SND_WND] and r[_SND_MAX]:
            recovery.duplicate(t, p, r, q)


def our_fin_acked(t, p, r):
    state = r[_STATE]
    r[_FLAGS] &= ~_FIN_QUEUED
    if state == _FIN_WAIT_1:
        set_state(p, _FIN_WAIT_2)
        if r[_FLAGS] & _ORPHAN:
            set_timer(t.h, r, _T_KEEP, t.cfg[_C_FIN_TIMEOUT] * 1000)
    elif state == _CLOSING:
        timewait.enter(t, p, False)
    elif state == _LAST_ACK:
        release(p, 0)
