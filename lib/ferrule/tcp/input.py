"""SEGMENT ARRIVES for a connection (RFC 9293, 3.10.7.3 and 3.10.7.4), in the order of the RFC's
steps.

The segment record holds the numbers of the segment as small differences: REL is SEG.SEQ -
RCV.NXT, ACKED is SEG.ACK - SND.UNA.  A step returns True when the segment goes on to the next one.
"""

from micropython import const

from ..core import ring
from ..core.tick import set_timer
from ..wire.tcp import relate
from . import output, segment, timewait
from .ack import challenge, check_ack, established
from .blocks import add, any_block, shift
from .pcb import notify, release, set_state
from .track import age, older, received, take_irs, take_stamp

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_S_FLAGS = const(8)
_S_DATA = const(9)
_S_LEN = const(10)
_S_MSS = const(12)
_S_REL = const(14)
_S_ACKED = const(15)
_S_OPTS = const(16)
_S_UP = const(20)
_S_CE = const(21)
_S_TELL = const(22)
_S_TWICE = const(23)
_STATE = const(2)
_FLAGS = const(3)
_SND_UNA = const(4)
_RCV_NXT = const(5)
_SND_NXT = const(6)
_SND_MAX = const(7)
_RCV_WND = const(9)
_RX_RD = const(10)
_RX_LEN = const(11)
_TX_LEN = const(13)
_MARK = const(17)
_T_REXMT = const(18)
_T_DACK = const(19)
_BLOCK0 = const(21)
_Q_SND_MSS = const(0)
_Q_RTO = const(2)
_Q_UNACKED = const(4)
_Q_RCV_FIN = const(5)
_Q_RCV_UP = const(10)
_Q_KA_CNT = const(13)
_C_ECN = const(14)
_ST_ATTEMPT_FAILS = const(31)
_ST_ESTAB_RESETS = const(32)
_ST_ABORT_DATA = const(35)
_ST_OFO = const(39)
_ST_OFO_DROP = const(40)
_ST_RCVQ_DROP = const(41)
_ST_DSACK_SENT = const(54)
_ST_PAWS = const(56)
# --- end of layout ---

_FIN = const(1)
_SYN = const(2)
_RST = const(4)
_ACK = const(16)
_URG = const(32)
_ECE = const(64)
_CWR = const(128)
_ECE_CWR = const(192)

_ACK_NOW = const(1)
_ORPHAN = const(4)
_PERSIST = const(8)
_KEEPALIVE = const(32)
_RCV_SHUT = const(64)
_SYN_LOST = const(128)
_SPEAK = const(256)
_HOLES = const(1 << 10)
_SACK_OK = const(1 << 11)
_TS_OK = const(1 << 12)
_ECN_OK = const(1 << 13)
_ECN_ECHO = const(1 << 14)
_URG_IN = const(1 << 21)
_SND_SCALE = const(22)
_RCV_SCALE = const(26)

_SYN_SENT = const(2)
_SYN_RECEIVED = const(3)
_ESTABLISHED = const(4)
_FIN_WAIT_1 = const(5)
_FIN_WAIT_2 = const(6)
_CLOSE_WAIT = const(7)
_CLOSING = const(8)
_LAST_ACK = const(9)

_ECONNRESET = const(104)
_ECONNREFUSED = const(111)
_DELACK_MS = const(40)
_AGE = const(25)  # timestamps grow older by one each 2**25 ms, nine hours
_OUTDATED = const(63)  # 24 days at least, and before the peer's clock is half round


def arrives(t, p):
    """Take the segment in hand for connection p."""
    r = p.r
    s = t.seg
    relate(s, r, _RCV_NXT, r, _SND_UNA)
    if r[_STATE] == _SYN_SENT:
        syn_sent(t, p)
    elif (
        (not r[_FLAGS] & _TS_OK or not stale(t, p, r, s))
        and in_window(t, p, r, s)
        and (not s[_S_FLAGS] & (_RST | _SYN) or no_reset_no_syn(t, p, r, s))
        and s[_S_FLAGS] & _ACK
        and check_ack(t, p, r, s)
    ):
        if r[_FLAGS] & _TS_OK:
            take_stamp(r, p.q, s)
        if s[_S_FLAGS] & _URG and not r[_FLAGS] & _RCV_SHUT:
            urgent(p, r, s)
        if r[_FLAGS] & _ECN_OK:
            congestion_marks(r, s)
        if s[_S_LEN]:
            text(t, p, r, s)
        if s[_S_FLAGS] & _FIN or p.q[_Q_RCV_FIN]:
            fin(t, p, r, s)
        if r[_FLAGS] & _KEEPALIVE:
            t.alive.heard(t, p, r)
        if t.uto is not None:
            t.uto.heard(t, p)
        r[_FLAGS] |= _SPEAK


def syn_sent(t, p):
    """3.10.7.3: our SYN is out, and this is what came back."""
    r = p.r
    s = t.seg
    flags = s[_S_FLAGS]
    if flags & _ACK and s[_S_ACKED] != 1:
        if not flags & _RST:
            segment.refuse(t)
        return
    if flags & _RST:
        if flags & _ACK:
            t.count[_ST_ATTEMPT_FAILS] += 1
            release(p, _ECONNREFUSED)
        return
    if not flags & _SYN:
        return
    take_irs(r, s)
    agree(t, p, r, s)
    s[_S_REL] = 0  # what follows the SYN stands at RCV.NXT
    s[_S_TWICE] = 1
    if not flags & _ACK:
        set_state(p, _SYN_RECEIVED)
        r[_SND_NXT] = r[_SND_MAX] = 0  # the SYN goes out again, now with an ACK
        r[_MARK] = 0
        set_timer(t.h, r, _T_REXMT, p.q[_Q_RTO])
        output.opening(t, p)
        return
    established(t, p)
    r[_FLAGS] |= _ACK_NOW | _SPEAK
    if s[_S_FLAGS] & _URG:
        urgent(p, r, s)
    if s[_S_LEN]:
        text(t, p, r, s)
    if s[_S_FLAGS] & _FIN or p.q[_Q_RCV_FIN]:
        fin(t, p, r, s)


def agree(t, p, r, s):
    """What we offered in our SYN and the peer's does not say is off; the MSS to send follows."""
    opts = s[_S_OPTS]
    flags = r[_FLAGS]
    if not opts & 1:
        flags &= ~_TS_OK
    if not opts & 2:
        flags &= ~_SACK_OK
    if opts & 4 and t.scale >= 0:
        flags |= opts >> 8 << _SND_SCALE | t.scale << _RCV_SCALE
    if not flags & _SYN_LOST and s[_S_FLAGS] & (_ACK | _ECE_CWR) == _ACK | _ECE:
        if t.cfg[_C_ECN] == 1:  # asked for in every SYN that we sent (RFC 3168, 6.1.1)
            flags |= _ECN_OK
    r[_FLAGS] = flags
    mss = t.send_mss(s[_S_MSS])
    if mss > p.q[_Q_SND_MSS]:  # TCP_MAXSEG
        mss = p.q[_Q_SND_MSS]
    p.q[_Q_SND_MSS] = mss - 12 if flags & _TS_OK else mss


def stale(t, p, r, s):
    """Before all: PAWS (RFC 7323, 5.3, R1).  True: the segment is not looked at any further.

    A timestamp of more than 24 days is nothing to compare with (5.5); a segment without one is
    dropped in silence (3.2), but for a reset, and a SYN, which is challenged (RFC 5961, 4.2).
    """
    if s[_S_FLAGS] & _RST:
        return False
    if not s[_S_OPTS] & 1:
        return not s[_S_FLAGS] & _SYN
    if not older(r, s):
        return False
    grow_older(t)
    if p.q[_Q_KA_CNT] >> 8 >= _OUTDATED:
        return False
    t.count[_ST_PAWS] += 1
    r[_FLAGS] |= _ACK_NOW | _SPEAK
    return True


def grow_older(t):
    """The timestamps that nobody brings up to date grow older (RFC 7323, 5.5)."""
    gone = t.h[_H_NOW] - t.aged_at & 0x3FFFFFFF
    n = gone >> _AGE
    if n:
        t.aged_at = t.h[_H_NOW] - (gone & (1 << _AGE) - 1) & 0x3FFFFFFF
        age(t.tcqs, len(t.pcbs), n)


def in_window(t, p, r, s):
    """First: check the sequence number, and trim to the window (3.10.7.4)."""
    n = s[_S_LEN]
    rel = s[_S_REL]
    flags = s[_S_FLAGS]
    wnd = r[_RCV_WND]
    if rel == 0 and n <= wnd and not flags & (_SYN | _FIN | _RST):
        return True
    size = n + (flags & _FIN) + (flags >> 1 & 1)
    if rel < 0:
        ok = rel + size > 0 and wnd > 0
    elif size == 0:
        ok = rel < wnd or rel == 0
    else:
        ok = rel < wnd or rel == 0 and flags & _RST
    if not ok:
        return outside(t, p, r, s, size)
    if rel < 0:  # what came before is here again: cut it off, the SYN first
        s[_S_TWICE] = -rel
        if flags & _SYN and r[_STATE] == _SYN_RECEIVED:
            s[_S_FLAGS] = flags = flags & ~_SYN
            rel += 1
        elif flags & (_SYN | _RST):
            return True  # to be challenged as it is
        s[_S_DATA] -= rel
        n += rel
        rel = 0
        if n < 0:
            n = 0
    if rel + n > wnd:  # beyond the window: it will be sent again
        n = wnd - rel
        s[_S_FLAGS] = flags & ~_FIN
    s[_S_REL] = rel
    s[_S_LEN] = n
    return True


def outside(t, p, r, s, size):
    """A segment with nothing for us now.  False, and an ACK unless it is a RST; True when its
    ACK still counts.
    """
    flags = s[_S_FLAGS]
    if flags & _RST:
        return False
    if s[_S_REL] >= 0:
        t.count[_ST_RCVQ_DROP] += 1
        if r[_RCV_WND] == 0 and s[_S_REL] == 0 and not flags & _SYN:
            # a probe of our closed window: its ACK and its reset are taken all the same (MUST-66)
            r[_FLAGS] |= _ACK_NOW
            s[_S_LEN] = 0
            s[_S_FLAGS] = flags & ~_FIN
            return True
    elif r[_STATE] == _SYN_RECEIVED and flags & _SYN and flags & _ACK and s[_S_REL] + size == 0:
        # the peer's half of a simultaneous open (figure 8): the SYN is old, the ACK is
        # what we wait for
        s[_S_FLAGS] = flags & ~(_SYN | _FIN)
        s[_S_LEN] = 0
        s[_S_REL] = 0
        s[_S_TWICE] = 1
        return True
    elif s[_S_LEN] and r[_FLAGS] & _SACK_OK and r[_STATE] > _SYN_RECEIVED:
        s[_S_TWICE] = s[_S_LEN]  # all of it came before: D-SACK, at once (RFC 2883, 4)
        s[_S_TELL] = 2
        t.count[_ST_DSACK_SENT] += 1
        output.ack(t, p)
        return False
    r[_FLAGS] |= _ACK_NOW | _SPEAK
    return False


def no_reset_no_syn(t, p, r, s):
    """Second and fourth: RST and SYN (with RFC 5961: only an exact RST counts, a SYN never
    does).
    """
    flags = s[_S_FLAGS]
    if flags & _RST:
        if s[_S_REL] != 0:
            challenge(t, r)
            return False
        if r[_STATE] == _SYN_RECEIVED:
            t.count[_ST_ATTEMPT_FAILS] += 1
            release(p, _ECONNREFUSED)
        else:
            t.count[_ST_ESTAB_RESETS] += 1
            # once both have closed, a reset is no news unless it loses data
            release(p, _ECONNRESET if r[_STATE] < _CLOSING or r[_TX_LEN] else 0)
        return False
    if flags & _SYN:
        challenge(t, r)
        return False
    return True


def text(t, p, r, s):
    """Seventh: the segment's text goes into the receive ring, in its place."""
    if r[_STATE] > _FIN_WAIT_2 or r[_FLAGS] & _RCV_SHUT:
        return
    if r[_FLAGS] & _ORPHAN:  # nobody will ever read it (3.6.1, SHLD-3)
        t.count[_ST_ABORT_DATA] += 1
        segment.reset(t, p)
        release(p, 0)
        return
    rel = s[_S_REL]
    n = s[_S_LEN]
    at = r[_RX_RD] + r[_RX_LEN] + rel
    if rel:
        keep(t, p, r, s, at, rel, n)
        return
    ring.put(p.rx, at, t.iface.rx, s[_S_DATA], n)
    if r[_FLAGS] & _HOLES:
        n += shift(r, _BLOCK0, n)
        r[_FLAGS] = (r[_FLAGS] if any_block(r, _BLOCK0) else r[_FLAGS] & ~_HOLES) | _ACK_NOW
    q = p.q
    received(r, q, n)
    r[_RX_LEN] += n
    s[_S_REL] = -n  # a FIN behind the text counts from the new left edge: see fin()
    if q[_Q_UNACKED] >= q[_Q_SND_MSS] << 1:
        r[_FLAGS] |= _ACK_NOW
    elif r[_T_DACK] < 0:
        set_timer(t.h, r, _T_DACK, _DELACK_MS)
    notify(p)


def keep(t, p, r, s, at, rel, n):
    """Text out of order: it goes to its place in the ring, and the peer is told at once, for it
    counts the duplicates (RFC 5681, 4.2).
    """
    got = add(r, _BLOCK0, rel, n)
    if got:
        r[_FLAGS] |= _HOLES
        s[_S_TELL] = 1
        if got == 1:
            ring.put(p.rx, at, t.iface.rx, s[_S_DATA], n)
            t.count[_ST_OFO] += 1
        else:
            s[_S_TELL] = 2
            s[_S_TWICE] = n
            t.count[_ST_DSACK_SENT] += 1
        if not r[_FLAGS] & _SACK_OK:
            s[_S_TELL] = 0
    else:
        t.count[_ST_OFO_DROP] += 1
        s[_S_FLAGS] &= ~_FIN
    output.ack(t, p)


def urgent(p, r, s):
    """Sixth: the urgent pointer (RFC 9293, 3.8.5; RFC 6093): the number behind the last urgent
    byte.  The mark stands in the stream; the program is told when it moves on.
    """
    at = r[_RX_LEN] + s[_S_REL] - s[_S_TWICE] + s[_S_UP]
    if at > 65535:
        at = 65535  # of more than we can tell it will come nearer
    if at > (p.q[_Q_RCV_UP] if r[_FLAGS] & _URG_IN else 0):
        p.q[_Q_RCV_UP] = at
        r[_FLAGS] |= _URG_IN
        notify(p)


def congestion_marks(r, s):
    """RFC 3168, 6.1.3: after a mark every ACK says ECE, until the peer says CWR."""
    if s[_S_FLAGS] & _CWR:
        r[_FLAGS] &= ~_ECN_ECHO
    if s[_S_CE]:
        r[_FLAGS] |= _ECN_ECHO | _ACK_NOW


def fin(t, p, r, s):
    """Eighth: the peer's FIN, when everything before it is here."""
    state = r[_STATE]
    if state <= _SYN_SENT or r[_FLAGS] & _RCV_SHUT:
        return
    if s[_S_FLAGS] & _FIN and p.q[_Q_RCV_FIN] == 0:
        at = s[_S_REL] + s[_S_LEN] + 1
        if 0 < at < 65536:
            p.q[_Q_RCV_FIN] = at
    if p.q[_Q_RCV_FIN] != 1:  # a hole is left
        if s[_S_LEN] == 0:
            r[_FLAGS] |= _ACK_NOW | _SPEAK
        return
    received(r, p.q, 1)
    r[_FLAGS] |= _RCV_SHUT | _ACK_NOW | _SPEAK
    if state == _ESTABLISHED:
        set_state(p, _CLOSE_WAIT)
    elif state == _FIN_WAIT_1:
        set_state(p, _CLOSING)
    elif state == _FIN_WAIT_2:
        timewait.enter(t, p, True)
        return
    notify(p)
