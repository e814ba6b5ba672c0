"""A Nucleo-F722ZE with a W5500 module; wiring and what may go wrong: README.md.

Change what is written in capitals when your wiring or your network differs.
"""

SPI_ID = 3  # SCK B3, MISO B4, MOSI B5: the firmware knows them
CS = "A4"
RESET = "F12"  # None without this wire
INT = "F13"  # None without this wire
HZ = 13_500_000  # of 54 MHz by powers of two: 27 MHz is the next, for short wires

# "dhcp": from the router; by hand: ("192.168.1.99", "255.255.255.0", "192.168.1.1", "192.168.1.1")
ADDRESS = "dhcp"


def make_link():
    """The chip.  OSError ENODEV with a sentence when it does not answer."""
    from machine import SPI, Pin

    from ferrule.link.w5500 import W5500

    spi = SPI(SPI_ID, baudrate=HZ)
    return W5500(spi, cs=Pin(CS), reset=pin(RESET), irq=pin(INT))


def pin(number):
    """The pin, or None where there is no wire."""
    from machine import Pin

    return None if number is None else Pin(number)


def address():
    """(address, mask, gateway, dns), or "dhcp"."""
    return ADDRESS


def limits():
    """Windows of 4 KB; the chip holds 16 KB while nobody looks."""
    return {"connections": 6, "rx_buffer": 4096, "tx_buffer": 4096}
