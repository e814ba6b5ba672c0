"""The boards with a W5500 or a W5100S on the chips' models, wired as their READMEs say."""

import sys

from wizbench import numbered

import chips.bus as bus_of
import chips.w5100s as w5100s_of
import chips.w5500 as w5500_of
import ferrule

INTERPRETERS = ("x64", "unix32")

# board: model, cs, reset, irq, what SPI is made of
BOARDS = {
    "pico_w5500": (w5500_of.W5500, 17, 20, 21, (0, 24_000_000, 18, 19, 16)),
    "w5500_evb_pico": (w5500_of.W5500, 17, 20, 21, (0, 24_000_000, 18, 19, 16)),
    "w5100s_evb_pico": (w5100s_of.W5100S, 17, 20, 21, (0, 24_000_000, 18, 19, 16)),
    "esp32_w5500": (w5500_of.W5500, 5, 26, 27, (2, 20_000_000, 18, 23, 19)),
    "nucleo_f722ze_w5500": (w5500_of.W5500, "A4", "F12", "F13", (3, 13_500_000)),
}


class Machine:
    """The module `machine` with a chip wired to these pins."""

    def __init__(self, model, cs, reset, irq):
        self.bus = bus_of.Bus()
        self.chip = model()
        self.pins = {}
        self.wires = None
        # As attributes: a bound method cannot be imported by `from machine import`.
        self.Pin, self.SPI, self.unique_id = self._pin, self._spi, self._serial
        self.bus.attach(self.chip, *[number and self._pin(number) for number in (cs, reset, irq)])

    def _pin(self, number):
        if number not in self.pins:
            self.pins[number] = bus_of.Pin(number)
        return self.pins[number]

    def _spi(self, number, baudrate, sck=None, mosi=None, miso=None):
        self.wires = (number, baudrate)
        if sck:
            self.wires += (sck.id, mosi.id, miso.id)
        return bus_of.SPI(self.bus, baudrate)

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


def on(name, work, reset=True, irq=True):
    """work(board module, machine) while `machine` is the board's."""
    model, cs, reset_pin, irq_pin, wires = BOARDS[name]
    machine = Machine(model, cs, reset_pin if reset else None, irq_pin if irq else None)
    before = sys.modules.get("machine")
    sys.modules["machine"] = machine
    try:
        module = board(name)
        if not reset:
            module.RESET = None
        if not irq:
            module.INT = None
        work(module, machine)
        assert machine.wires == wires and machine.bus.too_fast == 0
    finally:
        del sys.modules["machine"]
        if before:
            sys.modules["machine"] = before


def frame_in(module, machine):
    link = module.make_link()
    assert link.isup() and link.mac[0] == 2 and len(link.mac) == 6
    assert machine.chip.wire_in(numbered(60, 1, link.mac))
    assert link.recv_into(bytearray(1516)) == 60
    assert module.address() == "dhcp"
    ferrule.Stack(link, **module.limits())


def test_every_board_finds_its_chip_where_its_readme_wires_it():
    for name in BOARDS:
        on(name, frame_in)


def test_the_wires_for_reset_and_interrupt_may_be_left_out():
    for name in ("pico_w5500", "esp32_w5500", "nucleo_f722ze_w5500"):
        on(name, frame_in, reset=False, irq=False)


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


def echo(module, machine):
    """The echo device on the board answers a request over the chip's cable."""
    if "firmware" not in sys.path:
        sys.path.append("firmware")
    import main

    module.ADDRESS = "192.168.1.99", "255.255.255.0", "192.168.1.1", "192.168.1.1"
    net, server = main.device(module)
    peer = ferrule.Stack(Cable(machine.chip), connections=2)
    peer.ifconfig(("192.168.1.5", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
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
    assert answer.startswith(b"HTTP/1.1 200 OK"), answer
    assert b"192.168.1.99" in answer


def test_the_echo_device_answers_on_every_board():
    for name in BOARDS:
        on(name, echo)
