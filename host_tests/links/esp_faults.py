"""ESP-NOW failing at random, with any of its errors, and Wi-Fi switched off by somebody else."""

from errno import ETIMEDOUT

import chips.espnow as chip
from ferrule.link.espnow import EspNow
from ferrule.link.impair import Dice

A = b"\x24\x0a\xc4\x00\x00\x0a"
B = b"\x24\x0a\xc4\x00\x00\x0b"
NAMES = ("NOT_INIT", "ARG", "NO_MEM", "FULL", "NOT_FOUND", "EXIST", "IF", "CHAN", "TIMEOUT")


class Flaky:
    """A radio whose methods raise now and then, while `on`."""

    METHODS = ("send", "add_peer", "del_peer", "recvinto", "active", "config")

    def __init__(self, station, dice):
        self.on = False
        self.faults = 0
        self.dice = dice
        for name in self.METHODS:
            setattr(station.radio, name, self.wrapped(getattr(station.radio, name)))

    def wrapped(self, method):
        def call(*arguments, **keywords):
            if self.on and self.dice.below(6) == 0 and (arguments or keywords):
                self.faults += 1
                if method.__name__ == "recvinto" and self.dice.below(3) == 0:
                    raise ValueError("ESPNow.recv(): buffer error")
                name = NAMES[self.dice.below(len(NAMES))]
                if name == "TIMEOUT":
                    raise OSError(ETIMEDOUT)
                raise OSError(-chip.ERRORS[name], "ESP_ERR_ESPNOW_" + name)
            return method(*arguments, **keywords)

        return call


class Clock:
    def __init__(self):
        self.now = 0x3FFFFFFF - 5000

    def ticks_ms(self):
        return self.now

    def sleep_ms(self, ms):
        self.now = (self.now + ms) & 0x3FFFFFFF


def frame(n, to, sender):
    buffer = bytearray(1500)
    for i in range(14, n):
        buffer[i] = (n + i) & 0xFF
    buffer[0:6] = to
    buffer[6:12] = sender
    buffer[12] = 8
    buffer[13] = 0
    return buffer


def recover(clock, link, other):
    """Milliseconds until a frame passes in both directions."""
    into = bytearray(1500)
    for ms in range(3000):
        link.send(frame(77, B, A), 77)
        other.send(frame(78, A, B), 78)
        out = back = 0
        while True:
            n = other.recv_into(into)
            if not n:
                break
            out |= n == 77
        while True:
            n = link.recv_into(into)
            if not n:
                break
            back |= n == 78
        if out and back and link.isup():
            return ms
        clock.sleep_ms(1)
    raise AssertionError("no recovery")


def torture(seed, faults, payload=None):
    """Let `faults` calls of the firmware fail; now and then it is whole, and frames have to pass
    both ways within 1.5 s. Returns the longest that it took, in ms."""
    clock, dice = Clock(), Dice(seed)
    air = chip.Air(ticks_ms=clock.ticks_ms, sleep_ms=clock.sleep_ms)
    a, b = air.station(A), air.station(B)
    flaky = Flaky(a, dice)
    link = EspNow(wlan=a.wlan, espnow=a.espnow, ticks_ms=clock.ticks_ms, peers=3, payload=payload)
    other = EspNow(wlan=b.wlan, espnow=b.espnow, ticks_ms=clock.ticks_ms, payload=payload)
    into = bytearray(1500)
    worst = 0
    while flaky.faults < faults:
        flaky.on = True
        for _ in range(60):
            begun = clock.now
            n = 14 + dice.below(1500)
            to = (B, A, b"\xff" * 6, b"\x02\0\0\0\0" + bytes((dice.below(9),)))[dice.below(4)]
            assert link.send(frame(min(n, 1500), to, A), n) in (True, False)
            other.send(frame(60 + dice.below(900), A, B), 60)
            assert 0 <= link.recv_into(into) <= 1482
            link.isup()
            if dice.below(20) == 0:
                a.wlan.active(False)
            assert (clock.now - begun) & 0x3FFFFFFF <= 2000
            clock.sleep_ms(dice.below(300))
        flaky.on = False
        worst = max(worst, recover(clock, link, other))
    assert worst <= 1500 and link.resets and link.lost
    return worst
