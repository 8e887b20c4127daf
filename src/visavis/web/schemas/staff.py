"""What the sign-in page sends and gets. Names within what an authenticator is asked for are WebAuthn's own, so that a
browser takes them as they are: `PublicKeyCredential.parseCreationOptionsFromJSON`.
"""

import base64
from typing import Annotated, Final, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, StringConstraints
from pydantic.alias_generators import to_camel

from visavis.service.member_records import Passkey as Row
from visavis.service.member_records import Role
from visavis.service.passkey_ports import ALGORITHMS
from visavis.service.passkeys import CHALLENGE_LIFE, Challenge, Registration
from visavis.service.records import Scope
from visavis.web.schemas.common import Moment, Strict, known_id

__all__ = [
    "Assertion",
    "Attestation",
    "EnterCode",
    "Me",
    "NewPasskey",
    "Passkey",
    "PasskeyList",
    "PasskeyOptions",
    "SignIn",
    "SignInOptions",
]

_BASE64URL: Final = r"^[A-Za-z0-9_-]+$"
_CREDENTIAL: Final = "kqgL0bXx9mY2Zl1u8Pz3Rw"
_BYTES: Final = "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0"
_MILLISECONDS: Final = int(CHALLENGE_LIFE.total_seconds() * 1000)

Bytes = Annotated[str, StringConstraints(pattern=_BASE64URL, max_length=16_000), Field(examples=[_BYTES])]
"""Base64url without padding."""
CredentialId = Annotated[str, StringConstraints(pattern=_BASE64URL, max_length=1_400), Field(examples=[_CREDENTIAL])]
ChallengeBytes = Annotated[
    str, Field(description="32 bytes, base64url.", examples=["q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"])
]
PublicKey = Literal["public-key"]


class Named(Strict):
    """With the names that WebAuthn gives."""

    model_config = ConfigDict(alias_generator=to_camel, serialize_by_alias=True)


# ---- what an authenticator is asked for


class Asked(Named):
    """Made here, by the names that things have here."""

    model_config = ConfigDict(validate_by_name=True)


class Relying(Asked):
    """Where the passkey belongs: the host of the service."""

    id: str = Field(examples=["verify.example"])
    name: str = Field(examples=["An operator"])


class User(Asked):
    """``id``: the user handle, which is opaque."""

    id: Bytes
    name: str = Field(examples=["Desk 4"])
    display_name: str = Field(examples=["Desk 4"])


class Algorithm(Asked):
    type: PublicKey = "public-key"
    alg: int = Field(description="A COSE algorithm.", examples=[-7])


class Credential(Asked):
    type: PublicKey = "public-key"
    id: CredentialId


class Selection(Asked):
    """A passkey that tells whose it is, on a device that makes sure of its user."""

    resident_key: Literal["required"] = "required"
    require_resident_key: Literal[True] = True
    user_verification: Literal["required"] = "required"


class CreationOptions(Asked):
    """PublicKeyCredentialCreationOptionsJSON (WebAuthn Level 3, section 5.1.9)."""

    rp: Relying
    user: User
    challenge: ChallengeBytes
    pub_key_cred_params: tuple[Algorithm, ...]
    timeout: int = Field(description="Milliseconds.", examples=[_MILLISECONDS])
    exclude_credentials: tuple[Credential, ...] = ()
    authenticator_selection: Selection = Selection()
    attestation: Literal["none"] = "none"


class RequestOptions(Asked):
    """PublicKeyCredentialRequestOptionsJSON. It names no credential: the device says which it has."""

    challenge: ChallengeBytes
    timeout: int = Field(description="Milliseconds.", examples=[_MILLISECONDS])
    rp_id: str = Field(examples=["verify.example"])
    user_verification: Literal["required"] = "required"


class PasskeyOptions(Strict):
    """What `navigator.credentials.create` takes."""

    public_key: CreationOptions

    @classmethod
    def of(cls, asked: Registration) -> Self:
        options = CreationOptions(
            rp=Relying(id=asked.begun.rp_id, name=asked.party or asked.begun.rp_id),
            user=User(id=_text(asked.user), name=asked.name, display_name=asked.name),
            challenge=_text(asked.begun.challenge),
            pub_key_cred_params=tuple(Algorithm(alg=alg) for alg in ALGORITHMS),
            timeout=_MILLISECONDS,
            exclude_credentials=tuple(Credential(id=known) for known in asked.known),
        )
        return cls(public_key=options)


class SignInOptions(Strict):
    """What `navigator.credentials.get` takes."""

    public_key: RequestOptions

    @classmethod
    def of(cls, asked: Challenge) -> Self:
        options = RequestOptions(challenge=_text(asked.challenge), timeout=_MILLISECONDS, rp_id=asked.rp_id)
        return cls(public_key=options)


# ---- what it answers


class Attestation(Named):
    client_data: Bytes = Field(alias="clientDataJSON", description="What the browser says it was asked.")
    attestation_object: Bytes = Field(description="The new key, and what the authenticator says of itself.")


class Assertion(Named):
    client_data: Bytes = Field(alias="clientDataJSON", description="What the browser says it was asked.")
    authenticator_data: Bytes = Field(description="What the authenticator says of itself.")
    signature: Bytes = Field(description="Over both.")
    user_handle: Bytes | None = Field(default=None, description="Whose passkey it is.")


class NewPasskey(Named):
    """What `navigator.credentials.create` gave (RegistrationResponseJSON)."""

    id: CredentialId
    raw_id: CredentialId
    type: PublicKey
    response: Attestation


class SignIn(Named):
    """What `navigator.credentials.get` gave (AuthenticationResponseJSON)."""

    id: CredentialId
    raw_id: CredentialId
    type: PublicKey
    response: Assertion


class EnterCode(Strict):
    code: str = Field(min_length=1, max_length=100, description="A one-time code.", examples=["7K3Q-M2XH-0RTV-9WNB"])


# ---- who it is


class Party(Strict):
    id: str = Field(examples=[known_id("rlp")])
    name: str = Field(examples=["An operator"])


_ME: Final[dict[str, JsonValue]] = {
    "member": known_id("mbr"),
    "name": "Desk 4",
    "role": "clerk",
    "scopes": ["lines", "verifications"],
    "relying_party": {"id": known_id("rlp"), "name": "An operator"},
    "enrolling": False,
    "ends_at": "2027-03-01T21:00:00Z",
    "idle_minutes": 30,
}


class Me(Strict):
    """Who is signed in."""

    member: str = Field(examples=[known_id("mbr")])
    name: str = Field(description="What colleagues call them.", examples=["Desk 4"])
    role: Role = Field(examples=["clerk"])
    scopes: tuple[Scope, ...] = Field(description="What the role may do.", examples=[["lines", "verifications"]])
    relying_party: Party
    enrolling: bool = Field(description="Whether they came by a code, and make a passkey before all else.")
    ends_at: Moment = Field(description="The session's end, however busy they are.")
    idle_minutes: int = Field(description="After so many minutes without a request it ends as well.", examples=[30])

    model_config = ConfigDict(json_schema_extra={"examples": [_ME]})


class Passkey(Strict):
    """One of one's own passkeys."""

    id: str = Field(examples=[known_id("psk")])
    created_at: Moment
    last_used_at: Moment | None = None
    backed_up: bool = Field(description="Whether it is kept in an account, and so may be on several devices.")

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(id=row.id, created_at=row.created_at, last_used_at=row.last_used_at, backed_up=row.backed_up)


class PasskeyList(Strict):
    """All of them, newest first."""

    items: tuple[Passkey, ...]


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
