"""The bare-metal Cortex-M3 as an interpreter that tests run on. See tools/qemuboard.py for the board itself."""


class Board:
    """Placeholder until tools/qemuboard.py is there."""

    def __init__(self, name):
        self.name = name

    def absent(self):
        return "no bare-metal image (build/interpreters/qemu/firmware.elf); make interpreters brings it"

    def stop(self):
        pass
