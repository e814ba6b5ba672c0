"""The connection: its record, its two rings, and the only place where its state changes."""

import micropython
from micropython import const

# --- layout: written by tools/layout.py ---
_PORTS = const(1)
_STATE = const(2)
_FLAGS = const(3)
_SND_NXT = const(6)
_SND_MAX = const(7)
_SND_WND = const(8)
_RCV_WND = const(9)
_RX_RD = const(10)
_RX_LEN = const(11)
_TX_RD = const(12)
_TX_LEN = const(13)
_T_REXMT = const(18)
_T_DACK = const(19)
_T_KEEP = const(20)
_SSTHRESH = const(28)
_Q_SND_MSS = const(0)
_Q_RTO = const(2)
_Q_KA_IDLE = const(11)
_Q_KA_INTVL = const(12)
_Q_KA_CNT = const(13)
_TCB_WORDS = const(32)
_TCQ_HALVES = const(16)
_C_KEEP_TIME = const(7)
_C_KEEP_INTVL = const(8)
_C_KEEP_PROBES = const(9)
_C_SACK = const(11)
_C_TIMESTAMPS = const(12)
_C_PMTU = const(24)
# --- end of layout ---

CLOSED = const(0)
LISTEN = const(1)
SYN_SENT = const(2)
SYN_RECEIVED = const(3)
ESTABLISHED = const(4)
FIN_WAIT_1 = const(5)
FIN_WAIT_2 = const(6)
CLOSE_WAIT = const(7)
CLOSING = const(8)
LAST_ACK = const(9)
TIME_WAIT = const(10)

# Bits of the record's FLAGS.  Files that test them repeat the ones they need as underscore consts.
ACK_NOW = const(1)  # an ACK is owed and must not wait
FIN_QUEUED = const(2)  # our FIN follows the data in the send ring
ORPHAN = const(4)  # the program has closed its socket
PERSIST = const(8)  # T_REXMT is the persist timer
NODELAY = const(16)  # TCP_NODELAY
KEEPALIVE = const(32)  # SO_KEEPALIVE
RCV_SHUT = const(64)  # the peer's FIN was taken: nothing more will come
SYN_LOST = const(128)  # our SYN had to be sent again (RFC 6298, 5.7); from ESTABLISHED on:
REDUCED = const(128)  # the window was reduced for a congestion mark; MARK is SND.MAX at that time
OVERDUE = const(128)  # while RECOVERY is set: it was time that told, all before a block is lost
SPEAK = const(256)  # output was held up by a busy link
SYN_OUT = const(512)  # closed in SYN-RECEIVED: the SYN before SND.UNA may not have arrived
HOLES = const(1 << 10)  # blocks are kept beyond RCV.NXT
SACK_OK = const(1 << 11)  # both sides know SACK
TS_OK = const(1 << 12)  # both sides send timestamps
ECN_OK = const(1 << 13)  # both sides know ECN
ECN_ECHO = const(1 << 14)  # we report congestion until the peer says CWR
ECN_CWR = const(1 << 15)  # our next new segment says CWR
RECOVERY = const(1 << 16)  # fast recovery, until MARK is acknowledged
LOSS = const(1 << 17)  # slow start after a timeout, until MARK is acknowledged
TLP = const(1 << 18)  # a tail loss probe is out; MARK is SND.MAX at that time
RESCUED = const(1 << 18)  # while RECOVERY is set: the end of all that was out was sent again
PTO = const(1 << 19)  # T_REXMT ends earlier than the RTO: see output.arm
URG_OUT = const(1 << 20)  # SND_UP holds
URG_IN = const(1 << 21)  # RCV_UP holds
SND_SCALE = const(22)  # bits 22..25: shift of the windows we are told
RCV_SCALE = const(26)  # bits 26..29: shift of the windows we tell

# Legal moves (RFC 9293, figure 5): bit `to` of entry `from`.  LISTEN and TIME-WAIT live in
# records of their own, so a connection is made in SYN-SENT, or in ESTABLISHED out of a half-open
# record, and ends in CLOSED when it becomes a TIME-WAIT record.
MOVES = (
    1 << 2 | 1 << 4,
    0,
    1 << 0 | 1 << 3 | 1 << 4,
    1 << 0 | 1 << 4 | 1 << 5 | 1 << 7,
    1 << 0 | 1 << 5 | 1 << 7,
    1 << 0 | 1 << 6 | 1 << 8 | 1 << 10,
    1 << 0 | 1 << 10,
    1 << 0 | 1 << 9,
    1 << 0 | 1 << 10,
    1 << 0,
    1 << 0,
)


_SACK_OK = const(1 << 11)
_TS_OK = const(1 << 12)
_NO_DF = const(0x4000)
_IP_RECVERR = (0, 11)  # IPPROTO_IP, IP_RECVERR among a socket's options


class Pcb:
    """A connection of the pool.  Everything it will ever hold is taken when the stack starts."""

    def __init__(self, r, q, rx, tx):
        self.r = r  # the record's words: a memoryview into the table of connections
        self.q = q  # its 16-bit numbers, likewise
        self.rx = rx  # receive ring
        self.tx = tx  # send ring
        self.sock = None  # the program's socket, None before accept() and after close()
        self.listener = None  # the listener whose accept queue it is in
        self.err = 0  # errno that ended it, to be reported once
        self.soft = 0  # errno of the last soft error (RFC 9293, 3.9.2.2), told at a timeout
        self.cc = None  # congestion control: see tcp/cc
        # for IP: Diffserv field | see tcp/uto.py << 8 | bytes of a source route << 8
        # | 0x4000: without DF | see tcp/pmtu.py << 15
        self.ip = 0


def set_state(p, state):
    """Move p to state.  The only writer of STATE; an illegal move is our own mistake."""
    r = p.r
    if not MOVES[r[_STATE]] >> state & 1:
        raise AssertionError("TCP state %d to %d" % (r[_STATE], state))
    r[_STATE] = state


@micropython.viper
def clear(r: ptr32, q: ptr16):
    i = _STATE + 1
    while i < _TCB_WORDS:
        r[i] = 0
        i += 1
    i = 0
    while i < _TCQ_HALVES:
        q[i] = 0
        i += 1


def start(p, t):
    """Put p into the state of a connection that is about to open."""
    r = p.r
    q = p.q
    cfg = t.cfg
    clear(r, q)
    q[_Q_SND_MSS] = t.mss
    r[_RX_RD] = r[_TX_RD] = 2  # text stands at byte 54 or 66 of a frame: see core/ring.py
    q[_Q_RTO] = 1000  # RFC 6298 (2.1)
    r[_T_REXMT] = r[_T_DACK] = r[_T_KEEP] = -1
    r[_SSTHRESH] = 0x1FFFFFFF
    q[_Q_KA_IDLE] = cfg[_C_KEEP_TIME]
    q[_Q_KA_INTVL] = cfg[_C_KEEP_INTVL]
    q[_Q_KA_CNT] = cfg[_C_KEEP_PROBES]
    r[_RCV_WND] = len(p.rx)
    r[_FLAGS] = (_SACK_OK if cfg[_C_SACK] else 0) | (_TS_OK if cfg[_C_TIMESTAMPS] else 0)
    p.err = p.soft = 0
    p.ip = _NO_DF if cfg[_C_PMTU] else 0
    p.cc = t.cc


def release(p, err):
    """End p: off the wire, timers off.  What was received stays readable while a socket holds
    it.
    """
    r = p.r
    if r[_STATE]:
        set_state(p, CLOSED)
        r[_SND_WND] = r[_TX_LEN]  # for who wants to know what did not arrive
    r[_PORTS] = 0
    r[_T_REXMT] = r[_T_DACK] = r[_T_KEEP] = -1
    r[_TX_LEN] = r[_SND_NXT] = r[_SND_MAX] = 0
    if r[_FLAGS] & ORPHAN or p.listener is not None:
        p.sock = None
        p.listener = None
        r[_RX_LEN] = 0
    elif err:
        p.err = err
    notify(p)


def soft_error(p, err):
    """An error that may pass (RFC 5461): kept, to be told if no answer comes at all; told at once
    to a program that asked for that with IP_RECVERR.
    """
    p.soft = err
    s = p.sock
    if s is not None:
        if p.r[_STATE] > SYN_RECEIVED and s.options and s.options.get(_IP_RECVERR):
            p.err = err
        notify(p)


def free(p):
    """Whether p may be given to another connection."""
    return p.r[_STATE] == 0 and p.sock is None


def notify(p):
    """Something happened that a waiting program may want to know (callback 20 of
    MicroPython's sockets).
    """
    s = p.sock
    if s is not None and s.callback is not None:
        s.wake()
