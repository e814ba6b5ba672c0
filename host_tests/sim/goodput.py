"""How fast a stream gets through a path that loses frames at random: whole transfers in virtual
time.

    micropython host_tests/sim/goodput.py NAME BUFFER SACK LOSS SIZE DELAY SEED...

BUFFER and SIZE in bytes, SACK 0 or 1, LOSS in millionths, DELAY in ms each way.  Prints for each
seed "seed milliseconds".  tools/goodput.py runs it and makes the table.  Runs inside
MicroPython; a run is the same to the millisecond on every interpreter.
"""

import sys

sys.path.insert(0, __file__.rsplit("/", 1)[0] if "/" in __file__ else ".")

from programs import Connector, Program, Stream  # noqa: E402
from world import World  # noqa: E402

PORT = 9


class Source(Connector):
    """Sends `size` bytes."""

    def __init__(self, net, size, key):
        super().__init__("source", net, PORT)
        self._stream = Stream(key, size)

    def talk(self):
        """Write what goes in; the end is when all is written and acknowledged."""
        if self._stream.send(self):
            self.end()


class Sink(Program):
    """Takes `size` bytes and checks them."""

    def __init__(self, net, size, key):
        super().__init__("sink")
        self._listener = net.socket()
        self._listener.setblocking(False)
        self._listener.bind(("0.0.0.0", PORT))
        self._listener.listen(1)
        self._stream = Stream(key, size)

    def turn(self):
        """Accept, then read to the end."""
        if self.sock is None:
            self.sock, _ = self._listener.accept()
            self.sock.setblocking(False)
        if self._stream.recv(self):
            self.end()


def transfer(name, buffer, sack, loss, size, delay, seed):
    """Milliseconds that `size` bytes take from the first to the last, read by the program there.

    The path takes `delay` ms each way and loses `loss` frames of a million in both directions, but
    none of the handshake.  Both rings have `buffer` bytes.
    """
    limits = {"rx_buffer": buffer, "tx_buffer": buffer, "connections": 1}
    world = World(seed, limits, slots=64, delay=delay)
    for net in (world.a, world.b):
        net.config(tcp_congestion_control=name, tcp_sack=sack)
    sink = Sink(world.b, size, seed & 0xFF)
    source = Source(world.a, size, seed & 0xFF)
    while sink.sock is None:
        world.step([sink, source])
    world.wire.rates(loss=loss, delay=delay)
    begin = world.now
    while sink.received < size:
        world.step([sink, source])
    assert source.error is None and sink.error is None, world.describe([source, sink])
    return world.now - begin


def main(name, *numbers):
    """Run one transfer for each seed."""
    buffer, sack, loss, size, delay = [int(n) for n in numbers[:5]]
    for seed in numbers[5:]:
        print(seed, transfer(name, buffer, sack, loss, size, delay, int(seed)))


if __name__ == "__main__":
    main(*sys.argv[1:])
