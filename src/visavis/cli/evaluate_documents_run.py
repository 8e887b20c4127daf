"""A run of `visavis evaluate documents`: what is to be measured, the processes that do it, and the report of it."""

import contextlib
import hashlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from visavis.clock import SystemClock
from visavis.config import load_configuration
from visavis.evaluation.documents_cases import CaseResult, Group, keys_of
from visavis.evaluation.documents_laboratory import DocumentLaboratory
from visavis.evaluation.documents_page import documents_to_html
from visavis.evaluation.documents_reader import PortraitComparer, ReadingAnswers
from visavis.evaluation.documents_report import DocumentsReport, documents_to_json, summarise_documents
from visavis.evaluation.documents_run import CaseLaboratory, Faulty, open_case_log, program_digest, run_cases
from visavis.evaluation.documents_tables import documents_notes
from visavis.evaluation.files import prepare_folder, write_together
from visavis.evaluation.plots import require_plots
from visavis.evaluation.report import ModelName
from visavis.evaluation.specimens.fonts import load_fonts
from visavis.evaluation.specimens.levels import Level
from visavis.evaluation.specimens.portraits import framed_portraits
from visavis.perception.manifest import FusionEntry, Manifest
from visavis.perception.model_entries import Task
from visavis.wiring import open_document_reader, open_engine

__all__ = ["Request", "measure", "open_laboratory"]

_TASKS = (
    Task.TEXT_DETECTOR,
    Task.TEXT_RECOGNISER,
    Task.DETECTOR,
    Task.LANDMARKS,
    Task.FACE_MESH,
    Task.EYE_STATE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The options of the command."""

    specimens: int
    levels: tuple[str, ...]
    groups: tuple[str, ...]
    fonts: Path
    portraits: Path
    folder: Path
    workers: int
    seed: int


@contextlib.contextmanager
def open_laboratory(fonts: Path, portraits: Path) -> Iterator[CaseLaboratory]:
    """For a process of its own. Raises as `visavis.wiring.open_engine`, `load_fonts` and `framed_portraits`."""
    shown = framed_portraits(portraits)
    with open_engine() as engine:
        laboratory = DocumentLaboratory(
            reader=ReadingAnswers(open_document_reader(acquirer=engine.acquirer)),
            fonts=load_fonts(fonts),
            portraits=shown,
            compare=PortraitComparer(engine.sampler, engine.examiner(), shown),
            clock=time.process_time,
        )
        laboratory.warm_up()
        yield laboratory


def measure(request: Request) -> DocumentsReport:
    """Measure what is missing, and write the report of everything that is known, also where the run is stopped.

    Raises as the parts do, before any work: fonts and portraits that are not there, folders that cannot be used, models
    that are missing.
    """
    require_plots()
    load_fonts(request.fonts)
    shown = framed_portraits(request.portraits)
    models = _models(load_configuration().manifest)
    things = [f"{model.name} {model.version} {model.digest}" for model in models]
    things += [hashlib.sha256(pixels.tobytes()).hexdigest() for pixels in shown]
    digest = program_digest(things)
    keys = keys_of(
        tuple(Level(level) for level in dict.fromkeys(request.levels)),
        tuple(Group(group) for group in dict.fromkeys(request.groups)),
        count=request.specimens,
        seed=request.seed,
        digest=digest,
    )
    prepare_folder(request.folder)
    faults: tuple[Faulty, ...] = ()
    with open_case_log(request.folder / "cases.jsonl") as log:
        try:
            opener = partial(open_laboratory, request.fonts, request.portraits)
            with _watched(sum(key not in log.results for key in keys)) as advance:
                faults = run_cases(keys, opener, log=log, workers=request.workers, advance=advance)
        finally:  # what was measured is told of, even where the rest is not to come
            report = _report(request.seed, list(log.results.values()), models, digest, len(faults))
            _write(request.folder, report)
    for lost in faults:
        click.echo(f"{lost.key.level} {lost.key.group} {lost.key.number} was lost: {lost.what}", err=True)
    return report


def _models(manifest: Manifest) -> tuple[ModelName, ...]:
    chosen = manifest.embedding(None)
    members = [manifest.get(member.model) for member in chosen.member] if isinstance(chosen, FusionEntry) else [chosen]
    entries = (*(manifest.default(task) for task in _TASKS), *members)
    return tuple(ModelName(name=entry.name, version=entry.full_version, digest=entry.kept_sha256) for entry in entries)


def _report(
    seed: int, results: Sequence[CaseResult], models: tuple[ModelName, ...], digest: str, faults: int
) -> DocumentsReport:
    """Of every result that stands for this program and seed, those of earlier runs too: levels may come one by one."""
    standing = (item for item in results if (item.key.digest, item.key.seed) == (digest, seed))
    return summarise_documents(
        sorted(standing, key=lambda item: item.key.stream),
        seed=seed,
        digest=digest,
        models=models,
        faults=faults,
        now=SystemClock().now(),
        notes=documents_notes(),
    )


def _write(folder: Path, report: DocumentsReport) -> None:
    files = {folder / "report.json": documents_to_json(report)}
    try:
        files[folder / "report.html"] = documents_to_html(report).encode()
    finally:  # the figures are kept, even where they cannot be drawn
        write_together(files)


@contextlib.contextmanager
def _watched(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error where a person watches, else a line for every chunk of cases."""
    if total == 0:
        yield lambda _count: None
        return
    done = 0
    with click.progressbar(range(total), label="Specimens", file=sys.stderr) as bar:

        def advance(count: int) -> None:
            nonlocal done
            done += count
            bar.update(count)
            if not sys.stderr.isatty():
                click.echo(f"{done:,} of {total:,} specimens", err=True)

        yield advance
