"""settings.py of one device, and an address from a server: what main.py makes of them."""

import os
import signal
import subprocess
import threading

import pytest

from tools.qemuboard import ROOT

BY_HAND = 'ADDRESS = ("10.7.0.9", "255.255.255.0", "10.7.0.1", "10.7.0.1")\n'


def start(micropython, folder, ip=None):
    """The device on a wire that nobody else is on, with the modules of this folder."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FERRULE_")}
    environment.update(FERRULE_LINK="loop", MICROPYPATH="%s:.frozen" % folder)
    if ip:
        environment["FERRULE_IP"] = ip
    return subprocess.Popen(
        [micropython, "firmware/main.py"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def first_line(process):
    """What it prints first; it is then ended as by Ctrl-C."""
    timer = threading.Timer(10, process.kill)
    timer.start()
    try:
        line = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=10)
    finally:
        timer.cancel()
    assert (process.returncode, rest, err) == (0, "", ""), (line, rest, err)
    return line


@pytest.mark.parametrize(
    "text, ip, says",
    [
        (None, "dhcp", "ferrule: asking for an address: "),
        (BY_HAND, None, "ferrule: http://10.7.0.9/ is up: "),
        (BY_HAND, "10.9.0.2/24", "ferrule: http://10.7.0.9/ is up: "),
        (BY_HAND, "dhcp", "ferrule: http://10.7.0.9/ is up: "),
        ('ADDRESS = "dhcp"\nHOSTNAME = "kitchen"\n', None, "ferrule: asking for an address: "),
        ('HOSTNAME = "kitchen"\n', "10.9.0.2/24", "ferrule: http://10.9.0.2/ is up: "),
    ],
)
def test_settings_come_before_the_board(micropython, tmp_path, text, ip, says):
    if text is not None:
        (tmp_path / "settings.py").write_text(text)
    assert first_line(start(micropython, tmp_path, ip)).startswith(says)


@pytest.mark.parametrize(
    "text, word",
    [
        ('ADDRESS = "10.7.0.9"\n', "ADDRESS"),
        ('ADDRESS = ("10.7.0.9", "255.255.255.0")\n', "ADDRESS"),
        ('ADDRESS = ("10.7.0.9", "255.255.255.0", "router", "")\n', "ADDRESS"),
        ("ADDRESS = 5\n", "ADDRESS"),
        ('HOSTNAME = "my device"\n', "hostname"),
        ("HOSTNAME = -1\n", "hostname"),
    ],
)
def test_wrong_settings_are_one_sentence(micropython, tmp_path, text, word):
    (tmp_path / "settings.py").write_text(text)
    process = start(micropython, tmp_path, "10.9.0.2/24")
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (2, "")
    assert word in err and err.count("\n") == 1, err
