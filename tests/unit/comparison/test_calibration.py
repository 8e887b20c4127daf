"""Score to error rate and back, on a curve whose every number can be counted by hand."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import visavis
from visavis.comparison.bounds import upper_bound_95
from visavis.comparison.calibration import (
    Calibration,
    CalibrationData,
    CalibrationModel,
    CurvePoint,
    load_calibration,
    rate_text,
)
from visavis.errors import CalibrationError, FileError, TableError
from visavis.perception.session import ModelIdentity

DIGEST = "ab" * 32
DATA = CalibrationData(
    name="made-up set",
    description='Numbers made up for a test, with "quotes" and a back\\slash.',
    date=dt.date(2026, 1, 2),
    images=1_000,
    identities=500,
    genuine_trials=1_000,
    impostor_trials=300_000,
    dependence="None: the numbers are made up.",
)
MODEL = CalibrationModel(name="some_model", version="1", digest=DIGEST)
CURVE = (
    CurvePoint(0.1, 30_000, 1),
    CurvePoint(0.2, 3_000, 5),
    CurvePoint(0.3, 200, 10),
    CurvePoint(0.4, 20, 20),
    CurvePoint(0.5, 0, 100),
    CurvePoint(0.6, 0, 400),
)


def calibration(**changes: object) -> Calibration:
    fields: dict[str, object] = {"model": MODEL, "data": DATA, "curve": CURVE} | changes
    return Calibration(**fields)  # type: ignore[arg-type]  # the tests hand in wrong types on purpose


def test_the_least_threshold_whose_bound_is_within_the_rate_asked() -> None:
    point = calibration().threshold_at(1e-3)
    # 0.3 has 200 / 300,000 = 6.7e-4, bound 7.5e-4; 0.2 has 1e-2
    assert point.threshold == 0.3
    assert point.fmr == pytest.approx(200 / 300_000)
    assert point.fmr < point.fmr_upper_95 <= point.fmr_asked == 1e-3
    assert point.fnmr == pytest.approx(0.01)
    assert point.fnmr_upper_95 == upper_bound_95(10, 1_000)
    assert (point.impostor_trials, point.genuine_trials, point.data_set) == (300_000, 1_000, "made-up set")
    assert point.label == "fmr<=1e-3"


def test_at_most_is_held_by_the_bound_and_not_by_the_count() -> None:
    # 20 / 300,000 = 6.67e-5 was counted at 0.4, but up to 9.7e-5 may be true
    assert calibration().threshold_at(9e-5).threshold == 0.5
    assert calibration().threshold_at(1e-4).threshold == 0.4


def test_where_no_error_was_seen_the_rule_of_three_holds() -> None:
    point = calibration().threshold_at(1e-5)
    assert point.threshold == 0.5
    assert point.fmr == 0
    assert point.fmr_upper_95 == pytest.approx(1e-5)
    assert calibration().least_fmr == pytest.approx(1e-5)
    assert calibration().supports(1e-5)
    assert not calibration().supports(9.9e-6)


def test_a_rate_that_the_trials_cannot_support_is_refused_with_what_would_be_needed() -> None:
    with pytest.raises(CalibrationError) as caught:
        calibration().threshold_at(1e-6)
    assert caught.value.code == "fmr_not_supported"
    assert "1e-5" in caught.value.message
    assert "3,000,000" in caught.value.message
    assert "300,000" in caught.value.message


def test_the_rate_named_in_the_refusal_is_granted() -> None:
    short = calibration(curve=CURVE[:4])  # ends on 20 false matches: 9.7...e-5
    with pytest.raises(CalibrationError) as caught:
        short.threshold_at(1e-9)
    named = float(caught.value.message.split("supports ")[1].split(" at best")[0])
    assert short.threshold_at(named).threshold == 0.4


@pytest.mark.parametrize("fmr", [0.0, -1e-4, 1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(fmr: float) -> None:
    with pytest.raises(CalibrationError) as caught:
        calibration().threshold_at(fmr)
    assert caught.value.code == "fmr_invalid"


def test_a_score_between_two_points_gets_the_higher_rate_of_the_two() -> None:
    estimate = calibration().fmr_at(0.35)
    assert estimate.fmr == pytest.approx(200 / 300_000)
    assert estimate.fmr_upper_95 == upper_bound_95(200, 300_000)
    assert not estimate.above
    assert str(estimate) == f"at most {rate_text(estimate.fmr_upper_95)}"


def test_a_score_on_a_point_gets_that_points_rate_and_one_beyond_the_curve_the_last() -> None:
    assert calibration().fmr_at(0.4).fmr == pytest.approx(20 / 300_000)
    assert calibration().fmr_at(1.0).fmr_upper_95 == pytest.approx(1e-5)


def test_a_score_below_the_curve_is_above_its_highest_rate() -> None:
    estimate = calibration().fmr_at(-0.5)
    assert estimate.above
    assert estimate.fmr == pytest.approx(0.1)
    assert estimate.fmr_upper_95 == 1.0
    assert str(estimate) == "above 1e-1"


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -float("inf")])
def test_a_score_that_is_no_number_is_refused(score: float) -> None:
    with pytest.raises(CalibrationError) as caught:
        calibration().fmr_at(score)
    assert caught.value.code == "score_invalid"


@given(fmr=st.floats(1e-5, 0.2))
def test_a_score_at_the_threshold_is_within_the_rate_asked(fmr: float) -> None:
    made = calibration()
    point = made.threshold_at(fmr)
    assert point.fmr_upper_95 <= fmr
    assert made.fmr_at(point.threshold).fmr_upper_95 == point.fmr_upper_95


@given(a=st.floats(-1, 1), b=st.floats(-1, 1))
def test_a_higher_score_never_has_a_higher_rate(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert calibration().fmr_at(high).fmr_upper_95 <= calibration().fmr_at(low).fmr_upper_95


def test_what_is_written_is_read_back_equal() -> None:
    text = calibration().to_toml()
    assert Calibration.from_toml(text) == calibration()
    assert Calibration.from_toml(text.encode()).to_toml() == text


def test_the_format_shown_in_the_documentation_is_the_one_that_is_read() -> None:
    from visavis.comparison import calibration as module

    shown = (module.__doc__ or "").split("::\n", 1)[1].split("\nA pair", 1)[0].replace("<SHA-256", f"{DIGEST}<")
    shown = shown.replace(shown[shown.index("<") : shown.index(">") + 1], "")
    assert Calibration.from_toml(shown).data.images == 3811


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"curve": (CURVE[1], CURVE[0])}, "do not rise"),
        ({"curve": (CURVE[0], CURVE[0])}, "do not rise"),
        ({"curve": (CurvePoint(0.1, 5, 1), CurvePoint(0.2, 6, 1))}, "false matches rise"),
        ({"curve": (CurvePoint(0.1, 5, 2), CurvePoint(0.2, 5, 1))}, "false non-matches fall"),
        ({"curve": (CurvePoint(0.1, 300_001, 0), CURVE[1])}, "more false matches than impostor trials"),
        ({"curve": (CURVE[4], CurvePoint(0.6, 0, 1_001))}, "more false non-matches than genuine trials"),
        ({"curve": (CurvePoint(0.1, -1, 0), CURVE[1])}, "Expected `int` >= 0"),
        ({"curve": (CurvePoint(0.1, True, 0), CURVE[1])}, "got `bool`"),
        ({"curve": (CurvePoint(float("nan"), 1, 0), CURVE[1])}, "Expected `float` >= -1.0"),
        ({"curve": (CURVE[0], CurvePoint(1.5, 0, 0))}, "Expected `float` <= 1.0"),
        ({"curve": CURVE[:1]}, "points"),
        ({"curve": ()}, "points"),
        ({"data": msgspec.structs.replace(DATA, identities=1_001)}, "more identities than images"),
        ({"data": msgspec.structs.replace(DATA, images=500)}, "more trials than"),
        ({"data": msgspec.structs.replace(DATA, impostor_trials=0)}, "impostor_trials"),
        ({"data": msgspec.structs.replace(DATA, dependence="")}, "dependence"),
        ({"model": msgspec.structs.replace(MODEL, digest="AB" * 32)}, "digest"),
        ({"model": msgspec.structs.replace(MODEL, name="../up")}, "name"),
    ],
)
def test_a_curve_that_cannot_be_is_refused(change: dict[str, object], told: str) -> None:
    with pytest.raises(TableError) as caught:
        calibration(**change)
    assert caught.value.code == "calibration_invalid"
    assert told in caught.value.message


def test_every_problem_has_a_line() -> None:
    with pytest.raises(TableError) as caught:
        calibration(curve=(CURVE[1], CURVE[0]), data=msgspec.structs.replace(DATA, identities=2_000))
    assert caught.value.message.count("\n  - ") == 4


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("format = 1", "format = 2", "calibration_invalid"),
        ("format = 1", "format = 1\nextra = 1", "calibration_invalid"),
        ('version = "1"', "version = 1", "calibration_invalid"),
        ("images = 1000", 'images = "1000"', "calibration_invalid"),
        ("images = 1000", "images = 1000\nimages = 1000", "calibration_syntax"),
        ("[0.2, 3000, 5]", "[0.2, 3000]", "calibration_invalid"),
        ("[0.2, 3000, 5]", "[0.2, 3000, 5, 1]", "calibration_invalid"),
        ("[0.2, 3000, 5]", "[0.2, 3000.5, 5]", "calibration_invalid"),
        ("[data]", "[data", "calibration_syntax"),
        ("[model]", "[modle]", "calibration_invalid"),
    ],
)
def test_a_file_that_says_anything_else_is_refused(old: str, new: str, code: str) -> None:
    text = calibration().to_toml()
    assert old in text
    with pytest.raises(TableError) as caught:
        Calibration.from_toml(text.replace(old, new, 1))
    assert caught.value.code == code


@pytest.mark.parametrize("text", [b"\xff\xfe", b"\x00", "x = " + "[" * 20_000])
def test_bytes_that_are_no_text_are_refused(text: str | bytes) -> None:
    with pytest.raises(TableError) as caught:
        Calibration.from_toml(text)
    assert caught.value.code == "calibration_syntax"


def test_a_huge_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(TableError) as caught:
        Calibration.from_toml("#" * (1 << 21))
    assert caught.value.code == "calibration_too_large"


def test_other_weights_under_the_same_name_are_refused() -> None:
    calibration().check_model(ModelIdentity(name="some_model", version="1", digest=DIGEST))
    for other in (
        ModelIdentity(name="some_model", version="2", digest=DIGEST),
        ModelIdentity(name="some_model", version="1", digest="cd" * 32),
        ModelIdentity(name="another", version="1", digest=DIGEST),
    ):
        with pytest.raises(CalibrationError) as caught:
            calibration().check_model(other)
        assert caught.value.code == "calibration_model_mismatch"


@pytest.mark.parametrize(
    ("rate", "text"), [(1e-4, "1e-4"), (2.5e-3, "2.5e-3"), (0.0123456, "1.23e-2"), (1.0, "1e0"), (0.0, "0")]
)
def test_rates_are_written_as_people_write_them(rate: float, text: str) -> None:
    assert rate_text(rate) == text


def test_reading_a_calibration_needs_no_numerical_library() -> None:
    code = "import sys, visavis.comparison.calibration; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path.cwd()).returncode == 0


def test_a_calibration_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "some_model.toml"
    file.write_text(calibration().to_toml(), encoding="utf-8")
    assert load_calibration(file) == calibration()
    with pytest.raises(CalibrationError) as caught:
        load_calibration(tmp_path / "other.toml")
    assert caught.value.code == "calibration_missing"
    assert str(tmp_path) not in str(caught.value)
    with pytest.raises(FileError) as refused:
        load_calibration(tmp_path)
    assert refused.value.code == "is_a_directory"


PACKAGED = sorted((Path(visavis.__file__).parent / "models" / "calibrations").glob("*.toml"))


@pytest.mark.parametrize("file", PACKAGED, ids=lambda file: file.stem)
def test_every_calibration_that_ships_is_sound_and_written_by_the_tool(file: Path) -> None:
    made = load_calibration(file)
    assert made.model.name == file.stem
    assert made.to_toml() == file.read_text(encoding="utf-8")
    assert made.supports(1e-4)
