"""Files of tests in several processes (pytest -n), side by side or alone.

    turns = Turns(name)            # the same name in each process
    turns.take(path, alone=True)   # waits until no other process runs a file
    ...
    turns.leave()

A file that runs alone holds the room for itself, others share it. Who waits for the room stands in
the door, so that nobody overtakes it.
"""

import fcntl
import tempfile
from pathlib import Path


class Turns:
    """One process among those that share a name; None: it is the only one, and never waits."""

    def __init__(self, name):
        self._path = None
        self._room = self._door = None
        if name:
            file = Path(tempfile.gettempdir()) / f"ferrule-tests-{name}"
            self._room, self._door = open(f"{file}.room", "w"), open(f"{file}.door", "w")

    def take(self, path, alone):
        """The tests of this file begin, or go on."""
        if self._room and path != self._path:
            self._path = path
            fcntl.flock(self._door, fcntl.LOCK_EX)
            fcntl.flock(self._room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            fcntl.flock(self._door, fcntl.LOCK_UN)

    def leave(self):
        """They are done."""
        if self._room:
            self._path = None
            fcntl.flock(self._room, fcntl.LOCK_UN)

    def end(self):
        """This process runs no more tests."""
        for file in (self._room, self._door):
            if file:
                file.close()
                Path(file.name).unlink(missing_ok=True)
