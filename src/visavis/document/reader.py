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

import cv2
import numpy as np

from visavis.capture.picture import Picture, RgbImage
from visavis.document.consistency import ComparedField, Place
from visavis.document.flat_page import FlatPage, lay_flat, nearer_outline, whole_picture
from visavis.document.mrz_picture.find import MrzFound, find_mrz
from visavis.document.mrz_picture.place import PAGE_SIZES
from visavis.document.mrz_picture.verdict import is_legible
from visavis.document.ocr.reader import OcrReader
from visavis.document.page.by_portrait import REGION_MM, read_upright, region_around
from visavis.document.page.find import FoundPage, find_pages, small_copy
from visavis.document.page.refusal import refusal
from visavis.document.page.shapes import Quad
from visavis.document.portrait import DocumentPortrait, PortraitSide, faces_of, main_portrait, portrait_quad
from visavis.document.prc_card.back import read_prc_back
from visavis.document.prc_card.front import read_prc_front
from visavis.document.prc_card.sides import CardSide, prc_side
from visavis.document.reading import DocumentKind, DocumentReading, PageReading
from visavis.document.reading_summary import SIDE_MISSING, PageText, PlacedLine, summed_up
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
"""Outlines that are read where no portrait tells which is the page."""
_OUTLINES: Final = 6
_CONDENSED: Final = 0.75
"""As of `visavis.document.ocr.reader.OcrReader.lines`. Of 32 pages at 0.7, one name was lost and two were mended."""
_FACE_SIDE: Final = 960
"""Px of the longer side in which a portrait is looked for that tells where the page is."""
_FACES_TRIED: Final = 3
_CARD: Final = 1.5
"""Width over height: ID-1 has 1.59, a passport's page 1.42."""
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
        if found is not None and is_legible(found):
            page, text = self._with_zone(found, text_wanted=text_wanted)
        else:
            page, text = self._without_zone(found)
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

    def _without_zone(self, illegible: MrzFound | None) -> tuple[PageReading, PageText]:
        """``illegible``: what may be a zone, if nothing else on the page says what it is; or other print."""
        flat, lines = self._most_text()
        if flat is None:
            return self._refused((), illegible), PageText()
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
        if zone is None or (illegible is not None and _lies_on(quad, illegible)):
            refused = self._refused([line.quad for line in lines], illegible)
            return replace(refused, page_quad=quad, flat=flat, visual_zone=zone), text
        height, width = flat.pixels.shape[:2]
        if width >= _CARD * height:
            advice: tuple[str, ...] = (SIDE_MISSING,)
        else:
            advice = tuple(refusal(self.picture.pixels, lines=[line.quad for line in lines]))
        return PageReading(kind=DocumentKind.OTHER, page_quad=quad, flat=flat, visual_zone=zone, advice=advice), text

    def _refused(self, lines: Sequence[Quad], illegible: MrzFound | None) -> PageReading:
        """Nothing could be read but perhaps a zone that cannot be accepted, which then says why."""
        if illegible is not None:
            return PageReading(kind=DocumentKind.of(illegible.format), mrz=illegible)
        return PageReading(advice=tuple(refusal(self.picture.pixels, lines=lines)))

    def _most_text(self) -> tuple[FlatPage | None, tuple[PlacedLine, ...]]:
        """The page that a portrait tells; else the first of those that could be one with enough text on it, the right
        way up; else the best of them.
        """
        best: tuple[int, FlatPage | None, tuple[PlacedLine, ...]] = (0, None, ())
        outlines = find_pages(self.picture.pixels, most=_OUTLINES)
        told = self._told_by_portrait(outlines)
        if told is not None:
            lines = self._lines(told)
            best = _amount(lines), told, lines
            if best[0] >= _LEAST_TEXT:
                return told, lines
        for flat in self._candidates(outlines[:_PAGES_TRIED]):
            lines = self._lines(flat, either_way=True)
            angle = reading_angle([line.quad for line in lines])
            own = reading_angle([flat.quad])
            if abs((angle - own + 180) % 360 - 180) > _UPSIDE_DOWN:
                flat = flat.half_turned()  # noqa: PLW2901 - the same page, seen from its other side
            amount = _amount(lines)
            if amount > best[0]:
                best = amount, flat, lines
            if amount >= _LEAST_TEXT:
                break
        return best[1], best[2]

    def _candidates(self, pages: Sequence[FoundPage]) -> "list[FlatPage]":
        pixels = self.picture.pixels
        laid = [lay_flat(pixels, page.quad, page.kind.size_mm) for page in pages]
        return [*(flat for flat in laid if flat is not None), whole_picture(pixels)]

    def _told_by_portrait(self, outlines: Sequence[FoundPage]) -> FlatPage | None:
        """The outline on which a portrait stands as on a page; else what lies around the largest portrait."""
        pixels = self.picture.pixels
        portraits = self._portraits_around()
        for portrait in portraits:
            for page in outlines:
                quad = None if page.cut_off else read_upright(page.quad, portrait)
                if quad is not None:
                    return lay_flat(pixels, quad, page.kind.size_mm)
        return lay_flat(pixels, region_around(portraits[0]), REGION_MM) if portraits else None

    def _portraits_around(self) -> list[Quad]:
        """Frames of the largest faces in the picture, (4, 2) px, as `portrait_quad`."""
        if self.acquirer is None:
            return []
        small, scale = small_copy(self.picture.pixels, _FACE_SIDE)
        faces = faces_of(self.acquirer.acquire(Picture(pixels=small), choice=FaceChoice.PORTRAIT))
        largest = sorted(faces, key=lambda face: -face.inter_eye_px)[:_FACES_TRIED]
        return [portrait_quad(face) * scale for face in largest]

    def _lines(self, flat: FlatPage, *, rows: int | None = None, either_way: bool = False) -> tuple[PlacedLine, ...]:
        """The text of a page, or of its uppermost ``rows``, with its quads in px of the picture."""
        pixels = flat.pixels if rows is None else flat.pixels[: max(1, rows)]
        return tuple(
            PlacedLine(quad=flat.in_picture(line.quad), text=line.text, confidence=line.confidence)
            for line in self.ocr.lines(pixels, longest=_TEXT_SIDE, either_way=either_way, condensed=_CONDENSED)
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


def _lies_on(page: Quad, zone: MrzFound) -> bool:
    outline = np.asarray(page, np.float32).reshape(-1, 1, 2)
    middle = np.mean([quad.mean(axis=0) for quad in zone.lines_quads], axis=0)
    return cv2.pointPolygonTest(outline, (float(middle[0]), float(middle[1])), measureDist=False) >= 0


def _amount(lines: Sequence[PlacedLine]) -> int:
    """How many characters were read surely."""
    return sum(len(line.text) for line in lines if line.confidence >= _SURE)


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
