"""Evidence that a document agrees with itself: never without its check digits and a confirmed number."""

from dataclasses import replace
from datetime import date

import pytest

from mrz_specimens import SPECIMENS
from text_material import line, photographed
from visavis.document.consistency import ComparedField, Place, Statement, consistency, said_by
from visavis.document.dates import PartialDate
from visavis.document.evidence import (
    mrz_document_evidence,
    number_confirmed_by,
    prc_card_evidence,
    unsure_fields,
)
from visavis.document.mrz.parse import parse_mrz
from visavis.document.mrz.zone import Sex
from visavis.document.names import PrintedName
from visavis.document.prc_card.back import read_prc_back
from visavis.document.prc_card.front import PrcFront, read_prc_front
from visavis.document.prc_id import check_character
from visavis.document.visual_zone.zone import read_visual_zone
from visavis.domain.evidence import Check, Evidence, Outcome
from visavis.domain.reasons import REASONS

TODAY = date(2026, 11, 22)
TEXT = SPECIMENS["9303-4, passport"][1]
MRZ = parse_mrz(TEXT, today=TODAY)
PRINTED = Statement(
    place=Place.VISUAL_ZONE,
    name=PrintedName(primary="Eriksson", secondary="Anna Maria"),
    document_number="L898902C3",
    birth_date=PartialDate(year=1974, month=8, day=12),
    sex=Sex.FEMALE,
)


def judged(printed: Statement = PRINTED, text: str = TEXT, **more: object) -> Evidence:
    mrz = parse_mrz(text, today=TODAY)
    item = mrz_document_evidence(consistency([printed, said_by(mrz)]), mrz=mrz, **more)  # type: ignore[arg-type] # as named
    assert item.check is Check.DOCUMENT_CONSISTENT
    assert all(code in REASONS for code in item.reasons)
    assert item.reasons
    return item


def test_a_document_that_agrees() -> None:
    item = judged()
    assert (item.outcome, item.reasons) == (Outcome.PASS, ("document_agrees",))
    assert item.details["number_confirmed"] is True
    assert item.details["checks_hold"] is True


def test_wrong_check_digits_do_not_pass_whatever_agrees() -> None:
    item = judged(text=TEXT[:-1] + ("1" if TEXT[-1] != "1" else "2"))
    assert (item.outcome, item.reasons) == (Outcome.INCONCLUSIVE, ("mrz_checks_fail",))


def test_a_number_that_nothing_confirms_does_not_pass() -> None:
    without = replace(PRINTED, document_number=None)
    item = judged(without)
    assert (item.outcome, item.reasons) == (Outcome.INCONCLUSIVE, ("document_number_unconfirmed",))
    assert judged(without, number_confirmed=True).outcome is Outcome.PASS
    chip = replace(said_by(MRZ), place=Place.CHIP)
    assert number_confirmed_by(consistency([said_by(MRZ), chip]))
    assert not number_confirmed_by(consistency([PRINTED, chip]))


def test_what_disagrees_fails_unless_it_was_hard_to_read() -> None:
    other = replace(PRINTED, birth_date=PartialDate(year=1974, month=8, day=13))
    item = judged(other)
    assert (item.outcome, item.reasons) == (Outcome.FAIL, ("birth_date_disagrees",))
    unsure = judged(other, unsure={ComparedField.BIRTH_DATE})
    assert (unsure.outcome, unsure.reasons) == (Outcome.INCONCLUSIVE, ("read_unsurely", "birth_date_disagrees"))
    two = replace(other, sex=Sex.MALE)
    assert judged(two, unsure={ComparedField.BIRTH_DATE}).outcome is Outcome.FAIL


def test_too_little_was_compared() -> None:
    item = judged(Statement(place=Place.VISUAL_ZONE, document_number="L898902C3"))
    assert (item.outcome, item.reasons) == (Outcome.INCONCLUSIVE, ("too_little_compared",))
    nothing = mrz_document_evidence(consistency([said_by(MRZ)]), mrz=MRZ)
    assert nothing.outcome is Outcome.NOT_MEASURED


def test_fields_that_were_read_unsurely() -> None:
    lines = photographed([line("Date of birth", 10, 10, 2), line("12.08.1974", 10, 13, 2)])
    faint = [replace(item, confidence=0.6) for item in lines]
    assert unsure_fields(read_visual_zone(faint, today=TODAY)) == {ComparedField.BIRTH_DATE}
    assert unsure_fields(read_visual_zone(lines, today=TODAY)) == frozenset()


SEVENTEEN = "11010119850214123"
NUMBER = SEVENTEEN + check_character(SEVENTEEN)


def front(number: str = NUMBER, birth: str = "1985年2月14日", sex: str = "男", confidence: float = 0.98) -> PrcFront:
    lines = (
        line("姓名", 5, 6, 2.6), line("张三", 15.5, 5.6, 3.6), line("性别", 5, 13, 2.6), line(sex, 15.5, 12.8),
        line("民族", 24, 13, 2.6), line("汉", 33, 12.8), line("出生", 5, 19.5, 2.6), line(birth, 15.5, 19.3),
        line("公民身份号码", 5, 46, 2.6), line(number, 28, 45.6, 3.4, advance=2.5),
    )  # fmt: skip
    return read_prc_front([replace(item, confidence=confidence) for item in photographed(lines)], today=TODAY)


def test_the_card_of_the_prc() -> None:
    assert (prc_card_evidence(front()).outcome, prc_card_evidence(front()).reasons) == (
        Outcome.PASS,
        ("document_agrees",),
    )


@pytest.mark.parametrize(
    ("read", "outcome", "reasons"),
    [
        (front(number=NUMBER[:-1]), Outcome.INCONCLUSIVE, ("card_number_unread",)),
        (front(number=NUMBER[:5] + "7" + NUMBER[6:]), Outcome.INCONCLUSIVE, ("card_number_wrong",)),
        (front(birth="1985年2月15日"), Outcome.FAIL, ("birth_date_disagrees",)),
        (front(sex="女"), Outcome.FAIL, ("sex_disagrees",)),
        (
            front(birth="1985年2月15日", confidence=0.5),
            Outcome.INCONCLUSIVE,
            ("read_unsurely", "birth_date_disagrees"),
        ),
        (front(birth="?"), Outcome.INCONCLUSIVE, ("too_little_compared",)),
        (
            front(number="99" + NUMBER[2:17] + check_character("99" + NUMBER[2:17])),
            Outcome.FAIL,
            ("card_number_impossible",),
        ),
        (read_prc_front([], today=TODAY), Outcome.NOT_MEASURED, ("card_number_unread",)),
    ],
)
def test_the_number_against_itself_and_against_print(
    read: PrcFront, outcome: Outcome, reasons: tuple[str, ...]
) -> None:
    item = prc_card_evidence(read)
    assert (item.outcome, item.reasons) == (outcome, reasons)
    assert all(code in REASONS for code in item.reasons)


def test_the_period_on_the_back() -> None:
    def back(period: str) -> Evidence:
        lines = photographed([line("有效期限", 18, 46, 2.6), line(period, 33, 45.8, 3)])
        return prc_card_evidence(front(), read_prc_back(lines, today=TODAY, birth_date=date(1985, 2, 14)))

    assert back("2015.03.02-2035.03.02").outcome is Outcome.PASS
    odd = back("2015.03.02-2022.03.02")
    assert (odd.outcome, odd.reasons) == (Outcome.INCONCLUSIVE, ("card_period_impossible",))
    assert back("2015.03.02").details["back_read"] is True
