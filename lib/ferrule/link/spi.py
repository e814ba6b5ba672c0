"""What links on SPI chips share: views of a caller's buffers, interrupts that end a sleep, and an
address of the board's own.
"""

# Views of a buffer are made once, of these lengths, and a transfer takes the next longer one: a
# slice would be an object on the heap each time. What is read too much lies behind the frame's
# end; what is written too much stays in the chip.
_SIZES = (64, 128, 192, 256, 384, 512, 768, 1024, 1280, 1514)
VIEW = b"\0\0\1\2\3\4\4\5\5\6\6\6\6\7\7\7\7\x08\x08\x08\x08\x09\x09\x09\x09"  # by (n + 63) // 64
CHUNK = 64
_WAKE_MS = 10


def views(frame):
    """Views of the first bytes of a buffer, of all lengths that a transfer may have."""
    view = memoryview(frame)
    return [view[:size] for size in _SIZES]


def nothing(_):
    """An interrupt's handler: that it came is all, it has ended the sleep."""


def listen(link, pin):
    """Let the interrupt line end the processor's sleep, and give the link its irq(handler), which
    has handler(link) called when the chip reports a frame: by the scheduler, between two
    instructions of the program.

    On the RP2 a timer ends the sleep as well: its select() sleeps until some interrupt comes, and
    the chip reports no deadline of the stack's, nor again what one call left behind. Returns the
    timer, or None.
    """
    if pin is not None:
        pin.irq(nothing, pin.IRQ_FALLING)
        link.irq = lambda handler: pin.irq(lambda _: handler(link), pin.IRQ_FALLING)
    import sys

    if sys.platform != "rp2":
        return None
    from machine import Timer

    return Timer(-1, period=_WAKE_MS, callback=nothing)


def own_mac(serial):
    """A locally administered address made from the processor's serial number: always the same on
    one board."""
    mac = bytearray(b"\x02\0\0\0\0\0")
    for i, byte in enumerate(serial):
        at = 1 + i % 5
        mac[at] = (mac[at] * 31 + byte) & 0xFF
    return bytes(mac)
