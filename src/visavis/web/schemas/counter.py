"""What a counter needs where holder and staff stand before each other: purposes, the other way, a code to scan."""

from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints

from visavis.decision.policy import Policy
from visavis.domain.in_person import InPersonCheck, InPersonVerdict, ShownDocumentType
from visavis.domain.in_person import ShownDocument as ShownRow
from visavis.service.in_person import checks_asked, offers_in_person
from visavis.web.schemas.common import Strict

__all__ = ["CheckInPerson", "HolderLink", "LinePurpose", "LinePurposes", "LinkCode", "PartName", "ShownDocument"]

PartName = Literal["new", "holder", "receiver"]
_CHECKS: Final = ("original_held", "features_seen", "photograph_compared", "details_compared")


class LinePurpose(Strict):
    """A policy in force that is good for acts on lines."""

    purpose: str = Field(description="Name it when you open the verification.", examples=["change_of_line"])
    title: str = Field(examples=["Register, transfer or replace a SIM card"])
    parts: tuple[PartName, ...] = Field(
        description="Whom it is good for: who takes a new line, who has one, who takes one over.",
        examples=[["new", "holder", "receiver"]],
    )
    minutes: int = Field(ge=0, description="How long the holder has.", examples=[15])
    in_person: tuple[InPersonCheck, ...] = Field(
        description="Where its other way is that a person looks at the original: what they must have done to accept.",
        examples=[list(_CHECKS)],
    )

    @classmethod
    def of(cls, policy: Policy, parts: tuple[PartName, ...]) -> Self:
        return cls(
            purpose=policy.id,
            title=policy.title or policy.id,
            parts=parts,
            minutes=int(policy.ttl.total_seconds() // 60),
            in_person=checks_asked(policy) if offers_in_person(policy) else (),
        )


class LinePurposes(Strict):
    """By their names."""

    items: tuple[LinePurpose, ...]


class ShownDocument(Strict):
    """The original that was looked at. Of its number only a pseudonym is kept."""

    type: ShownDocumentType
    issuing_state: str = Field(
        min_length=1,
        max_length=3,
        description="Its code by ICAO 9303-3, 5, as in its machine-readable zone.",
        examples=["UTO"],
    )
    number: Annotated[
        str,
        StringConstraints(min_length=1, max_length=60),
        Field(
            description="As printed; of the PRC's identity card the citizen's number. Spaces and marks do not count.",
            examples=["L898902C3"],
        ),
    ]
    expires: date | None = Field(
        default=None, description="Its last day; missing where it bears none.", examples=["2031-04-15"]
    )

    def row(self) -> ShownRow:
        return ShownRow(kind=self.type, issuing_state=self.issuing_state, number=self.number, expires=self.expires)


class CheckInPerson(Strict):
    """Somebody of your staff looked at the original document and at its holder, and says what came of it."""

    document: ShownDocument
    checks: frozenset[InPersonCheck] = Field(max_length=len(InPersonCheck), description="What was done.")
    verdict: InPersonVerdict

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "document": {
                        "type": "passport",
                        "issuing_state": "UTO",
                        "number": "L898902C3",
                        "expires": "2031-04-15",
                    },
                    "checks": list(_CHECKS),
                    "verdict": "accept",
                }
            ]
        }
    )


class HolderLink(Strict):
    """A holder's link, as it was shown when the verification was opened."""

    holder_url: str = Field(
        min_length=1,
        max_length=600,
        examples=["https://verify.operator.example/p/verify#0Z9Y8X7W6V5T4S3R2Q1P"],
    )


class LinkCode(Strict):
    """The same to be scanned."""

    qr_svg: str = Field(description="A QR code: an SVG document.", examples=["<svg></svg>"])
