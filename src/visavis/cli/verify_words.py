"""How `visavis verify` says what it found, for people and as JSON."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from visavis.capture.challenge import Challenge
    from visavis.decision.decide import Decision
    from visavis.document.reading import DocumentReading
    from visavis.domain.evidence import EvidenceSet
    from visavis.service.chip_evidence import ChipExamination
    from visavis.service.recorded_answer import RecordedAnswer
    from visavis.service.samples import Sample

__all__ = ["Verified", "say"]

TEXTS: Final = {
    "accepted": ("Accepted.", "green"),
    "rejected": ("Rejected.", "red"),
    "referred": ("Referred: a person decides.", "yellow"),
    "inconclusive": ("Inconclusive: try again, or take the other way.", "yellow"),
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Verified:
    """Everything that is to be said. The two sides come with their files' own names."""

    decision: "Decision"
    evidence: "EvidenceSet"
    document: "tuple[Sample, str]"
    probe: "tuple[Sample, str]"
    challenge: "Challenge | None"
    answer: "RecordedAnswer | None"
    chip: "ChipExamination | None"
    reading: "DocumentReading | None"


def say(verified: Verified, *, as_json: bool) -> None:
    """Print it. Nothing of the holder is in it."""
    for warning in verified.decision.warnings:
        click.secho(f"Warning: {warning}", fg="yellow", err=True)
    if as_json:
        click.echo(json.dumps(_json(verified), indent=2, ensure_ascii=False))
    else:
        _print(verified)


def _json(verified: Verified) -> dict[str, object]:
    from visavis.cli.words import evidence_json, reasons_json, sample_json

    decision = verified.decision
    return {
        "schema": "visavis.verify/1",
        "decision": str(decision.outcome),
        "reasons": reasons_json(decision.reasons),
        "policy": {
            "id": decision.policy_id,
            "version": decision.policy_version,
            "digest": decision.policy_digest,
            "warnings": list(decision.warnings),
        },
        "rules": [
            {"rule": item.rule, "outcome": str(item.outcome), "reasons": list(item.reasons)}
            for item in decision.results
        ],
        "evidence": [evidence_json(item) for item in verified.evidence],
        "document": sample_json(*verified.document),
        "probe": sample_json(*verified.probe),
        **_reading_json(verified),
        **_chip_json(verified),
        **_answer_json(verified),
    }


def _reading_json(verified: Verified) -> dict[str, object]:
    """The key that is there where the picture of the document was read. No value of it is shown."""
    reading = verified.reading
    if reading is None:
        return {}
    from visavis.cli.words import reasons_json

    return {
        "reading": {
            "kind": None if reading.kind is None else reading.kind.value,
            "accepted": reading.accepted,
            "advice": reasons_json(reading.advice),
            "disagreements": [
                {"field": item.field.value, "between": [place.value for place in item.between], "code": str(item.code)}
                for item in reading.consistency.disagreements
            ],
        }
    }


def _chip_json(verified: Verified) -> dict[str, object]:
    """The key that is there with a chip alone."""
    if verified.chip is None:
        return {}
    from visavis.cli.chip_words import chip_json

    return {"chip": chip_json(verified.chip.findings)}


def _answer_json(verified: Verified) -> dict[str, object]:
    """The keys that are there with a challenge alone."""
    if verified.challenge is None or verified.answer is None:
        return {}
    from visavis.cli.pad_words import answer_json, challenge_summary
    from visavis.cli.words import reasons_json
    from visavis.service.recorded_answer import FILE_NOTES

    return {
        "challenge": challenge_summary(verified.challenge),
        "presentation": answer_json(verified.answer),
        "notes": reasons_json(FILE_NOTES),
    }


def _print(verified: Verified) -> None:
    from visavis.cli.words import advice_lines, evidence_line, sample_lines

    decision, answer = verified.decision, verified.answer
    text, colour = TEXTS[str(decision.outcome)]
    click.secho(f"{text} Policy {decision.policy_id}, version {decision.policy_version}.", fg=colour, bold=True)
    lines = ["Evidence", *(evidence_line(item) for item in verified.evidence)]
    notes: list[str] = []
    if verified.reading is not None:
        lines += [
            f"  {item.field.value.replace('_', ' ')}: {' and '.join(place.value for place in item.between)} disagree"
            for item in verified.reading.consistency.disagreements
        ]
    if verified.chip is not None:
        from visavis.cli.chip_words import chip_lines

        lines += [f"  {line}" for line in chip_lines(verified.chip.findings)]
    if answer is not None:
        from visavis.cli.pad_words import note_lines, pad_lines

        lines += pad_lines(answer.pad)
        notes = note_lines()
    lines.append("Rules")
    lines += [
        f"  {item.rule:<26}{item.outcome.value:<13}{', '.join(item.reasons)}".rstrip() for item in decision.results
    ]
    lines += [*sample_lines(*verified.document), *sample_lines(*verified.probe)]
    if decision.reasons:
        unmeasured = [item.rule.replace("_", " ") for item in decision.results if item.reasons == ("not_measured",)]
        advice = () if answer is None else answer.pad.advice
        lines.append("Why, and what to do")
        lines += advice_lines(code for code in (*decision.reasons, *advice) if code != "not_measured")
        lines += [f"  - Not checked: {', '.join(unmeasured)}."] if unmeasured else []
    click.echo("\n".join([*lines, *notes]))
