"""Many clients, slow clients, clients that go away: what one does must not be felt by another."""

import hashlib
import os
import socket
import struct
import subprocess
import threading
import time

import pytest
from talk import Client, native

GET = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
MIB = 1 << 20
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() resets


def echo_of(client):
    answer = client.ask(GET)
    assert answer.status == 200
    return answer.body


def curl(port, *arguments, **more):
    command = ["curl", "-sS", "--max-time", "60", *arguments, f"http://127.0.0.1:{port}/echo"]
    return subprocess.run(command, check=True, capture_output=True, **more).stdout


@pytest.fixture(scope="module")
def five_megabytes(tmp_path_factory):
    path = tmp_path_factory.mktemp("body") / "body"
    path.write_bytes(os.urandom(5_000_000))
    return path


# ---- bodies larger than the device's memory ------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [["--data-binary", "@{}"], ["-T", "-"], ["-T", "{}"], ["-0", "--data-binary", "@{}"]],
    ids=["post", "chunked", "put", "HTTP/1.0"],
)
def test_five_megabytes(server, five_megabytes, how):
    with five_megabytes.open("rb") as body:
        back = curl(server, *[word.format(five_megabytes) for word in how], stdin=body)
    assert hashlib.sha256(back).digest() == hashlib.sha256(five_megabytes.read_bytes()).digest()


def test_eight_transfers_at_once(server):
    bodies = [os.urandom(MIB) for _ in range(8)]
    back = [None] * 8

    def transfer(i):
        back[i] = curl(server, "--data-binary", "@-", input=bodies[i])

    threads = [threading.Thread(target=transfer, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert back == bodies


# ---- slow clients and clients that go away -------------------------------------------------


def test_a_client_that_reads_nothing_stops_nobody(server):
    with Client(server) as slow, Client(server) as other:
        slow.sock.settimeout(0.3)
        slow.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n")
        with pytest.raises(TimeoutError):
            while True:
                slow.send(b"x" * 65536)
        for _ in range(50):
            assert echo_of(other) == GET[:-2]


def test_a_client_that_sends_slowly_stops_nobody(server):
    with Client(server) as slow, Client(server) as other:
        for byte in GET[:-1]:
            slow.send(bytes([byte]))
            assert echo_of(other) == GET[:-2]
        assert slow.ask(GET[-1:]).body == GET[:-2]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        GET[:20],
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\nxyz",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
    ],
)
@pytest.mark.parametrize("how", ["reset", "close"])
def test_clients_that_go_away_leave_their_place(server, sent, how):
    for _ in range(24):
        with Client(server) as client:
            client.send(sent)
            time.sleep(0.002)  # the host's accept queue is short
            if how == "reset":
                client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    with Client(server) as client:
        assert echo_of(client) == GET[:-2]


def test_half_closed_client_gets_its_answer(client):
    client.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
    client.sock.shutdown(socket.SHUT_WR)
    assert client.answer().body == b"hello" and client.at_end()


def test_refusal_reaches_a_client_that_keeps_sending(server):
    """It is read on for a while, so that the status is not lost to a reset."""
    with Client(server) as client:
        client.send(b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n")
        for _ in range(30):
            client.send(b"x" * 10000)
        assert client.answer().status == 404


# ---- time-outs and places, with settings of their own --------------------------------------


def test_slow_head_gets_408(micropython):
    with native(micropython, header_ms=300, linger_ms=100) as port:
        with Client(port) as client, Client(port) as other:
            begun = time.monotonic()
            client.send(GET[:10])
            assert client.answer().status == 408
            assert 0.2 < time.monotonic() - begun < 2 and client.at_end()
            assert echo_of(other) == GET[:-2]


def test_head_that_drips_gets_408(micropython):
    with native(micropython, header_ms=500, linger_ms=100) as port, Client(port) as client:
        client.sock.settimeout(0.05)
        begun = time.monotonic()
        for byte in GET * 4:
            client.send(bytes([byte]))
            try:
                if client.sock.recv(1, socket.MSG_PEEK):
                    break
            except TimeoutError:
                pass
        client.sock.settimeout(5)
        assert time.monotonic() - begun < 2 and client.answer().status == 408


def test_idle_connection_is_dropped(micropython):
    with native(micropython, idle_ms=300) as port, Client(port) as client:
        for _ in range(3):
            assert echo_of(client) == GET[:-2]
            time.sleep(0.1)
        begun = time.monotonic()
        assert client.at_end() and time.monotonic() - begun < 2


def test_transfer_without_progress_is_given_up(micropython):
    with native(micropython, connections=1, stall_ms=300) as port:
        with Client(port) as client:
            client.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nxyz")
            assert client.file.readline() == b"HTTP/1.1 200 OK\r\n"
            with Client(port) as other:
                assert echo_of(other) == GET[:-2]
            with pytest.raises(ConnectionError):
                client.file.read()


def test_idle_connections_make_room_for_who_waits(micropython):
    with native(micropython, connections=2, idle_ms=60000) as port:
        with Client(port) as first, Client(port) as second:
            assert echo_of(first) and echo_of(second)
            begun = time.monotonic()
            with Client(port) as third:
                assert echo_of(third) == GET[:-2]
                assert first.at_end(), "the one that was idle for longest had to go"
                assert echo_of(second) == GET[:-2]
            assert time.monotonic() - begun < 3


def test_busy_connections_are_not_dropped(micropython):
    with native(micropython, connections=1, idle_ms=60000) as port:
        with Client(port) as busy, Client(port) as waiting:
            busy.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n")
            busy.send(b"Content-Length: 3\r\n\r\na")
            waiting.send(GET)
            time.sleep(1)
            busy.send(b"bc")
            assert busy.answer().body == b"abc"
            assert waiting.answer().status == 200
