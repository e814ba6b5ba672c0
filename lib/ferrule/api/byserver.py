"""ifconfig("dhcp"), ipconfig(dhcp4=True) and status("dhcp"); loaded when one of them is called."""

from micropython import const

from ..service.dhcp import start
from .fault import fault

_WAIT_MS = const(40000)  # by then there is at least a link-local address


def obtain(net, wait):
    """Ask for an address; with `wait` return when there is one, if the stack is on.  OSError
    EOPNOTSUPP: not over this link; ETIMEDOUT: there is none yet, but it goes on asking.
    """
    service = start(net)
    if service is None:
        raise fault(95)
    if wait and net._on and not service.wait(_WAIT_MS):
        raise fault(110)


_STATES = (
    "INIT", "SELECTING", "REQUESTING", "PROBING", "BOUND", "RENEWING", "REBINDING", "REBOOTING",
)  # fmt: skip


def describe(service):
    """(state, server or None, seconds left), as Stack.status() says."""
    lease = service.lease
    if not service.bound():
        return _STATES[service.state], None, 0
    left = -1 if lease.end_s < 0 else max(0, lease.end_s - lease.seconds())
    return _STATES[service.state], "%d.%d.%d.%d" % tuple(lease.server), left
