"""The structure witness: while the head turns, does the face's texture move like a solid relief or like a sheet?

While the capture runs it keeps one small crop of a neutral frame and a few of each turn (`StructureWitness.see`, under
a millisecond, and of most frames nothing at all). The optical flow of `visavis.pad.relief` runs off the path of
guidance: at the end (`StructureWitness.judge`), or pair by pair while frames still come (`StructureWitness.ahead`),
which changes nothing of what is found.

Blind spots, all measured in docs/reference/attack-witnesses.md: a puppet on a face's own mesh has all the relief of a
face, and a recording of a living person is one. It says nothing about time or identity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np

from visavis.capture.picture import Picture
from visavis.domain.evidence import Outcome
from visavis.pad.evidence import Witness, WitnessEvidence, not_measured
from visavis.pad.observation import FrameObservation
from visavis.pad.relief import FaceCrop, Reference, ReliefMeter, ReliefPair, angle_between, relief_gain
from visavis.perception.pose import HeadPose

__all__ = ["EVERY_SIDE", "Measured", "Side", "StructureOptions", "StructureState", "StructureWitness", "TurnRelief"]

_MOST_SETTLING: Final = 120
_SETTLED_S: Final = 0.25


class Side(StrEnum):
    """Which way the holder turned, from their own point of view."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"


EVERY_SIDE: Final = frozenset(Side)


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureOptions:
    """Angles are degrees from the neutral frame.

    ``settle_s``: how long the neutral pose is taken from, where nobody tells it. ``near_neutral``: a neutral frame must
    be this near to it. ``least_pair``, ``most_pair``: a frame counts as turned in between; farther on, much of the
    face is hidden. ``pairs``: of each turn, at most. ``apart_s``: between two of them, at least.

    ``pass_gain``: the relief gain from which the face is solid, over all turns.
    ``fail_gain``: below it the face is a sheet, where ``scatter`` (px) shows that a sheet explains what was seen; and
    no single turn with enough pairs may be below it, whatever the others are.
    ``pass_turn``, ``fail_turn``: how far the widest turn must go for either. ``least_pairs``: for either.
    """

    settle_s: float = 0.6
    near_neutral: float = 4.0
    least_pair: float = 10.0
    most_pair: float = 24.0
    pairs: int = 6
    most_pairs: int = 12
    apart_s: float = 0.08
    pass_gain: float = 0.12
    fail_gain: float = 0.08
    scatter: float = 1.6
    pass_turn: float = 12.0
    fail_turn: float = 15.0
    least_pairs: int = 3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Kept:
    time_s: float
    away: float
    crop: FaceCrop


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StructureState:
    """What has been kept so far: at most one neutral crop and `StructureOptions.pairs` crops a side, under 2.5 MB."""

    baseline: HeadPose | None = None
    settling: tuple[tuple[float, float, float], ...] = ()
    neutral: _Kept | None = None
    turned: Mapping[Side, tuple[_Kept, ...]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Measured:
    """Pairs of one capture that were measured already, by the times of their frames. One thread may add to it while
    another reads: an entry depends on its two frames alone, so it is the same whoever makes it.
    """

    references: dict[float, Reference | None] = field(default_factory=dict)
    pairs: dict[tuple[float, float], ReliefPair | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnRelief:
    """One turn. ``widest``: degrees. ``gain``: g over its pairs. ``scatter``: px, the median of its pairs."""

    side: Side
    widest: float
    pairs: int
    gain: float
    scatter: float


class StructureWitness:
    """A fold: `start`, `see` for each frame, `judge`. Stateless itself, so one serves all captures, from any thread."""

    def __init__(self, meter: ReliefMeter, options: StructureOptions | None = None) -> None:
        self._meter = meter
        self._options = options or StructureOptions()

    def start(self, baseline: HeadPose | None = None) -> StructureState:
        """``baseline``: the holder's neutral pose where it is known; else the first frames tell it."""
        return StructureState(baseline=baseline)

    def see(
        self,
        state: StructureState,
        picture: Picture,
        observation: FrameObservation,
        *,
        sides: frozenset[Side] = EVERY_SIDE,
    ) -> StructureState:
        """The state with this frame in it. ``picture`` is the one that was observed; of most nothing is kept.

        ``sides``: of which turns it may be: where a challenge asks, only the one that answers it. Where nobody asks,
        every turn counts.
        """
        face = observation.face
        if face is None:
            return state
        time_s, pose = observation.captured_s, face.pose
        baseline = state.baseline
        if baseline is None:
            state, baseline = self._settle(state, time_s, pose)
        yaw, pitch = pose.yaw - baseline.yaw, pose.pitch - baseline.pitch
        away = float(np.hypot(yaw, pitch))
        if away <= self._options.near_neutral and (state.neutral is None or away < 0.5 * state.neutral.away):
            crop = self._meter.crop(picture, face.mesh)
            return state if crop is None else replace(state, neutral=_Kept(time_s=time_s, away=away, crop=crop))
        if state.baseline is None or not self._options.least_pair <= away <= self._options.most_pair:
            return state
        side = _side(yaw, pitch)
        kept = state.turned.get(side, ())
        rest = self._room(kept, time_s, away) if side in sides else None
        if rest is None:
            return state
        crop = self._meter.crop(picture, face.mesh)
        if crop is None:
            return state
        turned = {**state.turned, side: (*rest, _Kept(time_s=time_s, away=away, crop=crop))}
        return replace(state, turned=turned)

    def _settle(self, state: StructureState, time_s: float, pose: HeadPose) -> tuple[StructureState, HeadPose]:
        seen = (*state.settling, (time_s, pose.yaw, pose.pitch))[-_MOST_SETTLING:]
        yaw, pitch = np.median([item[1:] for item in seen], axis=0)
        middle = HeadPose(yaw=float(yaw), pitch=float(pitch), roll=pose.roll)
        settled = time_s - seen[0][0] >= self._options.settle_s
        neutral = state.neutral
        if settled and neutral is not None:
            # held against the pose that was settled on, any later frame may be nearer
            neutral = replace(neutral, away=max(neutral.away, 1.0))
        return replace(
            state, settling=() if settled else seen, baseline=middle if settled else None, neutral=neutral
        ), middle

    def _room(self, kept: tuple[_Kept, ...], time_s: float, away: float) -> tuple[_Kept, ...] | None:
        """What stays beside a new crop of a turn, or None where the new one is not wanted: the widest are."""
        options = self._options
        close = [item for item in kept if abs(item.time_s - time_s) < options.apart_s]
        if close:
            if max(item.away for item in close) + 0.5 >= away:
                return None
            return tuple(item for item in kept if item not in close)
        if len(kept) < options.pairs:
            return kept
        least = min(kept, key=lambda item: item.away)
        return tuple(item for item in kept if item is not least) if away > least.away + 0.5 else None

    def ahead(self, state: StructureState, measured: Measured, *, now_s: float, sides: int) -> bool:
        """Measure one pair that `measure` will ask for, if nothing changes; False where there is none. Some 45 ms.

        ``now_s``: on the clock of the frames; a turned frame waits a little, since a wider one may take its place.
        ``sides``: to how many the holder will have turned in the end.
        """
        neutral = state.neutral
        if neutral is None:
            return False
        for kept in state.turned.values():
            for item in self._widest(kept, sides):
                if now_s - item.time_s >= _SETTLED_S and (neutral.time_s, item.time_s) not in measured.pairs:
                    self._pair(neutral, item, measured)
                    return True
        return False

    def _widest(self, kept: Sequence[_Kept], sides: int) -> list[_Kept]:
        most = max(self._options.least_pairs, self._options.most_pairs // max(sides, 1))
        return sorted(kept, key=lambda item: item.away, reverse=True)[:most]

    def _pair(self, neutral: _Kept, item: _Kept, measured: Measured) -> ReliefPair | None:
        """None where they are too near to each other, or too little could be followed."""
        place = (neutral.time_s, item.time_s)
        if place not in measured.pairs:
            reference = self._reference(neutral, measured)
            near = reference is None or angle_between(reference.crop, item.crop) < self._options.least_pair
            pair = None if near or reference is None else self._meter.measure(reference, item.crop)
            measured.pairs[place] = pair
        return measured.pairs[place]

    def _reference(self, neutral: _Kept, measured: Measured) -> Reference | None:
        if neutral.time_s not in measured.references:
            measured.references[neutral.time_s] = self._meter.reference(neutral.crop)
        return measured.references[neutral.time_s]

    def measure(
        self, state: StructureState, measured: Measured | None = None
    ) -> tuple[tuple[TurnRelief, ...], tuple[ReliefPair, ...]]:
        """The relief of each turn, and all pairs. Some 45 ms for each that is not in ``measured``: for a worker, not
        for the guidance path.
        """
        measured = measured or Measured()
        neutral = state.neutral
        reference = None if neutral is None else self._reference(neutral, measured)
        if neutral is None or reference is None:
            return (), ()
        turns, everything = [], []
        for side, kept in state.turned.items():
            widest = self._widest(kept, len(state.turned))
            wide = [
                item.crop for item in widest if angle_between(reference.crop, item.crop) >= self._options.least_pair
            ]
            pairs = [pair for item in widest if (pair := self._pair(neutral, item, measured)) is not None]
            if not pairs:
                continue
            everything += pairs
            turns.append(
                TurnRelief(
                    side=side,
                    widest=max(angle_between(reference.crop, crop) for crop in wide),
                    pairs=len(pairs),
                    gain=relief_gain(pairs),
                    scatter=float(np.median([pair.scatter for pair in pairs])),
                )
            )
        return tuple(turns), tuple(everything)

    def judge(self, state: StructureState, measured: Measured | None = None) -> WitnessEvidence:
        """What all turns together say. Never raises; no turn at all is ``not_measured`` or ``inconclusive``."""
        if state.neutral is None:
            return not_measured(Witness.STRUCTURE, "neutral_not_seen")
        if not any(state.turned.values()):
            return self._evidence(Outcome.INCONCLUSIVE, "turn_too_small", (), None)
        turns, pairs = self.measure(state, measured)
        if not pairs:
            return self._evidence(Outcome.INCONCLUSIVE, "texture_not_followed", turns, None)
        gain = relief_gain(pairs)
        return self._evidence(*self._decide(turns, pairs, gain), turns, gain)

    def _decide(
        self, turns: Sequence[TurnRelief], pairs: Sequence[ReliefPair], gain: float
    ) -> tuple[Outcome, str | None]:
        options = self._options
        if len(pairs) < options.least_pairs:
            return Outcome.INCONCLUSIVE, "texture_not_followed"
        if gain < options.pass_gain and any(self._sheet(turn) for turn in turns):
            return Outcome.FAIL, "moves_like_a_sheet"
        if max(turn.widest for turn in turns) < options.pass_turn:
            return Outcome.INCONCLUSIVE, "turn_too_small"
        # no turn makes up for another
        weak = any(turn.pairs >= options.least_pairs and turn.gain < options.fail_gain for turn in turns)
        if gain >= options.pass_gain and not weak:
            return Outcome.PASS, None
        return Outcome.INCONCLUSIVE, "relief_unclear"

    def _sheet(self, turn: TurnRelief) -> bool:
        """A positive finding: a sheet explains what was seen. Where nothing does, as for a grimace, it is no fail."""
        options = self._options
        enough = turn.widest >= options.fail_turn and turn.pairs >= options.least_pairs
        return enough and turn.gain < options.fail_gain and turn.scatter <= options.scatter

    def _evidence(
        self, outcome: Outcome, reason: str | None, turns: Sequence[TurnRelief], gain: float | None
    ) -> WitnessEvidence:
        options = self._options
        details: dict[str, str | int | float | bool | None] = {"pairs": sum(turn.pairs for turn in turns)}
        for turn in turns:
            details[f"{turn.side.value}_degrees"] = round(turn.widest, 1)
            details[f"{turn.side.value}_gain"] = round(turn.gain, 3)
            details[f"{turn.side.value}_scatter_px"] = round(turn.scatter, 2)
        return WitnessEvidence(
            witness=Witness.STRUCTURE,
            outcome=outcome,
            score=gain,
            operating_point=f"relief gain >= {options.pass_gain:.2f} over a turn of {options.pass_turn:g} degrees",
            reasons=() if reason is None else (reason,),
            details=details,
        )


def _side(yaw: float, pitch: float) -> Side:
    if abs(yaw) >= abs(pitch):
        return Side.LEFT if yaw > 0 else Side.RIGHT
    return Side.UP if pitch > 0 else Side.DOWN
