"""One trial from its key: challenge, circumstances and presentation drawn, played, and put into a result."""

import hashlib
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol

from visavis.capture.challenge import Challenge, ChallengePolicy, issue_challenge
from visavis.domain.operating_points import PadOperatingPoint
from visavis.errors import FileError, VisavisError
from visavis.evaluation.laboratory.actor import Actor
from visavis.evaluation.laboratory.camera import CameraChannel
from visavis.evaluation.laboratory.clips import Clip
from visavis.evaluation.laboratory.conditions import Conditions, draw_conditions
from visavis.evaluation.laboratory.material import Material
from visavis.evaluation.laboratory.result import BONA_FIDE, TrialKey, TrialResult
from visavis.evaluation.laboratory.stage import Staged
from visavis.evaluation.laboratory.trial import Analyser, Played, judge, run_trial, said
from visavis.pad.evidence import Witness

__all__ = ["SimulatedLaboratory", "Stager", "rng_of", "told"]

_ISSUED: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Any moment: only the length of a challenge counts in a trial."""


class Stager(Protocol):
    """What makes presentations of one species: `visavis.evaluation.laboratory.species.Species`."""

    def stage(self, material: Material, challenge: Challenge, conditions: Conditions, rng: random.Random) -> Staged: ...


class SimulatedLaboratory:
    """A `visavis.evaluation.laboratory.runner.Laboratory` over clips and stills. ``clock``: processor time, seconds."""

    def __init__(
        self,
        analyser: Analyser,
        material: Material,
        species: Mapping[str, Stager],
        *,
        clock: Callable[[], float],
    ) -> None:
        self._analyser = analyser
        self._material = material
        self._species = species
        self._clock = clock

    def measure(self, key: TrialKey) -> TrialResult:
        """Raises KeyError for a species that nobody told of, and whatever a broken one raises."""
        began = self._clock()
        conditions = draw_conditions(rng_of(key, "conditions"))
        try:
            staged, challenge = self._staged(key, conditions)
        except VisavisError as error:
            return TrialResult(key=key, problem=error.code)
        played = run_trial(self._analyser, staged, challenge, patient=key.patient, rng=rng_of(key, "page"))
        return told(
            key,
            played,
            challenge,
            people=staged.people,
            conditions={**conditions.details(), **staged.details},
            processor_s=self._clock() - began,
        )

    def _staged(self, key: TrialKey, conditions: Conditions) -> tuple[Staged, Challenge]:
        drawn, own = rng_of(key, "challenge"), rng_of(key, "subject")
        if key.species == BONA_FIDE:
            return self._living(key, conditions, drawn, own)
        policy = self._asked_of_attackers(key, drawn)
        challenge = issue_challenge(policy=policy, rng=drawn, now=_ISSUED)
        return self._species[key.species].stage(self._material, challenge, conditions, own), challenge

    def _living(
        self, key: TrialKey, conditions: Conditions, drawn: random.Random, own: random.Random
    ) -> tuple[Staged, Challenge]:
        """The people one after the other, so that each has as many presentations; every other time in a mirror."""
        able = _able(self._material)
        if not able:
            raise FileError(
                "laboratory_nobody_answers",
                "None of the clips holds the gestures of a challenge.",
                advice="Add clips of people who turn their heads and close their eyes.",
            )
        clip, mirrored = able[key.number % len(able)], key.number // len(able) % 2 == 1
        policy = Actor.policy(clip, mirrored=mirrored) or ChallengePolicy()
        challenge = issue_challenge(policy=policy, rng=drawn, now=_ISSUED)
        actor = Actor(clip, conditions, own, mirrored=mirrored)
        staged = Staged(
            subject=actor,
            channel=CameraChannel(conditions, random.Random(own.getrandbits(64))),
            people=(clip.name,),
            details={"mirrored": float(mirrored)},
        )
        return staged, challenge

    def _asked_of_attackers(self, key: TrialKey, drawn: random.Random) -> ChallengePolicy:
        """Half of the time the usual challenge; else what one of the people is asked, as who replays them would be."""
        able = _able(self._material)
        if key.number % 2 == 0 or not able:
            return ChallengePolicy()
        return Actor.policy(drawn.choice(able)) or ChallengePolicy()


def _able(material: Material) -> tuple[Clip, ...]:
    return tuple(clip for clip in material.answering if Actor.policy(clip) is not None)


def rng_of(key: TrialKey, purpose: str) -> random.Random:
    """The random numbers of one trial for one purpose, whatever the digest, and whether it is patient."""
    text = f"{key.seed}/{key.species}/{key.half}/{key.number}/{purpose}"
    return random.Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:16]))


def told(
    key: TrialKey,
    played: Played,
    challenge: Challenge,
    *,
    people: tuple[str, ...],
    conditions: Mapping[str, float | str],
    processor_s: float,
) -> TrialResult:
    """The result of ``played``."""
    words = played.findings.witnesses
    active = next(word for word in words if word.witness is Witness.ACTIVE)
    asked, instead = active.details.get("asked"), active.details.get("instead")
    return TrialResult(
        key=key,
        people=people,
        conditions=conditions,
        gestures=tuple(gesture.value for gesture in challenge.gestures),
        replaced={gone.value: instead.value for gone, instead in challenge.replaced.items()},
        light_place=challenge.light_place if challenge.light is not None else None,
        seconds=round(played.seconds, 3),
        frames=played.frames,
        dropped=played.dropped,
        processor_s=round(processor_s, 3),
        ended="expired" if not played.over else "passed" if active.outcome == "pass" else "failed",
        asked=str(asked) if asked else None,
        instead=str(instead) if instead else None,
        witnesses={word.witness: said(word) for word in words},
        standard=judge(words, PadOperatingPoint.STANDARD),
        strict=judge(words, PadOperatingPoint.STRICT),
    )
