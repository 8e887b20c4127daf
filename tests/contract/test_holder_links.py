"""The holder's way in, over every store: links that open once, one device at a time, its hand-off, and their end."""

import secrets
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from store_material import World, receipt
from visavis.domain.states import By
from visavis.errors import AccessError, LimitError, StateError, VisavisError
from visavis.service.holder_links import HolderLinks, short_code
from visavis.service.ports import UnitOfWork
from visavis.service.transactions import committed


@pytest.fixture
def links(world: World) -> HolderLinks:
    return HolderLinks(storage=world.storage, clock=world.clock, entropy=secrets.token_bytes)


def refused(error: type[VisavisError], code: str, act: Callable[[], object]) -> None:
    with pytest.raises(error) as caught:
        act()
    assert caught.value.code == code


def test_a_link_opens_once_and_again_only_for_its_own_device(world: World, links: HolderLinks) -> None:
    row = world.open()
    token = links.issue(row)
    first = links.exchange(token)
    assert first.token is not None
    assert (first.session.verification, first.session.relying_party) == (row.id, world.party.id)
    assert first.session.may_act
    assert first.code is None
    assert links.session(first.token) == first.session
    again = links.exchange(token, present=first.token)
    assert (again.session, again.token) == (first.session, None)
    refused(AccessError, "holder_link_used", lambda: links.exchange(token))
    refused(AccessError, "holder_link_used", lambda: links.exchange(token, present="another"))
    stranger = links.exchange(links.issue(world.open()))
    refused(AccessError, "holder_link_used", lambda: links.exchange(token, present=stranger.token))


def test_what_is_no_link_and_no_session(world: World, links: HolderLinks) -> None:
    token = links.issue(world.open())
    session = links.exchange(token).token
    assert session is not None
    for other in ("", "x", token + "x", token[:-1], "\ud800", session, "ä" * 5000):
        refused(AccessError, "holder_link_unknown", partial(links.exchange, other))
    for none in (None, "", token, "x" * 43, "\ud800"):
        refused(AccessError, "holder_session_unknown", partial(links.session, none))


def test_only_digests_are_kept(world: World, links: HolderLinks) -> None:
    row = world.open()
    token = links.issue(row)
    session = links.exchange(token).token
    with world.storage.reading() as unit:
        kept = repr(unit.holder_tokens.of_verification(row.id))
    assert token not in kept
    assert str(session) not in kept
    assert len(token) == len(str(session)) == 43  # 256 bits


def test_a_link_whose_time_is_over(world: World, links: HolderLinks) -> None:
    row = world.open()
    token = links.issue(row)
    world.clock.moment = row.expires_at - timedelta(microseconds=1)
    links.exchange(token)
    other = links.issue(late := world.open())
    world.clock.moment = late.expires_at
    refused(AccessError, "holder_link_expired", lambda: links.exchange(other))


def test_another_device_takes_over_and_the_first_only_watches(world: World, links: HolderLinks) -> None:
    first = links.exchange(links.issue(world.open()))
    handed = links.hand_off(first.session)
    assert links.session(first.token).may_act  # until the other device is there
    second = links.exchange(handed.token)
    assert second.code == handed.code == short_code(handed.token)
    assert second.session.may_act
    assert not links.session(first.token).may_act
    refused(AccessError, "holder_only_watches", lambda: links.hand_off(first.session))
    assert not links.exchange(handed.token, present=first.token).session.may_act
    refused(AccessError, "holder_link_used", lambda: links.exchange(handed.token))
    back = links.exchange(links.hand_off(second.session).token, present=first.token)
    assert back.session.may_act
    assert not links.session(second.token).may_act


def test_a_new_continuation_makes_the_earlier_one_void(world: World, links: HolderLinks) -> None:
    session = links.exchange(links.issue(world.open())).session
    old, new = links.hand_off(session), links.hand_off(session)
    refused(AccessError, "holder_link_unknown", lambda: links.exchange(old.token))
    assert links.exchange(new.token).session.may_act


def test_nobody_takes_over_during_a_capture_or_after_the_end(world: World, links: HolderLinks) -> None:
    row = world.open()
    session = links.exchange(links.issue(row)).session
    handed = links.hand_off(session)
    world.verifications.consent(world.party.id, row.id, receipt(row, world.clock.now(), world.ids))
    world.verifications.begin_capture(world.party.id, row.id, world.policy)
    refused(StateError, "capture_running", lambda: links.exchange(handed.token))
    refused(StateError, "capture_running", lambda: links.hand_off(session))
    world.verifications.interrupt(world.party.id, row.id)
    taken = links.exchange(handed.token).session
    world.verifications.withdraw(world.party.id, row.id, by=By.HOLDER)
    refused(StateError, "verification_over", lambda: links.hand_off(taken))


def test_handing_on_has_a_limit(world: World, links: HolderLinks) -> None:
    session = links.exchange(links.issue(world.open())).session
    for _ in range(10):
        links.hand_off(session)
    refused(LimitError, "hand_offs_used_up", lambda: links.hand_off(session))


def test_a_session_ends_with_the_verification_and_with_what_is_kept(world: World, links: HolderLinks) -> None:
    row = world.open()
    session = links.exchange(links.issue(row))
    assert session.token is not None
    world.clock.moment = row.expires_at + timedelta(minutes=59)
    assert links.session(session.token).may_act
    world.clock.forward(minutes=1)
    refused(AccessError, "holder_session_unknown", lambda: links.session(session.token))
    kept = world.accepted("P1")  # what is disclosed is kept for a day
    later = links.exchange(links.issue(kept))
    world.clock.forward(hours=23)
    assert links.session(later.token).may_act
    while links.sweep():
        pass
    assert links.session(later.token).may_act
    with world.storage.reading() as unit:
        assert unit.holder_tokens.of_verification(row.id) == ()
        assert [item.kind for item in unit.holder_tokens.of_verification(kept.id)] == ["session"]
    world.clock.forward(hours=1)
    refused(AccessError, "holder_session_unknown", lambda: links.session(later.token))
    while links.sweep():
        pass
    with world.storage.reading() as unit:
        assert unit.holder_tokens.of_verification(kept.id) == ()


def test_a_device_that_leaves_is_forgotten(world: World, links: HolderLinks) -> None:
    session = links.exchange(links.issue(world.open()))
    links.leave(session.session)
    refused(AccessError, "holder_session_unknown", lambda: links.session(session.token))


def test_of_two_devices_at_once_one_opens_the_link(world: World, links: HolderLinks) -> None:
    for _ in range(5):
        token = links.issue(world.open())
        gate = threading.Barrier(4)
        outcomes: list[str] = []

        def open_it(token: str = token, gate: threading.Barrier = gate, outcomes: list[str] = outcomes) -> None:
            gate.wait()
            try:
                links.exchange(token)
                outcomes.append("opened")
            except AccessError as error:
                outcomes.append(error.code)

        threads = [threading.Thread(target=open_it) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["holder_link_used"] * 3 + ["opened"]


def test_the_link_is_there_with_the_verification_or_not_at_all(world: World, links: HolderLinks) -> None:
    opening, made = world.open().opening, []

    def work(unit: UnitOfWork) -> None:
        row = world.verifications.within(unit).open(world.party.id, opening, world.policy)
        made.append(links.within(unit).issue(row))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        committed(world.storage, work)
    refused(AccessError, "holder_link_unknown", lambda: links.exchange(made[0]))
