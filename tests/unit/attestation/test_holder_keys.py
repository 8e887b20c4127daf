"""A holder's proof of a key: taken from whoever holds it, for one issuer, one occasion and a short while."""

import json
from datetime import timedelta

import pytest

from attestation_material import ALGORITHMS, ISSUER, NOW
from visavis.attestation.holder_keys import MOST_PROOF_CHARACTERS, prove_holder_key, read_holder_key
from visavis.attestation.keys import SoftwareKey
from visavis.attestation.public_keys import Algorithm
from visavis.attestation.strict_json import base64url, base64url_bytes
from visavis.attestation.tokens import TokenType, sign_token
from visavis.errors import InputError

OCCASION = "ver_01k0000000000000000000000a"
MINE = SoftwareKey.generate(Algorithm.ES256)
ANOTHER = SoftwareKey.generate(Algorithm.ES256)


def proof(key: SoftwareKey = MINE, *, audience: str = ISSUER, nonce: str = OCCASION, seconds: int = 0) -> str:
    return prove_holder_key(key, audience=audience, nonce=nonce, now=NOW + timedelta(seconds=seconds))


def refused(text: str) -> str:
    with pytest.raises(InputError) as caught:
        read_holder_key(text, expected_audience=ISSUER, expected_nonce=OCCASION, now=NOW)
    assert caught.value.code == "holder_key_invalid"
    return caught.value.message


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_key_itself_comes_back(algorithm: Algorithm) -> None:
    key = SoftwareKey.generate(algorithm)
    found = read_holder_key(proof(key), expected_audience=ISSUER, expected_nonce=OCCASION, now=NOW)
    assert found == dict(key.public_jwk)


@pytest.mark.parametrize("seconds", [-350, 55])
def test_clocks_may_differ_a_little(seconds: int) -> None:
    text = proof(seconds=seconds)
    assert read_holder_key(text, expected_audience=ISSUER, expected_nonce=OCCASION, now=NOW)


@pytest.mark.parametrize("seconds", [-370, 70])
def test_an_old_one_and_one_of_the_future_are_refused(seconds: int) -> None:
    assert "just now" in refused(proof(seconds=seconds))


def test_one_for_another_issuer_or_occasion_is_refused() -> None:
    assert "another" in refused(proof(audience="https://elsewhere.example"))
    assert "another" in refused(proof(nonce="ver_01k0000000000000000000000b"))


def test_a_key_that_did_not_sign_is_refused() -> None:
    head, said, signature = proof().split(".")
    table = json.loads(base64url_bytes(head)) | {"jwk": dict(ANOTHER.public_jwk)}
    assert "proof" in refused(f"{base64url(json.dumps(table).encode())}.{said}.{signature}")


def test_a_private_key_is_refused() -> None:
    head, said, signature = proof().split(".")
    table = json.loads(base64url_bytes(head))
    table["jwk"]["d"] = "c2VjcmV0"
    assert "proof" in refused(f"{base64url(json.dumps(table).encode())}.{said}.{signature}")


def test_a_token_of_another_kind_is_refused() -> None:
    said = {"aud": ISSUER, "nonce": OCCASION, "iat": int(NOW.timestamp())}
    other = sign_token(said, typ=TokenType.KEY_BINDING, key=MINE, header={"jwk": dict(MINE.public_jwk)})
    assert "proof" in refused(other)


@pytest.mark.parametrize("text", ["", ".", "a.b.c", "eyJ9.e30.", "x" * (MOST_PROOF_CHARACTERS + 1), "\ud7ff.é.ü"])
def test_what_is_no_token_is_refused(text: str) -> None:
    assert "proof" in refused(text)


def test_without_a_key_in_its_header_it_is_refused() -> None:
    said = {"aud": ISSUER, "nonce": OCCASION, "iat": int(NOW.timestamp())}
    assert "proof" in refused(sign_token(said, typ=TokenType.HOLDER_KEY, key=MINE))
