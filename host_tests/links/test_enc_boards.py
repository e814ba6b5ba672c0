"""boards/pico_enc28j60 and boards/esp32_espnow on the models of what they stand for."""

import sys

from boardbench import Cable, Machine, asked, board
from enc_bench import numbered

import chips.espnow as air_of
from chips.enc28j60 import Enc28j60
from ferrule.link.espnow import EspNow

INTERPRETERS = ("x64", "unix32")


def test_the_pico_finds_its_enc28j60_where_the_readme_wires_it():
    sys.modules["machine"] = machine = Machine(Enc28j60(), 17, 20, 21)
    try:
        pico = board("pico_enc28j60")
        link = pico.make_link()
    finally:
        del sys.modules["machine"]
    assert machine.wires == (0, 10_000_000, 18, 19, 16)
    assert link.isup() and link.mac[0] == 2 and len(link.mac) == 6
    into = bytearray(1516)
    assert machine.chip.wire_in(bytes(numbered(60, 1, link.mac)))
    assert link.recv_into(into) == 60
    assert pico.address() == "dhcp" and pico.limits()["connections"] == 6


def test_the_pico_does_without_the_wires_for_reset_and_interrupt():
    sys.modules["machine"] = machine = Machine(Enc28j60(), 17, None, None)
    try:
        pico = board("pico_enc28j60")
        pico.RESET = pico.INT = None
        link = pico.make_link()
    finally:
        del sys.modules["machine"]
    assert machine.chip.wire_in(bytes(numbered(60, 1, link.mac)))
    assert link.recv_into(bytearray(1516)) == 60


def test_the_echo_device_answers_on_the_pico():
    sys.modules["machine"] = machine = Machine(Enc28j60(), 17, 20, 21)
    try:
        pico = board("pico_enc28j60")
        pico.ADDRESS = "192.168.1.99", "255.255.255.0", "192.168.1.1", "192.168.1.1"
        answer = asked(pico, Cable(machine.chip), "192.168.1.5")
    finally:
        del sys.modules["machine"]
    assert answer.startswith(b"HTTP/1.1 200 OK"), answer
    assert b"192.168.1.99" in answer and not machine.chip.misuse


def test_the_echo_device_answers_by_espnow():
    air = air_of.Air()
    station = air.station(b"\x24\x0a\xc4\x12\x34\x17")
    other = air.station(b"\x24\x0a\xc4\x12\x34\x18")
    sys.modules["network"] = Network(station)
    sys.modules["espnow"] = station.espnow
    try:
        link = EspNow(wlan=other.wlan, espnow=other.espnow)
        answer = asked(board("esp32_espnow"), link, "10.47.0.25")
    finally:
        del sys.modules["network"], sys.modules["espnow"]
    assert answer.startswith(b"HTTP/1.1 200 OK"), answer
    assert b"10.47.0.24" in answer


class Network:
    """The module `network` with one board's station interface."""

    STA_IF = 0

    def __init__(self, station):
        self._wlan = station.wlan

    def WLAN(self, _):
        return self._wlan


def test_two_esp32s_choose_addresses_that_differ():
    air = air_of.Air()
    seen = []
    for last in (0x00, 0x17, 0xFE):
        station = air.station(b"\x24\x0a\xc4\x12\x34" + bytes((last,)))
        sys.modules["network"] = Network(station)
        sys.modules["espnow"] = station.espnow
        try:
            esp32 = board("esp32_espnow")
            link = esp32.make_link()
        finally:
            del sys.modules["network"], sys.modules["espnow"]
        assert link.isup() and link.mac == station.mac and link.mtu == 1468
        assert esp32.limits()["rx_buffer"] >= 2 * (link.mtu - 40)
        seen.append(esp32.address()[0])
        assert station.wlan.channel == 1
    assert seen == ["10.47.0.1", "10.47.0.24", "10.47.0.2"], seen
