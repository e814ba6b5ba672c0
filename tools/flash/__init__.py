"""From a board in the hand to an echo device that answers.

    python -m tools.flash --board pico_w5500 --address dhcp
    python -m tools.flash --board esp32_w5500 --port /dev/ttyUSB0 --firmware ESP32_GENERIC.bin
    python -m tools.flash --board pico_w5500 --firmware RPI_PICO.uf2 --dry-run
    python -m tools.flash --list

Finds the board's serial port, writes the firmware that --firmware names (nothing is downloaded),
looks at the MicroPython that answers, compiles the package for its architecture, copies it with
mpremote's classes, writes the board's settings, starts the device and asks it for its page.  A
step that fails says why in one sentence on stderr, with exit code 1; wrong arguments have 2.

    boards.py     what boards/ holds, and what follows from a board's controller
    ports.py      which serial port is the board's
    firmware.py   writes firmware: uf2.py for RP2 boards, esp.py for ESP32s
    files.py      the files of the device, compiled
    settings.py   settings.py of the device: its address and host name
    device.py     a MicroPython on a serial port
    answer.py     starts the device, waits for its line, asks it over HTTP
    progress.py   what is seen of it
"""


class Trouble(Exception):
    """A step that cannot be done; the message is one sentence that says why, and what to do."""
