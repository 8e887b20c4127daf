"""Webhook endpoints of a relying party: where it wants to hear of what happens, and what became of that.

A secret is made here, shown once, and kept sealed under a key of its endpoint. After a rotation the secret before signs
as well for a while, so that a receiver can change over without losing anything (Standard Webhooks 1.0.0, "Webhook
headers"). What was not delivered is kept for `visavis.service.deliveries.KEPT` and can be sent again by hand.
"""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from visavis.audit.entry import OPERATOR, Act, Actor
from visavis.clock import Clock
from visavis.domain.events import Event, EventKind
from visavis.domain.identifiers import Identifiers, Kind
from visavis.errors import InputError, StateError, UnknownError
from visavis.service.ports import Sealer, Transactions, UnitOfWork
from visavis.service.records import Page, page_limit
from visavis.service.transactions import InUnits, Named, committed
from visavis.service.webhook_events import delivery_of
from visavis.service.webhook_ports import Poster
from visavis.service.webhook_records import (
    DeliveryStatus,
    DisabledReason,
    WebhookDelivery,
    WebhookEndpoint,
)
from visavis.service.webhook_secrets import keep_first, keep_next
from visavis.service.webhook_signing import new_secret

__all__ = [
    "LONGEST_OVERLAP",
    "MOST_ENDPOINTS",
    "MOST_REPLAYED",
    "OVERLAP",
    "NewWebhookSecret",
    "Webhooks",
]

MOST_ENDPOINTS: Final = 20
"""A relying party."""
MOST_REPLAYED: Final = 5_000
"""At once."""
OVERLAP: Final = timedelta(hours=24)
"""How long the secret before signs as well, unless said otherwise."""
LONGEST_OVERLAP: Final = timedelta(days=7)
_LONGEST_DESCRIPTION: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhookSecret:
    """``secret`` (``whsec_...``) is shown this once."""

    endpoint: WebhookEndpoint
    secret: str = field(repr=False)


class Webhooks(InUnits, Named):
    """``poster`` says which addresses would be posted to; it posts nothing here."""

    def __init__(
        self, *, storage: Transactions, sealer: Sealer, clock: Clock, identifiers: Identifiers, poster: Poster
    ) -> None:
        self._storage = storage
        self._sealer = sealer
        self._clock = clock
        self._identifiers = identifiers
        self._poster = poster
        self._actor: Actor = OPERATOR

    def add(
        self, relying_party: str, *, url: str, description: str = "", events: Iterable[EventKind] = ()
    ) -> NewWebhookSecret:
        """A new endpoint, in use at once, for events of these types (none: all).

        Raises InputError ``webhook_url_invalid``, ``webhook_url_forbidden``, ``webhook_description_invalid``;
        StateError ``webhooks_used_up``; UnknownError ``relying_party_unknown``.
        """
        self._check(url, description)
        now = self._clock.now()
        secret = new_secret()
        endpoint = WebhookEndpoint(
            id=self._identifiers.new(Kind.WEBHOOK, now),
            relying_party=relying_party,
            url=url,
            description=description,
            events=frozenset(events),
            created_at=now,
        )

        def work(unit: UnitOfWork) -> None:
            if unit.relying_parties.find(relying_party) is None:
                raise UnknownError("relying_party_unknown", "There is no such relying party.", advice="Check its id.")
            if len(unit.webhooks.of_party(relying_party)) >= MOST_ENDPOINTS:
                raise StateError(
                    "webhooks_used_up",
                    f"A relying party has at most {MOST_ENDPOINTS} webhook endpoints.",
                    advice="Delete one that you need no more.",
                )
            unit.webhooks.add(endpoint)
            keep_first(unit, self._sealer, endpoint.id, secret)
            self._note(unit, endpoint, "webhook.added", now)

        committed(self._storage, work)
        return NewWebhookSecret(endpoint=endpoint, secret=secret)

    def get(self, relying_party: str, endpoint: str) -> WebhookEndpoint:
        """Raises UnknownError ``webhook_unknown``, as every method that names one."""
        with self._storage.reading() as unit:
            return _found(unit.webhooks.find(relying_party, endpoint))

    def of_party(self, relying_party: str) -> tuple[WebhookEndpoint, ...]:
        """Newest first."""
        with self._storage.reading() as unit:
            return unit.webhooks.of_party(relying_party)

    def update(
        self,
        relying_party: str,
        endpoint: str,
        *,
        url: str | None = None,
        description: str | None = None,
        events: Iterable[EventKind] | None = None,
        enabled: bool | None = None,
    ) -> WebhookEndpoint:
        """Change what is not None. Enabling forgets why it was disabled, and sends nothing that is dead: see
        `replay_dead`. Raises as `add`.
        """
        self._check(url, description)
        now = self._clock.now()
        wanted = None if events is None else frozenset(events)

        def work(unit: UnitOfWork) -> WebhookEndpoint:
            before = _found(unit.webhooks.find(relying_party, endpoint, lock=True))
            after = dataclasses.replace(
                before,
                url=before.url if url is None else url,
                description=before.description if description is None else description,
                events=before.events if wanted is None else wanted,
            )
            if after.url != before.url:
                after = dataclasses.replace(after, failing_since=None, failures=0, paused_until=None)
            if enabled is False and before.enabled:
                after = dataclasses.replace(after, disabled=DisabledReason.BY_HAND, disabled_at=now)
                unit.deliveries.bury(endpoint)
            if enabled is True and not before.enabled:
                after = dataclasses.replace(
                    after, disabled=None, disabled_at=None, failing_since=None, failures=0, paused_until=None
                )
            if after != before:
                unit.webhooks.save(after)
                self._note(unit, after, "webhook.changed", now)
            return after

        return committed(self._storage, work)

    def rotate(self, relying_party: str, endpoint: str, *, overlap: timedelta = OVERLAP) -> NewWebhookSecret:
        """Another secret. The one before signs as well for ``overlap`` (0 to 7 days); one before that no more.

        Raises InputError ``webhook_overlap_invalid``.
        """
        if not timedelta() <= overlap <= LONGEST_OVERLAP:
            raise InputError(
                "webhook_overlap_invalid",
                f"The secret before stays in force for 0 to {LONGEST_OVERLAP.days} days.",
                advice="Say 0 where it is known to others.",
            )
        now = self._clock.now()
        secret = new_secret()

        def work(unit: UnitOfWork) -> WebhookEndpoint:
            row = _found(unit.webhooks.find(relying_party, endpoint, lock=True))
            keep_next(unit, self._sealer, endpoint, secret, with_older=bool(overlap))
            after = dataclasses.replace(row, older_secret_until=now + overlap if overlap else None)
            unit.webhooks.save(after)
            self._note(unit, after, "webhook.secret_rotated", now)
            return after

        return NewWebhookSecret(endpoint=committed(self._storage, work), secret=secret)

    def remove(self, relying_party: str, endpoint: str) -> None:
        """With its secrets and all its deliveries."""
        now = self._clock.now()

        def work(unit: UnitOfWork) -> None:
            row = _found(unit.webhooks.find(relying_party, endpoint, lock=True))
            unit.webhooks.remove(relying_party, endpoint)
            unit.sealed.destroy(endpoint)
            self._note(unit, row, "webhook.removed", now)

        committed(self._storage, work)

    def deliveries(
        self,
        relying_party: str,
        endpoint: str,
        *,
        limit: int = 50,
        after: str | None = None,
        status: DeliveryStatus | None = None,
    ) -> Page[WebhookDelivery]:
        """Newest first. Raises InputError ``page_size_invalid``."""
        count = page_limit(limit)
        with self._storage.reading() as unit:
            _found(unit.webhooks.find(relying_party, endpoint))
            return unit.deliveries.page(endpoint, limit=count, after=after, status=status)

    def replay(self, relying_party: str, endpoint: str, event: str) -> WebhookDelivery:
        """Send one event again, whatever became of it, under the same webhook-id.

        Raises UnknownError ``webhook_delivery_unknown``; StateError ``webhook_disabled``.
        """
        now = self._clock.now()

        def work(unit: UnitOfWork) -> WebhookDelivery:
            row = _in_use(unit.webhooks.find(relying_party, endpoint, lock=True))
            before = unit.deliveries.find(relying_party, endpoint, event, lock=True)
            if before is None:
                raise UnknownError(
                    "webhook_delivery_unknown",
                    "There is no such delivery here.",
                    advice="List the deliveries of this endpoint; they are kept for 30 days.",
                )
            again = dataclasses.replace(before, status=DeliveryStatus.PENDING, due_at=now, begun_at=now, tries=0)
            unit.deliveries.save(again)
            self._note(unit, row, "webhook.replayed", now, deliveries=1)
            return again

        return committed(self._storage, work)

    def replay_dead(self, relying_party: str, endpoint: str, *, since: datetime) -> int:
        """Send what was given up again, for events since that moment; how many it were, at most `MOST_REPLAYED`:
        where it were as many, ask again. Raises StateError ``webhook_disabled``.
        """
        now = self._clock.now()

        def work(unit: UnitOfWork) -> int:
            row = _in_use(unit.webhooks.find(relying_party, endpoint, lock=True))
            count = unit.deliveries.revive(endpoint, now, since=since, limit=MOST_REPLAYED)
            self._note(unit, row, "webhook.replayed", now, deliveries=count)
            return count

        return committed(self._storage, work)

    def send_test(self, relying_party: str, endpoint: str) -> WebhookDelivery:
        """An event ``webhook.test`` for this endpoint alone, which is sent as any other.

        Raises StateError ``webhook_disabled``.
        """
        now = self._clock.now()

        def work(unit: UnitOfWork) -> WebhookDelivery:
            row = _in_use(unit.webhooks.find(relying_party, endpoint))
            event = Event(
                id=self._identifiers.new(Kind.EVENT, now),
                kind=EventKind.WEBHOOK_TEST,
                relying_party=relying_party,
                subject=endpoint,
                at=now,
                status="test",
            )
            delivery = delivery_of(event, row, now)
            unit.deliveries.add([delivery])
            return delivery

        return committed(self._storage, work)

    def _check(self, url: str | None, description: str | None) -> None:
        if url is not None:
            self._poster.check(url)
        if description is not None and (len(description) > _LONGEST_DESCRIPTION or not description.isprintable()):
            raise InputError(
                "webhook_description_invalid",
                f"A description has at most {_LONGEST_DESCRIPTION} printable letters.",
                advice="Shorten it.",
            )

    def _note(self, unit: UnitOfWork, endpoint: WebhookEndpoint, act: str, at: datetime, **details: int) -> None:
        unit.audit.note(
            Act(at=at, actor=self._actor, act=act, subject=endpoint.id, party=endpoint.relying_party, details=details)
        )


def _found(endpoint: WebhookEndpoint | None) -> WebhookEndpoint:
    if endpoint is None:
        raise UnknownError(
            "webhook_unknown", "There is no such webhook endpoint here.", advice="Check its id, and whose key you use."
        )
    return endpoint


def _in_use(endpoint: WebhookEndpoint | None) -> WebhookEndpoint:
    row = _found(endpoint)
    if not row.enabled:
        raise StateError(
            "webhook_disabled",
            "Nothing is sent to this endpoint, since it is disabled.",
            advice="Enable it first; then replay what is dead.",
        )
    return row
