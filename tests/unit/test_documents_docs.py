"""docs/reference/documents.md says what the program does: levels, fonts and where they come from, sizes."""

import re
from pathlib import Path

import pytest

from visavis.evaluation.specimens import Level, SpecimenKind
from visavis.evaluation.specimens.fonts import FONT_FILES
from visavis.evaluation.specimens.levels import CONDITIONS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "documents.md").read_text(encoding="utf-8")


def row(name: str) -> list[str]:
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {name}"))
    return [cell.strip() for cell in line.strip("|").split("|")[1:]]


@pytest.mark.parametrize(
    ("name", "attribute", "scale"),
    [
        ("page in the frame", "fill", 100),
        ("tilt", "tilt", 1),
        ("lens blur", "focus", 1),
        ("motion", "motion", 1),
        ("noise", "noise", 100),
        ("fall of light", "shade", 100),
        ("JPEG", "jpeg", 1),
    ],
)
def test_the_table_of_levels_has_the_ranges_that_are_drawn(name: str, attribute: str, scale: float) -> None:
    for cell, level in zip(row(name), Level, strict=True):
        low, high = (scale * value for value in getattr(CONDITIONS[level], attribute))
        assert [float(number) for number in re.findall(r"[\d.]+", cell)] == pytest.approx([low, high])


def test_sizes_shares_and_fonts_are_those_of_the_program() -> None:
    for cell, level in zip(row("picture, px"), Level, strict=True):
        longer = CONDITIONS[level].longer
        assert cell == f"{longer} x {longer * 3 // 4}"
    for cell, level in zip(row("fingers"), Level, strict=True):
        assert cell.startswith(f"{100 * CONDITIONS[level].fingers:.0f} %") or (
            cell == "none" and CONDITIONS[level].fingers == 0
        )
    for kind in SpecimenKind:
        width, height = kind.size_mm
        assert f"| `{kind}` | {width:g} x {height:g} mm |" in PAGE
    carriers = re.findall(r'"([\w-]+)==([\d.]+)"', (ROOT / "tools" / "fonts.py").read_text(encoding="utf-8"))
    assert len(carriers) == 4
    assert all(f"{name} {version}" in PAGE for name, version in carriers)
    assert all(font.licence in PAGE for font in FONT_FILES.values())
