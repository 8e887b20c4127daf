"""The client and the service together: every route that a relying party has, asked through the client."""

import asyncio
import dataclasses

import httpx
import pytest

from review_material import ACCEPT, PORTRAIT, READING, REFERS, REJECT, agreed, make_desk
from store_material import iccid
from visavis.attestation.statement import DecidedBy
from visavis.client import AsyncClient, Client, ConflictError, GoneError, NotAllowedError, NotFoundError
from visavis.client.base import Settings
from visavis.client.models import LineOrder
from visavis.decision.decide import DecisionOutcome
from visavis.domain.evidence import EvidenceSet
from visavis.errors import TokenError
from visavis.service.policy_shelf import PolicyShelf, PolicySource
from visavis.service.summaries import summary_of
from web_material import Web, make_web

BINDING = "0" * 64
MSISDN = "+46700000007"


@pytest.fixture
def web() -> Web:
    return make_web()


@pytest.fixture
def client(web: Web) -> Client:
    return client_of(web)


def settings_of(web: Web, key: str) -> Settings:
    return Settings(url=web.setup.public_url, api_key=key, relying_party=web.party.id, now=web.clock.now)


def client_of(web: Web, key: str | None = None) -> Client:
    settings = settings_of(web, key or web.party.key)
    return Client(settings.url, settings.api_key, settings=settings, http=web.client)


def accept(web: Web, verification: str, *, document: str = "P1") -> str:
    """What a holder and their capture would do."""
    world, party = web.world, web.party.id
    row, _ = world.verifications.get(party, verification)
    world.verifications.consent(party, row.id, agreed(world, row))
    world.verifications.begin_capture(party, row.id, world.policy)
    world.verifications.submit(party, row.id)
    found = world.findings(DecisionOutcome.ACCEPTED, document=document)
    summary = summary_of(verification=row, policy=world.policy, decision=found.decision, evidence=EvidenceSet())
    world.verifications.conclude(party, row.id, dataclasses.replace(found, summary=summary), world.policy)
    return verification


def shown_for(web: Web, client: Client, order: LineOrder, document: str = "P1") -> str:
    opened = client.verifications.open(purpose=web.world.policy.id, binding=order.binding)
    return accept(web, opened.id, document=document)


def test_a_verification_from_opening_to_its_signed_answer(web: Web, client: Client) -> None:
    opened = client.verifications.open(
        purpose=web.world.policy.id, binding=BINDING, labels={"shop": "stockholm-3"}, key="order-4711"
    )
    again = client.verifications.open(
        purpose=web.world.policy.id, binding=BINDING, labels={"shop": "stockholm-3"}, key="order-4711"
    )
    assert again == opened
    assert opened.holder_url.startswith(f"{web.setup.public_url}/p/verify#")
    assert opened.holder_url not in repr(opened)
    assert (opened.state, opened.labels, opened.attempts.left) == ("requested", {"shop": "stockholm-3"}, 2)
    with pytest.raises(ConflictError) as caught:
        client.attestations.fetch(opened.id)
    assert caught.value.code == "nothing_to_attest"
    accept(web, opened.id)
    read = client.verifications.read(opened.id)
    assert read.accepted
    assert read.decision is not None
    assert set(read.decision.grants) == {"line.receive", "line.register"}
    fetched = client.attestations.fetch(opened.id)
    assert fetched.disclosed == {"family_name": "ERIKSSON", "document_number": "P1"}
    assert "ERIKSSON" not in repr(fetched)
    verified = client.attestations.verify(fetched)
    assert verified.statement is not None
    assert verified.statement.id == opened.id
    assert verified.claims["family_name"] == "ERIKSSON"
    client.attestations.received(opened.id)
    with pytest.raises(GoneError):
        client.attestations.fetch(opened.id)
    assert client.attestations.status(opened.id).revoked_at is None
    assert client.attestations.revoke(opened.id).revoked_at is not None
    web.clock.forward(hours=13)  # until the next status list
    with pytest.raises(TokenError) as revoked:
        client.attestations.verify(fetched.attestation)
    assert revoked.value.code == "attestation_revoked"


def test_an_attestation_for_somebody_else_is_refused(web: Web, client: Client) -> None:
    opened = client.verifications.open(purpose=web.world.policy.id, binding=BINDING)
    fetched = client.attestations.fetch(accept(web, opened.id))
    other = dataclasses.replace(settings_of(web, web.party.key), relying_party="rlp_other")
    with pytest.raises(TokenError) as caught:
        Client(other.url, other.api_key, settings=other, http=web.client).attestations.verify(fetched)
    assert caught.value.code == "audience_unexpected"
    nobody = dataclasses.replace(other, relying_party=None)
    with pytest.raises(ValueError, match="relying party"):
        Client(nobody.url, nobody.api_key, settings=nobody, http=web.client).attestations.verify(fetched)


def test_verifications_are_listed_cancelled_and_erased(web: Web, client: Client) -> None:
    ids = []
    for _ in range(5):
        ids.append(client.verifications.open(purpose=web.world.policy.id, binding=BINDING).id)
        web.clock.forward(seconds=1)
    assert [row.id for row in client.verifications.each(limit=2)] == ids[::-1]
    assert client.verifications.attempts(ids[0]).left == 2
    assert client.verifications.cancel(ids[0]).state == "withdrawn"
    assert client.verifications.erase(ids[1]).state == "erased"
    assert [row.id for row in client.verifications.each(state="withdrawn")] == [ids[0]]
    with pytest.raises(ConflictError):
        client.verifications.cancel(ids[0])
    with pytest.raises(NotFoundError):
        client.verifications.read("ver_nothing")


def test_a_line_from_its_order_to_its_release(web: Web, client: Client) -> None:
    card, other_card = iccid(7).text, iccid(8).text
    order = client.lines.prepare_register(msisdn=MSISDN, iccid=card)
    line = client.lines.register(
        msisdn=MSISDN, iccid=card, nonce=order.nonce, verification=shown_for(web, client, order)
    )
    found = client.lines.find(msisdn=MSISDN)
    assert (found.id, found.msisdn, found.iccid) == (line.id, MSISDN, card)
    assert MSISDN not in repr(found)
    assert [row.id for row in client.lines.each()] == [line.id]

    order = client.lines.prepare_replace(line.id, iccid=other_card)
    client.lines.replace_sim(line.id, iccid=other_card, nonce=order.nonce, verification=shown_for(web, client, order))
    assert client.lines.read(line.id).iccid == other_card

    order = client.lines.prepare(line.id, act="dispute")
    case = client.lines.dispute(line.id, nonce=order.nonce, verification=shown_for(web, client, order))
    assert [row.id for row in client.lines.each_dispute()] == [case.id]
    assert not client.lines.close_dispute(case.id, end="dismissed").disputed

    order = client.lines.prepare(line.id, act="transfer")
    giver, receiver = shown_for(web, client, order), shown_for(web, client, order, "P2")
    client.lines.transfer(line.id, nonce=order.nonce, giver=giver, receiver=receiver)
    assert [row.id for row in client.lines.in_my_name(receiver).items] == [line.id]

    order = client.lines.prepare(line.id, act="release")
    released = client.lines.release(line.id, nonce=order.nonce, verification=shown_for(web, client, order, "P2"))
    assert released.status == "released"
    acts = [entry.act for entry in client.lines.history(line.id).items]
    assert acts[::-1] == ["register", "replace_sim", "dispute", "close_dispute", "transfer", "release"]


def test_keys_are_made_and_revoked(web: Web, client: Client) -> None:
    made = client.api_keys.create(name="shop", scopes=["verifications"])
    assert made.secret not in repr(made)
    theirs = client_of(web, made.secret)
    assert list(theirs.verifications.each()) == []
    with pytest.raises(NotAllowedError) as caught:
        list(theirs.lines.each())
    assert caught.value.code == "scope_missing"
    assert client.api_keys.read(made.key.id).scopes == ("verifications",)
    assert client.api_keys.revoke(made.key.id).revoked_at is not None
    with pytest.raises(NotAllowedError) as caught:
        list(theirs.verifications.each())
    assert (caught.value.code, caught.value.status) == ("api_key_unknown", 401)
    assert {key.id for key in client.api_keys.each(limit=1)} >= {made.key.id}


def test_policies_are_read(web: Web, client: Client) -> None:
    (summary,) = client.policies.all().items
    assert summary.in_force
    document = client.policies.read(summary.digest)
    assert document.policy["id"] == web.world.policy.id
    assert client.policies.all(policy="another").items == ()


def test_webhooks_are_added_changed_and_removed(web: Web, client: Client) -> None:
    made = client.webhooks.add(url="https://shop.operator.example/visavis", events=["verification.decided"])
    assert made.secret.startswith("whsec_")
    assert made.secret not in repr(made)
    name = made.webhook.id
    assert [row.id for row in client.webhooks.all().items] == [name]
    changed = client.webhooks.change(name, description="orders", enabled=True, events=[])
    assert (changed.description, changed.events, changed.url) == ("orders", (), made.webhook.url)
    other = client.webhooks.rotate_secret(name, overlap_hours=0)
    assert other.secret != made.secret
    sent = client.webhooks.send_test(name)
    assert (sent.type, sent.status) == ("webhook.test", "pending")
    assert [row.event for row in client.webhooks.each_delivery(name)] == [sent.event]
    assert client.webhooks.replay(name, sent.event).event == sent.event
    assert client.webhooks.replay_dead(name, since=web.clock.now()).count == 0
    assert client.webhooks.read(name).enabled
    client.webhooks.remove(name)
    with pytest.raises(NotFoundError):
        client.webhooks.remove(name)


def test_a_case_is_reviewed(web: Web, client: Client) -> None:
    case = make_desk(web.world).refer()
    (waiting,) = client.reviews.each()
    assert (waiting.id, waiting.state) == (case.id, "waiting")
    assert client.reviews.of_verification(case.verification) == waiting == client.reviews.read(case.id)
    me = "ann-1"
    assert client.reviews.claim(case.id, reviewer=me).claimed_by == me
    client.reviews.release(case.id, reviewer=me)
    client.reviews.claim(case.id, reviewer=me)
    assert client.reviews.picture(case.id, "portrait", reviewer=me) == PORTRAIT
    client.reviews.picture(case.id, "probe", reviewer=me)
    assert client.reviews.reading(case.id, reviewer=me).fields == READING
    assert client.reviews.evidence(case.id, reviewer=me).checks[0].score == 0.31
    done = client.reviews.verdict(case.id, reviewer=me, verdict="accept", reason="reviewed_same_person")
    assert done.opinions is not None
    assert [opinion.verdict for opinion in done.opinions] == ["accept"]
    assert [row.id for row in client.reviews.each(state="closed", order="newest")] == [case.id]
    assert client.verifications.read(case.verification).accepted


def test_what_a_person_accepted_is_attested_as_that(web: Web, client: Client) -> None:
    desk = make_desk(web.world)
    source = PolicySource(policy=web.world.policy, text=REFERS)
    PolicyShelf(storage=web.world.storage, clock=web.clock, in_force=[source]).noted()
    case = desk.refer()
    desk.say(case, desk.who("ann"), ACCEPT)
    verified = client.attestations.verify(client.attestations.fetch(case.verification))
    assert verified.statement is not None
    assert verified.statement.decided_by is DecidedBy.PERSON
    assert verified.claims["document_number"] == "P1"
    rejected = desk.refer(document="P2")
    desk.say(rejected, desk.who("ann"), REJECT)
    with pytest.raises(ConflictError) as caught:
        client.attestations.fetch(rejected.verification)
    assert caught.value.code == "nothing_to_attest"


def test_the_client_for_event_loops_asks_the_same(web: Web) -> None:
    settings = settings_of(web, web.party.key)

    async def run() -> str:
        transport = httpx.ASGITransport(app=web.app)
        async with (
            httpx.AsyncClient(transport=transport) as http,
            AsyncClient(settings.url, settings.api_key, settings=settings, http=http) as client,
        ):
            opened = await client.verifications.open(purpose=web.world.policy.id, binding=BINDING)
            await asyncio.to_thread(accept, web, opened.id)
            fetched = await client.attestations.fetch(opened.id)
            verified = await client.attestations.verify(fetched)
            assert verified.claims["document_number"] == "P1"
            assert [row.id async for row in client.verifications.each()] == [opened.id]
            return opened.id

    assert asyncio.run(run()).startswith("ver_")
