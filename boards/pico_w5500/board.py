"""A Raspberry Pi Pico with a W5500 module; wiring and what may go wrong: README.md.

Change what is written in capitals when your wiring or your network differs.
"""

SPI_ID, SCK, MOSI, MISO = 0, 18, 19, 16
CS = 17
RESET = 20  # None without this wire
INT = 21  # None without this wire
HZ = 24_000_000  # the RP2040 makes 24 MHz or 12 MHz of its 48, and nothing between

# "dhcp": from the router; by hand: ("192.168.1.99", "255.255.255.0", "192.168.1.1", "192.168.1.1")
ADDRESS = "dhcp"


def make_link():
    """The chip.  OSError ENODEV with a sentence when it does not answer."""
    from machine import SPI, Pin

    from ferrule.link.w5500 import W5500

    spi = SPI(SPI_ID, HZ, sck=Pin(SCK), mosi=Pin(MOSI), miso=Pin(MISO))
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
