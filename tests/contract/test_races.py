"""Two at once: exactly one wins, on every store, with threads and with processes that know nothing of each other."""

import collections
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from store_material import BEGIN, World, iccid, make_world
from visavis.adapters.sql import open_storage
from visavis.decision.decide import DecisionOutcome
from visavis.domain.states import By
from visavis.errors import RefusedError
from visavis.lines.orders import ReleaseLine, ReplaceSim, TransferLine
from visavis.service.idempotency import once
from visavis.service.ports import UnitOfWork
from visavis.service.records import Answered
from visavis.service.transactions import committed

TESTS = Path(__file__).resolve().parent.parent


def at_once(*acts: Callable[[], object]) -> collections.Counter[str]:
    """Begin all of them at one moment; how each ended, ``done`` or the code of its refusal."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        gate.wait()
        try:
            act()
        except RefusedError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return collections.Counter(pool.map(run, acts))


def registering(world: World, document: str, numbers: Sequence[int]) -> list[Callable[[], object]]:
    acts: list[Callable[[], object]] = []
    for number in numbers:
        order = world.order(number, card=secrets.randbelow(10**9))
        verification = world.accepted(document, binding=order.digest).id
        acts.append(partial(world.register.register, order, verification=verification))
    return acts


def test_the_last_allowed_line_goes_to_one_shop(world: World) -> None:
    for _ in range(3):
        world.line("P1")
    ends = at_once(*registering(world, "P1", range(100, 106)))
    assert ends == {"done": 2, "lines_used_up": 4}


def test_a_number_goes_to_one_person(world: World) -> None:
    acts = [registering(world, f"P{place}", [1])[0] for place in range(5)]
    assert at_once(*acts) == {"done": 1, "number_registered": 4}


def test_a_verification_is_used_once(world: World) -> None:
    order = world.order(1)
    verification = world.accepted("P1", binding=order.digest).id
    ends = at_once(*[lambda: world.register.register(order, verification=verification)] * 4)
    assert ends == {"done": 1, "verification_used": 3}


def test_a_transfer_a_replacement_and_a_release_at_once(world: World) -> None:
    line = world.line("P1")
    nonce, party = secrets.token_urlsafe(16), world.party.id
    transfer = TransferLine(relying_party=party, nonce=nonce, line=line.id)
    replace = ReplaceSim(relying_party=party, nonce=nonce, line=line.id, iccid=iccid(77))
    release = ReleaseLine(relying_party=party, nonce=nonce, line=line.id)
    giver = world.accepted("P1", binding=transfer.digest).id
    receiver = world.accepted("P2", binding=transfer.digest).id
    replacer = world.accepted("P1", binding=replace.digest).id
    releaser = world.accepted("P1", binding=release.digest).id
    at_once(
        lambda: world.register.transfer(transfer, giver=giver, receiver=receiver),
        lambda: world.register.replace_sim(replace, verification=replacer),
        lambda: world.register.release(release, verification=releaser),
    )
    # whatever came first, the history tells one story: nobody acted on a line that was no longer theirs
    history = world.views.history(party, line.id)[::-1]
    assert [entry.sequence for entry in history] == list(range(1, len(history) + 1))
    acts = [str(entry.act) for entry in history]
    assert acts in (
        ["register", "transfer"],
        ["register", "replace_sim", "transfer"],
        ["register", "release"],
        ["register", "replace_sim", "release"],
    )


def test_two_transfers_across_do_not_wait_for_each_other(world: World) -> None:
    """Each gives a line to the other: with locks in two orders both would wait for ever."""
    lines = {document: world.line(document) for document in ("P1", "P2")}
    acts: list[Callable[[], object]] = []
    for giver, receiver in (("P1", "P2"), ("P2", "P1")):
        order = TransferLine(relying_party=world.party.id, nonce=secrets.token_urlsafe(16), line=lines[giver].id)
        pair = [world.accepted(document, binding=order.digest).id for document in (giver, receiver)]
        acts.append(partial(world.register.transfer, order, giver=pair[0], receiver=pair[1]))
    assert at_once(*acts) == {"done": 2}


def test_a_verification_is_decided_once(world: World) -> None:
    row = world.submitted()
    ends = at_once(
        *[
            partial(world.verifications.conclude, world.party.id, row.id, world.findings(outcome), world.policy)
            for outcome in (DecisionOutcome.ACCEPTED, DecisionOutcome.REJECTED, DecisionOutcome.ACCEPTED)
        ],
        lambda: world.verifications.withdraw(world.party.id, row.id, by=By.HOLDER),
    )
    assert ends == {"done": 1, "step_not_possible": 3}
    again, decision = world.verifications.get(world.party.id, row.id)
    assert again.conclusion == (decision.conclusion if decision is not None else None)


def test_a_repeated_request_waits_for_the_first_and_is_given_its_answer(world: World) -> None:
    made = []

    def act(unit: UnitOfWork) -> Answered:
        made.append(1)
        world.verifications.within(unit).open(world.party.id, opening, world.policy)
        return Answered(request="", at=BEGIN, status=201, body=secrets.token_bytes(8))

    opening = world.open().opening
    answers: list[Answered] = []
    ask = lambda: answers.append(  # noqa: E731 - one line for one act
        committed(world.storage, lambda unit: once(unit, world.party.id, "k", request=b"r", at=BEGIN, act=act))
    )
    assert at_once(*[ask] * 4) == {"done": 4}
    assert len({answer.body for answer in answers}) == 1
    assert len(world.verifications.page(world.party.id).items) == 2  # the one that gave the opening, and one more


def test_workers_share_the_outbox_without_telling_twice(world: World) -> None:
    for number in range(10):
        world.accepted(f"P{number}")
    told: list[str] = []

    def work() -> None:
        while True:
            with world.storage.writing() as unit:
                items = unit.outbox.claim(BEGIN, lease=timedelta(minutes=1), limit=3)
            if not items:
                return
            told.extend(item.event.id for item in items)

    assert at_once(*[work] * 4) == {"done": 4}
    # a worker that finds all rows in others' hands may stop early: what is left is due still
    work()
    assert len(told) == len(set(told)) == 20


def test_every_try_is_counted(world: World) -> None:
    def count() -> None:
        with world.storage.writing() as unit:
            unit.attempts.count("scope", "subject", at=BEGIN, window=timedelta(hours=1))

    at_once(*[count] * 8)
    with world.storage.writing() as unit:
        assert unit.attempts.count("scope", "subject", at=BEGIN, window=timedelta(hours=1)) == 9


SHOP = """
import sys
sys.path.insert(0, sys.argv[1])
from store_material import make_world
from visavis.adapters.sql import open_storage
from visavis.errors import RefusedError
world = make_world(open_storage(sys.argv[2]), party=sys.argv[3])
tries = []
for number in range(6):
    order = world.order(number, card=number * 1000 + int(sys.argv[4]))
    tries.append((order, world.accepted("P1", binding=order.digest).id))
print("ready", flush=True)
sys.stdin.readline()
for order, verification in tries:
    try:
        world.register.register(order, verification=verification)
    except RefusedError as error:
        print(error.code, flush=True)
    else:
        print("done", flush=True)
"""


def test_two_shops_in_two_processes_give_one_person_five_lines(url: str) -> None:
    """Both register the same six numbers for the same person."""
    storage = open_storage(url)
    world = make_world(storage)
    shops = [
        subprocess.Popen(
            [sys.executable, "-c", SHOP, TESTS, url, world.party.id, str(place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for place in (1, 2)
    ]
    try:
        for shop in shops:
            assert shop.stdout is not None
            assert shop.stdout.readline() == "ready\n"
        ends = collections.Counter("\n".join(shop.communicate("go\n", timeout=600)[0] for shop in shops).split())
    finally:
        for shop in shops:
            shop.kill()
            shop.communicate()
    assert ends["done"] == 5
    assert sum(ends.values()) == 12
    assert set(ends) <= {"done", "number_registered", "lines_used_up"}
    assert len(world.views.in_my_name(world.party.id, world.accepted("P1").id)) == 5
    storage.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_processes_may_upgrade_at_once(database: Callable[[str], str], kind: str) -> None:
    from visavis.adapters.sql.upgrade import upgrade

    url = database(kind)
    assert at_once(*[lambda: upgrade(url)] * 3) == {"done": 3}
