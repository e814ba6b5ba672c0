"""Sockets as streams: select.poll, asyncio, print, install().  Real clock, wire in memory."""

import select
import sys

import ferrule
from ferrule.link import loop

TIMEOUT_S = 30


class World:
    """A server's and a client's stack; a call that waits on the one turns the other."""

    def __init__(self):
        a, b = loop.pair(slots=4, wait=self.wait)
        small = {"connections": 2, "half_open": 2, "time_wait": 4, "random": self.random}
        self.server = ferrule.Stack(a, **small)
        self.client = ferrule.Stack(b, **small)
        self.server.ifconfig(("10.9.0.2", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
        self.client.ifconfig(("10.9.0.1", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
        self.server.active(True)
        self.client.active(True)

    def random(self, n):
        return bytes(i * 37 & 0xFF for i in range(n))

    def wait(self, ms):
        self.server.poll()
        self.client.poll()

    def listener(self, port=80):
        s = self.server.socket()
        s.bind(("", port))
        s.listen(2)
        return s

    def pair(self):
        """A blocking socket on either side, connected."""
        listener = self.listener()
        c = self.client.socket()
        c.settimeout(5)
        c.connect(("10.9.0.2", 80))
        listener.settimeout(5)
        s, _ = listener.accept()
        return s, c


def test_blocking_calls_turn_the_stack():
    s, c = World().pair()
    c.write(b"line one\nline two\nrest")
    assert s.readline() == b"line one\n"
    assert s.readline() == b"line two\n"
    assert s.read(4) == b"rest"
    s.sendall("text of a str")
    assert c.recv(100) == b"text of a str"
    c.close()
    assert s.read() == b""
    s.close()


def test_select_poll_tells_when_a_socket_is_ready():
    world = World()
    s, c = world.pair()
    p = select.poll()
    p.register(s, select.POLLIN)
    assert p.poll(0) == []
    c.write(b"x")
    world.wait(0)
    ready = p.poll(1000)
    assert len(ready) == 1 and ready[0][0] is s and ready[0][1] & select.POLLIN
    assert s.recv(10) == b"x"
    p.modify(s, select.POLLOUT)
    assert p.poll(1000)[0][1] & select.POLLOUT
    c.close()
    world.wait(0)
    p.modify(s, select.POLLIN)
    assert p.poll(1000)[0][1] & select.POLLIN
    assert s.recv(10) == b""
    p.unregister(s)
    s.close()


def test_print_and_makefile_write_to_a_socket():
    s, c = World().pair()
    print("hello", 42, file=s)
    assert c.makefile("rb").readline() == b"hello 42\n"


def test_with_closes():
    s, c = World().pair()
    with c:
        c.write(b"bye")
    assert s.read() == b"bye"
    try:
        c.send(b"x")
    except OSError as error:
        assert error.errno == 9
    else:
        raise AssertionError("a closed socket sent")


def test_install_puts_this_stack_in_the_place_of_socket():
    world = World()
    before = sys.modules.get("socket")
    world.client.install()
    try:
        import socket

        listener = world.listener()
        address = socket.getaddrinfo("10.9.0.2", 80, 0, socket.SOCK_STREAM)[0][-1]
        c = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        c.settimeout(5)
        c.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        c.connect(address)
        assert listener.accept()[1] == c.getsockname()
    finally:
        if before is None:
            del sys.modules["socket"]
        else:
            sys.modules["socket"] = before


def test_asyncio_streams_echo_through_two_stacks():
    try:
        import asyncio
    except ImportError:
        from testing import skip

        skip("this interpreter has no asyncio")
    world = World()
    before = sys.modules.get("socket")

    async def turn():
        while True:
            world.wait(0)
            await asyncio.sleep_ms(1)

    async def serve(reader, writer):
        while True:
            data = await reader.read(100)
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    async def main():
        pump = asyncio.create_task(turn())
        world.server.install()
        server = await asyncio.start_server(serve, "10.9.0.2", 80)
        world.client.install()
        reader, writer = await asyncio.open_connection("10.9.0.2", 80)
        sent = bytes(range(250)) * 12
        got = b""
        writer.write(sent)
        await writer.drain()
        while len(got) < len(sent):
            got += await reader.read(500)
        assert got == sent
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        pump.cancel()

    try:
        asyncio.run(asyncio.wait_for(main(), 10))
    finally:
        asyncio.new_event_loop()
        if before is None:
            sys.modules.pop("socket", None)
        else:
            sys.modules["socket"] = before
