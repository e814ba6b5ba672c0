"""ferrule behind a gateway that it knows only by source routes. Runs inside MicroPython.

    FERRULE_LINK=packet:v1 FERRULE_IP=10.9.0.2/24 micropython device_routes.py GATEWAY PEER PORT

Calls PEER by a route over GATEWAY and wants its bytes echoed; the default gateway does not exist.
Then goes without one, and echoes what a peer sends that calls port PORT by a route. Prints both
routes, in hexadecimal, and how many bytes went back and forth.
"""

import sys

from device_services import BLOCK, stack

_TIMEOUT_S = 20
_ROUTE = (0, 4)  # IPPROTO_IP, IP_OPTIONS
_SIZE = 100_000


def told(sock):
    """The route in use."""
    return "".join("%02x" % byte for byte in sock.getsockopt(*_ROUTE))


def call(net, gateway, peer, port):
    """Bytes to the peer and back."""
    sock = net.socket()
    sock.settimeout(_TIMEOUT_S)
    address = bytes(int(part) for part in gateway.split("."))
    sock.setsockopt(*_ROUTE, b"\x83\x07\x04" + address)
    sock.connect((peer, port))
    print("out", told(sock))
    sent = received = 0
    while received < _SIZE:
        while sent < _SIZE and sent - received < 4000:
            sent += sock.send(BLOCK[: min(1000, _SIZE - sent)])
        data = sock.recv(4000)
        if not data:
            raise ValueError("the stream ended after %d bytes" % received)
        received += len(data)
    sock.close()
    print("echoed", received)


def answer(net, port):
    """Bytes from a peer and back."""
    listener = net.socket()
    listener.settimeout(_TIMEOUT_S)
    listener.bind(("", port))
    listener.listen(1)
    print("listening")
    sock, _ = listener.accept()
    count = 0
    while True:
        data = sock.recv(4000)
        if not data:
            break
        sock.sendall(data)
        count += len(data)
    print("back", told(sock))
    sock.close()
    print("answered", count)


def main():
    gateway, peer, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    net = stack()
    net.ipconfig(gw4="10.9.0.77")
    call(net, gateway, peer, port)
    net.ipconfig(gw4="0.0.0.0")
    net.config(accept_source_route=1)
    answer(net, port)
    for _ in range(100):  # the last ACK
        net.poll()
        net.wait(10)


main()
