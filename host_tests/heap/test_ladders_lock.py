"""Every ladder is played with the heap locked (mp/locked.py); here is what happens to one whose
stack takes some.
"""

from testing import raises, skip


def test_a_poll_that_takes_heap_ends_a_ladder(wire):
    wire.opened()
    if not wire.locks:
        skip("the heap is not locked here")
    flush = wire.net.tcp.flush

    def wasteful():
        bytearray(100)
        flush()

    wire.net.tcp.flush = wasteful
    raises(MemoryError, wire.play, "5 <== ACK 1:11 ack=1")


def test_a_write_that_takes_heap_ends_a_ladder(wire):
    wire.opened()
    if not wire.locks:
        skip("the heap is not locked here")
    clock = wire.net.tcp.clock

    def wasteful():
        bytearray(1)
        clock()

    wire.net.tcp.clock = wasteful
    raises(MemoryError, wire.play, "5 us.write 100")
