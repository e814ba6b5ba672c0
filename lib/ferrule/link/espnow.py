"""Ethernet frames in ESP-NOW messages: a link between ESP32 boards on stock firmware, by radio,
without an access point.

    link = EspNow()                     # the firmware's longest message: 1470 bytes, or 250
    link = EspNow(payload=250, channel=6)       # when an older board or an ESP8266 takes part

Stock firmware passes no raw Wi-Fi frames; ESP-NOW's messages are what it passes. A message carries
the sender's and the receiver's hardware address by itself, so the 14 bytes of an Ethernet header
shrink to 2 and what is behind them follows as it is:

    byte 0    0xF1: this format, version 1
    byte 1    bits 0-3: EtherType: 0 IPv4, 1 ARP, 2 IPv6, 15: it follows, two bytes
              bits 4-5: destination: 0 the board that receives this, 1 everybody, 2 the group
              whose address follows, six bytes (sent to everybody)
              bits 6-7: zero
    then      the group's address and the EtherType, where byte 1 says so; then the packet,
              without the padding of short Ethernet frames

A frame that fits no message is never sent: `mtu` is `payload` - 2 (1468 or 248), and the stack's
MSS follows it. All boards that talk to one another use the same `payload` and the same channel.
Nothing is encrypted: who can hear the radio can read and send.

The API is that of MicroPython's docs/library/espnow.rst; what its text leaves open is told from
ports/esp32/modespnow.c (1.25 to 1.29).
"""

import select
from errno import ENODEV

import micropython
from micropython import const

from ..wire.sum import copy

_MAGIC = const(0xF1)
_ETHERNET_LEN = const(14)
_HEAD_LEN = const(2)
_PACKET_LEN = const(14)  # what the firmware's receive buffer keeps with each message
_RXBUF_LEAST = const(3072)
_BURST = const(16)  # strangers' messages skipped in one call
_UNANSWERED_MS = const(200)  # the firmware itself gives the radio's report 100 ms
_RESTART_MS = const(1000)
_CLOCK = const(0x3FFFFFFF)  # ticks_ms wraps
_EVERYBODY = b"\xff" * 6
_NOBODY = bytes(6)

# OSError.errno is minus the ESP-IDF's error: ESP_ERR_ESPNOW_BASE is 0x3064 (esp_now.h).
_NOT_INIT = const(-0x3065)
_NO_MEM = const(-0x3067)
_FULL = const(-0x3068)
_NOT_FOUND = const(-0x3069)
_EXIST = const(-0x306B)
_IF = const(-0x306C)


class _Slice:
    def __getitem__(self, what):
        return what


_WHOLE = _Slice()[0:]  # made once: an expression with a colon makes an object each time


class EspNow:
    """The link over the firmware's ESP-NOW.

    payload: the longest message in bytes, 250 or the firmware's MAX_DATA_LEN (default). peers: how
    many boards are remembered for sending, at most 19; who was spoken to longest ago makes room.
    rxbuf: bytes of the firmware's receive buffer; the default is 3 KB or four messages.
    channel: the Wi-Fi channel, 1 to 13; None leaves it. wlan, espnow, ticks_ms: the station
    interface, the module and the clock, when they are not the firmware's.

    OSError ENODEV: this firmware has no ESP-NOW. ValueError: a limit is out of range.

    Counters: `sent`, `received`, `busy` (refused because the last message was still on its way),
    `lost` (too long, or the radio refused it), `foreign` (messages of other programs), `evicted`
    (peers forgotten for others), `unanswered` (messages whose end the firmware never reported),
    `resets` (ESP-NOW started again after somebody had stopped it).

    `send` and `recv_into` allocate nothing. Of the firmware's own: each sender never heard before
    adds about 100 bytes to its table of peers, which only a restart of the board empties; and on a
    board that is up for 12 days, each message received makes an integer of 32 bytes.
    """

    def __init__(self, payload=None, peers=8, rxbuf=None, channel=None, wlan=None, espnow=None,
                 ticks_ms=None):
        if espnow is None:
            espnow = _firmware()
        if ticks_ms is None:
            from time import ticks_ms
        most = espnow.MAX_DATA_LEN
        payload = payload or most
        if not 64 <= payload <= most or not 1 <= peers <= 19:
            raise ValueError("payload is 64 to %d, peers are 1 to 19" % most)
        self.payload = payload
        self.mtu = payload - _HEAD_LEN
        self.sent = self.received = self.busy = self.lost = self.foreign = 0
        self.evicted = self.unanswered = self.resets = 0
        self._ticks_ms = ticks_ms
        self._waiting = False
        self._since = self._restarted = ticks_ms()
        self._rxbuf = rxbuf or max(4 * (payload + _PACKET_LEN) + 2, _RXBUF_LEAST)
        self._peers = [bytearray(6) for _ in range(peers)]
        # The longest message that may arrive, whatever `payload` is: when one does not fit, the
        # firmware throws away all that it holds.
        message = bytearray(most)
        self._in = [None, message]
        # send() takes whole objects only, so the message out has to change its length: emptied by
        # _WHOLE and filled up by pieces of 1, 2, 4 ... bytes it keeps its memory and makes none.
        self._out = bytearray(payload)
        view = memoryview(message)
        self._pieces = [view[: 1 << i] for i in range(11) if 1 << i <= payload]
        self._wlan = wlan or _station()
        self._channel = channel
        self._radio = espnow.ESPNow()
        self._start()
        self.mac = bytes(self._wlan.config("mac"))
        self._readable = select.poll()
        self._readable.register(self._radio, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(self._radio, select.POLLOUT)

    def _start(self):
        """Start the radio and ESP-NOW, with no peer but everybody."""
        wlan = self._wlan
        if not wlan.active():
            wlan.active(True)
        if hasattr(wlan, "PM_NONE"):
            wlan.config(pm=wlan.PM_NONE)  # asleep, a station misses messages
        if self._channel is not None:
            wlan.config(channel=self._channel)
        radio = self._radio
        radio.active(False)
        radio.config(rxbuf=self._rxbuf)  # taken by the next active(True) only
        radio.active(True)
        radio.add_peer(_EVERYBODY)
        for mac in self._peers:
            copy(mac, 0, _NOBODY, 0, 6)

    def send(self, frame, n):
        """Send n bytes of frame. False: the message before it is still on its way, offer it again.

        Only one message is given to the firmware at a time: with its own queue full, its send()
        would block for up to two seconds.
        """
        kind = describe(frame)
        at = _HEAD_LEN + (6 if kind & 0x20 else 0) + (2 if kind & 15 == 15 else 0)
        size = n - _ETHERNET_LEN + at
        if size > self.payload:
            self.lost += 1
            return True
        if not self._ready():
            self.busy += 1
            return False
        out = self._out
        out[_WHOLE] = b""
        for piece in self._pieces:
            if size & len(piece):
                out.extend(piece)
        head(out, frame, kind)
        copy(out, at, frame, _ETHERNET_LEN, n - _ETHERNET_LEN)
        try:
            self._radio.send(_EVERYBODY if kind & 0x30 else self._peer(frame), out, False)
        except OSError as error:
            return self._refused(error.errno)
        self.sent += 1
        return True

    def _ready(self):
        """Whether the radio has reported the end of the message before, or never will."""
        for _ in self._writable.ipoll(0):
            self._waiting = False
            return True
        if not self._radio.active():
            return self._restart()
        now = self._ticks_ms()
        if not self._waiting:
            self._waiting = True
            self._since = now
        if (now - self._since) & _CLOCK < _UNANSWERED_MS:
            return False
        self._waiting = False
        self.unanswered += 1
        return True

    def _peer(self, frame):
        """The address that the frame is for, registered; the other peers move one back."""
        peers = self._peers
        i = 0
        last = len(peers) - 1
        while i < last and not same(peers[i], frame):
            i += 1
        mac = peers[i]
        if not same(mac, frame):
            self._learn(mac, frame)
        while i:
            peers[i] = peers[i - 1]
            i -= 1
        peers[0] = mac
        return mac

    def _learn(self, mac, frame):
        """Register the frame's destination in the place of `mac`."""
        radio = self._radio
        if mac != _NOBODY:
            self.evicted += 1
            try:
                radio.del_peer(mac)
            except OSError as error:
                if error.errno != _NOT_FOUND:
                    raise
        copy(mac, 0, frame, 0, 6)
        try:
            radio.add_peer(mac)
        except OSError as error:
            if error.errno != _EXIST:
                copy(mac, 0, _NOBODY, 0, 6)
                raise

    def _refused(self, errno):
        """The firmware refused a message. True: it is lost; False: offer it again."""
        if errno == _FULL and len(self._peers) > 1:
            # Another part of the program has registered peers too: be content with fewer.
            self._peers.pop()
            return False
        if errno in (_NOT_INIT, _NOT_FOUND, _IF, _NO_MEM) and self._restart():
            return False
        self.lost += 1
        return True

    def _restart(self):
        """Start again what another part of the program has stopped, once a second at most."""
        now = self._ticks_ms()
        if self.resets and (now - self._restarted) & _CLOCK < _RESTART_MS:
            return False
        self._restarted = now
        self._waiting = False
        self.resets += 1
        try:
            self._start()
        except OSError:
            return False
        return True

    def recv_into(self, frame):
        """Move the oldest frame for us into `frame`. Returns its length, or 0 when none waits."""
        message = self._in
        for _ in range(_BURST):
            try:
                n = self._radio.recvinto(message, 0)
            except OSError as error:
                if error.errno not in (_NOT_INIT, _IF) or not self._restart():
                    self.lost += 1
                return 0
            except ValueError:  # the firmware's buffer was out of step, and is empty now
                self.lost += 1
                return 0
            if not n:
                return 0
            at = unpack(frame, message[1], n, message[0], self.mac)
            n += _ETHERNET_LEN - at
            if not at:
                self.foreign += 1
            elif n > len(frame):
                self.lost += 1
            else:
                copy(frame, _ETHERNET_LEN, message[1], at, n - _ETHERNET_LEN)
                self.received += 1
                return n
        return 0

    def wait(self, ms):
        """Sleep until a message waits, at most ms milliseconds."""
        for _ in self._readable.ipoll(ms):
            pass

    def irq(self, handler):
        """Call handler(radio) soon after a message has arrived; None ends it.

        The firmware's scheduler drops calls when it is full, so a handler reads all that waits.
        """
        self._radio.irq(handler)

    def isup(self):
        """True while the radio is on and ESP-NOW runs: whether somebody hears it, nobody knows."""
        return bool(self._wlan.active() and self._radio.active())

    def dropped(self):
        """Messages that the firmware threw away because its receive buffer was full. Allocates."""
        return self._radio.stats()[4]

    def close(self):
        """End ESP-NOW. Wi-Fi stays as it is. A second call does nothing."""
        self._radio.irq(None)
        self._radio.active(False)


def _firmware():
    try:
        import espnow
    except ImportError:
        raise OSError(ENODEV, "this firmware has no espnow module; an ESP32's has")
    return espnow


def _station():
    import network

    return network.WLAN(network.STA_IF)


@micropython.viper
def describe(frame: ptr8) -> int:
    """Byte 1 of the message for an Ethernet frame."""
    kind = 15
    low = frame[13]
    if frame[12] == 8:
        if low == 0:
            kind = 0
        elif low == 6:
            kind = 1
    elif frame[12] == 0x86 and low == 0xDD:
        kind = 2
    if not frame[0] & 1:
        return kind
    i = 0
    while i < 6 and frame[i] == 0xFF:
        i += 1
    return kind | (0x10 if i == 6 else 0x20)


@micropython.viper
def head(message: ptr8, frame: ptr8, kind: int):
    """Write what stands before the packet."""
    message[0] = _MAGIC
    message[1] = kind
    at = 2
    if kind & 0x20:
        i = 0
        while i < 6:
            message[2 + i] = frame[i]
            i += 1
        at = 8
    if kind & 15 == 15:
        message[at] = frame[12]
        message[at + 1] = frame[13]


@micropython.viper
def unpack(frame: ptr8, message: ptr8, n: int, sender: ptr8, mac: ptr8) -> int:
    """Write the Ethernet header of a message of n bytes into a frame of at least 14.

    Returns where the packet begins in the message; 0 when this is no frame.
    """
    if n < 2 or message[0] != _MAGIC or message[1] & 0xC0:
        return 0
    kind = message[1] & 15
    to = message[1] >> 4
    at = 2 + (6 if to == 2 else 0)
    if to == 3 or (kind > 2 and kind < 15) or n < at + (2 if kind == 15 else 0):
        return 0
    i = 0
    while i < 6:
        if to == 0:
            frame[i] = mac[i]
        elif to == 1:
            frame[i] = 0xFF
        else:
            frame[i] = message[2 + i]
        frame[6 + i] = sender[i]
        i += 1
    if kind == 15:
        frame[12] = message[at]
        frame[13] = message[at + 1]
        return at + 2
    frame[12] = 0x86 if kind == 2 else 8
    frame[13] = 0xDD if kind == 2 else (6 if kind == 1 else 0)
    return at


@micropython.viper
def same(mac: ptr8, frame: ptr8) -> bool:
    """Whether the frame is for `mac`."""
    i = 0
    while i < 6:
        if mac[i] != frame[i]:
            return False
        i += 1
    return True
