"""What the boards' devices take of their heaps, as the README.md of each board tells it.

    python -m tools.boards            measures it on the emulated Cortex-M3, writes boards/ram.json
                                      and the tables
    python -m tools.boards --check    exit 1 when a table or a figure is not what is measured now

For each board: `net.memory()` of a stack with the limits of its board.py, on the 32-bit unix port,
and on the emulated Cortex-M3 the heap of the device as tools/flash installs it, with a model in
place of the board's chip (board/ram.py).
"""

import ast
import json
import pathlib
import subprocess
import tempfile

from tools import qemuboard, release
from tools.bench import bus
from tools.flash.boards import BOARDS, flashable, imported
from tools.qemuboard import ROOT, QemuBoard

# KB of heap that MicroPython's own firmware leaves to programs, in round figures from what is
# published; tools/flash prints a board's own. ESP-NOW needs Wi-Fi switched on.
HEAP_KB = {"rp2040": 190, "esp32": 160, "esp32_espnow": 100, "stm32f7": 170, "mps2": 137}
RESULTS = ROOT / "tools" / "bench" / "results.json"
RAM = ROOT / "boards" / "ram.json"
UNIX32 = ROOT / "build" / "interpreters" / "unix32" / "micropython"
BEGIN, END = "<!-- python -m tools.boards -->\n", "<!-- end -->\n"
ARCH, PROFILE = "armv7m", "full"
TOLERANCE = 0.05

_MEMORY = """
import sys
sys.path[:0] = [%r, %r]
import board, ferrule
from ferrule.link.loop import pair
link = pair()[0]
link.mtu = %d
print(ferrule.Stack(link, random=lambda n: bytes(n), **limits).memory())
"""

_HEAP = """
import sys, vfs, io
sys.path.append("/rom")
import bench_heap, ram
ram.stand_in(%r, %r)
bench_heap.hide_the_rom(vfs, io, ("app", "board"))
sys.path.append("/rom")
ram.main()
"""


def link_of(board):
    """The name of the link module that a board.py makes its link of."""
    return sorted(imported(board.source(), "ferrule.link."))[0].split(".")[2]


def wires_of(board):
    """[CS, reset, interrupt, others...]: the pins that a board.py names in capitals."""
    values = {}
    for node in ast.parse(board.source()).body:
        if isinstance(node, ast.Assign):
            targets = node.targets[0]
            value = ast.literal_eval(node.value)
            if isinstance(targets, ast.Tuple):
                values.update(zip([t.id for t in targets.elts], value, strict=True))
            else:
                values[targets.id] = value
    first = [values.pop(name) for name in ("CS", "RESET", "INT") if name in values]
    return first + [values[name] for name in ("SCK", "MOSI", "MISO") if name in values]


def memory(board):
    """[(what, bytes)] as net.memory() shows it, on a 32-bit interpreter."""
    mtu = 1468 if link_of(board) == "espnow" else 1500
    code = _MEMORY % (str(ROOT / "lib"), str(board.folder), mtu)
    code = code.replace("**limits", "**(board.limits() if hasattr(board, 'limits') else {})")
    done = subprocess.run([UNIX32, "-c", code], capture_output=True, text=True, check=True)
    rows = [line.rsplit(None, 1) for line in done.stdout.splitlines()]
    return [(what.strip(), int(size)) for what, size in rows]


def heap(board):
    """{"code": bytes, "link": bytes, "device": bytes} of the heap, on the emulated Cortex-M3."""
    with tempfile.TemporaryDirectory() as tmp:
        for path, text in release.sources(ARCH, PROFILE, "echo").items():
            file = pathlib.Path(tmp) / path
            file.parent.mkdir(exist_ok=True, parents=True)
            file.write_text(text, encoding="utf-8")
        folders = {
            "app": tmp,
            "board": board.folder / "board.py",
            "bench": ROOT / "tools" / "bench" / "board",
            "ram": ROOT / "tools" / "boards" / "board",
            "chips": ROOT / "host_tests" / "chips",
        }
        with QemuBoard(folders, isolated=True, firmware=qemuboard.ROOMY) as machine:
            said = machine.exec(_HEAP % (link_of(board), wires_of(board)), timeout=120)
    return {name: int(size) for name, size in (line.split() for line in said.splitlines())}


def table(board, measured):
    """The RAM report of a board, in Markdown."""
    rows = memory(board)
    lines = ["| what | bytes |", "|---|---|"]

    def row(what, size):
        lines.append("| %s | %s |" % (what, f"{size:,}"))

    row("the code of stack and server", measured["code"])
    row("board.py and the link, code and buffers", measured["link"])
    for what, size in rows[:-1]:
        row("`limits()` of board.py: " + what, size)
    stack = rows[-1][1]
    asks = 'ADDRESS = "dhcp"' in board.source()
    row("objects and views" + (", and the DHCP client" if asks else ""),
        measured["device"] - measured["code"] - measured["link"] - stack)
    row("**the device, waiting for its first client**", measured["device"])
    return "\n".join(lines) + "\n"


def overview(measured):
    """The numbers of all boards, for boards/README.md."""
    lines = ["| board | the device takes | of about | leaves | Mbit/s in / out |"]
    lines += ["|---|---|---|---|---|"]
    figures = json.loads(RESULTS.read_text(encoding="utf-8"))["cortex_m3"]
    for board in flashable():
        takes = measured[board.name]["device"] / 1024
        if board.platform == "esp32":
            # Its firmware keeps machine code in memory of its own (ports/esp32/main.c).
            code = figures["heap_echo_in_romfs_bytes"] - figures["heap_echo_frozen_bytes"]
            takes -= code / 1024
        has = HEAP_KB[board.name if board.name in HEAP_KB else board.about["mcu"]]
        speed = ""
        if link_of(board) == "w5500" and board.about["mcu"] == "rp2040":
            speed = "%.1f / %.1f" % tuple(
                bus.mbit(figures["w5500_%s_insn_per_segment" % way],
                         figures["w5500_%s_all_spi_bytes" % way]) for way in ("rx", "tx"))
        lines.append("| [%s](%s/README.md) | %.0f KB | %d KB | %.0f KB | %s |" % (
            board.name, board.name, takes, has, has - takes, speed))
    return "\n".join(lines) + "\n"


def with_table(text, fresh):
    """A README with its table replaced.  ValueError: it has no place for one."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("has no place for the table (%s)" % BEGIN.strip())
    return before + BEGIN + fresh + END + after


def texts(measured):
    """{README.md: its text as it should be} of every board and of boards/."""
    out = {board.folder / "README.md": table(board, measured[board.name]) for board in flashable()}
    out[BOARDS / "README.md"] = overview(measured)
    return {path: with_table(path.read_text(encoding="utf-8"), fresh)
            for path, fresh in out.items()}


def read():
    """{board: what heap() told} as measured last."""
    return json.loads(RAM.read_text(encoding="utf-8"))["boards"]
