"""Readings held against the truth of their specimens: each way to be right, wrong, or silent counts as what it is."""

from datetime import date

import numpy as np
import pytest

from document_readings import LINES, passport, prc_front, upside_down
from visavis.evaluation.documents_answer import Answer, truth_fields
from visavis.evaluation.documents_cases import FieldGrade, MrzGrade, PortraitGrade, WayResult
from visavis.evaluation.documents_judge import judge
from visavis.evaluation.specimens import Specimen, SpecimenTruth

READ = {
    "surname": "MÜLLER",
    "given_names": "ANNA",
    "document_number": "L898902C3",
    "nationality": "UTO",
    "birth_date": "1974-08-12",
    "sex": "F",
    "expiry_date": "2032-04-15",
}


def judged(specimen: Specimen, answer: Answer, *, comparable: bool | None = None) -> WayResult:
    return judge(specimen, upside_down(specimen), answer, pictures=1, ms=5, comparable=comparable)


def other(lines: tuple[str, ...], at: int, character: str) -> tuple[str, ...]:
    text = "".join(lines)
    text = text[:at] + character + text[at + 1 :]
    return tuple(text[start : start + 44] for start in (0, 44))


@pytest.mark.parametrize(
    ("lines", "accepted", "grade"),
    [
        (LINES, True, MrzGrade.RIGHT_ACCEPTED),
        (LINES, False, MrzGrade.RIGHT_REFUSED),
        (other(LINES, 50, "Z"), True, MrzGrade.WRONG_ACCEPTED),
        (other(LINES, 50, "Z"), False, MrzGrade.WRONG_REFUSED),
        (None, False, MrzGrade.NOT_FOUND),
    ],
)
def test_a_zone_is_right_or_wrong_and_accepted_or_not(
    lines: tuple[str, ...] | None, accepted: bool, grade: MrzGrade
) -> None:
    answer = Answer(mrz_lines=lines, mrz_accepted=accepted, fields={}, advice=("document_blurred",))
    found = judged(passport(), answer)
    assert found.mrz is grade
    # advice counts where it had to be given
    assert found.advice == (() if accepted else ("document_blurred",))


def test_one_character_anywhere_makes_an_accepted_zone_wrong_and_its_field_is_named() -> None:
    text = "".join(LINES)
    places = {5: ("name",), 46: ("document_number",), 53: ("check_digit",), 64: ("sex",), 87: ("check_digit",)}
    for at, fields in places.items():
        read = other(LINES, at, "8" if text[at] != "8" else "9")
        found = judged(passport(), Answer(mrz_lines=read, mrz_accepted=True, fields={}))
        assert found.mrz is MrzGrade.WRONG_ACCEPTED
        assert found.wrong == fields


def test_a_zone_of_another_format_is_wrong() -> None:
    read = tuple("".join(LINES)[:72][at : at + 36] for at in (0, 36))
    found = judged(passport(), Answer(mrz_lines=read, mrz_accepted=True, fields={}))
    assert (found.mrz, found.wrong) == (MrzGrade.WRONG_ACCEPTED, ("format",))


def test_a_zone_that_is_accepted_where_there_is_none_is_wrong() -> None:
    found = judged(prc_front(), Answer(mrz_lines=LINES, mrz_accepted=True, fields={}))
    assert found.mrz is MrzGrade.WRONG_ACCEPTED
    assert judged(prc_front(), Answer(fields={})).mrz is None


def test_fields_are_right_wrong_or_missing_and_nothing_else_is_asked() -> None:
    assert truth_fields(passport().truth) == READ
    read = {**READ, "surname": "MULLER", "authority": "ANYTHING"}
    del read["sex"]
    found = judged(passport(), Answer(fields=read)).fields
    assert found.pop("surname") is FieldGrade.WRONG
    assert found.pop("sex") is FieldGrade.MISSING
    assert set(found.values()) == {FieldGrade.RIGHT}
    assert len(found) == 5


def test_a_card_of_the_prc_without_an_end_is_long_term() -> None:
    truth = SpecimenTruth(issuing_state="CHN", long_term=True, issue_date=date(2020, 1, 2), authority="样本 市公安局")
    expected = {"expiry_date": "long_term", "issue_date": "2020-01-02", "authority": "样本市公安局"}
    assert truth_fields(truth) == expected


def test_the_number_of_a_card_counts_as_accepted_only_where_there_is_one() -> None:
    wrong = {"number": "119999199001020024"}
    found = judged(prc_front(), Answer(fields=wrong, number_accepted=True))
    assert found.number_accepted is True
    assert found.fields["number"] is FieldGrade.WRONG
    assert judged(passport(), Answer(fields={}, number_accepted=True)).number_accepted is None


@pytest.mark.parametrize(
    ("page_mm", "grade"),
    [((20, 30), PortraitGrade.MAIN), ((110, 50), PortraitGrade.GHOST), ((70, 40), PortraitGrade.ELSEWHERE)],
)
def test_a_portrait_is_looked_for_on_the_page_as_it_is_read(page_mm: tuple[int, int], grade: PortraitGrade) -> None:
    """The photograph shows the page upside down at twice its size, so places are mirrored."""
    at = np.array([2 * (125 - page_mm[0]), 2 * (88 - page_mm[1])], np.float64)
    found = judged(passport(), Answer(fields={}, portrait=at), comparable=True)
    assert found.portrait is grade
    assert found.comparable is True


def test_no_portrait_is_told_from_a_side_without_one() -> None:
    assert judged(passport(), Answer(fields={})).portrait is PortraitGrade.NOT_FOUND
    assert judged(prc_front(), Answer(fields={}), comparable=True).comparable is None
