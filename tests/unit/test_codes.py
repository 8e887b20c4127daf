"""The page of codes says what the source says, and every reason that the source gives has a text."""

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from visavis.domain.reasons import REASONS
from visavis.errors import ExitStatus, VisavisError

CHECKOUT = Path(__file__).resolve().parent.parent.parent
CODE = re.compile(r"[a-z][a-z0-9_]*")


@pytest.fixture(scope="module")
def codes() -> ModuleType:
    spec = importlib.util.spec_from_file_location("codes_page", CHECKOUT / "tools" / "codes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current(codes: ModuleType) -> None:
    page = CHECKOUT / "docs" / "reference" / "codes.md"
    assert page.read_text(encoding="utf-8") == codes.page(), "run tools/codes.py"


def test_codes_are_of_one_form(codes: ModuleType) -> None:
    found = {code for _, code in codes.calls()} | set(REASONS)
    assert [code for code in sorted(found) if not CODE.fullmatch(code)] == []
    assert len(found) > 100


def test_a_reason_has_a_text_and_keeps_its_code() -> None:
    for code, item in REASONS.items():
        assert item.code == code
        assert item.text.endswith(".")
        assert not item.advice or item.advice.endswith(".")


def reason_codes_in(file: Path) -> set[str]:
    """Constants that the source hands over as ``reason=...``, ``reasons=(...)`` or ``notes=(...)``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword) and node.arg in {"reason", "reasons", "notes"}:
            constants = [item.value for item in ast.walk(node.value) if isinstance(item, ast.Constant)]
            found |= {value for value in constants if isinstance(value, str) and CODE.fullmatch(value)}
    return found


def test_every_reason_in_the_source_has_a_text() -> None:
    parts = ("perception", "pad", "comparison", "decision", "service")
    files = [file for part in parts for file in (CHECKOUT / "src" / "visavis" / part).rglob("*.py")]
    used = set[str]().union(*(reason_codes_in(file) for file in files))
    assert "frames_disagree" in used
    assert used - set(REASONS) == set()


def test_an_error_says_its_code_last() -> None:
    error = VisavisError("some_code", "It went wrong.", advice="Do this.")
    assert str(error) == "It went wrong. Do this. [some_code]"
    assert error.exit_status is ExitStatus.USAGE
