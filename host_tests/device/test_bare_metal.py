"""`make qemu`: the echo device on the bare-metal Cortex-M3, asked by this computer's curl."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tools.qemuboard import ROOT, missing

START_S = 30


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(port, *more):
    return subprocess.Popen(
        [sys.executable, "-m", "tools.qemu", "--port", str(port), *more],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def curl(*args, timeout=60):
    done = subprocess.run(
        ["curl", "-sS", "--max-time", str(timeout), *args],
        capture_output=True,
        timeout=timeout + 5,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def board():
    """(url, process) of a device that runs for all tests of this file."""
    with started() as pair:
        yield pair


@contextlib.contextmanager
def started(*more):
    """(url, process) of a device, which ends with the block."""
    why = missing()
    if why:
        if os.environ.get("FERRULE_REQUIRE_ALL"):
            pytest.fail(why)
        pytest.skip(why)
    port = free_port()
    process = start(port, *more)
    try:
        end = time.monotonic() + START_S
        for line in process.stdout:
            if line.startswith("Reach it") or time.monotonic() > end:
                break
        else:
            pytest.fail("the device did not start: " + process.stderr.read())
        yield "http://127.0.0.1:%d" % port, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:  # QEMU ends with it
                process.kill()
                process.wait(10)
                raise
        process.stdout.close()
        process.stderr.close()


def test_100_kilobytes_come_back_byte_for_byte(board, tmp_path):
    url, _ = board
    body = os.urandom(100 * 1024)
    file = tmp_path / "body"
    file.write_bytes(body)
    assert curl("--data-binary", "@%s" % file, url + "/echo") == body


def test_the_page_and_netstat_answer(board):
    url, _ = board
    assert b"<html" in curl(url + "/").lower()
    rows = json.loads(curl(url + "/netstat"))
    assert "LISTEN" in json.dumps(rows)


def test_four_clients_at_once(board):
    url, _ = board

    def one(i):
        body = b"%d-" % i * 3000
        return echo(url, body) == body

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(one, range(12)))


def echo(url, body):
    done = subprocess.run(
        ["curl", "-sS", "--max-time", "60", "--data-binary", "@-", url + "/echo"],
        input=body,
        capture_output=True,
        timeout=65,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_a_taken_port_is_one_sentence(board):
    url, _ = board
    port = int(url.rsplit(":", 1)[1])
    process = start(port)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.count("\n") == 1 and "port %d is taken" % port in err


def test_ctrl_c_ends_it_cleanly(board):
    _, process = board
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0


def test_the_address_comes_from_qemu_s_dhcp_server():
    with started("--dhcp") as (url, process):
        said = json.loads(curl(url + "/netstat"))
        assert said["address"] == "10.0.2.15"
        dhcp = said["dhcp"]
        assert (dhcp["state"], dhcp["server"]) == ("BOUND", "10.0.2.2")
        assert 86000 < dhcp["seconds_left"] <= 86400
        assert b", from 10.0.2.2 for 23:5" in curl(url + "/")
        body = os.urandom(5000)
        assert echo(url, body) == body
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
