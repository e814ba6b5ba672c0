"""The connection: its record, its two rings, and the only place where its state changes."""

from micropython import const

# --- layout: written by tools/layout.py ---
_PORTS = const(1)
_STATE = const(2)
_FLAGS = const(3)
_SND_UNA = const(4)
_RCV_NXT = const(5)
_SND_NXT = const(6)
_SND_MAX = const(7)
_SND_WL1 = const(9)
_SND_WL2 = const(10)
_SND_MSS = const(12)
_RCV_WND = const(13)
_RX_RD = const(14)
_RX_LEN = const(15)
_TX_RD = const(16)
_TX_LEN = const(17)
_RTO = const(18)
_T_REXMT = const(23)
_T_DACK = const(24)
_T_KEEP = const(25)
_KA_IDLE = const(29)
_KA_PROBE = const(30)
_HOLES = const(31)
_CWND = const(36)
_TCB_WORDS = const(38)
_C_KEEP_TIME = const(6)
_C_KEEP_INTVL = const(7)
_C_KEEP_PROBES = const(8)
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
SYN_LOST = const(128)  # our SYN had to be sent again (RFC 6298, 5.7)
SPEAK = const(256)  # output was held up by a busy link
SYN_OUT = const(512)  # closed in SYN-RECEIVED: the SYN before SND.UNA may not have arrived

# Legal moves (RFC 9293, figure 5): bit `to` of entry `from`.  LISTEN and TIME-WAIT live in
# records of
# their own, so a connection is made in SYN-SENT, or in ESTABLISHED out of a half-open record,
# and ends
# in CLOSED when it becomes a TIME-WAIT record.
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


class Pcb:
    """A connection of the pool.  Everything it will ever hold is taken when the stack starts."""

    def __init__(self, r, rx, tx):
        self.r = r  # the record: a memoryview into the table of connections
        self.rx = rx  # receive ring
        self.tx = tx  # send ring
        self.sock = None  # the program's socket, None before accept() and after close()
        self.listener = None  # the listener whose accept queue it is in
        self.err = 0  # errno that ended it, to be reported once
        self.soft = (
            0  # errno of the last soft error (RFC 9293, 3.9.2.2), reported if the end is a timeout
        )


def set_state(p, state):
    """Move p to state.  The only writer of STATE; an illegal move is our own mistake."""
    r = p.r
    if not MOVES[r[_STATE]] >> state & 1:
        raise AssertionError("TCP state %d to %d" % (r[_STATE], state))
    r[_STATE] = state


def start(p, mss, cfg):
    """Put the record's small fields into the state of a connection that is about to open."""
    r = p.r
    for i in range(_FLAGS, _TCB_WORDS):
        if i != _SND_UNA and i != _RCV_NXT and i != _SND_WL1 and i != _SND_WL2:
            r[i] = 0
    r[_SND_MSS] = mss
    r[_RX_RD] = 2  # text stands at byte 54 of a frame: see core/ring.py
    r[_TX_RD] = 2
    r[_RTO] = 1000  # RFC 6298 (2.1)
    r[_T_REXMT] = r[_T_DACK] = r[_T_KEEP] = -1
    r[_CWND] = 0x1FFFFFFF
    r[_KA_IDLE] = cfg[_C_KEEP_TIME]
    r[_KA_PROBE] = cfg[_C_KEEP_INTVL] << 15 | cfg[_C_KEEP_PROBES] << 8
    r[_RCV_WND] = len(p.rx)
    p.err = p.soft = 0


def release(p, err):
    """End p: off the wire, timers off.  What was received stays readable while a socket holds
    it.
    """
    r = p.r
    if r[_STATE]:
        set_state(p, CLOSED)
    r[_PORTS] = 0
    r[_T_REXMT] = r[_T_DACK] = r[_T_KEEP] = -1
    r[_TX_LEN] = r[_SND_NXT] = r[_SND_MAX] = r[_HOLES] = 0
    if r[_FLAGS] & ORPHAN or p.listener is not None:
        p.sock = None
        p.listener = None
        r[_RX_LEN] = 0
    elif err:
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
