"""Fetch the fonts that specimens of documents are drawn with, by digest.

All may be used and passed on freely: OCR-B by Norbert Schwarz and Matthew Skala (public domain; it ships in the PyPI
package `PyUPC-EAN`), OCR-B by Raisty (OFL-1.1; in `glyphive`), Source Sans Pro by Adobe (OFL-1.1; in
`font-source-sans-pro`), and Noto Sans SC by Google and Adobe (OFL-1.1; in `pylopdf-fonts-zh-cn`). The packages are
carriers only: nothing of them is installed. The fonts are kept in `var/fonts` of the checkout, which git ignores; a
second run does nothing.
"""

import hashlib
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from visavis.adapters.archives import ArchiveError, read_member
from visavis.adapters.progress import SilentProgress
from visavis.adapters.registries import RegistryError, fetch_pypi
from visavis.errors import FileError
from visavis.evaluation.specimens.fonts import FONT_FILES, MAX_BYTES, Face, load_fonts
from visavis.perception.manifest import PypiSource

FOLDER: Final = Path(__file__).resolve().parent.parent / "var" / "fonts"


@dataclass(frozen=True, slots=True)
class Carrier:
    """A wheel, and where in it which faces lie."""

    requirement: str
    sha256: str
    size: int
    members: dict[Face, str]


CARRIERS: Final = (
    Carrier(
        "PyUPC-EAN==2.20.10",
        "b44df349e3e74062d9cbe039bb18b9d0b29c9646428e9db093ea58fe97c791ba",
        458_485,
        {Face.OCR_B: "upcean/fonts/OCRB.otf"},
    ),
    Carrier(
        "glyphive==0.4.1",
        "0eb12da66604cc5d6599a29d269b080f5ba1f3a619cf9ff4774e4f4b1a130b1a",
        416_255,
        {Face.OCR_B_OTHER: "glyphive/assets/fonts/ocr_b/OCR-B.ttf"},
    ),
    Carrier(
        "font-source-sans-pro==0.0.1",
        "2250396f565a0fea35726e56059216d1d5d75071d64d075ebdfec183b4b85765",
        2_169_233,
        {
            Face.LATIN: "font_source_sans_pro/files/SourceSansPro-Regular.ttf",
            Face.LATIN_BOLD: "font_source_sans_pro/files/SourceSansPro-Semibold.ttf",
        },
    ),
    Carrier(
        "pylopdf-fonts-zh-cn==0.1.1",
        "e2661ef3790cbe0f0f6aa5338b6859b7cd288ee75bc88cd4239c62cd025d4fb3",
        17_084_102,
        {Face.CHINESE: "pylopdf_fonts_zh_cn/NotoSansSC-Regular.otf"},
    ),
)


def present(folder: Path) -> bool:
    try:
        load_fonts(folder)
    except FileError:
        return False
    return True


def fetch(folder: Path) -> None:
    """All fonts into ``folder``. Raises RegistryError, ArchiveError; ValueError for a wrong digest."""
    folder.mkdir(parents=True, exist_ok=True)
    for carrier in CARRIERS:
        source = PypiSource(
            requirement=carrier.requirement,
            packaging="wheel",
            artefact_sha256=carrier.sha256,
            artefact_bytes=carrier.size,
            member=next(iter(carrier.members.values())),
        )
        with tempfile.TemporaryDirectory() as work:
            artefact = fetch_pypi(source, Path(work), SilentProgress())
            for face, member in carrier.members.items():
                data = read_member(artefact, member, start=None, end=None, limit=MAX_BYTES)
                keep(folder, face, data)


def keep(folder: Path, face: Face, data: bytes) -> None:
    font = FONT_FILES[face]
    if hashlib.sha256(data).hexdigest() != font.sha256:
        raise ValueError(f"{font.name} has other bytes than it should; not kept")
    incoming = folder / f".{font.name}.incoming"
    incoming.write_bytes(data)
    incoming.replace(folder / font.name)


def main() -> int:
    if present(FOLDER):
        return 0
    print("Fetching the fonts of the specimens (20 MB) ...", flush=True)
    try:
        fetch(FOLDER)
    except (RegistryError, ArchiveError, ValueError, OSError) as error:
        print(f"The fonts could not be fetched: {error}", file=sys.stderr)
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
