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
def _register(r: ptr32, i: int, shift: int) -> int:
    """24 bits of a register."""
    return (r[i] >> shift) & 0xFFFFFF


@micropython.viper
def _mac(r: ptr32, reg: int, read: int, hi: int, lo: int) -> int:
    """Write hi << 16 | lo to a MAC register, or with read = 1 read it.

    Returns the low half of the register, or -1 when the chip does not come to an end with it.
    """
    if not read:
        r[_MAC_DATA] = (hi << 16) | lo
    read = (2 + read) << 30  # bit 31 busy, bit 30 read
    r[_MAC_CMD] = read | reg
    spin = 0
    while (r[_MAC_CMD] >> 31) & 1:
        spin += 1
        if spin > _SPIN:
            return -1
    return r[_MAC_DATA] & 0xFFFF


@micropython.viper
def _reset(r: ptr32) -> bool:
    """Soft reset (HW_CFG bit 0), then: store and forward, a TX FIFO of 5 KB, no interrupts,
    transmitter on."""
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


@micropython.asm_thumb
def _send(r0, r1, r2):
    """Put the frame of r2 bytes at r1 into the TX FIFO of the chip at r0 (chapter 3.12): 1 done, 0
    no room.  Empties the TX status FIFO first, because a full one stops the transmitter.
    """
    mov(r3, r0)
    add(r3, 4 * _TX_FIFO_INF)
    label(STATUS)
    ldr(r4, [r3, 0])
    lsl(r5, r4, 8)
    lsr(r5, r5, 24)
    beq(EMPTY)
    ldr(r5, [r0, 4 * _TX_STATUS])
    b(STATUS)
    label(EMPTY)
    mov(r5, 3)
    and_(r5, r1)  # the chip skips the bytes before an unaligned start
    sub(r1, r1, r5)
    add(r6, r2, r5)
    add(r6, 3)
    lsr(r6, r6, 2)  # words
    lsl(r4, r4, 16)
    lsr(r4, r4, 16)  # room
    lsl(r7, r6, 2)
    add(r7, 16)
    cmp(r4, r7)
    blt(FULL)
    lsl(r5, r5, 16)
    mov(r7, 0x30)  # bits 13 and 12: the first and last piece
    lsl(r7, r7, 8)
    orr(r5, r7)
    orr(r5, r2)
    str(r5, [r0, 4 * _TX_DATA])
    str(r2, [r0, 4 * _TX_DATA])
    sub(r6, 4)
    blt(REST)
    label(FOUR)
    data(2, 0xC93C)  # ldmia r1!, {r2-r5}
    str(r2, [r0, 4 * _TX_DATA])
    str(r3, [r0, 4 * _TX_DATA])
    str(r4, [r0, 4 * _TX_DATA])
    str(r5, [r0, 4 * _TX_DATA])
    sub(r6, 4)
    bge(FOUR)
    label(REST)
    add(r6, 3)
    blt(DONE)
    label(ONE)
    ldr(r2, [r1, 0])
    add(r1, 4)
    str(r2, [r0, 4 * _TX_DATA])
    sub(r6, 1)
    bge(ONE)
    label(DONE)
    mov(r0, 1)
    b(END)
    label(FULL)
    mov(r0, 0)
    label(END)


@micropython.asm_thumb
def _receive(r0, r1, r2):
    """Take the next frame from the RX FIFO of the chip at r0 (chapter 3.13) into the buffer of r2
    bytes at r1.

    Its length without FCS; 0 when none waits; -1 for one with an error (RX status bit 15), -2 for
    one longer than the buffer: both are emptied out.
    """
    ldr(r3, [r0, 4 * _RX_FIFO_INF])
    lsl(r3, r3, 8)
    lsr(r4, r3, 24)
    beq(END)
    ldr(r3, [r0, 4 * _RX_STATUS])
    lsl(r4, r3, 2)
    lsr(r4, r4, 18)
    sub(r4, 4)  # bytes without FCS
    asr(r5, r4, 2)  # whole words
    mov(r6, r4)
    add(r6, 7)
    asr(r6, r6, 2)
    sub(r6, r6, r5)  # words behind them: what is left of the frame, and the FCS
    lsl(r7, r3, 16)
    bmi(DAMAGED)
    cmp(r4, 14)
    blt(DAMAGED)
    cmp(r4, r2)
    bgt(LONG)
    sub(r5, 4)
    blt(REST)
    label(FOUR)
    ldr(r3, [r0, 4 * _RX_DATA])
    str(r3, [r1, 0])
    ldr(r3, [r0, 4 * _RX_DATA])
    str(r3, [r1, 4])
    ldr(r3, [r0, 4 * _RX_DATA])
    str(r3, [r1, 8])
    ldr(r3, [r0, 4 * _RX_DATA])
    str(r3, [r1, 12])
    add(r1, 16)
    sub(r5, 4)
    bge(FOUR)
    label(REST)
    add(r5, 3)
    blt(BYTES)
    label(ONE)
    ldr(r3, [r0, 4 * _RX_DATA])
    str(r3, [r1, 0])
    add(r1, 4)
    sub(r5, 1)
    bge(ONE)
    label(BYTES)
    mov(r7, 3)
    and_(r7, r4)
    beq(DRAIN)
    ldr(r3, [r0, 4 * _RX_DATA])
    sub(r6, 1)
    label(BYTE)
    strb(r3, [r1, 0])
    lsr(r3, r3, 8)
    add(r1, 1)
    sub(r7, 1)
    bne(BYTE)
    b(DRAIN)
    label(LONG)
    mov(r4, 1)
    mvn(r4, r4)
    add(r6, r6, r5)
    b(DRAIN)
    label(DAMAGED)
    mov(r4, 0)
    mvn(r4, r4)
    add(r6, r6, r5)
    label(DRAIN)
    cmp(r6, 0)
    ble(END)
    ldr(r3, [r0, 4 * _RX_DATA])
    sub(r6, 1)
    b(DRAIN)
    label(END)
    mov(r0, r4)


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
        if _register(base, _ID_REV, 16) & 0xFFFF != 0x0118:
            raise OSError(ENODEV, "no LAN9118 at this address")
        m = self.mac
        if not (
            _reset(base)
            and _mac(base, _ADDRL, 0, m[3] << 8 | m[2], m[1] << 8 | m[0]) >= 0
            and _mac(base, _ADDRH, 0, 0, m[5] << 8 | m[4]) >= 0
            and _mac(base, _MAC_CR, 0, 0x10, 0x0C) >= 0  # full duplex, both directions on
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
        self._dropped += _register(self.base, _RX_DROP, 0)  # which clears it
        return self._dropped

    def isup(self):
        """Whether the PHY has a link."""
        # bit 2 of the basic status register, read by PHY 1
        if _mac(self.base, _MII_ACC, 0, 0, 1 << 11 | _PHY_BMSR << 6 | 1) < 0:
            return False
        status = _mac(self.base, _MII_DATA, 1, 0, 0)
        return status >= 0 and status & 4 != 0

    def close(self):
        """Switch the receiver and transmitter off."""
        _mac(self.base, _MAC_CR, 0, 0, 0)
