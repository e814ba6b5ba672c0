"""The life of an ENC28J60 that serves as a link: found, reset, set up, looked after, closed.

`enc28j60.py` moves the frames. Section, table (T) and register (R) numbers are those of the
datasheet, DS39662E; `#n` is issue n of the errata, DS80349C.
"""

from errno import ENODEV

from micropython import const

from .spi import listen, own_mac

# Instructions (T4-1) are an operation in the upper three bits and a register in the lower five.
_WCR = const(0x40)
_BFS = const(0x80)
_BFC = const(0xA0)

# Registers (T3-1), bank << 5 | address; EIE to ECON1 stand in every bank.
_EIE = const(0x1B)
_ESTAT = const(0x1D)
_ECON2 = const(0x1E)
_ECON1 = const(0x1F)
_ERXRDPT = const(0x0C)
_MAC = const(0x40)  # from here on, but for EREVID: MAC and MII, read behind a dummy byte (4.2.1)
_MICMD = const(0x52)
_MIREGADR = const(0x54)
_MIWR = const(0x56)
_MIRD = const(0x58)
_MISTAT = const(0x6A)
_EREVID = const(0x72)
_PHCON1 = const(0x00)
_PHCON2 = const(0x10)
_PHSTAT2 = const(0x11)
_PHLCON = const(0x14)

_TXRTS = const(0x08)  # ECON1 (R3-1)
_RXEN = const(0x04)
_AUTOINC = const(0x80)  # ECON2 (R3-2)
_PWRSV = const(0x20)
_PKT_INT = const(0xC0)  # EIE: INTIE and PKTIE (R12-2)
_HDLDIS = const(0x0100)  # PHCON2 (R6-5)
_LSTAT = const(0x0400)  # PHSTAT2 (R3-6)
_LEDS = const(0x3476)  # PHLCON: LEDA link, LEDB traffic (R2-2)

# The buffer: the frames received, then the one to be sent with its control byte and status vector.
_RX_LAST = const(0x19FF)  # odd, as #14 wants ERXRDPT, which starts here
_TX_FIRST = const(0x1A00)

_MII_POLLS = const(60)  # readings of MISTAT: 10.24 us take at most nine at 20 MHz
_PART = const(16)  # bytes of the table of settings in such a part
_LINK_MS = const(100)  # for how long a reading of the PHY holds
_REST_MS = const(200)  # between two attempts to start a chip that does not answer
_TRY_MS = const(1000)  # how long the constructor tries
_CLOCK = const(0x3FFFFFFF)  # ticks_ms wraps

# States: runs; to be woken; to be reset; its reset line is low; it starts; closed for good.
_RUNS = const(0)
_BROKEN = const(1)
_AWAKE = const(2)
_HELD = const(3)
_BOOTS = const(4)
_CLOSED = const(5)


class Chip:
    """The chip behind its registers; Enc28j60 derives from it."""

    def __init__(self, spi, cs, reset, irq, mac, full_duplex, acquire, release, clock):
        if clock is None:
            import time as clock
        if mac is None:
            from machine import unique_id

            mac = own_mac(unique_id())
        self.mac = bytes(mac)
        self.bus_errors = self.restarts = self.revision = 0
        self._spi, self._cs, self._reset, self._pin = spi, cs, reset, irq
        self._acquire, self._release = acquire, release
        self._ticks, self._sleep = clock.ticks_ms, clock.sleep_ms
        self._settings = settings(self.mac, full_duplex)
        self._duplex = 0x0100 if full_duplex else 0
        self._two, self._two_in = bytearray(2), bytearray(2)
        self._three, self._three_in = bytearray(3), bytearray(3)
        self._stepping, self._reading = self._step, self._read_link
        cs.init(mode=cs.OUT, value=1)
        if reset is not None:
            reset.init(mode=reset.OUT, value=1)
        if irq is not None:
            irq.init(mode=irq.IN, pull=irq.PULL_UP)
        self._start()
        self._timer = listen(self, irq)

    # ---- registers -----------------------------------------------------------------------------

    def _op(self, instruction, value):
        self._two[0] = instruction
        self._two[1] = value
        self._cs(0)
        self._spi.write(self._two)
        self._cs(1)

    def _bank(self, bank):
        """Select a bank by ECON1's lowest bits."""
        if self._at & ~bank:
            self._op(_BFC | _ECON1, self._at & ~bank)
        if bank & ~self._at:
            self._op(_BFS | _ECON1, bank & ~self._at)
        self._at = bank

    def _put(self, reg, value):
        if reg < _EIE or reg > _ECON1:
            if reg >> 5 != self._at:
                self._bank(reg >> 5)
        self._op(_WCR | reg & 31, value)

    def _get(self, reg):
        if reg < _EIE or reg > _ECON1:
            if reg >> 5 != self._at:
                self._bank(reg >> 5)
        self._cs(0)
        if reg < _MAC or reg == _EREVID:
            self._two[0] = reg & 31
            self._spi.write_readinto(self._two, self._two_in)
            self._cs(1)
            return self._two_in[1]
        self._three[0] = reg & 31
        self._spi.write_readinto(self._three, self._three_in)
        self._cs(1)
        return self._three_in[2]

    def _phy_ready(self):
        for _ in range(_MII_POLLS):
            if not self._get(_MISTAT) & 1:
                return True
        return False

    def _phy_get(self, reg):
        """A PHY register (3.3.1); -1 when the MII does not answer."""
        self._put(_MIREGADR, reg)
        self._put(_MICMD, 1)
        ready = self._phy_ready()
        self._put(_MICMD, 0)
        return self._get(_MIRD) | self._get(_MIRD + 1) << 8 if ready else -1

    def _phy_put(self, reg, value):
        """Write a PHY register (3.3.2): the high byte starts it."""
        self._put(_MIREGADR, reg)
        self._put(_MIWR, value & 0xFF)
        self._put(_MIWR + 1, value >> 8)
        return self._phy_ready()

    # ---- the chip's life -----------------------------------------------------------------------

    def _start(self):
        self._state = _BROKEN
        self._since = self._ticks()
        self._rest = 0
        for _ in range(_TRY_MS):
            if self._revive():
                self.restarts = 0
                return
            self._sleep(1)
        if self.revision in (0, 0xFF):
            text = "no ENC28J60 answers on this SPI bus: its revision reads %d; check cs, MISO, "
            raise OSError(ENODEV, text % self.revision + "MOSI, SCK, reset and the supply")
        text = "an ENC28J60 (revision %d) answers but does not keep its settings: check its "
        text += "supply, the wires and the SPI's clock (8 to 20 MHz)"
        raise OSError(ENODEV, text % self.revision)

    def _fail(self):
        """The chip has forgotten its settings or the bus tells nonsense: begin at the reset."""
        self._cs(1)
        if self._state == _RUNS:
            self._state = _BROKEN
            self._since = self._ticks()
            self._rest = 0
        self._waiting = 0

    def _in_turn(self, method, what, n):
        """method(what, n) while the bus is ours. None: somebody has it; -1: the SPI raised an
        OSError, as some ports' does when a transfer did not end, and that is a broken bus."""
        if self._acquire is not None and self._acquire() is False:
            return None
        try:
            return method(what, n)
        except OSError:
            self._fail()
            return -1
        finally:
            if self._release is not None:
                self._release()

    def _revive(self):
        """One step on the way from a reset to a chip that works, when its time has come; never
        waits. True: there."""
        now = self._ticks()
        if self._state != _CLOSED and (now - self._since) & _CLOCK >= self._rest:
            self._in_turn(self._stepping, None, now)
        return self._state == _RUNS

    def _step(self, _, now):
        self._cs(1)
        # A millisecond may have been all but over: two of them are at least one.
        rest = 2
        self._since, self._rest = now, _REST_MS  # should the bus not take what follows
        if self._state == _BROKEN:
            self.restarts += 1
            self._at = self._waiting = 0
            self._sending = False
            # #19: in power save the reset has no effect; 300 us after it there is power again.
            self._op(_BFC | _ECON2, _PWRSV)
            self._state = _AWAKE
        elif self._state == _AWAKE and self._reset is not None:
            self._reset(0)
            self._state = _HELD
        elif self._state == _AWAKE or self._state == _HELD:
            if self._state == _HELD:
                self._reset(1)
            else:
                self._cs(0)
                self._spi.write(b"\xff")  # System Reset Command
                self._cs(1)
            self._state = _BOOTS  # #2: CLKRDY does not tell when it is over, 1 ms does
        else:
            self._state = _BROKEN
            rest = _REST_MS
            if self._set_up():
                self._state = _RUNS
        self._rest = rest

    def _set_up(self):
        """Identify the chip, write its settings (6), and read everything back."""
        self._at = 0
        self.revision = self._get(_EREVID)
        if not 0 < self.revision < 0x20 or not self._get(_ESTAT) & 1:  # CLKRDY, after power-on
            return False
        i = 0
        table = self._settings
        while i < len(table):
            self._put(table[i], table[i + 1])
            i += 2
        self._put(_ERXRDPT, _RX_LAST & 0xFF)
        self._put(_ERXRDPT + 1, _RX_LAST >> 8)
        self._next = 0
        # #16: a misread LED may have chosen the duplex. #9: without HDLDIS we may hear ourselves.
        self._phy_put(_PHCON1, self._duplex)
        self._phy_put(_PHCON2, _HDLDIS)
        self._phy_put(_PHLCON, _LEDS)
        self._put(_EIE, _PKT_INT)
        self._op(_BFS | _ECON1, _RXEN)
        now = self._tend_at = self._sent_at = self._ticks()
        self._look_at = self._link_at = (now - _LINK_MS) & _CLOCK
        self._linked = False
        self._turn = 0
        return self._whole()

    def _whole(self):
        for part in range(len(self._settings) // _PART + 2):
            if not self._sound(part):
                return False
        return True

    def _sound(self, part):
        """Whether a part of the registers is as it was set, and the receiver on."""
        if self._get(_ECON1) & ~_TXRTS != _RXEN | self._at:
            return False
        table = self._settings
        first = part * _PART
        if first < len(table):
            for i in range(first, min(first + _PART, len(table)), 2):
                if self._get(table[i]) != table[i + 1]:
                    return False
            return True
        free = self._next - 1 if self._next else _RX_LAST
        return (
            self._get(_ERXRDPT) | self._get(_ERXRDPT + 1) << 8 == free
            and self._get(_ECON2) & 0xA8 == _AUTOINC
            and self._get(_EIE) == _PKT_INT
            and self._phy_get(_PHCON1) & 0x4900 == self._duplex
            and self._phy_get(_PHCON2) & 0x6500 == _HDLDIS
        )

    def _tend(self, now):
        """Now and then, when nothing waits: a brown-out shows here, and whatever else a disturbed
        bus has written. A difference has to show twice."""
        self._tend_at = now
        self._turn = (self._turn + 1) % (len(self._settings) // _PART + 2)
        if not self._sound(self._turn) and not self._sound(self._turn):
            self._fail()

    def isup(self):
        """Whether the PHY has a link, as it was at most 100 ms ago."""
        if self._state != _RUNS and not self._revive():
            return False
        now = self._ticks()
        if (now - self._link_at) & _CLOCK >= _LINK_MS:
            self._in_turn(self._reading, None, now)
        return self._linked and self._state == _RUNS

    def _read_link(self, _, now):
        self._link_at = now
        status = self._phy_get(_PHSTAT2)
        self._linked = status >= 0 and status & _LSTAT != 0

    def close(self):
        """Switch the receiver off; the chip is silent from here on. A second call does nothing."""
        if self._state == _RUNS:
            self._in_turn(self._shut, None, 0)
        self._state = _CLOSED
        if self._pin is not None:
            self._pin.irq(None)
        if self._timer is not None:
            self._timer.deinit()
            self._timer = None

    def _shut(self, *_):
        self._op(_BFC | _ECON1, _RXEN)


def settings(mac, full_duplex):
    """Registers and what they are set to, by twos, in the order of chapter 6."""
    return bytes((
        0x08, 0x00, 0x09, 0x00,  # ERXST 0: #5, the hardware may begin there whatever it says
        0x0A, _RX_LAST & 0xFF, 0x0B, _RX_LAST >> 8,
        0x04, _TX_FIRST & 0xFF, 0x05, _TX_FIRST >> 8,  # ETXST
        0x38, 0xA1,  # ERXFCON: for us or everybody, with a right FCS (R8-1)
        0x40, 0x0D if full_duplex else 0x01,  # MACON1: receive; full duplex heeds pause frames
        0x42, 0x33 if full_duplex else 0x32,  # MACON3: pad to 60, FCS, check lengths (R6-2)
        0x43, 0x40,  # MACON4: wait for the medium as long as it takes (R6-3)
        0x44, 0x15 if full_duplex else 0x12,  # MABBIPG (R6-4)
        0x46, 0x12, 0x47, 0x0C,  # MAIPG (6.5)
        0x4A, 0xEE, 0x4B, 0x05,  # MAMXFL: 1518 bytes
        0x64, mac[0], 0x65, mac[1], 0x62, mac[2], 0x63, mac[3], 0x60, mac[4], 0x61, mac[5],
    ))  # fmt: skip
