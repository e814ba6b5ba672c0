"""firmware/main.py on a board whose clock runs faster, with an address from a server. Runs inside
MicroPython.

    FERRULE_LINK=packet:v1 SPEED=20 HOSTNAME=kitchen micropython host_tests/interop/device_dhcp.py

A lease of two minutes, the shortest that dnsmasq gives, is to be renewed after three seconds then.
"""

import sys
import time
from os import getenv

ROOT = __file__.rsplit("/", 3)[0] if __file__.count("/") > 2 else "../.."
sys.path += [ROOT + "/lib", ROOT + "/firmware"]

import main  # noqa: E402
from ferrule.link.packet import Packet  # noqa: E402

SPEED = int(getenv("SPEED"))


class Link(Packet):
    def wait(self, ms):
        super().wait(ms // SPEED)


class Board:
    """What `import board` gives, and `import settings`."""

    HOSTNAME = getenv("HOSTNAME")

    def make_link(self):
        return Link(getenv("FERRULE_LINK").partition(":")[2])

    def address(self):
        return "dhcp"

    def limits(self):
        return {"ticks_ms": lambda: time.ticks_ms() * SPEED & 0x3FFFFFFF}


sys.modules["board"] = sys.modules["settings"] = Board()
main.main()
