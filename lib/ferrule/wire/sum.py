"""Internet checksum (RFC 1071) and byte copies: the two loops that every byte of a frame
meets.

The compiler of .mpy files keeps a viper function's first two arguments in registers and all other
variables on the stack, at twice the code and time.  So in both loops the first two become what
the loop uses most, once they have said where it begins.
"""

import micropython

from .arch import THUMB


@micropython.viper
def checksum(p: ptr16, off: int, n: int, s: int) -> int:
    """Ones'-complement sum of the n bytes of buffer p from off on, plus s, folded to 16 bits, low
    byte first.

    Summed as little-endian halves, so the result is stored low byte first and reads right on the
    wire.  The bytes begin at an even address, as everything in a frame does (halves elsewhere
    would fault on a Cortex-M0+); n is at most 16 KB (the sum must stay below 2**30).  Reads only;
    allocates nothing.
    """
    p = ptr16(int(p) + off)
    off = n >> 5
    while off:
        s += (
            p[0] + p[1] + p[2] + p[3] + p[4] + p[5] + p[6] + p[7]
            + p[8] + p[9] + p[10] + p[11] + p[12] + p[13] + p[14] + p[15]
        )
        p = ptr16(int(p) + 32)
        off -= 1
    off = (n >> 1) & 15
    while off:
        s += p[0]
        p = ptr16(int(p) + 2)
        off -= 1
    if n & 1:
        s += ptr8(p)[0]
    s = (s & 0xFFFF) + (s >> 16)
    return (s & 0xFFFF) + (s >> 16)


@micropython.viper
def copy(d: ptr32, s: int, src: ptr8, soff: int, n: int):
    """Copy n bytes of src from soff on to buffer d from index s on, by words where both ends lie
    alike in one.  The caller checked the lengths.
    """
    d = ptr32(int(d) + s)
    s = int(src) + soff
    if n >= 8 and not (int(d) ^ s) & 3:
        while s & 3:
            ptr8(d)[0] = ptr8(s)[0]
            d = ptr32(int(d) + 1)
            s += 1
            n -= 1
        soff = n >> 5
        while soff:
            d[0] = ptr32(s)[0]
            d[1] = ptr32(s)[1]
            d[2] = ptr32(s)[2]
            d[3] = ptr32(s)[3]
            d[4] = ptr32(s)[4]
            d[5] = ptr32(s)[5]
            d[6] = ptr32(s)[6]
            d[7] = ptr32(s)[7]
            d = ptr32(int(d) + 32)
            s += 32
            soff -= 1
        n &= 31
    soff = n >> 3
    while soff:
        ptr8(d)[0] = ptr8(s)[0]
        ptr8(d)[1] = ptr8(s)[1]
        ptr8(d)[2] = ptr8(s)[2]
        ptr8(d)[3] = ptr8(s)[3]
        ptr8(d)[4] = ptr8(s)[4]
        ptr8(d)[5] = ptr8(s)[5]
        ptr8(d)[6] = ptr8(s)[6]
        ptr8(d)[7] = ptr8(s)[7]
        d = ptr32(int(d) + 8)
        s += 8
        soff -= 1
    n &= 7
    while n:
        ptr8(d)[0] = ptr8(s)[0]
        d = ptr32(int(d) + 1)
        s += 1
        n -= 1


if THUMB:
    from .thumb import checksum, copy  # noqa: F401, F811
