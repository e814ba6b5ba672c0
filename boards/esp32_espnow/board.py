"""An ESP32 on the air of ESP-NOW, without an access point; see README.md.

Change what is written in capitals when your network differs; it has to be the same on all boards.
"""

CHANNEL = 1  # of Wi-Fi
PAYLOAD = None  # the firmware's longest message; 250 when one of the boards knows no longer one
NETWORK = "10.47.0."

_link = None


def make_link():
    """The radio.  OSError ENODEV with a sentence on firmware without ESP-NOW."""
    global _link
    from ferrule.link.espnow import EspNow

    _link = EspNow(payload=PAYLOAD, channel=CHANNEL)
    return _link


def address():
    """(address, mask, gateway, dns): the last byte comes from the board's hardware address, so
    that two boards differ without being told."""
    host = 1 + _link.mac[5] % 253
    return NETWORK + str(host), "255.255.255.0", NETWORK + "254", NETWORK + "254"


def limits():
    """A window is what the firmware's receive buffer holds: two long messages, or many short
    ones."""
    return {"connections": 4, "rx_buffer": 2048 if PAYLOAD == 250 else 2856, "tx_buffer": 4096}
