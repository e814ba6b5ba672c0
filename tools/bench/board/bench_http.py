"""Instructions per HTTP echo request, a new connection each, all frames of the device
included.
"""

import gc

from loopback import peers, quietly

from device import Echo, Server

_ROUNDS = 20
_REQUEST = (
    b"POST /echo HTTP/1.1\r\nHost: 10.9.0.2\r\nUser-Agent: bench\r\nAccept: */*\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 64\r\nConnection: close\r\n\r\n"
    + b"0123456789abcdef"
    * 4
)


def exchange(net, peer, server, counter, buf):
    """One connection of the peer's, from SYN to the last ACK.  Returns the answer."""
    c = peer.socket()
    c.setblocking(False)
    quietly(c.connect, ("10.9.0.2", 80))
    got = 0
    asked = False
    for _ in range(60):
        counter.start()
        net.poll()
        server.turn()
        counter.stop()
        peer.poll()
        if not asked and quietly(c.getpeername):
            asked = bool(c.write(_REQUEST))
        n = c.readinto(buf) if asked else None
        if n:
            got = n
        elif n == 0:
            c.close()
            for _ in range(3):
                counter.start()
                net.poll()
                server.turn()
                counter.stop()
                peer.poll()
            return bytes(buf[:got])
    raise ValueError("the exchange did not end")


def main():
    net, peer, counter = peers(512)
    server = Server(net, Echo(net))
    buf = bytearray(600)
    for _ in range(3):
        exchange(net, peer, server, counter, buf)
    gc.collect()
    counter.total = 0
    for _ in range(_ROUNDS):
        answer = exchange(net, peer, server, counter, buf)
        if not answer.startswith(b"HTTP/1.1 200") or not answer.endswith(_REQUEST[-64:]):
            raise ValueError(repr(answer))
    gc.collect()
    print("http_insn_per_request", counter.total // _ROUNDS)
    print("http_segments_in", net.stats()["InSegs"] // (_ROUNDS + 3))
    print("http_segments_out", net.stats()["OutSegs"] // (_ROUNDS + 3))
