"""boards/pico_enc28j60 and boards/esp32_espnow on the models of what they stand for."""

import sys

from enc_bench import numbered

import chips.bus as bus_of
import chips.espnow as air_of
import ferrule
from chips.enc28j60 import Enc28j60
from ferrule.link.espnow import EspNow

INTERPRETERS = ("x64", "unix32")


class Machine:
    """The module `machine` with an ENC28J60 wired as the board's README says."""

    def __init__(self, cs, reset, irq):
        self.bus = bus_of.Bus()
        self.chip = Enc28j60()
        self.out = []
        self.chip.on_frame = self.out.append
        self.pins = {}
        # As attributes: a bound method cannot be imported by `from machine import`.
        self.Pin, self.SPI, self.unique_id = self._pin, self._spi, self._serial
        wires = [self._pin(number) if number is not None else None for number in (cs, reset, irq)]
        self.bus.attach(self.chip, *wires)

    def _pin(self, number):
        if number not in self.pins:
            self.pins[number] = bus_of.Pin(number)
        return self.pins[number]

    def _spi(self, number, hz, sck, mosi, miso):
        self.wires = (number, hz, sck.id, mosi.id, miso.id)
        return bus_of.SPI(self.bus, hz)

    def _serial(self):
        return b"\xe6\x60\x38\xb7\x13\x2d\x4e\x2a"


def board(name):
    """The module board.py of boards/NAME, fresh."""
    sys.modules.pop("board", None)
    sys.path.insert(0, "boards/" + name)
    try:
        return __import__("board")
    finally:
        sys.path.pop(0)


def test_the_pico_finds_its_enc28j60_where_the_readme_wires_it():
    sys.modules["machine"] = machine = Machine(17, 20, 21)
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
    sys.modules["machine"] = machine = Machine(17, None, None)
    try:
        pico = board("pico_enc28j60")
        pico.RESET = pico.INT = None
        link = pico.make_link()
    finally:
        del sys.modules["machine"]
    assert machine.chip.wire_in(bytes(numbered(60, 1, link.mac)))
    assert link.recv_into(bytearray(1516)) == 60


class Cable:
    """The link of a stack at the other end of the chip's cable."""

    mac = b"\x02\x00\x00\x00\x00\x01"
    mtu = 1500

    def __init__(self, chip):
        self.chip = chip
        self.waiting = []
        chip.on_frame = self.waiting.append

    def send(self, frame, n):
        return self.chip.wire_in(bytes(memoryview(frame)[:n]))

    def recv_into(self, frame):
        if not self.waiting:
            return 0
        data = self.waiting.pop(0)
        memoryview(frame)[: len(data)] = data
        return len(data)

    def isup(self):
        return True

    def wait(self, ms):
        pass


def asked(board_module, peer_link, peer_ip):
    """What the echo device on the board answers to GET /netstat from a stack on peer_link."""
    if "firmware" not in sys.path:
        sys.path.append("firmware")
    import main

    net, server = main.device(board_module)
    peer = ferrule.Stack(peer_link, connections=2)
    peer.ifconfig((peer_ip, "255.255.255.0", "0.0.0.0", "0.0.0.0"))
    peer.active(True)
    sock = peer.socket()
    sock.setblocking(False)
    try:
        sock.connect((net.ifconfig()[0], 80))
    except OSError:
        pass
    answer = b""
    wrote = False
    for _ in range(20_000):
        net.poll()
        server.turn()
        peer.poll()
        if not wrote and sock.ioctl(3, 4) & 4:
            sock.write(b"GET /netstat HTTP/1.0\r\n\r\n")
            wrote = True
        if wrote and sock.ioctl(3, 1) & 1:
            data = sock.recv(2000)
            answer += data
            if not data:
                break
    return answer


def test_the_echo_device_answers_on_the_pico():
    sys.modules["machine"] = machine = Machine(17, 20, 21)
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
