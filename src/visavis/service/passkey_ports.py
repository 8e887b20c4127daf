"""Who verifies what an authenticator says, and what is told of it (WebAuthn Level 3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from visavis.errors import AccessError, InputError

__all__ = ["ALGORITHMS", "PasskeyVerifier", "VerifiedPasskey", "VerifiedUse", "passkey_refused", "sign_in_failed"]

ALGORITHMS: Final = (-8, -7, -257)
"""EdDSA, ES256, RS256, by their COSE numbers: what every authenticator has one of (section 5.4, pubKeyCredParams)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedPasskey:
    """A new credential. ``credential``: its id, base64url without padding; ``public_key``: COSE_Key."""

    credential: str
    public_key: bytes = field(repr=False)
    sign_count: int
    backed_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedUse:
    """A signature that is right. ``user``: the user handle that came with it, None where none did. Whether
    ``sign_count`` is a new one is the caller's to see.
    """

    sign_count: int
    backed_up: bool
    user: bytes | None = field(repr=False)


class PasskeyVerifier(Protocol):
    """``response``: what the browser gave, as JSON with base64url (WebAuthn Level 3, sections 5.1.8 and 5.1.9).

    Somebody touched the authenticator, and it saw that they are its user by a PIN or a body feature of theirs, which
    stays in it: both are required of everything that is verified.
    """

    def verify_registration(
        self, *, response: Mapping[str, object], expected_challenge: bytes, expected_origin: str, expected_rp_id: str
    ) -> VerifiedPasskey:
        """Section 7.1. Raises `passkey_refused`."""
        ...

    def verify_sign_in(
        self,
        *,
        response: Mapping[str, object],
        expected_challenge: bytes,
        expected_origin: str,
        expected_rp_id: str,
        public_key: bytes,
    ) -> VerifiedUse:
        """Section 7.2. Raises `sign_in_failed`."""
        ...


def passkey_refused() -> InputError:
    return InputError(
        "passkey_refused",
        "This passkey cannot be used here.",
        advice="Use a device that asks for its PIN, a fingerprint or the like, and try again.",
    )


def sign_in_failed() -> AccessError:
    """One answer to every fault: nobody learns which passkeys are known."""
    return AccessError(
        "sign_in_failed",
        "This passkey did not sign you in.",
        advice="Try again, or another passkey; or ask your administrator for a new code.",
    )
