"""What the interop tests use: ferrule programs in the namespace, the kernel's complaints, reasons
to skip."""

import os
import shutil
import threading
import time

import pytest

import interpreters

START_S = 20


def need(reason):
    """Skip for this reason, unless everything was required."""
    if os.environ.get("FERRULE_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def need_tool(name, package):
    """The path of a tool of the host."""
    path = shutil.which(name)
    if not path:
        need(f"{name} not found; Debian has it in: apt-get install {package}")
    return path


class Program:
    """A ferrule program in the namespace; collects what it prints."""

    def __init__(self, lan, micropython, script, *arguments, **environment):
        self.text = ""
        path = f"{interpreters.ROOT / 'lib'}:.frozen"
        environment = lan.device_env(MICROPYPATH=path, **environment)
        command = [micropython, "-X", "heapsize=4M", str(script), *map(str, arguments)]
        self.process = lan.start(
            command, env=environment, cwd=interpreters.ROOT, stdout=-1, stderr=-2, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.text += line

    def wait_for(self, text, seconds=START_S):
        """Wait until it has printed this."""
        end = time.monotonic() + seconds
        while text not in self.text:
            assert self.process.poll() is None, f"it ended:\n{self.text}"
            assert time.monotonic() < end, f"it never said {text!r}:\n{self.text}"
            time.sleep(0.02)

    def end(self, seconds):
        """Wait for its end; its exit code."""
        code = self.process.wait(timeout=seconds)
        self._reader.join(5)
        return code

    def check(self):
        """Assert that it is still running and has raised nothing."""
        assert self.process.poll() is None, f"the device ended:\n{self.text}"
        assert "Traceback" not in self.text, self.text


# What the kernel counts when something on the wire is wrong.
COMPLAINTS = (
    "IpInHdrErrors",
    "IpInAddrErrors",
    "IpInDiscards",
    "IcmpInErrors",
    "IcmpInCsumErrors",
    "TcpInErrs",
    "TcpInCsumErrors",
    "TcpExtTCPMD5Failure",
    "TcpExtTCPOFODrop",
    "TcpExtTCPChallengeACK",
    "TcpExtTCPSYNChallenge",
    "TcpExtTCPAbortOnTimeout",
    "TcpExtTCPZeroWindowDrop",
    "TcpExtBeyondWindow",
)


def complaints(lan, before):
    """The counters of complaints that grew since `before`, with how much."""
    now = lan.counters()
    grown = {name: now.get(name, 0) - before.get(name, 0) for name in COMPLAINTS}
    return {name: more for name, more in grown.items() if more}
