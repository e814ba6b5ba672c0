"""The fixtures of the echo device's tests; what they are made of is in talk.py."""

import pytest
from talk import Client, demo, native

from interpreters import unix_ports


@pytest.fixture(scope="session", params=["x64", "unix32"])
def micropython(request):
    """The path of an interpreter."""
    for port in unix_ports():
        if port.name == request.param:
            if port.absent():
                pytest.skip(port.absent())
            return str(port.path)
    raise KeyError(request.param)


@pytest.fixture(scope="session", params=["native", "ferrule"])
def server(micropython, request):
    """One server for all tests that leave it as they found it: its port.  Once over the host's
    own TCP, once over ferrule's, both its sides: then it is the demo."""
    if request.param == "ferrule":
        with demo(micropython) as process:
            yield process.port
        return
    # Native sockets have no shutdown(): the peer sees the end of an answer when the lingering is
    # over.
    with native(micropython, connections=8, linger_ms=200) as port:
        yield port


@pytest.fixture
def client(server):
    with Client(server) as connection:
        yield connection
