"""The timeline of a scenario as SVG: what was done, the wire, the connection, every frame."""

from xml.etree import ElementTree

WIDTH, LEFT, RIGHT = 1000, 92, 60
GOOD, BAD, IDLE, INK, SOFT, BLUE = "#aceebb", "#ffcecb", "#eaeef2", "#1f2328", "#59636e", "#0969da"
LETTER = 6.8  # px of a letter at most, at 11 px
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120)
NAMES = {"heard": "answered", "resumed": "answered again"}


class Picture:
    """An svg element with x in seconds since the device's first line."""

    def __init__(self, seconds):
        self.seconds = max(seconds, 0.1)
        self.svg = ElementTree.Element("svg", xmlns="http://www.w3.org/2000/svg", role="img")
        self.svg.set("font-family", "system-ui, sans-serif")
        self.svg.set("font-size", "11")

    def x(self, t):
        inside = min(max(t, 0), self.seconds)
        return LEFT + inside / self.seconds * (WIDTH - LEFT - RIGHT)

    def add(self, tag, text=None, title=None, **attributes):
        names = {
            name.replace("_", "-"): "%.1f" % v if isinstance(v, float) else str(v)
            for name, v in attributes.items()
        }
        element = ElementTree.SubElement(self.svg, tag, names)
        if text is not None:
            element.text = text
        if title is not None:
            ElementTree.SubElement(element, "title").text = title

    def bar(self, y, height, begin, end, fill, title):
        x = self.x(begin)
        width = max(self.x(end) - x, 1.0)
        self.add("rect", title=title, x=x, y=y, width=width, height=height, fill=fill)

    def lane(self, y, text):
        self.add("text", text, x=LEFT - 10, y=y, text_anchor="end", fill=SOFT)

    def finish(self, height):
        self.svg.set("viewBox", "0 0 %d %d" % (WIDTH, height))
        paper = {"width": str(WIDTH), "height": str(height), "fill": "white"}
        self.svg.insert(0, ElementTree.Element("rect", paper))
        return ElementTree.tostring(self.svg, encoding="unicode")


def labels(picture, items, top, rows, upward):
    """Texts at times in a few rows; what finds no place in any is left out (its line stays)."""
    ends = [0.0] * rows
    for t, text, colour in items:
        x = picture.x(t)
        width = len(text) * LETTER
        start = min(x + 3, WIDTH - width)
        row = next((r for r in range(rows) if ends[r] <= start), None)
        if row is None:
            continue  # its stroke tells all the same
        ends[row] = start + width + 8
        picture.add("text", text, x=start, y=top + 13 * (rows - 1 - row if upward else row),
                    fill=colour)


def states(run, end):
    """[(from, to, colour, words)] of the connection, seconds."""
    out, since, state = [], 0.0, (IDLE, "no connection")
    for ms, event in run.events:
        t = ms / 1000
        if event["what"] in ("back", "lost"):
            out.append((since, t, *state))
            since = t
            state = (GOOD, "open") if event["what"] == "back" else (BAD, "lost: " + event["why"])
    out.append((since, end, *state))
    return out


def words(event):
    """An event in a few words and its colour; None for what needs no text."""
    what = event["what"]
    if what == "lost":
        return "lost (%s)" % event["why"], "#cf222e"
    if what in NAMES:
        return NAMES[what], "#1a7f37"
    return None


def frames(picture, run, y):
    """A stroke up for each TCP frame that left the device, down for each that reached it; one for
    each pixel.
    """
    seen = set()
    for t, way, _ in run.frames:
        x = picture.x(t - run.offset)
        if (round(x), way) not in seen:
            seen.add((round(x), way))
            tip = y - 12 if way == "out" else y + 12
            picture.add("line", x1=x, x2=x, y1=y, y2=tip, stroke=BLUE)
    picture.add("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, stroke="#8c959f")


def axis(picture, y):
    step = next((s for s in STEPS if picture.seconds / s <= 14), STEPS[-1] * 2)
    n = 0
    while n * step <= picture.seconds:
        x = picture.x(n * step)
        picture.add("line", x1=x, x2=x, y1=y, y2=y + 5, stroke=SOFT)
        text = "%g s" % (n * step) if not n else "%g" % round(n * step, 1)
        picture.add("text", text, x=x, y=y + 17, text_anchor="middle", fill=SOFT)
        n += 1


def spans(picture, run, y):
    """An arrow for each measure that lies between two moments; their number of rows."""
    shown = [m for m in run.measures if m.span]
    for m in shown:
        x1, x2 = picture.x(m.span[0] / 1000), picture.x(m.span[1] / 1000)
        colour = "#1a7f37" if m.kept else "#cf222e"
        for x in (x1, x2):
            picture.add("line", x1=x, x2=x, y1=y - 4, y2=y + 4, stroke=colour)
        picture.add("line", x1=x1, x2=x2, y1=y, y2=y, stroke=colour, stroke_width=2)
        text = "%s: %s ms" % (m.text.split(",")[0], "{:,.0f}".format(m.value))
        length = 6 + len(text) * LETTER
        if x2 + length < WIDTH:
            x, up, anchor = x2 + 6, 4, "start"
        elif x1 - length > LEFT:
            x, up, anchor = x1 - 6, 4, "end"
        else:
            x, up, anchor = (x1 + x2) / 2, -4, "middle"
        picture.add("text", text, x=x, y=y + up, fill=colour, text_anchor=anchor)
        y += 17
    return len(shown)


def draw(run):
    """The SVG of a Run, as text."""
    end = max((run.ended - run.offset), run.events[-1][0] / 1000 + 0.2)
    picture = Picture(end)
    marks = [(t - run.offset, text) for t, text in run.marks]
    labels(picture, [(t, text, INK) for t, text in marks], 14, 3, True)
    picture.lane(61, "wire")
    picture.bar(48, 18, 0, end, IDLE, "frames pass")
    for begin, until in run.closed:
        until = end if until is None else until - run.offset
        picture.bar(48, 18, begin - run.offset, until, BAD, "nothing passes")
    picture.lane(85, "connection")
    for begin, until, colour, text in states(run, end):
        picture.bar(72, 18, begin, until, colour, "%s, %.3f s to %.3f s" % (text, begin, until))
    for ms, event in run.events:
        if event["what"] == "trying":
            x = picture.x(ms / 1000)
            picture.add("line", x1=x, x2=x, y1=72, y2=90, stroke=SOFT)
    for t, _ in marks:
        x = picture.x(t)
        picture.add("line", x1=x, x2=x, y1=44, y2=92, stroke=INK, stroke_dasharray="2 2")
    told = [(ms / 1000, *words(event)) for ms, event in run.events if words(event)]
    labels(picture, told, 104, 2, False)
    y = 132
    if run.frames:
        picture.lane(y - 2, "sent")
        picture.lane(y + 10, "received")
        frames(picture, run, y)
        y += 32
    rows = spans(picture, run, y)
    if rows:
        picture.lane(y + 4, "measured")
    y += 17 * rows
    axis(picture, y)
    return picture.finish(y + 24)
