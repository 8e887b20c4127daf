"""`visavis pad`: what attack detection finds in a clip, witness by witness, for people who want to understand it."""

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from visavis.cli.statuses import STATUSES
from visavis.domain.evidence import Outcome
from visavis.errors import UsageError
from visavis.files import own_name
from visavis.pad.evidence import Witness

if TYPE_CHECKING:
    from visavis.capture.challenge import Challenge
    from visavis.pad.assessment import PadEvidence
    from visavis.pad.evidence import WitnessEvidence
    from visavis.service.explanation import Explanation

__all__ = ["command"]

TEXTS: Final = {
    Outcome.PASS: ("No attack was found.", "green"),
    Outcome.FAIL: ("This looks like an attack.", "red"),
    Outcome.INCONCLUSIVE: ("No answer.", "yellow"),
    Outcome.NOT_MEASURED: ("No answer: nothing could be measured.", "yellow"),
}
OUTCOMES: Final = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "fail",
    Outcome.INCONCLUSIVE: "cannot tell",
    Outcome.NOT_MEASURED: "not measured",
}
QUESTIONS: Final = {
    Witness.ACTIVE: (
        "Were the gestures of the challenge made, in their order, each within its time?",
        "share of the gestures made",
    ),
    Witness.STRUCTURE: (
        "While the head turned, did the face move as something solid, or as a sheet?",
        "relief: 1 solid, 0 flat",
    ),
    Witness.LIGHT: (
        "Did the colours of the screen come back from the face, in time, and more than from the room?",
        "likeness to the colours shown, -1 to 1",
    ),
    Witness.PASSIVE: (
        "Does the texture look like a person's own picture, or like a copy of one? Advice only.",
        "0 copy, 1 own picture",
    ),
    Witness.CONTINUITY: (
        "Was it one and the same person all the time, and alone?",
        "least likeness to the face at the beginning, -1 to 1",
    ),
    Witness.INJECTION: (
        "Are these the times and pictures of a camera, and do they answer this challenge?",
        "share of frames that repeat no other",
    ),
}
"""What each witness asks, and what its score is."""
SIDE: Final = 960
FORMS: Final[dict[str, Literal["png", "svg"]]] = {".png": "png", ".svg": "svg"}
MAX_CHALLENGE_BYTES: Final = 64_000
WIDTH: Final = 100


@click.command(name="pad")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--challenge",
    "challenge_file",
    type=click.Path(path_type=Path),
    help="The challenge that the clip answers, as `visavis challenge` printed it.",
)
@click.option("--plot", type=click.Path(path_type=Path), help="Draw it over time: a PNG or SVG file, without pictures.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, file: Path, challenge_file: Path | None, plot: Path | None, as_json: bool) -> int:
    """Explain what attack detection finds in a clip, witness by witness.

    Without a challenge nothing tells whether the gestures were asked for, so the answer is never "no attack"; an attack
    can still be found. After a wrong gesture the rest of the challenge is looked at as well.

    Leaves with 0 where no attack was found at the standard operating point, 1 where one was, 3 for no answer, 2 for a
    file or option that cannot be used, 4 where this installation stands in the way.
    """
    form = _form(plot)
    challenge = _challenge(challenge_file)
    from visavis.capture.video import read_frames
    from visavis.cli.watching import watching
    from visavis.errors import InstallationError
    from visavis.service.explanation import explain
    from visavis.wiring import open_engine

    frames = read_frames(file, target_side=SIDE)
    with open_engine(calibrated=False, attack_detection=True) as engine:
        if engine.analyser is None:  # pragma: no cover - it was asked for
            raise InstallationError("model_missing", "Attack detection is not installed.")
        with watching("Looking") as watcher:
            explanation = explain(engine.analyser, frames, challenge, watcher=watcher)
    name = own_name(file)
    if plot is not None and form is not None:
        _draw(explanation, name, plot, form)
    if as_json:
        click.echo(json.dumps(_json(explanation, name, plot), indent=2, ensure_ascii=False))
    else:
        _print(explanation, name, plot)
    return int(STATUSES[explanation.standard.outcome])


def _form(plot: Path | None) -> Literal["png", "svg"] | None:
    """Known before anything is measured, as is whether a drawing can be made and kept at all."""
    if plot is None:
        return None
    form = FORMS.get(plot.suffix.lower())
    if form is None:
        raise UsageError(
            "plot_format_unknown",
            f"{own_name(plot)} is neither a PNG nor an SVG file.",
            advice="Give it a name that ends in .png or .svg.",
        )
    from visavis.evaluation.files import prepare_folder
    from visavis.evaluation.plots import require_plots

    require_plots()
    prepare_folder(plot.parent)
    return form


def _challenge(file: Path | None) -> "Challenge | None":
    if file is None:
        return None
    from visavis.capture.answering import read_challenge
    from visavis.files import read_file

    return read_challenge(read_file(file, max_bytes=MAX_CHALLENGE_BYTES))


def _draw(explanation: "Explanation", name: str, plot: Path, form: Literal["png", "svg"]) -> None:
    from visavis.evaluation.files import write_whole
    from visavis.evaluation.pad_plot import PadDrawing, draw_pad

    drawing = PadDrawing(
        title=f"{name}: {TEXTS[explanation.standard.outcome][0].rstrip('.').lower()}",
        trace=explanation.trace,
        assessments=(explanation.standard, explanation.strict),
        asked=explanation.challenge is not None,
    )
    write_whole(plot, draw_pad(drawing, form=form))


def _print(explanation: "Explanation", name: str, plot: Path | None) -> None:
    from visavis.cli.words import COLOURS, advice_lines

    text, colour = TEXTS[explanation.standard.outcome]
    click.secho(text, fg=colour, bold=True)
    click.echo(f"{name}: {explanation.frames} frames, {explanation.seconds:.1f} s.")
    if explanation.truncated:
        click.echo("The file ends before it says it does; what is there was looked at.")
    for item in explanation.witnesses:
        click.echo()
        click.echo(
            click.style(item.witness.value.capitalize(), bold=True)
            + "  "
            + click.style(OUTCOMES[item.outcome], fg=COLOURS[item.outcome])
        )
        for line in _witness_lines(item):
            click.echo(line)
    click.echo()
    click.secho("Together", bold=True)
    for pad in (explanation.standard, explanation.strict):
        for line in _together(pad):
            click.echo(line)
    advice = advice_lines(explanation.standard.advice)
    if advice:
        click.echo("\n".join(["What helps", *advice]))
    notes = advice_lines(explanation.notes)
    if notes:
        click.echo("\n".join(["To bear in mind", *notes]))
    if plot is not None:
        click.echo(f"Drawn: {own_name(plot)}")


def _witness_lines(item: "WitnessEvidence") -> list[str]:
    from visavis.domain.reasons import reason

    question, scale = QUESTIONS[item.witness]
    lines = [question]
    if item.score is not None:
        lines.append(f"Score {item.score:.3f} ({scale}); asked for: {item.operating_point}.")
    lines += [reason(code).text for code in item.reasons]
    if item.details:
        values = ", ".join(f"{key.replace('_', ' ')} {_value(value)}" for key, value in item.details.items())
        lines.append(f"Measured: {values}.")
    return [
        part for line in lines for part in textwrap.wrap(line, WIDTH, initial_indent="  ", subsequent_indent="    ")
    ]


def _value(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")


def _together(pad: "PadEvidence") -> list[str]:
    from visavis.cli.pad_words import INSTRUMENTS
    from visavis.domain.reasons import reason

    told = " ".join(reason(code).text for code in pad.reasons)
    line = f"{pad.operating_point.value}: {OUTCOMES[pad.outcome]}. {told}"
    lines = textwrap.wrap(line, WIDTH, initial_indent="  ", subsequent_indent="    ")
    if pad.instrument is not None:
        lines.append(f"    If this is an attack, it looks most like {INSTRUMENTS[pad.instrument]}. That is no proof.")
    return lines


def _json(explanation: "Explanation", name: str, plot: Path | None) -> dict[str, object]:
    from visavis.cli.pad_words import challenge_summary, pad_json, witness_json
    from visavis.cli.words import reasons_json

    def whole(pad: "PadEvidence") -> dict[str, object]:
        return {key: value for key, value in pad_json(pad).items() if key != "witnesses"}

    return {
        "schema": "visavis.pad/1",
        "file": name,
        "frames": explanation.frames,
        "seconds": round(explanation.seconds, 3),
        "truncated": explanation.truncated,
        "challenge": None if explanation.challenge is None else challenge_summary(explanation.challenge),
        "witnesses": [witness_json(item) for item in explanation.witnesses],
        "standard": whole(explanation.standard),
        "strict": whole(explanation.strict),
        "guidance": {item.value: round(seconds, 2) for item, seconds in sorted(explanation.guidance.items())},
        "notes": reasons_json(explanation.notes),
        "plot": None if plot is None else own_name(plot),
    }
