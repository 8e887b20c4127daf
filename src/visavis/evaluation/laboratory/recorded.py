"""Recordings of real captures as trials: the frames, times and facts as they were, through the analyser of today.

Prompts cannot be asked again: the analyser goes through the challenge by the frames, as it did when they were recorded.
A recording made before the witnesses changed may therefore be judged by prompts that come a little earlier or later
than those that the person saw.
"""

import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from visavis.adapters.recording_keys import MasterKey
from visavis.adapters.recordings import Recording, read_recording, recordings_in, summarise
from visavis.capture.frames import decode_frame
from visavis.capture.jpeg_trace import jpeg_trace
from visavis.errors import FileError, InputError, VisavisError
from visavis.evaluation.laboratory.measuring import rng_of, told
from visavis.evaluation.laboratory.result import TrialKey, TrialResult
from visavis.evaluation.laboratory.trial import Analyser, Played
from visavis.pad.injection import StreamSource

__all__ = ["RECORDED", "RecordedLaboratory", "recorded_keys", "replay"]

RECORDED: Final = "recorded"
"""The half of a trial that is a recording."""
_CHUNK: Final = 1 << 20


class RecordedLaboratory:
    """A `visavis.evaluation.laboratory.runner.Laboratory` over the recordings of one folder.

    ``files``: by the number of the trial. ``clock``: processor time, seconds.
    """

    def __init__(
        self, analyser: Analyser, files: Sequence[Path], master: MasterKey, *, clock: Callable[[], float]
    ) -> None:
        self._analyser = analyser
        self._files = files
        self._master = master
        self._clock = clock

    def measure(self, key: TrialKey) -> TrialResult:
        """A recording that cannot be opened any more is a result with a problem."""
        began = self._clock()
        try:
            recording = read_recording(self._files[key.number], self._master)
        except VisavisError as error:
            return TrialResult(key=key, problem=error.code)
        return told(
            key,
            replay(self._analyser, recording, rng=rng_of(key, "moments")),
            recording.challenge,
            people=(recording.consent.participant,),
            conditions={},
            processor_s=self._clock() - began,
        )


def replay(analyser: Analyser, recording: Recording, *, rng: random.Random | None = None) -> Played:
    """The analyser's findings on the frames as they arrived; a frame that cannot be decoded was not seen."""
    capture = analyser.open(recording.challenge, source=StreamSource.LIVE, patient=False, rng=rng)
    dropped, over = 0, False
    for frame in recording.frames:
        try:
            picture = decode_frame(frame.data)
        except InputError:
            dropped += 1
            continue
        view = capture.see(
            picture, captured_s=frame.captured_s, arrived_s=frame.arrived_s, encoding=jpeg_trace(frame.data)
        )
        over = over or view.over
    return Played(
        seconds=recording.duration_s,
        frames=len(recording.frames),
        dropped=dropped,
        over=over,
        findings=capture.finish(replace(recording.facts, source=StreamSource.LIVE)),
    )


def recorded_keys(folder: Path, master: MasterKey, *, seed: int, digest: str) -> tuple[TrialKey, ...]:
    """One trial for each recording in ``folder``, in the order of their names; the file is part of its digest.

    Raises FileError as `visavis.adapters.recordings.read_recording`; ``laboratory_without_recordings``.
    """
    files = recordings_in(folder)
    if not files:
        raise FileError(
            "laboratory_without_recordings",
            f"{folder.name} holds no recordings.",
            advice="Make some with `visavis capture record`, or leave --recordings out.",
        )
    species: Mapping[Path, str] = {file: summarise(file, master).species for file in files}
    return tuple(
        TrialKey(
            species=species[file],
            half=RECORDED,
            number=number,
            patient=False,
            seed=seed,
            digest=hashlib.sha256(f"{digest}\0{_sha256(file)}".encode()).hexdigest()[:16],
        )
        for number, file in enumerate(files)
    )


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while part := stream.read(_CHUNK):
            digest.update(part)
    return digest.hexdigest()
