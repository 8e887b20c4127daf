"""Prompts that go on after the active witness failed, by time alone. For a laboratory: the other witnesses then see the
rest of the challenge as well. In the field a capture ends where it fails.
"""

from dataclasses import dataclass, replace
from typing import Final

from visavis.capture.challenge import Challenge, LightStep
from visavis.pad.active_state import Asked, Failed, Lit, Phase

__all__ = ["Patience", "be_patient", "go_on"]

_GESTURE_S: Final = 3.0
_LIGHT_MARGIN_S: Final = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Step ``index`` is ``asked``, or paused before, since ``since_s`` by the server's clock; None: all are over."""

    index: int | None
    since_s: float
    asked: bool = False

    @property
    def prompt(self) -> int | None:
        return self.index if self.asked else None


def be_patient(challenge: Challenge, before: Phase, failed: Failed, *, now_s: float) -> Patience:
    """What comes after ``failed``: the step that it ended is over, one that was not asked yet is not."""
    index = failed.index or 0
    if isinstance(before, Asked | Lit):
        index += 1
    return Patience(index=index if index < len(challenge.steps) else None, since_s=now_s)


def go_on(challenge: Challenge, state: Patience, *, now_s: float) -> Patience:
    """The state at ``now_s``: each step after its own pause, a gesture for three seconds, the light for its length."""
    if state.index is None:
        return state
    step = challenge.steps[state.index]
    after = now_s - state.since_s
    if not state.asked:
        return replace(state, asked=True, since_s=now_s) if after >= step.pause_s else state
    shown_s = step.schedule.duration_s + _LIGHT_MARGIN_S if isinstance(step, LightStep) else _GESTURE_S
    if after < shown_s:
        return state
    last = state.index + 1 == len(challenge.steps)
    return Patience(index=None if last else state.index + 1, since_s=now_s)
