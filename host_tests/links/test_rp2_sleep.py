"""select() on the RP2 sleeps until some interrupt comes, whatever the time-out of the streams in
it (micropython issue 18811): the links on SPI chips see to it that the stack's timers run all the
same, with the interrupt wire and without.
"""

import sys

import chips.bus as bus_of
import ferrule
from chips.enc28j60 import Enc28j60 as EncModel
from chips.w5100s import W5100S as W5100sModel
from chips.w5500 import W5500 as W5500Model
from ferrule.link.enc28j60 import Enc28j60
from ferrule.link.w5100s import W5100S
from ferrule.link.w5500 import W5500

INTERPRETERS = ("x64", "unix32")

CHIPS = ((W5500Model, W5500), (W5100sModel, W5100S), (EncModel, Enc28j60))
OURS, THEIRS = b"\x02\0\0\0\0\x02", b"\x02\0\0\0\0\x01"
RX, TX = 1, 4
LISTEN_MS = 3_000  # the longest that a program sleeps here


class Sys:
    platform = "rp2"


class Rp2:
    """The modules `time` and `machine` of an RP2 with a clock that only we move; a chip with a
    cable, at whose other end is a stack on a port that does not sleep."""

    def __init__(self, model, driver, irq):
        self.now = 0x3FFFFFFF - 400
        self.timers = []
        self.woken = 0
        self.lose = 0
        self.arrived = []
        self.program = None
        self.bus = bus_of.Bus()
        self.chip = model()
        self.chip.on_frame = self.leaves
        cs, reset, self.line = bus_of.Pin("cs"), bus_of.Pin("reset"), bus_of.Pin("irq")
        self.bus.attach(self.chip, cs, reset, self.line)
        self.mac, self.mtu = THEIRS, 1500
        self.Timer = self.timer
        irq = self.line if irq else None
        spi = bus_of.SPI(self.bus, 10_000_000)
        names = {"sys": Sys(), "machine": self}
        before = {name: sys.modules.get(name) for name in names}
        sys.modules.update(names)
        try:
            self.link = driver(spi, cs=cs, reset=reset, irq=irq, mac=OURS, clock=self)
        finally:
            for name in names:
                sys.modules.pop(name)
                if before[name]:
                    sys.modules[name] = before[name]
        self.net = self.stack(self.link, "10.0.0.2")
        self.peer = self.stack(self, "10.0.0.1")

    def stack(self, link, address):
        net = ferrule.Stack(link, ticks_ms=self.ticks_ms, connections=2, random=bytes)
        net.ifconfig((address, "255.255.255.0", "0.0.0.0", "0.0.0.0"))
        net.active(True)
        return net

    # ---- time and machine ------------------------------------------------------------------

    def ticks_ms(self):
        return self.now

    def sleep_ms(self, ms):
        for _ in range(ms):
            self.now = (self.now + 1) & 0x3FFFFFFF

    def timer(self, id, period, callback):
        made = Timer(self, period, callback)
        self.timers.append(made)
        return made

    def select(self, sock, wanted):
        """select.poll().poll() with one stream and no time-out: its ioctl is called once, then
        only after an interrupt. None: no interrupt came for so long that we gave up."""
        while True:
            flags = sock.ioctl(3, wanted)
            if flags & wanted:
                return flags
            for _ in range(LISTEN_MS):
                if self.interrupt():
                    break
            else:
                return None

    def interrupt(self):
        """One millisecond passes. Whether an interrupt came in it."""
        before = self.line.edges if self.line.handler else 0
        self.sleep_ms(1)
        self.peer.poll()
        if self.program:
            self.program()
            self.peer.poll()
        rang = [timer.rings() for timer in self.timers]
        woken = True in rang or (self.line.handler and self.line.edges != before)
        self.woken += bool(woken)
        return woken

    # ---- the cable and the link at its other end ---------------------------------------------

    def leaves(self, frame):
        if self.lose and len(frame) > 400:
            self.lose -= 1
        else:
            self.arrived.append(frame)

    def send(self, frame, n):
        self.chip.wire_in(bytes(memoryview(frame)[:n]))
        return True

    def recv_into(self, frame):
        if not self.arrived:
            return 0
        data = self.arrived.pop(0)
        memoryview(frame)[: len(data)] = data
        return len(data)

    def isup(self):
        return True

    def wait(self, ms):
        self.sleep_ms(1)

    def close(self):
        pass


class Timer:
    """machine.Timer."""

    def __init__(self, machine, period, callback):
        self.machine = machine
        self.period = period
        self.callback = callback
        self.left = period

    def rings(self):
        self.left -= 1
        if self.left:
            return False
        self.left = self.period
        self.callback(self)
        return True

    def deinit(self):
        self.machine.timers.remove(self)


def each():
    for model, driver in CHIPS:
        for irq in (True, False):
            yield Rp2(model, driver, irq)


def connected(rp2):
    """A socket of the board and one of its peer."""
    listener = rp2.net.socket()
    listener.setblocking(False)
    listener.bind(("", 80))
    listener.listen(1)
    client = rp2.peer.socket()
    client.setblocking(False)
    try:
        client.connect(("10.0.0.2", 80))
    except OSError:
        pass
    assert rp2.select(listener, RX)
    sock = listener.accept()[0]
    sock.setblocking(False)
    return sock, client


def test_a_lost_segment_is_sent_again_while_the_program_sleeps():
    """No frame comes that could wake it: the peer waits for what was lost."""
    for rp2 in each():
        sock, client = connected(rp2)
        rp2.lose = 1
        sock.write(bytes(500))
        begun = rp2.now
        rp2.program = lambda client=client: answer(client)
        assert rp2.select(sock, RX) and sock.recv(10) == b"thanks"
        took = (rp2.now - begun) & 0x3FFFFFFF
        assert rp2.lose == 0 and 100 < took < 1500, took


def answer(client):
    """The peer's program: thanks for 500 bytes."""
    if client.ioctl(3, RX) & RX and client.recv(1000) == bytes(500):
        client.write(b"thanks")


def test_more_frames_than_one_call_takes_do_not_wait_for_the_next_interrupt():
    for rp2 in each():
        sock, client = connected(rp2)
        for _ in range(20):
            assert rp2.chip.wire_in(b"\xff" * 6 + THEIRS + b"\x88\xb5" + bytes(46))
        client.write(b"behind them")
        rp2.peer.poll()
        assert rp2.select(sock, RX) and sock.recv(20) == b"behind them"


def test_an_idle_board_wakes_a_hundred_times_a_second_at_most():
    for rp2 in each():
        sock, _ = connected(rp2)
        rp2.woken = 0
        for _ in range(1000):
            if rp2.interrupt():
                assert not sock.ioctl(3, RX) & RX
        assert rp2.woken <= 100


def test_closed_the_link_leaves_no_timer_behind():
    for rp2 in each():
        assert len(rp2.timers) == 1
        rp2.link.close()
        assert not rp2.timers
