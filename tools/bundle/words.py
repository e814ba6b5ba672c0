"""Words that the interpreter has anyway: part of tools/bundle.

A name costs a module loaded from .mpy its letters and a place in a table; none when it is one of
the interpreter's own words, which are in its image.  The first are in every MicroPython (the
format of .mpy numbers them), the others in a firmware with the usual modules.  A word that a
firmware lacks costs no more than the name that it stands for.
"""

EVERYWHERE = """
    append args bytecode clear close copy count end endswith extend find from_bytes get
    index insert isalpha isdigit islower isspace issubclass isupper items join key keys little
    lower lstrip main pop popitem read readinto readline remove replace reverse rfind rindex
    rsplit rstrip self send sep setdefault sort split start startswith step stop strip throw
    to_bytes update upper value values write abs all any bool bytearray bytes callable chr
    classmethod dict dir divmod eval exec format getattr globals hasattr hash id int isinstance
    iter len list locals map next object open ord pow print range repr round set setattr sorted
    staticmethod str sum super tuple type zip
""".split()

USUAL = """
    acos acosh asin asinh atan atan2 atanh ceil copysign cos cosh degrees exp expm1 fabs floor
    fmod frexp gamma inf isfinite isinf isnan ldexp lgamma log log10 log2 modf nan pi radians sin
    sinh sqrt tan tanh tau trunc choice getrandbits randint random randrange seed uniform heapify
    heappop heappush dump dumps load loads compile digest enable disable discard union difference
    intersection isdisjoint issubset issuperset partition rpartition center splitlines encode
    decode fromkeys hexlify unhexlify calcsize pack pack_into unpack unpack_from popleft
    appendleft getvalue flush seek tell readlines chdir getcwd ilistdir listdir mkdir rename rmdir
    unlink stat statvfs mount umount ipoll modify poll register unregister collect heap_lock
    heap_unlock mem_alloc mem_free mem_info opt_level qstr_info schedule stack_use threshold sleep
    sleep_ms sleep_us ticks_add ticks_cpu ticks_diff ticks_ms ticks_us argv exit implementation
    maxsize modules path platform stderr stdin stdout version addressof bytearray_at bytes_at
    sizeof struct search match group sub getter setter deleter property indices real imag filter
    reversed enumerate hex bin max min asr lsl lsr bl bx cmp ldr ldrb ldrh mov movt movw mrs nop
    strb strh push clz rbit
""".split()

WORDS = EVERYWHERE + USUAL
