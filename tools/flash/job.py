"""The steps, one after another."""

from tools.flash import Trouble, answer, firmware, ports, settings
from tools.flash.boards import imported
from tools.flash.device import Device, sha256
from tools.flash.files import MAIN, Form, device_files, left_over

_OURS = b"from device import", b"ferrule"
_LEAST = (1, 25, 0)  # of MicroPython
_HTTP_S = 20


class Job:
    """What the command line asked for; `steps` shows it."""

    def __init__(self, board, options, steps):
        self.board = board
        self.options = options
        self.steps = steps
        self.form = Form(options.profile, options.whole, options.source)
        self.wanted = {}
        if options.address:
            self.wanted["ADDRESS"] = options.address
        if options.hostname:
            self.wanted["HOSTNAME"] = options.hostname

    def reachable(self):
        """(host or None for the device's own address, port) to ask over HTTP; None: do not."""
        if self.options.no_http:
            return None
        if self.options.reach:
            return self.options.reach
        # ESP-NOW's frames are not for this computer.
        if "ferrule.link.espnow" in imported(self.board.source(), "ferrule.link."):
            return None
        return None, 80

    def count(self):
        """How many steps there are."""
        return 5 + bool(self.options.firmware) + bool(self.wanted) + bool(self.reachable())

    def run(self):
        """Do it all; returns where the device is, as a URL has it.  Trouble: a step failed."""
        steps, options = self.steps, self.options
        steps.step("find the board")
        if options.firmware:
            steps.say(firmware.described(self.board, options.firmware))
            steps.step("write the firmware")
            port = firmware.write(self.board, options, steps)
        else:
            port, told = ports.find(self.board, options.port)
            steps.say(told)
        steps.step("look at the board")
        with Device(port, patience_s=20 if options.firmware else 10) as device:
            facts = self.look(device)
            steps.step("compile" if not options.source else "gather the files")
            files = device_files(self.board, facts.arch or self.board.arch, self.form)
            self.check_version(files, facts)
            steps.say(summary(files))
            steps.step("copy to the board")
            self.copy(device, files, facts)
            if self.wanted:
                steps.step("write the settings")
                self.settle(device)
            steps.step("start the device")
            device.restart()
            address = answer.started(device, options.wait, steps.say)
            steps.say("the device says that it is up at http://%s/" % address)
            reach = self.reachable()
            return self.ask(reach[0] or address, reach[1]) if reach else address

    def ask(self, host, port):
        """Ask the device for its page; returns where it answered, as a URL has it."""
        self.steps.step("ask it over HTTP")
        status, size = answer.ask(host, port, _HTTP_S)
        where = host if port == 80 else "%s:%d" % (host, port)
        self.steps.say("http://%s/ answers: status %d, a page of %d bytes" % (where, status, size))
        return where

    # ---- what the board is ----

    def look(self, device):
        """The board's facts.  Trouble: it is another board than was named."""
        facts = device.facts()
        self.steps.say("%s, MicroPython %s, %s, %d KB of heap, %s" % (
            facts.machine, ".".join(map(str, facts.version)),
            "code for %s" % facts.arch if facts.arch else "machine code of no kind we know",
            facts.free // 1024,
            "no file system" if facts.size is None else "%d of %d KB of files free" % (
                facts.space // 1024, facts.size // 1024)))
        if facts.platform != self.board.platform:
            raise Trouble("the board at %s is another one: %s (%s), and %s needs %s." % (
                device.port, facts.machine, facts.platform, self.board.name,
                self.board.platform))
        if facts.version < _LEAST:
            raise Trouble("the board has MicroPython %s, and ferrule needs %d.%d: name a newer"
                          " firmware with --firmware." % (
                              ".".join(map(str, facts.version)), *_LEAST[:2]))
        if facts.size is None:
            raise Trouble("the board at %s has no file system to copy to." % device.port)
        if not facts.arch and not self.options.source:
            raise Trouble("the firmware at %s runs machine code that no release is made for." % (
                device.port))
        return facts

    def check_version(self, files, facts):
        """.mpy files have a version, which has to be the firmware's."""
        for path, data in files.items():
            if path.endswith(".mpy") and data[1] != facts.mpy:
                raise Trouble("the board's MicroPython loads .mpy files of version %d, and these"
                              " have %d: --source copies .py files instead." % (
                                  facts.mpy, data[1]))

    # ---- copying ----

    def copy(self, device, files, facts):
        """Bring the board's files up to date and compare them.  Trouble: as Device's."""
        there = device.files()
        self.guard(device, there)
        gone = left_over(files, there)
        fresh = {path: data for path, data in files.items()
                 if there.get(path, (None, 0))[0] != sha256(data)}
        if not fresh and not gone:
            self.steps.say("all %d files are there already" % len(files))
            return
        replaced = [path for path in fresh if path in there]
        free = facts.space + sum(there[path][1] for path in gone + replaced)
        need = sum(map(len, fresh.values()))
        if need > free:
            raise Trouble("the board's file system is full: the files take %d KB, and %d KB are"
                          " free; make room (mpremote fs rm :FILE)%s." % (
                              -(-need // 1024), free // 1024,
                              "" if self.form.profile == "core" else ", or --profile core"))
        # Without main.py until all is there: a copy that is cut short starts nothing.
        first = [MAIN] if MAIN in there else []
        fresh[MAIN] = files[MAIN]
        for path in first + [path for path in gone + replaced if path != MAIN]:
            device.remove(path, there[path][0] is None)
        self.folders(device, fresh, there)
        self.transfer(device, fresh)
        self.compare(device, files)
        self.steps.say("%d files, %s; %d removed" % (len(fresh), kilobytes(need), len(gone)))

    def guard(self, device, there):
        """Trouble: the board has a main.py of somebody else's."""
        if self.options.force or MAIN not in there:
            return
        text = device.read(MAIN) or b""
        code = [line for line in text.splitlines() if line.strip() and line.strip()[:1] != b"#"]
        if code and not any(word in text for word in _OURS):
            raise Trouble("the board has a main.py of its own: save it (mpremote fs cp :main.py"
                          " .), then run this again with --force.")

    @staticmethod
    def folders(device, files, there):
        made = {path for path, (digest, _) in there.items() if digest is None}
        for path in files:
            parts = path.split("/")[:-1]
            for depth in range(1, len(parts) + 1):
                folder = "/".join(parts[:depth])
                if folder not in made:
                    device.make_folder(folder)
                    made.add(folder)

    def transfer(self, device, files):
        """Write the files, main.py last."""
        done = 0
        with self.steps.bar("copying", sum(map(len, files.values()))) as tick:
            for path in sorted(files, key=lambda path: (path == MAIN, path)):
                before = done
                device.write(path, files[path], lambda n, before=before: tick(before + n))
                done += len(files[path])

    @staticmethod
    def compare(device, files):
        there = device.files()
        for path, data in files.items():
            if there.get(path, (None, 0))[0] != sha256(data):
                raise Trouble("%s was not written as it should be: run this again." % path)

    def settle(self, device):
        """Write what was asked for into the board's settings.py; the rest of it stays."""
        before = device.read(settings.NAME)
        values = settings.parse(before.decode("utf-8", "replace")) if before else {}
        values.update(self.wanted)
        text = settings.render(values)
        if before is None or before.decode("utf-8", "replace") != text:
            device.write(settings.NAME, text.encode(), lambda done: None)
        for name, value in sorted(values.items()):
            self.steps.say("%s = %r" % (name, value))


def summary(files):
    return "%d files, %s" % (len(files), kilobytes(sum(map(len, files.values()))))


def kilobytes(size):
    return "%.1f KB" % (size / 1024)
