"""The fonts that specimens are drawn with: fetched by `tools/fonts.py`, known by digest, never part of the project."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from PIL import ImageFont

from visavis.errors import FileError

__all__ = ["FONT_FILES", "Face", "FontFile", "Fonts", "load_fonts"]

MAX_BYTES: Final = 16_000_000


class Face(StrEnum):
    OCR_B = "ocr_b"
    """OCR-B (ISO 1073-2), drawn from N. Schwarz's METAFONT sources."""
    OCR_B_OTHER = "ocr_b_other"
    """Another drawing of OCR-B, so that no reader is fitted to one."""
    LATIN = "latin"
    """With Greek and Cyrillic."""
    LATIN_BOLD = "latin_bold"
    CHINESE = "chinese"


@dataclass(frozen=True, slots=True)
class FontFile:
    """``sha256`` of the file; ``licence`` by its SPDX identifier, or ``public domain``."""

    name: str
    sha256: str
    licence: str


FONT_FILES: Final = {
    Face.OCR_B: FontFile(
        "OCRB.otf", "87c8d5bfd541d28023d2ba3383169c49f565e10d487ebb027ea0d735ef558707", "public domain"
    ),
    Face.OCR_B_OTHER: FontFile(
        "OCR-B.ttf", "367d876cca948ecd4900851f6e85687cbb6e71de9d0d2f36348edec5655526af", "OFL-1.1"
    ),
    Face.LATIN: FontFile(
        "SourceSansPro-Regular.ttf", "b77f3a700edd0fc0dec73258f882d5c3926c77f5caf6800a201d2166568d2309", "OFL-1.1"
    ),
    Face.LATIN_BOLD: FontFile(
        "SourceSansPro-Semibold.ttf", "b440fd42fd5a54e1b252731deca9cc86604bee6ffa99281f5874c3476eb17eae", "OFL-1.1"
    ),
    Face.CHINESE: FontFile(
        "NotoSansSC-Regular.otf", "faa6c9df652116dde789d351359f3d7e5d2285a2b2a1f04a2d7244df706d5ea9", "OFL-1.1"
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class Fonts:
    """Every face of one folder, opened at a size when it is first asked for."""

    folder: Path
    _opened: dict[tuple[Face, int], ImageFont.FreeTypeFont] = field(default_factory=dict, repr=False)

    def at(self, face: Face, size_px: float) -> ImageFont.FreeTypeFont:
        """``face`` at an em of ``size_px``, to a sixteenth of a pixel."""
        key = face, round(16 * size_px)
        if key not in self._opened:
            file = self.folder / FONT_FILES[face].name
            # the basic layout needs no shaping library, so every machine draws the same
            self._opened[key] = ImageFont.truetype(str(file), key[1] / 16, layout_engine=ImageFont.Layout.BASIC)
        return self._opened[key]


def load_fonts(folder: Path) -> Fonts:
    """The fonts in ``folder``. Raises FileError ``fonts_missing`` where one is not there with its own bytes."""
    lacking = [font.name for font in FONT_FILES.values() if not _is(folder / font.name, font.sha256)]
    if lacking:
        raise FileError(
            "fonts_missing",
            f"Fonts that specimens are drawn with are not there: {', '.join(lacking)}.",
            advice="Run `make fonts`, or name the folder that holds them.",
        )
    return Fonts(folder)


def _is(file: Path, sha256: str) -> bool:
    try:
        if not file.is_file() or file.stat().st_size > MAX_BYTES:
            return False
        return hashlib.sha256(file.read_bytes()).hexdigest() == sha256
    except OSError:
        return False
