"""A recorded answer for tests: a portrait animated in three dimensions answers a challenge, and its frames are kept.

The holder is a public-domain portrait, the species *mesh puppet*, which attack detection on a plain camera takes for a
person. That is what these tests need, and docs/reference/attack-detection.md says so in its first lines.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from media_files import Pixels, film
from visavis.capture.challenge import Challenge, LightStep
from visavis.capture.picture import Picture
from visavis.evaluation.laboratory.stage import Cue, Subject
from visavis.pad.presentation import PresentationAnalyser

RATE = 10


@dataclass(kw_only=True)
class Answered:
    """``frames``: as the page's camera saw them, `RATE` a second."""

    challenge: Challenge
    frames: list[Pixels] = field(default_factory=list)
    over: bool = False

    def video(self) -> bytes:
        return film(codec="libx264", frames=self.frames, rate=RATE)


def answered(
    analyser: PresentationAnalyser,
    challenge: Challenge,
    subject: Subject,
    *,
    seed: int = 0,
    most_s: float = 40.0,
    after_s: float = 0.5,
) -> Answered:
    """Play the page: a prompt comes, the subject answers it, the camera adds its noise, and then comes the next one."""
    presentation = analyser.open(challenge)
    # a few fields of noise, shifted: drawing one for each frame takes longer than all the rest
    rng = np.random.default_rng(seed)
    fields = [rng.normal(0, 1.5, (480, 640, 3)).astype(np.float32) for _ in range(4)]
    answer = Answered(challenge=challenge)
    prompt: int | None = None
    since_s, over_s = 0.0, None
    for time_s in _times(most_s):
        step = None if prompt is None else challenge.steps[prompt]
        colour = step.schedule.colour_at(time_s - since_s) if isinstance(step, LightStep) else None
        scene = subject.scene(Cue(time_s=time_s, step=step, index=prompt, since_s=time_s - since_s, colour=colour))
        noise = np.roll(fields[rng.integers(4)], int(rng.integers(480)), axis=0)
        pixels = np.clip(scene + noise, 0, 255).astype(np.uint8)
        answer.frames.append(pixels)
        view = presentation.see(Picture(pixels, media_type="image/jpeg"), captured_s=time_s, arrived_s=time_s)
        if view.prompt != prompt:
            prompt, since_s = view.prompt, time_s
        if view.over:
            answer.over, over_s = True, time_s if over_s is None else over_s
            if time_s - over_s >= after_s:
                break
    return answer


def _times(most_s: float) -> Iterator[float]:
    yield from (index / RATE for index in range(int(most_s * RATE)))
