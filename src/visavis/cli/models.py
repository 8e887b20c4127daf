"""`visavis models`: list, pull and verify the models."""

import contextlib
import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from visavis.adapters.model_store import ModelStatus, ModelStore
from visavis.config import load_configuration
from visavis.errors import ExitStatus, UsageError
from visavis.perception.manifest import Manifest, ModelEntry

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["command"]


@click.group(name="models")
def command() -> None:
    """List, pull and verify the models. Only `pull` uses the network."""


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_models(*, as_json: bool) -> None:
    """Every model: what it is for, whose it is, and whether it is here."""
    statuses = _store().status()
    if as_json:
        click.echo(json.dumps({"models": [_as_json(status) for status in statuses]}, indent=2))
        return
    _print_table(statuses)


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="Pull the optional models too.")
@click.option("--quiet", is_flag=True, help="Print nothing but failures.")
def pull(*, names: tuple[str, ...], everything: bool, quiet: bool) -> int:
    """Fetch the models that are missing: the default ones, or those named. A model that is here costs nothing."""
    from visavis.adapters.model_pull import pull as pull_models

    if names and everything:
        raise UsageError("conflicting_options", "Names and --all exclude each other.", advice="Leave one out.")
    store = _store()
    entries = _chosen(store.manifest, names, everything=everything)
    with _progress(quiet=quiet) as progress:
        pulled = pull_models(store, entries, progress)
    for error in pulled.failed:
        click.echo(f"visavis: {error}", err=True)
    if not quiet:
        click.echo(_summary(len(pulled.fetched), len(pulled.present), len(pulled.failed)))
    return int(pulled.failed[0].exit_status if pulled.failed else ExitStatus.SAME)


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
def verify(*, names: tuple[str, ...]) -> int:
    """Check the SHA-256 of every model that is here, and that no default model (or none of those named) is missing."""
    store = _store()
    wrong = 0
    for entry in _chosen(store.manifest, names, everything=True):
        status = store.status_of(entry)
        wanted = entry.default or bool(names)
        if status.usable:
            click.echo(f"{entry.name}: right")
        elif status.present:
            wrong += 1
            click.echo(f"{entry.name}: other bytes than the manifest names [model_digest_mismatch]")
        elif wanted:
            wrong += 1
            click.echo(f"{entry.name}: missing [model_missing]")
        else:
            click.echo(f"{entry.name}: not pulled, optional")
    if wrong:
        click.echo(f"visavis: {wrong} not usable. Run `visavis models pull` to fetch them.", err=True)
        return int(ExitStatus.INSTALLATION)
    return int(ExitStatus.SAME)


def _store() -> ModelStore:
    configuration = load_configuration()
    return ModelStore(configuration.store, configuration.manifest)


def _chosen(manifest: Manifest, names: Sequence[str], *, everything: bool) -> tuple[ModelEntry, ...]:
    if names:
        return tuple(manifest.get(name) for name in dict.fromkeys(names))
    return tuple(entry for entry in manifest.models if everything or entry.default)


def _summary(fetched: int, present: int, failed: int) -> str:
    parts = [f"{fetched} pulled", f"{present} already here"]
    if failed:
        parts.append(f"{failed} failed")
    return "Models: " + ", ".join(parts) + "."


def _as_json(status: ModelStatus) -> dict[str, object]:
    entry = status.entry
    return {
        "name": entry.name,
        "task": entry.task.value,
        "version": entry.version,
        "template_version": entry.full_version if entry.embedding else None,
        "default": entry.default,
        "runtime": entry.runtime.value,
        "licence": entry.licence,
        "licence_note": entry.licence_note,
        "provenance": entry.provenance,
        "note": entry.note,
        "file": entry.kept_file,
        "bytes": entry.kept_bytes,
        "sha256": entry.kept_sha256,
        "source_sha256": entry.sha256,
        "present": status.present,
        "digest_ok": status.digest_ok,
    }


def _print_table(statuses: Sequence[ModelStatus]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 160  # a file or a pipe has no edge to wrap at
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading, wraps in (("name", False), ("task", False), ("version", True), ("licence", False)):
        table.add_column(heading, overflow="fold", no_wrap=not wraps)
    table.add_column("size", justify="right", no_wrap=True)
    for heading in ("present", "digest ok"):
        table.add_column(heading)
    for status in statuses:
        entry = status.entry
        table.add_row(
            entry.name,
            entry.task.value,
            entry.version,
            entry.licence,
            _size(entry.kept_bytes),
            _yes(status.present),
            "" if status.digest_ok is None else _yes(status.digest_ok),
        )
    console.print(table)
    console.print()
    for status in statuses:
        entry = status.entry
        kind = "default" if entry.default else "optional"
        text = " ".join(part for part in (entry.licence_note, entry.note) if part)
        console.print(f"{entry.name} ({kind}): {text}", markup=False, soft_wrap=not console.is_terminal)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


class _Watched:
    """A pull's progress as a bar on standard error; lines worth reading stand above it."""

    def __init__(self, bar: "Progress | None", *, quiet: bool) -> None:
        self._bar = bar
        self._quiet = quiet
        self._task: int | None = None

    def begin(self, what: str, total: int | None) -> None:
        if self._bar is not None:
            if self._task is not None:
                self._bar.remove_task(self._task)  # type: ignore[arg-type]  # rich's TaskID is an int by another name
            self._task = self._bar.add_task(what, total=total)
        elif not self._quiet:
            click.echo(f"{what} ({_size(total)})" if total else what, err=True)

    def advance(self, done: int) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done)  # type: ignore[arg-type]  # as above

    def say(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(line, err=True)

    def note(self, line: str) -> None:
        if not self._quiet:
            self.say(line)


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Iterator[_Watched]:
    if quiet or not sys.stderr.isatty():
        yield _Watched(None, quiet=quiet)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Watched(bar, quiet=False)
