"""The page of attack detection: what the tool writes between its markers, from a made report."""

import importlib.util
import random
import re
from pathlib import Path
from types import ModuleType

import pytest

from pad_results import FACTS, SPECIES, many, result
from visavis.domain.evidence import Outcome
from visavis.evaluation.laboratory.species import SPECIES as REAL
from visavis.evaluation.pad_summary import SpeciesName, summarise

CHECKOUT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("evaluate_pad_tool", CHECKOUT / "tools" / "evaluate_pad.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_species_there_is_has_a_place_in_what_was_asked(tool: ModuleType) -> None:
    assert {*tool.NEVER, *tool.BY_LIGHT, *tool.REPORTED} == set(REAL)


def test_the_page_tells_each_species_by_itself(tool: ModuleType) -> None:
    page = tool.page(summarise(many(random.Random(4)), SPECIES, FACTS))
    assert page.startswith("Measured 22 November 2026 with visavis ")
    assert "| Flat print <held>, accepted at standard | none in 300 | 0 of 40, at most 7.50 % |" in page
    assert "| Mesh puppet, accepted | told as it is | standard 20 of 40, strict 20 of 40 |" in page
    assert re.search(r"\| living people not accepted, standard \| at most 5 % \| [\d.]+ % \(", page)
    assert re.search(r"\| living people not accepted, strict \| at most 10 % \| [\d.]+ % \(", page)


def test_a_replay_is_judged_where_the_light_can_tell_and_at_strict_where_it_cannot(tool: ModuleType) -> None:
    names = (SpeciesName(code="replay_luckiest", title="Lucky replay", level="screen"),)
    items = [
        result("replay_luckiest", 0, Outcome.FAIL, r=0.1),
        result("replay_luckiest", 1, Outcome.PASS, Outcome.INCONCLUSIVE, r=0.04),
        result("replay_luckiest", 2, Outcome.PASS, Outcome.PASS, r=0.05),
    ]
    page = tool.page(summarise(items, names, FACTS))
    assert "| Lucky replay, accepted at standard, light from 6% | at most 5% | 0.00 %, 0 of 1 |" in page
    assert "| Lucky replay, accepted at strict, light below 6% | none | 1 of 2 |" in page


def test_the_page_keeps_its_words_around_the_figures(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = tool.PAGE.read_text(encoding="utf-8")
    assert text.count(tool.BEGIN) == text.count(tool.END) == 1
    copy = tmp_path / "page.md"
    copy.write_text(text, encoding="utf-8")
    monkeypatch.setattr(tool, "PAGE", copy)
    tool.write_page("figures")
    tool.write_page("newer figures")
    written = copy.read_text(encoding="utf-8")
    assert written.split(tool.BEGIN)[0] == text.split(tool.BEGIN)[0]
    assert written.split(tool.END)[1] == text.split(tool.END)[1]
    assert f"{tool.BEGIN}\n\nnewer figures\n\n{tool.END}" in written
