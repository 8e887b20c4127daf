"""`visavis compare A B`: do two pictures show one person?"""

import json
from pathlib import Path
from typing import Final

import click

from visavis.domain.evidence import Evidence, Outcome
from visavis.errors import ExitStatus
from visavis.files import own_name

__all__ = ["command"]

WORDS: Final = {
    Outcome.PASS: ("same", "The same person.", ExitStatus.SAME),
    Outcome.FAIL: ("not_same", "Not the same person.", ExitStatus.NOT_SAME),
    Outcome.INCONCLUSIVE: ("inconclusive", "No answer.", ExitStatus.INCONCLUSIVE),
    Outcome.NOT_MEASURED: ("inconclusive", "No answer.", ExitStatus.INCONCLUSIVE),
}
LEAST_FMR: Final = 1e-9
MOST_FMR: Final = 1e-2
COLOURS: Final = {"same": "green", "not_same": "red", "inconclusive": "yellow"}


def _rate(_context: click.Context, _parameter: click.Parameter, value: float) -> float:
    """As a policy may ask for it, see `visavis.decision.requirements.ComparisonAtMostFmr`."""
    if not LEAST_FMR <= value <= MOST_FMR:  # also where it is not a number
        raise click.BadParameter("a false match rate is asked for from 1e-9 to 1e-2.")
    return value


@click.command(name="compare")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option(
    "--fmr",
    type=float,
    callback=_rate,
    default=1e-4,
    show_default="1e-4",
    help="At most this share of different people may be taken for the same, 1e-9 to 1e-2.",
)
@click.option("--embedding", metavar="NAME", help="An embedding model or fusion other than the default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, a: Path, b: Path, fmr: float, embedding: str | None, as_json: bool) -> int:
    """Compare the faces in two pictures, one to one.

    Leaves with 0 for the same person, 1 for not the same, 3 for no answer (with what to do), 2 for a file or option
    that cannot be used, 4 where this installation stands in the way.
    """
    from visavis.cli.files import read_face, read_probe, samples
    from visavis.cli.words import advice_lines, fmr_words, reasons_json, sample_json, sample_lines
    from visavis.wiring import open_engine

    reference, probe = read_face(a), read_probe(b)
    with open_engine(embedding=embedding) as engine:
        examiner = engine.examiner()
        examiner.calibration.threshold_at(fmr)  # refuses a rate that the calibration cannot support, before any work
        first, second = samples(engine, reference, probe)
        evidence = examiner.compare(first, second, fmr=fmr)
    decision, text, status = WORDS[evidence.outcome]
    if as_json:
        document = {
            "schema": "visavis.compare/1",
            "decision": decision,
            **_numbers(evidence),
            "reasons": reasons_json(evidence.reasons),
            "a": sample_json(first, own_name(a)),
            "b": sample_json(second, own_name(b)),
        }
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return int(status)
    click.secho(text, fg=COLOURS[decision], bold=True)
    if evidence.score is not None:
        click.echo(
            f"Score {evidence.score:.3f}, threshold {evidence.details['threshold']:.3f} ({evidence.operating_point}):"
        )
        click.echo(f"  {fmr_words(evidence)}, measured on {evidence.details['data_set']}.")
    for line in (*sample_lines(first, own_name(a)), *sample_lines(second, own_name(b))):
        click.echo(line)
    if evidence.outcome is Outcome.INCONCLUSIVE:
        click.echo("\n".join(["What to do:", *advice_lines(evidence.reasons)]))
    return int(status)


def _numbers(evidence: Evidence) -> dict[str, object]:
    details = evidence.details
    names = ("fmr_asked", "threshold", "fmr", "fmr_upper_95", "fmr_above", "data_set", "impostor_trials", "model")
    return {
        "score": None if evidence.score is None else round(evidence.score, 6),
        **{name: details.get(name) for name in names},
    }
