"""The table of host_tests/ladders/diagram.py holds every arrow of RFC 9293's figure 5, and its
ladders exist."""

import ast
from pathlib import Path

LADDERS = Path(__file__).resolve().parent.parent / "ladders"

# Figure 5, state by state: where its arrows lead.
FIGURE_5 = {
    "CLOSED": {"LISTEN", "SYN_SENT"},
    "LISTEN": {"CLOSED", "SYN_RECEIVED", "SYN_SENT"},
    "SYN_SENT": {"CLOSED", "SYN_RECEIVED", "ESTABLISHED"},
    "SYN_RECEIVED": {"LISTEN", "ESTABLISHED", "FIN_WAIT_1"},
    "ESTABLISHED": {"FIN_WAIT_1", "CLOSE_WAIT"},
    "FIN_WAIT_1": {"FIN_WAIT_2", "CLOSING", "TIME_WAIT"},
    "FIN_WAIT_2": {"TIME_WAIT"},
    "CLOSING": {"TIME_WAIT"},
    "TIME_WAIT": {"CLOSED"},
    "CLOSE_WAIT": {"LAST_ACK"},
    "LAST_ACK": {"CLOSED"},
}
RESET_TO_CLOSED = {
    "SYN_SENT",
    "SYN_RECEIVED",
    "ESTABLISHED",
    "FIN_WAIT_1",
    "FIN_WAIT_2",
    "CLOSE_WAIT",
    "CLOSING",
    "LAST_ACK",
}


def arrows():
    tree = ast.parse((LADDERS / "diagram.py").read_text(encoding="utf-8"))
    return ast.literal_eval(next(node for node in tree.body if isinstance(node, ast.Assign)).value)


def functions_of(path):
    return {
        node.name: node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }


def test_every_arrow_of_the_figure_has_a_ladder():
    drawn = {(a, b) for a, b, event in arrows() if "RST (note 3)" not in event}
    wanted = {(a, b) for a, ends in FIGURE_5.items() for b in ends}
    assert wanted <= drawn
    assert drawn - wanted == {("TIME_WAIT", "TIME_WAIT")}


def test_a_reset_leads_from_every_state_to_closed():
    assert {a for a, b, event in arrows() if b == "CLOSED" and "RST" in event} == RESET_TO_CLOSED


def test_every_ladder_of_the_table_exists_and_looks_at_the_state_it_leads_to():
    for (_, end, event), test in arrows().items():
        file, name = test.split("::")
        body = ast.unparse(functions_of(LADDERS / file)[name])
        seen = [
            row.split()[2]
            for row in body.replace("\\n", "\n").split("\n")
            if len(row.split()) > 2 and row.split()[1] == "us.state"
        ]
        if "SEND" not in event:
            assert end in seen, (test, end, seen)


def test_no_ladder_stands_for_two_arrows():
    assert len(set(arrows().values())) == len(arrows())
