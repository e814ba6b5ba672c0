"""Frames through the WIZnet chips W5500 and W5100S: socket 0 in MACRAW mode as a link.

The chip takes whole Ethernet frames through its socket 0 and hands them out with two bytes of
length before each; its own TCP stays unused. `w5500.py` and `w5100s.py` hold each chip's table,
`wizchip.py` resets, sets up and watches the chip. Register names and chapters are those of the
W5500 datasheet, version 1.1.0.

Per frame: one burst tells all pointers of the socket (`_look`), one takes a frame's length and the
frame, two short ones give its room back, and those only when all that was seen has been taken.
Nothing is allocated per frame: what SPI calls are given are buffers and views made beforehand.
"""

import array

import micropython
from micropython import const

from ..wire.sum import copy
from .spi import CHUNK, VIEW, views
from .wizchip import Chip
from .wizleaves import aim, judge, length, store

_SN_CR = const(0x401)
_SN_IR = const(0x402)
_SN_TX_RD = const(0x422)
_SN_TX_WR = const(0x424)
_SN_RX_RD = const(0x428)

_SEND = const(0x20)
_RECV = const(0x40)
_IR_RECV = const(0x04)
_RUNS = const(0)  # of the states in wizchip.py

_HEAD = const(3)
_LEN = const(2)  # the length before a frame in the receive buffer counts itself
_FRAME = const(1514)

_BURST = const(16)  # frames too long that are skipped in one call
_LOOKS = const(8)  # bursts until pointers that contradict one another count as a broken bus
_SPINS = const(8)  # bursts that wait for a frame on its way out: 0.1 ms at 100 Mbit/s
_BATCH = const(4096)  # bytes taken from the receive buffer before their room is given back
_BLIND_MS = const(50)  # with a silent interrupt line, look all the same this often
_SEND_MS = const(100)  # a frame that has not gone after this time is given up
_CLOCK = const(0x3FFFFFFF)  # ticks_ms wraps


class Wiznet(Chip):
    """A link on a chip whose table a derived class holds; see W5500 for how to make one. The table
    also has the buffers: `_RX_HEAD` and `_TX_HEAD`, the head of an SPI frame that reads or writes
    one; `_RX_RING` and `_TX_RING`, what `aim` needs; `_SIZE` in bytes.

    Counters: `sent`, `received`, `busy` (frames refused because the one before was on its way, or
    the bus was taken), `lost` (frames sent while the chip was down, or too long), `too_long`
    (frames that the buffer could not take), `bus_errors` (readings that could not be true),
    `resyncs` (the socket opened anew, its frames lost), `restarts` (the chip reset and set up
    anew).
    """

    mtu = 1500

    def __init__(self, *how):
        self.sent = self.received = self.busy = self.lost = self.too_long = 0
        self._rx_ring = array.array("i", self._RX_RING)
        self._tx_ring = array.array("i", self._TX_RING)
        self._look_out = self._head(_SN_TX_RD, 0) + bytes(10)
        self._look_in = bytearray(_HEAD + 10)
        self._take_out = bytearray(self._RX_HEAD + bytes(_LEN))
        self._take_in = bytearray(_HEAD + _LEN)
        self._take_head = memoryview(self._take_out)[:_HEAD]
        self._give_out = bytearray(self._TX_HEAD)
        self._rd_out = bytearray(self._head(_SN_RX_RD, 1) + bytes(2))
        self._wr_out = bytearray(self._head(_SN_TX_WR, 1) + bytes(2))
        self._recv_out = self._head(_SN_CR, 1) + bytes((_RECV,))
        self._send_out = self._head(_SN_CR, 1) + bytes((_SEND,))
        self._seen_out = self._head(_SN_IR, 1) + bytes((_IR_RECV,))
        self._scratch = bytearray(CHUNK)
        view = memoryview(self._scratch)
        self._bits = [view[: 1 << i] for i in range(7)]
        self._rx_of = self._rx_views = self._tx_of = self._tx_views = None
        self._receiving, self._transmitting = self._receive, self._transmit
        self._glancing = self._look_again
        super().__init__(*how)

    # What runs for every frame is native code: it takes half the instructions, and its variables
    # lie on the stack, where bytecode with more than eleven of them takes heap for each call.

    # ---- receiving -----------------------------------------------------------------------------

    @micropython.native
    def recv_into(self, frame):
        """Move the next frame into `frame`. Its length, or 0 when none waits. Bytes behind its end
        may change."""
        if self._state != _RUNS and not self._revive():
            return 0
        if self._acquire is not None:  # a bus of others
            return self._in_turn(self._receiving, frame, 0) or 0
        try:
            return self._receive(frame, 0)
        except OSError:  # some ports' SPI says so when a transfer did not end
            self._fail()
        return 0

    @micropython.native
    def _receive(self, frame, _):
        for _ in range(_BURST):
            if self._waiting <= 0 and not self._due():
                return 0
            n = self._take(frame)
            if n:
                return n if n > 0 else 0
        return 0

    @micropython.native
    def _due(self):
        """Whether a frame waits; when none does, see after the chip."""
        if (self._pin is None or self._asked()) and self._look() > 0:
            return True
        if self._state == _RUNS:
            self._tend()
        return False

    def _asked(self):
        """Whether the interrupt line asks for us, or has been silent for long."""
        now = self._ticks()
        if not self._pin():
            # Cleared before the pointers are read: what arrives later raises it again.
            self._put(self._seen_out)
        elif (now - self._look_at) & _CLOCK < _BLIND_MS:
            return False
        self._look_at = now
        return True

    @micropython.native
    def _look(self):
        """Read the socket's pointers. The bytes that wait to be taken; 0 when none do, or the bus
        tells no truth."""
        cs = self._cs
        for _ in range(_LOOKS):
            cs(0)
            self._spi.write_readinto(self._look_out, self._look_in)
            cs(1)
            seen = judge(self._look_in, self._rx_rd, self._tx_wr, self._SIZE)
            waiting = (seen & 0xFFFF) - self._taken
            if seen >= 0 and waiting >= 0:
                self._idle = seen > 0xFFFF
                self._waiting = waiting
                return waiting
            self.bus_errors += 1
        self._fail()
        return 0

    @micropython.native
    def _take(self, frame):
        """Take one frame out of the chip: its length; 0 when `frame` is too short for it, and it
        was skipped; -1 when the length is nonsense, and the socket was opened anew."""
        out = self._take_out
        room = aim(out, self._rx_ring, self._rx_rd + self._taken)
        if room < _LEN + _FRAME or len(frame) < _FRAME:
            return self._take_by_pieces(frame)
        seen = self._take_in
        cs = self._cs
        spi = self._spi
        cs(0)
        spi.write_readinto(out, seen)
        n = length(seen, self._waiting)
        if n < 0 or n > _FRAME:
            cs(1)
            return self._odd(n)
        if frame is not self._rx_of:
            self._rx_of = frame
            self._rx_views = views(frame)
        spi.readinto(self._rx_views[VIEW[(n + 63) >> 6]])
        cs(1)
        self.received += 1
        self._passed(n + _LEN)
        return n

    def _take_by_pieces(self, frame):
        at = self._rx_rd + self._taken
        self._pull(self._take_in, _HEAD, at, _LEN)
        n = length(self._take_in, self._waiting)
        if n < 0 or n > _FRAME or n > len(frame):
            return self._odd(n)
        self._pull(frame, 0, at + _LEN, n)
        self.received += 1
        self._passed(n + _LEN)
        return n

    def _odd(self, n):
        """A frame that the buffer cannot take is skipped; without a length that makes sense,
        nobody knows where the next one begins."""
        if n < 0:
            self.bus_errors += 1
            self._resync()
            return -1
        self.too_long += 1
        self._passed(n + _LEN)
        return 0

    @micropython.native
    def _passed(self, n):
        """n bytes have been taken. Give their room back when all that was seen has been, or much.
        Sn_CR need not be waited for: a pointer is written before every command, and a command that
        was not accepted shows in the next burst."""
        taken = self._taken + n
        waiting = self._waiting - n
        self._waiting = waiting
        if waiting > 0 and taken < _BATCH:
            self._taken = taken
            return
        self._taken = 0
        self._rx_rd = store(self._rd_out, self._rx_rd + taken)
        cs = self._cs
        spi = self._spi
        cs(0)
        spi.write(self._rd_out)
        cs(1)
        cs(0)
        spi.write(self._recv_out)
        cs(1)

    # ---- sending -------------------------------------------------------------------------------

    @micropython.native
    def send(self, frame, n):
        """Send n bytes of frame. False: the one before is still on its way, offer it again."""
        if n > _FRAME or self._state != _RUNS and not self._revive():
            self.lost += 1
            return True
        if self._acquire is not None:
            return self._send_in_turn(frame, n)
        try:
            return self._transmit(frame, n)
        except OSError:
            self._fail()
        return True

    def _send_in_turn(self, frame, n):
        done = self._in_turn(self._transmitting, frame, n)
        if done is None:
            self.busy += 1
        return bool(done)

    @micropython.native
    def _transmit(self, frame, n):
        if not self._idle and not self._gone():
            return self._state != _RUNS or self._stuck()
        out = self._give_out
        at = self._tx_wr
        cs = self._cs
        spi = self._spi
        if aim(out, self._tx_ring, at) < _FRAME or len(frame) < _FRAME:
            self._push(frame, at, n)
        else:
            if frame is not self._tx_of:
                self._tx_of = frame
                self._tx_views = views(frame)
            cs(0)
            spi.write(out)
            spi.write(self._tx_views[VIEW[(n + 63) >> 6]])
            cs(1)
        out = self._wr_out
        self._tx_wr = store(out, at + n)
        cs(0)
        spi.write(out)
        cs(1)
        cs(0)
        spi.write(self._send_out)
        cs(1)
        self._idle = False
        self._sent_at = self._ticks()
        self.sent += 1
        return True

    @micropython.native
    def _gone(self):
        """Whether the frame before has gone: the chip moves Sn_TX_RD to Sn_TX_WR when it has sent
        it (chapter 4.2, Sn_TX_RD)."""
        for _ in range(_SPINS):
            self._look()
            if self._idle or self._state != _RUNS:
                break
        return self._idle and self._state == _RUNS

    def _stuck(self):
        """A frame is still on its way out. False: offer the next one later. True: it never went,
        as when the cable was pulled meanwhile, and both are lost."""
        if (self._ticks() - self._sent_at) & _CLOCK < _SEND_MS:
            self.busy += 1
            return False
        self.lost += 1
        self._resync()
        return True

    # Buffers that are not a whole frame long, and the place where the W5100S's buffers end: as
    # many bytes as are meant, through the scratch buffer.

    @micropython.native
    def _pull(self, frame, start, at, n):
        """Read n bytes at the pointer `at` of the receive buffer to frame[start:]."""
        while n > 0:
            part = min(n, aim(self._take_out, self._rx_ring, at))
            self._cs(0)
            self._spi.write(self._take_head)
            at += part
            n -= part
            while part > 0:
                self._spi.readinto(self._scratch)
                size = min(part, CHUNK)
                copy(frame, start, self._scratch, 0, size)
                start += size
                part -= size
            self._cs(1)

    @micropython.native
    def _push(self, frame, at, n):
        """Write n bytes of frame to the pointer `at` of the transmit buffer."""
        start = 0
        while n > 0:
            part = min(n, aim(self._give_out, self._tx_ring, at))
            self._cs(0)
            self._spi.write(self._give_out)
            at += part
            n -= part
            bit = 6
            while part > 0:
                size = 1 << bit
                if part < size:
                    bit -= 1
                    continue
                copy(self._scratch, 0, frame, start, size)
                self._spi.write(self._bits[bit])
                start += size
                part -= size
            self._cs(1)

    def wait(self, ms):
        """Sleep until a frame waits, at most ms milliseconds. It is looked for every millisecond,
        over the interrupt line where there is one."""
        while ms > 0 and not self._waiting > 0:
            self._sleep(1)
            ms -= 1
            if self._state != _RUNS or self._pin is not None and not self._pin():
                return
            if self._pin is None:
                self._in_turn(self._glancing, None, 0)

    def _look_again(self, _, n):
        return self._look()
