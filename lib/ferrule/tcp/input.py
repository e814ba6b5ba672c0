"""SEGMENT ARRIVES for a connection (RFC 9293, 3.10.7.3 and 3.10.7.4), in the order of the RFC's
steps.

The segment record holds the numbers of the segment as small differences: REL is SEG.SEQ -
RCV.NXT, ACKED is SEG.ACK - SND.UNA.  A step returns True when the segment goes on to the next one.
"""

from micropython import const

from ..core import ring
from ..core.tick import set_timer
from ..wire.tcp import relate, reset_for
from . import output, timewait
from .pcb import notify, release, set_state
from .track import acknowledged, close_gap, keep_block, newer, received, take_irs, take_window

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_S_FLAGS = const(8)
_S_DATA = const(9)
_S_LEN = const(10)
_S_WND = const(11)
_S_MSS = const(12)
_S_REL = const(14)
_S_ACKED = const(15)
_STATE = const(2)
_FLAGS = const(3)
_SND_UNA = const(4)
_RCV_NXT = const(5)
_SND_NXT = const(6)
_SND_MAX = const(7)
_SND_WND = const(8)
_MAX_WND = const(11)
_SND_MSS = const(12)
_RCV_WND = const(13)
_RX_RD = const(14)
_RX_LEN = const(15)
_TX_LEN = const(17)
_RTO = const(18)
_SRTT = const(19)
_RTTVAR = const(20)
_RTT_END = const(21)
_RTT_AT = const(22)
_T_REXMT = const(23)
_T_DACK = const(24)
_T_KEEP = const(25)
_RETRIES = const(26)
_UNACKED = const(27)
_RCV_FIN = const(28)
_KA_IDLE = const(29)
_KA_PROBE = const(30)
_HOLES = const(31)
_CWND = const(36)
_C_FIN_TIMEOUT = const(4)
_ST_ATTEMPT_FAILS = const(29)
_ST_ESTAB_RESETS = const(30)
_ST_ABORT_DATA = const(33)
_ST_OFO = const(37)
_ST_OFO_DROP = const(38)
_ST_RCVQ_DROP = const(39)
_ST_CHALLENGE_ACK = const(40)
# --- end of layout ---

_FIN = const(1)
_SYN = const(2)
_RST = const(4)
_ACK = const(16)

_ACK_NOW = const(1)
_FIN_QUEUED = const(2)
_ORPHAN = const(4)
_PERSIST = const(8)
_KEEPALIVE = const(32)
_RCV_SHUT = const(64)
_SYN_LOST = const(128)
_SPEAK = const(256)
_SYN_OUT = const(512)

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


def arrives(t, p):
    """Take the segment in hand for connection p."""
    r = p.r
    s = t.seg
    relate(s, r, _RCV_NXT, r, _SND_UNA)
    if r[_STATE] == _SYN_SENT:
        syn_sent(t, p)
    elif (
        in_window(t, p, r, s)
        and (not s[_S_FLAGS] & (_RST | _SYN) or no_reset_no_syn(t, p, r, s))
        and s[_S_FLAGS] & _ACK
        and check_ack(t, p, r, s)
    ):
        if s[_S_LEN]:
            text(t, p, r, s)
        if s[_S_FLAGS] & _FIN or r[_RCV_FIN]:
            fin(t, p, r, s)
        keep_alive_from_now(t, r)
        r[_FLAGS] |= _SPEAK


def syn_sent(t, p):
    """3.10.7.3: our SYN is out, and this is what came back."""
    r = p.r
    s = t.seg
    flags = s[_S_FLAGS]
    if flags & _ACK and s[_S_ACKED] != 1:
        if not flags & _RST:
            reset_for(t.out, s)
            output.send_out(t)
        return
    if flags & _RST:
        if flags & _ACK:
            t.count[_ST_ATTEMPT_FAILS] += 1
            release(p, _ECONNREFUSED)
        return
    if not flags & _SYN:
        return
    take_irs(r, s)
    r[_SND_MSS] = t.send_mss(s[_S_MSS])
    s[_S_REL] = 0  # what follows the SYN stands at RCV.NXT
    if not flags & _ACK:
        set_state(p, _SYN_RECEIVED)
        r[_SND_NXT] = r[_SND_MAX] = 0  # the SYN goes out again, now with an ACK
        r[_RTT_END] = 0
        set_timer(t.h, r, _T_REXMT, r[_RTO])
        output.opening(t, p)
        return
    established(t, p)
    r[_FLAGS] |= _ACK_NOW | _SPEAK
    if s[_S_LEN]:
        text(t, p, r, s)
    if s[_S_FLAGS] & _FIN or r[_RCV_FIN]:
        fin(t, p, r, s)


def established(t, p):
    """Our SYN is acknowledged."""
    r = p.r
    measure(t, r, 1)
    n = r[_TX_LEN]
    r[_TX_LEN] = 0  # the number acknowledged is the SYN's: no byte of the ring goes with it
    acknowledged(r, 1, len(p.tx))
    r[_TX_LEN] = n
    r[_SND_WND] = t.seg[_S_WND]
    r[_T_REXMT] = -1
    r[_RETRIES] = 0
    if r[_FLAGS] & _SYN_LOST:
        r[_RTO] = 3000  # RFC 6298 (5.7)
    set_state(p, _ESTABLISHED)
    notify(p)


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
        if flags & _SYN:
            s[_S_FLAGS] = flags = flags & ~_SYN
            rel += 1
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
        return True
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
            release(p, _ECONNRESET if r[_STATE] < _CLOSING else 0)
        return False
    if flags & _SYN:
        challenge(t, r)
        return False
    return True


def challenge(t, r):
    """Ask the peer whether it meant that (RFC 5961, 3.2 and 4.2), within the limit of the
    second.
    """
    if t.iface.allowed():
        t.count[_ST_CHALLENGE_ACK] += 1
        r[_FLAGS] |= _ACK_NOW | _SPEAK


def check_ack(t, p, r, s):
    """Fifth: the ACK field."""
    k = s[_S_ACKED]
    state = r[_STATE]
    if state == _SYN_RECEIVED:
        if k != 1:
            reset_for(t.out, s)
            output.send_out(t)
            return False
        established(t, p)
        take_window(r, s, s[_S_WND])
        return True
    r[_FLAGS] &= ~_SYN_OUT
    if k > r[_SND_MAX]:
        r[_FLAGS] |= _ACK_NOW | _SPEAK
        return False
    if k < 0:  # old: nothing in it but perhaps text.  Too old to be true: RFC 5961, 5.2
        if k < -r[_MAX_WND] - 0xFFFF:
            challenge(t, r)
            return False
    elif k:
        new_ack(t, p, r, s, k)
        if r[_STATE] == 0:
            return False
        k = 0
    if newer(r, s):
        take_window(r, s, s[_S_WND] + k if s[_S_WND] + k > 0 else 0)
    if r[_FLAGS] & _PERSIST:
        r[_RETRIES] &= 0xFF  # the probe was answered: the connection lives (MUST-37)
    return True


def new_ack(t, p, r, s, k):
    """SND.UNA moves by k."""
    fin_acked = r[_FLAGS] & _FIN_QUEUED and k > r[_TX_LEN]
    measure(t, r, k)
    acknowledged(r, k, len(p.tx))
    if not r[_FLAGS] & _PERSIST:
        r[_RETRIES] = 0
    if r[_CWND] < 0x100000:
        r[_CWND] += r[_SND_MSS] if k > r[_SND_MSS] else k
    if r[_SND_MAX] == 0:
        r[_T_REXMT] = -1  # RFC 6298 (5.2)
        r[_FLAGS] &= ~_PERSIST
    elif not r[_FLAGS] & _PERSIST:
        set_timer(t.h, r, _T_REXMT, r[_RTO])  # (5.3)
    if fin_acked:
        our_fin_acked(t, p, r)
    else:
        notify(p)


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


def measure(t, r, k):
    """RFC 6298 (2): a round-trip time, if the segment being timed is acknowledged."""
    end = r[_RTT_END]
    if end == 0:
        return
    if end > k:
        r[_RTT_END] = end - k
        return
    r[_RTT_END] = 0
    sample(r, t.h[_H_NOW] - r[_RTT_AT] & 0x3FFFFFFF)


def sample(r, ms):
    """Take a round-trip time into SRTT, RTTVAR and the RTO; G, the clock's grain, is 1 ms."""
    if r[_SRTT] == 0 and r[_RTTVAR] == 0:
        r[_SRTT] = ms << 3
        r[_RTTVAR] = ms << 1
    else:
        err = ms - (r[_SRTT] >> 3)
        r[_SRTT] += err
        if err < 0:
            err = -err
        r[_RTTVAR] += err - (r[_RTTVAR] >> 2)
    rto = (r[_SRTT] >> 3) + (r[_RTTVAR] if r[_RTTVAR] > 1 else 1)
    r[_RTO] = 1000 if rto < 1000 else 60000 if rto > 60000 else rto


def text(t, p, r, s):
    """Seventh: the segment's text goes into the receive ring, in its place."""
    if r[_STATE] > _FIN_WAIT_2 or r[_FLAGS] & _RCV_SHUT:
        return
    if r[_FLAGS] & _ORPHAN:  # nobody will ever read it (3.6.1, SHLD-3)
        t.count[_ST_ABORT_DATA] += 1
        output.reset(t, p)
        release(p, 0)
        return
    rel = s[_S_REL]
    n = s[_S_LEN]
    at = r[_RX_RD] + r[_RX_LEN] + rel
    if rel:
        if keep_block(r, rel, n):
            ring.put(p.rx, at, t.iface.rx, s[_S_DATA], n)
            t.count[_ST_OFO] += 1
        else:
            t.count[_ST_OFO_DROP] += 1
            s[_S_FLAGS] &= ~_FIN
        output.ack(t, p)  # at once, one for each: the peer counts duplicates (RFC 5681, 4.2)
        return
    ring.put(p.rx, at, t.iface.rx, s[_S_DATA], n)
    if r[_HOLES]:
        n += close_gap(r, n)
        r[_FLAGS] |= _ACK_NOW
    received(r, n)
    r[_RX_LEN] += n
    r[_UNACKED] += n
    s[_S_REL] = -n  # a FIN behind the text counts from the new left edge: see fin()
    if r[_UNACKED] >= r[_SND_MSS] << 1:
        r[_FLAGS] |= _ACK_NOW
    elif r[_T_DACK] < 0:
        set_timer(t.h, r, _T_DACK, _DELACK_MS)
    notify(p)


def fin(t, p, r, s):
    """Eighth: the peer's FIN, when everything before it is here."""
    state = r[_STATE]
    if state <= _SYN_SENT or r[_FLAGS] & _RCV_SHUT:
        return
    if s[_S_FLAGS] & _FIN and r[_RCV_FIN] == 0:
        at = s[_S_REL] + s[_S_LEN] + 1
        if at > 0:
            r[_RCV_FIN] = at
    if r[_RCV_FIN] != 1:  # a hole is left
        if s[_S_LEN] == 0:
            r[_FLAGS] |= _ACK_NOW | _SPEAK
        return
    received(r, 1)
    r[_FLAGS] |= _RCV_SHUT | _ACK_NOW | _SPEAK
    if state == _ESTABLISHED:
        set_state(p, _CLOSE_WAIT)
    elif state == _FIN_WAIT_1:
        set_state(p, _CLOSING)
    elif state == _FIN_WAIT_2:
        timewait.enter(t, p, True)
        return
    notify(p)


def keep_alive_from_now(t, r):
    """The peer lives: the idle time begins anew (3.8.4)."""
    if r[_T_KEEP] >= 0 and r[_FLAGS] & _KEEPALIVE:
        r[_KA_PROBE] &= ~0xFF
        set_timer(t.h, r, _T_KEEP, r[_KA_IDLE] * 1000)
