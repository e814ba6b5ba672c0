"""The calls of the program on a connection (RFC 9293, 3.10.1 to 3.10.5), without waiting:
api/ waits.
"""

from micropython import const

from ..core import ring
from ..core.tick import set_timer
from . import listen, output, segment, send
from .pcb import release, set_state
from .track import acknowledged

# --- layout: written by tools/layout.py ---
_STATE = const(2)
_FLAGS = const(3)
_SND_WND = const(8)
_RCV_WND = const(9)
_RX_RD = const(10)
_RX_LEN = const(11)
_TX_RD = const(12)
_TX_LEN = const(13)
_MARK = const(17)
_T_KEEP = const(20)
_CWND = const(27)
_Q_RCV_UP = const(10)
_C_FIN_TIMEOUT = const(5)
_ST_ABORT_DATA = const(35)
_ST_ABORT_CLOSE = const(62)
# --- end of layout ---

_ACK_NOW = const(1)
_FIN_QUEUED = const(2)
_ORPHAN = const(4)
_KEEPALIVE = const(32)
_RCV_SHUT = const(64)
_SYN_OUT = const(512)
_URG_IN = const(1 << 21)

_SYN_SENT = const(2)
_SYN_RECEIVED = const(3)
_ESTABLISHED = const(4)
_FIN_WAIT_1 = const(5)
_FIN_WAIT_2 = const(6)
_CLOSE_WAIT = const(7)
_CLOSING = const(8)
_LAST_ACK = const(9)

_EADDRINUSE = const(98)
_ENOBUFS = const(105)
_ECONNABORTED = const(103)


def write(t, p, buf, off, n):
    """Queue up to n bytes of buf from off on and send what may be sent.  Returns how many were
    taken.
    """
    r = p.r
    room = len(p.tx) - r[_TX_LEN]
    if n > room:
        n = room
    if n > 0:
        ring.put(p.tx, r[_TX_RD] + r[_TX_LEN], buf, off, n)
        r[_TX_LEN] += n
        t.clock()
        send.push(t, p)
    return n


def read(t, p, buf, off, n, peek=False):
    """Move up to n received bytes into buf from off on.  Returns how many."""
    r = p.r
    have = r[_RX_LEN]
    if n > have:
        n = have
    if n:
        at = r[_RX_RD]
        ring.get(p.rx, at, buf, off, n)
        if not peek:
            at += n
            r[_RX_RD] = at if at < len(p.rx) else at - len(p.rx)
            r[_RX_LEN] = have - n
            if r[_FLAGS] & _URG_IN:
                pass_mark(p, n)
            window_update(t, p, r)
    return n


def pass_mark(p, n):
    """n bytes were read: the urgent mark is nearer, or behind us (RFC 6093, 3)."""
    at = p.q[_Q_RCV_UP]
    if at >= n:
        p.q[_Q_RCV_UP] = at - n
    else:
        p.r[_FLAGS] &= ~_URG_IN


def window_update(t, p, r):
    """The program has read: tell the peer at once when its window at least doubles by that.

    A smaller step (3.8.6.2.2 forbids the silly ones) goes with the next ACK: a peer that holds
    half of the window still has something to send.
    """
    size = len(p.rx)
    free = size - r[_RX_LEN]
    wnd = r[_RCV_WND]
    if free >= wnd << 1 and (free - wnd >= t.mss or free - wnd << 1 >= size):
        if r[_STATE] and not r[_FLAGS] & _RCV_SHUT:
            r[_FLAGS] |= _ACK_NOW
            t.clock()
            send.push(t, p)


def shut(t, p):
    """No more will be sent: a FIN follows the data (3.10.4)."""
    r = p.r
    state = r[_STATE]
    if r[_FLAGS] & _FIN_QUEUED:
        return
    if state == _ESTABLISHED:
        set_state(p, _FIN_WAIT_1)
    elif state == _CLOSE_WAIT:
        set_state(p, _LAST_ACK)
    elif state == _SYN_RECEIVED:
        # the FIN goes out behind a SYN that is not acknowledged yet: from here on it
        # counts as if it
        # were, and if time proves otherwise it is sent again (output.resend)
        acknowledged(r, p.q, 1, len(p.tx))
        r[_SND_WND] += 1
        r[_MARK] = 0
        r[_CWND] = output.initial_window(t, p)
        r[_FLAGS] |= _SYN_OUT
        set_state(p, _FIN_WAIT_1)
    else:
        return
    r[_FLAGS] |= _FIN_QUEUED
    t.clock()
    send.push(t, p)


def close(t, p):
    """The program is done with p (3.10.4).  Unread data turn it into a reset (RFC 2525, 2.17)."""
    r = p.r
    p.sock = None
    state = r[_STATE]
    # an orphan's FIN is always under way, or what precedes it: other timers ask for the peer
    r[_FLAGS] = r[_FLAGS] & ~_KEEPALIVE | _ORPHAN
    r[_T_KEEP] = -1
    if state == 0:
        return
    if state == _SYN_SENT:
        release(p, 0)
    elif r[_RX_LEN]:
        t.count[_ST_ABORT_CLOSE] += 1
        abort(t, p)
    else:
        shut(t, p)
        t.clock()
        if r[_STATE] == _FIN_WAIT_2:
            set_timer(t.h, r, _T_KEEP, t.cfg[_C_FIN_TIMEOUT] * 1000)


def throw_away(t, p):
    """close() with SO_LINGER of 0 s."""
    if p.r[_STATE]:
        t.count[_ST_ABORT_DATA] += 1
        abort(t, p)


def abort(t, p):
    """3.10.5: RST where the peer may still hope, and the record is free."""
    state = p.r[_STATE]
    if state and state != _SYN_SENT and state < _CLOSING:
        segment.reset(t, p)
    if state:
        release(p, _ECONNABORTED)


def listen_on(t, sock, port, backlog):
    """Passive open.  Returns the listener or an errno."""
    if listen.find(t, port) is not None:
        return _EADDRINUSE
    for i in range(len(t.listeners)):
        if t.listeners[i] is None:
            t.listeners[i] = x = listen.Listener(sock, port, backlog)
            return x
    return _ENOBUFS


def unlisten(t, listener):
    """Close a listener: its half-open records vanish, its waiting connections are reset."""
    for i in range(len(t.listeners)):
        if t.listeners[i] is listener:
            t.listeners[i] = None
    listen.forget(t, listener.port)
    for p in t.pcbs:
        if p.listener is listener:
            p.listener = None
            p.r[_FLAGS] |= _ORPHAN
            abort(t, p)
