"""Microchip's ENC28J60 behind its SPI, register by register.

    clock = Clock()
    chip = Enc28j60(clock=clock)
    chip.on_frame = function(frame)       # takes what it sends, without the FCS
    bus.attach(chip, cs, reset, irq)      # chips/bus.py
    chip.wire_in(frame)                   # a frame from the wire, without the FCS

Each part is argued from the datasheet, DS39662E, by section, table (T) or register (R); `#n` is
issue n of the errata, DS80349C. The erratic behaviour is on unless `errata=False`, in the form
that hurts a driver most: one that leaves the work-around out fails against it. No driver of
somebody else comes as a package that the tests could install; one for MicroPython that is public
as source (micropy-ENC28J60, GPL) was run on it by hand, unmodified: 800 frames each way, in both
duplexes, on revisions B1 and B7, and the link's state.

What a driver must not do and this one did is kept in `misuse`, a list of sentences.

Not modelled: the DMA (13, #17), the filters by hash, pattern and magic packet (8.2, 8.3, 8.6, #18:
they match nothing), flow control (10), the self-test (15), CLKOUT (2.3, #4), the LEDs (2.6, #11),
loopback by PLOOPBK (#10), analogue matters (#3, #7, #8).
"""

from chips import encmap as r
from chips.encmac import Mac
from chips.encphy import Phy


class Enc28j60(Mac, Phy):
    """The chip. `duplex`: what PHCON1.PDPXMD is after a reset, which the wiring of LEDB decides,
    or a misread LED (2.6, #16). `hz`: the SPI's clock, for the time that its bytes take.

    Without a clock nothing takes time: MISTAT.BUSY is seen once, frames are sent at once.

    `collide`: so many of the next transmissions meet a late collision; `hang`: and leave TXRTS set
    (#13). `lame`: no transmission ever ends. `dead`: the chip does not answer at all. `pad` False:
    short frames leave as they are, as no chip does. `promiscuous`: the filters let all pass.
    """

    modes = (0,)  # 4.1
    max_hz = 20_000_000

    def __init__(
        self, revision="B7", clock=None, errata=True, duplex=1, hz=20_000_000, memory=None
    ):
        self.revision = r.REVISIONS[revision]
        self.clock_ = clock
        self.errata = errata
        self.duplex = duplex
        self.byte_ns = 8_000_000_000 // hz
        self.slow = hz < 8_000_000 and revision in ("B1", "B4")
        self.irq_pin = None
        self.on_frame = None
        self.misuse = []
        self.sent = self.dropped = self.overflows = self.filtered = self.early = 0
        self.collide = 0
        self.hang = self.lame = self.dead = self.promiscuous = False
        self.pad = True
        self._plugged = True
        self.memory = bytearray(r.SIZE) if memory is None else memory
        self._written = 0
        self._state = 1
        self._on = False
        self._power_on()

    # ---- resets (11) -----------------------------------------------------------------------

    def _power_on(self):
        # 11.1: the buffer is undefined, CLKRDY comes after 300 us.
        for i in range(0, r.SIZE, 5):
            self._state = (self._state * 69 + 13) & 0xFF
            self.memory[i] = self._state
        self.estat = 0
        self._start_at = 0
        self._reset()
        self._ready_at = self._start_at = self._after(r.START_US)

    def brown_out(self):
        """The supply was away for a moment."""
        self._power_on()

    def reset_pin(self, level):
        """11.2; while it is low nothing answers."""
        self._held = not level
        if not level:
            self._reset()

    def _reset(self):
        """A System Reset (11.2): all registers, but the buffer and CLKRDY stay (T3-2, note 1)."""
        self._held = False
        self.regs = bytearray(128)
        self.phy = {r.PHLCON: 0x3422}
        self._reset_phy()
        for at in (r.ERDPT, r.ERXST, r.ERXRDPT):
            self._put(at, 0x05FA)
        self._put(r.ERXND, 0x1FFF)
        self._put(r.MAMXFL, 0x0600)
        self.regs[r.MACLCON1] = 0x0F
        self.regs[r.MACLCON2] = 0x37
        self.regs[r.ERXFCON] = 0xA1
        self.regs[r.EREVID] = self.revision
        self.eie = self.eir = self.econ1 = 0
        self.econ2 = r.AUTOINC
        self.estat &= r.CLKRDY
        self._rdpt_low = 0xFA
        self._write_at = 0x05FA
        self._op = -1
        self._mii_until = -1
        self._busy_reads = 0
        self._latched_down = False
        self._sending_until = -1
        self._stalled = False
        self._pulse()
        # #2: after the command, CLKRDY tells nothing, and it takes 1 ms.
        self._ready_at = self._after(r.RESET_US)

    def _after(self, us):
        return self.clock_.ns + us * 1000 if self.clock_ else 0

    def _now(self):
        return self.clock_.ns if self.clock_ else 0

    def turn(self):
        """Let what takes time happen."""
        now = self._now()
        if not self.estat & r.CLKRDY and now >= self._start_at and not self.econ2 & r.PWRSV:
            self.estat |= r.CLKRDY
        if 0 <= self._sending_until <= now:
            self._sending_until = -1
            self._sent()

    def _usable(self):
        """Whether MAC, MII and PHY answer (2.2, #2, 14)."""
        if self._now() >= self._ready_at and self.estat & r.CLKRDY and not self.econ2 & r.PWRSV:
            return True
        self.early += 1
        return False

    def _wrong(self, what):
        if len(self.misuse) < 20:
            self.misuse.append(what)

    # ---- the SPI (4) -----------------------------------------------------------------------

    def selected(self):
        """An instruction begins (4.1)."""
        self._on = not self.dead and not self._held
        self._op = -1
        self.turn()

    def released(self):
        """The instruction ends."""
        self._on = False
        self._op = -1

    def exchange(self, out, into):
        """One byte after the other, the buffer's commands at one stroke."""
        n = len(out)
        i = 0
        while i < n:
            if self._op == 1 or self._op == 3:
                if i < n:
                    self._stream(out[i:], into[i:], n - i)
                break
            into[i] = self.clock(out[i])
            i += 1
        if self.clock_:
            self.clock_.ns += n * self.byte_ns

    def clock(self, byte):
        """T4-1: the first byte is the instruction, three bits, and its argument, five."""
        if not self._on:
            return 0xFF
        if self._op < 0:
            self._op = byte >> 5
            self._arg = byte & 0x1F
            self._count = 0
            if self._op == 7 and self._arg == 0x1F:
                self._command_reset()
            return 0
        self._count += 1
        op = self._op
        if op == 0:
            address = self._address()
            # 4.2.1: a MAC or MII register comes after a dummy byte.
            if r.is_mac(address) and self._count == 1:
                return 0x5A
            return self._read(address)
        if self._count > 1:
            return 0
        if op == 2:
            self._write(self._address(), byte)
        elif op == 4 or op == 5:
            address = self._address()
            if r.is_mac(address):
                self._wrong("a bit field command on a MAC or MII register (4.2.5)")
            elif op == 4:
                self._write(address, self._raw(address) | byte)
            else:
                self._write(address, self._raw(address) & ~byte)
        return 0

    def _command_reset(self):
        if self.econ2 & r.PWRSV and self.errata:
            return  # #19: no effect in power save
        self._reset()

    def _stream(self, out, into, n):
        """The buffer memory commands (4.2.2, 4.2.4)."""
        if not self._on:
            for i in range(n):
                into[i] = 0xFF
            return
        memory = self.memory
        step = self.econ2 & r.AUTOINC
        if self._op == 1:
            at = self._get(r.ERDPT)
            end = self._get(r.ERXND)
            if step and at + n <= r.SIZE and not at <= end < at + n:
                into[:] = memoryview(memory)[at : at + n]
                at = (at + n) & 0x1FFF
            else:
                for i in range(n):
                    into[i] = memory[at]
                    if step:
                        at = self._get(r.ERXST) if at == end else (at + 1) & 0x1FFF  # 7.2.3
            self._put(r.ERDPT, at)
            return
        at = self._get(r.EWRPT)
        if self.econ1 & r.TXRTS and self._get(r.ETXST) <= at <= self._get(r.ETXND):
            self._wrong("writing into the frame that is being sent (7.1)")
        if step and at + n <= r.SIZE:
            memoryview(memory)[at : at + n] = out
            at = (at + n) & 0x1FFF
        else:
            for i in range(n):
                memory[at] = out[i]
                if step:
                    at = (at + 1) & 0x1FFF  # 3.2.3: wraps at the end of the memory only
        self._put(r.EWRPT, at)

    # ---- registers (3) ---------------------------------------------------------------------

    def _address(self):
        """bank << 5 | address; the five common registers by their address alone."""
        return self._arg if self._arg >= r.EIE else (self.econ1 & 3) << 5 | self._arg

    def _get(self, at):
        return self.regs[at] | self.regs[at + 1] << 8

    def _put(self, at, value):
        self.regs[at] = value & 0xFF
        self.regs[at + 1] = value >> 8

    def _raw(self, address):
        """A register as the bit field commands see it."""
        if address == r.EIE:
            return self.eie
        if address == r.EIR:
            return self._flags()
        if address == r.ESTAT:
            return self.estat
        if address == r.ECON2:
            return self.econ2
        if address == r.ECON1:
            return self.econ1
        return self.regs[address]

    def _flags(self):
        """EIR: PKTIF follows EPKTCNT (12.1.7), LINKIF follows PHIR and PHIE (12.1.5)."""
        flags = self.eir
        if self.regs[r.EPKTCNT]:
            flags |= r.PKTIF
        if self.phy[r.PHIR] & 0x10 and self.phy[r.PHIE] & 0x12 == 0x12:
            flags |= r.LINKIF
        return flags

    def _read(self, address):
        if address == r.EIR:
            # #6: PKTIF does not tell reliably; here it never does.
            return self._flags() & ~r.PKTIF if self.errata else self._flags()
        if address == r.ESTAT:
            return self.estat | (r.INT if self._interrupting() else 0)
        if r.EIE <= address <= r.ECON1:
            return self._raw(address)
        if r.is_mac(address):
            if not self._usable():
                return 0
            if self.slow and self._chance():
                return self.regs[address] ^ 0x11  # #1
            if address == r.MISTAT:
                return self._mistat()
            if address in (r.MIRDL, r.MIRDH) and (self._mii_busy() or self.regs[r.MICMD] & 1):
                self._wrong("MIRD read before the MII was ready (3.3.1, steps 3 to 5)")
        return self.regs[address]

    def _chance(self):
        self._state = (self._state * 69 + 13) & 0xFF
        return self._state < 50

    def _write(self, address, value):
        value &= 0xFF
        if address == r.EIE:
            self.eie = value & 0xFB
        elif address == r.EIR:
            self.eir &= value  # R/C: a 1 written sets nothing (R12-3)
        elif address == r.ESTAT:
            self.estat = self.estat & ~0x52 | self.estat & value & 0x52
        elif address == r.ECON2:
            self._write_econ2(value)
        elif address == r.ECON1:
            self._write_econ1(value)
        elif r.is_mac(address):
            if self._usable() and not (self.slow and self._chance()):  # #1
                self._write_mac(address, value)
        elif address not in r.READ_ONLY and address & 0x1F != 0x1A:
            self._write_eth(address, value & r.MASKS.get(address, 0xFF))
        self._pulse()

    def _write_eth(self, address, value):
        if address == r.ERXRDPT:
            self._rdpt_low = value  # 7.2.4: takes effect with the high byte
            return
        if address == r.ERXRDPT + 1:
            self.regs[r.ERXRDPT] = self._rdpt_low
        if r.ERXST <= address <= r.ERXND + 1 and self.econ1 & r.RXEN:
            self._wrong("ERXST or ERXND changed with RXEN set (7.2.1)")
        if r.ETXST <= address <= r.ETXND + 1 and self.econ1 & r.TXRTS:
            self._wrong("ETXST or ETXND changed with TXRTS set (7.1)")
        self.regs[address] = value
        if r.ERXST <= address <= r.ERXND + 1:
            # 6.1: the hardware's own pointer starts at ERXST; #5: or at 0.
            self._write_at = 0 if self.errata else self._get(r.ERXST)

    def _write_econ1(self, value):
        before = self.econ1
        self.econ1 = value
        if value & r.RXRST:
            self.econ1 &= ~r.RXEN  # 11.4
        if value & r.TXRST:
            if before & r.TXRTS:
                self._stop()
            self.econ1 &= ~r.TXRTS  # 11.3
        elif before & r.TXRST:
            self._stalled = False
            if self.errata:
                self.eir |= r.TXERIF  # #12: the end of the reset may be taken for an abort
        if before & r.TXRTS and not self.econ1 & r.TXRTS:
            self._stop()
            self.eir |= r.TXIF  # 12.1.4
        elif self.econ1 & r.TXRTS and not before & r.TXRTS:
            self._transmit()
        if self.econ1 & r.RXEN and not before & r.RXEN and not self.regs[r.MACON1] & 1:
            self._wrong("RXEN set before the MAC was configured (7.2.1)")

    def _stop(self):
        self._sending_until = -1
        self._stalled = False

    def _write_econ2(self, value):
        if value & r.PKTDEC and self.regs[r.EPKTCNT]:
            self.regs[r.EPKTCNT] -= 1  # 7.2.4
        if self.econ2 & r.PWRSV and not value & r.PWRSV:
            self._start_at = self._ready_at = self._after(r.START_US)
        if value & r.PWRSV:
            self.estat &= ~r.CLKRDY  # 14, step 5
        self.econ2 = value & (r.AUTOINC | r.PWRSV | 0x08)

    def _write_mac(self, address, value):
        if address in r.READ_ONLY:
            return
        value &= r.MASKS.get(address, 0xFF)
        if address == r.MACON3 and (value ^ self.regs[r.MACON3]) & 1 and self.econ1 & r.RXEN:
            self._wrong("duplex changed with RXEN set (7.2.1)")
        self.regs[address] = value
        if address == r.MICMD:
            if value & 1:
                self._mii_start()
                self._mii_read()
        elif address == r.MIWRH and self._mii_start():
            self._phy_write(self.regs[r.MIREGADR], self._get(r.MIWRL))
