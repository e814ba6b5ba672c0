"""tools/bundle/profile.py: what is left of TCP without the features that both sides agree on."""

import ast
import os
import subprocess

import pytest
from test_bundle import TWO_STACKS

import interpreters
from tools import bundle
from tools.bundle import profile


def reduced(text, *features):
    return ast.unparse(profile.reduce(ast.parse(text), features))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("if r[_FLAGS] & _TS_OK:\n    a()\nb()", "b()"),
        ("if r[_FLAGS] & _TS_OK and x or y:\n    a()", "if y:\n    a()"),
        ("if not r[_FLAGS] & _TS_OK or stale(p):\n    a()", "a()"),
        ("if x and (not r[_FLAGS] & _TS_OK or stale(p)) and z:\n    a()", "if x and z:\n    a()"),
        ("n = 12 if flags & _TS_OK else 0", "n = 0"),
        ("m = opts(r) if r[_FLAGS] & (_TS_OK | _HOLES) else 0",
         "m = opts(r) if r[_FLAGS] & _HOLES else 0"),
        ("r[_FLAGS] &= ~_TS_OK\na()", "a()"),
        ("def f():\n    if r[_FLAGS] & _TS_OK:\n        a()", "def f():\n    pass"),
        ("if x:\n    flags |= _WITH_TS\nelse:\n    b()", "if x:\n    pass\nelse:\n    b()"),
        ("if cfg[_C_TIMESTAMPS]:\n    a()", "pass"),
        ("if f() and r[_FLAGS] & _TS_OK:\n    a()", "if f() and 0:\n    a()"),
        ("if r[_FLAGS] & _SACK_OK:\n    a()", "if r[_FLAGS] & _SACK_OK:\n    a()"),
        ("n = max(f() or 0, 0)", "n = max(f() or 0, 0)"),
        ("n = r[_FLAGS] & _TS_OK or f() or 0", "n = f() or 0"),
    ],
)
def test_what_depends_on_a_feature_goes_with_it(text, left):
    assert reduced(text, "timestamps") == left


def test_every_constant_of_a_feature_is_one_of_the_source():
    """A name that was changed in lib/ and not here would bring its feature back in silence."""
    text = "".join(p.read_text() for p in (bundle.ROOT / "lib").rglob("*.py"))
    tables = (profile.FEATURES, profile.SETTINGS)
    named = [name for table in tables for names in table.values() for name in names]
    assert len(named) > 15
    for name in named:
        assert name + " = const(" in text, name


@pytest.fixture(scope="module")
def core(tmp_path_factory):
    folder = tmp_path_factory.mktemp("core")
    bundle.write(folder, device=False, kind="core")
    return folder


def test_the_core_offers_none_of_the_features_and_carries_no_code_for_them(core):
    # Functions have other names there, and those called once are part of their callers.
    text = (core / "ferrule" / "__init__.py").read_text()
    full = bundle.bundle(device=False).texts["ferrule/__init__.py"]
    assert len(text) < 0.92 * len(full)
    assert not (core / "ferrule" / "cookie.py").exists()


def test_the_echo_device_has_no_source_routes_and_every_library_has():
    for kind in profile.PROFILES:
        assert "ferrule/srcroute.py" not in bundle.bundle(kind=kind).texts
        assert "ferrule/srcroute.py" in bundle.bundle(device=False, kind=kind).texts


@pytest.mark.parametrize("name", ["x64", "unix32"])
def test_two_stacks_of_the_core_open_echo_and_close(name, core):
    interpreter = interpreters.all_of_them(lambda _: False)[name]
    if interpreter.absent():
        pytest.skip(interpreter.absent())
    done = subprocess.run(
        [interpreter.path, "-X", "heapsize=2M", "-c", TWO_STACKS],
        cwd=core,
        env=dict(os.environ, MICROPYPATH="%s:.frozen" % core),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert not done.stderr and done.stdout.startswith("echo True\n"), done.stderr + done.stdout
