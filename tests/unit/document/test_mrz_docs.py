"""docs/reference/mrz.md names every code, and no other."""

import re
from pathlib import Path

from visavis.document.consistency import FindingCode
from visavis.document.mrz.problems import ProblemCode
from visavis.document.names import NameCode
from visavis.document.prc_id import NumberProblem, ValidityProblem

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "mrz.md"


def test_the_page_lists_every_code() -> None:
    listed = re.findall(r"^- `([a-z0-9_]+)`$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    codes = [
        code.value for kind in (ProblemCode, NameCode, FindingCode, NumberProblem, ValidityProblem) for code in kind
    ]
    assert listed == codes
