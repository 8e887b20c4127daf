"""What the handlers work with, all of it passed in. Whoever adds a part of the service adds a field here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from visavis.attestation.keys import SigningKeyRing
from visavis.clock import Clock
from visavis.document.chip.trust import TrustStore
from visavis.document.reader import DocumentReader
from visavis.domain.consent import Controller
from visavis.domain.identifiers import Identifiers
from visavis.domain.pseudonyms import PseudonymKey
from visavis.lines.register import LineRegister
from visavis.lines.views import LineViews
from visavis.pad.presentation import PresentationAnalyser
from visavis.perception.acquisition import FaceAcquirer
from visavis.service.api_keys import ApiKeys
from visavis.service.attestations import Attestations
from visavis.service.capture_desk import CaptureDesk
from visavis.service.examination import Examiner
from visavis.service.holder_links import HolderLinks
from visavis.service.in_person import InPersonChecks
from visavis.service.live_capture import LiveCaptures
from visavis.service.members import Members
from visavis.service.passkeys import Passkeys
from visavis.service.policy_shelf import PolicyShelf
from visavis.service.ports import Sealer, Transactions
from visavis.service.reviews import Reviews
from visavis.service.samples import Sampler
from visavis.service.sealed_reading import MOST_LETTERS
from visavis.service.staff_sessions import StaffSessions
from visavis.service.status_publishing import StatusLists
from visavis.service.verifications import Verifications
from visavis.service.webhooks import Webhooks
from visavis.web.capture.session import CaptureLimits
from visavis.web.logs import Log
from visavis.web.rates import Quota, RateLimiter
from visavis.web.shutdown import Shutdown
from visavis.web.telemetry import Telemetry

__all__ = ["MOST_PREVIEW_BYTES", "Models", "ServiceSetup", "WebLimits"]

MEBI: Final = 1 << 20
MOST_PREVIEW_BYTES: Final = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What looks at pictures, loaded and warm; safe from several threads."""

    sampler: Sampler
    acquirer: FaceAcquirer
    examiner: Examiner
    analyser: PresentationAnalyser
    documents: DocumentReader


@dataclass(frozen=True, slots=True, kw_only=True)
class WebLimits:
    """``body``: bytes of a request's body; ``upload``: of one that brings pictures or chip files, under a path in
    ``upload_paths``; ``own``: of paths that have a limit of their own. ``body_seconds``, ``upload_seconds``: for it to
    arrive whole. ``threads``: for handlers that ask the store. ``per_session`` counts holders and staff, but a holder's
    previews of a document, which ``per_preview`` counts; ``per_address`` what comes without an API key or a holder's
    session, and those that are not known; ``page_files`` the files of pages, by address as well.
    """

    body: int = 64 * 1024
    upload: int = 32 * MEBI
    upload_paths: tuple[str, ...] = ("/h/v1/document",)
    own: tuple[tuple[str, int], ...] = (
        ("/h/v1/document/preview", MOST_PREVIEW_BYTES),
        ("/h/v1/document/correct", MOST_LETTERS + 8 * 1024),
    )
    body_seconds: float = 30.0
    upload_seconds: float = 120.0
    threads: int = 16
    per_key: Quota = field(default=Quota(name="key", amount=12_000, window=60))
    per_session: Quota = field(default=Quota(name="session", amount=240, window=60))
    per_preview: Quota = field(default=Quota(name="preview", amount=300, window=60))
    per_address: Quota = field(default=Quota(name="address", amount=600, window=60))
    page_files: Quota = field(default=Quota(name="files", amount=12_000, window=60))
    per_sign_in: Quota = field(default=Quota(name="sign_in", amount=30, window=60))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSetup:
    """``public_url``: where the service is reached from outside, without a slash at its end; also the issuer of its
    attestations. ``derive_each``: a key of 32 bytes for a label, from each master key, the present one first.
    ``captures``: whether pictures are looked at here, which needs ``models``, and with them ``desk`` and ``live``.
    ``entropy``: that many random bytes; ``monotonic``: seconds that never go back. ``check_store`` raises StorageError
    where the store cannot be used. ``metrics_token``: empty where nobody may see the numbers. ``pools``: of each, by
    name, how many places are in use, and of how many.
    """

    public_url: str
    controller: Controller
    clock: Clock
    monotonic: Callable[[], float]
    entropy: Callable[[int], bytes]
    identifiers: Identifiers
    storage: Transactions
    sealer: Sealer
    derive_each: Callable[[str], tuple[bytes, ...]]
    pseudonyms: Callable[[str], PseudonymKey]
    policies: PolicyShelf
    attestation_keys: SigningKeyRing
    api_keys: ApiKeys
    verifications: Verifications
    lines: LineRegister
    line_views: LineViews
    in_person: InPersonChecks
    links: HolderLinks
    members: Members
    staff: StaffSessions
    passkeys: Passkeys
    attestations: Attestations
    reviews: Reviews
    webhooks: Webhooks
    status_lists: StatusLists
    rates: RateLimiter
    telemetry: Telemetry
    log: Log
    check_store: Callable[[], None]
    shutdown: Shutdown = field(default_factory=Shutdown)
    limits: WebLimits = field(default_factory=WebLimits)
    metrics_token: str = field(default="", repr=False)
    pools: Mapping[str, Callable[[], tuple[int, int]]] = field(default_factory=dict)
    captures: bool = True
    models: Models | None = None
    desk: CaptureDesk | None = None
    trust: TrustStore = field(default_factory=TrustStore)
    live: LiveCaptures | None = None
    capture_limits: CaptureLimits = field(default_factory=CaptureLimits)

    @property
    def secure(self) -> bool:
        """Whether holders and relying parties reach it over TLS."""
        return self.public_url.startswith("https://")

    def derive(self, label: str) -> bytes:
        """A key of 32 bytes for that use, from the present master key."""
        return self.derive_each(label)[0]
