"""Microchip's ENC28J60, a 10 Mbit/s Ethernet controller on SPI, as a link.

    from machine import SPI, Pin
    link = Enc28j60(SPI(0, 10_000_000), cs=Pin(17), reset=Pin(20), irq=Pin(21))

Section, table (T) and register (R) numbers are the datasheet's, DS39662E; `#n` is issue n of the
errata, DS80349C, at the line that works around it. Of its 19 issues, 3, 4, 7, 8, 10, 11, 17 and 18
ask nothing of this driver: they are about temperature, CLKOUT, wiring, the LEDs, loopback, the DMA
and the pattern filter, which it does not use. #1 is a matter of the SPI's clock: on revisions B1
and B4 it has to be 8 MHz or more.

The chip does not negotiate: a switch takes it for half duplex, and so it is half duplex (9) unless
`full_duplex=True`, for which the other end has to be set by hand as well.

Nothing is allocated per frame: what SPI calls are given are buffers and views made beforehand.
"""

from micropython import const

from ..wire.sum import copy
from .encchip import Chip
from .spi import CHUNK, VIEW, views

# Instructions (T4-1) are an operation in the upper three bits and a register in the lower five.
_BFS = const(0x80)
_BFC = const(0xA0)
_RBM = const(0x3A)
_WBM = const(0x7A)

# Registers (T3-1), bank << 5 | address.
_EIR = const(0x1C)
_ESTAT = const(0x1D)
_ECON2 = const(0x1E)
_ECON1 = const(0x1F)
_ERDPT = const(0x00)
_EWRPT = const(0x02)
_ETXND = const(0x06)
_ERXRDPT = const(0x0C)
_EPKTCNT = const(0x39)

_TXRST = const(0x80)  # ECON1 (R3-1)
_TXRTS = const(0x08)
_PKTDEC = const(0x40)  # ECON2 (R3-2)
_RXERIF = const(0x01)  # EIR (R12-3)
_TXERIF = const(0x02)
_TXIF = const(0x08)
_ABORTED = const(0x12)  # ESTAT: LATECOL and TXABRT (R12-1)

_RX_LAST = const(0x19FF)  # the buffers' places, as in encchip.py
_TX_FIRST = const(0x1A00)
_HEAD = const(6)  # next packet pointer and status vector before a frame (Fig. 7-3)
_FCS = const(4)
_FRAME = const(1514)
_SHORTEST = const(18)  # with FCS: the hardware takes no shorter frame (5.1.6)

_BURST = const(16)  # frames skipped in one call
_TRIES = const(15)  # after late collisions (#13), as often as the MAC itself after early ones
_SEND_MS = const(100)  # a transmission that has not ended after this time is given up
_BLIND_MS = const(50)  # with a silent interrupt line, look all the same this often
_TEND_MS = const(100)  # how often a part of the settings is compared with what it should be
_CLOCK = const(0x3FFFFFFF)  # ticks_ms wraps
_RUNS = const(0)  # of the states in encchip.py


class Enc28j60(Chip):
    """A link on one chip.

    spi: machine.SPI in mode 0, at most 20 MHz. cs, reset, irq: Pins; without `reset` the chip is
    reset by command, without `irq` it is asked at each poll. mac: 6 bytes; without it one is made
    from the processor's serial number. acquire, release: called before and after the chip is
    spoken to when other chips hang on this bus; acquire() may say False: not now. clock: an object
    with ticks_ms and sleep_ms (default: the module time).

    OSError ENODEV: no ENC28J60 answers. A chip that stops answering later, or forgets its settings
    in a brown-out, is reset and set up again until it does; meanwhile the link is down.

    Counters: `sent`, `received`, `busy` (refused because the frame before was on its way), `lost`
    (frames that could not be sent), `too_long` (received, longer than the caller's buffer),
    `errors` (received damaged), `collisions` (frames sent again after a late collision), `stuck`
    (transmissions that never ended), `overruns` (times that frames found the receive buffer full),
    `bus_errors` (readings that could not be true), `restarts`. `revision`: the chip's, 6 for B7.
    """

    mtu = 1500

    def __init__(self, spi, cs, reset=None, irq=None, mac=None, full_duplex=False, acquire=None,
                 release=None, clock=None):
        self.sent = self.received = self.busy = self.lost = self.too_long = self.errors = 0
        self.collisions = self.stuck = self.overruns = 0
        self._rx_of = self._rx_views = self._tx_of = self._tx_views = None
        self._take_out, self._take_in = bytes((_RBM,)) + bytes(_HEAD), bytearray(1 + _HEAD)
        self._scratch = bytearray(CHUNK)
        view = memoryview(self._scratch)
        self._pieces = [view[: 1 << i] for i in range(7)]
        # Bound once: `self._receive` as an argument would be an object on the heap each time.
        self._receiving, self._transmitting = self._receive, self._transmit
        super().__init__(spi, cs, reset, irq, mac, full_duplex, acquire, release, clock)

    # ---- frames --------------------------------------------------------------------------------

    def send(self, frame, n):
        """Send n bytes of frame. False: the one before is still on its way, offer it again."""
        if n > _FRAME or self._state != _RUNS and not self._revive():
            self.lost += 1
            return True
        done = self._in_turn(self._transmitting, frame, n)
        if done is None:
            self.busy += 1
        elif done < 0:
            self.lost += 1
        return bool(done)

    def recv_into(self, frame):
        """Move the next frame into `frame`. Its length, or 0 when none waits. Bytes behind its end
        may change."""
        if self._state != _RUNS and not self._revive():
            return 0
        return max(self._in_turn(self._receiving, frame, 0) or 0, 0)

    def _receive(self, frame, _):
        if self._sending:
            self._gone()
        for _ in range(_BURST):
            if self._waiting == 0 and not self._look():
                return 0
            n = self._take(frame)
            if n:
                return n
        return 0

    def _look(self):
        """Ask how many frames wait; now and then, when none do, whether the chip is sound."""
        now = self._ticks()
        pin = self._pin
        if pin is not None and pin() and (now - self._look_at) & _CLOCK < _BLIND_MS:
            return False
        self._look_at = now
        self._waiting = self._get(_EPKTCNT)  # #6: EIR.PKTIF does not tell
        if self._waiting == 0 and (now - self._tend_at) & _CLOCK >= _TEND_MS:
            self._tend(now)
            if self._get(_EIR) & _RXERIF:
                self.overruns += 1
                self._op(_BFC | _EIR, _RXERIF)
        return self._waiting and self._state == _RUNS

    def _take(self, frame):
        """Take one frame out of the chip. Its length; 0 when it was none for us."""
        at = self._next
        self._put(_ERDPT, at & 0xFF)
        self._put(_ERDPT + 1, at >> 8)
        cs, spi, head = self._cs, self._spi, self._take_in
        cs(0)
        spi.write_readinto(self._take_out, head)
        size = head[3] | head[4] << 8
        after = at + _HEAD + size + (size & 1)  # packets begin at even addresses (7.2.2)
        if after > _RX_LAST:
            after -= _RX_LAST + 1
        n = size - _FCS
        if head[1] | head[2] << 8 != after or size < _SHORTEST or n > _FRAME + 4:
            cs(1)
            self.bus_errors += 1
            self._fail()
            return 0
        if not head[5] & 0x80:  # received OK (T7-3)
            self.errors += 1
            n = 0
        elif n > len(frame) or n > _FRAME:
            self.too_long += 1
            n = 0
        else:
            self._pull(frame, n)
            self.received += 1
        cs(1)
        self._free(after)
        return n

    def _pull(self, frame, n):
        """Read the n bytes that ERDPT stands at. A whole frame's buffer takes up to 63 more."""
        if len(frame) >= _FRAME:
            if frame is not self._rx_of:
                self._rx_of = frame
                self._rx_views = views(frame)
            self._spi.readinto(self._rx_views[VIEW[(n + 63) >> 6]])
            return
        start = 0
        while start < n:
            self._spi.readinto(self._scratch)
            copy(frame, start, self._scratch, 0, min(n - start, CHUNK))
            start += CHUNK

    def _free(self, after):
        """Give the room of the frame before `after` back."""
        self._next = after
        # #14: an even ERXRDPT may spoil the buffer. `after` is even, so the byte before it.
        free = after - 1 if after else _RX_LAST
        self._put(_ERXRDPT, free & 0xFF)  # the low byte first (7.2.4)
        self._put(_ERXRDPT + 1, free >> 8)
        self._op(_BFS | _ECON2, _PKTDEC)
        self._waiting -= 1

    def _transmit(self, frame, n):
        if self._sending and not self._gone():
            self.busy += 1
            return False
        if self._state != _RUNS:
            self.lost += 1
            return True
        self._put(_EWRPT, _TX_FIRST & 0xFF)
        self._put(_EWRPT + 1, _TX_FIRST >> 8)
        self._cs(0)
        self._two[0] = _WBM
        self._two[1] = 0  # the control byte: as MACON3 says (Fig. 7-1)
        self._spi.write(self._two)
        self._push(frame, n)
        self._cs(1)
        self._end = _TX_FIRST + n
        self._put(_ETXND, self._end & 0xFF)
        self._put(_ETXND + 1, self._end >> 8)
        self._tries = _TRIES
        self._go()
        self.sent += 1
        return True

    def _push(self, frame, n):
        """Write n bytes of frame; of a whole frame's buffer up to 63 more, behind ETXND."""
        if len(frame) >= _FRAME:
            if frame is not self._tx_of:
                self._tx_of = frame
                self._tx_views = views(frame)
            self._spi.write(self._tx_views[VIEW[(n + 63) >> 6]])
            return
        start = 0
        bit = 6
        while start < n:
            size = 1 << bit
            if n - start < size:
                bit -= 1
                continue
            copy(self._scratch, 0, frame, start, size)
            self._spi.write(self._pieces[bit])
            start += size

    def _go(self):
        """Send what stands in the transmit buffer."""
        # #12: after an abort the logic may be stalled; its reset may set TXERIF, cleared last.
        self._op(_BFS | _ECON1, _TXRST)
        self._op(_BFC | _ECON1, _TXRST)
        self._op(_BFC | _EIR, _TXERIF | _TXIF)
        self._op(_BFS | _ECON1, _TXRTS)
        self._sending = True
        self._sent_at = self._ticks()

    def _gone(self):
        """Whether the frame before has met its end: sent, or given up."""
        flags = self._get(_EIR)
        if not flags & (_TXIF | _TXERIF):
            if (self._ticks() - self._sent_at) & _CLOCK < _SEND_MS:
                return False
            self.stuck += 1
            self._op(_BFC | _ECON1, _TXRTS)
            self._tend_at = self._sent_at  # which is long ago: look at its settings soon
        elif flags & _TXERIF:
            # #13: a link pulse may be taken for a late collision, and TXRTS stay set.
            self._op(_BFC | _ECON1, _TXRTS)
            if self._tries and self._late():
                self._tries -= 1
                self.collisions += 1
                self._go()
                return False
            self.lost += 1
            self._op(_BFC | _ESTAT, _ABORTED)
        self._sending = False
        return True

    def _late(self):
        """Whether it was a late collision. #15: the status vector (T7-1) tells, ESTAT may not."""
        at = self._end + 4
        self._put(_ERDPT, at & 0xFF)
        self._put(_ERDPT + 1, at >> 8)
        self._two[0] = _RBM
        self._cs(0)
        self._spi.write_readinto(self._two, self._two_in)
        self._cs(1)
        return self._two_in[1] & 0x20

    def wait(self, ms):
        """Sleep until a frame waits, at most ms milliseconds. The chip is looked at every
        millisecond, by the interrupt line where there is one, else by the next poll."""
        pin = self._pin
        while ms > 0 and (pin is None or pin()) and self._waiting == 0:
            self._sleep(1)
            ms = ms - 1 if pin is not None else 0
