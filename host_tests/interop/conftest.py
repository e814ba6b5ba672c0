"""Fixtures of the interop tests: a namespace, and ferrule in it on each unix interpreter.

These tests are ordinary pytest: the peer is the host's kernel. What is missing (tools, the right
to make a namespace, an interpreter) skips them with the reason, or fails them under
FERRULE_REQUIRE_ALL=1.
"""

import os
import shutil
import threading
import time
from pathlib import Path

import interpreters
import pytest
from namespace import Namespace, missing, stop

HERE = Path(__file__).resolve().parent
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


@pytest.fixture(scope="session")
def _no_namespace():
    return missing()


@pytest.fixture(scope="module", params=[port.name for port in interpreters.unix_ports()])
def micropython(request, _no_namespace):
    """The path of an interpreter; each test of the module runs on every one."""
    if _no_namespace:
        need(_no_namespace)
    port = {port.name: port for port in interpreters.unix_ports()}[request.param]
    if port.absent():
        need(port.absent())
    return str(port.path)


@pytest.fixture(scope="module")
def lan(micropython):
    """A namespace with the kernel at 10.9.0.1 and room for the device at 10.9.0.2."""
    with Namespace() as namespace:
        yield namespace


class Program:
    """A ferrule program in the namespace; collects what it prints."""

    def __init__(self, lan, micropython, script, *arguments):
        self.text = ""
        environment = lan.device_env(MICROPYPATH=f"{interpreters.ROOT / 'lib'}:.frozen")
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


@pytest.fixture(scope="module")
def services(lan, micropython):
    """The device with echo, sink and source; it must have survived the module's tests."""
    device = Program(lan, micropython, HERE / "device_services.py")
    device.wait_for("ready")
    yield device
    device.check()
    stop(device.process)


@pytest.fixture(scope="module")
def http_device(lan, micropython):
    """The HTTP echo device, firmware/main.py, as a user starts it."""
    device = Program(lan, micropython, interpreters.ROOT / "firmware" / "main.py")
    end = time.monotonic() + START_S
    while lan.run(["curl", "-sf", "-m", "2", f"http://{lan.DEVICE}/"], check=False).returncode:
        assert device.process.poll() is None, f"the device ended:\n{device.text}"
        assert time.monotonic() < end, f"the device does not answer:\n{device.text}"
        time.sleep(0.2)
    yield device
    device.check()
    stop(device.process)


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
