"""The register of statuses in a store: no place is given twice, none tells anything, and what is revoked stays so."""

import itertools
import random
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from store_material import World
from visavis.adapters.memory import MemoryStorage
from visavis.adapters.sql import open_storage
from visavis.attestation.status_list import MemoryStatusRegister, Status, StatusReference, StatusRegister
from visavis.domain.states import By
from visavis.errors import StateError, TokenError
from visavis.service.ports import Storage, UnitOfWork
from visavis.service.records import AttestationRecord
from visavis.service.status_register import StoredStatusRegister
from visavis.service.transactions import committed

BASE = "https://verify.operator.example/status-lists"


def register(
    storage: Storage, *, size: int = 1 << 10, entropy: Callable[[int], bytes] = secrets.token_bytes
) -> StoredStatusRegister:
    return StoredStatusRegister(storage=storage, base=BASE, entropy=entropy, size=size)


@pytest.fixture(params=["in memory", "stored"])
def statuses(request: pytest.FixtureRequest, storage: Storage) -> StatusRegister:
    """Both registers do the same."""
    if request.param == "stored":
        return register(storage)
    return MemoryStatusRegister(BASE, entropy=secrets.token_bytes, size=1 << 10)


def test_a_place_is_valid_until_it_is_revoked_and_then_for_good(statuses: StatusRegister) -> None:
    one, other = statuses.allocate(), statuses.allocate()
    statuses.set_status(one, Status.SUSPENDED)
    statuses.set_status(one, Status.VALID)
    statuses.set_status(one, Status.INVALID)
    statuses.set_status(one, Status.INVALID)
    with pytest.raises(TokenError) as caught:
        statuses.set_status(one, Status.VALID)
    assert caught.value.code == "status_final"
    shown = statuses.statuses(one.uri)
    assert (shown[one.index], shown[other.index], shown.size) == (Status.INVALID, Status.VALID, 1 << 10)
    assert sum(shown[index] for index in range(shown.size)) == Status.INVALID


def test_what_was_never_given_is_not_known(statuses: StatusRegister) -> None:
    given = statuses.allocate()
    for reference in (
        StatusReference(uri=given.uri, index=given.index ^ 1),
        StatusReference(uri=f"{BASE}/2", index=given.index),
    ):
        with pytest.raises(TokenError) as caught:
            statuses.set_status(reference, Status.INVALID)
        assert caught.value.code == "status_unknown_place"
    with pytest.raises(TokenError):
        statuses.statuses(f"{BASE}/2")


def test_no_place_is_given_twice_and_a_list_ends_before_it_is_full(storage: Storage) -> None:
    rng = random.Random(20270301)
    small = register(storage, size=1 << 7, entropy=rng.randbytes)
    with_one_unit = committed(storage, lambda unit: [small.within(unit).allocate() for _ in range(250)])
    assert len(set(with_one_unit)) == 250
    first = [item.index for item in with_one_unit if item.uri == f"{BASE}/1"]
    # a draw of 32 finds none free once f ** 32 is about one in the places left: the smaller, the fuller
    assert 0.6 < len(first) / 128 < 1
    assert {item.uri for item in with_one_unit} == {f"{BASE}/1", f"{BASE}/2", f"{BASE}/3"}


def test_a_place_tells_nothing_of_when_it_was_given() -> None:
    rng, storage = random.Random(7), MemoryStorage()
    given = register(storage, size=1 << 12, entropy=rng.randbytes)
    indexes = committed(storage, lambda unit: [given.within(unit).allocate().index for _ in range(600)])
    steps = [abs(after - before) for before, after in itertools.pairwise(indexes)]
    assert len(set(steps)) > 400
    early, late = indexes[:300], indexes[300:]
    # 95 % of such means lie within 2 * 4096 / sqrt(12 * 300); five times that never fails by chance
    assert abs(sum(early) - sum(late)) / 300 < 5 * 4096 / (12 * 300) ** 0.5 * 2**0.5


def test_workers_at_once_get_places_of_their_own(storage: Storage) -> None:
    # so few places that they meet, and begin lists at the same moment
    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(lambda _: register(storage, size=16).allocate(), range(60)))
    assert len(set(given)) == 60


def test_what_is_undone_was_not_given(storage: Storage) -> None:
    taken: list[StatusReference] = []

    def broken(unit: UnitOfWork) -> None:
        taken.append(register(storage).within(unit).allocate())
        raise StateError("no", "no")

    with pytest.raises(StateError):
        committed(storage, broken)
    with pytest.raises(TokenError):
        register(storage).set_status(taken[0], Status.INVALID)


def test_another_public_address_begins_another_list(storage: Storage) -> None:
    before = register(storage).allocate()
    moved = StoredStatusRegister(storage=storage, base="https://new.example/l", entropy=secrets.token_bytes, size=16)
    after = moved.allocate()
    assert (before.uri, after.uri) == (f"{BASE}/1", "https://new.example/l/2")
    register(storage).set_status(before, Status.INVALID)
    assert moved.statuses(before.uri)[before.index] == Status.INVALID


def test_what_is_erased_is_revoked_in_the_same_unit(world: World) -> None:
    row = world.accepted("P1")
    place = register(world.storage).allocate()
    now = world.clock.now()
    record = AttestationRecord(
        verification=row.id,
        status_uri=place.uri,
        status_index=place.index,
        issued_at=now,
        expires_at=now,
        fetch_until=now,
    )
    committed(world.storage, lambda unit: unit.attestations.add(record))
    world.verifications.erase(world.party.id, row.id, by=By.HOLDER)
    assert register(world.storage).statuses(place.uri)[place.index] == Status.INVALID
    with world.storage.reading() as unit:
        found = unit.attestations.find(row.id)
    assert found is not None
    assert found.revoked_at == now


def test_another_process_sees_it(url: str) -> None:
    with closing(open_storage(url)) as one, closing(open_storage(url)) as other:
        place = register(one).allocate()
        register(other).set_status(place, Status.INVALID)
        assert register(one).statuses(place.uri)[place.index] == Status.INVALID
