"""What was read from the pictures of a document: page by page, and taken together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from visavis.capture.picture import Picture
from visavis.document.consistency import Consistency, Place, Statement
from visavis.document.flat_page import FlatPage
from visavis.document.mrz.layout import Format
from visavis.document.mrz_picture.find import MrzFound
from visavis.document.mrz_picture.verdict import MrzVerdict
from visavis.document.page.shapes import Quad
from visavis.document.portrait import DocumentPortrait
from visavis.document.prc_card.back import PrcBack
from visavis.document.prc_card.front import PrcFront
from visavis.document.visual_zone.zone import VisualZone
from visavis.domain.evidence import Evidence

__all__ = ["DocumentKind", "DocumentReading", "PageReading"]


class DocumentKind(StrEnum):
    TD1 = "td1"
    TD2 = "td2"
    TD3 = "td3"
    MRV_A = "mrv_a"
    MRV_B = "mrv_b"
    PRC_CARD = "prc_card"
    """The resident identity card of the PRC."""
    OTHER = "other"
    """Something with labels that are known; what kind of document it is, nothing tells."""

    @classmethod
    def of(cls, form: Format) -> "DocumentKind":
        return cls(form.value)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PageReading:
    """One picture. None where it was not found, or was not looked for because another picture had given it.

    ``page_quad`` (4, 2): the page's corners in px of the picture, in the order in which it is read. ``flat``: the page
    laid flat. ``portrait``: in px of ``flat``. ``number_printed``: the zone's number stands on the page once more.
    ``advice``: codes of what to do for a better picture. ``ms``: milliseconds by step.
    """

    kind: DocumentKind | None = None
    page_quad: Quad | None = None
    flat: FlatPage | None = None
    mrz: MrzFound | None = None
    visual_zone: VisualZone | None = None
    prc_front: PrcFront | None = None
    prc_back: PrcBack | None = None
    portrait: DocumentPortrait | None = None
    number_printed: bool = False
    advice: tuple[str, ...] = ()
    ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DocumentReading:
    """One document. ``pages``: a reading for each picture, in their order.

    ``mrz``: what the pictures of its zone come to, the number confirmed by what else is printed. ``statements``: what
    its places say, as far as that was accepted, one a place. ``consistency`` and ``consistent``: these held against
    each other, and as evidence. ``endless``: it is printed that the document does not expire. ``accepted``: what
    identifies the document was read and holds: its zone, or the number of the PRC's card. ``advice``: codes of what to
    do, the weightiest first; empty where it was accepted.
    """

    kind: DocumentKind | None
    pages: tuple[PageReading, ...]
    mrz: MrzVerdict | None
    statements: tuple[Statement, ...]
    consistency: Consistency
    consistent: Evidence
    endless: bool
    accepted: bool
    advice: tuple[str, ...]

    @property
    def printed(self) -> tuple[Statement, ...]:
        """The statements of the pictures, without that of a chip."""
        return tuple(item for item in self.statements if item.place is not Place.CHIP)

    @property
    def portrait_page(self) -> Picture | None:
        """The page with the main portrait, laid flat and upright: what a comparison is made with."""
        found = self.portrait
        flat = None if found is None else self.pages[found[0]].flat
        return None if flat is None else Picture(pixels=flat.pixels)

    @property
    def portrait(self) -> tuple[int, DocumentPortrait] | None:
        """The main portrait and the number of its picture, the largest where several show one."""
        found = [(page.portrait, at) for at, page in enumerate(self.pages) if page.portrait is not None]
        if not found:
            return None
        best, at = max(found, key=lambda item: item[0].face.inter_eye_px)
        return at, best
