"""What the library `webauthn` says of an authenticator's answers; for `visavis.adapters.passkeys`."""

from collections.abc import Mapping
from typing import Final

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import (
    bytes_to_base64url,
    parse_attestation_object,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import AttestationFormat

from visavis.service.passkey_ports import ALGORITHMS, VerifiedPasskey, VerifiedUse, passkey_refused, sign_in_failed

__all__ = ["registration", "sign_in"]

_UNASKED: Final = frozenset({AttestationFormat.NONE, AttestationFormat.PACKED})
"""What may come where no attestation was asked for: none, or an authenticator's own signature (section 5.4.7). The
others have parsers that nobody needs here.
"""
_LONGEST_ID: Final = 1023
_LONGEST_KEY: Final = 2048


def registration(
    *, response: Mapping[str, object], expected_challenge: bytes, expected_origin: str, expected_rp_id: str
) -> VerifiedPasskey:
    """WebAuthn Level 3, section 7.1. Raises InputError ``passkey_refused``."""
    try:
        credential = parse_registration_credential_json(dict(response))
        _check_here(credential.response.client_data_json)
        made = parse_attestation_object(credential.response.attestation_object)
        if made.fmt not in _UNASKED or made.att_stmt.x5c:
            raise ValueError("an attestation that was not asked for")  # noqa: TRY301 - handled as any other fault
        seen = verify_registration_response(
            credential=credential,
            expected_challenge=expected_challenge,
            expected_rp_id=expected_rp_id,
            expected_origin=expected_origin,
            require_user_presence=True,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in ALGORITHMS],
        )
        if len(seen.credential_id) > _LONGEST_ID or len(seen.credential_public_key) > _LONGEST_KEY:
            raise ValueError("longer than section 4 allows")  # noqa: TRY301 - as above
    except Exception as error:  # whatever a parser says of a stranger's bytes, they are not taken
        raise passkey_refused() from error
    return VerifiedPasskey(
        credential=bytes_to_base64url(seen.credential_id),
        public_key=seen.credential_public_key,
        sign_count=seen.sign_count,
        backed_up=seen.credential_backed_up,
    )


def sign_in(
    *,
    response: Mapping[str, object],
    expected_challenge: bytes,
    expected_origin: str,
    expected_rp_id: str,
    public_key: bytes,
) -> VerifiedUse:
    """WebAuthn Level 3, section 7.2, but for the counter. Raises AccessError ``sign_in_failed``."""
    try:
        credential = parse_authentication_credential_json(dict(response))
        _check_here(credential.response.client_data_json)
        seen = verify_authentication_response(
            credential=credential,
            expected_challenge=expected_challenge,
            expected_rp_id=expected_rp_id,
            expected_origin=expected_origin,
            credential_public_key=public_key,
            # the library compares counters before it has seen the signature; who asks compares them afterwards
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:  # as above
        raise sign_in_failed() from error
    return VerifiedUse(
        sign_count=seen.new_sign_count,
        backed_up=seen.credential_backed_up,
        user=credential.response.user_handle,
    )


def _check_here(client_data: bytes) -> None:
    """Not from within another site's frame (section 7.1, step 10)."""
    if parse_client_data_json(client_data).cross_origin:
        raise ValueError("from within another site's frame")
