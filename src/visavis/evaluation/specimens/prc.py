"""A card in the layout of the PRC's resident identity card (GA 458), marked 样本 and SPECIMEN, without the emblem."""

import random
from datetime import date
from typing import Final

import numpy as np

from visavis.capture.picture import RgbImage
from visavis.document.mrz.zone import Sex
from visavis.document.prc_id import LONG_TERM
from visavis.evaluation.degradation import guilloche
from visavis.evaluation.specimens.fonts import Face, Fonts
from visavis.evaluation.specimens.ink import Sheet
from visavis.evaluation.specimens.paper import Tint, paper
from visavis.evaluation.specimens.people import draw_prc_person
from visavis.evaluation.specimens.specimen import Specimen, SpecimenKind, SpecimenTruth

__all__ = ["draw_prc_back", "draw_prc_front"]

_TINTS: Final[tuple[Tint, ...]] = (
    ((228, 240, 246), (246, 236, 232), (120, 160, 190)),
    ((236, 242, 240), (240, 232, 240), (150, 150, 190)),
    ((230, 238, 250), (244, 240, 228), (150, 170, 160)),
)
_LABEL: Final = (70, 110, 165)
_INK: Final = (25, 25, 28)
_MARK: Final = (190, 40, 50)
_LINE: Final = 11.0
"""Width of an address's line, in Chinese characters."""
_MARK_TEXT: Final = "样本 SPECIMEN"


def draw_prc_front(
    fonts: Fonts, portraits: tuple[RgbImage, ...], rng: random.Random, today: date, px_per_mm: float
) -> Specimen:
    """Name, sex, nationality, birth, address over up to three lines, portrait, number."""
    person = draw_prc_person(rng, today)
    sheet = _sheet(SpecimenKind.PRC_FRONT, fonts, px_per_mm, rng)
    shown = rng.randrange(len(portraits))
    portrait = guilloche(portraits[shown], np.random.default_rng(rng.getrandbits(64)), 0.08)
    main = sheet.picture((55.5, 8.5, 24.9, 32.0), portrait)
    sheet.text(56.5, 5.2, _MARK_TEXT, face=Face.CHINESE, em=2.9, ink=_MARK)
    _label(sheet, 5, 10.4, "姓 名")
    _value(sheet, 15, 10.6, person.name, em=3.9)
    _label(sheet, 5, 17.1, "性 别")
    _value(sheet, 15, 17.2, "男" if person.sex is Sex.MALE else "女")
    _label(sheet, 25, 17.1, "民 族")
    _value(sheet, 34, 17.2, person.ethnicity)
    _label(sheet, 5, 23.7, "出 生")
    end = _value(sheet, 15, 23.8, str(person.birth_date.year))
    for number, unit, room in ((person.birth_date.month, "月", 4.6), (person.birth_date.day, "日", 4.6)):
        _label(sheet, end + 0.7, 23.7, "年" if unit == "月" else "月")
        end = max(_value(sheet, end + 4.4, 23.8, str(number)), end + room + 2.6)
    _label(sheet, end + 0.7, 23.7, "日")
    _label(sheet, 5, 30.4, "住 址")
    lines = _wrapped(person.address)
    for row, line in enumerate(lines):
        _value(sheet, 15, 30.5 + 4.6 * row, line)
    _label(sheet, 5, 48.6, "公民身份号码")
    sheet.text(29, 48.8, person.number, face=Face.OCR_B, em=4.6, ink=_INK, gap=-0.28, room=51)
    _stamp(sheet, rng)
    truth = SpecimenTruth(
        name=person.name,
        sex=person.sex,
        ethnicity=person.ethnicity,
        birth_date=person.birth_date,
        address=lines,
        number=person.number,
        issuing_state="CHN",
        portrait=shown,
        portrait_box=main,
    )
    return Specimen(kind=SpecimenKind.PRC_FRONT, page=sheet.page, px_per_mm=px_per_mm, truth=truth, fonts=fonts)


def draw_prc_back(fonts: Fonts, rng: random.Random, today: date, px_per_mm: float) -> Specimen:
    """The state's name, the card's, the authority and the validity. 样本 stands in the place of the emblem."""
    person = draw_prc_person(rng, today)
    sheet = _sheet(SpecimenKind.PRC_BACK, fonts, px_per_mm, rng)
    sheet.text(27, 14.5, "中华人民共和国", face=Face.CHINESE, em=5.2, ink=_INK, gap=0.9)
    sheet.text(27, 23.6, "居民身份证", face=Face.CHINESE, em=7.6, ink=_INK, gap=1.2)
    sheet.text(6.2, 14.6, "样本", face=Face.CHINESE, em=6.6, ink=_MARK)
    sheet.text(6.2, 19.6, "SPECIMEN", face=Face.LATIN_BOLD, em=3.0, ink=_MARK)
    _label(sheet, 20.5, 41.0, "签发机关")
    _value(sheet, 35.5, 41.1, person.authority, em=3.3)
    _label(sheet, 20.5, 47.8, "有效期限")
    last = LONG_TERM if person.expires is None else f"{person.expires:%Y.%m.%d}"
    _value(sheet, 35.5, 47.9, f"{person.issued:%Y.%m.%d}-{last}", em=3.3)
    _stamp(sheet, rng)
    truth = SpecimenTruth(
        authority=person.authority,
        issue_date=person.issued,
        expiry_date=person.expires,
        long_term=person.expires is None,
        issuing_state="CHN",
    )
    return Specimen(kind=SpecimenKind.PRC_BACK, page=sheet.page, px_per_mm=px_per_mm, truth=truth, fonts=fonts)


def _wrapped(text: str) -> tuple[str, ...]:
    """Lines of at most `_LINE`; a digit is little more than half as wide as a Chinese character."""
    lines, width = [""], 0.0
    for character in text:
        step = 0.6 if character.isascii() else 1.0
        if width + step > _LINE:
            lines.append("")
            width = 0.0
        lines[-1] += character
        width += step
    return tuple(lines)


def _sheet(kind: SpecimenKind, fonts: Fonts, px_per_mm: float, rng: random.Random) -> Sheet:
    width, height = (round(side * px_per_mm) for side in kind.size_mm)
    return Sheet.over(paper((width, height), px_per_mm, rng.choice(_TINTS), rng), fonts, px_per_mm)


def _label(sheet: Sheet, x: float, y: float, text: str) -> None:
    sheet.text(x, y, text, face=Face.CHINESE, em=2.9, ink=_LABEL)


def _value(sheet: Sheet, x: float, y: float, text: str, *, em: float = 3.3) -> float:
    return sheet.text(x, y, text, face=Face.CHINESE, em=em, ink=_INK, gap=0.12)


def _stamp(sheet: Sheet, rng: random.Random) -> None:
    sheet.stamp(
        36 + rng.uniform(-4, 4),
        29 + rng.uniform(-3, 3),
        _MARK_TEXT,
        face=Face.CHINESE,
        em=8.5,
        ink=_MARK,
        opacity=rng.uniform(0.06, 0.13),
        turn=rng.uniform(10, 24),
    )
