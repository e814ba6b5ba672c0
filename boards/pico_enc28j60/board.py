"""A Raspberry Pi Pico with an ENC28J60 module; wiring and what may go wrong: README.md.

Change what is written in capitals when your wiring or your network differs.
"""

SPI_ID, SCK, MOSI, MISO = 0, 18, 19, 16
CS = 17
RESET = 20  # None without this wire
INT = 21  # None without this wire
HZ = 10_000_000  # 20 MHz at most, and 8 MHz or more for chips of revision B1 and B4

# "dhcp": from the router; by hand: ("192.168.1.99", "255.255.255.0", "192.168.1.1", "192.168.1.1")
ADDRESS = "dhcp"


def make_link():
    """The chip.  OSError ENODEV with a sentence when it does not answer."""
    from machine import SPI, Pin

    from ferrule.link.enc28j60 import Enc28j60

    spi = SPI(SPI_ID, HZ, sck=Pin(SCK), mosi=Pin(MOSI), miso=Pin(MISO))
    return Enc28j60(spi, Pin(CS), pin(RESET), pin(INT))


def pin(number):
    """The pin, or None where there is no wire."""
    from machine import Pin

    return None if number is None else Pin(number)


def address():
    """(address, mask, gateway, dns), or "dhcp"."""
    return ADDRESS


def limits():
    """Windows of 4 KB: what the chip's receive buffer, 6.5 KB, holds while nobody looks."""
    return {"connections": 6, "rx_buffer": 4096, "tx_buffer": 4096}
