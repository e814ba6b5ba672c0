"""On the emulated board: what the device of a board takes of the heap.

board.py is the board's own.  What it asks the `machine`, `network` and `espnow` of its firmware
for are stand-ins in front of a model of its chip (host_tests/chips); the models' memory lies
beside the heap, and they are made before anything is counted.
"""

import gc
import sys
import time

_SPARE_AT = 0x21E00000  # of the MPS2's 16 MB, behind the ROMFS image


def used():
    gc.collect()
    return gc.mem_alloc()


def memories(*sizes):
    from uctypes import bytearray_at

    return [bytearray_at(_SPARE_AT + sum(sizes[:i]), n) for i, n in enumerate(sizes)]


def model(kind):
    """A chip's model."""
    if kind == "w5500":
        from chips.w5500 import W5500

        return W5500(time, memories(16384, 16384))
    if kind == "w5100s":
        from chips.w5100s import W5100S

        return W5100S(time, memories(8192, 8192))
    from chips.enc28j60 import Enc28j60

    return Enc28j60(memory=memories(8192)[0])


class Machine:
    """machine.SPI and machine.Pin of a board that has one chip, or none."""

    def __init__(self, kind, wires):
        from chips.bus import SPI, Bus, Pin

        bus = Bus()
        spi = SPI(bus)
        pins = {number: Pin(number) for number in wires}
        if kind != "lan9118":
            bus.attach(model(kind), *[pins[number] for number in wires[:3]])
        # `from machine import SPI` takes no methods.
        self.SPI = lambda number, baudrate=1000000, **wires: spi
        self.Pin = lambda number: pins[number]
        self.unique_id = lambda: b"\xe6\x61\x41\x04\x03\x2f\x3c\x21"


def stand_in(kind, wires):
    """Put the modules into place that board.py imports.  wires: the pins CS, reset and interrupt,
    then all others."""
    if kind == "espnow":
        from chips.espnow import Air

        station = Air(ticks_ms=time.ticks_ms).station(b"\x02\0\0\0\0\x17")
        station.longest = station.espnow.MAX_DATA_LEN = 1470
        sys.modules["espnow"] = station.espnow

        class Network:
            STA_IF = 0

            @staticmethod
            def WLAN(interface):
                return station.wlan

        sys.modules["network"] = Network
    else:
        sys.modules["machine"] = Machine(kind, wires)


def main():
    """Prints what the code takes, what the link, and all of the device when it waits for its first
    client."""
    start = used()
    import ferrule
    import main as program

    kept = ferrule.Stack  # which loads what every stack needs
    code = used()
    print("code", code - start)
    import board

    link = board.make_link()
    print("link", used() - code)
    link.close()
    board.make_link = lambda: link
    if not hasattr(board, "random"):
        board.random = lambda n: bytes(n)
    kept = program.device(board)
    kept[0].poll()
    kept[1].turn()
    print("device", used() - start)
