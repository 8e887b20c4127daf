"""`visavis document`: what pictures of an identity document say, and where on them it stands."""

import json
from pathlib import Path

import click

from visavis.errors import ExitStatus

__all__ = ["command"]

MOST_FILES = 16


@click.group(name="document")
def command() -> None:
    """Read pictures of an identity document."""


@command.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    help="Draw what was found over the picture, as PNG; over the second as OUT-2.png, and so on.",
)
def read(*, files: tuple[Path, ...], as_json: bool, plot: Path | None) -> int:
    """Read one document: one picture, its two sides, or several pictures of one side.

    Prints what was read: personal data, for whoever may see the document. Leaves with 0 where what identifies the
    document was read and holds, 3 where another picture is needed (with what to do), 2 for a file that cannot be used,
    4 where this installation stands in the way.
    """
    from visavis.capture.picture import read_picture
    from visavis.cli.document_words import plots, reading_json, reading_lines
    from visavis.clock import SystemClock
    from visavis.evaluation.files import write_together
    from visavis.files import own_name
    from visavis.wiring import open_document_reader, open_engine

    if len(files) > MOST_FILES:
        raise click.UsageError(f"at most {MOST_FILES} pictures of a document are read together.")
    pictures = [read_picture(file) for file in files]
    today = SystemClock().now().astimezone().date()
    with open_engine(calibrated=False) as engine:
        reading = open_document_reader(acquirer=engine.acquirer).read(pictures, today=today)
    names = [own_name(file) for file in files]
    if plot is not None:
        write_together(plots(reading, pictures, plot))
    if as_json:
        click.echo(json.dumps(reading_json(reading, names, today=today), indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(reading_lines(reading, names, today=today)))
    return int(ExitStatus.SAME if reading.accepted else ExitStatus.INCONCLUSIVE)
