"""Attestations, as a relying party fetches and revokes them."""

from typing import Literal, Self

from pydantic import ConfigDict, Field

from visavis.service.attestations import FetchedAttestation
from visavis.service.records import AttestationRecord
from visavis.web.schemas.common import Moment, Strict, known_id

__all__ = ["Attestation", "AttestationStatus"]


class StatusPlace(Strict):
    """Where the status of the attestation stands: a Token Status List, and the place in it."""

    uri: str = Field(examples=["https://verify.operator.example/status-lists/1"])
    index: int = Field(ge=0, examples=[80_912])


class Attestation(Strict):
    """The signed answer, with what the policy discloses of the document. It may be fetched until `fetch_until`; then,
    or as soon as you say that you have it, what it was made of is destroyed here.
    """

    verification: str = Field(examples=[known_id("ver")])
    format: Literal["dc+sd-jwt"] = "dc+sd-jwt"
    attestation: str = Field(description="SD-JWT VC in compact form (RFC 9901).", examples=["eyJhbGciOi...~WyJ...~"])
    disclosed: dict[str, str] = Field(
        description="The same fields of the document, in plain.",
        examples=[{"family_name": "ERIKSSON", "document_number": "L898902C3"}],
    )
    corrected: tuple[str, ...] = Field(
        default=(), description="Those of them that were misread, and that the holder mended: see the holder API."
    )
    issued_at: Moment
    expires_at: Moment = Field(description="Until when it is valid.")
    fetch_until: Moment = Field(description="Until when it may be fetched again, with other salts.")
    status: StatusPlace

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "verification": known_id("ver"),
                    "format": "dc+sd-jwt",
                    "attestation": "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL3Zlci4uLiJ9.c2lnbmF0dXJl~WyJzYWx0Il0~",
                    "disclosed": {"family_name": "ERIKSSON", "document_number": "L898902C3"},
                    "corrected": ["family_name"],
                    "issued_at": "2027-03-01T09:02:00Z",
                    "expires_at": "2027-05-30T09:02:00Z",
                    "fetch_until": "2027-03-01T09:12:00Z",
                    "status": {"uri": "https://verify.operator.example/status-lists/1", "index": 80912},
                }
            ]
        }
    )

    @classmethod
    def of(cls, fetched: FetchedAttestation) -> Self:
        record = fetched.record
        return cls(
            verification=record.verification,
            attestation=fetched.token,
            disclosed=dict(fetched.disclosed),
            corrected=fetched.corrected,
            issued_at=record.issued_at,
            expires_at=record.expires_at,
            fetch_until=record.fetch_until,
            status=StatusPlace(uri=record.status_uri, index=record.status_index),
        )


class AttestationStatus(Strict):
    """An attestation that was issued; nothing of what it says."""

    verification: str = Field(examples=[known_id("ver")])
    issued_at: Moment
    expires_at: Moment
    revoked_at: Moment | None = Field(default=None, description="Revoked for good; missing while it is valid.")
    status: StatusPlace

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "verification": known_id("ver"),
                    "issued_at": "2027-03-01T09:02:00Z",
                    "expires_at": "2027-05-30T09:02:00Z",
                    "revoked_at": "2027-03-02T08:00:00Z",
                    "status": {"uri": "https://verify.operator.example/status-lists/1", "index": 80912},
                }
            ]
        }
    )

    @classmethod
    def of(cls, record: AttestationRecord) -> Self:
        return cls(
            verification=record.verification,
            issued_at=record.issued_at,
            expires_at=record.expires_at,
            revoked_at=record.revoked_at,
            status=StatusPlace(uri=record.status_uri, index=record.status_index),
        )
