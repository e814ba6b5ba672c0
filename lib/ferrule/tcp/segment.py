"""Segments as they go out: a connection's, its SYN, and answers to what belongs to none (RFC 9293,
3.1 and 3.10).  What goes out, and when, is decided in output.py.
"""

from micropython import const

from ..core import ring
from ..wire.options import of_syn, sack, stamp
from ..wire.tcp import build, reset_for
from .track import segment_of

# --- layout: written by tools/layout.py ---
_S_OPTS = const(16)
_S_TSVAL = const(17)
_S_TELL = const(22)
_O_ACK = const(3)
_O_FLAGS = const(4)
_O_OPT_LEN = const(7)
_O_ECT = const(9)
_FLAGS = const(3)
_SND_MAX = const(7)
_TX_RD = const(12)
_TS_RECENT = const(30)
_Q_SND_MSS = const(0)
_ST_OUT_SEGS = const(24)
_ST_OUT_RSTS = const(27)
# --- end of layout ---

_RST = const(4)
_ACK = const(16)
_HOLES = const(1 << 10)
_SACK_OK = const(1 << 11)
_TS_OK = const(1 << 12)
_SND_SCALE = const(22)
_TELL_UTO = const(0x100)  # of Pcb.ip: see uto.py


def emit(t, p, off, flags, n):
    """Build and send one segment of p: n bytes of text at SND.UNA + off.  iface.ready() was
    True.
    """
    iface = t.iface
    r = p.r
    m = put_options(t, r) if r[_FLAGS] & (_TS_OK | _HOLES) or t.seg[_S_TELL] else 0
    if n:
        ring.get(p.tx, r[_TX_RD] + off, iface.tx, 54 + m, n)
    elif p.ip & _TELL_UTO and m <= 36:
        m += t.uto.write(iface.tx, 54 + m, p)
    segment_of(r, p.q, t.out, off, flags, n, len(p.rx), t.step, m)
    if p.ip:
        t.out[_O_ECT] |= p.ip & 0x40FF
    t.count[_ST_OUT_SEGS] += 1
    iface.send(6, build(iface.tx, t.out, t.h))


def put_options(t, r):
    """Write the options of a segment of connection r at 54.  Their length."""
    f = t.iface.tx
    flags = r[_FLAGS]
    at = 54
    if flags & _TS_OK:
        at += stamp(f, 54, t.h, r, 0, _TS_RECENT)
    if flags & _SACK_OK:
        at += sack(f, at, r, t.seg, 3 if flags & _TS_OK else 4)
    return at - 54


def syn(t, p, off, flags):
    """Build and send our SYN, or SYN+ACK, at SND.UNA + off, with the options that we offer or, in
    an answer, that both sides know.
    """
    iface = t.iface
    r = p.r
    o = t.out
    # in an answer only what was offered; that both shifts are 0 need not be said again
    shift = t.scale if not flags & _ACK or r[_FLAGS] >> _SND_SCALE else -1
    mss = t.mss if flags & _ACK else p.q[_Q_SND_MSS]  # TCP_MAXSEG made it smaller
    m = of_syn(iface.tx, 54, mss, shift, r[_FLAGS] & _SACK_OK)
    if r[_FLAGS] & _TS_OK:
        m += stamp(iface.tx, 54 + m, t.h, r, 0, _TS_RECENT)
    if t.uto is not None:
        m += t.uto.write(iface.tx, 54 + m, p)
    segment_of(r, p.q, o, off, flags, 0, len(p.rx), t.step, m)
    if not flags & _ACK:
        o[_O_ACK] = 0
    if p.ip:
        o[_O_ECT] |= p.ip & 0x40FF
    t.count[_ST_OUT_SEGS] += 1
    iface.send(6, build(iface.tx, o, t.h))


def reset(t, p):
    """Send RST from SND.NXT (RFC 9293, 3.10.5)."""
    if t.iface.ready():
        emit(t, p, p.r[_SND_MAX], _RST | _ACK, 0)
        t.count[_ST_OUT_RSTS] += 1


def refuse(t):
    """Answer the segment in hand with a reset (RFC 9293, 3.10.7.1).  Its timestamp goes back,
    beside a TSval of 0 (RFC 7323, 5.2).
    """
    iface = t.iface
    if iface.ready():
        reset_for(t.out, t.seg)
        if _TS_OK and t.seg[_S_OPTS] & 1:
            f = iface.tx
            t.out[_O_OPT_LEN] = stamp(f, 54, t.h, t.seg, 0, _S_TSVAL)
            f[58] = f[59] = f[60] = f[61] = 0
        send_out(t)


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
