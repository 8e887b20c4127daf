"""What a specimen is, and what it says: the truth that a reading is held against."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from visavis.capture.picture import RgbImage
from visavis.document.mrz.zone import MrzFields, Sex
from visavis.evaluation.specimens.fonts import Fonts
from visavis.perception.geometry import Box

__all__ = ["Specimen", "SpecimenKind", "SpecimenTruth"]


class SpecimenKind(StrEnum):
    TD1_CARD_FRONT = "td1_card_front"
    """A card of the imaginary state UTO; its portrait is here, its machine-readable zone on the back."""
    TD1_CARD_BACK = "td1_card_back"
    TD3_PAGE = "td3_page"
    """The data page of a passport of UTO."""
    PRC_FRONT = "prc_front"
    """A card in the layout of the PRC's resident identity card: the side with the portrait and the number."""
    PRC_BACK = "prc_back"
    """The side with the authority and the validity."""

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height: ID-3 for the passport, ID-1 for cards (ISO/IEC 7810)."""
        return (125.0, 88.0) if self is SpecimenKind.TD3_PAGE else (85.6, 53.98)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecimenTruth:
    """What is printed on this side; None or empty where it is not. Boxes are in px of the page.

    ``surname``, ``given_names``: as the visual zone prints them. ``nationality``, ``issuing_state``: codes of three
    letters. ``name``, ``ethnicity``, ``address`` (line by line), ``number``: of the PRC's card. ``expiry_date`` is None
    for 长期, which ``long_term`` tells. ``portrait``: which of the portraits handed over it shows.
    """

    surname: str | None = None
    given_names: str | None = None
    document_number: str | None = None
    nationality: str | None = None
    issuing_state: str | None = None
    birth_date: date | None = None
    sex: Sex | None = None
    issue_date: date | None = None
    expiry_date: date | None = None
    long_term: bool = False
    authority: str | None = None
    birth_place: str | None = None
    name: str | None = None
    ethnicity: str | None = None
    address: tuple[str, ...] = ()
    number: str | None = None
    mrz_lines: tuple[str, ...] | None = None
    mrz_fields: MrzFields | None = None
    mrz_box: Box | None = None
    portrait: int | None = None
    portrait_box: Box | None = None
    ghost_box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Specimen:
    """``page``: the flat document (h, w, 3), RGB, ``px_per_mm`` px a millimetre; ``fonts``: those it is drawn with."""

    kind: SpecimenKind
    page: RgbImage
    px_per_mm: float
    truth: SpecimenTruth
    fonts: Fonts
