"""What an evaluation of reading documents found, as plain values; its JSON is these fields by name.

A *wrong but accepted* zone is one that was accepted and differs from what is printed in any character. Rates have their
95 % bounds (`visavis.evaluation.bounds`). Nothing here holds a picture, or what a document says.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median, quantiles
from typing import Any, Final

import msgspec

from visavis import __version__
from visavis.evaluation.bounds import Rate, rate
from visavis.evaluation.documents_cases import (
    CaseResult,
    FieldGrade,
    Group,
    MrzGrade,
    PortraitGrade,
    WayResult,
)
from visavis.evaluation.documents_fit import fits
from visavis.evaluation.report import ModelName
from visavis.evaluation.specimens.levels import Level
from visavis.evaluation.specimens.specimen import SpecimenKind

__all__ = [
    "FORMAT",
    "DocumentsReport",
    "FieldRow",
    "NumberRow",
    "PortraitRow",
    "TimeRow",
    "ZoneRow",
    "documents_schema",
    "documents_to_json",
    "summarise_documents",
]

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRow:
    """Machine-readable zones of one level, read in one way. ``kind``: None for all sides together.

    ``exact``: read right in every character, accepted or not. ``accepted``: right and accepted. ``wrong_accepted``:
    what must not be. ``repaired``: accepted after one character was changed. ``refused``: not accepted; of these,
    ``unadvised``: without any advice, ``fitting``: with one at least that fits what was drawn for the first photograph.
    ``wrong_fields``: of what was accepted and wrong. ``advice``: by code, how often.
    """

    level: Level
    pictures: int
    kind: SpecimenKind | None
    exact: Rate
    accepted: Rate
    wrong_accepted: Rate
    repaired: int
    refused: int
    unadvised: int
    fitting: int
    wrong_fields: tuple[tuple[str, int], ...]
    advice: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """A printed field of one side: ``right`` among all, ``wrong`` and ``missing`` in numbers."""

    level: Level
    pictures: int
    kind: SpecimenKind
    field: str
    right: Rate
    wrong: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRow:
    """The number of the PRC's card. ``wrong_accepted``: it came out as valid, and is another one."""

    level: Level
    right: Rate
    wrong_accepted: Rate
    advice: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitRow:
    """``found``: the main portrait, where it is. ``ghost``, ``elsewhere``: something else was taken for it, in numbers.
    ``comparable``: it matches the portrait that was printed, at a false match rate of 1e-4.
    """

    level: Level
    kind: SpecimenKind
    found: Rate
    ghost: int
    elsewhere: int
    comparable: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRow:
    """ms of one core, from decoded pictures to fields."""

    level: Level
    pictures: int
    kind: SpecimenKind
    readings: int
    median_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsReport:
    """``specimens``: of each group and level, at most. ``faults``: cases lost to a fault of the program."""

    format: int
    visavis: str
    date: str
    seed: int
    digest: str
    models: tuple[ModelName, ...]
    specimens: int
    cases: int
    zones: tuple[ZoneRow, ...]
    numbers: tuple[NumberRow, ...]
    fields: tuple[FieldRow, ...]
    portraits: tuple[PortraitRow, ...]
    times: tuple[TimeRow, ...]
    faults: int
    notes: tuple[str, ...]


_Read = tuple[CaseResult, WayResult]


def summarise_documents(
    results: Sequence[CaseResult],
    *,
    seed: int,
    digest: str,
    models: tuple[ModelName, ...],
    faults: int,
    now: datetime,
    notes: tuple[str, ...],
) -> DocumentsReport:
    """The report of ``results``, in the order of levels and sides; the same for the same results."""
    readings = [(case, way) for case in results for way in case.ways]
    counts = Counter((case.key.level, case.key.group) for case in results)
    return DocumentsReport(
        format=FORMAT,
        visavis=__version__,
        date=now.date().isoformat(),
        seed=seed,
        digest=digest,
        models=models,
        specimens=max(counts.values(), default=0),
        cases=len(results),
        zones=tuple(_zones(readings)),
        numbers=tuple(_numbers(readings)),
        fields=tuple(_fields(readings)),
        portraits=tuple(_portraits(readings)),
        times=tuple(_times(readings)),
        faults=faults,
        notes=notes,
    )


def _zones(readings: Sequence[_Read]) -> Iterable[ZoneRow]:
    kinds: tuple[SpecimenKind | None, ...] = (None, SpecimenKind.TD3_PAGE, SpecimenKind.TD1_CARD_BACK)
    for level in Level:
        for pictures in _ways(readings):
            for kind in kinds:
                chosen = [
                    (case, way)
                    for case, way in readings
                    if case.key.group is Group.ZONE
                    and case.key.level is level
                    and way.pictures == pictures
                    and kind in {None, case.kind}
                ]
                if chosen:
                    yield _zone(level, pictures, kind, chosen)


def _zone(level: Level, pictures: int, kind: SpecimenKind | None, readings: Sequence[_Read]) -> ZoneRow:
    taken = {MrzGrade.RIGHT_ACCEPTED, MrzGrade.WRONG_ACCEPTED}
    grades = Counter(way.mrz for _, way in readings)
    accepted, wrong = grades[MrzGrade.RIGHT_ACCEPTED], grades[MrzGrade.WRONG_ACCEPTED]
    refused = [(case, way) for case, way in readings if way.mrz not in taken]
    return ZoneRow(
        level=level,
        pictures=pictures,
        kind=kind,
        exact=rate(accepted + grades[MrzGrade.RIGHT_REFUSED], len(readings)),
        accepted=rate(accepted, len(readings)),
        wrong_accepted=rate(wrong, len(readings)),
        repaired=sum(way.repaired for _, way in readings if way.mrz in taken),
        refused=len(refused),
        unadvised=sum(not way.advice for _, way in refused),
        fitting=sum(any(fits(code, case.difficulty) for code in way.advice) for case, way in refused),
        wrong_fields=_often(name for _, way in readings for name in way.wrong),
        advice=_often(code for _, way in refused for code in way.advice),
    )


def _numbers(readings: Sequence[_Read]) -> Iterable[NumberRow]:
    for level in Level:
        chosen = [way for case, way in readings if case.key.level is level and case.kind is SpecimenKind.PRC_FRONT]
        if chosen:
            right = [way for way in chosen if way.fields.get("number") is FieldGrade.RIGHT]
            wrong = sum(way.number_accepted is True and way not in right for way in chosen)
            yield NumberRow(
                level=level,
                right=rate(len(right), len(chosen)),
                wrong_accepted=rate(wrong, len(chosen)),
                advice=_often(code for way in chosen for code in way.advice),
            )


def _fields(readings: Sequence[_Read]) -> Iterable[FieldRow]:
    for level in Level:
        for kind in SpecimenKind:
            for pictures in _ways(readings):
                chosen = [
                    way
                    for case, way in readings
                    if case.key.level is level and case.kind is kind and way.pictures == pictures
                ]
                names = dict.fromkeys(name for way in chosen for name in way.fields)
                for name in names:
                    grades = Counter(way.fields[name] for way in chosen if name in way.fields)
                    yield FieldRow(
                        level=level,
                        pictures=pictures,
                        kind=kind,
                        field=name,
                        right=rate(grades[FieldGrade.RIGHT], grades.total()),
                        wrong=grades[FieldGrade.WRONG],
                        missing=grades[FieldGrade.MISSING],
                    )


def _portraits(readings: Sequence[_Read]) -> Iterable[PortraitRow]:
    for level in Level:
        for kind in SpecimenKind:
            chosen = [
                way
                for case, way in readings
                if case.key.level is level and case.kind is kind and way.pictures == 1 and way.portrait is not None
            ]
            if chosen:
                grades = Counter(way.portrait for way in chosen)
                compared = [way for way in chosen if way.comparable is not None]
                yield PortraitRow(
                    level=level,
                    kind=kind,
                    found=rate(grades[PortraitGrade.MAIN], len(chosen)),
                    ghost=grades[PortraitGrade.GHOST],
                    elsewhere=grades[PortraitGrade.ELSEWHERE],
                    comparable=rate(sum(way.comparable is True for way in compared), len(compared)),
                )


def _times(readings: Sequence[_Read]) -> Iterable[TimeRow]:
    for level in Level:
        for kind in SpecimenKind:
            for pictures in _ways(readings):
                ms = [
                    way.ms
                    for case, way in readings
                    if case.key.level is level and case.kind is kind and way.pictures == pictures
                ]
                if ms:
                    last = quantiles(ms, n=20, method="inclusive")[-1] if len(ms) > 1 else ms[0]
                    yield TimeRow(
                        level=level,
                        pictures=pictures,
                        kind=kind,
                        readings=len(ms),
                        median_ms=median(ms),
                        p95_ms=last,
                    )


def _ways(readings: Sequence[_Read]) -> list[int]:
    return sorted({way.pictures for _, way in readings})


def _often(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def documents_to_json(report: DocumentsReport) -> bytes:
    """UTF-8, indented, ending in a line break; the same bytes for the same report."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def documents_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `documents_to_json`."""
    return msgspec.json.schema(DocumentsReport)
