"""A reading held against the truth of its specimen."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.document.mrz.layout import LAYOUTS, Format
from visavis.evaluation.documents_answer import Answer, truth_fields
from visavis.evaluation.documents_cases import FieldGrade, MrzGrade, PortraitGrade, WayResult
from visavis.evaluation.specimens.camera import Photograph
from visavis.evaluation.specimens.specimen import Specimen, SpecimenTruth
from visavis.perception.geometry import Box

__all__ = ["judge"]


def judge(
    specimen: Specimen, first: Photograph, answer: Answer, *, pictures: int, ms: float, comparable: bool | None
) -> WayResult:
    """``first``: the photograph that ``answer.portrait`` counts from. ``comparable``: as in `WayResult`."""
    truth = specimen.truth
    grade, wrong = _zone(truth, answer)
    refused = grade is not None and grade not in {MrzGrade.RIGHT_ACCEPTED, MrzGrade.WRONG_ACCEPTED}
    return WayResult(
        pictures=pictures,
        ms=ms,
        kind=answer.kind,
        mrz=grade,
        wrong=wrong,
        repaired=answer.mrz_repaired,
        fields=_fields(truth_fields(truth), answer.fields),
        number_accepted=answer.number_accepted if truth.number is not None else None,
        portrait=None if truth.portrait_box is None else _portrait(specimen, first, answer.portrait),
        comparable=comparable if truth.portrait_box is not None else None,
        advice=answer.advice if refused or (grade is None and answer.number_accepted is False) else (),
    )


def _zone(truth: SpecimenTruth, answer: Answer) -> tuple[MrzGrade | None, tuple[str, ...]]:
    if truth.mrz_lines is None:
        # nothing may be accepted as a zone where there is none
        return (MrzGrade.WRONG_ACCEPTED, ("no_zone",)) if answer.mrz_accepted else (None, ())
    if answer.mrz_lines is None:
        return MrzGrade.NOT_FOUND, ()
    if answer.mrz_lines == truth.mrz_lines:
        return (MrzGrade.RIGHT_ACCEPTED if answer.mrz_accepted else MrzGrade.RIGHT_REFUSED), ()
    if answer.mrz_accepted:
        return MrzGrade.WRONG_ACCEPTED, _differing(truth.mrz_lines, answer.mrz_lines)
    return MrzGrade.WRONG_REFUSED, ()


def _differing(true: tuple[str, ...], read: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the fields that differ; check digits as ``check_digit``."""
    text, other = "".join(true), "".join(read)
    if [len(line) for line in true] != [len(line) for line in read]:
        return ("format",)
    layout = next(LAYOUTS[kind] for kind in (Format.TD1, Format.TD3) if LAYOUTS[kind].size == len(text))
    found = [field.value for field, span in layout.fields if span.of(text) != span.of(other)]
    if any(text[digit.position] != other[digit.position] for digit in layout.digits):
        found.append("check_digit")
    return tuple(found)


def _fields(true: Mapping[str, str], read: Mapping[str, str]) -> dict[str, FieldGrade]:
    return {
        name: FieldGrade.MISSING if name not in read else FieldGrade.RIGHT if read[name] == value else FieldGrade.WRONG
        for name, value in true.items()
    }


def _portrait(specimen: Specimen, first: Photograph, middle: NDArray[np.float64] | None) -> PortraitGrade:
    if middle is None:
        return PortraitGrade.NOT_FOUND
    height, width = specimen.page.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    to_page = cv2.getPerspectiveTransform(first.quad.astype(np.float32), corners)
    at = to_page @ np.array([*middle, 1.0])
    x, y = float(at[0] / at[2]), float(at[1] / at[2])
    for box, grade in (
        (specimen.truth.portrait_box, PortraitGrade.MAIN),
        (specimen.truth.ghost_box, PortraitGrade.GHOST),
    ):
        if box is not None and _holds(box, x, y):
            return grade
    return PortraitGrade.ELSEWHERE


def _holds(box: Box, x: float, y: float) -> bool:
    return box.x <= x <= box.x + box.width and box.y <= y <= box.y + box.height
