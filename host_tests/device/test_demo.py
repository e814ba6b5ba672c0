"""`make demo` and firmware/main.py as programs: how they start, what they say, how they end."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from talk import HOST, ROOT, Client, demo, free_port

GET = b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
DEMO = [sys.executable, "-m", "tools.demo"]


def children_of(process):
    """The ids of a process's children, from /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == process.pid:
            found.append(int(stat.parent.name))
    return found


def exists(pid):
    return Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_demo_answers_and_ends(micropython, how):
    with demo(micropython) as process:
        with Client(process.port) as client:
            assert client.ask(GET).body == GET[:-2]
            children = children_of(process)
            assert len(children) == 2
            process.send_signal(how)
            rest = process.communicate(timeout=10)[0]
        assert process.returncode == 0
        assert b"Traceback" not in rest
        assert not any(exists(pid) for pid in children)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, process.port))


def test_impatience_leaves_no_child(micropython):
    with demo(micropython) as process:
        children = children_of(process)
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(ProcessLookupError):
            while process.poll() is None:
                time.sleep(0.002)
                process.send_signal(signal.SIGINT)
        assert process.returncode == 0
        assert not any(exists(pid) for pid in children)


def test_demo_ends_in_mid_transfer(micropython):
    with demo(micropython) as process, Client(process.port) as client:
        client.send(
            b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 100000
        )
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
        assert process.returncode == 0


def test_demo_says_that_the_port_is_taken(micropython):
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = run_demo(PORT=str(port), MICROPYTHON=micropython)
    assert done.returncode != 0
    assert (
        done.stderr
        == f"demo: Port {port} of this computer is taken; name another one with PORT=.\n"
    )


@pytest.mark.parametrize(
    "environment, word",
    [
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"PORT": "0"}, "PORT"),
        ({"MICROPYTHON": "/nowhere/micropython"}, "MICROPYTHON"),
        ({"MICROPYTHON": "false"}, "device"),
    ],
)
def test_demo_names_the_wrong_setting(environment, word):
    done = run_demo(**{"PORT": str(free_port()), **environment})
    assert done.returncode != 0
    assert word in done.stderr and done.stderr.count("\n") == 1


def run_demo(**environment):
    return subprocess.run(
        DEMO,
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_demo_ends_when_the_device_ends(micropython):
    with demo(micropython) as process:
        os.kill(min(children_of(process)), signal.SIGKILL)
        said = process.communicate(timeout=10)[0]
        assert process.returncode == 1 and said.count(b"demo: The device ended") == 1


def test_six_connections_as_a_browser_opens_them(micropython):
    with demo(micropython) as process:
        clients = [Client(process.port) for _ in range(6)]
        for _ in range(3):
            for client in clients:
                client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            for client in clients:
                assert client.answer().body.endswith(b"</html>\n")
        for client in clients:
            client.__exit__()


def test_terminal_shows_the_connections(micropython):
    ours, theirs = os.openpty()
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "MICROPYTHON": micropython,
        "COLUMNS": "80",
        "TERM": "xterm",
    }
    process = subprocess.Popen(
        DEMO, cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    try:
        said = b""
        client = None
        end = time.monotonic() + 15
        while b"ESTABLISHED" not in said and time.monotonic() < end:
            said += os.read(ours, 4096)
            if client is None and b"Ctrl-C ends it" in said:
                client = Client(port)
        assert b"ESTABLISHED" in said and b"1 so far" in said, said
        client.__exit__()
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):  # EIO: nobody has the terminal any more
            while os.read(ours, 4096):
                pass
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_page_shows_the_connection_that_asks(micropython):
    with demo(micropython) as process, Client(process.port) as client:
        page = client.ask(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").body
        assert b"<td>ESTABLISHED</td><td>10.9.0.2:80</td>" in page and b"<td>LISTEN</td>" in page


def test_reset_reaches_the_device_and_frees_its_connection(micropython):
    with demo(micropython) as process:
        with Client(process.port) as client:
            client.send(GET[:9])
            time.sleep(0.1)
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        time.sleep(0.1)
        with Client(process.port) as client:
            page = client.ask(b"GET /netstat HTTP/1.1\r\nHost: a\r\n\r\n").body
        assert page.count(b"10.9.0.1:") == 1


# ---- firmware/main.py ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "link, ip, mac, word",
    [
        (None, "10.9.0.2/24", None, "FERRULE_LINK"),
        ("", "10.9.0.2/24", None, "FERRULE_LINK"),
        ("wire", "10.9.0.2/24", None, "FERRULE_LINK"),
        ("udp:1", "10.9.0.2/24", None, "FERRULE_LINK"),
        ("udp:1:x", "10.9.0.2/24", None, "FERRULE_LINK"),
        ("udp:1:99999", "10.9.0.2/24", None, "FERRULE_LINK"),
        ("packet:", "10.9.0.2/24", None, "FERRULE_LINK"),
        ("packet:nosuchthing0", "10.9.0.2/24", None, "nosuchthing0"),
        ("loop", None, None, "FERRULE_IP"),
        ("loop", "10.9.0.2", None, "FERRULE_IP"),
        ("loop", "10.9.0/24", None, "FERRULE_IP"),
        ("loop", "10.9.0.256/24", None, "FERRULE_IP"),
        ("loop", "10.9.0.2/33", None, "FERRULE_IP"),
        ("loop", "10.9.0.2/24,gateway", None, "FERRULE_IP"),
        ("loop", "DHCP", None, "FERRULE_IP"),
        ("loop", "10.9.0.2/24", "02:00", "FERRULE_MAC"),
        ("loop", "10.9.0.2/24", "01:00:00:00:00:01", "FERRULE_MAC"),
    ],
)
def test_wrong_settings_are_one_sentence(micropython, link, ip, mac, word):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FERRULE_")}
    for name, value in (("LINK", link), ("IP", ip), ("MAC", mac)):
        if value is not None:
            environment["FERRULE_" + name] = value
    done = subprocess.run(
        [micropython, "firmware/main.py"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert word in done.stderr and done.stderr.count("\n") == 1


def test_device_starts_anywhere_and_ends_on_ctrl_c(micropython, tmp_path):
    environment = {
        **os.environ,
        "FERRULE_LINK": "loop",
        "FERRULE_IP": "10.9.0.2/24,10.9.0.1",
        "FERRULE_MAC": "02:00:5e:10:00:01",
    }
    process = subprocess.Popen(
        [micropython, str(ROOT / "firmware" / "main.py")],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout.readline().startswith(b"ferrule: http://10.9.0.2/ ")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
        assert process.returncode == 0 and err == b""
    finally:
        process.kill()
        process.communicate()
