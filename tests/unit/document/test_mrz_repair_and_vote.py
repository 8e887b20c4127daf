"""Repair by one character at most, and voting over several readings."""

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mrz_specimens import SPECIMENS
from visavis.document.mrz.layout import Field, Format, position_masks
from visavis.document.mrz.repair import TWINS, RepairOutcome, repair_mrz
from visavis.document.mrz.vote import MOST_READINGS, MrzReading, VoteOutcome, vote
from visavis.errors import DocumentError

TODAY = date(2026, 11, 22)
PASSPORT = SPECIMENS["9303-4, passport"][1].replace("\n", "")


def put(text: str, at: int, character: str) -> str:
    return text[:at] + character + text[at + 1 :]


@pytest.mark.parametrize("place", SPECIMENS)
def test_a_right_zone_is_left_alone(place: str) -> None:
    repair = repair_mrz(SPECIMENS[place][1], today=TODAY)
    assert repair.outcome is RepairOutcome.INTACT
    assert repair.forced == ()
    assert repair.substitution is None


def test_what_a_mask_excludes_is_turned_first_and_told() -> None:
    # the birth date 740812 read with the letter O, the name with the digit 0
    repair = repair_mrz(put(put(PASSPORT, 59, "O"), 10, "0"), today=TODAY)
    assert repair.outcome is RepairOutcome.INTACT
    assert [(s.position, s.read, s.taken, s.field) for s in repair.forced] == [
        (10, "0", "O", Field.NAME),
        (59, "O", "0", Field.BIRTH_DATE),
    ]


def test_one_misread_character_is_repaired_and_told() -> None:
    # L898902C3: the 0 read as O
    repair = repair_mrz(put(PASSPORT, 49, "O"), today=TODAY)
    assert repair.outcome is RepairOutcome.REPAIRED
    assert repair.substitution is not None
    assert (repair.substitution.position, repair.substitution.read, repair.substitution.taken) == (49, "O", "0")
    assert repair.mrz.text == PASSPORT


def test_two_misread_characters_are_not_repaired() -> None:
    read = put(put(PASSPORT, 45, "B"), 47, "B")  # both 8 of L898902C3
    repair = repair_mrz(read, today=TODAY)
    assert repair.outcome in {RepairOutcome.BEYOND, RepairOutcome.INTACT}
    assert repair.mrz.text == read


def test_a_choice_between_two_changes_is_not_made() -> None:
    # without a composite check digit, one fault in the number can often be mended at two places
    visa = SPECIMENS["9303-7, MRV-B visa"][1].replace("\n", "")
    found = {
        repair_mrz(put(visa, at, twin), today=TODAY).outcome
        for at in range(36, 45)
        for twin in TWINS.get(visa[at], "")
        if twin in position_masks(Format.MRV_B)[1][at - 36]
    }
    assert RepairOutcome.AMBIGUOUS in found


def test_6_and_g_in_a_document_number_are_doubtful_whatever_the_check_digits_say() -> None:
    number_at = 44
    read = put(PASSPORT, number_at + 1, "G")
    repair = repair_mrz(read, today=TODAY)
    assert number_at + 1 in repair.doubtful


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(SPECIMENS)), st.data())
def test_a_repair_changes_one_character_at_most_and_only_to_a_permitted_twin(place: str, data: st.DataObject) -> None:
    kind, text = SPECIMENS[place]
    flat = text.replace("\n", "")
    masks = [mask for line in position_masks(kind) for mask in line]
    read = flat
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(1, len(flat) - 1))
        read = put(read, at, data.draw(st.sampled_from("0O1I2Z5S8B6GA<")))
    repair = repair_mrz(read, today=TODAY)
    changed = [at for at, pair in enumerate(zip(read, repair.mrz.text, strict=True)) if pair[0] != pair[1]]
    forced = {substitution.position for substitution in repair.forced}
    assert all(read[at] not in masks[at] for at in forced)
    assert all(repair.mrz.text[at] in masks[at] for at in changed)
    assert len(set(changed) - forced) <= 1
    assert (repair.substitution is not None) == (repair.outcome is RepairOutcome.REPAIRED)
    assert repair.mrz.checks_hold == (repair.outcome in {RepairOutcome.INTACT, RepairOutcome.REPAIRED})


def test_pictures_that_read_alike_agree_and_confirm_the_number() -> None:
    result = vote([MrzReading(text=PASSPORT, picture="a"), MrzReading(text=PASSPORT, picture="b")], today=TODAY)
    assert result.outcome is VoteOutcome.AGREED
    assert result.number_confirmed
    assert result.disputed == ()
    assert set(result.agreement) == {1.0}


def test_two_readings_of_one_picture_confirm_nothing() -> None:
    result = vote([MrzReading(text=PASSPORT, picture="a")] * 3, today=TODAY)
    assert result.outcome is VoteOutcome.VOTED
    assert not result.number_confirmed
    assert (result.pictures, result.pictures_alike) == (1, 1)


def test_faults_at_different_places_are_outvoted_but_do_not_confirm_the_number() -> None:
    readings = [MrzReading(text=put(PASSPORT, 44 + at, "X"), picture=str(at)) for at in (1, 3, 5)]
    result = vote(readings, today=TODAY)
    assert result.mrz.text == PASSPORT
    assert result.outcome is VoteOutcome.VOTED
    assert result.disputed == (45, 47, 49)
    assert result.agreement[45] == pytest.approx(2 / 3)
    assert not result.number_confirmed


def test_confidence_weighs() -> None:
    sure = MrzReading(text=PASSPORT, picture="a", confidence=(0.9,) * 88)
    unsure = MrzReading(text=put(PASSPORT, 45, "B"), picture="b", confidence=(0.3,) * 88)
    result = vote([unsure, sure], today=TODAY)
    assert result.mrz.text == PASSPORT
    assert result.agreement[45] == pytest.approx(0.75)


def test_one_disputed_place_is_settled_by_the_check_digits_among_what_was_read() -> None:
    sure = MrzReading(text=put(PASSPORT, 45, "B"), picture="a", confidence=(0.9,) * 88)
    unsure = MrzReading(text=PASSPORT, picture="b", confidence=(0.3,) * 88)
    result = vote([sure, unsure], today=TODAY)
    assert result.mrz.text == PASSPORT
    assert result.outcome is VoteOutcome.SETTLED_BY_CHECKS
    assert not result.number_confirmed


def test_the_number_is_not_confirmed_by_pictures_that_give_another() -> None:
    other = put(PASSPORT, 46, "J")  # 9 and J pass for one another in every check digit
    result = vote([MrzReading(text=PASSPORT, picture="a"), MrzReading(text=other, picture="b")], today=TODAY)
    assert result.mrz.checks_hold
    assert not result.number_confirmed
    assert result.disputed == (46,)


def test_the_order_of_the_readings_decides_nothing() -> None:
    readings = [MrzReading(text=put(PASSPORT, at, "8"), picture=str(at)) for at in (45, 50, 60, 70)]
    results = {vote(list(some), today=TODAY).mrz.text for some in (readings, readings[::-1])}
    assert len(results) == 1


def test_readings_of_another_shape_are_left_out_and_counted() -> None:
    card = SPECIMENS["9303-5, TD1 card"][1]
    readings = [MrzReading(text=t, picture=str(n)) for n, t in enumerate((PASSPORT, card, PASSPORT, "nothing"))]
    result = vote(readings, today=TODAY)
    assert result.mrz.text == PASSPORT
    assert result.unused == 2


def test_limits() -> None:
    with pytest.raises(DocumentError, match="not_an_mrz"):
        vote([MrzReading(text="nothing", picture="a")], today=TODAY)
    with pytest.raises(DocumentError, match="not_an_mrz"):
        vote([], today=TODAY)
    with pytest.raises(ValueError, match="at most"):
        vote([MrzReading(text=PASSPORT, picture="a")] * (MOST_READINGS + 1), today=TODAY)
    with pytest.raises(ValueError, match="confidence"):
        vote([MrzReading(text=PASSPORT, picture="a", confidence=(1.0,))], today=TODAY)


def test_no_repair_ever_makes_the_wrong_zone_of_one_fault_that_the_masks_do_not_cover() -> None:
    """Every single confusion in the passport's checked fields: never repaired into another text than the true one."""
    masks = [mask for line in position_masks(Format.TD3) for mask in line]
    wrong = 0
    for at in [*range(44, 54), *range(57, 64), *range(65, 88)]:
        for twin in TWINS.get(PASSPORT[at], ""):
            if twin in masks[at]:
                repair = repair_mrz(put(PASSPORT, at, twin), today=TODAY)
                wrong += repair.outcome is RepairOutcome.REPAIRED and repair.mrz.text != PASSPORT
    assert wrong == 0


def test_two_faults_that_cancel_are_why_a_number_needs_confirming() -> None:
    """Some pairs of confusions pass every check digit, or get repaired to a wrong zone: said, not hidden."""
    number = range(44, 53)
    passed = 0
    for one, two in combinations(number, 2):
        for a in TWINS.get(PASSPORT[one], ""):
            for b in TWINS.get(PASSPORT[two], ""):
                repair = repair_mrz(put(put(PASSPORT, one, a), two, b), today=TODAY)
                passed += repair.mrz.checks_hold and repair.mrz.text != PASSPORT
    assert passed > 0
