"""The service as tests ask it: over a store of their choice, with a clock that they move, and keys of every scope.

service = make_web(storage)                    # `storage`: the fixture of tests/store_fixtures.py, or MemoryStorage()
service.get("/v1/verifications")               # with a key that has every scope
service.client.get("/healthz")                 # without one
other = service.add_party("Another operator")
service.get("/v1/verifications/ver_...", key=other.key)
"""

import io
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

import httpx
from fastapi import FastAPI

from store_material import BEGIN, POLICY, MovableClock, World, make_world, pseudonyms
from visavis.adapters.http import HttpPoster, TargetRules
from visavis.adapters.keyring import derived_key
from visavis.adapters.memory import MemoryStorage
from visavis.adapters.passkeys import WebauthnVerifier
from visavis.adapters.recording_keys import MasterKey
from visavis.attestation.keys import MemorySigningKeyRing
from visavis.domain.consent import Controller
from visavis.domain.identifiers import Kind
from visavis.service.api_keys import ApiKeys
from visavis.service.attestations import Attestations
from visavis.service.holder_links import HolderLinks
from visavis.service.in_person import InPersonChecks
from visavis.service.members import Members
from visavis.service.passkeys import Passkeys
from visavis.service.policy_shelf import PolicyShelf, PolicySource
from visavis.service.ports import Storage
from visavis.service.records import KEY_SCOPES, RelyingParty, Scope
from visavis.service.reviews import Reviews
from visavis.service.staff_sessions import StaffSessions
from visavis.service.status_publishing import StatusLists
from visavis.service.status_register import StoredStatusRegister
from visavis.service.transactions import committed
from visavis.web.app import make_service
from visavis.web.logs import open_log
from visavis.web.rates import Quota, RateLimiter
from visavis.web.setup import ServiceSetup, WebLimits
from visavis.web.telemetry import Telemetry
from webhook_material import webhooks

__all__ = ["Party", "TestClient", "Web", "make_setup", "make_web"]

with warnings.catch_warnings():
    # it says that httpx2 is to come; what it does with httpx is what is wanted here
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

PUBLIC_URL = "http://127.0.0.1:8000"
MASTER = MasterKey(bytes(32))
CONTROLLER = Controller(id="operator", name="An operator", contact="privacy@operator.example")
MANY = WebLimits(
    per_key=Quota(name="key", amount=1_000_000, window=60),
    per_session=Quota(name="session", amount=1_000_000, window=60),
    per_preview=Quota(name="preview", amount=1_000_000, window=60),
    per_address=Quota(name="address", amount=1_000_000, window=60),
    per_sign_in=Quota(name="sign_in", amount=1_000_000, window=60),
)
"""No test that is not about limits meets one."""


@dataclass(frozen=True, kw_only=True)
class Party:
    """A relying party with a key. ``key`` is the whole text, as a request carries it."""

    id: str
    key: str


@dataclass(kw_only=True)
class Web:
    """``world``: the store and the short ways of tests/store_material.py; ``party``: ``world.party`` with a key."""

    world: World
    setup: ServiceSetup
    app: FastAPI
    client: TestClient
    party: Party

    @property
    def clock(self) -> MovableClock:
        return self.world.clock

    def add_key(self, *scopes: Scope, party: str | None = None) -> str:
        made = self.setup.api_keys.create(party or self.party.id, name="a test's", scopes=scopes or tuple(KEY_SCOPES))
        return made.text

    def add_party(self, name: str = "Another operator", *scopes: Scope) -> Party:
        row = RelyingParty(id=self.world.ids.new(Kind.RELYING_PARTY, BEGIN), name=name, created_at=BEGIN)
        committed(self.setup.storage, lambda unit: unit.relying_parties.add(row))
        return Party(id=row.id, key=self.add_key(*scopes, party=row.id))

    def request(
        self, method: str, path: str, *, key: str | None = None, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """With the party's key, or another."""
        sent = {"Authorization": f"Bearer {key or self.party.key}", **(headers or {})}
        return cast("httpx.Response", self.client.request(method, path, headers=sent, **more))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.request("POST", path, **more)

    def delete(self, path: str, **more: Any) -> httpx.Response:
        return self.request("DELETE", path, **more)


def make_setup(world: World, **changes: Any) -> ServiceSetup:
    """Everything in memory but the store; ``changes``: other parts, by the names of the fields. The log is dropped:
    a test that reads it passes ``log=open_log(stream=...)``.
    """
    clock = world.clock
    in_force = [PolicySource(policy=world.policy, text=world.policy_text)]

    def monotonic() -> float:
        return (clock.now() - BEGIN).total_seconds()

    ring = MemorySigningKeyRing(now=clock.now())
    shelf = PolicyShelf(storage=world.storage, clock=clock, in_force=in_force).noted()
    register = StoredStatusRegister(
        storage=world.storage, base=f"{PUBLIC_URL}/status-lists", entropy=secrets.token_bytes
    )
    staff = StaffSessions(storage=world.storage, clock=clock, entropy=secrets.token_bytes)
    setup = ServiceSetup(
        public_url=PUBLIC_URL,
        controller=CONTROLLER,
        clock=clock,
        monotonic=monotonic,
        entropy=secrets.token_bytes,
        identifiers=world.ids,
        storage=world.storage,
        sealer=world.sealer,
        derive_each=lambda label: (derived_key(MASTER, label),),
        pseudonyms=pseudonyms,
        policies=shelf,
        attestation_keys=ring,
        api_keys=ApiKeys(storage=world.storage, clock=clock, identifiers=world.ids),
        verifications=world.verifications,
        lines=world.register,
        line_views=world.views,
        in_person=InPersonChecks(
            storage=world.storage, sealer=world.sealer, clock=clock, identifiers=world.ids, pseudonyms=pseudonyms
        ),
        links=HolderLinks(storage=world.storage, clock=clock, entropy=secrets.token_bytes),
        members=Members(storage=world.storage, sealer=world.sealer, clock=clock, identifiers=world.ids, sessions=staff),
        staff=staff,
        passkeys=Passkeys(
            storage=world.storage,
            sealer=world.sealer,
            clock=clock,
            identifiers=world.ids,
            sessions=staff,
            verifier=WebauthnVerifier(),
            origin=str(changes.get("public_url", PUBLIC_URL)),
        ),
        attestations=Attestations(
            storage=world.storage,
            clock=clock,
            verifications=world.verifications,
            policies=shelf,
            statuses=register,
            keys=ring,
            issuer=PUBLIC_URL,
            entropy=secrets.token_bytes,
        ),
        reviews=Reviews(storage=world.storage, sealer=world.sealer, clock=clock, identifiers=world.ids),
        webhooks=webhooks(world, HttpPoster(TargetRules(), clock=clock)),
        status_lists=StatusLists(register=register, keys=ring, clock=clock, base=f"{PUBLIC_URL}/status-lists"),
        rates=RateLimiter(monotonic),
        telemetry=Telemetry(clock=monotonic),
        log=open_log(stream=io.StringIO()),
        check_store=lambda: None,
        limits=MANY,
    )
    return replace(setup, **changes)


def make_web(storage: Storage | None = None, *, policy: str = POLICY, **changes: Any) -> Web:
    """``policy``: its text. ``changes``: as of `make_setup`. The client is at ``http://127.0.0.1:8000``, and follows no
    redirection.
    """
    world = make_world(storage if storage is not None else MemoryStorage(), policy=policy)
    setup = make_setup(world, **changes)
    app = make_service(setup)
    client = TestClient(app, base_url=setup.public_url, follow_redirects=False, raise_server_exceptions=False)
    key = setup.api_keys.create(world.party.id, name="a test's", scopes=tuple(KEY_SCOPES)).text
    party = Party(id=world.party.id, key=key)
    return Web(world=world, setup=setup, app=app, client=client, party=party)
