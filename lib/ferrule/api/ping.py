"""ICMP echo for programs (RFC 1122, 3.2.2.6):

    ms = net.ping("192.0.2.1").wait()        # None: no answer within a second
"""

import array

from micropython import const

from ..net.icmp import seal
from . import nic
from .fault import fault

# --- layout: written by tools/layout.py ---
_S_SRC = const(0)
_O_DST = const(0)
_O_ECT = const(9)
# --- end of layout ---

_ICMP = const(1)
_ECHO = const(8)

_EAGAIN = const(11)
_EMSGSIZE = const(90)
_ENETUNREACH = const(101)


class Ping:
    """Echo requests to one address with `data` of our choice.  A stack has one at a time: the
    newest takes the answers.  OSError ENETUNREACH; EMSGSIZE: more data than a frame holds.

    send() and a look at `ms` now and then do without waiting.
    """

    def __init__(self, net, address, data):
        ip = nic.to_bytes(address)
        if not nic.reachable(net.h, ip):
            raise fault(_ENETUNREACH)
        if len(data) + 42 > len(net.iface.tx):
            raise fault(_EMSGSIZE)
        b = net.random(2)
        self.net = net
        self.to = array.array("i", ip)
        self.data = data
        self.id = b[0] << 8 | b[1]
        self.seq = 0
        self.at = 0
        self.ms = None  # round trip of the last request, once its answer has come
        net.iface.ping = self

    def send(self):
        """Send the next request.  OSError EAGAIN: the link is busy."""
        net = self.net
        iface = net.iface
        if not iface.ready():
            raise fault(_EAGAIN)
        self.seq = self.seq + 1 & 0xFFFF
        self.ms = None
        net.tcp.clock()
        self.at = net.ticks_ms()
        tx = iface.tx
        n = len(self.data) + 8
        tx[34] = _ECHO
        tx[35] = 0
        self.label(tx, 38)
        tx[42 : 34 + n] = self.data
        seal(tx, n)
        iface.out[_O_DST : _O_DST + 1] = self.to
        iface.out[_O_ECT] = 0
        iface.send(_ICMP, n)

    def label(self, f, at):
        f[at] = self.id >> 8
        f[at + 1] = self.id & 255
        f[at + 2] = self.seq >> 8
        f[at + 3] = self.seq & 255

    def arrives(self, at, n):
        """The echo reply of n bytes at `at` in iface.rx: is it the answer to the last request?"""
        iface = self.net.iface
        f = memoryview(iface.rx)
        wanted = bytearray(4)
        self.label(wanted, 0)
        if (
            self.ms is None
            and iface.seg[_S_SRC : _S_SRC + 1] == self.to
            and f[at + 4 : at + 8] == wanted
            and f[at + 8 : at + n] == self.data
        ):
            self.ms = self.net.ticks_ms() - self.at & 0x3FFFFFFF

    def wait(self, timeout_ms=1000):
        """Send a request and wait for its answer.  The round trip in ms, or None.  OSError EAGAIN:
        the link is busy.
        """
        net = self.net
        self.send()
        while self.ms is None:
            rest = timeout_ms - (net.ticks_ms() - self.at & 0x3FFFFFFF)
            if rest <= 0:
                break
            left = net.poll()
            if self.ms is None and left:
                net.wait(left if left < rest else rest)
        return self.ms
