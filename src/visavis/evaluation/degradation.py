"""What happens to a portrait on its way into a document and out of it again, made from clean pictures.

Each kind is a small pure function of an RGB picture (height, width, 3), 0..255, and where needed of the two eye
middles (2, 2) in px, the holder's right eye first, and a seeded generator: the same input gives the same bytes.

Portraits are framed as ICAO Doc 9303 part 3 (section 3.9) has them: 35 x 45, four inter-eye distances wide, the eye
line at 43 % of the height, on a light card.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture, RgbImage

__all__ = ["DEGRADATIONS", "Degradation", "degrade"]

_Rng = np.random.Generator
_Real = NDArray[np.float32]

INTER_EYE_WIDTHS: Final = 4.0
ASPECT: Final = 45 / 35
EYE_LINE: Final = 0.43
CARD: Final = (226, 231, 235)
SUPERSAMPLING: Final = 3
SCREEN_ANGLES: Final = (15.0, 75.0, 0.0, 45.0)
"""Of cyan, magenta, yellow and black, degrees: the usual rosette."""
LEVELS: Final = 4096
"""Of a dot screen's thresholds."""


@dataclass(frozen=True, slots=True)
class Degradation:
    """``name`` for the command line, ``title`` for reports, ``definition`` in full.

    ``framed``: the result is a portrait on its card, found as documents' portraits are.
    """

    name: str
    title: str
    definition: str
    apply: Callable[[RgbImage, _Real, _Rng], RgbImage]
    framed: bool = False


def jpeg(pixels: RgbImage, quality: int) -> RgbImage:
    """Through baseline JPEG with 4:2:0 chroma at libjpeg's ``quality``."""
    done, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:  # pragma: no cover - OpenCV encodes every array of this shape
        raise ValueError("the picture cannot be written as JPEG")
    read = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(read[:, :, ::-1])


def blur(pixels: RgbImage, sigma: float) -> RgbImage:
    """A Gaussian of ``sigma`` px of the picture."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def grey(pixels: RgbImage) -> RgbImage:
    """Luma of ITU-R BT.601 in all three channels."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def darkened(pixels: RgbImage, rng: _Rng) -> RgbImage:
    """15 % of the light, and a sensor's noise of 5 levels."""
    return _bytes(pixels.astype(np.float32) * np.float32(0.15) + _grain(pixels.shape, 5, rng))


def eyes_covered(pixels: RgbImage, eyes: _Real) -> RgbImage:
    """A black bar along the line of the eyes, two inter-eye distances long and 0.6 high."""
    apart = max(float(np.hypot(*(eyes[1] - eyes[0]))), 1.0)
    along, middle = (eyes[1] - eyes[0]) / apart, eyes.mean(axis=0)
    across = np.array([-along[1], along[0]])
    corners = [middle + apart * (a * along + 0.3 * b * across) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    covered = pixels.copy()
    cv2.fillConvexPoly(covered, np.rint(corners).astype(np.int32), (0, 0, 0))
    return covered


def portrait(pixels: RgbImage, eyes: _Real, width: int) -> RgbImage:
    """The framed portrait, ``width`` px wide: low-passed to its new Nyquist rate, then resampled."""
    middle = eyes.mean(axis=0)
    framed = INTER_EYE_WIDTHS * max(float(np.hypot(*(eyes[1] - eyes[0]))), 1.0)
    scale = width / framed
    left, top = middle[0] - framed / 2, middle[1] - EYE_LINE * framed * ASPECT
    source, interpolation = pixels, cv2.INTER_CUBIC
    if scale < 1:
        interpolation = cv2.INTER_LINEAR
        if scale < 0.95:
            source = blur(pixels, 0.45 * float(np.sqrt(1 / scale**2 - 1)))
    # pixel centres lie at half numbers: x' + .5 = scale * (x + .5 - left)
    move = np.array(
        [[scale, 0, scale * (0.5 - left) - 0.5], [0, scale, scale * (0.5 - top) - 0.5]],
    )
    size = (width, round(width * ASPECT))
    warped = cv2.warpAffine(source, move, size, flags=interpolation, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def on_card(pixels: RgbImage, rng: _Rng) -> RgbImage:
    """A quarter of the portrait's width of light card around it, with a little grain."""
    border = pixels.shape[1] // 4
    height, width = pixels.shape[0] + 2 * border, pixels.shape[1] + 2 * border
    tone = np.array(CARD) + rng.integers(-8, 9, 3)
    card = _bytes(tone + _grain((height, width, 3), 2, rng))
    card[border:-border, border:-border] = pixels
    return card


def guilloche(pixels: RgbImage, rng: _Rng, contrast: float) -> RgbImage:
    """Two families of wavy security lines over the portrait, each line 30 % of its period wide.

    Periods are 1/7 and 1/6 of the inter-eye distance of a framed portrait; ``contrast`` is the lines' opacity, 0..1.
    """
    unit = pixels.shape[1] / INTER_EYE_WIDTHS
    y, x = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]].astype(np.float32)
    result = pixels.astype(np.float32)
    families = (
        (rng.uniform(10, 40), unit / 7, unit / 5, (60, 110, 160)),
        (rng.uniform(100, 150), unit / 6, unit / 4, (170, 90, 120)),
    )
    for angle, period, swing, colour in families:
        turn = np.deg2rad(angle)
        along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        phase = (along + swing * np.sin(2 * np.pi * across / (unit * 1.3) + rng.uniform(0, 6))) / period
        distance = np.abs(phase - np.round(phase)) * period
        cover = np.clip(0.15 * period + 0.5 - distance, 0, 1)[..., None] * contrast
        result = result * (1 - cover) + np.array(colour, np.float32) * cover
    return _bytes(result)


def halftone(pixels: RgbImage, pitch: float, rng: _Rng) -> RgbImage:
    """Printed in four colours and scanned: clustered dots of ``pitch`` px, at the angles of the usual rosette.

    1. Colour separation with 60 % of the grey component in black.
    2. Thresholding of each separation, three times supersampled, with a dot screen whose thresholds are spread evenly,
       so that tones are kept; inks overlay by multiplication, 92 % dense on 96 % white paper.
    3. The scanner: Gaussian optics of 0.45 px, area sampling, noise of 1.5 levels.
    """
    height, width = pixels.shape[:2]
    fine = (width * SUPERSAMPLING, height * SUPERSAMPLING)
    ink = 1 - pixels.astype(np.float32) / 255
    black = ink.min(axis=2) * 0.6
    colours = np.clip((ink - black[..., None]) / (1 - black[..., None] + 1e-6), 0, 1)
    separations = cv2.resize(np.dstack([colours, black]), fine, interpolation=cv2.INTER_LINEAR)
    skew = rng.uniform(-6, 6)
    printed = [
        separations[..., number] > _screen(fine, pitch * SUPERSAMPLING, angle + skew, rng)
        for number, angle in enumerate(SCREEN_ANGLES)
    ]
    overlay = np.array([0.96, 0.96 * 0.08, 0.96 * 0.08, 0.96 * 0.08**2]) * 255  # paper, colour, black, both
    paper = np.dstack([np.rint(overlay).astype(np.uint8)[dots + 2 * printed[3].view(np.uint8)] for dots in printed[:3]])
    seen = cv2.resize(blur(paper, 0.45 * SUPERSAMPLING), (width, height), interpolation=cv2.INTER_AREA)
    return _bytes(seen + _grain(seen.shape, 1.5, rng))


def _screen(size: tuple[int, int], pitch: float, angle: float, rng: _Rng) -> _Real:
    """Thresholds 0..1 of a clustered-dot screen, evenly spread: (height, width) for a ``size`` of (width, height)."""
    turn, frequency = np.deg2rad(angle), 2 * np.pi / pitch
    shift = rng.uniform(0, 2 * np.pi, 2)
    cosine, sine = frequency * np.cos(turn), frequency * np.sin(turn)
    wave = _plane_wave(size, cosine, sine, shift[0]) + _plane_wave(size, -sine, cosine, shift[1])
    thresholds = _even_thresholds()
    return np.asarray(thresholds[((wave + 2) * ((LEVELS - 1) / 4)).astype(np.int16)], np.float32)


def _plane_wave(size: tuple[int, int], across: float, down: float, shift: float) -> _Real:
    """cos(across * x + down * y + shift), as a product of two thin matrices: the cosine of a sum."""
    x, y = np.arange(size[0]) * across + shift, np.arange(size[1]) * down
    rows = np.stack([np.cos(y), -np.sin(y)], axis=1).astype(np.float32)
    columns = np.stack([np.cos(x), np.sin(x)]).astype(np.float32)
    wave: _Real = rows @ columns
    return np.clip(wave, np.float32(-1), np.float32(1))


def _even_thresholds() -> _Real:
    """For a sum of two cosines, -2..2 in `LEVELS` steps, the share of the plane that lies below it."""
    cosine = np.cos(np.linspace(0, 2 * np.pi, 128, endpoint=False))
    ranks = np.sort((cosine[:, None] + cosine[None]).ravel())[::16]
    shares = np.interp(np.linspace(-2, 2, LEVELS), ranks, np.linspace(0, 1, ranks.size))
    return np.asarray(shares, np.float32)


def photographed_card(pixels: RgbImage, eyes: _Real, rng: _Rng) -> RgbImage:
    """All at once, as from a phone held over a card: security lines, four-colour dots at 24 an inter-eye distance,
    the card at a slight angle, the portrait 120 px wide, a blur of 0.6 px, uneven light, noise of 3 levels, JPEG 50.
    """
    wide = 360
    printed = halftone(guilloche(portrait(pixels, eyes, wide), rng, 0.12), wide / INTER_EYE_WIDTHS / 24, rng)
    card = on_card(printed, rng)
    scale = 120 / wide
    height, width = round(card.shape[0] * scale), round(card.shape[1] * scale)
    turn = np.deg2rad(rng.uniform(-4, 4))
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shift = np.array([width, height]) / 2 - rotation @ np.array([card.shape[1], card.shape[0]]) / 2
    move = np.concatenate([rotation, shift[:, None]], axis=1)
    soft = blur(card, 0.6 / scale)
    seen = np.asarray(cv2.warpAffine(soft, move, (width, height), borderMode=cv2.BORDER_REPLICATE), np.float32)
    y, x = np.mgrid[0:height, 0:width]
    slope = rng.uniform(-1, 1, 2)
    light = 1 + 0.12 * ((x / width - 0.5) * slope[0] + (y / height - 0.5) * slope[1])
    return jpeg(_bytes(seen * light[..., None] + _grain(seen.shape, 3, rng)), 50)


def scanned_print(pixels: RgbImage, eyes: _Real, rng: _Rng, dots: float) -> RgbImage:
    """The portrait printed with ``dots`` an inter-eye distance and scanned 384 px wide, on its card, JPEG 92."""
    wide = 384
    return jpeg(on_card(halftone(portrait(pixels, eyes, wide), wide / INTER_EYE_WIDTHS / dots, rng), rng), 92)


def security_print(pixels: RgbImage, eyes: _Real, rng: _Rng) -> RgbImage:
    """The portrait under security lines of 22 % opacity, scanned 384 px wide, on its card, JPEG 92."""
    return jpeg(on_card(guilloche(portrait(pixels, eyes, 384), rng, 0.22), rng), 92)


def _grain(shape: tuple[int, ...], deviation: float, rng: _Rng) -> _Real:
    return rng.standard_normal(shape, np.float32) * np.float32(deviation)


def _bytes(values: NDArray[np.float32] | NDArray[np.float64]) -> RgbImage:
    return np.clip(values, 0, 255).astype(np.uint8)


def _named(*kinds: Degradation) -> Mapping[str, Degradation]:
    return {kind.name: kind for kind in kinds}


DEGRADATIONS: Final = _named(
    Degradation(
        "portrait-120",
        "portrait 120 px wide",
        "Framed 35 x 45, resampled to 120 px wide (30 px between the eyes), on a light card.",
        lambda pixels, eyes, rng: on_card(portrait(pixels, eyes, 120), rng),
        framed=True,
    ),
    Degradation(
        "portrait-80",
        "portrait 80 px wide",
        "Framed 35 x 45, resampled to 80 px wide (20 px between the eyes), on a light card.",
        lambda pixels, eyes, rng: on_card(portrait(pixels, eyes, 80), rng),
        framed=True,
    ),
    Degradation("jpeg-50", "JPEG 50", "The whole picture through JPEG at quality 50.", lambda p, _e, _r: jpeg(p, 50)),
    Degradation("jpeg-20", "JPEG 20", "The whole picture through JPEG at quality 20.", lambda p, _e, _r: jpeg(p, 20)),
    Degradation("blur-1", "blur, sigma 1", "Gaussian blur of 1 px of the picture.", lambda p, _e, _r: blur(p, 1.0)),
    Degradation("blur-2", "blur, sigma 2", "Gaussian blur of 2 px of the picture.", lambda p, _e, _r: blur(p, 2.0)),
    Degradation("blur-3", "blur, sigma 3", "Gaussian blur of 3 px of the picture.", lambda p, _e, _r: blur(p, 3.0)),
    Degradation(
        "dark",
        "very dark",
        "15 % of the light is left, with noise of 5 levels.",
        lambda pixels, _eyes, rng: darkened(pixels, rng),
    ),
    Degradation(
        "eyes-covered",
        "eyes covered",
        "A black bar over both eyes, two inter-eye distances wide and 0.6 high.",
        lambda pixels, eyes, _rng: eyes_covered(pixels, eyes),
    ),
    Degradation("grey", "grey", "Luma alone, as laser-engraved portraits have it.", lambda p, _e, _r: grey(p)),
    Degradation(
        "security-lines",
        "security lines",
        "Portrait 384 px wide under two families of wavy coloured lines of 22 % opacity, on a card, JPEG 92.",
        security_print,
        framed=True,
    ),
    Degradation(
        "print-fine",
        "print-scan, fine dots",
        "Portrait printed in four colours with 40 dots an inter-eye distance, scanned 384 px wide, JPEG 92.",
        lambda pixels, eyes, rng: scanned_print(pixels, eyes, rng, 40),
        framed=True,
    ),
    Degradation(
        "print-scan",
        "print-scan",
        "Portrait printed in four colours with 24 dots an inter-eye distance, scanned 384 px wide, JPEG 92.",
        lambda pixels, eyes, rng: scanned_print(pixels, eyes, rng, 24),
        framed=True,
    ),
    Degradation(
        "print-coarse",
        "print-scan, coarse dots",
        "Portrait printed in four colours with 14 dots an inter-eye distance, scanned 384 px wide, JPEG 92.",
        lambda pixels, eyes, rng: scanned_print(pixels, eyes, rng, 14),
        framed=True,
    ),
    Degradation(
        "card-photo",
        "photographed card (all together)",
        "Security lines and four-colour dots, card at up to 4 degrees, portrait 120 px wide, blur 0.6 px, "
        "uneven light, noise of 3 levels, JPEG 50.",
        photographed_card,
        framed=True,
    ),
)
"""Every kind, by name, in the order of reports."""


def degrade(picture: Picture, eyes: _Real, kind: Degradation, *, seed: int) -> Picture:
    """``picture`` degraded; deterministic for a seed. ``eyes`` as in the module's description."""
    pixels = np.ascontiguousarray(kind.apply(picture.pixels, np.asarray(eyes, np.float32), np.random.default_rng(seed)))
    pixels.setflags(write=False)
    return Picture(pixels, media_type=picture.media_type, grey=picture.grey or kind.name == "grey")
