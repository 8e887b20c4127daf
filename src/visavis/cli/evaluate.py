"""`visavis evaluate`: accuracy, with bounds, on labelled pictures; attack detection; the reading of documents."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.cli.evaluate_documents import documents
from visavis.cli.evaluate_pad import pad
from visavis.errors import UsageError

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from visavis.comparison.calibration import Calibration
    from visavis.evaluation.encoding import Progress
    from visavis.evaluation.report import ComparisonReport

__all__ = ["command"]

KINDS: Final = (
    "portrait-120",
    "portrait-80",
    "jpeg-50",
    "jpeg-20",
    "blur-1",
    "blur-2",
    "blur-3",
    "dark",
    "eyes-covered",
    "grey",
    "security-lines",
    "print-fine",
    "print-scan",
    "print-coarse",
    "card-photo",
)
"""Names of `visavis.evaluation.degradation.DEGRADATIONS`, so that `--help` loads no image library; a test compares."""


@click.group(name="evaluate")
def command() -> None:
    """Measure accuracy, with bounds, on pictures and clips of your own. Nothing leaves this machine."""


command.add_command(documents)
command.add_command(pad)


@command.command()
@click.option(
    "--pairs",
    required=True,
    type=click.Path(path_type=Path),
    help="CSV with the columns file_a, file_b, same (1 or 0), and if wanted fold, group, identity_a, identity_b.",
)
@click.option(
    "--images", required=True, type=click.Path(path_type=Path), help="The folder that the list's files lie in."
)
@click.option("--all-pairs", is_flag=True, help="Also compare every picture with every other; needs --identity-from.")
@click.option(
    "--identity-from",
    type=click.Choice(["folder", "column"]),
    help="Whose a picture is: its folder's name, or the columns identity_a and identity_b.",
)
@click.option(
    "--face-choice",
    type=click.Choice(["only", "central"]),
    default="only",
    show_default=True,
    help="only: a second face refuses, as in the product. central: the face nearest to the middle.",
)
@click.option(
    "--degrade",
    "kinds",
    multiple=True,
    type=click.Choice([*KINDS, "all"]),
    help="Degrade one side of a genuine pair of each person, as by a document. May be given more than once.",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("visavis-evaluation"),
    show_default=True,
    help="Folder for report.html and report.json.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the JSON instead of tables.")
@click.option("--embedding", help="An embedding model or a fusion other than the default.")
@click.option("--data-set", default=None, help="The name of the data, as reports and calibrations show it.")
@click.option(
    "--save-calibration",
    "calibration_file",
    type=click.Path(path_type=Path),
    help="Write the calibration of these trials (TOML) here; needs --data-set.",
)
@click.option(
    "--calibration",
    "judge_by",
    type=click.Path(path_type=Path),
    help="Also decide the list at the thresholds of this calibration, made before.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Pictures at a time.")
def comparison(
    *,
    pairs: Path,
    images: Path,
    all_pairs: bool,
    identity_from: str | None,
    face_choice: str,
    kinds: tuple[str, ...],
    folder: Path,
    as_json: bool,
    embedding: str | None,
    data_set: str | None,
    calibration_file: Path | None,
    judge_by: Path | None,
    workers: int,
) -> None:
    """One-to-one comparison: FMR, FNMR, failure to acquire, with bounds, as tables, an HTML report and JSON."""
    if calibration_file is not None and not data_set:
        raise UsageError(
            "data_set_missing", "A calibration names its data.", advice='Add --data-set "what the pictures are".'
        )
    if all_pairs and identity_from is None:
        raise UsageError(
            "identity_unknown",
            "Forming all pairs needs to know whose each picture is.",
            advice="Add --identity-from folder, or --identity-from column.",
        )
    # late, since these load the models' runtimes and the plots
    from visavis.clock import SystemClock
    from visavis.comparison.calibration import load_calibration
    from visavis.evaluation.comparison import EvaluationOptions, evaluate_comparison
    from visavis.evaluation.degradation import DEGRADATIONS
    from visavis.evaluation.face_encoder import FaceEncoder
    from visavis.evaluation.files import prepare_folder
    from visavis.evaluation.pairs import read_pairs
    from visavis.evaluation.plots import require_plots
    from visavis.perception.acquisition import FaceChoice
    from visavis.service.examination import ExaminerOptions
    from visavis.wiring import open_engine

    require_plots()
    table = read_pairs(pairs, images)
    prepare_folder(folder)
    if calibration_file is not None:
        prepare_folder(calibration_file.parent)
    chosen = DEGRADATIONS if "all" in kinds else dict.fromkeys(kinds)
    options = EvaluationOptions(
        data_set=data_set or pairs.stem,
        all_pairs=all_pairs,
        identity_from=identity_from,
        choice=FaceChoice(face_choice),
        kinds=tuple(DEGRADATIONS[name] for name in chosen),
        least_quality=ExaminerOptions().least_quality,
        judge_by=None if judge_by is None else load_calibration(judge_by),
        workers=workers,
    )
    # the calibration in place may be for other weights: this makes a new one
    with open_engine(embedding=embedding, calibrated=False) as engine, _progress() as progress:
        encoder = FaceEncoder(engine.sampler, engine.acquirer)
        report, calibration = evaluate_comparison(
            table, images, encoder, options, now=SystemClock().now(), progress=progress
        )
    _write(report, calibration, folder, calibration_file)
    if as_json:
        from visavis.evaluation.report import to_json

        click.echo(to_json(report).decode(), nl=False)
    else:
        from visavis.cli.reports import print_report
        from visavis.evaluation.tables import measured_on, tables

        print_report(measured_on(report), tables(report), report.notes)
        click.echo(f"\nReport: {folder / 'report.html'}, {folder / 'report.json'}")
        if calibration_file is not None:
            click.echo(f"Calibration: {calibration_file}")


def _write(
    report: "ComparisonReport", calibration: "Calibration | None", folder: Path, calibration_file: Path | None
) -> None:
    from visavis.errors import TableError
    from visavis.evaluation.files import write_together
    from visavis.evaluation.page import to_html
    from visavis.evaluation.report import to_json

    files = {folder / "report.json": to_json(report)}
    if calibration_file is not None and calibration is not None:
        files[calibration_file] = calibration.to_toml().encode()
    try:
        files[folder / "report.html"] = to_html(report).encode()
    finally:  # the figures of a long measurement are kept, even where they cannot be drawn
        write_together(files)
    if calibration_file is not None and calibration is None:
        raise TableError("calibration_trials", "These trials make no calibration: both kinds of pair are needed.")


class _Watched:
    """Progress with a bar and the time it will still take, on standard error."""

    def __init__(self, bars: "Bars | None") -> None:
        self._bars = bars
        self._task: int | None = None

    def begin(self, label: str, total: int) -> None:
        if self._bars is None:
            click.echo(f"{label}: {total:,}", err=True)
            return
        if self._task is not None:
            self._bars.remove_task(self._task)  # type: ignore[arg-type]  # rich's TaskID is an int by another name
        self._task = self._bars.add_task(label, total=total)

    def advance(self) -> None:
        if self._bars is not None and self._task is not None:
            self._bars.advance(self._task)  # type: ignore[arg-type]  # as above


@contextlib.contextmanager
def _progress() -> "Iterator[Progress]":
    if not sys.stderr.isatty():
        yield _Watched(None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Watched(bars)
