"""TCP_INFO, with the fields, the order and the units of Linux's struct tcp_info up to
tcpi_total_retrans; loaded when first used.

Times are ms, but rto, rtt, rttvar and rcv_rtt microseconds; snd_cwnd, snd_ssthresh, unacked and
sacked count segments of snd_mss bytes; a threshold that no loss has set is 0x3FFFFFFF.  What a
stack of this size does not keep is 0: fackets, lost, retrans, the times since data or ACKs were
sent or came, total_retrans, rcv_rtt.
"""

from collections import namedtuple

from micropython import const

from ..tcp.blocks import held

# --- layout: written by tools/layout.py ---
_STATE = const(2)
_FLAGS = const(3)
_SND_MAX = const(7)
_SRTT = const(14)
_RTTVAR = const(15)
_CWND = const(27)
_SSTHRESH = const(28)
_Q_SND_MSS = const(0)
_Q_RTO = const(2)
_Q_RETRIES = const(3)
# --- end of layout ---

_SACK_OK = const(1 << 11)
_TS_OK = const(1 << 12)
_ECN_OK = const(1 << 13)
_ECN_CWR = const(1 << 15)
_RECOVERY = const(1 << 16)
_LOSS = const(1 << 17)
_PERSIST = const(8)

# Linux's number of each of our states
_STATES = b"\7\12\2\3\1\4\5\10\13\11\6"

Info = namedtuple(
    "tcp_info",
    (
        "state", "ca_state", "retransmits", "probes", "backoff", "options", "wscale", "flags",
        "rto", "ato", "snd_mss", "rcv_mss", "unacked", "sacked", "lost", "retrans", "fackets",
        "last_data_sent", "last_ack_sent", "last_data_recv", "last_ack_recv", "pmtu",
        "rcv_ssthresh", "rtt", "rttvar", "snd_ssthresh", "snd_cwnd", "advmss", "reordering",
        "rcv_rtt", "rcv_space", "total_retrans",
    ),
)  # fmt: skip


def info(t, p, size):
    """An Info of connection p, or the first `size` bytes of the C structure (104 are filled)."""
    r = p.r
    q = p.q
    flags = r[_FLAGS]
    mss = q[_Q_SND_MSS] or 1
    segments = (r[_SND_MAX] + mss - 1) // mss
    retries = q[_Q_RETRIES] & 0xFF
    waiting = retries if r[_SND_MAX] and not flags & _PERSIST else 0
    options = (1 if flags & _TS_OK else 0) | (2 if flags & _SACK_OK else 0)
    options |= (4 if flags >> 22 else 0) | (8 if flags & _ECN_OK else 0)
    reduced = flags & _ECN_OK and flags & _ECN_CWR
    ca = 4 if flags & _LOSS else 3 if flags & _RECOVERY else 2 if reduced else 0
    stamps = 12 if flags & _TS_OK else 0
    values = Info(
        _STATES[r[_STATE]],
        ca,
        waiting,
        retries - waiting,
        retries,
        options,
        flags >> 22 & 15 | (flags >> 26 & 15) << 4,
        0,
        q[_Q_RTO] * 1000,
        40000,
        q[_Q_SND_MSS],
        t.mss,
        segments,
        held(r, 0) // mss,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        q[_Q_SND_MSS] + stamps + 40 + (p.ip >> 8 & 60) if p.ip >> 15 else t.mss + 40,
        len(p.rx),
        (r[_SRTT] >> 3) * 1000,
        (r[_RTTVAR] >> 2) * 1000,
        r[_SSTHRESH] // mss if r[_SSTHRESH] < 0x1FFFFFFF else 0x3FFFFFFF,
        r[_CWND] // mss,
        t.mss,
        3,
        0,
        len(p.rx),
        0,
    )
    if not size:
        return values
    from struct import pack

    return (pack("<8B24I", *values) + bytes(max(0, size - 104)))[:size]
