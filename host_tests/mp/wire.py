"""One ferrule stack on a virtual link under virtual time, and the peers at the other end of the
wire.

A test gets a `Wire` as its argument `wire` and plays ladders on it (ladder.py explains their
lines):

    wire.opened(mss=1000)     # a connection in ESTABLISHED; time counts from here
    wire.play(\"\"\"
        0     us.write    500
        0     ==> ACK     1:501  ack=1
        1000  ==> ACK     1:501  ack=1
    \"\"\")

We are 10.9.0.2/24 with the gateway 10.9.0.1, which is also the peer of a line that names no other.
`from=3` on a line means the peer 10.9.0.3, `port=5001` another port of the peer, `to=81` another
port of ours.
"""

import gc

import clocked
import frames
import ladder
import openings
import over
from optionlist import Offers

OUR_IP = "10.9.0.2"
OUR_MAC = b"\x02\x00\x00\x00\x00\x02"
GATEWAY = "10.9.0.1"
PEER_PORT = 5000
# The peer's first sequence number, unless a test chooses: its upper half needs more than the 30
# bits of a small integer.
PEER_ISN = 0x9C3A5E11
# A frame shorter than this is padded on a real Ethernet, so it is here; the padding is no zero, to
# be seen when taken for data.
_SHORTEST = 60
_TURNS = 200

try:
    import micropython
except ImportError:  # CPython, where the kernel is the stack: interop/kernelwire.py
    invariants = locked = None
else:
    import invariants
    import locked


def peer_mac(address):
    """The hardware address of the peer `address` (4 bytes), or of the gateway for one that is not
    on our network."""
    return b"\x02\x00\x00\x00\x00" + (address[3:4] if address[0:3] == b"\x0a\x09\x00" else b"\x01")


class Flow:
    """What the wire knows of one pair of ports: the first sequence number of each side, windows,
    the last frame."""

    def __init__(self, address, port, isn, our_port, win):
        self.address = address
        self.port = port
        self.isn = isn  # the peer's
        self.iss = None  # ours, from the first SYN seen
        self.our_port = our_port
        self.win = win  # what the peer advertises, until a line says something else
        self.edge = None  # the right edge of our window, relative
        self.sent = None  # the last segment that we sent
        self.offers = Offers()  # options of the two SYNs, timestamps

    def renew(self, isn):
        """A new connection over the same pair of ports begins."""
        self.isn = isn & 0xFFFFFFFF
        self.iss = self.edge = None
        began, self.offers = self.offers.began, Offers()
        self.offers.began = began  # the peer's clock goes on


class Wire:
    """See the head of this file."""

    player = ladder.Player  # what plays the lines on it
    late_ms = 0  # how much later than its line's time something may happen

    def __init__(self, seed=1, start=clocked.TICKS_START, record=False):
        self.clock = clocked.Clock(start)
        self.random = clocked.Random(seed)
        self.recording = record
        self.link = clocked.Link(self.clock, OUR_MAC)
        self.link.arp_answer = self._answer
        self.under = self.link  # what the stack is given: the same, or a chip's model before it
        self.net = None
        self.real = False  # the net is ferrule's
        self.zero = 0  # lines count their time from here
        self.flows = {}
        self.sockets = {}
        self.macs = {}  # peers that answer ARP with another address than peer_mac's
        self.seen = []  # frames that the stack sent and no line has taken
        self.last_in = None  # the last frame put on the wire
        self.dhcp_sent = None  # the last DHCP message of the stack
        self.our_port = 80
        self.ports = {}  # (peer, its port): our port, for connections that we opened
        self.peer_port = PEER_PORT
        self.isn = PEER_ISN
        self.peer_win = 8192
        self.wake = 0
        self.grown = 0
        self.counting = False
        self.locks = False  # the heap, while the stack is polled: see locked.py
        self._stats = {}

    # ---- making the stack ------------------------------------------------------------------

    def build(
        self, configure=None, address=OUR_IP + "/24", gateway=GATEWAY, factory=None, **limits
    ):
        """Make the stack, with `limits`; openings and `play` do it by themselves when no limits
        are wanted.

        `configure` is a dict for net.config(**configure). Returns the stack.
        """
        if factory is None:
            import ferrule

            factory = ferrule.Stack
            self.real = True
            # Two connections are enough for most ladders, and leave a board of 140 KB room for the
            # harness.
            limits.setdefault("connections", 2)
        if over.NAME:
            self.under = over.over(self.link, self.clock.ticks_ms, self.clock.pass_ms)
            self.clock.restart()  # the ladder's time begins when the chip has started
        self.net = factory(
            self.under, ticks_ms=self.clock.ticks_ms, random=self.random.bytes, **limits
        )
        if configure:
            self.net.config(**configure)
        # The model of a chip takes heap.
        if self.real and locked and locked.MACHINE_CODE and not over.NAME:
            locked.prepare(self.net)
            self.locks = True
        self.net.active(True)
        if address:
            self.net.ipconfig(addr4=address, gw4=gateway)
        if not self.link.arp_visible:
            self._prime()
        self.pump()
        if over.NAME:
            over.warm(self.under, self.net.iface)
        self.mark()
        return self.net

    def stack(self):
        """The stack, made with default limits when there is none yet."""
        return self.net or self.build()

    def _prime(self):
        # An ARP request for our address teaches the stack the gateway's (RFC 826), so that no
        # ladder has to.
        mac, ip = peer_mac(b"\x0a\x09\x00\x01"), frames.ip_bytes(GATEWAY)
        message = frames.arp(1, mac, ip, bytes(6), frames.ip_bytes(OUR_IP))
        self.link.offer(frames.eth(frames.BROADCAST, mac, frames.ETH_ARP, message), self.clock.now)

    def _answer(self, raw):
        # What the peers answer to an ARP message of ours, out of sight of the ladder.
        frame = frames.parse(raw, self.clock.now)
        if frame.wrong:
            raise AssertionError("the stack sent wrong ARP: " + frame.wrong)
        if frame.op != 1 or frame.src == frame.dst or frame.dst[3] == 2:
            return None
        mac = self.mac_of(frame.dst)
        message = frames.arp(2, mac, frame.dst, frame.sender_mac, frame.src)
        return frames.eth(frame.sender_mac, mac, frames.ETH_ARP, message)

    def mac_of(self, address):
        """The hardware address to which frames for `address` have to go."""
        return self.macs.get(bytes(address)) or peer_mac(address)

    # ---- time and frames -------------------------------------------------------------------

    def now(self):
        """The time that a line would be given now."""
        return self.clock.now - self.zero

    def mark(self):
        """Count time, statistics and heap growth from here."""
        self.zero = self.clock.now
        self._stats = dict(self.net.stats())
        self.grown = 0

    def stat(self, name):
        """How much the counter `name` grew since the opening."""
        return self.net.stats()[name] - self._stats.get(name, 0)

    def pump(self):
        """Poll the stack until it has nothing to do at this instant; collect what it sent."""
        for _ in range(_TURNS):
            due = self.poll()
            if self.link.sent():
                self.seen.extend(self.link.taken())
            arrival = self.link.arrival()
            if due > 0 and (arrival is None or arrival > self.clock.now):
                break
        else:
            raise AssertionError("poll() says again and again that it has to run at once")
        self.wake = self.clock.now + due
        if arrival is not None:
            self.wake = min(self.wake, arrival)

    def poll(self):
        """net.poll() with the heap locked; while `counting`, add the bytes of heap that it takes
        to `grown`.
        """
        if not self.counting:
            if not self.locks:
                return self.net.poll()
            poll = self.net.poll
            self._lock()
            try:
                return poll()
            finally:
                self._unlock()
        net = self.net
        gc.collect()
        gc.disable()
        before = self._heap(True)
        due = net.poll()
        after = self._heap(False)
        gc.enable()
        self.grown += after - before
        return due

    def _lock(self):
        # Nothing on the way of a frame takes heap: MemoryError says what does.
        self.link.locked = True
        micropython.heap_lock()

    def _unlock(self):
        micropython.heap_unlock()
        self.link.locked = False

    def _heap(self, before):
        # Without what the model of a chip under the stack takes between the two calls.
        over.meter(self.under, before)
        return gc.mem_alloc() - over.used(self.under)

    def write(self, sock, data):
        """sock.write(data), measured like `poll`."""
        if not self.counting:
            if not self.locks:
                return sock.write(data)
            write = sock.write
            self._lock()
            try:
                return write(data)
            finally:
                self._unlock()
        gc.collect()
        gc.disable()
        before = self._heap(True)
        took = sock.write(data)
        after = self._heap(False)
        gc.enable()
        self.grown += after - before
        return took

    def advance(self, until):
        """Let time pass up to `until` (since the clock's start), or until the stack sends
        something."""
        while self.clock.now < until and not self.seen:
            self.clock.now = min(max(self.wake, self.clock.now + 1), until)
            self.pump()

    def offer(self, raw, at=None, pad=_SHORTEST):
        """Let a frame of the peers arrive, now or at time `at`."""
        if len(raw) < pad:
            raw = raw + b"\xa5" * (pad - len(raw))
        self.last_in = raw
        self.link.offer(raw, self.clock.now if at is None else at)

    # ---- connections -----------------------------------------------------------------------

    def flow(self, address=None, port=None, our_port=None):
        """The record of a pair of ports, made when it is new."""
        address = address or frames.ip_bytes(GATEWAY)
        port = port or self.peer_port
        ours = our_port or self.ports.get((bytes(address), port), self.our_port)
        key = (bytes(address), port, ours)
        if key not in self.flows:
            self.flows[key] = Flow(key[0], port, self.isn, key[2], self.peer_win)
        return self.flows[key]

    def socket(self, name="us"):
        """The socket that the lines `us.`, `us2.` ... work on."""
        return self.sockets[name].sock

    def forget(self):
        """Check after each ladder what must always hold."""
        if invariants is not None and self.real:
            invariants.check(self.net)

    def play(self, text):
        """Play a ladder; AssertionError with the whole ladder, one line of it marked, when
        something differs."""
        self.stack()
        ladder.play(self, text, self.recording)
        self.forget()

    def bring(self, text):
        """Play a ladder of an opening: never recorded."""
        self.stack()
        ladder.play(self, text)
        self.forget()

    def record(self, text):
        """Play the lines of `text` without its ==> lines, print what was seen, and fail."""
        self.stack()
        ladder.play(self, text, True)

    def dispose(self):
        """Let go of everything that is large, the stack's records too."""
        if self.real and self.net is not None:
            self.net.tcp = self.net.iface = None
        if over.NAME:
            self.under.dispose()
        self.net = self.under = None
        self.link.dispose()
        for held in (self.sockets, self.flows, self.macs):
            held.clear()
        self.seen = []
        self.last_in = None
        gc.collect()

    # The openings (openings.py), so that tests do not repeat them.

    def listening(self, **options):
        openings.listening(self, **options)

    def syn_received(self, **options):
        openings.syn_received(self, **options)

    def opened(self, **options):
        openings.opened(self, **options)

    def syn_sent(self, **options):
        openings.syn_sent(self, **options)

    def connected(self, **options):
        openings.connected(self, **options)

    def fin_wait_1(self, **options):
        openings.fin_wait_1(self, **options)

    def fin_wait_2(self, **options):
        openings.fin_wait_2(self, **options)

    def closing(self, **options):
        openings.closing(self, **options)

    def time_wait(self, **options):
        openings.time_wait(self, **options)

    def close_wait(self, **options):
        openings.close_wait(self, **options)

    def last_ack(self, **options):
        openings.last_ack(self, **options)
