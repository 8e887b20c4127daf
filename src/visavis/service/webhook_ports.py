"""What webhooks ask of a store, and of whoever carries a request to the network."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from visavis.service.records import Page
from visavis.service.webhook_records import DeliveryStatus, Posted, WebhookDelivery, WebhookEndpoint

__all__ = ["DeliveryStore", "Poster", "WebhookStore"]


class WebhookStore(Protocol):
    """Endpoints. A row that is to be saved was found with ``lock``; endpoints are locked before deliveries."""

    def add(self, endpoint: WebhookEndpoint) -> None: ...

    def find(self, relying_party: str, endpoint: str, *, lock: bool = False) -> WebhookEndpoint | None: ...

    def of_party(self, relying_party: str) -> tuple[WebhookEndpoint, ...]:
        """Newest first, disabled ones among them."""
        ...

    def save(self, endpoint: WebhookEndpoint) -> None: ...

    def succeeded(self, endpoint: str, at: datetime, *, noted_every: timedelta) -> None:
        """Forget its failures; a row without any is written no more often than that."""
        ...

    def remove(self, relying_party: str, endpoint: str) -> bool:
        """With all its deliveries."""
        ...

    def outlived_secrets(self, now: datetime, *, limit: int) -> tuple[WebhookEndpoint, ...]:
        """Endpoints whose older secret is of no more use, locked; those that another worker holds are left to it."""
        ...


class DeliveryStore(Protocol):
    def add(self, deliveries: Sequence[WebhookDelivery]) -> None:
        """One that is there already stays as it is."""
        ...

    def find(self, relying_party: str, endpoint: str, event: str, *, lock: bool = False) -> WebhookDelivery | None: ...

    def waiting(self, now: datetime, *, limit: int) -> tuple[str, ...]:
        """Enabled endpoints that are not paused and have deliveries that are due; the longest due first."""
        ...

    def claim(self, endpoint: str, now: datetime, *, lease: timedelta) -> WebhookDelivery | None:
        """Its delivery that is longest due, for this worker alone: not due again before ``lease`` is over. None where
        there is none that another worker does not hold.
        """
        ...

    def settle(self, delivery: WebhookDelivery) -> bool:
        """How a try of it ended. What was delivered is so for good; anything else is written only where the row still
        waits at that try, so that a worker that was too slow undoes nobody's work.
        """
        ...

    def save(self, delivery: WebhookDelivery) -> None:
        """Replace the row, which was found with ``lock``."""
        ...

    def bury(self, endpoint: str) -> int:
        """Give up what waits for an endpoint that was disabled; returns how many."""
        ...

    def revive(self, endpoint: str, now: datetime, *, since: datetime, limit: int) -> int:
        """Make dead deliveries of events since that moment due now, the oldest first; returns how many."""
        ...

    def page(
        self, endpoint: str, *, limit: int, after: str | None = None, status: DeliveryStatus | None = None
    ) -> Page[WebhookDelivery]: ...

    def prune(self, before: datetime, *, limit: int) -> int:
        """Forget deliveries of events before that moment, whatever became of them; returns how many."""
        ...


class Poster(Protocol):
    """Sends one request, and nowhere but to public addresses. Knows its own limits of time and size; safe from
    several threads.
    """

    def check(self, url: str) -> None:
        """Whether it would ever be posted to, as far as its text tells.

        Raises `visavis.errors.InputError` ``webhook_url_invalid``, ``webhook_url_forbidden``.
        """
        ...

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Posted:
        """Raises nothing for whatever the network or the receiver does."""
        ...
