"""What a holder may mend of what was misread of their document, and how little of it.

A field that its holder may change proves nothing, so a correction is kept to what it is for:

1. Names alone. Numbers, dates and states decide things (who somebody is, whether they are old enough, whether the
   document is valid), most stand under a check digit, and another picture mends them.
2. Only a name that was read from print, in one place: what two places of the document say alike was not misread, and
   what a chip says was not read at all.
3. At most a third of its letters, counted from what was read, however often it is mended; in the letters of the same
   script, and of a machine-readable zone A to Z.

It changes what is told and never what is checked: every check stays as it was made, and the one on the document's
agreement with itself says which names were mended. The relying party sees that, too.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from visavis.attestation.issuing import CORRECTED
from visavis.decision.policy import Policy
from visavis.decision.vocabulary import Corrections
from visavis.document.consistency import Place
from visavis.domain.evidence import Check, Evidence
from visavis.errors import InputError
from visavis.service.document_fields import ReadField
from visavis.service.sealed_reading import AsRead, Reading

__all__ = ["LONGEST_NAME", "correct", "corrected_names", "letters_changed", "open_fields"]

LONGEST_NAME: Final = 100
MARK: Final = "corrected_by_holder"
_ONE_OF: Final = 3
"""One letter of so many may be another one."""
_BETWEEN: Final = frozenset(" -'’.·")
"""What stands between the letters of a printed name."""


def open_fields(fields: Iterable[ReadField], policy: Policy) -> dict[str, AsRead]:
    """What may be mended of a reading under ``policy``, by name: nothing that the policy tells nobody."""
    if policy.corrections is Corrections.NONE:
        return {}
    told = (item for item in fields if item.open and item.name in policy.disclose)
    return {str(item.name): AsRead(item.value, zone=item.place is Place.MACHINE_READABLE_ZONE) for item in told}


def corrected_names(reading: Reading) -> tuple[str, ...]:
    """The fields whose value is not the one that was read."""
    return tuple(sorted(name for name, read in reading.as_read.items() if reading.fields.get(name) != read.value))


def correct(reading: Reading, values: Mapping[str, str]) -> Reading:
    """The reading with ``values`` in place of its own; to give what was read takes a correction back.

    Raises InputError: ``correction_not_open`` for a field that may not be mended, ``correction_too_much``,
    ``correction_other_letters``.
    """
    fields = dict(reading.fields)
    for name, given in values.items():
        read = reading.as_read.get(name)
        if read is None:
            raise InputError(
                "correction_not_open",
                "This field is not one that may be corrected.",
                advice="If it was misread, take another picture of the document.",
            )
        fields[name] = _mended(read, given)
    mended = replace(reading, fields=fields)
    return replace(mended, checks=tuple(_marked(item, corrected_names(mended)) for item in mended.checks))


def letters_changed(one: str, other: str) -> int:
    """How many letters must be put in, left out, replaced, or swapped with the next one, to make ``other`` of ``one``.

    Optimal string alignment (Damerau 1964, each letter touched once), over letters without regard to case; gaps,
    hyphens and apostrophes count as letters do.
    """
    a, b = one.casefold(), other.casefold()
    before: list[int] = []
    row = list(range(len(b) + 1))
    for at, letter in enumerate(a, start=1):
        before, last, row = row, before, [at]
        for to, wanted in enumerate(b, start=1):
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != wanted))
            if at > 1 and to > 1 and letter == b[to - 2] and a[at - 2] == wanted:
                cost = min(cost, last[to - 2] + 1)
            row.append(cost)
    return row[-1]


def _mended(read: AsRead, given: str) -> str:
    text = " ".join(unicodedata.normalize("NFC", given).split())
    if read.value == read.value.upper():
        text = text.upper()
    if text == read.value:
        return text
    if not _in_same_letters(read, text):
        raise InputError(
            "correction_other_letters",
            "This name has other letters than those in which it was read.",
            advice="Write it as it stands on the document.",
        )
    letters = sum(map(_is_letter, read.value))
    if _ONE_OF * letters_changed(read.value, text) > letters:
        raise InputError(
            "correction_too_much",
            f"At most one letter of {_ONE_OF} may be corrected.",
            advice="If more was misread, take another picture of the document.",
        )
    return text


def _in_same_letters(read: AsRead, text: str) -> bool:
    """Whether it begins with a letter, and has letters of the same script alone; of a zone, A to Z and gaps alone
    (ICAO 9303-3, 4.6).
    """
    if not text or not _is_letter(text[0]):
        return False
    if read.zone:
        return all("A" <= letter <= "Z" or letter == " " for letter in text)
    scripts = {_script(letter) for letter in read.value if _is_letter(letter)}
    seen = set(read.value)
    return all(
        letter in seen or letter in _BETWEEN or (_is_letter(letter) and _script(letter) in scripts) for letter in text
    )


def _is_letter(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LM"


def _script(letter: str) -> str:
    """By the first word of its name, which is that of its script (Unicode 4.8): LATIN, CJK, CYRILLIC."""
    return unicodedata.name(letter, "").partition(" ")[0]


def _marked(item: Evidence, names: tuple[str, ...]) -> Evidence:
    if item.check is not Check.DOCUMENT_CONSISTENT:
        return item
    reasons = tuple(code for code in item.reasons if code != MARK)
    details = {name: value for name, value in item.details.items() if name != CORRECTED}
    if names:
        return replace(item, reasons=(*reasons, MARK), details={**details, CORRECTED: " ".join(names)})
    return replace(item, reasons=reasons, details=details)
