"""What a connection may send now, and the sending of it (RFC 9293, 3.8.6.2.1 and 3.10)."""

from micropython import const

from ..core import ring
from ..core.tick import set_timer
from ..wire.tcp import build
from .track import segment_of

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_O_ACK = const(3)
_O_FLAGS = const(4)
_O_MSS = const(6)
_STATE = const(2)
_FLAGS = const(3)
_SND_NXT = const(6)
_SND_MAX = const(7)
_SND_WND = const(8)
_MAX_WND = const(11)
_SND_MSS = const(12)
_TX_RD = const(16)
_TX_LEN = const(17)
_RTO = const(18)
_RTT_END = const(21)
_RTT_AT = const(22)
_T_REXMT = const(23)
_RETRIES = const(26)
_CWND = const(36)
_ST_OUT_SEGS = const(22)
_ST_OUT_RSTS = const(25)
_ST_RETRANS = const(26)
_ST_SYN_RETRANS = const(34)
_ST_PROBES = const(44)
# --- end of layout ---

_FIN = const(1)
_SYN = const(2)
_RST = const(4)
_PSH = const(8)
_ACK = const(16)

_ACK_NOW = const(1)
_FIN_QUEUED = const(2)
_PERSIST = const(8)
_NODELAY = const(16)
_SPEAK = const(256)
_SYN_OUT = const(512)

_SYN_SENT = const(2)
_SYN_RECEIVED = const(3)


def emit(t, p, off, flags, n):
    """Build and send one segment of p: n bytes of text at SND.UNA + off.  iface.ready() was
    True.
    """
    iface = t.iface
    r = p.r
    if n:
        ring.get(p.tx, r[_TX_RD] + off, iface.tx, 54, n)
    segment_of(r, t.out, off, flags, n, len(p.rx), t.mss)
    t.count[_ST_OUT_SEGS] += 1
    iface.send(6, build(iface.tx, t.out, t.h))


def push(t, p):
    """Send what the windows allow, then the ACK that is due if nothing carried it."""
    r = p.r
    if r[_STATE] <= _SYN_RECEIVED:
        opening(t, p)
        return
    while True:
        nxt = r[_SND_NXT]
        n = sendable(r, nxt, len(p.tx))
        if n < 0:
            break
        if not t.iface.ready():
            r[_FLAGS] |= _SPEAK
            return
        flags = _ACK
        end = nxt + n
        if end == r[_TX_LEN]:
            flags = _ACK | _PSH if n else _ACK
            if r[_FLAGS] & _FIN_QUEUED and (end < r[_SND_WND] or n == 0):
                flags |= _FIN
                end += 1
        emit(t, p, nxt, flags, n)
        sent(t, p, nxt, end)
    if r[_FLAGS] & _ACK_NOW:
        ack(t, p)
    if r[_T_REXMT] < 0 and (nxt < r[_TX_LEN] or fin_waits(r)):
        persist(t, p)


def sendable(r, nxt, size):
    """How many bytes may go out at SND.NXT: 0 for a lone FIN, -1 for nothing.

    RFC 9293, 3.8.6.2.1: a full segment; or all there is, when nothing is outstanding or Nagle is
    off or a FIN ends it; or half of the largest window the peer ever offered.  What was sent
    before may always be sent again.  The end of a full ring of `size` bytes follows the one
    segment before it: no byte can join it before an ACK, and a peer that delays its ACK until a
    second segment would hold up every ring.
    """
    rest = r[_TX_LEN] - nxt
    wnd = (r[_SND_WND] if r[_SND_WND] < r[_CWND] else r[_CWND]) - nxt
    n = rest if rest < wnd else wnd
    if n <= 0:
        return 0 if wnd > 0 and fin_waits(r) else -1
    mss = r[_SND_MSS]
    if n >= mss:
        return mss
    if nxt < r[_SND_MAX] and not r[_FLAGS] & _PERSIST:
        return n
    if n == rest and (nxt == 0 or r[_FLAGS] & (_NODELAY | _FIN_QUEUED)):
        return n
    if n == rest and r[_TX_LEN] == size and nxt < mss << 1:
        return n
    if n << 1 >= r[_MAX_WND]:
        return n
    return -1


def fin_waits(r):
    """Whether our FIN is the next thing to send."""
    return r[_FLAGS] & _FIN_QUEUED and r[_SND_NXT] == r[_TX_LEN]


def sent(t, p, nxt, end):
    """The numbers from SND.UNA + nxt to SND.UNA + end are on their way."""
    r = p.r
    r[_SND_NXT] = end
    if end > r[_SND_MAX]:
        r[_SND_MAX] = end
        if r[_RTT_END] == 0:
            r[_RTT_END] = end
            r[_RTT_AT] = t.h[_H_NOW]
    if r[_T_REXMT] < 0 or r[_FLAGS] & _PERSIST:
        r[_FLAGS] &= ~_PERSIST
        r[_RETRIES] = 0
        set_timer(t.h, r, _T_REXMT, r[_RTO])


def ack(t, p):
    """Send an ACK that carries nothing."""
    r = p.r
    if t.iface.ready():
        emit(t, p, r[_SND_MAX], _ACK, 0)
    else:
        r[_FLAGS] |= _SPEAK | _ACK_NOW


def persist(t, p):
    """Data wait and nothing is outstanding: start the persist timer (3.8.6.1), after one RTO
    the first time.
    """
    r = p.r
    r[_FLAGS] |= _PERSIST
    r[_RETRIES] = 0
    set_timer(t.h, r, _T_REXMT, r[_RTO])


def probe(t, p):
    """The persist timer ended: send what a closed window allows us, one byte, or the FIN.

    The same timer is the override of silly-window avoidance: when the window is open, but too
    small to be worth while, what fits is sent.
    """
    r = p.r
    n = r[_TX_LEN]
    if n > r[_SND_MSS]:
        n = r[_SND_MSS]
    if n > r[_SND_WND]:
        n = r[_SND_WND] if r[_SND_WND] > 0 else 1
    flags = _ACK
    end = n
    if n == r[_TX_LEN]:
        flags |= _PSH if n else 0
        if n == 0:
            flags |= _FIN
            end = 1
    if not t.iface.ready():
        return
    emit(t, p, 0, flags, n)
    t.count[_ST_PROBES] += 1
    if end > r[_SND_MAX]:
        r[_SND_MAX] = end


def resend(t, p):
    """The retransmission timer ended: the front of the queue again (RFC 9293, 3.10.8; RFC
    6298, 5.4).
    """
    r = p.r
    r[_SND_NXT] = 0
    r[_RTT_END] = 0  # Karn: what was sent twice is not timed
    if r[_STATE] <= _SYN_RECEIVED:
        opening(t, p, True)
        return
    if r[_FLAGS] & _SYN_OUT and t.iface.ready():
        syn(t, p, -1, _SYN | _ACK)
    r[_CWND] = r[_SND_MSS]  # RFC 5681, 3.1: one segment, then more with each ACK
    n = sendable(r, 0, len(p.tx))
    if n < 0 or not t.iface.ready():
        return
    t.count[_ST_RETRANS] += 1
    flags = _ACK
    end = n
    if n == r[_TX_LEN]:
        flags = _ACK | _PSH if n else _ACK
        if r[_FLAGS] & _FIN_QUEUED:
            flags |= _FIN
            end += 1
    emit(t, p, 0, flags, n)
    r[_SND_NXT] = end
    if end > r[_SND_MAX]:  # one segment of several small ones may hold more than was sent before
        r[_SND_MAX] = end


def opening(t, p, again=False):
    """Send the SYN, or in SYN-RECEIVED the SYN+ACK, of a connection that we open."""
    r = p.r
    iface = t.iface
    if not again and r[_SND_MAX]:
        if r[_FLAGS] & _ACK_NOW and r[_STATE] == _SYN_RECEIVED:
            ack(t, p)
        return
    if not iface.ready():
        r[_FLAGS] |= _SPEAK
        return
    if again:
        t.count[_ST_RETRANS] += 1
        t.count[_ST_SYN_RETRANS] += 1
    else:
        r[_RTT_END] = 1
        r[_RTT_AT] = t.h[_H_NOW]
    r[_SND_NXT] = r[_SND_MAX] = 1
    syn(t, p, 0, _SYN if r[_STATE] == _SYN_SENT else _SYN | _ACK)


def syn(t, p, off, flags):
    """Build and send our SYN, or SYN+ACK, at SND.UNA + off."""
    iface = t.iface
    o = t.out
    segment_of(p.r, o, off, flags, 0, len(p.rx), t.mss)
    o[_O_MSS] = t.mss
    if flags == _SYN:
        o[_O_ACK] = 0
    t.count[_ST_OUT_SEGS] += 1
    iface.send(6, build(iface.tx, o, t.h))


def reset(t, p):
    """Send RST from SND.NXT (RFC 9293, 3.10.5)."""
    if t.iface.ready():
        emit(t, p, p.r[_SND_MAX], _RST | _ACK, 0)
        t.count[_ST_OUT_RSTS] += 1


def send_out(t):
    """Send the segment without text that stands in the out record, for whom no connection
    stands.
    """
    iface = t.iface
    if iface.ready():
        t.count[_ST_OUT_SEGS] += 1
        if t.out[_O_FLAGS] & _RST:
            t.count[_ST_OUT_RSTS] += 1
        iface.send(6, build(iface.tx, t.out, t.h))
