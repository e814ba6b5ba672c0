"""tools/flash without a board: its files, its sentences, firmware for the right chip or another.

The ESP32 is a fake loader on a pseudo-terminal, spoken to by the real esptool.
"""

import functools
import os
import pty
import shutil
import subprocess
import sys
import types

import esptool
import fake_esp32
import images
import pytest
import serial
from rich.console import Console
from serial.tools import list_ports, list_ports_common

from tools.flash import Trouble, answer, esp, files, firmware, ports, settings, uf2
from tools.flash.__main__ import main
from tools.flash.boards import Board, flashable, imported
from tools.flash.device import Device
from tools.flash.progress import Steps
from tools.qemuboard import ROOT


def flash(*words):
    """(exit code, lines of stdout, lines of stderr) of the command line."""
    done = subprocess.run([sys.executable, "-m", "tools.flash", *words], cwd=ROOT, text=True,
                          capture_output=True, timeout=100, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


def refused(*words, code=1):
    """The one sentence that a refusal consists of."""
    got, _, said = flash(*words)
    assert got == code
    assert len(said) == 1 and said[0].startswith("flash: ") and said[0][-1] in ".?", said
    return said[0]


def trouble(function, *arguments):
    with pytest.raises(Trouble) as caught:
        function(*arguments)
    return str(caught.value)


@pytest.fixture
def steps():
    return Steps(3, Console(quiet=True))


@pytest.fixture
def terminal():
    """The name of a pseudo-terminal at which nobody answers."""
    master, slave = pty.openpty()
    yield os.ttyname(slave)
    os.close(slave)
    os.close(master)


# ---- the command line ------------------------------------------------------------------------


def test_a_board_that_is_not_there_is_one_sentence():
    assert "There is no port /dev/ttyNONE" in refused(
        "--board", "pico_w5500", "--port", "/dev/ttyNONE")


def test_words_that_are_not_understood_are_one_sentence():
    assert "There is no board teapot" in refused("--board", "teapot")
    assert "this computer" in refused("--board", "unix")
    for words in ([], ["--board", "pico_w5500", "--address", "10.0.0.300/24"],
                  ["--board", "pico_w5500", "--hostname", "-x-"],
                  ["--board", "pico_w5500", "--wait", "never"],
                  ["--board", "pico_w5500", "--reach", "a:b"],
                  ["--board", "pico_w5500", "--teapot"]):
        refused(*words, code=2)


def test_silence_at_the_port_is_one_sentence(terminal):
    assert "nothing at %s answers" % terminal in trouble(Device, terminal, 115200, 0.5)


def test_a_port_that_another_program_holds_is_one_sentence(terminal):
    with serial.Serial(terminal, exclusive=True):
        said = refused("--board", "pico_w5500", "--port", terminal)
    assert "is in use by another program" in said


def test_firmware_that_does_not_fit_is_one_sentence_before_anything_is_touched(tmp_path):
    wrong = tmp_path / "samd.uf2"
    wrong.write_bytes(images.uf2_file(images.SAMD21))
    words = ("--firmware", str(wrong), "--board")
    assert "firmware for family 0x68ed2b88" in refused(*words, "pico_w5500")
    assert "is no firmware for an ESP32" in refused(*words, "esp32_w5500")
    assert "its README.md says how" in refused(*words, "nucleo_f722ze_w5500")
    assert "cannot be read" in refused("--board", "pico_w5500", "--firmware", "/none.uf2")


def test_a_dry_run_lists_each_step(monkeypatch, capsys):
    words = ["--board", "pico_w5500", "--port", "/dev/ttyNONE", "--dry-run", "--hostname", "hall"]
    words += ["--address", "192.168.7.9/24,192.168.7.1"]
    monkeypatch.setattr(sys, "argv", ["flash", *words])
    assert main() == 0
    out, err = capsys.readouterr()
    said = out.splitlines()
    assert not err
    titles = [line for line in said if line[0] != " "]
    assert titles == [
        "1/7 find the board", "2/7 look at the board", "3/7 compile", "4/7 copy to the board",
        "5/7 write the settings", "6/7 start the device", "7/7 ask it over HTTP"]
    text = "\n".join(said)
    assert "not there now: there is no port /dev/ttyNONE" in text
    assert "HOSTNAME = 'hall'" in text
    assert "ADDRESS = ('192.168.7.9', '255.255.255.0', '192.168.7.1', '192.168.7.1')" in text
    assert "lib/ferrule/link/w5500.mpy" in text and "lan9118" not in text


def test_the_list_names_every_board_but_this_computer():
    code, said, _ = flash("--list")
    folders = {path.parent.name for path in (ROOT / "boards").glob("*/board.json")}
    assert code == 0 and {line.split()[0] for line in said} == folders - {"unix"}


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
@pytest.mark.parametrize("words, passed", [
    ([], "--list"),
    (["BOARD=x"], "--board x"),
    (["BOARD=x", "PORT=/dev/y", "ADDRESS=dhcp"], "--board x --port /dev/y --address dhcp"),
    (["BOARD=x", "FIRMWARE=a.uf2", "ARGS=--dry-run"], "--board x --firmware a.uf2 --dry-run"),
])
def test_make_passes_its_words_on(words, passed):
    # `make test ARGS=...` hands its own words on to every make below it.
    own = ("PORT", "ARGS", "MAKEFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MFLAGS")
    clean = {name: value for name, value in os.environ.items() if name not in own}
    done = subprocess.run(["make", "-n", "flash", *words], cwd=ROOT, capture_output=True,
                          text=True, env=clean, check=True)
    assert done.stdout.splitlines()[-1].split("tools.flash")[1].split() == passed.split()


# ---- ports -----------------------------------------------------------------------------------


def plugged_in(monkeypatch, *numbers):
    """Let pyserial see ports /dev/fake0, ... of these USB vendors."""
    found = []
    for n, vendor in enumerate(numbers):
        port = list_ports_common.ListPortInfo("/dev/fake%d" % n, skip_link_detection=True)
        port.vid, port.pid = vendor, 5
        found.append(port)
    monkeypatch.setattr(list_ports, "comports", lambda: found)
    monkeypatch.setattr(ports, "check", lambda device: None)


def test_the_port_is_found_by_its_usb_vendor(monkeypatch):
    plugged_in(monkeypatch, 0x0403, 0x2E8A, 0x1234)
    assert ports.find(Board("pico_w5500"))[0] == "/dev/fake1"
    assert ports.find(Board("esp32_w5500"))[0] == "/dev/fake0"
    assert "no board found for nucleo_f722ze_w5500" in trouble(
        ports.find, Board("nucleo_f722ze_w5500"))


def test_of_several_ports_one_has_to_be_named(monkeypatch):
    plugged_in(monkeypatch, 0x2E8A, 0x2E8A)
    said = trouble(ports.find, Board("pico_w5500"))
    assert "/dev/fake0 (2e8a:0005), /dev/fake1 (2e8a:0005); name one with --port" in said


def test_no_permission_says_which_group_gives_it(monkeypatch, terminal):
    def denied(self):
        raise serial.SerialException(13, "could not open port: Permission denied")

    monkeypatch.setattr(serial.Serial, "open", denied)
    assert "no permission to open %s" % terminal in trouble(ports.check, terminal)
    assert "dialout" in trouble(ports.check, terminal)


# ---- settings --------------------------------------------------------------------------------


@pytest.mark.parametrize("text, value", [
    ("dhcp", "dhcp"),
    ("10.0.0.2/8", ("10.0.0.2", "255.0.0.0", "0.0.0.0", "0.0.0.0")),
    ("10.0.0.2/30,10.0.0.1", ("10.0.0.2", "255.255.255.252", "10.0.0.1", "10.0.0.1")),
    ("10.0.0.2/24,10.0.0.1,9.9.9.9", ("10.0.0.2", "255.255.255.0", "10.0.0.1", "9.9.9.9")),
])
def test_addresses_that_are_understood(text, value):
    assert settings.address(text) == value


@pytest.mark.parametrize("text", [
    "", "DHCP", "10.0.0.2", "10.0.0.2/33", "10.0.0/24", "10.0.0.2/24,10.0.1.1", "10.0.0.0/24",
    "10.0.0.255/24", "224.0.0.1/24", "127.0.0.1/8", "0.0.0.0/0", "1.2.3.4/24,1.2.3.1,x",
    "1.2.3.4/24,1.2.3.1,1.1.1.1,2.2.2.2", "::1/64",
])
def test_addresses_that_are_refused(text):
    with pytest.raises(ValueError, match="."):
        settings.address(text)


@pytest.mark.parametrize("text", ["a", "hall-7", "A" * 63, "9to5"])
def test_names_that_are_understood(text):
    assert settings.hostname(text) == text


@pytest.mark.parametrize("text", ["", "-a", "a-", "a.b", "a b", "A" * 64, "\u00e4", "a_b", "a\n"])
def test_names_that_are_refused(text):
    with pytest.raises(ValueError, match="."):
        settings.hostname(text)


def test_settings_come_back_as_they_were_written():
    values = {"ADDRESS": ("1.2.3.4", "255.0.0.0", "1.0.0.1", "1.0.0.1"), "HOSTNAME": "x",
              "OTHER": [1, None]}
    assert settings.parse(settings.render(values)) == values
    for text in ("import os", "A = b()", "if 1:\n A = 2", "A ="):
        assert "more than plain settings" in trouble(settings.parse, text)


# ---- files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("board", flashable(), ids=lambda board: board.name)
def test_a_board_gets_its_own_links_and_no_other(board):
    for texts in (files.sources(board.arch, "full", False), files.as_written()):
        links = files.links_of(board.source(), texts)
        for text in [board.source(), *(texts[path] for path in links)]:
            for name in imported(text, "ferrule.link.", "ferrule.link"):
                path = name.replace(".", "/") + ".py"
                assert path in links or path not in texts
        assert links and "ferrule/link/packet.py" not in links
    made = files.device_files(board, board.arch, files.Form(source=True))
    assert {path for path in made if "/link/" in path} == {"lib/" + path for path in links}
    assert list(made)[-1] == "main.py"


def test_compiled_files_are_for_the_boards_architecture():
    for name, arch, number in (("pico_w5500", "armv6m", 4), ("esp32_w5500", "xtensawin", 10)):
        made = files.device_files(Board(name), arch, files.Form())
        assert made["lib/ferrule/__init__.mpy"][2] >> 2 == number
        assert not [path for path in made
                    if path.endswith(".py") and path not in ("main.py", "board.py")]


def test_what_would_be_found_before_the_package_is_removed():
    made = {"lib/ferrule/__init__.mpy": b"", "lib/device.mpy": b"", "main.py": b"",
             "board.py": b""}
    there = {
        "lib": (None, 0), "lib/ferrule": (None, 0), "lib/ferrule/__init__.py": (b"1", 5),
        "lib/ferrule/old.mpy": (b"2", 5), "lib/other.py": (b"3", 5), "device.py": (b"4", 5),
        "ferrule": (None, 0), "ferrule/link": (None, 0), "ferrule/link/x.mpy": (b"5", 5),
        "main.py": (b"6", 5), "settings.py": (b"7", 5), "lib/device.mpy": (b"8", 5),
        "device.txt": (b"9", 5), "main.mpy": (b"10", 5),
    }
    gone = files.left_over(made, there)
    assert set(gone) == {
        "lib/ferrule/__init__.py", "lib/ferrule/old.mpy", "device.py", "ferrule/link/x.mpy",
        "ferrule/link", "ferrule", "main.mpy"}
    assert gone[-2:] == ["ferrule/link", "ferrule"]


# ---- UF2 -------------------------------------------------------------------------------------


@pytest.fixture
def drive(tmp_path):
    """A function that makes a boot drive of an RP2."""
    def make(name="RPI-RP2"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / uf2.INFO).write_text(
            "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: %s\r\n" % name)
        return folder
    return make


def uf2_of(tmp_path, data, name="firmware.uf2"):
    file = tmp_path / name
    file.write_bytes(data)
    return file


def asked(file, folder, port=None):
    return types.SimpleNamespace(firmware=file, boot_drive=folder, port=port)


def test_uf2_firmware_is_copied_to_the_boot_drive(tmp_path, drive, terminal, steps):
    data = images.uf2_file(images.RP2040, 300)
    file, folder = uf2_of(tmp_path, data), drive()
    port = firmware.write_uf2(Board("pico_w5500"), asked(file, folder, terminal), steps)
    assert (folder / "firmware.uf2").read_bytes() == data and port == terminal


@pytest.mark.parametrize("name, family, fits", [
    ("RPI-RP2", images.RP2040, True),
    ("RPI-RP2", images.RP2350, False),
    ("RP2350", images.RP2040, False),
    ("RP2350", images.RP2350, True),
    ("RP2350", images.RP2350_RISCV, True),
    ("RPI-RP2", images.SAMD21, False),
    ("RPI-RP2", None, False),
])
def test_uf2_firmware_is_for_the_chip_of_the_drive(tmp_path, drive, terminal, steps, name, family,
                                                   fits):
    file, folder = uf2_of(tmp_path, images.uf2_file(family)), drive(name)
    options = asked(file, folder, terminal)
    if fits:
        firmware.write_uf2(Board("pico_w5500"), options, steps)
        assert (folder / file.name).exists()
    else:
        said = trouble(firmware.write_uf2, Board("pico_w5500"), options, steps)
        assert "is firmware for" in said and uf2.chip_of(folder) in said
        assert not (folder / file.name).exists()


def test_the_absolute_block_of_rp2350_files_is_no_family_of_its_own(tmp_path):
    first = images.uf2_block(0, 1, images.ABSOLUTE)
    file = uf2_of(tmp_path, first + images.uf2_file(images.RP2350))
    assert uf2.check(file, "RP2350") == file.stat().st_size
    assert "RP2350" in trouble(uf2.check, file, "RP2040")
    assert "RP2 (absolute)" in trouble(uf2.check, uf2_of(tmp_path, first), "RP2350")


@pytest.mark.parametrize("damage, said", [
    (lambda data: b"", "is no UF2 file"),
    (lambda data: b"MZ" + data, "is no UF2 file"),
    (lambda data: data[:-512], "has 39 of 40 blocks"),
    (lambda data: data[:-1], "ends within a block"),
    (lambda data: data[:512 * 7] + b"x" + data[512 * 7 + 1:], "block 7 is no UF2 block"),
    (lambda data: data[:512 * 8 - 1] + b"x" + data[512 * 8:], "block 7 is no UF2 block"),
    (lambda data: data[:512] + data[:512] + data[1024:], "has 39 of 40 blocks"),
])
def test_damaged_uf2_files_are_refused(tmp_path, damage, said):
    file = uf2_of(tmp_path, damage(images.uf2_file(images.RP2040)))
    assert said in trouble(uf2.check, file, "RP2040")


def test_a_folder_that_is_no_boot_drive_is_refused(tmp_path, steps):
    file = uf2_of(tmp_path, images.uf2_file(images.RP2040))
    said = trouble(firmware.write_uf2, Board("pico_w5500"), asked(file, tmp_path), steps)
    assert "is no boot drive of an RP2" in said


def test_a_full_or_vanished_drive_is_told(tmp_path, drive, terminal, steps):
    file, folder = uf2_of(tmp_path, images.uf2_file(images.RP2040)), drive()
    (folder / file.name).symlink_to("/dev/full")
    said = trouble(firmware.write_uf2, Board("pico_w5500"), asked(file, folder, terminal), steps)
    assert "was not written" in said and "No space left" in said


def test_drives_are_found_where_they_are_mounted(monkeypatch, drive, tmp_path):
    one, two = drive(), drive("RP2350")
    monkeypatch.setattr(uf2, "mounted", lambda: [tmp_path, one])
    assert uf2.find() == (one, "RP2040")
    monkeypatch.setattr(uf2, "mounted", lambda: [one, two])
    assert "--boot-drive" in trouble(uf2.find)
    monkeypatch.setattr(uf2, "mounted", lambda: [tmp_path])
    assert uf2.find() is None
    assert "hold BOOTSEL" in trouble(uf2.wait_for_drive, 0.3)


class Running:
    """A Pico whose MicroPython runs, in place of tools.flash.device.Device."""

    machine = "Raspberry Pi Pico with RP2040"
    asked = 0

    def __init__(self, port):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def facts(self):
        return self

    def bootloader(self):
        Running.asked += 1


def test_a_pico_that_runs_becomes_its_boot_drive(monkeypatch, drive, terminal, tmp_path, steps):
    monkeypatch.setattr(firmware, "Device", Running)
    monkeypatch.setattr(firmware, "_DRIVE_S", 1)
    monkeypatch.setattr(uf2, "mounted", lambda: [drive()] if Running.asked else [])
    file = uf2_of(tmp_path, images.uf2_file(images.RP2350))
    options = asked(file, None, terminal)
    said = trouble(firmware.write_uf2, Board("pico_w5500"), options, steps)
    assert "RP2350, and the board has an RP2040" in said and not Running.asked
    file.write_bytes(images.uf2_file(images.RP2040))
    assert firmware.write_uf2(Board("pico_w5500"), options, steps) == terminal
    assert Running.asked == 1 and (tmp_path / "RPI-RP2" / file.name).exists()


def test_no_drive_and_no_port_says_what_to_hold(monkeypatch, tmp_path, steps):
    monkeypatch.setattr(uf2, "mounted", lambda: [])
    file = uf2_of(tmp_path, images.uf2_file(images.RP2040))
    options = asked(file, None, "/dev/ttyNONE")
    said = trouble(firmware.write_uf2, Board("pico_w5500"), options, steps)
    assert "no boot drive, and there is no port /dev/ttyNONE" in said and "BOOTSEL" in said


# ---- ESP32 -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def esp32(tmp_path_factory):
    return images.esp_image(tmp_path_factory.mktemp("esp32"), "esp32")


@pytest.fixture(scope="module")
def esp32c3(tmp_path_factory):
    return images.esp_image(tmp_path_factory.mktemp("esp32c3"), "esp32c3")


def test_an_image_tells_its_chip_as_esptool_sees_it(esp32, esp32c3):
    assert esp.check(esp32) == ("esp32", 0x1000, esp32.stat().st_size)
    assert esp.check(esp32c3, "esp32c3")[:2] == ("esp32c3", 0)
    for file, name in ((esp32, "ESP32"), (esp32c3, "ESP32-C3")):
        done = subprocess.run([sys.executable, "-m", "esptool", "image-info", str(file)],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0 and "Detected image type: %s\n" % name in done.stdout
    said = trouble(esp.check, esp32c3, "esp32")
    assert said == "esp32c3.bin is firmware for an ESP32-C3, and the board has an ESP32."


@pytest.mark.parametrize("at, said", [
    (0, "no firmware for an ESP32"), (12, "no firmware for an ESP32"), (100, "checksum is wrong"),
    (-1, "SHA-256 is wrong"), (None, "damaged"),
])
def test_damaged_images_are_refused(esp32, tmp_path, at, said):
    data = bytearray(esp32.read_bytes())
    if at is None:
        del data[200:]
    else:
        data[at] ^= 0x55
    file = tmp_path / "damaged.bin"
    file.write_bytes(data)
    assert said in trouble(esp.check, file)


def write_esp(file, port, erase=False):
    said, parts = [], []
    chip = esp.write(file, port, 460800, erase, parts.append, said.append)
    assert parts[-1] == 1.0
    return chip


def test_the_firmware_step_of_an_esp32(esp32, steps):
    with fake_esp32.FakeESP32() as board:
        options = types.SimpleNamespace(firmware=esp32, port=board.port, erase=False)
        assert firmware.write(Board("esp32_w5500"), options, steps) == board.port
        assert fake_esp32.DEFL_END in board.commands


def test_esptool_writes_the_image_where_the_chip_starts(esp32):
    with fake_esp32.FakeESP32() as board:
        assert write_esp(esp32, board.port, erase=True) == "esp32"
        data = esp32.read_bytes()
        assert board.flash[0x1000:0x1000 + len(data)] == data
        assert board.stub and fake_esp32.ERASE_FLASH in board.commands


def test_an_image_for_another_chip_is_not_written(esp32c3):
    with fake_esp32.FakeESP32() as board:
        said = trouble(write_esp, esp32c3, board.port)
        assert "firmware for an ESP32-C3, and the board has an ESP32" in said
        assert fake_esp32.DEFL_BEGIN not in board.commands


def test_what_the_flash_does_not_keep_is_found(esp32):
    with fake_esp32.FakeESP32() as board:
        board.damage = True
        assert "MD5" in trouble(write_esp, esp32, board.port)


def test_no_esp32_at_the_port_is_told(esp32, terminal, monkeypatch):
    once = functools.partial(esptool.detect_chip, connect_attempts=1)
    monkeypatch.setattr(esptool, "detect_chip", once)
    assert trouble(write_esp, esp32, terminal).startswith("esptool at %s: " % terminal)


# ---- starting --------------------------------------------------------------------------------


class Talker:
    """A device that prints lines."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)

    def output(self, seconds):
        return self.pieces.pop(0) if self.pieces else ""


def test_the_line_of_the_device_is_found_in_pieces():
    said = []
    device = Talker("\r\nMPY: soft reboot\r\n", "ferrule: asking for ", "an address\r\n",
                    "ferrule: ht", "tp://10.0.0.9/ is up: 4 connections\r\n")
    assert answer.started(device, 5, said.append) == "10.0.0.9"
    assert said == ["asking for an address"]


@pytest.mark.parametrize("pieces, said", [
    (["MPY: soft reboot\r\nTraceback (most recent call last):\r\n  File\r\nOSError: 19\r\n",
      "MicroPython v1.25\r\nType \"help()\" for more\r\n>>> "], "did not start: OSError: 19."),
    (["MPY: soft reboot\r\nferrule: The link cannot be opened: no W5500.\r\nMPY: soft reboot\r\n"],
     "did not start: The link cannot be opened: no W5500."),
    (["MPY: soft reboot\r\nboot.py was here\r\n"], "within 1 s: its last words are 'boot.py"),
    ([], "did not say that it is up within 1 s."),
])
def test_a_device_that_does_not_start_says_why(pieces, said):
    assert said in trouble(answer.started, Talker(*pieces), 1, lambda text: None)
