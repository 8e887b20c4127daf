"""The parts of a report, from scores."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.comparison.calibration import Calibration, rate_text
from visavis.evaluation.bootstrap import spread_at
from visavis.evaluation.bounds import rate
from visavis.evaluation.encoding import Encoded
from visavis.evaluation.metrics import (
    TARGETS,
    FoldAccuracy,
    curve,
    equal_error_rate,
    fold_accuracy,
    histogram,
    operating_point,
    supported_targets,
)
from visavis.evaluation.pairs import PairList
from visavis.evaluation.report import (
    AcquisitionSummary,
    CalibratedPoint,
    GroupRow,
    JudgedPoint,
    Measurement,
    Point,
    WorstPair,
)
from visavis.evaluation.scores import Trials
from visavis.evaluation.values import FloatArray, IndexArray
from visavis.perception.acquisition import FaceChoice

__all__ = ["Scored", "acquisition", "calibrated", "folds", "groups", "judged", "measurement", "notes", "score_list"]

WORST: Final = 10
NAMED_FAILURES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """The list of pairs with numbers for names; ``scores`` (n,) is NaN where a side has no template."""

    first: IndexArray
    second: IndexArray
    same: NDArray[np.bool_]
    scores: NDArray[np.float32]

    @property
    def compared(self) -> NDArray[np.bool_]:
        return ~np.isnan(self.scores)

    @property
    def lost(self) -> tuple[int, int]:
        """Genuine and impostor pairs that could not be compared."""
        missing = ~self.compared
        return int((missing & self.same).sum()), int((missing & ~self.same).sum())


def score_list(table: PairList, vectors: Sequence[FloatArray | None]) -> Scored:
    """The cosine of every pair of the list; ``vectors`` in the order of its files, None without a template."""
    number = {file: place for place, file in enumerate(table.files)}
    scores = []
    for pair in table.pairs:
        one, other = vectors[number[pair.file_a]], vectors[number[pair.file_b]]
        scores.append(np.nan if one is None or other is None else min(1.0, max(-1.0, float(one @ other))))
    return Scored(
        first=np.array([number[pair.file_a] for pair in table.pairs], np.int32),
        second=np.array([number[pair.file_b] for pair in table.pairs], np.int32),
        same=np.array([pair.same for pair in table.pairs], np.bool_),
        scores=np.array(scores, np.float32),
    )


def measurement(trials: str, found: Trials, files: Sequence[str], lost: tuple[int, int]) -> Measurement:
    """Every figure of one set of trials; ``lost`` genuine and impostor pairs could not be compared."""
    lost_genuine, lost_impostor = lost
    points = []
    for target in supported_targets(found.impostor.count):
        at = operating_point(found, target)
        if at is not None:
            with_failures = rate(at.fnmr.errors + lost_genuine, at.fnmr.trials + lost_genuine)
            spread = spread_at(found, target, at.threshold)
            points.append(Point(at=at, spread=spread, frr_with_failures=with_failures))
    genuine, impostor = found.genuine, found.impostor
    return Measurement(
        trials=trials,
        genuine_trials=genuine.count,
        impostor_trials=impostor.count,
        genuine_not_compared=lost_genuine,
        impostor_not_compared=lost_impostor,
        people=found.people if found.people_known else None,
        eer=equal_error_rate(found),
        points=tuple(points),
        curve=curve(found),
        histogram=histogram(found),
        worst_genuine=_worst(files, genuine.first, genuine.second, genuine.scores),
        worst_impostor=_worst(files, impostor.first, impostor.second, impostor.tail),
    )


def _worst(
    files: Sequence[str], first: IndexArray, second: IndexArray, scores: NDArray[np.float64]
) -> tuple[WorstPair, ...]:
    return tuple(
        WorstPair(file_a=files[a], file_b=files[b], score=round(float(score), 6))
        for a, b, score in zip(first[:WORST], second[:WORST], scores[:WORST], strict=True)
    )


def acquisition(files: Sequence[str], encoded: Sequence[Encoded]) -> AcquisitionSummary:
    failed = [
        (file, item.reason or "no_face") for file, item in zip(files, encoded, strict=True) if item.vector is None
    ]
    return AcquisitionSummary(
        pictures=len(files),
        failures=rate(len(failed), len(files)),
        reasons=dict(sorted(Counter(reason for _, reason in failed).items(), key=lambda item: (-item[1], item[0]))),
        failed_files=tuple(failed[:NAMED_FAILURES]),
    )


def folds(table: PairList, scored: Scored) -> FoldAccuracy | None:
    if not table.has_folds:
        return None
    names = np.array([pair.fold for pair in table.pairs])
    return fold_accuracy(scored.scores.astype(np.float64), scored.same, names)


def groups(table: PairList, scored: Scored, target: float | None, threshold: float | None) -> tuple[GroupRow, ...]:
    if not table.has_groups or target is None or threshold is None:
        return ()
    names = np.array([pair.group for pair in table.pairs])
    accepted = scored.scores.astype(np.float64) >= threshold
    rows = []
    for name in sorted(set(names.tolist())):
        here = (names == name) & scored.compared
        genuine, impostor = here & scored.same, here & ~scored.same
        rows.append(
            GroupRow(
                group=name,
                target=target,
                threshold=threshold,
                fmr=rate(int((impostor & accepted).sum()), int(impostor.sum())),
                fnmr=rate(int((genuine & ~accepted).sum()), int(genuine.sum())),
                not_compared=int(((names == name) & ~scored.compared).sum()),
            )
        )
    return tuple(rows)


def calibrated(calibration: Calibration | None) -> tuple[CalibratedPoint, ...]:
    """What the calibration answers for every false match rate that it supports."""
    if calibration is None:
        return ()
    points = [calibration.threshold_at(target) for target in TARGETS if calibration.supports(target)]
    return tuple(
        CalibratedPoint(
            fmr_asked=point.fmr_asked,
            threshold=point.threshold,
            fmr_upper_95=point.fmr_upper_95,
            fnmr=point.fnmr,
            fnmr_upper_95=point.fnmr_upper_95,
        )
        for point in points
    )


def judged(scored: Scored, calibration: Calibration | None) -> tuple[JudgedPoint, ...]:
    """The list at the thresholds of a calibration made before, for every rate that it supports."""
    if calibration is None:
        return ()
    compared, same = scored.compared, scored.same
    rows = []
    for target in (target for target in TARGETS if calibration.supports(target)):
        threshold = calibration.threshold_at(target).threshold
        accepted = compared & (scored.scores.astype(np.float64) >= threshold)
        false_matches, misses = int((accepted & ~same).sum()), int((compared & same & ~accepted).sum())
        rows.append(
            JudgedPoint(
                calibrated_on=calibration.data.name,
                fmr_asked=target,
                threshold=threshold,
                fmr=rate(false_matches, int((compared & ~same).sum())),
                fnmr=rate(misses, int((compared & same).sum())),
                right=int(compared.sum()) - false_matches - misses,
                pairs=int(same.size),
            )
        )
    return tuple(rows)


def notes(main: Trials, choice: FaceChoice, target: float | None) -> tuple[str, ...]:
    """What a reader must know before a figure is quoted."""
    faces = {
        FaceChoice.ONLY: "A picture with a second face gives no template, as in the product.",
        FaceChoice.CENTRAL: "Of several faces the one nearest to the middle is taken, as the labels of the pictures "
        "mean it; the product refuses a second face.",
        FaceChoice.PORTRAIT: "The largest face is taken as the portrait of a document.",
    }
    found = [
        "FMR and FNMR are over comparisons that were made; pictures without a template count as failure to acquire.",
        "A threshold is set and judged on the same trials: on other people the rates differ within about the bounds.",
        "The bounds take trials as independent; they share people, so where the spread over people is wider, it holds.",
        faces[choice],
    ]
    if not main.people_known:
        found.append(
            "Whose a picture is was not told, so pictures linked as the same person count as one person for the spread."
        )
    if target is not None:
        found.append(
            f"{main.impostor.count:,} impostor comparisons speak of false match rates down to "
            f"{rate_text(min(supported_targets(main.impostor.count)))} (rule of 3); lower ones are left out."
        )
    else:
        found.append(
            f"{main.impostor.count:,} impostor comparisons are too few for any false match rate of 1e-2 or lower "
            "(rule of 3: 300 are needed)."
        )
    return tuple(found)
