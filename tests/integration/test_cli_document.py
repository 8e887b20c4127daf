"""`visavis document read`, and `visavis verify` by what was read: a drawn specimen, photographed by hand."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from visavis.adapters.model_store import ModelStore
from visavis.cli import main
from visavis.evaluation.specimens import (
    Fonts,
    Level,
    SpecimenKind,
    SpecimenTruth,
    draw_specimen,
    framed_portraits,
    photograph,
)

Run = Callable[..., tuple[int, str, str]]
DRAWN = date(2026, 11, 22)
SPECIMEN, CAMERA = 11, 4  # a number without a 6, which one photograph cannot tell from a G
POLICY = """
id = "by_the_print"
version = 1
reference_source = ["document_portrait"]
alternative = "in_person"
attempts = 3
ttl = "15m"
[unsafe]
without = ["attack_detection", "consent"]
because = "It judges files, and serves a test of the command alone."
[[requires]]
rule = "document_consistent"
[[requires]]
rule = "holder_at_least_years"
years = 18
[[requires]]
rule = "comparison_at_most_fmr"
fmr = 1e-4
"""


@dataclass(frozen=True)
class Page:
    file: Path
    truth: SpecimenTruth


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(item) for item in arguments])
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call


@pytest.fixture(scope="module")
def page(portraits: Path, specimen_fonts: Fonts, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A passport's page with the portrait of obama2.jpg, good phone."""
    bearer = framed_portraits(portraits)[1]
    specimen = draw_specimen(
        SpecimenKind.TD3_PAGE,
        rng=random.Random(SPECIMEN),
        fonts=specimen_fonts,
        portraits=[bearer],
        today=DRAWN,
    )
    taken = photograph(specimen, level=Level.GOOD_PHONE, rng=random.Random(CAMERA))
    file = tmp_path_factory.mktemp("document") / "page.jpg"
    Image.fromarray(taken.picture.pixels).save(file, quality=92)
    return Page(file, specimen.truth)


@pytest.mark.models
def test_a_photographed_page_is_read_and_drawn(run: Run, page: Page, model_store: ModelStore, tmp_path: Path) -> None:
    drawing = tmp_path / "found.png"
    status, out, _ = run("document", "read", page.file, "--json", "--plot", drawing)
    told = json.loads(out)
    assert (status, told["kind"], told["accepted"]) == (0, "td3", True)
    assert page.truth.mrz_lines is not None
    assert told["mrz"]["lines"] == list(page.truth.mrz_lines)
    assert page.truth.birth_date is not None
    assert told["statements"]["visual_zone"]["birth_date"] == page.truth.birth_date.isoformat()
    assert told["disagreements"] == []
    (only,) = told["pages"]
    assert only["portrait"]["quality"] > 50
    assert len(only["mrz_lines"]) == 2
    with Image.open(drawing) as picture:
        assert picture.format == "PNG"


@pytest.mark.models
def test_the_holder_is_verified_by_the_page_and_nobody_else(
    run: Run, page: Page, portraits: Path, model_store: ModelStore, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY, encoding="utf-8")
    by = ("verify", "--document", page.file, "--policy", policy, "--json")
    status, out, _ = run(*by, "--probe", portraits / "obama.jpg")
    answer = json.loads(out)
    assert (status, answer["decision"]) == (0, "accepted")
    assert answer["reading"] == {"kind": "td3", "accepted": True, "advice": [], "disagreements": []}
    found = {item["check"]: item for item in answer["evidence"]}
    assert found["document_consistent"]["outcome"] == "pass"
    assert found["holder_age"]["details"] == {
        "years_asked": 18,
        "source": found["holder_age"]["details"]["source"],
        "proven": False,
    }
    assert page.truth.document_number is not None
    for secret in (page.truth.document_number, str(page.truth.surname), str(page.truth.birth_date)):
        assert secret not in out
    status, out, _ = run(*by, "--probe", portraits / "biden.jpg")
    assert (status, json.loads(out)["decision"]) == (1, "rejected")


@pytest.mark.models
def test_a_picture_without_a_document_asks_for_another(run: Run, portraits: Path, model_store: ModelStore) -> None:
    status, out, _ = run("document", "read", portraits / "obama.jpg", "--json")
    told = json.loads(out)
    assert (status, told["accepted"], told["kind"]) == (3, False, None)
    assert told["advice"][0]["advice"]


def test_files_that_cannot_be_used(run: Run, tmp_path: Path) -> None:
    status, _, err = run("document", "read", tmp_path / "nowhere.jpg")
    assert (status, "[file_missing]" in err) == (2, True)
    status, _, err = run("document", "read", *[tmp_path / "page.jpg"] * 17)
    assert (status, "[usage_error]" in err) == (2, True)
    status, _, err = run("document", "read")
    assert (status, "[usage_error]" in err) == (2, True)
