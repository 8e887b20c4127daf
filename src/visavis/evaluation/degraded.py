"""Genuine pairs with one side degraded as by a document, beside the same pairs clean."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from visavis.capture.picture import read_picture
from visavis.evaluation.bounds import rate
from visavis.evaluation.degradation import Degradation, degrade
from visavis.evaluation.encoding import Encoded, Encoder, Progress, in_order
from visavis.evaluation.report import DegradationRow
from visavis.evaluation.values import FloatArray, IndexArray
from visavis.perception.acquisition import FaceChoice

__all__ = ["MAX_PAIRS", "CleanSet", "measure_degradation"]

MAX_PAIRS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CleanSet:
    """The clean pictures: ``files`` (n), what became of each, and whose each is (n,), a number."""

    files: Sequence[str]
    encoded: Sequence[Encoded]
    subjects: IndexArray
    people_known: bool


def choose_pairs(clean: CleanSet, first: IndexArray, second: IndexArray) -> list[tuple[int, int]]:
    """Of the genuine pairs listed the first of each person where both sides are usable, at most `MAX_PAIRS`.

    One a person, so that nobody counts twice. The first picture of a pair is the one that is degraded.
    """
    chosen: dict[int, tuple[int, int]] = {}
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        if clean.encoded[a].vector is not None and clean.encoded[b].vector is not None:
            chosen.setdefault(int(clean.subjects[a]), (a, b))
    return list(chosen.values())[:MAX_PAIRS]


def measure_degradation(
    clean: CleanSet,
    pairs: Sequence[tuple[int, int]],
    kinds: Sequence[Degradation],
    *,
    images: Path,
    encoder: Encoder,
    choice: FaceChoice,
    target: float,
    threshold: float,
    least_quality: float,
    workers: int,
    progress: Progress,
) -> tuple[DegradationRow, ...]:
    """One row for each of ``kinds``. Pictures are degraded in memory, seeded by kind and place in the list."""
    rows = []
    gallery, owners = _vectors(clean)

    def encode(task: tuple[Degradation, int, int]) -> Encoded:
        kind, seed, index = task
        eyes = clean.encoded[index].eyes
        if eyes is None:  # pragma: no cover - a usable picture has eyes
            return Encoded(vector=None, reason="no_face")
        picture = degrade(read_picture(images / clean.files[index]), eyes, kind, seed=seed)
        return encoder.encode(picture, choice=choice, document=True)

    for number, kind in enumerate(kinds):
        progress.begin(f"degraded: {kind.title}", len(pairs))
        tasks = [(kind, 1000 * number + place, pair[0]) for place, pair in enumerate(pairs)]
        found = list(in_order(encode, tasks, workers=workers, progress=progress))
        rows.append(
            _row(
                kind,
                found,
                clean,
                pairs,
                (gallery, owners),
                target=target,
                threshold=threshold,
                least_quality=least_quality,
            )
        )
    return tuple(rows)


def _vectors(clean: CleanSet) -> tuple[FloatArray, IndexArray]:
    usable = [(item.vector, subject) for item, subject in zip(clean.encoded, clean.subjects, strict=True)]
    kept = [(vector, subject) for vector, subject in usable if vector is not None]
    return np.stack([vector for vector, _ in kept]), np.array([subject for _, subject in kept], np.int32)


def _row(
    kind: Degradation,
    found: Sequence[Encoded],
    clean: CleanSet,
    pairs: Sequence[tuple[int, int]],
    gallery: tuple[FloatArray, IndexArray],
    *,
    target: float,
    threshold: float,
    least_quality: float,
) -> DegradationRow:
    clean_misses = misses = asked = compared = 0
    false_matches = impostors = 0
    for item, (a, b) in zip(found, pairs, strict=True):
        one, other = clean.encoded[a].vector, clean.encoded[b].vector
        if one is None or other is None:  # pragma: no cover - pairs are chosen usable
            continue
        clean_misses += float(one @ other) < threshold
        if item.vector is None:
            continue
        compared += 1
        if float(item.vector @ other) < threshold:
            misses += 1
            asked += _poor(item, least_quality) or _poor(clean.encoded[b], least_quality)
        others = gallery[1] != clean.subjects[a]
        false_matches += int((gallery[0][others] @ item.vector >= threshold).sum())
        impostors += int(others.sum())
    return DegradationRow(
        kind=kind.name,
        title=kind.title,
        definition=kind.definition,
        target=target,
        threshold=threshold,
        failures=rate(len(pairs) - compared, len(pairs)),
        clean=rate(clean_misses, len(pairs)),
        fnmr=rate(misses, compared),
        fmr=rate(false_matches, impostors) if clean.people_known else None,
        asked_again=asked,
        fnmr_answered=rate(misses - asked, compared),
    )


def _poor(item: Encoded, least_quality: float) -> bool:
    return item.quality is not None and item.quality < least_quality
