"""A bare-metal Cortex-M as an interpreter that tests run on: one QEMU for the whole pytest
session.

Library, harness and test files travel as .mpy in a ROMFS image (tools/qemuboard.py). The board is
reset softly before each file, so that a file finds the whole heap; after a time-out or a crash
QEMU is started anew.
"""

import queue
import sys
import threading
from pathlib import Path

from interpreters import LIB, MP, ROOT, TESTS, Died, TimedOut

sys.path.insert(0, str(ROOT / "tools"))

import qemuboard  # noqa: E402  (tools is not a package of the tests)

_AT_ONCE = 8


class Board:
    """Bare metal under QEMU, with the same face as interpreters.Unix."""

    def __init__(self, name, is_test_folder):
        self.name = name
        self._image = qemuboard.ROOMY, qemuboard.MPS2
        if name == "cortex_m0":
            self._image = qemuboard.M0, qemuboard.MICROBIT
        self._is_test_folder = is_test_folder
        self._board = None
        self._thread = None
        self._lines = None
        self._part = b""

    def absent(self):
        """ "" or the reason why nothing can run on it."""
        return qemuboard.missing(self._image[0]) or ""

    def _folders(self):
        folders = {"lib": LIB, "mp": MP, "firmware": ROOT / "firmware"}
        folders["chips"] = TESTS / "chips"
        for folder in sorted(TESTS.iterdir()):
            if folder != MP and folder.is_dir() and self._is_test_folder(folder):
                folders[folder.name] = folder
        return folders

    def start(self, file, tests, record, over=""):
        """Run `tests` (runner.py's strings) of `file`, over the model of a chip."""
        if self._thread is not None:
            # The last test of the file before is known a little before its run ends.
            self._thread.join(5)
            if self._thread.is_alive():
                self.stop()
        if self._board is None:
            firmware, machine = self._image
            board = qemuboard.QemuBoard(
                self._folders(), opt=0, firmware=firmware, machine=machine
            )
            self._board = board.__enter__()
        else:
            self._board.resume()
            self._board.soft_reset()
        self._lines = queue.Queue()
        self._part = b""
        # The other test folders must not be on the path: files of two folders may have one name.
        codes = [
            "import sys\n"
            "ours = ('/rom/lib', '/rom/mp')\n"
            "sys.path[:] = [p for p in sys.path if p in ours or p[:4] != '/rom']\n"
            "sys.path.append('/rom')\n"  # for the package `chips`
            f"import over, runner\nover.NAME = {over!r}"
        ]
        if self.name == "cortex_m0":
            # Its calls take more of the 10 KB that the port leaves to them, and imports in the
            # depth of the harness are the deepest.
            codes.append("import ferrule\nferrule.Stack")
        # A few tests at a time: the text of a long list would take heap, and leave holes in it.
        for i in range(0, len(tests), _AT_ONCE):
            names = " ".join(tests[i : i + _AT_ONCE])
            codes.append(
                f"runner.run('/rom/{Path(file).parent.name}', {Path(file).stem!r}, "
                f"{names!r}.split(), {record!r})"
            )
        self._thread = threading.Thread(
            target=self._run, args=(self._board, codes, self._lines), daemon=True
        )
        self._thread.start()

    def _run(self, board, codes, lines):
        def take(data):
            self._part += data.replace(b"\r", b"").replace(b"\x04", b"")
            *whole, self._part = self._part.split(b"\n")
            for line in whole:
                lines.put(line.decode("utf-8", "replace"))

        try:
            for code in codes:
                board.exec(code, timeout=3600, on_output=take)
            lines.put(Died("the board ended the run"))
        except Exception as error:  # noqa: BLE001  (QEMU was ended under the reading thread, or a BoardError)
            lines.put(Died(str(error)))

    def line(self, timeout_s):
        """The next line that it printed, within timeout_s seconds."""
        if timeout_s <= 0:
            raise TimedOut()
        try:
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty:
            raise TimedOut() from None
        if isinstance(line, Died):
            self._lines.put(line)
            raise line
        return line

    def rest(self):
        """Nothing is to be done for a while."""
        if self._thread is not None:
            self._thread.join(5)
            if self._board is not None and not self._thread.is_alive():
                self._board.pause()

    def stop(self):
        """End QEMU."""
        board, self._board = self._board, None
        if board is not None:
            board.stop()
        if self._thread is not None:
            self._thread.join(10)
            self._thread = None
