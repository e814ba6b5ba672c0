"""The field test's short form against the unix port and the emulated board, and what it says when
it cannot run.
"""

import contextlib
import json
import os
import re
import subprocess
import sys

import pytest
from scapy.all import ARP, TCP, rdpcap

import interpreters
from tools.fieldtest import __main__, report, scenarios, stage, timeline
from tools.qemuboard import ROOT, QemuBoard, missing

WAIT_S = 150
HALVES = {
    "silence": ("vanish", "reboot", "link_1s", "link_2min"),
    "changes": ("address", "restarts", "reconnects"),
    "without": ("vanish", "address", "link_10s"),
    "board": ("vanish", "link_2min"),
    "serial": ("restarts", "vanish"),
}


def command(*arguments):
    return [sys.executable, "-m", "tools.fieldtest", *map(str, arguments)]


def environment(**more):
    return dict(os.environ, COLUMNS="120", **more)


def start(folder, chosen, *arguments, **more):
    """(folder, a field test that runs)."""
    arguments = ["--quick", "--out", folder, *arguments]
    for scenario in chosen:
        arguments += ["--scenario", scenario]
    return folder, subprocess.Popen(
        command(*arguments), cwd=ROOT, env=environment(**more), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )


@contextlib.contextmanager
def serial_board():
    """The emulated board by its serial line alone, its network QEMU's own: the pty."""
    folders = {"lib": ROOT / "lib", "board": ROOT / "boards" / "qemu_mps2" / "board.py"}
    with QemuBoard(folders) as board:
        board.transport.exit_raw_repl()
        board.transport.close()
        board.transport = None
        yield board.pty


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """All of HALVES at the same time: most of it is waiting. {name: (folder, exit code, said)}."""
    unix32 = interpreters.unix_ports()[1]
    with contextlib.ExitStack() as stack:
        running = {}
        for name, chosen in HALVES.items():
            arguments, more = [], {}
            if name == "without":
                arguments = ["--peer", "ferrule"]
                if not unix32.absent():
                    more["MICROPYTHON"] = str(unix32.path)
            elif name in ("board", "serial"):
                if missing():
                    continue
                arguments = ["--board", "qemu_mps2"]
            if name == "serial":
                pty = stack.enter_context(serial_board())
                arguments += ["--port", pty, "--keep", "--listen", "10.0.2.2"]
            running[name] = start(tmp_path_factory.mktemp(name), chosen, *arguments, **more)
        out = {}
        for name, (folder, process) in running.items():
            said = process.communicate(timeout=WAIT_S)[0]
            out[name] = folder, process.returncode, said
        return out


def of(played, name):
    if name not in played:
        if os.environ.get("FERRULE_REQUIRE_ALL") == "1":
            pytest.fail(missing())
        pytest.skip(missing())
    return name, *played[name]


@pytest.fixture(params=[name for name in HALVES if name != "serial"])
def half(played, request):
    """(name, folder, exit code, said) of one of them."""
    return of(played, request.param)


def test_every_bound_is_kept(half):
    name, _, code, said = half
    assert code == 0, said
    assert said.count("kept  ") == len(HALVES[name]), said


def test_keepalive_notices_within_a_tick(half):
    _, folder, _, said = half
    if (folder / "vanish.pcap").exists():
        promised = scenarios.QUICK.notice_ms
        wanted = rf"last segment came +([\d,]+) ms +{promised - 1:,} to {promised + 1:,} ms"
        found = re.search(wanted + r"(?: \(\+(\d+))?", said)
        ms, late = (int((text or "0").replace(",", "")) for text in found.groups())
        assert promised - 1 <= ms <= promised + 1 + late, said


def test_200_of_200_reconnects(played):
    said = played["changes"][2]
    assert re.search(r"reconnects +200 +has to be 200", said), said


def test_the_report_needs_nothing_else_and_has_a_timeline_for_each_scenario(half):
    name, folder, _, _ = half
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", text) and "<script" not in text
    assert text.count("<svg ") == len(HALVES[name])
    for scenario in HALVES[name]:
        assert f'<h2 id="{scenario}">' in text and f'href="{scenario}.pcap"' in text


def test_the_captures_are_ethernet_with_whole_segments(half):
    name, folder, _, _ = half
    for scenario in HALVES[name]:
        packets = rdpcap(str(folder / f"{scenario}.pcap"))
        assert any(ARP in p for p in packets) and packets[-1].time - packets[0].time > 0.3
        segments = [p for p in packets if TCP in p]
        assert {p[TCP].dport == stage.PORT for p in segments} == {True, False}


def refused(capsys, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["fieldtest", *map(str, arguments)])
    try:
        code = __main__.main()
    except SystemExit as end:
        code = end.code
    said = capsys.readouterr()
    assert code == 2 and not said.out, said
    assert len(said.err.strip().splitlines()) == 1, said
    return said.err


def test_what_cannot_be_run_is_refused_with_a_sentence(tmp_path, capsys, monkeypatch):
    def sentence(*arguments):
        return refused(capsys, monkeypatch, "--out", tmp_path / "x", *arguments)

    assert "no board toaster" in sentence("--board", "toaster")
    assert "--port" in sentence("--board", "pico_w5500")
    assert "no serial port /dev/ttyNONE" in sentence(
        "--board", "pico_w5500", "--port", "/dev/ttyNONE"
    )
    assert "does not answer" in sentence("--board", "pico_w5500", "--port", "/dev/null")
    assert "no scenario flood" in sentence("--scenario", "flood")
    assert "1.2.3 is no IPv4 address" in sentence("--spare", "1.2.3")
    (tmp_path / "file").write_text("")
    assert "file" in sentence("--out", tmp_path / "file")


def test_a_board_on_a_serial_port_plays_what_needs_no_hand(played):
    """How soon QEMU's own network hears of a server that is there again is not looked at."""
    _, folder, _, said = of(played, "serial")
    assert re.search(r"restarts survived +10 +has to be 10", said), said
    assert "skipped  The peer vanishes" in said and "needs a hand" in said, said
    assert "no capture" in (folder / "report.html").read_text(encoding="utf-8")


class Played:
    """A run that was never played, for the report."""

    name, sentence = "vanish", "A <peer> vanishes"
    problem = skipped = ""
    offset = began = 0
    frames, marks, closed = [(0.2, "out", 2)], [(1, "cut")], [[1, None]]
    events = [(0, {"what": "back"}), (2500, {"what": "lost", "why": "silent"})]
    ended = 3

    def __init__(self, *measures):
        self.measures = measures
        kept = all(m.kept for m in measures)
        self.verdict = "kept" if kept else "failed"


def test_a_broken_bound_is_seen():
    good = stage.Measure("notice", 4001, 4001, 3999)
    late = stage.Measure("notice", 4004, 4001, 3999, late=3)
    over = stage.Measure("notice", 4005, 4001, 3999, late=3, span=(0, 4005))
    early = stage.Measure("notice", 3998, 4001, 3999, late=3)
    assert [m.kept for m in (good, late, over, early)] == [True, True, False, False]
    text = report.section(Played(good, over), True)
    assert text.count(">broken<") == 1 and text.count(">kept<") == 1
    assert "A &lt;peer&gt; vanishes" in text and "#cf222e" in timeline.draw(Played(over))


def test_the_longest_silence_of_a_device_that_tries_in_vain():
    # SYNs at 0, 1 and 3 s, the end of the attempt at 4 s, and a back-off of 400 ms.
    assert scenarios.longest_silence_ms(scenarios.QUICK) == 2000
    # At 0, 1, 3, 7 and 15 s; 10 s later the end, and 4 s.
    assert scenarios.longest_silence_ms(scenarios.Plan()) == 14000


def test_the_device_says_json_lines(micropython):
    """Without a peer: it tries, and says so."""
    settings = {"peer": ["10.9.0.1", 5007], "keepalive": [1, 1, 1], "back_off": [50, 50]}
    process = subprocess.Popen(
        [micropython, str(ROOT / "firmware" / "fieldtest.py"), json.dumps(settings)],
        env=environment(FERRULE_LINK="udp:45811:45812", FERRULE_IP="10.9.0.2/24", FERRULE_MAC=""),
        stdout=subprocess.PIPE, text=True,
    )
    lines = [json.loads(process.stdout.readline()[1:]) for _ in range(4)]
    process.terminate()
    process.wait()
    process.stdout.close()
    assert [line["what"] for line in lines] == ["ready", "trying", "failed", "trying"], lines
    assert lines[2]["why"] == "silent" and lines[0]["address"] == "10.9.0.2"
