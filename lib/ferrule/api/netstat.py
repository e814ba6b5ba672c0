"""What the tables hold, for people and programs: netstat() and memory()."""

import sys

from micropython import const

from ..wire.tcp import port
from .nic import to_text

# --- layout: written by tools/layout.py ---
_H_NOW = const(0)
_H_IP = const(3)
_STATE = const(2)
_FLAGS = const(3)
_RX_LEN = const(11)
_TX_LEN = const(13)
_T_REXMT = const(18)
_T_DACK = const(19)
_T_KEEP = const(20)
_HO_PORTS = const(1)
_HO_AT = const(4)
_TW_PORTS = const(1)
_TW_AT = const(4)
_HALF_WORDS = const(7)
_TW_WORDS = const(6)
# --- end of layout ---

STATES = (
    "CLOSED",
    "LISTEN",
    "SYN_SENT",
    "SYN_RECEIVED",
    "ESTABLISHED",
    "FIN_WAIT_1",
    "FIN_WAIT_2",
    "CLOSE_WAIT",
    "CLOSING",
    "LAST_ACK",
    "TIME_WAIT",
)

_PERSIST = const(8)
_KEEPALIVE = const(32)
_PTO = const(1 << 19)


class Rows:
    """What Netstat and Memory have in common."""

    def once(self):
        """For programs that ask rarely: forget this module, so that its code takes heap only
        while these rows are in use.  Returns self.

        No leaf may stand here: ports that keep machine code apart from the heap never free it.
        """
        package, _, name = __name__.rpartition(".")
        sys.modules.pop(__name__, None)
        sys.modules[package].__dict__.pop(name, None)
        return self


class Netstat(Rows):
    """Iterable over rows ("tcp", recv_q, send_q, (address, port), (address, port), state, timer,
    ms_left).

    Listeners, connections, half-open and TIME_WAIT records, in this order.  recv_q and send_q are
    bytes (a listener's: connections that wait, and how many may).  timer is "" or the one that
    ends first: "rexmit" "probe" (a tail loss probe's) "persist" "delack" "keepalive" "finwait2"
    "synack" "timewait"; ms_left -1 with none.
    """

    def __init__(self, net):
        self.net = net

    def left(self, at):
        left = at - self.net.h[_H_NOW] & 0x3FFFFFFF
        return 0 if left & 0x20000000 else left

    def row(self, table, at, recv_q, send_q, state, timer, left):
        here = to_text(self.net.h, _H_IP)
        return (
            "tcp",
            recv_q,
            send_q,
            (here, port(table, at + 1, 16)),
            (to_text(table, at), port(table, at + 1, 0)),
            STATES[state],
            timer,
            left,
        )

    def timer(self, r):
        best = ""
        least = -1
        for i in (_T_REXMT, _T_DACK, _T_KEEP):
            if r[i] >= 0:
                left = self.left(r[i])
                if least < 0 or left < least:
                    least = left
                    if i == _T_REXMT:
                        best = "persist" if r[_FLAGS] & _PERSIST else "rexmit"
                        if r[_FLAGS] & _PTO:
                            best = "probe"
                    elif i == _T_DACK:
                        best = "delack"
                    else:
                        best = "keepalive" if r[_FLAGS] & _KEEPALIVE else "finwait2"
        return best, least

    def __iter__(self):
        t = self.net.tcp
        here = to_text(self.net.h, _H_IP)
        for x in t.listeners:
            if x is not None:
                n = 0
                for p in t.pcbs:
                    n += p.listener is x
                yield ("tcp", n, x.backlog, (here, x.port), ("0.0.0.0", 0), "LISTEN", "", -1)
        for p in t.pcbs:
            r = p.r
            if r[_STATE]:
                timer, left = self.timer(r)
                yield self.row(r, 0, r[_RX_LEN], r[_TX_LEN], r[_STATE], timer, left)
        for i in range(t.half_n):
            k = i * _HALF_WORDS
            if port(t.half, k + _HO_PORTS, 16):
                yield self.row(t.half, k, 0, 0, 3, "synack", self.left(t.half[k + _HO_AT]))
        for i in range(t.tw_n):
            k = i * _TW_WORDS
            if port(t.tw, k + _TW_PORTS, 16):
                yield self.row(t.tw, k, 0, 0, 10, "timewait", self.left(t.tw[k + _TW_AT]))

    def __str__(self):
        lines = [
            "Proto Recv-Q Send-Q Local                 Remote                State        Timer"
        ]
        for proto, rq, sq, local, remote, state, timer, left in self:
            lines.append(
                "%-5s %6d %6d %-21s %-21s %-12s %s"
                % (
                    proto,
                    rq,
                    sq,
                    "%s:%d" % local,
                    "%s:%d" % remote,
                    state,
                    timer and "%s %d ms" % (timer, left),
                )
            )
        return "\n".join(lines)

    __repr__ = __str__


class Memory(Rows):
    """Bytes by use: the buffers and records that the constructor took, without the objects
    around them.
    """

    def __init__(self, net):
        i = net.iface
        t = net.tcp
        cache = i.neigh
        rows = [
            ("receive rings", sum(len(p.rx) for p in t.pcbs)),
            ("send rings", sum(len(p.tx) for p in t.pcbs)),
            ("connection records", 4 * len(t.tcbs) + 2 * len(t.tcqs)),
            ("half-open records", 4 * len(t.half)),
            ("TIME_WAIT records", 4 * len(t.tw)),
            ("frame buffers", len(i.rx) + len(i.tx)),
            ("ARP cache", 4 * len(cache.t) + len(cache.frame)),
            ("ARP queue", sum(len(b) for b in cache.waiting)),
            (
                "counters and settings",
                4 * (len(net.count) + len(net.cfg) + len(net.h) + len(i.seg) + len(i.out)),
            ),
        ]
        if i.fragments is not None:
            x = i.fragments
            n = sum(len(f) + len(m) for f, m in zip(x.frames, x.maps))
            rows.append(("fragments", n + 4 * len(x.t)))
        rows.append(("total", sum(n for _, n in rows)))
        self.rows = rows

    def items(self):
        return self.rows

    def __getitem__(self, what):
        return dict(self.rows)[what]

    def __str__(self):
        return "\n".join("%-22s %6d" % row for row in self.rows)

    __repr__ = __str__
