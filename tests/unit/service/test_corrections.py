"""What a holder may mend of a misread name, and what stays as it was read."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading_material import TODAY, found, page, printed
from store_material import POLICY
from visavis.attestation.issuing import CORRECTED
from visavis.comparison.templates import Template
from visavis.decision.policy import Policy
from visavis.decision.policy_file import parse_policy
from visavis.decision.vocabulary import ReferenceSource
from visavis.document.names import PrintedName
from visavis.document.reading import DocumentReading, PageReading
from visavis.document.reading_summary import PageText, summed_up
from visavis.domain.evidence import Check, Evidence, Outcome
from visavis.errors import InputError
from visavis.perception.session import ModelIdentity
from visavis.service.corrections import MARK, correct, corrected_names, letters_changed, open_fields
from visavis.service.document_fields import fields_of
from visavis.service.samples import Role, Sample
from visavis.service.sealed_reading import AsRead, Reading

words = st.text("abcdeéßÅ '", max_size=12)


def policy(text: str = POLICY) -> Policy:
    """It tells the family name, and not the given ones."""
    return parse_policy(text)


def read(*pages: PageReading) -> DocumentReading:
    return summed_up(list(pages), [PageText()] * len(pages), today=TODAY)


def reading(**values: tuple[str, bool]) -> Reading:
    """Of names: the value that was read, and whether of the zone."""
    template = Template(vector=np.full(4, 0.5, np.float32), model=ModelIdentity("t", "1", "0" * 64), quality=80)
    checks = (
        Evidence(check=Check.DOCUMENT_CONSISTENT, outcome=Outcome.INCONCLUSIVE, reasons=("too_little_compared",)),
        Evidence(check=Check.DOCUMENT_VALIDITY, outcome=Outcome.PASS, reasons=("document_valid",)),
    )
    return Reading(
        reference=Sample(role=Role.REFERENCE, reason=None, template=template),
        source=ReferenceSource.DOCUMENT_PORTRAIT,
        checks=checks,
        person="pseudonym",
        fields={"document_number": "L898902C3", **{name: value for name, (value, _) in values.items()}},
        as_read={name: AsRead(value, zone) for name, (value, zone) in values.items()},
    )


def refusal(read_as: str, given_as: str, *, zone: bool = False) -> str:
    with pytest.raises(InputError) as caught:
        correct(reading(family_name=(read_as, zone)), {"family_name": given_as})
    assert given_as not in caught.value.message
    return caught.value.code


def mended(read_as: str, given_as: str, *, zone: bool = False) -> str:
    return correct(reading(family_name=(read_as, zone)), {"family_name": given_as}).fields["family_name"]


# ---- which fields


def test_only_names_that_stand_in_one_place_of_the_paper_are_open() -> None:
    alone = read(page(found(), printed(name=None)))
    assert {item.name for item in fields_of(alone, None) if item.open} == {"family_name", "given_names"}
    twice = read(page(found(), printed()))
    assert not any(item.open for item in fields_of(twice, None))


def test_where_two_places_differ_in_the_name_the_holder_may_say_which() -> None:
    differs = read(page(found(), printed(name=PrintedName(primary="Specimenowa", secondary="Anna Maria"))))
    assert {item.name for item in fields_of(differs, None) if item.open} == {"family_name", "given_names"}


def test_a_policy_opens_what_it_tells_and_may_open_nothing() -> None:
    fields = fields_of(read(page(found(), printed(name=None))), None)
    assert open_fields(fields, policy()) == {"family_name": AsRead("SPECIMENOVA", zone=True)}
    assert open_fields(fields, policy('corrections = "none"\n' + POLICY)) == {}
    silent = dataclasses.replace(policy(), disclose=())
    assert open_fields(fields, silent) == {}


def test_the_policy_says_so_in_its_digest_only_where_it_differs() -> None:
    assert policy('corrections = "names"\n' + POLICY).digest == policy().digest
    assert policy('corrections = "none"\n' + POLICY).digest != policy().digest


# ---- how much


@pytest.mark.parametrize(
    ("read_as", "given_as", "zone", "becomes"),
    [
        ("ERIKSS0N", "Eriksson", False, "ERIKSSON"),  # a digit where a letter stands
        ("SPECIMENOVA", "SPECIMENOWA", True, "SPECIMENOWA"),
        ("Muller", "Müller", False, "Müller"),
        ("ANNAMARIA", "ANNA MARIA", True, "ANNA MARIA"),
        ("Jean Pierre", "Jean-Pierre", False, "Jean-Pierre"),
        ("王小明", "王晓明", False, "王晓明"),
        ("O'Neill", "O’Neill", False, "O’Neill"),
    ],
)
def test_a_misread_letter_is_mended(read_as: str, given_as: str, zone: bool, becomes: str) -> None:
    assert mended(read_as, given_as, zone=zone) == becomes


@pytest.mark.parametrize(
    ("read_as", "given_as"),
    [("ANNA", "BELA"), ("王明", "王朋"), ("Li", "Lu"), ("SPECIMENOVA", "SPECK"), ("Anna", "Annabella")],
)
def test_another_name_is_refused(read_as: str, given_as: str) -> None:
    assert refusal(read_as, given_as) == "correction_too_much"


@pytest.mark.parametrize(
    ("read_as", "given_as", "zone"),
    [
        ("SPECIMENOVA", "SPECIMENÖVA", True),  # a zone has none of these
        ("SPECIMENOVA", "SPECIMEN-OVA", True),
        ("Anna", "Аnna", False),  # a Cyrillic letter that looks the same
        ("Anna", "Ann4", False),
        ("Anna", "Anna\u200b", False),
        ("Anna", "An\u202ena", False),
        ("Anna", "  ", False),
        ("Anna", "-Anna", False),
        ("王小明", "王小m", False),
    ],
)
def test_other_letters_are_refused(read_as: str, given_as: str, zone: bool) -> None:
    assert refusal(read_as, given_as, zone=zone) == "correction_other_letters"


def test_corrections_do_not_add_up() -> None:
    first = correct(reading(family_name=("SPECIMENOVA", True)), {"family_name": "SPECXMXNXVA"})
    assert corrected_names(first) == ("family_name",)
    with pytest.raises(InputError) as caught:
        correct(first, {"family_name": "XPECXMXNXVA"})
    assert caught.value.code == "correction_too_much"


@pytest.mark.parametrize("name", ["document_number", "date_of_birth", "nationality", "nonsense"])
def test_what_is_not_open_is_refused(name: str) -> None:
    with pytest.raises(InputError) as caught:
        correct(reading(family_name=("ANNA", True)), {name: "L898902C4"})
    assert caught.value.code == "correction_not_open"


# ---- what it changes, and what not


def test_it_is_marked_by_name_and_changes_no_outcome() -> None:
    before = reading(family_name=("SPECIMENOVA", True), given_names=("ANNA", True))
    after = correct(before, {"family_name": "SPECIMENOWA"})
    marked, validity = after.checks
    assert marked.outcome is Outcome.INCONCLUSIVE
    assert marked.reasons == ("too_little_compared", MARK)
    assert marked.details == {CORRECTED: "family_name"}
    assert "SPECIMENOWA" not in str(after.checks)
    assert validity == before.checks[1]
    assert (after.person, after.reference) == (before.person, before.reference)
    both = correct(after, {"given_names": "ANNE"})
    assert both.checks[0].details == {CORRECTED: "family_name given_names"}


def test_to_give_what_was_read_takes_it_back() -> None:
    before = reading(family_name=("SPECIMENOVA", True))
    after = correct(correct(before, {"family_name": "SPECIMENOWA"}), {"family_name": "Specimenova"})
    assert (after.fields, after.checks, corrected_names(after)) == (before.fields, before.checks, ())


# ---- the distance


@given(words, words)
def test_the_distance_is_symmetric_and_no_larger_than_the_longer_word(one: str, other: str) -> None:
    far = letters_changed(one, other)
    assert far == letters_changed(other, one)
    a, b = one.casefold(), other.casefold()
    assert abs(len(a) - len(b)) <= far <= max(len(a), len(b))
    assert (far == 0) == (a == b)


@pytest.mark.parametrize(
    ("one", "other", "far"), [("kitten", "sitting", 3), ("MARTHA", "marhta", 1), ("abc", "cab", 2), ("", "abc", 3)]
)
def test_the_distance_counts_what_a_person_would(one: str, other: str, far: int) -> None:
    assert letters_changed(one, other) == far
