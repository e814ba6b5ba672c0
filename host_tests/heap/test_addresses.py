"""DHCP and the heap: two hundred addresses leave no trace, a moment without room ends nothing."""

import gc
import sys

import micropython

from dhcphost import Lan
from layout_words import STATE
from testing import proves

# The firmware's folder: of the source tree on a host, of the ROMFS on the board.
sys.path += [__file__.rsplit("/", 1)[0] + "/../../firmware", "/rom/firmware"]

import main  # noqa: E402

TIMEOUT_S = 120
_BOARD = sys.platform == "qemu"  # emulated, and slow
_CHANGES = 32 if _BOARD else 200
_WAYS = 4
_BLOCK = 16  # bytes, the least that an object takes
_REQUEST = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"


class Device:
    """The echo device with an address from the server, and a client of it."""

    def __init__(self):
        self.lan = Lan(make=self.device)
        self.told = 0
        self.settle()

    def device(self, lan):
        """As main.py makes it, on a board that asks for its address."""
        self.make_link = lambda: lan.near
        self.limits = lan.limits
        self.net, self.http = main.device(self)
        assert self.net.on_address
        self.net.on_address = self.tell
        return self.net

    def address(self):
        return "dhcp"

    def random(self, n):
        return bytes(range(7, 7 + n))

    def http_limits(self):
        return {"buffer": 512}

    def tell(self):
        self.told += 1

    def settle(self):
        """Until it has the address that the server gives, announced for the second time."""
        assert self.lan.until(self.lan.bound, 200_000, self.http.turn), self.lan.server.heard
        self.lan.run(5000, self.http.turn)

    def ask(self):
        """A client asks, and says nothing more; its socket."""
        sock = self.lan.peer.socket()
        sock.setblocking(False)
        try:
            sock.connect((self.net.ifconfig()[0], 80))
        except OSError:
            pass
        self.lan.run(500, self.http.turn)
        sock.write(_REQUEST)
        self.lan.run(200, self.http.turn)
        assert self.http.free < len(self.http.slots), self.lan.peer.netstat()
        return sock

    def answered(self):
        """Whether a request is answered."""
        sock = self.ask()
        sock.write(b"hi")
        self.lan.run(500, self.http.turn)
        answer = sock.recv(500)
        sock.abort()
        self.lan.run(500, self.http.turn)
        return answer[-2:] == b"hi" and self.http.free == len(self.http.slots)

    def change(self, i):
        """Another address, each time by another way, while a client waits for an answer."""
        lan = self.lan
        sock = self.ask()
        lan.server.host += 1  # what it refuses to renew from now on
        lan.server.heard = []
        if i % _WAYS == 1:
            lan.conflict()
        elif i % _WAYS == 2:  # the lease ends, and then somebody answers again
            lan.server.deaf = True
            lan.run(70_000, self.http.turn)
            lan.server.deaf = False
        elif i % _WAYS == 3:  # plugged in somewhere else
            lan.far.plug(False)
            lan.run(3000, self.http.turn)
            lan.far.plug(True)
        self.settle()
        sock.abort()
        assert not [p for p in self.net.tcp.pcbs if p.r[STATE]], self.net.netstat()
        assert self.http.free == len(self.http.slots)

    def used(self):
        gc.collect()
        return gc.mem_alloc()


def test_two_hundred_addresses_leave_no_trace():
    device = Device()
    assert device.answered()
    for i in range(8):  # what is loaded and interned on the way stays
        device.change(i)
    assert device.answered()
    assert [row[5] for row in device.net.netstat()] == ["LISTEN"], device.net.netstat()
    before = device.used()
    for i in range(_CHANGES):
        device.change(i)
    assert device.answered()
    # Now and then the collector takes a number on the stack for an object, and keeps that one.
    # What one of the ways leaves behind is more: a block each time.
    more = device.used() - before
    assert more < _CHANGES // _WAYS * _BLOCK, more
    # each time that there is none, and each time that there is one
    assert device.told == 1 + 2 * (8 + _CHANGES), device.told


class Short:
    """A LAN whose stack finds the heap locked in some of its polls."""

    def __init__(self, first, polls):
        self.lan = Lan()
        self.net = self.lan.net
        self.polls = 0
        self.locked = range(first, first + polls)

    def run(self, ms):
        lan = self.lan
        poll = self.net.poll
        while ms > 0:
            if self.polls in self.locked:
                gc.collect()
                micropython.heap_lock()
                try:
                    due = poll()
                finally:
                    micropython.heap_unlock()
            else:
                due = poll()
            self.polls += 1
            ms -= lan.pass_on(due, ms)


def through(short):
    """Bound, in conflict, elsewhere, without a server, and bound again."""
    lan = short.lan
    lan.net.ipconfig(dhcp4=True)
    short.run(9000)
    lan.conflict()
    lan.server.host += 1
    short.run(20_000)
    lan.far.plug(False)
    short.run(2000)
    lan.far.plug(True)
    lan.server.host += 1
    short.run(10_000)
    lan.server.deaf = True
    short.run(65_000)
    lan.server.deaf = False
    return lan.until(lan.bound, 120_000)


@proves("RFC2131-4.4.5-2")
def test_a_poll_without_room_on_the_heap_raises_nothing_and_ends_nothing():
    short = Short(0, 0)
    assert through(short)
    total = short.polls
    for first in range(0, total, 20 if _BOARD else 3):
        for polls in (1, 4):
            short = None  # two of them do not fit a board
            gc.collect()
            short = Short(first, polls)
            assert through(short), "%d polls from %d: %s" % (polls, first, short.lan.server.heard)
            assert short.net.isconnected()
