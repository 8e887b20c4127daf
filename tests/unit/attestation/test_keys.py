"""Key rings: published before they sign and after, rotated, withdrawn, and kept in a folder that is one user's."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from attestation_material import ISSUER, NOW, SHOP, issue
from visavis.adapters.signing_keys import FileSigningKeyRing
from visavis.attestation.keys import (
    KeyState,
    MemorySigningKeyRing,
    RingState,
    SigningKeyRing,
    SoftwareKey,
    issuer_metadata,
    issuer_metadata_url,
    jwk_set,
    key_set,
)
from visavis.attestation.public_keys import Algorithm, KeySet
from visavis.attestation.verifier import verify
from visavis.errors import InputError, KeyRingError, TokenError

DAY = timedelta(days=1)
RFC_8037 = (
    b'{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",'
    b'"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
)


@pytest.fixture(params=["memory", "file"])
def ring(request: pytest.FixtureRequest, tmp_path: Path) -> SigningKeyRing:
    return (
        MemorySigningKeyRing(now=NOW) if request.param == "memory" else FileSigningKeyRing(tmp_path / "keys", now=NOW)
    )


def states(ring: SigningKeyRing, now: datetime = NOW) -> dict[str, str]:
    return {key.kid: str(key.state) for key in ring.published(now)}


def test_two_keys_are_published_and_one_signs(ring: SigningKeyRing) -> None:
    assert sorted(states(ring).values()) == ["current", "next"]
    assert states(ring)[ring.signing_key().kid] == "current"


def test_a_rotation_takes_the_key_that_was_published_before(ring: SigningKeyRing) -> None:
    first = ring.signing_key().kid
    following = next(kid for kid, state in states(ring).items() if state == "next")
    ring.rotate(now=NOW + DAY, overlap=10 * DAY)
    assert ring.signing_key().kid == following
    assert states(ring, NOW + DAY)[first] == "retired"
    assert len(states(ring, NOW + DAY)) == 3
    assert first in states(ring, NOW + 11 * DAY - timedelta(seconds=1))
    assert first not in states(ring, NOW + 11 * DAY)


def test_what_a_retired_key_signed_is_verified_until_its_time_is_over(ring: SigningKeyRing) -> None:
    key = ring.signing_key()
    assert isinstance(key, SoftwareKey)
    token = str(issue(key, valid_for=20 * DAY))
    for day in range(1, 4):
        ring.rotate(now=NOW + day * DAY, overlap=5 * DAY)

    def check(now: datetime) -> None:
        verify(token, issuer=ISSUER, keys=key_set(ring.published(now)), now=now, audience=SHOP)

    check(NOW + 5 * DAY)
    with pytest.raises(TokenError, match="token_key_unknown"):
        check(NOW + 6 * DAY)


def test_a_withdrawn_key_is_gone_at_once(ring: SigningKeyRing) -> None:
    lost = ring.signing_key().kid
    following = next(kid for kid, state in states(ring).items() if state == "next")
    ring.withdraw(lost, now=NOW)
    assert lost not in states(ring)
    assert ring.signing_key().kid == following
    assert sorted(states(ring).values()) == ["current", "next"]
    ring.rotate(now=NOW, overlap=DAY)
    ring.withdraw(following, now=NOW)
    assert following not in states(ring)
    with pytest.raises(KeyRingError, match="signing_key_unknown"):
        ring.withdraw(lost, now=NOW)


def test_a_ring_is_sound_or_none() -> None:
    key = SoftwareKey.generate()
    state = RingState.begun(current=key, following=SoftwareKey.generate(), now=NOW)
    for keys in (state.keys[:1], (*state.keys, state.keys[0]), ()):
        with pytest.raises(ValueError, match="ring"):
            RingState(keys)
    with pytest.raises(ValueError, match="once"):
        RingState.begun(current=key, following=key, now=NOW)


# what is published


def test_the_key_set_holds_no_secret_and_names_keys_by_their_thumbprint(ring: SigningKeyRing) -> None:
    published = jwk_set(ring.published(NOW))
    keys = published["keys"]
    assert isinstance(keys, list)
    assert all(set(key) == {"kty", "crv", "x", "y", "use", "alg", "kid"} for key in keys)
    assert keys[0]["kid"] == ring.signing_key().kid
    assert KeySet.parse(json.dumps(published).encode()).find(ring.signing_key().kid, Algorithm.ES256)


def test_the_thumbprint_of_the_rfc() -> None:
    """RFC 8037 appendix A.3: Ed25519, by RFC 7638."""
    assert SoftwareKey.read(RFC_8037).kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_where_the_keys_are_told() -> None:
    ring = MemorySigningKeyRing(now=NOW)
    document = issuer_metadata(ISSUER, ring.published(NOW))
    assert document["issuer"] == ISSUER
    assert document["jwks"] == jwk_set(ring.published(NOW))
    assert issuer_metadata_url(ISSUER) == f"{ISSUER}/.well-known/jwt-vc-issuer"
    assert issuer_metadata_url("https://a.example/tenant/1") == "https://a.example/.well-known/jwt-vc-issuer/tenant/1"


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"keys": [{**SoftwareKey.generate().public_jwk, "d": "AA"}]}, "key_set_private"),
        ({"keys": [{"kty": "oct", "k": "AA"}]}, "key_set_private"),
        ({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}, "key_set_invalid"),
        ({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}]}, "key_set_invalid"),
        ({"keys": [{"kty": "EC", "crv": "P-256"}]}, "key_set_invalid"),
        ({"keys": [7]}, "key_set_invalid"),
        ({"keys": [{**SoftwareKey.generate().public_jwk, "kid": "a"} for _ in range(2)]}, "key_set_invalid"),
        ({"keys": [{}] * 65}, "key_set_invalid"),
        ({"keys": {}}, "key_set_invalid"),
        ({}, "key_set_invalid"),
    ],
)
def test_what_is_no_key_set_is_refused(keys: dict[str, object], code: str) -> None:
    with pytest.raises(InputError, match=code):
        KeySet.of(keys)
    with pytest.raises(InputError, match=code):
        KeySet.parse(json.dumps(keys).encode())


def test_keys_for_other_things_are_left_out() -> None:
    key = dict(SoftwareKey.generate().public_jwk)
    others: list[object] = [
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {**key, "use": "enc"},
        {**key, "alg": "ES384"},
        {},
    ]
    assert KeySet.of({"keys": others}).keys == ()


# files


def test_the_same_keys_are_there_the_next_time(tmp_path: Path) -> None:
    first = FileSigningKeyRing(tmp_path / "keys", now=NOW)
    again = FileSigningKeyRing(tmp_path / "keys", now=NOW + DAY)
    assert again.signing_key().kid == first.signing_key().kid
    assert again.published(NOW) == first.published(NOW)


def test_another_process_sees_a_rotation(tmp_path: Path) -> None:
    one, other = (FileSigningKeyRing(tmp_path / "keys", now=NOW) for _ in range(2))
    one.rotate(now=NOW, overlap=DAY)
    assert other.signing_key().kid == one.signing_key().kid


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    ring = FileSigningKeyRing(tmp_path / "keys", now=NOW)
    ring.rotate(now=NOW, overlap=DAY)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}


def test_the_private_half_of_a_retired_key_is_destroyed(tmp_path: Path) -> None:
    ring = FileSigningKeyRing(tmp_path / "keys", now=NOW)
    first = ring.signing_key().kid
    assert (tmp_path / "keys" / f"{first}.pem").is_file()
    ring.rotate(now=NOW, overlap=DAY)
    assert not (tmp_path / "keys" / f"{first}.pem").exists()
    assert len(list((tmp_path / "keys").glob("*.pem"))) == 2


@pytest.mark.parametrize("name", ["ring.json", "*.pem"])
def test_keys_that_others_can_read_are_not_used(tmp_path: Path, name: str) -> None:
    FileSigningKeyRing(tmp_path / "keys", now=NOW)
    for path in (tmp_path / "keys").glob(name):
        path.chmod(0o640)
    with pytest.raises(KeyRingError, match="key_ring_exposed"):
        FileSigningKeyRing(tmp_path / "keys", now=NOW)


def spoil_ring(folder: Path) -> None:
    (folder / "ring.json").write_bytes(b"[]")


def spoil_json(folder: Path) -> None:
    (folder / "ring.json").write_bytes(b"{")


def lose_ring(folder: Path) -> None:
    (folder / "ring.json").unlink()


def lose_keys(folder: Path) -> None:
    for path in folder.glob("*.pem"):
        path.unlink()


def swap_keys(folder: Path) -> None:
    for path in folder.glob("*.pem"):
        path.write_bytes(SoftwareKey.generate().pem())


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (spoil_ring, "key_ring_broken"),
        (spoil_json, "key_ring_broken"),
        (lose_ring, "key_ring_broken"),
        (lose_keys, "signing_key_missing"),
        (swap_keys, "key_ring_broken"),
    ],
)
def test_a_broken_folder_is_told_and_not_replaced(tmp_path: Path, spoil: Callable[[Path], None], code: str) -> None:
    FileSigningKeyRing(tmp_path / "keys", now=NOW)
    spoil(tmp_path / "keys")
    with pytest.raises(KeyRingError, match=code):
        FileSigningKeyRing(tmp_path / "keys", now=NOW)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_site_brings_its_own_key(tmp_path: Path, algorithm: Algorithm) -> None:
    ring = FileSigningKeyRing(tmp_path / "keys", now=NOW)
    own = SoftwareKey.read(SoftwareKey.generate(algorithm).pem())
    ring.bring(own, now=NOW)
    assert next(key for key in ring.published(NOW) if key.state is KeyState.NEXT).kid == own.kid
    ring.rotate(now=NOW, overlap=DAY)
    assert ring.signing_key().kid == own.kid
    assert ring.signing_key().algorithm is algorithm


def test_a_key_file_may_be_a_jwk(tmp_path: Path) -> None:
    ring = FileSigningKeyRing(tmp_path / "keys", now=NOW)
    own = SoftwareKey.read(RFC_8037)
    ring.bring(own, now=NOW)
    ring.rotate(now=NOW, overlap=DAY)
    (tmp_path / "keys" / f"{own.kid}.pem").unlink()
    path = tmp_path / "keys" / f"{own.kid}.jwk"
    path.write_bytes(RFC_8037)
    path.chmod(0o600)
    assert FileSigningKeyRing(tmp_path / "keys", now=NOW).signing_key().kid == own.kid


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\xff" * 50]
)
def test_what_is_no_private_key_is_refused(data: bytes) -> None:
    with pytest.raises(KeyRingError, match="signing_key_invalid"):
        SoftwareKey.read(data)


def test_other_kinds_of_keys_are_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = generate_private_key(SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(KeyRingError, match="signing_key_invalid"):
        SoftwareKey.read(pem)
    with pytest.raises(KeyRingError, match="signing_key_invalid"):
        SoftwareKey.read(json.dumps(dict(SoftwareKey.generate().public_jwk)).encode())


def test_a_secret_is_never_shown() -> None:
    key = SoftwareKey.generate()
    assert "EC" not in repr(key)
    assert "d" not in key.public_jwk


def test_first_starts_at_once_make_one_ring(tmp_path: Path) -> None:
    """The system's lock is between open files, so threads stand for processes."""

    def start(_: int) -> None:
        FileSigningKeyRing(tmp_path / "keys", now=NOW).rotate(now=NOW, overlap=DAY)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))
    kinds = sorted(states(FileSigningKeyRing(tmp_path / "keys", now=NOW)).values())
    assert kinds == ["current", "next", *["retired"] * 4]
