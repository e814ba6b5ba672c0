"""The loops and calculations of the WIZnet links: what is read from the chip, and addresses.

All take the bytes of an SPI frame as the bus has them: three of a head, then the data.
"""

import micropython


@micropython.viper
def judge(seen: ptr8, rx_rd: int, tx_wr: int, size: int) -> int:
    """Whether a burst of the five pointers from Sn_TX_RD to Sn_RX_WR is the truth: the bytes that
    wait, plus 65536 when nothing is on its way out; -1 when the pointers contradict one another,
    or what we wrote.

    The datasheet asks for 16-bit registers to be read until two readings agree, because they may
    change between their bytes. Sn_RX_RSR is the difference of the two pointers read behind it, so
    one burst holds both readings.
    """
    if ((seen[5] << 8) | seen[6]) != tx_wr or ((seen[9] << 8) | seen[10]) != rx_rd:
        return -1
    waiting = (seen[7] << 8) | seen[8]
    if waiting != ((((seen[11] << 8) | seen[12]) - rx_rd) & 0xFFFF) or waiting > size:
        return -1
    if ((seen[3] << 8) | seen[4]) == tx_wr:
        waiting += 0x10000
    return waiting


@micropython.viper
def length(seen: ptr8, waiting: int) -> int:
    """The length of the frame whose two bytes of length stand behind the head of an SPI frame; -1
    when it cannot be: shorter or longer than frames are, or than what waits."""
    n = ((seen[3] << 8) | seen[4]) - 2
    if n < 14 or n > 1518 or n + 2 > waiting:  # 1518: with a VLAN tag
        return -1
    return n


@micropython.viper
def aim(out: ptr8, ring: ptr32, pointer: int) -> int:
    """Write the address of a pointer into the head of an SPI frame that reads or writes a buffer.
    The bytes from there to the buffer's end. `ring`: where in the head, the pointer's bits that
    count, the buffer's first address, its end."""
    place = pointer & ring[1]
    where = ring[2] + place
    out[ring[0]] = where >> 8
    out[ring[0] + 1] = where
    return ring[3] - place


@micropython.viper
def store(out: ptr8, pointer: int) -> int:
    """Put a pointer, as 16 bits, behind the head of an SPI frame; return it so."""
    out[3] = pointer >> 8
    out[4] = pointer
    return pointer & 0xFFFF


@micropython.viper
def differs(seen: ptr8, at: int, expected: ptr8, mask: ptr8, n: int) -> int:
    """How many of n bytes of seen[at:] differ from `expected` where `mask` has ones."""
    count = 0
    i = 0
    while i < n:
        if (seen[at + i] ^ expected[i]) & mask[i]:
            count += 1
        i += 1
    return count
