"""Reports of measurements in the terminal: tables for people to read, and how far a long run has come."""

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from visavis.evaluation.laboratory.result import TrialKey, TrialResult
    from visavis.evaluation.laboratory.runner import RunProgress
    from visavis.evaluation.tables import Table

__all__ = ["print_report", "run_progress"]

EVERY_S: Final = 60.0
"""Between two lines where nobody watches a bar."""


def print_report(lead: str, tables: "Iterable[Table]", notes: Iterable[str]) -> None:
    """``lead``: one sentence on what was measured; then the tables, then the notes."""
    from rich.console import Console
    from rich.table import Table as Shown

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 160  # a file or a pipe has no edge to wrap at
    console.print(lead)
    for item in tables:
        shown = Shown(title=item.title, title_justify="left", box=None, pad_edge=False, caption_justify="left")
        for number, column in enumerate(item.columns):
            shown.add_column(column, overflow="fold", no_wrap=number == 0)
        for row in item.rows:
            shown.add_row(*row)
        console.print()
        console.print(shown)
        if item.note:
            console.print(item.note, style="dim")
    console.print()
    for note in notes:
        console.print(f"- {note}")


@contextlib.contextmanager
def run_progress() -> "Iterator[RunProgress]":
    """How far a run of trials has come, on standard error: a bar where a person watches, else a line a minute."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bar(bars)


class _Bar:
    def __init__(self, bars: "Progress") -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def begin(self, total: int) -> None:
        self._task = self._bars.add_task("Presentations", total=total)

    def advance(self, result: "TrialResult") -> None:
        if self._task is not None:
            self._bars.advance(self._task)

    def fault(self, key: "TrialKey", what: str) -> None:
        self._bars.console.print(f"{key.species} {key.number} was lost: {what}", markup=False, highlight=False)
        if self._task is not None:
            self._bars.advance(self._task)


class _Lines:
    def __init__(self) -> None:
        self._total = self._done = 0
        self._began_s = self._told_s = time.monotonic()

    def begin(self, total: int) -> None:
        self._total = total
        self._began_s = self._told_s = time.monotonic()
        click.echo(f"Presentations: {total:,}", err=True)

    def advance(self, result: "TrialResult") -> None:
        self._step()

    def fault(self, key: "TrialKey", what: str) -> None:
        click.echo(f"{key.species} {key.number} was lost: {what}", err=True)
        self._step()

    def _step(self) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._told_s < EVERY_S and self._done < self._total:
            return
        self._told_s = now
        left_s = (now - self._began_s) / self._done * (self._total - self._done)
        click.echo(f"{self._done:,} of {self._total:,}, about {left_s / 60:.0f} min left", err=True)
