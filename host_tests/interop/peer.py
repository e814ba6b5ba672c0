"""The kernel's side of the interop tests: an ordinary Python program in the namespace.

python peer.py COMMAND ...      prints one line of JSON; exits 1 with the reason when something is
wrong
"""

import argparse
import errno
import hashlib
import json
import os
import selectors
import signal
import socket
import struct
import sys
import threading
import time

DEVICE = "10.9.0.2"
ECHO, SINK, SOURCE = 7, 9, 19
BLOCK = bytes(range(251)) * 41
TIMEOUT_S = 20


def stream(size):
    """The bytes that the device's source sends."""
    return (BLOCK * (size // len(BLOCK) + 1))[:size]


def connect(port, address="", buffer=0):
    """A connection to the device; no call on it may take longer than TIMEOUT_S."""
    sock = socket.socket()
    sock.settimeout(TIMEOUT_S)
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    if address:
        sock.bind((address, 0))
    sock.connect((DEVICE, port))
    return sock


def echo_all(data, chunk=65536):
    """Send data and read it back at the same time. Returns the seconds it took."""
    start = time.monotonic()
    with connect(ECHO) as sock:

        def send():
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        received = bytearray()
        while part := sock.recv(chunk):
            received += part
        sender.join()
    assert len(received) == len(data), f"{len(received)} of {len(data)} bytes came back"
    assert received == data, "other bytes came back"
    return time.monotonic() - start


def echo(size, times, at_once):
    """`times` connections, `at_once` of them at the same time, each echoing `size` random
    bytes."""
    left = iter(range(times))
    lock = threading.Lock()
    seconds = []
    failed = []

    def work():
        while not failed:
            with lock:
                if next(left, None) is None:
                    return
            try:
                seconds.append(echo_all(os.urandom(size)))
            except (OSError, AssertionError) as error:
                failed.append(repr(error))

    threads = [threading.Thread(target=work) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    return {"connections": len(seconds), "slowest_s": round(max(seconds), 3)}


def push(size):
    """Send size random bytes; the device's count and checksum of them must be ours."""
    data = os.urandom(size)
    start = time.monotonic()
    with connect(SINK) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        answer = sock.makefile().readline().split()
    seconds = time.monotonic() - start
    assert answer == [str(size), hashlib.sha256(data).hexdigest()], answer
    return {"bytes": size, "seconds": round(seconds, 2), "mbit_s": round(size * 8e-6 / seconds, 1)}


def pull(size, slow):
    """Read size bytes, perhaps with pauses that fill every buffer; their checksum must be
    right."""
    start = time.monotonic()
    seen = hashlib.sha256()
    count = 0
    with connect(SOURCE, buffer=8192 if slow else 0) as sock:
        sock.sendall(b"%d\n" % size)
        while part := sock.recv(65536):
            count += len(part)
            seen.update(part)
            if slow and count // 65536 > (count - len(part)) // 65536:
                time.sleep(slow)
    seconds = time.monotonic() - start
    assert count == size, f"{count} bytes"
    assert seen.digest() == hashlib.sha256(stream(size)).digest(), "other bytes"
    return {"bytes": size, "seconds": round(seconds, 2), "mbit_s": round(size * 8e-6 / seconds, 1)}


def die(how, port, request, address):
    """Begin a transfer and die in the middle of it: by SIGKILL, by a reset, or without a word."""
    sock = connect(port, address)
    sock.sendall(request.encode().decode("unicode_escape").encode("latin-1"))
    sock.recv(1000)
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "reset":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
        return {"reset": True}
    # Whoever started us takes our address away while we sleep.
    print("connected", flush=True)
    time.sleep(3600)
    return {}


def serve(port, action, size):
    """Take a connection from the device, do one thing with it, and say what was seen. With "many",
    `size` connections one after another, each greeted."""
    listener = socket.create_server(("10.9.0.1", port))
    print("listening", flush=True)
    listener.settimeout(TIMEOUT_S)
    for _ in range(size if action == "many" else 0):
        sock, _ = listener.accept()
        with sock:
            sock.settimeout(TIMEOUT_S)
            sock.sendall(sock.recv(100))
            assert sock.recv(100) == b"", "no end of stream"
    if action == "many":
        return {"served": size}
    sock, _ = listener.accept()
    sock.settimeout(TIMEOUT_S)
    with sock:
        if action == "echo":
            while data := sock.recv(65536):
                sock.sendall(data)
        elif action == "sink":
            seen = hashlib.sha256()
            count = 0
            while data := sock.recv(65536):
                seen.update(data)
                count += len(data)
            sock.sendall(f"{count} {seen.hexdigest()}\n".encode())
        elif action == "source":
            sock.sendall(stream(size))
        elif action == "greet":
            # The device closes first: its end of stream must come after our greeting.
            hello = sock.recv(100)
            sock.sendall(hello)
            assert sock.recv(100) == b"", "no end of stream"
        elif action == "leave":
            # We close first.
            sock.sendall(b"bye\n")
            sock.shutdown(socket.SHUT_WR)
            assert sock.recv(100) == b"", "no end of stream"
    return {"served": action}


class Request:
    """One HTTP request on a connection of its own, without blocking."""

    def __init__(self, number, path, client_closes):
        self.started = time.monotonic()
        self.received = b""
        self.client_closes = client_closes
        kind = "keep-alive" if self.client_closes else "close"
        self.sock = socket.socket()
        self.sock.setblocking(False)
        error = self.sock.connect_ex((DEVICE, 80))
        assert error == errno.EINPROGRESS, f"connect: {os.strerror(error)}"
        self.request = (
            f"GET {path}?{number} HTTP/1.1\r\nHost: {DEVICE}\r\nConnection: {kind}\r\n\r\n"
        ).encode()
        self.wanted = f"{path}?{number} ".encode()

    def event(self):
        """Do what can be done now. True when the answer is complete."""
        if self.request:
            self.sock.send(self.request)
            self.request = b""
            return False
        part = self.sock.recv(65536)
        self.received += part
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            assert part, f"closed after {self.received!r}"
            return False
        assert head.startswith(b"HTTP/1.1 200 "), head
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-len")]
        complete = lengths and len(body) >= int(lengths[0].split(b":")[1])
        if self.client_closes and lengths:
            # We close as soon as the answer is there, so the kernel keeps TIME_WAIT.
            return complete
        assert part or complete or not lengths, f"short: {self.received!r}"
        return not part


def requests(count, at_once, path, stall_s, client_closes):
    """`count` HTTP requests, a new connection each, `at_once` at a time; none may fail or
    stall."""
    selector = selectors.DefaultSelector()
    done = started = 0
    slowest = 0.0
    begin = time.monotonic()
    running = set()
    while done < count:
        while started < count and len(running) < at_once:
            request = Request(started, path, client_closes and started % 2)
            running.add(request)
            selector.register(request.sock, selectors.EVENT_WRITE, request)
            started += 1
        for key, _ in selector.select(stall_s):
            request = key.data
            try:
                finished = request.event()
            except BlockingIOError:
                continue
            except (OSError, AssertionError) as error:
                raise AssertionError(f"request {done} of {count}: {error!r}") from error
            if not finished:
                selector.modify(request.sock, selectors.EVENT_READ, request)
                continue
            assert request.wanted in request.received, f"another answer: {request.received!r}"
            slowest = max(slowest, time.monotonic() - request.started)
            selector.unregister(request.sock)
            request.sock.close()
            running.remove(request)
            done += 1
        for request in running:
            age = time.monotonic() - request.started
            assert age < stall_s, f"request {done} of {count} stalls: {request.received!r}"
    seconds = time.monotonic() - begin
    return {
        "requests": done,
        "seconds": round(seconds, 1),
        "per_s": round(done / seconds),
        "slowest_s": round(slowest, 3),
    }


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("echo")
    one.add_argument("--size", type=int, default=1000)
    one.add_argument("--times", type=int, default=1)
    one.add_argument("--at-once", type=int, default=1)
    one = commands.add_parser("push")
    one.add_argument("--size", type=int, required=True)
    one = commands.add_parser("pull")
    one.add_argument("--size", type=int, required=True)
    one.add_argument("--slow", type=float, default=0)
    one = commands.add_parser("die")
    one.add_argument("how", choices=("kill", "reset", "vanish"))
    one.add_argument("--port", type=int, default=SOURCE)
    one.add_argument("--request", default="100000000\\n")
    one.add_argument("--address", default="")
    one = commands.add_parser("serve")
    one.add_argument("--port", type=int, required=True)
    one.add_argument("action", choices=("echo", "sink", "source", "greet", "leave", "many"))
    one.add_argument("--size", type=int, default=0)
    one = commands.add_parser("requests")
    one.add_argument("--count", type=int, required=True)
    one.add_argument("--at-once", type=int, default=4)
    one.add_argument("--path", default="/echo/soak")
    one.add_argument("--stall-s", type=float, default=5)
    one.add_argument("--client-closes", action="store_true")
    return vars(parser.parse_args())


def main():
    """Run one command."""
    options = arguments()
    command = globals()[options.pop("command")]
    try:
        print(json.dumps(command(**options)), flush=True)
    except (OSError, AssertionError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
