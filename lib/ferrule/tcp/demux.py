"""TCP's front door: the tables, and the way of a segment to the one it belongs to."""

import array

from micropython import const

from ..core.tick import advance
from ..wire.ip4 import answer_to
from ..wire.tcp import find, parse
from . import cc, listen, segment, send, timers, timewait
from .input import arrives
from .pcb import Pcb, free, release
from .track import in_flight, next_speaker

# --- layout: written by tools/layout.py ---
_S_BCAST = const(6)
_S_FLAGS = const(8)
_S_LPORT = const(13)
_STATE = const(2)
_FLAGS = const(3)
_TCB_WORDS = const(32)
_TCQ_HALVES = const(16)
_HALF_WORDS = const(7)
_TW_WORDS = const(6)
_C_SCALING = const(13)
_C_SYNCOOKIES = const(15)
_C_CONGESTION = const(19)
_C_UTO = const(29)
_ST_IN_SEGS = const(23)
_ST_IN_ERRS = const(25)
_ST_TW_REUSED = const(44)
_ST_ICMP_WINDOW = const(63)
# --- end of layout ---

_RST = const(4)
_SPEAK = const(256)
_REDIRECT = const(5)  # a gateway says it of ACKs, too
_TOO_BIG = const(0x304)
_NO_DF = const(0x4000)


class Tcp:
    """All of TCP's memory: n connections with their rings, half-open and TIME-WAIT records,
    listeners.
    """

    def __init__(self, iface, ticks_ms, limits):
        n, rx, tx, half, tw, listeners = limits
        self.iface = iface
        self.ticks_ms = ticks_ms
        self.h = iface.h
        self.cfg = iface.cfg
        self.count = iface.count
        self.seg = iface.seg
        self.out = iface.out
        self.mss = iface.link.mtu - 40  # what we can take in one segment (RFC 9293, 3.7.1)
        self.rx_size = rx
        self.tx_size = tx
        self.step = min(self.mss, rx >> 1)  # what a window moves by at least (3.8.6.2.2)
        self.rcv_scale = 0
        while rx >> self.rcv_scale > 65535:
            self.rcv_scale += 1
        self.tcbs = array.array("i", bytearray(4 * _TCB_WORDS * n))
        self.tcqs = array.array("H", bytearray(2 * _TCQ_HALVES * n))
        words = memoryview(self.tcbs)
        halves = memoryview(self.tcqs)
        self.pcbs = tuple(
            Pcb(
                words[_TCB_WORDS * i : _TCB_WORDS * (i + 1)],
                halves[_TCQ_HALVES * i : _TCQ_HALVES * (i + 1)],
                bytearray(rx),
                bytearray(tx),
            )
            for i in range(n)
        )
        self.half_n = half
        self.half = array.array("i", bytearray(4 * _HALF_WORDS * half))
        self.tw_n = tw
        self.tw = array.array("i", bytearray(4 * _TW_WORDS * tw))
        self.listeners = [None] * listeners
        self.bound = []  # sockets that hold a port by bind()
        self.aged_at = 0  # when the timestamps grew older: input.py
        self.baked_at = -1  # when the last SYN cookie was sent
        self.errors = None  # the module errors.py, once there was one
        self.alive = None  # the module alive.py, once a program asked for what it does
        self.uto = None  # what peers said of their timeouts: uto.Uto, while tcp_uto is 1
        self.paths = None  # path MTUs below the link's: pmtu.Paths, once there was one
        self.configure()
        self.order = 0  # number of the last connection that entered an accept queue

    def send_mss(self, offered):
        """Largest text to send: the peer's MSS option (536 without one, MUST-15) and what our
        frames hold.
        """
        if offered == 0:
            offered = 536
        elif offered < 48:  # nobody's link is that small; and we owe nobody a packet per byte
            offered = 48
        return offered if offered < self.mss else self.mss

    def configure(self):
        """The settings that stand for a module, or for a value in every SYN."""
        cfg = self.cfg
        self.cc = cc.load(cfg[_C_CONGESTION])
        self.scale = self.rcv_scale if cfg[_C_SCALING] else -1
        self.cookie = None
        if cfg[_C_SYNCOOKIES]:
            from . import cookie

            self.cookie = cookie
        if not cfg[_C_UTO]:
            self.uto = None
        elif self.uto is None:
            from . import alive, uto

            self.alive = alive
            self.uto = uto.Uto(self.pcbs)

    def clock(self):
        """Bring the clock up to date: a call of the program may come long after the last
        poll().
        """
        advance(self.h, self.ticks_ms())

    def take(self):
        """A free connection of the pool, or None."""
        for p in self.pcbs:
            if free(p):
                return p
        return None

    def arrives(self):
        """Take the segment in iface.rx (RFC 9293, 3.10.7)."""
        s = self.seg
        self.count[_ST_IN_SEGS] += 1
        if s[_S_BCAST]:  # MUST-57: without any answer
            self.count[_ST_IN_ERRS] += 1
            return
        bad = parse(self.iface.rx, s)
        if bad:
            self.count[bad] += 1
            return
        i = find(self.tcbs, len(self.pcbs), _TCB_WORDS, s)
        if i >= 0:
            arrives(self, self.pcbs[i])
        else:
            self.no_connection(s)

    def no_connection(self, s):
        """No connection has this pair: half-open, TIME-WAIT, a listener's, or a stranger's."""
        i = find(self.half, self.half_n, _HALF_WORDS, s)
        if i >= 0:
            listen.half_arrives(self, i)
            return
        listener = listen.find(self, s[_S_LPORT])
        i = timewait.look_up(self)
        if i >= 0:
            if not timewait.arrives(self, i):
                return
            if listener is not None:  # a newer SYN: the pair is used again
                self.reopen(i)
                return
            timewait.drop(self, i)
        if listener is not None:
            listen.syn_arrives(self, listener)
        elif not s[_S_FLAGS] & _RST:  # 3.5.2, group 1
            segment.refuse(self)

    def reopen(self, i):
        """Open the pair of TIME-WAIT record i anew; the record stays unless the SYN finds its
        place.
        """
        answer_to(self.out, self.seg)
        listen.choose_isn(self.h, self.out)
        timewait.raise_isn(self.out, self.tw, i)
        if listen.record(self, 0):
            timewait.drop(self, i)
            self.count[_ST_TW_REUSED] += 1

    def unreachable(self, what):
        """An ICMP error (type << 8 | code) quotes a segment of ours.  It counts when that is in
        flight (RFC 5927, 4.1); what it does to the connection is in errors.py.
        """
        i = find(self.tcbs, len(self.pcbs), _TCB_WORDS, self.seg)
        if i < 0:
            return
        p = self.pcbs[i]
        if what >> 8 != _REDIRECT and not in_flight(p.r, self.seg):
            self.count[_ST_ICMP_WINDOW] += 1
            return
        self.trouble(p, what)

    def trouble(self, p, what):
        """What is rare has its code loaded when it comes; that must fail for nobody."""
        try:
            if self.errors is None:
                from . import errors

                self.errors = errors
            self.errors.told(self, p, what)
        except MemoryError:  # no room for it: routers fragment, or the timers find it out
            if what == _TOO_BIG:
                p.ip |= _NO_DF

    def flush(self):
        """Let every connection speak that has something to say."""
        i = next_speaker(self.tcbs, len(self.pcbs), 0)
        while i >= 0:
            p = self.pcbs[i]
            p.r[_FLAGS] &= ~_SPEAK
            send.push(self, p)
            i = next_speaker(self.tcbs, len(self.pcbs), i + 1)

    def timers(self):
        timers.run(self)
        self.flush()

    def earliest(self):
        timers.earliest(self)

    def abort_all(self, err):
        """Our address is gone, and every connection with it (MUST-45: it cannot change under
        them).
        """
        for p in self.pcbs:
            if p.r[_STATE]:
                release(p, err)
        for i in range(self.half_n):
            listen.drop(self, i)
        for i in range(self.tw_n):
            timewait.drop(self, i)
