"""Drawing in millimetres: text, pictures and the machine-readable zone on a page."""

import random
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from visavis.capture.picture import RgbImage
from visavis.evaluation.specimens.fonts import Face, Fonts
from visavis.perception.geometry import Box

__all__ = ["PITCH_MM", "SPACING_MM", "Colour", "Sheet"]

Colour = tuple[int, int, int]

PITCH_MM: Final = 2.54
"""From character to character: ten an inch (ICAO 9303-3, 4.4)."""
SPACING_MM: Final = 6.35
"""From line to line of a machine-readable zone."""
ZONE_MM: Final = 23.2
"""Height of the machine-readable zone at the lower edge (9303-3, 2.3); its lines stand in the middle of it."""
QUIET_MM: Final = 1.0
"""Around the characters, for the box that is said to hold them."""


@dataclass(slots=True, eq=False)
class Sheet:
    """A page to draw on. Lengths are mm from the top left corner; ``y`` of a text is its base line."""

    image: Image.Image
    fonts: Fonts
    px_per_mm: float

    @classmethod
    def over(cls, paper: RgbImage, fonts: Fonts, px_per_mm: float) -> "Sheet":
        return cls(Image.fromarray(paper), fonts, px_per_mm)

    @property
    def page(self) -> RgbImage:
        return np.array(self.image, np.uint8)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        face: Face = Face.LATIN,
        em: float,
        ink: Colour = (20, 20, 25),
        room: float | None = None,
        gap: float = 0.0,
    ) -> float:
        """Draw; the place where the text ends. ``room``: squeezed to this width at most. ``gap``: between letters."""
        font = self.fonts.at(face, em * self.px_per_mm)
        width = font.getlength(text) / self.px_per_mm + gap * len(text)
        if room is not None and width > room:
            return self.text(x, y, text, face=face, em=em * room / width * 0.99, ink=ink, gap=gap * room / width)
        draw = ImageDraw.Draw(self.image)
        if not gap:
            draw.text((x * self.px_per_mm, y * self.px_per_mm), text, font=font, fill=ink, anchor="ls")
            return x + width
        for character in text:
            draw.text((x * self.px_per_mm, y * self.px_per_mm), character, font=font, fill=ink, anchor="ls")
            x += font.getlength(character) / self.px_per_mm + gap
        return x

    def stamp(
        self, x: float, y: float, text: str, *, face: Face, em: float, ink: Colour, opacity: float, turn: float
    ) -> None:
        """See-through text centred at a place, turned by ``turn`` degrees counter-clockwise."""
        font = self.fonts.at(face, em * self.px_per_mm)
        left, top, right, bottom = (round(value) for value in font.getbbox(text, anchor="mm"))
        mask = Image.new("L", (right - left + 8, bottom - top + 8))
        ImageDraw.Draw(mask).text((4 - left, 4 - top), text, font=font, fill=round(255 * opacity), anchor="mm")
        mask = mask.rotate(turn, expand=True, resample=Image.Resampling.BICUBIC)
        place = (round(x * self.px_per_mm - mask.width / 2), round(y * self.px_per_mm - mask.height / 2))
        self.image.paste(Image.new("RGB", mask.size, ink), place, mask)

    def picture(self, box_mm: tuple[float, float, float, float], pixels: RgbImage, *, opacity: float = 1.0) -> Box:
        """``pixels`` in a box of left, top, width, height; its edges fade over 0.3 mm where it is see-through."""
        left, top = round(box_mm[0] * self.px_per_mm), round(box_mm[1] * self.px_per_mm)
        size = (round(box_mm[2] * self.px_per_mm), round(box_mm[3] * self.px_per_mm))
        smaller = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        mask = np.full((size[1], size[0]), round(255 * opacity), np.uint8)
        if opacity < 1:
            edge = max(1, round(0.6 * self.px_per_mm))
            mask[:edge], mask[-edge:], mask[:, :edge], mask[:, -edge:] = 0, 0, 0, 0
            mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), edge / 2), np.uint8)
        self.image.paste(Image.fromarray(np.asarray(smaller, np.uint8)), (left, top), Image.fromarray(mask))
        return Box(left, top, size[0], size[1])

    def line(self, x: float, y: float, to_x: float, to_y: float, *, ink: Colour, width: float) -> None:
        scale = self.px_per_mm
        ends = (x * scale, y * scale, to_x * scale, to_y * scale)
        ImageDraw.Draw(self.image).line(ends, fill=ink, width=max(1, round(width * scale)))

    def zone(self, lines: tuple[str, ...], *, height_mm: float, left: float, rng: random.Random) -> Box:
        """A machine-readable zone at the page's lower edge: OCR-B, each character in the middle of its cell.

        ``left``: of the first cell. The lines may stand up to half a millimetre off their place (the tolerance is one,
        9303-4 and -5, 4.2), as printers do.
        """
        face = rng.choices((Face.OCR_B, Face.OCR_B_OTHER), (3, 1))[0]
        advance = self.fonts.at(face, 1000).getlength("0") / 1000  # of the em
        font = self.fonts.at(face, PITCH_MM / advance * self.px_per_mm)
        _, top, _, bottom = font.getbbox("H", anchor="ls")
        capital = (bottom - top) / self.px_per_mm
        left += rng.uniform(-0.5, 0.5)
        middle = height_mm - ZONE_MM / 2 + rng.uniform(-0.5, 0.5)
        first = middle - SPACING_MM * (len(lines) - 1) / 2
        shade = rng.randint(5, 45)
        draw = ImageDraw.Draw(self.image)
        for row, line in enumerate(lines):
            y = (first + SPACING_MM * row + capital / 2) * self.px_per_mm
            for place, character in enumerate(line):
                x = (left + PITCH_MM * (place + 0.5)) * self.px_per_mm
                draw.text((x, y), character, font=font, fill=(shade, shade, shade), anchor="ms")
        size = PITCH_MM * len(lines[0]) + 2 * QUIET_MM, SPACING_MM * (len(lines) - 1) + capital + 2 * QUIET_MM
        corner = left - QUIET_MM, first - capital / 2 - QUIET_MM
        return Box(*(value * self.px_per_mm for value in (*corner, *size)))
