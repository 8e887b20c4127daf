"""What the document lies on: a table's surface, with letters, receipts, cards, pens and coins around it."""

import random
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from visavis.capture.picture import RgbImage
from visavis.evaluation.specimens.fonts import Face, Fonts
from visavis.evaluation.specimens.paper import TINTS, paper

__all__ = ["PX_PER_MM", "SIZE_MM", "Table", "lay_table"]

SIZE_MM: Final = (380.0, 320.0)
PX_PER_MM: Final = 6.0

_LATIN: Final = (
    "Dear customer, thank you for your order of",
    "the 12th. Your reference is KX-20418/77.",
    "TOTAL 148.90 EUR incl. VAT 19 %",
    "Please return this form by the end of the month",
    "Amaurot, Harbour Street 12, 04711 UTOPIA",
    "Tel. +999 555 0137  Fax 0138  IBAN UT00 1234 5678",
    "Invoice No. 2208-113  Page 1 of 3",
)
_CHINESE: Final = (
    "尊敬的客户，感谢您的惠顾。",
    "订单编号：20418-77",
    "合计：￥148.90",
    "请在月底前寄回本表。",
    "地址：样本市范例路十二号",
)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """``pixels``: `SIZE_MM` at `PX_PER_MM`, its middle under the page's; ``things``: how many lie on it."""

    pixels: RgbImage
    pattern: str
    things: int


def lay_table(rng: random.Random, *, fonts: Fonts | None, things: int) -> Table:
    """A surface drawn by ``rng`` with ``things`` on it; without ``fonts`` the papers are blank."""
    width, height = (round(side * PX_PER_MM) for side in SIZE_MM)
    pattern, pixels = _surface(rng, (width, height))
    image = Image.fromarray(pixels)
    for _ in range(things):
        thing = rng.choices((_letter, _receipt, _card, _pen, _coin), (4, 2, 2, 1, 1))[0](rng, fonts)
        turned = thing.rotate(rng.uniform(0, 360), expand=True, resample=Image.Resampling.BILINEAR)
        # around the page, partly under it
        angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(70, 150)
        x = width / 2 + far * np.cos(angle) * PX_PER_MM - turned.width / 2
        y = height / 2 + 0.8 * far * np.sin(angle) * PX_PER_MM - turned.height / 2
        image.paste(turned, (round(x), round(y)), turned)
    return Table(np.array(image, np.uint8), pattern, things)


def _surface(rng: random.Random, size: tuple[int, int]) -> tuple[str, RgbImage]:
    """Wood, a checked cloth, cloth, or a plain top, made small and enlarged, with grain on it."""
    small = (size[0] // 4, size[1] // 4)
    numbers = np.random.default_rng(rng.getrandbits(64))
    pattern = rng.choice(("wood", "checks", "cloth", "plain"))
    dark, light = _tones(rng)
    x, y = np.arange(small[0], dtype=np.float32)[None, :], np.arange(small[1], dtype=np.float32)[:, None]
    if pattern == "wood":
        bend = cv2.resize(numbers.standard_normal((6, 4)).astype(np.float32), small, interpolation=cv2.INTER_CUBIC)
        mix = 0.5 + 0.35 * np.sin((y + 9 * bend) / rng.uniform(1.5, 5)) + 0.15 * np.sin(y / rng.uniform(9, 25) + bend)
    elif pattern == "checks":
        side = rng.uniform(8, 30)
        mix = 0.5 * ((x // side) % 2) + 0.5 * ((y // side) % 2)
    elif pattern == "cloth":
        mix = 0.5 + 0.25 * np.sin(2 * np.pi * x / 3.1) + 0.25 * np.sin(2 * np.pi * y / 2.7)
    else:
        mix = np.full((small[1], small[0]), 0.5, np.float32) + 0.0 * x
    mix = np.clip(mix + 0.05 * numbers.standard_normal((small[1], small[0])), 0, 1).astype(np.float32)[..., None]
    surface = np.asarray(dark + (light - dark) * mix, np.float32)
    large = cv2.resize(surface, size, interpolation=cv2.INTER_LINEAR)
    return pattern, np.asarray(np.clip(large, 0, 255), np.uint8)


def _tones(rng: random.Random) -> tuple[np.ndarray[tuple[int], np.dtype[np.float32]], ...]:
    """A dark and a light tone of one hue, not far from each other."""
    base = np.array([rng.uniform(40, 210)] * 3, np.float32) + np.array([rng.uniform(-35, 35) for _ in range(3)])
    spread = rng.uniform(8, 55)
    return np.clip(base - spread, 5, 250).astype(np.float32), np.clip(base + spread, 5, 250).astype(np.float32)


def _sheet(width_mm: float, height_mm: float, tone: tuple[int, int, int]) -> Image.Image:
    return Image.new("RGBA", (round(width_mm * PX_PER_MM), round(height_mm * PX_PER_MM)), (*tone, 255))


def _letter(rng: random.Random, fonts: Fonts | None) -> Image.Image:
    tone = rng.randint(215, 252)
    return _written(_sheet(rng.uniform(90, 170), rng.uniform(120, 200), (tone, tone, tone - 4)), rng, fonts, em=3.6)


def _receipt(rng: random.Random, fonts: Fonts | None) -> Image.Image:
    return _written(_sheet(rng.uniform(45, 60), rng.uniform(80, 160), (244, 244, 242)), rng, fonts, em=2.8)


def _card(rng: random.Random, fonts: Fonts | None) -> Image.Image:
    """Another card of the size of an identity card: of a bank, a shop, a library."""
    ground = paper((round(85.6 * PX_PER_MM), round(53.98 * PX_PER_MM)), PX_PER_MM, rng.choice(TINTS), rng)
    shade = np.array([rng.uniform(0.3, 1) for _ in range(3)])
    image = Image.fromarray(np.asarray(ground * shade, np.uint8)).convert("RGBA")
    if fonts is not None:
        draw = ImageDraw.Draw(image)
        number = " ".join("".join(rng.choices("0123456789", k=4)) for _ in range(4))
        draw.text((36, 180), number, font=fonts.at(Face.LATIN_BOLD, 5 * PX_PER_MM), fill=(240, 240, 240))
    return image


def _written(sheet: Image.Image, rng: random.Random, fonts: Fonts | None, *, em: float) -> Image.Image:
    if fonts is None:
        return sheet
    draw = ImageDraw.Draw(sheet)
    chinese = rng.random() < 0.3
    font = fonts.at(Face.CHINESE if chinese else Face.LATIN, em * PX_PER_MM)
    step = 1.5 * em * PX_PER_MM
    for row in range(1, int(sheet.height / step) - 1):
        if rng.random() < 0.8:
            draw.text(
                (5 * PX_PER_MM, row * step), rng.choice(_CHINESE if chinese else _LATIN), font=font, fill=(40, 40, 45)
            )
    return sheet


def _pen(rng: random.Random, fonts: Fonts | None) -> Image.Image:  # noqa: ARG001 - one signature for all things
    image = Image.new("RGBA", (round(140 * PX_PER_MM), round(9 * PX_PER_MM)))
    tone = tuple(rng.randint(10, 160) for _ in range(3))
    ImageDraw.Draw(image).rounded_rectangle(
        (0, 0, image.width - 1, image.height - 1), radius=image.height // 2, fill=(*tone, 255)
    )
    return image


def _coin(rng: random.Random, fonts: Fonts | None) -> Image.Image:  # noqa: ARG001 - as above
    side = round(rng.uniform(18, 27) * PX_PER_MM)
    image = Image.new("RGBA", (side, side))
    tone = rng.randint(120, 200)
    draw = ImageDraw.Draw(image)
    draw.ellipse((0, 0, side - 1, side - 1), fill=(tone, tone - 15, tone - 45, 255))
    draw.ellipse((9, 9, side - 10, side - 10), outline=(tone - 50, tone - 60, tone - 80, 255), width=3)
    return image
