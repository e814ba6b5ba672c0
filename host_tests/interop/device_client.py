"""ferrule as the one who calls: talks to servers of the host's kernel. Runs inside MicroPython.

    FERRULE_LINK=packet:v1 FERRULE_IP=10.9.0.2/24 micropython device_client.py ACTION ADDRESS PORT
    [SIZE]

Actions: `echo` sends SIZE bytes, half-closes, and wants them back; `push` sends SIZE bytes and
prints the answer; `pull` reads to the end and prints count and SHA-256; `first` closes before the
server does, `second` after it; `many` opens SIZE connections one after another; `refused` prints
the errno of a connection that nobody takes. Prints one line; exits 1 when wrong.
"""

import hashlib
import sys

from device_services import BLOCK, stack

_TIMEOUT_S = 20


def hex_of(digest):
    """The digest for people."""
    return "".join("%02x" % byte for byte in digest)


def block(at, n):
    """A part of the endless repetition of BLOCK, at most to the end of one."""
    at %= len(BLOCK)
    return BLOCK[at : at + n]


def echo(sock, size):
    """Send and read in turns, so that neither side's buffers fill up with both waiting."""
    sent = 0
    received = 0
    while received < size:
        while sent < size and sent - received < 1500:
            n = sock.send(block(sent, min(1000, size - sent)))
            sent += n
            if sent == size:
                sock.shutdown(1)
        data = sock.recv(1500)
        if not data:
            raise ValueError("the stream ended after %d bytes" % received)
        expected = b""
        while len(expected) < len(data):
            expected += block(received + len(expected), len(data) - len(expected))
        if data != expected:
            raise ValueError("wrong bytes after %d" % received)
        received += len(data)
    if sock.recv(1) != b"":
        raise ValueError("more than was sent")
    return "%d echoed" % received


def push(sock, size):
    """Send SIZE bytes, half-close, print what the server says of them."""
    sent = 0
    while sent < size:
        sent += sock.send(block(sent, size - sent))
    sock.shutdown(1)
    return sock.readline().decode().strip()


def pull(sock, size):
    """Read to the end."""
    total = 0
    checked = hashlib.sha256()
    while True:
        data = sock.recv(2048)
        if not data:
            return "%d %s" % (total, hex_of(checked.digest()))
        total += len(data)
        checked.update(data)


def first(sock, size):
    """Say hello, hear hello, close."""
    sock.write("hello\n")
    return sock.readline().decode().strip()


def second(sock, size):
    """Wait for the server's end before closing."""
    text = sock.read().decode().strip()
    return text


ACTIONS = {"echo": echo, "push": push, "pull": pull, "first": first, "second": second}


def many(net, address, count):
    """So many connections one after another, all closed by us: every one leaves TIME-WAIT here."""
    for number in range(count):
        sock = net.socket()
        sock.settimeout(_TIMEOUT_S)
        sock.connect(address)
        hello = b"hello %d\n" % number
        sock.write(hello)
        answer = sock.readline()
        if answer != hello:
            raise ValueError("%r came back for %r" % (answer, hello))
        sock.close()
    print("%d connections" % count)
    return 0


def main(action, address, port, size="0"):
    """Run one action and wait until the connection has left the stack, or is in TIME_WAIT."""
    net = stack()
    if action == "many":
        return many(net, net.getaddrinfo(address, int(port))[0][-1], int(size))
    sock = net.socket()
    sock.settimeout(_TIMEOUT_S)
    try:
        sock.connect(net.getaddrinfo(address, int(port))[0][-1])
    except OSError as error:
        print("errno %d" % error.errno)
        return 0 if action == "refused" else 1
    if action == "refused":
        print("connected")
        return 1
    print(ACTIONS[action](sock, int(size)))
    sock.close()
    for _ in range(200):
        rows = [row for row in net.netstat() if row[5] != "TIME_WAIT"]
        if not rows:
            break
        net.wait(min(net.poll(), 20))
    print("left: %s" % " ".join(row[5] for row in net.netstat()))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
