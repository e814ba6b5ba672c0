"""Fixtures of the interop tests: a namespace, and ferrule in it on each unix interpreter.

These tests are ordinary pytest: the peer is the host's kernel. What is missing (tools, the right
to make a namespace, an interpreter) skips them with the reason, or fails them under
FERRULE_REQUIRE_ALL=1.
"""

import time
from pathlib import Path

import pytest
from lab import START_S, Program, need
from namespace import Namespace, missing, stop

import interpreters

HERE = Path(__file__).resolve().parent


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
