"""Every folder of boards/: board.json in MicroPython's style, what its README.md has to tell,
pins that the wiring table repeats, and RAM reports that are measured.
"""

import ast
import json
import os
import re
import subprocess

import pytest

from tools import boards as ram
from tools import qemuboard
from tools.flash import files
from tools.flash.boards import BOARDS, MCUS, Board, flashable, names

FOLDERS = sorted(path.name for path in BOARDS.iterdir() if path.is_dir())
# Those of MicroPython 1.25's own boards (ports/*/boards/*/board.json).
FEATURES = {
    "Audio Codec", "BLE", "Battery Charging", "CAN", "Camera", "DAC", "Display", "Dual-core",
    "Environment Sensor", "Ethernet", "External Flash", "External RAM", "Feather", "IMU", "JST-PH",
    "JST-SH", "LoRa", "Microphone", "PoE", "RGB LED", "SDCard", "Secure Element", "USB", "USB-C",
    "WiFi", "microSD", "mikroBUS",
}
TEXTS = {"docs", "mcu", "product", "thumbnail", "url", "vendor"}
LISTS = {"deploy", "features", "images"}
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?!\w)")
# Emulated boards that only tests start: no device is flashed there.
FOR_TESTS = {"qemu_microbit"}


def about(name):
    return json.loads((BOARDS / name / "board.json").read_text(encoding="utf-8"))


def readme(name):
    return (BOARDS / name / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [name for name in FOLDERS if name not in FOR_TESTS])
def test_a_board_has_what_micropythons_boards_have(name):
    found = about(name)
    assert set(found) - {"deploy_options"} == TEXTS | LISTS
    assert all(isinstance(found[key], str) for key in TEXTS)
    assert all(isinstance(one, str) for key in LISTS for one in found[key])
    assert found["mcu"] in MCUS and found["product"] and found["vendor"]
    assert found["features"] == sorted(set(found["features"]))
    assert set(found["features"]) <= FEATURES
    assert found["url"].startswith("https://")
    for file in found["deploy"] + found["images"]:
        assert (BOARDS / name / file).exists()
    assert set(found.get("deploy_options", {})) <= {"flash_offset"}
    ast.parse((BOARDS / name / "board.py").read_text(encoding="utf-8"))


def test_the_flash_offset_is_esptools():
    from esptool.targets import CHIP_DEFS

    for name in names():
        if MCUS[about(name)["mcu"]][2] == "bin":
            offset = CHIP_DEFS[about(name)["mcu"]].BOOTLOADER_FLASH_OFFSET
            assert int(about(name)["deploy_options"]["flash_offset"], 16) == offset


@pytest.mark.parametrize("board", flashable(), ids=lambda board: board.name)
def test_a_readme_tells_firmware_failures_and_memory(board):
    text = readme(board.name)
    assert "## RAM report" in text
    if board.platform == "qemu":
        return  # nothing to wire, and `make qemu` starts it
    assert "make flash BOARD=%s" % board.name in text
    assert "## What fails, and when\n\n| what you see | why | what to do |" in text
    assert ("FIRMWARE=" in text) == (board.firmware is not None)


@pytest.mark.parametrize("board", flashable(), ids=lambda board: board.name)
def test_the_wiring_table_has_the_pins_of_board_py(board):
    wires = ram.wires_of(board)
    for pin in wires:
        form = {"rp2": "GP%s", "pyboard": "P%s"}.get(board.platform, "%s")
        word = form % pin
        assert re.search(r"\| [^|\n]*\b%s\b" % word, readme(board.name)), word


def test_the_page_about_buying_names_every_board():
    text = (BOARDS / "README.md").read_text(encoding="utf-8")
    for name in FOLDERS:
        if name not in FOR_TESTS:
            assert "[%s](%s/README.md)" % (name, name) in text
    assert "(boards/README.md)" in (ram.ROOT / "README.md").read_text(encoding="utf-8")


def test_words_that_readmes_give_to_flash_are_understood():
    """`make flash` lines: variables that the Makefile knows, options that the program knows."""
    known = subprocess.run(
        [os.sys.executable, "-m", "tools.flash", "--help"], cwd=ram.ROOT, capture_output=True,
        text=True, check=True).stdout
    for path in [*BOARDS.glob("*/README.md"), BOARDS / "README.md", ram.ROOT / "README.md"]:
        for line in re.findall(r"^make flash (.*)$", path.read_text(encoding="utf-8"), re.M):
            assert set(re.findall(r"\b([A-Z]+)=", line)) <= {
                "BOARD", "PORT", "FIRMWARE", "ADDRESS", "ARGS"}, line
            for option in re.findall(r"--[a-z-]+", line):
                assert option in known, line
            name = re.search(r"BOARD=(\S+)", line)
            assert name is None or Board(name.group(1))


# ---- memory ----------------------------------------------------------------------------------


def absent(why):
    if os.environ.get("FERRULE_REQUIRE_ALL") == "1":
        pytest.fail(why)
    pytest.skip(why)


def test_the_ram_reports_are_what_the_stack_says():
    """net.memory() on 32 bits for each board's limits(), and the figures of ram.json."""
    if not ram.UNIX32.exists():
        absent("there is no 32-bit interpreter: run make interpreters")
    for path, text in ram.texts(ram.read()).items():
        there = path.read_text(encoding="utf-8")
        assert NUMBER.sub("#", there) == NUMBER.sub("#", text), "run python -m tools.boards"
        for old, new in zip(NUMBER.findall(there), NUMBER.findall(text), strict=True):
            old, new = float(old.replace(",", "")), float(new.replace(",", ""))
            # A few bytes more in the stack are no reason to write all reports anew.
            assert abs(new - old) <= ram.TOLERANCE * new + 1, (path, old, new)


def test_the_heap_of_a_board_is_as_measured():
    """One board's device on the emulated Cortex-M3; `python -m tools.boards --check` does all."""
    why = qemuboard.missing(qemuboard.ROOMY)
    if why:
        absent(why)
    now, then = ram.heap(Board("pico_w5500")), ram.read()["pico_w5500"]
    for what, size in now.items():
        assert abs(size - then[what]) <= ram.TOLERANCE * size, (what, size, then[what])


@pytest.mark.parametrize("name, kilobytes", [("nucleo_f722ze_w5500", 112)])
def test_the_files_fit_into_a_small_flash(name, kilobytes):
    """With the profile that the README names; a file takes blocks of 512 bytes (FAT)."""
    board = Board(name)
    made = files.device_files(board, board.arch, files.Form("core"))
    assert sum(-(-len(data) // 512) * 512 for data in made.values()) < (kilobytes - 8) * 1024
