"""The one place that puts the service together from its settings. Every process of it does so for itself."""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Final

from visavis.adapters.chip_files import read_trust
from visavis.adapters.http import HttpPoster, TargetRules
from visavis.adapters.passkeys import WebauthnVerifier
from visavis.adapters.sql import open_storage
from visavis.clock import Clock, SystemClock
from visavis.comparison.calibration import Calibration
from visavis.decision.library import PolicyLibrary
from visavis.document.reader import DocumentReader
from visavis.domain.consent import Controller
from visavis.domain.identifiers import Identifiers
from visavis.domain.pseudonyms import PseudonymKey
from visavis.errors import ConfigurationError
from visavis.lines.register import LineRegister
from visavis.lines.views import LineViews
from visavis.service.api_keys import ApiKeys
from visavis.service.attestations import Attestations
from visavis.service.audit_trail import AuditTrail
from visavis.service.capture_desk import CaptureDesk, DeskOptions
from visavis.service.deliveries import Deliveries
from visavis.service.holder_links import HolderLinks
from visavis.service.in_person import InPersonChecks
from visavis.service.live_capture import LiveCaptures
from visavis.service.members import Members
from visavis.service.passkeys import Passkeys
from visavis.service.policy_shelf import PolicyShelf, read_policies
from visavis.service.ports import Storage
from visavis.service.reviews import Reviews
from visavis.service.sealed_reading import LABEL, ReadingSeal
from visavis.service.staff_sessions import StaffSessions
from visavis.service.status_publishing import StatusLists
from visavis.service.status_register import StoredStatusRegister
from visavis.service.verifications import Verifications
from visavis.service.webhooks import Webhooks
from visavis.service_models import LoadedModels
from visavis.service_start import open_keys
from visavis.settings import Settings
from visavis.web.background import background
from visavis.web.logs import Log
from visavis.web.rates import Quota, RateLimiter
from visavis.web.setup import Models, ServiceSetup, WebLimits
from visavis.web.telemetry import Telemetry, Tracer

__all__ = ["open_service"]

AUDIT_LOG: Final = "visavis"
"""The name of the audit log, as its heads give it."""
_MINUTE: Final = 60


@contextmanager
def open_service(
    settings: Settings, *, log: Log, models: Callable[[], LoadedModels] | None = None
) -> Iterator[ServiceSetup]:
    """Everything that a process of the service works with; let go of at the end. `prepare` came before. ``models``: as
    of `visavis.service_models.loading`; None where nothing looks at pictures.

    Raises as `prepare`, as `visavis.wiring.open_engine`, and PolicyError for a policy that cannot be used.
    """
    clock = SystemClock()
    identifiers = Identifiers(secrets.token_bytes)
    with ExitStack() as stack:
        keys = stack.enter_context(open_keys(settings, clock))
        storage = open_storage(settings.database, connections=settings.connections)
        stack.callback(storage.close)
        sealer, pseudonyms = keys.sealer(), _pseudonyms(keys.pseudonym_root)
        tracer = _tracer(settings)
        if tracer is not None:
            stack.callback(tracer.close)
        loaded = models() if models is not None else None
        shelf = _policies(settings, storage, clock, loaded.engine.calibration if loaded else None, log)
        verifications = Verifications(storage=storage, sealer=sealer, clock=clock, identifiers=identifiers)
        lists = f"{settings.base_url}/status-lists"
        statuses = StoredStatusRegister(storage=storage, base=lists, entropy=secrets.token_bytes)
        poster = _poster(settings, clock)
        staff = StaffSessions(
            storage=storage,
            clock=clock,
            entropy=secrets.token_bytes,
            life=timedelta(hours=settings.staff_session_hours),
            idle=timedelta(minutes=settings.staff_idle_minutes),
        )
        setup = ServiceSetup(
            public_url=settings.base_url,
            controller=Controller(
                id=settings.controller_id, name=settings.controller_name, contact=settings.controller_contact
            ),
            clock=clock,
            monotonic=time.monotonic,
            entropy=secrets.token_bytes,
            identifiers=identifiers,
            storage=storage,
            sealer=sealer,
            derive_each=keys.derive_each,
            pseudonyms=pseudonyms,
            policies=shelf,
            attestation_keys=keys.attestations,
            api_keys=ApiKeys(storage=storage, clock=clock, identifiers=identifiers),
            verifications=verifications,
            lines=LineRegister(
                storage=storage, sealer=sealer, clock=clock, identifiers=identifiers, pseudonyms=pseudonyms
            ),
            line_views=LineViews(storage=storage, sealer=sealer, clock=clock, pseudonyms=pseudonyms),
            in_person=InPersonChecks(
                storage=storage, sealer=sealer, clock=clock, identifiers=identifiers, pseudonyms=pseudonyms
            ),
            links=HolderLinks(storage=storage, clock=clock, entropy=secrets.token_bytes),
            members=Members(storage=storage, sealer=sealer, clock=clock, identifiers=identifiers, sessions=staff),
            staff=staff,
            passkeys=Passkeys(
                storage=storage,
                sealer=sealer,
                clock=clock,
                identifiers=identifiers,
                sessions=staff,
                verifier=WebauthnVerifier(),
                origin=settings.base_url,
            ),
            reviews=Reviews(storage=storage, sealer=sealer, clock=clock, identifiers=identifiers),
            attestations=Attestations(
                storage=storage,
                clock=clock,
                verifications=verifications,
                policies=shelf,
                statuses=statuses,
                keys=keys.attestations,
                issuer=settings.base_url,
                entropy=secrets.token_bytes,
                valid_for=timedelta(days=settings.attestation_days),
            ),
            webhooks=Webhooks(storage=storage, sealer=sealer, clock=clock, identifiers=identifiers, poster=poster),
            status_lists=StatusLists(register=statuses, keys=keys.attestations, clock=clock, base=lists),
            rates=RateLimiter(time.monotonic),
            telemetry=Telemetry(tracer=tracer),
            log=log,
            check_store=storage.check_schema,
            limits=_limits(settings),
            metrics_token=keys.metrics_token,
            trust=read_trust(settings.document_certificates, now=clock.now()),
            pools={"connections": storage.connections},
            captures=loaded is not None,
            models=_looking(loaded) if loaded is not None else None,
        )
        made = _with_captures(setup, settings, stack)
        deliveries = Deliveries(
            storage=storage,
            sealer=sealer,
            poster=poster,
            clock=clock,
            identifiers=identifiers,
            random=secrets.SystemRandom().random,
            told=made.telemetry.webhook,
        )
        stack.callback(deliveries.close)
        trail = AuditTrail(storage=storage, clock=clock, name=AUDIT_LOG, key=keys.audit.signing_key)
        stack.enter_context(background(made, storage=storage, trail=trail, deliveries=deliveries))
        yield made


# ---- parts


def _with_captures(setup: ServiceSetup, settings: Settings, stack: ExitStack) -> ServiceSetup:
    """With the desk at which pictures are looked at, where there are models."""
    models = setup.models
    if models is None:
        return setup
    options = DeskOptions(threads=settings.capture_threads, most_captures=settings.captures_at_once)
    desk = CaptureDesk(options, timer=setup.monotonic)
    stack.callback(desk.close)
    live = LiveCaptures(
        storage=setup.storage,
        verifications=setup.verifications,
        readings=ReadingSeal(setup.derive_each(LABEL)),
        policies=setup.policies.of_digest,
        analyser=models.analyser,
        film=models.sampler.film,
        examiner=models.examiner,
        clock=setup.clock,
        issuer=setup.public_url,
        rng=secrets.SystemRandom(),
    )

    def captures() -> tuple[int, int]:
        return desk.load().captures, settings.captures_at_once

    def inference() -> tuple[int, int]:
        return round(desk.load().busy_share * settings.capture_threads), settings.capture_threads

    return replace(setup, desk=desk, live=live, pools={**setup.pools, "captures": captures, "inference": inference})


def _looking(loaded: LoadedModels) -> Models:
    engine = loaded.engine
    if engine.analyser is None:
        raise TypeError("the engine was opened without attack detection")
    return Models(
        sampler=engine.sampler,
        acquirer=engine.acquirer,
        examiner=engine.examiner(),
        analyser=engine.analyser,
        documents=DocumentReader(loaded.ocr, acquirer=engine.acquirer, timer=time.perf_counter),
    )


def _pseudonyms(root: bytes) -> Callable[[str], PseudonymKey]:
    return lambda relying_party: PseudonymKey.of_party(root, relying_party)


def _policies(
    settings: Settings, storage: Storage, clock: Clock, calibration: Calibration | None, log: Log
) -> PolicyShelf:
    """Those in force: all but the unsafe ones, which a service never uses."""
    library = PolicyLibrary.with_site(settings.policies)
    safe = []
    for name in library.names():
        if library.load(name, allow_unsafe=True).unsafe is None:
            safe.append(name)
        else:
            log.debug("policy_left_out", policy=name, because="unsafe")
    sources = read_policies(library, safe, calibration=calibration)
    return PolicyShelf(storage=storage, clock=clock, in_force=sources).noted()


def _limits(settings: Settings) -> WebLimits:
    return WebLimits(
        body=settings.body_bytes,
        upload=settings.upload_bytes,
        threads=settings.threads,
        per_key=Quota(name="key", amount=settings.rate_per_key, window=_MINUTE),
        per_session=Quota(name="session", amount=settings.rate_per_session, window=_MINUTE),
        per_address=Quota(name="address", amount=settings.rate_per_address, window=_MINUTE),
    )


def _poster(settings: Settings, clock: Clock) -> HttpPoster:
    """Raises ConfigurationError ``webhook_rules_invalid``."""
    rules = TargetRules.of(
        ports=settings.webhook_ports,
        unsafe_origins=settings.unsafe_webhook_origins,
        forbidden=settings.webhook_forbidden_networks,
    )
    return HttpPoster(rules, clock=clock)


def _tracer(settings: Settings) -> Tracer | None:
    if not settings.tracing_endpoint:
        return None
    try:
        from visavis.web.tracing import open_tracer  # noqa: PLC0415 - an extra, imported where it is asked for
    except ImportError as error:
        raise ConfigurationError(
            "tracing_not_installed",
            "Traces need the extra `tracing`.",
            advice="Install visavis[tracing], or unset VISAVIS_TRACING_ENDPOINT.",
        ) from error
    return open_tracer(settings.tracing_endpoint)
