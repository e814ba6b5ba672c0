"""Stacks on one air of ESP-NOW: ARP, TCP and three boards at once, with messages lost."""

import chips.espnow as chip
import ferrule
from ferrule.link.espnow import EspNow
from ferrule.link.impair import Dice

INTERPRETERS = ("x64", "unix32")
MACS = [bytes((0x24, 0x0A, 0xC4, 0, 0, 0x10 + i)) for i in range(3)]
_CHUNK = 300


class Air:
    """An air with a stack on each board, under one clock."""

    def __init__(self, boards, version=2, loss=0, airtime_ms=2, seed=1, **options):
        self.now = 0x3FFFFFFF - 2000
        self.air = chip.Air(loss, seed, airtime_ms, self.ticks_ms, self.sleep_ms)
        self.stations = [self.air.station(mac, version) for mac in MACS[:boards]]
        self.nets = []
        for i, station in enumerate(self.stations):
            link = EspNow(wlan=station.wlan, espnow=station.espnow, ticks_ms=self.ticks_ms,
                          **options)
            dice = Dice(seed, i)
            net = ferrule.Stack(link, ticks_ms=self.ticks_ms, random=filler(dice))
            net.ifconfig(("10.47.0.%d" % (i + 1), "255.255.255.0", "0.0.0.0", "0.0.0.0"))
            net.active(True)
            self.nets.append(net)

    def ticks_ms(self):
        return self.now

    def sleep_ms(self, ms):
        self.now = (self.now + ms) & 0x3FFFFFFF

    def turn(self):
        """One millisecond of everybody."""
        self.air.turn()
        for net in self.nets:
            net.poll()
        self.sleep_ms(1)


def filler(dice):
    def random(n):
        drawn = bytearray(n)
        dice.fill(drawn)
        return bytes(drawn)

    return random


class Echo:
    """A board that sends back whatever each of its connections brings."""

    def __init__(self, net):
        self.listener = net.socket()
        self.listener.bind(("", 7))
        self.listener.listen(2)
        self.listener.setblocking(False)
        self.open = []
        self.held = {}

    def step(self):
        try:
            sock, _ = self.listener.accept()
            sock.setblocking(False)
            self.open.append(sock)
        except OSError:
            pass
        for sock in self.open:
            if not self.held.get(id(sock)):
                self.held[id(sock)] = sock.recv(_CHUNK) if readable(sock) else b""
            data = self.held[id(sock)]
            if data:
                sent = sock.write(data) or 0
                self.held[id(sock)] = data[sent:]


def readable(sock):
    return sock.ioctl(3, 1) & 1


class Client:
    """Sends `size` bytes to board 0 and wants them back."""

    def __init__(self, net, size, key):
        self.wanted = bytes((i * 7 + key) & 0xFF for i in range(size))
        self.sent = 0
        self.got = b""
        self.sock = net.socket()
        self.sock.setblocking(False)
        try:
            self.sock.connect(("10.47.0.1", 7))
        except OSError:
            pass

    def step(self):
        if self.sock.ioctl(3, 4) & 4 and self.sent < len(self.wanted):
            self.sent += self.sock.write(self.wanted[self.sent : self.sent + _CHUNK]) or 0
        if readable(self.sock):
            self.got += self.sock.recv(_CHUNK)

    def done(self):
        return len(self.got) == len(self.wanted)


def run(air, size, limit_ms=400_000):
    """Every board but the first echoes through the first. Returns the milliseconds it took."""
    echo = Echo(air.nets[0])
    clients = [Client(net, size, key) for key, net in enumerate(air.nets[1:])]
    for ms in range(limit_ms):
        air.turn()
        echo.step()
        for client in clients:
            client.step()
        if all(client.done() for client in clients):
            for client in clients:
                assert client.got == client.wanted
            return ms
    raise AssertionError("not done: %s" % [(c.sent, len(c.got)) for c in clients])


def test_two_boards_find_each_other_and_echo():
    air = Air(2)
    assert run(air, 20_000) < 5_000
    for net, mac in zip(air.nets, MACS):
        assert net.link.mac == mac and net.link.lost == 0 and net.link.foreign == 0
    assert air.nets[0].link.mtu == 1468


def test_short_messages_of_the_first_version_do_as_well():
    air = Air(2, version=1)
    assert air.nets[0].link.mtu == 248
    run(air, 8_000)
    longest = max(station.espnow.MAX_DATA_LEN for station in air.stations)
    assert longest == 250 and air.nets[0].link.lost == air.nets[1].link.lost == 0


def test_three_boards_share_the_air():
    air = Air(3)
    run(air, 8_000)
    assert air.stations[0].radio.peer_count()[0] == 3, "both others and everybody"
    assert air.stations[1].radio.peer_count()[0] == 2


def test_what_the_air_loses_is_sent_again():
    for seed in range(1, 4):
        air = Air(2, loss=100_000, seed=seed)
        run(air, 40_000)
        assert air.air.lost > 5


def test_a_receive_buffer_of_the_firmwares_own_size_is_slow_and_safe():
    air = Air(2, rxbuf=2968)
    run(air, 8_000)


def test_a_board_that_starts_espnow_anew_goes_on_with_its_connection():
    air = Air(2)
    echo = Echo(air.nets[0])
    client = Client(air.nets[1], 20_000, 1)
    for ms in range(60_000):
        air.turn()
        echo.step()
        client.step()
        if ms in (20, 60):
            air.stations[ms == 60].radio.active(False)
        if client.done():
            break
    assert client.got == client.wanted
    assert air.nets[0].link.resets == air.nets[1].link.resets == 1
