"""`visavis evaluate documents`: measure the reading of documents on specimens that are drawn and photographed."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.errors import ExitStatus

if TYPE_CHECKING:
    from visavis.evaluation.documents_report import DocumentsReport

__all__ = ["GROUPS", "LEVELS", "documents"]

LEVELS: Final = ("studio", "good_phone", "poor_phone")
GROUPS: Final = ("zone", "card_front", "prc_front", "prc_back")
"""Of `visavis.evaluation.specimens.levels` and `visavis.evaluation.documents_cases`, so that `--help` loads nothing; a
test compares.
"""


@click.command(name="documents")
@click.option(
    "--specimens", type=click.IntRange(1, 10_000), default=300, show_default=True, help="Of each group and level."
)
@click.option(
    "--level", "levels", multiple=True, type=click.Choice(LEVELS), help="Only these; may be given repeatedly."
)
@click.option(
    "--group",
    "groups",
    multiple=True,
    type=click.Choice(GROUPS),
    help="Only these: machine-readable zones (one photo, and three frames), or one side of a card.",
)
@click.option(
    "--fonts",
    type=click.Path(path_type=Path),
    default=Path("var/fonts"),
    show_default=True,
    help="Folder of the fonts that `make fonts` fetches.",
)
@click.option(
    "--portraits",
    type=click.Path(path_type=Path),
    default=Path("var/portraits"),
    show_default=True,
    help="Folder of the portraits that `make portraits` fetches.",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("visavis-documents-evaluation"),
    show_default=True,
    help="Folder for report.html, report.json and cases.jsonl; what is there already is not measured again.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes, 1 GB each.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Of every random number.")
@click.option("--json", "as_json", is_flag=True, help="Print the JSON instead of tables.")
def documents(
    *,
    specimens: int,
    levels: tuple[str, ...],
    groups: tuple[str, ...],
    fonts: Path,
    portraits: Path,
    folder: Path,
    workers: int,
    seed: int,
    as_json: bool,
) -> None:
    """Documents: zones read right and accepted, wrong but accepted, printed fields, portraits, advice, time.

    Draws specimens of documents, photographs them at three levels of difficulty, reads them as the commands do, and
    keeps every result as it comes: the same command goes on where it was stopped. No picture is written anywhere.
    """
    # late, since these load the models' runtimes and the plots
    from visavis.cli.evaluate_documents_run import Request, measure

    report = measure(
        Request(
            specimens=specimens,
            levels=levels or LEVELS,
            groups=groups or GROUPS,
            fonts=fonts,
            portraits=portraits,
            folder=folder,
            workers=workers,
            seed=seed,
        )
    )
    _tell(report, folder, as_json=as_json)
    if report.faults:
        click.echo(f"visavis: {report.faults} specimens were lost to a fault. [internal_error]", err=True)
        sys.exit(int(ExitStatus.UNFINISHED))


def _tell(report: "DocumentsReport", folder: Path, *, as_json: bool) -> None:
    if as_json:
        from visavis.evaluation.documents_report import documents_to_json

        click.echo(documents_to_json(report).decode(), nl=False)
        return
    from visavis.cli.reports import print_report
    from visavis.evaluation.documents_tables import documents_measured_on, documents_tables

    print_report(documents_measured_on(report), documents_tables(report), report.notes)
    click.echo(f"\nReport: {folder / 'report.html'}, {folder / 'report.json'}")
