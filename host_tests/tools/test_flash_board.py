"""tools/flash on the emulated board: its pseudo-terminal, a real file system, mpremote's classes,
and HTTP through QEMU's network.
"""

import os
import signal
import socket
import subprocess
import sys
import types

import pytest
from rich.console import Console

from tools import qemuboard
from tools.flash import Trouble, answer
from tools.flash.__main__ import main
from tools.flash.boards import Board
from tools.flash.device import Device
from tools.flash.job import Job
from tools.flash.progress import Steps
from tools.qemuboard import ROOT, DiskBoard

MAIN = b"from device import main\nmain()\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def disk_board(**more):
    why = qemuboard.missing(qemuboard.DISK)
    if why:
        if os.environ.get("FERRULE_REQUIRE_ALL") == "1":
            pytest.fail(why)
        pytest.skip(why)
    return DiskBoard(**more)


@pytest.fixture
def flash(monkeypatch, capsys):
    """A function: (exit code, stdout, stderr) of the command line for a board that runs.  In this
    process, where the release form is made once."""
    def run(board, *words):
        monkeypatch.setattr(sys, "argv", ["flash", "--port", board.pty, *words])
        before = signal.getsignal(signal.SIGTERM)
        try:
            return main(), *capsys.readouterr()
        finally:
            signal.signal(signal.SIGTERM, before)
    return run


def a_job(**more):
    """A Job for the emulated board that says nothing."""
    options = types.SimpleNamespace(profile="core", whole=False, source=False, address=None,
                                    hostname=None, no_http=True, reach=None, force=False)
    vars(options).update(more)
    return Job(Board("qemu_mps2"), options, Steps(9, Console(quiet=True)))


def copy(device, files, **more):
    a_job(**more).copy(device, files, device.facts())


def trouble(function, *arguments, **more):
    with pytest.raises(Trouble) as caught:
        function(*arguments, **more)
    return str(caught.value)


def test_an_empty_board_becomes_a_device_that_answers(flash):
    port = free_port()
    words = ("--board", "qemu_mps2", "--reach", "127.0.0.1:%d" % port, "--profile", "core")
    with disk_board(hostfwd=port) as board:
        code, said, wrong = flash(board, *words, "--address", "10.0.2.15/24,10.0.2.2")
        assert code == 0 and not wrong, said + wrong
        assert "http://127.0.0.1:%d/ answers: status 200" % port in said
        # Again, while it runs: it is interrupted, nothing is copied, the settings are kept.
        code, said, wrong = flash(board, *words, "--hostname", "hall")
        assert code == 0 and not wrong, said + wrong
        assert "files are there already" in said
        assert "HOSTNAME = 'hall'" in said and "ADDRESS = ('10.0.2.15', '255.255.255.0'" in said
        # A board of another name is not touched.
        code, said, wrong = flash(board, "--board", "pico_w5500")
        assert code == 1 and "needs rp2" in wrong and "copy" not in said


@pytest.fixture(scope="module")
def small():
    """A board with 40 KB of files, and its pty."""
    with disk_board(disk_kb=40, isolated=True) as board:
        yield board


@pytest.fixture
def device(small):
    with Device(small.pty) as device:
        for path, (digest, _) in reversed(device.files().items()):
            device.remove(path, digest is None)
        yield device


def test_files_are_copied_compared_and_replaced(device):
    files = {"lib/ferrule/link/a.py": b"A = 1\n", "lib/b.py": bytes(range(256)), "main.py": MAIN}
    copy(device, files)
    assert set(device.files()) == {"lib", "lib/ferrule", "lib/ferrule/link", *files}
    assert device.read("lib/b.py") == bytes(range(256))
    files = {"lib/ferrule/c.py": b"C = 1\n", "lib/b.mpy": b"M\x06", "main.py": MAIN}
    copy(device, files)
    there = device.files()
    assert {path for path in there if there[path][0]} == set(files)


def test_too_much_for_the_file_system_is_told_before_anything_is_written(device):
    copy(device, {"lib/a.py": b"", "main.py": MAIN})
    said = trouble(copy, device, {"lib/a.py": bytes(50000), "main.py": MAIN})
    assert "the board's file system is full: the files take 49 KB" in said
    assert device.read("main.py") == MAIN and device.read("lib/a.py") == b""


def test_a_file_system_that_fills_up_is_told_and_starts_nothing(device):
    copy(device, {"main.py": MAIN})
    # Together they would fit, but each takes whole blocks.
    files = {"lib/%d.py" % n: bytes([n]) * 4200 for n in range(6)}
    said = trouble(copy, device, {**files, "main.py": MAIN + b"#\n"})
    assert "the board's file system is full: lib/" in said and "mpremote" in said
    assert device.read("main.py") is None


def test_somebody_elses_main_is_not_replaced(device):
    device.write("main.py", b"import machine\n", lambda done: None)
    assert "--force" in trouble(copy, device, {"main.py": MAIN})
    assert device.read("main.py") == b"import machine\n"
    copy(device, {"main.py": MAIN}, force=True)
    assert device.read("main.py") == MAIN
    device.write("main.py", b"# main.py -- put your code here!\n", lambda done: None)
    copy(device, {"main.py": MAIN})


def test_settings_that_are_no_plain_ones_are_left_alone(device):
    device.write("settings.py", b"import os\n", lambda done: None)
    assert "by hand" in trouble(a_job(hostname="x").settle, device)
    assert device.read("settings.py") == b"import os\n"


def test_a_program_that_fails_is_told_by_its_last_line(small, device):
    for text, said in (
        (b"from device import main\n", "no module named 'device'"),
        (b"print('ferrule: No W5500 answers.')\nraise SystemExit(2)\n", "No W5500 answers."),
    ):
        device.write("main.py", text, lambda done: None)
        device.restart()
        assert said in trouble(answer.started, device, 10, print)
        device.wake(5)
        device.link.enter_raw_repl(soft_reset=True)


def test_firmware_of_another_version_is_told(device):
    facts = device.facts()
    assert facts.arch == "armv7m" and facts.platform == "qemu"
    facts.mpy = 5
    said = trouble(a_job().check_version, {"a.mpy": b"M\x06"}, facts)
    assert "loads .mpy files of version 5, and these have 6" in said


@pytest.mark.parametrize("change, said", [
    ({"version": (1, 24, 1)}, "has MicroPython 1.24.1, and ferrule needs 1.25"),
    ({"size": None}, "has no file system"),
    ({"arch": None}, "runs machine code that no release is made for"),
    ({"platform": "rp2"}, "is another one"),
])
def test_a_board_that_will_not_do_is_told(device, monkeypatch, change, said):
    facts = device.facts()
    vars(facts).update(change)
    monkeypatch.setattr(device, "facts", lambda: facts)
    assert said in trouble(a_job().look, device)


def test_a_board_that_goes_away_is_told():
    with disk_board(disk_kb=40, isolated=True) as board:
        with Device(board.pty) as device:
            board.stop()
            assert "stopped answering" in trouble(copy, device, {"main.py": MAIN})


def test_a_page_of_something_else_is_not_the_device():
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1"]
    port = free_port()
    with subprocess.Popen([*command, str(port)], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, cwd=ROOT / "boards") as server:
        try:
            assert "is not the device" in trouble(answer.ask, "127.0.0.1", port, 10)
        finally:
            server.terminate()
    assert "gets no answer" in trouble(answer.ask, "127.0.0.1", port, 0)
