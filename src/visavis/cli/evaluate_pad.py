"""`visavis evaluate pad`: measure attack detection on clips of people, on a site's own recordings, or on both."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from visavis.evaluation.pad_report import PadReport

__all__ = ["CODES", "pad"]

CODES: Final = (
    "bona_fide",
    "print_flat",
    "print_bent",
    "print_eye_holes",
    "tablet_still",
    "tablet_clip",
    "replay_luckiest",
    "warp_2d",
    "mesh_puppet",
    "face_swap",
    "second_person",
    "injected_clean",
    "injected_jitter",
    "injected_global_tint",
    "injected_flat_tint",
    "frozen",
    "looped",
)
"""Codes of `visavis.evaluation.laboratory.species.SPECIES`, so that `--help` loads nothing; a test compares."""


@click.command(name="pad")
@click.option(
    "--captures", type=click.Path(path_type=Path), help="Folder of clips, one for each person, to build from."
)
@click.option("--stills", type=click.Path(path_type=Path), help="Folder of portraits, one for each person, as well.")
@click.option(
    "--half",
    type=click.Choice(["reporting", "tuning"]),
    default="reporting",
    show_default=True,
    help="Of the people: nobody is in both halves. Figures to quote are those of the reporting half.",
)
@click.option("--recordings", type=click.Path(path_type=Path), help="Folder of `visavis capture record`; needs --key.")
@click.option("--key", "key_file", type=click.Path(path_type=Path), help="The key of the recordings.")
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("visavis-pad-evaluation"),
    show_default=True,
    help="Folder for report.html, report.json and trials.jsonl; what is there already is not measured again.",
)
@click.option(
    "--species", "codes", multiple=True, type=click.Choice(CODES), help="Only these; may be given repeatedly."
)
@click.option(
    "--trials", type=click.IntRange(1, 100_000), default=300, show_default=True, help="Presentations of each species."
)
@click.option(
    "--patient",
    type=click.IntRange(0, 100_000),
    default=30,
    show_default=True,
    help="Of them, how many go on after the gestures failed, to measure every witness by itself.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes, 2 GB each.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=1, show_default=True, help="Of every random number.")
@click.option("--json", "as_json", is_flag=True, help="Print the JSON instead of tables.")
def pad(
    *,
    captures: Path | None,
    stills: Path | None,
    half: str,
    recordings: Path | None,
    key_file: Path | None,
    folder: Path,
    codes: tuple[str, ...],
    trials: int,
    patient: int,
    workers: int,
    seed: int,
    as_json: bool,
) -> None:
    """Attack detection: APCER of each attack species, BPCER and non-response, each witness alone, with bounds.

    Builds presentations from clips of real people, plays each through the whole of attack detection, and keeps every
    result as it comes: the same command goes on where it was stopped. No picture is written anywhere.
    """
    if captures is None and stills is None and recordings is None:
        raise UsageError(
            "nothing_to_measure",
            "There are neither clips, nor portraits, nor recordings.",
            advice="Add --captures, --stills or --recordings.",
        )
    if (recordings is None) != (key_file is None):
        raise UsageError(
            "recording_key_needed", "Recordings are read with their key.", advice="Add --recordings and --key."
        )
    # late, since these load the models' runtimes and the plots
    from visavis.cli.evaluate_pad_run import Request, Sources, measure

    sources = Sources(
        captures=captures,
        stills=stills,
        half="tuning" if half == "tuning" else "reporting",
        recordings=recordings,
        key_file=key_file,
    )
    request = Request(
        sources=sources,
        folder=folder,
        codes=tuple(dict.fromkeys(codes)) or CODES,
        trials=trials,
        patient=patient,
        workers=workers,
        seed=seed,
    )
    report = measure(request)
    _tell(report, folder, as_json=as_json)
    if report.faults:
        click.echo(f"visavis: {report.faults} presentations were lost to a fault. [internal_error]", err=True)
        sys.exit(int(ExitStatus.UNFINISHED))


def _tell(report: "PadReport", folder: Path, *, as_json: bool) -> None:
    if as_json:
        from visavis.evaluation.pad_report import to_json

        click.echo(to_json(report).decode(), nl=False)
        return
    from visavis.cli.reports import print_report
    from visavis.evaluation.pad_tables import measured_on, tables

    print_report(measured_on(report), tables(report), report.notes)
    click.echo(f"\nReport: {folder / 'report.html'}, {folder / 'report.json'}")
