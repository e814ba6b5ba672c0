"""A small random source for tests: the same numbers on every interpreter, no big integers."""


class Draw:
    """A 16-bit multiply-with-carry generator from a seed of 1..30000."""

    def __init__(self, seed=1):
        self.x = seed
        self.c = 17

    def bits(self):
        """0..32767."""
        t = self.x * 18000 + self.c
        self.x = t & 0xFFFF
        self.c = t >> 16
        return self.x >> 1

    def below(self, n):
        """0..n-1, n at most 32768."""
        return self.bits() % n

    def bytes(self, n):
        return bytes(self.bits() & 0xFF for _ in range(n))
