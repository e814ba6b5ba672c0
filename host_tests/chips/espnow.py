"""ESP-NOW as MicroPython's espnow module shows it, and the air between several boards.

    air = Air()
    a, b = air.station(MAC_A), air.station(MAC_B)       # each: .wlan and .espnow
    link = EspNow(wlan=a.wlan, espnow=a.espnow)

Plain Python for MicroPython and CPython. What is modelled and where it is told: `doc` is
MicroPython's docs/library/espnow.rst, `mod` its ports/esp32/modespnow.c with the espnow.py beside
it, `idf` the ESP-IDF's API reference of ESP-NOW.

- One ESPNow object a board (doc, ESPNow()); active(True) takes the receive buffer in the size that
  config(rxbuf=) said before, active(False) forgets the peers (doc, active).
- The receive buffer is a ring of bytes that keeps 8 bytes, the sender and the message; a message
  is dropped when these do not leave two bytes free (mod, recv_cb: `>=` against ringbuf_free, which
  itself keeps one). The default is two longest messages, so that the second one is dropped if it
  is longest as well. A dropped message is acknowledged all the same (doc, stats).
- recvinto puts the sender's bytes object from peers_table into the list, gives the bytearray the
  message's length, and empties the ring with ValueError when the message does not fit (mod).
- send needs a registered peer, everybody too (doc, send); at most 20 peers (doc, add_peer); errors
  are OSError(-code, name) (doc, Exceptions; mphalport.c, check_esp_err_).
- The radio reports each message's end, later; until then the object is not writable for
  select.poll (mod, espnow_stream_ioctl). With the radio's own queue full, send waits for up to 2 s
  and then raises ESP_ERR_ESPNOW_NO_MEM (mod, espnow_send).
- irq's callback comes by the scheduler, which drops calls when it is full (doc, irq).
- Boards hear one another on the same channel only; a board with version 1 of ESP-NOW hears nothing
  longer than 250 bytes (idf, "ESP-NOW version").

Not modelled: encryption, rates, power save, the access point's interface.

With `airtime_ms` 0 a message arrives at once; nothing is allocated for it then but what the
firmware itself allocates.
"""

import gc

try:
    from micropython import schedule
except ImportError:

    def schedule(function, argument):
        function(argument)


from io import IOBase

EVERYBODY = b"\xff" * 6
ERRORS = {
    "NOT_INIT": 0x3065,
    "ARG": 0x3066,
    "NO_MEM": 0x3067,
    "FULL": 0x3068,
    "NOT_FOUND": 0x3069,
    "EXIST": 0x306B,
    "IF": 0x306C,
    "CHAN": 0x306D,
}
MAX_DATA_LEN_V1 = 250
MAX_DATA_LEN_V2 = 1470
MAX_TOTAL_PEER_NUM = 20

_HEADER_LEN = 8  # magic, length (2), time (4), signal strength (mod, espnow_hdr_t)
_ADDR_LEN = 6
_SEND_TIMEOUT_MS = 2000
_RECV_TIMEOUT_MS = 5 * 60 * 1000
_ENOENT = 2
_POLL = 3  # MP_STREAM_POLL; the flags are 1 to read, 4 to write
_TX_BUFFERS = 7  # how many messages the radio queues is documented nowhere: any number


class _Slice:
    def __getitem__(self, what):
        return what


_WHOLE = _Slice()[0:]


def _esp_error(name):
    return OSError(-ERRORS[name], "ESP_ERR_ESPNOW_" + name)


class Air:
    """What the stations share. `loss` is in parts per million of the deliveries.

    `ticks_ms` is the clock and `sleep_ms` how a station that waits lets time pass; without them no
    time passes and `airtime_ms` has to be 0.
    """

    def __init__(self, loss=0, seed=1, airtime_ms=0, ticks_ms=None, sleep_ms=None):
        self.stations = []
        self.loss = loss
        self.airtime_ms = airtime_ms
        self.ticks_ms = ticks_ms or _no_time
        self.sleep_ms = sleep_ms
        self.lost = 0
        self.ether = None
        self._state = seed * 7919 + 12345
        self._flying = []  # (when it ends, sender, destination, message)

    def station(self, mac, version=2):
        """A new board with this address."""
        station = Station(self, bytes(mac), version)
        self.stations.append(station)
        return station

    def chance(self, millionths):
        """Draw: True in that many of a million cases. Allocates nothing."""
        if not millionths:
            return False
        self._state = (self._state * 1021 + 88_001) % 1_048_576
        return self._state * 953 % 1_000_003 < millionths

    def carry(self, sender, to, message):
        """Send a message on its way."""
        if not self.airtime_ms:
            self._deliver(sender, to, message)
            return
        start = self._flying[-1][0] if self._flying else self.ticks_ms()
        at = (start + self.airtime_ms) & 0x3FFFFFFF
        self._flying.append((at, sender, bytes(to), bytes(message)))

    def turn(self):
        """Deliver what has been on its way long enough."""
        while self._flying:
            now = self.ticks_ms()
            if ((self._flying[0][0] - now) ^ 0x20000000) & 0x3FFFFFFF > 0x20000000:
                return
            _, sender, to, message = self._flying.pop(0)
            self._deliver(sender, to, message)

    def next_due(self):
        """Milliseconds to the next delivery, -1 when nothing is on its way."""
        if not self._flying:
            return -1
        ms = (self._flying[0][0] - self.ticks_ms()) & 0x3FFFFFFF
        return ms if ms < 0x20000000 else 0

    def _deliver(self, sender, to, message):
        if self.ether is not None:
            self.ether.taken(to, message)
            sender.radio.reported(True)
            return
        group = to[0] & 1
        heard = bool(group)  # a message to everybody is never acknowledged, and never fails
        for station in self.stations:
            if station is sender or not station.hears(sender):
                continue
            if not group and station.mac != to:
                continue
            if self.chance(self.loss):
                self.lost += 1
                continue
            heard = True
            if len(message) <= station.longest:
                station.radio.arrives(sender.mac, message)
        sender.radio.reported(heard)


def _no_time():
    return 0


class Station:
    """One board: its Wi-Fi interface, its espnow module and its radio.

    `silent` True: the radio queues messages and never reports their end, as one that hangs.
    """

    def __init__(self, air, mac, version):
        self.air = air
        self.mac = mac
        self.longest = MAX_DATA_LEN_V1 if version == 1 else MAX_DATA_LEN_V2
        self.silent = False
        self.wlan = Wlan(self)
        self.radio = Radio(self)
        self.espnow = Module(self)

    def hears(self, other):
        """Whether this board's radio receives what the other one sends."""
        ours = self.wlan
        return ours.active() and ours.channel == other.wlan.channel


class Module:
    """The module `espnow` of one board."""

    ADDR_LEN = _ADDR_LEN
    MAX_TOTAL_PEER_NUM = MAX_TOTAL_PEER_NUM

    def __init__(self, station):
        self.MAX_DATA_LEN = station.longest
        self._radio = station.radio

    def ESPNow(self):
        """The one object of the board."""
        return self._radio


class Wlan:
    """network.WLAN(STA_IF) as far as ESP-NOW needs it."""

    PM_NONE = 0
    PM_PERFORMANCE = 1

    def __init__(self, station):
        self._station = station
        self._on = False
        self.channel = 1
        self.pm = self.PM_PERFORMANCE

    def active(self, on=None):
        """Switch the interface, or tell."""
        if on is not None:
            self._on = bool(on)
        return self._on

    def config(self, *names, **values):
        """mac and channel; pm."""
        if names:
            return self._station.mac if names[0] == "mac" else getattr(self, names[0])
        for name, value in values.items():
            if not hasattr(self, name):
                raise ValueError("unknown config param")
            setattr(self, name, value)


class Radio(IOBase):
    """The ESPNow object of one board."""

    def __init__(self, station):
        self._station = station
        self._air = station.air
        self._rxbuf = 2 * (_HEADER_LEN + _ADDR_LEN + station.longest)
        self._ring = None
        self._get = self._put = 0
        self._timeout_ms = _RECV_TIMEOUT_MS
        # Records made beforehand: the firmware keeps its peers outside of MicroPython's heap.
        self._peers = [bytearray(_ADDR_LEN) for _ in range(MAX_TOTAL_PEER_NUM)]
        self._peer_count = 0
        self._callback = None
        self._sender = bytearray(_ADDR_LEN)
        self._buffer = None
        self._buffer_len = 0
        view = memoryview(bytearray(1024))
        self._pieces = [view[: 1 << i] for i in range(11)]
        self.peers_table = {}
        self.tx_packets = self.tx_responses = self.tx_failures = 0
        self.rx_packets = self.rx_dropped = 0
        self.missed_irqs = 0

    # ---- configuration ---------------------------------------------------------------------

    def active(self, on=None):
        """Start or stop ESP-NOW, or tell whether it runs."""
        if on is not None:
            if on and self._ring is None:
                if not self._station.wlan.active():
                    raise OSError(_ENOENT)  # mod, get_wifi_mode
                self._ring = bytearray(self._rxbuf)
                self._get = self._put = 0
            elif not on and self._ring is not None:
                self._ring = None
                self._peer_count = 0
                self._callback = None  # mod of 1.27; 1.25 keeps it
                self.tx_packets = self.tx_responses
        return self._ring is not None

    def config(self, *names, **values):
        """rxbuf, timeout_ms, rate."""
        if names:
            return {"rxbuf": self._rxbuf, "timeout_ms": self._timeout_ms}[names[0]]
        for name, value in values.items():
            if name == "rxbuf":
                self._rxbuf = value
            elif name == "timeout_ms":
                self._timeout_ms = value
            elif name != "rate":
                raise TypeError("extra keyword arguments given")

    def irq(self, callback):
        """Have callback(self) called after each message that arrives."""
        self._callback = callback

    def stats(self):
        """Sent, reported, failed, received, dropped."""
        counts = (self.tx_packets, self.tx_responses, self.tx_failures)
        return counts + (self.rx_packets, self.rx_dropped)

    def _running(self):
        self._air.turn()
        if self._ring is None:
            raise _esp_error("NOT_INIT")

    # ---- peers -----------------------------------------------------------------------------

    def add_peer(self, mac, lmk=None, channel=None, ifidx=None, encrypt=None):
        """Register a peer."""
        self._running()
        if len(mac) != _ADDR_LEN:
            raise ValueError("invalid buffer length")
        if self._index(mac) >= 0:
            raise _esp_error("EXIST")
        if self._peer_count >= MAX_TOTAL_PEER_NUM:
            raise _esp_error("FULL")
        if channel and channel != self._station.wlan.channel:
            raise _esp_error("CHAN")
        self._copy(self._peer_count, mac)
        self._peer_count += 1

    def del_peer(self, mac):
        """Forget a peer."""
        self._running()
        index = self._index(mac)
        if index < 0:
            raise _esp_error("NOT_FOUND")
        self._peer_count -= 1
        self._copy(index, self._peers[self._peer_count])

    def get_peers(self):
        """The registered peers but groups."""
        known = [bytes(mac) for mac in self._peers[: self._peer_count]]
        return tuple((mac, bytes(16), 0, 0, False) for mac in known if not mac[0] & 1)

    def peer_count(self):
        """(registered, of these encrypted)."""
        return (self._peer_count, 0)

    def _index(self, mac):
        for i in range(self._peer_count):
            if self._peers[i] == mac:
                return i
        return -1

    def _copy(self, index, mac):
        for i in range(_ADDR_LEN):
            self._peers[index][i] = mac[i]

    # ---- sending ---------------------------------------------------------------------------

    def send(self, mac, message, sync=True):
        """Send a message. Of sync=True only what this project needs: nothing."""
        if sync:
            raise NotImplementedError("the model sends with sync=False only")
        self._running()
        if self._index(mac) < 0:
            raise _esp_error("NOT_FOUND")
        if not self._station.wlan.active():
            raise _esp_error("IF")
        if not 0 < len(message) <= self._station.longest:
            raise _esp_error("ARG")
        waited = 0
        while self.tx_packets - self.tx_responses >= _TX_BUFFERS:
            if waited >= _SEND_TIMEOUT_MS:
                raise _esp_error("NO_MEM")
            if self._air.sleep_ms is not None:
                self._air.sleep_ms(10)
            waited += 10
            self._air.turn()
        self.tx_packets += 1
        if not self._station.silent:
            self._air.carry(self._station, mac, message)
        return True

    def reported(self, heard):
        """The radio tells that a message has been sent, and whether it was acknowledged."""
        if self._ring is None:
            return
        self.tx_responses += 1
        if not heard:
            self.tx_failures += 1

    # ---- receiving -------------------------------------------------------------------------

    def arrives(self, sender, message):
        """A message for this board, from the air."""
        if self._ring is None:
            return
        size = len(self._ring)
        n = len(message)
        free = (size + self._get - self._put - 1) % size
        if _HEADER_LEN + _ADDR_LEN + n >= free:
            self.rx_dropped += 1
            return
        self._store(0x99)
        self._store(n & 255)
        self._store(n >> 8)
        for _ in range(_HEADER_LEN - 3):
            self._store(0)
        for i in range(_ADDR_LEN):
            self._store(sender[i])
        ring = self._ring
        put = self._put
        for i in range(n):
            ring[put] = message[i]
            put += 1
            if put == size:
                put = 0
        self._put = put
        self.rx_packets += 1
        if self._callback is not None:
            try:
                schedule(self._callback, self)
            except RuntimeError:  # the scheduler's queue is full
                self.missed_irqs += 1

    def _store(self, byte):
        self._ring[self._put] = byte
        self._put = (self._put + 1) % len(self._ring)

    def _take(self):
        byte = self._ring[self._get]
        self._get = (self._get + 1) % len(self._ring)
        return byte

    def any(self):
        """Whether a message waits."""
        self._running()
        return self._get != self._put

    def recvinto(self, data, timeout_ms=None):
        """Take a message into data[1], its sender into data[0]. Returns its length, 0 for none."""
        self._running()
        waited = 0
        limit = self._timeout_ms if timeout_ms is None else timeout_ms
        while self._get == self._put:
            if waited >= limit or self._air.sleep_ms is None:
                return 0
            self._air.sleep_ms(1)
            waited += 1
            self._air.turn()
        self._take()
        n = self._take()
        n |= self._take() << 8
        for _ in range(_HEADER_LEN - 3):
            self._take()
        room = self._room(data[1])
        if n > room:
            self._get = self._put
            raise ValueError("ESPNow.recv(): buffer error")
        for i in range(_ADDR_LEN):
            self._sender[i] = self._take()
        self._copy_out(data[1], n)
        data[0] = self._known(self._sender)
        return n

    def _room(self, buffer):
        # A bytearray that an earlier message made shorter still has all its memory.
        if buffer is not self._buffer:
            self._buffer = buffer
            self._buffer_len = len(buffer)
        return self._buffer_len

    def _copy_out(self, buffer, n):
        if isinstance(buffer, bytearray):
            # It gets the message's length. Emptied and filled up by whole pieces it keeps its
            # memory on MicroPython, and nothing is allocated.
            buffer[_WHOLE] = b""
            for piece in self._pieces:
                if n & len(piece):
                    buffer.extend(piece)
        ring = self._ring
        size = len(ring)
        get = self._get
        for i in range(n):
            buffer[i] = ring[get]
            get += 1
            if get == size:
                get = 0
        self._get = get

    def _known(self, mac):
        """The bytes object of a sender, the same one each time (doc, peers_table)."""
        for known in self.peers_table:
            if known == mac:
                return known
        known = bytes(mac)
        self.peers_table[known] = [-40, 0]
        return known

    def ioctl(self, request, flags):
        """What select.poll asks: 1 to read, 4 to write."""
        if request != _POLL:
            return -1
        self._air.turn()
        if self._ring is None:
            return 0
        ready = 0
        if self._get != self._put:
            ready |= 1
        if self.tx_responses >= self.tx_packets:
            ready |= 4
        return ready & flags


class Ether:
    """Ethernet at the other end of one station's air: frames to it and from it, whoever speaks.

    It packs and unpacks messages by itself, from the description at the head of
    ferrule/link/espnow.py. `plugged` False: nothing passes. `overflows`: frames for which the
    station's receive buffer had no room. `bus` counts the heap that is taken here.
    """

    KINDS = (b"\x08\x00", b"\x08\x06", b"\x86\xdd")

    def __init__(self, station):
        self.station = station
        self.bus = Meter()
        self.on_frame = None
        self.plugged = True
        self.overflows = 0
        station.air.ether = self

    def wire_in(self, frame):
        """A frame for the station. False: its buffer was full."""
        to, kind = bytes(frame[:6]), bytes(frame[12:14])
        if not self.plugged or not (to[0] & 1 or to == self.station.mac):
            return True
        code = self.KINDS.index(kind) if kind in self.KINDS else 15
        head = b""
        if to == EVERYBODY:
            code |= 0x10
        elif to[0] & 1:
            code |= 0x20
            head = to
        if code & 15 == 15:
            head += kind
        message = bytes((0xF1, code)) + head + bytes(frame[14:])
        if len(message) > self.station.longest:
            return True
        dropped = self.station.radio.rx_dropped
        self.station.radio.arrives(bytes(frame[6:12]), message)
        if self.station.radio.rx_dropped == dropped:
            return True
        self.overflows += 1
        return False

    def taken(self, to, message):
        """A message that the station has sent."""
        start = gc.mem_alloc() if self.bus.metered else 0
        if self.plugged and self.on_frame is not None:
            assert message[0] == 0xF1 and message[1] & 0xC0 == 0, bytes(message[:2])
            at = 2
            if message[1] & 0x30 == 0x20:
                to = bytes(message[2:8])
                at = 8
            kind = message[1] & 15
            if kind == 15:
                kind = bytes(message[at : at + 2])
                at += 2
            else:
                kind = self.KINDS[kind]
            self.on_frame(bytes(to) + self.station.mac + kind + bytes(message[at:]))
        if self.bus.metered:
            self.bus.used += gc.mem_alloc() - start


class Meter:
    """How much heap a model takes while `metered`; as a Bus has it."""

    def __init__(self):
        self.metered = False
        self.used = 0
