"""What a document says, from several places, as evidence: never a date, and never more than was proven."""

import dataclasses
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visavis.decision.requirements import DocumentNotExpired, HolderAtLeastYears, Success
from visavis.decision.vocabulary import ReferenceSource
from visavis.document.consistency import Place, Statement
from visavis.document.dates import PartialDate, years_between
from visavis.document.names import PrintedName
from visavis.domain.evidence import Check, EvidenceSet, Outcome
from visavis.domain.reasons import REASONS
from visavis.service.document_evidence import age_check, agreement_check, document_checks, validity_check
from visavis.service.references import choose_reference

TODAY = date(2026, 11, 22)
CHIP = frozenset({Place.CHIP})


def day(year: int | None, month: int | None = None, of_month: int | None = None) -> PartialDate:
    return PartialDate(year=year, month=month, day=of_month)


def said(place: Place, *, born: PartialDate | None = None, expires: PartialDate | None = None) -> Statement:
    short = place in {Place.CHIP, Place.MACHINE_READABLE_ZONE}
    return Statement(
        place=place,
        name=PrintedName(primary="Specimenova", secondary="Anna"),
        document_number="L898902C3",
        birth_date=born,
        expiry_date=expires,
        two_digit_years=short,
    )


@pytest.mark.parametrize(
    ("expires", "outcome", "code"),
    [
        (day(2026, 11, 22), Outcome.PASS, "document_valid"),
        (day(2026, 11, 21), Outcome.FAIL, "document_expired"),
        (day(2026), Outcome.INCONCLUSIVE, "expiry_unclear"),
        (day(None, 11), Outcome.NOT_MEASURED, "expiry_not_read"),
        (None, Outcome.NOT_MEASURED, "expiry_not_read"),
    ],
)
def test_validity_of_one_place(expires: PartialDate | None, outcome: Outcome, code: str) -> None:
    found = validity_check([said(Place.VISUAL_ZONE, expires=expires)], on=TODAY)
    assert (found.check, found.outcome, found.reasons) == (Check.DOCUMENT_VALIDITY, outcome, (code,))
    assert code in REASONS
    assert found.details["proven"] is False


@pytest.mark.parametrize(
    ("born", "outcome", "code"),
    [
        (day(2008, 11, 22), Outcome.PASS, "holder_old_enough"),
        (day(2008, 11, 23), Outcome.FAIL, "holder_below_age"),
        (day(2008), Outcome.INCONCLUSIVE, "birth_date_unclear"),
        (day(2009), Outcome.FAIL, "holder_below_age"),
        (None, Outcome.NOT_MEASURED, "birth_date_not_read"),
    ],
)
def test_an_age_by_one_place(born: PartialDate | None, outcome: Outcome, code: str) -> None:
    found = age_check([said(Place.VISUAL_ZONE, born=born)], years=18, on=TODAY)
    assert (found.check, found.outcome, found.reasons) == (Check.HOLDER_AGE, outcome, (code,))
    assert code in REASONS
    assert found.details["years_asked"] == 18


@given(
    born=st.dates(date(1927, 1, 1), date(2026, 11, 22)), years=st.integers(1, 120), place=st.sampled_from(list(Place))
)
def test_an_age_tells_whether_and_nothing_of_the_date(born: date, years: int, place: Place) -> None:
    found = age_check([said(place, born=PartialDate.of(born))], years=years, on=TODAY, proven=CHIP)
    assert (found.outcome is Outcome.PASS) is (years_between(born, TODAY) >= years)
    told = {name: value for name, value in dataclasses.asdict(found).items() if name != "check"}
    for secret in (str(born.year), born.isoformat(), f"{born:%y%m%d}", f"{born:%Y%m%d}"):
        assert secret not in repr(told)
    # two people on the same side of the line look the same
    other = date(1927, 1, 1) if found.outcome is Outcome.PASS else TODAY
    if years_between(date(1927, 1, 1), TODAY) >= years:
        assert age_check([said(place, born=PartialDate.of(other))], years=years, on=TODAY, proven=CHIP) == found


def test_a_fail_of_any_place_fails_and_what_is_proven_speaks_first() -> None:
    valid, expired = day(2030, 1, 1), day(2020, 1, 1)
    printed, chip = said(Place.MACHINE_READABLE_ZONE, expires=valid), said(Place.CHIP, expires=expired)
    found = validity_check([printed, chip], on=TODAY, proven=CHIP)
    assert (found.outcome, found.details["source"], found.details["proven"]) == (Outcome.FAIL, "chip", True)
    found = validity_check([said(Place.VISUAL_ZONE, expires=expired), said(Place.CHIP, expires=valid)], on=TODAY)
    assert (found.outcome, found.details["source"]) == (Outcome.FAIL, "visual_zone")
    found = validity_check([printed, said(Place.CHIP, expires=valid)], on=TODAY, proven=CHIP)
    assert (found.outcome, found.details["source"], found.details["proven"]) == (Outcome.PASS, "chip", True)
    found = validity_check([printed, said(Place.CHIP, expires=day(None))], on=TODAY, proven=CHIP)
    assert (found.outcome, found.details["source"], found.details["proven"]) == (
        Outcome.PASS,
        "machine_readable_zone",
        False,
    )


@pytest.mark.parametrize("proven", [frozenset[Place](), CHIP])
def test_the_rules_hear_what_is_proven(proven: frozenset[Place]) -> None:
    chip = said(Place.CHIP, born=day(1985, 6, 15), expires=day(2030, 1, 1))
    evidence = EvidenceSet(
        (validity_check([chip], on=TODAY, proven=proven), age_check([chip], years=18, on=TODAY, proven=proven))
    )
    for rule in (DocumentNotExpired(proven=True), HolderAtLeastYears(years=18, proven=True)):
        assert (rule.evaluate(evidence) == Success()) is (proven == CHIP)
    for plain in (DocumentNotExpired(), HolderAtLeastYears(years=18)):
        assert plain.evaluate(evidence) == Success()


def test_who_is_past_a_hundred_is_no_child_where_print_says_so() -> None:
    zone, print_ = (
        said(Place.MACHINE_READABLE_ZONE, born=day(2020, 3, 1)),
        said(Place.VISUAL_ZONE, born=day(1920, 3, 1)),
    )
    assert age_check([zone], years=18, on=TODAY).outcome is Outcome.FAIL
    assert age_check([zone, print_], years=18, on=TODAY).outcome is Outcome.PASS
    # another day in print is no other century, and print does not speak against a signature
    other = said(Place.VISUAL_ZONE, born=day(1920, 3, 2))
    assert age_check([zone, other], years=18, on=TODAY).outcome is Outcome.FAIL
    chip = said(Place.CHIP, born=day(2020, 3, 1))
    assert age_check([chip, print_], years=18, on=TODAY, proven=CHIP).outcome is Outcome.FAIL


def test_agreement_needs_two_places() -> None:
    zone = said(Place.MACHINE_READABLE_ZONE, born=day(1985, 6, 15))
    print_ = said(Place.VISUAL_ZONE, born=day(1985, 6, 15))
    assert agreement_check([zone]).outcome is Outcome.NOT_MEASURED
    assert agreement_check([zone, print_]).outcome is Outcome.PASS
    forged = dataclasses.replace(print_, birth_date=day(1984, 6, 15))
    found = agreement_check([zone, forged])
    assert (found.outcome, found.reasons) == (Outcome.FAIL, ("birth_date_disagrees",))


def test_a_document_that_holds_its_name_once_agrees_by_its_number() -> None:
    print_ = said(Place.VISUAL_ZONE, born=day(1985, 6, 15))
    number = Statement(place=Place.PERSONAL_NUMBER, birth_date=day(1985, 6, 15))
    assert agreement_check([print_, number]).outcome is Outcome.PASS
    other = dataclasses.replace(number, birth_date=day(1985, 6, 16))
    assert agreement_check([print_, other]).reasons == ("birth_date_disagrees",)
    # beside a zone the number does not stand for what the zone does not confirm
    zone = dataclasses.replace(said(Place.MACHINE_READABLE_ZONE, born=day(1985, 6, 15)), name=None)
    assert agreement_check([print_, number, zone]).reasons == ("too_little_compared",)


def test_a_document_without_end_is_valid_unless_a_day_says_otherwise() -> None:
    print_ = said(Place.VISUAL_ZONE, born=day(1985, 6, 15))
    found = validity_check([print_], on=TODAY, endless=True)
    assert (found.outcome, found.details["proven"]) == (Outcome.PASS, False)
    expired = said(Place.CHIP, expires=day(2020, 1, 1))
    assert validity_check([print_, expired], on=TODAY, endless=True).outcome is Outcome.FAIL
    checks = document_checks(endless=True, today=TODAY)
    assert [item.outcome for item in checks] == [Outcome.PASS]


def test_a_check_that_nobody_can_make_is_left_out() -> None:
    assert document_checks(today=TODAY) == ()
    zone = said(Place.MACHINE_READABLE_ZONE, born=day(1985, 6, 15), expires=day(2030, 1, 1))
    print_ = said(Place.VISUAL_ZONE, born=day(1985, 6, 15), expires=day(2030, 1, 1))
    assert [item.check for item in document_checks(printed=[zone], today=TODAY)] == [Check.DOCUMENT_VALIDITY]
    assert [item.check for item in document_checks(printed=[zone, print_], years=18, today=TODAY)] == [
        Check.DOCUMENT_CONSISTENT,
        Check.DOCUMENT_VALIDITY,
        Check.HOLDER_AGE,
    ]


def test_the_reference_is_the_one_that_the_policy_prefers() -> None:
    chip, printed, enrolled = ReferenceSource.CHIP, ReferenceSource.DOCUMENT_PORTRAIT, ReferenceSource.ENROLLED
    assert choose_reference((chip, printed), at_hand=[printed, chip]) is chip
    assert choose_reference((printed, chip), at_hand=[chip, printed]) is printed
    assert choose_reference((chip, printed), at_hand=[printed]) is printed
    assert choose_reference((enrolled,), at_hand=[chip, printed]) is None
    assert choose_reference((), at_hand=[chip]) is None
