"""The W5500 as a link: its table for wiznet.py (W5500 datasheet, version 1.1.0).

    from machine import SPI, Pin
    from ferrule.link.w5500 import W5500

    link = W5500(SPI(0, 20_000_000), cs=Pin(17), reset=Pin(20), irq=Pin(21))
"""

from .wiznet import Wiznet

# Sockets 1 to 7: closed (Sn_SR), and without buffers (Sn_RXBUF_SIZE, Sn_TXBUF_SIZE).
_IDLE = bytes(29), b"\xff" + bytes(26) + b"\xff\xff"


class W5500(Wiznet):
    """A W5500 on `spi` (mode 0 or 3, at most 33.3 MHz guaranteed), selected by the pin `cs`.

    reset: the pin at RSTn; without one the chip is reset by command, which a chip that has lost
    its senses may not hear. irq: the pin at INTn; without one the chip is asked every millisecond.
    mac: 6 bytes; without, an address is made from the processor's serial number.

    A bus with other devices on it: acquire() is called before the bus is used and release() after;
    acquire may set the bus up again (spi.init with our clock and mode), and return False when
    somebody has the bus now. clock: ticks_ms() and sleep_ms(ms), instead of the module time.

    OSError ENODEV: no W5500 answers, after a second of trying.
    """

    _NAME = "W5500"
    _VERSION = 0x39, 0x04
    _BOOT_MS = 3  # the PLL locks within 1 ms of RSTn (chapter 5.5.1)
    # MR: no answers to ping. All 16 KB of either buffer to socket 0, after the others have given
    # theirs up. SIMR, Sn_IMR: interrupt on what socket 0 receives. PHYCFGR: by its pins.
    _SETUP = tuple((0x51E + 0x100 * n, b"\0\0") for n in range(7)) + (
        (0x00, b"\x10"),
        (0x41E, b"\x10\x10"),
        (0x18, b"\x01"),
        (0x2E, b"\xb8"),
        (0x42C, b"\x04"),
    )
    # Sn_MR: MACRAW, only our address and broadcasts (MFEN), no multicast, no IPv6.
    _MODE = 0x400, b"\xb4"
    # MR, then from 0x13: INTLEVEL, IR, IMR, SIR, SIMR; and which bits of each count.
    _COMMON = b"\x10", b"\0\0\0\0\0\x01", b"\xff\xff\xff\0\xff\0\xff"
    _CHECKS = (
        (0x2E, b"\x80", b"\xc0"),  # PHYCFGR: not in reset, set up by its pins
        (0x400, b"\xb4\0\0\x42", b"\xff\xff\0\xff"),
        (0x41E, b"\x10\x10" + bytes(12) + b"\x04", b"\xff\xff" + bytes(12) + b"\xff"),
    ) + tuple((0x503 + 0x100 * n,) + _IDLE for n in range(7))
    _LINK = 0x2E, 0xC1, 0x81  # PHYCFGR: not in reset, set up by its pins, link
    _RX_HEAD = b"\0\0\x18"
    _TX_HEAD = b"\0\0\x14"
    _RX_RING = _TX_RING = 0, 0xFFFF, 0, 0x20000  # a pointer is the address: the chip masks it
    _SIZE = 16384

    def __init__(
        self, spi, cs, reset=None, irq=None, mac=None, acquire=None, release=None, clock=None
    ):
        super().__init__(spi, cs, reset, irq, mac, acquire, release, clock)

    def _head(self, at, write):
        """The head of an SPI frame for the register at `at`: 0x400 + 0x100 n for socket n, below
        that the common ones (chapter 2.2: address, then block, direction and variable length)."""
        block = 0 if at < 0x400 else ((at >> 8) - 4) * 4 + 1
        return bytes((0, at & 0xFF, block << 3 | write << 2))
