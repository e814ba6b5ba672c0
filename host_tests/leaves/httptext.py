"""Random text of HTTP requests, and how it is spoiled."""

TOKEN_CHARS = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def pick(d, things):
    return things[d.below(len(things))]


def joined(parts):
    out = b""
    for part in parts:
        out += part
    return out


def mixed_case(d, word):
    return bytes([c - 32 if 97 <= c <= 122 and d.below(2) else c for c in word])


def spoiled(d, text):
    """The text, in half of all cases with one byte changed, left out or put in."""
    at = d.below(len(text))
    how = d.below(6)
    bad = bytes([pick(d, b"\r\n\t :;,\0\x7f\x80\xff\x0bA0/.")])
    if how == 0:
        return text[:at] + bad + text[at + 1 :]
    if how == 1:
        return text[:at] + text[at + 1 :]
    if how == 2:
        return text[:at] + bad + text[at:]
    return text
