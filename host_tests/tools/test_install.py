"""Installing ferrule as a user does: by mip from package.json files, from ROMFS images, by
manifests.

The files come from this tree, over HTTP on the loopback interface or from the disk; nothing else
is on the path of the interpreter that then runs what was installed.
"""

import functools
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest
from test_bundle import TWO_STACKS

import interpreters
from tools import packages, qemuboard, release
from tools.release import __main__ as make

ROOT = interpreters.ROOT
X64 = interpreters.unix_ports()[0]
IMPORT = "import ferrule; print(ferrule.Stack.__name__, ferrule.__version__, ferrule.__file__)"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    """serve(folder) -> the URL of a server of it."""
    servers = []

    def start(folder):
        handler = functools.partial(Quiet, directory=str(folder))
        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return "http://127.0.0.1:%d" % servers[-1].server_address[1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def run(folder, *words, **more):
    """What the x64 port prints with only `folder` on its path."""
    if X64.absent():
        pytest.skip(X64.absent())
    done = subprocess.run(
        [X64.path, "-X", "heapsize=4M", *words], cwd=folder, capture_output=True, text=True,
        env=dict(os.environ, MICROPYPATH="%s:.frozen" % folder), timeout=60, check=False, **more)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.splitlines()


def mip(folder, *urls):
    """Install with the mip that the interpreter brings."""
    said = run(folder, "-m", "mip", "install", "--target", str(folder), *urls)
    assert said[-1] == "Done"
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_mip_installs_the_whole_source_and_two_stacks_run(serve, tmp_path):
    there = mip(tmp_path, serve(ROOT) + "/package.json")
    source = {p.relative_to(ROOT / "lib").as_posix() for p in (ROOT / "lib").rglob("*.py")}
    assert there == source
    assert run(tmp_path, "-c", TWO_STACKS)[0] == "echo True"


def test_mip_installs_the_stack_and_one_link_and_they_suffice(serve, tmp_path):
    url = serve(ROOT)
    there = mip(tmp_path, url + "/lib/stack.json", url + "/lib/loop.json")
    assert {"ferrule/link/loop.py", "ferrule/link/frames.py"} <= there
    assert not [name for name in there if "service" in name or "w5500" in name]
    assert run(tmp_path, "-c", TWO_STACKS)[0] == "echo True"


def test_every_part_has_what_it_imports():
    """With stack.json beside it, a part imports nothing that is not there."""
    parts = packages.parts()
    every = set().union(*parts.values())
    assert every == set((ROOT / "lib").rglob("*.py"))
    assert {"stack", "w5500", "enc28j60", "dhcp", "congestion", "reconnect"} <= set(parts)
    for name, files in parts.items():
        for file in files:
            wanted = {packages.path_of(m) for m in packages.imports(file)}
            assert wanted <= files | parts["stack"], (name, file)
    # What the stack itself loads in a function is its own but for what a part is about.
    optional = set()
    for file in parts["stack"]:
        optional |= {packages.path_of(m) for m in packages.imports(file, inside=True)}
    left = {path.parent.name for path in optional - parts["stack"]}
    assert left <= {"api", "service", "cc"}


def test_a_part_that_is_absent_is_told_by_its_name(serve, tmp_path):
    url = serve(ROOT)
    mip(tmp_path, url + "/lib/stack.json", url + "/lib/loop.json")
    program = (
        "import ferrule\nfrom ferrule.link import loop\nnet = ferrule.Stack(loop.pair()[0])\n"
        "try:\n    net.ifconfig('dhcp')\nexcept ImportError as error:\n    print(error)\n"
    )
    assert run(tmp_path, "-c", program) == ["no module named 'ferrule.api.byserver'"]


def test_packages_are_up_to_date():
    """`make lint` says the same."""
    for file, text in packages.texts().items():
        assert file.read_text() == text, "%s: run python -m tools.packages" % file
        for target, source in json.loads(text)["urls"]:
            assert (file.parent / source).exists() and ".." not in source + target


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Releases of two machines in profile core, as `make release` makes them."""
    out = tmp_path_factory.mktemp("release")
    for arch in ("x64", "armv7m"):
        make.make(out, arch, "core")
    make.freeze(out, "arm", "core")
    return out


def test_mip_installs_a_compiled_release(serve, released, tmp_path):
    there = mip(tmp_path, serve(released) + "/x64/core/package.json")
    assert there and all(name.endswith(".mpy") for name in there)
    assert run(tmp_path, "-c", TWO_STACKS)[0] == "echo True"


def test_a_release_for_another_machine_is_refused_when_it_is_imported(serve, released, tmp_path):
    mip(tmp_path, serve(released) + "/armv7m/core/package.json")
    code = "try:\n    import ferrule\nexcept ValueError as error:\n    print(error)\n"
    assert run(tmp_path, "-c", code) == ["incompatible .mpy arch"]


def test_firmware_without_viper_says_what_to_take_and_runs_it(tmp_path):
    plain = interpreters.all_of_them(lambda _: False)["plain32"]
    if plain.absent():
        pytest.skip(plain.absent())

    def said(path, code):
        done = subprocess.run(
            [plain.path, "-X", "heapsize=2M", "-c", code], capture_output=True, text=True,
            env=dict(os.environ, MICROPYPATH="%s:.frozen" % path), timeout=60, check=False)
        return done.stdout + done.stderr

    code = "try:\n    import ferrule; ferrule.Stack\nexcept ImportError as e:\n    print(e)\n"
    assert "take ferrule's bytecode release" in said(ROOT / "lib", code)
    make.make(tmp_path, "bytecode", "server")
    assert said(tmp_path / "bytecode" / "server", TWO_STACKS).startswith("echo True\n")


def test_mip_installs_the_echo_device_and_it_starts(serve, released, tmp_path):
    there = mip(tmp_path, serve(released) + "/x64/core/echo/package.json")
    assert {"main.py", "device.mpy", "ferrule/__init__.mpy"} <= there
    board = (ROOT / "boards" / "unix" / "board.py").read_text()
    (tmp_path / "board.py").write_text(board)
    code = (
        "import device, board\nfrom ferrule.link import loop\n"
        "board.make_link = lambda: loop.pair()[0]\n"
        "board.address = lambda: ('10.9.0.2', '255.255.255.0', '0.0.0.0', '0.0.0.0')\n"
        "net, server = device.device(board)\nprint(net.ifconfig()[0])\n"
    )
    assert run(tmp_path, "-c", code) == ["10.9.0.2"]


def needs(image):
    if qemuboard.missing(image):
        pytest.skip(qemuboard.missing(image))


def mpremote(port, *words):
    """mpremote at a port, as a user types it."""
    done = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", port, *words],
        capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_mpremote_installs_a_release_on_a_board(released):
    needs(qemuboard.DISK)
    package = released / "armv7m" / "core" / "package.json"
    with qemuboard.DiskBoard(isolated=True) as board:
        said = mpremote(board.pty, "mip", "install", "--target", "/lib", str(package))
        assert "Done" in said and "/lib/ferrule/link/lan9118.mpy" in said
        said = mpremote(board.pty, "exec", IMPORT)
    assert said.split() == ["Stack", release.version(), "/lib/ferrule/__init__.mpy"]


class WithImage(qemuboard.QemuBoard):
    """The emulated board with a ROMFS image that is there already."""

    def __init__(self, image, **more):
        super().__init__({"lib": None}, **more)
        self.image = image

    def start(self):
        self.romfs_size = self.image.stat().st_size
        at = self.machine.romfs_at
        self.launch("file=%s,addr=%#x,force-raw=on" % (self.image, at))
        self.connect()
        self.mount()


def test_two_stacks_run_from_the_romfs_image_of_the_library(released):
    needs(qemuboard.ROOMY)
    image = released / "armv7m" / "core" / "library.romfs"
    with WithImage(image, firmware=qemuboard.ROOMY, isolated=True) as board:
        assert board.exec(IMPORT).split()[2] == "/rom/lib/ferrule/__init__.mpy"
        assert board.exec(TWO_STACKS).startswith("echo True\n")


def test_the_release_for_armv6m_runs_on_a_processor_that_traps_what_a_pico_would(tmp_path):
    """The emulated Cortex-M0 stops at a word that lies across two; two stacks do not stop it."""
    needs(qemuboard.M0)
    make.make(tmp_path, "armv6m", "core")
    image = tmp_path / "armv6m" / "core" / "library.romfs"
    odd = (
        "import micropython\n@micropython.viper\ndef f(p: ptr8, at: int) -> int:\n"
        " return ptr32(int(p) + at)[0]\nprint(f(bytearray(8), %d))"
    )
    with WithImage(image, firmware=qemuboard.M0, machine=qemuboard.MICROBIT) as board:
        assert board.exec(IMPORT).split()[2] == "/rom/lib/ferrule/__init__.mpy"
        assert board.exec(TWO_STACKS).startswith("echo True\n")
        assert board.exec(odd % 4) == "0\n"
        with pytest.raises(qemuboard.BoardError, match="stopped answering"):
            board.exec(odd % 2, timeout=3)


BOARD = """
import sys

sys.path.insert(0, "/rom")  # as MicroPython has it when it mounts the image itself

class Board:
    def __init__(self):
        self.address = lambda: ("10.0.2.15", "255.255.255.0", "10.0.2.2", "10.0.2.3")
        self.random = lambda n: bytes(range(n))

    def make_link(self):
        from ferrule.link.lan9118 import LAN9118

        return LAN9118()


sys.modules["board"] = Board()

import device

device.main()
"""


def test_the_echo_device_answers_from_its_romfs_image(released):
    needs(qemuboard.FIRMWARE)
    from test_flash_board import free_port

    port = free_port()
    with WithImage(released / "armv7m" / "core" / "echo.romfs", hostfwd=port) as board:
        board.start_program(BOARD)
        said = ""
        while "is up" not in said:
            new = board.read_output(20)
            assert new, said
            said += new
        url = "http://127.0.0.1:%d/echo" % port
        with urllib.request.urlopen(url, data=b"from a ROMFS", timeout=20) as answer:
            assert answer.read() == b"from a ROMFS"


def manifest_files(manifest):
    """[(target, kind)] of a manifest, read with MicroPython's own manifestfile.py."""
    found = sorted((ROOT / "build" / "micropython").glob("*/tools/manifestfile.py"))
    if not found:
        pytest.skip("no source of MicroPython; make interpreters brings it")
    code = (
        "import sys, json; sys.path.insert(0, %r); import manifestfile as m\n"
        "f = m.ManifestFile(m.MODE_FREEZE, {'MPY_LIB_DIR': ''}); f.execute(%r)\n"
        "print(json.dumps([[x.target_path, x.opt, x.metadata.version] for x in f.files()]))"
        % (str(found[0].parent), str(manifest))
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_manifest_freezes_the_source():
    rows = manifest_files(ROOT / "manifest.py")
    source = {p.relative_to(ROOT / "lib").as_posix() for p in (ROOT / "lib").rglob("*.py")}
    assert {row[0] for row in rows} == source
    assert {tuple(row[1:]) for row in rows} == {(3, release.version())}


def test_the_manifest_of_a_profile_freezes_its_release(released):
    folder = released / "frozen" / "arm" / "core"
    rows = manifest_files(folder / "manifest.py")
    assert {row[0] for row in rows} == set(release.sources("armv7m", "core", "library"))
    assert {row[2] for row in rows} == {release.version()}


def test_the_page_of_sizes_is_not_far_from_the_truth(released):
    """Within a tenth: every change moves them a little; `--write-sizes` brings them up to date."""
    text = Path(make.sizes.FILE).read_text()
    for arch in ("x64", "armv7m"):
        made = {}
        for part in release.PARTS:
            folder = released / arch / "core" / ("echo" if part == "echo" else "")
            names = [row[0] for row in json.loads((folder / "package.json").read_text())["urls"]]
            made[part] = {name: (folder / name).stat().st_size for name in names}
        line = next(row for row in text.splitlines() if row.startswith(f"| `{arch}` | `core` |"))
        told = [int(cell.replace(",", "")) for cell in line.split("|")[3:7]]
        for figure, now in zip(told, make.sizes.figures(made), strict=True):
            assert abs(figure - now) < now / 10, line
