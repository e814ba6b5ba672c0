"""The W5100S as a link: its table for wiznet.py (W5100S datasheet, version 1.2.8; addresses and
bits compared with the maker's ioLibrary_Driver, Ethernet/W5100S/w5100s.h).

    from machine import SPI, Pin
    from ferrule.link.w5100s import W5100S

    link = W5100S(SPI(0, 20_000_000), cs=Pin(17), reset=Pin(20), irq=Pin(21))

Half the W5500's buffers, and whoever reaches their end has to begin again at the front by himself.
"""

from .wiznet import Wiznet


class W5100S(Wiznet):
    """A W5100S on `spi` (mode 0 or 3, at most 70 MHz); the arguments are W5500's."""

    _NAME = "W5100S"
    _VERSION = 0x80, 0x51
    _BOOT_MS = 62  # until it has settled after RSTn: 60.3 ms
    # MR: no answers to ping, the rest as after a reset. MR2: the interrupt line is driven. RMSR
    # and TMSR: 8 KB each to socket 0. IMR, Sn_IMR: interrupt on what it receives. Sn_MR2: no
    # multicast, no IPv6.
    _SETUP = (
        (0x00, b"\x13"),
        (0x30, b"\x40"),
        (0x1A, b"\x03\x03"),
        (0x16, b"\x01"),
        (0x42C, b"\x04"),
        (0x42F, b"\x30"),
    )
    _MODE = 0x400, b"\x44"  # Sn_MR: MACRAW, only our address and broadcasts (MF)
    # MR, then from 0x13: INTPTMR, IR, IMR, RTR, RCR, RMSR, TMSR; and which bits of each count.
    _COMMON = (
        b"\x13",
        b"\0\0\0\x01\0\0\0\x03\x03",
        b"\x90\0\0\0\xff\0\0\0\xff\xff",
    )
    _CHECKS = (
        (0x400, b"\x44\0\0\x42", b"\xff\xff\0\xff"),
        (0x42C, b"\x04\0\0\x30", b"\xff\0\0\xff"),
        (0x30, b"\x40", b"\x40"),
    ) + tuple((0x503 + 0x100 * n, b"\0", b"\xff") for n in range(3))
    _LINK = 0x3C, 0x81, 0x01  # PHYSR: a cable, a link
    _RX_HEAD = b"\x0f\0\0"
    _TX_HEAD = b"\xf0\0\0"
    _RX_RING = 1, 0x1FFF, 0x6000, 0x2000
    _TX_RING = 1, 0x1FFF, 0x4000, 0x2000
    _SIZE = 8192

    def __init__(
        self, spi, cs, reset=None, irq=None, mac=None, acquire=None, release=None, clock=None
    ):
        super().__init__(spi, cs, reset, irq, mac, acquire, release, clock)

    def _head(self, at, write):
        """The head of an SPI frame for the register at `at`: direction, then address."""
        return bytes((0xF0 if write else 0x0F, at >> 8, at & 0xFF))
