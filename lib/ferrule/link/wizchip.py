"""The life of a WIZnet chip that serves as a link: found, reset, set up, looked after, closed.

`wiznet.py` moves the frames; `w5500.py` and `w5100s.py` hold each chip's table of addresses and
the one function that makes the head of an SPI frame. Registers and chapters are those of the W5500
datasheet, version 1.1.0, where nothing else is said.
"""

from errno import ENODEV

from micropython import const

from .spi import listen, own_mac
from .wizleaves import differs

# The registers of socket 0, at 0x400 on the W5100S and, by our own count, on the W5500 too.
_SN_CR = const(0x401)
_SN_IR = const(0x402)
_SN_SR = const(0x403)
_SN_TX_RD = const(0x422)
_SHAR = const(0x09)

_OPEN = const(0x01)
_CLOSE = const(0x10)
_MACRAW = const(0x42)  # Sn_SR of a socket that is open in this mode
_RST = const(0x80)

_HEAD = const(3)  # address and control before the data of an SPI frame, on both chips
_ACCEPT = const(50)  # readings of Sn_CR until a command counts as not accepted
_TEND_MS = const(250)  # how often the settings are compared with what they should be
_LINK_MS = const(100)  # for how long a reading of the PHY holds
_REST_MS = const(50)  # between two attempts to start a chip that does not answer
_TRY_MS = const(1000)  # how long the constructor tries
_CLOCK = const(0x3FFFFFFF)  # ticks_ms wraps

# States: runs; to be reset; its reset line is low; it starts; closed for good.
_RUNS = const(0)
_BROKEN = const(1)
_HELD = const(2)
_BOOTS = const(3)
_CLOSED = const(4)


class Chip:
    """A chip on an SPI bus; Wiznet derives from it, and from that a class with the chip's table:

    `_NAME`; `_VERSION`: register and value; `_BOOT_MS` from the end of a reset; `_SETUP`: what is
    written to which register; `_MODE`: register and value that make socket 0 MACRAW; `_COMMON` and
    `_CHECKS`: what the registers have to read as later; `_LINK`: register, mask and value of a PHY
    that has a link; and `_head(at, write)`.
    """

    def __init__(self, spi, cs, reset, irq, mac, acquire, release, clock):
        if clock is None:
            import time as clock
        if mac is None:
            from machine import unique_id

            mac = own_mac(unique_id())
        self.mac = bytes(mac)
        self.bus_errors = self.resyncs = self.restarts = 0
        self._spi, self._cs, self._reset, self._pin = spi, cs, reset, irq
        self._acquire, self._release = acquire, release
        self._ticks, self._sleep = clock.ticks_ms, clock.sleep_ms
        self._link_out = self._head(self._LINK[0], 0) + b"\0"
        self._link_in = bytearray(_HEAD + 1)
        # Bound once: `self._step` as an argument would be an object on the heap each time.
        self._stepping, self._reading = self._step, self._read_link
        seen = {}  # buffers by length: the groups share them
        self._checks = [self._check(seen, *group) for group in self._groups()]
        cs.init(mode=cs.OUT, value=1)
        if reset is not None:
            reset.init(mode=reset.OUT, value=1)
        if irq is not None:
            irq.init(mode=irq.IN, pull=irq.PULL_UP)
        self._start()
        self._timer = listen(self, irq)

    def _groups(self):
        """What to compare: (first register, values, mask of the bits that count). The common
        registers begin alike on both chips: mode, gateway, mask, our address, IP address."""
        mode, values, mask = self._COMMON
        values = mode + bytes(8) + self.mac + bytes(4) + values
        return ((0, values, mask[:1] + b"\xff" * 18 + mask[1:]),) + self._CHECKS

    def _check(self, seen, at, values, mask):
        out = self._head(at, 0) + bytes(len(mask))
        if len(out) not in seen:
            seen[len(out)] = bytearray(len(out))
        return out, seen[len(out)], values, mask

    # ---- registers -----------------------------------------------------------------------------

    def _put(self, out):
        self._cs(0)
        self._spi.write(out)
        self._cs(1)

    def _swap(self, out, into):
        self._cs(0)
        self._spi.write_readinto(out, into)
        self._cs(1)

    def _set(self, at, data):
        self._put(self._head(at, 1) + data)

    def _get(self, at, n=1):
        """n bytes from the registers at `at`."""
        out = self._head(at, 0) + bytes(n)
        into = bytearray(len(out))
        self._swap(out, into)
        return into[_HEAD:]

    def _command(self, code):
        """Give socket 0 a command and wait until the chip has accepted it, which it says by a zero
        in Sn_CR."""
        self._set(_SN_CR, bytes((code,)))
        for _ in range(_ACCEPT):
            if self._get(_SN_CR)[0] == 0:
                return True
        return False

    def _open(self):
        """Open socket 0 anew, empty. False: the chip does not do it."""
        if not self._command(_CLOSE):
            return False
        self._set(_SN_IR, b"\xff")
        self._set(self._MODE[0], self._MODE[1])
        if not self._command(_OPEN) or self._get(_SN_SR)[0] != _MACRAW:
            return False
        pointers = self._get(_SN_TX_RD, 8)
        self._tx_wr = pointers[2] << 8 | pointers[3]
        self._rx_rd = pointers[6] << 8 | pointers[7]
        self._taken = self._waiting = 0
        self._idle = True
        self._sent_at = self._look_at = self._ticks()
        return True

    def _resync(self):
        """The receive buffer or the transmitter has lost its thread: open the socket anew."""
        self.resyncs += 1
        if not self._open():
            self._fail()

    # ---- from a reset to an open socket --------------------------------------------------------

    def _start(self):
        """OSError ENODEV: nothing answers, or something else."""
        self._next(_BROKEN, self._ticks(), 0)
        self._version = 0
        for _ in range(_TRY_MS):
            if self._revive():
                self.restarts = 0
                return
            self._sleep(1)
        if self._version == self._VERSION[1]:
            text = "a %s answers but does not keep its settings; check its supply and the wires"
            raise OSError(ENODEV, text % self._NAME)
        text = "no %s answers on this SPI bus: its version reads 0x%02x, not 0x%02x; "
        text += "check cs, MISO, MOSI, SCK, reset and the supply"
        raise OSError(ENODEV, text % (self._NAME, self._version, self._VERSION[1]))

    def _fail(self):
        """The chip has forgotten its settings or the bus tells nonsense: begin at the reset."""
        self._cs(1)
        self._waiting = self._taken = 0
        if self._state != _CLOSED:
            self._next(_BROKEN, self._ticks(), 0 if self._state == _RUNS else _REST_MS)

    def _revive(self):
        """One step on the way from a reset to an open socket, when its time has come; never waits.
        True: there."""
        now = self._ticks()
        if self._state == _CLOSED or (now - self._at) & _CLOCK < self._rest:
            return False
        self._in_turn(self._stepping, None, now)
        return self._state == _RUNS

    def _in_turn(self, method, what, n):
        """method(what, n) while the bus is ours. None: somebody has it; bool(n): the SPI raised an
        OSError, which counts as a broken bus."""
        if self._acquire is not None and self._acquire() is False:
            return None
        try:
            return method(what, n)
        except OSError:
            self._fail()
            return n > 0
        finally:
            if self._release is not None:
                self._release()

    def _step(self, _, now):
        if self._state == _HELD:
            self._reset(1)
            self._next(_BOOTS, now, self._BOOT_MS)
        elif self._state == _BOOTS:
            self._next(_RUNS if self._set_up() else _BROKEN, now, _REST_MS)
        elif self._reset is not None:
            # RSTn has to be low for 0.5 ms (chapter 5.5.1); the first of two milliseconds may have
            # been all but over.
            self.restarts += 1
            self._reset(0)
            self._next(_HELD, now, 2)
        else:
            self.restarts += 1
            self._set(0, bytes((_RST,)))
            self._next(_BOOTS, now, self._BOOT_MS)

    def _next(self, state, now, ms):
        self._cs(1)
        self._state = state
        self._at = now
        self._rest = ms

    def _set_up(self):
        """Identify the chip, write its settings, open the socket, and read everything back."""
        self._version = self._get(self._VERSION[0])[0]
        if self._version != self._VERSION[1]:
            return False
        for at, data in self._SETUP:
            self._set(at, data)
        self._set(_SHAR, self.mac)
        self._linked = False
        self._tend_at = self._ticks()
        self._link_at = (self._tend_at - _LINK_MS) & _CLOCK
        self._turn = 0
        if not self._open():
            return False
        for check in self._checks:
            if not self._sound(check):
                return False
        return True

    # ---- looking after it ----------------------------------------------------------------------

    def _sound(self, check):
        """Whether a group of registers reads as it should."""
        self._swap(check[0], check[1])
        return differs(check[1], _HEAD, check[2], check[3], len(check[3])) == 0

    def _tend(self):
        """Now and then, when nothing waits: has the chip kept its settings? A brown-out shows
        here, and whatever else a disturbed bus may have written. One group of registers is
        compared at a time; a difference has to show twice."""
        now = self._ticks()
        if (now - self._tend_at) & _CLOCK >= _TEND_MS // len(self._checks):
            self._tend_at = now
            self._turn = (self._turn + 1) % len(self._checks)
            check = self._checks[self._turn]
            if not self._sound(check) and not self._sound(check):
                self._fail()

    def isup(self):
        """Whether the PHY has a link, as it was at most 100 ms ago."""
        if self._state != _RUNS and not self._revive():
            return False
        if (self._ticks() - self._link_at) & _CLOCK >= _LINK_MS:
            if self._acquire is not None:
                self._in_turn(self._reading, None, 0)
            else:
                self._link_alone()
        return self._linked and self._state == _RUNS

    def _link_alone(self):
        try:
            self._read_link(None, 0)
        except OSError:
            self._fail()

    def _read_link(self, _, n):
        self._swap(self._link_out, self._link_in)
        self._linked = self._link_in[_HEAD] & self._LINK[1] == self._LINK[2]
        self._link_at = self._ticks()

    def close(self):
        """Close the socket; the chip is silent from here on. A second call does nothing."""
        if self._state == _RUNS:
            self._in_turn(self._shut, None, 0)
        if self._state != _CLOSED:
            self._state = _CLOSED
            if self._pin is not None:
                self._pin.irq(None)
            if self._timer is not None:
                self._timer.deinit()

    def _shut(self, *_):
        self._set(_SN_CR, bytes((_CLOSE,)))
