"""The packet link alone, and what it says when it may not or cannot."""

from pathlib import Path

from lab import Program, need_tool
from namespace import Namespace

import interpreters

HERE = Path(__file__).resolve().parent


def test_the_link_keeps_its_promises(lan, micropython):
    program = Program(lan, micropython, HERE / "packet_facts.py")
    code = program.end(30)
    assert code == 0 and program.text.endswith("ok\n"), program.text


def test_without_the_right_it_says_what_is_needed(lan, micropython):
    need_tool("setpriv", "util-linux")
    attempt = f"""
import sys
sys.path.insert(0, {str(interpreters.ROOT / "lib")!r})
from ferrule.link.packet import Packet
try:
    Packet("lo")
except OSError as error:
    print(error.errno, error.args[1])
"""
    bare = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", micropython, "-c", attempt]
    said = lan.run(bare, check=False)
    assert said.stdout.startswith("1 packet sockets need CAP_NET_RAW"), said


def test_a_namespace_ends_with_what_ran_in_it(lan):
    with Namespace() as other:
        sleeper = other.start(["sleep", "100"])
        holder = other.holder
    assert sleeper.poll() is not None and holder.poll() is not None
