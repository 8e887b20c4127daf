"""Passkeys verified by a library that is imported with the first of them: a service starts without waiting for it."""

from collections.abc import Mapping

from visavis.service.passkey_ports import VerifiedPasskey, VerifiedUse

__all__ = ["WebauthnVerifier"]


class WebauthnVerifier:
    """A `visavis.service.passkey_ports.PasskeyVerifier`."""

    def verify_registration(
        self, *, response: Mapping[str, object], expected_challenge: bytes, expected_origin: str, expected_rp_id: str
    ) -> VerifiedPasskey:
        from visavis.adapters.passkey_checks import registration  # noqa: PLC0415 - a tenth of a second

        return registration(
            response=response,
            expected_challenge=expected_challenge,
            expected_origin=expected_origin,
            expected_rp_id=expected_rp_id,
        )

    def verify_sign_in(
        self,
        *,
        response: Mapping[str, object],
        expected_challenge: bytes,
        expected_origin: str,
        expected_rp_id: str,
        public_key: bytes,
    ) -> VerifiedUse:
        from visavis.adapters.passkey_checks import sign_in  # noqa: PLC0415 - as above

        return sign_in(
            response=response,
            expected_challenge=expected_challenge,
            expected_origin=expected_origin,
            expected_rp_id=expected_rp_id,
            public_key=public_key,
        )
