"""The product's own reading of documents and portraits, as the evaluation asks it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture, RgbImage
from visavis.document.names import PrintedName
from visavis.document.reader import DocumentReader
from visavis.document.reading import DocumentReading, PageReading
from visavis.domain.evidence import Outcome
from visavis.evaluation.documents_answer import Answer, day_text, plain, sex_text, solid
from visavis.service.examination import Examiner
from visavis.service.samples import Sample, Sampler

__all__ = ["PortraitComparer", "ReadingAnswers"]

FMR: Final = 1e-4


@dataclass(frozen=True, slots=True)
class ReadingAnswers:
    """An `visavis.evaluation.documents_answer.AnswerReader` over the reader that the commands use."""

    reader: DocumentReader

    def answer(self, pictures: Sequence[Picture], *, today: date) -> Answer:
        reading = self.reader.read(pictures, today=today)
        first = reading.pages[0]
        fields: dict[str, str] = {}
        for page in reading.pages:
            fields = {**_printed(page), **fields}  # the earlier picture holds
        fronts = [page.prc_front for page in reading.pages if page.prc_front is not None]
        numbers = [front.number.valid for front in fronts if front.number is not None]
        return Answer(
            kind="" if reading.kind is None else reading.kind.value,
            mrz_lines=None if reading.mrz is None or reading.mrz.mrz is None else reading.mrz.mrz.lines,
            mrz_accepted=reading.mrz is not None and reading.mrz.accepted,
            mrz_repaired=reading.mrz is not None and reading.mrz.repair is not None,
            fields=fields,
            number_accepted=any(numbers),
            portrait=_middle(first),
            advice=_advice(reading),
        )


def _advice(reading: DocumentReading) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*reading.advice, *(code for page in reading.pages for code in page.advice))))


def _printed(page: PageReading) -> dict[str, str]:
    """What was read of the print, by the names of `visavis.evaluation.documents_answer.truth_fields`."""
    found: dict[str, str | None] = {}
    if page.visual_zone is not None:
        said = page.visual_zone.statement
        name = said.name if isinstance(said.name, PrintedName) else None
        found |= {
            "surname": None if name is None else plain(name.primary),
            "given_names": None if name is None else plain(name.secondary),
            "document_number": said.document_number,
            "nationality": said.nationality,
            "birth_date": day_text(said.birth_date),
            "sex": sex_text(said.sex),
            "expiry_date": day_text(said.expiry_date),
        }
    if page.prc_front is not None:
        front = page.prc_front
        found |= {
            "name": None if front.name is None else solid(front.name),
            "sex": sex_text(front.sex),
            "ethnicity": None if front.nationality is None else solid(front.nationality),
            "birth_date": day_text(front.birth_date),
            "address": None if front.address is None else solid(front.address),
            "number": None if front.number is None else front.number.number,
        }
    if page.prc_back is not None:
        back = page.prc_back
        found["authority"] = None if back.authority is None else solid(back.authority)
        if back.validity is not None:
            found["issue_date"] = day_text(back.validity.issued)
            found["expiry_date"] = "long_term" if back.validity.long_term else day_text(back.validity.expires)
    return {name: value for name, value in found.items() if value}


def _middle(page: PageReading) -> NDArray[np.float64] | None:
    """Of the main portrait's face, in px of the picture."""
    if page.portrait is None or page.flat is None:
        return None
    return np.asarray(page.flat.in_picture(np.array(page.portrait.face.box.centre, np.float64)), np.float64)


class PortraitComparer:
    """Compares the portrait in a photograph with the portraits as they were printed, as `visavis verify` would."""

    def __init__(self, sampler: Sampler, examiner: Examiner, portraits: Sequence[RgbImage]) -> None:
        self._sampler = sampler
        self._examiner = examiner
        self._printed: tuple[Sample, ...] = tuple(sampler.reference_face(Picture(pixels)) for pixels in portraits)

    def __call__(self, picture: Picture, shown: int) -> bool | None:
        """None where the portrait itself gave no template, so that nothing can be said of its photograph."""
        if self._printed[shown].template is None:
            return None
        sample = self._sampler.reference(picture)
        if sample.template is None:
            return False
        found = self._examiner.compare(sample, self._printed[shown], fmr=FMR)
        return found.outcome is Outcome.PASS
