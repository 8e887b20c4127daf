"""What a reader of documents said, as plain texts that can be held against a specimen's truth."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from visavis.capture.picture import Picture
from visavis.document.dates import PartialDate
from visavis.document.mrz.zone import Sex
from visavis.evaluation.specimens.specimen import SpecimenTruth

__all__ = ["Answer", "AnswerReader", "day_text", "plain", "sex_text", "solid", "truth_fields"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """``fields``: printed ones by the names of `truth_fields`, only those that were read. ``portrait`` (2,): the middle
    of what was taken for the main portrait in the first picture, px; None where nothing was.
    """

    kind: str = ""
    mrz_lines: tuple[str, ...] | None = None
    mrz_accepted: bool = False
    mrz_repaired: bool = False
    fields: Mapping[str, str]
    number_accepted: bool | None = None
    portrait: NDArray[np.float64] | None = None
    advice: tuple[str, ...] = ()


class AnswerReader(Protocol):
    """A reader of documents, as the evaluation asks it."""

    def answer(self, pictures: Sequence[Picture], *, today: date) -> Answer: ...


def plain(text: str) -> str:
    """A name or authority for comparing: capitals, one kind of apostrophe, hyphens and white space as single spaces."""
    upper = unicodedata.normalize("NFC", text).upper().replace("ẞ", "SS")
    return " ".join(upper.replace("’", "'").replace("-", " ").split())


def solid(text: str) -> str:
    """Chinese print for comparing: without white space, full-width forms as narrow ones."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def day_text(day: PartialDate | date | None) -> str | None:
    whole = day.complete if isinstance(day, PartialDate) else day
    return None if whole is None else whole.isoformat()


def sex_text(sex: Sex | None) -> str | None:
    return None if sex is None else sex.value


def truth_fields(truth: SpecimenTruth) -> dict[str, str]:
    """What is printed on the side and should be read, by name. Names, days (ISO 8601), codes."""
    named = {
        "surname": truth.surname and plain(truth.surname),
        "given_names": truth.given_names and plain(truth.given_names),
        "document_number": truth.document_number,
        "nationality": truth.nationality,
        "birth_date": day_text(truth.birth_date),
        "sex": sex_text(truth.sex),
        "expiry_date": "long_term" if truth.long_term else day_text(truth.expiry_date),
        "name": truth.name and solid(truth.name),
        "ethnicity": truth.ethnicity and solid(truth.ethnicity),
        "address": solid("".join(truth.address)),
        "number": truth.number,
    }
    if truth.issuing_state == "CHN":  # the authority of an UTO document is no field that is read
        named |= {"authority": truth.authority and solid(truth.authority), "issue_date": day_text(truth.issue_date)}
    return {name: value for name, value in named.items() if value}
