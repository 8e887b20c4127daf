"""Visual zone, machine-readable zone and chip held against one another."""

from dataclasses import replace
from datetime import date

import pytest

from mrz_specimens import SPECIMENS
from visavis.document.consistency import (
    ComparedField,
    FindingCode,
    Place,
    Statement,
    consistency,
    consistency_check,
    fields_agree,
    said_by,
)
from visavis.document.dates import PartialDate
from visavis.document.mrz.parse import parse_mrz
from visavis.document.mrz.zone import Sex
from visavis.document.names import Agreement, NameCode, PrintedName
from visavis.domain.evidence import Outcome
from visavis.domain.reasons import REASONS

MRZ = said_by(parse_mrz(SPECIMENS["9303-4, passport"][1], today=date(2026, 11, 22)))
CHIP = replace(MRZ, place=Place.CHIP)
PRINTED = Statement(
    place=Place.VISUAL_ZONE,
    name=PrintedName(primary="Eriksson", secondary="Anna Maria"),
    document_number="L 898902 C3",
    birth_date=PartialDate(year=1974, month=8, day=12),
    expiry_date=PartialDate(year=2012, month=4, day=15),
    sex=Sex.FEMALE,
    nationality="UTO",
    issuing_state="UTO",
)


def one(printed: Statement, field: ComparedField) -> tuple[Agreement, str]:
    finding = next(f for f in fields_agree(printed, MRZ) if f.field is field)
    assert finding.between == (Place.VISUAL_ZONE, Place.MACHINE_READABLE_ZONE)
    return finding.agreement, finding.code


def test_three_places_that_agree() -> None:
    result = consistency([PRINTED, MRZ, CHIP])
    assert len(result.findings) == 3 * len(ComparedField)
    assert result.compared == len(result.findings)
    assert result.disagreements == ()


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"name": PrintedName(primary="Eriksen", secondary="Anna Maria")}, "name", NameCode.PRIMARY_DIFFERS),
        ({"document_number": "L898902C4"}, "document_number", FindingCode.NUMBER_DIFFERS),
        ({"document_number": "LB98902C3"}, "document_number", FindingCode.NUMBER_DIFFERS_BY_TWINS),
        ({"birth_date": PartialDate(year=1974, month=8, day=13)}, "birth_date", FindingCode.DATE_DIFFERS),
        ({"birth_date": PartialDate(year=1974, month=9)}, "birth_date", FindingCode.DATE_DIFFERS),
        ({"expiry_date": PartialDate(year=2022, month=4, day=15)}, "expiry_date", FindingCode.DATE_DIFFERS),
        ({"sex": Sex.MALE}, "sex", FindingCode.SEX_DIFFERS),
        ({"nationality": "D"}, "nationality", FindingCode.STATE_DIFFERS),
        ({"issuing_state": "UT0"}, "issuing_state", FindingCode.STATE_DIFFERS),
    ],
)
def test_each_disagreement_is_listed_alone(change: dict[str, object], field: str, code: str) -> None:
    changed = replace(PRINTED, **change)  # type: ignore[arg-type]  # any field of a statement
    result = consistency([changed, MRZ, CHIP])
    assert {(f.field.value, f.code) for f in result.disagreements} == {(field, code)}
    assert len(result.disagreements) == 2  # against the zone, and against the chip


def test_the_year_in_full_settles_the_century() -> None:
    printed = replace(PRINTED, birth_date=PartialDate(year=1874, month=8, day=12))
    assert one(printed, ComparedField.BIRTH_DATE) == (Agreement.AGREE, FindingCode.CENTURY_FROM_PRINT)
    full = replace(MRZ, two_digit_years=False)
    assert fields_agree(printed, full)[2].agreement is Agreement.DISAGREE


def test_dates_known_in_part() -> None:
    printed = replace(PRINTED, birth_date=PartialDate(year=1974))
    assert one(printed, ComparedField.BIRTH_DATE) == (Agreement.AGREE, FindingCode.PARTLY_KNOWN)
    printed = replace(PRINTED, birth_date=PartialDate())
    assert one(printed, ComparedField.BIRTH_DATE) == (Agreement.NOT_COMPARED, FindingCode.MISSING)


def test_germany_is_d_and_deu() -> None:
    germany = replace(MRZ, nationality="D")
    assert fields_agree(replace(PRINTED, nationality="DEU"), germany)[5].agreement is Agreement.AGREE


def test_what_is_missing_is_not_compared() -> None:
    result = consistency([Statement(place=Place.VISUAL_ZONE), MRZ])
    assert result.compared == 0
    assert {f.code for f in result.findings} == {FindingCode.MISSING}
    assert consistency([]).compared == 0


def test_two_printed_names_and_two_zones() -> None:
    personal = replace(PRINTED, place=Place.PERSONAL_NUMBER)
    assert fields_agree(PRINTED, personal)[0].code is NameCode.SAME
    other = replace(personal, name=PrintedName(primary="Erikson"))
    assert fields_agree(PRINTED, other)[0].agreement is Agreement.DISAGREE
    assert fields_agree(MRZ, CHIP)[0].code is NameCode.SAME


def test_a_place_speaks_once() -> None:
    with pytest.raises(ValueError, match="one statement"):
        consistency([MRZ, MRZ])


@pytest.mark.parametrize(
    ("change", "outcome", "reasons"),
    [
        ({}, Outcome.PASS, ("document_agrees",)),
        ({"birth_date": PartialDate(year=1975)}, Outcome.FAIL, ("birth_date_disagrees",)),
        ({"sex": Sex.MALE, "nationality": "D"}, Outcome.FAIL, ("sex_disagrees", "nationality_disagrees")),
        ({"document_number": "LB98902C3"}, Outcome.INCONCLUSIVE, ("document_number_unclear",)),
        (
            {"document_number": "LB98902C3", "sex": Sex.MALE},
            Outcome.FAIL,
            ("sex_disagrees", "document_number_unclear"),
        ),
        ({"name": None}, Outcome.INCONCLUSIVE, ("too_little_compared",)),
        ({"document_number": None}, Outcome.INCONCLUSIVE, ("too_little_compared",)),
    ],
)
def test_evidence_for_a_policy(change: dict[str, object], outcome: Outcome, reasons: tuple[str, ...]) -> None:
    changed = replace(PRINTED, **change)  # type: ignore[arg-type]  # any field of a statement
    evidence = consistency_check(consistency([changed, MRZ]))
    assert (evidence.outcome, evidence.reasons) == (outcome, reasons)


def test_nothing_compared_is_not_measured() -> None:
    assert consistency_check(consistency([])).outcome is Outcome.NOT_MEASURED


def test_every_disagreement_has_a_reason() -> None:
    assert {f"{field}_disagrees" for field in ComparedField} <= set(REASONS)
