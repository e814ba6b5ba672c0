"""CircuitPython's digitalio on a pin of chips/bus.py."""


class Direction:
    INPUT = "input"
    OUTPUT = "output"


class DigitalInOut:
    """digitalio.DigitalInOut; `pin` is a chips.bus.Pin."""

    def __init__(self, pin):
        self._pin = pin
        self.direction = Direction.INPUT

    def switch_to_output(self, value=False, drive_mode=None):
        self.direction = Direction.OUTPUT
        self._pin(value)

    def switch_to_input(self, pull=None):
        self.direction = Direction.INPUT

    @property
    def value(self):
        return bool(self._pin())

    @value.setter
    def value(self, level):
        self._pin(level)
