"""--dry-run: every step in words; no byte goes to the board."""

from tools.flash import Trouble, firmware, ports, settings, uf2
from tools.flash.files import device_files
from tools.flash.job import kilobytes, summary


def show(job):
    """Print what job.run() would do.  Trouble: a file that would be refused."""
    board, options, steps = job.board, job.options, job.steps
    steps.step("find the board")
    steps.say(where(board, options))
    if options.firmware:
        steps.step("write the firmware")
        steps.say(firmware.described(board, options.firmware))
        steps.say("by esptool" if board.firmware == "bin" else "by a copy to the boot drive")
    steps.step("look at the board")
    steps.say("platform %s, MicroPython 1.25 or later" % board.platform)
    steps.step("compile" if not options.source else "gather the files")
    files = device_files(board, board.arch, job.form)
    steps.say("for %s, unless the board says another: %s" % (board.arch, summary(files)))
    steps.step("copy to the board")
    for path, data in files.items():
        steps.say("%-28s %9s" % (path, kilobytes(len(data))))
    if job.wanted:
        steps.step("write the settings")
        for name, value in sorted(job.wanted.items()):
            steps.say("%s: %s = %r" % (settings.NAME, name, value))
    steps.step("start the device")
    steps.say("soft reset, then at most %d s for its line" % options.wait)
    reach = job.reachable()
    if reach:
        steps.step("ask it over HTTP")
        steps.say("GET http://%s:%d/" % (reach[0] or "its-address", reach[1]))


def where(board, options):
    """The port or drive that would be taken, or why there is none now."""
    try:
        if options.firmware and board.firmware == "uf2":
            found = uf2.find(options.boot_drive)
            if found:
                return "the boot drive %s (%s)" % found
        return ports.find(board, options.port)[1]
    except Trouble as trouble:
        return "not there now: %s" % trouble
