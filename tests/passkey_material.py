"""An authenticator in memory: it makes passkeys and signs with them as WebAuthn asks, and as it does not.

device = SoftAuthenticator()
made = device.create(options["public_key"], origin=web.setup.public_url)    # RegistrationResponseJSON
given = device.get(options["public_key"], origin=web.setup.public_url)      # AuthenticationResponseJSON

What may be wrong is said by keywords: ``verified=False``, ``origin=...``, ``rp_id=...``, ``client={"type": ...}``.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

__all__ = ["SoftAuthenticator", "b64", "plain"]

PRESENT: Final = 0x01
VERIFIED: Final = 0x04
ELIGIBLE: Final = 0x08
BACKED_UP: Final = 0x10
ATTESTED: Final = 0x40


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def plain(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(kw_only=True)
class SoftAuthenticator:
    """``counts``: whether it counts its signatures; ``backed_up``: whether its key lives in an account."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    user: str = ""
    count: int = 0
    counts: bool = True
    backed_up: bool = False

    def create(
        self,
        asked: Mapping[str, Any],
        *,
        origin: str,
        fmt: str = "none",
        **wrong: Any,
    ) -> dict[str, Any]:
        self.user = asked["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        credential = wrong.get("credential", self.credential)
        attested = bytes(16) + len(credential).to_bytes(2, "big") + credential + encode_cbor(cose)
        told = self._told(asked["rp"]["id"], ATTESTED, wrong) + attested
        made = encode_cbor({"fmt": fmt, "attStmt": wrong.get("statement", {}), "authData": told})
        client = self._client("webauthn.create", asked["challenge"], origin, wrong)
        return self._answer(credential, {"clientDataJSON": b64(client), "attestationObject": b64(made)})

    def get(self, asked: Mapping[str, Any], *, origin: str, **wrong: Any) -> dict[str, Any]:
        told = self._told(asked["rpId"], 0, wrong)
        client = self._client("webauthn.get", asked["challenge"], origin, wrong)
        signed = self.key.sign(told + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(told),
            "signature": b64(wrong.get("signature", signed)),
            "userHandle": wrong.get("user", self.user),
        }
        kept = {name: value for name, value in response.items() if value is not None}
        return self._answer(wrong.get("credential", self.credential), kept)

    def _told(self, rp_id: str, more: int, wrong: Mapping[str, Any]) -> bytes:
        self.count += self.counts
        flags = more | (PRESENT if wrong.get("present", True) else 0) | (VERIFIED if wrong.get("verified", True) else 0)
        flags |= ELIGIBLE | BACKED_UP if self.backed_up else 0
        count = wrong.get("count", self.count)
        rp = hashlib.sha256(str(wrong.get("rp_id", rp_id)).encode()).digest()
        return rp + bytes([flags]) + int(count).to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, origin: str, wrong: Mapping[str, Any]) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False, **wrong.get("client", {})}
        return json.dumps(told).encode()

    def _answer(self, credential: bytes, response: Mapping[str, str]) -> dict[str, Any]:
        return {"id": b64(credential), "rawId": b64(credential), "type": "public-key", "response": dict(response)}
