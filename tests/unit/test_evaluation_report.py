"""A whole evaluation with an encoder that looks at colours: figures, page, JSON, calibration."""

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from visavis.capture.picture import Picture
from visavis.comparison.calibration import Calibration
from visavis.errors import CalibrationError, TableError
from visavis.evaluation.comparison import EvaluationOptions, evaluate_comparison
from visavis.evaluation.degradation import DEGRADATIONS
from visavis.evaluation.encoding import Encoded, NoProgress, in_order
from visavis.evaluation.page import to_html
from visavis.evaluation.pairs import PairList, read_pairs
from visavis.evaluation.report import ComparisonReport, schema, to_json
from visavis.evaluation.tables import tables
from visavis.evaluation.values import FloatArray
from visavis.perception.acquisition import FaceChoice
from visavis.perception.session import ModelIdentity

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
PEOPLE, PICTURES = 30, 3


class ColourEncoder:
    """The vector is the picture itself, made small. A dark picture has no face."""

    identity = ModelIdentity("colours", "1", "c" * 64)
    parts = ((ModelIdentity("upper", "1", "u" * 64), 54), (ModelIdentity("lower", "1", "l" * 64), 54))

    def encode(self, picture: Picture, *, choice: FaceChoice, document: bool = False) -> Encoded:
        if picture.pixels.mean() < 20:
            return Encoded(vector=None, reason="no_face")
        small = cv2.resize(picture.pixels, (6, 6), interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
        small -= small.mean()
        # a degraded picture is poor, and lacks what a match needs where its red is strong
        blocked = document and bool(picture.pixels[..., 0].mean() > 128)
        return Encoded(vector=small / np.linalg.norm(small), quality=10.0 if document else 80.0, blocked=blocked)

    def eyes(self, picture: Picture, *, choice: FaceChoice) -> FloatArray | None:
        return np.array([[24.0, 28.0], [40.0, 28.0]], np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of people who are colour patterns, with a little noise; one dark, one that is no picture."""
    root = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(7)
    for person in range(PEOPLE):
        pattern = rng.integers(0, 256, (6, 6, 3))
        (root / f"p{person}").mkdir()
        for number in range(PICTURES):
            noisy = np.clip(pattern + rng.normal(0, 60, pattern.shape), 0, 255).astype(np.uint8)
            whole = cv2.resize(noisy, (64, 64), interpolation=cv2.INTER_NEAREST)
            cv2.imwrite(str(root / f"p{person}" / f"{number}.png"), whole)
    cv2.imwrite(str(root / "p0" / "0.png"), np.zeros((64, 64, 3), np.uint8))
    (root / "p1" / "0.png").write_text("not a picture")
    return root


@pytest.fixture(scope="module")
def table(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> PairList:
    lines = ["file_a,file_b,same,fold,group"]
    for person in range(PEOPLE):
        fold, group = person % 3 + 1, "even <&>" if person % 2 == 0 else "odd"
        other = (person + 1) % PEOPLE
        lines += [f"p{person}/{a}.png,p{person}/{b}.png,1,{fold},{group}" for a, b in ((0, 1), (1, 2))]
        lines += [f"p{person}/{a}.png,p{other}/{a}.png,0,{fold},{group}" for a in range(PICTURES)]
    path = tmp_path_factory.mktemp("table") / "pairs.csv"
    path.write_text("\n".join(lines) + "\n")
    return read_pairs(path, folder)


OPTIONS = EvaluationOptions(
    data_set="Patterns <1>",
    all_pairs=True,
    identity_from="folder",
    choice=FaceChoice.CENTRAL,
    kinds=(DEGRADATIONS["grey"], DEGRADATIONS["jpeg-20"]),
)


def run(table: PairList, folder: Path, options: EvaluationOptions) -> tuple[ComparisonReport, Calibration | None]:
    return evaluate_comparison(table, folder, ColourEncoder(), options, now=NOW, progress=NoProgress())


@pytest.fixture(scope="module")
def result(table: PairList, folder: Path) -> tuple[ComparisonReport, Calibration | None]:
    return run(table, folder, OPTIONS)


@pytest.fixture(scope="module")
def report(result: tuple[ComparisonReport, Calibration | None]) -> ComparisonReport:
    return result[0]


def test_every_picture_and_every_pair_is_accounted_for(report: ComparisonReport) -> None:
    assert report.acquisition.pictures == PEOPLE * PICTURES
    assert report.acquisition.reasons == {"no_face": 1, "not_a_picture": 1}
    assert report.acquisition.failures.errors == 2
    assert set(report.acquisition.failed_files) == {("p0/0.png", "no_face"), ("p1/0.png", "not_a_picture")}
    assert report.formed is not None
    genuine = PEOPLE * 3
    assert report.formed.genuine_trials + report.formed.genuine_not_compared == genuine
    assert report.formed.genuine_not_compared == 4
    assert report.formed.impostor_trials + report.formed.impostor_not_compared == 90 * 89 // 2 - genuine
    assert report.listed.genuine_trials + report.listed.genuine_not_compared == PEOPLE * 2
    assert report.listed.genuine_not_compared == 2
    assert report.listed.impostor_trials + report.listed.impostor_not_compared == PEOPLE * 3
    assert report.formed.people == PEOPLE


def test_a_pair_that_was_not_compared_counts_as_rejected_in_the_rate_with_failures(report: ComparisonReport) -> None:
    assert report.formed is not None
    for point in report.formed.points:
        assert point.frr_with_failures.errors == point.at.fnmr.errors + 4
        assert point.frr_with_failures.trials == point.at.fnmr.trials + 4


def test_only_rates_that_the_trials_support_are_shown(report: ComparisonReport) -> None:
    assert report.formed is not None
    assert [point.at.target for point in report.formed.points] == [1e-2, 1e-3]
    assert report.listed.points == ()


def test_halves_are_of_different_people_and_judge_each_other(report: ComparisonReport) -> None:
    # half of the people have 15 * 14 / 2 * 9 impostor pairs or a few less, which support one rate
    assert [row.target for row in report.halves] == [1e-2, 1e-2]
    first, second = report.halves
    assert first.fnmr.trials + second.fnmr.trials == PEOPLE * 3 - 4
    assert first.fmr.trials + second.fmr.trials < 2 * 15 * 14 // 2 * 9
    assert first.threshold != second.threshold


def test_the_models_of_a_fusion_are_measured_alone(report: ComparisonReport, table: PairList, folder: Path) -> None:
    assert [row.name for row in report.members] == ["upper@1", "lower@1"]
    assert report.formed is not None
    for row in report.members:
        assert [target for target, _ in row.fnmr] == [point.at.target for point in report.formed.points]
        assert row.fnmr[0][1].trials == report.formed.genuine_trials
        # half of the numbers know less than all of them
        assert (row.fnmr[-1][1].value or 0) >= (report.formed.points[-1].at.fnmr.value or 0)
    (shown,) = [item for item in tables(report) if item.key == "members"]
    assert [row[0] for row in shown.rows] == ["upper@1", "lower@1", "together"]
    listed, _ = run(table, folder, EvaluationOptions(data_set="x", choice=FaceChoice.CENTRAL))
    assert [row.accuracy for row in listed.members] == [row.accuracy for row in report.members]


def test_folds_and_groups(report: ComparisonReport) -> None:
    assert report.folds is not None
    assert [row.fold for row in report.folds.folds] == ["1", "2", "3"]
    assert sum(row.trials for row in report.folds.folds) == PEOPLE * 5
    assert 0.9 < report.folds.mean <= 1
    assert report.folds.not_compared == 2 + 3
    assert [row.group for row in report.groups] == ["even <&>", "odd"]
    assert sum(row.fnmr.trials for row in report.groups) == report.listed.genuine_trials
    assert sum(row.fmr.trials for row in report.groups) == report.listed.impostor_trials


def test_degradations_stand_beside_the_same_pairs_clean(report: ComparisonReport) -> None:
    assert [row.kind for row in report.degradation] == ["grey", "jpeg-20"]
    grey, jpeg = report.degradation
    assert grey.clean == jpeg.clean
    # persons 0 and 1 have one usable pair all the same
    assert grey.clean.trials == grey.fnmr.trials == PEOPLE
    assert (grey.fnmr.value or 0) > (grey.clean.value or 0)
    # the encoder gives degraded pictures a poor quality: every miss is answered with advice
    assert grey.asked_again == grey.fnmr.errors
    assert grey.fnmr_answered.errors == 0
    assert grey.fmr is not None
    assert grey.fmr_both is not None
    assert grey.fmr_both_answered is not None
    assert grey.fmr_both.trials == grey.fmr_both_answered.trials == PEOPLE * (PEOPLE - 1) // 2
    assert 0 < grey.fmr_both_answered.errors < grey.fmr_both.errors
    assert grey.fmr.trials == sum(88 - (2 if person < 2 else 3) for person in range(PEOPLE))


def test_the_same_input_gives_the_same_bytes(
    report: ComparisonReport, text: str, table: PairList, folder: Path
) -> None:
    again, _ = run(table, folder, dataclasses.replace(OPTIONS, workers=1))
    assert to_json(again) == to_json(report)
    assert to_html(again) == text


def test_the_json_is_what_its_schema_says(report: ComparisonReport) -> None:
    text = to_json(report)
    assert msgspec.json.decode(text, type=ComparisonReport) == report
    described = schema()["$defs"]["ComparisonReport"]
    assert set(msgspec.json.decode(text)) == set(described["properties"])
    assert set(described["required"]) <= set(described["properties"])
    assert msgspec.json.decode(text)["format"] == 1


class Page(HTMLParser):
    """Collects what a page holds, and that its elements close in order."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "path", "use", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def text(report: ComparisonReport) -> str:
    return to_html(report)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    parsed = Page()
    parsed.feed(text)
    parsed.close()
    assert parsed.open == []
    return parsed


def test_the_page_needs_nothing_from_outside(text: str, page: Page) -> None:
    assert "://" not in text
    assert not {"script", "img", "link", "iframe", "image", "object"} & set(page.tags)
    for name, value in page.attributes:
        if name in {"href", "src", "xlink:href"}:
            assert value is not None
            assert value.startswith("#")
    for reference in re.findall(r"url\(([^)]*)\)", text):
        assert reference.startswith("#")


def test_the_page_is_accessible(page: Page) -> None:
    attributes = page.attributes
    assert ("lang", "en") in attributes
    assert page.tags.count("svg") == page.tags.count("title") - 1  # the page has a title of its own
    assert page.tags.count("h1") == 1
    assert ("name", "viewport") in attributes
    identifiers = [value for name, value in attributes if name == "id"]
    assert len(identifiers) == len(set(identifiers))
    assert page.tags.count("details") >= 3  # a plot's figures as a table


def test_names_from_the_list_are_shown_as_text(text: str, page: Page) -> None:
    assert "even <&>" in page.text
    assert "Patterns <1>" in page.text
    assert "<1>" not in text


def test_colours_follow_the_page(text: str) -> None:
    assert "currentColor" in text
    assert "#010203" not in text


def test_tables_are_rectangular(report: ComparisonReport) -> None:
    found = tables(report)
    assert {table.key for table in found} >= {"acquisition", "rates-formed", "folds", "groups", "degradation"}
    for table in found:
        assert all(len(row) == len(table.columns) for row in table.rows)


def test_the_calibration_reads_back_and_agrees_with_the_report(
    result: tuple[ComparisonReport, Calibration | None],
) -> None:
    report, calibration = result
    assert calibration is not None
    assert Calibration.from_toml(calibration.to_toml()) == calibration
    assert (calibration.model.name, calibration.data.name) == ("colours", "Patterns <1>")
    assert report.formed is not None
    assert calibration.data.impostor_trials == report.formed.impostor_trials
    assert calibration.data.date == NOW.date()
    for point in report.formed.points:
        # the calibration holds the upper bound below what is asked, so it is the stricter one
        asked = calibration.threshold_at(point.at.target)
        assert asked.threshold >= point.at.threshold
        assert asked.fmr_upper_95 <= point.at.target
    assert [point.fmr_asked for point in report.calibrated] == [1e-2, 1e-3]
    with pytest.raises(CalibrationError):
        calibration.threshold_at(1e-5)


def test_a_list_is_decided_by_a_calibration_made_before(
    result: tuple[ComparisonReport, Calibration | None], table: PairList, folder: Path
) -> None:
    first, calibration = result
    assert calibration is not None
    report, _ = run(table, folder, EvaluationOptions(data_set="x", judge_by=calibration))
    assert [row.fmr_asked for row in report.judged] == [1e-2, 1e-3]
    row = report.judged[0]
    assert row.threshold == calibration.threshold_at(1e-2).threshold
    assert row.calibrated_on == "Patterns <1>"
    assert row.pairs == PEOPLE * 5
    assert row.right == row.pairs - 5 - row.fmr.errors - row.fnmr.errors
    assert "judged" in {table.key for table in tables(report)}
    assert first.judged == ()


def test_a_calibration_of_another_model_is_refused(
    result: tuple[ComparisonReport, Calibration | None], table: PairList, folder: Path
) -> None:
    calibration = result[1]
    assert calibration is not None
    other = msgspec.structs.replace(calibration, model=msgspec.structs.replace(calibration.model, name="other"))
    with pytest.raises(CalibrationError) as caught:
        run(table, folder, EvaluationOptions(data_set="x", judge_by=other))
    assert caught.value.code == "calibration_model_mismatch"


def test_without_names_only_the_list_is_measured(table: PairList, folder: Path) -> None:
    options = EvaluationOptions(data_set="x", choice=FaceChoice.CENTRAL)
    report, calibration = run(table, folder, options)
    assert report.formed is None
    assert report.listed.people is None
    assert report.main is report.listed
    assert calibration is not None
    assert calibration.data.genuine_trials == report.listed.genuine_trials
    assert "http" not in re.sub("http-equiv", "", to_html(report))


def test_all_pairs_needs_names(table: PairList, folder: Path) -> None:
    with pytest.raises(TableError) as caught:
        run(table, folder, EvaluationOptions(data_set="x", all_pairs=True))
    assert caught.value.code == "identity_unknown"


def test_too_many_pictures_are_refused(table: PairList, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("visavis.evaluation.comparison.MAX_PICTURES", 3)
    with pytest.raises(TableError) as caught:
        run(table, folder, OPTIONS)
    assert caught.value.code == "too_many_pictures"


def test_a_list_of_which_nothing_can_be_compared(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("file_a,file_b,same\np0/0.png,p0/1.png,1\n")
    with pytest.raises(TableError) as caught:
        run(read_pairs(path, folder), folder, EvaluationOptions(data_set="x"))
    assert caught.value.code == "nothing_to_compare"


def test_one_kind_of_pair_makes_no_calibration(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("file_a,file_b,same\np2/0.png,p2/1.png,1\n")
    report, calibration = run(read_pairs(path, folder), folder, EvaluationOptions(data_set="x"))
    assert calibration is None
    assert report.calibrated == ()
    assert report.listed.eer is None
    assert "<svg" in to_html(report)


def test_work_keeps_its_order_and_its_first_error() -> None:
    def double(number: int) -> int:
        if number == 40:
            raise ValueError("forty")
        return number * 2

    done: list[int] = []
    with pytest.raises(ValueError, match="forty"):
        done.extend(in_order(double, range(100), workers=3, progress=NoProgress()))
    found: Callable[[], list[int]] = lambda: list(in_order(double, range(40), workers=3, progress=NoProgress()))  # noqa: E731 - one line, used once
    assert found() == [2 * number for number in range(40)]
