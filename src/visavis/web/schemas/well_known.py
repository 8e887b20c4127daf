"""The service's public keys, as anybody may fetch them."""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

__all__ = ["IssuerMetadata", "JwkSet"]

_KEY: Final[dict[str, JsonValue]] = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "use": "sig",
    "alg": "ES256",
    "kid": "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
}


class Jwk(BaseModel):
    """A public key (RFC 7517). The current one comes first, then the next, then those that sign no more."""

    kty: Literal["EC", "OKP"]
    crv: Literal["P-256", "Ed25519"]
    x: str
    y: str | None = None
    use: Literal["sig"]
    alg: Literal["ES256", "Ed25519"]
    kid: str = Field(description="RFC 7638 thumbprint.")

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_KEY]})


class JwkSet(BaseModel):
    """RFC 7517 section 5."""

    keys: tuple[Jwk, ...]

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"keys": [_KEY]}]})


class IssuerMetadata(BaseModel):
    """JWT VC issuer metadata, as SD-JWT VC has it."""

    issuer: str = Field(examples=["https://verify.operator.example"])
    jwks: JwkSet

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"examples": [{"issuer": "https://verify.operator.example", "jwks": {"keys": [_KEY]}}]},
    )
