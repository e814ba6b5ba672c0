"""UF2 files and the drive that an RP2 board is while BOOTSEL is held.

The format: 512-byte blocks, each with its own head (github.com/microsoft/uf2).  Family numbers:
RP2040 datasheet 2.8.4.2, RP2350 datasheet 5.5.3.
"""

import os
import pathlib
import string
import struct
import time

from tools.flash import Trouble

BLOCK = 512
MAGIC = 0x0A324655, 0x9E5D5157
MAGIC_END = 0x0AB16F30
HAS_FAMILY = 0x2000
FAMILIES = {
    0xE48BFF56: "RP2040",
    0xE48BFF57: "RP2 (absolute)",
    0xE48BFF58: "RP2 (data)",
    0xE48BFF59: "RP2350",
    0xE48BFF5A: "RP2350 (RISC-V)",
}
_ANY = 0xE48BFF57  # MicroPython's files for the RP2350 begin with one such block: erratum E10
_FITS = {"RP2040": {0xE48BFF56}, "RP2350": {0xE48BFF59, 0xE48BFF5A}}
INFO = "INFO_UF2.TXT"


def families(data, name="the file"):
    """The set of family numbers in a UF2 file.  Trouble: it is none, or is incomplete."""
    if len(data) < BLOCK or data[:4] != struct.pack("<I", MAGIC[0]):
        raise Trouble("%s is no UF2 file." % name)
    found, seen = set(), {}
    for at in range(0, len(data), BLOCK):
        block = data[at:at + BLOCK]
        if len(block) < BLOCK:
            raise Trouble("%s is not complete: it ends within a block." % name)
        first, second, flags, _, _, number, count, family = struct.unpack_from("<8I", block)
        if (first, second) != MAGIC or struct.unpack_from("<I", block, 508)[0] != MAGIC_END:
            raise Trouble("%s is damaged: block %d is no UF2 block." % (name, at // BLOCK))
        found.add(family if flags & HAS_FAMILY else None)
        seen.setdefault((family, count), set()).add(number)
    for (_, count), numbers in seen.items():
        if numbers != set(range(count)):
            raise Trouble("%s is not complete: it has %d of %d blocks." % (
                name, len(numbers), count))
    return found


def check(file, chip):
    """The size of a UF2 file for a chip (a key of _FITS, or None: any RP2).

    Trouble: it cannot be read, or is for another chip.
    """
    data = read(file)
    found = families(data, file.name)
    wanted = _FITS[chip] if chip else set().union(*_FITS.values())
    strange = found - wanted - {_ANY}
    if strange or not found & wanted:
        said = ", ".join(sorted(
            FAMILIES.get(one, "family %#010x" % one if one is not None else "no chip it names")
            for one in (strange or found)))
        raise Trouble("%s is firmware for %s, and the board has an %s." % (
            file.name, said, chip or "RP2040 or RP2350"))
    return len(data)


def read(file):
    """The bytes of a firmware file.  Trouble: it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise Trouble("the firmware %s cannot be read: %s." % (file, error.strerror)) from None


# ---- the drive -------------------------------------------------------------------------------


def mounted():
    """Folders that may be drives."""
    if os.name == "nt":
        return [pathlib.Path(letter + ":\\") for letter in string.ascii_uppercase]
    found = list(pathlib.Path("/Volumes").glob("*"))
    try:
        for line in pathlib.Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
            _, folder, kind = line.split()[:3]
            if kind in ("vfat", "msdos", "fuseblk"):
                found.append(pathlib.Path(folder.encode().decode("unicode_escape")))
    except OSError:
        pass
    return found


def chip_of(folder):
    """The chip of a boot drive by its INFO_UF2.TXT, or None when the folder is no such drive."""
    try:
        text = (folder / INFO).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "Board-ID":
            return {"RPI-RP2": "RP2040", "RP2350": "RP2350"}.get(value.strip())
    return None


def drives():
    """[(folder, chip)] of all boot drives that are mounted."""
    return [(folder, chip_of(folder)) for folder in mounted() if chip_of(folder)]


def unmounted():
    """The device of a boot drive that is plugged in and not mounted (Linux), or None."""
    for label in ("RPI-RP2", "RP2350"):
        device = pathlib.Path("/dev/disk/by-label") / label
        if device.exists():
            return device
    return None


def find(named=None):
    """(folder, chip) of the one boot drive, or None when there is none.  Trouble: several, or the
    folder that was named is none."""
    if named:
        chip = chip_of(named)
        if not chip:
            raise Trouble("%s is no boot drive of an RP2: it has no %s that says so." % (
                named, INFO))
        return named, chip
    found = drives()
    if len(found) > 1:
        raise Trouble("several boards wait for firmware (%s): name one with --boot-drive." % (
            ", ".join(str(folder) for folder, _ in found)))
    return found[0] if found else None


def wait_for_drive(seconds):
    """(folder, chip) of the boot drive, when it appears.  Trouble: it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = find()
        if found:
            return found
        time.sleep(0.2)
    device = unmounted()
    if device:
        raise Trouble("the boot drive %s is not mounted: mount it (udisksctl mount -b %s), and"
                      " run this again." % (device.name, device))
    raise Trouble("no boot drive: hold BOOTSEL while plugging the board in, and run this again,"
                  " or name the drive with --boot-drive.")


def copy(file, folder, tick):
    """Copy a UF2 file to a boot drive; tick(bytes done).  The board restarts with the last block,
    so the drive may be gone before the file is closed.  Trouble: it went before."""
    data = read(file)
    done = 0
    try:
        with open(folder / file.name, "wb", buffering=0) as out:
            while done < len(data):
                done += out.write(data[done:done + 64 * BLOCK])
                tick(done)
            os.fsync(out.fileno())
    except OSError as error:
        if done < len(data):
            raise Trouble("the firmware was not written to %s: %s." % (
                folder, error.strerror)) from None
