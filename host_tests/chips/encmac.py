"""What the ENC28J60 does with frames: enc28j60.py tells of the sources."""

from chips import encmap as r
from chips.bus import Chip


class Mac(Chip):
    """The transmitter and the receiver, over the registers of the class that derives from it."""

    # ---- sending (7.1) ---------------------------------------------------------------------

    def _transmit(self):
        if self._stalled or self.lame:
            return  # #12: TXRTS stays set for ever
        n = ((self._get(r.ETXND) - self._get(r.ETXST)) & 0x1FFF) + r.OVERHEAD
        if self.clock_:
            self._sending_until = self._now() + max(n, 84) * 8 * r.BIT_NS
        else:
            self._sent()

    def _sent(self):
        """The frame has left, or has met its end."""
        if not self._usable():
            return
        first = self._get(r.ETXST)
        n = (self._get(r.ETXND) - first) & 0x1FFF
        full = self.regs[r.MACON3] & 1
        if n > self._get(r.MAMXFL) - 4 and not self.regs[r.MACON3] & 4:
            self._abort(n, 0)  # 12.1.3, condition 5
            return
        if self.collide and not full:
            self.collide -= 1
            self._abort(n, 0x20)
            return
        frame = bytes(self.memory[(first + 1 + i) & 0x1FFF] for i in range(n))
        control = self.memory[first]
        self._status(n, 0x80, 2 if frame[:6] == b"\xff" * 6 else frame[0] & 1 if n else 0)
        self.econ1 &= ~r.TXRTS
        self.eir |= r.TXIF
        self._pulse()
        self._out(self._finished(frame, control), full)

    def _finished(self, frame, control):
        """The frame with padding and without FCS; b"" when its FCS is wrong (R6-2, Fig. 7-1)."""
        mode = self.regs[r.MACON3]
        pad = mode >> 5 if self.pad else 0
        crc = mode & 0x10
        if control & 1:
            pad = 1 if control & 4 else 0
            crc = control & 2 or control & 4
        if pad & 1:
            frame += bytes(max((64 if pad in (3, 7) else 60) - len(frame), 0))
        elif not crc and self.pad:
            return frame[:-4] if r.crc32 and r.fcs(frame[:-4]) == frame[-4:] else b""
        return frame

    def _out(self, frame, full):
        if bool(full) != bool(self.phy[r.PHCON1] & r.PDPXMD):
            self.dropped += 1  # MAC and PHY differ: 6.6
            return
        if not full and not self.phy[r.PHCON2] & r.HDLDIS:
            self.wire_in(frame)  # 9.1: half duplex hears itself, #9 now and then
        short = len(frame) < (60 if self.pad else 1)
        if short or not self._link() or self.phy[r.PHCON2] & 0x2000:
            self.dropped += 1
            return
        self.sent += 1
        if self.on_frame is not None:
            self.on_frame(frame)

    def _abort(self, n, reason):
        """12.1.3. #13: TXRTS may stay set without TXIF; #12: the next transmission never ends
        unless the logic was reset; #15: LATECOL is not reliable, the status vector is."""
        self._status(n, 0, reason)
        self.estat |= r.TXABRT
        if reason and not self.errata:
            self.estat |= r.LATECOL
        self.eir |= r.TXERIF
        if not (self.hang and reason):
            self.econ1 &= ~r.TXRTS
            self.eir |= r.TXIF
        self._stalled = self.errata
        self._pulse()

    def _status(self, n, low, high):
        """The transmit status vector behind the frame (T7-1); low and high are bits 16 to 31."""
        at = self._get(r.ETXND) + 1
        vector = (n & 0xFF, n >> 8, low, high, n & 0xFF, n >> 8, 0)
        for i in range(7):
            self.memory[(at + i) & 0x1FFF] = vector[i]

    # ---- receiving (7.2) -------------------------------------------------------------------

    def wire_in(self, frame, damaged=False):
        """A frame from the wire, without FCS. True: it stands in the buffer now."""
        self.turn()
        n = len(frame) + 4
        off = not self.econ1 & r.RXEN or self.econ1 & r.RXRST or not self.regs[r.MACON1] & 1
        if off or self._held or self.dead or not self._link() or not self._awake():
            return False
        if n < 18 or (n > self._get(r.MAMXFL) and not self.regs[r.MACON3] & 4):  # 5.1.6, R6-2
            return False
        if not self._accepts(frame, damaged):
            self.filtered += 1
            return False
        if self.regs[r.EPKTCNT] == 255 or self._room() < 6 + n + (n & 1):
            self.eir |= r.RXERIF  # 12.1.2
            self.overflows += 1
            self._pulse()
            return False
        self._keep(frame, n, damaged)
        return True

    def _awake(self):
        return self.estat & r.CLKRDY and self._now() >= self._ready_at and not self.econ2 & r.PWRSV

    def _accepts(self, frame, damaged):
        """ERXFCON (8, R8-1); CRCEN after the others."""
        mode = self.regs[r.ERXFCON]
        if damaged and mode & r.CRCEN:
            return False
        wanted = mode & ~(r.CRCEN | r.ANDOR)
        if not wanted or self.promiscuous:
            return True
        everybody = frame[:6] == b"\xff" * 6
        regs = self.regs
        mac = (r.MAADR1, r.MAADR2, r.MAADR3, r.MAADR4, r.MAADR5, r.MAADR6)
        hits = 0
        if frame[:6] == bytes(regs[at] for at in mac):
            hits |= r.UCEN
        if frame[0] & 1:
            hits |= r.MCEN  # 8.4: everybody is a group as well
        if everybody:
            hits |= r.BCEN
        return hits & wanted == wanted if mode & r.ANDOR else bool(hits & wanted)

    def _room(self):
        """7.2.5, example 7-2."""
        first, last = self._get(r.ERXST), self._get(r.ERXND)
        write, read = self._write_at, self._get(r.ERXRDPT)
        if write > read:
            return (last - first) - (write - read)
        return last - first if write == read else read - write - 1

    def _keep(self, frame, n, damaged):
        """7.2.2, Fig. 7-3: next packet pointer, status vector, frame, FCS; packets begin even."""
        first, last = self._get(r.ERXST), self._get(r.ERXND)
        size = last - first + 1
        start = self._write_at
        following = first + (start - first + 6 + n + (n & 1)) % size
        shown = following
        if self.errata and not self._get(r.ERXRDPT) & 1:
            shown ^= 0x0444  # #14: an even ERXRDPT spoils what is written
        if frame[:6] == b"\xff" * 6:
            group = 2
        else:
            group = frame[0] & 1
        status = 0x10 if damaged else 0x80  # CRC error or received OK (T7-3)
        head = (shown & 0xFF, shown >> 8, n & 0xFF, n >> 8, status, group)
        packet = bytes(head) + bytes(frame) + r.fcs(frame)
        at = start - first
        whole = min(len(packet), size - at)
        view = memoryview(self.memory)
        view[start : start + whole] = packet[:whole]
        view[first : first + len(packet) - whole] = packet[whole:]
        self._write_at = following
        self._put(r.ERXWRPT, following)
        self.regs[r.EPKTCNT] += 1
        self._pulse()
