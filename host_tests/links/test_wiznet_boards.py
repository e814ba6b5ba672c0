"""The boards with a W5500 or a W5100S on the chips' models, wired as their READMEs say."""

import sys

from boardbench import Cable, Machine, asked, board
from wizbench import numbered

import chips.w5100s as w5100s_of
import chips.w5500 as w5500_of
import ferrule

INTERPRETERS = ("x64", "unix32")

# board: model, cs, reset, irq, what SPI is made of
BOARDS = {
    "pico_w5500": (w5500_of.W5500, 17, 20, 21, (0, 24_000_000, 18, 19, 16)),
    "w5500_evb_pico": (w5500_of.W5500, 17, 20, 21, (0, 24_000_000, 18, 19, 16)),
    "w5100s_evb_pico": (w5100s_of.W5100S, 17, 20, 21, (0, 24_000_000, 18, 19, 16)),
    "esp32_w5500": (w5500_of.W5500, 5, 26, 27, (2, 20_000_000, 18, 23, 19)),
    "nucleo_f722ze_w5500": (w5500_of.W5500, "A4", "F12", "F13", (3, 13_500_000)),
}


def on(name, work, reset=True, irq=True):
    """work(board module, machine) while `machine` is the board's."""
    model, cs, reset_pin, irq_pin, wires = BOARDS[name]
    machine = Machine(model(), cs, reset_pin if reset else None, irq_pin if irq else None)
    before = sys.modules.get("machine")
    sys.modules["machine"] = machine
    try:
        module = board(name)
        if not reset:
            module.RESET = None
        if not irq:
            module.INT = None
        work(module, machine)
        assert machine.wires == wires and machine.bus.too_fast == 0
    finally:
        del sys.modules["machine"]
        if before:
            sys.modules["machine"] = before


def frame_in(module, machine):
    link = module.make_link()
    assert link.isup() and link.mac[0] == 2 and len(link.mac) == 6
    assert machine.chip.wire_in(numbered(60, 1, link.mac))
    assert link.recv_into(bytearray(1516)) == 60
    assert module.address() == "dhcp"
    ferrule.Stack(link, **module.limits())


def test_every_board_finds_its_chip_where_its_readme_wires_it():
    for name in BOARDS:
        on(name, frame_in)


def test_the_wires_for_reset_and_interrupt_may_be_left_out():
    for name in ("pico_w5500", "esp32_w5500", "nucleo_f722ze_w5500"):
        on(name, frame_in, reset=False, irq=False)


def echo(module, machine):
    """The echo device on the board answers a request over the chip's cable."""
    module.ADDRESS = "192.168.1.99", "255.255.255.0", "192.168.1.1", "192.168.1.1"
    answer = asked(module, Cable(machine.chip), "192.168.1.5")
    assert answer.startswith(b"HTTP/1.1 200 OK"), answer
    assert b"192.168.1.99" in answer


def test_the_echo_device_answers_on_every_board():
    for name in BOARDS:
        on(name, echo)
