"""Command line of tools/flash."""

import argparse
import pathlib
import signal
import sys

from tools.bundle.profile import PROFILES
from tools.flash import Trouble, dry, settings
from tools.flash.boards import Board, flashable
from tools.flash.job import Job
from tools.flash.progress import Steps

WAIT_S = 60  # for the device's line: DHCP with its address claim takes up to 20 s


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print("flash: %s." % message.rstrip("."), file=sys.stderr)
        sys.exit(2)


def of(function):
    """A type for argparse out of a function whose ValueErrors are sentences."""
    def take(text):
        try:
            return function(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
    return take


def reach(text):
    """(host, port) of HOST[:PORT]."""
    host, colon, port = text.partition(":")
    if not host or (colon and not (port.isdecimal() and 0 < int(port) < 65536)):
        raise ValueError("%s is not HOST or HOST:PORT." % text)
    return host, int(port) if colon else 80


def seconds(text):
    if not text.isdecimal() or not 0 < int(text) <= 3600:
        raise ValueError("%s is no number of seconds from 1 to 3600." % text)
    return int(text)


def arguments():
    parser = Parser(prog="python -m tools.flash", description="Make a board an echo device.")
    parser.add_argument("--list", action="store_true", help="the boards there are")
    parser.add_argument("--board", help="a folder of boards/")
    parser.add_argument("--port", help="serial port; without it the one that fits")
    parser.add_argument("--firmware", type=pathlib.Path, metavar="FILE",
                        help="write this first: .uf2 for RP2 boards, .bin for ESP32s")
    parser.add_argument("--boot-drive", type=pathlib.Path, metavar="FOLDER",
                        help="where an RP2 in BOOTSEL mode is mounted; else it is looked for")
    parser.add_argument("--erase", action="store_true",
                        help="erase an ESP32's flash before, its files included")
    parser.add_argument("--address", type=of(settings.address),
                        help="dhcp, or ADDRESS/PREFIX[,GATEWAY[,DNS]]; else board.py's")
    parser.add_argument("--hostname", type=of(settings.hostname), help="the device's name")
    parser.add_argument("--profile", choices=PROFILES, default="full", help="what TCP can do")
    parser.add_argument("--whole", action="store_true",
                        help="all of the package, for programs of your own")
    parser.add_argument("--source", action="store_true",
                        help="the .py files as they are, for boards with much memory")
    parser.add_argument("--force", action="store_true", help="replace a main.py of yours")
    parser.add_argument("--reach", type=of(reach), metavar="HOST:PORT",
                        help="where this computer reaches the device, if not at its address")
    parser.add_argument("--no-http", action="store_true", help="do not ask it over HTTP")
    parser.add_argument("--wait", type=of(seconds), default=WAIT_S, metavar="SECONDS",
                        help="how long it may take to start (%d)" % WAIT_S)
    parser.add_argument("--dry-run", action="store_true", help="list the steps, do none")
    options = parser.parse_args()
    if not options.list and not options.board:
        parser.error("name a board with --board; --list shows them.")
    return options


def show_boards():
    for board in flashable():
        print("%-22s %s" % (board.name, board.product))


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, interrupt)
    options = arguments()
    try:
        if options.list:
            show_boards()
            return 0
        job = Job(Board(options.board), options, Steps(0))
        job.steps.total = job.count()
        if options.dry_run:
            dry.show(job)
        else:
            address = job.run()
            print("%s is an echo device at http://%s/." % (options.board, address))
    except Trouble as trouble:
        print("flash: %s" % str(trouble)[:1].upper() + str(trouble)[1:], file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("flash: Stopped; run it again to finish.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
