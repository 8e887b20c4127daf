"""The assessment: what six witnesses say together, at an operating point.

It is a pure function of what they said. No witness stands for another, and what was not measured never passes.

Steps
    1. A *fail* of any deciding witness (all but the passive one) fails.
    2. Active, structure, continuity and injection must *pass*; else the whole cannot tell.
    3. The light must have been *looked for*: it passed, or it was shown and watched and could still not tell, or the
       challenge asked for none (a photosensitive person, whose gestures are longer for it). A light that was asked for
       and not shown, or shown and not watched, is neither; else anybody could leave it out.
    4. At `standard` a light that did not pass is excused where there was none to be seen (a bright room, or none asked
       for) and the holder did nothing but what was asked. Colours that do come back, but not as from a face, are no
       bright room; and who makes other gestures too may be a recording that comes upon the right ones.
    5. At `strict` the light must pass.
    6. Where the light alone stands in the way, and was looked for, the outcome is inconclusive with the one reason
       ``light_inconclusive_second_channel``, for which a policy's rule may hear a second channel.

The passive witness is advice for a reviewer and changes no outcome. docs/decisions/0009-light-that-cannot-tell.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from visavis.domain.evidence import Check, Detail, Evidence, Outcome
from visavis.domain.operating_points import LIGHT_ALONE, PadOperatingPoint
from visavis.domain.reasons import reason
from visavis.pad.evidence import STRAYED, Witness, WitnessEvidence, not_measured
from visavis.pad.guidance import Guidance
from visavis.pad.instruments import FINDINGS, AttackInstrument, likely_instrument

__all__ = ["LIGHT_ALONE", "AttackInstrument", "PadEvidence", "assess", "pad_check"]

DECIDING: Final = (Witness.ACTIVE, Witness.CONTINUITY, Witness.INJECTION, Witness.STRUCTURE, Witness.LIGHT)
"""In the order in which a person can do something about them."""

LOOKED_FOR: Final = frozenset({"light_too_weak", "light_shape_unclear", "background_not_seen"})
"""Why a light that was shown and watched could not tell. Any other reason means that it was not looked for."""
NOT_ASKED: Final = "light_not_asked"
NOTHING_SEEN: Final = frozenset({NOT_ASKED, "light_too_weak"})

CUT_SHORT: Final = frozenset(
    {
        "turn_too_small",
        "neutral_not_seen",
        "too_few_templates",
        "too_few_frames",
        "light_not_seen",
        "light_not_shown",
        "light_not_as_asked",
        "not_measured",
        "no_face",
    }
)
"""What follows by itself where the gestures were not made to the end: it is no second thing to do."""

NOTES: Final = frozenset(
    {
        "recorded_file",
        "timing_too_regular",
        "timing_impossible",
        "duplicate_frames",
        "interpolated_frames",
        "encoder_changed",
        "virtual_camera_named",
        "second_face_moment",
        "background_face",
        "face_jumped",
        "template_disagrees",
    }
)
"""What a witness notes and nobody is held to: in its own evidence for a reviewer, in no answer to anybody."""

SURROUNDINGS: Final = (
    Guidance.CLOSER,
    Guidance.FARTHER,
    Guidance.CENTRE,
    Guidance.MORE_LIGHT,
    Guidance.LESS_LIGHT,
)
LEAST_ADVISED_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PadEvidence:
    """What attack detection found in one capture (ISO/IEC 30107-3).

    ``score``: the share of the five deciding witnesses that passed, 0..1; 0 where one failed; None where none was
    measured. It orders captures for a reviewer, and nothing is decided by it. ``reasons``: what stands against a pass,
    the weightiest first; for a pass ``no_attack_found``, and what the light could not tell. ``witnesses``: all six in
    the order of `Witness`, each with its own outcome, score, operating point and reasons.

    ``instrument``: what the findings point at, if this is an attack; likely, never proof, and for a reviewer alone.
    ``advice``: codes of reasons, each with something that the holder can do better, the first first. After a fail they
    say nothing that the reasons for it do not.
    """

    outcome: Outcome
    operating_point: PadOperatingPoint
    score: float | None
    reasons: tuple[str, ...]
    witnesses: tuple[WitnessEvidence, ...]
    instrument: AttackInstrument | None
    advice: tuple[str, ...]

    def witness(self, which: Witness) -> WitnessEvidence:
        return next(item for item in self.witnesses if item.witness is which)


def assess(
    witnesses: Iterable[WitnessEvidence],
    *,
    operating_point: PadOperatingPoint,
    guidance: Mapping[Guidance, float] | None = None,
) -> PadEvidence:
    """What the witnesses say together; one that is missing was not measured.

    ``guidance``: for how many seconds each advice was shown in the capture, if that is known: light and distance that
    were wrong for long come first among the advice. Raises ValueError where a witness speaks twice.
    """
    heard = _heard(witnesses)
    ordered = tuple(heard[which] for which in Witness)
    deciding = [heard[which] for which in DECIDING]
    failed = [item for item in deciding if item.outcome is Outcome.FAIL]
    strayed = STRAYED in heard[Witness.ACTIVE].reasons
    open_ = [item for item in deciding if _in_the_way(item, operating_point, strayed=strayed)]
    alone = len(open_) == 1 and open_[0].witness is Witness.LIGHT and _looked_for(open_[0])
    measured = [item for item in deciding if item.outcome is not Outcome.NOT_MEASURED]
    if failed:
        outcome, reasons = Outcome.FAIL, _findings(failed)
        advice = _actionable(reasons)
    elif open_:
        outcome = Outcome.INCONCLUSIVE if measured else Outcome.NOT_MEASURED
        unexcused = strayed and any(item.witness is Witness.LIGHT for item in open_)
        against = (*_doubts(open_), *((STRAYED,) if unexcused else ()))
        reasons = (LIGHT_ALONE, *against) if alone else against
        advice = _actionable((*_surroundings(guidance or {}), *reasons))
    else:
        told = [code for item in deciding for code in item.reasons if code == "recorded_file"]
        unsure = _doubts([heard[Witness.LIGHT]]) if heard[Witness.LIGHT].outcome is not Outcome.PASS else ()
        outcome, reasons, advice = Outcome.PASS, ("no_attack_found", *unsure, *told), ()
    passed = sum(item.outcome is Outcome.PASS for item in deciding)
    return PadEvidence(
        outcome=outcome,
        operating_point=operating_point,
        score=None if not measured else 0.0 if failed else passed / len(deciding),
        reasons=reasons,
        witnesses=ordered,
        instrument=likely_instrument(ordered),
        advice=advice,
    )


def pad_check(pad: PadEvidence) -> Evidence:
    """The evidence for `Check.ATTACK_DETECTION`: every witness' outcome and score among the details."""
    details: dict[str, Detail] = {}
    for item in pad.witnesses:
        details[item.witness.value] = item.outcome.value
        if item.score is not None:
            details[f"{item.witness.value}_score"] = round(item.score, 4)
        if item.reasons:
            details[f"{item.witness.value}_reasons"] = ", ".join(item.reasons)
    if pad.instrument is not None:
        details["likely_instrument"] = pad.instrument.value
    return Evidence(
        check=Check.ATTACK_DETECTION,
        outcome=pad.outcome,
        score=pad.score,
        operating_point=pad.operating_point.value,
        reasons=pad.reasons,
        details=details,
    )


def _heard(witnesses: Iterable[WitnessEvidence]) -> dict[Witness, WitnessEvidence]:
    heard: dict[Witness, WitnessEvidence] = {}
    for item in witnesses:
        if item.witness in heard:
            raise ValueError(f"more than one word of the {item.witness.value} witness")
        heard[item.witness] = item
    return {which: heard.get(which, not_measured(which)) for which in Witness}


def _in_the_way(item: WitnessEvidence, operating_point: PadOperatingPoint, *, strayed: bool) -> bool:
    """Whether a witness keeps the whole from passing."""
    if item.outcome is Outcome.PASS:
        return False
    if item.witness is not Witness.LIGHT or item.outcome is Outcome.FAIL:
        return True
    excused = _looked_for(item) and item.reasons[0] in NOTHING_SEEN and not strayed
    return operating_point is PadOperatingPoint.STRICT or not excused


def _looked_for(light: WitnessEvidence) -> bool:
    """Whether the light had its chance, or was never to have one; its first reason says so."""
    if light.outcome is Outcome.NOT_MEASURED:
        return light.reasons[0] == NOT_ASKED
    return light.outcome is Outcome.INCONCLUSIVE and light.reasons[0] in LOOKED_FOR


def _findings(failed: Iterable[WitnessEvidence]) -> tuple[str, ...]:
    """What each failed witness failed for. Its doubts and notes stay in its own evidence: they would only teach."""
    codes = [code for item in failed for code in ([c for c in item.reasons if c in FINDINGS] or item.reasons[:1])]
    return tuple(dict.fromkeys(codes))


def _doubts(items: Iterable[WitnessEvidence]) -> tuple[str, ...]:
    """Why the witnesses could not tell, each code once, without what only follows from a capture that ended early.

    Never `LIGHT_ALONE`: a rule takes that for the assessment's own word.
    """
    listed = list(items)
    codes = [
        (item.witness, code)
        for item in listed
        for code in item.reasons
        if code != LIGHT_ALONE and (code not in NOTES or code == item.reasons[0])
    ]
    early = any(item.witness is Witness.ACTIVE and item.outcome is Outcome.INCONCLUSIVE for item in listed)
    kept = [code for witness, code in codes if not early or witness is Witness.ACTIVE or code not in CUT_SHORT]
    return tuple(dict.fromkeys(kept)) or ("check_inconclusive",)


def _surroundings(guidance: Mapping[Guidance, float]) -> list[str]:
    """What was wrong with light and distance for a second or more, the longest first."""
    long = [item for item in SURROUNDINGS if guidance.get(item, 0.0) >= LEAST_ADVISED_S]
    return [item.value for item in sorted(long, key=lambda item: -guidance[item])]


def _actionable(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(code for code in dict.fromkeys(codes) if reason(code).advice)
