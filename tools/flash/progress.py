"""What is seen of it: numbered steps, with bars where bytes move, on a terminal or in a file."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)


class Steps:
    """Prints `total` steps as they come."""

    def __init__(self, total, console=None):
        self.console = console or Console(highlight=False, soft_wrap=True)
        self.total = total
        self.number = 0

    def step(self, title):
        """Begin the next step."""
        self.number += 1
        self.say("%d/%d %s" % (self.number, self.total, title), indent=False)

    def say(self, text, indent=True):
        self.console.print("    " + text if indent else text, markup=False)

    def bar(self, title, total):
        """A context manager that returns tick(bytes done); shown on a terminal only."""
        return _Bar(self.console, title, total)


class _Bar:
    def __init__(self, console, title, total):
        self.progress = Progress(
            TextColumn("    {task.description}", markup=False),
            BarColumn(bar_width=30),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.progress.add_task(title, total=total)

    def __enter__(self):
        self.progress.start()
        return self.tick

    def tick(self, done):
        self.progress.update(self.task, completed=done)

    def __exit__(self, *_):
        self.progress.stop()
