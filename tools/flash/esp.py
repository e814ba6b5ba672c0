"""Firmware for ESP32s, with esptool: what a file is for, and writing it."""

import contextlib
import struct
import time

from tools.flash import Trouble
from tools.flash.uf2 import read

_STEP_S = 0.2


def _chips():
    from esptool.targets import CHIP_DEFS

    return {rom.IMAGE_CHIP_ID: name for name, rom in CHIP_DEFS.items() if name != "esp8266"}


def check(file, connected=None):
    """(chip, offset, size) of an image: esptool's name of the chip, where its bootloader goes.

    connected: esptool's name of the chip at hand, if known.  Trouble: esptool takes the file for
    no image, or it is for another chip.
    """
    from esptool import FatalError
    from esptool.bin_image import LoadFirmwareImage
    from esptool.targets import CHIP_DEFS

    data = read(file)
    chip = _chips().get(struct.unpack_from("<H", data, 12)[0] if len(data) > 24 else None)
    if not chip or data[0] != 0xE9:
        raise Trouble("%s is no firmware for an ESP32: it does not begin as esptool's images do."
                      % file.name)
    with quiet():
        try:
            image = LoadFirmwareImage(chip, data)
        except (FatalError, struct.error, RuntimeError, IndexError) as error:
            raise Trouble("%s is damaged: esptool says: %s." % (
                file.name, str(error).rstrip("."))) from None
    if image.checksum != image.calculate_checksum():
        raise Trouble("%s is damaged: its checksum is wrong." % file.name)
    if image.append_digest and image.stored_digest != image.calc_digest:
        raise Trouble("%s is damaged: its SHA-256 is wrong." % file.name)
    if connected and chip != connected:
        raise Trouble("%s is firmware for an %s, and the board has an %s." % (
            file.name, CHIP_DEFS[chip].CHIP_NAME, CHIP_DEFS[connected].CHIP_NAME))
    return chip, CHIP_DEFS[chip].BOOTLOADER_FLASH_OFFSET, len(data)


def write(file, port, baud, erase, tick, say):
    """Write an image with esptool, verified by its MD5, and start it; tick(0.0 to 1.0).

    Returns esptool's name of the chip.  Trouble: what esptool says.
    """
    import esptool

    with esptools_log(tick, say):
        try:
            with esptool.detect_chip(port) as esp:
                chip = esp.CHIP_NAME.lower().replace("-", "")
                _, offset, _ = check(file, chip)
                esp = esptool.run_stub(esp)
                if baud and baud != esp.ESP_ROM_BAUD:
                    esp.change_baud(baud)
                esptool.attach_flash(esp)
                if erase:
                    say("erasing the flash")
                    esptool.erase_flash(esp)
                esptool.write_flash(esp, [(offset, str(file))])
                esptool.reset_chip(esp, "hard-reset")
        except (esptool.FatalError, OSError) as error:
            text = " ".join(str(error).split("\n")[0].split())
            raise Trouble("esptool at %s: %s." % (port, text.rstrip("."))) from None
    time.sleep(_STEP_S)
    return chip


# ---- esptool's words -------------------------------------------------------------------------


@contextlib.contextmanager
def quiet():
    """Without what esptool prints on its way."""
    with esptools_log(lambda part: None, lambda text: None):
        yield


@contextlib.contextmanager
def esptools_log(tick, say):
    """esptool's progress through tick(0.0 to 1.0) and its warnings through say(text)."""
    import esptool  # noqa: F401  puts a logger of its own in place
    from esp_pylib.logger import EspLog, EspLogBase

    class Log(EspLogBase):
        """What esptool calls; what it tells by the way is left out."""

        def warn(self, *args, suggestion=None):
            say("esptool: " + str(args[0]).split("\n")[0])

        def progress_bar(self, cur_iter, total_iters, **_):
            tick(cur_iter / max(1, total_iters))

        def nothing(self, *args, **kwargs):
            pass

        print = err = note = hint = debug = set_verbosity = error = nothing
        warning = warn

    before = EspLog.instance
    EspLog.set_logger(Log())
    try:
        yield
    finally:
        EspLog.instance = before
