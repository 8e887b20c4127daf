"""`visavis verify`: does the probe show the holder of the document, by a policy?"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from visavis.errors import ExitStatus, PolicyError, UsageError
from visavis.files import own_name, read_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from visavis.capture.challenge import Challenge
    from visavis.capture.picture import Picture
    from visavis.cli.files import Sampled
    from visavis.decision.policy import Policy
    from visavis.decision.vocabulary import ReferenceSource
    from visavis.document.reading import DocumentReading
    from visavis.service.chip_evidence import ChipExamination
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
PORTRAIT_OF_CHIP: Final = "DG2"
MOST_DOCUMENTS: Final = 16
MOST_CHALLENGE_BYTES: Final = 64_000


@click.command(name="verify")
@click.option(
    "--document",
    "documents",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A portrait, or a photographed document; again for its other side. May be left out where the chip's serves.",
)
@click.option(
    "--chip",
    "chip_folder",
    type=click.Path(path_type=Path),
    help="A folder with the files that were read from the document's chip: EF.SOD and the data groups.",
)
@click.option(
    "--trust",
    type=click.Path(path_type=Path),
    help="Certificates and revocation lists to hold the chip against: a folder, one file, or a master list.",
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
    documents: tuple[Path, ...],
    chip_folder: Path | None,
    trust: Path | None,
    probe: Path,
    challenge_file: Path | None,
    policy: str | None,
    folders: tuple[Path, ...],
    embedding: str | None,
    as_json: bool,
) -> int:
    """Verify that a probe shows the holder of a document, by a policy.

    With --challenge, attack detection examines every frame of the video: does a living, present person answer that
    challenge in it? With --chip, the state's signature over the chip is verified; where it holds, and the policy
    prefers it, the chip's portrait is the reference. Every check appears in the evidence; what was not measured never
    passes. Leaves with 0 for accepted, 1 for rejected, 3 for inconclusive or referred, 2 for a file, option or policy
    that cannot be used, 4 where this installation stands in the way.
    """
    from visavis.capture.picture import read_picture
    from visavis.cli.files import read_probe, samples
    from visavis.cli.verify_words import Verified, say
    from visavis.clock import SystemClock
    from visavis.decision.decide import decide
    from visavis.decision.library import PolicyLibrary
    from visavis.decision.requirements import HolderAtLeastYears
    from visavis.service.document_evidence import document_checks
    from visavis.wiring import open_engine

    if not documents and chip_folder is None:
        raise click.UsageError("name a picture with --document, or the files of a chip with --chip.")
    if len(documents) > MOST_DOCUMENTS:
        raise click.UsageError(f"at most {MOST_DOCUMENTS} pictures of a document are read together.")
    if trust is not None and chip_folder is None:
        raise click.UsageError("--trust serves a chip; name its folder with --chip.")
    library = PolicyLibrary.with_site(folders)
    use = "files" if challenge_file is None else "answer"
    chosen = library.open(library.default(use) if policy is None else policy, allow_unsafe=True)
    challenge = None if challenge_file is None else _challenge(challenge_file)
    now = SystemClock().now()
    today = now.astimezone().date()  # a document is valid, and a birthday comes, by the day where it is shown
    chip = None if chip_folder is None else _chip(chip_folder, trust, now, today)
    source = _reference_source(chosen, chip, document=bool(documents))
    pictures = [read_picture(file) for file in documents]
    probe_side = read_probe(probe, film=challenge is not None)
    years = chosen.rule(HolderAtLeastYears)
    with open_engine(embedding=embedding, attack_detection=challenge is not None) as engine:
        point = chosen.comparison_point(engine.calibration)
        if point is None:
            raise PolicyError(
                "policy_without_comparison",
                f"The policy {chosen.id} compares no faces, so there is nothing to do with a probe.",
                advice="Name a policy with the rule comparison_at_most_fmr.",
            )
        reading = _read(engine, pictures, chosen, chip, today) if pictures else None
        # the side that bears the portrait, where several were read
        side = reading.portrait[0] if reading is not None and reading.portrait is not None else 0
        first, second = samples(engine, _reference(source, chip, pictures, reading), probe_side)
        answer = None if challenge is None else _examine(engine, probe, challenge, chosen, second)
        evidence = engine.examiner().examine(
            first,
            second,
            fmr=point.fmr_asked,
            reference_source=source,
            pad=None if answer is None else answer.pad,
            document=document_checks(
                chip=chip,
                printed=() if reading is None else reading.printed,
                endless=reading is not None and reading.endless,
                consistent=None if reading is None else reading.consistent,
                years=None if years is None else years.years,
                today=today,
            ),
        )
    decision = decide(chosen, evidence)
    verified = Verified(
        decision=decision,
        evidence=evidence,
        document=(first, own_name(documents[side]) if documents and source != "chip" else PORTRAIT_OF_CHIP),
        probe=(second, own_name(probe)),
        challenge=challenge,
        answer=answer,
        chip=chip,
        reading=reading,
    )
    say(verified, as_json=as_json)
    return int(STATUSES[str(decision.outcome)])


def _chip(folder: Path, trust: Path | None, now: "datetime", today: "date") -> "ChipExamination":
    from visavis.adapters.chip_files import read_chip_folder, read_trust
    from visavis.service.chip_evidence import examine_chip

    return examine_chip(read_chip_folder(folder), trust=read_trust(trust, now=now), now=now, today=today)


def _reference_source(policy: "Policy", chip: "ChipExamination | None", *, document: bool) -> "ReferenceSource":
    """The source that the policy prefers among those at hand; else one that is there, which the decision then says."""
    from visavis.decision.vocabulary import ReferenceSource
    from visavis.service.references import choose_reference

    proven = [ReferenceSource.CHIP] if chip is not None and chip.portrait is not None else []
    at_hand = [*proven, *([ReferenceSource.DOCUMENT_PORTRAIT] if document else [])]
    source = choose_reference(policy.reference_source, at_hand=at_hand)
    if source is not None:
        return source
    if document:
        return ReferenceSource.DOCUMENT_PORTRAIT
    if ReferenceSource.CHIP in policy.reference_source:
        return ReferenceSource.CHIP
    raise UsageError(
        "reference_missing",
        f"The policy {policy.id} takes no portrait from a chip.",
        advice="Name a picture of the document with --document.",
    )


def _read(
    engine: "Engine",
    pictures: "Sequence[Picture]",
    policy: "Policy",
    chip: "ChipExamination | None",
    today: "date",
) -> "DocumentReading | None":
    """What the pictures of the document say, where the policy asks for it: a portrait alone has nothing to read."""
    from visavis.document.reading_summary import with_chip
    from visavis.domain.evidence import Check
    from visavis.wiring import open_document_reader

    if not policy.checks & {Check.DOCUMENT_CONSISTENT, Check.DOCUMENT_VALIDITY, Check.HOLDER_AGE}:
        return None
    reading = open_document_reader(acquirer=engine.acquirer).read(pictures, today=today)
    said = None if chip is None else chip.statement
    return reading if said is None else with_chip(reading, said)


def _reference(
    source: "ReferenceSource",
    chip: "ChipExamination | None",
    pictures: "Sequence[Picture]",
    reading: "DocumentReading | None",
) -> "Sampled":
    """What is to be sampled, once the engine is there."""
    from visavis.service.references import reference_picture
    from visavis.service.samples import Role, Sample

    found = reference_picture(source, chip=chip, pictures=pictures, reading=reading)
    if isinstance(found, str):
        sample = Sample(role=Role.REFERENCE, reason=found, frames=len(pictures))
        return lambda _: sample
    return lambda engine: engine.sampler.reference(found)


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
