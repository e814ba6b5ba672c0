"""A MicroPython on a serial port, through mpremote's classes."""

import ast
import base64
import errno
import hashlib
import time

from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport

from tools import release
from tools.flash import Trouble

CHUNK = 768  # bytes of a file in one piece of the conversation: 1,024 characters of base64
_PATIENCE_S = 10  # a read in the middle of an answer

_FACTS = """
import sys, os, gc
gc.collect()
i = sys.implementation
print(repr((sys.platform, i.version[:3], getattr(i, '_machine', '?'), getattr(i, '_mpy', 0),
 gc.mem_free())))
try:
 print(repr(os.statvfs('')[:5]))
except Exception as e:
 print(repr(None))
"""

# Prints (path, SHA-256, size) of each file and (path, None) of each folder.  Read-only and remote
# file systems are left out.
_LIST = """
import os, hashlib
def show(folder, at):
 for entry in os.ilistdir(folder):
  path = at + entry[0]
  full = folder + '/' + entry[0] if folder else entry[0]
  if entry[1] & 0x4000:
   if path not in ('rom', 'remote', 'sd'):
    print(repr((path, None)))
    show(full, path + '/')
   continue
  h = hashlib.sha256()
  n = 0
  with open(full, 'rb') as f:
   b = f.read(512)
   while b:
    h.update(b)
    n += len(b)
    b = f.read(512)
  print(repr((path, h.digest(), n)))
show('', '')
"""


class Facts:
    """What a board says about itself: platform, version (three numbers), machine, arch (the
    release it takes, or None), mpy (version of its .mpy files), free (bytes of heap), size and
    space (bytes of its file system and of what is free there; None without one)."""

    def __init__(self, text):
        first, second = text.strip().splitlines()[-2:]
        about = ast.literal_eval(first)
        self.platform, self.version, self.machine, mpy, self.free = about
        self.mpy = mpy & 0xFF
        try:
            self.arch = release.arch_of(mpy)
        except release.Failure:
            self.arch = None
        disk = ast.literal_eval(second)
        # A littlefs that counts shared blocks twice may report less than nothing.
        self.space = max(0, disk[0] * disk[3]) if disk else None
        self.size = disk[1] * disk[2] if disk else None


class Device:
    """A board whose MicroPython answers; a context manager that closes the port.

    Trouble: the port cannot be opened, nothing answers, or it stops answering.
    """

    def __init__(self, port, baud=115200, patience_s=10):
        self.port = port
        try:
            self.link = SerialTransport(port, baudrate=baud, timeout=_PATIENCE_S)
        except (TransportError, OSError) as error:
            raise Trouble("%s cannot be opened: %s." % (port, str(error).rstrip("."))) from None
        # mpremote reads a pty with blocking reads, which on QEMU's may never end.
        self.link.is_pty = False
        self.serial = self.link.serial
        try:
            self.wake(patience_s)
            self.link.enter_raw_repl(soft_reset=True)
        except (TransportError, OSError) as error:
            self.close()
            raise Trouble("the MicroPython at %s does not enter its raw REPL: %s." % (
                port, str(error).rstrip("."))) from None
        except Trouble:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Close the port, whatever state it is in."""
        try:
            self.link.close()
        except OSError:
            pass  # a pty has no DTR, and a board may be gone

    def wake(self, patience_s):
        """Interrupt what runs and get to the REPL's prompt, asking until it answers: an ESP32
        restarts when its port is opened, and hears nothing while it boots."""
        said = b""
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            self.serial.write(b"\r\x03\x02")
            pause = time.monotonic() + 0.5
            while time.monotonic() < pause:
                said += self.serial.read(self.serial.in_waiting)
                if said.endswith(b">>> "):
                    time.sleep(0.1)
                    self.serial.read(self.serial.in_waiting)
                    return
                time.sleep(0.02)
        raise Trouble("nothing at %s answers as MicroPython does%s: name a firmware with"
                      " --firmware, or check the port." % (self.port, self.heard(said)))

    @staticmethod
    def heard(said):
        """What came instead of a prompt, for a message."""
        lines = said.decode("ascii", "replace").split("\n")
        last = [line.strip() for line in lines if line.strip()][-1:]
        return " (it says %r)" % last[0][:60] if last else ""

    def run(self, code):
        """What `code` prints on the board.  Trouble: it stops answering.  TransportExecError: an
        exception on the board."""
        try:
            return self.link.exec(code).decode("utf-8", "replace")
        except TransportExecError:
            raise
        except (TransportError, OSError) as error:
            raise Trouble("the board at %s stopped answering: %s." % (
                self.port, str(error).split("\n")[0].rstrip("."))) from None

    def facts(self):
        try:
            return Facts(self.run(_FACTS))
        except (TransportExecError, ValueError, SyntaxError) as error:
            raise Trouble("the MicroPython at %s does not tell what it is: %s." % (
                self.port, last_line(error))) from None

    # ---- files, by their names from the current folder on ----

    def files(self):
        """{path: (SHA-256, size)} of every file of the board, (None, 0) for folders."""
        try:
            lines = self.run(_LIST).splitlines()
        except TransportExecError as error:
            raise Trouble("the board's files cannot be listed: %s." % last_line(error)) from None
        found = {}
        for line in lines:
            path, digest, *size = ast.literal_eval(line)
            found[path] = (digest, size[0] if size else 0)
        return found

    def read(self, path):
        """The bytes of a file, None when there is none."""
        try:
            return bytes(self.link.fs_readfile(path))
        except OSError as error:
            if error.errno == errno.ENOENT:
                return None
            raise Trouble("%s on the board cannot be read: %s." % (path, error)) from None

    def write(self, path, data, tick):
        """Write a file; tick(bytes done).  Trouble: the file system is full, or the like."""
        try:
            # As base64: mpremote's own fs_writefile sends more than twice as many characters.
            self.link.exec("from binascii import a2b_base64 as b\nf = open(%r, 'wb')" % path)
            for at in range(0, len(data), CHUNK):
                piece = base64.b64encode(data[at:at + CHUNK])
                self.link.exec(b"n = f.write(b(%r))" % piece)
                tick(min(at + CHUNK, len(data)))
            self.link.exec("f.close()")
        except TransportExecError as error:
            why = last_line(error)
            if "ENOSPC" in why or why.endswith("OSError: 28"):
                raise Trouble("the board's file system is full: %s did not fit; free some space"
                              " (mpremote connect %s fs rm :FILE), then run this again." % (
                                  path, self.port)) from None
            raise Trouble("%s was not written: the board says: %s." % (path, why)) from None
        except (TransportError, OSError) as error:
            raise Trouble("the board at %s stopped answering while %s was written: %s." % (
                self.port, path, str(error).rstrip("."))) from None

    def remove(self, path, folder=False):
        try:
            (self.link.fs_rmdir if folder else self.link.fs_rmfile)(path)
        except (OSError, TransportError) as error:
            raise Trouble("%s on the board cannot be removed: %s." % (path, error)) from None

    def make_folder(self, path):
        try:
            self.link.fs_mkdir(path)
        except (OSError, TransportError) as error:
            raise Trouble("the folder %s cannot be made on the board: %s." % (
                path, error)) from None

    # ---- restarting ----

    def bootloader(self):
        """Have an RP2 restart as a boot drive."""
        try:
            self.link.exec_raw_no_follow("import machine\nmachine.bootloader()")
        except (TransportError, OSError):
            pass  # it is gone before it can answer

    def restart(self):
        """Soft reset into boot.py and main.py; what they print is read with `lines`."""
        self.link.exit_raw_repl()
        time.sleep(0.1)
        self.serial.read(self.serial.in_waiting)
        self.serial.write(b"\x04")

    def output(self, seconds):
        """What the board prints within some seconds, as soon as there is something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                waiting = self.serial.in_waiting
                if waiting:
                    return self.serial.read(waiting).decode("utf-8", "replace")
            except OSError as error:
                raise Trouble("the board at %s is gone: %s." % (
                    self.port, error.strerror or error)) from None
            time.sleep(0.02)
        return ""


def last_line(error):
    """The exception's own line of a traceback from the board."""
    text = error.error_output if isinstance(error, TransportExecError) else str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "no reason"


def sha256(data):
    return hashlib.sha256(data).digest()
