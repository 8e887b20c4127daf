"""A clip as numbers: for each frame the pose, the lids, the face's place, and what face is made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from visavis.capture.challenge import Eyes
from visavis.pad.neutral import Neutral, PoseSample, closedness
from visavis.perception.acquisition import Face

__all__ = ["BREAK", "ClipTrack", "Flags", "Numbers", "neutral_of", "track_of"]

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

BREAK: Final = 2.6
"""Intervals between frames: more is a gap."""
_LENGTHS: Final = (((33,), (263,)), ((13,), (14,)), ((61,), (291,)), ((105, 334), (33, 263)))
"""Pairs of landmarks: outer corners of the eyes, lips, corners of the mouth, brows above the corners of the eyes."""
LEAST_FRAMES: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class ClipTrack:
    """One row a frame: pose, how closed, and where the face is; NaN without a face. ``interval``: between two
    frames.
    """

    times: Numbers
    interval: float
    samples: tuple[PoseSample | None, ...]
    yaw: Numbers
    pitch: Numbers
    roll: Numbers
    closed: Numbers
    x: Numbers
    y: Numbers
    size: Numbers
    grimace: Numbers
    """(n, 3): opening and width of the mouth, height of the brows, over the distance of the outer corners of the
    eyes.
    """

    def runs(self, wanted: Flags, *, least: int) -> Iterator[tuple[int, ...]]:
        """Stretches of consecutive wanted frames."""
        index = np.flatnonzero(wanted)
        if not len(index):
            return
        apart = (np.diff(index) > 1) | (np.diff(self.times[index]) > BREAK * self.interval)
        for run in np.split(index, np.flatnonzero(apart) + 1):
            if len(run) >= least:
                yield tuple(run.tolist())


def track_of(faces: Sequence[Face | None], times_s: Sequence[float]) -> ClipTrack | None:
    samples = tuple(
        None
        if face is None
        else PoseSample(time_s=time, yaw=face.pose.yaw, pitch=face.pose.pitch, roll=face.pose.roll, eyes=face.eyes)
        for face, time in zip(faces, times_s, strict=True)
    )
    seen = [sample for sample in samples if sample is not None]
    times = np.asarray(times_s, np.float64)
    if len(seen) < LEAST_FRAMES or times[-1] - times[0] < 0.5:
        return None
    usual = neutral_of(seen)

    def row(face: Face | None, sample: PoseSample | None) -> tuple[float, ...]:
        if face is None or sample is None:
            return (np.nan,) * 7
        shut = closedness(sample.eyes, usual, Eyes.BOTH)
        return (sample.yaw, sample.pitch, sample.roll, shut, *face.box.centre, face.inter_eye_px)

    yaw, pitch, roll, closed, x, y, size = np.array(
        [row(face, sample) for face, sample in zip(faces, samples, strict=True)]
    ).T
    return ClipTrack(
        times=times,
        interval=float(np.median(np.diff(times))),
        samples=samples,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        closed=closed,
        x=x,
        y=y,
        size=size,
        grimace=np.array([np.full(3, np.nan) if face is None else _grimace(face) for face in faces]),
    )


def _grimace(face: Face) -> Numbers:
    """In space, so that a turn changes little of it."""
    points = face.mesh.points.astype(np.float64)
    lengths = [float(np.linalg.norm(points[list(one)] - points[list(other)], axis=1).mean()) for one, other in _LENGTHS]
    return np.array(lengths[1:]) / max(lengths[0], 1e-6)


def neutral_of(samples: Sequence[PoseSample]) -> Neutral:
    def middle(values: list[float]) -> float:
        return float(np.median(values))

    def upper(values: list[float]) -> float:
        return float(np.quantile(values, 0.75))

    return Neutral(
        yaw=middle([item.yaw for item in samples]),
        pitch=middle([item.pitch for item in samples]),
        roll=middle([item.roll for item in samples]),
        left_ratio=upper([item.eyes.left_ratio for item in samples]),
        right_ratio=upper([item.eyes.right_ratio for item in samples]),
        left_network=upper([item.eyes.left_network for item in samples]),
        right_network=upper([item.eyes.right_network for item in samples]),
    )
