"""The background work of a process: everything is done without anybody asking, and what fails is told without words."""

import io
import json
import threading
from collections.abc import Callable

import pytest

from audit_material import KEYS, LOG, trail
from visavis.adapters.memory import MemoryStorage
from visavis.adapters.sql import open_storage
from visavis.domain.states import Expired
from visavis.errors import StorageError
from visavis.service.audit_check import check_stored
from visavis.service.deliveries import Deliveries
from visavis.service.ports import Storage
from visavis.web.background import background
from visavis.web.logs import open_log
from web_material import Web, make_web

DEADLINE_S = 60
"""For what takes a second, on a machine that does too much else."""


@pytest.fixture
def storage(database: Callable[[str], str]) -> Storage:
    return open_storage(database("sqlite"))


class Nothing:
    """In place of what delivers webhooks; `failure` is raised at every turn."""

    def __init__(self, failure: Exception | None = None) -> None:
        self._failure = failure
        self.turns = threading.Semaphore(0)

    def run_once(self) -> int:
        self.turns.release()
        if self._failure is not None:
            raise self._failure
        return 0

    def prune(self) -> int:
        return 0


def run(web: Web, storage: Storage, deliveries: Nothing, until: Callable[[], bool]) -> None:
    """Run it, every job once at least, until that is so."""
    made: Deliveries = deliveries  # type: ignore[assignment]  # as far as it is asked
    runner = background(web.setup, storage=storage, trail=trail(storage, web.clock), deliveries=made)
    for turns in runner._turns:
        turns.turn()
    with runner:
        pause = threading.Event()
        for _ in range(DEADLINE_S * 20):
            if until():
                break
            pause.wait(0.05)
    assert until()


def test_what_is_over_ends_and_what_was_noted_is_signed_for(storage: Storage) -> None:
    web = make_web(storage)
    row = web.world.open()
    web.clock.forward(minutes=20)
    run(web, storage, Nothing(), until=lambda: check_stored(storage, keys=KEYS, log=LOG).rows >= 4)
    assert isinstance(web.world.verifications.get(web.party.id, row.id)[0].state, Expired)
    report = check_stored(storage, keys=KEYS, log=LOG)
    assert report.heads == 1
    assert 'visavis_waiting{kind="audit"}' in web.setup.telemetry.page().decode()
    storage.close()


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (StorageError("storage_busy", "The database of ERIKSSON is too busy."), {"code": "storage_busy"}),
        (KeyError("ERIKSSON"), {"fault": "KeyError"}),
    ],
)
def test_a_job_that_fails_is_told_by_its_code_or_class_alone(failure: Exception, told: dict[str, str]) -> None:
    storage, stream = MemoryStorage(), io.StringIO()
    web = make_web(storage, log=open_log(stream=stream))
    deliveries = Nothing(failure)
    run(web, storage, deliveries, until=lambda: "job_failed" in stream.getvalue())
    said = [json.loads(line) for line in stream.getvalue().splitlines() if "job_failed" in line]
    assert said[0]["job"] == "deliver"
    assert told.items() <= said[0].items()
    assert "ERIKSSON" not in stream.getvalue()
    assert 'visavis_jobs_total{ending="failed",job="deliver"}' in web.setup.telemetry.page().decode()
