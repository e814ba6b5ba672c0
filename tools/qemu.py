"""The echo device on an emulated bare-metal Cortex-M3, reachable from this computer.

    python -m tools.qemu             http://localhost:8080/ (PORT=8081 or --port 8081 for another)
    python -m tools.qemu --icount    time counts instructions: 8 ns each, whatever the machine
    python -m tools.qemu --empty     the board as it comes out of the box, for `make flash` to fill
    python -m tools.qemu --dhcp      the address from the DHCP server of QEMU's user network

What `make qemu` runs. The package, firmware/ and boards/qemu_mps2/board.py travel as .mpy files in
a ROMFS image; mpremote's serial line starts firmware/main.py. Ctrl-C stops the device and QEMU.
"""

import argparse
import os
import pathlib
import socket
import sys
import tempfile

from tools.qemuboard import ROOT, BoardError, DiskBoard, QemuBoard

FOLDERS = {
    "lib": ROOT / "lib",
    "firmware": ROOT / "firmware",
    "board": ROOT / "boards" / "qemu_mps2" / "board.py",
}


def arguments():
    parser = argparse.ArgumentParser(
        prog="python -m tools.qemu",
        description="The echo device on an emulated bare-metal Cortex-M3.",
    )
    default = os.environ.get("PORT") or "8080"
    parser.add_argument("--port", default=default, help="port of this computer (8080)")
    parser.add_argument("--dhcp", action="store_true", help="ask for the address")
    parser.add_argument("--empty", action="store_true", help="a board with an empty file system")
    parser.add_argument("--icount", action="store_true", help="time counts instructions")
    options = parser.parse_args()
    if not (options.port.isdecimal() and 0 < int(options.port) < 65536):
        raise BoardError("%s is not a port: a number from 1 to 65535 is." % options.port)
    options.port = int(options.port)
    return options


def check_port(port):
    """QEMU does not say why it cannot listen, so ask the host before."""
    with socket.socket() as probe:
        # As QEMU does: a port whose last connections are in TIME-WAIT is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise BoardError("this user may not listen on port %d; PORT= takes another." % port)
        except OSError:
            raise BoardError("port %d is taken; PORT= takes another." % port) from None


def serve(board, port):
    """Run firmware/main.py until Ctrl-C; what it prints appears here."""
    board.start_program("import main\nmain.main()\n")
    said_url = False
    while True:
        text = board.read_output(3600)
        # A lone 0x04 ends the program's output, another its traceback.
        sys.stdout.write(text.replace("\x04", ""))
        sys.stdout.flush()
        if "\x04" in text:
            raise BoardError("the device ended; its last words are above.")
        if "is up" in text and not said_url:
            said_url = True
            url = "http://localhost:%d" % port
            print("Reach it from here: %s/   or: curl --data-binary @FILE %s/echo" % (url, url))
            print("Ctrl-C ends it.", flush=True)


def offer(port):
    """An empty board until Ctrl-C, and the command that makes it a device."""
    with DiskBoard(hostfwd=port) as board:
        print("An empty board has its serial line at %s. In another terminal:" % board.pty)
        print("    make flash BOARD=qemu_mps2 PORT=%s ARGS='--reach 127.0.0.1:%d'" % (
            board.pty, port))
        print("Ctrl-C ends it.", flush=True)
        board.process.wait()
        raise BoardError("QEMU ended.")


def run(options, settings):
    """The device until Ctrl-C.  settings: where its settings.py may be written."""
    folders = FOLDERS
    if options.dhcp:
        settings.write_text('ADDRESS = "dhcp"\n')
        folders = dict(FOLDERS, settings=settings)
    with QemuBoard(folders, hostfwd=options.port, icount=options.icount) as board:
        try:
            serve(board, options.port)
        except KeyboardInterrupt:
            board.interrupt()


def main():
    try:
        options = arguments()
        check_port(options.port)
        print("Starting QEMU ...", flush=True)
        if options.empty:
            offer(options.port)
        with tempfile.TemporaryDirectory() as tmp:
            run(options, pathlib.Path(tmp) / "settings.py")
    except KeyboardInterrupt:
        pass
    except BoardError as error:
        print("qemu: %s" % error, file=sys.stderr)
        return 1
    print("\nThe device is off.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
