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
_O_DST = const(0)
_O_PORTS = const(1)
_O_SEQ = const(2)
# --- end of layout ---


@micropython.viper
def choose_isn(h: ptr32, o: ptr32):
    """Put an initial sequence number for the pair in the out record (DST, PORTS) into its
    SEQ.
    """
    m = int(0xFFFFFFFF)
    v0 = h[_H_KEY0] & m
    v1 = h[_H_KEY1] & m
    c = 0x6C79
    v2 = v0 ^ ((c << 16) | 0x6765)
    c = 0x7465
    v3 = v1 ^ ((c << 16) | 0x6462)
    i = 0
    while i < 8:  # two rounds for each of three words, and for the length; then four more
        w = 0
        if i == 0:
            w = o[_O_DST]
        elif i == 1:
            w = o[_O_PORTS]
        elif i == 2:
            w = h[_H_IP]
        elif i == 3:
            w = 12 << 24
        if i < 4:
            v3 = (v3 ^ w) & m
        elif i == 4:
            v2 ^= 0xFF
        j = 0
        while j < (2 if i < 4 else 1):
            v0 = (v0 + v1) & m
            v1 = (((v1 << 5) & m) | ((v1 >> 27) & 0x1F)) ^ v0
            v0 = ((v0 << 16) & m) | ((v0 >> 16) & 0xFFFF)
            v2 = (v2 + v3) & m
            v3 = (((v3 << 8) & m) | ((v3 >> 24) & 0xFF)) ^ v2
            v0 = (v0 + v3) & m
            v3 = (((v3 << 7) & m) | ((v3 >> 25) & 0x7F)) ^ v0
            v2 = (v2 + v1) & m
            v1 = (((v1 << 13) & m) | ((v1 >> 19) & 0x1FFF)) ^ v2
            v2 = ((v2 << 16) & m) | ((v2 >> 16) & 0xFFFF)
            j += 1
        if i < 4:
            v0 = (v0 ^ w) & m
        i += 1
    o[_O_SEQ] = h[_H_ISN_CLOCK] + (v1 ^ v3)


if THUMB:
    from ..wire.thumb import choose_isn  # noqa: F401, F811
