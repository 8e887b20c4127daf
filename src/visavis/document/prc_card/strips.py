"""Rows of a card as strips of characters, each character with the place it came from.

Spaces are dropped, since the card has none that mean anything and the recogniser puts them where it likes; so are marks
of a specimen, which lie across everything else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

import numpy as np

from visavis.document.text_layout import Piece, Quad, ReadLine, pieces_of, rows_of

__all__ = ["FieldRead", "Strip", "is_han", "joined", "specimen_marked", "strips_of"]

_GAP: Final = 4.5
"""Heights: across a wider gap nothing belongs together. Between sex and nationality there are about three."""
_SPECIMEN: Final = re.compile(r"样本|樣本|S[PF]EC[I1L]?MEN|SAMPLE", re.IGNORECASE)
_ENGLISH_MARK: Final = re.compile(r"([样樣]本)?S[PF]EC[I1L]?MEN", re.IGNORECASE)
_MARK_LETTERS: Final = frozenset("样本樣SPECIMEN")
_STAMPED: Final = 1.5
"""Times the usual height: a stamp across the card, of which but a character or two was found."""
_LATIN_WORD: Final = re.compile(r"[A-Za-z]{4,}")
"""No word of Latin letters is printed on the card."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FieldRead:
    """A field's characters as they were read, where they stand (quads in px of the picture, one a piece of a line), and
    the recogniser's confidence in the least sure of those pieces, 0..1.
    """

    text: str
    quads: tuple[Quad, ...]
    confidence: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Strip:
    """``text``: without spaces. ``origins``: for each of its characters, the piece and the place in it."""

    pieces: tuple[Piece, ...]
    text: str
    origins: tuple[tuple[int, int], ...]
    height: float
    middle: float

    @property
    def left(self) -> float:
        return self.pieces[0].left

    def x_of(self, at: int) -> float:
        """Where the character at ``at`` begins."""
        piece, place = self.origins[at]
        return self.pieces[piece].part(place, place + 1).left

    def field(self, start: int = 0, end: int | None = None) -> FieldRead | None:
        """The characters from ``start`` to ``end`` as a field; None where there are none."""
        origins = self.origins[start:end]
        if not origins:
            return None
        parts = []
        for number in dict.fromkeys(piece for piece, _ in origins):
            places = [place for piece, place in origins if piece == number]
            parts.append(self.pieces[number].part(min(places), max(places) + 1))
        return FieldRead(
            text=self.text[start:end],
            quads=tuple(part.quad for part in parts),
            confidence=min(part.confidence for part in parts),
        )


def strips_of(lines: Sequence[ReadLine], *, page_quad: Quad | None = None) -> tuple[Strip, ...]:
    """The strips from top to bottom. Only boxes on the page count, where one is given."""
    pieces = pieces_of(lines, page_quad=page_quad)
    usual = float(np.median([piece.height for piece in pieces])) if pieces else 0.0
    kept = [piece for piece in pieces if not _is_mark(piece, usual)]
    strips = []
    for row in rows_of(kept):
        group: list[Piece] = []
        for piece in row.pieces:
            if group and piece.left - group[-1].right > _GAP * max(group[-1].height, piece.height):
                strips.append(_strip(group))
                group = []
            group.append(piece)
        strips.append(_strip(group))
    return tuple(sorted((strip for strip in strips if strip.text), key=lambda strip: strip.middle))


def joined(parts: Sequence[FieldRead]) -> FieldRead | None:
    """One field of several rows; None where there are none."""
    if not parts:
        return None
    return FieldRead(
        text="".join(part.text for part in parts),
        quads=tuple(quad for part in parts for quad in part.quads),
        confidence=min(part.confidence for part in parts),
    )


def specimen_marked(lines: Sequence[ReadLine]) -> bool:
    """Whether a line says 样本 or SPECIMEN."""
    return any(_SPECIMEN.search(_bare(line.text)) for line in lines)


def is_han(character: str) -> bool:
    """Whether it is a Chinese character, the rare ones of names included."""
    code = ord(character)
    return 0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or 0x20000 <= code <= 0x323AF or character == "〇"


def _strip(pieces: Sequence[Piece]) -> Strip:
    characters: list[str] = []
    origins: list[tuple[int, int]] = []
    for number, piece in enumerate(pieces):
        for place, character in enumerate(piece.text):
            plain = normalize("NFKC", character)
            if plain.strip() and len(plain) == 1:
                characters.append(plain)
                origins.append((number, place))
    text = "".join(characters)
    # 样本 alone may be a part of a street's name; with the English word beside it, it is a mark
    marked = {at for found in _ENGLISH_MARK.finditer(text) for at in range(*found.span())}
    return Strip(
        pieces=tuple(pieces),
        text="".join(c for at, c in enumerate(text) if at not in marked),
        origins=tuple(origin for at, origin in enumerate(origins) if at not in marked),
        height=sorted(piece.height for piece in pieces)[len(pieces) // 2],
        middle=sum(piece.middle for piece in pieces) / len(pieces),
    )


def _is_mark(piece: Piece, usual: float) -> bool:
    """Whether a box is nothing but the mark of a specimen, or a stamped part of it."""
    bare = _bare(piece.text)
    if _LATIN_WORD.fullmatch(bare) or not _SPECIMEN.sub("", bare):
        return True
    return set(bare.upper()) <= _MARK_LETTERS and piece.height > _STAMPED * usual


def _bare(text: str) -> str:
    return "".join(text.split())
