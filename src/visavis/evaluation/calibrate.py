"""From the scores of an evaluation to a calibration that a policy's error rates are read from."""

import datetime as dt
from typing import Final

import numpy as np

from visavis.comparison.calibration import Calibration, CalibrationData, CalibrationModel, CurvePoint
from visavis.errors import TableError
from visavis.evaluation.scores import STEPS, Trials
from visavis.perception.session import ModelIdentity

__all__ = ["build_calibration"]

GROWTH: Final = 1.05
"""Between neighbouring points of the curve, in false matches."""

BODY: Final = 24
"""Points below the scores that are kept exactly, so that low scores have an error rate too."""

DEPENDENCE: Final = (
    "All pairs of the pictures: trials share people and pictures, so bounds that take trials as independent are "
    "somewhat too narrow."
)
DEPENDENCE_LISTED: Final = "The pairs of a list: trials may share people, and bounds are then somewhat too narrow."


def build_calibration(
    trials: Trials, model: ModelIdentity, *, name: str, description: str, images: int, date: dt.date
) -> Calibration:
    """The curve of ``trials``, with about a twentieth fewer false matches at each point, down to none.

    Raises TableError ``calibration_trials`` without both kinds of trial.
    """
    if trials.genuine.count == 0 or trials.impostor.count == 0:
        raise TableError(
            "calibration_trials",
            "A calibration needs genuine and impostor pairs.",
            advice="Give pictures of several people, and several pictures of some.",
        )
    return Calibration(
        model=CalibrationModel(name=model.name, version=model.version, digest=model.digest),
        data=CalibrationData(
            name=name,
            description=description,
            date=date,
            images=images,
            identities=trials.people,
            genuine_trials=trials.genuine.count,
            impostor_trials=trials.impostor.count,
            dependence=DEPENDENCE if trials.all_formed else DEPENDENCE_LISTED,
        ),
        curve=_points(trials),
    )


def _points(trials: Trials) -> tuple[CurvePoint, ...]:
    impostor, genuine = trials.impostor, trials.genuine
    ranks = [0]
    while ranks[-1] < impostor.tail.size - 1:
        ranks.append(min(max(ranks[-1] + 1, int(ranks[-1] * GROWTH)), impostor.tail.size - 1))
    # just above the score of each rank, in steps of 1e-6 upwards: never lets more through than counted
    exact = (np.floor(impostor.tail[ranks] * STEPS) + 1.0) / STEPS
    lowest = min(float(impostor.tail[-1]), float(genuine.scores[0]))
    below = np.linspace(lowest - 0.05, float(impostor.tail[-1]), 0 if impostor.exact else BODY, endpoint=False)
    edges = np.ceil(below * 1000) / 1000
    thresholds = np.unique(np.clip(np.concatenate([edges, exact]), -1.0, 1.0))
    accepted, rejected = impostor.at_least(thresholds), genuine.below(thresholds)
    # of several thresholds with as many false matches the lowest serves: it misses the fewest
    kept: dict[int, CurvePoint] = {}
    for threshold, matches, misses in zip(thresholds, accepted, rejected, strict=True):
        kept.setdefault(int(matches), CurvePoint(float(threshold), int(matches), int(misses)))
    points = sorted(kept.values(), key=lambda point: point.threshold)
    if len(points) < 2:
        points = [CurvePoint(-1.0, impostor.count, 0), *points]
    return tuple(points)
