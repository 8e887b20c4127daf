"""Two templates, one calibration, one false match rate: evidence."""

from collections.abc import Sequence

from visavis.comparison.calibration import Calibration
from visavis.comparison.templates import Template, compare_templates
from visavis.domain.evidence import Check, Evidence, Outcome

__all__ = ["compare"]


def compare(
    *,
    probe: Template,
    reference: Template,
    calibration: Calibration,
    fmr: float,
    poor: Sequence[str] = (),
    both_blocked: Sequence[str] = (),
) -> Evidence:
    """Does the probe show the person of the reference, at a false match rate of at most ``fmr``?

    ``poor``: the reason codes for which either sample's quality is low. One poor sample does not raise false matches,
    it costs false non-matches; so a score at or above the threshold passes all the same, and one below it is
    inconclusive with those reasons, where it would else be a fail.

    ``both_blocked``: the reason codes where *both* samples lack what a match needs (light, sharpness, eyes that are
    seen). Two pictures that are spoilt alike resemble one another more than their people do, far beyond the false match
    rate of the calibration (docs/reference/accuracy.md); so then no score is an answer.

    ``details`` of the evidence: ``fmr_asked``, ``threshold``, ``fmr`` and ``fmr_upper_95`` (of a threshold at this
    score), ``fmr_above`` (the score lies below the calibrated range, the rate is ``fmr`` or more), ``fnmr`` and
    ``fnmr_upper_95`` (of the threshold used), ``impostor_trials``, ``genuine_trials``, ``data_set``, ``model``.

    Raises `visavis.errors.TemplateMismatchError` for templates of two models; `visavis.errors.CalibrationError`:
    ``calibration_model_mismatch``, ``fmr_invalid``, ``fmr_not_supported``.
    """
    score = compare_templates(probe, reference)
    calibration.check_model(probe.model)
    point = calibration.threshold_at(fmr)
    estimate = calibration.fmr_at(score)
    reasons: tuple[str, ...]
    if both_blocked:
        outcome, reasons = Outcome.INCONCLUSIVE, tuple(dict.fromkeys(both_blocked))
    elif score >= point.threshold:
        outcome, reasons = Outcome.PASS, ("same_person",)
    elif poor:
        outcome, reasons = Outcome.INCONCLUSIVE, tuple(dict.fromkeys(poor))
    else:
        outcome, reasons = Outcome.FAIL, ("different_person",)
    return Evidence(
        check=Check.COMPARISON,
        outcome=outcome,
        score=score,
        operating_point=point.label,
        reasons=reasons,
        details={
            "fmr_asked": point.fmr_asked,
            "threshold": point.threshold,
            "fmr": estimate.fmr,
            "fmr_upper_95": estimate.fmr_upper_95,
            "fmr_above": estimate.above,
            "fnmr": point.fnmr,
            "fnmr_upper_95": point.fnmr_upper_95,
            "impostor_trials": point.impostor_trials,
            "genuine_trials": point.genuine_trials,
            "data_set": point.data_set,
            "model": str(probe.model),
        },
    )
