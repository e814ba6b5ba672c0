"""Servers and clients for the tests of the echo device.

Most tests here talk HTTP by raw sockets to the engine of firmware/, which runs in MicroPython:
once over the host's own sockets (native.py), where what fails is HTTP's fault and not TCP's, and
once over ferrule, as the demo.
"""

import contextlib
import os
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HOST = "127.0.0.1"
TIMEOUT_S = 10


def free_port(kind=socket.SOCK_STREAM):
    """A port of 127.0.0.1 that nobody held a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, ready, **more):
    """A process that has printed a line containing `ready`; ended at the end, by its id."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        bufsize=0,
        **more,
    )
    try:
        lines = []
        while True:
            if not select.select([process.stdout], [], [], TIMEOUT_S)[0]:
                pytest.fail(f"{command[0]} did not say {ready!r}: {lines}")
            line = process.stdout.readline().decode("utf-8", "replace")
            lines.append(line)
            if ready in line:
                break
            if not line:
                pytest.fail(f"{command[0]} ended: {lines}")
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=TIMEOUT_S)
        finally:
            process.kill()
            process.communicate()


@contextlib.contextmanager
def native(micropython, **settings):
    """The engine over native sockets on a free port, which is what this yields."""
    port = free_port()
    command = [micropython, str(HERE / "native.py"), str(port)]
    with running(command + [f"{name}={n}" for name, n in settings.items()], "ready"):
        yield port


@contextlib.contextmanager
def demo(micropython, port=None, **more):
    """`python -m tools.demo` on a free port: its process, with the port as an attribute."""
    port = port or free_port()
    environment = {**os.environ, "PORT": str(port), "MICROPYTHON": micropython}
    with running(
        [sys.executable, "-m", "tools.demo"], "Ctrl-C ends it", env=environment, **more
    ) as process:
        process.port = port
        yield process


class Answer:
    """What a server said to one request."""

    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields
        self.body = body


class Client:
    """A raw connection that can read answers."""

    def __init__(self, port, host=HOST):
        self.sock = socket.create_connection((host, port), TIMEOUT_S)
        self.file = self.sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def ask(self, data, head_only=False):
        self.send(data)
        return self.answer(head_only)

    def answer(self, head_only=False):
        """The next answer: its framing has to be right, or this fails."""
        line = self.file.readline()
        version, status, _ = line.split(b" ", 2)
        assert version == b"HTTP/1.1" and line.endswith(b"\r\n"), line
        fields = {}
        while (line := self.file.readline()) != b"\r\n":
            name, colon, value = line.partition(b":")
            assert colon and line.endswith(b"\r\n"), line
            assert name.lower() not in fields, line
            fields[name.lower()] = value.strip()
        status = int(status)
        if head_only or status in (100, 204):
            body = b""
        elif b"transfer-encoding" in fields:
            assert fields[b"transfer-encoding"] == b"chunked" and b"content-length" not in fields
            body = self._chunks()
        elif b"content-length" in fields:
            length = int(fields[b"content-length"])
            body = self.file.read(length)
            assert len(body) == length, "the body ends early"
        else:
            body = self.file.read()
        return Answer(status, fields, body)

    def _chunks(self):
        body = b""
        while size := int(self.file.readline(), 16):
            body += self.file.read(size)
            assert self.file.read(2) == b"\r\n"
        assert self.file.readline() == b"\r\n"
        return body

    def at_end(self):
        """Whether the server has closed, in order, after what was read."""
        return self.file.read(1) == b""
