"""The heap is locked while a ladder's stack is polled, and while a socket writes: every ladder
proves that nothing on its way allocates.

What is loaded when it is first used has to be there before: that takes heap once, and is no part
of the way of a frame.
"""


def prepare(net):
    """Load what a frame leads to when it is the first of its kind, and take the memory of its
    records."""
    try:
        from ferrule.net import snap
        from ferrule.tcp import errors, pmtu

        net.iface.snap = snap
        net.tcp.errors = errors
        pmtu.begin(net.tcp)
    except ImportError:  # the release form has them inside other modules
        pass
