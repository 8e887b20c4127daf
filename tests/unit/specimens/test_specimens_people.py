"""Imaginary holders: what is drawn for them fits together, over many seeds."""

import random
from datetime import date

import pytest

from visavis.document.dates import PartialDate
from visavis.document.mrz.checks import LETTERS
from visavis.document.mrz.zone import Sex
from visavis.document.names import Agreement, PrintedName, names_agree
from visavis.document.prc_id import against_print, is_nationality, read_number, read_validity
from visavis.evaluation.specimens.people import (
    GIVEN,
    NOBODY,
    SURNAMES,
    document_number,
    draw_person,
    draw_prc_person,
    mrz_name,
)

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("name", [*SURNAMES, *GIVEN])
def test_every_name_can_be_written_into_a_machine_readable_zone_and_agrees_with_it(name: str) -> None:
    for seed in range(4):
        written = mrz_name(name, "Anna", random.Random(seed))
        assert all(set(part) <= set(LETTERS) for part in written.primary)
        found = names_agree(PrintedName(primary=name.upper(), secondary="ANNA"), written)
        assert found.agreement is Agreement.AGREE


def test_names_come_with_marks_apostrophes_hyphens_and_beyond_any_room() -> None:
    people = [draw_person(random.Random(seed), TODAY) for seed in range(300)]
    names = [f"{person.surname} {person.given_names}" for person in people]
    assert any("ü" in name for name in names)
    assert any("’" in name for name in names)
    assert any("-" in name for name in names)
    assert any(len(name) > 44 for name in names)
    assert {person.sex for person in people} == set(Sex)
    assert all(person.birth_date < TODAY for person in people)


def test_document_numbers_have_nine_characters_or_eight_or_are_long() -> None:
    numbers = [document_number(random.Random(seed)) for seed in range(200)]
    assert {len(number) for number in numbers} == {8, 9}
    assert all(number.isalnum() and number.isupper() for number in numbers)
    assert len(document_number(random.Random(1), long=True)) > 9


def test_a_card_of_the_prc_is_in_order_in_every_respect() -> None:
    for seed in range(400):
        person = draw_prc_person(random.Random(seed), TODAY)
        number = read_number(person.number, today=TODAY)
        assert number.valid
        assert against_print(number, birth_date=PartialDate.of(person.birth_date), sex=person.sex) == ()
        assert is_nationality(person.ethnicity)
        last = "长期" if person.expires is None else f"{person.expires:%Y.%m.%d}"
        text = f"{person.issued:%Y.%m.%d}-{last}"
        assert read_validity(text, today=TODAY, birth_date=person.birth_date).problems == ()


def test_the_numbers_of_the_prcs_cards_can_belong_to_nobody() -> None:
    numbers = {draw_prc_person(random.Random(seed), TODAY).number for seed in range(200)}
    assert {number[2:6] for number in numbers} == {NOBODY}
    assert len(numbers) == 200
