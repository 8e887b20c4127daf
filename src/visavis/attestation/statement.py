"""What an attestation states: that a policy accepted, and how strictly it was measured. SD-JWT VC, draft 14.

For all to see: the policy and its digest, what it grants, what the holder approved, the false match rate, the
operating point of attack detection, and which names the holder mended. Withheld unless the holder or the relying party
shows it: the summary of the evidence, and of the document what the policy discloses. No score is in it (it would tell a
forger how near they came), no picture, no template, and nothing that two relying parties could compare.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

import msgspec

from visavis.attestation.strict_json import JsonObject
from visavis.domain.evidence import Check, Outcome
from visavis.domain.operating_points import PadOperatingPoint
from visavis.errors import TokenError

__all__ = [
    "VCT",
    "AttackDetection",
    "Binding",
    "DecidedBy",
    "EvidenceItem",
    "PolicyReference",
    "Statement",
]

VCT: Final = "urn:visavis:verification:1"
"""The type of our attestations (``vct``)."""
_STATEMENT: Final = "verification"
_EVIDENCE: Final = "evidence"


class DecidedBy(StrEnum):
    POLICY = "policy"
    PERSON = "person"
    """A person accepted: what the policy referred, or, where nothing was compared, the original that they looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReference:
    """``digest``: `visavis.decision.policy.Policy.digest`."""

    id: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What the holder approved: the policy's word for it, and its SHA-256 in hexadecimal."""

    kind: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackDetection:
    """``confirmed_by``: the second channel that stood in where the light alone could not tell."""

    operating_point: PadOperatingPoint
    confirmed_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceItem:
    """One check that was made, without its score."""

    check: Check
    outcome: Outcome
    operating_point: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """``id``: the verification's own, known to one relying party alone. ``fmr_bound``: of different people, how many at
    most would have been taken for the holder (0..1); None where no comparison passed. ``corrected``: names of fields of
    the document that were misread, and that the holder mended. ``evidence`` is None where it was not shown.
    """

    id: str
    policy: PolicyReference
    decided_by: DecidedBy = DecidedBy.POLICY
    grants: tuple[str, ...] = ()
    binding: Binding | None = None
    fmr_bound: float | None = None
    attack_detection: AttackDetection | None = None
    warnings: tuple[str, ...] = ()
    corrected: tuple[str, ...] = ()
    evidence: tuple[EvidenceItem, ...] | None = None

    def as_claims(self) -> JsonObject:
        """The claim for all to see; what is None or empty is left out."""
        table = {name: value for name, value in asdict(self).items() if name != _EVIDENCE and value not in (None, ())}
        if self.attack_detection is not None:
            pad = asdict(self.attack_detection)
            table["attack_detection"] = {name: value for name, value in pad.items() if value is not None}
        return {_STATEMENT: table}

    def as_withheld(self) -> JsonObject:
        items = [asdict(item) for item in self.evidence or ()]
        return {_EVIDENCE: [{name: value for name, value in item.items() if value is not None} for item in items]}

    @classmethod
    def of_claims(cls, claims: JsonObject) -> "Statement":
        """Read again what `as_claims` and `as_withheld` wrote. What is new in a later version is passed over.

        Raises `visavis.errors.TokenError`, ``statement_malformed``.
        """
        table = claims.get(_STATEMENT)
        if not isinstance(table, dict) or _EVIDENCE in table:
            raise _malformed()
        try:
            return msgspec.convert({**table, _EVIDENCE: claims.get(_EVIDENCE)}, cls)
        except msgspec.ValidationError as error:
            raise _malformed() from error


def _malformed() -> TokenError:
    return TokenError("statement_malformed", "The attestation does not say what one of its type says.")
