"""Which machine code this interpreter takes."""

import sys

# Architecture of native code in sys.implementation._mpy (py/persistentcode.h): 4 is armv6m, 8 is
# armv7emdp, and all between them know the Thumb instructions.
THUMB = 4 <= (getattr(sys.implementation, "_mpy", 0) >> 10 & 15) <= 8
