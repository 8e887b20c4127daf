"""A picture of a document with what was found drawn over it: places and their names, never what is written there.

The labels are names of fields; whoever may see the picture sees what they mark. Drawn with Pillow and its own font.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from visavis.capture.picture import RgbImage

__all__ = ["Mark", "MarkKind", "draw_marks"]

Quad = NDArray[np.float64]


class MarkKind(StrEnum):
    PAGE = "page"
    MRZ = "machine-readable zone"
    FIELD = "field"
    PORTRAIT = "portrait"


COLOURS: Final = {
    MarkKind.PAGE: (40, 180, 99),
    MarkKind.MRZ: (230, 126, 34),
    MarkKind.FIELD: (52, 120, 219),
    MarkKind.PORTRAIT: (200, 40, 160),
}
MOST_SIDE: Final = 1_600
"""The drawing is for a person's eyes: a larger picture is made smaller first."""
LINE_SHARE: Final = 1 / 400
TEXT_SHARE: Final = 1 / 55


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Mark:
    """``quad`` (4, 2): corners in px of the picture, as it reads. ``label``: plain ASCII, or empty for none."""

    kind: MarkKind
    quad: Quad
    label: str = ""


def draw_marks(pixels: RgbImage, marks: Sequence[Mark], *, caption: str = "") -> bytes:
    """The picture as PNG, with each mark outlined, its first side heavier, and its label where it begins.

    ``pixels`` (h, w, 3). A mark with a corner that is no number is left out. Ends with a line of ``caption`` below.
    """
    picture = Image.fromarray(pixels)
    scale = min(1.0, MOST_SIDE / max(picture.size))
    if scale < 1:
        picture = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    longest = max(picture.size)
    width = max(2, round(longest * LINE_SHARE))
    font = ImageFont.load_default(max(12, round(longest * TEXT_SHARE)))
    draw = ImageDraw.Draw(picture)
    # fields over the page, so that its outline hides nothing
    for mark in sorted(marks, key=lambda mark: list(MarkKind).index(mark.kind)):
        if np.isfinite(mark.quad).all():
            _draw(draw, mark, np.asarray(mark.quad, np.float64) * scale, width, font)
    out = io.BytesIO()
    _captioned(picture, caption, font).save(out, "PNG")
    return out.getvalue()


def _draw(
    draw: ImageDraw.ImageDraw, mark: Mark, quad: Quad, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> None:
    colour = COLOURS[mark.kind]
    corners = [(float(x), float(y)) for x, y in quad]
    draw.line([*corners, corners[0]], fill=colour, width=width, joint="curve")
    draw.line(corners[:2], fill=colour, width=2 * width)  # where the writing has its head
    if not mark.label:
        return
    left, top, right, bottom = draw.textbbox((0, 0), mark.label, font=font)
    wide, high = right - left, bottom - top
    # outside of the mark where there is room, since inside stands what was read
    x, y = min(corners, key=lambda corner: (corner[1], corner[0]))
    x, y = min(max(0.0, x), max(0.0, draw.im.size[0] - wide - 2 * width)), y - high - 2 * width
    y = max(0.0, y)
    draw.rectangle((x, y, x + wide + 2 * width, y + high + width), fill=colour)
    draw.text((x + width - left, y + width / 2 - top), mark.label, fill="white", font=font)


def _captioned(picture: Image.Image, caption: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> Image.Image:
    if not caption:
        return picture
    _, _, _, bottom = ImageDraw.Draw(picture).textbbox((0, 0), caption, font=font)
    whole = Image.new("RGB", (picture.width, picture.height + round(bottom * 1.6)), "white")
    whole.paste(picture, (0, 0))
    ImageDraw.Draw(whole).text((round(bottom * 0.5), picture.height + round(bottom * 0.2)), caption, "black", font=font)
    return whole
