"""API keys: made once and shown once, kept as a digest, revoked for good.

A key is ``vv1.<id>.<secret>``: the id finds the row, the secret is 256 random bits, of which SHA-256 is kept. A slow
hash is for secrets that people choose; nobody guesses 256 bits (OWASP ASVS 5.0, 11.4.2).
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from visavis.audit.entry import OPERATOR, Act, Actor
from visavis.clock import Clock
from visavis.domain.identifiers import Identifiers, Kind, is_identifier
from visavis.errors import AccessError, InputError, StateError, UnknownError
from visavis.service.ports import Transactions, UnitOfWork
from visavis.service.records import KEY_SCOPES, ApiKey, Page, Scope, page_limit
from visavis.service.transactions import InUnits, Named, committed

__all__ = ["ApiKeys", "NewApiKey"]

_PREFIX: Final = "vv1"
_SECRET_BYTES: Final = 32
_LONGEST: Final = 120
_MOST: Final = 200
"""In use at once, of one relying party."""
_NOTED_EVERY: Final = timedelta(minutes=1)
"""A use is noted no more often, so that reading costs no writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """``text`` is the whole key; nobody can show it again."""

    key: ApiKey
    text: str = field(repr=False)


class ApiKeys(InUnits, Named):
    def __init__(self, *, storage: Transactions, clock: Clock, identifiers: Identifiers) -> None:
        self._storage = storage
        self._clock = clock
        self._identifiers = identifiers
        self._actor: Actor = OPERATOR

    def create(
        self, relying_party: str, *, name: str, scopes: Iterable[Scope], may_give: frozenset[Scope] | None = None
    ) -> NewApiKey:
        """``may_give``: the scopes that whoever asks for it can give; None for the operator, who gives any.

        Raises InputError ``api_key_invalid``; UnknownError ``relying_party_unknown``; AccessError ``scope_not_yours``
        for more than that; StateError ``api_keys_used_up``.
        """
        allowed = frozenset(scopes)
        if not allowed or not allowed <= KEY_SCOPES or not 1 <= len(name) <= 100 or not name.isprintable():
            raise InputError(
                "api_key_invalid",
                "A key has a name of 1 to 100 letters and at least one scope.",
                advice="Name both. Members are no key's to change.",
            )
        if may_give is not None and not allowed <= may_give:
            raise AccessError(
                "scope_not_yours",
                "A key gives no scope that it has not itself.",
                advice=f"This one has: {', '.join(sorted(may_give))}.",
            )
        now = self._clock.now()
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        key = ApiKey(
            id=self._identifiers.new(Kind.API_KEY, now),
            relying_party=relying_party,
            name=name,
            scopes=allowed,
            digest=_digest(secret),
            created_at=now,
        )

        def work(unit: UnitOfWork) -> None:
            if unit.relying_parties.find(relying_party) is None:
                raise UnknownError("relying_party_unknown", "There is no such relying party.", advice="Check its id.")
            if sum(row.revoked_at is None for row in unit.api_keys.of_party(relying_party)) >= _MOST:
                raise StateError(
                    "api_keys_used_up",
                    f"A relying party has at most {_MOST} keys in use.",
                    advice="Revoke those that are used no more.",
                )
            unit.api_keys.add(key)
            self._note(unit, relying_party, key.id, "api_key.created", now)

        committed(self._storage, work)
        return NewApiKey(key=key, text=f"{_PREFIX}.{key.id}.{secret}")

    def authenticate(self, text: str) -> ApiKey:
        """The key that a request carries. Raises AccessError ``api_key_unknown``, one answer to every fault."""
        prefix, _, rest = text[:_LONGEST].partition(".")
        name, _, secret = rest.partition(".")
        known = prefix == _PREFIX and is_identifier(name, Kind.API_KEY)
        with self._storage.reading() as unit:
            key = unit.api_keys.find(name) if known else None
        given = _digest(secret)
        right = hmac.compare_digest(given, key.digest if key is not None else bytes(len(given)))
        if key is None or not right or key.revoked_at is not None:
            raise AccessError(
                "api_key_unknown", "This API key is not known, or was revoked.", advice="Use another key."
            )
        self._note_use(key)
        return key

    def revoke(self, relying_party: str, key: str) -> None:
        """Raises UnknownError ``api_key_not_found``."""
        now = self._clock.now()

        def work(unit: UnitOfWork) -> bool:
            done = unit.api_keys.revoke(relying_party, key, now)
            if done:
                self._note(unit, relying_party, key, "api_key.revoked", now)
            return done

        if not committed(self._storage, work):
            raise _not_found()

    def of_party(self, relying_party: str) -> tuple[ApiKey, ...]:
        """Newest first, revoked ones among them."""
        with self._storage.reading() as unit:
            return unit.api_keys.of_party(relying_party)

    def page(self, relying_party: str, *, limit: int = 50, after: str | None = None) -> Page[ApiKey]:
        """As `of_party`, some at a time. Raises InputError ``page_size_invalid``."""
        limit = page_limit(limit)
        rows = [row for row in self.of_party(relying_party) if after is None or row.id < after]
        return Page(tuple(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)

    def get(self, relying_party: str, key: str) -> ApiKey:
        """One key, also a revoked one. Raises UnknownError ``api_key_not_found``."""
        with self._storage.reading() as unit:
            row = unit.api_keys.find(key) if is_identifier(key, Kind.API_KEY) else None
        if row is None or row.relying_party != relying_party:
            raise _not_found()
        return row

    def _note(self, unit: UnitOfWork, relying_party: str, key: str, act: str, at: datetime) -> None:
        unit.audit.note(Act(at=at, actor=self._actor, act=act, subject=key, party=relying_party))

    def _note_use(self, key: ApiKey) -> None:
        now = self._clock.now()
        if key.last_used_at is None or now - key.last_used_at >= _NOTED_EVERY:
            committed(self._storage, lambda unit: unit.api_keys.used(key.id, now))


def _not_found() -> UnknownError:
    return UnknownError("api_key_not_found", "There is no such key in use.", advice="Check its id.")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
