"""The leaves of the HTTP engine: what looks at a request byte by byte.

Each works on a buffer whose bounds the caller has checked, allocates nothing and returns a small
integer.  The plain twins that say what each has to do are in
host_tests/leaves/test_http_leaves.py.
"""

from micropython import const

# What a byte may be part of: the sum of its kinds, sixteen bytes in a row.
TOKEN = const(1)  # a token (RFC 9110, 5.6.2)
HOST = const(2)  # the value of Host
VISIBLE = const(4)  # a target: any visible character
TEXT = const(8)  # the value of a field, and what surrounds it
_BLANK = const(16)  # blank and tab
HEX = const(32)
DIGIT = const(64)
CLASSES = (
    b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x18\x00\x00\x00\x00\x00\x00"
    b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x18\x0f\x0c\x0d\x0f\x0f\x0f\x0f\x0e\x0e\x0f\x0f\x0e\x0f\x0f\x0c"
    b"\x6f\x6f\x6f\x6f\x6f\x6f\x6f\x6f\x6f\x6f\x0e\x0e\x0c\x0e\x0c\x0c"
    b"\x0c\x2f\x2f\x2f\x2f\x2f\x2f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f"
    b"\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0e\x0c\x0e\x0d\x0f"
    b"\x0d\x2f\x2f\x2f\x2f\x2f\x2f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f"
    b"\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0f\x0c\x0d\x0c\x0f\x00"
    b"\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08"
    b"\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08"
    b"\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08"
    b"\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08"
    b"\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08"
    b"\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08"
    b"\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08"
    b"\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08"
)


@micropython.viper
def span(buf: ptr8, at: int, classes: ptr8, kind: int) -> int:
    """Where the bytes of `kind` that begin at `at` end.  A byte of another kind has to come."""
    while classes[buf[at]] & kind:
        at += 1
    return at


@micropython.viper
def field(buf: ptr8, at: int, classes: ptr8, rec: ptr16, names: ptr8) -> int:
    """Reads the field line at `at`, behind which CR LF or a byte of no kind has to come.  Its
    value goes to rec[2 * k]..rec[2 * k + 1], where k is the place of its name in the table
    `names`, in any case of letters, or behind all of them.  Returns 8 times where the next line
    begins, and k; 0 for no colon, a blank before it, a control character or a lone CR.
    """
    start = at
    while classes[buf[at]] & 1:
        at += 1
    n = at - start
    if n == 0 or buf[at] != 58:
        return 0
    start += int(buf) - 1
    place = 0
    while names[0]:
        if int(names[0]) == n:
            while n and (ptr8(start)[n] | 32) == names[n]:
                n -= 1
            if n == 0:
                break
            n = int(names[0])
        names = ptr8(int(names) + int(names[0]) + 1)
        place += 1
    at += 1
    while classes[buf[at]] & 16:
        at += 1
    rec[place + place] = at
    n = at
    while classes[buf[at]] & 8:
        at += 1
        if buf[at - 1] > 32:
            n = at
    rec[place + place + 1] = n
    if buf[at] != 13 or buf[at + 1] != 10:
        return 0
    return ((at + 2) << 3) + place


@micropython.viper
def lookup(buf: ptr8, at: int, table: ptr8, end: int, fold: int) -> int:
    """The place in `table` (length byte, name; a zero ends it) of buf[at:end]; -1: none.  With
    `fold` 32 upper case counts as lower case, in words of letters, digits and hyphens.
    """
    buf = ptr8(int(buf) + at - 1)
    end -= at
    place = 0
    while table[0]:
        at = end
        if int(table[0]) == at:
            while at and (buf[at] | fold) == table[at]:
                at -= 1
            if at == 0:
                return place
        table = ptr8(int(table) + int(table[0]) + 1)
        place += 1
    return -1


@micropython.viper
def put(buf: ptr8, end: int, text: ptr8, at: int, n: int) -> int:
    """Writes the n bytes of `text` from `at` on so that they end just before `end`; returns
    where they start.  `text` may be `buf` itself, and the ranges may overlap.  (A slice
    assignment would do the same, but allocates on some versions of MicroPython.)
    """
    end -= n
    at += int(text)
    buf = ptr8(int(buf) + end)
    text = ptr8(at)
    at -= int(buf)  # below 0: the text lies before its place, and its end has to go first
    i = 0
    while n:
        n -= 1
        if at < 0:
            i = n
        buf[i] = text[i]
        i += 1
    return end
