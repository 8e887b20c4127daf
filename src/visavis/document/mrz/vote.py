"""Several readings of one zone, voted place by place; then the check digits; then what agreed is stated.

Readings count as independent when they come from different pictures: two ways of reading one picture share its faults.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from visavis.document.mrz.layout import Field, Format, position_masks
from visavis.document.mrz.parse import format_of, mrz_lines, parse_mrz
from visavis.document.mrz.zone import Mrz
from visavis.errors import DocumentError

__all__ = ["MOST_READINGS", "MrzReading", "Vote", "VoteOutcome", "vote"]

MOST_READINGS: Final = 64
_FLOOR: Final = 0.01
"""The least weight of a character, so that a reader without confidence still counts where nothing contradicts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MrzReading:
    """One reading. ``picture`` names the picture it was read from: readings of one picture share one vote.

    ``confidence`` holds one value from 0 to 1 for each character of all lines joined, or is empty for no statement.
    """

    text: str
    picture: str
    confidence: tuple[float, ...] = ()


class VoteOutcome(StrEnum):
    AGREED = "agreed"
    """The check digits hold, and two pictures at least were read alike in full."""
    VOTED = "voted"
    """The check digits hold for what was voted; fewer than two pictures give just that."""
    SETTLED_BY_CHECKS = "settled_by_checks"
    """One place was decided by the check digits, between characters that were really read. It counts as a repair."""
    UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """``agreement`` is the winner's share of the weight, one value a place. ``disputed`` are places below 1.

    ``number_confirmed``: two pictures at least gave this document number, each in a reading whose own check digits all
    hold without any repair. ``unused`` readings were no zone, or of another format than most.
    """

    mrz: Mrz
    outcome: VoteOutcome
    agreement: tuple[float, ...]
    disputed: tuple[int, ...]
    pictures: int
    pictures_alike: int
    number_confirmed: bool
    unused: int


def vote(readings: Sequence[MrzReading], *, today: date) -> Vote:
    """Vote over readings of one document.

    Raises DocumentError (not_an_mrz) where no reading has the shape of a zone; ValueError for more than 64 readings, or
    confidences of a wrong number or outside 0 to 1.
    """
    if len(readings) > MOST_READINGS:
        raise ValueError(f"at most {MOST_READINGS} readings are voted on")
    kind, kept = _of_one_format(readings)
    weights = _weigh(kept, kind)
    text = "".join(_winner(place) for place in weights)
    mrz = parse_mrz(text, today=today)
    settled = False
    if not mrz.checks_hold:
        better = [t for t in _runners_up(text, weights) if parse_mrz(t, today=today).checks_hold]
        if len(better) == 1:
            mrz, settled = parse_mrz(better[0], today=today), True
    alike = len({reading.picture for joined, reading in kept if joined == mrz.text})
    totals = [sum(place.values()) for place in weights]
    agreement = tuple(
        place[character] / total for place, total, character in zip(weights, totals, mrz.text, strict=True)
    )
    return Vote(
        mrz=mrz,
        outcome=_outcome(mrz, alike=alike, settled=settled),
        agreement=agreement,
        disputed=tuple(at for at, place in enumerate(weights) if len(place) > 1),
        pictures=len({reading.picture for _, reading in kept}),
        pictures_alike=alike,
        number_confirmed=_number_confirmed(kept, mrz, today=today),
        unused=len(readings) - len(kept),
    )


def _of_one_format(readings: Sequence[MrzReading]) -> tuple[Format, list[tuple[str, MrzReading]]]:
    """The commonest format by pictures, and the readings of it. A tie goes to the format that was read first."""
    usable: list[tuple[Format, str, MrzReading]] = []
    for reading in readings:
        try:
            lines = mrz_lines(reading.text)
        except DocumentError:
            continue
        usable.append((format_of(lines), "".join(lines), reading))
    if not usable:
        raise DocumentError(
            "not_an_mrz", "None of these readings is a machine-readable zone.", advice="Take another picture."
        )
    pictures = Counter(dict.fromkeys((kind for kind, _, _ in usable), 0))
    for kind, _ in {(kind, reading.picture): None for kind, _, reading in usable}:
        pictures[kind] += 1
    chosen = pictures.most_common(1)[0][0]
    return chosen, [(joined, reading) for kind, joined, reading in usable if kind is chosen]


def _weigh(kept: list[tuple[str, MrzReading]], kind: Format) -> list[dict[str, float]]:
    """Weight of each character at each place. Readings of one picture share a vote; masks exclude what cannot be."""
    masks = [mask for line in position_masks(kind) for mask in line]
    readings_of = Counter(reading.picture for _, reading in kept)
    weights: list[dict[str, float]] = [{} for _ in masks]
    for joined, reading in kept:
        confidence = reading.confidence or (1.0,) * len(joined)
        if len(confidence) != len(joined) or not all(0 <= c <= 1 for c in confidence):
            raise ValueError("a confidence from 0 to 1 for every character, or none at all")
        for at, character in enumerate(joined):
            weight = max(confidence[at], _FLOOR) / readings_of[reading.picture]
            weights[at][character] = weights[at].get(character, 0.0) + weight
    for at, mask in enumerate(masks):
        if set(weights[at]) & mask:
            weights[at] = {c: w for c, w in weights[at].items() if c in mask}
    return weights


def _winner(place: dict[str, float]) -> str:
    """The heaviest; among equals the first in the alphabet, so that the order of the readings decides nothing."""
    return min(place, key=lambda character: (-place[character], character))


def _runners_up(text: str, weights: list[dict[str, float]]) -> list[str]:
    return [
        text[:at] + character + text[at + 1 :]
        for at, place in enumerate(weights)
        for character in place
        if character != text[at]
    ]


def _outcome(mrz: Mrz, *, alike: int, settled: bool) -> VoteOutcome:
    if not mrz.checks_hold:
        return VoteOutcome.UNSETTLED
    if settled:
        return VoteOutcome.SETTLED_BY_CHECKS
    return VoteOutcome.AGREED if alike >= 2 else VoteOutcome.VOTED


def _number_confirmed(kept: list[tuple[str, MrzReading]], mrz: Mrz, *, today: date) -> bool:
    """A number is confirmed by pictures that each give it in a whole reading of their own."""
    pictures = set()
    for joined, reading in kept:
        own = parse_mrz(joined, today=today)
        if own.checks_hold and own.fields.document_number == mrz.fields.document_number:
            pictures.add(reading.picture)
    return mrz.checks_hold and bool(mrz.raw(Field.DOCUMENT_NUMBER).strip("<")) and len(pictures) >= 2
