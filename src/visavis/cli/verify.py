"""`visavis verify`: does the probe show the holder of the document, by a policy?"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.errors import ExitStatus, PolicyError
from visavis.files import own_name, read_file

if TYPE_CHECKING:
    from visavis.capture.challenge import Challenge
    from visavis.decision.decide import Decision
    from visavis.decision.policy import Policy
    from visavis.domain.evidence import EvidenceSet
    from visavis.service.recorded_answer import RecordedAnswer
    from visavis.service.samples import Sample
    from visavis.wiring import Engine

__all__ = ["command"]

STATUSES: Final = {
    "accepted": ExitStatus.SAME,
    "rejected": ExitStatus.NOT_SAME,
    "referred": ExitStatus.INCONCLUSIVE,
    "inconclusive": ExitStatus.INCONCLUSIVE,
}
TEXTS: Final = {
    "accepted": ("Accepted.", "green"),
    "rejected": ("Rejected.", "red"),
    "referred": ("Referred: a person decides.", "yellow"),
    "inconclusive": ("Inconclusive: try again, or take the other way.", "yellow"),
}
SOURCE: Final = "document_portrait"
MOST_CHALLENGE_BYTES: Final = 64_000


@click.command(name="verify")
@click.option(
    "--document", required=True, type=click.Path(path_type=Path), help="A portrait, or a photographed document."
)
@click.option(
    "--probe", required=True, type=click.Path(path_type=Path), help="A picture or a short video of the holder."
)
@click.option(
    "--challenge",
    "challenge_file",
    type=click.Path(path_type=Path),
    help="What the probe, a video, is the answer to: as `visavis challenge` printed it.",
)
@click.option(
    "--policy",
    metavar="NAME",
    help="A policy by name, or a file. Default: the one for comparing files, or for answers to a challenge.",
)
@click.option(
    "--policies",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder with policies of the site's own, asked first. May be given more than once.",
)
@click.option("--embedding", metavar="NAME", help="An embedding model or fusion other than the default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    *,
    document: Path,
    probe: Path,
    challenge_file: Path | None,
    policy: str | None,
    folders: tuple[Path, ...],
    embedding: str | None,
    as_json: bool,
) -> int:
    """Verify that a probe shows the holder of a document, by a policy.

    With --challenge, attack detection examines every frame of the video: does a living, present person answer that
    challenge in it? Every check appears in the evidence; what was not measured never passes. Leaves with 0 for
    accepted, 1 for rejected, 3 for inconclusive or referred, 2 for a file, option or policy that cannot be used, 4
    where this installation stands in the way.
    """
    from visavis.cli.files import read_portrait, read_probe, samples
    from visavis.decision.decide import decide
    from visavis.decision.library import PolicyLibrary
    from visavis.wiring import open_engine

    library = PolicyLibrary.with_site(folders)
    use = "files" if challenge_file is None else "answer"
    chosen = library.open(library.default(use) if policy is None else policy, allow_unsafe=True)
    challenge = None if challenge_file is None else _challenge(challenge_file)
    reference_side, probe_side = read_portrait(document), read_probe(probe, film=challenge is not None)
    with open_engine(embedding=embedding, attack_detection=challenge is not None) as engine:
        point = chosen.comparison_point(engine.calibration)
        if point is None:
            raise PolicyError(
                "policy_without_comparison",
                f"The policy {chosen.id} compares no faces, so there is nothing to do with a probe.",
                advice="Name a policy with the rule comparison_at_most_fmr.",
            )
        first, second = samples(engine, reference_side, probe_side)
        answer = None if challenge is None else _examine(engine, probe, challenge, chosen, second)
        evidence = engine.examiner().examine(
            first,
            second,
            fmr=point.fmr_asked,
            reference_source=SOURCE,
            pad=None if answer is None else answer.pad,
        )
    decision = decide(chosen, evidence)
    for warning in decision.warnings:
        click.secho(f"Warning: {warning}", fg="yellow", err=True)
    verified = _Verified(
        decision=decision,
        evidence=evidence,
        document=(first, own_name(document)),
        probe=(second, own_name(probe)),
        challenge=challenge,
        answer=answer,
    )
    if as_json:
        click.echo(json.dumps(_json(verified), indent=2, ensure_ascii=False))
    else:
        _print(verified)
    return int(STATUSES[str(decision.outcome)])


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Verified:
    """Everything that is to be said. The two sides come with their files' own names."""

    decision: "Decision"
    evidence: "EvidenceSet"
    document: "tuple[Sample, str]"
    probe: "tuple[Sample, str]"
    challenge: "Challenge | None"
    answer: "RecordedAnswer | None"


def _challenge(file: Path) -> "Challenge":
    from visavis.capture.answering import read_challenge

    return read_challenge(read_file(file, max_bytes=MOST_CHALLENGE_BYTES))


def _examine(
    engine: "Engine", probe: Path, challenge: "Challenge", policy: "Policy", sample: "Sample"
) -> "RecordedAnswer":
    """Every frame of the video, at the operating point that the policy asks for, or at standard where it asks none."""
    from visavis.capture.video import read_frames
    from visavis.cli.files import FRAME_SIDE
    from visavis.cli.watching import watching
    from visavis.decision.requirements import BonaFidePresentation, PadOperatingPoint
    from visavis.service.recorded_answer import examine_answer

    if engine.analyser is None:
        raise TypeError("the engine was opened without attack detection")
    rule = policy.rule(BonaFidePresentation)
    with watching("Examining the answer") as watcher:
        return examine_answer(
            engine.analyser,
            read_frames(probe, target_side=FRAME_SIDE),
            challenge,
            operating_point=PadOperatingPoint.STANDARD if rule is None else rule.operating_point,
            compared=None if sample.template is None else sample.template.vector,
            watcher=watcher,
        )


def _json(verified: _Verified) -> dict[str, object]:
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
        **_answer_json(verified),
    }


def _answer_json(verified: _Verified) -> dict[str, object]:
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


def _print(verified: _Verified) -> None:
    from visavis.cli.words import advice_lines, evidence_line, sample_lines

    decision, answer = verified.decision, verified.answer
    text, colour = TEXTS[str(decision.outcome)]
    click.secho(f"{text} Policy {decision.policy_id}, version {decision.policy_version}.", fg=colour, bold=True)
    lines = ["Evidence", *(evidence_line(item) for item in verified.evidence)]
    notes: list[str] = []
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
