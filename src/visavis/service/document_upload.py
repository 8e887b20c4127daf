"""What a holder shows of their document, examined once: pictures, or the files of its chip, or both.

It comes to what the capture needs (the portrait as a sample, the checks, the holder's pseudonym, the fields), and to
what the holder is shown of it: what was read, and what to do better. Nothing is kept here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import cv2
import numpy as np

from visavis.capture.picture import Picture, RgbImage
from visavis.decision.policy import Policy
from visavis.decision.requirements import HolderAtLeastYears
from visavis.decision.vocabulary import ReferenceSource
from visavis.document.chip.trust import TrustStore
from visavis.document.page.shapes import Quad
from visavis.document.reader import DocumentReader
from visavis.document.reading import DocumentReading
from visavis.document.reading_summary import with_chip
from visavis.domain.evidence import Check, Evidence, Outcome
from visavis.domain.pseudonyms import PseudonymKey
from visavis.service.chip_evidence import ChipExamination, examine_chip
from visavis.service.corrections import open_fields
from visavis.service.document_evidence import document_checks
from visavis.service.document_fields import ReadField, fields_of, kind_of, person_of, values_of
from visavis.service.references import choose_reference, reference_picture
from visavis.service.samples import Role, Sample, Sampler
from visavis.service.sealed_reading import MOST_PORTRAIT_BYTES, Reading

__all__ = ["MOST_PICTURES", "DocumentExaminer", "ExaminedDocument", "portrait_jpeg"]

MOST_PICTURES: Final = 6
"""Two sides, and each again where it was not sharp."""
_PORTRAIT_SIDE: Final = 480
"""Px of the longer side of what a reviewer sees: enough to compare, and not enough to print."""
_MARGIN: Final = 0.25
"""Of the portrait's frame, on each side."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ExaminedDocument:
    """``fields``: what was read, for the holder's eyes. ``problems``: reason codes of what stands in the way or could
    be better, the weightiest first. ``reading``: what a capture is made with, None where it could come to nothing.
    """

    kind: str | None
    fields: tuple[ReadField, ...] = field(repr=False)
    problems: tuple[str, ...]
    portrait_found: bool
    chip_proven: bool | None
    reading: Reading | None = field(repr=False)


class DocumentExaminer:
    """``trust``: the certificates that chips are held against. Safe from several threads."""

    def __init__(self, *, reader: DocumentReader, sampler: Sampler, trust: TrustStore) -> None:
        self._reader = reader
        self._sampler = sampler
        self._trust = trust

    def examine(
        self,
        pictures: Sequence[Picture],
        chip_files: Sequence[bytes],
        *,
        policy: Policy,
        pseudonyms: PseudonymKey,
        now: datetime,
        today: date,
    ) -> ExaminedDocument:
        """``pictures``: at most `MOST_PICTURES`, of one document. ``today``: the day where it is shown.

        Raises ValueError for no or too many pictures and no chip; ChipError as
        `visavis.service.chip_evidence.examine_chip`.
        """
        if not (pictures or chip_files) or len(pictures) > MOST_PICTURES:
            raise ValueError(f"up to {MOST_PICTURES} pictures, or a chip")
        chip = examine_chip(chip_files, trust=self._trust, now=now, today=today) if chip_files else None
        reading = self._read(pictures, chip, today) if pictures else None
        years = policy.rule(HolderAtLeastYears)
        checks = document_checks(
            chip=chip,
            printed=() if reading is None else reading.printed,
            endless=reading is not None and reading.endless,
            consistent=None if reading is None else reading.consistent,
            years=None if years is None else years.years,
            today=today,
        )
        at_hand = [ReferenceSource.CHIP] if chip is not None and chip.portrait is not None else []
        at_hand += [ReferenceSource.DOCUMENT_PORTRAIT] if pictures else []
        source = choose_reference(policy.reference_source, at_hand=at_hand)
        reference = self._reference(source, chip, pictures, reading)
        kind = kind_of(reading, chip)
        fields = fields_of(reading, chip)
        usable = source is not None and reference.template is not None
        made = Reading(
            reference=reference,
            source=source or ReferenceSource.DOCUMENT_PORTRAIT,
            checks=checks,
            person=person_of(reading, chip, pseudonyms),
            fields=values_of(fields),
            as_read=open_fields(fields, policy),
            portrait=_portrait(source, chip, reading) if policy.retention.referred else b"",
        )
        return ExaminedDocument(
            kind=None if kind is None else kind.value,
            fields=fields,
            problems=tuple(dict.fromkeys(_problems(policy, reading, chip, source, reference, checks))),
            portrait_found=reference.template is not None,
            chip_proven=None if chip is None else chip.proven,
            reading=made if usable else None,
        )

    def _read(self, pictures: Sequence[Picture], chip: ChipExamination | None, today: date) -> DocumentReading:
        reading = self._reader.read(pictures, today=today)
        said = None if chip is None else chip.statement
        return reading if said is None else with_chip(reading, said)

    def _reference(
        self,
        source: ReferenceSource | None,
        chip: ChipExamination | None,
        pictures: Sequence[Picture],
        reading: DocumentReading | None,
    ) -> Sample:
        found = reference_picture(source, chip=chip, pictures=pictures, reading=reading)
        if isinstance(found, str):
            return Sample(role=Role.REFERENCE, reason=found, frames=len(pictures))
        return self._sampler.reference(found)


def _problems(
    policy: Policy,
    reading: DocumentReading | None,
    chip: ChipExamination | None,
    source: ReferenceSource | None,
    reference: Sample,
    checks: Sequence[Evidence],
) -> Iterator[str]:
    if reading is not None:
        yield from reading.advice
    for check in checks:
        if check.outcome is not Outcome.PASS:
            yield from check.reasons
    if chip is None and Check.DOCUMENT_AUTHENTIC in policy.checks:
        yield "not_proven"
    if source is None:
        yield "reference_source_not_allowed" if chip is None else chip.portrait_reason or "reference_source_not_allowed"
    elif reference.template is None:
        yield "reference_unusable"


def _portrait(source: ReferenceSource | None, chip: ChipExamination | None, reading: DocumentReading | None) -> bytes:
    """What a reviewer may see, where a case is referred: the portrait alone, and nothing of the page around it."""
    if source is ReferenceSource.CHIP and chip is not None and chip.portrait is not None:
        return portrait_jpeg(chip.portrait.pixels)
    if reading is None or reading.portrait is None:
        return b""
    at, portrait = reading.portrait
    flat = reading.pages[at].flat
    return b"" if flat is None else portrait_jpeg(_cut(flat.pixels, portrait.quad))


def _cut(pixels: RgbImage, quad: Quad) -> RgbImage:
    """The upright frame around ``quad`` with a margin, as far as the picture goes."""
    low, high = quad.min(axis=0), quad.max(axis=0)
    margin = _MARGIN * (high - low)
    height, width = pixels.shape[:2]
    left, top = np.clip(np.floor(low - margin), 0, [width - 1, height - 1]).astype(int)
    right, bottom = np.clip(np.ceil(high + margin), [left + 1, top + 1], [width, height]).astype(int)
    return pixels[top:bottom, left:right]


def portrait_jpeg(pixels: RgbImage) -> bytes:
    """(h, w, 3) RGB as a JPEG with a longer side of at most 480 px, and at most `MOST_PORTRAIT_BYTES`."""
    scale = min(1.0, _PORTRAIT_SIDE / max(pixels.shape[:2]))
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    for quality in (90, 75, 50, 25):
        made, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if made and len(data) <= MOST_PORTRAIT_BYTES:
            return data.tobytes()
    raise AssertionError("480 x 480 px fit into 200 KB at a quality of 25")
