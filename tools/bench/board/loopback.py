"""Two stacks on one LAN9118: the device under test, which is counted, and its peer, which is
not.

The device reads and writes the chip's FIFOs as it does on a network.  The peer puts its frames
into the receiver by switching the PHY to loopback for the moment of sending; the device's frames
go out into nothing (the board is started without a network) and reach the peer as copies in
memory.
"""

import time

import micropython

from ferrule import Stack
from ferrule.link import lan9118, loop

_INSN_PER_TICK = (
    5  # -icount shift=3: 8 ns an instruction, and a tick of the 25 MHz counter is 40 ns
)


@micropython.viper
def _phy_loopback(base: int, on: int):
    """BMCR (PHY register 0) bit 14: loopback; and promiscuous, full duplex, receiver and
    transmitter on.
    """
    r = ptr32(base)
    bit = 1
    r[0xA8 >> 2] = 0x4000 if on else 0
    r[0xA4 >> 2] = (bit << 31) | 7  # MII_DATA
    r[0xA8 >> 2] = (1 << 11) | (0 << 6) | 3  # PHY 1, register 0, write, start
    r[0xA4 >> 2] = (bit << 31) | 6  # MII_ACC
    r[0xA8 >> 2] = (0x0014 << 16) | 0x0C  # MAC_CR: full duplex, promiscuous
    r[0xA4 >> 2] = (bit << 31) | 1


class Device:
    """The link of the device under test: the chip itself, and a copy of what is sent for the
    peer, uncounted.
    """

    mtu = 1500

    def __init__(self, chip, counter, wire):
        self.mac = chip.mac
        self.chip = chip
        self.recv_into = chip.recv_into
        self.isup = chip.isup
        self.counter = counter
        self.wire = wire

    def send(self, frame, n):
        done = self.chip.send(frame, n)
        self.counter.stop()
        self.wire.send(frame, n)
        self.counter.start()
        return done


class Peer:
    """The other stack's link: it sends into the chip's receiver, and receives the copies."""

    mtu = 1500
    mac = b"\x02\0\0\0\0\x01"

    def __init__(self, chip, wire):
        self.chip = chip
        self.recv_into = wire.recv_into
        self.isup = chip.isup

    def send(self, frame, n):
        _phy_loopback(self.chip.base, 1)
        done = self.chip.send(frame, n)
        _phy_loopback(self.chip.base, 0)
        return done


def fixed(n):
    return bytes(range(7, 7 + n))


class Counter:
    """Instructions between start() and stop(), less what the two calls themselves take."""

    def __init__(self):
        self.total = self.cost = 0
        self.at = time.ticks_cpu()
        for _ in range(4):
            self.start()
            self.stop()
        self.cost = self.total // 4
        self.total = 0

    def start(self):
        self.at = time.ticks_cpu()

    def stop(self):
        self.total += time.ticks_diff(time.ticks_cpu(), self.at) * _INSN_PER_TICK - self.cost


def peers(peer_buffer, **limits):
    """(device's stack, peer's stack, counter), with addresses, active.  peer_buffer: bytes of
    the peer's rings.
    """
    counter = Counter()
    chip = lan9118.LAN9118()
    _phy_loopback(chip.base, 0)
    ours, theirs = loop.pair(slots=4)
    net = Stack(Device(chip, counter, ours), random=fixed, **limits)
    peer = Stack(
        Peer(chip, theirs),
        random=fixed,
        connections=2,
        rx_buffer=peer_buffer,
        tx_buffer=peer_buffer,
        time_wait=4,
        neighbours=2,
    )
    net.ifconfig(("10.9.0.2", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
    peer.ifconfig(("10.9.0.1", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
    net.active(True)
    peer.active(True)
    return net, peer, counter


def quietly(call, *args):
    """A non-blocking call that may say `in progress`."""
    try:
        return call(*args)
    except OSError:
        return None
