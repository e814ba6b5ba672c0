"""OSError with the number that the port's own errno module gives a name.

Inside, errnos are Linux's numbers, which most bare-metal ports use too.  Others (newlib's on ESP32
and QEMU) have their own, and a program that compares with errno.EINPROGRESS must find that one.
"""

from errno import EINPROGRESS


def fault(n):
    """The OSError for Linux's errno n."""
    return OSError(local(n))


def local(n):
    """The port's number for Linux's errno n; n itself where errno has no name for it (EPIPE,
    EISCONN, ...).
    """
    if EINPROGRESS == 115:
        return n
    import errno

    for name, linux in (
        ("EADDRINUSE", 98),
        ("ECONNABORTED", 103),
        ("ECONNRESET", 104),
        ("ENOBUFS", 105),
        ("ENOTCONN", 107),
        ("ETIMEDOUT", 110),
        ("ECONNREFUSED", 111),
        ("EHOSTUNREACH", 113),
        ("EALREADY", 114),
        ("EINPROGRESS", 115),
        ("EOPNOTSUPP", 95),
    ):
        if linux == n:
            return getattr(errno, name, n)
    return n
