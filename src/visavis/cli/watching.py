"""Progress of work that takes a while: on standard error, and only where a person watches."""

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from visavis.service.recorded_answer import Watcher

__all__ = ["watching"]


@contextlib.contextmanager
def watching(label: str) -> "Iterator[Watcher | None]":
    """A line that says how far into a video the work is; None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(label, total=None)

        def watch(frames: int, time_s: float) -> None:
            bars.update(task, description=f"{label}: {frames:,} frames, {time_s:.1f} s")

        yield watch
