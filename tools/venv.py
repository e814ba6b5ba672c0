"""Make .venv and install what pyproject.toml's dependency groups name.

    python3 tools/venv.py .venv

Runs on a bare python3. `make` calls it when .venv is missing or older than pyproject.toml.
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def fail(sentence):
    sys.exit("ferrule: " + sentence)


def pins(pip_python):
    """Every requirement of every dependency group, and those of the group `alone`, which are
    installed without what they require."""
    try:
        import tomllib
    except ImportError:  # Python 3.10: pip brings a reader of its own
        code = "import pip._vendor.tomli as t,json,sys;print(json.dumps(t.load(sys.stdin.buffer)))"
        import json

        with open(ROOT / "pyproject.toml", "rb") as file:
            out = subprocess.run([pip_python, "-c", code], stdin=file, capture_output=True)
        if out.returncode:
            fail("pyproject.toml cannot be read: %s" % out.stderr.decode(errors="replace"))
        groups = json.loads(out.stdout)["dependency-groups"]
    else:
        with open(ROOT / "pyproject.toml", "rb") as file:
            groups = tomllib.load(file)["dependency-groups"]
    alone = groups.pop("alone", [])
    return [pin for group in groups.values() for pin in group], alone


def check_python():
    if sys.version_info < (3, 10):
        fail("Python 3.10 or later is needed, this is %d.%d." % sys.version_info[:2])
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        fail(
            "this python3 cannot make virtual environments: install the Debian package "
            "python3-venv (or your system's name for it)."
        )


def main():
    if len(sys.argv) != 2:
        fail("usage: python3 tools/venv.py FOLDER")
    check_python()
    folder = pathlib.Path(sys.argv[1]).resolve()
    python = folder / "bin" / "python"
    print("Making %s (the first time takes a minute) ..." % folder.name, flush=True)
    if not python.exists():
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)])
        if made.returncode:
            fail("python3 -m venv failed; the lines above say why.")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    with_all, alone = pins(str(python))
    for arguments in (with_all, ["--no-deps", *alone] if alone else []):
        if arguments and subprocess.run(pip + arguments).returncode:
            fail("pip could not install what pyproject.toml names; the lines above say why.")


if __name__ == "__main__":
    main()
