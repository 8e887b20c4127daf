"""The printed labels of the card, as a recogniser reads them: whole, with one character mistaken, or not at all."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from visavis.document.prc_card.strips import Strip

__all__ = ["BACK", "FRONT", "Label", "LabelAt", "find_labels", "without_label"]


class Label(StrEnum):
    NAME = "姓名"
    SEX = "性别"
    NATIONALITY = "民族"
    BIRTH = "出生"
    ADDRESS = "住址"
    NUMBER = "公民身份号码"
    AUTHORITY = "签发机关"
    VALIDITY = "有效期限"
    STATE = "中华人民共和国"
    TITLE = "居民身份证"


FRONT: Final = (Label.NAME, Label.SEX, Label.NATIONALITY, Label.BIRTH, Label.ADDRESS, Label.NUMBER)
BACK: Final = (Label.STATE, Label.TITLE, Label.AUTHORITY, Label.VALIDITY)

_TWINS: Final = {
    "姓": "妊娃性牲",
    "名": "各洺茗",
    "性": "姓牲忄",
    "别": "別刖剐另",
    "民": "尼氏臣良",
    "族": "旅放施旋疾",
    "出": "岀山屮",
    "生": "土主壬牛",
    "住": "佳往任隹仕",
    "址": "扯祉趾地",
    "签": "鉴笠",
    "期": "朝明斯",
    "限": "艰跟眼",
}
"""What small, light print is taken for. Within a label of two characters one at most may be mistaken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelAt:
    """``strip``: its number; the label's characters run from ``start`` to ``end``."""

    label: Label
    strip: int
    start: int
    end: int


LONGEST_ROW: Final = 64
"""Characters; no row of the card has as many."""


def find_labels(strips: tuple[Strip, ...], labels: tuple[Label, ...]) -> dict[Label, LabelAt]:
    """Where each of ``labels`` stands: read right before mistaken, then the upper before the lower."""
    found: dict[Label, LabelAt] = {}
    for label in labels:
        places = [
            (mistaken, number, *span)
            for number, strip in enumerate(strips)
            for mistaken, span in _matches(strip.text[:LONGEST_ROW], label)
        ]
        if places:
            _, number, start, end = min(places)
            found[label] = LabelAt(label=label, strip=number, start=start, end=end)
    return found


def without_label(text: str, label: Label) -> int:
    """How many characters at the beginning of ``text`` are a rest of ``label``, of which a part was not read."""
    count = 0
    while count < min(len(text), len(label)) and any(_alike(text[count], character) for character in label):
        count += 1
    return count


def _matches(text: str, label: Label) -> list[tuple[int, tuple[int, int]]]:
    """How many characters were mistaken or missed, and from where to where."""
    if len(label) == 2:
        patterns = [(0, re.escape(label))]
        patterns += [
            (
                1,
                "".join(
                    f"[{_TWINS[c]}]" if at == wrong and c in _TWINS else re.escape(c) for at, c in enumerate(label)
                ),
            )
            for wrong in range(2)
        ]
        return [
            (mistaken, hit.span())
            for mistaken, pattern in patterns
            for hit in re.finditer(pattern, text)
            if mistaken == 0 or pattern != label
        ]
    best: tuple[int, tuple[int, int]] | None = None
    # a long label may have lost or mistaken some characters: count how many stand in order
    for start in range(len(text)):
        if text[start] not in label and not any(_alike(text[start], c) for c in label):
            continue
        hits, end, expected = 0, start, 0
        for at in range(start, min(len(text), start + len(label) + 2)):
            place = next((i for i in range(expected, len(label)) if _alike(text[at], label[i])), None)
            if place is not None:
                hits, end, expected = hits + 1, at + 1, place + 1
        missed = len(label) - hits
        if 3 * missed < len(label) + 1 and (best is None or missed < best[0]):
            best = missed, (start, end)
    return [] if best is None else [best]


def _alike(read: str, printed: str) -> bool:
    return read == printed or read in _TWINS.get(printed, "")
