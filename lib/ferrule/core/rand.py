"""Initial sequence numbers that nobody can guess (RFC 6528): a 4-microsecond clock plus a keyed
hash.

The hash is HalfSipHash-2-4 over three words; its key is drawn from the stack's source of
randomness at start and never leaves the host record.
"""

import micropython
from micropython import const

from ..wire.arch import THUMB

# --- layout: written by tools/layout.py ---
_H_ISN_CLOCK = const(2)
_H_IP = const(3)
_H_KEY0 = const(10)
_H_KEY1 = const(11)
_O_SEQ = const(2)
# --- end of layout ---


@micropython.viper
def choose_isn(h: ptr32, o: ptr32):
    """Put an initial sequence number for the pair in the out record (DST, PORTS) into its
    SEQ.
    """
    v0 = h[_H_KEY0]
    v1 = h[_H_KEY1]
    w = 0x6C79
    v2 = v0 ^ ((w << 16) | 0x6765)
    w = 0x7465
    v3 = v1 ^ ((w << 16) | 0x6462)
    i = 0
    while i < 12:  # two rounds for each of three words, and for the length; then four more
        if i == 8:
            v2 ^= 0xFF
        elif i < 8 and not i & 1:
            w = o[i >> 1]  # DST, PORTS
            if i > 2:
                w = h[_H_IP] if i == 4 else 12 << 24
            v3 ^= w
        # what a 64-bit port has above bit 31 never comes down
        v0 += v1
        v1 = ((v1 << 5) | ((v1 >> 27) & 0x1F)) ^ v0
        v0 = (v0 << 16) | ((v0 >> 16) & 0xFFFF)
        v2 += v3
        v3 = ((v3 << 8) | ((v3 >> 24) & 0xFF)) ^ v2
        v0 += v3
        v3 = ((v3 << 7) | ((v3 >> 25) & 0x7F)) ^ v0
        v2 += v1
        v1 = ((v1 << 13) | ((v1 >> 19) & 0x1FFF)) ^ v2
        v2 = (v2 << 16) | ((v2 >> 16) & 0xFFFF)
        if i & 1 and i < 8:
            v0 ^= w
        i += 1
    o[_O_SEQ] = h[_H_ISN_CLOCK] + (v1 ^ v3)


if THUMB:
    from .thumb import choose_isn  # noqa: F401, F811
