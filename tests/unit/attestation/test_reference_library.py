"""Held against the reference library of SD-JWT, both ways, and against the values of RFC 9901."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.holder import SDJWTHolder
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from attestation_material import ISSUER, NOW, SHOP, issue, keys_of
from visavis.attestation.keys import SoftwareKey
from visavis.attestation.public_keys import Algorithm, KeySet
from visavis.attestation.sd_jwt import Disclosure, disclosure_digest, present, split_sd_jwt
from visavis.attestation.tokens import read_token
from visavis.attestation.unveil import unveil
from visavis.attestation.verifier import verify
from visavis.errors import TokenError

HOLDER = SoftwareKey.generate()


def jwk(key: SoftwareKey) -> JWK:
    return JWK.from_json(json.dumps(dict(key.public_jwk)))


@pytest.mark.parametrize("algorithm", Algorithm)
def test_the_reference_library_verifies_ours(algorithm: Algorithm) -> None:
    key = SoftwareKey.generate(algorithm)
    whole = issue(key, holder=HOLDER.public_jwk)
    ours = verify(str(whole), issuer=ISSUER, keys=keys_of(key), now=NOW, audience=SHOP)
    theirs = SDJWTVerifier(str(whole), lambda _issuer, _header: jwk(key)).get_verified_payload()
    assert theirs == dict(ours.claims)
    assert theirs["family_name"] == "Möbius"


def test_the_reference_library_verifies_our_key_binding() -> None:
    key = SoftwareKey.generate()
    shown = present(
        issue(key, holder=HOLDER.public_jwk),
        disclose=["document_number"],
        holder=HOLDER,
        audience=SHOP,
        nonce="n-1",
        now=NOW,
    )
    checked = SDJWTVerifier(str(shown), lambda _issuer, _header: jwk(key), expected_aud=SHOP, expected_nonce="n-1")
    found = checked.get_verified_payload()
    assert found["document_number"] == "D23145890"
    assert "family_name" not in found


def test_the_reference_library_shows_a_part_of_ours() -> None:
    key = SoftwareKey.generate()
    holder = SDJWTHolder(str(issue(key)))
    holder.create_presentation({"given_names": True})
    found = verify(holder.sd_jwt_presentation, issuer=ISSUER, keys=keys_of(key), now=NOW, audience=SHOP)
    assert found.disclosed == {"given_names"}


CLAIMS: dict[Any, Any] = {
    "iss": ISSUER,
    "vct": "urn:test:1",
    "iat": int(NOW.timestamp()),
    "exp": int((NOW + timedelta(days=1)).timestamp()),
    SDObj("family_name"): "Möbius",
    "address": {SDObj("street"): "Schulstr. 12", "country": "DE"},
    SDObj("parents"): {SDObj("first"): "A", "second": "B"},
    "nationalities": [SDObj("DE"), "FR", SDObj({SDObj("deep"): 1})],
}


@pytest.mark.parametrize(("algorithm", "decoys"), [(Algorithm.ES256, True), (Algorithm.ED25519, False)])
def test_we_verify_what_the_reference_library_makes(algorithm: Algorithm, *, decoys: bool) -> None:
    """Objects in objects, lists, disclosures within disclosures."""
    key = SoftwareKey.generate(algorithm)
    made = SDJWTIssuer(
        CLAIMS,
        JWK.from_pem(key.pem()),
        sign_alg=str(algorithm),
        add_decoy_claims=decoys,
        extra_header_parameters={"typ": "dc+sd-jwt"},
    ).sd_jwt_issuance
    found = verify(made, issuer=ISSUER, keys=keys_of(key), now=NOW, audience=None, vct="urn:test:1")
    assert found.statement is None
    assert found.disclosed == {"family_name", "parents"}
    assert found.claims["address"] == {"street": "Schulstr. 12", "country": "DE"}
    assert found.claims["parents"] == {"first": "A", "second": "B"}
    assert found.claims["nationalities"] == ["DE", "FR", {"deep": 1}]


def test_we_verify_a_key_binding_of_the_reference_library() -> None:
    key = SoftwareKey.generate()
    made = SDJWTIssuer(
        {**CLAIMS, "iat": 1, "exp": 100_000_000_000},
        JWK.from_pem(key.pem()),
        holder_key=JWK.from_pem(HOLDER.pem()),
        extra_header_parameters={"typ": "dc+sd-jwt"},
    ).sd_jwt_issuance
    holder = SDJWTHolder(made)
    holder.create_presentation({"family_name": True}, nonce="n-1", aud=SHOP, holder_key=JWK.from_pem(HOLDER.pem()))
    answered = datetime.fromtimestamp(
        holder.key_binding_jwt_payload["iat"], UTC
    )  # the library looks at the clock itself
    found = verify(
        holder.sd_jwt_presentation,
        issuer=ISSUER,
        keys=keys_of(key),
        now=answered,
        audience=SHOP,
        nonce="n-1",
        vct="urn:test:1",
    )
    assert found.holder_present


# RFC 9901: sections 4.2.1, 4.2.2, 4.2.3 and 5.1, appendix A.5

OBJECT = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
ELEMENT = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"


def test_the_digests_of_the_rfc() -> None:
    assert disclosure_digest(OBJECT) == "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
    assert disclosure_digest(ELEMENT) == "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"
    assert (Disclosure.read(OBJECT).name, Disclosure.read(OBJECT).value) == ("family_name", "Möbius")
    assert (Disclosure.read(ELEMENT).name, Disclosure.read(ELEMENT).value) == (None, "FR")


ISSUER_KEY = KeySet.single(
    {
        "kty": "EC",
        "crv": "P-256",
        "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
        "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8",
    }
)
ISSUED = (
    "eyJhbGciOiAiRVMyNTYiLCAidHlwIjogImV4YW1wbGUrc2Qtand0In0."
    "eyJfc2QiOiBbIkNyUWU3UzVrcUJBSHQtbk1ZWGdjNmJkdDJTSDVhVFkxc1VfTS1QZ2tqUEkiLCAiSnpZakg0c3ZsaUgwUjNQeUVNZmVadTZKdDY5dTVx"
    "ZWhabzdGN0VQWWxTRSIsICJQb3JGYnBLdVZ1Nnh5bUphZ3ZrRnNGWEFiUm9jMkpHbEFVQTJCQTRvN2NJIiwgIlRHZjRvTGJnd2Q1SlFhSHlLVlFaVTlV"
    "ZEdFMHc1cnREc3JaemZVYW9tTG8iLCAiWFFfM2tQS3QxWHlYN0tBTmtxVlI2eVoyVmE1TnJQSXZQWWJ5TXZSS0JNTSIsICJYekZyendzY002R242Q0pE"
    "YzZ2Vks4QmtNbmZHOHZPU0tmcFBJWmRBZmRFIiwgImdiT3NJNEVkcTJ4Mkt3LXc1d1BFemFrb2I5aFYxY1JEMEFUTjNvUUw5Sk0iLCAianN1OXlWdWx3"
    "UVFsaEZsTV8zSmx6TWFTRnpnbGhRRzBEcGZheVF3TFVLNCJdLCAiaXNzIjogImh0dHBzOi8vaXNzdWVyLmV4YW1wbGUuY29tIiwgImlhdCI6IDE2ODMw"
    "MDAwMDAsICJleHAiOiAxODgzMDAwMDAwLCAic3ViIjogInVzZXJfNDIiLCAibmF0aW9uYWxpdGllcyI6IFt7Ii4uLiI6ICJwRm5kamtaX1ZDem15VGE2"
    "VWpsWm8zZGgta284YUlLUWM5RGxHemhhVllvIn0sIHsiLi4uIjogIjdDZjZKa1B1ZHJ5M2xjYndIZ2VaOGtoQXYxVTFPU2xlclAwVmtCSnJXWjAifV0s"
    "ICJfc2RfYWxnIjogInNoYS0yNTYiLCAiY25mIjogeyJqd2siOiB7Imt0eSI6ICJFQyIsICJjcnYiOiAiUC0yNTYiLCAieCI6ICJUQ0FFUjE5WnZ1M09I"
    "RjRqNFc0dmZTVm9ISVAxSUxpbERsczd2Q2VHZW1jIiwgInkiOiAiWnhqaVdXYlpNUUdIVldLVlE0aGJTSWlyc1ZmdWVjQ0U2dDRqVDlGMkhaUSJ9fX0."
    "MczwjBFGtzf-6WMT-hIvYbkb11NrV1WMO-jTijpMPNbswNzZ87wY2uHz-CXo6R04b7jYrpj9mNRAvVssXou1iw"
)
GIVEN_NAME = "WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd"
FROM_THE_US = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIlVTIl0"


def unveiled(*disclosures: str) -> dict[str, object]:
    parts = split_sd_jwt("~".join((ISSUED, *disclosures, "")))
    payload = read_token(parts.issued, typ=["example+sd-jwt"], keys=ISSUER_KEY).payload
    return unveil(payload, parts.disclosures).claims


def test_the_example_of_the_rfc() -> None:
    claims = unveiled(GIVEN_NAME, FROM_THE_US)
    assert claims["given_name"] == "John"
    assert claims["nationalities"] == ["US"]
    assert claims["sub"] == "user_42"
    assert not {"_sd", "_sd_alg", "family_name"} & set(claims)
    assert unveiled()["nationalities"] == []


@pytest.mark.parametrize(
    ("disclosures", "code"),
    [
        ((GIVEN_NAME, GIVEN_NAME), "digest_repeated"),
        ((OBJECT,), "disclosure_unknown"),
        (("WyJhIiwgIl9zZCIsIDFd",), "disclosure_malformed"),  # ["a", "_sd", 1]
        (("WyJhIiwgIi4uLiIsIDFd",), "disclosure_malformed"),  # ["a", "...", 1]
        (("WyJhIl0",), "disclosure_malformed"),
        (("WzEsICJhIiwgMV0",), "disclosure_malformed"),
        (("e30",), "disclosure_malformed"),
        (("not json",), "disclosure_malformed"),
    ],
)
def test_what_the_rfc_has_refused_is_refused(disclosures: tuple[str, ...], code: str) -> None:
    with pytest.raises(TokenError, match=code):
        unveiled(*disclosures)


def digest_of(parts: list[object]) -> tuple[str, str]:
    from visavis.attestation.strict_json import base64url

    encoded = base64url(json.dumps(parts).encode())
    return encoded, disclosure_digest(encoded)


def test_payloads_that_trick_are_refused() -> None:
    named, of_named = digest_of(["salt", "iss", "me"])
    twin, of_twin = digest_of(["other", "iss", "you"])
    element, of_element = digest_of(["salt", "value"])
    payloads: list[tuple[dict[str, object], list[str], str]] = [
        ({"iss": "x", "_sd": [of_named]}, [named], "claim_repeated"),
        ({"_sd": [of_named, of_twin]}, [named, twin], "claim_repeated"),
        ({"_sd": [of_named, of_named]}, [], "digest_repeated"),
        ({"_sd": [of_named], "a": [{"...": of_named}]}, [], "digest_repeated"),
        ({"_sd": [of_element]}, [element], "disclosure_malformed"),
        ({"a": [{"...": of_named}]}, [named], "disclosure_malformed"),
        ({"a": [{"...": of_named, "b": 1}]}, [], "digest_malformed"),
        ({"a": {"...": of_named}}, [], "digest_malformed"),
        ({"a": {"_sd_alg": "sha-256"}}, [], "digest_malformed"),
        ({"_sd": "x"}, [], "digest_malformed"),
        ({"_sd": [1]}, [], "digest_malformed"),
        ({"a": [{"...": 1}]}, [], "digest_malformed"),
        ({"_sd": [], "_sd_alg": "md5"}, [], "digest_algorithm_refused"),
    ]
    for payload, disclosures, code in payloads:
        with pytest.raises(TokenError, match=code):
            unveil(payload, disclosures)


def test_disclosures_within_disclosures_have_an_end() -> None:
    encoded, digest = digest_of(["salt", "leaf", 1])
    disclosures = [encoded]
    for level in range(40):
        encoded, digest = digest_of([f"salt{level}", "next", {"_sd": [digest]}])
        disclosures.append(encoded)
    with pytest.raises(TokenError, match="digest_malformed"):
        unveil({"_sd": [digest]}, disclosures)
