"""The ENC28J60's registers and bits, DS39662E; time for its model.

Addresses and bits agree with those of a public driver for other boards (EtherCard), which has the
MAADR registers under the names of the datasheet's first edition.
"""

try:
    from binascii import crc32
except ImportError:
    crc32 = None

# Registers that stand in every bank (T3-1).
EIE, EIR, ESTAT, ECON2, ECON1 = 0x1B, 0x1C, 0x1D, 0x1E, 0x1F
# The others as bank << 5 | address.
ERDPT, EWRPT, ETXST, ETXND, ERXST, ERXND, ERXRDPT, ERXWRPT = 0, 2, 4, 6, 8, 10, 12, 14
ERXFCON, EPKTCNT = 0x38, 0x39
MACON1, MACON3, MACON4, MABBIPG, MAIPGL, MAIPGH = 0x40, 0x42, 0x43, 0x44, 0x46, 0x47
MACLCON1, MACLCON2, MAMXFL = 0x48, 0x49, 0x4A
MICMD, MIREGADR, MIWRL, MIWRH, MIRDL, MIRDH = 0x52, 0x54, 0x56, 0x57, 0x58, 0x59
MAADR5, MAADR6, MAADR3, MAADR4, MAADR1, MAADR2 = 0x60, 0x61, 0x62, 0x63, 0x64, 0x65
MISTAT, EREVID = 0x6A, 0x72
# PHY registers (T3-3).
PHCON1, PHSTAT1, PHID1, PHID2, PHCON2, PHSTAT2, PHIE, PHIR, PHLCON = 0, 1, 2, 3, 16, 17, 18, 19, 20

TXRST, RXRST, TXRTS, RXEN = 0x80, 0x40, 0x08, 0x04  # ECON1 (R3-1)
AUTOINC, PKTDEC, PWRSV = 0x80, 0x40, 0x20  # ECON2 (R3-2)
PKTIF, LINKIF, TXIF, TXERIF, RXERIF = 0x40, 0x10, 0x08, 0x02, 0x01  # EIR (R12-3)
INTIE = 0x80  # EIE (R12-2)
INT, LATECOL, TXABRT, CLKRDY = 0x80, 0x10, 0x02, 0x01  # ESTAT (R12-1)
UCEN, ANDOR, CRCEN, MCEN, BCEN = 0x80, 0x40, 0x20, 0x02, 0x01  # ERXFCON (R8-1)
PDPXMD, HDLDIS, LSTAT = 0x0100, 0x0100, 0x0400

REVISIONS = {"B1": 2, "B4": 4, "B5": 5, "B7": 6}  # DS80349C, table 1

SIZE = 8192  # 3.2
START_US = 300  # the oscillator's start-up timer, 7500 periods of 25 MHz (2.2)
RESET_US = 1000  # #2
MII_NS = 10_240  # one transaction of the MII (3.3.1)
BIT_NS = 100  # 10BASE-T
OVERHEAD = 8 + 4 + 12  # preamble, FCS and gap, in bytes

# Bits that exist (T3-2); what is not named has all eight.
MASKS = {
    1: 0x1F, 3: 0x1F, 5: 0x1F, 7: 0x1F, 9: 0x1F, 11: 0x1F, 13: 0x1F, 15: 0x1F,
    MACON1: 0x1F, MACON4: 0x73, MABBIPG: 0x7F, MAIPGL: 0x7F, MAIPGH: 0x7F, MACLCON1: 0x0F,
    MACLCON2: 0x3F, MICMD: 0x03, MIREGADR: 0x1F,
}  # fmt: skip
READ_ONLY = (ERXWRPT, ERXWRPT + 1, EPKTCNT, MIRDL, MIRDH, MISTAT, EREVID)


class Clock:
    """Time that passes by the bus's bytes and by what a driver sleeps. Near ticks_ms's wrap."""

    def __init__(self, ms=0x3FFFFFFF - 3):
        self.ns = 0
        self.slept_us = 0
        self._ms = ms

    def ticks_ms(self):
        return (self._ms + self.ns // 1_000_000) & 0x3FFFFFFF

    def sleep_us(self, us):
        self.slept_us += us
        self.ns += us * 1000

    def sleep_ms(self, ms):
        self.sleep_us(ms * 1000)


def is_mac(address):
    """Whether a register, bank << 5 | address, belongs to the MAC or the MII (3.1)."""
    if EIE <= address <= ECON1 or address < MACON1:
        return False
    return address < MAADR5 or address <= MAADR2 or address == MISTAT


def fcs(frame):
    """The frame check sequence as it stands on the wire."""
    if crc32 is None:
        return b"\0\0\0\0"
    return (crc32(frame) & 0xFFFFFFFF).to_bytes(4, "little")
