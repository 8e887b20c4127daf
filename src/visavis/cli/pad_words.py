"""How attack detection is said: for programs as JSON, for people in a few plain lines."""

from typing import Final

import click

from visavis.capture.challenge import Challenge
from visavis.cli.words import COLOURS, advice_lines, reasons_json
from visavis.pad.assessment import PadEvidence
from visavis.pad.evidence import WitnessEvidence
from visavis.pad.instruments import AttackInstrument
from visavis.service.recorded_answer import FILE_NOTES, RecordedAnswer

__all__ = ["answer_json", "challenge_summary", "note_lines", "pad_json", "pad_lines", "witness_json", "witness_line"]

INSTRUMENTS: Final = {
    AttackInstrument.PRINT: "a print, or a screen with a still picture",
    AttackInstrument.SCREEN: "a screen, or another flat thing that shines",
    AttackInstrument.RECORDING: "an earlier recording",
    AttackInstrument.LOOP: "a still or a loop in place of the camera",
    AttackInstrument.INJECTED: "a stream fed in place of the camera",
    AttackInstrument.PUPPET: "a picture made to answer",
    AttackInstrument.SWAP: "another face from some moment on",
    AttackInstrument.SECOND_PERSON: "somebody beside the holder",
}


def witness_json(item: WitnessEvidence) -> dict[str, object]:
    return {
        "witness": item.witness.value,
        "outcome": item.outcome.value,
        "score": None if item.score is None else round(item.score, 6),
        "operating_point": item.operating_point,
        "reasons": reasons_json(item.reasons),
        "details": dict(item.details),
    }


def pad_json(pad: PadEvidence) -> dict[str, object]:
    return {
        "outcome": pad.outcome.value,
        "operating_point": pad.operating_point.value,
        "score": None if pad.score is None else round(pad.score, 6),
        "reasons": reasons_json(pad.reasons),
        "advice": reasons_json(pad.advice),
        "likely_instrument": None if pad.instrument is None else pad.instrument.value,
        "witnesses": [witness_json(item) for item in pad.witnesses],
    }


def answer_json(answer: RecordedAnswer) -> dict[str, object]:
    """`pad_json`, and what is known of the file. ``guidance``: seconds for which each advice would have been shown."""
    return pad_json(answer.pad) | {
        "frames": answer.frames,
        "seconds": round(answer.seconds, 3),
        "truncated": answer.truncated,
        "guidance": {item.value: round(seconds, 2) for item, seconds in sorted(answer.findings.guidance.items())},
    }


def challenge_summary(challenge: Challenge) -> dict[str, object]:
    return {
        "nonce": challenge.nonce,
        "issued_at": challenge.issued_at.isoformat(),
        "expires_at": challenge.expires_at.isoformat(),
        "gestures": [item.value for item in challenge.gestures],
        "eyes": challenge.eyes.value,
        "replaced": {gone.value: instead.value for gone, instead in sorted(challenge.replaced.items())},
        "colours": 0 if challenge.light is None else len(challenge.light.colours),
    }


def witness_line(item: WitnessEvidence) -> str:
    """``witness  outcome  score  reasons``, in columns as `visavis.cli.words.evidence_line`."""
    mark = click.style(f"{item.outcome.value:<13}", fg=COLOURS[item.outcome])
    score = "" if item.score is None else f"{item.score:.3f}"
    return f"  {item.witness.value:<26}{mark}{score:>7}  {', '.join(item.reasons)}".rstrip()


def pad_lines(pad: PadEvidence) -> list[str]:
    """One line a witness, and what the whole looks like where it points anywhere."""
    lines = [f"Witnesses of attack detection, at {pad.operating_point.value}"]
    lines += [witness_line(item) for item in pad.witnesses]
    if pad.instrument is not None:
        lines.append(f"  If this is an attack, it looks most like {INSTRUMENTS[pad.instrument]}. That is no proof.")
    return lines


def note_lines() -> list[str]:
    return ["What a file cannot show", *advice_lines(FILE_NOTES)]
