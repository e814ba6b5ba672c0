"""What the models of the W5500 and the W5100S share: sockets with buffers that wrap, commands, the
interrupt line, the PHY, the reset.

Chapters are those of the W5500 datasheet, version 1.1.0; `w5500.py` and `w5100s.py` put the two
chips' address maps and SPI frames on top. The wire: `wire_in(frame)` is a frame that arrives,
`on_frame(frame)` is called with each that leaves. UDP and TCP are there as far as registers,
pointers and status go, so that drivers which use them can be run against the model: `on_datagram`,
`datagram_in`, `on_stream`, `stream_in`, `knock`; there is no ARP and no TCP on the wire.
"""

from chips.bus import Chip
from chips.wizring import kilobytes, patched, ring_read, ring_write

# Socket registers (chapter 4.2), offsets.
MR, CR, IR, SR, PORT, DHAR, DIPR, DPORT = 0x00, 0x01, 0x02, 0x03, 0x04, 0x06, 0x0C, 0x10
TTL, RXBUF, TXBUF = 0x16, 0x1E, 0x1F
TX_FSR, TX_RD, TX_WR, RX_RSR, RX_RD, RX_WR, IMR, FRAG = (
    0x20, 0x22, 0x24, 0x26, 0x28, 0x2A, 0x2C, 0x2D,
)  # fmt: skip

# Bits of Sn_IR.
CON, DISCON, RECV, TIMEOUT, SENDOK = 0x01, 0x02, 0x04, 0x08, 0x10

CLOSED, INIT, LISTEN, ESTABLISHED, CLOSE_WAIT = 0x00, 0x13, 0x14, 0x17, 0x1C
UDP, MACRAW = 0x22, 0x42
_LONGEST = 1518


class Socket:
    """One socket: its plain registers, and the pointers that the chip keeps.

    `rx_read` is where the chip believes that we have read to: RECV moves it to Sn_RX_RD (chapter
    4.2, Sn_RX_RD, item 4). The pointers run through 65536; a buffer takes as many of their bits as
    its size has.
    """

    def __init__(self, chip, number):
        self.chip = chip
        self.number = number
        self.reset()

    def reset(self):
        """The values after a reset, as chapter 4.2 gives them."""
        self.regs = regs = bytearray(0x100)
        regs[DHAR : DHAR + 6] = b"\xff" * 6
        regs[TTL] = 0x80
        regs[RXBUF] = regs[TXBUF] = 2
        regs[IMR] = 0xFF
        regs[FRAG] = 0x40
        self.status = CLOSED
        self.start(0)
        self.sending = 0

    def start(self, pointer):
        """OPEN sets the pointers."""
        self.tx_rd = self.tx_wr = self.rx_rd = self.rx_wr = self.rx_read = pointer

    def register(self, at):
        """Read a register: one byte. 16-bit values are put together as they are at that moment,
        so they may change between their bytes (the note at Sn_RX_RSR)."""
        if at == CR and not self.chip.slow_commands:
            return 0
        if at == SR:
            return self.status
        pair = at & 0xFE
        if pair == TX_FSR:
            value = self.tx_size() - ((self.tx_wr - self.tx_rd) & 0xFFFF)
        elif pair == TX_RD:
            value = self.tx_rd
        elif pair == TX_WR:
            value = self.tx_wr
        elif pair == RX_RSR:
            value = self.received()
        elif pair == RX_RD:
            value = self.rx_rd
        elif pair == RX_WR:
            value = self.rx_wr
        else:
            return self.regs[at]
        return value & 0xFF if at & 1 else value >> 8 & 0xFF

    def write(self, at, byte):
        """Write a register: one byte. Read-only ones stay."""
        if at == CR:
            self.command(byte)
        elif at == IR:
            self.regs[IR] &= ~byte  # a one clears its bit
            self.chip.interrupt()
        elif at in (TX_WR, TX_WR + 1):
            self.tx_wr = patched(self.tx_wr, at, byte)
        elif at in (RX_RD, RX_RD + 1):
            self.rx_rd = patched(self.rx_rd, at, byte)
        elif at != SR and not TX_FSR <= at <= RX_WR + 1:
            self.regs[at] = byte
            if at in (RXBUF, TXBUF):
                self.chip.share_out()
            elif at == IMR:
                self.chip.interrupt()

    def tx_size(self):
        return self.chip.sizes(self.number)[0]

    def rx_size(self):
        return self.chip.sizes(self.number)[1]

    def received(self):
        """Sn_RX_RSR: the bytes between the chip's two pointers."""
        return (self.rx_wr - self.rx_read) & 0xFFFF

    # ---- commands ------------------------------------------------------------------------------

    def command(self, code):
        """Sn_CR (chapter 4.2): carried out at once, and Sn_CR reads zero; with `slow_commands` it
        keeps its value for so many selects. Commands that the status does not allow do nothing."""
        chip = self.chip
        self.regs[CR] = code
        if chip.slow_commands:
            chip.accept_in = chip.slow_commands
        mode = self.regs[MR] & 0x0F
        if code == 0x01:
            self.open(mode)
        elif code == 0x10:
            self.status = CLOSED
            self.sending = 0
        elif code == 0x02 and self.status == INIT:
            self.status = LISTEN
        elif code == 0x04 and self.status == INIT:
            self.connect()
        elif code == 0x08 and self.status in (ESTABLISHED, CLOSE_WAIT):
            self.status = CLOSED
            self.raised(DISCON)
        elif code in (0x20, 0x21) and self.status in (ESTABLISHED, CLOSE_WAIT, UDP, MACRAW):
            self.sending = 1 + chip.slow_send
            self.advance()
        elif code == 0x40:
            self.rx_read = self.rx_rd

    def open(self, mode):
        """MACRAW belongs to socket 0 alone (chapter 4.2, Sn_MR)."""
        macraw = CLOSED if self.number else MACRAW
        self.status = {1: INIT, 2: UDP, 4: macraw}.get(mode, CLOSED)
        if self.status != CLOSED:
            self.start(self.chip.first_pointer)
            self.sending = 0

    def connect(self):
        answer = self.chip.on_connect
        if answer and answer(self.number, bytes(self.regs[DIPR : DIPR + 4]), self.word(DPORT)):
            self.status = ESTABLISHED
            self.raised(CON)
        else:
            self.status = CLOSED
            self.raised(TIMEOUT)

    def advance(self):
        """One select has passed. What is being sent has gone when its time is over and there is a
        link; then Sn_TX_RD becomes Sn_TX_WR and SENDOK is reported (Sn_TX_RD, Sn_IR)."""
        if not self.sending:
            return
        if self.sending > 1:
            self.sending -= 1
            return
        chip = self.chip
        if not chip.linked():
            return
        self.sending = 0
        n = (self.tx_wr - self.tx_rd) & 0xFFFF
        if n > self.tx_size():
            n &= self.tx_size() - 1 if self.tx_size() else 0  # the pointers were nonsense
        data = self.tx_read(self.tx_rd, n)
        self.tx_rd = self.tx_wr
        self.raised(SENDOK)
        if self.status == MACRAW:
            chip.frame_out(data)
        elif self.status == UDP and chip.on_datagram:
            chip.on_datagram(
                self.number, bytes(self.regs[DIPR : DIPR + 4]), self.word(DPORT), data
            )
        elif chip.on_stream:
            chip.on_stream(self.number, data)

    def word(self, at):
        return self.regs[at] << 8 | self.regs[at + 1]

    def raised(self, bits):
        self.regs[IR] |= bits
        self.chip.interrupt()

    # ---- buffers -------------------------------------------------------------------------------

    def tx_read(self, pointer, n):
        base, size = self.chip.tx_base[self.number], self.tx_size()
        return ring_read(self.chip.tx_memory, base, size, pointer, n)

    def store(self, *parts):
        """Put what has arrived into the receive buffer, whole or not at all. True: it fitted."""
        n = sum([len(part) for part in parts])
        size = self.rx_size()
        if n > size - self.received():
            self.chip.overflows += 1
            return False
        base = self.chip.rx_base[self.number]
        for part in parts:
            ring_write(self.chip.rx_memory, base, size, self.rx_wr, part)
            self.rx_wr = (self.rx_wr + len(part)) & 0xFFFF
        self.raised(RECV)
        return True


class Core(Chip):
    """Sockets, memory, PHY and reset.

    Knobs: `plugged` (the cable), `pad` (short frames are filled up), `promiscuous` (no filter),
    `first_pointer` (where OPEN sets the pointers), `slow_send` and `slow_commands` (selects until
    a frame has gone or a command is accepted), `present` (False: MISO floats), `on_read(socket,
    register)` called before a byte of a socket's register is read. With `clock` (ticks_ms) a reset
    takes its time; without, none. `memory`: two bytearrays to use as transmit and receive memory.
    Counters: `resets`, `short_resets`, `overflows`, `filtered`.
    """

    sockets_number = 8
    memory_size = 16384
    reset_low_ms = 0.5
    settle_ms = 1
    pad = True
    promiscuous = False

    def __init__(self, clock=None, memory=None):
        self.ticks = clock.ticks_ms if clock else None
        self.irq_pin = None
        self.plugged = self.present = True
        self.first_pointer = self.slow_send = self.slow_commands = self.accept_in = 0
        self.on_frame = self.on_datagram = self.on_stream = self.on_connect = self.on_read = None
        self.resets = self.short_resets = self.overflows = self.filtered = 0
        self.tx_memory, self.rx_memory = memory or (
            bytearray(self.memory_size),
            bytearray(self.memory_size),
        )
        self.sockets = [Socket(self, n) for n in range(self.sockets_number)]
        self._low_at = None
        self._ready_at = None
        self.reset()

    # ---- reset ---------------------------------------------------------------------------------

    def reset(self):
        """Every register as after power-on; the buffers' bytes stay."""
        self.resets += 1
        for socket in self.sockets:
            socket.reset()
        self.reset_common()
        self.share_out()
        self.interrupt()

    def reset_pin(self, level):
        """RSTn has to be low for 0.5 ms; then the PLL locks within 1 ms, and until then nothing
        answers (chapter 5.5.1). A pulse shorter than that on a clock of milliseconds does
        nothing."""
        now = self.ticks() if self.ticks else 0
        if not level:
            self._low_at = now
        elif self._low_at is not None:
            if self.ticks and (now - self._low_at) & 0x3FFFFFFF < self.reset_low_ms:
                self.short_resets += 1
            else:
                self.reset()
                self._ready_at = now
            self._low_at = None

    def brown_out(self):
        self.reset()
        self._low_at = None
        self._ready_at = self.ticks() if self.ticks else None
        self.phase = 0

    def awake(self):
        """Whether the chip answers."""
        if not self.present or self._low_at is not None:
            return False
        if self._ready_at is not None and self.ticks:
            if (self.ticks() - self._ready_at) & 0x3FFFFFFF < self.settle_ms:
                return False
            self._ready_at = None
        return True

    # ---- the bus -------------------------------------------------------------------------------

    def selected(self):
        self.phase = 0
        if self.accept_in:
            self.accept_in -= 1
            if not self.accept_in:
                for socket in self.sockets:
                    socket.regs[CR] = 0
        for socket in self.sockets:
            if socket.sending:
                socket.advance()

    def socket_register(self, socket, at):
        if self.on_read:
            self.on_read(socket, at)
        return self.sockets[socket].register(at)

    # ---- memory --------------------------------------------------------------------------------

    def share_out(self):
        """The buffers of the sockets lie one behind the other (chapter 4.3)."""
        self.tx_base, self.rx_base = [], []
        tx = rx = 0
        for n in range(self.sockets_number):
            self.tx_base.append(tx)
            self.rx_base.append(rx)
            sizes = self.sizes(n)
            tx += sizes[0]
            rx += sizes[1]
        # More than there is: the datasheet promises nothing then, and this model receives nothing.
        self.oversized = rx > self.memory_size or tx > self.memory_size

    def sizes(self, n):
        """Bytes of transmit and receive buffer of a socket."""
        regs = self.sockets[n].regs
        return kilobytes(regs[TXBUF]), kilobytes(regs[RXBUF])

    # ---- the wire ------------------------------------------------------------------------------

    def linked(self):
        return self.plugged and self.awake()

    def frame_out(self, data):
        """A frame shorter than 60 bytes is filled up by the MAC."""
        if self.on_frame:
            data = bytes(data)
            if self.pad and len(data) < 60:
                data += bytes(60 - len(data))
            self.on_frame(data)

    def wire_in(self, frame):
        """A frame arrives, without its FCS. In the receive buffer stands before it its length with
        these two bytes (MACRAW application note). True: it was taken."""
        socket = self.sockets[0]
        if not self.linked() or socket.status != MACRAW or self.oversized:
            return False
        if len(frame) > _LONGEST or not (self.promiscuous or self.passes(frame)):
            self.filtered += 1
            return False
        n = len(frame) + 2
        return socket.store(bytes((n >> 8, n & 0xFF)), frame)

    def admitted(self, frame, own, multicast, broadcast, ipv6):
        """The filter of MACRAW: own address only, and which of the others."""
        if frame[12] == 0x86 and frame[13] == 0xDD and not ipv6:
            return False
        first = bytes(frame[:6])
        if first == b"\xff" * 6:
            return broadcast
        if frame[0] & 1:
            return multicast
        return own is None or first == own

    def datagram_in(self, n, address, port, data):
        """UDP: the header in the buffer is address, port and length (chapter 4.2 and the UDP
        application note)."""
        head = bytes(address) + bytes((port >> 8, port & 0xFF, len(data) >> 8, len(data) & 0xFF))
        return self.sockets[n].status == UDP and self.sockets[n].store(head, data)

    def stream_in(self, n, data):
        return self.sockets[n].status == ESTABLISHED and self.sockets[n].store(data)

    def knock(self, n, address, port):
        """A peer connects to a listening socket."""
        socket = self.sockets[n]
        if socket.status != LISTEN:
            return False
        socket.regs[DIPR : DIPR + 4] = bytes(address)
        socket.regs[DPORT : DPORT + 2] = bytes((port >> 8, port & 0xFF))
        socket.start(self.first_pointer)
        socket.status = ESTABLISHED
        socket.raised(CON)
        return True
