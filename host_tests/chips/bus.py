"""A wire between a program and the models of chips: machine.SPI and machine.Pin, byte by byte.

    bus = Bus()
    chip = W5500()                                   # a Chip
    cs, reset, irq = Pin("cs"), Pin("reset"), Pin("irq")
    bus.attach(chip, cs, reset, irq)
    link = ferrule.link.w5500.W5500(SPI(bus), cs=cs, reset=reset, irq=irq)

The bus counts bytes, selects and transfers, and spoils them on demand (`Bus`'s attributes) or by
chance (`Gremlin`). Runs in MicroPython and in CPython.

`bus.quiet = True`: a driver is measured with the heap locked; the models may allocate all the
same, because the bus unlocks the heap while they work. `bus.metered = True`: `bus.used` grows by
the bytes of heap that they take.
"""

import gc

try:
    from micropython import heap_lock, heap_unlock
except ImportError:

    def heap_lock():
        """CPython has no such thing."""

    heap_unlock = heap_lock

_FLOATING = 0xFF  # what a MISO that nobody drives reads as, by its pull-up


class Chip:
    """What a model offers to the bus; a model derives from it.

    `modes` are the SPI modes, 2 * polarity + phase, that it understands, and `max_hz` the clock
    that it bears.
    """

    modes = (0, 3)
    max_hz = 80_000_000

    def selected(self):
        """CS has fallen."""

    def released(self):
        """CS has risen."""

    def clock(self, byte):
        """One byte came in; return the one that went out at the same time."""
        return _FLOATING

    def exchange(self, out, into):
        """Clock len(out) bytes: `out` (a memoryview, only to be read) came in, what goes out
        at the same time is put into `into`, as long. A model that has to be fast does it at one
        stroke."""
        for i in range(len(out)):
            into[i] = self.clock(out[i])

    def reset_pin(self, level):
        """The reset line has changed to `level`."""

    def brown_out(self):
        """The supply went away for a moment: everything that was written is forgotten, and the
        chip starts as after power-on."""


class Pin:
    """machine.Pin: `pin()` and `pin.value()` read, `pin(x)` and `pin.value(x)` drive, `irq` keeps
    a handler.

    `drive(level)` is the other end of the wire: the chip's. `edges` counts changes.
    """

    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_RISING = 4
    IRQ_FALLING = 8

    def __init__(self, id, mode=-1, pull=-1, value=1):
        self.id = id
        self.mode = mode
        self.edges = 0
        self.handler = None
        self.trigger = 0
        self._level = value
        self._told = None

    def init(self, mode=-1, pull=-1, value=None):
        self.mode = mode
        if value is not None:
            self(value)

    def __call__(self, level=None):
        if level is None:
            return self._level
        level = 1 if level else 0
        if level != self._level:
            self._level = level
            self.edges += 1
            if self._told:
                self._told(level)
        return None

    def value(self, level=None):
        return self(level)

    def on(self):
        self(1)

    def off(self):
        self(0)

    high = on
    low = off

    def irq(self, handler=None, trigger=IRQ_FALLING | IRQ_RISING, hard=False):
        """Keep the handler; it is called as handler(pin) when the chip's end moves the pin in the
        direction of the trigger."""
        self.handler = handler
        self.trigger = trigger
        return self

    def tell(self, function):
        """Call function(level) when the program changes the pin."""
        self._told = function

    def drive(self, level):
        """The chip sets the pin."""
        if level == self._level:
            return
        self._level = level
        self.edges += 1
        if self.handler and self.trigger & (self.IRQ_RISING if level else self.IRQ_FALLING):
            self.handler(self)


class Bus:
    """One SPI bus with its chips, what it has carried, and what is wrong with it.

    Counters: `bytes`, `selects` (falling CS), `transfers` (calls of the SPI object), `too_fast`
    (transfers above a selected chip's clock), `wrong_mode`, `unselected` (bytes that no chip
    took), `contention` (bytes that two chips drove), `faults` (of the following that took effect).

    What is wrong, each -1 when nothing is; numbers count down as bytes or selects pass:
    `stuck`: MISO reads as this byte, until changed; `deaf`: so many selects do not reach a chip;
    `flip_in`, `flip_out`: so many bits on, a bit of MISO or MOSI is turned; `lose`: so many bytes
    on, a selected chip is deselected until the next select; `cut`: so many bytes on, all chips
    lose their supply for a moment.
    """

    def __init__(self):
        self.polarity = self.phase = 0
        self.baudrate = 1_000_000
        self.quiet = self.metered = False
        self.used = 0
        self._chips = []
        self._on = []
        self.clear()
        self.mend()

    def clear(self):
        """Count from here."""
        self.bytes = self.selects = self.transfers = 0
        self.too_fast = self.wrong_mode = self.unselected = self.contention = self.faults = 0

    def mend(self):
        """Nothing is wrong from here on."""
        self.stuck = self.deaf = self.flip_in = self.flip_out = self.lose = self.cut = -1

    def attach(self, chip, cs, reset=None, irq=None):
        """Wire a chip: `cs` and `reset` lead to it, `irq` comes from it (the model drives
        `chip.irq_pin`, None without one)."""
        self._chips.append(chip)
        cs.tell(lambda level: self._select(chip, level))
        if reset is not None:
            reset.tell(lambda level: self._around(chip.reset_pin, level))
        chip.irq_pin = irq
        if irq is not None:
            irq.drive(1)
        return chip

    def _around(self, function, argument):
        self._enter()
        function(argument)
        self._leave()

    def _enter(self):
        if self.quiet:
            heap_unlock()
        if self.metered:
            self._heap = gc.mem_alloc()

    def _leave(self):
        if self.metered:
            self.used += gc.mem_alloc() - self._heap
        if self.quiet:
            heap_lock()

    def _select(self, chip, level):
        self._enter()
        if level:
            if chip in self._on:
                self._on.remove(chip)
                chip.released()
        else:
            self.selects += 1
            if self.deaf > 0:
                self.deaf -= 1
                self.faults += 1
            else:
                self._on.append(chip)
                chip.selected()
        self._leave()

    def transfer(self, out, into, n, fill=0):
        """Clock n bytes. `out`: what goes to the chips, or None for n times `fill`; `into`: where
        what they say goes, or None."""
        self._enter()
        self.transfers += 1
        self.bytes += n
        if out is None:
            out = bytes([fill]) * n
        if len(out) != n:
            raise ValueError("buffers must be the same length")
        answer = bytearray(n)
        if self._spoiled(n):
            self._spoil(out, answer, n)
        else:
            self._exchange(memoryview(out), memoryview(answer))
        if into is not None:
            memoryview(into)[:n] = answer
        self._leave()

    def _spoiled(self, n):
        bits = 8 * n
        return (
            self.stuck >= 0
            or 0 <= self.flip_in < bits
            or 0 <= self.flip_out < bits
            or 0 <= self.lose < n
            or 0 <= self.cut < n
            or self._count_down(n)
        )

    def _count_down(self, n):
        # Nothing of it falls into these n bytes.
        if self.flip_in >= 0:
            self.flip_in -= 8 * n
        if self.flip_out >= 0:
            self.flip_out -= 8 * n
        if self.lose >= 0:
            self.lose -= n
        if self.cut >= 0:
            self.cut -= n
        return False

    def _spoil(self, out, answer, n):
        """A transfer in which something goes wrong, byte by byte."""
        for i in range(n):
            byte = out[i]
            if 0 <= self.flip_out < 8:
                byte ^= 1 << self.flip_out
                self._happened()
            if self.cut == 0:
                self._happened()
                for chip in self._chips:
                    chip.brown_out()
            if self.lose == 0:
                self._happened()
                while self._on:
                    self._on.pop().released()
            one = bytearray(1)
            self._exchange(memoryview(bytes([byte])), memoryview(one))
            if 0 <= self.flip_in < 8:
                one[0] ^= 1 << self.flip_in
                self._happened()
            if self.stuck >= 0:
                one[0] = self.stuck
                if i == 0:
                    self._happened()
            answer[i] = one[0]
            self._step()

    def _step(self):
        # One byte has passed; what has happened ends at -1.
        self.flip_out = max(self.flip_out - 8, -1) if self.flip_out >= 0 else -1
        self.flip_in = max(self.flip_in - 8, -1) if self.flip_in >= 0 else -1
        self.lose = self.lose - 1 if self.lose >= 0 else -1
        self.cut = self.cut - 1 if self.cut >= 0 else -1

    def _happened(self):
        self.faults += 1

    def _exchange(self, out, answer):
        on = self._on
        if not on:
            self.unselected += len(out)
            for i in range(len(answer)):
                answer[i] = _FLOATING
            return
        if len(on) > 1:
            self.contention += len(out)
        for chip in on:
            if self.baudrate > chip.max_hz:
                self.too_fast += 1
            if 2 * self.polarity + self.phase in chip.modes:
                chip.exchange(out, answer)
            else:
                # Sampled on the wrong edge: every bit is taken for its neighbour.
                self.wrong_mode += 1
                chip.exchange(memoryview(bytes(byte >> 1 for byte in out)), answer)


class SPI:
    """machine.SPI on a Bus: write, readinto, read, write_readinto, init."""

    MSB = 0
    LSB = 1

    def __init__(self, bus, baudrate=1_000_000, polarity=0, phase=0, bits=8, firstbit=MSB):
        self.bus = bus
        self.inits = 0
        self.init(baudrate, polarity, phase, bits, firstbit)

    def init(self, baudrate=None, polarity=None, phase=None, bits=None, firstbit=None):
        """Settings that are not given stay, as on the ports with real hardware."""
        self.inits += 1
        bus = self.bus
        if baudrate is not None:
            bus.baudrate = baudrate
        if polarity is not None:
            bus.polarity = polarity
        if phase is not None:
            bus.phase = phase

    def deinit(self):
        """Nothing to let go of."""

    def write(self, out):
        self.bus.transfer(out, None, len(out))

    def readinto(self, into, write=0):
        self.bus.transfer(None, into, len(into), write)

    def read(self, n, write=0):
        into = bytearray(n)
        self.bus.transfer(None, into, n, write)
        return bytes(into)

    def write_readinto(self, out, into):
        if len(out) != len(into):
            raise ValueError("buffers must be the same length")
        self.bus.transfer(out, into, len(out))


class Gremlin:
    """Breaks a bus at random: `strike()` before each thing that a program does.

    `dice.below(n)` draws. One time in `rarity` a fault is set up that happens within the next
    `reach` bytes. A stuck MISO stays for up to `patience` calls of strike().
    """

    def __init__(self, bus, dice, rarity=4, reach=200, patience=20):
        self.bus = bus
        self.dice = dice
        self.rarity = rarity
        self.reach = reach
        self.patience = patience
        self.kinds = [0] * 6  # how many of each kind were set up
        self._stuck_for = 0

    def strike(self):
        """Perhaps set something up. True: something was."""
        bus, dice = self.bus, self.dice
        if self._stuck_for:
            self._stuck_for -= 1
            if not self._stuck_for:
                bus.stuck = -1
        if dice.below(self.rarity):
            return False
        kind = dice.below(6)
        self.kinds[kind] += 1
        at = dice.below(self.reach)
        if kind == 0:
            bus.stuck = (0, 0xFF, dice.below(256))[dice.below(3)]
            self._stuck_for = 1 + dice.below(self.patience)
        elif kind == 1:
            bus.deaf = 1 + dice.below(3)
        elif kind == 2:
            bus.flip_in = 8 * at + dice.below(8)
        elif kind == 3:
            bus.flip_out = 8 * at + dice.below(8)
        elif kind == 4:
            bus.lose = at
        else:
            bus.cut = at
        return True

    def rest(self):
        """Take everything back."""
        self._stuck_for = 0
        self.bus.mend()
