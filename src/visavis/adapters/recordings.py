"""Recordings: consented, prompted captures of living people (or of attacks, which the operator names), sealed on disk.

Written frame by frame while a capture runs (`RecordingWriter`), read whole or not at all (`read_recording`).
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Annotated, Final, Self

import msgspec

from visavis.adapters.recording_keys import MasterKey
from visavis.adapters.sealing import SealedWriter, sealed_pieces, unreadable
from visavis.capture.answering import challenge_json, read_challenge
from visavis.capture.challenge import Challenge
from visavis.capture.light_schedule import Rgb
from visavis.errors import FileError, VisavisError
from visavis.files import own_name
from visavis.pad.injection import StreamFacts, StreamSource

__all__ = [
    "BONA_FIDE",
    "SUFFIX",
    "Consent",
    "Ending",
    "Opening",
    "Recording",
    "RecordingLimits",
    "RecordingWriter",
    "Summary",
    "read_recording",
    "recordings_in",
    "summarise",
]

SUFFIX: Final = ".vvcap"
BONA_FIDE: Final = "bona_fide"
"""The species of a person who presents themselves: no attack."""
_MOST_FILES: Final = 10_000
_RECORD: Final = struct.Struct(">BI")
"""What a record is, and how many bytes follow."""
_FRAME: Final = struct.Struct(">dd")
"""When it was captured, and when it arrived, seconds."""
_OPENING, _PICTURE, _CLOSING = b"OFC"

Code = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,39}$")]
Pseudonym = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingLimits:
    """What a recording may be at most. ``most_bytes``: in all; ``most_frame_bytes``: one JPEG; ``most_s``: long."""

    most_bytes: int = 256_000_000
    most_frames: int = 10_000
    most_frame_bytes: int = 2_000_000
    most_s: float = 330.0


DEFAULT_LIMITS: Final = RecordingLimits()


class Ending(StrEnum):
    COMPLETE = "complete"
    """Every step of the challenge was answered."""
    UNFINISHED = "unfinished"
    """A step was not answered, or not in time: part of what a site wants to know, so it is kept."""


class Consent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That the person agreed, to which words, and when.

    ``participant``: a code that the operator gave, never a name. ``purpose``: as it was shown. ``notice_sha256``: of
    the words that were shown, hexadecimal; ``language`` of them. ``given_at``: UTC.
    """

    participant: Pseudonym
    purpose: Annotated[str, msgspec.Meta(max_length=200)]
    notice_sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    language: Annotated[str, msgspec.Meta(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is known before the first frame. ``species``: `BONA_FIDE`, or the code of the attack that is recorded."""

    challenge: Challenge
    consent: Consent
    species: str = BONA_FIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFrame:
    """One JPEG as it arrived. ``captured_s``: by the page's clock; ``arrived_s``: by the server's; each its own."""

    data: bytes = field(repr=False)
    captured_s: float
    arrived_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One capture. ``facts``: with the colours that the page reported to have shown; ``frames``: as they arrived."""

    challenge: Challenge
    facts: StreamFacts
    frames: tuple[RecordedFrame, ...] = field(repr=False)
    consent: Consent
    species: str
    ending: Ending

    @property
    def duration_s(self) -> float:
        """From the first frame's arrival to the last one's."""
        return self.frames[-1].arrived_s - self.frames[0].arrived_s if self.frames else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A recording without its pictures."""

    participant: str
    species: str
    ending: Ending
    recorded_at: datetime
    frames: int
    duration_s: float
    light: bool


class _OpeningRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    consent: Consent
    species: Code
    challenge: msgspec.Raw


class _Shown(msgspec.Struct, frozen=True, array_like=True):
    time_s: float
    colour: Rgb


class _ClosingRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    frames: int
    ending: Ending
    opened_s: float | None
    camera: Annotated[str, msgspec.Meta(max_length=200)]
    shown: Annotated[list[_Shown], msgspec.Meta(max_length=100)] | None
    light_paused_s: float


class RecordingWriter:
    """Writes one recording. A context manager: leaving it before `finish` leaves nothing behind.

    The challenge's nonce is what the answer named: the server takes no other answer, so it is kept with the challenge.
    Raises FileError ``recording_too_large``, and as `visavis.adapters.sealing.SealedWriter`; ValueError for an opening
    that could not be read again.
    """

    def __init__(
        self, file: Path, key: MasterKey, opening: Opening, *, limits: RecordingLimits = DEFAULT_LIMITS
    ) -> None:
        record = _OpeningRecord(
            consent=opening.consent,
            species=opening.species,
            challenge=msgspec.Raw(challenge_json(opening.challenge)),
        )
        encoded = msgspec.json.encode(record)
        msgspec.json.decode(encoded, type=_OpeningRecord)  # its ValidationError is a ValueError
        self._name = own_name(file)
        self._limits = limits
        self._count = 0
        self._began_s: float | None = None
        self._sealed = SealedWriter(file, key, most_bytes=limits.most_bytes)
        self._write(_OPENING, encoded)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._sealed.discard()

    def add(self, frame: RecordedFrame) -> None:
        """Frames come in the order of their arrival. Raises ValueError for a time that is no finite number."""
        if not (math.isfinite(frame.captured_s) and math.isfinite(frame.arrived_s)):
            raise ValueError("a frame's times must be finite")
        if self._began_s is None:
            self._began_s = frame.arrived_s
        self._count += 1
        limits = self._limits
        if (
            self._count > limits.most_frames
            or len(frame.data) > limits.most_frame_bytes
            or frame.arrived_s - self._began_s > limits.most_s
        ):
            raise FileError(
                "recording_too_large",
                f"The recording {self._name} grows too large.",
                advice="Record again with a smaller picture, or a shorter challenge.",
            )
        self._write(_PICTURE, _FRAME.pack(frame.captured_s, frame.arrived_s) + frame.data)

    def finish(self, facts: StreamFacts, ending: Ending) -> None:
        shown = None if facts.shown is None else [_Shown(time_s=time, colour=colour) for time, colour in facts.shown]
        record = _ClosingRecord(
            frames=self._count,
            ending=ending,
            opened_s=facts.opened_s,
            camera=facts.camera[:200],
            shown=shown,
            light_paused_s=facts.light_paused_s,
        )
        self._write(_CLOSING, msgspec.json.encode(record))
        self._sealed.commit()

    def _write(self, kind: int, body: bytes) -> None:
        self._sealed.write(_RECORD.pack(kind, len(body)) + body)


def recordings_in(folder: Path) -> tuple[Path, ...]:
    """The recordings directly in ``folder``, by name; at most 10,000.

    Raises FileError ``file_missing``, ``file_unreadable``, ``too_many_recordings``.
    """
    name = own_name(folder)
    try:
        found = sorted(file for file in folder.iterdir() if file.suffix == SUFFIX and file.is_file())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileError("file_missing", f"{name} is no folder.", advice="Name the folder of the recordings.") from error
    except OSError as error:
        raise FileError("file_unreadable", f"{name} cannot be read.", advice="Check that you may read it.") from error
    if len(found) > _MOST_FILES:
        raise FileError(
            "too_many_recordings",
            f"{name} holds more than {_MOST_FILES:,} recordings.",
            advice="Spread them over several folders.",
        )
    return tuple(found)


def read_recording(file: Path, key: MasterKey, *, limits: RecordingLimits = DEFAULT_LIMITS) -> Recording:
    """Everything in ``file``; twice its size in memory.

    Raises FileError as `visavis.files.read_file`, and ``recording_unreadable`` for a wrong key, any changed bit, a
    missing end, or content out of the limits: never a part of a recording.
    """
    frames: list[RecordedFrame] = []
    opening, closing = _read(file, key, limits, frames)
    try:
        challenge = read_challenge(bytes(opening.challenge))
    except (VisavisError, ValueError) as error:
        raise unreadable(own_name(file)) from error
    shown = None if closing.shown is None else tuple((item.time_s, item.colour) for item in closing.shown)
    return Recording(
        challenge=challenge,
        facts=StreamFacts(
            source=StreamSource.LIVE,
            nonce=challenge.nonce,
            opened_s=closing.opened_s,
            camera=closing.camera,
            shown=shown,
            light_paused_s=closing.light_paused_s,
        ),
        frames=tuple(frames),
        consent=opening.consent,
        species=opening.species,
        ending=closing.ending,
    )


def summarise(file: Path, key: MasterKey, *, limits: RecordingLimits = DEFAULT_LIMITS) -> Summary:
    """What `visavis capture list` shows of a recording. Raises FileError as `read_recording`."""
    recording = read_recording(file, key, limits=limits)
    return Summary(
        participant=recording.consent.participant,
        species=recording.species,
        ending=recording.ending,
        recorded_at=recording.consent.given_at,
        frames=len(recording.frames),
        duration_s=recording.duration_s,
        light=recording.challenge.light is not None,
    )


def _read(
    file: Path, key: MasterKey, limits: RecordingLimits, frames: list[RecordedFrame]
) -> tuple[_OpeningRecord, _ClosingRecord]:
    """Fills ``frames``. What it read is worth nothing before it returns: only then was the last piece seen."""
    opening: _OpeningRecord | None = None
    closing: _ClosingRecord | None = None
    broken = unreadable(own_name(file))
    try:
        for kind, body in _records(sealed_pieces(file, key, most_bytes=limits.most_bytes), limits):
            if closing is not None or (opening is None) != (kind == _OPENING):
                raise broken
            if kind == _OPENING:
                opening = msgspec.json.decode(body, type=_OpeningRecord, strict=True)
            elif kind == _PICTURE:
                frames.append(_frame(body))
            elif kind == _CLOSING:
                closing = msgspec.json.decode(body, type=_ClosingRecord, strict=True)
            else:
                raise broken
    except (ValueError, struct.error, RecursionError) as error:
        raise broken from error
    if opening is None or closing is None or closing.frames != len(frames) or not _within(frames, limits):
        raise broken
    return opening, closing


def _records(pieces: Iterator[bytes], limits: RecordingLimits) -> Iterator[tuple[int, bytes]]:
    """Raises ValueError for a record beyond the limits, or an end in the middle of one."""
    pending = bytearray()
    most = max(limits.most_frame_bytes + _FRAME.size, 1_000_000)
    for piece in pieces:
        pending += piece
        while len(pending) >= _RECORD.size:
            kind, length = _RECORD.unpack_from(pending)
            if length > most:
                raise ValueError("a record is too long")
            end = _RECORD.size + length
            if len(pending) < end:
                break
            yield kind, bytes(pending[_RECORD.size : end])
            del pending[:end]
    if pending:
        raise ValueError("the last record is cut off")


def _frame(body: bytes) -> RecordedFrame:
    captured_s, arrived_s = _FRAME.unpack_from(body)
    if not (math.isfinite(arrived_s) and abs(captured_s) <= 1e9):  # beyond, no clock of a page counts
        raise ValueError("a time is no finite number")
    return RecordedFrame(data=body[_FRAME.size :], captured_s=captured_s, arrived_s=arrived_s)


def _within(frames: list[RecordedFrame], limits: RecordingLimits) -> bool:
    if len(frames) > limits.most_frames or any(len(frame.data) > limits.most_frame_bytes for frame in frames):
        return False
    return not frames or 0 <= frames[-1].arrived_s - frames[0].arrived_s <= limits.most_s
