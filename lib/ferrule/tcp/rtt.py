"""The round-trip time and the retransmission timeout (RFC 6298; RFC 7323, 4)."""

from micropython import const

from ..wire.options import echoed

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_S_OPTS = const(16)
_FLAGS = const(3)
_SND_MAX = const(7)
_SRTT = const(14)
_RTTVAR = const(15)
_RTT_AT = const(16)
_MARK = const(17)
_Q_RTO = const(2)
# --- end of layout ---

_TS_OK = const(1 << 12)
_MARKED = const(1 << 16 | 1 << 17 | 1 << 18 | 1 << 7)  # MARK is a recovery point: see pcb.py
_RTO_MIN = const(1000)
_RTO_MAX = const(60000)


def measure(t, r, q, k):
    """k more numbers are acknowledged: take a sample, from the echoed timestamp, or from the
    segment being timed when that is among them.  What was sent twice is not timed (Karn).

    Timestamps would tell of every ACK.  One for each round trip is taken, as RFC 6298's weights
    expect (RFC 7323, 4.2): the next when what is out now is acknowledged.
    """
    flags = r[_FLAGS]
    end = 0 if flags & _MARKED else r[_MARK]
    if end:
        r[_MARK] = end - k if end > k else 0
    if flags & _TS_OK:
        if t.seg[_S_OPTS] & 1 and end <= k:
            ms = echoed(t.h, r, 0, t.seg)
            if ms >= 0:
                sample(r, q, ms)
                if not flags & _MARKED:
                    r[_MARK] = r[_SND_MAX] - k
    elif end and end <= k:
        sample(r, q, t.h[_H_NOW] - r[_RTT_AT] & 0x3FFFFFFF)


def sample(r, q, ms):
    """Take a round-trip time into SRTT, RTTVAR and the RTO; G, the clock's grain, is 1 ms."""
    if ms < 1:
        ms = 1
    elif ms > _RTO_MAX:
        ms = _RTO_MAX
    if r[_SRTT] == 0:
        r[_SRTT] = ms << 3
        r[_RTTVAR] = ms << 1
    else:
        err = ms - (r[_SRTT] >> 3)
        r[_SRTT] += err
        if err < 0:
            err = -err
        r[_RTTVAR] += err - (r[_RTTVAR] >> 2)
    rto = (r[_SRTT] >> 3) + (r[_RTTVAR] if r[_RTTVAR] > 1 else 1)
    q[_Q_RTO] = _RTO_MIN if rto < _RTO_MIN else _RTO_MAX if rto > _RTO_MAX else rto
