"""Which frames of a video make its template."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["FrameScore", "best_frames"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameScore:
    """``time``: of the capture, seconds. ``quality``: unified, 0..100."""

    time: float
    quality: float


def best_frames(
    frames: Sequence[FrameScore], *, most: int, apart: float = 0.2, least_share: float = 0.5
) -> tuple[int, ...]:
    """Indices of at most ``most`` frames, the best first, each ``apart`` seconds or more from the others.

    Neighbouring frames share their blur and their expression, and a mean over them gains little; so time apart goes
    before quality, as long as a frame has at least ``least_share`` of the best one's quality. Where too few are far
    enough apart, nearer ones fill up. Ties go to the earlier frame.
    """
    order = sorted(range(len(frames)), key=lambda i: (-frames[i].quality, frames[i].time, i))
    if not order or most < 1:
        return ()
    enough = least_share * frames[order[0]].quality
    good = [i for i in order if frames[i].quality >= enough]
    chosen: list[int] = []
    for i in good:
        if len(chosen) < most and all(abs(frames[i].time - frames[k].time) >= apart for k in chosen):
            chosen.append(i)
    rest = (i for i in good if i not in chosen)
    return (*chosen, *(i for i, _ in zip(rest, range(most - len(chosen)), strict=False)))
