"""What a relying party believes, and everything it must not."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import visavis.attestation
from attestation_material import (
    ALGORITHMS,
    ISSUER,
    NOW,
    ORDER,
    PERSONAL,
    SHOP,
    counted_entropy,
    issue,
    keys_of,
    policy,
)
from visavis.attestation.keys import SoftwareKey
from visavis.attestation.public_keys import Algorithm, KeySet
from visavis.attestation.sd_jwt import issue_sd_jwt, present
from visavis.attestation.statement import VCT, DecidedBy
from visavis.attestation.status_list import MemoryStatusRegister, Status, StatusReference, sign_status_list
from visavis.attestation.strict_json import base64url, base64url_bytes
from visavis.attestation.tokens import TokenType, sign_token
from visavis.attestation.verifier import VerifiedAttestation, verify
from visavis.errors import ExitStatus, StatusUnknownError, TokenError

KEYS = {algorithm: SoftwareKey.generate(algorithm) for algorithm in ALGORITHMS}
KEY = KEYS[Algorithm.ES256]
HOLDER = SoftwareKey.generate(Algorithm.ES256)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~.="


def check(token: object, **changes: Any) -> VerifiedAttestation:
    options: dict[str, Any] = {"issuer": ISSUER, "keys": keys_of(KEY), "now": NOW, "audience": SHOP, **changes}
    return verify(str(token), **options)


def refused(token: object, **changes: Any) -> str:
    with pytest.raises(TokenError) as caught:
        check(token, **changes)
    return caught.value.code


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_was_attested_comes_back(algorithm: Algorithm) -> None:
    key = KEYS[algorithm]
    found = check(issue(key), keys=keys_of(key))
    assert found.statement is not None
    assert found.statement.policy.digest == policy().digest
    assert found.statement.fmr_bound == 1e-4
    assert found.statement.attack_detection is not None
    assert found.statement.attack_detection.operating_point == "strict"
    assert found.statement.binding is not None
    assert found.statement.binding.digest == ORDER
    assert found.statement.decided_by is DecidedBy.POLICY
    assert found.statement.grants == ("line.receive", "line.register")
    assert found.disclosed == {"evidence", *PERSONAL}
    assert found.claims["family_name"] == "Möbius"
    assert found.kid == key.kid
    assert found.expires_at == NOW + timedelta(days=1)
    assert not found.holder_present
    assert found.status is None


def test_it_is_there_by_its_short_name() -> None:
    assert visavis.attestation.verify is verify


def test_nothing_personal_is_visible_where_nothing_is_shown() -> None:
    bare = present(issue(KEY), disclose=())
    found = check(bare)
    assert found.disclosed == frozenset()
    assert found.statement is not None
    assert found.statement.evidence is None
    text = json.dumps(dict(found.claims))
    assert not any(value in text for value in PERSONAL.values() if len(value) > 1)
    decoded = base64url_bytes(bare.issued.split(".")[1]).decode()
    assert "family_name" not in decoded
    assert "0.61" not in decoded


def test_the_length_of_the_list_of_digests_tells_nothing() -> None:
    lengths = set()
    for personal in (dict[Any, str](), PERSONAL):
        payload = json.loads(base64url_bytes(issue(KEY, personal=personal).issued.split(".")[1]))
        lengths.add(len(payload["_sd"]))
        assert payload["_sd"] == sorted(payload["_sd"])
    assert lengths == {12}


SHORT = present(issue(KEY), disclose=["family_name", "issuing_state"])
BOUND = present(
    issue(KEY, holder=HOLDER.public_jwk), disclose=["family_name"], holder=HOLDER, audience=SHOP, nonce="n-1", now=NOW
)


def test_every_changed_character_is_refused() -> None:
    """Every place, by the next letter: signature, header, payload, disclosures and what sets them apart."""
    token, passed = str(SHORT), []
    for place, letter in enumerate(token):
        other = LETTERS[(LETTERS.index(letter) + 1) % 64]
        try:
            check(f"{token[:place]}{other}{token[place + 1 :]}")
        except TokenError:
            continue
        passed.append((place, letter, other))
    assert passed == []


@settings(max_examples=80)
@given(place=st.integers(0, 10_000), other=st.characters(codec="utf-8"), bound=st.booleans())
def test_any_character_in_any_place_is_refused(*, place: int, other: str, bound: bool) -> None:
    token = str(BOUND if bound else SHORT)
    place %= len(token)
    if token[place] == other:
        return
    assert refused(f"{token[:place]}{other}{token[place + 1 :]}", nonce="n-1" if bound else None)


@settings(max_examples=60)
@given(st.text(max_size=200) | st.text(alphabet=LETTERS, max_size=200))
def test_what_is_no_token_is_refused(text: str) -> None:
    assert refused(text) in {"token_malformed", "token_type_wrong", "token_too_large"}


# algorithms and keys


def forged(header: dict[str, Any], *, signature: bytes = b"\0" * 64) -> str:
    payload = issue(KEY).issued.split(".")[1]
    return f"{base64url(json.dumps(header).encode())}.{payload}.{base64url(signature)}~"


@pytest.mark.parametrize(
    "name", ["none", "None", "HS256", "HS512", "RS256", "ES384", "ES256K", "EdDSA", "", None, 7, []]
)
def test_no_other_algorithm_is_taken(name: object) -> None:
    header = {"alg": name, "typ": "dc+sd-jwt", "kid": KEY.kid}
    assert refused(forged(header)) == "token_algorithm_refused"


def test_none_without_a_signature_is_refused() -> None:
    assert refused(forged({"alg": "none", "typ": "dc+sd-jwt"}, signature=b"")) == "token_algorithm_refused"


def test_a_public_key_is_no_secret_of_an_hmac() -> None:
    """The classic confusion: HMAC keyed with what everybody knows."""
    import hashlib
    import hmac

    head = base64url(b'{"alg":"HS256","typ":"dc+sd-jwt","kid":"%s"}' % KEY.kid.encode())
    message = f"{head}.{issue(KEY).issued.split('.')[1]}"
    tag = hmac.new(json.dumps(dict(KEY.public_jwk)).encode(), message.encode(), hashlib.sha256).digest()
    assert refused(f"{message}.{base64url(tag)}~") == "token_algorithm_refused"


def test_a_key_of_another_kind_is_not_asked() -> None:
    other = KEYS[Algorithm.ED25519]
    assert refused(forged({"alg": "Ed25519", "typ": "dc+sd-jwt", "kid": KEY.kid})) == "token_key_unknown"
    assert refused(forged({"alg": "ES256", "typ": "dc+sd-jwt", "kid": other.kid})) == "token_key_unknown"


def test_a_key_in_the_header_is_not_looked_at() -> None:
    stranger = SoftwareKey.generate()
    header = {"alg": "ES256", "typ": "dc+sd-jwt", "kid": KEY.kid, "jwk": dict(stranger.public_jwk)}
    message = f"{base64url(json.dumps(header).encode())}.{issue(KEY).issued.split('.')[1]}"
    assert refused(f"{message}.{base64url(stranger.sign(message.encode()))}~") == "token_signature_wrong"


def test_a_stranger_with_the_same_key_name_is_refused() -> None:
    assert refused(issue(SoftwareKey.generate())) == "token_key_unknown"
    stranger = SoftwareKey.generate()
    lying = KeySet.of({"keys": [{**stranger.public_jwk, "kid": KEY.kid}]})
    assert refused(issue(KEY), keys=lying) == "token_signature_wrong"
    assert refused(issue(KEY), keys=KeySet()) == "token_key_unknown"


@pytest.mark.parametrize("extra", [{"crit": ["exp"], "exp": 1}, {"crit": []}, {"b64": False}])
def test_an_extension_that_nobody_knows_is_refused(extra: dict[str, Any]) -> None:
    header = {"alg": "ES256", "typ": "dc+sd-jwt", "kid": KEY.kid, **extra}
    message = f"{base64url(json.dumps(header).encode())}.{issue(KEY).issued.split('.')[1]}"
    assert refused(f"{message}.{base64url(KEY.sign(message.encode()))}~") == "token_extension_unknown"


@pytest.mark.parametrize("typ", [item for item in TokenType if item is not TokenType.ATTESTATION])
def test_a_token_of_another_type_is_refused(typ: TokenType) -> None:
    assert refused(f"{sign_token({'iss': ISSUER}, typ=typ, key=KEY)}~") == "token_type_wrong"


def test_a_member_named_twice_is_refused() -> None:
    head = base64url(b'{"alg":"ES256","typ":"dc+sd-jwt"}')
    message = f"{head}." + base64url(b'{"iss":"a","iss":"b"}')
    assert refused(f"{message}.{base64url(KEY.sign(message.encode()))}~") == "token_malformed"


# what the caller expects


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"issuer": "https://other.example"}, "issuer_unexpected"),
        ({"issuer": ISSUER + "/"}, "issuer_unexpected"),
        ({"vct": "urn:other:1"}, "type_unexpected"),
        ({"audience": "rlp_other"}, "audience_unexpected"),
        ({"audience": None}, "audience_unexpected"),
        ({"now": NOW + timedelta(days=1, seconds=31)}, "attestation_expired"),
        ({"now": NOW - timedelta(seconds=31)}, "attestation_not_yet_valid"),
        ({"nonce": "n-1"}, "key_binding_missing"),
    ],
)
def test_what_is_not_as_expected_is_refused(changes: dict[str, Any], code: str) -> None:
    assert refused(issue(KEY), **changes) == code


def test_two_clocks_may_be_a_little_apart() -> None:
    for now in (NOW + timedelta(days=1, seconds=29), NOW - timedelta(seconds=29)):
        assert check(issue(KEY), now=now).issuer == ISSUER


def test_mistakes_of_the_caller_are_no_refusals() -> None:
    token = str(issue(KEY))
    for changes in (
        {"now": NOW.replace(tzinfo=None)},
        {"leeway": timedelta(hours=1)},
        {"nonce": "n", "audience": None},
    ):
        with pytest.raises(ValueError, match="aware moment"):
            check(token, **changes)


@pytest.mark.parametrize("name", ["iss", "exp", "vct", "cnf", "status", "aud", "iat"])
def test_what_everybody_must_see_is_not_to_be_withheld(name: str) -> None:
    whole = {
        "iss": ISSUER,
        "vct": "urn:t:1",
        "iat": 1772366400,
        "exp": 1772452800,
        "aud": SHOP,
        "cnf": {},
        "status": {},
    }
    shown = {key: value for key, value in whole.items() if key != name}
    token = issue_sd_jwt(shown, withheld={name: whole[name]}, key=KEY, entropy=counted_entropy())
    assert refused(token, vct="urn:t:1", unsafe_without_status=True) == "claim_must_not_be_withheld"


@pytest.mark.parametrize(
    "times", [{"iat": NOW.isoformat()}, {"exp": True}, {"exp": -1}, {"exp": 1e300}, {"nbf": "now"}]
)
def test_times_that_are_none_are_refused(times: dict[str, Any]) -> None:
    claims = {"iss": ISSUER, "vct": "urn:t:1", "iat": 1772366400, "exp": 1772452800, **times}
    token = issue_sd_jwt(claims, withheld={}, key=KEY, entropy=counted_entropy())
    assert refused(token, vct="urn:t:1") == "times_malformed"


def test_a_statement_that_says_something_else_is_refused() -> None:
    claims = {"iss": ISSUER, "vct": VCT, "iat": 1772366400, "exp": 1772452800}
    statements: list[dict[str, Any]] = [
        {},
        {"verification": []},
        {"verification": {"id": 7}},
        {"verification": {"evidence": []}},
    ]
    for statement in statements:
        token = issue_sd_jwt({**claims, **statement}, withheld={}, key=KEY, entropy=counted_entropy())
        assert refused(token) == "statement_malformed"


# the holder's key


def bound(**changes: Any) -> str:
    options: dict[str, Any] = {"holder": HOLDER, "audience": SHOP, "nonce": "n-1", "now": NOW, **changes}
    return str(present(issue(KEY, holder=HOLDER.public_jwk, audience=None), disclose=["document_number"], **options))


def test_the_holder_shows_what_they_choose_and_that_it_is_theirs() -> None:
    found = check(bound(), nonce="n-1")
    assert found.holder_present
    assert found.disclosed == {"document_number"}
    assert check(bound(), nonce="n-1", now=NOW + timedelta(minutes=5)).holder_present


@pytest.mark.parametrize(
    ("made", "asked", "code"),
    [
        ({"audience": "rlp_other"}, {}, "key_binding_audience"),
        ({"nonce": "n-0"}, {}, "key_binding_nonce"),
        ({"holder": KEY}, {}, "token_signature_wrong"),
        ({"now": NOW - timedelta(minutes=6)}, {}, "key_binding_too_old"),
        ({"now": NOW + timedelta(minutes=1)}, {}, "key_binding_too_old"),
        ({}, {"nonce": None}, "key_binding_unexpected"),
    ],
)
def test_an_answer_for_another_occasion_is_refused(made: dict[str, Any], asked: dict[str, Any], code: str) -> None:
    assert refused(bound(**made), **{"nonce": "n-1", **asked}) == code


def test_an_answer_is_to_what_is_shown_with_it() -> None:
    whole = issue(KEY, holder=HOLDER.public_jwk)
    answer = present(whole, disclose=[], holder=HOLDER, audience=SHOP, nonce="n-1", now=NOW).key_binding
    more = present(whole, disclose=["family_name"])
    assert refused(f"{more}{answer}", nonce="n-1") == "key_binding_other_presentation"


def test_an_attestation_without_a_confirmed_key_takes_no_binding() -> None:
    made = present(issue(KEY), disclose=[], holder=HOLDER, audience=SHOP, nonce="n-1", now=NOW)
    assert refused(made, nonce="n-1") == "key_binding_impossible"


@pytest.mark.parametrize("jwk", [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}, {**HOLDER.public_jwk, "d": "AA"}])
def test_a_confirmed_key_that_is_none_binds_nobody(jwk: dict[str, str]) -> None:
    made = present(issue(KEY, holder=jwk), disclose=[], holder=HOLDER, audience=SHOP, nonce="n-1", now=NOW)
    assert refused(made, nonce="n-1") == "key_binding_impossible"


# the status


REGISTER = "https://verify.operator.example/status"


def with_status(status: Status = Status.VALID) -> tuple[str, str, StatusReference]:
    register = MemoryStatusRegister(REGISTER, entropy=counted_entropy(), size=64)
    place = register.allocate()
    register.set_status(place, status)
    hour = timedelta(hours=1)
    listed = sign_status_list(
        register.statuses(place.uri), uri=place.uri, now=NOW, valid_for=hour, fresh_for=hour, key=KEY
    )
    return str(issue(KEY, status=place)), listed, place


def test_a_valid_one_passes_and_its_list_is_asked_for_by_address() -> None:
    token, listed, place = with_status()
    asked: list[str] = []

    def source(uri: str) -> str:
        asked.append(uri)
        return listed

    assert check(token, status_list=source).status is Status.VALID
    assert asked == [place.uri]


@pytest.mark.parametrize(
    ("status", "code"), [(Status.INVALID, "attestation_revoked"), (Status.SUSPENDED, "attestation_suspended")]
)
def test_a_revoked_one_is_refused(status: Status, code: str) -> None:
    token, listed, _ = with_status(status)
    assert refused(token, status_list=lambda _: listed) == code
    assert check(token, unsafe_without_status=True).status is None


def test_an_unknown_status_is_no_pass_and_no_refusal() -> None:
    token, listed, _ = with_status()

    def broken(_: str) -> str:
        raise OSError("no network")

    stranger = SoftwareKey.generate()
    hour = timedelta(hours=1)
    register = MemoryStatusRegister(REGISTER, entropy=counted_entropy(), size=64)
    uri = register.allocate().uri
    lists = {
        "foreign": sign_status_list(
            register.statuses(uri), uri=uri, now=NOW, valid_for=hour, fresh_for=hour, key=stranger
        ),
        "of another address": sign_status_list(
            register.statuses(uri), uri=f"{uri}0", now=NOW, valid_for=hour, fresh_for=hour, key=KEY
        ),
        "old": sign_status_list(
            register.statuses(uri), uri=uri, now=NOW - 2 * hour, valid_for=hour, fresh_for=hour, key=KEY
        ),
        "garbage": listed[:-4],
    }
    sources: list[Any] = [None, broken, lambda _: None, *(lambda _, text=text: text for text in lists.values())]
    for source in sources:
        with pytest.raises(StatusUnknownError) as caught:
            check(token, status_list=source)
        assert caught.value.exit_status is ExitStatus.INCONCLUSIVE


def test_a_revoked_forgery_is_a_forgery_first() -> None:
    """Nothing is asked for on the word of a token that the issuer did not sign."""
    token, _, _ = with_status()

    def source(_: str) -> str:
        raise AssertionError("asked")

    assert refused(token, keys=keys_of(SoftwareKey.generate()), status_list=source) == "token_key_unknown"
