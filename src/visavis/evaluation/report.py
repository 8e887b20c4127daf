"""What an evaluation of comparison found, as plain values; its JSON is these fields by name.

The JSON Schema is `schema`; a change that a reader could trip over raises `FORMAT`. Nothing here holds a picture or a
template; files are named as the list of pairs names them.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from visavis.evaluation.bootstrap import Spread
from visavis.evaluation.bounds import Rate
from visavis.evaluation.metrics import CurvePoint, EqualErrorRate, FoldAccuracy, Histogram, OperatingPoint

__all__ = [
    "FORMAT",
    "AcquisitionSummary",
    "CalibratedPoint",
    "ComparisonReport",
    "DegradationRow",
    "GroupRow",
    "HalfRow",
    "JudgedPoint",
    "Measurement",
    "MemberRow",
    "ModelName",
    "Point",
    "WorstPair",
    "schema",
    "to_json",
]

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelName:
    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquisitionSummary:
    """Pictures that gave no template (ISO/IEC 19795-1: failure to acquire), by reason code.

    ``failed_files`` names the first of them, ``[file, reason]``.
    """

    pictures: int
    failures: Rate
    reasons: dict[str, int]
    failed_files: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One operating point.

    ``spread`` is over people drawn again; None where there are too few. ``frr_with_failures`` counts a genuine pair
    that could not be compared as rejected.
    """

    at: OperatingPoint
    spread: Spread | None
    frr_with_failures: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstPair:
    file_a: str
    file_b: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The figures over one set of trials: ``listed`` (the pairs of the list) or ``formed`` (every pair there is)."""

    trials: str
    genuine_trials: int
    impostor_trials: int
    genuine_not_compared: int
    impostor_not_compared: int
    people: int | None
    eer: EqualErrorRate | None
    points: tuple[Point, ...]
    curve: tuple[CurvePoint, ...]
    histogram: Histogram
    worst_genuine: tuple[WorstPair, ...]
    worst_impostor: tuple[WorstPair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One value of the column ``group``, at the threshold that all pairs together give for ``target``."""

    group: str
    target: float
    threshold: float
    fmr: Rate
    fnmr: Rate
    not_compared: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfRow:
    """A threshold set for ``target`` on all pairs of one half of the people, judged on all pairs of the other half."""

    target: float
    threshold: float
    fmr: Rate
    fnmr: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """One model of a fusion alone, on all pairs (or the list, where nothing more was formed) of the same pictures.

    ``fnmr``: pairs of a false match rate and the FNMR there. ``accuracy``: over the folds.
    """

    name: str
    accuracy: float | None
    fnmr: tuple[tuple[float, Rate], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DegradationRow:
    """One kind of degradation, at a threshold set on clean pictures; a genuine pair of each person, one side degraded.

    ``failures`` gave no template. ``clean`` is the same pairs not degraded. Of the misses in ``fnmr`` those in
    ``asked_again`` are answered with a request for a better picture, since the quality is too poor to say no;
    ``fnmr_answered`` are the wrong answers that are left. ``restored`` counts pictures that were
    filtered first, and ``fnmr_unrestored`` is the FNMR without that.

    ``fmr``: every degraded picture against every clean picture of other people. ``fmr_both``: against every picture of
    other people degraded in the same way, since pictures that lack the same things look alike; ``fmr_both_answered``
    leaves out matches of two pictures that both lack what a match needs. All three None where people are not known.
    """

    kind: str
    title: str
    definition: str
    target: float
    threshold: float
    failures: Rate
    restored: int
    clean: Rate
    fnmr: Rate
    fnmr_unrestored: Rate
    asked_again: int
    fnmr_answered: Rate
    fmr: Rate | None
    fmr_both: Rate | None
    fmr_both_answered: Rate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibratedPoint:
    """What the calibration made of these trials answers for a false match rate: its upper bound is not above it."""

    fmr_asked: float
    threshold: float
    fmr_upper_95: float
    fnmr: float
    fnmr_upper_95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPoint:
    """The pairs of the list decided by a calibration made on other pictures, named by ``calibrated_on``.

    ``right`` of ``pairs``: a pair that could not be compared is none of them.
    """

    calibrated_on: str
    fmr_asked: float
    threshold: float
    fmr: Rate
    fnmr: Rate
    right: int
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonReport:
    format: int
    visavis: str
    date: str
    data_set: str
    model: ModelName
    face_choice: str
    identity_from: str | None
    acquisition: AcquisitionSummary
    listed: Measurement
    formed: Measurement | None
    halves: tuple[HalfRow, ...]
    members: tuple[MemberRow, ...]
    folds: FoldAccuracy | None
    groups: tuple[GroupRow, ...]
    degradation: tuple[DegradationRow, ...]
    calibrated: tuple[CalibratedPoint, ...]
    judged: tuple[JudgedPoint, ...]
    notes: tuple[str, ...]

    @property
    def main(self) -> Measurement:
        """The measurement that decides: every pair that can be formed, or else the list."""
        return self.formed or self.listed


def to_json(report: ComparisonReport) -> bytes:
    """UTF-8, indented, ending in a line break; the same bytes for the same report."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `to_json`."""
    return msgspec.json.schema(ComparisonReport)
