"""Writing the firmware that the user names."""

import time

from tools.flash import Trouble, esp, ports, uf2
from tools.flash.device import Device

BAUD = 460800  # of esptool, once its stub runs
_DRIVE_S = 15
_PORT_S = 40


def described(board, file):
    """What a firmware file is, in some words.  Trouble: it is not for this board."""
    if board.firmware == "uf2":
        return "%s for %s, %d KB" % (file.name, uf2_chips(file), uf2.check(file, None) // 1024)
    if board.firmware == "bin":
        chip, offset, size = esp.check(file)
        return "%s for %s, %d KB, to %#x" % (file.name, chip.upper(), size // 1024, offset)
    raise Trouble("the firmware of %s is not written by this program: its README.md says how;"
                  " leave --firmware out." % board.name)


def uf2_chips(file):
    found = uf2.families(uf2.read(file), file.name)
    return ", ".join(sorted(uf2.FAMILIES.get(one, "?") for one in found))


def chip_named(machine):
    """RP2040 or RP2350 in what a MicroPython calls its machine, else None."""
    return next((chip for chip in ("RP2040", "RP2350") if chip in machine), None)


def write(board, options, steps):
    """Write options.firmware; returns the device name of the board's port.  Trouble: as told."""
    described(board, options.firmware)
    if board.firmware == "uf2":
        return write_uf2(board, options, steps)
    port, _ = ports.find(board, options.port)
    size = options.firmware.stat().st_size
    with steps.bar(options.firmware.name, size) as tick:
        chip = esp.write(options.firmware, port, BAUD, options.erase,
                         lambda part: tick(int(part * size)), steps.say)
    steps.say("%s: written and verified (%s)" % (options.firmware.name, chip.upper()))
    # A chip with USB of its own goes away and comes back with its firmware.
    return wait_for_port(board, options.port)


def write_uf2(board, options, steps):
    """The same for an RP2: into its boot drive, where it goes by itself if MicroPython runs."""
    found = uf2.find(options.boot_drive)
    if not found:
        found = enter_boot_drive(board, options, steps)
    folder, chip = found
    size = uf2.check(options.firmware, chip)
    with steps.bar(options.firmware.name, size) as tick:
        uf2.copy(options.firmware, folder, tick)
    steps.say("%s: copied to %s (%s)" % (options.firmware.name, folder, chip))
    return wait_for_port(board, options.port)


def enter_boot_drive(board, options, steps):
    """(folder, chip) of the drive of a board whose MicroPython was asked to restart as one."""
    try:
        port, _ = ports.find(board, options.port)
    except Trouble as trouble:
        device = uf2.unmounted()
        if device:
            uf2.wait_for_drive(0)
        raise Trouble("no boot drive, and %s Hold BOOTSEL while plugging the board in, or name"
                      " the drive with --boot-drive." % trouble) from None
    with Device(port) as device:
        chip = chip_named(device.facts().machine)
        if chip:
            uf2.check(options.firmware, chip)
        steps.say("restarting %s as a boot drive" % port)
        device.bootloader()
    return uf2.wait_for_drive(_DRIVE_S)


def wait_for_port(board, named):
    """The device name of the board's port, once the new firmware runs."""
    end = time.monotonic() + _PORT_S
    while True:
        try:
            return ports.find(board, named)[0]
        except Trouble as trouble:
            if time.monotonic() > end:
                raise Trouble("the board did not come back after its firmware was written: %s"
                              % trouble) from None
        time.sleep(0.3)
