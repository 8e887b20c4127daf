"""The documents of the demonstration: specimens of the imaginary state UTO, photographed as with a telephone.

They bear a public-domain portrait, invented names and the word SPECIMEN. One is as it should be, one has expired, and
in one the machine-readable zone is another holder's, as if somebody had printed over it.
"""

import dataclasses
import random
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from visavis.capture.picture import RgbImage
from visavis.evaluation.specimens import (
    Fonts,
    Level,
    Specimen,
    SpecimenKind,
    draw_specimen,
    framed_portraits,
    load_fonts,
    photograph,
)
from visavis.evaluation.specimens.portraits import PUBLIC_DOMAIN

__all__ = ["Documents", "make_documents", "make_genuine"]

HOLDER: Final = 11
STRANGER: Final = 14
CAMERA: Final = 4
"""The demonstration draws from these, so that it shows the same each time."""
BEARER: Final = "obama2.jpg"
DRAWN: Final = date(2026, 11, 22)
LONG_AGO: Final = date(2014, 11, 1)
"""The days on which the specimens are said to be made, so that a photograph that can be read stays so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """Photographs on the disk."""

    genuine: Path
    expired: Path
    altered: Path


def make_genuine(portraits: Path, fonts: Path, out: Path) -> Path:
    """The one as it should be. Raises as `make_documents`."""
    return _taken(_page(HOLDER, load_fonts(fonts), _bearer(portraits), DRAWN), out / "document.jpg")


def make_documents(portraits: Path, fonts: Path, out: Path) -> Documents:
    """Draw and photograph them into ``out``. Raises FileError for a missing font or portrait."""
    bearer = _bearer(portraits)
    faces = load_fonts(fonts)
    genuine = _page(HOLDER, faces, bearer, DRAWN)
    expired = _page(HOLDER, faces, bearer, LONG_AGO)
    altered = _with_zone_of(genuine, _page(STRANGER, faces, bearer, DRAWN))
    return Documents(
        genuine=_taken(genuine, out / "document.jpg"),
        expired=_taken(expired, out / "document_expired.jpg"),
        altered=_taken(altered, out / "document_altered.jpg"),
    )


def _bearer(portraits: Path) -> RgbImage:
    return framed_portraits(portraits)[list(PUBLIC_DOMAIN).index(BEARER)]


def _page(seed: int, fonts: Fonts, portrait: RgbImage, today: date) -> Specimen:
    rng = random.Random(seed)
    return draw_specimen(SpecimenKind.TD3_PAGE, rng=rng, fonts=fonts, portraits=[portrait], today=today)


def _with_zone_of(specimen: Specimen, other: Specimen) -> Specimen:
    box = other.truth.mrz_box
    if box is None:
        raise ValueError("a page with a machine-readable zone is needed")
    page = np.array(specimen.page)
    rows = slice(int(box.y), int(box.y + box.height) + 1)
    columns = slice(int(box.x), int(box.x + box.width) + 1)
    page[rows, columns] = other.page[rows, columns]
    return dataclasses.replace(specimen, page=page)


def _taken(specimen: Specimen, to: Path) -> Path:
    taken = photograph(specimen, level=Level.GOOD_PHONE, rng=random.Random(CAMERA))
    Image.fromarray(taken.picture.pixels).save(to, quality=92)
    return to
