"""The release form (tools/bundle.py) behaves as the modules it was made of.

Runs in CPython: it bundles, and starts MicroPython with nothing but the bundle on its path.
"""

import ast
import os
import subprocess

import pytest

import interpreters
from tools import bundle

TWO_STACKS = """
import sys
import ferrule
from ferrule.link import loop

now = [0]


def stack(link, ip):
    net = ferrule.Stack(link, ticks_ms=lambda: now[0], random=lambda n: bytes(range(n)))
    net.ifconfig((ip, "255.255.255.0", "0.0.0.0", "0.0.0.0"))
    net.active(True)
    return net


def quietly(call, *args):
    try:
        return call(*args)
    except OSError:
        return None


a, b = loop.pair()
server = stack(a, "10.0.0.1")
client = stack(b, "10.0.0.2")
door = server.socket()
door.bind(("", 80))
door.listen(2)
door.setblocking(False)
c = client.socket()
c.setblocking(False)
quietly(c.connect, ("10.0.0.1", 80))
data = bytes(range(256)) * 40
sent = 0
back = b""
s = None
for _ in range(2000):
    now[0] += 5
    server.poll()
    client.poll()
    if s is None:
        pair = quietly(door.accept)
        if pair:
            s = pair[0]
            s.setblocking(False)
        continue
    if sent < len(data):
        sent += c.write(data[sent:]) or 0
    piece = s.read(700)
    if piece:
        s.write(piece)
    back += c.read(5000) or b""
    if len(back) == len(data):
        break
print("echo", back == data)
c.setsockopt(6, 1, 1)
c.close()
s.close()
for _ in range(100):
    now[0] += 50
    server.poll()
    client.poll()
print(" ".join(row[5] for row in client.netstat()))
print(server.stats()["InCsumErrors"], server.config("tcp_msl"), server.memory()["total"] > 20000)
server.install()
import socket
print(socket.AF_INET, ferrule.__version__)
try:
    server.getaddrinfo("a.name", 80)
except OSError as error:
    print("OSError", error.args[0])
print("modules", " ".join(sorted(m for m in sys.modules if m.startswith("ferrule"))))
"""

# Of the package's layers the bundle has only the links' folder.
LAYERS = {"stack", "api", "tcp", "net", "wire", "core"}

DEVICE = """
import sys
import whole
from ferrule.link import loop
import main

now = [0]
a, b = loop.pair()


class Board:
    def make_link(self):
        return a

    def address(self):
        return "10.0.0.1", "255.255.255.0", "0.0.0.0", "0.0.0.0"


net, http = main.device(Board())
client = whole.Stack(b)
client.ifconfig(("10.0.0.2", "255.255.255.0", "0.0.0.0", "0.0.0.0"))
client.active(True)


def ask(request):
    c = client.socket()
    c.setblocking(False)
    try:
        c.connect(("10.0.0.1", 80))
    except OSError:
        pass
    answer = b""
    asked = False
    for _ in range(400):
        net.poll()
        http.turn()
        client.poll()
        if not asked:
            try:
                c.getpeername()
            except OSError:
                continue
            asked = bool(c.write(request))
            continue
        piece = c.read(2000)
        if piece == b"":
            break
        answer += piece or b""
    c.close()
    return answer


end = "Host: x\\r\\nConnection: close\\r\\n"
text = ask(b"POST /echo HTTP/1.1\\r\\n" + end.encode() + b"Content-Length: 5\\r\\n\\r\\nhello")
print(text.split(b"\\r\\n")[0], text[-5:])
text = ask(b"GET / HTTP/1.1\\r\\n" + end.encode() + b"\\r\\n")
print(text.split(b"\\r\\n")[0], b"<h1>ferrule</h1>" in text, b"ESTABLISHED" in text)
text = ask(b"GET /netstat HTTP/1.1\\r\\n" + end.encode() + b"\\r\\n")
print(b'"connections"' in text)
text = ask(b"GET /nothing HTTP/1.1\\r\\n" + end.encode() + b"\\r\\n")
print(text.split(b"\\r\\n")[0])
print("modules", " ".join(sorted(m for m in sys.modules if not m.startswith("ferrule"))))
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The package with all that it has."""
    folder = tmp_path_factory.mktemp("release")
    bundle.write(folder, whole=True)
    return folder


@pytest.fixture(scope="module")
def device(tmp_path_factory):
    """The device with what it reaches of the package, and all of the package under the name of
    `whole`, to be its client.
    """
    folder = tmp_path_factory.mktemp("device")
    bundle.write(folder, device=False)
    for path in folder.rglob("*.py"):
        path.write_text(path.read_text().replace("ferrule", "whole"))
    (folder / "ferrule").rename(folder / "whole")
    bundle.write(folder)
    return folder


def run(name, release, program):
    interpreter = interpreters.all_of_them(lambda _: False)[name]
    reason = interpreter.absent()
    if reason:
        pytest.skip(reason)
    environment = dict(os.environ, MICROPYPATH="%s:.frozen" % release)
    done = subprocess.run(
        [interpreter.path, "-X", "heapsize=2M", "-c", program],
        cwd=release,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert not done.stderr and done.returncode == 0, done.stderr + done.stdout
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", ["x64", "unix32"])
def test_two_stacks_of_the_bundle_open_echo_and_close(name, release):
    lines = run(name, release, TWO_STACKS)
    assert lines[:5] == ["echo True", "TIME_WAIT", "0 30 True", "2 0.1.0", "OSError -2"]
    loaded = lines[5].split()[1:]
    assert "ferrule" in loaded and "ferrule.link.loop" in loaded
    assert not [m for m in loaded if set(m.split(".")[1:2]) & LAYERS]


@pytest.mark.parametrize("name", ["x64", "unix32"])
def test_the_device_of_the_bundle_answers(name, device):
    lines = run(name, device, DEVICE)
    assert lines[0] == "b'HTTP/1.1 200 OK' b'hello'"
    assert lines[1] == "b'HTTP/1.1 200 OK' True True"
    assert lines[2] == "True"
    assert lines[3] == "b'HTTP/1.1 404 Not Found'"
    loaded = lines[4].split()[1:]
    assert "device" in loaded and "httpd" not in loaded and "echo" not in loaded


def test_every_viper_function_is_still_one(release):
    """No decorator is lost: the leaves of the bundle are those of the source, less the unused."""
    text = "".join(path.read_text() for path in release.rglob("*.py"))
    source = "".join(
        path.read_text()
        for folder in ("lib", "firmware")
        for path in (bundle.ROOT / folder).rglob("*.py")
    )
    kept, all_of_them = text.count("@micropython.viper"), source.count("@micropython.viper")
    assert 0.8 * all_of_them < kept <= all_of_them


def test_no_global_of_the_package_has_the_name_of_a_module_below_it(release):
    """Importing ferrule.options later would overwrite a global `options`."""
    tree = ast.parse((release / "ferrule" / "__init__.py").read_text())
    bound = {n.id for s in tree.body for n in ast.walk(s) if isinstance(n, ast.Name)
             and isinstance(n.ctx, ast.Store) and isinstance(s, ast.Assign)}
    bound |= {s.name for s in tree.body if isinstance(s, (ast.FunctionDef, ast.ClassDef))}
    assert bound and not bound & {path.stem for path in (release / "ferrule").iterdir()}


ALGORITHMS = """
import ferrule
for name in ("tahoe", "reno", "newreno", "cubic"):
    module = getattr(__import__("ferrule." + name), name)
    print(name, module.RECOVERS, callable(module.grow), callable(module.ssthresh))
"""


def test_what_is_used_as_an_object_has_its_constants_and_what_it_imports(release, device):
    """The algorithms of tcp/cc: a connection asks its own for RECOVERS when something is lost."""
    right = ["%s %d True True" % pair for pair in
             (("tahoe", 0), ("reno", 1), ("newreno", 2), ("cubic", 2))]
    assert run("x64", release, ALGORITHMS) == right
    assert run("x64", device, ALGORITHMS) == right


def methods(folder):
    """{class: methods} of a package as it was written."""
    tree = ast.parse((folder / "ferrule" / "__init__.py").read_text())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {c.name: {m.name for m in c.body if isinstance(m, ast.FunctionDef)} for c in classes}


def test_the_device_has_no_method_that_it_never_calls(release, device):
    words = bundle.bundle().renamed[""]
    mine = {words.get(name, name) for name in methods(device)["Stack"]}
    assert {"poll", "netstat", "memory", "ifconfig", "active"} <= mine < methods(release)["Stack"]
    assert not mine & {"ipconfig", "config", "install", "getaddrinfo", "stats"}
    sockets = [{words.get(n, n) for n in names} for names in methods(device).values()]
    mine = set().union(*(names for names in sockets if names & {"readinto", "accept"}))
    every = methods(release)["Socket"] | methods(release)["Endpoint"]
    assert mine < every and {"connect", "read", "readline", "sendall"} <= every - mine


def test_what_the_device_is_asked_for_keeps_its_name(device):
    """Boards, links, and what README and the tests know of the device."""
    text = "".join(path.read_text() for path in device.glob("*.py"))
    for name in ("make_link", "address", "limits", "http_limits", "requests", "ticks_ms", "turn"):
        assert name in text, name
    stack = (device / "ferrule" / "__init__.py").read_text()
    for name in (".link", ".send(", ".recv_into(", ".mac", ".mtu", "def poll(", "*, ticks_ms="):
        assert name in stack, name


def test_the_words_of_a_bundle_are_not_its_own_names():
    """A word that stands for a name is no attribute that the source has: two would meet in one."""
    renamed = bundle.bundle().renamed
    words = set(renamed[""])
    assert len(words) > 60 and len(words) == len(set(renamed[""].values()))
    assert not words & set(renamed[""].values())


def test_constants_and_relative_imports_are_gone(release):
    for path in release.rglob("*.py"):
        text = path.read_text()
        assert "const(" not in text and "from ." not in text, path


def constructors(text):
    """{class: names of the arguments of its __init__}."""
    return {
        node.name: [arg.arg for arg in method.args.args[1:]]
        for node in ast.parse(text).body if isinstance(node, ast.ClassDef)
        for method in node.body
        if isinstance(method, ast.FunctionDef) and method.name == "__init__"
    }


@pytest.mark.parametrize("whole", [False, True])
def test_links_are_made_with_the_same_words(whole):
    texts = bundle.bundle(whole=whole).texts
    for path in [path for path in texts if path.startswith("ferrule/link/")]:
        made = constructors(texts[path])
        there = constructors((bundle.ROOT / "lib" / path).read_text(encoding="utf-8"))
        assert made == {name: there[name] for name in made}, path
    assert made
