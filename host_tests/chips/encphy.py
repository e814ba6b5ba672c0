"""The ENC28J60's PHY behind its MII, and the INT pin: enc28j60.py tells of the sources."""

from chips import encmap as r


class Phy:
    """The PHY's registers, over those of the class that derives from it."""

    # ---- the PHY behind the MII (3.3) ------------------------------------------------------

    def _mii_start(self):
        if self._mii_busy():
            self._wrong("an MII command while MISTAT.BUSY is set (3.3.1)")
            return False
        self._mii_until = self._now() + r.MII_NS
        self._busy_reads = 0 if self.clock_ else 1
        return True

    def _mii_busy(self):
        return self._busy_reads > 0 or (self.clock_ and self._now() < self._mii_until)

    def _mistat(self):
        busy = 1 if self._mii_busy() else 0
        if self._busy_reads:
            self._busy_reads -= 1
        return busy

    def _mii_read(self):
        self._put(r.MIRDL, self._phy_read(self.regs[r.MIREGADR]))

    def _phy_read(self, reg):
        if reg == r.PHID1:
            return 0x0083
        if reg == r.PHID2:
            return 0x1400
        up = self._link()
        if reg == r.PHSTAT1:
            value = 0x1800 | (4 if up and not self._latched_down else 0)
            self._latched_down = False
            return value
        if reg == r.PHSTAT2:
            return (r.LSTAT if up else 0) | (self.phy[r.PHCON1] & r.PDPXMD) << 1
        if reg == r.PHIR:
            value = self.phy[r.PHIR]
            self.phy[r.PHIR] = 0  # R12-5: reading clears
            return value
        return self.phy.get(reg, 0)

    def _phy_write(self, reg, value):
        if reg == r.PHCON1:
            if value & 0x8000:
                self._reset_phy()
                return
            if (value ^ self.phy[r.PHCON1]) & r.PDPXMD and self.econ1 & (r.RXEN | r.TXRTS):
                self._wrong("duplex changed with RXEN or TXRTS set (9.1)")
            self.phy[r.PHCON1] = value & 0x4980
        elif reg in (r.PHCON2, r.PHIE, r.PHLCON):
            self.phy[reg] = value

    def _reset_phy(self):
        # 11.5
        self.phy.update({r.PHCON1: self.duplex << 8, r.PHCON2: 0, r.PHIE: 0, r.PHIR: 0})

    def _link(self):
        forced = self.phy[r.PHCON2] & 0x4000
        return bool(forced or self._plugged) and not self.phy[r.PHCON1] & 0x4800

    @property
    def plugged(self):
        """Whether the cable is in."""
        return self._plugged

    @plugged.setter
    def plugged(self, up):
        if bool(up) != self._plugged:
            self._plugged = bool(up)
            self._latched_down = self._latched_down or not up
            self.phy[r.PHIR] |= 0x14
            self._pulse()

    def _interrupting(self):
        return self.eie & self._flags() & 0x7B

    def _pulse(self):
        """The INT pin (12)."""
        if self.irq_pin is not None:
            self.irq_pin.drive(0 if self.eie & r.INTIE and self._interrupting() else 1)
