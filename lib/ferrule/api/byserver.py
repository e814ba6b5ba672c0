"""ifconfig("dhcp") and ipconfig(dhcp4=True); loaded when one of them is called."""

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
