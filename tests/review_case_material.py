"""A referred case with everything in it that a reviewer can be shown: drawn faces, a document that disagrees with
itself in one place, and a capture over time. Nobody's: the faces are drawn, the document is a specimen of ICAO 9303.
"""

import io
import math
import random
from datetime import UTC, datetime
from typing import Final

from PIL import Image, ImageDraw

from visavis.capture.challenge import ChallengePolicy, LightStep, issue_challenge
from visavis.domain.evidence import Check, Detail, Evidence, EvidenceSet, Outcome
from visavis.pad.evidence import Witness, WitnessEvidence
from visavis.pad.neutral import Neutral
from visavis.pad.presentation import PresentationFindings
from visavis.pad.trace import PromptShown, Trace, TraceRow
from visavis.service.capture_course import course_of
from visavis.service.case_material import CaseMaterial

__all__ = ["READ", "drawn_face", "whole_case"]

READ: Final = {
    "family_name": "ERIKSSON",
    "given_names": "ANNA MARIA",
    "date_of_birth": "1974-08-12",
    "nationality": "UTO",
    "document_number": "L898902C3",
    "date_of_expiry": "2031-04-15",
    "issuing_state": "UTO",
    "document_type": "passport",
}
RATE: Final = 10
SECONDS: Final = 18.0
NEUTRAL: Final = Neutral(
    yaw=2.0, pitch=-4.0, roll=0.5, left_ratio=0.3, right_ratio=0.3, left_network=0.9, right_network=0.9
)


def drawn_face(width: int, height: int, *, size: float, glasses: bool = False, shirt: str = "#3d5a80") -> bytes:
    """A JPEG. ``size``: of the head, as a share of the height."""
    image = Image.new("RGB", (width, height), "#b9c4c9")
    pen = ImageDraw.Draw(image)
    x, y, half = width / 2, height * 0.46, height * size / 2

    def oval(dx: float, dy: float, rx: float, ry: float, fill: str, outline: str | None = None) -> None:
        box = (x + (dx - rx) * half, y + (dy - ry) * half, x + (dx + rx) * half, y + (dy + ry) * half)
        pen.ellipse(box, fill=fill, outline=outline, width=max(2, int(half / 30)))

    oval(0, 2.2, 1.7, 1.3, shirt)
    oval(0, 1.0, 0.34, 0.5, "#c98f6b")
    oval(0, -0.12, 0.86, 1.06, "#4a2f23")
    oval(0, 0, 0.72, 0.98, "#dba783")
    for side in (-1, 1):
        oval(side * 0.3, -0.12, 0.15, 0.075, "#ffffff")
        oval(side * 0.3, -0.12, 0.065, 0.065, "#3b2a20")
        if glasses:
            box = (x + (side * 0.3 - 0.24) * half, y - 0.27 * half, x + (side * 0.3 + 0.24) * half, y + 0.03 * half)
            pen.ellipse(box, outline="#202428", width=max(2, int(half / 25)))
    oval(0, 0.22, 0.09, 0.13, "#c98f6b")
    oval(0, 0.52, 0.24, 0.07, "#a5503f")
    content = io.BytesIO()
    image.save(content, "JPEG", quality=88)
    return content.getvalue()


def whole_case(*, score: float = 0.36, second: bool = False) -> CaseMaterial:
    """``score``: of the comparison. ``second``: another person, for a list of two."""
    return CaseMaterial(
        portrait=drawn_face(360, 460, size=0.62, shirt="#6b705c" if second else "#3d5a80"),
        probe=drawn_face(640, 480, size=0.66, glasses=True, shirt="#9a3b3b"),
        reading=READ,
        as_read={"family_name": "ERIKSS0N"},
        evidence=_evidence(score),
        course=course_of(PresentationFindings(witnesses=_witnesses(), trace=_trace(), guidance={})),
    )


def _evidence(score: float) -> EvidenceSet:
    near = Evidence(
        check=Check.COMPARISON,
        outcome=Outcome.INCONCLUSIVE,
        score=score,
        operating_point="fmr<=0.0001",
        reasons=("low_quality",),
        details={"fmr_asked": 0.0001, "threshold": 0.41, "frames": 7, "frames_used": 5},
    )
    differs = Evidence(
        check=Check.DOCUMENT_CONSISTENT,
        outcome=Outcome.FAIL,
        reasons=("birth_date_disagrees", "corrected_by_holder"),
        details={
            "compared": 6,
            "disagreements": 1,
            "birth_date_between": "visual_zone, machine_readable_zone",
            "corrected": "family_name",
        },
    )
    valid = Evidence(check=Check.DOCUMENT_VALIDITY, outcome=Outcome.PASS, reasons=("document_valid",))
    consent = Evidence(check=Check.CONSENT, outcome=Outcome.PASS, reasons=("consent_given",))
    attack = Evidence(
        check=Check.ATTACK_DETECTION,
        outcome=Outcome.INCONCLUSIVE,
        score=0.8,
        operating_point="strict",
        reasons=("light_too_weak",),
    )
    return EvidenceSet((consent, near, attack, differs, valid)).complete()


def _witnesses() -> tuple[WitnessEvidence, ...]:
    turns: dict[str, Detail] = {
        "left_degrees": 22.4,
        "left_gain": 0.61,
        "up_degrees": 14.1,
        "up_gain": 0.48,
        "pairs": 9,
    }
    light: dict[str, Detail] = {"frames": 41, "return": 0.011, "threshold": 0.31, "lag_s": 0.12}
    said: dict[Witness, tuple[Outcome, float | None, tuple[str, ...], dict[str, Detail]]] = {
        Witness.ACTIVE: (Outcome.PASS, 1.0, ("gestures_made",), {"gestures": 3, "made": 3, "unprompted": 0}),
        Witness.STRUCTURE: (Outcome.PASS, 0.56, (), turns),
        Witness.LIGHT: (Outcome.INCONCLUSIVE, 0.22, ("light_too_weak",), light),
        Witness.PASSIVE: (Outcome.PASS, 0.93, (), {"advisory": True, "frames": 40}),
        Witness.CONTINUITY: (Outcome.PASS, 0.88, (), {"templates": 7, "agreed": 7, "least_cosine": 0.81}),
        Witness.INJECTION: (Outcome.PASS, None, (), {"frames": 180, "median_interval_s": 0.1, "duplicates": 0}),
    }
    return tuple(
        WitnessEvidence(witness=which, outcome=outcome, score=score, reasons=reasons, details=details)
        for which, (outcome, score, reasons, details) in said.items()
    )


def _trace() -> Trace:
    """Three gestures and the light, and a moment without a face."""
    rng = random.Random(3)
    challenge = issue_challenge(policy=ChallengePolicy(), rng=rng, now=datetime(2027, 3, 1, tzinfo=UTC))
    prompts, at_s = [], 1.2
    for index, step in enumerate(challenge.steps):
        spent_s = 4.8 if isinstance(step, LightStep) else 2.0
        prompts.append(PromptShown(index=index, step=step, from_s=at_s, until_s=at_s + spent_s))
        at_s += spent_s + 0.9
    rows = [_row(i / RATE, prompts, rng) for i in range(int(SECONDS * RATE))]
    return Trace(rows=tuple(rows), neutral=NEUTRAL, prompts=tuple(prompts))


def _row(time_s: float, prompts: list[PromptShown], rng: random.Random) -> TraceRow:
    if 9.0 <= time_s < 9.6:
        return TraceRow(time_s=time_s, problem="no_face")
    now = next((item for item in prompts if item.from_s <= time_s < item.until_s), None)
    made = 0.0 if now is None else math.sin(math.pi * (time_s - now.from_s) / (now.until_s - now.from_s))
    what = "" if now is None or isinstance(now.step, LightStep) else now.step.gesture.value
    lit = now is not None and isinstance(now.step, LightStep)
    colour = now.step.schedule.colour_at(time_s - now.from_s) if now and isinstance(now.step, LightStep) else None
    red, green, blue = colour or (0, 0, 0)
    turn = {"turn_left": 24.0, "turn_right": -24.0}.get(what, 0.0) * made
    look = {"look_up": 15.0, "look_down": -15.0}.get(what, 0.0) * made
    return TraceRow(
        time_s=time_s,
        yaw=NEUTRAL.yaw + turn + rng.gauss(0, 0.4),
        pitch=NEUTRAL.pitch + look + rng.gauss(0, 0.4),
        roll=NEUTRAL.roll + rng.gauss(0, 0.3),
        closedness=(0.95 if what == "close_eyes" and made > 0.4 else 0.05) + rng.gauss(0, 0.02),
        colour=colour,
        skin=((red - green) / 4000 + rng.gauss(0, 0.004), (blue - green) / 4000 + rng.gauss(0, 0.004)) if lit else None,
        background=(0.0, 0.0) if lit else None,
        texture=0.93 + rng.gauss(0, 0.02) if round(time_s * RATE) % 4 == 0 else None,
        size=0.16 + 0.01 * math.sin(time_s / 3) + rng.gauss(0, 0.001),
    )
