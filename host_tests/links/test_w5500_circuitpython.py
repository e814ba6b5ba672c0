# runs in: cpython
"""The models of the W5500 and the W5100S proved by somebody else's driver: the public
CircuitPython driver, unmodified, finds them, sets them up, and moves data through every socket.

What it does not cover, MACRAW and the interrupt line first of all, is argued in the models. MACRAW
is driven here with its own functions for registers and buffers.
"""

import random
import sys
from pathlib import Path

import pytest

SHIMS = Path(__file__).resolve().parent.parent / "circuitpython"
CHIPS = {"w5500": ("chips.w5500", "W5500", 8), "w5100s": ("chips.w5100s", "W5100S", 4)}
MAC = bytes((2, 0, 0, 0, 0, 12))
PEER = (10, 9, 0, 1)


class Clock:
    """A time module whose sleep takes no time but passes it."""

    def __init__(self):
        self.ms = 0.0

    def ticks_ms(self):
        return int(self.ms) & 0x3FFFFFFF

    def sleep(self, seconds):
        self.ms += 1000 * seconds


@pytest.fixture
def driver(monkeypatch):
    """The driver's module, with our stand-ins for busio, digitalio and micropython."""
    monkeypatch.syspath_prepend(str(SHIMS))
    for name in ("busio", "digitalio", "micropython"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    module = pytest.importorskip(
        "adafruit_wiznet5k.adafruit_wiznet5k", reason="make .venv brings the driver"
    )
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    module.clock = clock
    return module


@pytest.fixture(params=sorted(CHIPS))
def rig(request, driver):
    """(driver's object, model, bus)."""
    return start(driver, request.param)


def start(driver, name):
    import busio
    import digitalio

    from chips.bus import Bus, Pin

    module, model, _ = CHIPS[name]
    chip = getattr(__import__(module, fromlist=[model]), model)(driver.clock)
    bus = Bus()
    cs, reset = Pin("cs"), Pin("reset")
    bus.attach(chip, cs, reset)
    eth = driver.WIZNET5K(
        busio.SPI(bus),
        digitalio.DigitalInOut(cs),
        digitalio.DigitalInOut(reset),
        is_dhcp=False,
        mac=MAC,
        spi_baudrate=20_000_000,
    )
    assert eth.chip == name
    return eth, chip, bus


def test_it_finds_resets_and_sets_up_the_chip(rig):
    eth, chip, bus = rig
    assert eth.max_sockets == chip.sockets_number
    assert chip.resets >= 3  # power-on, the pin, the mode register
    assert chip.short_resets == bus.wrong_mode == bus.too_fast == bus.contention == 0
    assert eth.mac_address == MAC
    eth.mac_address = "02:00:00:00:00:0d"
    assert bytes(chip.common[9:15]) == b"\x02\0\0\0\0\x0d"
    eth.ifconfig = (bytes((10, 9, 0, 2)), bytes((255, 255, 255, 0)), bytes(PEER), bytes(PEER))
    assert eth.ifconfig == (bytes((10, 9, 0, 2)), b"\xff\xff\xff\0", bytes(PEER), bytes(PEER))
    assert eth.rcr == 8 and eth.rtr == 2000
    eth.rcr = 5
    assert eth.rcr == 5
    assert [eth.socket_status(n) for n in range(eth.max_sockets)] == [0] * eth.max_sockets


def test_it_sees_the_cable(rig):
    eth, chip, _ = rig
    assert eth.link_status
    chip.plugged = False
    assert not eth.link_status
    with pytest.raises(ConnectionError):
        eth.socket_open(0, conn_mode=2)
    chip.plugged = True
    assert eth.link_status


def test_a_chip_that_is_not_there_is_no_chip(driver):
    from chips.w5500 import W5500

    awake, W5500.awake = W5500.awake, lambda self: False
    try:
        with pytest.raises(RuntimeError):
            start(driver, "w5500")
    finally:
        W5500.awake = awake


def test_datagrams_of_every_size_go_out_through_every_socket(rig):
    eth, chip, _ = rig
    seen = []
    chip.on_datagram = lambda *what: seen.append(what)
    dice = random.Random(1)
    for n in range(eth.max_sockets):
        eth.socket_connect(n, PEER, 5000 + n, conn_mode=2)
        assert eth.socket_status(n) == 0x22
    for _ in range(400):
        n = dice.randrange(eth.max_sockets)
        data = dice.randbytes(dice.randrange(1, 1473))
        assert eth.socket_write(n, data) == len(data)
        assert seen.pop() == (n, bytes(PEER), 5000 + n, data) and not seen
        assert eth.read_snir(n) & 0x10 == 0


def test_datagrams_come_in_through_every_socket_and_around_the_end_of_its_buffer(rig):
    eth, chip, _ = rig
    dice = random.Random(2)
    waiting = {}
    for n in range(eth.max_sockets):
        eth.socket_open(n, conn_mode=2)
        waiting[n] = []
    for _ in range(600):
        n = dice.randrange(eth.max_sockets)
        data = dice.randbytes(dice.randrange(1, 900))
        free = 2048 - sum(len(other) + 8 for other in waiting[n])
        assert chip.datagram_in(n, PEER, 7000 + n, data) == (len(data) + 8 <= free)
        if len(data) + 8 <= free:
            waiting[n].append(data)
        n = dice.randrange(eth.max_sockets)
        total = sum(len(data) + 8 for data in waiting[n])
        if waiting[n]:
            assert eth.socket_available(n, 2) == total
            data = waiting[n].pop(0)
            assert eth.read_udp(n, 2000) == (len(data), data)
            assert eth.udp_from_ip[n] == bytes(PEER) and eth.udp_from_port[n] == 7000 + n
    assert chip.overflows > 10


def test_a_stream_through_its_socket_objects(rig, driver):
    from adafruit_wiznet5k.adafruit_wiznet5k_socketpool import SocketPool

    eth, chip, _ = rig
    eth.ifconfig = (bytes((10, 9, 0, 2)), bytes((255, 255, 255, 0)), bytes(PEER), bytes(PEER))
    sent = bytearray()
    asked = []
    chip.on_connect = lambda n, address, port: asked.append((address, port)) or True
    chip.on_stream = lambda n, data: sent.extend(data)
    sock = SocketPool(eth).socket()
    sock.connect(("10.9.0.1", 80))
    assert asked == [(bytes(PEER), 80)]
    number = next(n for n in range(eth.max_sockets) if eth.socket_status(n) == 0x17)
    dice = random.Random(3)
    told = heard = b""
    for _ in range(60):
        data = dice.randbytes(dice.randrange(1, 2000))
        assert sock.send(data) == len(data)
        told += data
        data = dice.randbytes(dice.randrange(1, 2000))
        assert chip.stream_in(number, data)
        into = bytearray(len(data))
        done = 0
        while done < len(data):
            done += sock.recv_into(memoryview(into)[done:])
        heard += data
        assert bytes(into) == data
    assert bytes(sent) == told and len(heard) > 50_000
    sock.close()
    assert eth.socket_status(number) == 0


def test_a_refused_connection_and_a_listening_socket(rig):
    eth, chip, _ = rig
    chip.on_connect = None
    with pytest.raises(ConnectionError):
        eth.socket_connect(1, PEER, 81)
    assert eth.read_snir(1) & 0x08  # TIMEOUT
    eth.socket_listen(2, 80)
    assert eth.socket_status(2) == 0x14 and chip.knock(2, PEER, 4321)
    assert eth.socket_status(2) == 0x17
    assert eth.remote_ip(2) == "10.9.0.1" and eth.remote_port(2) == 4321
    eth.socket_disconnect(2)
    assert eth.socket_status(2) == 0


def test_frames_through_macraw_with_its_functions_for_registers_and_buffers(rig):
    """Socket 0 has 2 KB as the driver leaves it: frames pass the buffer's end again and again."""
    eth, chip, _ = rig
    frames = []
    chip.on_frame = frames.append
    eth._write_snmr(0, 0x04)
    eth._write_sncr(0, 0x01)
    assert eth.socket_status(0) == 0x42
    eth._write_snmr(1, 0x04)
    eth._write_sncr(1, 0x01)
    assert eth.socket_status(1) == 0  # socket 0 only
    dice = random.Random(4)
    for _ in range(300):
        frame = dice.randbytes(12) + b"\x08\x00" + dice.randbytes(dice.randrange(46, 1500))
        eth.socket_write(0, frame)
        assert frames.pop() == frame
        assert chip.wire_in(frame)
        assert eth.socket_available(0) == len(frame) + 2
        _, head = eth.socket_read(0, 2)
        assert int.from_bytes(head, "big") == len(frame) + 2
        assert eth.socket_read(0, len(frame)) == (len(frame), frame)
    assert eth.socket_available(0) == 0
    eth.socket_close(0)
    assert not chip.wire_in(bytes(60))
