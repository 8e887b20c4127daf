"""What was read of a document, field by field, from the place that is to be believed first.

The names are those of `visavis.decision.vocabulary.Disclosure`: nothing else of a document can ever be told. Personal
data, all of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from visavis.decision.vocabulary import Disclosure
from visavis.document.consistency import ComparedField, Place, Statement
from visavis.document.dates import PartialDate
from visavis.document.mrz.names import MrzName
from visavis.document.names import Agreement, PrintedName
from visavis.document.reading import DocumentKind, DocumentReading
from visavis.domain.pseudonyms import PseudonymKey
from visavis.service.chip_evidence import ChipExamination

__all__ = ["ReadField", "fields_of", "kind_of", "person_of", "values_of"]

_COMPARED: Final[Mapping[Disclosure, ComparedField]] = {
    Disclosure.FAMILY_NAME: ComparedField.NAME,
    Disclosure.GIVEN_NAMES: ComparedField.NAME,
    Disclosure.DATE_OF_BIRTH: ComparedField.BIRTH_DATE,
    Disclosure.NATIONALITY: ComparedField.NATIONALITY,
    Disclosure.DOCUMENT_NUMBER: ComparedField.DOCUMENT_NUMBER,
    Disclosure.DATE_OF_EXPIRY: ComparedField.EXPIRY_DATE,
    Disclosure.ISSUING_STATE: ComparedField.ISSUING_STATE,
}
_PASSPORT, _CARD, _VISA = "passport", "identity_card", "visa"
_TYPES: Final[Mapping[DocumentKind, str]] = {
    DocumentKind.TD1: _CARD,
    DocumentKind.TD2: _CARD,
    DocumentKind.TD3: _PASSPORT,
    DocumentKind.MRV_A: _VISA,
    DocumentKind.MRV_B: _VISA,
    DocumentKind.PRC_CARD: _CARD,
}
_ORDER: Final = (Place.MACHINE_READABLE_ZONE, Place.VISUAL_ZONE, Place.PERSONAL_NUMBER, Place.CHIP)
_NAMES: Final = frozenset({Disclosure.FAMILY_NAME, Disclosure.GIVEN_NAMES})
"""What no check digit guards, and nothing is decided by."""
_PRC: Final = "CHN"
"""Who issues the card that says so nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadField:
    """``place``: which place of the document the value is from. ``proven``: the issuing state's signature stands behind
    it. ``doubtful``: another place of the document says otherwise, or it was not read surely. ``open``: it may have
    been misread, so that its holder may mend it where the policy lets them: see `visavis.service.corrections`.
    """

    name: Disclosure
    value: str = field(repr=False)
    place: Place
    proven: bool
    doubtful: bool
    open: bool = False


def fields_of(reading: DocumentReading | None, chip: ChipExamination | None) -> tuple[ReadField, ...]:
    """In the order of `Disclosure`. A chip that is proven is believed before anything; one that is not, last."""
    proven = chip is not None and chip.proven
    kind = kind_of(reading, chip)
    statements = _in_order(reading, chip)
    doubtful = set() if reading is None else {item.field for item in reading.consistency.disagreements}
    twice = reading is not None and _name_stands_twice(reading)
    found: list[ReadField] = []
    for name in Disclosure:
        said = next(((value, item) for item in statements if (value := _value(name, item, kind))), None)
        if said is None:
            continue
        value, item = said
        from_chip = proven and item.place is Place.CHIP
        unsure = _COMPARED.get(name) in doubtful or (reading is not None and not reading.accepted)
        found.append(
            ReadField(
                name=name,
                value=value,
                place=item.place,
                proven=from_chip,
                doubtful=unsure and not from_chip,
                open=name in _NAMES and item.place is not Place.CHIP and not twice,
            )
        )
    return tuple(found)


def kind_of(reading: DocumentReading | None, chip: ChipExamination | None) -> DocumentKind | None:
    """Of what was read, else of the zone in the chip."""
    if reading is not None and reading.kind is not None:
        return reading.kind
    return None if chip is None or chip.format is None else DocumentKind.of(chip.format)


def values_of(fields: tuple[ReadField, ...]) -> dict[str, str]:
    return {str(item.name): item.value for item in fields}


def person_of(reading: DocumentReading | None, chip: ChipExamination | None, pseudonyms: PseudonymKey) -> str | None:
    """The holder's pseudonym; None where no number was read surely or is proven."""
    if not ((chip is not None and chip.proven) or (reading is not None and reading.accepted)):
        return None
    for item in _in_order(reading, chip):
        state = _value(Disclosure.ISSUING_STATE, item, kind_of(reading, chip))
        if item.document_number and state and any(letter.isalnum() for letter in item.document_number):
            return pseudonyms.person(issuing_state=state, number=item.document_number)
    return None


def _in_order(reading: DocumentReading | None, chip: ChipExamination | None) -> list[Statement]:
    """The statements, the one to be believed first in front; a chip without proof only where there is nothing else."""
    said = None if chip is None else chip.statement
    if chip is not None and said is not None and (chip.proven or reading is None):
        return [said, *_printed(reading)]
    return list(_printed(reading))


def _printed(reading: DocumentReading | None) -> Iterator[Statement]:
    if reading is not None:
        yield from sorted(reading.printed, key=lambda item: _ORDER.index(item.place))


def _name_stands_twice(reading: DocumentReading) -> bool:
    """Whether two places of the document say the same name: nobody misreads it twice in one way."""
    return any(
        item.field is ComparedField.NAME and item.agreement is Agreement.AGREE for item in reading.consistency.findings
    )


def _value(name: Disclosure, said: Statement, kind: DocumentKind | None) -> str | None:  # noqa: PLR0911 - a table
    match name:
        case Disclosure.FAMILY_NAME:
            return _names(said.name)[0]
        case Disclosure.GIVEN_NAMES:
            return _names(said.name)[1]
        case Disclosure.DATE_OF_BIRTH:
            return _date(said.birth_date)
        case Disclosure.DATE_OF_EXPIRY:
            return _date(said.expiry_date)
        case Disclosure.NATIONALITY:
            return said.nationality
        case Disclosure.DOCUMENT_NUMBER:
            return said.document_number
        case Disclosure.ISSUING_STATE:
            card = kind is DocumentKind.PRC_CARD and said.place is Place.VISUAL_ZONE
            return said.issuing_state or (_PRC if card else None)
        case Disclosure.DOCUMENT_TYPE:
            return None if kind is None else _TYPES.get(kind)


def _names(name: PrintedName | MrzName | None) -> tuple[str | None, str | None]:
    """Who has one name alone has it as the family name."""
    if name is None:
        return None, None
    if isinstance(name, PrintedName):
        return name.primary or None, name.secondary or None
    return " ".join(name.primary) or None, " ".join(name.secondary) or None


def _date(day: PartialDate | None) -> str | None:
    """ISO 8601, with ``?`` for what is not known."""
    if day is None or not day.known:
        return None
    year = "????" if day.year is None else f"{day.year:04d}"
    return "-".join([year, *("??" if part is None else f"{part:02d}" for part in (day.month, day.day))])
