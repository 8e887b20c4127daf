"""Read a document from its pictures: one photograph, two sides of a card, several frames of a live preview.

Steps
    1. In each picture the machine-readable zone is looked for, then the page: by the zone's own measures, or by its
       outline. The page is laid flat.
    2. The text beside the zone is read, until one picture has given what the zone is to be held against. A page
       without zone is the PRC's card where its labels say so; else its labelled fields are read.
    3. The portrait is looked for on the flat page.
    4. All pictures of a zone are read together. Its number counts where it was read surely, or was seen independently:
       in another picture, or printed on the page.
    5. What was accepted is held against what else is printed.

Nothing is kept between calls; the caller keeps what it needs of the result.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from visavis.capture.picture import Picture, RgbImage
from visavis.document.consistency import ComparedField, Place
from visavis.document.flat_page import FlatPage, lay_flat, nearer_outline, whole_picture
from visavis.document.mrz_picture.find import MrzFound, find_mrz
from visavis.document.mrz_picture.place import PAGE_SIZES
from visavis.document.ocr.reader import OcrReader
from visavis.document.page.advice import PageAdvice, advise
from visavis.document.page.find import find_pages
from visavis.document.page.shapes import Quad
from visavis.document.portrait import DocumentPortrait, PortraitSide, faces_of, main_portrait
from visavis.document.prc_card.back import read_prc_back
from visavis.document.prc_card.front import read_prc_front
from visavis.document.prc_card.sides import CardSide, prc_side
from visavis.document.reading import DocumentKind, DocumentReading, PageReading
from visavis.document.reading_summary import PageText, PlacedLine, summed_up
from visavis.document.text_layout import reading_angle
from visavis.document.visual_zone.zone import VisualZone, read_visual_zone
from visavis.perception.acquisition import FaceAcquirer, FaceChoice

__all__ = ["MOST_PICTURES", "DocumentReader"]

MOST_PICTURES: Final = 16
_TEXT_SIDE: Final = 704
"""Px of the longer side in which text is looked for: 6 px a millimetre of a passport's page, 8 of a card."""
_FOOT_MM: Final = 22.5
"""Height of the machine-readable zone at the foot of the page, with less than its margin."""
_LEAST_TEXT: Final = 12
"""Characters that were read surely, from which on a page holds text."""
_SURE: Final = 0.75
_UPSIDE_DOWN: Final = 90.0
_PAGES_TRIED: Final = 2
_NEEDED: Final = frozenset({ComparedField.NAME, ComparedField.DOCUMENT_NUMBER, ComparedField.BIRTH_DATE})


class DocumentReader:
    """Stateless between calls. ``acquirer``: None where no portrait is wanted. ``timer``: seconds that only go on."""

    def __init__(self, ocr: OcrReader, *, acquirer: FaceAcquirer | None, timer: Callable[[], float]) -> None:
        self._ocr = ocr
        self._acquirer = acquirer
        self._timer = timer

    def read(self, pictures: Sequence[Picture], *, today: date) -> DocumentReading:
        """Read ``pictures`` of one document, 1 to 16. ``today`` settles centuries and expiry.

        Raises ValueError for another number of pictures, and ModelInvalidError where a model is not what it says.
        """
        if not 0 < len(pictures) <= MOST_PICTURES:
            raise ValueError(f"from 1 to {MOST_PICTURES} pictures")
        pages: list[PageReading] = []
        texts: list[PageText] = []
        complete = False
        born: date | None = None
        for number, picture in enumerate(pictures):
            look = _Look(self._ocr, self._acquirer, self._timer, picture, today, born)
            page, text = look.read(f"picture {number + 1}", text_wanted=not complete)
            pages.append(page)
            texts.append(text)
            complete = complete or _complete(page)
            if page.prc_front is not None and page.prc_front.number is not None:
                born = page.prc_front.number.birth_date
        return summed_up(pages, texts, today=today)


@dataclass(slots=True)
class _Look:
    """One look at one picture. ``born``: what the number on the front of the same card said, for its back."""

    ocr: OcrReader
    acquirer: FaceAcquirer | None
    timer: Callable[[], float]
    picture: Picture
    today: date
    born: date | None

    def read(self, name: str, *, text_wanted: bool) -> tuple[PageReading, PageText]:
        """``text_wanted``: whether the text beside a zone is still needed."""
        begin = self.timer()
        found = find_mrz(self.picture.pixels, ocr=self.ocr, picture=name)
        after_zone = self.timer()
        if found is not None:
            page, text = self._with_zone(found, text_wanted=text_wanted)
        else:
            page, text = self._without_zone()
        after_text = self.timer()
        portrait = self._portrait(page) if text_wanted else None
        steps = {
            "zone": after_zone - begin,
            "page_and_text": after_text - after_zone,
            "portrait": self.timer() - after_text,
        }
        return replace(page, portrait=portrait, ms={step: 1000 * spent for step, spent in steps.items()}), text

    def _with_zone(self, found: MrzFound, *, text_wanted: bool) -> tuple[PageReading, PageText]:
        pixels, size = self.picture.pixels, PAGE_SIZES[found.format]
        quad = None if found.page_quad is None else nearer_outline(pixels, found.page_quad)
        flat = None if quad is None else lay_flat(pixels, quad, size)
        page = PageReading(kind=DocumentKind.of(found.format), page_quad=quad, flat=flat, mrz=found)
        if not text_wanted:
            return page, PageText(page_quad=quad)
        if flat is None:
            lines = self._lines(whole_picture(pixels), either_way=True)
        else:
            foot = round(flat.pixels.shape[0] * (1 - _FOOT_MM / size[1]))
            lines = self._lines(flat, rows=foot)
        zone = read_visual_zone(lines, today=self.today, page_quad=quad, mrz_quads=found.lines_quads)
        text = PageText(lines=lines, page_quad=quad, mrz_quads=found.lines_quads)
        return replace(page, visual_zone=_if_any(zone)), text

    def _without_zone(self) -> tuple[PageReading, PageText]:
        flat, lines = self._most_text()
        if flat is None:
            return PageReading(advice=_advice(self.picture.pixels)), PageText()
        quad = flat.quad
        text = PageText(lines=lines, page_quad=quad)
        side = prc_side(lines, page_quad=quad)
        if side is not None and side.side is CardSide.FRONT:
            front = read_prc_front(lines, today=self.today, page_quad=quad)
            return PageReading(kind=DocumentKind.PRC_CARD, page_quad=quad, flat=flat, prc_front=front), text
        if side is not None:
            back = read_prc_back(lines, today=self.today, birth_date=self.born, page_quad=quad)
            return PageReading(kind=DocumentKind.PRC_CARD, page_quad=quad, flat=flat, prc_back=back), text
        zone = _if_any(read_visual_zone(lines, today=self.today, page_quad=quad))
        kind = None if zone is None else DocumentKind.OTHER
        advice = _advice(self.picture.pixels) if zone is None else ()
        return PageReading(kind=kind, page_quad=quad, flat=flat, visual_zone=zone, advice=advice), text

    def _most_text(self) -> tuple[FlatPage | None, tuple[PlacedLine, ...]]:
        """The first of the pages that could be one with enough text on it, the right way up; else the best of them."""
        best: tuple[int, FlatPage | None, tuple[PlacedLine, ...]] = (0, None, ())
        for flat in self._candidates():
            lines = self._lines(flat, either_way=True)
            angle = reading_angle([line.quad for line in lines])
            own = reading_angle([flat.quad])
            if abs((angle - own + 180) % 360 - 180) > _UPSIDE_DOWN:
                flat = flat.half_turned()  # noqa: PLW2901 - the same page, seen from its other side
            amount = sum(len(line.text) for line in lines if line.confidence >= _SURE)
            if amount > best[0]:
                best = amount, flat, lines
            if amount >= _LEAST_TEXT:
                break
        return best[1], best[2]

    def _candidates(self) -> "list[FlatPage]":
        pixels = self.picture.pixels
        pages = find_pages(pixels, most=_PAGES_TRIED)
        laid = [lay_flat(pixels, page.quad, page.kind.size_mm) for page in pages]
        return [*(flat for flat in laid if flat is not None), whole_picture(pixels)]

    def _lines(self, flat: FlatPage, *, rows: int | None = None, either_way: bool = False) -> tuple[PlacedLine, ...]:
        """The text of a page, or of its uppermost ``rows``, with its quads in px of the picture."""
        pixels = flat.pixels if rows is None else flat.pixels[: max(1, rows)]
        return tuple(
            PlacedLine(quad=flat.in_picture(line.quad), text=line.text, confidence=line.confidence)
            for line in self.ocr.lines(pixels, longest=_TEXT_SIDE, either_way=either_way)
        )

    def _portrait(self, page: PageReading) -> DocumentPortrait | None:
        """On the flat page, where it is upright and as large as in the picture; in px of that."""
        if self.acquirer is None or page.flat is None:
            return None
        if page.prc_back is not None or (page.kind is DocumentKind.TD1 and page.mrz is not None):
            return None  # the other side has it
        picture = Picture(pixels=page.flat.pixels)
        faces = faces_of(self.acquirer.acquire(picture, choice=FaceChoice.PORTRAIT))
        side = PortraitSide.RIGHT if page.kind is DocumentKind.PRC_CARD else PortraitSide.LEFT
        return main_portrait(picture, faces, page_quad=_corners(page.flat.pixels), side=side)


def _corners(pixels: RgbImage) -> Quad:
    return whole_picture(pixels).quad


def _if_any(zone: VisualZone) -> VisualZone | None:
    return zone if zone.values else None


def _advice(pixels: RgbImage) -> tuple[str, ...]:
    found = advise(pixels).advice
    return tuple(advice.value for advice in found) or (PageAdvice.UNREADABLE.value,)


def _complete(page: PageReading) -> bool:
    """Whether this picture gave all that its zone is held against, so that the text of a further one is not needed."""
    zone = page.visual_zone
    if page.mrz is None or zone is None:
        return False
    said = zone.statement
    has = {
        ComparedField.NAME: said.name,
        ComparedField.DOCUMENT_NUMBER: said.document_number,
        ComparedField.BIRTH_DATE: said.birth_date,
    }
    return all(has[name] is not None for name in _NEEDED) and said.place is Place.VISUAL_ZONE
