"""Internet checksum (RFC 1071) and byte copies: the two loops that every byte of a frame
meets.
"""

import micropython

from .arch import THUMB


@micropython.viper
def checksum(buf: ptr8, off: int, n: int, s: int) -> int:
    """Ones'-complement sum of buf[off:off+n] plus s, folded to 16 bits, low byte first.

    Summed as little-endian halves, so the result is stored low byte first and reads right on the
    wire. n at most 16 KB (the sum must stay below 2**30).  Reads only; allocates nothing.
    """
    a = int(buf) + off
    if a & 1:  # an odd address: halves would fault on Cortex-M0+
        b = ptr8(a)
        i = 0
        while i < n - 1:
            s += b[i] | (b[i + 1] << 8)
            i += 2
        if i < n:
            s += b[i]
    else:
        p = ptr16(a)
        while n >= 32:
            s += p[0] + p[1] + p[2] + p[3] + p[4] + p[5] + p[6] + p[7]
            s += p[8] + p[9] + p[10] + p[11] + p[12] + p[13] + p[14] + p[15]
            p = ptr16(int(p) + 32)
            n -= 32
        while n >= 2:
            s += p[0]
            p = ptr16(int(p) + 2)
            n -= 2
        if n:
            s += ptr8(p)[0]
    s = (s & 0xFFFF) + (s >> 16)
    return (s & 0xFFFF) + (s >> 16)


@micropython.viper
def copy(dst: ptr8, doff: int, src: ptr8, soff: int, n: int):
    """dst[doff:doff+n] = src[soff:soff+n], by words where both ends allow.  The caller checked
    the lengths.
    """
    d = int(dst) + doff
    s = int(src) + soff
    if n >= 8 and not (d ^ s) & 1:
        if d & 1:
            ptr8(d)[0] = ptr8(s)[0]
            d += 1
            s += 1
            n -= 1
        if d & 2:
            ptr16(d)[0] = ptr16(s)[0]
            d += 2
            s += 2
            n -= 2
        if not (d ^ s) & 2:
            while n >= 32:
                p = ptr32(d)
                q = ptr32(s)
                p[0] = q[0]
                p[1] = q[1]
                p[2] = q[2]
                p[3] = q[3]
                p[4] = q[4]
                p[5] = q[5]
                p[6] = q[6]
                p[7] = q[7]
                d += 32
                s += 32
                n -= 32
        while n >= 8:
            h = ptr16(d)
            g = ptr16(s)
            h[0] = g[0]
            h[1] = g[1]
            h[2] = g[2]
            h[3] = g[3]
            d += 8
            s += 8
            n -= 8
    b = ptr8(d)
    c = ptr8(s)
    while n >= 4:
        b[0] = c[0]
        b[1] = c[1]
        b[2] = c[2]
        b[3] = c[3]
        b = ptr8(int(b) + 4)
        c = ptr8(int(c) + 4)
        n -= 4
    i = 0
    while i < n:
        b[i] = c[i]
        i += 1


if THUMB:
    from .thumb import checksum, copy  # noqa: F401, F811
