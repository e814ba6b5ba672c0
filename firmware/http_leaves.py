"""The leaves of the HTTP engine: everything that looks at a request byte by byte.

Each works on a buffer whose bounds the caller has checked, allocates nothing and returns a small
integer.  The plain twins that say what each has to do are in
host_tests/leaves/test_http_leaves.py.

A request is described by a record, an ``array('H')`` of RECORD_LEN offsets into the buffer:

    0  end of the method          2  end of the target
    1  start of the target        3  end of the path, where '?' or the target's end is
    4 + 3 * k  start, end and number of occurrences of the k-th field of FIELDS
"""

from micropython import const

RECORD_LEN = 22

# The fields the engine acts upon: length byte, lower-case name; a zero ends the table.
FIELDS = (b"\x04host\x0econtent-length\x11transfer-encoding\x0aconnection\x06expect"
          b"\x0ccontent-type\x00")

# One bit for each character below 128: what a token may hold (RFC 9110, 5.6.2), and what a Host
# value may.
TOKEN = b"\x00\x00\x00\x00\xfa\x6c\xff\x03\xfe\xff\xff\xc7\xff\xff\xff\x57"
HOST = b"\x00\x00\x00\x00\xf2\x7f\xff\x2f\xfe\xff\xff\xaf\xfe\xff\xff\x47"

_METHOD_END = const(0)
_TARGET = const(1)
_TARGET_END = const(2)
_PATH_END = const(3)
_SEEN = const(4)
_RECORD_LEN = const(22)

# Phases of the chunk decoder; its record is an array('i') of CHUNK_LEN words.
CHUNK_LEN = 4
_PHASE = const(0)
_LEFT = const(1)      # bytes of this chunk still to come; while the size is read, the size
_JUNK = const(2)      # bytes of framing since the last data byte, which has to stay bounded
_USED = const(3)      # where the last call stopped reading
_SIZE_FIRST = const(0)
_SIZE = const(1)
_EXTENSION = const(2)
_SIZE_LF = const(3)
_DATA = const(4)
_DATA_CR = const(5)
_DATA_LF = const(6)
_TRAILER_FIRST = const(7)
_TRAILER = const(8)
_TRAILER_LF = const(9)
_LAST_LF = const(10)
_DONE = const(11)
CHUNKS_DONE = 11
CHUNKS_BAD = -1
CHUNKS_TOO_LARGE = -2
_JUNK_MAX = const(1024)
_CHUNK_MAX = const(0x3ffffff)


@micropython.viper
def head_end(buf: ptr8, start: int, at: int, end: int) -> int:
    """Looks for the empty line that ends the head beginning at `start`: the offset after it,
    0 when it is not there yet, -1 for a line that does not end in CR LF.  Looks at the bytes
    from `at` on, so that bytes which arrive one by one are each looked at once.
    """
    i = at
    while i < end:
        if buf[i] == 10:
            if i == start or buf[i - 1] != 13:
                return -1
            if i - start >= 3 and buf[i - 2] == 10:
                return i + 1
        i += 1
    return 0


@micropython.viper
def request_line(buf: ptr8, at: int, rec: ptr16, token: ptr8) -> int:
    """Reads the request line at `at`, of a head that head_end() found complete: fills
    rec[0..3] and returns where the version begins, 0 when the line is malformed before
    that.
    """
    i = at
    while buf[i] < 128 and (token[buf[i] >> 3] >> (buf[i] & 7)) & 1:
        i += 1
    if i == at or buf[i] != 32:
        return 0
    rec[_METHOD_END] = i
    i += 1
    start = i
    path_end = 0
    while buf[i] > 32 and buf[i] < 127:
        if buf[i] == 63 and path_end == 0:
            path_end = i
        i += 1
    if start == i or buf[i] != 32:
        return 0
    rec[_TARGET] = start
    rec[_TARGET_END] = i
    rec[_PATH_END] = path_end if path_end else i
    return i + 1


@micropython.viper
def fields(buf: ptr8, at: int, end: int, rec: ptr16, names: ptr8, token: ptr8) -> bool:
    """Checks the field lines in at..end, where `end` is just past the empty line, and notes
    those of the table `names`.  False: no colon, blanks before it, folded lines, control
    characters, a lone CR.
    """
    i = _SEEN
    while i < _RECORD_LEN:
        rec[i] = 0
        i += 1
    i = at
    while i < end - 2:
        start = i
        while buf[i] < 128 and (token[buf[i] >> 3] >> (buf[i] & 7)) & 1:
            i += 1
        if i == start or buf[i] != 58:
            return False
        size = i - start
        slot = _SEEN
        k = 0
        while names[k]:
            if int(names[k]) == size:
                j = 0
                while j < size and (buf[start + j] | 32) == names[k + 1 + j]:
                    j += 1
                if j == size:
                    break
            k += int(names[k]) + 1
            slot += 3
        i += 1
        while buf[i] == 32 or buf[i] == 9:
            i += 1
        value = i
        stop = i
        while buf[i] >= 32 or buf[i] == 9:
            if buf[i] == 127:
                return False
            if buf[i] != 32 and buf[i] != 9:
                stop = i + 1
            i += 1
        if buf[i] != 13 or buf[i + 1] != 10:
            return False
        if names[k]:
            rec[slot] = value
            rec[slot + 1] = stop
            rec[slot + 2] = rec[slot + 2] + 1
        i += 2
    return True


@micropython.viper
def lookup(buf: ptr8, at: int, end: int, table: ptr8) -> int:
    """The place in `table` (length byte, name; a zero ends it) of buf[at:end], byte for byte;
    -1: none.
    """
    size = end - at
    place = 0
    k = 0
    while table[k]:
        if int(table[k]) == size:
            j = 0
            while j < size and buf[at + j] == table[k + 1 + j]:
                j += 1
            if j == size:
                return place
        k += int(table[k]) + 1
        place += 1
    return -1


@micropython.viper
def made_of(buf: ptr8, at: int, end: int, allowed: ptr8) -> bool:
    """Whether each byte of buf[at:end] has its bit in `allowed`."""
    while at < end:
        if buf[at] > 127 or not (allowed[buf[at] >> 3] >> (buf[at] & 7)) & 1:
            return False
        at += 1
    return True


@micropython.viper
def listed(buf: ptr8, at: int, end: int, word: ptr8, size: int) -> int:
    """How the lower-case `word` stands in the comma-separated list buf[at:end], in any case
    of letters: 0 not at all, 1 before the end or more than once, 2 as the last of several,
    3 as the only one.
    """
    found = 0
    items = 0
    while at < end:
        while at < end and (buf[at] == 32 or buf[at] == 9 or buf[at] == 44):
            at += 1
        if at == end:
            break
        start = at
        stop = at
        while at < end and buf[at] != 44:
            if buf[at] != 32 and buf[at] != 9:
                stop = at + 1
            at += 1
        items += 1
        if found > 1:
            found = 1
        if stop - start == size:
            j = 0
            while j < size:
                c = int(buf[start + j])
                if c >= 65 and c <= 90:
                    c += 32
                if c != int(word[j]):
                    break
                j += 1
            if j == size:
                found = 1 if found else 2
    if found == 2 and items == 1:
        return 3
    return found


@micropython.viper
def decimal(buf: ptr8, at: int, end: int) -> int:
    """The number in buf[at:end]; -1 when it is not digits alone, -2 when it is above
    999,999,999.
    """
    if at == end:
        return -1
    value = 0
    large = False
    while at < end:
        digit = int(buf[at]) - 48
        if digit < 0 or digit > 9:
            return -1
        if value > 99999999:
            large = True
            value = 0
        value = value * 10 + digit
        at += 1
    if large:
        return -2
    return value


@micropython.viper
def put(buf: ptr8, end: int, text: ptr8, at: int, n: int) -> int:
    """Writes the n bytes of `text` from `at` on so that they end just before `end`; returns
    where they start.  `text` may be `buf` itself, and the ranges may overlap.  (A slice
    assignment would do the same, but allocates on some versions of MicroPython.)
    """
    to = end - n
    step = 1
    i = 0
    if int(text) + at < int(buf) + to:
        step = -1
        i = n - 1
    while n:
        buf[to + i] = text[at + i]
        i += step
        n -= 1
    return to


def framing(c, phase, rec):
    """What byte `c` of the chunked coding's framing leads to: the next phase, CHUNKS_BAD or
    CHUNKS_TOO_LARGE.  Gathers a chunk's size in rec[_LEFT].
    """
    if phase <= _SIZE:
        digit = c - 48
        if digit < 0 or digit > 9:
            digit = (c | 32) - 87
            if digit < 10 or digit > 15:
                digit = -1
        if digit >= 0:
            size = (rec[_LEFT] << 4) + digit
            rec[_LEFT] = size
            return -2 if size > _CHUNK_MAX else _SIZE
        if phase == _SIZE:
            if c == 13:
                return _SIZE_LF
            if c == 59:
                return _EXTENSION
        return -1
    if phase == _EXTENSION or phase == _TRAILER:
        if c == 13:
            return phase + 1
        return -1 if c < 32 and c != 9 or c == 127 else phase
    if phase == _TRAILER_FIRST:
        if c == 13:
            return _LAST_LF
        return -1 if c <= 32 or c == 58 or c == 127 else _TRAILER
    if phase == _DATA_CR:
        return _DATA_LF if c == 13 else -1
    if c != 10:
        return -1
    if phase == _SIZE_LF:
        return _DATA if rec[_LEFT] else _TRAILER_FIRST
    if phase == _DATA_LF:
        return _SIZE_FIRST
    return _TRAILER_FIRST if phase == _TRAILER_LF else _DONE


@micropython.viper
def dechunk(buf: ptr8, at: int, end: int, record) -> int:
    """Decodes chunked coding in buf[at:end], in place: the data moves together at
    `at`.  Returns the number of its bytes, CHUNKS_BAD or CHUNKS_TOO_LARGE; record[_USED]
    says where reading stopped, which is `end` unless the last chunk and its trailers are
    complete (record[_PHASE] is CHUNKS_DONE).
    """
    rec = ptr32(record)
    phase = int(rec[_PHASE])
    out = at
    i = at
    while i < end and phase != _DONE:
        if phase == _DATA:
            n = end - i
            if n > int(rec[_LEFT]):
                n = int(rec[_LEFT])
            rec[_LEFT] = int(rec[_LEFT]) - n
            rec[_JUNK] = 0
            if out == i:
                i += n
                out = i
            else:
                while n:
                    buf[out] = buf[i]
                    out += 1
                    i += 1
                    n -= 1
            if int(rec[_LEFT]) == 0:
                phase = _DATA_CR
        else:
            rec[_JUNK] = int(rec[_JUNK]) + 1
            phase = int(framing(int(buf[i]), phase, record))
            if phase < 0 or int(rec[_JUNK]) > _JUNK_MAX:
                return -2 if phase == -2 else -1
            i += 1
    rec[_PHASE] = phase
    rec[_USED] = i
    return out - at
