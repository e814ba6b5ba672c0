"""What a test file that runs inside MicroPython may import: `proves`, `seeds`, `skip`, `raises`.

`proves` and `seeds` do nothing here. The host reads them from the source (host_tests/conftest.py, by `ast`): `proves` names
the requirements of host_tests/requirements/*.csv that a test proves, `seeds(n)` asks that a test with an argument `seed` is
called for the seeds 1 to n.
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
