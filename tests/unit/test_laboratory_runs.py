"""Runs of the attack laboratory: what is kept, what is measured again, and what happens when a process fails."""

import contextlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pad_results import key, result
from visavis.domain.evidence import Outcome
from visavis.errors import FileError, InstallationError, ModelMissingError
from visavis.evaluation.laboratory.campaign import known_results
from visavis.evaluation.laboratory.fingerprint import Fingerprint
from visavis.evaluation.laboratory.log import open_log
from visavis.evaluation.laboratory.result import TrialKey, TrialResult, read_result, write_result
from visavis.evaluation.laboratory.runner import Laboratory, RunOutcome, keys_of, run_trials


class Told:
    """A laboratory of made results; what it measured stands in a folder, since it is in another process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def measure(self, key: TrialKey) -> TrialResult:
        if key.species == "broken":
            raise ZeroDivisionError("by nought")
        if key.species == "deadly":
            os._exit(9)
        (self._folder / f"{key.species}-{key.number}").write_text(str(os.getpid()))
        found = result(key.species, key.number, Outcome.FAIL)
        return TrialResult(key=key, witnesses=found.witnesses, standard=found.standard, strict=found.strict)


@contextlib.contextmanager
def open_told(folder: Path) -> Iterator[Laboratory]:
    yield Told(folder)


@contextlib.contextmanager
def open_nothing() -> Iterator[Laboratory]:
    raise ModelMissingError("model_missing", "It is not there.", advice="Pull it.")
    yield


class Silent:
    def __init__(self) -> None:
        self.total = -1
        self.done: list[TrialKey] = []
        self.faults: list[str] = []

    def begin(self, total: int) -> None:
        self.total = total

    def advance(self, result: TrialResult) -> None:
        self.done.append(result.key)

    def fault(self, key: TrialKey, what: str) -> None:
        self.faults.append(what)


def keys(*species: str, trials: int = 2, digest: str = "a" * 16) -> tuple[TrialKey, ...]:
    return keys_of(dict.fromkeys(species, digest), half="reporting", trials=trials, patient=1, seed=1)


def run(path: Path, wanted: tuple[TrialKey, ...], folder: Path, *, workers: int = 1) -> tuple[RunOutcome, Silent]:
    progress = Silent()
    with open_log(path) as log:
        return run_trials(wanted, partial(open_told, folder), log=log, workers=workers, progress=progress), progress


def test_the_species_go_on_together_and_the_first_are_patient() -> None:
    found = keys("one", "two")
    assert [(item.species, item.number, item.patient) for item in found] == [
        ("one", 0, True),
        ("two", 0, True),
        ("one", 1, False),
        ("two", 1, False),
    ]


def test_a_second_run_measures_only_what_is_missing(tmp_path: Path) -> None:
    path, first, second = tmp_path / "trials.jsonl", tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    outcome, progress = run(path, keys("one"), first)
    assert (outcome.measured, outcome.known, progress.total) == (2, 0, 2)
    outcome, progress = run(path, keys("one", "two", trials=3), second, workers=2)
    assert (outcome.measured, outcome.known, progress.total) == (4, 2, 4)
    assert {item.name for item in second.iterdir()} == {"one-2", "two-0", "two-1", "two-2"}
    outcome, progress = run(path, keys("one", "two", trials=3), tmp_path)
    assert (outcome.measured, outcome.known, progress.total) == (0, 6, 0)


def test_another_digest_is_measured_anew_and_the_old_result_stays(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    run(path, keys("one"), tmp_path)
    outcome, _ = run(path, keys("one", digest="b" * 16), tmp_path)
    assert (outcome.measured, outcome.known) == (2, 0)
    with open_log(path) as log:
        assert len(log.results) == 4


def test_a_patient_trial_stands_for_the_same_one_without_patience(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    run(path, keys("one", trials=1), tmp_path)
    hasty = keys_of({"one": "a" * 16}, half="reporting", trials=1, patient=0, seed=1)
    assert run(path, hasty, tmp_path)[0].known == 1


def test_what_was_measured_before_counts_as_long_as_it_stands() -> None:
    def made(species: str, number: int, *, digest: str = "d" * 16, patient: int = 0) -> TrialResult:
        return TrialResult(key=key(species, number, digest=digest, patient=patient), seconds=patient)

    results = [
        made("one", 3),
        made("one", 3, patient=5),
        made("one", 4, digest="e" * 16),
        made("gone", 0),
        TrialResult(key=key("one", 5, half="tuning", patient=0)),
        made("two", 0),
    ]
    digests = {"one": "d" * 16, "two": "d" * 16, "three": "d" * 16}
    found = known_results(results, digests, half="reporting", seed=1)
    assert [(item.key.species, item.key.number, item.key.patient) for item in found] == [
        ("one", 3, True),
        ("two", 0, False),
    ]
    assert known_results(results, digests, half="reporting", seed=2) == []


def test_a_line_that_was_cut_off_is_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    run(path, keys("one"), tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    outcome, _ = run(path, keys("one"), tmp_path)
    assert (outcome.measured, outcome.known) == (1, 1)
    lines = path.read_bytes().splitlines(keepends=True)
    assert [read_result(line) is not None for line in lines] == [True, True]


def test_lines_of_another_format_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    path.write_bytes(b'{"other": 1}\n\xff\n' + write_result(result("one", 0, Outcome.PASS)))
    with open_log(path) as log:
        assert list(log.results) == [key("one", 0)]
    assert path.read_bytes().startswith(b'{"other": 1}\n\xff\n')


def test_a_result_reads_back_as_it_was() -> None:
    found = result("one", 3, Outcome.INCONCLUSIVE, replaced={"look_up": "look_down"})
    assert read_result(write_result(found)) == found


def test_two_runs_never_write_to_one_file(tmp_path: Path) -> None:
    with open_log(tmp_path / "trials.jsonl"), pytest.raises(FileError) as found, open_log(tmp_path / "trials.jsonl"):
        pass
    assert found.value.code == "output_in_use"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError) as found, open_log(tmp_path / "none" / "trials.jsonl"):
        pass
    assert found.value.code == "output_unwritable"


def test_one_presentation_that_fails_ends_nothing(tmp_path: Path) -> None:
    outcome, progress = run(tmp_path / "trials.jsonl", keys("broken", "one", trials=1), tmp_path)
    assert (outcome.measured, [item.species for item in outcome.faults]) == (1, ["broken"])
    assert progress.faults == ["ZeroDivisionError: by nought"]


def test_a_process_that_dies_loses_only_what_it_was_at(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    with pytest.raises(InstallationError) as found:
        run(path, keys("one", "deadly", trials=1), tmp_path)
    assert found.value.code == "worker_lost"
    with open_log(path) as log:
        assert [item.species for item in log.results] == ["one"]


def test_what_a_process_cannot_open_is_said_with_its_own_code(tmp_path: Path) -> None:
    with open_log(tmp_path / "trials.jsonl") as log, pytest.raises(ModelMissingError) as found:
        run_trials(keys("one"), open_nothing, log=log, workers=1, progress=Silent())
    assert (found.value.code, found.value.advice) == ("model_missing", "Pull it.")


def test_the_digest_follows_code_and_things_but_no_comment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "labpackage"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "inner.py").write_text("A = 1\n")
    (package / "outer.py").write_text(
        '"""Says."""\nfrom labpackage.inner import A\n\n\ndef f():\n    """Says."""\n    return A\n'
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("visavis.evaluation.laboratory.fingerprint.PACKAGES", ("labpackage",))
    assert set(Fingerprint().reached(["labpackage.outer"])) == {"labpackage.inner", "labpackage.outer"}
    before = Fingerprint().digest(["labpackage.outer"], ["model"])
    assert Fingerprint().digest(["labpackage.outer"], ["another"]) != before
    (package / "outer.py").write_text("from labpackage.inner import A  # why\n\ndef f():\n    return A\n")
    assert Fingerprint().digest(["labpackage.outer"], ["model"]) == before
    (package / "inner.py").write_text("A = 2\n")
    assert Fingerprint().digest(["labpackage.outer"], ["model"]) != before


def test_one_run_is_of_one_state_of_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "labmodule.py").write_text("A = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("visavis.evaluation.laboratory.fingerprint.PACKAGES", ("labmodule",))
    program = Fingerprint()
    before = program.digest(["labmodule"], [])
    (tmp_path / "labmodule.py").write_text("A = 2\n")
    assert program.digest(["labmodule"], []) == before
    assert Fingerprint().digest(["labmodule"], []) != before


def test_the_digest_covers_the_witnesses_but_not_the_report() -> None:
    found = Fingerprint().reached(["visavis.evaluation.laboratory.trial"])
    assert {"visavis.pad.structure", "visavis.pad.light_response", "visavis.capture.challenge"} <= set(found)
    assert not any("runner" in name or "report" in name or "reasons" in name for name in found)
