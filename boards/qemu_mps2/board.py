"""The MPS2-AN385 of QEMU as a board: the LAN9118 and the address of QEMU's user network."""

import micropython


def make_link():
    from ferrule.link.lan9118 import LAN9118

    return LAN9118()


def address():
    """QEMU's user network forwards host ports to 10.0.2.15; its gateway is 10.0.2.2."""
    return "10.0.2.15", "255.255.255.0", "10.0.2.2", "10.0.2.3"


def random(n):
    """n bytes that differ from start to start, by the counter's jitter against the host's time.

    The MPS2 has no source of entropy, so this is no secret: good enough for an emulated board, not
    for a device.  Boards with a generator leave this out and os.urandom serves.
    """
    out = bytearray(n)
    stir(out, n)
    return bytes(out)


@micropython.viper
def stir(out: ptr8, n: int):
    """Fold the counter (0x40028018) into each byte, a few hundred readings apart."""
    base = 0x4002
    counter = ptr32((base << 16) | 0x8018)
    x = counter[0]
    i = 0
    while i < n:
        k = 0
        while k < 200 + (x & 63):
            x = (x << 5) + x + (counter[0] & 0xFFFF) + ((x >> 13) & 0x3FFF)
            k += 1
        out[i] = x >> 9
        i += 1
