"""Runs tests inside MicroPython and tells the host what became of each, line by line
(host_tests/conftest.py reads it).

    micropython host_tests/mp/runner.py FOLDER MODULE test_a:wire test_b:seed=1-50 ...

A test is a function name, then after a colon the arguments it takes: `wire`, and `seed=FROM-TO`
for which it is called again and again. Lines that begin with @@ are for the host: `@@ start NAME`,
then `@@ pass NAME MS` or `@@ skip NAME REASON` or `@@ fail NAME`, the failure's text and `@@ end
NAME`. Everything else is what a test printed.
"""

import gc
import sys

try:
    from time import ticks_diff, ticks_ms
except ImportError:

    def ticks_ms():
        return 0

    def ticks_diff(a, b):
        return 0


import testing


def run(folder, module, tests, record=False):
    """Import `module` from `folder`, run `tests` (strings as above), and forget the module."""
    sys.path.insert(0, folder)
    try:
        namespace = __import__(module)
        for test in tests:
            gc.collect()
            _run_one(namespace, test, record)
    finally:
        sys.path.pop(0)
    sys.modules.pop(module, None)


def _run_one(namespace, test, record):
    name, _, arguments = test.partition(":")
    arguments = [argument for argument in arguments.split(",") if argument]
    print("@@ start", name)
    started = ticks_ms()
    seed = None
    try:
        function = getattr(namespace, name)
        for seed in _seeds(arguments):
            values = _values(arguments, seed, record)
            try:
                function(*values)
            finally:
                # The collector takes what looks like an address on the C stack for one: take the
                # wire apart by hand.
                for value in values:
                    if value.__class__.__name__ == "Wire":
                        value.dispose()
    except testing.Skip as skip:
        print("@@ skip", name, skip.args[0])
        return
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        print("@@ fail", name)
        if seed is not None:
            print("with seed", seed)
        _tell(error)
        print("@@ end", name)
        return
    print("@@ pass", name, ticks_diff(ticks_ms(), started))


def _seeds(arguments):
    for argument in arguments:
        if argument.startswith("seed="):
            first, _, last = argument[5:].partition("-")
            return range(int(first), int(last or first) + 1)
    return (None,)


def _values(arguments, seed, record):
    values = []
    for argument in arguments:
        if argument == "wire":
            import wire

            values.append(wire.Wire(seed=seed or 1, record=record))
        elif argument.startswith("seed="):
            values.append(seed)
        else:
            raise ValueError("a test takes wire and seed, not " + argument)
    return values


def _tell(error):
    # A ladder's failure says everything itself; of anything else the way to it is wanted.
    if isinstance(error, AssertionError) and error.args and "\n" in str(error.args[0]):
        print(error.args[0])
    else:
        sys.print_exception(error, sys.stdout)


if __name__ == "__main__":
    _flags = [word for word in sys.argv[1:] if word.startswith("--")]
    _words = [word for word in sys.argv[1:] if not word.startswith("--")]
    run(_words[0], _words[1], _words[2:], "--record" in _flags)
