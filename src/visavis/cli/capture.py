"""`visavis capture`: record consented captures on this machine, list them, look at them again, erase them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from visavis.cli.challenge_options import person_options, replaced_gestures
from visavis.errors import ExitStatus, VisavisError
from visavis.files import own_name

if TYPE_CHECKING:
    from visavis.adapters.recordings import Summary
    from visavis.capture.challenge import ChallengePolicy
    from visavis.pad.presentation import PresentationAnalyser
    from visavis.recorder.setup import Kept
    from visavis.wiring import Engine

__all__ = ["command"]

MOST_CAPTURES: Final = 1_000
LONGEST_TEXT: Final = 200
FILE: Final = click.Path(path_type=Path)
KEY: Final = click.option("--key", "key_file", required=True, type=FILE, help="The operator's key.")


def _words(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """A line that people will read."""
    if value is None:
        return None
    line = " ".join(value.split())
    if not line or len(line) > LONGEST_TEXT or not line.isprintable():
        raise click.BadParameter(f"a line of 1 to {LONGEST_TEXT} characters is asked for.")
    return line


def _species(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not (value.isascii() and value.replace("_", "a").isalnum() and value[0].islower() and len(value) <= 40):
        raise click.BadParameter("a code is lower-case letters, digits and underscores, such as bona_fide.")
    return value


@click.group(name="capture")
def command() -> None:
    """Record captures of consenting people, encrypted, on this machine alone, so that a site can measure itself.

    The recordings serve `visavis evaluate pad --recordings`. Nothing is sent anywhere.
    """


@command.command()
@click.option("--out", required=True, type=FILE, help="Where to write the key. The file must not exist.")
def key(*, out: Path) -> None:
    """Make a key. Who has it can read the recordings made with it, and without it nobody can."""
    from visavis.adapters.recording_keys import make_key

    make_key(out)
    click.echo(f"Wrote {own_name(out)}. Keep it apart from the recordings: whoever loses it loses them.")


@command.command()
@click.argument("folder", type=FILE)
@KEY
@click.option("--operator", required=True, callback=_words, help="Who records, as people will read it.")
@click.option("--contact", required=True, callback=_words, help="Whom to ask for erasure, as people will read it.")
@click.option("--purpose", callback=_words, help="What for, as people will read it. Default: to measure detection.")
@click.option(
    "--species",
    default="bona_fide",
    show_default=True,
    callback=_species,
    help="What is presented: people themselves, or the code of the attack that you record.",
)
@click.option("--captures", type=click.IntRange(1, MOST_CAPTURES), default=1, show_default=True, help="How many.")
@click.option(
    "--no-light", is_flag=True, help="Without coloured light for everybody. Each person may choose so anyway."
)
@person_options
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Of this machine. Default: a free one.")
def record(
    *,
    folder: Path,
    key_file: Path,
    operator: str,
    contact: str,
    purpose: str | None,
    species: str,
    captures: int,
    no_light: bool,
    gestures: str | None,
    replacements: tuple[str, ...],
    eyes: str,
    port: int,
) -> int:
    """Open a page on this machine that records people who agree to it, into FOLDER.

    Prints a link for each capture, which serves once. The page tells who records and what for, asks for agreement and
    for a code in place of a name, and prompts the person through a challenge. Whatever is broken off leaves nothing
    behind. Ends after the last capture, or with Ctrl-C.
    """
    import secrets
    import time

    from visavis.adapters.recording_keys import read_key
    from visavis.clock import SystemClock
    from visavis.recorder.serve import serve
    from visavis.recorder.setup import RecorderSetup
    from visavis.wiring import open_engine

    policy = _policy(gestures, replacements, eyes, no_light=no_light)
    master = read_key(key_file)
    _make_folder(folder)
    with open_engine(calibrated=False, attack_detection=True) as engine:
        analyser = _analyser(engine)
        setup = RecorderSetup(
            folder=folder,
            key=master,
            operator=operator,
            contact=contact,
            purpose=purpose,
            species=species,
            captures=captures,
            policy=policy,
            analyse=analyser.open,
            rng=secrets.SystemRandom(),
            clock=SystemClock(),
            monotonic=time.monotonic,
            announce=_announce,
            keep=_tell,
            trouble=_warn,
        )
        click.echo("Ctrl-C stops. A capture that is broken off leaves nothing behind.")
        serve(setup, port=port)
    return int(ExitStatus.SAME)


def _policy(gestures: str | None, replacements: tuple[str, ...], eyes: str, *, no_light: bool) -> "ChallengePolicy":
    """For these people. Raises PolicyError now, where no challenge can be drawn for them, with or without light."""
    from dataclasses import replace

    from visavis.capture.challenge import ChallengePolicy, Eyes, challenge_entropy

    usual = ChallengePolicy(replaced=replaced_gestures(gestures, replacements), eyes=Eyes(eyes))
    # a recording grants nothing, so who can do little may go without the light as well
    policy = replace(usual, least_bits_without_light=usual.least_bits)
    without = replace(policy, light_steps=0)
    challenge_entropy(policy)
    # anybody may choose to go without the light, on the page
    challenge_entropy(without)
    return without if no_light else policy


def _analyser(engine: "Engine") -> "PresentationAnalyser":
    if engine.analyser is None:
        raise TypeError("the engine was opened without attack detection")
    return engine.analyser


def _make_folder(folder: Path) -> None:
    """For its owner alone. Raises FileError ``recording_not_written``."""
    from visavis.errors import FileError

    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except (OSError, ValueError) as error:
        raise FileError(
            "recording_not_written",
            f"The folder {own_name(folder)} cannot be made.",
            advice="Name a folder that exists and that you may write to.",
        ) from error


def _announce(link: str) -> None:
    click.echo(f"Open this link in a browser on this machine; it serves once:\n  {link}")


def _tell(kept: "Kept") -> None:
    if kept.erased:
        click.echo(f"Erased {kept.file.name}: the person took the consent back.")
    elif kept.trouble is not None:
        click.echo(
            f"visavis: The person took the consent back, and {kept.file.name} is STILL THERE. {kept.trouble}"
            " Erase it by hand: `visavis capture erase`.",
            err=True,
        )
    else:
        missing = f" ({', '.join(kept.reasons)})" if kept.reasons else ""
        click.echo(
            f"Kept {kept.file.name}: {kept.ending.value}{missing}, {kept.frames} frames in {kept.duration_s:.1f} s."
        )


def _warn(error: VisavisError) -> None:
    click.echo(f"visavis: A capture was not kept. {error}", err=True)


@command.command(name="list")
@click.argument("folder", type=FILE)
@KEY
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_recordings(*, folder: Path, key_file: Path, as_json: bool) -> int:
    """The recordings in FOLDER. Leaves with 2 where one cannot be opened with this key."""
    from visavis.adapters.recording_keys import read_key
    from visavis.adapters.recordings import recordings_in, summarise

    master = read_key(key_file)
    rows: dict[str, Summary | VisavisError] = {}
    for file in recordings_in(folder):
        try:
            rows[file.name] = summarise(file, master)
        except VisavisError as error:
            rows[file.name] = error
    if as_json:
        found = [{"file": name, **_summary_json(row)} for name, row in rows.items()]
        click.echo(json.dumps({"schema": "visavis.recordings/1", "recordings": found}, indent=2, ensure_ascii=False))
    else:
        _print_table(rows)
    broken = any(isinstance(row, VisavisError) for row in rows.values())
    return int(ExitStatus.USAGE if broken else ExitStatus.SAME)


def _summary_json(row: "Summary | VisavisError") -> dict[str, object]:
    if isinstance(row, VisavisError):
        return {"error": {"code": row.code, "message": row.message}}
    return {
        "participant": row.participant,
        "species": row.species,
        "ending": row.ending.value,
        "recorded_at": row.recorded_at.isoformat(),
        "frames": row.frames,
        "seconds": round(row.duration_s, 2),
        "light": row.light,
    }


def _print_table(rows: "dict[str, Summary | VisavisError]") -> None:
    """Columns as wide as they need to be: what stands in them is copied from here."""
    lines = [_columns(name, row) for name, row in rows.items()]
    widths = [max(map(len, column)) for column in zip(*(line for line in lines if len(line) > 2), strict=True)]
    for line in lines:
        padded = [text.ljust(width) for text, width in zip(line, widths, strict=False)] if len(line) > 2 else line
        click.echo("  ".join(padded).rstrip())
    people = {row.participant for row in rows.values() if not isinstance(row, VisavisError)}
    click.echo(f"Recordings: {len(rows)}. Participants: {len(people)}.")


def _columns(name: str, row: "Summary | VisavisError") -> list[str]:
    if isinstance(row, VisavisError):
        return [name, f"cannot be opened [{row.code}]"]
    light = "with light" if row.light else "without light"
    return [
        name,
        row.participant,
        row.species,
        row.ending.value,
        f"{row.frames} frames",
        f"{row.duration_s:.1f} s",
        light,
    ]


@command.command()
@click.argument("file", type=FILE)
@KEY
@click.option(
    "--operating-point",
    "point",
    type=click.Choice(("standard", "strict")),
    default="standard",
    show_default=True,
    help="How the witnesses are put together.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(*, file: Path, key_file: Path, point: str, as_json: bool) -> int:
    """Play a recording through attack detection again, and tell what each witness finds.

    Leaves with 0 where no attack was found, 1 where it looks like one, 3 where it cannot be told.
    """
    from visavis.adapters.recording_keys import read_key
    from visavis.adapters.recordings import read_recording
    from visavis.cli.pad_words import challenge_summary, pad_json, pad_lines
    from visavis.cli.statuses import STATUSES
    from visavis.cli.words import advice_lines
    from visavis.domain.evidence import Outcome
    from visavis.domain.operating_points import PadOperatingPoint
    from visavis.evaluation.laboratory.recorded import replay
    from visavis.pad.assessment import assess
    from visavis.wiring import open_engine

    recording = read_recording(file, read_key(key_file))
    with open_engine(calibrated=False, attack_detection=True) as engine:
        findings = replay(_analyser(engine), recording).findings
    pad = assess(findings.witnesses, operating_point=PadOperatingPoint(point), guidance=findings.guidance)
    status = int(STATUSES[pad.outcome])
    if as_json:
        answer: dict[str, Any] = {
            "schema": "visavis.recording/1",
            "file": own_name(file),
            "participant": recording.consent.participant,
            "species": recording.species,
            "ending": recording.ending.value,
            "frames": len(recording.frames),
            "seconds": round(recording.duration_s, 2),
            "challenge": challenge_summary(recording.challenge),
            **pad_json(pad),
        }
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return status
    texts = {Outcome.PASS: ("No attack was found.", "green"), Outcome.FAIL: ("This looks like an attack.", "red")}
    text, colour = texts.get(pad.outcome, ("This cannot be told.", "yellow"))
    click.secho(text, fg=colour, bold=True)
    click.echo(
        f"{own_name(file)}: {recording.species} of {recording.consent.participant}, {recording.ending.value},"
        f" {len(recording.frames)} frames in {recording.duration_s:.1f} s."
    )
    for line in (*pad_lines(pad), *advice_lines(pad.reasons)):
        click.echo(line)
    return status


@command.command()
@click.argument("files", nargs=-1, required=True, type=FILE)
def erase(*, files: tuple[Path, ...]) -> int:
    """Erase recordings, their wrapped keys first. It needs no key, asks nothing, and cannot be undone."""
    from visavis.adapters.sealing import destroy

    return _each(files, destroy, "Erased")


def _each(files: tuple[Path, ...], do: Callable[[Path], None], done: str) -> int:
    status = ExitStatus.SAME
    for file in files:
        try:
            do(file)
        except VisavisError as error:
            click.echo(f"visavis: {error}", err=True)
            status = error.exit_status
        else:
            click.echo(f"{done} {own_name(file)}.")
    return int(status)
