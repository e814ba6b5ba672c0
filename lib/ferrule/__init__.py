"""ferrule: a TCP/IP stack for the end of the wire, in MicroPython."""

__version__ = "0.1.0"


def __getattr__(name):
    """Stack is loaded when it is first asked for: a program that only wants a link pays for
    nothing else.
    """
    if name == "Stack":
        try:
            from .stack import Stack
        except SyntaxError:
            raise ImportError("this firmware compiles no viper: take ferrule's bytecode release")
        return Stack
    raise AttributeError(name)
