"""The report of a field test: one HTML file that needs nothing else, with a timeline for each
scenario.
"""

import time
from html import escape

from tools.fieldtest import timeline

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; color: #1f2328; max-width: 1000px; margin: 2em auto;
       padding: 0 1em }
h1 { font-size: 26px; margin-bottom: 0 } h2 { font-size: 19px; margin: 2.2em 0 0.3em }
p { margin: 0.4em 0 } .d { color: #59636e }
table { border-collapse: collapse; margin: 0.6em 0 }
td, th { padding: 3px 14px 3px 0; text-align: left; border-bottom: 1px solid #d1d9e0 }
th { font-weight: 600 } td.n { text-align: right; font-variant-numeric: tabular-nums }
.kept { color: #1a7f37; font-weight: 600 } .failed { color: #cf222e; font-weight: 600 }
.skipped { color: #9a6700; font-weight: 600 }
svg { width: 100%; height: auto; display: block; margin: 0.6em 0 }
"""


def number(value, unit):
    """A measured value for people."""
    return "{:,.0f}".format(value) + (" " + unit if unit else "")


def bounds(m):
    """The bounds of a Measure in words."""
    at_most = number(m.at_most, m.unit)
    if m.at_least == m.at_most:
        text = "has to be " + at_most
    elif m.at_least:
        text = "%s to %s" % (number(m.at_least, ""), at_most)
    else:
        text = "at most " + at_most
    if m.late and m.value > m.at_most:
        text += " (+%d: its computer was late)" % m.late
    return text


def summary(runs):
    """The table at the top."""
    rows = []
    for run in runs:
        first, last = [
            next((m for m in run.measures if m.text.startswith(word)), None)
            for word in ("notice", "recovery")
        ]
        cells = "".join(
            '<td class="n">%s</td>' % (number(m.value, m.unit) if m else "") for m in (first, last)
        )
        rows.append(
            '<tr><td><a href="#%s">%s</a></td>%s<td class="%s">%s</td></tr>'
            % (run.name, escape(run.sentence), cells, run.verdict, run.verdict)
        )
    return (
        "<table><tr><th>scenario</th><th>to notice</th><th>to recover</th><th>bounds</th></tr>"
        + "".join(rows) + "</table>"
    )


def measures(run):
    rows = [
        '<tr><td>%s</td><td class="n">%s</td><td>%s</td><td class="%s">%s</td></tr>'
        % (
            escape(m.text), number(m.value, m.unit), escape(bounds(m)),
            "kept" if m.kept else "failed", "kept" if m.kept else "broken",
        )
        for m in run.measures
    ]
    head = "<tr><th>measured</th><th></th><th>bound</th><th></th></tr>"
    return "<table>%s%s</table>" % (head, "".join(rows)) if rows else ""


def section(run, captured):
    """One scenario."""
    out = ['<h2 id="%s">%s</h2>' % (run.name, escape(run.sentence))]
    for text in (run.problem, run.skipped):
        if text:
            out.append('<p class="%s">%s</p>' % (run.verdict, escape(text)))
    out.append(measures(run))
    if run.events:
        out.append(timeline.draw(run))
    if captured and not run.skipped:
        out.append(
            '<p class="d">Every frame at the device: <a href="%s.pcap">%s.pcap</a>'
            % (run.name, run.name)
        )
    return "\n".join(out)


def page(runs, stage, peer, plan, began):
    """The whole report."""
    idle, interval, count = plan.keepalive
    captured = stage.wire is not None
    facts = (
        "Device: %s. Peer: %s. Keepalive after %g s of silence, %d probes %g s apart: %g s "
        "are promised. Back-off %d to %d ms. %s"
        % (
            escape(stage.device.name), escape(peer), idle, count, interval,
            plan.notice_ms / 1000, *plan.back_off,
            time.strftime("%Y-%m-%d %H:%M", time.localtime(began)),
        )
    )
    if not captured:
        facts += ". The board's frames do not pass through this program, so there is no capture."
    failed = [run for run in runs if run.verdict == "failed"]
    said = "%d of %d scenarios broke a bound." % (len(failed), len(runs))
    if not failed:
        played = sum(not run.skipped for run in runs)
        said = "Every bound was kept, in %d scenarios." % played
    return (
        '<!DOCTYPE html>\n<html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        "<title>ferrule field test</title><style>%s</style>\n<h1>Field test</h1>\n"
        '<p class="d">%s</p>\n<p class="%s">%s</p>\n%s\n%s\n</html>\n'
        % (
            STYLE, facts, "failed" if failed else "kept", said, summary(runs),
            "\n".join(section(run, captured) for run in runs),
        )
    )
