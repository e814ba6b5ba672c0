"""What CircuitPython's libraries import from micropython."""


def const(value):
    return value
