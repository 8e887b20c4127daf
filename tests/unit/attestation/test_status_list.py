"""Status lists: the vectors of the draft, their limits, and places that are given once."""

import json
import zlib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attestation_material import NOW, counted_entropy, keys_of
from visavis.attestation.keys import SoftwareKey
from visavis.attestation.public_keys import Algorithm
from visavis.attestation.status_list import (
    MAX_LIST_BYTES,
    MemoryStatusRegister,
    Status,
    StatusList,
    StatusReference,
    draw_index,
    read_status_list,
    sign_status_list,
)
from visavis.attestation.strict_json import base64url, base64url_bytes
from visavis.attestation.tokens import TokenType, sign_token
from visavis.errors import TokenError

KEY = SoftwareKey.generate(Algorithm.ED25519)
URI = "https://verify.operator.example/status/1"
HOUR = timedelta(hours=1)

# draft-ietf-oauth-status-list, sections 4.1 and 4.2, appendix C
SMALL = [
    (1, "eNrbuRgAAhcBXQ", [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]),
    (2, "eNo76fITAAPfAgc", [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]),
]
LARGE = (
    "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAAAJsLCQAAAAAAAAAAADjelAAA"
    "AAAAAAAAKjDMAQAAAACAZC8L2AEb"
)
REVOKED = (0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345)


@pytest.mark.parametrize(("bits", "text", "values"), SMALL)
def test_the_small_lists_of_the_draft(bits: int, text: str, values: list[int]) -> None:
    found = StatusList.of_data({"bits": bits, "lst": text})
    assert [found[place] for place in range(found.size)] == values
    made = StatusList(len(values), bits=bits)
    for place, value in enumerate(values):
        made[place] = value
    assert zlib.decompress(base64url_bytes(str(made.as_data()["lst"]))) == zlib.decompress(base64url_bytes(text))


def test_the_large_list_of_the_draft() -> None:
    found = StatusList.of_data({"bits": 1, "lst": LARGE})
    assert found.size == 1 << 20
    assert [found[place] for place in REVOKED] == [1] * len(REVOKED)
    content = zlib.decompress(base64url_bytes(str(found.as_data()["lst"])))
    assert int.from_bytes(content, "big").bit_count() == len(REVOKED)


@settings(max_examples=40)
@given(
    bits=st.sampled_from([1, 2, 4, 8]),
    size=st.integers(1, 300),
    changes=st.lists(st.tuples(st.integers(0, 299), st.integers(0, 255)), max_size=40),
)
def test_a_list_is_a_list(bits: int, size: int, changes: list[tuple[int, int]]) -> None:
    made, plain = StatusList(size, bits=bits), [0] * size
    for place, value in changes:
        made[place % size] = plain[place % size] = value % (1 << bits)
    again = StatusList.of_data(json.loads(json.dumps(made.as_data())))
    assert [again[place] for place in range(size)] == plain
    assert size <= again.size < size + 8


@pytest.mark.parametrize("place", [-1, 16])
def test_a_place_outside_is_none(place: int) -> None:
    with pytest.raises(IndexError):
        StatusList(16, bits=1)[place]


def test_sizes_and_values_have_limits() -> None:
    for size, bits in ((0, 1), (8, 3), (MAX_LIST_BYTES + 1, 8)):
        with pytest.raises(ValueError, match="status list"):
            StatusList(size, bits=bits)
    with pytest.raises(ValueError, match=r"0\.\.3"):
        StatusList(4, bits=2)[0] = 4


def bomb(size: int) -> str:
    return base64url(zlib.compress(bytes(size), 1))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"bits": 1, "lst": bomb(MAX_LIST_BYTES + 1)}, "status_list_too_large"),
        ({"bits": 1, "lst": base64url(zlib.compress(b"\1") + b"\0")}, "status_list_malformed"),
        ({"bits": 1, "lst": base64url(zlib.compress(bytes(100))[:-2])}, "status_list_malformed"),
        ({"bits": 1, "lst": base64url(zlib.compress(b""))}, "status_list_malformed"),
        ({"bits": 1, "lst": "eNrbuRgAAhcBXQ=="}, "status_list_malformed"),
        ({"bits": 3, "lst": "eNrbuRgAAhcBXQ"}, "status_list_malformed"),
        ({"bits": True, "lst": "eNrbuRgAAhcBXQ"}, "status_list_malformed"),
        ({"bits": 1, "lst": 7}, "status_list_malformed"),
        ([], "status_list_malformed"),
        (None, "status_list_malformed"),
    ],
)
def test_what_is_no_list_is_refused(data: object, code: str) -> None:
    with pytest.raises(TokenError) as caught:
        StatusList.of_data(data)
    assert caught.value.code == code


def test_a_bomb_never_unfolds() -> None:
    import tracemalloc

    text = bomb(64_000_000)
    tracemalloc.start()
    with pytest.raises(TokenError):
        StatusList.of_data({"bits": 8, "lst": text})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5 * MAX_LIST_BYTES


def test_a_signed_list_comes_back() -> None:
    statuses = StatusList(64)
    statuses[7] = Status.SUSPENDED
    token = sign_status_list(statuses, uri=URI, now=NOW, valid_for=HOUR, fresh_for=HOUR / 4, key=KEY)
    found = read_status_list(token, uri=URI, keys=keys_of(KEY), now=NOW, leeway=timedelta())
    assert found.statuses[7] == Status.SUSPENDED
    assert found.expires_at == NOW + HOUR
    assert found.fresh_for == HOUR / 4


def test_a_place_is_given_once_and_revoked_for_good() -> None:
    register = MemoryStatusRegister("https://v.example/s", entropy=counted_entropy(), size=16)
    places = [register.allocate() for _ in range(40)]
    assert len(set(places)) == 40
    assert {place.uri for place in places} == {f"https://v.example/s/{number}" for number in (1, 2, 3, 4)}
    register.set_status(places[5], Status.SUSPENDED)
    register.set_status(places[5], Status.VALID)
    register.set_status(places[5], Status.INVALID)
    for status in (Status.VALID, Status.SUSPENDED):
        with pytest.raises(TokenError, match="status_final"):
            register.set_status(places[5], status)
    assert register.statuses(places[5].uri)[places[5].index] == Status.INVALID
    ungiven = next(index for index in range(16) if StatusReference(uri=places[0].uri, index=index) not in places)
    for place in (StatusReference(uri=places[0].uri, index=ungiven), StatusReference(uri="elsewhere", index=0)):
        with pytest.raises(TokenError, match="status_unknown_place"):
            register.set_status(place, Status.INVALID)


def test_what_is_handed_out_does_not_change_the_register() -> None:
    register = MemoryStatusRegister("https://v.example/s", entropy=counted_entropy(), size=16)
    place = register.allocate()
    register.statuses(place.uri)[place.index] = Status.INVALID
    assert register.statuses(place.uri)[place.index] == Status.VALID


def test_places_follow_no_order() -> None:
    import secrets

    register = MemoryStatusRegister("https://v.example/s", entropy=secrets.token_bytes)
    indexes = [register.allocate().index for _ in range(200)]
    assert indexes != sorted(indexes)
    assert max(indexes) > 50_000


def test_a_place_is_drawn_among_the_free_ones() -> None:
    numbers = iter([3, 11, 12])
    assert draw_index({3}.__contains__, size=8, entropy=lambda n: next(numbers).to_bytes(n, "big")) == 4
    with pytest.raises(ValueError, match="power of two"):
        draw_index(bool, size=12, entropy=bytes)


@pytest.mark.parametrize(
    "claim",
    [
        None,
        [],
        {"status_list": None},
        {"status_list": {"idx": True, "uri": "u"}},
        {"status_list": {"idx": -1, "uri": "u"}},
        {"status_list": {"idx": 1 << 40, "uri": "u"}},
        {"status_list": {"idx": 1.0, "uri": "u"}},
        {"status_list": {"idx": 1, "uri": ""}},
        {"status_list": {"idx": 1}},
    ],
)
def test_a_claim_that_names_no_place_is_refused(claim: object) -> None:
    with pytest.raises(TokenError, match="status_claim_malformed"):
        StatusReference.of_claim(claim)


def test_a_status_of_another_mechanism_is_none() -> None:
    assert StatusReference.of_claim({"other": {}}) is None


@pytest.mark.parametrize("changes", [{"iat": None}, {"exp": "x"}, {"ttl": -1}, {"ttl": True}, {"iat": [], "ttl": {}}])
def test_a_list_whose_times_are_none_is_refused(changes: dict[str, Any]) -> None:
    payload = {"sub": URI, "iat": 1772366400, "exp": 1772370000, "status_list": StatusList(8).as_data(), **changes}
    token = sign_token(payload, typ=TokenType.STATUS_LIST, key=KEY)
    with pytest.raises(TokenError, match="status_list_malformed"):
        read_status_list(token, uri=URI, keys=keys_of(KEY), now=NOW, leeway=timedelta())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"uri": f"{URI}0"}, "status_list_other"),
        ({"now": NOW + HOUR}, "status_list_expired"),
        ({"now": NOW - HOUR}, "status_list_from_the_future"),
    ],
)
def test_a_list_of_another_place_or_time_is_refused(changes: dict[str, Any], code: str) -> None:
    token = sign_status_list(StatusList(64), uri=URI, now=NOW, valid_for=HOUR, fresh_for=HOUR, key=KEY)
    with pytest.raises(TokenError, match=code):
        read_status_list(token, **{"uri": URI, "keys": keys_of(KEY), "now": NOW, "leeway": timedelta(), **changes})
