"""What an examination may say of two samples, made here without a picture."""

import datetime as dt

import numpy as np
import pytest

from visavis.comparison.calibration import Calibration, CalibrationData, CalibrationModel, CurvePoint
from visavis.comparison.templates import Template
from visavis.decision.decide import DecisionOutcome, decide
from visavis.decision.library import PolicyLibrary
from visavis.domain.evidence import Check, EvidenceSet, Outcome
from visavis.domain.operating_points import PadOperatingPoint
from visavis.domain.reasons import REASONS
from visavis.errors import CalibrationError
from visavis.pad.assessment import assess, pad_check
from visavis.pad.evidence import Witness, WitnessEvidence
from visavis.perception.quality import QualityComponent, SampleQuality
from visavis.perception.session import ModelIdentity
from visavis.service.examination import Examiner
from visavis.service.samples import Role, Sample

MODEL = ModelIdentity("drawn", "1", "0" * 64)
CALIBRATION = Calibration(
    model=CalibrationModel(name=MODEL.name, version=MODEL.version, digest=MODEL.digest),
    data=CalibrationData(
        name="drawn",
        description="Made up for a test.",
        date=dt.date(2026, 1, 1),
        images=10_000,
        identities=5_000,
        genuine_trials=1_000,
        impostor_trials=1_000_000,
        dependence="None.",
    ),
    curve=(CurvePoint(0.1, 50_000, 1), CurvePoint(0.3, 900, 20), CurvePoint(0.45, 60, 40), CurvePoint(0.6, 0, 90)),
)
FMR = 1e-4
GOOD = 90.0
POOR = 30.0


def quality(unified: float = GOOD, *, blocked: bool = False) -> SampleQuality:
    sharp = QualityComponent(
        name="sharpness",
        value=-4.0 if blocked else 0.0,
        score=3 if blocked else 99,
        reason="low_sharpness" if blocked else None,
        blocks=blocked,
    )
    return SampleQuality(components=(sharp,), unified=unified)


def sample(role: Role, angle: float, unified: float = GOOD, *, blocked: bool = False) -> Sample:
    vector = np.array([np.cos(angle), np.sin(angle)], np.float32)
    return Sample(
        role=role,
        reason=None,
        quality=quality(unified, blocked=blocked),
        template=Template(vector=vector, model=MODEL, quality=unified),
        frames_used=1,
    )


def at_score(
    score: float,
    *,
    reference: tuple[float, bool] = (GOOD, False),
    probe: tuple[float, bool] = (GOOD, False),
) -> tuple[Sample, Sample]:
    """Two samples whose cosine is ``score``; each side is its unified quality, and whether it is blocked."""
    return (
        sample(Role.REFERENCE, 0.0, reference[0], blocked=reference[1]),
        sample(Role.PROBE, float(np.arccos(score)), probe[0], blocked=probe[1]),
    )


@pytest.fixture
def examiner() -> Examiner:
    return Examiner(calibration=CALIBRATION)


def examine(examiner: Examiner, reference: Sample, probe: Sample) -> EvidenceSet:
    return examiner.examine(reference, probe, fmr=FMR, reference_source="document_portrait")


def test_over_and_under_the_threshold(examiner: Examiner) -> None:
    assert examiner.compare(*at_score(0.5), fmr=FMR).outcome is Outcome.PASS
    assert examiner.compare(*at_score(0.4), fmr=FMR).outcome is Outcome.FAIL


@pytest.mark.parametrize("side", ["reference", "probe"])
def test_one_poor_picture_cannot_say_no_but_can_say_yes(examiner: Examiner, side: str) -> None:
    poor = {side: (POOR, False)}
    below = examiner.compare(*at_score(0.4, **poor), fmr=FMR)
    assert below.outcome is Outcome.INCONCLUSIVE
    assert below.reasons[0] == "low_quality"
    assert examiner.compare(*at_score(0.5, **poor), fmr=FMR).outcome is Outcome.PASS


def test_two_blinded_pictures_cannot_say_yes(examiner: Examiner) -> None:
    both = examiner.compare(*at_score(0.99, reference=(GOOD, True), probe=(GOOD, True)), fmr=FMR)
    assert both.outcome is Outcome.INCONCLUSIVE
    assert "low_sharpness" in both.reasons
    for one in ("reference", "probe"):
        assert examiner.compare(*at_score(0.99, **{one: (GOOD, True)}), fmr=FMR).outcome is Outcome.PASS


def test_a_side_without_a_template_is_not_measured(examiner: Examiner) -> None:
    reference, _ = at_score(0.9)
    empty = Sample(role=Role.PROBE, reason="no_face")
    evidence = examine(examiner, reference, empty)
    comparison = evidence.get(Check.COMPARISON)
    assert comparison.outcome is Outcome.NOT_MEASURED
    assert comparison.reasons == ("probe_unusable",)
    assert evidence.get(Check.SINGLE_FACE_PROBE).outcome is Outcome.INCONCLUSIVE
    assert evidence.get(Check.SAMPLE_QUALITY_PROBE).outcome is Outcome.NOT_MEASURED


@pytest.mark.parametrize("reason", ["second_face", "frames_disagree"])
def test_two_people_fail_the_check(examiner: Examiner, reason: str) -> None:
    reference, _ = at_score(0.9)
    evidence = examine(examiner, reference, Sample(role=Role.PROBE, reason=reason))
    assert evidence.get(Check.SINGLE_FACE_PROBE).outcome is Outcome.FAIL


def test_every_check_is_there_and_what_nobody_measured_says_so(examiner: Examiner) -> None:
    evidence = examine(examiner, *at_score(0.9))
    assert [item.check for item in evidence] == list(Check)
    for check in (Check.ATTACK_DETECTION, Check.DOCUMENT_AUTHENTIC, Check.CONSENT):
        assert evidence.get(check).outcome is Outcome.NOT_MEASURED
    assert {code for item in evidence for code in item.reasons} <= set(REASONS)


@pytest.mark.parametrize("point", PadOperatingPoint)
def test_attack_detection_of_the_capture_is_among_it(examiner: Examiner, point: PadOperatingPoint) -> None:
    sheet = WitnessEvidence(witness=Witness.STRUCTURE, outcome=Outcome.FAIL, reasons=("moves_like_a_sheet",))
    pad = assess([sheet], operating_point=point)
    reference, probe = at_score(0.9)
    evidence = examiner.examine(reference, probe, fmr=FMR, reference_source="document_portrait", pad=pad)
    assert [item.check for item in evidence] == list(Check)
    assert evidence.get(Check.ATTACK_DETECTION) == pad_check(pad)
    assert evidence.get(Check.ATTACK_DETECTION).operating_point == point.value
    assert evidence.get(Check.COMPARISON).outcome is Outcome.PASS


def test_the_evidence_says_what_it_was_held_against(examiner: Examiner) -> None:
    details = examine(examiner, *at_score(0.9)).get(Check.COMPARISON).details
    assert details["fmr_asked"] == FMR
    assert details["threshold"] == 0.45
    assert details["reference_source"] == "document_portrait"
    assert details["data_set"] == "drawn"


def test_an_error_rate_that_the_calibration_cannot_support(examiner: Examiner) -> None:
    with pytest.raises(CalibrationError) as caught:
        examiner.compare(*at_score(0.9), fmr=1e-7)
    assert caught.value.code == "fmr_not_supported"


@pytest.mark.parametrize(
    ("pair", "outcome"),
    [
        (at_score(0.9), DecisionOutcome.ACCEPTED),
        (at_score(0.2), DecisionOutcome.REJECTED),
        (at_score(0.2, probe=(POOR, False)), DecisionOutcome.INCONCLUSIVE),
        (at_score(0.9, probe=(POOR, False)), DecisionOutcome.INCONCLUSIVE),
        (at_score(0.9, probe=(GOOD, True)), DecisionOutcome.INCONCLUSIVE),
    ],
)
def test_the_policy_for_files(examiner: Examiner, pair: tuple[Sample, Sample], outcome: DecisionOutcome) -> None:
    library = PolicyLibrary.with_site()
    policy = library.load(library.default("files"), allow_unsafe=True)
    assert decide(policy, examine(examiner, *pair)).outcome is outcome
