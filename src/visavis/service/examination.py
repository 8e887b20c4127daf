"""The examination of a claim: one reference, one probe, and what each check found.

All that a decision ever sees is the evidence made here; every check of `visavis.domain.evidence.Check` is among it.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from visavis.comparison.calibration import Calibration
from visavis.comparison.compare import compare
from visavis.domain.evidence import Check, Detail, Evidence, EvidenceSet, Outcome
from visavis.pad.assessment import PadEvidence, pad_check
from visavis.service.samples import Role, Sample

__all__ = ["Examiner", "ExaminerOptions"]

FAILED: Final = frozenset({"second_face", "frames_disagree"})
"""A picture that shows two people was looked at, and fails. One without a usable face gave no answer."""

SINGLE_FACE: Final = {Role.REFERENCE: Check.SINGLE_FACE_REFERENCE, Role.PROBE: Check.SINGLE_FACE_PROBE}
QUALITY: Final = {Role.REFERENCE: Check.SAMPLE_QUALITY_REFERENCE, Role.PROBE: Check.SAMPLE_QUALITY_PROBE}
UNUSABLE: Final = {Role.REFERENCE: "reference_unusable", Role.PROBE: "probe_unusable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminerOptions:
    """``least_quality``: unified quality, 0..100, of the poorer side.

    Below it a score under the threshold is no answer but a request for a better picture: one poor picture makes genuine
    pairs fail and does not make impostors match, as measured in docs/reference/accuracy.md.
    """

    least_quality: float = 67.0


class Examiner:
    """Turns two samples into evidence, by one calibration. No state, no clock, no picture."""

    def __init__(self, *, calibration: Calibration, options: ExaminerOptions | None = None) -> None:
        self._calibration = calibration
        self._options = options or ExaminerOptions()

    @property
    def calibration(self) -> Calibration:
        return self._calibration

    def compare(self, reference: Sample, probe: Sample, *, fmr: float) -> Evidence:
        """Do two samples show one person, at most ``fmr`` of different people being taken for one?

        ``not_measured`` where a side has no template; ``inconclusive`` where the pictures are too poor for a "no".
        Raises `visavis.errors.CalibrationError`, ``fmr_not_supported`` where there were too few trials, and
        ``calibration_model_mismatch``; `visavis.errors.TemplateMismatchError` for templates of two models.
        """
        point = self._calibration.threshold_at(fmr)
        if reference.template is None or probe.template is None:
            empty = [sample for sample in (reference, probe) if sample.template is None]
            return Evidence(
                check=Check.COMPARISON,
                outcome=Outcome.NOT_MEASURED,
                operating_point=point.label,
                reasons=tuple(UNUSABLE[sample.role] for sample in empty),
                details={"fmr_asked": point.fmr_asked, "threshold": point.threshold},
            )
        poor = [code for sample in (reference, probe) for code in self._poor(sample)]
        return compare(
            probe=probe.template,
            reference=reference.template,
            calibration=self._calibration,
            fmr=fmr,
            poor=poor,
            both_blocked=_both_blocked(reference, probe),
        )

    def examine(
        self,
        reference: Sample,
        probe: Sample,
        *,
        fmr: float,
        reference_source: str,
        pad: PadEvidence | None = None,
        document: Sequence[Evidence] = (),
    ) -> EvidenceSet:
        """What was found, check by check; what nobody measured is there as ``not_measured``. Raises as `compare`.

        ``reference_source``: where the reference came from, a word of `visavis.decision.vocabulary.ReferenceSource`.
        ``pad``: of the very capture that ``probe`` was made of, whose template the continuity witness was given.
        ``document``: what was found of the document beside its portrait, a check each.
        """
        comparison = self.compare(reference, probe, fmr=fmr)
        details: dict[str, Detail] = {
            **comparison.details,
            "reference_source": reference_source,
            "frames": probe.frames,
            "frames_used": probe.frames_used,
        }
        return EvidenceSet(
            (
                *(single_face(sample) for sample in (reference, probe)),
                *(sample_quality(sample) for sample in (reference, probe)),
                dataclasses.replace(comparison, details=details),
                *([] if pad is None else [pad_check(pad)]),
                *document,
            )
        ).complete()

    def _poor(self, sample: Sample) -> tuple[str, ...]:
        """Why a "no" would say nothing: quality is low, or something blinds, which the unified score need not show."""
        if sample.quality is None:
            return ()
        if sample.quality.unified < self._options.least_quality:
            return ("low_quality", *sample.quality.advice)
        return ("low_quality", *sample.quality.blocking) if sample.quality.blocking else ()


def _both_blocked(reference: Sample, probe: Sample) -> tuple[str, ...]:
    """Why neither side is fit for a match; empty where at least one is."""
    sides = [sample.quality.blocking if sample.quality is not None else () for sample in (reference, probe)]
    return ("low_quality", *sides[1], *sides[0]) if all(sides) else ()


def single_face(sample: Sample) -> Evidence:
    """One face, and one alone: a second one fails; none, or one that cannot be used, is inconclusive."""
    details: dict[str, Detail] = {"frames": sample.frames}
    if sample.reason is None:
        outcome, reasons = Outcome.PASS, sample.notes
    else:
        outcome = Outcome.FAIL if sample.reason in FAILED else Outcome.INCONCLUSIVE
        reasons = (sample.reason, *sample.notes)
    return Evidence(check=SINGLE_FACE[sample.role], outcome=outcome, reasons=reasons, details=details)


def sample_quality(sample: Sample) -> Evidence:
    """The unified quality as score, every component among the details, the reasons worst first.

    Inconclusive where something that a match needs is missing (light, sharpness, eyes that are seen).
    """
    if sample.quality is None or sample.template is None:
        return Evidence(check=QUALITY[sample.role], outcome=Outcome.NOT_MEASURED, reasons=("not_measured",))
    return Evidence(
        check=QUALITY[sample.role],
        outcome=Outcome.INCONCLUSIVE if sample.quality.blocking else Outcome.PASS,
        score=sample.quality.unified,
        operating_point="unified quality, 0 to 100",
        reasons=sample.quality.advice,
        details={item.name: item.score for item in sample.quality.components},
    )
