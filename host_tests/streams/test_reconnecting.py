"""The reconnecting client as a stream of asyncio and select.poll.  Real clock, wire in memory."""

import select

from test_streams import World

from ferrule.reconnect import Reconnecting

TIMEOUT_S = 30


def client(world, **more):
    return Reconnecting(world.client, ("10.9.0.2", 80), back_off=(10, 40), **more)


def test_asyncio_goes_on_with_the_next_connection():
    try:
        import asyncio
    except ImportError:
        from testing import skip

        skip("this interpreter has no asyncio")
    world = World()
    listener = world.listener()
    listener.setblocking(False)
    lost = []

    async def serve():
        """A line for each connection, and then a reset."""
        while True:
            await asyncio.sleep_ms(1)
            world.wait(0)
            try:
                s, _ = listener.accept()
            except OSError:
                continue
            stream = asyncio.StreamReader(s)
            line = await stream.readline()
            stream.write(line.upper())
            await stream.drain()
            await asyncio.sleep_ms(5)
            world.wait(0)
            s.abort()

    async def ask(stream, n):
        """The answer to a line, however often the connection is lost before it comes."""
        while True:
            try:
                stream.write(b"line %d\n" % n)
                await stream.drain()
                answer = await stream.readline()
                if answer:
                    return answer
            except OSError as error:
                lost.append(error.errno)

    async def main():
        server = asyncio.create_task(serve())
        c = client(world)
        c.setblocking(False)
        stream = asyncio.StreamReader(c)
        for n in range(5):
            assert await ask(stream, n) == b"LINE %d\n" % n
        server.cancel()
        c.close()

    try:
        asyncio.run(asyncio.wait_for(main(), 20))
    finally:
        asyncio.new_event_loop()
    assert len(lost) == 4, lost


def test_select_poll_waits_for_the_connection():
    world = World()
    c = client(world)
    c.setblocking(False)
    poller = select.poll()
    poller.register(c, select.POLLOUT)
    listener = world.listener()
    for _ in range(1000):
        world.wait(0)
        ready = poller.poll(1)
        if ready:
            break
    assert ready[0][0] is c and ready[0][1] == select.POLLOUT
    assert c.write(b"hello") == 5
    listener.settimeout(5)
    s, _ = listener.accept()
    s.settimeout(5)
    assert s.recv(10) == b"hello"
