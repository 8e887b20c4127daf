"""Identifiers, pseudonyms, consent receipts, openings, and the words of the register."""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store_material import iccid, identifiers, receipt
from visavis.domain.consent import ConsentReceipt
from visavis.domain.events import Event, EventKind
from visavis.domain.identifiers import Kind, is_identifier
from visavis.domain.lines import Iccid, Msisdn, luhn_sum
from visavis.domain.pseudonyms import PSEUDONYM_LETTERS, PseudonymKey, PseudonymKind
from visavis.domain.states import Requested
from visavis.domain.verification import Opening, Verification
from visavis.errors import InputError

AT = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
KEY = PseudonymKey.of_party(bytes(range(32)), "rlp_one")


def test_identifiers_sort_by_time_and_have_one_form() -> None:
    ids = identifiers(1)
    made = [ids.new(Kind.VERIFICATION, AT + timedelta(milliseconds=step)) for step in range(50)]
    assert made == sorted(made)
    assert len(set(made)) == 50
    assert all(is_identifier(text, Kind.VERIFICATION) for text in made)
    assert len(made[0]) == 30
    for text in (made[0][:-1], made[0] + "0", made[0].upper(), made[0].replace("ver", "lin"), "", "ver_" + "l" * 26):
        assert not is_identifier(text, Kind.VERIFICATION)


def test_a_pseudonym_tells_what_it_is_of_and_for_whom() -> None:
    other = PseudonymKey.of_party(bytes(range(32)), "rlp_two")
    texts = [
        KEY.of(PseudonymKind.NUMBER, "+46700000001"),
        KEY.of(PseudonymKind.CARD, "+46700000001"),
        other.of(PseudonymKind.NUMBER, "+46700000001"),
        PseudonymKey.of_party(bytes(32), "rlp_one").of(PseudonymKind.NUMBER, "+46700000001"),
        KEY.of(PseudonymKind.PERSON, "ab", "c"),
        KEY.of(PseudonymKind.PERSON, "a", "bc"),
    ]
    assert len(set(texts)) == len(texts)
    assert {len(text) for text in texts} == {PSEUDONYM_LETTERS}
    assert KEY.secret.hex() not in repr(KEY)
    with pytest.raises(ValueError, match="32 bytes"):
        PseudonymKey.of_party(bytes(31), "rlp_one")


def test_a_person_is_the_same_however_the_number_is_written() -> None:
    assert KEY.person(issuing_state="UTO", number="L898902C3") == KEY.person(issuing_state="uto", number="l 898-902c3")
    assert KEY.person(issuing_state="UTO", number="L1") != KEY.person(issuing_state="D", number="L1")
    with pytest.raises(ValueError, match="letters or digits"):
        KEY.person(issuing_state="UTO", number=" - ")


@pytest.mark.parametrize("text", ["+46 70-123 45 67", "+46701234567", "+1 (202) 555.0101"])
def test_numbers_as_people_write_them(text: str) -> None:
    assert Msisdn.parse(text).text.removeprefix("+").isdigit()
    assert "70" not in repr(Msisdn.parse(text))


@pytest.mark.parametrize(
    "text", ["", "0701234567", "+0701234567", "+46", "+1234567890123456", "+46７01234567", "+46701234567\n"]
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(InputError) as caught:
        Msisdn(text)
    assert caught.value.code == "msisdn_invalid"
    assert not text or text not in str(caught.value)


@given(st.integers(0, 10**9), st.integers(0, 18), st.integers(1, 9))
def test_one_wrong_digit_of_a_card_is_found(number: int, place: int, more: int) -> None:
    text = iccid(number).text
    assert Iccid.parse(f"{text[:4]} {text[4:]}").text == text
    if place < 2:
        return  # another telecom industry identifier, not another digit
    wrong = text[:place] + str((int(text[place]) + more) % 10) + text[place + 1 :]
    with pytest.raises(InputError) as caught:
        Iccid(wrong)
    assert caught.value.code == "iccid_check_digit_wrong"


def test_the_check_digit_is_luhns_and_what_is_no_card() -> None:
    assert luhn_sum("79927398713") % 10 == 0  # the usual example of the algorithm
    Iccid("899110120000320451")  # 18 digits carry none
    for text in ("", "894", "79" + "0" * 17, "89" + "0" * 19, "89a" + "0" * 16):
        with pytest.raises(InputError) as caught:
            Iccid(text)
        assert caught.value.code == "iccid_invalid"


def consent() -> ConsentReceipt:
    opening = Opening(purpose="change_of_line")
    row = Verification(
        id="ver_" + "0" * 26,
        relying_party="rlp_" + "0" * 26,
        opening=opening,
        policy_version=1,
        policy_digest="a" * 64,
        attempts=3,
        opened_at=AT,
        expires_at=AT + timedelta(minutes=15),
        state=Requested(at=AT),
    )
    return receipt(row, AT, identifiers(1))


def test_a_receipt_has_the_fields_of_the_specification() -> None:
    data = consent().as_data()
    assert {"schema_version", "record_id", "pii_principal_id", "privacy_notice", "language", "purposes"} <= set(data)
    (purpose,) = _list(data["purposes"])
    assert {"lawful_basis", "pii_information", "retention_period", "withdrawal_method", "jurisdiction"} <= set(purpose)
    assert [item["special_pii_category"] for item in _list(purpose["pii_information"])] == [True, False]
    (event,) = _list(data["event"])
    assert (event["event_type"], event["validity_duration"]) == ("explicit", "PT900S")


def _list(value: object) -> list[Mapping[str, object]]:
    assert isinstance(value, list)
    return value


@pytest.mark.parametrize(
    "changed",
    [
        {"categories": ()},
        {"rights": ()},
        {"notice_digest": "A" * 64},
        {"language": "not a tag"},
        {"withdrawal": ""},
        {"given_at": datetime(2027, 3, 1)},  # noqa: DTZ001 - without a zone, on purpose
        {"retention": timedelta(seconds=-1)},
        {"purpose_text": "x" * 501},
    ],
)
def test_what_is_no_receipt(changed: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        dataclasses.replace(consent(), **changed)  # type: ignore[arg-type]  # its fields
    assert caught.value.code == "consent_receipt_invalid"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: Opening(purpose="p", binding="A" * 64), "binding_invalid"),
        (lambda: Opening(purpose="p", language="english please"), "language_invalid"),
        (lambda: Opening(purpose="p", labels={"shop": "Anna Maria"}), "labels_invalid"),
        (lambda: Opening(purpose="p", labels={str(n): "x" for n in range(9)}), "labels_invalid"),
        (lambda: Opening(purpose="p", return_url="javascript:alert(1)"), "return_url_invalid"),
        (lambda: Opening(purpose="p", return_url="http://localhost.evil.example/"), "return_url_invalid"),
        (lambda: Opening(purpose="p", return_url="https://a.example/ b"), "return_url_invalid"),
        (lambda: Opening(purpose="p", return_url="https://"), "return_url_invalid"),
    ],
)
def test_what_cannot_be_opened(make: Callable[[], Opening], code: str) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.code == code


def test_what_can_be_opened() -> None:
    Opening(purpose="p", return_url="https://shop.example/done?x=1", labels={"shop": "north-3"}, language="zh-Hans-CN")
    Opening(purpose="p", return_url="http://localhost:8080/done")


def test_an_event_carries_ids_and_a_status() -> None:
    event = Event(
        id="evt_1",
        kind=EventKind.LINE_REGISTERED,
        relying_party="rlp_1",
        subject="lin_1",
        at=AT,
        status="active",
        verification="ver_1",
    )
    assert event.as_data() == {
        "type": "line.registered",
        "timestamp": "2027-03-01T09:00:00+00:00",
        "data": {"id": "lin_1", "status": "active", "verification": "ver_1"},
    }
