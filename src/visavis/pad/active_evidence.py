"""What the active witness has to say of a capture."""

from visavis.capture.challenge import Challenge, GestureStep
from visavis.domain.evidence import Detail, Outcome
from visavis.pad.active_state import ActiveOptions, ActiveState, Failed, Passed, Returning
from visavis.pad.evidence import STRAYED, Witness, WitnessEvidence, not_measured

__all__ = ["active_evidence"]


def active_evidence(challenge: Challenge, options: ActiveOptions, state: ActiveState) -> WitnessEvidence:
    """What the capture showed, at its end or so far. A capture that stops early is inconclusive, never a pass."""
    if state.frames == 0:
        return not_measured(Witness.ACTIVE)
    phase = state.phase
    outcome, reason = Outcome.INCONCLUSIVE, "challenge_unfinished"
    if isinstance(phase, Passed | Returning):
        outcome, reason = Outcome.PASS, "gestures_made"
    elif isinstance(phase, Failed):
        outcome, reason = phase.outcome, phase.reason
    gestures = options.gestures
    return WitnessEvidence(
        witness=Witness.ACTIVE,
        outcome=outcome,
        score=len(state.made) / len(challenge.gestures),
        operating_point=(
            f"turns from {gestures.turn:g}, looks from {gestures.pitch:g} degrees off the own neutral, held for"
            f" {options.hold_s:g} s; eyes closed for {options.closure_share * challenge.closure_s:g}"
            f" s; each within {challenge.window_s:g} s"
        ),
        reasons=(reason, STRAYED) if outcome is Outcome.PASS and state.unprompted + state.wrong else (reason,),
        details=_details(challenge, state),
    )


def _details(challenge: Challenge, state: ActiveState) -> dict[str, Detail]:
    details: dict[str, Detail] = {
        "gestures": len(challenge.gestures),
        "made": len(state.made),
        "unprompted": state.unprompted,
        "wrong": state.wrong,
        "lost_s": round(state.lost_total_s, 2),
        "eyes": challenge.eyes.value,
    }
    if challenge.replaced:
        pairs = sorted(challenge.replaced.items())
        details["replaced"] = ", ".join(f"{gone.value} by {instead.value}" for gone, instead in pairs)
    if state.neutral is not None:
        details |= {"neutral_yaw": round(state.neutral.yaw, 1), "neutral_pitch": round(state.neutral.pitch, 1)}
    for number, made in enumerate(state.made, start=1):
        name = f"gesture_{number}"
        details |= {
            name: made.gesture.value,
            f"{name}_after_s": round(made.after_s, 2),
            f"{name}_held_s": round(made.held_s, 2),
            f"{name}_degrees": None if made.degrees is None else round(made.degrees, 1),
        }
    if isinstance(state.phase, Failed) and state.phase.index is not None:
        step = challenge.steps[state.phase.index]
        details["asked"] = step.gesture.value if isinstance(step, GestureStep) else "light"
        details["instead"] = None if state.phase.instead is None else state.phase.instead.value
    return details
