"""Write a machine-readable zone: check digits, long document numbers, names cut to their room (ICAO 9303-4 to -7)."""

from typing import Final

from visavis.document.dates import PartialDate
from visavis.document.mrz.checks import ALPHABET, DIGITS, FILLER, check_digit
from visavis.document.mrz.layout import LAYOUTS, Checked, Field, Format, Layout
from visavis.document.mrz.names import write_name
from visavis.document.mrz.zone import MrzFields
from visavis.errors import DocumentError

__all__ = ["generate_mrz"]

_ADVICE: Final = "See docs/reference/mrz.md for what each format holds."


def generate_mrz(fields: MrzFields, kind: Format, *, empty_check: str = FILLER) -> tuple[str, ...]:
    """The lines of a zone with these fields.

    ``empty_check`` stands for the check digit over TD3's optional data when those are empty: the filler or 0, as the
    issuer likes (9303-4, 4.2.2.2). Raises DocumentError (mrz_fields_unfit) for what does not fit: other characters, too
    long a number, optional data that the format has not.
    """
    if empty_check not in {FILLER, "0"}:
        raise _unfit("The check digit of empty optional data is < or 0.")
    layout = LAYOUTS[kind]
    values, long = _values(fields, layout)
    text = [FILLER] * layout.size
    for name, span in layout.fields:
        room = span.end - span.start
        if len(values[name]) > room or not set(values[name]) <= set(ALPHABET):
            raise _unfit(f"The {name.replace('_', ' ')} does not fit.")
        text[span.start : span.end] = values[name].ljust(room, FILLER)
    for digit in layout.digits:  # the composite one comes last: it covers the others
        over = "".join(span.of("".join(text)) for span in digit.over)
        if digit.checked is Checked.OPTIONAL and not over.strip(FILLER):
            text[digit.position] = empty_check
        elif not (digit.checked is Checked.DOCUMENT_NUMBER and long):
            text[digit.position] = str(check_digit(over))
    joined = "".join(text)
    return tuple(joined[at : at + layout.length] for at in range(0, layout.size, layout.length))


def _values(fields: MrzFields, layout: Layout) -> tuple[dict[Field, str], bool]:
    """What stands in each field, and whether the document number runs on in the optional data."""
    number, optional, long = _number(fields, layout)
    values = {
        Field.DOCUMENT_CODE: fields.document_code,
        Field.ISSUING_STATE: fields.issuing_state,
        Field.DOCUMENT_NUMBER: number,
        Field.NATIONALITY: fields.nationality,
        Field.BIRTH_DATE: _date(fields.birth_date),
        Field.SEX: fields.sex.value,
        Field.EXPIRY_DATE: _date(fields.expiry_date),
        Field.OPTIONAL: optional,
    }
    room = layout.span(Field.NAME)
    try:
        values[Field.NAME] = write_name(fields.name, room.end - room.start)
    except ValueError as error:
        raise _unfit("A name is of components of A to Z, the primary one first.") from error
    if len(fields.optional_data) != (2 if layout.format is Format.TD1 else 1):
        raise _unfit("TD1 has two fields of optional data, the others one.")
    if layout.format is Format.TD1:
        values[Field.OPTIONAL_2] = fields.optional_data[1]
    if layout.visa != fields.document_code.startswith("V"):
        raise _unfit("A visa's document code begins with V, and no other's does.")
    return values, long


def _number(fields: MrzFields, layout: Layout) -> tuple[str, str, bool]:
    """What stands in the number's field, in the optional data, and whether the number runs on there."""
    number, optional = fields.document_number, fields.optional_data[0] if fields.optional_data else ""
    if len(number) <= 9:
        return number, optional, False
    if not layout.long_numbers or FILLER in number or not set(number) <= set(ALPHABET):
        raise _unfit("A document number has nine characters, or more without fillers in TD1 and TD2.")
    rest = number[9:] + str(check_digit(number)) + FILLER
    span = layout.span(Field.OPTIONAL)
    if len(rest) + len(optional) > span.end - span.start:
        raise _unfit("The document number does not fit beside the optional data.")
    return number[:9], rest + optional, True


def _date(day: PartialDate) -> str:
    year = None if day.year is None else day.year % 100
    text = "".join(FILLER * 2 if part is None else f"{part:02d}" for part in (year, day.month, day.day))
    if not set(text) <= set(DIGITS + FILLER):
        raise _unfit("A date is of digits and fillers.")
    return text


def _unfit(message: str) -> DocumentError:
    return DocumentError("mrz_fields_unfit", message, advice=_ADVICE)
