"""The register of lines over every store: who may do what with which line, shown by what, and how often."""

import dataclasses
import secrets
from collections.abc import Callable

import pytest

from store_material import World, iccid, make_world
from visavis.domain.events import EventKind
from visavis.domain.lines import DisputeEnd, LineAct, LineStatus
from visavis.domain.states import By
from visavis.errors import LimitError, LineError, RefusedError, UnknownError
from visavis.lines.orders import DisputeLine, Order, ReleaseLine, ReplaceSim, TransferLine


def shown(world: World, order: Order, document: str) -> str:
    """A verification of the holder of that document, for that order."""
    return world.accepted(document, binding=order.digest).id


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as caught:
        act()
    return caught.value.code


def test_a_line_is_registered_with_its_digits_sealed(world: World) -> None:
    order = world.order(7)
    line = world.register.register(order, verification=shown(world, order, "P1"))
    got = world.views.get(world.party.id, line.id)
    assert got.line == line
    assert (got.msisdn, got.iccid) == ("+46700000007", order.iccid.text)
    assert "700000007" not in repr(got) + repr(line) + repr(order)
    assert world.views.by_number(world.party.id, order.msisdn).line == line
    (entry,) = world.views.history(world.party.id, line.id)
    assert (entry.sequence, entry.act, entry.person) == (1, LineAct.REGISTER, line.person)
    with world.storage.reading() as unit:
        events = [item.event for item in unit.outbox.page(world.party.id, limit=50).items]
    (event,) = [item for item in events if item.kind is EventKind.LINE_REGISTERED]
    assert (event.subject, event.verification, event.status) == (line.id, entry.verifications[0], "active")


def test_a_verification_is_good_for_its_own_order_and_once(world: World) -> None:
    order, other = world.order(1), world.order(2)
    verification = shown(world, order, "P1")
    assert refusal(lambda: world.register.register(other, verification=verification)) == "binding_mismatch"
    world.register.register(order, verification=verification)
    assert refusal(lambda: world.register.register(order, verification=verification)) == "verification_used"


def test_it_is_told_which_verifications_were_used_and_when(world: World) -> None:
    order, other = world.order(1), world.order(2)
    used, unused = shown(world, order, "P1"), shown(world, other, "P1")
    world.clock.forward(minutes=3)
    world.register.register(order, verification=used)
    at = world.clock.now()
    world.clock.forward(minutes=3)
    rows = world.verifications.page(world.party.id).items
    assert {row.id for row in rows} == {used, unused}
    assert world.verifications.used(rows) == {used: at}
    assert world.verifications.used([world.open()]) == {}


def test_what_a_verification_must_be(world: World) -> None:
    order = world.order(1)

    def register(verification: str) -> str:
        return refusal(lambda: world.register.register(order, verification=verification))

    assert register(world.submitted(binding=order.digest).id) == "verification_not_accepted"
    assert register("ver_" + "0" * 26) == "verification_unknown"
    erased = world.accepted("P1", binding=order.digest)
    world.verifications.erase(world.party.id, erased.id, by=By.HOLDER)
    assert register(erased.id) == "verification_not_accepted"
    other = make_world(world.storage)
    assert register(other.accepted("P1", binding=order.digest).id) == "verification_unknown"
    old = world.accepted("P1", binding=order.digest)
    world.clock.forward(hours=24, seconds=1)
    assert register(old.id) == "verification_too_old"
    world.policy = dataclasses.replace(world.policy, grants=("line.receive",))
    assert register(world.accepted("P1", binding=order.digest).id) == "grant_missing"


def test_what_was_refused_leaves_the_verification_as_it_was(world: World) -> None:
    world.line("P1", number=1)
    order = world.order(1, card=2)
    verification = shown(world, order, "P2")
    assert refusal(lambda: world.register.register(order, verification=verification)) == "number_registered"
    line = world.views.by_number(world.party.id, order.msisdn).line
    release = ReleaseLine(relying_party=world.party.id, nonce=secrets.token_urlsafe(16), line=line.id)
    world.register.release(release, verification=shown(world, release, "P1"))
    world.register.register(order, verification=verification)


def test_a_card_serves_one_line(world: World) -> None:
    first = world.line("P1", number=1)
    order = world.order(2, card=1)
    assert refusal(lambda: world.register.register(order, verification=shown(world, order, "P2"))) == "card_in_use"
    replace = ReplaceSim(relying_party=world.party.id, nonce=secrets.token_urlsafe(16), line=first.id, iccid=iccid(1))
    assert (
        refusal(lambda: world.register.replace_sim(replace, verification=shown(world, replace, "P1"))) == "card_in_use"
    )


def test_a_person_has_so_many_lines_and_no_more(world: World) -> None:
    lines = [world.line("P1") for _ in range(5)]
    assert refusal(lambda: world.line("P1")) == "lines_used_up"
    with pytest.raises(LimitError):
        world.line("p 1")  # the same document, written otherwise
    world.line("P2")
    release = ReleaseLine(relying_party=world.party.id, nonce=secrets.token_urlsafe(16), line=lines[0].id)
    world.register.release(release, verification=shown(world, release, "P1"))
    world.line("P1")
    mine = world.views.in_my_name(world.party.id, world.accepted("P1").id)
    assert len(mine) == 5
    assert all(item.msisdn is not None for item in mine)
    assert lines[0].id not in {item.line.id for item in mine}
    assert len(world.views.in_my_name(world.party.id, world.accepted("P2").id)) == 1
    assert world.views.in_my_name(world.party.id, world.accepted("P3").id) == ()


def test_a_transfer_needs_both_and_room(world: World) -> None:
    line = world.line("P1")
    order = TransferLine(relying_party=world.party.id, nonce=secrets.token_urlsafe(16), line=line.id)

    def transfer(giver: str, receiver: str) -> Callable[[], object]:
        return lambda: world.register.transfer(
            order, giver=shown(world, order, giver), receiver=shown(world, order, receiver)
        )

    one = shown(world, order, "P1")
    assert refusal(lambda: world.register.transfer(order, giver=one, receiver=one)) == "same_verification"
    assert refusal(transfer("P1", "P1")) == "same_person"
    assert refusal(transfer("P2", "P3")) == "not_the_holder"
    taker = [world.line("P2") for _ in range(5)]
    assert refusal(transfer("P1", "P2")) == "lines_used_up"
    moved = world.register.transfer(order, giver=one, receiver=shown(world, order, "P3"))
    assert moved.person != line.person
    assert moved.person != taker[0].person
    assert [entry.act for entry in world.views.history(world.party.id, line.id)] == [LineAct.TRANSFER, LineAct.REGISTER]
    assert refusal(transfer("P1", "P4")) == "not_the_holder"


def test_a_new_card_is_for_the_registered_holder_alone(world: World) -> None:
    line = world.line("P1")
    order = ReplaceSim(relying_party=world.party.id, nonce=secrets.token_urlsafe(16), line=line.id, iccid=iccid(900))
    assert (
        refusal(lambda: world.register.replace_sim(order, verification=shown(world, order, "P2"))) == "not_the_holder"
    )
    replaced = world.register.replace_sim(order, verification=shown(world, order, "P1"))
    assert (replaced.number, replaced.person) == (line.number, line.person)
    assert replaced.card != line.card
    got = world.views.get(world.party.id, line.id)
    assert got.iccid == iccid(900).text
    assert got.msisdn is not None


def test_a_released_line_forgets_its_digits_and_frees_its_number(world: World) -> None:
    line = world.line("P1", number=3)
    order = ReleaseLine(relying_party=world.party.id, nonce=secrets.token_urlsafe(16), line=line.id)
    released = world.register.release(order, verification=shown(world, order, "P1"))
    assert released.status is LineStatus.RELEASED
    got = world.views.get(world.party.id, line.id)
    assert (got.msisdn, got.iccid) == (None, None)
    again = ReleaseLine(relying_party=world.party.id, nonce=secrets.token_urlsafe(16), line=line.id)
    assert refusal(lambda: world.register.release(again, verification=shown(world, again, "P1"))) == "line_released"
    assert world.line("P2", number=3).id != line.id


@pytest.mark.parametrize("end", list(DisputeEnd))
def test_a_disputed_line_stands_still_until_the_operator_has_looked(world: World, end: DisputeEnd) -> None:
    line = world.line("P1")
    order = DisputeLine(relying_party=world.party.id, nonce=secrets.token_urlsafe(16), line=line.id)
    assert refusal(lambda: world.register.dispute(order, verification=shown(world, order, "P2"))) == "not_the_holder"
    case = world.register.dispute(order, verification=shown(world, order, "P1"))
    replace = ReplaceSim(relying_party=world.party.id, nonce=secrets.token_urlsafe(16), line=line.id, iccid=iccid(9))
    held = shown(world, replace, "P1")
    assert refusal(lambda: world.register.replace_sim(replace, verification=held)) == "line_disputed"
    assert world.views.disputes(world.party.id).items == (case,)
    with pytest.raises(UnknownError):
        world.register.close_dispute("rlp_other", case.id, end)
    closed = world.register.close_dispute(world.party.id, case.id, end)
    assert world.views.disputes(world.party.id).items == ()
    with pytest.raises(LineError):
        world.register.close_dispute(world.party.id, case.id, end)
    acts = [entry.act for entry in world.views.history(world.party.id, line.id)]
    sequence = [entry.sequence for entry in world.views.history(world.party.id, line.id)]
    assert sequence == list(range(len(acts), 0, -1))
    if end is DisputeEnd.UPHELD:
        assert closed.status is LineStatus.RELEASED
        assert acts == [LineAct.RELEASE, LineAct.CLOSE_DISPUTE, LineAct.DISPUTE, LineAct.REGISTER]
    else:
        assert world.register.replace_sim(replace, verification=held).status is LineStatus.ACTIVE
