"""The W5500 at the level of SPI bytes (W5500 datasheet, version 1.1.0).

Its SPI frame has an address, a control byte with block, direction and mode, and data; behind the
last data byte of a fixed-length frame a new frame begins, a variable-length one ends with the
select (chapter 2.2 to 2.4).

What is argued, and from where:
- Blocks: 4n+1 registers, 4n+2 transmit buffer, 4n+3 receive buffer of socket n; the others are
  reserved, and reading or writing them does nothing here (2.2.2).
- A buffer block takes every 16-bit address; its lower bits count, as many as the socket's buffer
  has (4.2, Sn_TXBUF_SIZE: addressable from 0x0000 to 0xFFFF whatever the size).
- The address grows by one with each data byte and goes on at 0 after 0xFFFF (2.2).
- MISO during address and control carries nothing that means anything: here it carries rubbish.
- IR, SIR and Sn_IR: a one written clears the bit; SIR only follows Sn_IR and Sn_IMR (4.1, SIR).
  INTn is low while IR and IMR, or SIR and SIMR, have a bit in common (4.1, INTLEVEL). INTLEVEL's
  pause is far below a millisecond and left out.
- PHYCFGR: the lower three bits report, bit 7 cleared resets the PHY (4.1). A PHY in reset has no
  link.
- MR's bit 7 resets all registers and reads 0 afterwards (4.1).
"""

from chips.wizcore import IMR as SN_IMR
from chips.wizcore import IR as SN_IR
from chips.wizcore import MR as SN_MR
from chips.wizcore import Core
from chips.wizring import ring_read, ring_write

_MR, _SHAR, _IR, _IMR, _SIR, _SIMR = 0x00, 0x09, 0x15, 0x16, 0x17, 0x18
_RTR, _RCR, _PTIMER, _PMRU, _UIPR, _PHYCFGR, _VERSIONR = 0x19, 0x1B, 0x1C, 0x26, 0x28, 0x2E, 0x39
_RUBBISH = 0xA5
_COMMON = 0x40


class W5500(Core):
    """See wizcore.Core for the knobs."""

    def reset_common(self):
        """Chapter 4.1."""
        self.common = common = bytearray(_COMMON)
        common[_RTR], common[_RTR + 1] = 0x07, 0xD0
        common[_RCR] = 8
        common[_PTIMER] = 0x28
        common[_PMRU] = common[_PMRU + 1] = 0xFF
        common[_PHYCFGR] = 0xB8
        common[_VERSIONR] = 0x04
        self.phase = 0

    # ---- the SPI frame -------------------------------------------------------------------------

    def exchange(self, out, into):
        n = len(out)
        if not self.awake():
            for i in range(n):
                into[i] = 0xFF
            return
        i = 0
        while i < n:
            if self.phase < 3:
                self._head(out[i])
                into[i] = _RUBBISH
                i += 1
                continue
            part = n - i if self._left < 0 else min(n - i, self._left)
            if self._control & 4:
                self._write(out[i : i + part])
                for k in range(i, i + part):
                    into[k] = _RUBBISH
            else:
                self._read(into[i : i + part], part)
            self._at = (self._at + part) & 0xFFFF
            i += part
            if self._left > 0:
                self._left -= part
                if self._left == 0:
                    self.phase = 0

    def _head(self, byte):
        if self.phase == 0:
            self._at = byte << 8
        elif self.phase == 1:
            self._at |= byte
        else:
            self._control = byte
            self._left = (-1, 1, 2, 4)[byte & 3]
        self.phase += 1

    def _read(self, into, n):
        kind, socket = self._control >> 3 & 3, self._control >> 5
        at = self._at
        if kind == 0 and socket == 0:
            for i in range(n):
                into[i] = self._common_register((at + i) & 0xFFFF)
        elif kind == 1:
            for i in range(n):
                into[i] = self._socket_byte(socket, (at + i) & 0xFFFF)
        elif kind >= 2 and self.sizes(socket)[kind - 2]:
            memory = self.tx_memory if kind == 2 else self.rx_memory
            base = (self.tx_base if kind == 2 else self.rx_base)[socket]
            into[:] = ring_read(memory, base, self.sizes(socket)[kind - 2], at, n)
        else:
            for i in range(n):
                into[i] = 0

    def _socket_byte(self, socket, at):
        return self.socket_register(socket, at) if at < 0x30 else 0

    def _write(self, data):
        kind, socket = self._control >> 3 & 3, self._control >> 5
        at = self._at
        if kind == 0 and socket == 0:
            for i in range(len(data)):
                self._write_common((at + i) & 0xFFFF, data[i])
        elif kind == 1:
            for i in range(len(data)):
                if (at + i) & 0xFFFF < 0x30:
                    self.sockets[socket].write((at + i) & 0xFFFF, data[i])
        elif kind >= 2 and self.sizes(socket)[kind - 2] and not self.oversized:
            memory = self.tx_memory if kind == 2 else self.rx_memory
            base = (self.tx_base if kind == 2 else self.rx_base)[socket]
            ring_write(memory, base, self.sizes(socket)[kind - 2], at, data)

    # ---- common registers ----------------------------------------------------------------------

    def _common_register(self, at):
        if at >= _COMMON:
            return 0
        if at == _SIR:
            return self._sir()
        if at == _PHYCFGR:
            link = self.plugged and self.common[at] & 0x80
            return self.common[at] & 0xF8 | (0x07 if link else 0)
        return self.common[at]

    def _write_common(self, at, byte):
        if at == _MR and byte & 0x80:
            self.reset()
        elif at == _IR:
            self.common[at] &= ~byte
            self.interrupt()
        elif at < _UIPR or at == _PHYCFGR:
            if at != _SIR:
                self.common[at] = byte
                self.interrupt()

    def _sir(self):
        bits = 0
        for n, socket in enumerate(self.sockets):
            if socket.regs[SN_IR] & socket.regs[SN_IMR] & 0x1F:
                bits |= 1 << n
        return bits

    def interrupt(self):
        """Drive INTn."""
        if self.irq_pin is not None:
            common = self.common
            low = common[_IR] & common[_IMR] & 0xF0 or self._sir() & common[_SIMR]
            self.irq_pin.drive(0 if low else 1)

    def linked(self):
        return self.plugged and self.common[_PHYCFGR] & 0x80 and self.awake()

    def passes(self, frame):
        """Sn_MR in MACRAW: MFEN bit 7, BCASTB 6, MMB 5, MIP6B 4 (4.2). Without MFEN every frame
        passes."""
        mode = self.sockets[0].regs[SN_MR]
        own = bytes(self.common[_SHAR : _SHAR + 6]) if mode & 0x80 else None
        return self.admitted(frame, own, not mode & 0x20, not mode & 0x40, not mode & 0x10)
