"""Buffers that wrap, and what their registers mean: for wizcore.py and the chips on it."""


def patched(value, at, byte):
    """A 16-bit value, big end first, with the byte at address `at` replaced."""
    return value & 0xFF00 | byte if at & 1 else value & 0xFF | byte << 8


def ring_read(memory, base, size, pointer, n):
    """n bytes at a pointer of a buffer of `size` bytes at `base`, around its end."""
    at = pointer & (size - 1)
    first = memory[base + at : base + min(at + n, size)]
    return first if len(first) == n else first + ring_read(memory, base, size, 0, n - len(first))


def ring_write(memory, base, size, pointer, data):
    """Write data at a pointer of a buffer, around its end as often as it takes."""
    done = 0
    while done < len(data):
        at = (pointer + done) & (size - 1)
        part = min(len(data) - done, size - at)
        memory[base + at : base + at + part] = data[done : done + part]
        done += part


def kilobytes(value):
    """A buffer size register: 0, 1, 2, 4, 8 or 16 KB; what else stands there is taken for 0."""
    return value * 1024 if value in (1, 2, 4, 8, 16) else 0
