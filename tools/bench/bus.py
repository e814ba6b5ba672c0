"""The W5500 link's part of the measurements: what a segment takes on the SPI bus, and how fast a
Pico would be with it.

Bytes and selects are those that the chip's model counted; the time on the bus is theirs at 20 MHz,
eight clocks a byte. The estimate adds the instructions at 125 million a second, which stands for a
Pico; the bus and the processor take turns, because machine.SPI waits for the end of its transfer.
"""

from tools import qemuboard
from tools.qemuboard import ROOT

SPI_HZ = 20_000_000
INSN_PER_S = 125_000_000
MSS = 1460
FIRMWARE_LWIP = 5.5
CHIP_TCP = 10.5

# figure, what it is, first landing, goal
TABLE = (
    ("w5500_rx_spi_bytes", "W5500: SPI bytes per received segment", 1560, 1560),
    ("w5500_rx_selects", "W5500: selects per received segment", 5, 5),
    ("w5500_tx_spi_bytes", "W5500: SPI bytes per sent segment", 1540, 1540),
    ("w5500_tx_selects", "W5500: selects per sent segment", 4, 4),
    ("w5500_rx_all_spi_bytes", "W5500: the same with the ACKs, receiving", None, None),
    ("w5500_tx_all_spi_bytes", "W5500: the same with the ACKs, sending", None, None),
    ("w5500_rx_insn_per_segment", "W5500: instructions per received segment", None, None),
    ("w5500_tx_insn_per_segment", "W5500: instructions per sent segment", None, None),
)

HOW = {
    "w5500_rx_spi_bytes": "1460 bytes of text, two segments a poll(), over the W5500 link on the"
    " chip's model: what its recv_into() moves (bench_bus.py)",
    "w5500_tx_spi_bytes": "the same sent: what its send() moves",
    "w5500_rx_insn_per_segment": "as rx_insn_per_segment, over the W5500 link; a call of the SPI"
    " object or a pin counts as any call of a method in C, the transfer itself not",
    "w5500_tx_insn_per_segment": "the same while sending",
}


def measure(figures, release):
    """The figures of TABLE; `figures` and the folder `release` are tools.bench's."""
    folders = dict(release, chips=ROOT / "host_tests" / "chips")
    code = "import sys\nsys.path.append('/rom')\nimport bench_bus\nbench_bus.main()"
    found = figures(folders, code, True, firmware=qemuboard.ROOMY)

    return {name: found[name] for name, *_ in TABLE if name in found}


def mbit(insn, spi_bytes):
    """The estimate for a Pico, in Mbit/s of text."""
    return MSS * 8 / (insn / INSN_PER_S + spi_bytes * 8 / SPI_HZ) / 1e6


def show(found):
    """The time of a segment and what it makes a second, beside what is published."""
    for name, way in (("rx", "receiving"), ("tx", "sending")):
        insn = found["w5500_%s_insn_per_segment" % name]
        moved = found["w5500_%s_all_spi_bytes" % name]
        print(
            "W5500 %s on a Pico, estimated: %.2f ms a segment on a 20 MHz bus + %.2f ms in Python"
            " = %.1f Mbit/s"
            % (
                way,
                moved * 8e3 / SPI_HZ,
                insn * 1e3 / INSN_PER_S,
                mbit(insn, moved),
            )
        )
    print(
        "published at 20 MHz: %.1f Mbit/s (the firmware's lwIP), %.1f (the chip's own TCP)"
        % (FIRMWARE_LWIP, CHIP_TCP)
    )
