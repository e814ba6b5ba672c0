"""The LAN9118 Ethernet controller, memory-mapped, as on Arm's MPS2 boards (SMSC LAN9118 datasheet,
rev. 1.5).

Registers are 32 bits wide and only viper code touches them: machine.mem32 would make an integer
object of every value at or above 2**30. Tried on QEMU's model of the chip only.
"""

from errno import ENODEV, ETIMEDOUT

import micropython
from micropython import const

# Registers as word indices (chapter 5.3).
_RX_DATA = const(0x00 >> 2)
_TX_DATA = const(0x20 >> 2)
_RX_STATUS = const(0x40 >> 2)
_TX_STATUS = const(0x48 >> 2)
_ID_REV = const(0x50 >> 2)
_INT_EN = const(0x5C >> 2)
_RX_CFG = const(0x6C >> 2)
_TX_CFG = const(0x70 >> 2)
_HW_CFG = const(0x74 >> 2)
_RX_FIFO_INF = const(0x7C >> 2)
_TX_FIFO_INF = const(0x80 >> 2)
_RX_DROP = const(0xA0 >> 2)
_MAC_CMD = const(0xA4 >> 2)
_MAC_DATA = const(0xA8 >> 2)

# MAC registers behind MAC_CSR_CMD (chapter 5.4), and PHY registers behind MII_ACC (chapter 5.5).
_MAC_CR = const(1)
_ADDRH = const(2)
_ADDRL = const(3)
_MII_ACC = const(6)
_MII_DATA = const(7)
_PHY_BMSR = const(1)

_SPIN = const(100000)  # register reads until a chip that does not answer counts as dead


@micropython.viper
def _chip_id(base: int) -> int:
    return (ptr32(base)[_ID_REV] >> 16) & 0xFFFF


@micropython.viper
def _mac_command(base: int, command: int) -> bool:
    """Give MAC_CSR_CMD a command (bit 30: read) and wait for its end."""
    r = ptr32(base)
    busy = 1  # in a variable: the literal 1 << 31 would be an integer object
    r[_MAC_CMD] = command | (busy << 31)
    spin = 0
    while (r[_MAC_CMD] >> 31) & 1:
        spin += 1
        if spin > _SPIN:
            return False
    return True


@micropython.viper
def _mac_write(base: int, reg: int, hi: int, lo: int) -> bool:
    """Write hi << 16 | lo to a MAC register."""
    ptr32(base)[_MAC_DATA] = (hi << 16) | lo
    return bool(_mac_command(base, reg))


@micropython.viper
def _reset(base: int) -> bool:
    """Soft reset (HW_CFG bit 0), then: store and forward, a TX FIFO of 5 KB, no interrupts,
    transmitter on."""
    r = ptr32(base)
    r[_HW_CFG] = 1
    spin = 0
    while r[_HW_CFG] & 1:
        spin += 1
        if spin > _SPIN:
            return False
    r[_HW_CFG] = 0x00150000
    r[_INT_EN] = 0
    r[_RX_CFG] = 0
    r[_TX_CFG] = 2
    return True


@micropython.viper
def _link_status(base: int) -> int:
    """Bit 2 of the PHY's basic status register: 1 up, 0 down; -1 when the MII does not answer."""
    r = ptr32(base)
    r[_MAC_DATA] = (1 << 11) | (_PHY_BMSR << 6) | 1  # PHY 1, read, start
    if not bool(_mac_command(base, _MII_ACC)):
        return -1
    if not bool(_mac_command(base, _MII_DATA | (1 << 30))):
        return -1
    return (r[_MAC_DATA] >> 2) & 1


@micropython.viper
def _dropped(base: int) -> int:
    """Frames that found the RX FIFO full since the last reading, which clears the register."""
    return ptr32(base)[_RX_DROP] & 0xFFFFFF


@micropython.viper
def _send(base: int, frame: ptr8, n: int) -> int:
    """Put a frame into the TX FIFO (chapter 3.12): 1 done, 0 no room. Empties the TX status FIFO
    first, because a full one stops the transmitter."""
    r = ptr32(base)
    while (r[_TX_FIFO_INF] >> 16) & 0xFF:
        r[_TX_STATUS]
    words = (n + 3) >> 2
    if (r[_TX_FIFO_INF] & 0xFFFF) < 4 * words + 16:
        return 0
    a = int(frame)
    offset = a & 3  # the chip skips the bytes before an unaligned start
    words = (n + offset + 3) >> 2
    r[_TX_DATA] = (offset << 16) | (1 << 13) | (1 << 12) | n
    r[_TX_DATA] = n
    p = ptr32(a - offset)
    while words >= 8:
        r[_TX_DATA] = p[0]
        r[_TX_DATA] = p[1]
        r[_TX_DATA] = p[2]
        r[_TX_DATA] = p[3]
        r[_TX_DATA] = p[4]
        r[_TX_DATA] = p[5]
        r[_TX_DATA] = p[6]
        r[_TX_DATA] = p[7]
        p = ptr32(int(p) + 32)
        words -= 8
    while words > 0:
        r[_TX_DATA] = p[0]
        p = ptr32(int(p) + 4)
        words -= 1
    return 1


@micropython.viper
def _receive(base: int, frame: ptr8, size: int) -> int:
    """Take the next frame from the RX FIFO (chapter 3.13).

    Its length without FCS; 0 when none waits; -1 for one with an error (RX status bit 15), -2 for
    one longer than size: both are emptied out.
    """
    r = ptr32(base)
    if not (r[_RX_FIFO_INF] >> 16) & 0xFF:
        return 0
    status = r[_RX_STATUS]
    n = (status >> 16) & 0x3FFF
    words = (n + 3) >> 2
    result = n - 4
    if status & 0x8000 or n < 18:
        result = -1
    elif result > size:
        result = -2
    if result < 0:
        while words > 0:
            r[_RX_DATA]
            words -= 1
        return result
    whole = result >> 2
    words -= whole
    p = ptr32(frame)
    while whole >= 8:
        p[0] = r[_RX_DATA]
        p[1] = r[_RX_DATA]
        p[2] = r[_RX_DATA]
        p[3] = r[_RX_DATA]
        p[4] = r[_RX_DATA]
        p[5] = r[_RX_DATA]
        p[6] = r[_RX_DATA]
        p[7] = r[_RX_DATA]
        p = ptr32(int(p) + 32)
        whole -= 8
    while whole > 0:
        p[0] = r[_RX_DATA]
        p = ptr32(int(p) + 4)
        whole -= 1
    rest = result & 3
    if rest:
        last = r[_RX_DATA]
        words -= 1
        b = ptr8(p)
        i = 0
        while i < rest:
            b[i] = last >> (8 * i)
            i += 1
    while words > 0:  # what is left of the FCS
        r[_RX_DATA]
        words -= 1
    return result


class LAN9118:
    """A link on the chip at address `base`, with hardware address `mac` (6 bytes).

    OSError ENODEV: no LAN9118 answers there; ETIMEDOUT: it does not come out of its reset.
    Counters: `errors` frames the chip marked as damaged, `too_long` frames that the buffer could
    not take, `busy` frames refused because the TX FIFO was full, and `dropped()`.
    """

    mtu = 1500

    def __init__(self, base=0x40200000, mac=b"\x02\x00\x5e\x10\x00\x01"):
        self.base = base
        self.mac = bytes(mac)
        self.errors = 0
        self.too_long = 0
        self.busy = 0
        self._dropped = 0
        if _chip_id(base) != 0x0118:
            raise OSError(ENODEV, "no LAN9118 at this address")
        m = self.mac
        if not (
            _reset(base)
            and _mac_write(base, _ADDRL, m[3] << 8 | m[2], m[1] << 8 | m[0])
            and _mac_write(base, _ADDRH, 0, m[5] << 8 | m[4])
            and _mac_write(base, _MAC_CR, 0x10, 0x0C)  # full duplex, transmitter and receiver on
        ):
            raise OSError(ETIMEDOUT, "the LAN9118 does not finish its reset")

    def send(self, frame, n):
        """Send n bytes of frame.  False: the FIFO is full, offer it again.  Allocates nothing."""
        if _send(self.base, frame, n):
            return True
        self.busy += 1
        return False

    def recv_into(self, frame):
        """Receive a frame into a bytearray.  Its length, 0: none waits.  Allocates nothing."""
        n = _receive(self.base, frame, len(frame))
        while n < 0:
            if n == -1:
                self.errors += 1
            else:
                self.too_long += 1
            n = _receive(self.base, frame, len(frame))
        return n

    def dropped(self):
        """Frames that the chip has dropped because nobody took the earlier ones in time."""
        self._dropped += _dropped(self.base)
        return self._dropped

    def isup(self):
        """Whether the PHY has a link."""
        return _link_status(self.base) == 1

    def close(self):
        """Switch the receiver and transmitter off."""
        _mac_write(self.base, _MAC_CR, 0, 0)
