"""What one trial found, as plain values: one line of JSON each, with no picture and no template in it."""

from collections.abc import Mapping
from typing import Final

import msgspec

from visavis.domain.evidence import Detail, Outcome
from visavis.pad.evidence import Witness

__all__ = ["BONA_FIDE", "Judged", "Said", "TrialKey", "TrialResult", "read_result", "write_result"]

BONA_FIDE: Final = "bona_fide"
"""The code of the species that is none: a living, present person."""


class TrialKey(msgspec.Struct, frozen=True, kw_only=True):
    """Which trial: the same key is the same trial, down to the last random number.

    ``half``: of the people, ``tuning`` or ``reporting``; or ``recorded``. ``patient``: whether the capture goes on
    after the gestures have failed, so that every witness is measured to the end. ``seed``: of the whole run.
    ``digest``: of everything that was measured and that measured it (`visavis.evaluation.laboratory.fingerprint`).
    """

    species: str
    half: str
    number: int
    patient: bool
    seed: int
    digest: str


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The word of one witness, as `visavis.pad.evidence.WitnessEvidence` has it."""

    outcome: Outcome
    score: float | None = None
    reasons: tuple[str, ...] = ()
    details: Mapping[str, Detail] = {}


class Judged(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The assessment at one operating point.

    ``with_second_channel``: what it comes to where a second channel has passed. ``alone``: the witnesses each of which
    was the only one between this presentation and a pass.
    """

    outcome: Outcome
    with_second_channel: Outcome
    score: float | None = None
    reasons: tuple[str, ...] = ()
    instrument: str | None = None
    alone: tuple[Witness, ...] = ()


class TrialResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One presentation and what came of it.

    ``people``: whose captures it was made of. ``conditions``: of the simulated camera and room, and what the species
    says of itself; empty for a recording. ``gestures``, ``replaced``: what was asked for, and what instead of what.
    ``seconds``: how long the capture took; ``frames``, ``dropped``: that arrived, and of them those that could not be
    decoded. ``processor_s``: of the whole trial, the making of the scenes included.

    ``ended``: ``passed`` or ``failed``, by the gestures, or ``expired``. ``asked``, ``instead``: at which gesture they
    failed, and what was made in its place. ``problem``: a code, where there was no presentation at all; then nothing
    else is told, and it counts for nothing.
    """

    key: TrialKey
    people: tuple[str, ...] = ()
    conditions: Mapping[str, float | str] = {}
    gestures: tuple[str, ...] = ()
    replaced: Mapping[str, str] = {}
    light_place: int | None = None
    seconds: float = 0.0
    frames: int = 0
    dropped: int = 0
    processor_s: float = 0.0
    ended: str = ""
    asked: str | None = None
    instead: str | None = None
    witnesses: Mapping[Witness, Said] = {}
    standard: Judged | None = None
    strict: Judged | None = None
    problem: str | None = None


def write_result(result: TrialResult) -> bytes:
    """One line, with its line break."""
    return msgspec.json.encode(result) + b"\n"


def read_result(line: bytes) -> TrialResult | None:
    """What `write_result` wrote; None for a line that was cut off, or is of another format."""
    try:
        return msgspec.json.decode(line, type=TrialResult)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
