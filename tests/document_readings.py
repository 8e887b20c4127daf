"""Specimens of a few pixels with their truth, and a laboratory of numbers: for tests that draw and read nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np

from visavis.capture.picture import Picture
from visavis.document.dates import PartialDate
from visavis.document.mrz.generate import generate_mrz
from visavis.document.mrz.layout import Format
from visavis.document.mrz.names import MrzName
from visavis.document.mrz.zone import MrzFields, Sex
from visavis.errors import ModelMissingError
from visavis.evaluation.documents_cases import CaseKey, CaseResult, MrzGrade, WayResult, kind_of
from visavis.evaluation.documents_run import CaseLaboratory
from visavis.evaluation.specimens import Fonts, Photograph, Specimen, SpecimenKind, SpecimenTruth
from visavis.perception.geometry import Box

FIELDS = MrzFields(
    document_code="P",
    issuing_state="UTO",
    name=MrzName(primary=("MUELLER",), secondary=("ANNA",)),
    document_number="L898902C3",
    nationality="UTO",
    birth_date=PartialDate.of(date(1974, 8, 12)),
    sex=Sex.FEMALE,
    expiry_date=PartialDate.of(date(2032, 4, 15)),
)
LINES = generate_mrz(FIELDS, Format.TD3)


def passport() -> Specimen:
    """A page of 125 x 88 px, its portrait on the left, its ghost on the right."""
    truth = SpecimenTruth(
        surname="MÜLLER",
        given_names="ANNA",
        document_number="L898902C3",
        nationality="UTO",
        issuing_state="UTO",
        birth_date=date(1974, 8, 12),
        sex=Sex.FEMALE,
        expiry_date=date(2032, 4, 15),
        authority="PASSPORT OFFICE",
        mrz_lines=LINES,
        mrz_fields=FIELDS,
        portrait=0,
        portrait_box=Box(5, 14, 35, 45),
        ghost_box=Box(102, 40, 17, 22),
    )
    return specimen_of(SpecimenKind.TD3_PAGE, truth)


def prc_front() -> Specimen:
    truth = SpecimenTruth(
        name="王小明",
        sex=Sex.MALE,
        ethnicity="汉",
        birth_date=date(1990, 1, 2),
        address=("北京市东城区样本路", "12号"),
        number="119999199001020016",
        issuing_state="CHN",
    )
    return specimen_of(SpecimenKind.PRC_FRONT, truth)


def specimen_of(kind: SpecimenKind, truth: SpecimenTruth) -> Specimen:
    width, height = (round(side) for side in kind.size_mm)
    page = np.zeros((height, width, 3), np.uint8)
    return Specimen(kind=kind, page=page, px_per_mm=1.0, truth=truth, fonts=Fonts(Path()))


def upside_down(specimen: Specimen) -> Photograph:
    """A photograph, twice the page's size, of the page turned by half."""
    height, width = specimen.page.shape[:2]
    quad = np.array([[2 * width, 2 * height], [0, 2 * height], [0, 0], [2 * width, 0]], np.float64)
    return Photograph(picture=Picture(np.zeros((2 * height, 2 * width, 3), np.uint8)), quad=quad, difficulty={})


class Numbers:
    """A laboratory that measures nothing: every third zone is refused, number 7 is lost to a fault."""

    def __init__(self) -> None:
        self.measured: list[CaseKey] = []

    def measure(self, key: CaseKey) -> CaseResult:
        if key.number == 7:
            raise RuntimeError("lost")
        self.measured.append(key)
        grade = MrzGrade.WRONG_REFUSED if key.number % 3 == 0 else MrzGrade.RIGHT_ACCEPTED
        advice = ("document_blurred",) if grade is MrzGrade.WRONG_REFUSED else ()
        ways = tuple(
            WayResult(pictures=pictures, ms=100.0 * pictures + key.number, kind="td3", mrz=grade, advice=advice)
            for pictures in (1, 3)
        )
        return CaseResult(
            key=key, kind=kind_of(key.group, key.number), ways=ways, difficulty={"focus": 1.5, "px_per_mm": 8.0}
        )


@contextmanager
def numbers() -> Iterator[CaseLaboratory]:
    yield Numbers()


@contextmanager
def nothing() -> Iterator[CaseLaboratory]:
    raise ModelMissingError("model_missing", "A model is missing.", advice="Pull it.")
    yield Numbers()
