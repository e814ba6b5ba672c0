"""The heap is locked while a ladder's stack is polled, and while a socket writes: every ladder
proves that nothing on its way allocates.

What is loaded when it is first used has to be there before: that takes heap once, and is no part
of the way of a frame. On firmware that runs no machine code the heap is not locked: there numbers
of 32 bits are objects.
"""

import sys

MACHINE_CODE = sys.implementation._mpy >> 10 != 0


def prepare(net):
    """Load what a frame leads to when it is the first of its kind, and take the memory of its
    records."""
    net.iface.snap = _module("net", "snap")
    net.tcp.errors = _module("tcp", "errors")
    _module("tcp", "pmtu").begin(net.tcp)


def _module(layer, name):
    # The release form has no folders.
    for path in ("ferrule.%s.%s" % (layer, name), "ferrule." + name):
        try:
            return __import__(path, None, None, ("",))
        except ImportError:
            pass
    raise ImportError(name)
