"""Which chip's model stands between a stack and the wire of a test: none, unless pytest was
started with `--over w5500` or another name of chips/between.py.
"""

try:
    from os import getenv

    NAME = getenv("FERRULE_OVER") or ""
except ImportError:  # a board has no environment: host_tests/board.py sets NAME
    NAME = ""


def over(link, ticks_ms, move):
    """The link to give to a stack: `link`, or the driver and model on top of it. `move(ms)` lets
    that many milliseconds pass."""
    if not NAME:
        return link
    from chips.between import Between, Sleeper

    return Between(NAME, link, Sleeper(ticks_ms, move))


def warm(link, iface):
    """Let the driver meet the stack's two buffers, for which it makes its views once."""
    link.warm(iface.rx, iface.tx)


def used(link):
    """Bytes of heap that a model has taken while it was metered."""
    return link.bus.used if NAME else 0


def meter(link, on):
    """Begin or end to count them."""
    if NAME:
        link.bus.metered = on
