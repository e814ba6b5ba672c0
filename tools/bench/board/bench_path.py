"""Instructions and heap bytes per 1460-byte segment, received and sent, on the bare-metal
board.
"""

import gc

from loopback import peers, quietly

MSS = 1460
ROUNDS = 50


def connected():
    return joined(*peers(4096, connections=2, rx_buffer=4096, tx_buffer=4096))


def joined(net, peer, counter):
    """A connection from the peer to the device."""
    listener = net.socket()
    listener.bind(("", 80))
    listener.listen(1)
    listener.setblocking(False)
    c = peer.socket()
    c.setblocking(False)
    quietly(c.connect, ("10.9.0.2", 80))
    for _ in range(4):
        net.poll()
        peer.poll()
    s, _ = listener.accept()
    s.setsockopt(6, 1, 1)
    c.setsockopt(6, 1, 1)
    return net, peer, counter, s, c


def received(net, peer, counter, s, c, out, buf):
    """Two full segments at a time: poll() with driver, TCP and the ACK, then readinto()."""
    heap = 0
    for i in range(ROUNDS + 5):
        c.write(out)
        peer.poll()
        if i == 5:
            counter.total = 0
            heap = gc.mem_alloc()
        counter.start()
        net.poll()
        n = s.readinto(buf)
        counter.stop()
        if n != 2 * MSS or buf != out:
            raise ValueError("round %d: %r of %d bytes" % (i, n, 2 * MSS))
        peer.poll()
    return counter.total // (2 * ROUNDS), (gc.mem_alloc() - heap) / (2 * ROUNDS)


def sent(net, peer, counter, s, c, out, buf):
    """Two full segments at a time: write(), then poll() that takes the ACK."""
    heap = 0
    for i in range(ROUNDS + 5):
        if i == 5:
            counter.total = 0
            heap = gc.mem_alloc()
        counter.start()
        s.write(out)
        counter.stop()
        peer.poll()
        n = c.readinto(buf)
        if n != 2 * MSS or buf != out:
            raise ValueError("round %d: %r of %d bytes" % (i, n, 2 * MSS))
        peer.poll()
        counter.start()
        net.poll()
        counter.stop()
    return counter.total // (2 * ROUNDS), (gc.mem_alloc() - heap) / (2 * ROUNDS)


def main():
    net, peer, counter, s, c = connected()
    out = memoryview(bytes(range(256)) * 12)[: 2 * MSS]
    buf = bytearray(2 * MSS)
    gc.collect()
    gc.disable()
    rx, rx_heap = received(net, peer, counter, s, c, out, buf)
    tx, tx_heap = sent(net, peer, counter, s, c, out, buf)
    gc.enable()
    net.poll()
    counter.total = 0
    for _ in range(20):
        counter.start()
        net.poll()
        counter.stop()
    print("rx_insn_per_segment", rx)
    print("tx_insn_per_segment", tx)
    print("rx_alloc_per_segment", rx_heap)
    print("tx_alloc_per_segment", tx_heap)
    print("idle_poll_insn", counter.total // 20)
