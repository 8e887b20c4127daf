"""What the service answers with. Members that a later service adds are passed over; words are texts, so that a new one
is no error. Moments are aware.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

__all__ = [
    "ApiKey",
    "Attempts",
    "Attestation",
    "AttestationStatus",
    "CheckKept",
    "CheckMade",
    "Decision",
    "Delivery",
    "Dispute",
    "EvidenceKept",
    "Figures",
    "Line",
    "LineEvent",
    "LineOrder",
    "LinePurpose",
    "LinkCode",
    "NewApiKey",
    "NewWebhook",
    "OpenedVerification",
    "Opinion",
    "PolicyDocument",
    "PolicySummary",
    "PolicyUsed",
    "ReadingKept",
    "Reason",
    "Replayed",
    "Review",
    "StatusPlace",
    "Verification",
    "Webhook",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """``code`` is stable; the texts are for people."""

    code: str
    text: str = ""
    what_to_do: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyUsed:
    id: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """``begun`` is None where the verification is over without a decision."""

    allowed: int
    left: int
    begun: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckMade:
    """``outcome``: pass, fail or inconclusive."""

    check: str
    outcome: str
    operating_point: str | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """``outcome``: accepted, rejected or inconclusive."""

    outcome: str
    decided_at: datetime
    reasons: tuple[Reason, ...] = ()
    grants: tuple[str, ...] = ()
    evidence: tuple[CheckMade, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """``state``: requested, consented, capturing, submitted, referred, decided, declined_for_alternative, withdrawn,
    expired or erased. ``decision`` is missing in lists.
    """

    id: str
    purpose: str
    state: str
    changed_at: datetime
    opened_at: datetime
    expires_at: datetime
    policy: PolicyUsed
    language: str
    attempts: Attempts
    binding: str | None = None
    return_url: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    outcome: str | None = None
    decision: Decision | None = None
    ended_by: str | None = None
    kept_until: datetime | None = None

    @property
    def accepted(self) -> bool:
        """False for everything else, also while it is open; an erased one is not accepted any more."""
        return self.state == "decided" and self.outcome == "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedVerification(Verification):
    """``holder_url``: for the holder alone; nobody can show it again."""

    holder_url: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPlace:
    uri: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """``attestation``: an SD-JWT VC; ``disclosed``: its fields of the document, in plain; ``corrected``: those that
    were misread, and that the holder mended.
    """

    verification: str
    attestation: str = field(repr=False)
    disclosed: Mapping[str, str] = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    fetch_until: datetime
    status: StatusPlace
    corrected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationStatus:
    """``revoked_at`` is None while it is valid."""

    verification: str
    issued_at: datetime
    expires_at: datetime
    status: StatusPlace
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOrder:
    """``binding`` is what the verification is opened with, and ``nonce`` what the act is then carried out with."""

    act: str
    nonce: str = field(repr=False)
    binding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``msisdn`` and ``iccid`` are None in lists, after an act, and once it is released."""

    id: str
    status: str
    registered_at: datetime
    changed_at: datetime
    disputed: bool
    msisdn: str | None = field(default=None, repr=False)
    iccid: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEvent:
    sequence: int
    act: str
    at: datetime
    verifications: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """``end``: upheld or dismissed, None while it is open."""

    id: str
    line: str
    verification: str
    opened_at: datetime
    closed_at: datetime | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """``secret`` is the whole key, shown this once."""

    key: ApiKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySummary:
    id: str
    version: int
    digest: str
    title: str
    in_force: bool
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument(PolicySummary):
    """``policy``: what the digest is made over."""

    policy: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An endpoint, without its secret. No ``events``: all of them."""

    id: str
    url: str
    description: str
    events: tuple[str, ...]
    enabled: bool
    created_at: datetime
    failures: int
    disabled_reason: str | None = None
    disabled_at: datetime | None = None
    older_secret_until: datetime | None = None
    last_success_at: datetime | None = None
    failing_since: datetime | None = None
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook:
    """``secret`` is shown this once; it is what `visavis.client.read_event` takes."""

    webhook: Webhook
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event for one endpoint. ``status``: pending, delivered or dead."""

    event: str
    type: str
    happened_at: datetime
    status: str
    tries: int
    due_at: datetime | None = None
    tried_at: datetime | None = None
    result: str | None = None
    http_status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """``verdict``: accept, reject or cannot_tell."""

    reviewer: str
    verdict: str
    reason: Reason
    given_at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """``state``: waiting, claimed or closed. ``opinions`` is None until it is closed."""

    id: str
    verification: str
    purpose: str
    purpose_title: str
    state: str
    referred_at: datetime
    waiting_seconds: int
    ends_at: datetime
    reasons: tuple[Reason, ...]
    kept: tuple[str, ...]
    acceptable: bool
    persons: int
    on_disagreement: str
    verdicts_given: int
    looks: int
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    opinions: tuple[Opinion, ...] | None = None
    closed_at: datetime | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingKept:
    """What was read of the document, by field; ``as_read``: what the holder corrected, as it was read."""

    fields: Mapping[str, str] = field(repr=False)
    as_read: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckKept:
    check: str
    outcome: str
    score: float | None = None
    operating_point: str | None = None
    reasons: tuple[Reason, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceKept:
    """``course``: how the capture went over time, as the service's description says; None where it was not kept."""

    checks: tuple[CheckKept, ...]
    course: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCode:
    """``qr_svg``: an SVG document."""

    qr_svg: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePurpose:
    """``parts``: whom it is good for: ``new``, ``holder``, ``receiver``. ``in_person``: what staff must have done to
    accept, where its other way is that a person looks at the original.
    """

    purpose: str
    title: str
    parts: tuple[str, ...]
    minutes: int
    in_person: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts by name; nobody is in them. What each name means: `docs/reference/figures.md`."""

    first: date
    last: date
    by: str
    policies: tuple[str, ...]
    opened: int
    open: int
    ended: Mapping[str, int]
    steps: Mapping[str, int]
    attempts: Mapping[str, int]
    documents: Mapping[str, int]
    in_person: Mapping[str, int]
    left: tuple[Mapping[str, Any], ...]
    reasons: Mapping[str, tuple[Mapping[str, Any], ...]]
    suspected: tuple[Mapping[str, Any], ...]
    times: tuple[Mapping[str, Any], ...]
    series: tuple[Mapping[str, Any], ...]
    policy: str | None = None
