"""What a test file that runs inside MicroPython may import: `proves`, `seeds`, `skip`, `raises`.

`proves` and `seeds` do nothing here. The host reads them from the source (host_tests/sources.py,
by `ast`): `proves` names the requirements of host_tests/requirements/*.csv that a test proves,
`seeds(n)` asks that a test with an argument `seed` is called for the seeds 1 to n.
"""


class Skip(Exception):
    """Raised by `skip`; the test is reported as skipped, with the reason."""


def skip(reason):
    """End the running test and report it as skipped."""
    raise Skip(reason)


def _unchanged(function):
    return function


def proves(*requirements):
    """Name the requirements that the decorated test proves."""
    return _unchanged


def seeds(n):
    """Run the decorated test, which takes an argument `seed`, for the seeds 1 to n."""
    return _unchanged


def raises(kind, function, *args):
    """Call function(*args), which must raise `kind`; return the exception."""
    try:
        function(*args)
    except kind as error:
        return error
    raise AssertionError("%s was not raised" % kind.__name__)


# Linux's numbers of the errnos that tests expect.
_LINUX = {
    "EBADF": 9, "EAGAIN": 11, "ENOMEM": 12, "EACCES": 13, "EINVAL": 22, "EPIPE": 32,
    "EMSGSIZE": 90, "EOPNOTSUPP": 95, "EADDRINUSE": 98, "EADDRNOTAVAIL": 99, "ENETUNREACH": 101,
    "ECONNABORTED": 103, "ECONNRESET": 104, "ENOBUFS": 105, "EISCONN": 106, "ENOTCONN": 107,
    "ETIMEDOUT": 110, "ECONNREFUSED": 111, "EHOSTUNREACH": 113, "EALREADY": 114,
    "EINPROGRESS": 115,
}  # fmt: skip


def errno_of(name):
    """The number of an errno on this port: its errno module's, or Linux's where that has none."""
    import errno

    return getattr(errno, name, _LINUX[name])
