"""Recordings as trials: the frames, times and facts as they were, the species as the operator named it."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from pad_material import CLOSE, LEFT, challenge_of, frame
from visavis.adapters.recording_keys import MasterKey, make_key, read_key
from visavis.adapters.recordings import Consent, Ending, Opening, RecordedFrame, RecordingWriter
from visavis.capture.challenge import Challenge
from visavis.capture.picture import Picture
from visavis.domain.evidence import Outcome
from visavis.errors import FileError
from visavis.evaluation.laboratory.recorded import RECORDED, RecordedLaboratory, recorded_keys
from visavis.pad.evidence import Witness, WitnessEvidence
from visavis.pad.injection import StreamFacts, StreamSource
from visavis.pad.presentation import PresentationFindings, View
from visavis.pad.trace import Trace

_, JPEG = cv2.imencode(".jpg", np.full((120, 160, 3), 80, np.uint8))


class Telling:
    """An analyser that keeps what it was given."""

    def __init__(self) -> None:
        self.times: list[tuple[float, float]] = []
        self.facts: StreamFacts | None = None

    def open(self, challenge: Challenge, *, source: StreamSource, patient: bool, rng: object = None) -> "Telling":
        assert (source, patient) == (StreamSource.LIVE, False)
        return self

    def see(self, picture: Picture, *, captured_s: float, arrived_s: float, encoding: str = "") -> View:
        self.times.append((captured_s, arrived_s))
        return View(prompt=None, guidance=(), over=len(self.times) == 3, observation=frame(captured_s))

    def lit(self, *, until_s: float) -> None:
        raise AssertionError("a recording waits for no page")

    def finish(self, facts: StreamFacts) -> PresentationFindings:
        self.facts = facts
        words = tuple(WitnessEvidence(witness=witness, outcome=Outcome.PASS) for witness in Witness)
        return PresentationFindings(witnesses=words, trace=Trace(), guidance={})


@pytest.fixture
def master(tmp_path: Path) -> MasterKey:
    make_key(tmp_path / "key")
    return read_key(tmp_path / "key")


def record(file: Path, master: MasterKey, *, species: str = "bona_fide", camera: str = "A camera") -> None:
    consent = Consent(
        participant="p-17",
        purpose="to measure",
        notice_sha256="0" * 64,
        language="en",
        given_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    opening = Opening(challenge=challenge_of(LEFT, CLOSE), consent=consent, species=species)
    with RecordingWriter(file, master, opening) as writer:
        for number, data in enumerate((JPEG.tobytes(), b"no picture", JPEG.tobytes(), JPEG.tobytes())):
            writer.add(RecordedFrame(data=data, captured_s=number / 10, arrived_s=number / 10 + 0.05))
        facts = StreamFacts(nonce=opening.challenge.nonce, opened_s=-1.0, camera=camera)
        writer.finish(facts, Ending.COMPLETE)


def test_a_recording_is_measured_with_its_own_times_and_facts(tmp_path: Path, master: MasterKey) -> None:
    record(tmp_path / "one.vvcap", master)
    (key,) = recorded_keys(tmp_path, master, seed=1, digest="base")
    analyser = Telling()
    result = RecordedLaboratory(analyser, [tmp_path / "one.vvcap"], master, clock=lambda: 0.0).measure(key)
    assert (key.species, key.half, key.patient) == ("bona_fide", RECORDED, False)
    assert analyser.times == [(0.0, 0.05), (0.2, 0.25), (0.3, 0.35)]
    assert analyser.facts is not None
    assert (analyser.facts.camera, analyser.facts.opened_s) == ("A camera", -1.0)
    assert (result.people, result.ended, result.frames, result.dropped) == (("p-17",), "passed", 4, 1)
    assert result.conditions == {}


def test_what_was_recorded_is_part_of_the_key(tmp_path: Path, master: MasterKey) -> None:
    record(tmp_path / "one.vvcap", master)
    record(tmp_path / "two.vvcap", master, species="silicone_mask")
    first = recorded_keys(tmp_path, master, seed=1, digest="base")
    assert [item.species for item in first] == ["bona_fide", "silicone_mask"]
    assert recorded_keys(tmp_path, master, seed=1, digest="base") == first
    assert recorded_keys(tmp_path, master, seed=1, digest="other")[0] != first[0]
    (tmp_path / "two.vvcap").unlink()
    record(tmp_path / "two.vvcap", master, species="silicone_mask", camera="Another")
    again = recorded_keys(tmp_path, master, seed=1, digest="base")
    assert again[0] == first[0]
    assert again[1] != first[1]


def test_a_recording_that_is_gone_is_a_problem_and_no_trial(tmp_path: Path, master: MasterKey) -> None:
    record(tmp_path / "one.vvcap", master)
    (key,) = recorded_keys(tmp_path, master, seed=1, digest="base")
    (tmp_path / "one.vvcap").unlink()
    result = RecordedLaboratory(Telling(), [tmp_path / "one.vvcap"], master, clock=lambda: 0.0).measure(key)
    assert result.problem == "file_missing"
    assert result.standard is None


def test_a_folder_without_recordings(tmp_path: Path, master: MasterKey) -> None:
    with pytest.raises(FileError) as found:
        recorded_keys(tmp_path, master, seed=1, digest="base")
    assert found.value.code == "laboratory_without_recordings"
