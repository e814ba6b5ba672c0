"""ferrule: a TCP/IP stack for the end of the wire, in MicroPython."""

__version__ = "0.1.0"


def __getattr__(name):
    """Stack is loaded when it is first asked for: a program that only wants a link pays for
    nothing else.
    """
    if name == "Stack":
        from .stack import Stack

        return Stack
    raise AttributeError(name)
