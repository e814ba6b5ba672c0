"""Measure speed and memory on the emulated Cortex-M3, in instructions and bytes.

    python -m tools.bench             measure, print the table, write tools/bench/results.json
    python -m tools.bench --check     measure and compare with results.json: exit 1 when a figure
                                      differs by more than 3 %
    python -m tools.bench --limits    exit 1 as well when a figure is above `first landing`

Everything is measured with the release form (tools/bundle.py).  QEMU counts instructions
(-icount), so the figures are the same on every machine.  The programs
that run on the board are in tools/bench/board.
"""

import argparse
import json
import pathlib
import signal
import statistics
import sys
import tempfile

from tools import bundle, qemuboard
from tools.bench import bus
from tools.bench.client import REQUESTS, Client
from tools.qemuboard import ROOT, BoardError, QemuBoard

RESULTS = ROOT / "tools" / "bench" / "results.json"
PROGRAMS = ROOT / "tools" / "bench" / "board"
BOARD = ROOT / "boards" / "qemu_mps2" / "board.py"
SOURCE = {"lib": ROOT / "lib", "firmware": ROOT / "firmware", "bench": PROGRAMS}
TIMEOUT_S = 40
TOLERANCE = 0.03
STARTS = 5

# figure, what it is, first landing, goal
TABLE = (
    ("rx_insn_per_segment", "instructions per received segment", 150000, 60000),
    ("tx_insn_per_segment", "instructions per sent segment", 150000, 60000),
    ("http_insn_per_request", "instructions per HTTP echo request", 2000000, 600000),
    ("rx_alloc_per_segment", "heap bytes per received segment", 0, 0),
    ("tx_alloc_per_segment", "heap bytes per sent segment", 0, 0),
    ("heap_stack_bytes", "heap of the default profile, code excluded", 26 * 1024, 21 * 1024),
    ("heap_echo_mpy_bytes", "heap of the echo device, .mpy files", 80 * 1024, 56 * 1024),
    ("heap_echo_romfs_bytes", "the same, code in ROMFS or frozen", 34 * 1024, 26 * 1024),
    ("heap_echo_frozen_bytes", "of these, frozen", None, None),
    ("heap_echo_in_romfs_bytes", "of these, in ROMFS", None, None),
    ("heap_echo_dhcp_mpy_bytes", "its address by DHCP, .mpy files", None, None),
    ("heap_echo_dhcp_frozen_bytes", "its address by DHCP, frozen", None, None),
    ("heap_full_mpy_bytes", "the device with all of TCP (profile full), .mpy files", None, None),
    ("time_wait_record_bytes", "bytes per TIME_WAIT record", 28, 24),
    ("half_open_record_bytes", "bytes per half-open record", 32, 28),
    ("connection_record_bytes", "bytes per connection record, without its rings", None, None),
    ("idle_poll_insn", "instructions of a poll() with nothing to do", None, None),
    ("http_segments_in", "segments received per HTTP request", None, None),
    ("http_segments_out", "segments sent per HTTP request", None, None),
    ("heap_source_romfs_bytes", "heap of the echo device, source modules in ROMFS", None, None),
) + bus.TABLE

HOW = {
    "rx_insn_per_segment": "1460 bytes of text, two segments a poll(): driver, TCP, the ACK and"
    " readinto() (bench_path.py)",
    "tx_insn_per_segment": "1460 bytes of text: write(), driver, and the poll() that takes the ACK"
    " (bench_path.py)",
    "http_insn_per_request": "POST /echo of 64 bytes with a new connection each, from SYN to the"
    " last ACK: poll() and turn() of the device (bench_http.py)",
    "rx_alloc_per_segment": "growth of gc.mem_alloc() with the collector off, over 100 segments",
    "tx_alloc_per_segment": "the same while sending",
    "heap_stack_bytes": "gc.mem_alloc() around Stack(link) with the default limits, once its"
    " modules are loaded (bench_heap.py: stack)",
    "heap_echo_mpy_bytes": "gc.mem_alloc() around starting the echo device with the release form"
    " (tools/bundle.py) as .mpy files of a file system, which copies code to the heap",
    "heap_echo_romfs_bytes": "the smaller of heap_echo_frozen_bytes and heap_echo_in_romfs_bytes:"
    " it is the frozen one, for MicroPython copies machine code out of a ROMFS",
    "heap_echo_frozen_bytes": "the same with the release form in the image, where all code stays",
    "heap_echo_in_romfs_bytes": "the same with the .mpy files in a ROMFS: bytecode stays there,"
    " machine code is copied",
    "heap_echo_dhcp_mpy_bytes": "as heap_echo_mpy_bytes, with the address from QEMU's DHCP server:"
    " the client's code and its lease are in it",
    "heap_echo_dhcp_frozen_bytes": "as heap_echo_frozen_bytes, in the same way",
    "heap_full_mpy_bytes": "as heap_echo_mpy_bytes, with SACK, timestamps, ECN, urgent data and"
    " SYN cookies; those above are of the profile core (tools/bundle/profile.py)",
    "heap_source_romfs_bytes": "as heap_echo_in_romfs_bytes, lib/ and firmware/ module by module",
    "time_wait_record_bytes": "length of the table by the number of records",
    "half_open_record_bytes": "the same",
    **bus.HOW,
}

FROM_FILES = """
import vfs, io, bench_heap
bench_heap.hide_the_rom(vfs, io, %r)
"""
# What a settings.py would say; the device prints that it is up as soon as it has its address.
BY_DHCP = """
import sys
class Settings:
    ADDRESS = "dhcp"
sys.modules["settings"] = Settings
"""
# The device, started and asked, with as few names of its own as can be: they cost heap too.
DEVICE = """
import gc
gc.collect()
a = gc.mem_alloc()
import main, board
d = main.device(board)
print("up")
while d[1].requests < %d:
    d[0].poll()
    d[1].turn()
b = d[0].ticks_ms()
while d[0].ticks_ms() - b & 0xfff < 500:
    d[0].poll()
    d[1].turn()
gc.collect()
print(%r, gc.mem_alloc() - a)
"""


def too_long(*_):
    raise BoardError("a measurement did not end within %d s." % TIMEOUT_S)


def figures(folders, code, icount=False, firmware=qemuboard.FIRMWARE, client=None):
    """Run code on a fresh board; what it prints as `name number` lines.  client: who asks the
    device that the code starts.
    """
    # A board that runs out of memory can go on for ever without a word, and without reading.
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(TIMEOUT_S)
    try:
        port = client and client.port
        board = QemuBoard(folders, port, icount, isolated=client is None, firmware=firmware)
        with board:
            text = board.exec(code, TIMEOUT_S, client and client.hear)
        if client:
            text = client.said.decode()  # what somebody hears is not kept by exec()
    finally:
        signal.alarm(0)
    out = {}
    for line in text.split("\n"):
        words = line.split()
        if len(words) == 2:
            value = float(words[1])
            out[words[0]] = int(value) if value == int(value) else value
    return out


def steady(folders, code, icount, **options):
    """figures(), the mean of boards on which MicroPython numbers names differently.  Its cache of
    lookups goes by these numbers: which names share a place in it is chance, and worth 2 %.
    """
    runs = []
    for names in range(STARTS):
        shift = "".join("_%d = 0\n" % i for i in range(names))
        runs.append(figures(folders, shift + code, icount, **options))
    means = {name: statistics.mean(run[name] for run in runs) for name in runs[0]}
    return {name: round(mean) if "insn" in name else mean for name, mean in means.items()}


def heap_of_the_device(key, folders, prepare="", firmware=qemuboard.FIRMWARE):
    """{key: bytes} of heap once the device has answered every request of client.py."""
    client = Client()
    code = prepare + DEVICE % (len(REQUESTS), key)
    if BY_DHCP in prepare:
        code = code.replace('print("up")', "")
    out = figures(folders, code, firmware=firmware, client=client)
    wrong = client.end()
    if wrong:
        raise BoardError("the device answered wrongly: %s." % wrong)
    return out


def measure(say):
    """Every figure of TABLE, each run on a board of its own."""
    out = {}
    with tempfile.TemporaryDirectory() as tmp:
        app = pathlib.Path(tmp) / "device"
        whole = pathlib.Path(tmp) / "whole"  # for programs with a client of their own
        bundle.write(app, thumb=True, kind="core")
        bundle.write(whole, whole=True, thumb=True)
        release = {"app": whole, "board": BOARD, "bench": PROGRAMS}
        say("speed")
        out.update(steady(release, "import bench_path\nbench_path.main()", True))
        out.update(steady(release, "import bench_http\nbench_http.main()", True))
        out.update(bus.measure(steady, release))
        say("heap of the stack")
        out.update(figures(release, "import bench_heap\nbench_heap.stack()"))
        release["app"] = app
        say("heap of the echo device")
        files = FROM_FILES % (("app", "board"),)
        out.update(heap_of_the_device("heap_echo_mpy_bytes", release, files))
        out.update(heap_of_the_device("heap_echo_dhcp_mpy_bytes", release, files + BY_DHCP))
        full = pathlib.Path(tmp) / "full"
        bundle.write(full, thumb=True)
        roomy = qemuboard.ROOMY
        folders = dict(release, app=full)
        out.update(heap_of_the_device("heap_full_mpy_bytes", folders, files, roomy))
        release.pop("bench")
        out.update(heap_of_the_device("heap_echo_in_romfs_bytes", release))
    frozen = qemuboard.FROZEN
    out.update(heap_of_the_device("heap_echo_frozen_bytes", {}, firmware=frozen))
    out.update(heap_of_the_device("heap_echo_dhcp_frozen_bytes", {}, BY_DHCP, frozen))
    best = min(out["heap_echo_frozen_bytes"], out["heap_echo_in_romfs_bytes"])
    out["heap_echo_romfs_bytes"] = best
    source = dict(SOURCE, board=BOARD)
    out.update(heap_of_the_device("heap_source_romfs_bytes", source, firmware=roomy))
    absent = [name for name, *_ in TABLE if name not in out]
    if absent:
        raise BoardError("the board did not print %s." % ", ".join(absent))
    return {name: out[name] for name, *_ in TABLE}


def shown(value):
    return "" if value is None else format(value, ",")


def show(found):
    print("%-52s %12s %14s %10s" % ("", "measured", "first landing", "goal"))
    for name, what, landing, goal in TABLE:
        mark = " <- above" if landing is not None and found[name] > landing else ""
        row = (what, shown(found[name]), shown(landing), shown(goal), mark)
        print("%-52s %12s %14s %10s%s" % row)
    bus.show(found)


def differences(found):
    """A sentence for each figure that results.json states otherwise."""
    stated = json.loads(RESULTS.read_text(encoding="utf-8"))["cortex_m3"]
    for name in {**stated, **found}:
        old, new = stated.get(name), found.get(name)
        if old is None or new is None or abs(new - old) > TOLERANCE * max(abs(old), abs(new)):
            yield "%s is %s, results.json says %s." % (name, shown(new), shown(old))


def write(found):
    text = {
        "about": "Written by python -m tools.bench: instructions counted by QEMU's -icount on a"
        " Cortex-M3 (mps2-an385), the mean of %d boards that number names differently; heap bytes"
        " on the same board. --check compares." % STARTS,
        "how": HOW,
        "cortex_m3": found,
    }
    RESULTS.write_text(json.dumps(text, indent=2) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench",
        description="Measure speed and memory on the emulated Cortex-M3.",
    )
    parser.add_argument("--check", action="store_true", help="compare with results.json only")
    parser.add_argument("--limits", action="store_true", help="exit 1 above `first landing`")
    args = parser.parse_args()
    wrong = []
    try:
        for firmware in (qemuboard.FIRMWARE, qemuboard.ROOMY, qemuboard.FROZEN):
            why = qemuboard.missing(firmware)
            if why:
                raise BoardError(why + ".")
        found = measure(lambda what: print("measuring: %s ..." % what, flush=True))
        show(found)
        if args.check:
            wrong += differences(found)
        else:
            write(found)
    except (BoardError, bundle.Problem, OSError) as error:
        print("bench: %s" % str(error).strip(), file=sys.stderr)
        return 1
    if args.limits:
        wrong += [
            "%s is above the first landing of %s." % (name, shown(landing))
            for name, _, landing, _ in TABLE
            if landing is not None and found[name] > landing
        ]
    for sentence in wrong:
        print("bench: " + sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
