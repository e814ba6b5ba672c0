"""Models of chips and of the bus that they hang on; they run in MicroPython and in CPython."""
