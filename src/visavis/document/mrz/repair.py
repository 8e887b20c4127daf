"""Repair of a misread zone: at most one character, said aloud, and never enough to confirm a document number.

Check digits see neither differences of 10 (G for 6; A, K, U, 0 and the filler) nor, at weights 7 and 3, two differences
of 3 that cancel (B for 8, Z for 2, S for 5, D for 0). The more is repaired, the likelier a zone that fits and is wrong.
So: what a mask excludes is turned into its twin first (a letter where only digits stand), since nothing is chosen
there; then one character in all may be changed. Where that does not do, or could be done in two ways, nothing is
repaired.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from visavis.document.mrz.checks import DIGITS, undetectable
from visavis.document.mrz.layout import LAYOUTS, Checked, Field, Format, position_masks
from visavis.document.mrz.parse import format_of, mrz_lines, parse_mrz
from visavis.document.mrz.zone import Mrz

__all__ = ["TWINS", "Repair", "RepairOutcome", "Substitution", "doubtful_places", "repair_mrz"]

_PAIRS: Final = ("0O", "0D", "1I", "2Z", "5S", "6G", "8B")
TWINS: Final = {
    character: "".join(pair.replace(character, "") for pair in _PAIRS if character in pair)
    for character in sorted(set("".join(_PAIRS)))
}
"""Which characters are taken for one another, the likeliest first. OCR-B tells most of them apart; blur does not."""


class RepairOutcome(StrEnum):
    INTACT = "intact"
    """Every check digit held as it was read, after the masks."""
    REPAIRED = "repaired"
    """One character was changed, and no other single change does it."""
    AMBIGUOUS = "ambiguous"
    """Several single changes would do; none was made."""
    BEYOND = "beyond"
    """No single change does it; take another picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """``position`` counts from 0 through all lines joined."""

    position: int
    read: str
    taken: str
    field: Field | None
    """None for a check digit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """``mrz`` is the zone after the masks and, where ``outcome`` is ``repaired``, after the one substitution.

    ``doubtful`` are places of the document number whose character has a twin that no check digit tells from it. The
    number of a repaired zone needs something independent to confirm it; so does any number with a doubtful place.
    """

    mrz: Mrz
    outcome: RepairOutcome
    forced: tuple[Substitution, ...] = ()
    substitution: Substitution | None = None
    doubtful: tuple[int, ...] = ()


def repair_mrz(text: str, *, today: date) -> Repair:
    """Read a zone, and repair it by one character at most. Raises DocumentError (not_an_mrz) as `parse_mrz`."""
    lines = mrz_lines(text)
    kind = format_of(lines)
    read = "".join(lines)
    masked = _within_masks(read, kind)
    forced = _differences(read, masked, kind)
    mrz = parse_mrz(masked, today=today)
    outcome, substitution = RepairOutcome.INTACT, None
    if not mrz.checks_hold:
        found = [mended for mended in _single_changes(mrz) if parse_mrz(mended, today=today).checks_hold]
        outcome = RepairOutcome.BEYOND if not found else RepairOutcome.AMBIGUOUS
        if len(found) == 1:
            mrz, outcome = parse_mrz(found[0], today=today), RepairOutcome.REPAIRED
            substitution = _differences(masked, found[0], kind)[0]
    return Repair(mrz=mrz, outcome=outcome, forced=forced, substitution=substitution, doubtful=doubtful_places(mrz))


def doubtful_places(mrz: Mrz) -> tuple[int, ...]:
    """Places of the document number where a twin would pass its check digit unseen: 6 and G above all."""
    span = LAYOUTS[mrz.format].span(Field.DOCUMENT_NUMBER)
    masks = _flat_masks(mrz.format)
    return tuple(
        at
        for at in range(span.start, span.end)
        if any(undetectable(mrz.text[at], twin) and twin in masks[at] for twin in TWINS.get(mrz.text[at], ""))
    )


def _flat_masks(kind: Format) -> list[frozenset[str]]:
    return [mask for line in position_masks(kind) for mask in line]


def _within_masks(text: str, kind: Format) -> str:
    """What a mask excludes, turned into the only twin that may stand there; left alone where there is none or more."""
    turned = []
    for character, mask in zip(text, _flat_masks(kind), strict=True):
        allowed = [twin for twin in TWINS.get(character, "") if twin in mask]
        # for a digit among letters the likeliest twin is taken: 0 is O in a name far more often than D
        forced = character not in mask and bool(allowed) and (len(allowed) == 1 or character in DIGITS)
        turned.append(allowed[0] if forced else character)
    return "".join(turned)


def _single_changes(mrz: Mrz) -> list[str]:
    """Every text that differs by one twin, at a place that a failing check digit covers or is."""
    masks = _flat_masks(mrz.format)
    places = _covered_by_failing(mrz)
    return [
        mrz.text[:at] + twin + mrz.text[at + 1 :]
        for at in sorted(places)
        for twin in TWINS.get(mrz.text[at], "")
        if twin in masks[at]
    ]


def _covered_by_failing(mrz: Mrz) -> set[int]:
    layout = LAYOUTS[mrz.format]
    failing = {check.checked: check.position for check in mrz.checks if not check.holds}
    places = set(failing.values())
    for digit in layout.digits:
        if digit.checked in failing:
            places |= {at for span in digit.over for at in range(span.start, span.end)}
    if Checked.DOCUMENT_NUMBER in failing and layout.long_numbers:  # a long number's rest stands in the optional data
        span = layout.span(Field.OPTIONAL)
        places |= set(range(span.start, span.end))
    return places


def _differences(before: str, after: str, kind: Format) -> tuple[Substitution, ...]:
    fields = {at: name for name, span in LAYOUTS[kind].fields for at in range(span.start, span.end)}
    return tuple(
        Substitution(position=at, read=one, taken=other, field=fields.get(at))
        for at, (one, other) in enumerate(zip(before, after, strict=True))
        if one != other
    )
