"""The W5100S at the level of SPI bytes: one address space, four sockets, 8 KB of buffer in each
direction.

What differs from the W5500 is named by register, as the datasheet has it (W5100S datasheet,
version 1.2.8, chapters "Register Map" and "Register Descriptions"); addresses and bits were
compared with the maker's own driver (ioLibrary_Driver, Ethernet/W5100S/w5100s.h and w5100s.c),
here `lib`, and the public CircuitPython driver, here `cp`, runs on the model.
- The SPI frame is a byte of direction (0x0F read, 0xF0 write), the address and any number of data
  bytes; the address grows by one with each (lib, WIZCHIP_READ_BUF; cp).
- Common registers at 0x0000, socket n at 0x0400 + 0x100 n, transmit memory at 0x4000, receive
  memory at 0x6000 (lib). A buffer does not wrap by itself: the address is the memory's, and a host
  masks and splits (lib, wiz_recv_data).
- RMSR and TMSR share the memory out, two bits for each socket; socket 0 with 8 KB leaves the
  others nothing, though their bits cannot say 0. Sn_RXBUF_SIZE and Sn_TXBUF_SIZE are kept here as
  plain registers.
- IR's lower four bits are the sockets' interrupts, masked by IMR; with MR2's bit 6 INTn moves
  (lib, MR2_G_IEN). They go with the bits of Sn_IR.
- MR reads 0x03 after a reset: bits of the parallel bus (lib, MR_AI and MR_IND; cp relies on it).
- Sn_MR's MAC filter is bit 6, and what is blocked stands in Sn_MR2: broadcast bit 6, multicast 5,
  IPv6 4 (lib, Sn_MR_MF, Sn_MR2_MBBLK and its neighbours).
- PHYSR: bit 7 no cable, bit 0 link (lib, PHYSR_CABOFF, PHYSR_LNK). VERR reads 0x51 (cp).
- After RSTn the chip needs 60.3 ms (datasheet, "Reset Timing"); `settle_ms` is the millisecond
  after that. It is the only number here that no driver tells: theirs wait 100 ms and more.
- Sn_CR, Sn_SR, Sn_IR and the 16-bit pointers are the W5500's (wizcore.py; lib has them alike).
"""

from chips.wizcore import IMR as SN_IMR
from chips.wizcore import IR as SN_IR
from chips.wizcore import MR as SN_MR
from chips.wizcore import Core

_MR, _SHAR, _IR, _IMR, _RTR, _RCR, _RMSR, _TMSR = 0x00, 0x09, 0x15, 0x16, 0x17, 0x19, 0x1A, 0x1B
_MR2, _PHYSR, _VERR = 0x30, 0x3C, 0x80
_SN_MR2 = 0x2F
_COMMON = 0x100
_RUBBISH = 0xA5


class W5100S(Core):
    """See wizcore.Core for the knobs."""

    sockets_number = 4
    memory_size = 8192
    settle_ms = 61

    def reset_common(self):
        self.common = common = bytearray(_COMMON)
        common[_MR] = 0x03
        common[_RTR], common[_RTR + 1] = 0x07, 0xD0
        common[_RCR] = 8
        common[_RMSR] = common[_TMSR] = 0x55
        common[_MR2] = 0x40
        common[_VERR] = 0x51
        self.phase = 0

    def sizes(self, n):
        tx, rx = self.common[_TMSR], self.common[_RMSR]
        return self._share(tx, n), self._share(rx, n)

    def _share(self, register, n):
        # What the sockets before take is gone.
        left = self.memory_size
        for i in range(n + 1):
            size = 1024 << (register >> 2 * i & 3)
            if size > left:
                size = 0
            left -= size
        return size

    # ---- the SPI frame -------------------------------------------------------------------------

    def exchange(self, out, into):
        n = len(out)
        awake = self.awake()
        i = 0
        while i < n and awake and self.phase < 3:
            if self.phase == 0:
                self._way = out[i]
            else:
                self._at = self._at << 8 & 0xFF00 | out[i] if self.phase == 2 else out[i]
            self.phase += 1
            into[i] = _RUBBISH
            i += 1
        if i == n:
            return
        if awake and self._way == 0x0F:
            self._read(into[i:], n - i)
        else:
            if awake and self._way == 0xF0:
                self._write(out[i:])
            for k in range(i, n):
                into[k] = _RUBBISH if awake else 0xFF
        if awake:
            self._at = (self._at + n - i) & 0xFFFF

    def _memory(self):
        if self._at >= 0x6000:
            return self.rx_memory, self._at - 0x6000
        return self.tx_memory, self._at - 0x4000

    def _read(self, into, n):
        if 0x4000 <= self._at < 0x8000:
            memory, at = self._memory()
            data = memory[at : min(at + n, self.memory_size)]
            into[: len(data)] = data
            for i in range(len(data), n):
                into[i] = 0
        else:
            for i in range(n):
                into[i] = self._register((self._at + i) & 0xFFFF)

    def _write(self, data):
        if 0x4000 <= self._at < 0x8000:
            memory, at = self._memory()
            n = min(len(data), self.memory_size - at)
            memory[at : at + n] = data[:n]
            if n < len(data) and memory is self.tx_memory:
                self.rx_memory[: len(data) - n] = data[n:]  # the address just goes on
        else:
            for i in range(len(data)):
                self._write_register((self._at + i) & 0xFFFF, data[i])

    # ---- registers -----------------------------------------------------------------------------

    def _register(self, at):
        if 0x400 <= at < 0x800:
            return self.socket_register(at // 0x100 - 4, at & 0xFF)
        if at >= _COMMON:
            return 0
        if at == _IR:
            return self.common[at] | self._bits()
        if at == _PHYSR:
            return 0x01 if self.plugged else 0x80
        return self.common[at]

    def _write_register(self, at, byte):
        if 0x400 <= at < 0x800:
            self.sockets[at // 0x100 - 4].write(at & 0xFF, byte)
        elif at == _MR and byte & 0x80:
            self.reset()
        elif at == _IR:
            self.common[at] &= ~byte
        elif at < _COMMON and at not in (_PHYSR, _VERR):
            self.common[at] = byte
            if at in (_RMSR, _TMSR):
                self.share_out()
        self.interrupt()

    def _bits(self):
        bits = 0
        for n, socket in enumerate(self.sockets):
            if socket.regs[SN_IR] & socket.regs[SN_IMR] & 0x1F:
                bits |= 1 << n
        return bits

    def interrupt(self):
        """Drive INTn."""
        if self.irq_pin is not None:
            common = self.common
            low = (common[_IR] | self._bits()) & common[_IMR] and common[_MR2] & 0x40
            self.irq_pin.drive(0 if low else 1)

    def passes(self, frame):
        """The filter; without MF every frame passes."""
        regs = self.sockets[0].regs
        own = bytes(self.common[_SHAR : _SHAR + 6]) if regs[SN_MR] & 0x40 else None
        off = regs[_SN_MR2]
        return self.admitted(frame, own, not off & 0x20, not off & 0x40, not off & 0x10)
