"""Genuine pairs with one side degraded as by a document, beside the same pairs clean."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from visavis.capture.picture import read_picture
from visavis.evaluation.bounds import Rate, rate
from visavis.evaluation.degradation import Degradation, degrade
from visavis.evaluation.encoding import Encoded, Encoder, Progress, in_order
from visavis.evaluation.report import DegradationRow
from visavis.evaluation.values import FloatArray, IndexArray
from visavis.perception.acquisition import FaceChoice

__all__ = ["MAX_PAIRS", "CleanSet", "measure_degradation"]

MAX_PAIRS: Final = 200
RESTORED: Final = "screened_print"
"""The note of a portrait whose print screen was filtered out."""


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
    places = sorted({first for first, _ in pairs})
    progress.begin("finding eyes", len(places))

    def find_eyes(index: int) -> FloatArray | None:
        return encoder.eyes(read_picture(images / clean.files[index]), choice=choice)

    eyes = dict(zip(places, in_order(find_eyes, places, workers=workers, progress=progress), strict=True))
    known = [pair for pair in pairs if eyes[pair[0]] is not None]

    def encode(task: tuple[Degradation, int, int]) -> tuple[Encoded, Encoded]:
        """As the product does, and without the filter for prints."""
        kind, seed, index = task
        at = eyes[index]
        if at is None:  # pragma: no cover - left out above
            return (Encoded(vector=None, reason="no_face"),) * 2
        picture = degrade(read_picture(images / clean.files[index]), at, kind, seed=seed)
        meant = FaceChoice.PORTRAIT if kind.framed else choice
        item = encoder.encode(picture, choice=meant, document=True)
        return item, encoder.encode(picture, choice=meant) if RESTORED in item.notes else item

    rows = []
    for kind in kinds:
        progress.begin(f"degraded: {kind.title}", len(known))
        tasks = [(kind, place, pair[0]) for place, pair in enumerate(known)]
        found = list(in_order(encode, tasks, workers=workers, progress=progress))
        rows.append(_row(kind, found, clean, known, target=target, threshold=threshold, least_quality=least_quality))
    return tuple(rows)


def _row(
    kind: Degradation,
    found: Sequence[tuple[Encoded, Encoded]],
    clean: CleanSet,
    pairs: Sequence[tuple[int, int]],
    *,
    target: float,
    threshold: float,
    least_quality: float,
) -> DegradationRow:
    clean_misses = misses = asked = plain_misses = plain_compared = 0
    compared: list[tuple[Encoded, FloatArray, int]] = []
    for (item, plain), (a, b) in zip(found, pairs, strict=True):
        one, other = clean.encoded[a].vector, clean.encoded[b].vector
        if one is None or other is None:  # pragma: no cover - pairs are chosen usable
            continue
        clean_misses += float(one @ other) < threshold
        if plain.vector is not None:
            plain_compared += 1
            plain_misses += float(plain.vector @ other) < threshold
        if item.vector is None:
            continue
        compared.append((item, item.vector, int(clean.subjects[a])))
        if float(item.vector @ other) < threshold:
            misses += 1
            asked += _poor(item, least_quality) or _poor(clean.encoded[b], least_quality)
    known = clean.people_known and bool(compared)
    both, both_answered = _both_sides(compared, threshold) if known else (None, None)
    return DegradationRow(
        kind=kind.name,
        title=kind.title,
        definition=kind.definition,
        target=target,
        threshold=threshold,
        failures=rate(len(pairs) - len(compared), len(pairs)),
        restored=sum(RESTORED in item.notes for item, _, _ in compared),
        clean=rate(clean_misses, len(pairs)),
        fnmr=rate(misses, len(compared)),
        fnmr_unrestored=rate(plain_misses, plain_compared),
        asked_again=asked,
        fnmr_answered=rate(misses - asked, len(compared)),
        fmr=_against_clean(compared, clean, threshold) if known else None,
        fmr_both=both,
        fmr_both_answered=both_answered,
    )


def _poor(item: Encoded, least_quality: float) -> bool:
    return item.quality is not None and item.quality < least_quality


def _against_clean(compared: Sequence[tuple[Encoded, FloatArray, int]], clean: CleanSet, threshold: float) -> Rate:
    kept = [(i.vector, s) for i, s in zip(clean.encoded, clean.subjects, strict=True) if i.vector is not None]
    gallery, owners = np.stack([vector for vector, _ in kept]), np.array([subject for _, subject in kept])
    matches = trials = 0
    for _, vector, subject in compared:
        others = owners != subject
        matches += int((gallery[others] @ vector >= threshold).sum())
        trials += int(others.sum())
    return rate(matches, trials)


def _both_sides(compared: Sequence[tuple[Encoded, FloatArray, int]], threshold: float) -> tuple[Rate, Rate]:
    vectors = np.stack([vector for _, vector, _ in compared])
    blocked = np.array([item.blocked for item, _, _ in compared])
    subjects = np.array([subject for _, _, subject in compared])
    pairs = np.triu(subjects[:, None] != subjects[None], 1)
    matches = pairs & (vectors @ vectors.T >= threshold)
    answered = matches & ~(blocked[:, None] & blocked[None])
    trials = int(pairs.sum())
    return rate(int(matches.sum()), trials), rate(int(answered.sum()), trials)
