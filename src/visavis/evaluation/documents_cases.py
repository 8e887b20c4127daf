"""What is measured of reading documents, case by case, as plain values that a log holds.

A *case* is one specimen, drawn and photographed from its own seed, so it can be made again by its key. A *way* is how
it was read: from one photograph, or from three frames of a live preview, of which the first is that photograph.
"""

from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from visavis.evaluation.specimens.levels import Level
from visavis.evaluation.specimens.specimen import SpecimenKind

__all__ = [
    "CaseKey",
    "CaseResult",
    "FieldGrade",
    "Group",
    "MrzGrade",
    "PortraitGrade",
    "WayResult",
    "keys_of",
    "kind_of",
    "read_case",
    "write_case",
]


class Group(StrEnum):
    """What is measured together, each with as many specimens."""

    ZONE = "zone"
    """Machine-readable zones: a passport's page and the back of a card in turn. One photograph, and three frames."""
    CARD_FRONT = "card_front"
    """The front of a card: visual zone and portrait."""
    PRC_FRONT = "prc_front"
    PRC_BACK = "prc_back"


class MrzGrade(StrEnum):
    RIGHT_ACCEPTED = "right_accepted"
    WRONG_ACCEPTED = "wrong_accepted"
    """The one that matters: somebody else's document, with nobody the wiser."""
    RIGHT_REFUSED = "right_refused"
    """Read exactly, and not accepted: another picture was asked for."""
    WRONG_REFUSED = "wrong_refused"
    NOT_FOUND = "not_found"


class FieldGrade(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    MISSING = "missing"


class PortraitGrade(StrEnum):
    MAIN = "main"
    GHOST = "ghost"
    ELSEWHERE = "elsewhere"
    NOT_FOUND = "not_found"


class CaseKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``digest``: of everything that a result depends on: program, models, portraits."""

    level: Level
    group: Group
    number: int
    seed: int
    digest: str

    @property
    def stream(self) -> str:
        """What its random numbers are drawn from."""
        return f"{self.seed}/{self.level}/{self.group}/{self.number}"


class WayResult(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reading. ``pictures``: how many it had. ``ms``: from decoded pictures to fields, on one core.

    ``kind``: what the document was taken for, empty for nothing. ``mrz``: None where the side has no zone; ``wrong``:
    the fields in which an accepted zone is wrong; ``repaired``: one character was changed. ``fields``: printed ones,
    by name. ``number_accepted``: of the PRC's card, that it came out as valid. ``portrait``: None where the side has
    none; ``comparable``: the portrait in the photograph matches the one that was printed, at a false match rate of
    1e-4. ``advice``: codes, where the reading was not accepted.
    """

    pictures: int
    ms: float
    kind: str = ""
    mrz: MrzGrade | None = None
    wrong: tuple[str, ...] = ()
    repaired: bool = False
    fields: dict[str, FieldGrade] = {}
    number_accepted: bool | None = None
    portrait: PortraitGrade | None = None
    comparable: bool | None = None
    advice: tuple[str, ...] = ()


class CaseResult(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``difficulty``: of the first photograph."""

    key: CaseKey
    kind: SpecimenKind
    ways: tuple[WayResult, ...]
    difficulty: dict[str, float | str]


FRAMES: Final = 3


def kind_of(group: Group, number: int) -> SpecimenKind:
    if group is Group.ZONE:
        return (SpecimenKind.TD3_PAGE, SpecimenKind.TD1_CARD_BACK)[number % 2]
    return {
        Group.CARD_FRONT: SpecimenKind.TD1_CARD_FRONT,
        Group.PRC_FRONT: SpecimenKind.PRC_FRONT,
        Group.PRC_BACK: SpecimenKind.PRC_BACK,
    }[group]


def keys_of(
    levels: tuple[Level, ...], groups: tuple[Group, ...], *, count: int, seed: int, digest: str
) -> tuple[CaseKey, ...]:
    """All go on together, so that a run which is stopped has as many of each."""
    return tuple(
        CaseKey(level=level, group=group, number=number, seed=seed, digest=digest)
        for number in range(count)
        for level in levels
        for group in groups
    )


def write_case(result: CaseResult) -> bytes:
    """One line of a log."""
    return msgspec.json.encode(result) + b"\n"


def read_case(line: bytes) -> CaseResult | None:
    """None for what is no result of this form."""
    try:
        return msgspec.json.decode(line, type=CaseResult)
    except msgspec.MsgspecError:
        return None
