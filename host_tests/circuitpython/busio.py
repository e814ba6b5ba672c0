"""CircuitPython's busio on a bus of chips/bus.py, as far as drivers of SPI devices need it."""

from chips.bus import Bus


class SPI:
    """busio.SPI; the clock is the bus's, not a pin."""

    def __init__(self, clock, MOSI=None, MISO=None):
        self.bus = clock if isinstance(clock, Bus) else Bus()
        self._locked = False

    def try_lock(self):
        if self._locked:
            return False
        self._locked = True
        return True

    def unlock(self):
        self._locked = False

    def configure(self, *, baudrate=100000, polarity=0, phase=0, bits=8):
        self._held()
        self.bus.baudrate, self.bus.polarity, self.bus.phase = baudrate, polarity, phase

    def write(self, buffer, *, start=0, end=None):
        self._held()
        data = bytes(buffer)[start:end]
        self.bus.transfer(data, None, len(data))

    def readinto(self, buffer, *, start=0, end=None, write_value=0):
        self._held()
        view = memoryview(buffer)[start:end]
        self.bus.transfer(None, view, len(view), write_value)

    def write_readinto(self, out, into, *, out_start=0, out_end=None, in_start=0, in_end=None):
        self._held()
        data, view = bytes(out)[out_start:out_end], memoryview(into)[in_start:in_end]
        self.bus.transfer(data, view, len(data))

    def _held(self):
        if not self._locked:
            raise RuntimeError("the bus has to be locked first")
