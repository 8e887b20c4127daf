"""What each model of a fusion does alone, from the vectors that were fused: no picture is looked at again."""

from collections.abc import Sequence

import numpy as np

from visavis.evaluation.encoding import Encoded
from visavis.evaluation.metrics import operating_point, supported_targets
from visavis.evaluation.pairs import PairList
from visavis.evaluation.report import MemberRow
from visavis.evaluation.scores import Trials, all_pairs, listed_pairs
from visavis.evaluation.summary import Scored, folds, score_list
from visavis.evaluation.values import FloatArray, IndexArray
from visavis.perception.session import ModelIdentity

__all__ = ["measure_members"]


def measure_members(
    parts: Sequence[tuple[ModelIdentity, int]],
    table: PairList,
    encoded: Sequence[Encoded],
    subjects: IndexArray,
    *,
    formed: bool,
) -> tuple[MemberRow, ...]:
    """A row for each of ``parts``, which tell what stands where in a vector. ``subjects`` (n,): whose picture."""
    rows = []
    start = 0
    for identity, width in parts:
        part = slice(start, start + width)
        start += width
        vectors = [None if item.vector is None else _unit(item.vector[part]) for item in encoded]
        scored = score_list(table, vectors)
        trials = _all(vectors, subjects) if formed else _listed(scored, subjects)
        points = [operating_point(trials, target) for target in supported_targets(trials.impostor.count)]
        accuracy = folds(table, scored)
        rows.append(
            MemberRow(
                name=str(identity),
                accuracy=None if accuracy is None else accuracy.mean,
                fnmr=tuple((point.target, point.fnmr) for point in points if point is not None),
            )
        )
    return tuple(rows)


def _unit(vector: FloatArray) -> FloatArray:
    length = np.linalg.norm(vector)
    return np.asarray(vector / length, np.float32) if length > 0 else vector


def _all(vectors: Sequence[FloatArray | None], subjects: IndexArray) -> Trials:
    usable = np.array([vector is not None for vector in vectors])
    return all_pairs(np.stack([vector for vector in vectors if vector is not None]), subjects[usable])


def _listed(scored: Scored, subjects: IndexArray) -> Trials:
    compared = scored.compared
    return listed_pairs(
        scored.scores[compared],
        scored.first[compared],
        scored.second[compared],
        scored.same[compared],
        subjects=subjects,
        people_known=False,
    )
