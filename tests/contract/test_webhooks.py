"""Webhooks over every store: each event once to each endpoint that wants it, tried for three days, never lost."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from store_material import BEGIN, World, make_world
from visavis.adapters.keyring import KeyRing
from visavis.adapters.recording_keys import MasterKey
from visavis.domain.events import EventKind
from visavis.errors import InputError, StateError, UnknownError, VisavisError
from visavis.service.deliveries import KEPT, LEASE
from visavis.service.records import OutboxStatus
from visavis.service.webhook_records import DeliveryResult, DeliveryStatus, DisabledReason, Posted
from visavis.service.webhooks import MOST_ENDPOINTS
from webhook_material import TOLD, URL, Recorder, Sent, deliveries, happen, refused, webhooks


def statuses(world: World, endpoint: str) -> list[str]:
    with world.storage.reading() as unit:
        return [str(row.status) for row in unit.deliveries.page(endpoint, limit=100).items]


def run(world: World, poster: Recorder) -> int:
    worker = deliveries(world, poster)
    try:
        return worker.run_once(patience=None)
    finally:
        worker.close()


def test_every_endpoint_that_wants_it_is_told_once(world: World) -> None:
    poster = Recorder()
    service = webhooks(world, poster)
    everything = service.add(world.party.id, url=f"{URL}/1").endpoint
    lines = service.add(world.party.id, url=f"{URL}/2", events=[EventKind.LINE_REGISTERED]).endpoint
    decided = service.add(world.party.id, url=f"{URL}/3", events=[EventKind.VERIFICATION_DECIDED]).endpoint
    other = make_world(world.storage)
    webhooks(other, poster).add(other.party.id, url=f"{URL}/other")
    event = happen(world)
    assert run(world, poster) == 2
    assert Counter(sent.url for sent in poster.sent) == {f"{URL}/1": 1, f"{URL}/3": 1}
    assert {sent.event for sent in poster.sent} == {event.id}
    assert run(world, poster) == 0
    assert [statuses(world, row.id) for row in (everything, lines, decided)] == [["delivered"], [], ["delivered"]]
    assert service.get(world.party.id, everything.id).last_success_at == BEGIN


def test_a_party_without_endpoints_owes_nothing(world: World) -> None:
    happen(world)
    assert run(world, Recorder()) == 0
    with world.storage.reading() as unit:
        assert not unit.outbox.waiting(BEGIN + timedelta(days=1))
        assert [row.status for row in unit.outbox.page(world.party.id, limit=9).items] == [OutboxStatus.DELIVERED]


def test_the_reference_library_verifies_what_is_sent_and_nothing_else(world: World) -> None:
    poster = Recorder()
    made = webhooks(world, poster).add(world.party.id, url=URL)
    event = happen(world)
    run(world, poster)
    (sent,) = poster.sent
    receiver = Webhook(made.secret)
    # its clock is the machine's: sign with ours, and hold the signature against its own
    at = world.clock.now()
    assert sent.headers["webhook-timestamp"] == str(int(at.timestamp()))
    assert receiver.sign(event.id, at, sent.body.decode()) == sent.headers["webhook-signature"]
    other = webhooks(world, poster).add(world.party.id, url=URL)
    assert Webhook(other.secret).sign(event.id, at, sent.body.decode()) != sent.headers["webhook-signature"]
    assert json.loads(sent.body) == {
        "type": "verification.decided",
        "timestamp": event.at.isoformat(),
        "data": {"id": event.subject, "status": "decided", "outcome": event.outcome},
    }


def test_a_wrong_body_or_an_old_time_is_refused_by_the_reference_library(world: World) -> None:
    from visavis.clock import SystemClock
    from visavis.service.webhook_signing import new_secret, signed_headers

    secret, body, now = new_secret(), b'{"type":"x"}', SystemClock().now()
    good = signed_headers("evt_1", body, at=now, secrets_in_force=[secret])
    assert Webhook(secret).verify(body, good) == {"type": "x"}
    late = signed_headers("evt_1", body, at=now - timedelta(minutes=6), secrets_in_force=[secret])
    for data, headers in ((b'{"type":"y"}', good), (body, late), (body, {**good, "webhook-id": "evt_2"})):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(data, headers)
    with pytest.raises(InputError) as caught:
        signed_headers("evt.1", body, at=now, secrets_in_force=[secret])
    assert caught.value.code == "webhook_id_invalid"


def test_during_a_rotation_both_secrets_sign(world: World) -> None:
    poster = Recorder()
    service = webhooks(world, poster)
    first = service.add(world.party.id, url=URL)
    second = service.rotate(world.party.id, first.endpoint.id, overlap=timedelta(hours=2))

    def signers(*secrets: str) -> list[bool]:
        poster.sent.clear()
        event = happen(world)
        run(world, poster)
        (sent,) = poster.sent
        given = sent.headers["webhook-signature"].split(" ")
        signed = [Webhook(secret).sign(event.id, world.clock.now(), sent.body.decode()) for secret in secrets]
        assert len(given) == sum(one in given for one in signed)
        return [one in given for one in signed]

    assert signers(first.secret, second.secret) == [True, True]
    third = service.rotate(world.party.id, first.endpoint.id, overlap=timedelta(hours=2))
    assert signers(first.secret, second.secret, third.secret) == [False, True, True]
    world.clock.forward(hours=2)
    assert signers(second.secret, third.secret) == [False, True]
    fourth = service.rotate(world.party.id, first.endpoint.id, overlap=timedelta())
    assert signers(third.secret, fourth.secret) == [False, True]


def test_an_older_secret_is_gone_once_it_signs_no_more(world: World) -> None:
    poster = Recorder()
    service = webhooks(world, poster)
    first = service.add(world.party.id, url=URL)
    service.rotate(world.party.id, first.endpoint.id)
    with world.storage.reading() as unit:
        during = unit.sealed.get(first.endpoint.id, "webhook")
    world.clock.forward(hours=24)
    worker = deliveries(world, poster)
    assert worker.prune() == 1
    assert worker.prune() == 0
    worker.close()
    with world.storage.reading() as unit:
        after = unit.sealed.get(first.endpoint.id, "webhook")
    assert during is not None
    assert after is not None
    assert len(after) < len(during)
    assert service.get(world.party.id, first.endpoint.id).older_secret_until is None
    assert first.secret.encode() not in during


def test_a_receiver_that_fails_is_tried_for_three_days_and_then_disabled(world: World) -> None:
    poster = Recorder(answer=lambda sent: refused(500) if sent.url.endswith("/1") else TOLD)
    service = webhooks(world, poster)
    failing = service.add(world.party.id, url=f"{URL}/1").endpoint
    service.add(world.party.id, url=f"{URL}/2", events=[EventKind.WEBHOOK_DISABLED])
    event = happen(world)
    tried = []
    while service.get(world.party.id, failing.id).enabled:
        if run(world, poster):
            tried.append(world.clock.now() - BEGIN)
        with world.storage.reading() as unit:
            row = unit.deliveries.find(world.party.id, failing.id, event.id)
        assert row is not None
        if row.due_at is not None:
            world.clock.moment = row.due_at
    assert tried[:5] == [timedelta(seconds=seconds) for seconds in (0, 5, 25, 105, 425)]
    assert tried[-1] == timedelta(days=3)
    assert 12 <= len(tried) <= 16
    bodies = {(sent.event, sent.body) for sent in poster.sent if sent.url.endswith("/1")}
    assert len(bodies) == 1
    assert len({sent.headers["webhook-timestamp"] for sent in poster.sent}) == len(tried)
    row_after = service.get(world.party.id, failing.id)
    assert row_after.disabled is DisabledReason.FAILING
    # the other endpoint hears of it, and the event itself is a dead letter that can be sent by hand
    run(world, poster)
    told = json.loads(poster.sent[-1].body)
    assert told["type"] == "webhook.disabled"
    assert told["data"] == {"id": failing.id, "status": "disabled", "outcome": "failing"}
    assert statuses(world, failing.id) == ["dead", "dead"]
    poster.answer = lambda _: TOLD
    with pytest.raises(StateError) as caught:
        service.replay_dead(world.party.id, failing.id, since=BEGIN)
    assert caught.value.code == "webhook_disabled"
    service.update(world.party.id, failing.id, enabled=True)
    assert service.replay_dead(world.party.id, failing.id, since=BEGIN) == 2
    assert run(world, poster) == 2
    assert statuses(world, failing.id) == ["delivered", "delivered"]


def test_an_endpoint_to_which_something_gets_through_stays(world: World) -> None:
    poison: list[str] = []
    poster = Recorder(answer=lambda sent: refused(422) if sent.event in poison else TOLD)
    service = webhooks(world, poster)
    endpoint = service.add(world.party.id, url=URL).endpoint
    poison.append(happen(world).id)
    for _ in range(40):
        run(world, poster)
        world.clock.forward(hours=2)
        happen(world)
    assert service.get(world.party.id, endpoint.id).enabled
    assert statuses(world, endpoint.id)[-1] == "dead"


def test_gone_disables_at_once(world: World) -> None:
    poster = Recorder(answer=lambda _: refused(410))
    service = webhooks(world, poster)
    endpoint = service.add(world.party.id, url=URL).endpoint
    happen(world)
    run(world, poster)
    row = service.get(world.party.id, endpoint.id)
    assert (row.disabled, row.disabled_at) == (DisabledReason.GONE, BEGIN)
    happen(world)
    run(world, poster)
    assert len(poster.sent) == 1
    results = {row.result for row in service.deliveries(world.party.id, endpoint.id).items}
    assert results == {DeliveryResult.GONE, DeliveryResult.ENDPOINT_DISABLED}
    assert set(statuses(world, endpoint.id)) == {"dead"}


def test_what_an_older_address_answers_says_nothing_of_the_new_one(world: World) -> None:
    poster = Recorder()
    service = webhooks(world, poster)
    endpoint = service.add(world.party.id, url=f"{URL}/old").endpoint

    def moved_meanwhile(_: Sent) -> Posted:
        poster.answer = lambda _: TOLD
        service.update(world.party.id, endpoint.id, url=f"{URL}/new")
        return refused(410)

    poster.answer = moved_meanwhile
    happen(world)
    run(world, poster)
    row = service.get(world.party.id, endpoint.id)
    assert row.enabled
    assert row.failures == 0
    assert statuses(world, endpoint.id) == ["pending"]
    world.clock.forward(seconds=5)
    run(world, poster)
    assert [sent.url for sent in poster.sent] == [f"{URL}/old", f"{URL}/new"]


def test_what_happens_while_an_endpoint_is_disabled_by_hand_can_be_sent_later(world: World) -> None:
    poster = Recorder()
    service = webhooks(world, poster)
    endpoint = service.add(world.party.id, url=URL).endpoint
    waiting = happen(world)
    deliveries(world, poster).fan_out()
    service.update(world.party.id, endpoint.id, enabled=False)
    world.clock.forward(minutes=1)
    since = world.clock.now()
    later = happen(world)
    assert run(world, poster) == 0
    service.update(world.party.id, endpoint.id, enabled=True)
    assert service.replay_dead(world.party.id, endpoint.id, since=since) == 1
    run(world, poster)
    assert [sent.event for sent in poster.sent] == [later.id]
    assert service.replay(world.party.id, endpoint.id, waiting.id).due_at == since
    assert service.replay(world.party.id, endpoint.id, later.id).event == later.id  # delivered: again, all the same
    run(world, poster)
    assert sorted(sent.event for sent in poster.sent) == sorted([waiting.id, later.id, later.id])


def test_a_receiver_that_is_overloaded_is_left_alone_for_as_long_as_it_asks(world: World) -> None:
    asked = Posted(result=DeliveryResult.REFUSED, http_status=503, retry_after=timedelta(minutes=10))
    poster = Recorder(answer=lambda _: asked)
    endpoint = webhooks(world, poster).add(world.party.id, url=URL).endpoint
    happen(world)
    assert run(world, poster) == 1
    happen(world)
    world.clock.forward(minutes=9, seconds=59)
    assert run(world, poster) == 0
    poster.answer = lambda _: TOLD
    world.clock.forward(seconds=1)
    assert run(world, poster) == 2
    assert statuses(world, endpoint.id) == ["delivered", "delivered"]


def test_one_that_refuses_a_single_event_still_gets_the_others(world: World) -> None:
    poster = Recorder(answer=lambda _: refused(400))
    webhooks(world, poster).add(world.party.id, url=URL)
    happen(world)
    assert run(world, poster) == 1
    happen(world)
    assert run(world, poster) == 1


def test_workers_share_what_is_due_and_send_nothing_twice(world: World) -> None:
    poster = Recorder()
    service = webhooks(world, poster)
    names = [service.add(world.party.id, url=f"{URL}/{number}").endpoint.id for number in range(3)]
    for _ in range(10):
        happen(world)
    workers = [deliveries(world, poster, lanes=2) for _ in range(3)]
    gate = Barrier(3)

    def work(number: int) -> int:
        gate.wait()
        return workers[number].run_once(patience=None)

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(work, range(3))) == 30
    for worker in workers:
        worker.close()
    assert Counter((sent.url, sent.event) for sent in poster.sent).most_common(1)[0][1] == 1
    assert [statuses(world, name) for name in names] == [["delivered"] * 10] * 3


def test_one_slow_endpoint_does_not_hold_up_another(world: World) -> None:
    """Four lanes at most wait for one endpoint: the fifth is free."""
    go_on = Event()

    def answer(sent: Sent) -> Posted:
        if sent.url.endswith("/slow"):
            assert go_on.wait(60)
        return TOLD

    poster = Recorder(answer=answer)
    service = webhooks(world, poster)
    slow = service.add(world.party.id, url=f"{URL}/slow").endpoint
    for _ in range(8):
        happen(world)
    worker = deliveries(world, poster, lanes=5)
    worker.fan_out()
    world.clock.forward(seconds=1)
    quick = service.add(world.party.id, url=f"{URL}/quick").endpoint
    happen(world)
    while statuses(world, quick.id) != ["delivered"]:
        worker.run_once(patience=0.05)
    held = Counter(sent.url for sent in poster.sent)
    assert held[f"{URL}/slow"] <= 4
    assert "delivered" not in statuses(world, slow.id)
    go_on.set()
    while "pending" in statuses(world, slow.id):
        worker.run_once(patience=0.05)
    worker.close()
    assert Counter(sent.url for sent in poster.sent) == {f"{URL}/slow": 9, f"{URL}/quick": 1}


def test_a_worker_that_dies_after_the_post_leaves_it_to_another_under_the_same_id(world: World) -> None:
    poster = Recorder()
    endpoint = webhooks(world, poster).add(world.party.id, url=URL).endpoint
    event = happen(world)
    worker = deliveries(world, poster)
    worker.fan_out()
    claimed = worker._claim()
    assert claimed is not None  # and nothing more is heard of it
    assert run(world, poster) == 0
    world.clock.moment += LEASE
    assert run(world, poster) == 1
    assert [sent.event for sent in poster.sent] == [event.id]
    # should it come back, late and with bad news, it undoes nothing
    with world.storage.writing() as unit:
        worker._note(unit, claimed, refused(500))
    assert statuses(world, endpoint.id) == ["delivered"]
    worker.close()


def test_a_service_that_has_lost_its_master_key_sends_nothing_unsigned(world: World) -> None:
    poster = Recorder()
    service = webhooks(world, poster)
    endpoint = service.add(world.party.id, url=URL).endpoint
    happen(world)
    ring = world.sealer
    world.sealer = KeyRing(MasterKey(b"\x01" * 32))
    assert run(world, poster) == 1
    assert poster.sent == []
    (row,) = service.deliveries(world.party.id, endpoint.id).items
    assert (row.status, row.result) == (DeliveryStatus.PENDING, DeliveryResult.SECRET_UNREADABLE)
    world.sealer = ring
    world.clock.forward(seconds=5)
    assert run(world, poster) == 1
    assert len(poster.sent) == 1


def test_a_test_event_goes_to_one_endpoint_whatever_it_wants(world: World) -> None:
    poster = Recorder()
    service = webhooks(world, poster)
    asked = service.add(world.party.id, url=f"{URL}/1", events=[EventKind.LINE_REGISTERED]).endpoint
    service.add(world.party.id, url=f"{URL}/2")
    sent = service.send_test(world.party.id, asked.id)
    run(world, poster)
    assert [(one.url, one.event) for one in poster.sent] == [(f"{URL}/1", sent.event)]
    assert json.loads(poster.sent[0].body)["type"] == "webhook.test"
    service.update(world.party.id, asked.id, enabled=False)
    with pytest.raises(StateError):
        service.send_test(world.party.id, asked.id)


def test_what_is_old_is_forgotten(world: World) -> None:
    poster = Recorder()
    endpoint = webhooks(world, poster).add(world.party.id, url=URL).endpoint
    happen(world)
    run(world, poster)
    world.clock.moment += KEPT
    worker = deliveries(world, poster)
    assert worker.prune() == 0
    world.clock.forward(seconds=1)
    assert worker.prune(limit=1) == 2  # of each table
    worker.close()
    assert statuses(world, endpoint.id) == []


def test_a_removed_endpoint_leaves_neither_secret_nor_delivery(world: World) -> None:
    poster = Recorder()
    service = webhooks(world, poster)
    endpoint = service.add(world.party.id, url=URL).endpoint
    event = happen(world)
    worker = deliveries(world, poster)
    worker.fan_out()
    claimed = worker._claim()
    assert claimed is not None
    service.remove(world.party.id, endpoint.id)
    worker._send(claimed)  # it was under way
    assert run(world, poster) == 0
    with world.storage.reading() as unit:
        assert unit.sealed.key(endpoint.id) is None
        assert unit.deliveries.find(world.party.id, endpoint.id, event.id) is None
    worker.close()


def test_parties_do_not_see_each_others_webhooks(world: World) -> None:
    poster = Recorder()
    service = webhooks(world, poster)
    endpoint = service.add(world.party.id, url=URL).endpoint.id
    event = happen(world).id
    run(world, poster)
    other = make_world(world.storage).party.id
    looks: list[Callable[[], object]] = [
        lambda: service.get(other, endpoint),
        lambda: service.update(other, endpoint, enabled=False),
        lambda: service.rotate(other, endpoint),
        lambda: service.remove(other, endpoint),
        lambda: service.deliveries(other, endpoint),
        lambda: service.replay(other, endpoint, event),
        lambda: service.replay_dead(other, endpoint, since=BEGIN),
        lambda: service.send_test(other, endpoint),
    ]
    for look in looks:
        with pytest.raises(UnknownError) as caught:
            look()
        assert caught.value.code == "webhook_unknown"
    assert service.of_party(other) == ()
    assert service.get(world.party.id, endpoint).enabled


def test_what_cannot_be_is_refused(world: World) -> None:
    service = webhooks(world, Recorder())
    party = world.party.id

    def code(act: Callable[[], object]) -> str:
        with pytest.raises(VisavisError) as caught:
            act()
        return caught.value.code

    assert code(lambda: service.add("rlp_nobody", url=URL)) == "relying_party_unknown"
    assert code(lambda: service.add(party, url=URL, description="x" * 201)) == "webhook_description_invalid"
    assert code(lambda: service.add(party, url=URL, description="a\nb")) == "webhook_description_invalid"
    endpoint = service.add(party, url=URL).endpoint.id
    assert code(lambda: service.rotate(party, endpoint, overlap=timedelta(days=8))) == "webhook_overlap_invalid"
    assert code(lambda: service.rotate(party, endpoint, overlap=-timedelta(1))) == "webhook_overlap_invalid"
    assert code(lambda: service.replay(party, endpoint, "evt_unknown")) == "webhook_delivery_unknown"
    assert code(lambda: service.deliveries(party, endpoint, limit=201)) == "page_size_invalid"
    for _ in range(MOST_ENDPOINTS - 1):
        service.add(party, url=URL)
    assert code(lambda: service.add(party, url=URL)) == "webhooks_used_up"


def test_a_list_of_deliveries_goes_on_where_it_ended(world: World) -> None:
    poster = Recorder()
    service = webhooks(world, poster)
    endpoint = service.add(world.party.id, url=URL).endpoint.id
    events = []
    for _ in range(5):
        world.clock.forward(seconds=1)
        events.append(happen(world).id)
    run(world, poster)
    first = service.deliveries(world.party.id, endpoint, limit=3)
    rest = service.deliveries(world.party.id, endpoint, limit=3, after=first.next)
    assert [row.event for row in (*first.items, *rest.items)] == events[::-1]
    assert rest.next is None
    assert service.deliveries(world.party.id, endpoint, status=DeliveryStatus.DEAD).items == ()


def test_every_act_on_an_endpoint_is_in_the_audit_log_without_its_address(world: World) -> None:
    poster = Recorder(answer=lambda _: refused(410))
    service = webhooks(world, poster)
    endpoint = service.add(world.party.id, url=URL, description="Ours").endpoint.id
    service.update(world.party.id, endpoint, description="Theirs")
    service.rotate(world.party.id, endpoint)
    happen(world)
    run(world, poster)
    service.update(world.party.id, endpoint, enabled=True)
    service.replay_dead(world.party.id, endpoint, since=BEGIN)
    service.remove(world.party.id, endpoint)
    with world.storage.reading() as unit:
        acts = [act for _, act in unit.audit.waiting(limit=100)]
    assert [act.act for act in acts if act.act.startswith("webhook.")] == [
        "webhook.added",
        "webhook.changed",
        "webhook.secret_rotated",
        "webhook.disabled",
        "webhook.changed",
        "webhook.replayed",
        "webhook.removed",
    ]
    assert "receiver.example" not in str(acts)
