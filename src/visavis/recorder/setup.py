"""What a recorder works with, handed in from outside: folder, key, words, clocks, chance and the analyser."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from visavis.adapters.recording_keys import MasterKey
from visavis.adapters.recordings import BONA_FIDE, Ending, RecordingLimits
from visavis.capture.challenge import Challenge, ChallengePolicy
from visavis.capture.picture import Picture
from visavis.clock import Clock
from visavis.errors import VisavisError
from visavis.pad.injection import StreamFacts
from visavis.pad.presentation import PresentationFindings, View

__all__ = ["Analysis", "Kept", "RecorderLimits", "RecorderSetup"]


class Analysis(Protocol):
    """One capture under way: `visavis.pad.presentation.Presentation`."""

    def see(self, picture: Picture, *, captured_s: float, arrived_s: float, encoding: str = "") -> View: ...

    def finish(self, facts: StreamFacts) -> PresentationFindings: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderLimits:
    """``hello_s``: for the first message; ``consent_s``: for reading and agreeing; ``stall_s``: without a frame;
    ``shown_s``: for the times of the colours after the last frame; ``after_s``: for changing one's mind at the end.
    ``messages_a_second``: of any kind, over any second.
    """

    hello_s: float = 10.0
    consent_s: float = 1_800.0
    stall_s: float = 10.0
    shown_s: float = 2.0
    after_s: float = 120.0
    messages_a_second: int = 60
    recording: RecordingLimits = field(default_factory=RecordingLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of one capture, for the operator. ``erased``: the person took the consent back at once.

    ``trouble``: they did, and the file could not be erased: the operator is to do it by hand.
    """

    file: Path
    ending: Ending
    reasons: tuple[str, ...]
    frames: int
    duration_s: float
    erased: bool
    trouble: VisavisError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderSetup:
    """``operator``, ``contact``, ``purpose``: who records, whom to ask for erasure, and what for (None: the words of
    the catalogue). ``species``: what is presented. ``captures``: how many, one after another. ``announce``: called with
    the token of each capture's page; ``keep``: with what became of it; ``trouble``: with what ended a page's visit.
    ``monotonic``: seconds that never go back.
    """

    folder: Path
    key: MasterKey
    operator: str
    contact: str
    purpose: str | None = None
    species: str = BONA_FIDE
    captures: int = 1
    policy: ChallengePolicy
    analyse: Callable[[Challenge], Analysis]
    rng: random.Random
    clock: Clock
    monotonic: Callable[[], float]
    announce: Callable[[str], None]
    keep: Callable[[Kept], None]
    trouble: Callable[[VisavisError], None]
    limits: RecorderLimits = field(default_factory=RecorderLimits)
