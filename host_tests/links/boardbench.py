"""What the tests of boards share: the module `machine` with a chip's model wired to its pins, the
board's own module, and a peer at the other end of the chip's cable."""

import sys

import chips.bus as bus_of
import ferrule


class Machine:
    """The module `machine` with a chip wired to these pins; `wires` is what SPI was made of."""

    def __init__(self, chip, cs, reset, irq):
        self.bus = bus_of.Bus()
        self.chip = chip
        self.pins = {}
        self.wires = None
        # As attributes: a bound method cannot be imported by `from machine import`.
        self.Pin, self.SPI, self.unique_id = self._pin, self._spi, self._serial
        wired = [self._pin(number) if number is not None else None for number in (cs, reset, irq)]
        self.bus.attach(chip, *wired)

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
