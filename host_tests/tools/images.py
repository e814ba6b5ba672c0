"""Firmware files made here: UF2 with any family, and images that esptool makes of a small ELF."""

import struct
import subprocess
import sys

from tools.flash import uf2

RP2040, RP2350, RP2350_RISCV, ABSOLUTE = 0xE48BFF56, 0xE48BFF59, 0xE48BFF5A, 0xE48BFF57
SAMD21 = 0x68ED2B88

XTENSA, RISCV = 0x5E, 0xF3
# chip: (ELF machine, where its code may lie)
CHIPS = {"esp32": (XTENSA, 0x40080000), "esp32c3": (RISCV, 0x40380000)}


def uf2_block(number, count, family, payload=b"\x55" * 256):
    head = struct.pack(
        "<8I", *uf2.MAGIC, uf2.HAS_FAMILY if family else 0, 0x10000000 + 256 * number,
        len(payload), number, count, family or 0)
    return head + payload.ljust(476, b"\0") + struct.pack("<I", uf2.MAGIC_END)


def uf2_file(family, count=40):
    return b"".join(uf2_block(number, count, family) for number in range(count))


def elf(machine, address, code):
    """A 32-bit little-endian ELF with one section of code."""
    names = b"\0.iram0.text\0.shstrtab\0"
    at = 52
    table = at + len(code) + len(names)
    head = b"\x7fELF\x01\x01\x01" + bytes(9)
    head += struct.pack("<2H5I6H", 2, machine, 1, address, 0, table, 0, 52, 0, 0, 40, 3, 2)
    sections = bytes(40)
    sections += struct.pack("<10I", 1, 1, 6, address, at, len(code), 0, 0, 4, 0)
    sections += struct.pack("<10I", 13, 3, 0, 0, at + len(code), len(names), 0, 0, 1, 0)
    return head + code + names + sections


def esp_image(folder, chip):
    """An image for `chip`, made by esptool's elf2image."""
    source, target = folder / (chip + ".elf"), folder / (chip + ".bin")
    machine, address = CHIPS[chip]
    source.write_bytes(elf(machine, address, bytes(range(256)) * 16))
    command = [sys.executable, "-m", "esptool", "--chip", chip, "elf2image", "-o", str(target)]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target
