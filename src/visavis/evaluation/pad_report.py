"""What an evaluation of attack detection found, as plain values; its JSON is these fields by name.

The terms are those of ISO/IEC 30107-3:2023. *APCER*: the share of the presentations of one attack instrument species
that pass as bona fide. *BPCER*: the share of bona fide presentations that are taken for an attack. *Non-response*: of
those that are not classified at all. An average over species is nowhere, since it would hide one.

The JSON Schema is `schema`; a change that a reader could trip over raises `FORMAT`. Nothing here holds a picture or a
template; people are named as the files of their captures are.
"""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from visavis.evaluation.bounds import Rate
from visavis.evaluation.report import ModelName
from visavis.pad.evidence import Witness

__all__ = [
    "FORMAT",
    "POINTS",
    "BonaFide",
    "BonaFidePoint",
    "Curve",
    "CurveAt",
    "FrameRateRow",
    "PadReport",
    "PersonRow",
    "PointName",
    "ReturnRow",
    "SpeciesPoint",
    "SpeciesReturn",
    "SpeciesRow",
    "WitnessCell",
    "WitnessRow",
    "schema",
    "to_json",
]

FORMAT: Final = 1

PointName = str
"""One of `POINTS`."""

POINTS: Final = ("standard", "strict", "strict_second_channel")
"""The two operating points, and the stricter one where a second channel has passed as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeciesPoint:
    """One species at one of `POINTS`. ``accepted``: APCER. The others were ``refused`` (taken for an attack) or left
    ``undecided`` (not classified), and so not accepted either.

    ``people``: of whose captures the presentations are made, those with one that was accepted. ``lit``: APCER where the
    light is strong enough to tell (`PadReport.conclusive_from`); None for recordings.
    """

    point: PointName
    accepted: Rate
    refused: int
    undecided: int
    people: Rate
    lit: Rate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeciesReturn:
    """Presentations by the share r of the screen in the light, ``low`` to ``high``, and how many were accepted."""

    low: float
    high: float
    standard: Rate
    strict: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeciesRow:
    """``level``: what the species is made with. ``recorded``: real attacks; else simulated. ``seconds``: the median
    length. ``points``: in the order of `POINTS`.

    ``reasons``: of the assessment at `standard`, those that came most often, with how often. ``instruments``: what
    the assessment took them for. ``last``: by witness, how many presentations it alone kept from a pass at `standard`.
    """

    code: str
    title: str
    level: str
    recorded: bool
    trials: int
    seconds: float
    points: tuple[SpeciesPoint, ...]
    by_return: tuple[SpeciesReturn, ...]
    reasons: tuple[tuple[str, int], ...]
    instruments: tuple[tuple[str, int], ...]
    last: tuple[tuple[Witness, int], ...]

    def at(self, point: PointName) -> SpeciesPoint:
        return next(item for item in self.points if item.point == point)


@dataclass(frozen=True, slots=True, kw_only=True)
class BonaFidePoint:
    """``attack``: BPCER, taken for an attack. ``no_response``: not classified. ``not_accepted``: both together.

    ``over_people``: 95 % interval of the mean over people of ``not_accepted``, each counting once (Student's t, cut at
    0 and 1); None for fewer than three people, or where all of them have the same rate.
    """

    point: PointName
    attack: Rate
    no_response: Rate
    not_accepted: Rate
    over_people: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """``not_accepted``: in the order of `POINTS`. ``replaced``: gestures that this person's clip has to be spared."""

    person: str
    trials: int
    not_accepted: tuple[Rate, ...]
    replaced: str
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRow:
    """Bona fide presentations by the share r of the screen in the light on the face, ``low`` to ``high``.

    ``light``: those whose light witness passes or fails, that is, can tell. ``accepted``: in the order of `POINTS`.
    """

    low: float
    high: float
    light: Rate
    accepted: tuple[Rate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRateRow:
    """Bona fide presentations by frames a second. ``not_accepted``: in the order of `POINTS`."""

    rate_hz: float
    not_accepted: tuple[Rate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BonaFide:
    """Living people. ``recorded``: real captures with their own challenges; else actors made of clips."""

    recorded: bool
    trials: int
    people: int
    seconds: float
    points: tuple[BonaFidePoint, ...]
    by_person: tuple[PersonRow, ...]
    by_return: tuple[ReturnRow, ...]
    by_frame_rate: tuple[FrameRateRow, ...]
    reasons: tuple[tuple[str, int], ...]

    def at(self, point: PointName) -> BonaFidePoint:
        return next(item for item in self.points if item.point == point)


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessCell:
    """One witness on one species, on presentations that were played to their end.

    ``auc``: how often its score is lower than that of a bona fide presentation, ties as half; None without scores.
    """

    witness: Witness
    passed: int
    undecided: int
    refused: int
    auc: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessRow:
    """``species``: a code, bona fide among them. ``cells``: in the order of `Witness`."""

    species: str
    trials: int
    cells: tuple[WitnessCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveAt:
    """At ``threshold``: the share of attacks at or above it, and of bona fide presentations below it."""

    threshold: float
    attacks: float
    bona_fide: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One score over presentations played to their end; attack presentations weigh so that every species counts alike.

    ``name``: of a witness, or ``assessment``. ``points``: with rising threshold.
    """

    name: str
    attacks: int
    bona_fide: int
    area: float
    points: tuple[CurveAt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PadReport:
    """``half``: of the people, ``tuning`` or ``reporting``. ``digest``: of what was measured. ``conclusive_from``: the
    share r of the screen in the light from which the light witness is taken as able to tell.

    ``species``: the worst first, at `standard`, then at `strict`. ``not_staged``: presentations that could not be made,
    by species and code. ``faults``: presentations lost to a fault of the program.
    """

    format: int
    visavis: str
    date: str
    captures: str
    half: str
    seed: int
    digest: str
    models: tuple[ModelName, ...]
    people: tuple[str, ...]
    patient: int
    conclusive_from: float
    species: tuple[SpeciesRow, ...]
    bona_fide: BonaFide | None
    recorded: BonaFide | None
    witnesses: tuple[WitnessRow, ...]
    curves: tuple[Curve, ...]
    not_staged: tuple[tuple[str, str, int], ...]
    faults: int
    notes: tuple[str, ...]


def to_json(report: PadReport) -> bytes:
    """UTF-8, indented, ending in a line break; the same bytes for the same report."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `to_json`."""
    return msgspec.json.schema(PadReport)
